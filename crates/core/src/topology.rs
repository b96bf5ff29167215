//! The RDS API's account of clusters and instances, as far as an endpoint's address depends on it.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use crate::source::Identifier;

/// One reading of all clusters and instances of a Region. Neptune and DocumentDB, which the same API lists, are
/// left out by the reader.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Topology {
    /// The clusters by identifier.
    pub clusters: BTreeMap<Identifier, Cluster>,
    /// The instances by identifier, those of clusters included.
    pub instances: BTreeMap<Identifier, Instance>,
}

/// A cluster.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Cluster {
    /// RDS's word for its state. Most words (`upgrading`, `modifying`, …) mean a database that is up.
    pub status: String,
    /// The name that follows the writer; absent while the cluster is being created.
    pub endpoint: Option<HostName>,
    /// The port of the endpoint.
    pub port: Option<u16>,
    /// Its instances.
    pub members: Vec<Member>,
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
    /// RDS's word for its state.
    pub status: String,
    /// Its own name; absent while the instance is being created.
    pub endpoint: Option<HostName>,
    /// Its port.
    pub port: Option<u16>,
    /// The cluster that it belongs to, if any.
    pub cluster: Option<Identifier>,
    /// The VPC of its subnets.
    pub vpc: Option<String>,
    /// What its standby does with a connection.
    pub standby: Standby,
}

/// What a Multi-AZ instance's standby does with a TCP connection, and so what an extra target costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standby {
    /// It refuses: Multi-AZ MySQL, MariaDB, PostgreSQL and Oracle. The load balancer finds an extra target
    /// unhealthy and sends nothing there.
    RefusesTcp,
    /// It may accept (SQL Server's mirroring or Always On), or there is none, so that an extra target is some
    /// other machine.
    Unknown,
}

/// A DNS name: lower case, no dot at the end.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HostName(String);

impl HostName {
    /// The name as text, without a dot at the end.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for HostName {
    type Err = HostNameError;

    /// Takes names of letters, digits, hyphens and underscores, at most 253 characters, labels of 1 to 63
    /// (RFC 1035; the underscore because DNS in the wild has it).
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
        let label = |label: &str| {
            (1..=63).contains(&label.len())
                && label
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        };
        if name.len() <= 253 && name.split('.').all(label) {
            Ok(Self(name))
        } else {
            Err(HostNameError(text.chars().take(80).collect()))
        }
    }
}

/// A text that is no DNS name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no DNS name")]
pub struct HostNameError(String);
