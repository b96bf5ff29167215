//! When a binding run looks again, and what the run asks of it between its steps.

use std::net::IpAddr;
use std::time::Duration;

use jiff::Timestamp;

use super::super::interface_cache::AwaitedInterfaces;
use super::super::memory::Remembered;
use super::super::phase::{Pause, Phase};
use super::super::round_outcome::RoundOutcome;
use super::super::sighting::{Move, Sighting, is_failing_over};
use super::super::topology_cache::{GAP, OLDEST};
use super::super::wrong_time::WrongTime;
use super::super::{Context, Priority};
use super::{BindingRun, RunTrust};
use crate::config::{Mode, Timing};
use crate::event::Intent;
use crate::evidence::{Evidence, Unknown, Verdict, facts};
use crate::keep_looking::KeepLooking;
use crate::plan::{LONGEST_SETTLE, Plan};
use crate::source::Source;
use crate::target::TargetGroupArn;
use crate::topology::Topology;

/// A round that has nothing to do, and waits for nothing but the keys and time, may keep targets
/// that were read less than this long ago. So a binding that is watched does not use up the
/// account's budget of Describe calls.
pub(super) const TARGETS_KEEP: Duration = Duration::from_secs(5);

/// How old a reading of the topology may be for the first look at a binding whose turn has come.
/// The bindings of a sweep follow each other, and a reading of a Region with many databases takes
/// many calls. If it shows anything but a group that is right, a new one is read before anything is
/// done.
const ROUTINE_KEEP: Duration = Duration::from_secs(10);

/// How old a reading may be while an event has a binding watched and nothing has changed: DNS is
/// asked in every round, which costs nothing, and a change there is followed by a new reading. A
/// failover is most likely to show in the first seconds.
const QUICK_KEEP: Duration = Duration::from_secs(2);

/// The same after the first seconds.
const STEADY_KEEP: Duration = Duration::from_secs(4);

impl BindingRun {
    /// The phase that a round ends in: a pause while something keeps the binding watched, or rest.
    pub(super) fn schedule_next(&mut self, pause: Pause, cx: &Context<'_>) -> Phase {
        let Context { intent, timing, .. } = *cx;
        let mut own = self.timing(timing);
        let verdict = self.history.latest().map(Evidence::verdict);
        if self.outcome.is_failed_read()
            || matches!(verdict, Some(Verdict::Unknown(Unknown::Call(_))))
        {
            // What a sweep could not read is looked at again for no longer than the sweep lasts:
            // the next one may be more lucky.
            own.sweep = cx.routine_left.map_or(own.sweep, |left| own.sweep.min(left));
        }
        // A name whose caches last longer than `LONGEST_SETTLE` loses no target, so no run waits
        // for it.
        let settle = own.settle.min(LONGEST_SETTLE.max(timing.settle));
        let look = self.keep_looking(cx);
        self.look_schedule.round_ended(look, &Timing { settle, ..own });
        // A dry run looks once.
        let scheduled = self.look_schedule.pause().filter(|_| intent == Intent::Reconcile);
        match (pause, scheduled) {
            // A lost answer must be read back, and a write that could not be sent be tried again,
            // even if nothing else keeps the binding watched.
            (Pause::Exactly(pause), _) => Phase::Pause(pause),
            (Pause::AtLeast(least), Some(scheduled)) => Phase::Pause(scheduled.max(least)),
            (Pause::AtLeast(least), None) if self.is_overtaken && intent == Intent::Reconcile => {
                Phase::Pause(least)
            }
            (Pause::AtLeast(_), None) => Phase::Rest,
        }
    }

    /// How long to keep looking after the round that just ended.
    fn keep_looking(&self, cx: &Context<'_>) -> KeepLooking {
        // A run that has nothing to manage can wait, to see when another updater is done.
        let sees_another_updater = cx.only_observes && !self.outcome.is_clean();
        match self.outcome.keep_looking(self.may_write(cx.intent)) {
            // Whatever it looks like, the group is not as the last reading shows it.
            KeepLooking::UntilFailover | KeepLooking::Stop if self.lacks_own_write() => {
                KeepLooking::ReadBackTime
            }
            // What the event announced is done, in this run or before it.
            KeepLooking::UntilFailover
                if (!sees_another_updater && self.failover_explains_the_group(cx.timing))
                    || (self.outcome.is_clean() && self.look_schedule.is_explained()) =>
            {
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

    /// Whether a round can do without a reading of the targets: they were read less than
    /// [`TARGETS_KEEP`] ago, or nothing is to be expected of them while the keys say the `same` as
    /// in the round before.
    ///
    /// An event that names no database has every binding watched, and the account's budget of
    /// Describe calls does not grow with their number. So a group that is right is then not read
    /// again while the keys say the same.
    pub(super) fn keeps_targets(&self, same: bool) -> bool {
        // Only a reading shows what came of a write: one whose answer was lost, or one that no
        // reading shows yet.
        if !matches!(self.outcome, RoundOutcome::Planned(_))
            || self.write_log.unconfirmed().is_some()
            || self.lacks_own_write()
        {
            return false;
        }
        let only_unnamed = self.look_schedule.only_unnamed_event_watches();
        let is_quiet = (only_unnamed && self.outcome.is_clean())
            // No reading of the group would let it do more.
            || (self.waits_for_dns() && !self.look_schedule.has_event());
        self.targets_age < TARGETS_KEEP || (same && is_quiet)
    }

    /// How old a reading of the topology may be for the next round to begin with it.
    pub(super) fn oldest_reading(&self) -> Duration {
        let is_quiet = self.outcome.is_clean() || self.waits_for_dns();
        match &self.outcome {
            RoundOutcome::NotReadYet if self.priority() == Priority::Routine => ROUTINE_KEEP,
            _ if !is_quiet => GAP,
            _ if self.wants_second_reading() => GAP,
            // Where an event tells of what this process has seen through, only DNS is waited for.
            _ if !self.look_schedule.has_event() || self.look_schedule.is_explained() => OLDEST,
            _ if self.look_schedule.is_quick() => QUICK_KEEP,
            _ => STEADY_KEEP,
        }
    }

    /// Whether all that the last round lacked was a word of DNS: an answer, or the name of the
    /// writer that the topology names, whose target is there. Nothing is done without it, so
    /// nothing needs to be read before DNS says something else.
    fn waits_for_dns(&self) -> bool {
        let is_idle = matches!(
            &self.outcome,
            RoundOutcome::Planned(plan) if plan.pending().next().is_none()
        );
        is_idle
            && match self.history.latest().map(Evidence::verdict) {
                Some(Verdict::Unknown(Unknown::Lookup(..))) => true,
                Some(Verdict::Disagree { topology, .. }) => {
                    self.look_schedule.has_event() && self.is_new_writers_target(topology.address)
                }
                _ => false,
            }
    }

    /// Whether a target is at this address, at which the topology names the writer, and the
    /// topology is the key that is ahead: it has moved in this run, or before anybody registered
    /// the target, or the event tells of a move that this process has seen through.
    fn is_new_writers_target(&self, address: IpAddr) -> bool {
        let remembered = self.remembered.as_ref().and_then(|remembered| remembered.right.as_ref());
        let is_followed = remembered.is_some() && remembered == self.sighting.as_ref();
        let is_ahead =
            self.history.topology_moved() || (is_followed && self.look_schedule.is_explained());
        let mut there = self.targets.iter().filter(|target| {
            target.address.ip() == address
                && target.is_present()
                && (is_ahead || self.write_log.was_missing(target.address))
        });
        there.next().is_some()
    }

    /// Whether a second reading of the topology may let it register its writer alone.
    pub(super) fn wants_second_reading(&self) -> bool {
        let verdict = self.history.latest().map(Evidence::verdict);
        self.history.topology_named() == 1 && matches!(verdict, Some(Verdict::Unknown(_)))
    }

    /// How soon its reads are needed.
    pub(super) fn priority(&self) -> Priority {
        let is_wrong = self.look_schedule.is_rechecked() && !self.outcome.is_failed_read();
        let is_urgent = self.look_schedule.is_urgent();
        if is_urgent && self.unread_move {
            Priority::Moved
        } else if is_urgent || self.wrote || is_wrong {
            Priority::Urgent
        } else {
            Priority::Routine
        }
    }

    /// Recalls what this process knows of the binding.
    pub(in crate::run) fn recall(&mut self, remembered: &Remembered) {
        self.sighting = remembered.right.clone();
        self.totals.sightings = remembered.sightings();
        // A run that managed it since has measured nothing.
        let observes = self.binding.mode == Mode::Observe;
        self.totals.wrong_time = WrongTime::after(remembered.wrong_until.filter(|_| observes));
        self.remembered = Some(remembered.clone());
    }

    /// What to remember of the binding, at the end of a run.
    pub(in crate::run) fn remembered(&self, now: Timestamp, timing: &Timing) -> Remembered {
        // A person's word says nothing of whom a reading shows.
        let is_right = self.outcome.is_clean()
            && !self.unfinished
            && !self.used_trust()
            && !self.lacks_own_write();
        let before = self.remembered.as_ref();
        let right = match is_right {
            true => self.sighting.clone(),
            false => before.and_then(|before| before.right.clone()),
        };
        let mut sightings = self.totals.sightings.clone();
        let moved_before = before.and_then(|before| before.sightings().moved);
        // A writer that was missing in the group, and is not any more, was followed too, by a run
        // that began when it had moved.
        if is_right
            && sightings.moved == moved_before
            && self.observation(timing).is_some_and(|seen| seen.earlier.failover)
        {
            sightings.moved = Some(Move::at(now));
        }
        let standby = self.remembered_standby();
        let wrong_until = self.totals.wrong_time.until;
        Remembered::new(self.binding.source.clone(), right, sightings, standby, wrong_until)
    }

    /// Takes in who the source leads to. Says whether that is someone else than before.
    pub(super) fn sees(&mut self, sighting: Sighting, now: Timestamp) -> bool {
        self.totals.sightings.see(&sighting, now);
        let moved = self.sighting.as_ref().is_some_and(|before| *before != sighting);
        if moved {
            self.look_schedule.is_elsewhere();
            self.unread_move = true;
        }
        self.sighting = Some(sighting);
        moved
    }

    /// Takes in a reading of the topology. Says whether it shows that the binding needs a look that
    /// nothing else asks for: its source has moved, or its cluster is failing over.
    pub(in crate::run) fn sees_topology(&mut self, topology: &Topology, now: Timestamp) -> bool {
        let source = &self.binding.source;
        // A part of it may be missing.
        let is_unread = matches!(facts(source, topology), Err(Unknown::Call(_)));
        self.trust.iter_mut().filter(|_| !is_unread).for_each(RunTrust::reads_rds);
        let is_failing_over = is_failing_over(source, topology);
        let fails_over = is_failing_over && !self.was_failing_over;
        self.was_failing_over = is_failing_over;
        let sighting = Sighting::in_topology(source, topology);
        let moved = sighting.is_some_and(|sighting| self.sees(sighting, now));
        let has_news = moved || fails_over;
        if has_news {
            self.look_schedule.source_moved();
        }
        let is_idle = matches!(self.phase, Phase::NotBegun | Phase::Rest);
        // Before these phases a round has read no key. It will begin with this reading or a later.
        let has_read_keys = matches!(
            self.phase,
            Phase::Names(_)
                | Phase::Targets
                | Phase::Interfaces(..)
                | Phase::Neighbours(..)
                | Phase::Routing
                | Phase::Permit(_)
                | Phase::Write(_)
        );
        self.is_overtaken |= has_news && has_read_keys;
        has_news && is_idle
    }

    /// Lets time pass.
    pub(in crate::run) fn advance(&mut self, passed: Duration, timing: &Timing) {
        let timing = self.timing(timing);
        self.look_schedule.advance(passed);
        self.history.age(passed, timing.settle);
        self.write_log.advance(passed, &timing);
        self.standby.advance(passed, timing.settle);
        self.trust.iter_mut().for_each(|trust| trust.advance(passed));
        self.targets_age = self.targets_age.saturating_add(passed).min(TARGETS_KEEP);
        if let Phase::Pause(left) = &mut self.phase {
            *left = left.saturating_sub(passed);
        }
    }

    /// An event names the binding's database: it is watched for this long.
    pub(in crate::run) fn watch(&mut self, patience: Duration, is_explained: bool) {
        self.look_schedule.watch(patience, is_explained);
    }

    /// An event that names no database may concern the binding: it is watched for this long.
    pub(in crate::run) fn watch_unnamed(&mut self, patience: Duration, is_explained: bool) {
        self.look_schedule.watch_unnamed(patience, is_explained);
    }

    /// Whether this process has seen through what an event of this time tells of.
    pub(in crate::run) fn knows_of(&self, event: Timestamp, announces: bool) -> bool {
        let remembered = self.remembered.as_ref();
        // Another source by now is another move.
        remembered.is_some_and(|remembered| {
            remembered.right == self.sighting && remembered.knows_of(event, announces)
        })
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

    /// Whether it has begun and does not rest.
    pub(in crate::run) fn is_under_way(&self) -> bool {
        !matches!(self.phase, Phase::NotBegun | Phase::Rest)
    }

    /// Whether the look that is under way is one whose turn has come.
    pub(in crate::run) fn is_in_routine_look(&self) -> bool {
        self.is_under_way()
            && self.outcome == RoundOutcome::NotReadYet
            && self.priority() == Priority::Routine
    }

    /// How long until its next round, between rounds.
    pub(in crate::run) fn sleeps_for(&self) -> Option<Duration> {
        match self.phase {
            Phase::Pause(left) => Some(left),
            Phase::NotBegun
            | Phase::Group
            | Phase::Topology(_)
            | Phase::Names(_)
            | Phase::Targets
            | Phase::Interfaces(..)
            | Phase::Neighbours(..)
            | Phase::Routing
            | Phase::Permit(_)
            | Phase::Write(_)
            | Phase::Rest => None,
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

    /// The network interfaces that it waits for.
    pub(in crate::run) fn awaits_interfaces(&self) -> Option<&AwaitedInterfaces> {
        match &self.phase {
            Phase::Interfaces(awaited, _) => Some(awaited),
            _ => None,
        }
    }

    /// The binding's name.
    pub(in crate::run) fn name(&self) -> &str {
        &self.binding.name
    }

    /// The binding's group.
    pub(in crate::run) fn group(&self) -> &TargetGroupArn {
        &self.binding.target_group
    }

    /// What the binding follows.
    pub(in crate::run) fn source(&self) -> &Source {
        &self.binding.source
    }
}
