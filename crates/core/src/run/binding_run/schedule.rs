//! When a binding run looks again, and what the run asks of it between its steps.

use std::time::Duration;

use super::super::look_schedule::slow;
use super::super::phase::{Pause, Phase};
use super::super::round_outcome::RoundOutcome;
use super::BindingRun;
use crate::config::Timing;
use crate::event::Intent;
use crate::keep_looking::KeepLooking;
use crate::plan::{LONGEST_SETTLE, Plan};
use crate::source::Source;

/// A round that finds the same evidence as the last one, which had nothing to do, may keep targets
/// that were read less than this long ago. So a binding that is watched does not use up the
/// account's budget of Describe calls.
pub(super) const TARGETS_KEEP: Duration = Duration::from_secs(5);

impl BindingRun {
    /// The phase that a round ends in: a pause while something keeps the binding watched, or rest.
    pub(super) fn schedule_next(&mut self, pause: Pause, intent: Intent, timing: &Timing) -> Phase {
        let own = self.timing(timing);
        // A name whose caches last longer than `LONGEST_SETTLE` loses no target, so no run waits
        // for it.
        let settle = own.settle.min(LONGEST_SETTLE.max(timing.settle));
        let look = self.keep_looking(intent, timing);
        self.look_schedule.round_ended(look, &Timing { settle, ..own });
        // A dry run looks once.
        let scheduled = self.look_schedule.pause().filter(|_| intent == Intent::Reconcile);
        match (pause, scheduled) {
            // A lost answer must be read back, and a write that could not be sent be tried again,
            // even if nothing else keeps the binding watched.
            (Pause::Exactly(pause), _) => Phase::Pause(pause),
            (Pause::AtLeast(least), Some(scheduled)) => Phase::Pause(scheduled.max(least)),
            (Pause::AtLeast(least), None) => Phase::Rest(slow(timing).max(least)),
        }
    }

    /// How long to keep looking after the round that just ended.
    fn keep_looking(&self, intent: Intent, timing: &Timing) -> KeepLooking {
        match self.outcome.keep_looking(self.may_write(intent)) {
            // What the event announced is done.
            KeepLooking::UntilFailover if self.failover_explains_the_group(timing) => {
                KeepLooking::Stop
            }
            look => look,
        }
    }

    /// Whether this run saw a failover, and all that is still to be removed are former writers. A
    /// binding that only observes has such targets left. With another one among them, a cluster may
    /// not be where the event led to yet.
    fn failover_explains_the_group(&self, timing: &Timing) -> bool {
        let Some(earlier) = self.observation(timing).map(|seen| seen.earlier) else {
            return false;
        };
        let is_cluster = matches!(self.binding.source, Source::Cluster(_));
        let mut leaving = self.outcome.plan().into_iter().flat_map(Plan::removals);
        earlier.failover
            && leaving.all(|target| !is_cluster || earlier.former.contains(&target.address.ip()))
    }

    /// The times that hold for this binding. An address that a name gives no more may come back for
    /// as long as a cache may give an older answer. So an agreement of DNS alone must last for two
    /// such times.
    pub(super) fn timing(&self, timing: &Timing) -> Timing {
        Timing { settle: timing.settle.max(self.ttl * 2), ..*timing }
    }

    /// Whether a round that finds the same evidence as the round before can keep the targets that
    /// were read then.
    ///
    /// A group that is not right is read in every round: it may wait for the health of its targets.
    ///
    /// An event that names no database has every binding watched, and the account's budget of
    /// Describe calls does not grow with their number. So a group that is right is then read again
    /// only when the evidence changes, and one that is held or has something to do, once in
    /// [`TARGETS_KEEP`].
    pub(super) fn keeps_targets(&self) -> bool {
        // Only a reading shows what came of a write whose answer was lost.
        if self.write_log.unconfirmed().is_some() {
            return false;
        }
        let is_recent = self.targets_age < TARGETS_KEEP;
        if self.look_schedule.only_unnamed_event_watches() {
            return matches!(self.outcome, RoundOutcome::Planned(_))
                && (self.outcome.is_clean() || is_recent);
        }
        self.outcome.is_clean() && is_recent
    }

    /// Lets time pass.
    pub(in crate::run) fn advance(&mut self, passed: Duration, timing: &Timing) {
        let timing = self.timing(timing);
        self.look_schedule.advance(passed);
        self.history.age(passed, timing.settle);
        self.write_log.advance(passed, &timing);
        self.targets_age = self.targets_age.saturating_add(passed).min(TARGETS_KEEP);
        if let Phase::Pause(left) | Phase::Rest(left) = &mut self.phase {
            *left = left.saturating_sub(passed);
        }
    }

    /// An event names the binding's database: it is watched for this long.
    pub(in crate::run) fn watch(&mut self, patience: Duration) {
        self.look_schedule.watch(patience);
    }

    /// An event that names no database may concern the binding: it is watched for this long.
    pub(in crate::run) fn watch_unnamed(&mut self, patience: Duration) {
        self.look_schedule.watch_unnamed(patience);
    }

    /// Whether an event names the binding's database.
    pub(in crate::run) fn is_named(&self) -> bool {
        self.look_schedule.is_named()
    }

    /// Whether its first round has not begun.
    pub(in crate::run) fn has_not_begun(&self) -> bool {
        self.phase == Phase::NotBegun
    }

    /// Whether its next round is due.
    pub(in crate::run) fn is_due(&self) -> bool {
        self.sleeps_for() == Some(Duration::ZERO)
    }

    /// Whether it looks again only while other bindings keep the run going.
    pub(in crate::run) fn is_resting(&self) -> bool {
        matches!(self.phase, Phase::Rest(_))
    }

    /// How long until its next round, between rounds.
    pub(in crate::run) fn sleeps_for(&self) -> Option<Duration> {
        match self.phase {
            Phase::Pause(left) | Phase::Rest(left) => Some(left),
            Phase::NotBegun
            | Phase::Group
            | Phase::Topology(_)
            | Phase::Names(_)
            | Phase::Targets
            | Phase::Permit(_)
            | Phase::Write(_) => None,
        }
    }

    /// Whether it waits for a reading of the topology.
    pub(in crate::run) fn awaits_topology(&self) -> bool {
        matches!(self.phase, Phase::Topology(_))
    }

    /// A reading of the topology begins.
    pub(in crate::run) fn topology_begins(&mut self) {
        if let Phase::Topology(awaited) = &mut self.phase {
            awaited.reading_begins();
        }
    }

    /// The binding's name.
    pub(in crate::run) fn name(&self) -> &str {
        &self.binding.name
    }

    /// What the binding follows.
    pub(in crate::run) fn source(&self) -> &Source {
        &self.binding.source
    }
}
