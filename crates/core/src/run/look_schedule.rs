//! How closely a binding is watched, and for how much longer.

use std::time::Duration;

use crate::config::{REMOVAL, Timing};
use crate::keep_looking::KeepLooking;

/// For how long rounds follow each other quickly after an event: a failover is most likely to show
/// then.
const QUICK_FOR: Duration = Duration::from_secs(5);

/// The pause between quick rounds.
const QUICK: Duration = Duration::from_millis(500);

/// The pause between rounds after that.
const STEADY: Duration = Duration::from_secs(1);

/// Why a binding is being watched.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct LookSchedule {
    /// An event names its database.
    named: bool,
    /// An event has it watched, whether it names its database or none.
    watched: bool,
    /// What is left of the event's patience.
    event: Duration,
    /// A round found it wrong, and none has found it right since.
    recheck: Option<Recheck>,
    /// For how long an event has had it watched; grows to [`QUICK_FOR`].
    watched_for: Duration,
    /// An event has it watched that may tell of a move that this process has not seen through.
    unexplained: bool,
    /// The topology has shown that its source moved.
    moved: bool,
}

/// The time that a run looks at a binding that it found wrong, without an event.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Recheck {
    /// What is left of it.
    left: Duration,
    /// What it was given in all for a pending removal, or for a write that no reading shows. A
    /// removal can come to need more, when an answer of DNS may be cached for longer.
    granted: Duration,
}

impl LookSchedule {
    /// An event names its database. `is_explained` says that it tells of a move that this process
    /// has seen through.
    pub(super) fn watch(&mut self, patience: Duration, is_explained: bool) {
        self.named = true;
        self.watch_unnamed(patience, is_explained);
    }

    /// An event that names no database may concern it.
    pub(super) fn watch_unnamed(&mut self, patience: Duration, is_explained: bool) {
        self.watched = true;
        self.event = self.event.max(patience);
        self.unexplained |= !is_explained;
    }

    /// The topology shows that its source has moved, or is about to.
    pub(super) fn source_moved(&mut self) {
        self.moved = true;
    }

    /// Its source leads elsewhere than when the group was last read as right.
    pub(super) fn is_elsewhere(&mut self) {
        self.unexplained = true;
    }

    /// Lets time pass.
    pub(super) fn advance(&mut self, passed: Duration) {
        if !self.event.is_zero() {
            self.watched_for = self.watched_for.saturating_add(passed).min(QUICK_FOR);
        }
        self.event = self.event.saturating_sub(passed);
        if let Some(recheck) = &mut self.recheck {
            recheck.left = recheck.left.saturating_sub(passed);
        }
    }

    /// A round ended. A binding that was found wrong is watched from then on, event or not: for as
    /// long as a sweep may look, or for as long as its pending removal needs.
    pub(super) fn round_ended(&mut self, look: KeepLooking, timing: &Timing) {
        match look {
            KeepLooking::UntilFailover | KeepLooking::UntilEventEnds => self.recheck = None,
            KeepLooking::Stop => {
                self.recheck = None;
                self.event = Duration::ZERO;
            }
            KeepLooking::SweepTime => self.recheck_for(timing.sweep, Duration::ZERO),
            // Whatever a sweep may take by itself: what was written is also read back.
            KeepLooking::ReadBackTime => self.recheck_for(timing.sweep, REMOVAL),
            KeepLooking::RemovalTime => self.recheck_for(timing.sweep, timing.settle + REMOVAL),
        }
    }

    /// Starts or extends the recheck: `sweep` when it starts, and `needed` at least.
    fn recheck_for(&mut self, sweep: Duration, needed: Duration) {
        let recheck = self.recheck.get_or_insert(Recheck { left: sweep, granted: Duration::ZERO });
        if recheck.granted < needed {
            // The need can grow with a longer time to live. The time that was granted before is not
            // granted twice.
            recheck.left = if recheck.granted.is_zero() {
                recheck.left.max(needed)
            } else {
                recheck.left.saturating_add(needed.saturating_sub(recheck.granted))
            };
            recheck.granted = needed;
        }
    }

    /// The pause before the next round; `None` when nothing has it watched any more.
    pub(super) fn pause(&self) -> Option<Duration> {
        let recheck = self.recheck.as_ref().map_or(Duration::ZERO, |recheck| recheck.left);
        // A recheck whose time is over stays until the binding is right, so that no look starts a
        // new one.
        if self.event.is_zero() && recheck.is_zero() {
            return None;
        }
        Some(if self.is_quick() { QUICK } else { STEADY })
    }

    /// Whether rounds follow each other quickly.
    pub(super) fn is_quick(&self) -> bool {
        !self.event.is_zero() && self.watched_for < QUICK_FOR
    }

    /// Whether every event that has it watched tells of a move that this process has seen through.
    pub(super) fn is_explained(&self) -> bool {
        self.watched && !self.unexplained
    }

    /// Whether an event names it, or the topology showed that it moved.
    pub(super) fn is_urgent(&self) -> bool {
        self.named || self.moved
    }

    /// Whether a round found it wrong, and none has found it right since.
    pub(super) fn is_rechecked(&self) -> bool {
        self.recheck.is_some()
    }

    /// Whether an event names its database.
    pub(super) fn is_named(&self) -> bool {
        self.named
    }

    /// Whether an event had it watched in this run, now or earlier.
    pub(super) fn is_watched(&self) -> bool {
        self.watched
    }

    /// Whether it is watched only because of an event that names no database.
    pub(super) fn only_unnamed_event_watches(&self) -> bool {
        // A binding that was found wrong is read as often as one that an event names.
        let is_rechecked = self.recheck.as_ref().is_some_and(|recheck| !recheck.left.is_zero());
        self.watched && !self.named && !is_rechecked
    }

    /// Whether an event has it watched now: the event's patience is not over.
    pub(super) fn has_event(&self) -> bool {
        !self.event.is_zero()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spent_recheck_does_not_start_anew_before_the_binding_was_right() {
        let timing = Timing::default();
        let mut look_schedule = LookSchedule::default();
        look_schedule.round_ended(KeepLooking::SweepTime, &timing);
        assert!(look_schedule.pause().is_some());
        look_schedule.advance(timing.sweep);
        for _ in 0..3 {
            look_schedule.round_ended(KeepLooking::SweepTime, &timing);
            assert_eq!(look_schedule.pause(), None);
            look_schedule.advance(Duration::from_secs(10));
        }
        look_schedule.round_ended(KeepLooking::UntilFailover, &timing);
        look_schedule.round_ended(KeepLooking::SweepTime, &timing);
        assert!(look_schedule.pause().is_some());
    }

    #[test]
    fn a_removal_that_comes_to_need_more_time_is_given_the_rest_of_it_once() {
        let seconds = Duration::from_secs;
        let timing = |settle| Timing { settle: seconds(settle), ..Timing::default() };
        let mut look_schedule = LookSchedule::default();
        // A name's answer has 20 s left in a cache, and 60 s when it is read anew.
        look_schedule.round_ended(KeepLooking::RemovalTime, &timing(40));
        look_schedule.advance(seconds(20));
        for _ in 0..3 {
            look_schedule.round_ended(KeepLooking::RemovalTime, &timing(120));
        }
        look_schedule.advance(seconds(109));
        assert!(look_schedule.pause().is_some());
        look_schedule.advance(seconds(1));
        assert_eq!(look_schedule.pause(), None);
    }
}
