//! What the RDS API says about clusters, instances and proxies, as far as the address behind an
//! endpoint depends on it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::failure::CallError;
pub use crate::host_name::{HostName, HostNameError};
use crate::source::{Identifier, Source};
use crate::standby::Placement;
use crate::target::Family;

/// One reading of a Region's databases. It includes those that no binding can follow, so that a
/// message can say what a name in the configuration is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Topology {
    /// Why clusters and instances could not be read, if only the other lists could.
    pub unread: Option<CallError>,
    /// The clusters by identifier.
    pub clusters: BTreeMap<Identifier, Cluster>,
    /// The instances by identifier, those of clusters included.
    pub instances: BTreeMap<Identifier, Instance>,
    /// The custom endpoints of Aurora clusters by identifier. They are a list of their own, so that
    /// a caller that may not or need not read it can read the others.
    pub custom_endpoints: Listed<CustomEndpoint>,
    /// The proxies by name, which are a list of their own as well.
    pub proxies: Listed<Proxy>,
}

/// A list that can fail by itself.
pub type Listed<T> = Result<BTreeMap<Identifier, T>, CallError>;

impl Default for Topology {
    fn default() -> Self {
        Self {
            unread: None,
            clusters: BTreeMap::new(),
            instances: BTreeMap::new(),
            custom_endpoints: Ok(BTreeMap::new()),
            proxies: Ok(BTreeMap::new()),
        }
    }
}

impl Topology {
    /// Whether a database that was asked for by name is not listed.
    pub(crate) fn lacks(&self, named: &Named) -> bool {
        named.clusters.iter().any(|id| !self.clusters.contains_key(id))
            || named.instances.iter().any(|id| !self.instances.contains_key(id))
    }

    /// The same, with a later reading of some databases in the place of what it has of them.
    pub(crate) fn updated(&self, named: &Named, later: Self) -> Self {
        let is_named = |cluster: &Option<Identifier>| {
            cluster.as_ref().is_some_and(|cluster| named.clusters.contains(cluster))
        };
        let mut updated = self.clone();
        updated.clusters.retain(|id, _| !named.clusters.contains(id));
        updated
            .instances
            .retain(|id, instance| !named.instances.contains(id) && !is_named(&instance.cluster));
        updated.clusters.extend(later.clusters);
        updated.instances.extend(later.instances);
        Self { custom_endpoints: later.custom_endpoints, proxies: later.proxies, ..updated }
    }
}

/// Which lists a reading contains. A list that no binding needs is not read, because that would
/// cost calls and permissions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Scope {
    /// Clusters and instances.
    pub databases: Databases,
    /// Custom endpoints.
    pub custom_endpoints: bool,
    /// Proxies and their endpoints.
    pub proxies: bool,
}

/// Which clusters and instances a reading contains.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub enum Databases {
    /// None.
    #[default]
    None,
    /// All of the Region. In a large Region that is many pages.
    All,
    /// These alone.
    Named(Named),
}

/// Databases that are asked for by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Named {
    /// Clusters, with their instances.
    pub clusters: BTreeSet<Identifier>,
    /// Instances.
    pub instances: BTreeSet<Identifier>,
}

impl Named {
    /// Adds the databases of a source, if it has any.
    pub(crate) fn add(&mut self, source: &Source) {
        match source {
            Source::Instance(id) => self.instances.extend([id.clone()]),
            _ => self.clusters.extend(source.cluster().cloned()),
        }
    }

    /// Whether the databases of a source are among them. A source that has none needs none.
    pub(crate) fn includes(&self, source: &Source) -> bool {
        match source {
            Source::Instance(id) => self.instances.contains(id),
            _ => source.cluster().is_none_or(|id| self.clusters.contains(id)),
        }
    }
}

impl Databases {
    /// Those of either.
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::None, some) | (some, Self::None) => some,
            (Self::All, _) | (_, Self::All) => Self::All,
            (Self::Named(mut one), Self::Named(other)) => {
                one.clusters.extend(other.clusters);
                one.instances.extend(other.instances);
                Self::Named(one)
            }
        }
    }
}

impl Scope {
    /// Only clusters and instances.
    pub const DATABASES: Self =
        Self { databases: Databases::All, custom_endpoints: false, proxies: false };

    /// The lists of either scope.
    pub fn and(self, other: Self) -> Self {
        Self {
            databases: self.databases.and(other.databases),
            custom_endpoints: self.custom_endpoints || other.custom_endpoints,
            proxies: self.proxies || other.proxies,
        }
    }

    /// The lists that are needed to follow these sources.
    pub fn of<'a>(sources: impl Iterator<Item = &'a Source>) -> Self {
        sources.fold(Self::default(), |scope, source| match source {
            Source::Cluster(_) | Source::Readers(..) | Source::Instance(_) => {
                Self { databases: Databases::All, ..scope }
            }
            Source::Custom { .. } => {
                Self { databases: Databases::All, custom_endpoints: true, ..scope }
            }
            Source::Proxy(..) => Self { proxies: true, ..scope },
            Source::Name(_) => scope,
        })
    }
}

/// A cluster.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Cluster {
    /// RDS's word for its engine. The API lists the clusters of Neptune and DocumentDB too
    /// (botocore rds 2014-10-31, `DescribeDBClusters`).
    pub engine: String,
    /// `DbClusterResourceId`, in lower case as every identifier is kept.
    pub resource_id: Option<Identifier>,
    /// What its capacity consists of.
    pub form: Form,
    /// RDS's word for its state. With most words (`upgrading`, `modifying`, …) the database is up.
    pub status: String,
    /// Its tag [`PUBLISH`](crate::discover::PUBLISH).
    pub publish: Option<String>,
    /// The name that follows the writer. It is absent while the cluster is being created.
    pub endpoint: Option<HostName>,
    /// The port of the endpoint.
    pub port: Option<u16>,
    /// Its instances.
    pub members: Vec<Member>,
    /// Whether it replicates from another cluster, as a secondary cluster of an Aurora Global
    /// Database does, and so has no writer of its own (botocore rds 2014-10-31,
    /// `DBCluster.ReplicationSourceIdentifier`).
    pub replicates: bool,
}

/// What a cluster's capacity consists of, as far as that decides whether its writer can be followed
/// (botocore rds 2014-10-31, `DBCluster`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Form {
    /// Instances in subnets of a VPC.
    #[default]
    Instances,
    /// Aurora Serverless v1, which has no instances: `EngineMode` is `serverless`.
    ServerlessV1,
    /// A DB shard group, whose instances RDS does not list: `ClusterScalabilityType` is
    /// `limitless`.
    Limitless,
    /// Instances without an address in any VPC: `VPCNetworkingEnabled` is false.
    OutsideVpc,
}

/// A custom endpoint of an Aurora cluster (botocore rds 2014-10-31, `DBClusterEndpoint`).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CustomEndpoint {
    /// Its cluster.
    pub cluster: Identifier,
    /// RDS's word for its state.
    pub status: String,
    /// Whether the writer can be one of its members (`ANY`), or only readers can (`READER`).
    pub takes_writer: bool,
    /// Which of the cluster's members belong to it.
    pub members: Membership,
}

/// Which of a cluster's members belong to a custom endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Membership {
    /// A static list: these members, and no instance that is added later.
    Only(BTreeSet<Identifier>),
    /// An exclusion list: all members but these, including instances that are added later.
    AllBut(BTreeSet<Identifier>),
}

impl Membership {
    /// Whether this instance belongs to the endpoint.
    pub fn has(&self, instance: &Identifier) -> bool {
        match self {
            Self::Only(list) => list.contains(instance),
            Self::AllBut(list) => !list.contains(instance),
        }
    }
}

/// An RDS Proxy (botocore rds 2014-10-31, `DBProxy`).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Proxy {
    /// The port of its engine family, on which all its endpoints listen. The API does not report
    /// it.
    pub port: Option<u16>,
    /// Its default endpoint.
    pub default: ProxyEndpoint,
    /// The others by name.
    pub endpoints: BTreeMap<Identifier, ProxyEndpoint>,
}

/// An endpoint of a proxy.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ProxyEndpoint {
    /// RDS's word for its state.
    pub status: String,
    /// Its name.
    pub endpoint: Option<HostName>,
    /// The VPC of its subnets.
    pub vpc: Option<String>,
}

/// An endpoint of a proxy as RDS lists it, apart from the proxies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedProxyEndpoint {
    /// The proxy that it belongs to.
    pub proxy: Identifier,
    /// Its own name.
    pub name: Identifier,
    /// The endpoint.
    pub endpoint: ProxyEndpoint,
}

/// An instance of a cluster.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Member {
    /// The instance.
    pub instance: Identifier,
    /// `IsClusterWriter`.
    pub writer: bool,
}

/// An instance.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Instance {
    /// RDS's word for its engine.
    pub engine: String,
    /// `DbiResourceId`, in lower case as every identifier is kept.
    pub resource_id: Option<Identifier>,
    /// RDS's word for its state.
    pub status: String,
    /// Its tag [`PUBLISH`](crate::discover::PUBLISH).
    pub publish: Option<String>,
    /// Its own name, which is absent while the instance is being created.
    pub endpoint: Option<HostName>,
    /// Its port.
    pub port: Option<u16>,
    /// The cluster that it belongs to, if any.
    pub cluster: Option<Identifier>,
    /// The VPC of its subnets.
    pub vpc: Option<String>,
    /// What its standby does with a TCP connection.
    pub standby: Standby,
    /// The families of its addresses, if RDS reports them.
    pub network: Option<Network>,
    /// Where it and its standby are in the VPC.
    pub placement: Placement,
}

/// The families of an instance's addresses: `NetworkType` (botocore rds 2014-10-31; there is no
/// instance without IPv4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Network {
    /// Only IPv4.
    Ipv4,
    /// Both.
    Dual,
}

impl Network {
    /// Whether an instance has an address of this family.
    pub fn has(self, family: Family) -> bool {
        self == Self::Dual || family == Family::V4
    }
}

impl fmt::Display for Network {
    /// RDS's own word.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ipv4 => "IPV4",
            Self::Dual => "DUAL",
        })
    }
}

/// What a Multi-AZ instance's standby does with a TCP connection. That decides what harm an extra
/// target can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standby {
    /// The standby refuses it: Multi-AZ MySQL, MariaDB, PostgreSQL and Oracle. The load balancer
    /// finds an extra target unhealthy and sends nothing there.
    RefusesTcp,
    /// A proxy: all its nodes are equally good, so an extra target harms nobody. A DNS answer may
    /// contain only some of them.
    Equal,
    /// The standby may accept it (SQL Server's mirroring or Always On), or there is no standby, so
    /// an extra target is some other machine.
    Unknown,
}
