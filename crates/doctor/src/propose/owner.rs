//! Whose an address is, according to the databases' names.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use writerlink_aws::account::{Cluster, Instance, ProxyEndpoint};
use writerlink_core::source::Source;

use crate::account::{ById, Databases, Resolved};
use crate::read::Gap;

/// What has an address.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Owner {
    /// The writer of a cluster.
    Writer(String),
    Reader {
        cluster: String,
        instance: String,
    },
    /// An instance that belongs to no cluster.
    Instance(String),
    /// A proxy, by its default endpoint or by the one of this name.
    Proxy(String, Option<String>),
}

impl Owner {
    /// The source that has this owner's addresses; for a reader, those of its cluster's writer.
    pub(super) fn source(&self) -> Option<Source> {
        let text = match self {
            Self::Writer(cluster) | Self::Reader { cluster, .. } => format!("cluster/{cluster}"),
            Self::Instance(id) => format!("instance/{id}"),
            Self::Proxy(name, None) => format!("proxy/{name}"),
            Self::Proxy(name, Some(endpoint)) => format!("proxy/{name}/{endpoint}"),
        };
        text.parse().ok()
    }

    pub(super) fn words(&self) -> String {
        match self {
            Self::Writer(cluster) => format!("the writer of cluster {cluster}"),
            Self::Reader { cluster, instance } => {
                format!("{instance}, a reader of cluster {cluster}")
            }
            Self::Instance(id) => format!("instance {id}"),
            Self::Proxy(name, None) => format!("proxy {name}"),
            Self::Proxy(name, Some(endpoint)) => format!("endpoint {endpoint} of proxy {name}"),
        }
    }
}

/// Every name of a database, and what has the addresses behind it. A cluster's reader endpoint is
/// left out: it names one reader at a time, and the readers have names of their own.
pub(crate) fn endpoints(databases: &Databases) -> Vec<(Owner, &str)> {
    let instances = databases.instances.as_ref().ok();
    let clusters = databases.clusters.iter().flat_map(|all| all.values());
    let of_clusters = clusters.flat_map(|cluster| of_cluster(cluster, instances));
    let alone = instances.into_iter().flat_map(|all| all.values());
    let alone = alone.filter(|instance| instance.cluster.is_none()).filter_map(|instance| {
        Some((Owner::Instance(instance.id.clone()), instance.endpoint.as_deref()?))
    });
    let proxies = databases.proxies.iter().flat_map(|all| all.values()).filter_map(|proxy| {
        Some((Owner::Proxy(proxy.name.clone(), None), proxy.endpoint.as_deref()?))
    });
    let further = databases.proxy_endpoints.iter().flat_map(|all| all.values());
    // RDS lists the default endpoint among the others.
    let is_default = |endpoint: &ProxyEndpoint| {
        let proxy = databases.proxies.as_ref().ok().and_then(|all| all.get(&endpoint.proxy));
        endpoint.name == "default" || proxy.is_some_and(|own| own.endpoint == endpoint.endpoint)
    };
    let further = further.filter(|endpoint| !is_default(endpoint)).filter_map(|endpoint| {
        let owner = Owner::Proxy(endpoint.proxy.clone(), Some(endpoint.name.clone()));
        Some((owner, endpoint.endpoint.as_deref()?))
    });
    of_clusters.chain(alone).chain(proxies).chain(further).collect()
}

fn of_cluster<'a>(
    cluster: &'a Cluster,
    instances: Option<&'a BTreeMap<String, Instance>>,
) -> Vec<(Owner, &'a str)> {
    let id = || cluster.id.clone();
    let members = cluster.members.iter().filter_map(|member| {
        let name = instances?.get(&member.instance)?.endpoint.as_deref()?;
        let owner = match member.is_writer {
            true => Owner::Writer(id()),
            false => Owner::Reader { cluster: id(), instance: member.instance.clone() },
        };
        Some((owner, name))
    });
    let own = cluster.endpoint.as_deref().map(|name| (Owner::Writer(id()), name));
    own.into_iter().chain(members).collect()
}

/// Whose the addresses of one family are.
#[derive(Debug, Default)]
pub(super) struct Owners {
    by_address: BTreeMap<IpAddr, BTreeSet<Owner>>,
    /// By cluster, each reader's addresses; none if its name was not resolved.
    readers: BTreeMap<String, BTreeMap<String, BTreeSet<IpAddr>>>,
    /// Why names were not resolved.
    pub(super) unresolved: Vec<Gap>,
    /// Whether an address may have an owner that is not known here.
    pub(super) is_partial: bool,
}

impl Owners {
    /// With `asked`, only what was not read of that database counts as unread.
    pub(super) fn new(
        databases: &Databases,
        names: &ById<Resolved>,
        asked: Option<&Source>,
    ) -> Self {
        let bears = |owner: &Owner| {
            asked.is_none_or(|asked| owner.source().is_some_and(|own| same_database(&own, asked)))
        };
        let mut owners = Self::default();
        for (owner, name) in endpoints(databases) {
            let addresses = match names.get(name) {
                Some(Ok(resolved)) => resolved.addresses.iter().copied().collect(),
                Some(Err(gap)) if bears(&owner) => {
                    owners.unresolved.push(gap.clone());
                    BTreeSet::new()
                }
                Some(Err(_)) | None => BTreeSet::new(),
            };
            for address in &addresses {
                owners.by_address.entry(*address).or_default().insert(owner.clone());
            }
            if let Owner::Reader { cluster, instance } = owner {
                owners.readers.entry(cluster).or_default().insert(instance, addresses);
            }
        }
        owners.is_partial = !owners.unresolved.is_empty() || !unread(databases, asked).is_empty();
        owners
    }

    /// Who has the address; several only while the names contradict each other.
    pub(super) fn of(&self, address: IpAddr) -> impl Iterator<Item = &Owner> {
        self.by_address.get(&address).into_iter().flatten()
    }

    /// The addresses of each reader of a cluster.
    pub(super) fn readers(&self, cluster: &str) -> impl Iterator<Item = &BTreeSet<IpAddr>> {
        self.readers.get(cluster).into_iter().flat_map(|readers| readers.values())
    }
}

/// The lists that were not read and in which the database that was asked for can be, or any.
pub(super) fn unread(databases: &Databases, asked: Option<&Source>) -> Vec<Gap> {
    fn gap<T>(read: &Result<T, Gap>, bears: bool) -> Option<Gap> {
        read.as_ref().err().filter(|_| bears).cloned()
    }
    let of_databases = asked.is_none_or(Source::is_database);
    let of_proxies = asked.is_none_or(|source| !source.is_database());
    let lists = [
        gap(&databases.clusters, of_databases),
        gap(&databases.instances, of_databases),
        gap(&databases.proxies, of_proxies),
        gap(&databases.proxy_endpoints, of_proxies),
    ];
    lists.into_iter().flatten().collect()
}

/// Whether two sources are of one cluster, one instance or one proxy.
pub(super) fn same_database(one: &Source, other: &Source) -> bool {
    let kind = |source: &Source| (source.cluster().is_some(), source.is_database());
    kind(one) == kind(other) && one.name() == other.name()
}
