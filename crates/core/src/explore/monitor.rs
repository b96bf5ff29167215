//! The promises of `docs/semantics.md`, each stated over what a run was told and what it then sent.
//!
//! A monitor follows one run from outside. It knows what the run was told and what was true, and
//! shares no code with the planner.

use std::fmt;
use std::time::Duration;

use super::world::{Group, Key, Kind, Listing, MOST_PLACES, Place, Places, Slot, World, Write};
use crate::report::{BindingReport, Status};

/// A promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Law {
    /// No removal of ours empties a group.
    S1,
    /// A key that is current keeps the writer from being removed.
    S2,
    /// Keys that lag for less than the settle time let no run that begins after a failover take the
    /// new writer for a stale extra.
    S2Housekeeping,
    /// A false record of the writer's own name removes the writer only after the agreement has
    /// lasted.
    S2Leftover,
    /// What is registered was credible in that run.
    S3,
    /// Disagreement, or anything unknown, removes nothing.
    S4,
    /// Agreed target known to be registered, targets read, keys read again, and only then a
    /// removal.
    S7,
    /// A set loses at most half of its targets in a round.
    S8,
    /// Nothing is written while RDS reports another port than the binding.
    S9,
    /// After calm, one sweep makes it right.
    L1,
    /// What is right is left alone.
    L2,
    /// Writes are few.
    L3,
    /// What is reported as in sync was read as in sync.
    O1,
    /// Not promised: a write of a killed run lands, and leaves no target.
    Unfenced,
    /// Not promised: a member of a set stays that two readings of the RDS API lack.
    Unlisted,
}

impl Law {
    pub(super) fn is_promised(self) -> bool {
        !matches!(self, Self::Unfenced | Self::Unlisted)
    }
}

/// A promise that was broken, and by what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Breach {
    pub(super) law: Law,
    pub(super) how: String,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.law, self.how)
    }
}

/// Two writes for each change of the address, and as many again. For a set one for each of its
/// places, one to make sure of, and as many removals as it takes to lose half of them twice.
fn writes_a_change(kind: Kind) -> u8 {
    match kind {
        Kind::Cluster | Kind::Instance(_) => 2,
        Kind::Readers => 4 + 1 + 2,
    }
}

const MOST_TROUBLES: u8 = 3;
/// For how long readings must show a target healthy before they vouch for it, unless the settle
/// time is shorter.
const VOUCHING: Duration = Duration::from_secs(5);

/// What one run was told, in the order that matters.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Monitor {
    kind: Kind,
    /// An event named the binding.
    event: bool,
    /// What each key said last of the members.
    named: [Option<Listing>; 2],
    /// Where that is, by the names.
    said: [Option<Places>; 2],
    /// The word of the topology before that.
    said_before: Option<Places>,
    /// A member's own name said nothing, so that there may be more of a set.
    gap: bool,
    /// The last word of the key was true, and no failover has happened since.
    current: [bool; 2],
    /// A key named the writer when the targets were read, and says so still.
    told: bool,
    /// What each key had said when the targets were read.
    said_before_targets: [Option<Places>; 2],
    /// The key was read after the targets were.
    reread: [bool; 2],
    /// What the last reading of the targets showed.
    shown: Option<Group>,
    /// For how long every reading has shown each place healthy; `None` where the last one did not.
    healthy: [Option<Duration>; MOST_PLACES],
    /// For how long the keys have agreed on the same.
    lasting: Option<(Places, Duration)>,
    settle: Duration,
    acknowledged: Places,
    removed: Places,
    removals_sent: Places,
    /// Whom the keys have last named together, or the topology alone.
    candidate: Option<Places>,
    /// The writes that the changes of the candidate allow.
    allowance: u8,
    troubles: u8,
    /// All that the run has seen was right, all the time.
    calm: bool,
    /// No failover has happened since the run began.
    undisturbed: bool,
    /// The targets that were present when the run first read them.
    first_shown: Option<Places>,
    /// A write of a killed run was on its way during this one.
    saw_late_write: bool,
    /// How often the topology was read since the last removal was sent, 2 standing for more.
    read_since_removal: u8,
    /// RDS reports another port than the binding's.
    wrong_port: bool,
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
            told: false,
            said_before_targets: [None; 2],
            reread: [false; 2],
            shown: None,
            healthy: [None; MOST_PLACES],
            lasting: None,
            settle,
            acknowledged: Places::default(),
            removed: Places::default(),
            removals_sent: Places::default(),
            candidate: None,
            allowance: writes_a_change(kind),
            troubles: 0,
            calm: right,
            undisturbed: true,
            first_shown: None,
            saw_late_write: world.ghost.is_some(),
            read_since_removal: 2,
            wrong_port: false,
        }
    }

    /// The same, where RDS reports another port than the binding's, or not.
    pub(super) fn on_a_wrong_port(self, wrong_port: bool) -> Self {
        Self { wrong_port, ..self }
    }

    pub(super) fn hears(&mut self, key: Key, named: Option<Listing>, world: &World) {
        let index = key as usize;
        let by_the_names = |named: Listing| world.addresses_of(self.kind.wants(named));
        if key == Key::Topology {
            self.said_before = self.said[index];
            self.gap = false;
            self.read_since_removal = (self.read_since_removal + 1).min(2);
        }
        self.named[index] = named;
        self.current[index] = named == Some(world.now);
        self.said[index] = named.map(by_the_names);
        if key == Key::Dns {
            // The names are asked for both keys together.
            self.said = self.named.map(|named| named.map(by_the_names));
            let so_far = self.lasting.filter(|(place, _)| Some(*place) == self.agreed());
            self.lasting = so_far.or_else(|| Some((self.agreed()?, Duration::ZERO)));
            if world.false_name.is_some() {
                self.current = [false; 2];
            }
        }
        self.reread[index] = true;
        self.calm &= self.current[index];
        if let Some(candidate) = self.agreed().or(self.said[Key::Topology as usize])
            && self.candidate != Some(candidate)
        {
            if self.candidate.is_some() {
                let more = writes_a_change(self.kind);
                self.allowance = (self.allowance + more).min(3 * more);
            }
            self.candidate = Some(candidate);
        }
    }

    /// The members' own names answered, but for this one's. They are asked more often than the
    /// topology is.
    pub(super) fn hears_names(&mut self, silent: Option<Place>, world: &World) {
        let index = Key::Topology as usize;
        let wanted = self.named[index].map(|named| self.kind.wants(named));
        let silent = silent.map(Places::one).unwrap_or_default();
        self.gap = wanted.is_some_and(|wanted| !wanted.and(silent).is_empty());
        self.calm &= !self.gap;
        let heard = wanted.map(|wanted| world.addresses_of(wanted.without(silent)));
        self.said[index] = heard.filter(|heard| !heard.is_empty());
    }

    pub(super) fn hears_nothing(&mut self) {
        self.named = [None; 2];
        self.said = [None; 2];
        self.lasting = None;
        self.current = [false; 2];
        self.calm = false;
    }

    pub(super) fn reads_targets(&mut self, group: Group, told: bool) {
        for place in Place::all(MOST_PLACES) {
            let so_far = self.healthy[place.0].unwrap_or_default();
            self.healthy[place.0] = (group.slot(place) == Slot::Healthy).then_some(so_far);
        }
        self.shown = Some(group);
        self.first_shown.get_or_insert(group.present());
        self.reread = [false; 2];
        self.said_before_targets = self.said;
        self.told = told;
    }

    pub(super) fn lets_pass(&mut self, long: Duration) {
        for age in self.healthy.iter_mut().flatten() {
            *age = (*age + long).min(self.settle.min(VOUCHING));
        }
        if let Some((_, age)) = &mut self.lasting {
            *age = (*age + long).min(self.settle);
        }
    }

    pub(super) fn sees_key_go_back(&mut self) {
        self.told = false;
        self.calm = false;
    }

    /// The world changed by itself, a call failed, or a reading was stale.
    pub(super) fn is_disturbed(&mut self) {
        self.calm = false;
    }

    pub(super) fn is_haunted(&mut self) {
        self.saw_late_write = true;
        self.calm = false;
    }

    pub(super) fn sees_failover(&mut self) {
        self.current = [false; 2];
        self.told = false;
        self.calm = false;
        self.undisturbed = false;
    }

    /// Judges a write as it is sent.
    pub(super) fn sends(&mut self, write: Write) -> Vec<Breach> {
        let mut breaches = Vec::new();
        let mut breaks = |law, holds: bool, how: &str| {
            if !holds {
                let how = format!("{write}: {how}");
                breaches.push(Breach { law, how });
            }
        };
        breaks(Law::L2, !self.calm, "all was right, and every reading said so");
        breaks(Law::S9, !self.wrong_port, "nobody listens on the binding's port");
        match write {
            Write::Register(place) => {
                breaks(Law::S3, self.is_credible(place), "not credible in this run")
            }
            Write::Deregister(places) => {
                let agreed = self.agreed();
                breaks(Law::S4, agreed.is_some(), "the keys name no one together");
                if let Some(agreed) = agreed {
                    breaks(
                        Law::S7,
                        self.is_assured(agreed),
                        "the agreed target may not be registered",
                    );
                    breaks(Law::S1, places.and(agreed).is_empty(), "it is the agreed target");
                }
                if self.kind == Kind::Readers {
                    let present = self.shown.map_or(0, |shown| shown.present().count());
                    breaks(
                        Law::S8,
                        places.count() <= present.div_ceil(2),
                        "more than half of the targets",
                    );
                    let another = self.read_since_removal >= 2;
                    breaks(Law::S8, another, "the second removal of one round");
                    self.read_since_removal = 0;
                }
                let lasted = self.lasting.is_some_and(|(_, age)| age >= self.settle);
                let named =
                    self.named[Key::Topology as usize].filter(|_| self.kind != Kind::Readers);
                let true_home = named.is_some_and(|named| places.has(named.writer));
                breaks(
                    Law::S2Leftover,
                    lasted || !true_home,
                    "it is where the writer is, but for its name",
                );
                breaks(Law::S7, self.was_reread(), "no key was read after the targets");
                let same = self.said == self.said_before_targets;
                breaks(Law::S7, same, "the keys said something else before the targets were read");
                self.removals_sent = match self.kind {
                    Kind::Cluster | Kind::Instance(_) => places,
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
            self.goes_wrong();
        } else {
            breaks(Law::L3, self.allowance > 0, "more than two writes for each change");
        }
        self.allowance = self.allowance.saturating_sub(u8::from(!again));
        breaks(
            Law::L3,
            self.troubles <= MOST_TROUBLES,
            "more than three that failed or did not last",
        );
        breaches
    }

    /// Judges a write as ELBv2 carries it out. `paced`: something after a failover is
    /// quicker than the settle time.
    pub(super) fn commits(
        &self,
        write: Write,
        before: &World,
        after: &World,
        paced: bool,
    ) -> Vec<Breach> {
        let mut breaches = Vec::new();
        let Write::Deregister(places) = write else {
            return breaches;
        };
        let (member, is) = match self.kind {
            Kind::Cluster | Kind::Instance(_) => ("the writer", before.now.writer.to_string()),
            Kind::Readers => ("a member of the set", self.kind.wants(before.now).to_string()),
        };
        let removed = !places.and(self.kind.wants(before.now)).is_empty();
        if after.group.present().is_empty() && !self.saw_late_write {
            let set = if self.kind == Kind::Readers { "the set" } else { "the writer" };
            let how = format!("{write} left no target ({set} is {is})");
            breaches.push(Breach { law: Law::S1, how });
        }
        if removed && self.current.contains(&true) {
            let how = format!("{write} removed {member}, and a key that was current named it");
            breaches.push(Breach { law: Law::S2, how });
        }
        if removed && self.told {
            let how =
                format!("{write} removed {member}, which a key named before the targets were read");
            breaches.push(Breach { law: Law::S2, how });
        }
        if removed && self.kind == Kind::Readers {
            let how = format!("{write} removed {member}, which two readings lacked");
            breaches.push(Breach { law: Law::Unlisted, how });
        }
        let housekeeping = self
            .first_shown
            .zip(self.agreed())
            .is_some_and(|(first, agreed)| !first.and(agreed).is_empty());
        if removed && self.undisturbed && housekeeping && paced {
            let how = format!("{write} removed the writer, in a run that began after the failover");
            breaches.push(Breach { law: Law::S2Housekeeping, how });
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

    /// A write failed, or its answer was lost: it may be repeated.
    pub(super) fn goes_wrong(&mut self) {
        self.troubles += 1;
        self.calm = false;
    }

    pub(super) fn is_refunded(&mut self) {
        self.allowance += 1;
    }

    /// Judges what the run says at its end.
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
            law: Law::O1,
            how: format!(
                "{how} as {}; the keys' last word: {:?}, the last reading: {:?}",
                report.status.as_str(),
                self.said.map(|said| said.map(|places| places.to_string())),
                shown.map(|shown| shown.to_string())
            ),
        })
    }

    /// Whom every key names.
    fn agreed(&self) -> Option<Places> {
        let [topology, dns] = self.said;
        match self.kind {
            Kind::Cluster => dns.filter(|_| topology == dns),
            Kind::Instance(_) => dns,
            Kind::Readers => topology.filter(|_| !self.gap),
        }
    }

    fn is_credible(&self, place: Place) -> bool {
        let [topology, _] = self.said;
        if self.kind == Kind::Readers {
            let lists = |said: Option<Places>| said.is_some_and(|said| said.has(place));
            return lists(topology) && lists(self.said_before);
        }
        let place = Places::one(place);
        let alone = self.event || self.shown.is_none_or(|group| group.present().is_empty());
        let twice = topology == Some(place) && self.said_before == topology;
        self.agreed() == Some(place) || (twice && alone)
    }

    /// Whether one of these is known to be registered.
    fn is_assured(&self, places: Places) -> bool {
        let long = |place: Place| {
            self.healthy[place.0].is_some_and(|age| age >= self.settle.min(VOUCHING))
        };
        places.iter().any(|place| {
            self.acknowledged.has(place) || (long(place) && !self.removals_sent.has(place))
        })
    }

    fn was_reread(&self) -> bool {
        match self.kind {
            Kind::Cluster => self.reread == [true; 2],
            Kind::Instance(_) => self.reread[Key::Dns as usize],
            Kind::Readers => self.reread[Key::Topology as usize],
        }
    }
}
