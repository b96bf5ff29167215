//! The attributes of target groups and load balancers, with AWS's keys and defaults.

use std::collections::BTreeMap;
use std::time::Duration;

use super::World;
use super::flow::{CrossZone, Endings, Quorum};
use super::group::{GroupProtocol, TargetType};
use crate::world::ApiError;
use crate::world::elbv2::Elbv2;

/// Attributes by key.
pub type Attributes = BTreeMap<String, String>;

pub(crate) const DELAY: &str = "deregistration_delay.timeout_seconds";
const GRACE: &str = "target_health_state.unhealthy.draining_interval_seconds";
const TERMINATE_UNHEALTHY: &str = "target_health_state.unhealthy.connection_termination.enabled";
pub(crate) const TERMINATE_DEREGISTERED: &str =
    "deregistration_delay.connection_termination.enabled";
pub(crate) const CROSS_ZONE: &str = "load_balancing.cross_zone.enabled";
pub(crate) const ZONAL_SHIFT: &str = "zonal_shift.config.enabled";
const QUORUM_COUNT: &str =
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count";
const QUORUM_PERCENTAGE: &str =
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage";

impl Elbv2 {
    /// Sets attributes of a target group, a load balancer or a listener, by its ARN. What is not
    /// there stays so.
    pub fn set_attributes(&mut self, arn: &str, changes: &[(&str, &str)]) {
        let group = self.groups.get_mut(arn).map(|group| &mut group.attributes);
        let balancer = self.balancers.get_mut(arn).map(|balancer| &mut balancer.attributes);
        let listener = self.listeners.get_mut(arn).map(|listener| &mut listener.attributes);
        if let Some(attributes) = group.or(balancer).or(listener) {
            attributes.extend(
                changes.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())),
            );
        }
    }
}

impl World {
    /// DescribeTargetGroupAttributes.
    pub fn target_group_attributes(&self, arn: &str) -> Result<&Attributes, ApiError> {
        Ok(&self.find_group(arn)?.attributes)
    }

    /// DescribeLoadBalancerAttributes.
    pub fn load_balancer_attributes(&self, arn: &str) -> Result<&Attributes, ApiError> {
        Ok(&self.find_balancer(arn)?.attributes)
    }

    /// DescribeListenerAttributes.
    pub fn listener_attributes(&self, arn: &str) -> Result<&Attributes, ApiError> {
        Ok(&self.find_listener(arn)?.attributes)
    }
}

/// What a new target group has (AWS docs, "Edit target group attributes for your Network Load
/// Balancer").
pub(super) fn of_group(protocol: GroupProtocol, target_type: TargetType) -> Attributes {
    let keeps_client_ip = protocol == GroupProtocol::Udp || target_type == TargetType::Instance;
    attributes(&[
        (DELAY, "300"),
        (TERMINATE_DEREGISTERED, "false"),
        (CROSS_ZONE, "use_load_balancer_configuration"),
        ("preserve_client_ip.enabled", if keeps_client_ip { "true" } else { "false" }),
        ("proxy_protocol_v2.enabled", "false"),
        ("stickiness.enabled", "false"),
        ("stickiness.type", "source_ip"),
        ("target_group_health.dns_failover.minimum_healthy_targets.count", "1"),
        ("target_group_health.dns_failover.minimum_healthy_targets.percentage", "off"),
        (QUORUM_COUNT, "1"),
        (QUORUM_PERCENTAGE, "off"),
        (TERMINATE_UNHEALTHY, "true"),
        (GRACE, "0"),
    ])
}

/// What a new network load balancer has (AWS docs, "Network Load Balancers", "Load balancer
/// attributes").
pub(super) fn of_network_load_balancer() -> Attributes {
    attributes(&[
        ("access_logs.s3.bucket", ""),
        ("access_logs.s3.enabled", "false"),
        ("access_logs.s3.prefix", ""),
        ("deletion_protection.enabled", "false"),
        ("dns_record.client_routing_policy", "any_availability_zone"),
        ("ipv6.deny_all_igw_traffic", "false"),
        (CROSS_ZONE, "false"),
        (ZONAL_SHIFT, "false"),
    ])
}

/// What a new listener of TCP has (AWS docs, "Listeners for your Network Load Balancers").
pub(super) fn of_listener() -> Attributes {
    attributes(&[("tcp.idle_timeout.seconds", "350")])
}

/// The keys of attributes that there are.
pub(crate) struct Known {
    pub(crate) of_groups: Vec<String>,
    pub(crate) of_balancers: Vec<String>,
    pub(crate) of_listeners: Vec<String>,
}

/// The keys that new groups, load balancers and listeners have.
pub(crate) fn known_attributes() -> Known {
    let keys = |attributes: Attributes| attributes.into_keys().collect();
    Known {
        of_groups: keys(of_group(GroupProtocol::Tcp, TargetType::Ip)),
        of_balancers: keys(of_network_load_balancer()),
        of_listeners: keys(of_listener()),
    }
}

/// How long a deregistered target stays `draining`.
pub(super) fn deregistration_delay(attributes: &Attributes) -> Duration {
    seconds(attributes, DELAY)
}

/// How long a target that turned unhealthy is `unhealthy.draining`: not at all while its
/// connections are terminated.
pub(super) fn unhealthy_grace(attributes: &Attributes) -> Duration {
    if is(attributes, TERMINATE_UNHEALTHY, "false") {
        seconds(attributes, GRACE)
    } else {
        Duration::ZERO
    }
}

/// Whether a node sends flows to other zones: the group's word, else the load balancer's.
pub(super) fn cross_zone(group: &Attributes, balancer: &Attributes) -> CrossZone {
    let on = match group.get(CROSS_ZONE).map(String::as_str) {
        Some("true") => true,
        Some("false") => false,
        _ => is(balancer, CROSS_ZONE, "true"),
    };
    if on { CrossZone::On } else { CrossZone::Off }
}

/// How many targets must be healthy, or the others take new flows too.
pub(super) fn quorum(attributes: &Attributes) -> Quorum {
    let number = |key| attributes.get(key).and_then(|value| value.parse().ok());
    Quorum {
        count: number(QUORUM_COUNT).unwrap_or(1),
        percent: number(QUORUM_PERCENTAGE).unwrap_or(0),
    }
}

/// What ends established flows.
pub(super) fn endings(attributes: &Attributes) -> Endings {
    Endings {
        deregistered: is(attributes, TERMINATE_DEREGISTERED, "true"),
        // Without termination connections are kept, or let go when a draining interval is over.
        unhealthy: !is(attributes, TERMINATE_UNHEALTHY, "false")
            || !unhealthy_grace(attributes).is_zero(),
    }
}

fn attributes(pairs: &[(&str, &str)]) -> Attributes {
    pairs.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect()
}

fn is(attributes: &Attributes, key: &str, value: &str) -> bool {
    attributes.get(key).is_some_and(|known| known == value)
}

fn seconds(attributes: &Attributes, key: &str) -> Duration {
    let seconds = attributes.get(key).and_then(|value| value.parse().ok());
    Duration::from_secs(seconds.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tcp_group_of_addresses_does_not_keep_the_clients_ip_and_one_of_instances_does() {
        let keeps = |target_type| {
            of_group(GroupProtocol::Tcp, target_type)["preserve_client_ip.enabled"].clone()
        };
        assert_eq!(
            (keeps(TargetType::Ip).as_str(), keeps(TargetType::Instance).as_str()),
            ("false", "true")
        );
    }

    #[test]
    fn a_draining_interval_counts_only_where_connections_are_not_terminated() {
        let mut attributes = of_group(GroupProtocol::Tcp, TargetType::Ip);
        attributes.insert(GRACE.to_owned(), "60".to_owned());
        assert_eq!(unhealthy_grace(&attributes), Duration::ZERO);
        attributes.insert(TERMINATE_UNHEALTHY.to_owned(), "false".to_owned());
        assert_eq!(unhealthy_grace(&attributes), Duration::from_secs(60));
    }
}
