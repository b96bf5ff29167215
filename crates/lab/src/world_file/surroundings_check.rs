//! What a file's surroundings must be beyond their form.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::IpNet;
use serde_json::Value;

use super::surround::outcomes;
use super::{Checks, WorldFile};
use crate::place::{Checked, listed, once, unknown, wrong};
use crate::scene::FUNCTION;
use crate::wire::query::has_operation;
use crate::world::elbv2::known_attributes;
use crate::world::surroundings::security_group::Rule;
use crate::world::surroundings::topic::POLICIES;
use crate::world::vpc::{SUBNET_GROUP, Zone};

/// The names of `PendingModifiedValues` (botocore rds 2014-10-31).
const PENDING: [&str; 14] = [
    "AllocatedStorage",
    "BackupRetentionPeriod",
    "CACertificateIdentifier",
    "DBInstanceClass",
    "DBInstanceIdentifier",
    "DBSubnetGroupName",
    "EngineVersion",
    "IAMDatabaseAuthenticationEnabled",
    "Iops",
    "LicenseModel",
    "MasterUserPassword",
    "MultiAZ",
    "Port",
    "StorageType",
];

const QUOTAS: [&str; 4] = ["DBClusters", "DBInstances", "DBSubnetGroups", "EventSubscriptions"];

/// A name that must be one of several: its key, what it names, and what there is.
#[derive(Clone)]
struct Reference {
    key: String,
    name: String,
    kind: &'static str,
    known: Vec<String>,
}

impl WorldFile {
    pub(super) fn check_surroundings(&self) -> Checked {
        for names in self.names() {
            once(names)?;
        }
        for reference in self.references() {
            let Reference { key, name, kind, known } = reference;
            if !known.contains(&name) && !name.starts_with("arn:") {
                return wrong(key, unknown(name, kind, known));
            }
        }
        for (index, group) in self.target_group.iter().enumerate() {
            check_checks(&format!("target-group[{index}].health-check"), &group.health_check)?;
        }
        self.check_rules()?;
        self.check_networks()?;
        self.check_policies()?;
        for (index, action) in self.denied.iter().enumerate() {
            if !has_operation(action) {
                let fault = format!(
                    "the lab has no call `{action}`: write an IAM action, such as \
                     `ec2:DescribeSubnets`; docs/lab.md lists the operations"
                );
                return wrong(format!("denied[{index}]"), fault);
            }
        }
        Ok(())
    }

    /// The names of each kind, which are given once.
    fn names(&self) -> Vec<Vec<(String, &str)>> {
        fn keyed<'a, T>(kind: &str, all: &'a [T], name: fn(&T) -> &str) -> Vec<(String, &'a str)> {
            let key = |(index, one)| (format!("{kind}[{index}].name"), name(one));
            all.iter().enumerate().map(key).collect()
        }
        vec![
            keyed("security-group", &self.security_group, |one| &one.name),
            keyed("prefix-list", &self.prefix_list, |one| &one.name),
            keyed("subnet-group", &self.subnet_group, |one| &one.name),
            keyed("network-acl", &self.network_acl, |one| &one.name),
            keyed("function", &self.function, |one| &one.name),
            keyed("schedule", &self.schedule, |one| &one.name),
            keyed("alarm", &self.alarm, |one| &one.name),
            keyed("queue", &self.queue, |one| &one.name),
            keyed("parameter", &self.parameter, |one| &one.name),
        ]
    }

    fn references(&self) -> Vec<Reference> {
        let of_groups = self.references_to_groups();
        let of_things = [self.of_databases(), self.of_links(), self.of_functions()].concat();
        [of_groups, of_things, self.of_attributes()].concat()
    }

    fn references_to_groups(&self) -> Vec<Reference> {
        let known = self.security_groups();
        let of_list = |(key, list): (String, &'_ [String])| {
            let named = list.iter().enumerate().filter(|(_, name)| !is_id(name));
            let key = |at| format!("{key}.security-groups[{at}]");
            named.map(|(at, name)| (key(at), name.clone())).collect::<Vec<_>>()
        };
        references("security group", &known, self.lists_of_groups().into_iter().flat_map(of_list))
    }

    /// Subnet groups, pending values, sources of replicas, databases with maintenance, and quotas.
    fn of_databases(&self) -> Vec<Reference> {
        let clusters = self.cluster.iter().enumerate();
        let clusters = clusters
            .map(|(at, one)| (format!("cluster[{at}]"), one.subnet_group.as_ref(), &one.pending));
        let instances = self.instance.iter().enumerate();
        let instances = instances
            .map(|(at, one)| (format!("instance[{at}]"), one.subnet_group.as_ref(), &one.pending));
        let all: Vec<_> = clusters.chain(instances).collect();
        let groups = all
            .iter()
            .filter_map(|(key, group, _)| Some((format!("{key}.subnet-group"), (*group)?.clone())));
        let pending = all.iter().flat_map(|(key, _, pending)| {
            pending.keys().map(move |name| (format!("{key}.pending.{name}"), name.clone()))
        });
        let replicas = self.instance.iter().enumerate().filter_map(|(at, one)| {
            Some((format!("instance[{at}].replica-of"), one.replica_of.as_ref()?.to_string()))
        });
        let maintenance = self.maintenance.iter().enumerate();
        let maintenance =
            maintenance.map(|(at, one)| (format!("maintenance[{at}].database"), &one.database));
        let quotas = self.quotas.keys().map(|name| (format!("quotas.{name}"), name));
        let own = self.subnet_group.iter().map(|one| one.name.clone());
        let known: Vec<_> = own.chain([SUBNET_GROUP.to_owned()]).collect();
        [
            references("subnet group", &known, groups),
            references("pending value", &PENDING, pending),
            references("instance", &strings(self.instance.iter().map(|one| &one.name)), replicas),
            references("database", &self.databases(), maintenance),
            references("quota", &QUOTAS, quotas),
        ]
        .concat()
    }

    /// Load balancers of endpoint services.
    fn of_links(&self) -> Vec<Reference> {
        let known = strings(self.load_balancer.iter().map(|one| &one.name));
        let services = self.endpoint_service.iter().enumerate();
        let named = services.flat_map(|(index, service)| {
            let key = move |at| format!("endpoint-service[{index}].load-balancers[{at}]");
            service.load_balancers.iter().enumerate().map(move |(at, name)| (key(at), name))
        });
        references("load balancer", &known, named)
    }

    /// Topics and functions that others name.
    fn of_functions(&self) -> Vec<Reference> {
        let invoking = self.function.iter().enumerate().flat_map(|(index, one)| {
            let key = move |at| format!("function[{index}].invoked-by[{at}]");
            one.invoked_by.iter().flatten().enumerate().map(move |(at, name)| (key(at), name))
        });
        let heard = self.alarm.iter().enumerate().flat_map(|(index, one)| {
            let key = move |at| format!("alarm[{index}].actions[{at}]");
            one.actions.iter().flatten().enumerate().map(move |(at, name)| (key(at), name))
        });
        let scheduled = self.schedule.iter().enumerate();
        let scheduled =
            scheduled.map(|(at, one)| (format!("schedule[{at}].function"), &one.function));
        let subscribed = self.topic.iter().enumerate().flat_map(|(index, topic)| {
            let key = move |at| format!("topic[{index}].subscribers[{at}].endpoint");
            let lambda = topic.subscribers.iter().enumerate();
            let lambda = lambda.filter(|(_, one)| one.protocol == "lambda");
            lambda.map(move |(at, one)| (key(at), &one.endpoint))
        });
        [
            references("topic", &self.topics(), invoking.chain(heard)),
            references("function", &self.functions(), scheduled.chain(subscribed)),
        ]
        .concat()
    }

    /// The keys of attributes.
    fn of_attributes(&self) -> Vec<Reference> {
        let known = known_attributes();
        let keys = |key: String, all: &BTreeMap<String, String>| {
            all.keys().map(|name| (format!("{key}.attributes"), name.clone())).collect::<Vec<_>>()
        };
        let balancers = self.load_balancer.iter().enumerate();
        let balancers =
            balancers.flat_map(|(at, one)| keys(format!("load-balancer[{at}]"), &one.attributes));
        let groups = || self.target_group.iter().enumerate();
        let of_groups =
            groups().flat_map(|(at, one)| keys(format!("target-group[{at}]"), &one.attributes));
        let listeners = groups().flat_map(|(index, group)| {
            let key = move |at| format!("target-group[{index}].listeners[{at}]");
            let listeners = group.listeners.iter().enumerate();
            listeners.flat_map(move |(at, one)| keys(key(at), &one.attributes))
        });
        [
            references("load balancer attribute", &known.of_balancers, balancers),
            references("target group attribute", &known.of_groups, of_groups),
            references("listener attribute", &known.of_listeners, listeners),
        ]
        .concat()
    }

    /// The keys and the lists of security groups that things have.
    fn lists_of_groups(&self) -> Vec<(String, &[String])> {
        fn keyed<'a, T>(
            kind: &str,
            all: &'a [T],
            groups: fn(&T) -> Option<&Vec<String>>,
        ) -> Vec<(String, &'a [String])> {
            let list = |(index, one)| Some((format!("{kind}[{index}]"), groups(one)?.as_slice()));
            all.iter().enumerate().filter_map(list).collect()
        }
        [
            keyed("cluster", &self.cluster, |one| one.security_groups.as_ref()),
            keyed("instance", &self.instance, |one| one.security_groups.as_ref()),
            keyed("proxy", &self.proxy, |one| one.security_groups.as_ref()),
            keyed("load-balancer", &self.load_balancer, |one| one.security_groups.as_ref()),
            keyed("function", &self.function, |one| Some(&one.security_groups)),
            keyed("network-interface", &self.network_interface, |one| Some(&one.security_groups)),
        ]
        .concat()
    }

    /// The names of all security groups, those that things have by themselves among them.
    fn security_groups(&self) -> Vec<String> {
        let proxies = self.proxy.iter().map(|one| format!("proxy/{}", one.name));
        let balancers = self.load_balancer.iter().map(|one| format!("load-balancer/{}", one.name));
        let written = self.security_group.iter().map(|one| one.name.clone());
        let own = self.databases().into_iter().chain(proxies).chain(balancers);
        let all: BTreeSet<String> = own.chain(written).collect();
        all.into_iter().collect()
    }

    fn databases(&self) -> Vec<String> {
        let clusters = self.cluster.iter().map(|one| format!("cluster/{}", one.name));
        let instances = self.instance.iter().map(|one| format!("instance/{}", one.name));
        clusters.chain(instances).collect()
    }

    fn topics(&self) -> Vec<String> {
        let mut topics = strings(self.topic.iter().map(|one| &one.name));
        topics.push(outcomes());
        topics
    }

    /// The names of all functions.
    pub(super) fn functions(&self) -> Vec<String> {
        let written = self.function.iter().map(|one| one.name.clone());
        let all: BTreeSet<String> = written.chain([FUNCTION.to_owned()]).collect();
        all.into_iter().collect()
    }

    fn check_rules(&self) -> Checked {
        let lists = self.prefix_list.iter().map(|one| one.name.clone());
        let known: Vec<String> = self.security_groups().into_iter().chain(lists).collect();
        for (index, group) in self.security_group.iter().enumerate() {
            for (way, rules) in [("ingress", &group.ingress), ("egress", &group.egress)] {
                for (at, rule) in rules.iter().enumerate() {
                    check_rule(&format!("security-group[{index}].{way}[{at}]"), rule, &known)?;
                }
            }
        }
        Ok(())
    }

    fn check_networks(&self) -> Checked {
        for (index, subnet) in self.subnet.iter().enumerate() {
            if matches!(subnet.cidr, Some(IpNet::V6(_))) {
                let fault = "an IPv4 network is expected, such as `10.20.1.0/24`";
                return wrong(format!("subnet[{index}].cidr"), fault);
            }
            if subnet.id.as_ref().is_some_and(|id| !id.starts_with("subnet-")) {
                let fault = "write an id such as `subnet-0123456789abcdef0`";
                return wrong(format!("subnet[{index}].id"), fault);
            }
        }
        let interfaces = || self.network_interface.iter().enumerate();
        for (index, one) in interfaces() {
            if Zone::of_address(one.address).is_none() {
                let fault = "write an address of the VPC's subnets, such as `10.20.1.77`";
                return wrong(format!("network-interface[{index}].address"), fault);
            }
        }
        once(interfaces().map(|(index, one)| {
            (format!("network-interface[{index}].address"), one.address.to_string())
        }))?;
        for (index, function) in self.function.iter().enumerate() {
            if function.vpc.is_some() && function.security_groups.is_empty() {
                let fault = "a function in the VPC needs `security-groups`: name some";
                return wrong(format!("function[{index}].vpc"), fault);
            }
        }
        let id = |index, one: &super::Subnet| {
            (format!("subnet[{index}]"), one.id.clone().unwrap_or_else(|| one.zone.subnet_id()))
        };
        once(self.subnet.iter().enumerate().map(|(index, one)| id(index, one)))?;
        let services = self.endpoint_service.iter().enumerate();
        once(services.map(|(index, one)| {
            (format!("endpoint-service[{index}].load-balancers"), one.load_balancers.join(" "))
        }))
    }

    fn check_policies(&self) -> Checked {
        for (index, topic) in self.topic.iter().enumerate() {
            let policy = topic.policy.as_deref();
            let is_known = |text: &str| POLICIES.contains(&text) || is_json(text);
            if let Some(text) = policy.filter(|text| !is_known(text)) {
                let fault = format!(
                    "`{text}` is no policy: write {}, or a policy as JSON",
                    listed(POLICIES)
                );
                return wrong(format!("topic[{index}].policy"), fault);
            }
            for (at, subscriber) in topic.subscribers.iter().enumerate() {
                if subscriber.filter_policy.as_deref().is_some_and(|text| !is_json(text)) {
                    let key = format!("topic[{index}].subscribers[{at}].filter-policy");
                    return wrong(key, "a filter policy is an object in JSON");
                }
            }
        }
        Ok(())
    }
}

fn strings(names: impl Iterator<Item = impl ToString>) -> Vec<String> {
    names.map(|name| name.to_string()).collect()
}

/// Whether it is the id of a thing that the file does not describe.
fn is_id(name: &str) -> bool {
    name.starts_with("sg-") || name.starts_with("pl-")
}

/// The names of one kind, with their keys. An ARN names what may be elsewhere.
fn references<N: ToString>(
    kind: &'static str,
    known: &[impl ToString],
    named: impl Iterator<Item = (String, N)>,
) -> Vec<Reference> {
    let known: Vec<String> = known.iter().map(ToString::to_string).collect();
    named
        .map(|(key, name)| Reference { key, name: name.to_string(), kind, known: known.clone() })
        .collect()
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<Value>(text).is_ok_and(|value| value.is_object())
}

fn check_rule(key: &str, rule: &Rule, known: &[String]) -> Checked {
    if rule.port.is_some() && rule.ports.is_some() {
        return wrong(format!("{key}.ports"), "write `port` or `ports`, not both");
    }
    if rule.ports.is_some_and(|(from, to)| from > to) {
        return wrong(format!("{key}.ports"), "the first port is greater than the last");
    }
    for (at, peer) in rule.peers.iter().enumerate() {
        let is_known = peer.parse::<IpNet>().is_ok() || is_id(peer) || known.contains(peer);
        if !is_known {
            let fault =
                format!("{}, or a network such as `10.20.0.0/16`", unknown(peer, "peer", known));
            return wrong(format!("{key}.peers[{at}]"), fault);
        }
    }
    Ok(())
}

fn check_checks(key: &str, checks: &Checks) -> Checked {
    if checks.port == Some(0) {
        return wrong(format!("{key}.port"), "0 is no port: write a number from 1 to 65535");
    }
    for (name, value, from, to) in [
        ("interval", checks.interval, 5, 300),
        ("timeout", checks.timeout, 2, 120),
        ("healthy-threshold", checks.healthy_threshold, 2, 10),
        ("unhealthy-threshold", checks.unhealthy_threshold, 2, 10),
    ] {
        if !(from..=to).contains(&value) {
            let fault = format!("{value} is outside of what AWS takes: write {from} to {to}");
            return wrong(format!("{key}.{name}"), fault);
        }
    }
    Ok(())
}
