//! The promises of `docs/semantics.md`, each stated over what a run read and what it then sent.
//!
//! A monitor observes one run from outside. It knows what the run read and what was true, and
//! shares no code with the planner.

use std::fmt;
use std::time::Duration;

use super::world::{Group, Key, Kind, Listing, MOST_PLACES, Place, Places, Slot, World, Write};
use crate::report::{BindingReport, Status};

/// A promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Promise {
    /// No removal of ours empties a group.
    S1,
    /// The writer is not removed if a key was current.
    S2,
    /// If the keys lag for less than the settle time, no run that begins after a failover takes the
    /// new writer for a stale extra target.
    S2Housekeeping,
    /// A false record of the writer's own name removes the writer only after the agreement has
    /// lasted.
    S2Leftover,
    /// A registered address was credible in that run.
    S3,
    /// Disagreement, or anything unknown, removes nothing.
    S4,
    /// A removal comes only after these: the agreed target is known to be registered, the targets
    /// were read, and the keys were read again.
    S7,
    /// A set loses at most half of its targets in a round.
    S8,
    /// Nothing is written while RDS reports another port than the binding.
    S9,
    /// When nothing goes wrong any more, one sweep makes the group right.
    L1,
    /// A group that is right is left alone.
    L2,
    /// Writes are few.
    L3,
    /// A binding is reported in sync only if the last reading was in sync.
    O1,
    /// Not promised: a write of a killed run lands, and leaves no target.
    Unfenced,
    /// Not promised: a member of a set stays although two readings of the RDS API omit it.
    Unlisted,
}

impl Promise {
    pub(super) fn is_promised(self) -> bool {
        !matches!(self, Self::Unfenced | Self::Unlisted)
    }
}

/// A broken promise, and what broke it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Breach {
    pub(super) promise: Promise,
    pub(super) how: String,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.promise, self.how)
    }
}

/// How many writes one change allows. For a writer: a registration and a removal. For a set: one
/// registration for each of its four places, one to prove a registration, and two removals, each of
/// at most half of the targets.
fn writes_a_change(kind: Kind) -> u8 {
    match kind {
        Kind::Cluster | Kind::Instance(_) | Kind::Member => 2,
        Kind::Readers => 4 + 1 + 2,
    }
}

const MAX_FAULTS: u8 = 3;

/// How long readings must show a target healthy before they prove its registration, unless the
/// settle time is shorter.
const PROOF_TIME: Duration = Duration::from_secs(5);

/// What one run has read and sent, as far as the promises need it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Monitor {
    kind: Kind,
    /// An event named the binding.
    event: bool,
    /// The members that each key reported last.
    named: [Option<Listing>; 2],
    /// The places of these members, according to their names.
    said: [Option<Places>; 2],
    /// The previous places of the topology; for a member, those of its own name.
    said_before: Option<Places>,
    /// A member's own name did not answer, so the set may have more members.
    gap: bool,
    /// The last report of the key was true, and no failover has happened since.
    current: [bool; 2],
    /// A key named the writer when the targets were read, and still does.
    named_at_targets: bool,
    /// What each key had reported when the targets were read.
    said_before_targets: [Option<Places>; 2],
    /// The key was read after the targets were.
    reread: [bool; 2],
    /// What the last reading of the targets showed.
    shown: Option<Group>,
    /// For how long every reading has shown each place healthy; `None` if the last reading did not.
    healthy: [Option<Duration>; MOST_PLACES],
    /// The RDS API could not be read.
    unreadable: bool,
    /// The topology could be read once, in this run or before it.
    has_listing: bool,
    /// Whom it named then.
    known: Option<Listing>,
    /// Whom DNS named last, at which place, and for how long it has done so.
    by_dns: Option<(Place, Places, Duration)>,
    /// Whom DNS named when it last named anyone.
    heard: Option<(Place, Places)>,
    /// DNS named another earlier in the run.
    dns_moved: bool,
    /// For how long the keys have agreed on the same places.
    lasting: Option<(Places, Duration)>,
    settle: Duration,
    acknowledged: Places,
    removed: Places,
    removals_sent: Places,
    /// The places that the keys last agreed on, or that the topology reported.
    candidate: Option<Places>,
    /// How many more writes the changes of the candidate allow.
    allowance: u8,
    faults: u8,
    /// Everything that the run has read was right, all the time.
    calm: bool,
    /// No failover has happened since the run began.
    undisturbed: bool,
    /// The targets that were present when the run first read them.
    first_shown: Option<Places>,
    /// A write of a killed run was on its way during this one.
    saw_late_write: bool,
    /// How often the topology was read since the last removal was sent, at most 2.
    read_since_removal: u8,
    /// RDS reports another port than the binding's.
    wrong_port: bool,
    /// The database has moved since a key was last read.
    outdated: bool,
    /// The places whose registration was refused.
    refused: Places,
    /// A removal was refused.
    removal_refused: bool,
    /// The member that a person who vouches for DNS names, and how long that still holds.
    trust: Option<(Place, Duration)>,
    /// The RDS API was read in this run, so it decides and not the person.
    rds_was_read: bool,
}

impl Monitor {
    pub(super) fn new(kind: Kind, event: bool, settle: Duration, world: &World) -> Self {
        let right = world.group.present() == kind.wants(world.now);
        Self {
            kind,
            event,
            named: [None; 2],
            said: [None; 2],
            said_before: None,
            gap: false,
            current: [false; 2],
            named_at_targets: false,
            said_before_targets: [None; 2],
            reread: [false; 2],
            shown: None,
            healthy: [None; MOST_PLACES],
            unreadable: false,
            has_listing: false,
            known: None,
            by_dns: None,
            heard: None,
            dns_moved: false,
            lasting: None,
            settle,
            acknowledged: Places::default(),
            removed: Places::default(),
            removals_sent: Places::default(),
            candidate: None,
            allowance: writes_a_change(kind),
            faults: 0,
            calm: right,
            undisturbed: true,
            first_shown: None,
            saw_late_write: world.late_write.is_some(),
            read_since_removal: 2,
            wrong_port: false,
            outdated: false,
            refused: Places::default(),
            removal_refused: false,
            trust: None,
            rds_was_read: false,
        }
    }

    /// The same monitor, with whether RDS reports another port than the binding's.
    pub(super) fn on_a_wrong_port(self, wrong_port: bool) -> Self {
        Self { wrong_port, ..self }
    }

    /// The same monitor of a run in a process that read this topology before.
    pub(super) fn knowing(self, known: Option<Listing>) -> Self {
        Self { known, has_listing: known.is_some(), ..self }
    }

    /// The same monitor of a run for a person who vouches for DNS.
    pub(super) fn trusting(self, trust: Option<(Place, Duration)>) -> Self {
        Self { trust, ..self }
    }

    /// Whether what this key would say counts: a person's word takes the place of an RDS API that
    /// could not be read.
    pub(super) fn heeds(&self, key: Key) -> bool {
        key == Key::Dns || self.trust.is_none() || self.rds_was_read
    }

    pub(super) fn reads_key(&mut self, key: Key, named: Option<Listing>, world: &World) {
        self.outdated = false;
        let index = key as usize;
        let kind = self.kind;
        let by_the_names = |named: Listing| world.addresses_of(kind.wants(named));
        if key == Key::Topology {
            self.said_before = self.said[index];
            self.gap = false;
            self.read_since_removal = (self.read_since_removal + 1).min(2);
            self.unreadable = false;
            self.rds_was_read = true;
            self.known = named;
            self.has_listing = true;
        } else {
            if kind == Kind::Member {
                self.said_before = self.said[index];
            }
            self.hears_dns(named, world);
        }
        self.named[index] = named;
        self.current[index] = named == Some(world.now);
        self.said[index] = named.map(by_the_names);
        if key == Key::Dns {
            // One lookup of the names serves both keys.
            self.said = self.named.map(|named| named.map(by_the_names));
            let so_far = self.lasting.filter(|(place, _)| Some(*place) == self.agreed());
            self.lasting = so_far.or_else(|| Some((self.agreed()?, Duration::ZERO)));
            if world.false_name.is_some() {
                self.current = [false; 2];
            }
        }
        self.reread[index] = true;
        self.calm &= self.current[index];
        let [topology, dns] = self.said;
        let alone = topology.or(dns.filter(|_| self.unreadable));
        if let Some(candidate) = self.agreed().or(alone)
            && self.candidate != Some(candidate)
        {
            if self.candidate.is_some() {
                let more = writes_a_change(self.kind);
                self.allowance = (self.allowance + more).min(3 * more);
            }
            self.candidate = Some(candidate);
        }
    }

    /// DNS was asked, and names this writer or nobody.
    fn hears_dns(&mut self, named: Option<Listing>, world: &World) {
        let before = self.by_dns.take();
        let Some(Listing { writer, .. }) = named else { return };
        let places = world.addresses_of(Places::one(writer));
        let goes_on = before.filter(|(_, before, _)| *before == places);
        let age = goes_on.map_or(Duration::ZERO, |(_, _, age)| age);
        self.dns_moved |= self.heard.is_some_and(|heard| heard != (writer, places));
        self.heard = Some((writer, places));
        self.by_dns = Some((writer, places, age));
    }

    /// The members' own names answered, except the name of `silent`. They are looked up more often
    /// than the topology is read.
    pub(super) fn reads_names(&mut self, silent: Option<Place>, world: &World) {
        self.outdated = false;
        let index = Key::Topology as usize;
        let wanted = self.named[index].map(|named| self.kind.wants(named));
        let silent = silent.map(Places::one).unwrap_or_default();
        self.gap = wanted.is_some_and(|wanted| !wanted.and(silent).is_empty());
        self.calm &= !self.gap;
        let resolved = wanted.map(|wanted| world.addresses_of(wanted.without(silent)));
        self.said[index] = resolved.filter(|resolved| !resolved.is_empty());
    }

    pub(super) fn reads_nothing(&mut self) {
        self.named = [None; 2];
        self.said = [None; 2];
        self.lasting = None;
        self.unreadable = true;
        if !self.has_listing {
            // Then DNS is not asked.
            self.by_dns = None;
        }
        self.current = [false; 2];
        self.calm = false;
        // The person's word stays what it was.
        self.reread[Key::Topology as usize] |= !self.heeds(Key::Topology);
    }

    pub(super) fn reads_targets(&mut self, group: Group, named_at_targets: bool) {
        for place in Place::all(MOST_PLACES) {
            let so_far = self.healthy[place.0].unwrap_or_default();
            self.healthy[place.0] = (group.slot(place) == Slot::Healthy).then_some(so_far);
        }
        self.shown = Some(group);
        self.first_shown.get_or_insert(group.present());
        self.reread = [false; 2];
        self.said_before_targets = self.said;
        self.named_at_targets = named_at_targets;
    }

    pub(super) fn time_passes(&mut self, long: Duration) {
        for age in self.healthy.iter_mut().flatten() {
            *age = (*age + long).min(self.settle.min(PROOF_TIME));
        }
        if let Some((_, left)) = &mut self.trust {
            *left = left.saturating_sub(long);
        }
        let dns = self.by_dns.iter_mut().map(|(_, _, age)| age);
        for age in self.lasting.iter_mut().map(|(_, age)| age).chain(dns) {
            *age = (*age + long).min(self.settle);
        }
    }

    pub(super) fn sees_key_go_back(&mut self) {
        self.named_at_targets = false;
        self.calm = false;
    }

    /// The world changed by itself, a call failed, or a reading was stale.
    pub(super) fn is_disturbed(&mut self) {
        self.calm = false;
    }

    pub(super) fn sees_late_write(&mut self) {
        self.saw_late_write = true;
        self.calm = false;
    }

    pub(super) fn sees_failover(&mut self) {
        self.outdated = true;
        self.current = [false; 2];
        self.named_at_targets = false;
        self.calm = false;
        self.undisturbed = false;
    }

    /// Judges a write when it is sent.
    pub(super) fn sends(&mut self, write: Write) -> Vec<Breach> {
        let mut breaches = Vec::new();
        let mut breaks = |promise, holds: bool, how: &str| {
            if !holds {
                let how = format!("{write}: {how}");
                breaches.push(Breach { promise, how });
            }
        };
        breaks(Promise::L2, !self.calm, "all was right, and every reading said so");
        breaks(Promise::S9, !self.wrong_port, "nobody listens on the binding's port");
        match write {
            Write::Register(place) => {
                breaks(Promise::S3, self.is_credible(place), "not credible in this run");
                breaks(Promise::L3, !self.refused.has(place), "it was refused before")
            }
            Write::Deregister(places) => {
                let agreed = self.agreed();
                breaks(Promise::S4, agreed.is_some(), "the keys name no one together");
                breaks(
                    Promise::S4,
                    !self.waits_on_trust(),
                    "a person vouches for DNS, which has not stayed for the settle time",
                );
                if let Some(agreed) = agreed {
                    breaks(
                        Promise::S7,
                        self.is_known_registered(agreed),
                        "the agreed target may not be registered",
                    );
                    breaks(Promise::S1, places.and(agreed).is_empty(), "it is the agreed target");
                }
                if self.kind == Kind::Readers {
                    let present = self.shown.map_or(0, |shown| shown.present().count());
                    breaks(
                        Promise::S8,
                        places.count() <= present.div_ceil(2),
                        "more than half of the targets",
                    );
                    let another = self.read_since_removal >= 2;
                    breaks(Promise::S8, another, "the second removal of one round");
                    self.read_since_removal = 0;
                }
                let lasted = self.lasting.is_some_and(|(_, age)| age >= self.settle);
                let named =
                    self.named[Key::Topology as usize].filter(|_| self.kind != Kind::Readers);
                let is_writers_address = named.is_some_and(|named| places.has(named.writer));
                breaks(
                    Promise::S2Leftover,
                    lasted || !is_writers_address,
                    "it is where the writer is, but for its name",
                );
                breaks(Promise::S7, self.was_reread(), "no key was read after the targets");
                breaks(
                    Promise::S7,
                    !self.outdated,
                    "the database moved after the keys were last read, and before it was sent",
                );
                breaks(Promise::L3, !self.removal_refused, "a removal was refused before");
                let same = self.said == self.said_before_targets;
                breaks(
                    Promise::S7,
                    same,
                    "the keys said something else before the targets were read",
                );
                self.removals_sent = match self.kind {
                    Kind::Cluster | Kind::Instance(_) | Kind::Member => places,
                    Kind::Readers => self.removals_sent.or(places),
                };
                self.acknowledged = self.acknowledged.without(places);
            }
        }
        let again = match write {
            Write::Register(place) => self.acknowledged.has(place),
            Write::Deregister(places) => !self.removed.and(places).is_empty(),
        };
        if again {
            self.faults += 1;
        } else {
            breaks(Promise::L3, self.allowance > 0, "more than two writes for each change");
        }
        self.allowance = self.allowance.saturating_sub(u8::from(!again));
        breaks(Promise::L3, self.faults <= MAX_FAULTS, "more than three that did not last");
        breaches
    }

    /// Judges a write when ELBv2 carries it out. `paced` says that something after a failover is
    /// faster than the settle time.
    pub(super) fn commits(
        &self,
        write: Write,
        before: &World,
        after: &World,
        paced: bool,
    ) -> Vec<Breach> {
        let mut breaches = Vec::new();
        let places = match write {
            Write::Deregister(places) => places,
            // DNS that goes back for less than the settle time leads to no reader.
            Write::Register(place) => {
                // A person's word is as old as the run.
                let is_old = self.trust.is_some() && !self.undisturbed;
                if paced && self.unreadable && place != before.now.writer && !is_old {
                    let how = format!("{write}, a reader, on DNS alone");
                    breaches.push(Breach { promise: Promise::S3, how });
                }
                return breaches;
            }
        };
        let (member, is) = match self.kind {
            Kind::Cluster | Kind::Instance(_) => ("the writer", before.now.writer.to_string()),
            Kind::Member => ("the member", before.now.writer.to_string()),
            Kind::Readers => ("a member of the set", self.kind.wants(before.now).to_string()),
        };
        let removed = !places.and(self.kind.wants(before.now)).is_empty();
        if after.group.present().is_empty() && !self.saw_late_write {
            let who = match self.kind {
                Kind::Cluster | Kind::Instance(_) => "the writer",
                Kind::Member => "the member",
                Kind::Readers => "the set",
            };
            let how = format!("{write} left no target ({who} is {is})");
            breaches.push(Breach { promise: Promise::S1, how });
        }
        if removed && self.current.contains(&true) {
            let how = format!("{write} removed {member}, and a key that was current named it");
            breaches.push(Breach { promise: Promise::S2, how });
        }
        if removed && self.named_at_targets {
            let how =
                format!("{write} removed {member}, which a key named before the targets were read");
            breaches.push(Breach { promise: Promise::S2, how });
        }
        if removed && self.kind == Kind::Readers {
            let how = format!("{write} removed {member}, which two readings lacked");
            breaches.push(Breach { promise: Promise::Unlisted, how });
        }
        let housekeeping = self
            .first_shown
            .zip(self.agreed())
            .is_some_and(|(first, agreed)| !first.and(agreed).is_empty());
        if removed && self.undisturbed && housekeeping && paced {
            let how = format!("{write} removed {member}, in a run that began after the failover");
            breaches.push(Breach { promise: Promise::S2Housekeeping, how });
        }
        breaches
    }

    pub(super) fn is_acknowledged(&mut self, write: Write) {
        match write {
            Write::Register(place) => {
                self.acknowledged.add(place);
                self.removed.remove(place);
                self.removals_sent.remove(place);
            }
            Write::Deregister(places) if self.kind == Kind::Readers => {
                self.removed = self.removed.or(places)
            }
            Write::Deregister(places) => self.removed = places,
        }
    }

    pub(super) fn is_refused(&mut self, write: Write) {
        match write {
            Write::Register(place) => self.refused.add(place),
            Write::Deregister(_) => self.removal_refused = true,
        }
    }

    /// A write was not made. If it was a removal, another one is not the second of its round.
    pub(super) fn removed_nothing(&mut self) {
        self.read_since_removal = 2;
    }

    /// A write was not made, or its answer was lost, and it may be repeated; or a reading of the
    /// group lacked a target.
    pub(super) fn allows_one_more(&mut self) {
        self.allowance += 1;
    }

    /// Judges the report of the run.
    pub(super) fn ends(&self, report: &BindingReport) -> Option<Breach> {
        let claims = matches!(report.status, Status::Settled | Status::Changed);
        let shown = self.shown.map(Group::present);
        let holds = self.agreed().is_some_and(|agreed| shown == Some(agreed));
        let undone = shown.zip(self.agreed());
        let undone = undone
            .is_some_and(|(shown, agreed)| !shown.and(self.removed).without(agreed).is_empty());
        let how = if claims && !holds {
            "reported"
        } else if report.status.is_ok() && undone {
            "a removal was acknowledged that the last reading does not show, and it is reported"
        } else {
            return None;
        };
        Some(Breach {
            promise: Promise::O1,
            how: format!(
                "{how} as {}; the keys' last word: {:?}, the last reading: {:?}",
                report.status.as_str(),
                self.said.map(|said| said.map(|places| places.to_string())),
                shown.map(|shown| shown.to_string())
            ),
        })
    }

    /// The places that every key reports.
    fn agreed(&self) -> Option<Places> {
        let [topology, dns] = self.said;
        match self.kind {
            Kind::Cluster => dns.filter(|_| topology == dns).or(self.vouched_for()),
            Kind::Instance(_) | Kind::Member => dns,
            Kind::Readers => topology.filter(|_| !self.gap),
        }
    }

    /// The places of the member that DNS names and a person vouches for.
    fn vouched_for(&self) -> Option<Places> {
        let ((vouched, left), (writer, places, _)) = (self.trust?, self.by_dns?);
        let counts = self.unreadable && !self.rds_was_read && !left.is_zero();
        (counts && writer == vouched).then_some(places)
    }

    /// Whether DNS has not stayed for long enough with the member that a person vouches for.
    fn waits_on_trust(&self) -> bool {
        let stayed = self.by_dns.is_some_and(|(_, _, age)| age >= self.settle);
        self.vouched_for().is_some() && !stayed
    }

    fn is_credible(&self, place: Place) -> bool {
        let [topology, _] = self.said;
        if self.kind == Kind::Readers {
            let lists = |said: Option<Places>| said.is_some_and(|said| said.has(place));
            return lists(topology) && lists(self.said_before);
        }
        let place = Places::one(place);
        if self.kind == Kind::Member {
            return self.agreed() == Some(place) && self.said_before == Some(place);
        }
        let alone = self.event || self.shown.is_none_or(|group| group.present().is_empty());
        let twice = topology == Some(place) && self.said_before == topology;
        let agreed = self.agreed() == Some(place) && !self.waits_on_trust();
        agreed || (twice && alone) || self.is_credible_by_dns(place)
    }

    /// Whether DNS alone makes these places credible: the RDS API cannot be read, an event has the
    /// binding watched, and DNS names another writer than before and has done so for the settle
    /// time.
    fn is_credible_by_dns(&self, places: Places) -> bool {
        let Some((writer, named, age)) = self.by_dns else {
            return false;
        };
        let moved = self.dns_moved || self.known.is_some_and(|known| known.writer != writer);
        self.unreadable && self.event && named == places && moved && age >= self.settle
    }

    /// Whether one of these places is known to be registered.
    fn is_known_registered(&self, places: Places) -> bool {
        let long = |place: Place| {
            self.healthy[place.0].is_some_and(|age| age >= self.settle.min(PROOF_TIME))
        };
        places.iter().any(|place| {
            self.acknowledged.has(place) || (long(place) && !self.removals_sent.has(place))
        })
    }

    fn was_reread(&self) -> bool {
        match self.kind {
            Kind::Cluster => self.reread == [true; 2],
            Kind::Instance(_) | Kind::Member => self.reread[Key::Dns as usize],
            Kind::Readers => self.reread[Key::Topology as usize],
        }
    }
}
