//! The operations RegisterTargets, DeregisterTargets and DescribeTargetHealth.

use std::collections::BTreeSet;

use super::{
    Reason, Target, TargetGroup, TargetHealth, TargetKey, TargetRequest, TargetState, World,
};
use crate::world::ApiError;

impl World {
    /// RegisterTargets: all of them or, refused, none.
    ///
    /// A target that is registered already keeps its health. One that is draining is registered
    /// again: to take `draining` for registered is how updaters lose the writer when a failover
    /// comes back quickly.
    pub fn register_targets(
        &mut self,
        arn: &str,
        requests: &[TargetRequest],
    ) -> Result<(), ApiError> {
        let group = self.find_group(arn)?;
        let keys = requests
            .iter()
            .map(|request| self.key_to_register(group, request))
            .collect::<Result<BTreeSet<_>, _>>()?;
        let is_new = |key: &&TargetKey| !group.targets.contains_key(*key);
        if group.targets.len() + keys.iter().filter(is_new).count() > self.elbv2.quota {
            let message = format!("Too many targets for target group '{arn}'");
            return Err(ApiError::bad_request("TooManyTargets", message));
        }
        for key in keys {
            let registered = self.elbv2.target(arn, &key);
            if registered.is_none_or(|target| target.state == TargetState::Draining) {
                self.begin(arn, &key);
            }
        }
        Ok(())
    }

    /// DeregisterTargets. A target that is not registered is no error: the call succeeds and does
    /// nothing, which is what happens to one that is named without its port while registered on
    /// another than the group's.
    pub fn deregister_targets(
        &mut self,
        arn: &str,
        requests: &[TargetRequest],
    ) -> Result<(), ApiError> {
        let group = self.find_group(arn)?;
        let keys = requests
            .iter()
            .map(|request| self.key_to_find(group, request))
            .collect::<Result<Vec<_>, _>>()?;
        for key in keys {
            self.drain(arn, &key);
        }
        Ok(())
    }

    /// DescribeTargetHealth as it was before the group's latest change: what a reading that lags
    /// behind would tell.
    pub fn target_health_a_change_ago(&self, arn: &str) -> Result<Vec<TargetHealth>, ApiError> {
        let group = self.find_group(arn)?;
        Ok(group.before.values().map(|target| health_of(group, target)).collect())
    }

    /// DescribeTargetHealth: every target of the group, or an answer for each one that was asked
    /// for. It has no pages.
    pub fn target_health(
        &self,
        arn: &str,
        asked: &[TargetRequest],
    ) -> Result<Vec<TargetHealth>, ApiError> {
        let group = self.find_group(arn)?;
        if asked.is_empty() {
            return Ok(group.targets.values().map(|target| health_of(group, target)).collect());
        }
        let answer = |request: &TargetRequest| {
            let key = self.key_to_find(group, request)?;
            Ok(group.targets.get(&key).map_or_else(
                || not_registered(group, key.clone()),
                |target| health_of(group, target),
            ))
        };
        asked.iter().map(answer).collect()
    }
}

fn health_of(group: &TargetGroup, target: &Target) -> TargetHealth {
    TargetHealth {
        key: target.key.clone(),
        state: target.state,
        reason: target.reason,
        health_check_port: group.health_check.port_for(target.key.port),
    }
}

fn not_registered(group: &TargetGroup, key: TargetKey) -> TargetHealth {
    TargetHealth {
        health_check_port: group.health_check.port_for(key.port),
        key,
        state: TargetState::Unused,
        reason: Some(Reason::NotRegistered),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::elbv2::fixture::Fixture;
    use crate::world::elbv2::{HealthCheck, IpFamily, NewTargetGroup, TargetType};

    fn refusal(fixture: &mut Fixture, request: TargetRequest) -> ApiError {
        fixture
            .world
            .register_targets(&fixture.group, &[request])
            .expect_err("a target to be refused")
    }

    #[test]
    fn an_address_of_the_vpc_is_shown_in_its_subnets_zone() {
        let mut fixture = Fixture::in_use();
        fixture.register("10.20.2.77");
        assert_eq!(fixture.keys()[0].zone.as_deref(), Some("eu-west-1b"));
    }

    #[test]
    fn an_address_outside_the_vpc_needs_a_zone_and_keeps_all() {
        let mut fixture = Fixture::in_use();
        let outside = TargetRequest::new("10.30.0.7", 5432);
        let refused = refusal(&mut fixture, outside.clone());
        assert_eq!(refused.code, "ValidationError");
        assert_eq!(
            refused.message,
            "The Availability Zone is required for IP address '10.30.0.7' because it is not in the \
             VPC"
        );
        let everywhere = TargetRequest { zone: Some("all".to_owned()), ..outside };
        fixture.world.register_targets(&fixture.group, &[everywhere]).expect("all is a zone");
        assert_eq!(fixture.keys()[0].zone.as_deref(), Some("all"));
    }

    #[test]
    fn an_address_of_the_vpc_cannot_have_zone_all() {
        let mut fixture = Fixture::in_use();
        let request =
            TargetRequest { zone: Some("all".to_owned()), ..TargetRequest::new("10.20.1.7", 5432) };
        let refused = refusal(&mut fixture, request);
        assert!(refused.message.contains("within the VPC"), "{refused}");
    }

    #[test]
    fn public_addresses_names_and_the_other_family_are_refused() {
        let mut fixture = Fixture::in_use();
        for (id, code) in [
            ("8.8.8.8", "InvalidTarget"),
            ("127.0.0.1", "InvalidTarget"),
            ("fd00::1", "ValidationError"),
            ("db.example", "ValidationError"),
            ("i-0123456789abcdef0", "ValidationError"),
        ] {
            let request =
                TargetRequest { zone: Some("all".to_owned()), ..TargetRequest::new(id, 5432) };
            assert_eq!(refusal(&mut fixture, request).code, code, "{id}");
        }
        assert_eq!(fixture.keys(), []);
    }

    #[test]
    fn an_ipv6_group_takes_ipv6_addresses_only_and_knows_them_by_one_spelling() {
        let mut fixture = Fixture::in_use();
        let new = NewTargetGroup { family: IpFamily::Ipv6, ..NewTargetGroup::tcp("six", 5432) };
        let group = fixture.world.add_target_group(new);
        let register = |world: &mut World, id: &str| {
            world.register_targets(&group, &[TargetRequest::new(id, 5432)])
        };
        assert!(register(&mut fixture.world, "10.20.1.7").is_err());
        register(&mut fixture.world, "2001:db8:20:1::7").expect("an address of the VPC");
        register(&mut fixture.world, "2001:0db8:0020:0001:0:0:0:7").expect("the same address");
        assert_eq!(fixture.world.target_health(&group, &[]).expect("it exists").len(), 1);
    }

    #[test]
    fn an_instance_group_takes_instance_ids_only() {
        let mut fixture = Fixture::in_use();
        let new = NewTargetGroup {
            target_type: TargetType::Instance,
            ..NewTargetGroup::tcp("instances", 80)
        };
        let group = fixture.world.add_target_group(new);
        let refused = fixture
            .world
            .register_targets(&group, &[TargetRequest::new("10.20.1.7", 80)])
            .expect_err("an address");
        assert_eq!(refused.message, "Instance ID '10.20.1.7' is not valid");
        fixture
            .world
            .register_targets(&group, &[TargetRequest::new("i-0123456789abcdef0", 80)])
            .expect("an instance id");
    }

    #[test]
    fn one_bad_target_refuses_the_whole_call() {
        let mut fixture = Fixture::in_use();
        let requests = [TargetRequest::new("10.20.1.7", 5432), TargetRequest::new("8.8.8.8", 5432)];
        fixture.world.register_targets(&fixture.group, &requests).expect_err("a public address");
        assert_eq!(fixture.keys(), []);
    }

    #[test]
    fn one_address_on_two_ports_is_two_targets() {
        let mut fixture = Fixture::in_use();
        fixture.register("10.20.1.7");
        fixture
            .world
            .register_targets(&fixture.group, &[TargetRequest::new("10.20.1.7", 6432)])
            .expect("another port");
        assert_eq!(fixture.keys().iter().map(|key| key.port).collect::<Vec<_>>(), [5432, 6432]);
    }

    #[test]
    fn deregistering_without_the_port_means_the_groups_port_and_leaves_the_others() {
        let mut fixture = Fixture::without_listener();
        fixture
            .world
            .register_targets(&fixture.group, &[TargetRequest::new("10.20.1.7", 6432)])
            .expect("a good target");
        let portless = TargetRequest { port: None, ..TargetRequest::new("10.20.1.7", 0) };
        fixture
            .world
            .deregister_targets(&fixture.group, std::slice::from_ref(&portless))
            .expect("success, doing nothing");
        assert_eq!(fixture.keys().len(), 1);
        fixture.register("10.20.1.7");
        fixture.world.deregister_targets(&fixture.group, &[portless]).expect("success");
        assert_eq!(fixture.keys().iter().map(|key| key.port).collect::<Vec<_>>(), [6432]);
    }

    #[test]
    fn deregistering_an_unknown_target_succeeds_and_does_nothing() {
        let mut fixture = Fixture::in_use();
        fixture.register("10.20.1.7");
        let before = fixture.world.elbv2.timeline().len();
        fixture.deregister("10.20.9.9");
        assert_eq!(fixture.world.elbv2.timeline().len(), before);
    }

    #[test]
    fn deregistering_outside_the_vpc_needs_the_zone_it_was_registered_with() {
        let mut fixture = Fixture::in_use();
        let everywhere =
            TargetRequest { zone: Some("all".to_owned()), ..TargetRequest::new("10.30.0.7", 5432) };
        fixture
            .world
            .register_targets(&fixture.group, std::slice::from_ref(&everywhere))
            .expect("all is a zone");
        fixture.deregister("10.30.0.7");
        assert_eq!(fixture.only().0, TargetState::Initial);
        fixture.world.deregister_targets(&fixture.group, &[everywhere]).expect("success");
        assert_eq!(fixture.only().0, TargetState::Draining);
    }

    #[test]
    fn asking_for_one_that_is_not_registered_answers_unused() {
        let mut fixture = Fixture::in_use();
        fixture.register("10.20.1.7");
        let asked = [TargetRequest::new("10.20.2.9", 5432)];
        let health = fixture.world.target_health(&fixture.group, &asked).expect("the group exists");
        assert_eq!(
            (health[0].state, health[0].reason),
            (TargetState::Unused, Some(Reason::NotRegistered))
        );
    }

    #[test]
    fn a_reading_that_lags_behind_by_one_change_does_not_show_it() {
        let mut fixture = Fixture::in_use();
        let writer = fixture.writer.clone();
        fixture.register(&writer);
        fixture.pass(100);
        fixture.deregister(&writer);
        let lagging =
            fixture.world.target_health_a_change_ago(&fixture.group).expect("the group exists");
        let states: Vec<_> = lagging.iter().map(|target| target.state).collect();
        assert_eq!(states, [TargetState::Healthy]);
        assert_eq!(fixture.only().0, TargetState::Draining);
    }

    #[test]
    fn the_quota_refuses_new_targets_and_lets_known_ones_be() {
        let mut fixture = Fixture::in_use();
        fixture.world.elbv2.set_target_quota(1);
        fixture.register("10.20.1.7");
        let twice = [TargetRequest::new("10.20.1.7", 5432), TargetRequest::new("10.20.1.7", 5432)];
        fixture.world.register_targets(&fixture.group, &twice).expect("a known target, twice");
        assert_eq!(
            refusal(&mut fixture, TargetRequest::new("10.20.2.9", 5432)).code,
            "TooManyTargets"
        );
    }

    #[test]
    fn a_group_that_is_gone_is_not_found_and_one_of_another_region_is_no_valid_arn() {
        let mut fixture = Fixture::in_use();
        let gone =
            "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/gone/0123456789abcdef";
        let refused = fixture.world.target_health(gone, &[]).expect_err("not there");
        assert_eq!((refused.code.as_ref(), refused.status), ("TargetGroupNotFound", 400));
        assert_eq!(refused.message, "One or more target groups not found");
        let elsewhere = fixture.group.replace("eu-west-1", "us-east-1");
        let refused = fixture
            .world
            .register_targets(&elsewhere, &[TargetRequest::new("10.20.1.7", 1)])
            .expect_err("elsewhere");
        assert_eq!(refused.message, format!("'{elsewhere}' is not a valid target group ARN"));
    }

    #[test]
    fn a_fixed_health_check_port_is_shown_for_every_target() {
        let mut fixture = Fixture::in_use();
        let health_check = HealthCheck { port: Some(8008), ..HealthCheck::default() };
        let new = NewTargetGroup { health_check, ..NewTargetGroup::tcp("other", 5432) };
        fixture.group = fixture.world.add_target_group(new);
        fixture.register("10.20.1.7");
        let health = fixture.world.target_health(&fixture.group, &[]).expect("the group exists");
        assert_eq!(health[0].health_check_port, 8008);
    }
}
