//! Health checks: one per interval, and how consecutive results change a target's state.

use std::time::Duration;

use super::attributes::unhealthy_grace;
use super::lifecycle::LifecycleStep;
use super::{HealthCheck, Reason, Target, TargetGroup, TargetKey, TargetState, World};

/// Whether a check found the target's port open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Check {
    Passed,
    Failed,
}

/// What a check makes of a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It stays what it is.
    Unchanged,
    /// It has passed as often as it must.
    Healthy,
    /// It has failed as often as it may.
    Unhealthy,
}

impl World {
    /// Checks a target, and schedules its next check.
    pub(super) fn check_target(&mut self, group: &str, key: &TargetKey) {
        let Some(known) = self.elbv2.groups.get(group) else {
            return;
        };
        let Some(target) = known.targets.get(key) else {
            return;
        };
        let check = self.check_of(known, target);
        let contrary_checks = contrary_checks(target, check);
        let verdict = verdict(target.state, check, contrary_checks, &known.health_check);
        let was = target.state;
        let interval = Duration::from_secs(known.health_check.interval.into());
        let grace = self.pace.of_caller(unhealthy_grace(&known.attributes));
        if let Some(target) = self.elbv2.target_mut(group, key) {
            target.contrary_checks = contrary_checks;
        }
        match verdict {
            Verdict::Unchanged => {}
            Verdict::Healthy => self.enter(group, key, TargetState::Healthy, None),
            // A target that never took traffic has no connections to let go.
            Verdict::Unhealthy if grace.is_zero() || was == TargetState::Initial => {
                self.fail(group, key, TargetState::Unhealthy);
            }
            Verdict::Unhealthy => {
                self.fail(group, key, TargetState::UnhealthyDraining);
                self.later(group, key, grace, LifecycleStep::EndGrace);
            }
        }
        self.later(group, key, self.pace.of_caller(interval), LifecycleStep::Check);
    }

    /// The grace of a target that turned unhealthy is over, unless it is healthy again.
    pub(super) fn end_grace(&mut self, group: &str, key: &TargetKey) {
        let state = self.elbv2.target(group, key).map(|target| target.state);
        if state == Some(TargetState::UnhealthyDraining) {
            self.fail(group, key, TargetState::Unhealthy);
        }
    }

    fn fail(&mut self, group: &str, key: &TargetKey, state: TargetState) {
        self.enter(group, key, state, Some(Reason::FailedHealthChecks));
    }

    pub(super) fn check_of(&self, group: &TargetGroup, target: &Target) -> Check {
        let port = group.health_check.port_for(target.key.port);
        match target.address() {
            Some(address)
                if !self.elbv2.shut.contains(&group.arn) && self.listens(address, port) =>
            {
                Check::Passed
            }
            _ => Check::Failed,
        }
    }
}

/// How many checks in a row contradict a target's state, this one included.
pub(super) fn contrary_checks(target: &Target, check: Check) -> u32 {
    match (target.state, check) {
        (TargetState::Healthy, Check::Passed)
        | (TargetState::Unhealthy | TargetState::UnhealthyDraining, Check::Failed) => 0,
        _ => target.contrary_checks + 1,
    }
}

pub(super) fn verdict(
    state: TargetState,
    check: Check,
    in_a_row: u32,
    settings: &HealthCheck,
) -> Verdict {
    match (state, check) {
        // A new target takes traffic after its first passed check, whatever the threshold (AWS
        // docs, "Health checks for Network Load Balancer target groups").
        (TargetState::Initial | TargetState::Unavailable, Check::Passed) => Verdict::Healthy,
        (TargetState::Unhealthy | TargetState::UnhealthyDraining, Check::Passed)
            if in_a_row >= settings.healthy_threshold =>
        {
            Verdict::Healthy
        }
        (TargetState::Initial | TargetState::Unavailable | TargetState::Healthy, Check::Failed)
            if in_a_row >= settings.unhealthy_threshold =>
        {
            Verdict::Unhealthy
        }
        _ => Verdict::Unchanged,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::elbv2::fixture::Fixture;
    use crate::world::elbv2::{NewTargetGroup, Transition};

    /// Somewhere in the VPC where nothing listens.
    const NOBODY: &str = "10.20.2.200";

    /// A minute for a target that turns unhealthy.
    const GRACE: [(&str, &str); 2] = [
        ("target_health_state.unhealthy.connection_termination.enabled", "false"),
        ("target_health_state.unhealthy.draining_interval_seconds", "60"),
    ];

    fn states(fixture: &Fixture) -> Vec<(u64, Option<TargetState>, Option<TargetState>)> {
        let row = |change: &Transition| (change.at.as_secs(), change.from, change.to);
        fixture.world.elbv2.timeline().iter().map(row).collect()
    }

    #[test]
    fn a_new_target_is_registered_then_checked_then_healthy() {
        let mut fixture = Fixture::in_use();
        let writer = fixture.writer.clone();
        fixture.register(&writer);
        assert_eq!(fixture.only(), (TargetState::Initial, Some(Reason::RegistrationInProgress)));
        fixture.pass(60);
        assert_eq!(fixture.only(), (TargetState::Initial, Some(Reason::InitialHealthChecking)));
        fixture.pass(30);
        assert_eq!(fixture.only(), (TargetState::Healthy, None));
        assert_eq!(
            states(&fixture),
            [
                (0, None, Some(TargetState::Initial)),
                (90, Some(TargetState::Initial), Some(TargetState::Healthy))
            ]
        );
    }

    #[test]
    fn a_target_that_refuses_tcp_is_unhealthy_after_threshold_times_interval() {
        let mut fixture = Fixture::in_use();
        fixture.register(NOBODY);
        fixture.pass(119);
        assert_eq!(fixture.only().0, TargetState::Initial);
        fixture.pass(1);
        assert_eq!(fixture.only(), (TargetState::Unhealthy, Some(Reason::FailedHealthChecks)));
    }

    #[test]
    fn checks_that_are_shut_out_fail_until_they_are_let_in() {
        let mut fixture = Fixture::in_use();
        let (writer, group) = (fixture.writer.clone(), fixture.group.clone());
        fixture.world.elbv2.shut_checks_out(&group);
        fixture.register(&writer);
        fixture.pass(300);
        assert_eq!(fixture.only().0, TargetState::Unhealthy);
        fixture.world.elbv2.let_checks_in(&group);
        fixture.pass(5 * 30);
        assert_eq!(fixture.only().0, TargetState::Healthy);
    }

    #[test]
    fn a_database_on_another_port_does_not_answer_the_check() {
        let mut fixture = Fixture::in_use();
        let health_check = HealthCheck { port: Some(8008), ..HealthCheck::default() };
        let new = NewTargetGroup { health_check, ..NewTargetGroup::tcp("other", 5432) };
        fixture.group = fixture.world.add_target_group(new);
        fixture.world.add_listener(&fixture.balancer, 6432, &fixture.group);
        let writer = fixture.writer.clone();
        fixture.register(&writer);
        fixture.pass(300);
        assert_eq!(fixture.only().0, TargetState::Unhealthy);
    }

    #[test]
    fn a_healthy_target_needs_its_thresholds_to_fall_and_to_rise() {
        let mut fixture = Fixture::in_use();
        let writer = fixture.writer.clone();
        fixture.register(&writer);
        fixture.pass(100);
        fixture.world.elbv2.shut_checks_out(&fixture.group);
        fixture.pass(25);
        assert_eq!(fixture.only().0, TargetState::Healthy);
        fixture.pass(35);
        assert_eq!(fixture.only(), (TargetState::Unhealthy, Some(Reason::FailedHealthChecks)));
        fixture.pass(600);
        fixture.world.elbv2.let_checks_in(&fixture.group);
        fixture.pass(4 * 30);
        assert_eq!(fixture.only().0, TargetState::Unhealthy);
        fixture.pass(30);
        assert_eq!(fixture.only().0, TargetState::Healthy);
    }

    #[test]
    fn a_target_turning_unhealthy_has_its_grace_where_the_group_grants_one() {
        let mut fixture = Fixture::in_use();
        fixture.world.elbv2.set_attributes(&fixture.group, &GRACE);
        let writer = fixture.writer.clone();
        fixture.register(&writer);
        fixture.pass(100);
        fixture.world.elbv2.shut_checks_out(&fixture.group);
        fixture.pass(60);
        assert_eq!(fixture.only().0, TargetState::UnhealthyDraining);
        fixture.pass(60);
        assert_eq!(fixture.only().0, TargetState::Unhealthy);
    }

    #[test]
    fn a_target_that_never_took_traffic_has_no_grace() {
        let mut fixture = Fixture::in_use();
        fixture.world.elbv2.set_attributes(&fixture.group, &GRACE);
        fixture.register(NOBODY);
        fixture.pass(120);
        assert_eq!(fixture.only().0, TargetState::Unhealthy);
    }

    #[test]
    fn failed_checks_do_not_count_towards_the_recovery() {
        let mut fixture = Fixture::in_use();
        let writer = fixture.writer.clone();
        fixture.register(&writer);
        fixture.pass(100);
        fixture.world.elbv2.shut_checks_out(&fixture.group);
        fixture.pass(51);
        assert_eq!(fixture.only().0, TargetState::Unhealthy);
        fixture.world.elbv2.let_checks_in(&fixture.group);
        fixture.pass(4 * 30);
        assert_eq!(fixture.only().0, TargetState::Unhealthy);
        fixture.pass(30);
        assert_eq!(fixture.only().0, TargetState::Healthy);
    }

    #[test]
    fn an_unavailable_target_is_healthy_again_after_its_next_check() {
        let mut fixture = Fixture::in_use();
        let writer = fixture.writer.clone();
        fixture.register(&writer);
        fixture.pass(100);
        let key = fixture.keys().remove(0);
        fixture.world.set_target_state(
            &fixture.group,
            &key,
            TargetState::Unavailable,
            Some(Reason::InternalError),
        );
        assert_eq!(fixture.only(), (TargetState::Unavailable, Some(Reason::InternalError)));
        fixture.pass(30);
        assert_eq!(fixture.only(), (TargetState::Healthy, None));
    }
}
