//! Why a key says nothing.

use std::net::IpAddr;

use super::WrongName;
use crate::failure::{CallError, LookupError};
use crate::guard::Refusal;
use crate::source::{Identifier, Source};
use crate::target::Family;
use crate::topology::{Form, HostName, Network};

/// Why a key says nothing.
#[derive(Debug, Clone, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Unknown {
    /// The API could not be read.
    #[error(transparent)]
    Call(CallError),
    /// RDS lists no such cluster or instance.
    #[error("RDS lists no {0} in this Region and account")]
    SourceNotFound(Source),
    /// RDS lists something else under the source's name.
    #[error("{0}")]
    Misnamed(Box<WrongName>),
    /// RDS lists it for another service, whose own API names the writer.
    #[error("RDS lists {source_} with engine {engine}, and does not name its writer; follow \
        {}", by_name(.endpoint))]
    OtherEngine {
        /// The source. (`thiserror` takes a field named `source` for the cause of the error.)
        source_: Source,
        /// RDS's word for the engine.
        engine: String,
        /// Its endpoint, which resolves to its writer.
        endpoint: Option<HostName>,
    },
    /// The cluster has no instances, or RDS lists none.
    #[error("RDS lists cluster/{cluster}, and it has no instances{}", instead(*.form, .endpoint))]
    NoInstances {
        /// The cluster.
        cluster: Identifier,
        /// How its capacity is made up.
        form: Form,
        /// Its endpoint.
        endpoint: Option<HostName>,
    },
    /// The cluster's instances have no address in any VPC.
    #[error(
        "cluster/{0} has no VPC networking (`VPCNetworkingEnabled` is false), so it has no address \
         that a target group could take"
    )]
    OutsideVpc(Identifier),
    /// The cluster has no such member.
    #[error("RDS lists no instance {instance} in cluster/{cluster}{}", others(.members))]
    MemberNotListed {
        /// The cluster.
        cluster: Identifier,
        /// The instance that the source names.
        instance: Identifier,
        /// The members that it lists.
        members: Vec<Identifier>,
    },
    /// The instance belongs to a cluster, whose writer may be another instance.
    #[error(
        "instance/{instance} belongs to the cluster {cluster}: follow `cluster/{cluster}` for its \
         writer, or `cluster/{cluster}/instance/{instance}` for this instance in any role"
    )]
    InstanceOfCluster {
        /// The instance.
        instance: Identifier,
        /// Its cluster.
        cluster: Identifier,
    },
    /// There is nothing to follow for the time being.
    #[error("{source_} is {status}: there is nothing to follow")]
    Idle {
        /// The source.
        source_: Source,
        /// RDS's word for its state.
        status: String,
    },
    /// The cluster is a secondary of a global database, or another replica: its writer is
    /// elsewhere.
    #[error(
        "cluster/{0} replicates from another cluster and has no writer of its own: there is \
         nothing to follow"
    )]
    Secondary(Identifier),
    /// No reader of the cluster is available, and the source names nothing to use in their place.
    #[error("no instance that belongs to {0} is available")]
    NoReader(Source),
    /// No member of the cluster has `IsClusterWriter`.
    #[error("RDS names no writer of cluster/{0}")]
    NoWriter(Identifier),
    /// More than one member has `IsClusterWriter`.
    #[error("RDS names several writers of cluster/{0}")]
    SeveralWriters(Identifier),
    /// The instance or cluster has no endpoint name yet.
    #[error("{0} has no endpoint name yet")]
    NoEndpoint(Identifier),
    /// The name gave no address.
    #[error("{0}: {1}")]
    Lookup(HostName, LookupError),
    /// The name gave no address, because the instance has none in the group's address family.
    #[error(
        "{instance} is of the network type {network}, and the target group takes {family} \
         addresses only: they share no address family"
    )]
    NoSharedFamily {
        /// The instance.
        instance: Identifier,
        /// What RDS says of it.
        network: Network,
        /// The group's family.
        family: Family,
    },
    /// The name gave several addresses, where one was expected.
    #[error("{0} has several addresses, where one was expected")]
    SeveralAddresses(HostName),
    /// No member has the address. A private zone that shadows the name, or a poisoned resolver,
    /// looks like this.
    #[error(
        "{0} resolves to {1}, which is no member of the cluster: look for a private hosted zone or \
         a resolver rule that shadows the name"
    )]
    NotAMember(HostName, IpAddr),
    /// The cluster's name is an alias of no member's name, and the RDS API cannot be read. An
    /// address alone does not say whose it is.
    #[error(
        "{0} is an alias of no name of a member that RDS listed when it could last be read: \
         without RDS, its address counts for nothing"
    )]
    NoAlias(HostName),
    /// Several members resolve to one address.
    #[error(
        "{0} and other names of the cluster all resolve to {1}: look for a private hosted zone or \
         a resolver rule that shadows their names"
    )]
    SharedAddress(HostName, IpAddr),
    /// The guard refuses the address: it must never be registered.
    #[error("{0} resolves to {1}, which is refused: {2}")]
    Guarded(HostName, IpAddr, Refusal),
}

/// The members that a cluster has instead.
fn others(members: &[Identifier]) -> String {
    let members: Vec<&str> = members.iter().map(Identifier::as_str).collect();
    match members.as_slice() {
        [] => String::new(),
        members => format!(", whose members are {}", members.join(", ")),
    }
}

/// Which source to write to follow a database by its name alone.
fn by_name(endpoint: &Option<HostName>) -> String {
    match endpoint {
        Some(endpoint) => format!("`dns/{endpoint}`, with its `port`"),
        None => "the name of its endpoint with `dns/HOST` and a `port`".to_owned(),
    }
}

/// What to do about a cluster without instances.
fn instead(form: Form, endpoint: &Option<HostName>) -> String {
    match form {
        Form::Instances | Form::OutsideVpc => {
            "; there is nothing to follow before one is created".to_owned()
        }
        Form::ServerlessV1 => {
            let by_name = by_name(endpoint);
            format!(
                ", because it is of Aurora Serverless v1 (engine mode `serverless`); follow \
                {by_name}"
            )
        }
        Form::Limitless => {
            ", because it is of Aurora Limitless; follow the endpoint of its DB shard group (`aws \
             rds describe-db-shard-groups`) with `dns/HOST` and a `port`"
                .to_owned()
        }
    }
}

impl Unknown {
    /// Whether the reason is the RDS API's answer, or that it gave none, so that DNS was not asked.
    pub(crate) fn comes_from_rds(&self) -> bool {
        match self {
            Self::Call(_)
            | Self::SourceNotFound(_)
            | Self::Misnamed(_)
            | Self::OtherEngine { .. }
            | Self::NoInstances { .. }
            | Self::OutsideVpc(_)
            | Self::MemberNotListed { .. }
            | Self::InstanceOfCluster { .. }
            | Self::Idle { .. }
            | Self::Secondary(_)
            | Self::NoReader(_)
            | Self::NoWriter(_)
            | Self::SeveralWriters(_)
            | Self::NoEndpoint(_) => true,
            Self::Lookup(..)
            | Self::NoSharedFamily { .. }
            | Self::SeveralAddresses(_)
            | Self::NotAMember(..)
            | Self::NoAlias(_)
            | Self::SharedAddress(..)
            | Self::Guarded(..) => false,
        }
    }

    /// The kebab-case word for reports and metrics.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Call(error) => error.failure.word(),
            Self::SourceNotFound(_) => "source-not-found",
            Self::Misnamed(_) => "misnamed",
            Self::OtherEngine { .. } => "other-engine",
            Self::NoInstances { .. } => "no-instances",
            Self::OutsideVpc(_) => "no-vpc-networking",
            Self::MemberNotListed { .. } => "member-not-listed",
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
            Self::NoAlias(_) => "no-alias",
            Self::SharedAddress(..) => "shared-address",
            Self::Guarded(..) => "address-refused",
        }
    }
}
