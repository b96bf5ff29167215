//! Why a key says nothing.

use std::net::IpAddr;

use crate::failure::{CallError, LookupError};
use crate::guard::Refusal;
use crate::source::{Identifier, Source};
use crate::target::Family;
use crate::topology::{HostName, Network};

/// Why a key says nothing.
#[derive(Debug, Clone, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Unknown {
    /// The API could not be read.
    #[error(transparent)]
    Call(CallError),
    /// RDS lists no such cluster or instance.
    #[error("RDS lists no {0} in this Region and account")]
    SourceNotFound(Source),
    /// The instance belongs to a cluster, whose writer may be another one.
    #[error("instance/{instance} belongs to the cluster {cluster}: follow `cluster/{cluster}`")]
    InstanceOfCluster {
        /// The instance.
        instance: Identifier,
        /// Its cluster.
        cluster: Identifier,
    },
    /// There is nothing to follow for the time being.
    #[error("{source_} is {status}: there is nothing to follow")]
    Idle {
        /// The source. (A field named `source` would be taken for the cause of the error.)
        source_: Source,
        /// RDS's word for its state.
        status: String,
    },
    /// The cluster is a secondary of a global database, or another replica: its writer is elsewhere.
    #[error("cluster/{0} replicates from another cluster and has no writer of its own: there is nothing to follow")]
    Secondary(Identifier),
    /// No reader of the cluster is available, and none is to stand in for them.
    #[error("no instance that belongs to {0} is available")]
    NoReader(Source),
    /// No member of the cluster has `IsClusterWriter`.
    #[error("RDS names no writer of cluster/{0}")]
    NoWriter(Identifier),
    /// More than one member has it.
    #[error("RDS names several writers of cluster/{0}")]
    SeveralWriters(Identifier),
    /// The instance or cluster has no endpoint name yet.
    #[error("{0} has no endpoint name yet")]
    NoEndpoint(Identifier),
    /// The name gave no address.
    #[error("{0}: {1}")]
    Lookup(HostName, LookupError),
    /// The name gave no address, because the instance has none of the group's family.
    #[error(
        "{instance} is of the network type {network}, and the target group takes {family} addresses only: they share no address family"
    )]
    NoSharedFamily {
        /// The instance.
        instance: Identifier,
        /// What RDS says of it.
        network: Network,
        /// The group's family.
        family: Family,
    },
    /// One address was expected.
    #[error("{0} has several addresses, where one was expected")]
    SeveralAddresses(HostName),
    /// The address is no member's: what a shadowing private zone or a poisoned resolver looks like.
    #[error(
        "{0} resolves to {1}, which is no member of the cluster: look for a private hosted zone or a resolver rule that shadows the name"
    )]
    NotAMember(HostName, IpAddr),
    /// Several members resolve to one address.
    #[error(
        "{0} and other names of the cluster all resolve to {1}: look for a private hosted zone or a resolver rule that shadows their names"
    )]
    SharedAddress(HostName, IpAddr),
    /// The address must never be registered.
    #[error("{0} resolves to {1}, which is refused: {2}")]
    Guarded(HostName, IpAddr, Refusal),
}

impl Unknown {
    /// The kebab-case word for reports and metrics.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Call(error) => error.failure.word(),
            Self::SourceNotFound(_) => "source-not-found",
            Self::InstanceOfCluster { .. } => "instance-of-cluster",
            Self::Idle { .. } => "source-idle",
            Self::Secondary(_) => "global-secondary",
            Self::NoReader(_) => "no-reader",
            Self::NoWriter(_) => "no-writer",
            Self::SeveralWriters(_) => "several-writers",
            Self::NoEndpoint(_) => "no-endpoint",
            Self::Lookup(_, error) => error.word(),
            Self::NoSharedFamily { .. } => "no-shared-family",
            Self::SeveralAddresses(_) => "several-addresses",
            Self::NotAMember(..) => "not-a-member",
            Self::SharedAddress(..) => "shared-address",
            Self::Guarded(..) => "address-refused",
        }
    }
}
