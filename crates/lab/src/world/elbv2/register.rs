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
    use crate::world::elbv2::{IpFamily, NewTargetGroup, TargetType};

    #[test]
    fn a_group_takes_what_its_type_its_family_and_the_vpc_allow_and_shows_its_zone() {
        let mut fixture = Fixture::in_use();
        let new = |name: &str| NewTargetGroup::tcp(name, 5432);
        let six = NewTargetGroup { family: IpFamily::Ipv6, ..new("six") };
        let instances = NewTargetGroup { target_type: TargetType::Instance, ..new("instances") };
        let four = fixture.group.clone();
        let [six, instances] = [six, instances].map(|new| fixture.world.add_target_group(new));
        let elsewhere = four.replace("eu-west-1", "us-east-1");
        let no_zone = "The Availability Zone is required for IP address '10.30.0.7' because it is \
            not in the VPC";
        for (group, id, zone, shown) in [
            (&four, "10.20.2.77", None, Ok(Some("eu-west-1b"))),
            (&four, "10.30.0.7", None, Err(no_zone)),
            (&four, "10.30.0.7", Some("all"), Ok(Some("all"))),
            (&four, "10.20.1.7", Some("all"), Err("within the VPC")),
            (&four, "8.8.8.8", Some("all"), Err("InvalidTarget")),
            (&four, "127.0.0.1", Some("all"), Err("InvalidTarget")),
            (&four, "fd00::1", Some("all"), Err("ValidationError")),
            (&four, "db.example", Some("all"), Err("ValidationError")),
            (&four, "i-0123456789abcdef0", None, Err("ValidationError")),
            (&elsewhere, "10.20.1.7", None, Err("is not a valid target group ARN")),
            (&six, "10.20.1.7", None, Err("ValidationError")),
            (&six, "2001:db8:20:1::7", None, Ok(Some("eu-west-1a"))),
            // The same address in another spelling.
            (&six, "2001:0db8:0020:0001:0:0:0:7", None, Ok(Some("eu-west-1a"))),
            (&instances, "10.20.1.7", None, Err("Instance ID '10.20.1.7' is not valid")),
            (&instances, "i-0123456789abcdef0", None, Ok(None)),
        ] {
            let zone = zone.map(str::to_owned);
            let target = TargetRequest { zone, ..TargetRequest::new(id, 5432) };
            // One bad target refuses the whole call.
            let both = [TargetRequest::new("10.20.3.3", 5432), target.clone()];
            match (fixture.world.register_targets(group, &[target]), shown) {
                (Ok(()), Ok(zone)) => {
                    let health = fixture.world.target_health(group, &[]).expect("it exists");
                    assert!(health.iter().any(|at| at.key.zone.as_deref() == zone), "{id}");
                }
                (Err(refusal), Err(says)) => {
                    assert!(refusal.to_string().contains(says), "{id}: {refusal}");
                    fixture.world.register_targets(group, &both).expect_err("the same refusal");
                }
                (result, expected) => panic!("{id}: {result:?}, and not {expected:?}"),
            }
        }
        let keys = |group: &str| {
            let health = fixture.world.target_health(group, &[]).expect("it exists");
            health.into_iter().map(|at| at.key.id).collect::<Vec<_>>()
        };
        assert_eq!(keys(&four), ["10.20.2.77", "10.30.0.7"]);
        assert_eq!(keys(&six), ["2001:db8:20:1::7"]);
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
        let another = [TargetRequest::new("10.20.2.9", 5432)];
        let refusal = fixture.world.register_targets(&fixture.group, &another);
        assert_eq!(refusal.expect_err("it is full").code, "TooManyTargets");
    }
}
