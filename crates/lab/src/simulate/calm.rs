//! The time after the last fault in which everything must become right: promise L1 in seconds.

use std::collections::BTreeSet;
use std::time::Duration;

use super::region::SimulatedRegion;
use super::setting::SWEEP;
use crate::ports::present;

/// How much longer than its settle time a sweep with a pending removal looks.
const REMOVAL: Duration = Duration::from_secs(10);

/// How much longer a set takes: the rounds that remove half of what is stale each, and two answers
/// of a name that caches may keep.
const SET: Duration = Duration::from_secs(20);

/// The time that all calls together take, within the time that L1 allows.
const CALLS: Duration = Duration::from_secs(5);

/// The time after calm.
pub(super) struct Calm {
    /// When nothing goes wrong any more and databases accept connections.
    pub(super) from: Duration,
    /// When the keys are right.
    pub(super) begins: Duration,
    /// By when each binding must be right.
    pub(super) bounds: Vec<Duration>,
    /// Since when each has been right.
    pub(super) right: Vec<Option<Duration>>,
    /// Which have more stale targets than a run may remove.
    pub(super) overfull: Vec<bool>,
    /// The bindings without any possible member.
    pub(super) deserted: Vec<bool>,
    /// Sweeps that began and ended after all were right.
    pub(super) quiet: u32,
    /// When it is waited for no longer.
    pub(super) end: Duration,
    /// A sweep has begun.
    swept: bool,
}

impl Calm {
    pub(super) fn new(sim: &SimulatedRegion, from: Duration) -> Calm {
        let pace = sim.region.world().pace.clone();
        let timing = sim.timing();
        let lag = pace.topology_lag.max(pace.dns_lag + pace.flap);
        // A run that is under way may have written as much as it may, or have met what it takes for
        // final.
        let run_under_way = sim.service.time_out;
        let removal = timing.settle + REMOVAL + CALLS;
        let cluster = from + lag + run_under_way + SWEEP + removal;
        let healthy = {
            let check = Duration::from_secs(30);
            // A new target's first check, and a second one where the first fails; or an unhealthy
            // one's way back.
            (sim.state().slowest_registration + 2 * check).max(6 * check)
        };
        let instance = cluster + healthy + SWEEP + removal;
        let bounds: Vec<_> = sim
            .bounds
            .iter()
            .map(|bound| match () {
                () if bound.is_cluster() => cluster,
                () if bound.is_set() => cluster + SET,
                // The proof is read twice, and one sweep in two may meet what has just changed.
                () if bound.is_warm() => instance + 2 * SWEEP,
                () => instance,
            })
            .collect();
        Calm {
            from,
            begins: from + lag,
            end: instance + run_under_way + 5 * SWEEP,
            right: vec![None; bounds.len()],
            overfull: vec![false; bounds.len()],
            deserted: vec![false; bounds.len()],
            bounds,
            quiet: 0,
            swept: false,
        }
    }

    /// Looks at every group, by the region itself.
    pub(super) fn look(&mut self, sim: &SimulatedRegion, now: Duration) {
        let world = sim.region.world();
        let mut state = sim.state();
        for (index, bound) in sim.bounds.iter().enumerate() {
            let members = bound.truth(&world);
            let targets = present(&world, &bound.link.group).into_iter().map(|(target, _)| target);
            let ours: BTreeSet<_> =
                targets.filter(|target| bound.exclusive || bound.owns(*target)).collect();
            self.deserted[index] = members.is_empty();
            // W1: nobody but the writer and the standby is left.
            let beside: BTreeSet<_> = bound.link.warm_standby(&world).into_iter().collect();
            let stale = ours.difference(&members).filter(|target| !beside.contains(target)).count();
            self.overfull[index] = ours.is_superset(&members) && stale > bound.max_removals;
            let may_stay = stale == 0 || bound.is_warm() && bound.has_neighbour(&world);
            let is_held = ours.is_superset(&members) && may_stay;
            let is_right = is_held || self.overfull[index] || members.is_empty();
            let is_expected = bound.managed && !state.is_gone[index];
            match (is_right || !is_expected, self.right[index]) {
                (true, None) => self.right[index] = Some(now),
                (false, Some(_)) => {
                    self.right[index] = None;
                    self.quiet = 0;
                }
                _ => {}
            }
            if self.right[index].is_none_or(|since| since > self.bounds[index])
                && now > self.bounds[index]
            {
                let after = (now - self.from).as_secs_f64();
                let text = format!(
                    "{} holds {ours:?} {after} s after calm, and the truth is {members:?}",
                    bound.link.name
                );
                state.judge.accuse("L1", now, text);
            }
        }
    }

    /// A sweep begins, which looks at every binding.
    pub(super) fn sweep_begins(&mut self) {
        self.swept = true;
    }

    /// The run of an event is over. It looked at what the event concerns, and the sweep that looks
    /// at the others waits in the same queue.
    pub(super) fn event_was_served(&mut self, begun: Duration, now: Duration) {
        if self.swept {
            return;
        }
        let by = now.saturating_sub(begun.max(self.from));
        self.bounds.iter_mut().chain([&mut self.end]).for_each(|moment| *moment += by);
    }

    pub(super) fn was_right_at(&self, moment: Duration) -> bool {
        self.right.iter().all(|right| right.is_some_and(|since| since <= moment))
    }

    /// How long it took, and how long it might have taken, for the binding that came closest to its
    /// bound.
    pub(super) fn closest(&self) -> Option<(Duration, Duration)> {
        let spans = self
            .right
            .iter()
            .zip(&self.bounds)
            .filter_map(|(right, bound)| Some(((*right)? - self.from, *bound - self.from)));
        spans.max_by(|one, other| {
            let share =
                |(took, most): &(Duration, Duration)| took.as_secs_f64() / most.as_secs_f64();
            share(one).total_cmp(&share(other))
        })
    }
}
