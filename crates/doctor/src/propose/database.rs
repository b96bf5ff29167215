//! What RDS says of the database behind a source, as far as a proposal needs it.

use std::collections::BTreeSet;

use writerlink_aws::account::{Cluster, Instance, Proxy, ProxyEndpoint, SubnetOfGroup};
use writerlink_core::source::Source;

use crate::account::{Account, Databases};
use crate::read::{Gap, Read};

/// A database, or the proxy in front of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Database {
    /// What it is, in a few words for a comment.
    pub what: String,
    /// The name under which clients reach the writer or the proxy; absent while it is being
    /// created.
    pub endpoint: Option<String>,
    /// Where it listens; absent while it is being created.
    pub port: Option<u16>,
    pub vpc: Option<String>,
    /// Every subnet in which its addresses can be.
    pub subnets: Read<Vec<SubnetOfGroup>>,
    /// The ids of its security groups.
    pub security_groups: Vec<String>,
    /// The instances that are publicly accessible: outside their VPC they have public addresses.
    pub public: Vec<String>,
}

/// The database behind a source, or `None` if RDS lists none.
pub(super) fn find(source: &Source, account: &Account) -> Read<Option<Database>> {
    let mut found = of_source(source, &account.databases)?;
    // Of a proxy RDS gives the ids of its subnets only.
    let subnets = found.iter_mut().flat_map(|database| &mut database.subnets).flatten();
    for subnet in subnets.filter(|subnet| subnet.zone.is_none()) {
        let read = account.network.subnets.get(&subnet.id).and_then(|read| read.as_ref().ok());
        subnet.zone = read.map(|read| read.zone.clone());
    }
    Ok(found)
}

fn of_source(source: &Source, databases: &Databases) -> Read<Option<Database>> {
    match source {
        Source::Instance(id) => {
            let instances = databases.instances.as_ref().map_err(Clone::clone)?;
            Ok(instances.get(id.as_str()).map(of_instance))
        }
        Source::Proxy(name, None) => {
            let proxies = databases.proxies.as_ref().map_err(Clone::clone)?;
            Ok(proxies.get(name.as_str()).map(of_proxy))
        }
        Source::Proxy(name, Some(endpoint)) => {
            let proxies = databases.proxies.as_ref().map_err(Clone::clone)?;
            let endpoints = databases.proxy_endpoints.as_ref().map_err(Clone::clone)?;
            let proxy = proxies.get(name.as_str());
            Ok(proxy.zip(endpoints.get(endpoint.as_str())).map(of_endpoint))
        }
        Source::Cluster(id)
        | Source::Member { cluster: id, .. }
        | Source::Readers(id, _)
        | Source::Custom { cluster: id, .. } => {
            let clusters = databases.clusters.as_ref().map_err(Clone::clone)?;
            Ok(clusters.get(id.as_str()).map(|cluster| of_cluster(cluster, databases)))
        }
        Source::Name(_) => Ok(None),
    }
}

/// The ids of the subnets of each database and proxy, each set once.
pub(crate) fn subnet_sets(databases: &Databases) -> BTreeSet<BTreeSet<String>> {
    let clusters = databases.clusters.iter().flat_map(|all| all.values());
    let instances = databases.instances.iter().flat_map(|all| all.values());
    let proxies = databases.proxies.iter().flat_map(|all| all.values());
    let endpoints = databases.proxy_endpoints.iter().flat_map(|all| all.values());
    let of_groups = clusters
        .map(|cluster| of_cluster(cluster, databases).subnets)
        .chain(instances.map(|instance| of_instance(instance).subnets))
        .flatten()
        .map(|subnets| subnets.into_iter().map(|subnet| subnet.id).collect());
    let of_proxies = proxies
        .map(|proxy| &proxy.subnets)
        .chain(endpoints.map(|endpoint| &endpoint.subnets))
        .map(|ids| ids.iter().cloned().collect());
    of_groups.chain(of_proxies).filter(|set: &BTreeSet<String>| !set.is_empty()).collect()
}

fn of_instance(instance: &Instance) -> Database {
    let zone = instance.zone.as_deref().unwrap_or("a zone that RDS does not name");
    let standby = match (&instance.secondary_zone, instance.multi_az) {
        (Some(second), _) => format!(", Multi-AZ with its standby in {second}"),
        (None, true) => ", Multi-AZ".to_owned(),
        (None, false) => ", without a standby".to_owned(),
    };
    let version = [&instance.engine, " ", &instance.engine_version].concat();
    let group = instance.subnet_group.as_ref();
    Database {
        what: format!("{version} in {zone}{standby}"),
        endpoint: instance.endpoint.clone(),
        port: instance.port,
        vpc: group.and_then(|group| group.vpc.clone()),
        subnets: group.map(|group| group.subnets.clone()).ok_or_else(|| {
            Gap::unread(
                "rds:DescribeDBInstances",
                &format!("RDS lists no DB subnet group of instance {}", instance.id),
                "Write the networks of its subnets.",
            )
        }),
        security_groups: instance.security_groups.clone(),
        public: of_public([instance]),
    }
}

fn of_public<'a>(instances: impl IntoIterator<Item = &'a Instance>) -> Vec<String> {
    let public = instances.into_iter().filter(|instance| instance.publicly_accessible);
    public.map(|instance| instance.id.clone()).collect()
}

fn of_cluster(cluster: &Cluster, databases: &Databases) -> Database {
    let instances = databases.instances.as_ref().ok();
    let instance = |id: &str| instances.and_then(|all| all.get(id));
    let members = cluster.members.iter().map(|member| {
        let role = if member.is_writer { "writer" } else { "reader" };
        let zone = instance(&member.instance).and_then(|instance| instance.zone.as_deref());
        let zone = zone.map(|zone| format!(", {zone}")).unwrap_or_default();
        format!("{} ({role}{zone})", member.instance)
    });
    let members: Vec<String> = members.collect();
    let members = if members.is_empty() { "no members".to_owned() } else { members.join(", ") };
    // A member carries the whole subnet group, so the list of groups is a second source only.
    let of_member = cluster.members.iter().find_map(|member| {
        let group = instance(&member.instance)?.subnet_group.as_ref()?;
        (cluster.subnet_group.as_ref() == Some(&group.name)).then_some(group)
    });
    let listed = databases.subnet_groups.as_ref().map_err(Clone::clone).and_then(|groups| {
        cluster.subnet_group.as_ref().and_then(|name| groups.get(name)).ok_or_else(|| {
            Gap::unread(
                "rds:DescribeDBSubnetGroups",
                &format!("RDS lists no DB subnet group of cluster {}", cluster.id),
                "Write the networks of its subnets.",
            )
        })
    });
    let group = of_member.map_or(listed, Ok);
    Database {
        what: format!("{}: {members}", cluster.engine),
        endpoint: cluster.endpoint.clone(),
        port: cluster.port,
        vpc: group.as_ref().ok().and_then(|group| group.vpc.clone()),
        subnets: group.map(|group| group.subnets.clone()),
        security_groups: cluster.security_groups.clone(),
        public: of_public(cluster.members.iter().filter_map(|member| instance(&member.instance))),
    }
}

fn of_proxy(proxy: &Proxy) -> Database {
    Database {
        what: format!("RDS Proxy for {}", proxy.engine_family),
        endpoint: proxy.endpoint.clone(),
        port: port_of(&proxy.engine_family),
        vpc: proxy.vpc.clone(),
        subnets: Ok(of_ids(&proxy.subnets)),
        security_groups: proxy.security_groups.clone(),
        public: Vec::new(),
    }
}

fn of_endpoint((proxy, endpoint): (&Proxy, &ProxyEndpoint)) -> Database {
    Database {
        what: format!("endpoint of an RDS Proxy for {}", proxy.engine_family),
        endpoint: endpoint.endpoint.clone(),
        port: port_of(&proxy.engine_family),
        vpc: endpoint.vpc.clone(),
        subnets: Ok(of_ids(&endpoint.subnets)),
        security_groups: endpoint.security_groups.clone(),
        public: Vec::new(),
    }
}

fn of_ids(ids: &[String]) -> Vec<SubnetOfGroup> {
    ids.iter().map(|id| SubnetOfGroup { id: id.clone(), zone: None }).collect()
}

/// The port of a proxy, which its engine family determines ("Connecting to a database through RDS
/// Proxy").
fn port_of(family: &str) -> Option<u16> {
    match family {
        "POSTGRESQL" => Some(5432),
        "MYSQL" => Some(3306),
        "SQLSERVER" => Some(1433),
        _ => None,
    }
}
