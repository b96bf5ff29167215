//! Moves a target through its states: registered, used or unused, draining, gone.

use std::time::Duration;

use super::attributes::deregistration_delay;
use super::{Elbv2, Reason, Target, TargetGroup, TargetKey, TargetState, Transition, World};
use crate::world;

/// Something that will happen to a target by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetChange {
    group: String,
    target: TargetKey,
    /// Which registration of the target it belongs to. A change of an earlier one does nothing, or
    /// a target that was registered again while draining would vanish when the first delay ends.
    registration: u64,
    step: LifecycleStep,
}

/// What a [`TargetChange`] does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LifecycleStep {
    /// The data plane knows the target; its first health check is on its way.
    AwaitFirstCheck,
    /// A health check comes to its result.
    Check,
    /// A health check of a target that was deregistered comes to its result.
    CheckLeaving,
    /// `unhealthy.draining` is over.
    EndGrace,
    /// The deregistration delay is over.
    Forget,
}

impl World {
    /// Carries out a change that fell due.
    pub(in crate::world) fn apply_elbv2(&mut self, change: TargetChange) {
        if !self.elbv2.is_current(&change) {
            return;
        }
        let (group, key) = (&change.group, &change.target);
        match change.step {
            LifecycleStep::AwaitFirstCheck => self.await_first_check(group, key),
            LifecycleStep::Check => self.check_target(group, key),
            LifecycleStep::CheckLeaving => self.check_leaving(group, key),
            LifecycleStep::EndGrace => self.end_grace(group, key),
            LifecycleStep::Forget => self.forget(group, key),
        }
    }

    /// Registers a target, afresh or out of draining: it is `initial` for as long as the data plane
    /// takes, then checked. One that no load balancer reaches is `unused`.
    pub(super) fn begin(&mut self, group: &str, key: &TargetKey) {
        let now = self.now();
        let unused = self.unused_because(group, key);
        let registration = self.elbv2.next_registration();
        let Some(known) = self.elbv2.groups.get_mut(group) else {
            return;
        };
        let (state, reason) = match unused {
            Some(reason) => (TargetState::Unused, reason),
            None => (TargetState::Initial, Reason::RegistrationInProgress),
        };
        let target = Target {
            key: key.clone(),
            state,
            reason: Some(reason),
            since: now,
            registration,
            contrary_checks: 0,
        };
        known.remember();
        let from = known.targets.insert(key.clone(), target).map(|target| target.state);
        self.elbv2.note(now, group, key, from, Some(state));
        if unused.is_none() {
            let delay = self.pace.registration;
            self.later(group, key, delay / 2, LifecycleStep::AwaitFirstCheck);
            self.later(group, key, delay, LifecycleStep::Check);
        }
    }

    /// Begins to drain a target; one that nothing reaches is gone at once. Does nothing to one that
    /// is not there.
    pub(super) fn drain(&mut self, group: &str, key: &TargetKey) {
        let Some(known) = self.elbv2.groups.get(group) else {
            return;
        };
        let delay = self.pace.of_caller(deregistration_delay(&known.attributes));
        match known.targets.get(key).map(|target| target.state) {
            None | Some(TargetState::Draining) => {}
            Some(TargetState::Unused) => self.forget(group, key),
            Some(_) => {
                self.leave(group, key);
                let registration = self.elbv2.next_registration();
                if let Some(target) = self.elbv2.target_mut(group, key) {
                    target.registration = registration;
                }
                let reason = Some(Reason::DeregistrationInProgress);
                self.enter(group, key, TargetState::Draining, reason);
                self.later(group, key, delay, LifecycleStep::Forget);
            }
        }
    }

    /// Looks again at which of a group's targets a load balancer reaches, after its listeners
    /// changed.
    pub(super) fn reconsider_use(&mut self, group: &str) {
        let Some(known) = self.elbv2.groups.get(group) else {
            return;
        };
        let targets = known.targets.values();
        let targets: Vec<_> = targets.map(|target| (target.key.clone(), target.state)).collect();
        for (key, state) in targets {
            let unused = self.unused_because(group, &key).is_some();
            match state {
                TargetState::Draining if unused => self.forget(group, &key),
                TargetState::Draining => {}
                _ if unused || state == TargetState::Unused => self.begin(group, &key),
                _ => {}
            }
        }
    }

    /// Puts a target into a state that AWS enters for reasons of its own, such as `unavailable`
    /// with `Elb.InternalError`. Its next health check takes it out again.
    pub fn set_target_state(
        &mut self,
        group: &str,
        key: &TargetKey,
        state: TargetState,
        reason: Option<Reason>,
    ) {
        self.enter(group, key, state, reason);
    }

    /// Moves a target into a state; what is counted towards the next one begins anew.
    pub(super) fn enter(
        &mut self,
        group: &str,
        key: &TargetKey,
        state: TargetState,
        reason: Option<Reason>,
    ) {
        let now = self.now();
        if self.elbv2.target(group, key).is_some_and(|target| target.state != state)
            && let Some(group) = self.elbv2.groups.get_mut(group)
        {
            group.remember();
        }
        let Some(target) = self.elbv2.target_mut(group, key) else {
            return;
        };
        target.reason = reason;
        if target.state == state {
            return;
        }
        let from = std::mem::replace(&mut target.state, state);
        target.since = now;
        target.contrary_checks = 0;
        self.elbv2.note(now, group, key, Some(from), Some(state));
    }

    /// Schedules the next step of a target's present registration.
    pub(super) fn later(
        &mut self,
        group: &str,
        key: &TargetKey,
        delay: Duration,
        step: LifecycleStep,
    ) {
        let Some(target) = self.elbv2.target(group, key) else {
            return;
        };
        let change = TargetChange {
            group: group.to_owned(),
            target: key.clone(),
            registration: target.registration,
            step,
        };
        self.after(delay, world::WorldChange::Elbv2(change));
    }

    /// Schedules the next check of a target that was deregistered; its group may have forgotten it
    /// by then.
    pub(super) fn check_leaving_later(&mut self, group: &str, key: &TargetKey, registration: u64) {
        let Some(known) = self.elbv2.groups.get(group) else {
            return;
        };
        let interval = Duration::from_secs(known.health_check.interval.into());
        let change = TargetChange {
            group: group.to_owned(),
            target: key.clone(),
            registration,
            step: LifecycleStep::CheckLeaving,
        };
        self.after(self.pace.of_caller(interval), world::WorldChange::Elbv2(change));
    }

    fn await_first_check(&mut self, group: &str, key: &TargetKey) {
        let reason = Some(Reason::InitialHealthChecking);
        self.enter(group, key, TargetState::Initial, reason);
    }

    fn forget(&mut self, group: &str, key: &TargetKey) {
        let now = self.now();
        let Some(known) = self.elbv2.groups.get_mut(group) else {
            return;
        };
        known.remember();
        if let Some(target) = known.targets.remove(key) {
            self.elbv2.note(now, group, key, Some(target.state), None);
        }
    }

    /// Why no load balancer reaches a target, if none does (AWS docs, "Health checks", reason code
    /// Target.NotInUse).
    fn unused_because(&self, group: &str, key: &TargetKey) -> Option<Reason> {
        let balancers = self.elbv2.balancers_of(group);
        let Some(balancer) = balancers.first().and_then(|arn| self.elbv2.balancers.get(arn)) else {
            return Some(Reason::GroupNotInUse);
        };
        let zone = key.zone.as_deref().filter(|zone| *zone != "all")?;
        let enabled = balancer.nodes.iter().any(|node| node.zone == zone);
        (!enabled).then_some(Reason::ZoneNotEnabled)
    }
}

impl TargetGroup {
    /// Keeps the targets as they are, before a change.
    fn remember(&mut self) {
        self.before.clone_from(&self.targets);
    }
}

impl Elbv2 {
    /// Whether a change belongs to the present registration of its target, or, a check of a target
    /// that was deregistered, to the one that ended last.
    fn is_current(&self, change: &TargetChange) -> bool {
        if change.step == LifecycleStep::CheckLeaving {
            let leaving =
                self.groups.get(&change.group).and_then(|group| group.leaving.get(&change.target));
            return leaving.is_some_and(|leaving| leaving.is_of(change.registration));
        }
        let target = self.target(&change.group, &change.target);
        target.is_some_and(|target| target.registration == change.registration)
    }

    pub(super) fn target(&self, group: &str, key: &TargetKey) -> Option<&Target> {
        self.groups.get(group)?.targets.get(key)
    }

    pub(super) fn target_mut(&mut self, group: &str, key: &TargetKey) -> Option<&mut Target> {
        self.groups.get_mut(group)?.targets.get_mut(key)
    }

    fn next_registration(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    fn note(
        &mut self,
        at: Duration,
        group: &str,
        target: &TargetKey,
        from: Option<TargetState>,
        to: Option<TargetState>,
    ) {
        if from != to {
            self.timeline.push(Transition {
                at,
                group: group.to_owned(),
                target: target.clone(),
                from,
                to,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::elbv2::IpFamily;
    use crate::world::elbv2::fixture::Fixture;
    use crate::world::vpc::Zone;

    /// Somewhere in the VPC where nothing listens.
    const NOBODY: &str = "10.20.2.200";

    #[test]
    fn registering_again_keeps_a_targets_health() {
        let mut fixture = Fixture::in_use();
        let writer = fixture.writer.clone();
        fixture.register(&writer);
        fixture.pass(100);
        fixture.register(&writer);
        assert_eq!(fixture.only().0, TargetState::Healthy);
    }

    #[test]
    fn a_deregistered_target_drains_for_the_delay_and_is_gone() {
        let mut fixture = Fixture::in_use();
        let writer = fixture.writer.clone();
        fixture.register(&writer);
        fixture.pass(100);
        fixture.deregister(&writer);
        assert_eq!(fixture.only(), (TargetState::Draining, Some(Reason::DeregistrationInProgress)));
        assert_eq!(fixture.world.elbv2.present(&fixture.group), Vec::<&Target>::new());
        fixture.pass(299);
        assert_eq!(fixture.only().0, TargetState::Draining);
        fixture.pass(1);
        assert_eq!(fixture.keys(), []);
    }

    #[test]
    fn deregistering_a_draining_target_again_does_not_prolong_it() {
        let mut fixture = Fixture::in_use();
        fixture.register(NOBODY);
        fixture.deregister(NOBODY);
        fixture.pass(200);
        fixture.deregister(NOBODY);
        fixture.pass(100);
        assert_eq!(fixture.keys(), []);
    }

    #[test]
    fn a_target_in_draining_is_reactivated_by_register_and_stays() {
        let mut fixture = Fixture::in_use();
        let writer = fixture.writer.clone();
        fixture.register(&writer);
        fixture.pass(100);
        fixture.deregister(&writer);
        fixture.pass(200);
        fixture.register(&writer);
        assert_eq!(fixture.only().0, TargetState::Initial);
        // The first drain would have ended by then; its end must not take the target along.
        fixture.pass(150);
        assert_eq!(fixture.only().0, TargetState::Healthy);
        assert_eq!(fixture.world.elbv2.present(&fixture.group).len(), 1);
    }

    #[test]
    fn a_group_without_a_listener_is_unused_until_it_has_one() {
        let mut fixture = Fixture::without_listener();
        let writer = fixture.writer.clone();
        fixture.register(&writer);
        fixture.pass(500);
        assert_eq!(fixture.only(), (TargetState::Unused, Some(Reason::GroupNotInUse)));
        let listener = fixture.listen();
        assert_eq!(fixture.only().0, TargetState::Initial);
        fixture.pass(90);
        assert_eq!(fixture.only().0, TargetState::Healthy);
        fixture.world.remove_listener(&listener);
        assert_eq!(fixture.only(), (TargetState::Unused, Some(Reason::GroupNotInUse)));
    }

    #[test]
    fn a_draining_target_is_gone_when_its_group_loses_the_listener() {
        let mut fixture = Fixture::without_listener();
        let listener = fixture.listen();
        fixture.register(NOBODY);
        fixture.deregister(NOBODY);
        fixture.world.remove_listener(&listener);
        assert_eq!(fixture.keys(), []);
    }

    #[test]
    fn an_unused_target_does_not_drain() {
        let mut fixture = Fixture::without_listener();
        fixture.register(NOBODY);
        fixture.deregister(NOBODY);
        assert_eq!(fixture.keys(), []);
    }

    #[test]
    fn a_target_in_a_zone_the_load_balancer_lacks_is_unused() {
        let mut fixture = Fixture::without_listener();
        fixture.balancer =
            fixture.world.add_load_balancer_in("one-zone", IpFamily::Ipv4, &[Zone::A]);
        fixture.listen();
        fixture.register("10.20.2.9");
        assert_eq!(fixture.only(), (TargetState::Unused, Some(Reason::ZoneNotEnabled)));
        fixture.deregister("10.20.2.9");
        fixture.register("10.20.1.200");
        assert_eq!(fixture.only().0, TargetState::Initial);
    }

    #[test]
    fn at_a_brisk_pace_a_callers_own_durations_shrink_too() {
        let mut fixture = Fixture::in_use();
        fixture.world.pace = world::Pace::brisk();
        fixture.register(NOBODY);
        fixture.deregister(NOBODY);
        fixture.pass(300 / 20);
        assert_eq!(fixture.keys(), []);
    }
}
