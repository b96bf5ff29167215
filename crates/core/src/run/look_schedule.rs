//! How closely a binding is looked at, and for how much longer.

use std::time::Duration;

use crate::config::{REMOVAL, Timing};
use crate::keep_looking::KeepLooking;

/// How often the others are looked at while a run watches somebody: three times in the settle time,
/// and every 10 s at least. When a whole zone fails, the events that queue up behind the first
/// one's run must find their work done.
pub(super) fn slow(timing: &Timing) -> Duration {
    (timing.settle / 3).min(Duration::from_secs(10))
}

/// Rounds are quick at first, when a failover is most likely to show, and one a second after that.
const QUICK_FOR: Duration = Duration::from_secs(5);
const QUICK: Duration = Duration::from_millis(500);
const STEADY: Duration = Duration::from_secs(1);

/// Why a binding is being watched.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct LookSchedule {
    /// An event named it.
    named: bool,
    /// An event has it watched, whether it named it or not.
    watched: bool,
    /// What is left of the event's patience.
    event: Duration,
    /// It was found wrong.
    recheck: Option<Recheck>,
    /// How long the event has been watched for; grows to [`QUICK_FOR`].
    watched_for: Duration,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Recheck {
    left: Duration,
    /// What a pending removal, or a write that is not shown yet, was given in all. It can come to
    /// need more, when a name is heard to be cached for longer.
    granted: Duration,
}

impl LookSchedule {
    /// An event names it.
    pub(super) fn watch(&mut self, patience: Duration) {
        self.named = true;
        self.watch_unnamed(patience);
    }

    /// An event that names nobody may concern it.
    pub(super) fn watch_unnamed(&mut self, patience: Duration) {
        self.watched = true;
        self.event = self.event.max(patience);
    }

    pub(super) fn let_pass(&mut self, passed: Duration) {
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
            recheck.left = if recheck.granted.is_zero() {
                recheck.left.max(needed)
            } else {
                recheck.left.saturating_add(needed.saturating_sub(recheck.granted))
            };
            recheck.granted = needed;
        }
    }

    /// The pause before the next round; `None` when it is watched no more.
    pub(super) fn pause(&self) -> Option<Duration> {
        let recheck = self.recheck.as_ref().map_or(Duration::ZERO, |recheck| recheck.left);
        // A spent alert stays until the binding is right. Were it forgotten, bindings that rest
        // while others are watched would raise it anew at each look, and keep each other, and the
        // run, awake.
        if self.event.is_zero() && recheck.is_zero() {
            return None;
        }
        let quick = !self.event.is_zero() && self.watched_for < QUICK_FOR;
        Some(if quick { QUICK } else { STEADY })
    }

    /// Whether an event named it.
    pub(super) fn is_named(&self) -> bool {
        self.named
    }

    /// Whether an event had it watched in this run.
    pub(super) fn is_watched(&self) -> bool {
        self.watched
    }

    /// Whether nothing but an event that names nobody keeps it awake.
    pub(super) fn is_for_nobody(&self) -> bool {
        let alerted = self.recheck.as_ref().is_some_and(|recheck| !recheck.left.is_zero());
        self.watched && !self.named && !alerted
    }

    /// Whether an event's patience is not over.
    pub(super) fn has_event(&self) -> bool {
        !self.event.is_zero()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spent_alert_is_not_raised_anew_before_the_binding_was_right() {
        let timing = Timing::default();
        let mut look_schedule = LookSchedule::default();
        look_schedule.round_ended(KeepLooking::SweepTime, &timing);
        assert!(look_schedule.pause().is_some());
        look_schedule.let_pass(timing.sweep);
        for _ in 0..3 {
            look_schedule.round_ended(KeepLooking::SweepTime, &timing);
            assert_eq!(look_schedule.pause(), None);
            look_schedule.let_pass(slow(&timing));
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
        look_schedule.let_pass(seconds(20));
        for _ in 0..3 {
            look_schedule.round_ended(KeepLooking::RemovalTime, &timing(120));
        }
        look_schedule.let_pass(seconds(109));
        assert!(look_schedule.pause().is_some());
        look_schedule.let_pass(seconds(1));
        assert_eq!(look_schedule.pause(), None);
    }
}
