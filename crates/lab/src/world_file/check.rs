//! What a world's file must be beyond its form: names that are given once, and references to what
//! is there.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use writerlink_core::source::Source;

use super::{Cluster, TargetGroup, Text, WorldFile};
use crate::place::{Checked, listed, once, unknown, wrong};
use crate::scene::Standby;
use crate::world::elbv2::{GroupProtocol, IpFamily, TargetType};
use crate::world::events::SourceType;
use crate::world::rds::{Engine, Layout, Network};
use crate::world::vpc::Zone;

/// The longest name of a Multi-AZ DB cluster: it leaves room for `-instance-1` in an instance's 63
/// characters (botocore rds 2014-10-31, CreateDBCluster, DBClusterIdentifier).
const LONGEST_OF_MULTI_AZ: usize = 52;

impl WorldFile {
    pub(super) fn check(&self) -> Checked {
        self.delays.check().or_else(|(key, allowed)| wrong(format!("delays.{key}"), allowed))?;
        self.check_names()?;
        self.check_each_port()?;
        self.check_hosts()?;
        for (index, cluster) in self.cluster.iter().enumerate() {
            check_cluster(&format!("cluster[{index}]"), cluster)?;
        }
        for (index, instance) in self.instance.iter().enumerate() {
            if instance.engine.layout() != Layout::Instance {
                let fault = format!(
                    "an instance of {} belongs to a cluster: write it among the `members` of a \
                     `[[cluster]]`",
                    instance.engine
                );
                return wrong(format!("instance[{index}].engine"), fault);
            }
        }
        for (index, balancer) in self.load_balancer.iter().enumerate() {
            let key = format!("load-balancer[{index}].zones");
            if balancer.zones.is_empty() {
                let fault = "a load balancer needs a zone: write some of \"a\", \"b\" and \"c\"";
                return wrong(key, fault);
            }
            once(balancer.zones.iter().map(|zone| (key.clone(), zone)))?;
        }
        for (index, topic) in self.topic.iter().enumerate() {
            for (at, function) in topic.functions.iter().enumerate() {
                if !self.functions().contains(&function.to_string()) {
                    let fault = unknown(function, "function", self.functions());
                    return wrong(format!("topic[{index}].functions[{at}]"), fault);
                }
            }
        }
        for (index, proxy) in self.proxy.iter().enumerate() {
            let zones: BTreeSet<_> = proxy.zones.iter().collect();
            if zones.len() < 2 {
                let fault = "a proxy needs two zones at least: write two or three of \"a\", \"b\" \
                             and \"c\"";
                return wrong(format!("proxy[{index}].zones"), fault);
            }
        }
        for (index, group) in self.target_group.iter().enumerate() {
            self.check_group(&format!("target-group[{index}]"), group)?;
        }
        self.check_ports()?;
        self.check_deployments()?;
        self.check_subscriptions()?;
        self.check_surroundings()
    }

    /// Names are given once.
    fn check_names(&self) -> Checked {
        let clusters = || self.cluster.iter().enumerate();
        let key = |kind: &str, index| format!("{kind}[{index}].name");
        once(clusters().map(|(index, cluster)| (key("cluster", index), &cluster.name)))?;
        let members = clusters().flat_map(|(index, cluster)| {
            let members = cluster.members.iter().enumerate();
            members.map(move |(at, member)| {
                (format!("cluster[{index}].members[{at}].name"), member.name.to_string())
            })
        });
        let nodes = clusters().filter(|(_, cluster)| cluster.engine.has_multi_az_clusters());
        let nodes = nodes.flat_map(|(index, cluster)| {
            let name = move |number| format!("{}-instance-{number}", cluster.name);
            (1..=3).map(move |number| (format!("cluster[{index}].name"), name(number)))
        });
        let alone = self.instance.iter().enumerate();
        let alone = alone.map(|(at, instance)| (key("instance", at), instance.name.to_string()));
        once(members.chain(nodes).chain(alone))?;
        once(clusters().flat_map(|(index, cluster)| {
            let endpoints = cluster.endpoint.iter().enumerate();
            endpoints.map(move |(at, endpoint)| {
                (format!("cluster[{index}].endpoint[{at}].name"), &endpoint.name)
            })
        }))?;
        let proxies = self.proxy.iter().enumerate();
        once(proxies.clone().map(|(index, proxy)| (key("proxy", index), &proxy.name)))?;
        once(proxies.flat_map(|(index, proxy)| {
            let endpoints = proxy.endpoint.iter().enumerate();
            endpoints.map(move |(at, endpoint)| {
                (format!("proxy[{index}].endpoint[{at}].name"), &endpoint.name)
            })
        }))?;
        let hosts = self.host.iter().enumerate();
        once(hosts.map(|(index, host)| (key("host", index), &host.name)))?;
        let balancers = self.load_balancer.iter().enumerate();
        once(balancers.map(|(index, balancer)| (key("load-balancer", index), &balancer.name)))?;
        let groups = self.target_group.iter().enumerate();
        once(groups.clone().map(|(index, group)| (key("target-group", index), &group.name)))?;
        let bindings = groups.filter_map(|(index, group)| {
            Some((format!("target-group[{index}].binding"), group.binding.as_ref()?))
        });
        for (key, binding) in bindings.clone() {
            let is_plain = binding.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
            if binding.is_empty() || !is_plain {
                return wrong(key, "write letters, digits, `-`, `_` and `.`");
            }
        }
        once(bindings)?;
        let topics = self.topic.iter().enumerate();
        once(topics.map(|(index, topic)| (key("topic", index), &topic.name)))?;
        let subscriptions = self.subscription.iter().enumerate();
        once(subscriptions.map(|(index, one)| (key("subscription", index), &one.name)))
    }

    fn check_each_port(&self) -> Checked {
        let clusters = self.cluster.iter().enumerate();
        let clusters =
            clusters.filter_map(|(index, one)| Some((format!("cluster[{index}].port"), one.port?)));
        let instances = self.instance.iter().enumerate();
        let instances = instances
            .filter_map(|(index, one)| Some((format!("instance[{index}].port"), one.port?)));
        let hosts = self.host.iter().enumerate();
        let hosts = hosts.map(|(index, host)| (format!("host[{index}].port"), host.port));
        let groups = self.target_group.iter().enumerate();
        let groups = groups.flat_map(|(index, group)| {
            let listeners = group.listeners.iter().enumerate();
            let listeners = listeners.map(move |(at, listener)| {
                (format!("target-group[{index}].listeners[{at}].port"), listener.port)
            });
            listeners.chain([(format!("target-group[{index}].port"), group.port)])
        });
        let mut ports = clusters.chain(instances).chain(hosts).chain(groups);
        match ports.find(|(_, port)| *port == 0) {
            Some((key, _)) => wrong(key, "0 is no port: write a number from 1 to 65535"),
            None => Ok(()),
        }
    }

    fn check_hosts(&self) -> Checked {
        for (index, host) in self.host.iter().enumerate() {
            if let Err(fault) = format!("dns/{}", host.name).parse::<Source>() {
                return wrong(format!("host[{index}].name"), fault.to_string());
            }
            let addresses = host.addresses.iter().enumerate();
            once(addresses.map(|(at, one)| (format!("host[{index}].addresses[{at}]"), one)))?;
        }
        Ok(())
    }

    fn check_group(&self, key: &str, group: &TargetGroup) -> Checked {
        for (index, listener) in group.listeners.iter().enumerate() {
            let key = format!("{key}.listeners[{index}]");
            let balancers = &self.load_balancer;
            let found = balancers.iter().find(|known| known.name == listener.load_balancer);
            let Some(balancer) = found else {
                let known = balancers.iter().map(|known| &known.name);
                let key = format!("{key}.load-balancer");
                return wrong(key, unknown(&listener.load_balancer, "load balancer", known));
            };
            if listener.load_balancer != group.listeners[0].load_balancer {
                let fault = "a target group belongs to one load balancer: name the same one in \
                             all of its listeners";
                return wrong(format!("{key}.load-balancer"), fault);
            }
            if group.family == IpFamily::Ipv6 && balancer.family == IpFamily::Ipv4 {
                let fault = format!(
                    "an ipv6 group cannot belong to the load balancer `{}`: give that one \
                     `family = \"ipv6\"`",
                    balancer.name
                );
                return wrong(format!("{key}.load-balancer"), fault);
            }
            if group.protocol != GroupProtocol::Tcp {
                let fault = format!(
                    "a listener here speaks TCP, and the group {}: leave the group's `protocol` \
                     out, or its `listeners`",
                    group.protocol
                );
                return wrong(key, fault);
            }
        }
        for (index, target) in group.targets.iter().flatten().enumerate() {
            let address = target.0.ip();
            if group.target_type != TargetType::Ip
                || IpFamily::of(address) != group.family
                || Zone::of_address(address).is_none()
            {
                let own = Zone::A.address_in(group.family, 10);
                let fault = format!(
                    "`{target}` is no target of this group: write an address of the VPC of the \
                     group's family, such as `{}`, and leave `target-type` out",
                    SocketAddr::new(own, group.port)
                );
                return wrong(format!("{key}.targets[{index}]"), fault);
            }
        }
        match &group.source {
            Some(source) if !self.has(&source.0) => {
                let fault = format!(
                    "`{source}` is not in this world: write one of {}",
                    listed(self.sources())
                );
                wrong(format!("{key}.source"), fault)
            }
            Some(Text(source))
                if group.standby == Standby::Warm && !matches!(source, Source::Instance(_)) =>
            {
                let fault = "only an `instance/` source has a standby";
                wrong(format!("{key}.standby"), fault)
            }
            None if group.binding.is_some() => {
                wrong(format!("{key}.binding"), "a binding needs a `source` in the same group")
            }
            _ => Ok(()),
        }
    }

    fn has(&self, source: &Source) -> bool {
        self.sources().any(|known| known == source.to_string())
    }

    /// All sources that there are.
    fn sources(&self) -> impl Iterator<Item = String> {
        let clusters = self.cluster.iter().flat_map(|cluster| {
            let name = &cluster.name;
            let custom = cluster.endpoint.iter();
            let custom = custom.map(move |one| format!("cluster/{name}/custom/{}", one.name));
            let members = cluster.members.iter();
            let members = members.map(move |one| format!("cluster/{name}/instance/{}", one.name));
            let whole = [format!("cluster/{name}"), format!("cluster/{name}/readers")];
            whole.into_iter().chain(members).chain(custom)
        });
        let instances = self.instance.iter().map(|one| format!("instance/{}", one.name));
        let proxies = self.proxy.iter().flat_map(|proxy| {
            let name = &proxy.name;
            let further =
                proxy.endpoint.iter().map(move |one| format!("proxy/{name}/{}", one.name));
            [format!("proxy/{name}")].into_iter().chain(further)
        });
        let hosts = self.host.iter().map(|host| format!("dns/{}", host.name));
        clusters.chain(instances).chain(proxies).chain(hosts)
    }

    /// A load balancer has one listener a port.
    fn check_ports(&self) -> Checked {
        let groups = self.target_group.iter().enumerate();
        once(groups.flat_map(|(index, group)| {
            let listeners = group.listeners.iter().enumerate();
            listeners.map(move |(at, listener)| {
                let key = format!("target-group[{index}].listeners[{at}].port");
                (key, format!("{} of {}", listener.port, listener.load_balancer))
            })
        }))
    }

    fn check_deployments(&self) -> Checked {
        let clusters = self.cluster.iter();
        let clusters = clusters
            .filter(|cluster| cluster.engine.is_aurora() && cluster.global_database.is_none());
        let instances = self.instance.iter();
        let instances = instances
            .filter(|one| matches!(one.engine, Engine::Mysql | Engine::Mariadb | Engine::Postgres));
        let blue: Vec<_> =
            clusters.map(|one| &one.name).chain(instances.map(|one| &one.name)).collect();
        for (index, deployment) in self.blue_green.iter().enumerate() {
            if !blue.contains(&&deployment.source) {
                let kind = "database that can have a blue/green deployment";
                let fault = unknown(&deployment.source, kind, blue);
                return wrong(format!("blue-green[{index}].source"), fault);
            }
        }
        let sources = self.blue_green.iter().enumerate();
        once(sources.map(|(at, one)| (format!("blue-green[{at}].source"), &one.source)))
    }

    fn check_subscriptions(&self) -> Checked {
        for (index, subscription) in self.subscription.iter().enumerate() {
            if !self.topic.iter().any(|topic| topic.name == subscription.topic) {
                let known = self.topic.iter().map(|topic| &topic.name);
                let fault = unknown(&subscription.topic, "topic", known);
                return wrong(format!("subscription[{index}].topic"), fault);
            }
            let types = match subscription.source_type {
                Some(one) => vec![one],
                None => SourceType::ALL.to_vec(),
            };
            let known: BTreeSet<_> = types.iter().flat_map(|of| of.categories()).collect();
            for (at, category) in subscription.categories.iter().enumerate() {
                if !known.contains(&category.as_str()) {
                    let fault = unknown(category, "category", known);
                    return wrong(format!("subscription[{index}].categories[{at}]"), fault);
                }
            }
        }
        Ok(())
    }
}

fn check_cluster(key: &str, cluster: &Cluster) -> Checked {
    for (index, member) in cluster.members.iter().enumerate() {
        if member.promotion_tier > 15 {
            let fault = format!("{} is no tier: write 0 to 15", member.promotion_tier);
            return wrong(format!("{key}.members[{index}].promotion-tier"), fault);
        }
    }
    let engine = cluster.engine;
    if engine.has_multi_az_clusters() {
        if !cluster.members.is_empty() {
            let fault = "a Multi-AZ DB cluster has its three nodes by itself: leave `members` out";
            return wrong(format!("{key}.members"), fault);
        }
        if cluster.name.to_string().len() > LONGEST_OF_MULTI_AZ {
            let fault = format!(
                "the name of a Multi-AZ DB cluster has at most {LONGEST_OF_MULTI_AZ} characters"
            );
            return wrong(format!("{key}.name"), fault);
        }
        if cluster.network == Network::Dual {
            return wrong(format!("{key}.network"), "a Multi-AZ DB cluster has IPV4 alone");
        }
    } else if engine.layout() == Layout::Instance {
        let fault = format!("{engine} has no clusters: write a `[[instance]]`");
        return wrong(format!("{key}.engine"), fault);
    }
    if !engine.is_aurora() && cluster.global_database.is_some() {
        return wrong(format!("{key}.global-database"), only_aurora(engine));
    }
    for (index, endpoint) in cluster.endpoint.iter().enumerate() {
        let key = format!("{key}.endpoint[{index}]");
        if !engine.is_aurora() {
            return wrong(key, only_aurora(engine));
        }
        if !endpoint.members.is_empty() && !endpoint.excluded.is_empty() {
            let fault = "a custom endpoint has one of the two lists: write `members` or `excluded`";
            return wrong(format!("{key}.excluded"), fault);
        }
        for (list, names) in [("members", &endpoint.members), ("excluded", &endpoint.excluded)] {
            for (at, name) in names.iter().enumerate() {
                if !cluster.members.iter().any(|member| member.name == *name) {
                    let known = cluster.members.iter().map(|member| &member.name);
                    let fault = unknown(name, "member of the cluster", known);
                    return wrong(format!("{key}.{list}[{at}]"), fault);
                }
            }
        }
    }
    Ok(())
}

fn only_aurora(engine: Engine) -> String {
    format!("{engine} has none: write aurora-postgresql or aurora-mysql as the `engine`")
}
