//! What RDS lists under the name in a source, where that source cannot be followed.
//!
//! A name that the API lists is never "not found". [`not_listed`] looks it up in every list that
//! was read, and says what has the name and which source to write instead. [`unfit`] takes a source
//! that *is* listed under its name, and says why it can have no target.

use std::fmt;

use super::Unknown;
use super::facts::is_idle;
use crate::source::{Identifier, Source};
use crate::topology::{Cluster, Form, HostName, Topology};

/// A name that RDS lists, but not as the kind of thing that the source says.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct WrongName {
    /// The source.
    pub asked: Source,
    /// The name in it.
    pub name: Identifier,
    /// What RDS lists under that name.
    pub listed: Listed,
    /// The source that follows it.
    pub write: Source,
}

impl fmt::Display for WrongName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { asked, name, listed, write } = self;
        write!(f, "{asked}: `{name}` is {listed}; write `{write}`")
    }
}

/// What RDS lists under a name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Listed {
    /// A cluster.
    Cluster,
    /// An instance, and the cluster that it belongs to, if any.
    Instance(Option<Identifier>),
    /// A custom endpoint of this cluster.
    CustomEndpoint(Identifier),
    /// A proxy.
    Proxy,
    /// An endpoint of this proxy.
    ProxyEndpoint(Identifier),
    /// The resource id of the cluster of this name.
    IdOfCluster(Identifier),
    /// The resource id of the instance of this name, and the cluster that it belongs to, if any.
    IdOfInstance(Identifier, Option<Identifier>),
}

impl fmt::Display for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cluster => f.write_str("a cluster"),
            Self::Instance(None) => f.write_str("an instance of no cluster"),
            Self::Instance(Some(cluster)) => write!(f, "an instance of the cluster `{cluster}`"),
            Self::CustomEndpoint(cluster) => {
                write!(f, "a custom endpoint of the cluster `{cluster}`")
            }
            Self::Proxy => f.write_str("a proxy"),
            Self::ProxyEndpoint(proxy) => write!(f, "an endpoint of the proxy `{proxy}`"),
            Self::IdOfCluster(name) => write!(f, "the resource id of `{name}`"),
            Self::IdOfInstance(name, None) => write!(f, "the resource id of `{name}`"),
            Self::IdOfInstance(name, Some(cluster)) => {
                write!(f, "the resource id of `{name}`, an instance of the cluster `{cluster}`")
            }
        }
    }
}

impl Listed {
    /// The source that follows it: an instance of a cluster as a member, whatever its role.
    fn followed_as_member(&self, name: &Identifier) -> Source {
        let member = |cluster: &Identifier, instance: &Identifier| Source::Member {
            cluster: cluster.clone(),
            instance: instance.clone(),
        };
        match self {
            Self::Instance(Some(cluster)) => member(cluster, name),
            Self::IdOfInstance(instance, Some(cluster)) => member(cluster, instance),
            other => other.followed_as(name, |cluster| Source::Cluster(cluster.clone())),
        }
    }

    /// The source that follows it. `of_cluster` makes one of a cluster.
    fn followed_as(&self, name: &Identifier, of_cluster: impl Fn(&Identifier) -> Source) -> Source {
        match self {
            Self::Cluster => of_cluster(name),
            Self::IdOfCluster(cluster)
            | Self::Instance(Some(cluster))
            | Self::IdOfInstance(_, Some(cluster)) => of_cluster(cluster),
            Self::Instance(None) => Source::Instance(name.clone()),
            Self::IdOfInstance(instance, None) => Source::Instance(instance.clone()),
            Self::CustomEndpoint(cluster) => {
                Source::Custom { cluster: cluster.clone(), endpoint: name.clone() }
            }
            Self::Proxy => Source::Proxy(name.clone(), None),
            Self::ProxyEndpoint(proxy) => Source::Proxy(proxy.clone(), Some(name.clone())),
        }
    }
}

/// Why RDS does not list a source: something else has its name, or nothing has.
pub(super) fn not_listed(source: &Source, topology: &Topology) -> Unknown {
    let database = |name: &Identifier| {
        misnamed(source, name, topology, |listed| {
            listed.followed_as(name, |cluster| source.of_cluster(cluster))
        })
    };
    let endpoint = |name: &Identifier| {
        misnamed(source, name, topology, |listed| {
            listed.followed_as(name, |cluster| Source::Cluster(cluster.clone()))
        })
    };
    let member = |name: &Identifier| {
        misnamed(source, name, topology, |listed| listed.followed_as_member(name))
    };
    let is_listed =
        |proxy| topology.proxies.as_ref().is_ok_and(|proxies| proxies.contains_key(proxy));
    let found = match source {
        Source::Cluster(id)
        | Source::Readers(id, _)
        | Source::Instance(id)
        | Source::Proxy(id, None) => database(id),
        Source::Member { cluster: id, instance: name } => match topology.clusters.get(id) {
            Some(cluster) => member(name).or_else(|| Some(lacks(id, cluster, name))),
            None => member(name).or_else(|| database(id)),
        },
        Source::Custom { cluster, endpoint: name } if topology.clusters.contains_key(cluster) => {
            endpoint(name)
        }
        Source::Custom { cluster, endpoint: name } => endpoint(name).or_else(|| database(cluster)),
        Source::Proxy(proxy, Some(name)) if is_listed(proxy) => endpoint(name),
        Source::Proxy(proxy, Some(name)) => endpoint(name).or_else(|| database(proxy)),
        Source::Name(_) => None,
    };
    found.unwrap_or_else(|| Unknown::SourceNotFound(source.clone()))
}

/// That a cluster has no member of this name.
fn lacks(id: &Identifier, cluster: &Cluster, instance: &Identifier) -> Unknown {
    Unknown::MemberNotListed {
        cluster: id.clone(),
        instance: instance.clone(),
        members: cluster.members.iter().map(|member| member.instance.clone()).collect(),
    }
}

/// What has the name, if it is anything but what the source says. `followed_as` makes the source
/// that follows it.
fn misnamed(
    source: &Source,
    name: &Identifier,
    topology: &Topology,
    followed_as: impl Fn(&Listed) -> Source,
) -> Option<Unknown> {
    let candidates = look_up(name, topology).into_iter();
    let mut candidates = candidates.map(|listed| (followed_as(&listed), listed));
    let (write, listed) = candidates.find(|(write, _)| write != source)?;
    let wrong_name =
        || WrongName { asked: source.clone(), name: name.clone(), listed, write: write.clone() };
    // A source that could have no target either must not be suggested.
    Some(unfit(&write, topology).unwrap_or_else(|| Unknown::Misnamed(Box::new(wrong_name()))))
}

/// Everything that has this name in the lists that were read.
fn look_up(name: &Identifier, topology: &Topology) -> Vec<Listed> {
    let mut found = Vec::new();
    for (id, cluster) in &topology.clusters {
        if id == name {
            found.push(Listed::Cluster);
        } else if cluster.resource_id.as_ref() == Some(name) {
            found.push(Listed::IdOfCluster(id.clone()));
        }
    }
    for (id, instance) in &topology.instances {
        if id == name {
            found.push(Listed::Instance(instance.cluster.clone()));
        } else if instance.resource_id.as_ref() == Some(name) {
            found.push(Listed::IdOfInstance(id.clone(), instance.cluster.clone()));
        }
    }
    let custom = topology.custom_endpoints.iter().filter_map(|listed| listed.get(name));
    found.extend(custom.map(|endpoint| Listed::CustomEndpoint(endpoint.cluster.clone())));
    for (id, proxy) in topology.proxies.iter().flatten() {
        found.extend((id == name).then_some(Listed::Proxy));
        let is_endpoint = proxy.endpoints.contains_key(name);
        found.extend(is_endpoint.then(|| Listed::ProxyEndpoint(id.clone())));
    }
    found
}

/// Why the database that RDS lists under a source's name can have no target, whatever its state.
pub(super) fn unfit(source: &Source, topology: &Topology) -> Option<Unknown> {
    let other_engine = |engine: &str, endpoint: &Option<HostName>| {
        // The RDS API lists the databases of Neptune and DocumentDB, but only those services' own
        // APIs name their writers.
        matches!(engine, "neptune" | "docdb").then(|| Unknown::OtherEngine {
            source_: source.clone(),
            engine: engine.to_owned(),
            endpoint: endpoint.clone(),
        })
    };
    if let Source::Instance(id) = source {
        let instance = topology.instances.get(id)?;
        return other_engine(&instance.engine, &instance.endpoint);
    }
    let id = source.cluster()?;
    let cluster = topology.clusters.get(id)?;
    let no_instances = || Unknown::NoInstances {
        cluster: id.clone(),
        form: cluster.form,
        endpoint: cluster.endpoint.clone(),
    };
    let member = source.instance().and_then(|id| topology.instances.get(id));
    let endpoint = member.map_or(&cluster.endpoint, |member| &member.endpoint);
    other_engine(&cluster.engine, endpoint).or_else(|| match cluster.form {
        Form::OutsideVpc => Some(Unknown::OutsideVpc(id.clone())),
        Form::ServerlessV1 | Form::Limitless => Some(no_instances()),
        // A replica without instances is a secondary of a global database that waits to be
        // promoted.
        Form::Instances
            if cluster.members.is_empty() && !cluster.replicates && !is_idle(&cluster.status) =>
        {
            Some(no_instances())
        }
        Form::Instances => None,
    })
}

#[cfg(test)]
mod tests;
