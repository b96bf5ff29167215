//! Target groups of the databases' VPC.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::Deserialize;

use super::World;
use super::attributes::{self, Attributes};
use super::flow::Leaving;
use super::health_check::HealthCheck;
use super::refusal::{check_arn, group_not_found};
use super::tags::Tags;
use super::target::{Target, TargetKey};
use crate::world::ApiError;
use crate::world::elbv2::Elbv2;
use crate::world::vpc::IpFamily;

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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum GroupProtocol {
    #[default]
    Tcp,
    Tls,
    Udp,
    /// TCP and UDP on one port.
    TcpUdp,
    /// HTTP: a group of an application load balancer.
    Http,
}

/// What a target's id is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TargetType {
    /// An EC2 instance id.
    Instance,
    /// An IP address.
    #[default]
    Ip,
}

/// A target group that is to be added.
#[derive(Clone, Debug, Default)]
pub struct NewTargetGroup {
    /// See [`TargetGroup::name`].
    pub name: String,
    /// See [`TargetGroup::protocol`].
    pub protocol: GroupProtocol,
    /// See [`TargetGroup::port`].
    pub port: u16,
    /// See [`TargetGroup::target_type`].
    pub target_type: TargetType,
    /// See [`TargetGroup::family`].
    pub family: IpFamily,
    /// See [`TargetGroup::health_check`].
    pub health_check: HealthCheck,
    /// What differs from the default [attributes](TargetGroup::attributes).
    pub attributes: Vec<(&'static str, String)>,
    pub tags: Tags,
}

impl NewTargetGroup {
    /// A group of IPv4 addresses over TCP.
    pub fn tcp(name: &str, port: u16) -> NewTargetGroup {
        NewTargetGroup { name: name.to_owned(), port, ..NewTargetGroup::default() }
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

impl fmt::Display for GroupProtocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tcp => "TCP",
            Self::Tls => "TLS",
            Self::Udp => "UDP",
            Self::TcpUdp => "TCP_UDP",
            Self::Http => "HTTP",
        })
    }
}

impl fmt::Display for TargetType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Instance => "instance",
            Self::Ip => "ip",
        })
    }
}

impl fmt::Display for IpFamily {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ipv4 => "ipv4",
            Self::Ipv6 => "ipv6",
        })
    }
}

impl Elbv2 {
    /// A target group is gone.
    pub fn remove_target_group(&mut self, arn: &str) {
        self.groups.remove(arn);
        self.tags.remove(arn);
    }

    /// The ARNs of the load balancers whose listeners forward to a group.
    pub fn balancers_of(&self, group: &str) -> Vec<String> {
        let forwarding = self.listeners.values().filter(|listener| listener.target_group == group);
        let mut arns: Vec<_> = forwarding.map(|listener| listener.balancer.clone()).collect();
        arns.sort();
        arns.dedup();
        arns
    }
}

impl World {
    /// A target group without targets; gives its ARN.
    pub fn add_target_group(&mut self, new: NewTargetGroup) -> String {
        let suffix = self.elbv2.next_suffix();
        let arn = self.elbv2_arn(&format!("targetgroup/{}/{suffix}", new.name));
        let mut attributes = attributes::of_group(new.protocol, new.target_type);
        attributes.extend(new.attributes.into_iter().map(|(key, value)| (key.to_owned(), value)));
        let group = TargetGroup {
            arn: arn.clone(),
            name: new.name,
            protocol: new.protocol,
            port: new.port,
            target_type: new.target_type,
            family: new.family,
            health_check: new.health_check,
            attributes,
            targets: BTreeMap::new(),
            before: BTreeMap::new(),
            leaving: BTreeMap::new(),
        };
        self.elbv2.tags.insert(arn.clone(), new.tags);
        self.elbv2.groups.insert(arn.clone(), group);
        arn
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
                Ok(groups
                    .filter(|group| self.elbv2.balancers_of(&group.arn).contains(arn))
                    .collect())
            }
        }
    }

    /// The group of an ARN, or AWS's refusal: an ARN of another Region or account is no valid one
    /// here, an unknown one is not found.
    pub(super) fn find_group(&self, arn: &str) -> Result<&TargetGroup, ApiError> {
        check_arn(arn, &self.elbv2_arn("targetgroup/"), "target group")?;
        self.elbv2.groups.get(arn).ok_or_else(group_not_found)
    }
}
