//! What a binding follows: the grammar of sources, and RDS identifiers.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde::Serialize;

use crate::host_name::{HostName, HostNameError};

/// What a binding follows: a database endpoint with one writer, or with a set of equal members,
/// behind it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Source {
    /// `cluster/ID`: the writer of an Aurora or Multi-AZ DB cluster.
    Cluster(Identifier),
    /// `cluster/ID/instance/INSTANCE-ID`: one member of a cluster, whatever its role.
    Member {
        /// The cluster.
        cluster: Identifier,
        /// The instance.
        instance: Identifier,
    },
    /// `cluster/ID/readers`: every available reader of a cluster.
    Readers(Identifier, Fallback),
    /// `cluster/ID/custom/ENDPOINT`: the members of a custom endpoint of an Aurora cluster.
    Custom {
        /// The cluster.
        cluster: Identifier,
        /// The custom endpoint.
        endpoint: Identifier,
    },
    /// `instance/ID`: a DB instance that belongs to no cluster.
    Instance(Identifier),
    /// `proxy/NAME` or `proxy/NAME/ENDPOINT`: an RDS Proxy, by its default endpoint or another one.
    Proxy(Identifier, Option<Identifier>),
    /// `dns/HOST`: all addresses of a name that does not belong to RDS.
    Name(HostName),
}

/// What takes the place of a cluster's readers while it has none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fallback {
    /// The writer, as with Aurora's own reader endpoint (AWS docs: "Reader endpoints for Amazon
    /// Aurora").
    #[default]
    Writer,
    /// Nothing: the last reader's target stays, whatever has happened to that reader.
    None,
}

impl Source {
    /// The name of the cluster, the instance, the proxy or the host.
    pub fn name(&self) -> &str {
        match self {
            Self::Cluster(id) | Self::Instance(id) | Self::Readers(id, _) | Self::Proxy(id, _) => {
                id.as_str()
            }
            Self::Member { cluster, .. } | Self::Custom { cluster, .. } => cluster.as_str(),
            Self::Name(host) => host.as_str(),
        }
    }

    /// Whether it is a cluster's writer.
    pub fn is_cluster(&self) -> bool {
        matches!(self, Self::Cluster(_))
    }

    /// The cluster of which one or all members are followed, if it is one.
    pub fn cluster(&self) -> Option<&Identifier> {
        match self {
            Self::Cluster(id)
            | Self::Member { cluster: id, .. }
            | Self::Readers(id, _)
            | Self::Custom { cluster: id, .. } => Some(id),
            Self::Instance(_) | Self::Proxy(..) | Self::Name(_) => None,
        }
    }

    /// The instance that is followed whatever its role: one by itself, or a member of a cluster.
    pub fn instance(&self) -> Option<&Identifier> {
        match self {
            Self::Instance(id) | Self::Member { instance: id, .. } => Some(id),
            Self::Cluster(_)
            | Self::Readers(..)
            | Self::Custom { .. }
            | Self::Proxy(..)
            | Self::Name(_) => None,
        }
    }

    /// Whether it is an instance, or one or all members of a cluster. RDS reports their port.
    pub fn is_database(&self) -> bool {
        self.cluster().is_some() || matches!(self, Self::Instance(_))
    }

    /// Whether a blue/green deployment can switch it over, so that another database takes its name.
    pub(crate) fn is_switchable(&self) -> bool {
        self.is_database()
    }

    /// The same kind of source in another cluster. It is that cluster's writer if this source is
    /// not of a cluster.
    pub fn of_cluster(&self, cluster: &Identifier) -> Self {
        let cluster = cluster.clone();
        match self {
            Self::Readers(_, fallback) => Self::Readers(cluster, *fallback),
            Self::Member { instance, .. } => Self::Member { cluster, instance: instance.clone() },
            Self::Custom { endpoint, .. } => Self::Custom { cluster, endpoint: endpoint.clone() },
            Self::Cluster(_) | Self::Instance(_) | Self::Proxy(..) | Self::Name(_) => {
                Self::Cluster(cluster)
            }
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cluster(id) => write!(f, "cluster/{id}"),
            Self::Member { cluster, instance } => {
                write!(f, "cluster/{cluster}/instance/{instance}")
            }
            Self::Readers(id, _) => write!(f, "cluster/{id}/readers"),
            Self::Custom { cluster, endpoint } => write!(f, "cluster/{cluster}/custom/{endpoint}"),
            Self::Instance(id) => write!(f, "instance/{id}"),
            Self::Proxy(id, None) => write!(f, "proxy/{id}"),
            Self::Proxy(id, Some(endpoint)) => write!(f, "proxy/{id}/{endpoint}"),
            Self::Name(host) => write!(f, "dns/{host}"),
        }
    }
}

impl FromStr for Source {
    type Err = SourceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts: Vec<&str> = text.split('/').collect();
        match parts.as_slice() {
            ["cluster", id] => Ok(Self::Cluster(id.parse()?)),
            ["cluster", id, "readers"] => Ok(Self::Readers(id.parse()?, Fallback::default())),
            ["cluster", id, "instance", instance] => {
                Ok(Self::Member { cluster: id.parse()?, instance: instance.parse()? })
            }
            ["cluster", id, "custom", endpoint] => {
                Ok(Self::Custom { cluster: id.parse()?, endpoint: endpoint.parse()? })
            }
            ["instance", id] => Ok(Self::Instance(id.parse()?)),
            ["proxy", id] => Ok(Self::Proxy(id.parse()?, None)),
            ["proxy", id, endpoint] => Ok(Self::Proxy(id.parse()?, Some(endpoint.parse()?))),
            ["dns", host] => Ok(Self::Name(full_name(host)?)),
            _ => Err(SourceError::Syntax(text.chars().take(300).collect())),
        }
    }
}

/// A name is looked up as written, without a search list, so a name without a dot can only be a
/// mistake. An IP address has no name that could be followed.
fn full_name(text: &str) -> Result<HostName, SourceError> {
    let host: HostName = text.parse()?;
    if !host.as_str().contains('.') || host.as_str().parse::<IpAddr>().is_ok() {
        return Err(SourceError::NotFull(host));
    }
    Ok(host)
}

/// Why a source was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// The text has no form of the grammar.
    #[error(
        "{0:?} is no source: write `cluster/ID` for a cluster's writer, \
         `cluster/ID/instance/INSTANCE-ID` for one member, `cluster/ID/readers`, \
         `cluster/ID/custom/ENDPOINT`, `instance/ID`, `proxy/NAME`, `proxy/NAME/ENDPOINT` or \
         `dns/HOST`"
    )]
    Syntax(String),
    /// RDS would not accept the identifier.
    #[error(transparent)]
    Identifier(#[from] IdentifierError),
    /// The text is not a DNS name.
    #[error(transparent)]
    HostName(#[from] HostNameError),
    /// The host is an IP address, or a name with a single label.
    #[error("`dns/{0}` is not a full name: write it with its domain, like `dns/db.example.com`")]
    NotFull(HostName),
}

/// An RDS identifier of a cluster, an instance, a proxy or an endpoint. RDS stores identifiers in
/// lower case (AWS docs: `CreateDBInstance`), so they are kept and compared in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Identifier(String);

impl Identifier {
    /// The identifier as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Identifier {
    type Err = IdentifierError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = text.len() <= 63
            && text.starts_with(|c: char| c.is_ascii_alphabetic())
            && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
            && !text.ends_with('-')
            && !text.contains("--");
        if fits {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err(IdentifierError(text.chars().take(80).collect()))
        }
    }
}

/// A text that cannot be an RDS identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} cannot be an RDS identifier: 1 to 63 letters, digits and single hyphens, a letter \
     first, no hyphen at the end"
)]
pub struct IdentifierError(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_read_back_as_it_is_written() {
        for text in [
            "cluster/orders",
            "cluster/orders/instance/orders-1",
            "cluster/orders/readers",
            "cluster/orders/custom/reports",
            "cluster/instance/instance/custom",
            "cluster/custom/custom/instance",
            "instance/billing-1",
            "proxy/orders",
            "proxy/orders/read-only",
            "dns/db.example.com",
        ] {
            assert_eq!(text.parse::<Source>().expect(text).to_string(), text);
        }
    }

    #[test]
    fn identifiers_are_compared_in_lower_case_as_rds_stores_them() {
        assert_eq!("cluster/Orders".parse::<Source>(), "cluster/orders".parse());
    }

    #[test]
    fn a_host_is_named_in_full_and_never_by_its_address() {
        for text in ["dns/db", "dns/10.20.0.5", "dns/10.20.0.5.", "dns/fd00::5", "dns/", "dns/a..b"]
        {
            assert!(text.parse::<Source>().is_err(), "{text}");
        }
    }

    #[test]
    fn what_fits_no_form_is_refused_with_the_forms_that_do() {
        for text in [
            "",
            "orders",
            "cluster",
            "cluster/",
            "cluster/a/b",
            "Cluster/orders",
            "instance/-a",
            "instance/a--b",
            "instance/a b",
            "cluster/a/readers/b",
            "cluster/a/custom",
            "cluster/a/instance",
            "cluster/a/instance/",
            "cluster/a/instance/b/c",
            "cluster/a/instance/-b",
            "cluster//instance/b",
            "cluster/a/instances/b",
            "instance/a/b",
            "proxy/a/b/c",
        ] {
            assert!(text.parse::<Source>().is_err(), "{text}");
        }
    }
}
