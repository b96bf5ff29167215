//! Security groups and managed prefix lists (botocore ec2 2016-11-15).

use std::net::IpAddr;

use ipnet::IpNet;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{beside, id_of};
use crate::world::World;
use crate::world::elbv2::LoadBalancer;
use crate::world::rds::{DbCluster, DbInstance, DbProxy, Listed};
use crate::world::surroundings::subnet::subnets;
use crate::world::vpc::{VPC_CIDR, VPC_IPV6_CIDR};

/// A security group. `cluster/NAME`, `instance/NAME`, `proxy/NAME` and `load-balancer/NAME` are the
/// names of the groups that databases and load balancers have by themselves.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SecurityGroup {
    pub name: String,
    /// What it admits; nothing, when not given.
    #[serde(default)]
    pub ingress: Vec<Rule>,
    /// What it lets out; everything, when not given, as in a new group of AWS.
    #[serde(default = "everything")]
    pub egress: Vec<Rule>,
}

/// A rule of a security group: it admits each of the peers on the ports.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(
    rename_all = "kebab-case",
    deny_unknown_fields,
    expecting = "a table such as `{ port = 5432, peers = [\"load-balancer/link\"] }`"
)]
pub struct Rule {
    /// `tcp`, when not given; `-1` is every protocol.
    pub protocol: Option<String>,
    /// One port; every port, when neither this nor `ports` is given.
    pub port: Option<u16>,
    /// The first and the last port.
    pub ports: Option<(u16, u16)>,
    /// Networks (`10.20.0.0/16`), names of security groups or prefix lists, or ids of those of
    /// others (`sg-…`, `pl-…`).
    #[serde(default)]
    pub peers: Vec<String>,
}

/// A managed prefix list.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PrefixList {
    pub name: String,
    #[schemars(with = "Vec<String>")]
    pub entries: Vec<IpNet>,
}

/// Whom a rule admits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Peer {
    Network(IpNet),
    /// The id of a security group.
    Group(String),
    /// The id of a prefix list.
    PrefixList(String),
}

fn everything() -> Vec<Rule> {
    vec![Rule::of_all("0.0.0.0/0")]
}

impl Rule {
    fn on(port: u16, peers: Vec<String>) -> Rule {
        Rule { port: Some(port), peers, ..Rule::default() }
    }

    fn of_all(network: &str) -> Rule {
        let protocol = Some("-1".to_owned());
        Rule { protocol, peers: vec![network.to_owned()], ..Rule::default() }
    }

    /// The protocol's word in the API.
    pub fn protocol(&self) -> &str {
        self.protocol.as_deref().unwrap_or("tcp")
    }

    /// The first and the last port; none, where the rule is of every protocol.
    pub fn span(&self) -> Option<(u16, u16)> {
        let one = self.port.map(|port| (port, port));
        (self.protocol() != "-1").then(|| one.or(self.ports).unwrap_or((0, u16::MAX)))
    }
}

impl SecurityGroup {
    pub fn id(&self) -> String {
        id_of("sg", &self.name)
    }
}

impl PrefixList {
    pub fn id(&self) -> String {
        id_of("pl", &self.name)
    }
}

/// Who a text of a rule's `peers` is.
pub fn peer(world: &World, text: &str) -> Peer {
    let lists = &world.surroundings.prefix_lists;
    if let Ok(network) = text.parse() {
        Peer::Network(network)
    } else if let Some(list) = lists.iter().find(|list| list.name == text) {
        Peer::PrefixList(list.id())
    } else if text.starts_with("pl-") {
        Peer::PrefixList(text.to_owned())
    } else {
        Peer::Group(group_id(text))
    }
}

/// The ids of security groups that are given by name or id.
fn ids(names: &[String]) -> Vec<String> {
    names.iter().map(|name| group_id(name)).collect()
}

fn group_id(name: &str) -> String {
    if name.starts_with("sg-") { name.to_owned() } else { id_of("sg", name) }
}

/// Something that security groups guard, in the words of a source.
struct Guarded {
    /// The name of the group that it has by itself.
    own: String,
    /// The names or ids of its groups in the file.
    written: Option<Vec<String>>,
}

impl Guarded {
    fn cluster(world: &World, cluster: &DbCluster) -> Guarded {
        let facts = world.surroundings.databases.get(&cluster.resource_id);
        let written = facts.and_then(|facts| facts.security_groups.clone());
        Guarded { own: format!("cluster/{}", cluster.identifier), written }
    }

    fn instance(world: &World, instance: &DbInstance) -> Guarded {
        let facts = world.surroundings.databases.get(&instance.resource_id);
        let written = facts.and_then(|facts| facts.security_groups.clone());
        match world.rds.cluster_of(instance) {
            Some(cluster) => Guarded::cluster(world, cluster),
            None => Guarded { own: format!("instance/{}", instance.identifier), written },
        }
    }

    fn proxy(world: &World, proxy: &DbProxy) -> Guarded {
        let facts = world.surroundings.databases.get(&proxy.name);
        let written = facts.and_then(|facts| facts.security_groups.clone());
        Guarded { own: format!("proxy/{}", proxy.name), written }
    }

    fn balancer(world: &World, balancer: &LoadBalancer) -> Guarded {
        let facts = world.surroundings.balancers.get(&balancer.name);
        let written = facts.and_then(|facts| facts.security_groups.clone());
        Guarded { own: format!("load-balancer/{}", balancer.name), written }
    }

    /// Whether it has the group that it has by itself.
    fn has_own(&self) -> bool {
        self.names().contains(&self.own)
    }

    fn names(&self) -> Vec<String> {
        self.written.clone().unwrap_or_else(|| vec![self.own.clone()])
    }
}

/// The ids of the security groups of an instance.
pub fn of_instance(world: &World, instance: &DbInstance) -> Vec<String> {
    ids(&Guarded::instance(world, instance).names())
}

/// The names or ids of the security groups of an instance, as a file would write them.
pub(in crate::world) fn names_of_instance(world: &World, instance: &DbInstance) -> Vec<String> {
    Guarded::instance(world, instance).names()
}

/// The ids of the security groups of a cluster.
pub fn of_cluster(world: &World, cluster: &DbCluster) -> Vec<String> {
    ids(&Guarded::cluster(world, cluster).names())
}

/// The ids of the security groups of a proxy.
pub fn of_proxy(world: &World, proxy: &str) -> Vec<String> {
    let proxy = world.rds.proxy(proxy);
    proxy.map(|proxy| ids(&Guarded::proxy(world, proxy).names())).unwrap_or_default()
}

/// The ids of the security groups of a load balancer.
pub fn of_balancer(world: &World, balancer: &LoadBalancer) -> Vec<String> {
    ids(&Guarded::balancer(world, balancer).names())
}

/// The ids of security groups of a function in the VPC, given by name or id.
pub fn of_names(names: &[String]) -> Vec<String> {
    ids(names)
}

/// All security groups.
pub fn security_groups(world: &World) -> Vec<SecurityGroup> {
    let databases = databases(world);
    let of_database = |(guarded, port): &(Guarded, u16)| SecurityGroup {
        name: guarded.own.clone(),
        ingress: vec![Rule::on(*port, clients(world))],
        // A database opens no connections; this rule of nothing takes the place of AWS's own.
        egress: match guarded.own.starts_with("proxy/") {
            true => everything(),
            false => vec![Rule::of_all("127.0.0.1/32")],
        },
    };
    let of_balancer = |balancer: &LoadBalancer| SecurityGroup {
        name: Guarded::balancer(world, balancer).own,
        ingress: Vec::new(),
        egress: ways_out(world, balancer, &databases),
    };
    let own = databases.iter().filter(|(guarded, _)| guarded.has_own()).map(of_database);
    let has_own = |one: &&LoadBalancer| Guarded::balancer(world, one).has_own();
    let balancers = world.elbv2.balancers().filter(has_own).map(of_balancer);
    let own = own.chain(balancers).collect();
    let mut all = beside(own, &world.surroundings.security_groups, |group| &group.name);
    all.sort_by_key(SecurityGroup::id);
    all
}

/// Every database that is listed, and its port.
fn databases(world: &World) -> Vec<(Guarded, u16)> {
    let rds = &world.rds;
    let clusters = rds.clusters().filter(|cluster| cluster.listed == Listed::Yes);
    let clusters = clusters.map(|cluster| (Guarded::cluster(world, cluster), cluster.port));
    let alone = rds.instances().filter(|one| one.listed == Listed::Yes && one.cluster.is_none());
    let alone = alone.map(|one| (Guarded::instance(world, one), one.port));
    let proxies = rds.proxies().map(|proxy| (Guarded::proxy(world, proxy), proxy.family.port()));
    clusters.chain(alone).chain(proxies).collect()
}

/// Whom a database admits: the groups of the load balancers, and the subnets of one without groups.
fn clients(world: &World) -> Vec<String> {
    let mut clients = Vec::new();
    for balancer in world.elbv2.balancers() {
        let groups = Guarded::balancer(world, balancer).names();
        if groups.is_empty() {
            let nodes = |id: &str| balancer.nodes.iter().any(|node| node.subnet == id);
            let subnets = subnets(world).into_iter().filter(|subnet| nodes(&subnet.id));
            clients.extend(subnets.map(|subnet| subnet.network.to_string()));
        }
        clients.extend(groups);
    }
    clients.dedup();
    clients
}

/// What a load balancer may open: the ports of its target groups, to the databases of that port, or
/// to the VPC where something else than a database is behind it.
fn ways_out(world: &World, balancer: &LoadBalancer, databases: &[(Guarded, u16)]) -> Vec<Rule> {
    let listeners = world.elbv2.listeners().filter(|listener| listener.balancer == balancer.arn);
    let groups = listeners.filter_map(|listener| world.elbv2.group(&listener.target_group));
    let mut ports: Vec<u16> = groups.map(|group| group.port).collect();
    ports.sort_unstable();
    ports.dedup();
    let to = |port: u16| {
        let behind = databases.iter().filter(|(_, listening)| *listening == port);
        let mut peers: Vec<String> = behind.flat_map(|(guarded, _)| guarded.names()).collect();
        let is_host = |host: IpAddr| world.hosts.accepts_tcp(host, Some(port));
        if peers.is_empty() || world.hosts.running().any(is_host) {
            peers.extend([VPC_CIDR, VPC_IPV6_CIDR].map(str::to_owned));
        }
        Rule::on(port, peers)
    };
    ports.into_iter().map(to).collect()
}
