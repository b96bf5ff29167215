//! The promises of a warm binding, judged from outside a run by what it read.

use std::time::Duration;

use super::super::world::{Group, MOST_PLACES, Place, Places, Slot, Write};
use super::world::{D, Neighbour, World};

/// A promise of `docs/semantics.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Promise {
    /// No removal empties the group.
    S1,
    /// The writer is not removed by a run that began after the failover.
    S2,
    /// A target is the writer's, or was proven to be the standby's in two sweeps.
    W1,
    /// Nothing is removed while the writer's target is not healthy.
    W2,
    /// After a failover with both targets in the group, nothing is written before the new writer is
    /// healthy.
    W3,
    /// Only two complete readings that contradict remove a target.
    W4,
    /// When nothing goes wrong any more, one sweep leaves the writer and at most its standby, and
    /// three of them leave both.
    L1,
    /// A group that is right is left alone.
    L2,
}

/// One look at the interfaces, as it comes out without the product's code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Look {
    is_complete: bool,
    proven: Option<Place>,
    contradicted: Places,
}

/// What one run has read.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Monitor {
    neighbour: Neighbour,
    is_sweep: bool,
    settle: Duration,
    /// For which place the sweep before found everything in place.
    swept: Option<Place>,
    dns: Option<Place>,
    multi_az: bool,
    has_reused: bool,
    interfaces: Option<Places>,
    before: Option<Look>,
    after: Option<Look>,
    shown: Option<Group>,
    healthy: [Option<Duration>; MOST_PLACES],
    is_safe: bool,
    /// What every look found so far.
    looks: Option<Option<Place>>,
    undisturbed: bool,
}

impl Monitor {
    pub(super) fn new(
        neighbour: Neighbour,
        is_sweep: bool,
        settle: Duration,
        swept: Option<Place>,
    ) -> Self {
        Self {
            neighbour,
            is_sweep,
            settle,
            swept,
            dns: None,
            multi_az: false,
            has_reused: false,
            interfaces: None,
            before: None,
            after: None,
            shown: None,
            healthy: [None; MOST_PLACES],
            is_safe: false,
            looks: None,
            undisturbed: true,
        }
    }

    pub(super) fn reads_topology(&mut self, world: &World) {
        self.multi_az = world.standby.is_some();
        self.has_reused = world.reused.is_some();
    }

    pub(super) fn reads_dns(&mut self, said: Option<Place>) {
        if self.dns != said {
            self.healthy = [None; MOST_PLACES];
        }
        self.dns = said;
    }

    pub(super) fn reads_targets(&mut self, group: Group) {
        self.before = self.after.take().or(self.before);
        self.shown = Some(group);
        let serves = self.dns.is_some_and(|dns| group.slot(dns) == Slot::Healthy);
        for place in Place::all(MOST_PLACES) {
            let age = self.healthy[place.0].unwrap_or_default();
            let counts = serves && group.slot(place) == Slot::Healthy;
            self.healthy[place.0] = counts.then_some(age);
        }
    }

    /// The interfaces were read as they are listed, or could not be.
    pub(super) fn reads_interfaces(&mut self, listed: Option<Places>) {
        self.interfaces = listed.map(|mut listed| {
            listed.add(D);
            listed
        });
        if listed.is_none() {
            self.looks(None);
        }
    }

    /// The neighbours' names were resolved to their places, or gave no answer.
    pub(super) fn reads_neighbours(&mut self, world: &World, answers: bool) {
        let mut theirs = Places::one(D);
        world.reused.into_iter().filter(|_| self.has_reused).for_each(|place| theirs.add(place));
        self.looks(answers.then_some(theirs));
    }

    fn looks(&mut self, theirs: Option<Places>) {
        let Some(writer) = self.dns else { return };
        let is_clear = theirs.is_some() && self.neighbour == Neighbour::SingleAz;
        let theirs = theirs.unwrap_or_default();
        let listed = self.interfaces.unwrap_or_default();
        let is_complete = listed.has(writer);
        let mut left = listed.without(theirs);
        left.remove(writer);
        let mut left = left.iter();
        let only = left.next().filter(|_| left.next().is_none());
        let proven = only.filter(|_| is_complete && is_clear && self.multi_az);
        let all = Places::first(MOST_PLACES);
        let mut contradicted = match (is_complete, self.multi_az, proven) {
            (false, _, _) => Places::default(),
            (true, false, _) => all,
            (true, true, Some(standby)) => all.without(Places::one(standby)),
            (true, true, None) => all.without(listed).or(theirs),
        };
        contradicted.remove(writer);
        self.after = Some(Look { is_complete, proven, contradicted });
    }

    /// A look at the standby is over, with its reading of the routing if it made one.
    pub(super) fn reads_routing(&mut self, is_safe: bool) {
        self.is_safe = is_safe;
    }

    pub(super) fn ends_look(&mut self) {
        let found =
            self.after.and_then(|look| look.proven).filter(|_| self.is_safe && self.serves());
        self.looks = match self.looks {
            None => Some(found),
            Some(before) => Some(found.filter(|_| before == found)),
        };
    }

    fn serves(&self) -> bool {
        let slot = self.dns.and_then(|dns| Some(self.shown?.slot(dns)));
        slot == Some(Slot::Healthy)
    }

    pub(super) fn time_passes(&mut self, long: Duration) {
        for age in self.healthy.iter_mut().flatten() {
            *age = (*age + long).min(self.settle);
        }
    }

    pub(super) fn sees_failover(&mut self) {
        self.undisturbed = false;
    }

    /// For which place this run found everything in place, for the sweep after it.
    pub(super) fn swept(&self) -> Option<Place> {
        match self.looks {
            None => self.swept,
            Some(found) if self.is_sweep => found,
            Some(found) => found.filter(|found| self.swept == Some(*found)),
        }
    }

    /// Those of a removal that were healthy beside the writer for the settle time.
    pub(super) fn aged(&self, write: Write) -> Places {
        let mut aged = Places::default();
        if let Write::Deregister(places) = write {
            let is_aged = |place: &Place| self.healthy[place.0].is_some_and(|a| a >= self.settle);
            places.iter().filter(is_aged).for_each(|place| aged.add(place));
        }
        aged
    }

    /// Judges a write when it is sent.
    pub(super) fn sends(&self, write: Write, world: &World) -> Vec<(Promise, String)> {
        let mut broken = Vec::new();
        let mut breaks = |promise, holds: bool, how: &str| {
            if !holds {
                broken.push((promise, format!("{promise:?}: {write}: {how}")));
            }
        };
        breaks(Promise::W3, !world.awaits_writer, "the new writer is not healthy yet");
        match write {
            Write::Register(place) if Some(place) == self.dns => {}
            Write::Register(place) => {
                let in_both = self.is_sweep
                    && self.swept == Some(place)
                    && self.looks == Some(Some(place))
                    && self.after.is_some_and(|look| look.proven == Some(place));
                breaks(Promise::W1, in_both, "it was not proven in two sweeps in a row");
            }
            Write::Deregister(places) => {
                let dns = self.dns.map(Places::one).unwrap_or_default();
                let present = self.shown.map(Group::present).unwrap_or_default();
                let stays = !dns.and(present).without(places).is_empty();
                breaks(Promise::S1, stays, "no target that DNS names stays");
                let is_writer = places.has(world.writer) && self.undisturbed;
                breaks(Promise::S2, !is_writer, "it is the writer");
                breaks(Promise::W2, self.serves(), "the writer's target is not healthy");
                let says = |look: Option<Look>, place: Place| {
                    let aged = self.healthy[place.0].is_some_and(|age| age >= self.settle);
                    look.is_some_and(|look| {
                        look.contradicted.has(place) || (aged && look.is_complete)
                    })
                };
                let twice =
                    places.iter().all(|place| says(self.before, place) && says(self.after, place));
                breaks(Promise::W4, twice, "two complete readings did not contradict it");
            }
        }
        broken
    }
}
