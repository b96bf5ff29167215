//! Whether a group may hold a target that refuses TCP.

use std::collections::BTreeSet;
use std::fmt;

use super::{Attributes, Routing};

/// Why a group may not hold a standby (botocore elbv2 2015-12-01, `TargetGroupAttribute` and
/// `LoadBalancerAttribute`, with their defaults).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Unsafe {
    /// No load balancer forwards to it.
    NotInUse,
    /// Cross-zone load balancing is off: after a failover only the new writer's zone would serve.
    CrossZone,
    /// A load balancer lacks this zone.
    Zone(String),
    /// Connections to an unhealthy target stay open, so that clients wait for a dead writer.
    Termination,
    /// With one healthy target of two, the group sends traffic to both.
    FailOpen,
    /// With one healthy target of two, a zone leaves DNS.
    DnsFailover,
}

const CROSS_ZONE: &str = "load_balancing.cross_zone.enabled";
const TERMINATION: &str = "target_health_state.unhealthy.connection_termination.enabled";
const FAIL_OPEN: &str = "target_group_health.unhealthy_state_routing.minimum_healthy_targets";
const DNS_FAILOVER: &str = "target_group_health.dns_failover.minimum_healthy_targets";

/// What keeps a group from holding a standby in one of these zones; empty if nothing does.
pub fn safety(routing: &Routing, zones: &BTreeSet<&str>) -> BTreeSet<Unsafe> {
    let mut found = BTreeSet::new();
    let mut unless = |holds: bool, says: Unsafe| {
        if !holds {
            found.insert(says);
        }
    };
    unless(!routing.balancers.is_empty(), Unsafe::NotInUse);
    for balancer in &routing.balancers {
        let own = word(&routing.group, CROSS_ZONE, "use_load_balancer_configuration");
        let is_on = match own {
            "use_load_balancer_configuration" => {
                word(&balancer.attributes, CROSS_ZONE, "false") == "true"
            }
            own => own == "true",
        };
        unless(is_on, Unsafe::CrossZone);
        for zone in zones {
            unless(balancer.zones.contains(*zone), Unsafe::Zone((*zone).to_owned()));
        }
    }
    unless(word(&routing.group, TERMINATION, "true") == "true", Unsafe::Termination);
    unless(is_enough(&routing.group, FAIL_OPEN, 0), Unsafe::FailOpen);
    // Half of two targets is one.
    unless(is_enough(&routing.group, DNS_FAILOVER, 50), Unsafe::DnsFailover);
    found
}

/// Whether one healthy target of two is enough by an attribute's count and percentage.
fn is_enough(group: &Attributes, name: &str, most_percent: u32) -> bool {
    let at_most = |part: &str, default: &str, most: u32| {
        let word = word(group, &format!("{name}.{part}"), default).to_owned();
        word == "off" || word.parse::<u32>().is_ok_and(|number| number <= most)
    };
    at_most("count", "1", 1) && at_most("percentage", "off", most_percent)
}

fn word<'a>(attributes: &'a Attributes, name: &str, default: &'a str) -> &'a str {
    attributes.get(name).map_or(default, String::as_str)
}

impl fmt::Display for Unsafe {
    /// What is wrong, and what to set instead.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotInUse => f.write_str("no load balancer forwards to the group"),
            Self::CrossZone => write!(f, "cross-zone load balancing is off (`{CROSS_ZONE}`: true)"),
            Self::Zone(zone) => write!(f, "the load balancer lacks the zone {zone}: enable it"),
            Self::Termination => {
                write!(f, "connections to an unhealthy target stay open (`{TERMINATION}`: true)")
            }
            Self::FailOpen => write!(
                f,
                "with one healthy target the group sends traffic to both (`{FAIL_OPEN}.count`: 1, \
                 `.percentage`: off)"
            ),
            Self::DnsFailover => write!(
                f,
                "with one healthy target a zone leaves DNS (`{DNS_FAILOVER}.count`: 1, \
                 `.percentage`: off)"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::standby::BalancerRouting;

    fn attributes(list: &[(&str, &str)]) -> Attributes {
        list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn routing(group: &[(&str, &str)], balancer: &[(&str, &str)], zones: &[&str]) -> Routing {
        let zones = zones.iter().map(|zone| (*zone).to_owned()).collect();
        let balancer = BalancerRouting { zones, attributes: attributes(balancer) };
        Routing { group: attributes(group), balancers: vec![balancer] }
    }

    #[test]
    fn a_group_is_safe_by_the_attributes_that_decide_where_traffic_goes() {
        let count = |name: &str| format!("{name}.count");
        let percent = |name: &str| format!("{name}.percentage");
        let (open, dns) = (FAIL_OPEN, DNS_FAILOVER);
        let on = [(CROSS_ZONE, "true")];
        let both = ["a", "b"];
        for (group, balancer, zones, says) in [
            (vec![], &on[..], &both[..], vec![]),
            (vec![(CROSS_ZONE.to_owned(), "true")], &[], &both, vec![]),
            (vec![], &[], &both, vec![Unsafe::CrossZone]),
            (vec![(CROSS_ZONE.to_owned(), "false")], &on, &both, vec![Unsafe::CrossZone]),
            (vec![], &on, &["a"], vec![Unsafe::Zone("b".to_owned())]),
            (vec![(TERMINATION.to_owned(), "false")], &on, &both, vec![Unsafe::Termination]),
            (vec![(count(open), "2")], &on, &both, vec![Unsafe::FailOpen]),
            (vec![(count(open), "x")], &on, &both, vec![Unsafe::FailOpen]),
            (vec![(percent(open), "50")], &on, &both, vec![Unsafe::FailOpen]),
            (vec![(percent(dns), "50")], &on, &both, vec![]),
            (vec![(percent(dns), "51")], &on, &both, vec![Unsafe::DnsFailover]),
            (vec![(count(dns), "off")], &on, &both, vec![]),
            (vec![(count(dns), "2")], &on, &both, vec![Unsafe::DnsFailover]),
        ] {
            let group: Vec<_> = group.iter().map(|(name, value)| (name.as_str(), *value)).collect();
            let found = safety(&routing(&group, balancer, zones), &["a", "b"].into());
            assert_eq!(found, says.into_iter().collect(), "{group:?} {balancer:?} {zones:?}");
        }
        let unused = safety(&Routing::default(), &["a", "b"].into());
        assert_eq!(unused, [Unsafe::NotInUse].into());
    }
}
