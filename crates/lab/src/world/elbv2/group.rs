//! Target groups: how they are created, described and deleted.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::World;
use super::attributes::{self, Attributes};
use super::flow::Leaving;
use super::health_check::{HealthCheck, HealthCheckChange};
use super::refusal::{check_arn, check_name, group_not_found, invalid};
use super::tags::Tags;
use super::target::{Target, TargetKey};
use crate::world::ApiError;
use crate::world::vpc::VPC_ID;

#[derive(Clone, Debug)]
pub struct TargetGroup {
    /// `arn:aws:elasticloadbalancing:…:targetgroup/NAME/16 hexadecimal digits`.
    pub arn: String,
    /// Its name, unique in the region.
    pub name: String,
    /// What its targets speak.
    pub protocol: GroupProtocol,
    /// The port of targets that are registered without one.
    pub port: u16,
    /// The VPC whose subnets decide the targets' zones.
    pub vpc: String,
    /// What its targets' ids are.
    pub target_type: TargetType,
    /// The family of its targets' addresses.
    pub family: IpFamily,
    /// How its targets are checked.
    pub health_check: HealthCheck,
    pub attributes: Attributes,
    /// Its targets, draining ones included.
    pub targets: BTreeMap<TargetKey, Target>,
    /// Its targets as they were before the latest change.
    pub(super) before: BTreeMap<TargetKey, Target>,
    /// The targets that were deregistered lately, which the load balancer's nodes may not have let
    /// go of.
    pub(super) leaving: BTreeMap<TargetKey, Leaving>,
}

/// The protocols of the groups that the lab has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupProtocol {
    Tcp,
    Tls,
    Udp,
    /// TCP and UDP on one port.
    TcpUdp,
    /// HTTP: a group of an application load balancer.
    Http,
}

/// What a target's id is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetType {
    /// An EC2 instance id.
    Instance,
    /// An IP address.
    Ip,
}

/// The address family of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IpFamily {
    /// IPv4 addresses only.
    Ipv4,
    /// IPv6 addresses only.
    Ipv6,
}

impl IpFamily {
    /// Both.
    pub const ALL: [IpFamily; 2] = [IpFamily::Ipv4, IpFamily::Ipv6];

    /// The family of an address.
    pub fn of(address: IpAddr) -> IpFamily {
        match address {
            IpAddr::V4(_) => IpFamily::Ipv4,
            IpAddr::V6(_) => IpFamily::Ipv6,
        }
    }
}

/// The input of CreateTargetGroup.
#[derive(Clone, Debug)]
pub struct NewTargetGroup {
    /// See [`TargetGroup::name`].
    pub name: String,
    /// See [`TargetGroup::protocol`].
    pub protocol: GroupProtocol,
    /// See [`TargetGroup::port`].
    pub port: u16,
    /// See [`TargetGroup::vpc`].
    pub vpc: String,
    /// See [`TargetGroup::target_type`].
    pub target_type: TargetType,
    /// See [`TargetGroup::family`].
    pub family: IpFamily,
    /// What differs from the default health check.
    pub health_check: HealthCheckChange,
    pub tags: Tags,
}

impl NewTargetGroup {
    /// A group of IPv4 addresses over TCP in the databases' VPC.
    pub fn tcp(name: &str, port: u16) -> NewTargetGroup {
        NewTargetGroup {
            name: name.to_owned(),
            protocol: GroupProtocol::Tcp,
            port,
            vpc: VPC_ID.to_owned(),
            target_type: TargetType::Ip,
            family: IpFamily::Ipv4,
            health_check: HealthCheckChange::default(),
            tags: Tags::new(),
        }
    }
}

/// Which groups DescribeTargetGroups is to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupSelection {
    /// All of them.
    All,
    /// Those of these ARNs.
    Arns(Vec<String>),
    /// Those of these names.
    Names(Vec<String>),
    /// Those that a load balancer's listeners forward to.
    LoadBalancer(String),
}

impl World {
    /// CreateTargetGroup. Asking again for the same group gives the one that is there, as AWS does.
    pub fn create_target_group(&mut self, new: NewTargetGroup) -> Result<&TargetGroup, ApiError> {
        check_name("Target group", &new.name)?;
        if self.vpc(&new.vpc).is_none() {
            return Err(invalid(format!("The VPC ID '{}' is not found", new.vpc)));
        }
        let mut health_check = HealthCheck::of(new.protocol);
        health_check.change(&new.health_check)?;
        if let Some(existing) = self.elbv2.group_named(&new.name) {
            let same = (
                existing.protocol,
                existing.port,
                &existing.vpc,
                existing.target_type,
                existing.family,
            ) == (new.protocol, new.port, &new.vpc, new.target_type, new.family);
            if !same || existing.health_check != health_check {
                let message = format!(
                    "A target group with the same name '{}' exists, but with different settings",
                    new.name
                );
                return Err(ApiError::bad_request("DuplicateTargetGroupName", message));
            }
            let arn = existing.arn.clone();
            return self.find_group(&arn);
        }
        let suffix = self.elbv2.next_suffix();
        let arn = self.elbv2_arn(&format!("targetgroup/{}/{suffix}", new.name));
        let group = TargetGroup {
            arn: arn.clone(),
            name: new.name,
            protocol: new.protocol,
            port: new.port,
            vpc: new.vpc,
            target_type: new.target_type,
            family: new.family,
            health_check,
            attributes: attributes::of_group(new.protocol, new.target_type),
            targets: BTreeMap::new(),
            before: BTreeMap::new(),
            leaving: BTreeMap::new(),
        };
        self.elbv2.tags.insert(arn.clone(), new.tags);
        Ok(self.elbv2.groups.entry(arn).or_insert(group))
    }

    /// DescribeTargetGroups, without its pages.
    pub fn target_groups(&self, selection: &GroupSelection) -> Result<Vec<&TargetGroup>, ApiError> {
        match selection {
            GroupSelection::All => Ok(self.elbv2.groups.values().collect()),
            GroupSelection::Arns(arns) => arns.iter().map(|arn| self.find_group(arn)).collect(),
            GroupSelection::Names(names) => {
                let named =
                    |name: &String| self.elbv2.group_named(name).ok_or_else(group_not_found);
                names.iter().map(named).collect()
            }
            GroupSelection::LoadBalancer(arn) => {
                self.find_balancer(arn)?;
                let groups = self.elbv2.groups.values();
                Ok(groups.filter(|group| self.balancers_of(&group.arn).contains(arn)).collect())
            }
        }
    }

    /// ModifyTargetGroup: its health check.
    pub fn modify_target_group(
        &mut self,
        arn: &str,
        change: &HealthCheckChange,
    ) -> Result<&TargetGroup, ApiError> {
        self.find_group(arn)?;
        let group = self.elbv2.groups.get_mut(arn).ok_or_else(group_not_found)?;
        group.health_check.change(change)?;
        Ok(group)
    }

    /// DeleteTargetGroup. Deleting one that does not exist succeeds: botocore elbv2 2015-12-01 has
    /// no such refusal for it.
    pub fn delete_target_group(&mut self, arn: &str) -> Result<(), ApiError> {
        check_arn(arn, &self.elbv2_arn("targetgroup/"), "target group")?;
        if !self.balancers_of(arn).is_empty() {
            let message =
                format!("Target group '{arn}' is currently in use by a listener or a rule");
            return Err(ApiError::bad_request("ResourceInUse", message));
        }
        self.elbv2.groups.remove(arn);
        self.elbv2.tags.remove(arn);
        Ok(())
    }

    /// The ARNs of the load balancers whose listeners forward to a group.
    pub fn balancers_of(&self, group: &str) -> Vec<String> {
        let forwarding =
            self.elbv2.listeners.values().filter(|listener| listener.target_group == group);
        let mut arns: Vec<_> = forwarding.map(|listener| listener.balancer.clone()).collect();
        arns.sort();
        arns.dedup();
        arns
    }

    /// The group of an ARN, or AWS's refusal: an ARN of another Region or account is no valid one
    /// here, an unknown one is not found.
    pub(super) fn find_group(&self, arn: &str) -> Result<&TargetGroup, ApiError> {
        check_arn(arn, &self.elbv2_arn("targetgroup/"), "target group")?;
        self.elbv2.groups.get(arn).ok_or_else(group_not_found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn world() -> World {
        World::new(jiff::Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn a_groups_arn_ends_in_its_name_and_16_hexadecimal_digits() {
        let mut world = world();
        let arn = world
            .create_target_group(NewTargetGroup::tcp("orders", 5432))
            .expect("a good group")
            .arn
            .clone();
        let rest = arn
            .strip_prefix("arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/orders/")
            .expect("its name");
        assert!(rest.len() == 16 && rest.bytes().all(|digit| digit.is_ascii_hexdigit()), "{arn}");
    }

    #[test]
    fn the_same_group_twice_is_one_and_another_of_its_name_is_refused() {
        let mut world = world();
        let first = world
            .create_target_group(NewTargetGroup::tcp("orders", 5432))
            .expect("a good group")
            .arn
            .clone();
        let again = world
            .create_target_group(NewTargetGroup::tcp("orders", 5432))
            .expect("the same group")
            .arn
            .clone();
        assert_eq!(first, again);
        let refused = world
            .create_target_group(NewTargetGroup::tcp("orders", 3306))
            .expect_err("another port");
        assert_eq!(refused.code, "DuplicateTargetGroupName");
    }

    #[test]
    fn bad_names_vpcs_and_health_checks_are_refused() {
        let mut world = world();
        let good = NewTargetGroup::tcp("orders", 5432);
        let check = |change| NewTargetGroup { health_check: change, ..good.clone() };
        for bad in [
            NewTargetGroup::tcp("", 80),
            NewTargetGroup::tcp("under_score", 80),
            NewTargetGroup::tcp("-dash", 80),
            NewTargetGroup::tcp(&"x".repeat(33), 80),
            NewTargetGroup { vpc: "vpc-unknown".to_owned(), ..good.clone() },
            check(HealthCheckChange { interval: Some(4), ..HealthCheckChange::default() }),
            check(HealthCheckChange { timeout: Some(121), ..HealthCheckChange::default() }),
            check(HealthCheckChange {
                healthy_threshold: Some(11),
                ..HealthCheckChange::default()
            }),
            check(HealthCheckChange {
                port: Some("0x50".to_owned()),
                ..HealthCheckChange::default()
            }),
            check(HealthCheckChange {
                protocol: Some("UDP".to_owned()),
                ..HealthCheckChange::default()
            }),
        ] {
            let refused = world.create_target_group(bad.clone()).map(|group| group.arn.clone());
            assert_eq!(refused.expect_err("something bad").code, "ValidationError", "{bad:?}");
        }
        assert_eq!(world.elbv2.groups().count(), 0);
    }

    #[test]
    fn groups_are_found_by_arn_name_and_nothing_else() {
        let mut world = world();
        let arn = world
            .create_target_group(NewTargetGroup::tcp("orders", 5432))
            .expect("a good group")
            .arn
            .clone();
        let found = |selection| {
            world
                .target_groups(&selection)
                .map(|groups| groups.len())
                .map_err(|refused| refused.code.into_owned())
        };
        assert_eq!(found(GroupSelection::All), Ok(1));
        assert_eq!(found(GroupSelection::Arns(vec![arn.clone()])), Ok(1));
        assert_eq!(found(GroupSelection::Names(vec!["orders".to_owned()])), Ok(1));
        assert_eq!(
            found(GroupSelection::Names(vec!["gone".to_owned()])),
            Err("TargetGroupNotFound".to_owned())
        );
        let elsewhere = arn.replace("111122223333", "999900001111");
        assert_eq!(found(GroupSelection::Arns(vec![elsewhere])), Err("ValidationError".to_owned()));
    }
}
