//! What the two keys say at one moment.
//!
//! A key says *who* (which member) before it says *where* (which address). *Topology* is the RDS API: the one member
//! with `IsClusterWriter`, whose own endpoint name is then resolved. *DNS* is the source's own endpoint name: for a
//! cluster its CNAME names the member, else its address is compared with the members'. An instance has only the
//! DNS key. Whatever cannot be read is unknown with a reason, never empty.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::IpAddr;

use crate::failure::{CallError, LookupError};
use crate::guard::{Allow, Refusal};
use crate::mechanism::Mechanism;
use crate::source::{Identifier, Source};
use crate::target::Family;
use crate::topology::{Cluster, HostName, Member, Standby, Topology};

/// What a name resolved to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Answer {
    /// The names that the CNAME chain passed through, the asked one left out, in order.
    pub aliases: Vec<HostName>,
    /// The addresses at its end, in ascending order.
    pub addresses: Vec<IpAddr>,
}

/// What the names that were asked for answered.
pub type Answers = BTreeMap<HostName, Result<Answer, LookupError>>;

/// What one key says: a witness, or why it says nothing.
pub type Reading = Result<Witness, Unknown>;

/// One look at every key of a source.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Evidence {
    /// A cluster has two keys.
    Cluster {
        /// The RDS API.
        topology: Reading,
        /// The cluster's endpoint name.
        dns: Reading,
    },
    /// An instance has one.
    Instance {
        /// The instance's endpoint name.
        dns: Reading,
    },
}

/// Who the writer is and where.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Witness {
    /// The instance.
    pub member: Identifier,
    /// Its address.
    pub address: IpAddr,
}

/// What the keys amount to together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Verdict<'a> {
    /// Every key names this one.
    Agree(&'a Witness),
    /// The keys name different ones.
    Disagree {
        /// What the RDS API says.
        topology: &'a Witness,
        /// What DNS says.
        dns: &'a Witness,
    },
    /// A key says nothing.
    Unknown(&'a Unknown),
}

impl Evidence {
    /// The same reason for every key: nothing could be asked.
    pub fn unknown(source: &Source, unknown: Unknown) -> Self {
        match source {
            Source::Cluster(_) => Self::Cluster {
                topology: Err(unknown.clone()),
                dns: Err(unknown),
            },
            Source::Instance(_) => Self::Instance { dns: Err(unknown) },
        }
    }

    /// What the keys amount to together.
    pub fn verdict(&self) -> Verdict<'_> {
        match self {
            Self::Cluster { dns: Ok(dns), .. } if !Mechanism::BothKeys.is_on() => Verdict::Agree(dns),
            Self::Cluster {
                topology: Err(_),
                dns: Ok(witness),
            }
            | Self::Cluster {
                topology: Ok(witness),
                dns: Err(_),
            } if !Mechanism::UnknownHolds.is_on() => Verdict::Agree(witness),
            Self::Cluster {
                topology: Err(unknown), ..
            }
            | Self::Cluster { dns: Err(unknown), .. }
            | Self::Instance { dns: Err(unknown) } => Verdict::Unknown(unknown),
            Self::Cluster {
                topology: Ok(topology),
                dns: Ok(dns),
            } if topology == dns => Verdict::Agree(dns),
            Self::Cluster {
                topology: Ok(topology),
                dns: Ok(dns),
            } => Verdict::Disagree { topology, dns },
            Self::Instance { dns: Ok(dns) } => Verdict::Agree(dns),
        }
    }

    /// What the RDS API says, where it is a key.
    pub fn topology(&self) -> Option<&Reading> {
        match self {
            Self::Cluster { topology, .. } => Some(topology),
            Self::Instance { .. } => None,
        }
    }

    /// What DNS says.
    pub fn dns(&self) -> &Reading {
        match self {
            Self::Cluster { dns, .. } | Self::Instance { dns } => dns,
        }
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let say = |reading: &Reading| match reading {
            Ok(witness) => format!("{} at {}", witness.member, witness.address),
            Err(unknown) => format!("unknown ({unknown})"),
        };
        if let Some(topology) = self.topology() {
            write!(f, "topology: {}; ", say(topology))?;
        }
        write!(f, "dns: {}", say(self.dns()))
    }
}

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
    #[error("{source_} is {status}: there is no writer to follow")]
    Idle {
        /// The source. (A field named `source` would be taken for the cause of the error.)
        source_: Source,
        /// RDS's word for its state.
        status: String,
    },
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
        "{0} and several members of the cluster all resolve to {1}: look for a private hosted zone or a resolver rule that shadows their names"
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
            Self::NoWriter(_) => "no-writer",
            Self::SeveralWriters(_) => "several-writers",
            Self::NoEndpoint(_) => "no-endpoint",
            Self::Lookup(_, error) => error.word(),
            Self::SeveralAddresses(_) => "several-addresses",
            Self::NotAMember(..) => "not-a-member",
            Self::SharedAddress(..) => "shared-address",
            Self::Guarded(..) => "address-refused",
        }
    }
}

/// What the RDS API says of a source besides its writer.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Facts {
    /// The database's own port.
    pub port: Option<u16>,
    /// The VPC of its subnets.
    pub vpc: Option<String>,
    /// What its standby does with a connection.
    pub standby: Standby,
}

/// What the RDS API says of a source, or why there is nothing to follow.
pub fn facts(source: &Source, topology: &Topology) -> Result<Facts, Unknown> {
    let not_found = || Unknown::SourceNotFound(source.clone());
    let idle = |status: &str| Unknown::Idle {
        source_: source.clone(),
        status: status.to_owned(),
    };
    match source {
        Source::Cluster(id) => {
            let cluster = topology.clusters.get(id).ok_or_else(not_found)?;
            if is_idle(&cluster.status) {
                return Err(idle(&cluster.status));
            }
            let vpc = cluster
                .members
                .iter()
                .find_map(|m| topology.instances.get(&m.instance)?.vpc.clone());
            Ok(Facts {
                port: cluster.port,
                vpc,
                standby: Standby::Unknown,
            })
        }
        Source::Instance(id) => {
            let instance = topology.instances.get(id).ok_or_else(not_found)?;
            if let Some(cluster) = &instance.cluster {
                return Err(Unknown::InstanceOfCluster {
                    instance: id.clone(),
                    cluster: cluster.clone(),
                });
            }
            if is_idle(&instance.status) {
                return Err(idle(&instance.status));
            }
            Ok(Facts {
                port: instance.port,
                vpc: instance.vpc.clone(),
                standby: instance.standby,
            })
        }
    }
}

/// The names that must be asked before [`weigh`] can weigh what they say: the source's own, and those of a cluster's members.
pub fn questions(source: &Source, topology: &Topology) -> Vec<HostName> {
    let mut names: Vec<HostName> = match source {
        Source::Instance(id) => endpoint_of(id, topology).into_iter().cloned().collect(),
        Source::Cluster(id) => topology.clusters.get(id).map_or_else(Vec::new, |cluster| {
            let members = cluster
                .members
                .iter()
                .filter_map(|m| endpoint_of(&m.instance, topology));
            cluster.endpoint.iter().chain(members).cloned().collect()
        }),
    };
    names.sort();
    names.dedup();
    names
}

/// At which address each of a cluster's members is by its own name, as far as these answered.
pub fn member_addresses(source: &Source, topology: &Topology, answers: &Answers) -> BTreeMap<IpAddr, Identifier> {
    let Source::Cluster(id) = source else {
        return BTreeMap::new();
    };
    let members = topology
        .clusters
        .get(id)
        .into_iter()
        .flat_map(|cluster| &cluster.members);
    let at = |member: &Member| {
        let answer = answers.get(endpoint_of(&member.instance, topology)?)?.as_ref().ok()?;
        Some(
            answer
                .addresses
                .iter()
                .map(|address| (*address, member.instance.clone()))
                .collect::<Vec<_>>(),
        )
    };
    members.filter_map(at).flatten().collect()
}

/// What every key says.
pub fn weigh(source: &Source, topology: &Topology, answers: &Answers, allow: &Allow, family: Family) -> Evidence {
    let court = Court {
        topology,
        answers,
        allow,
        family,
    };
    if let Err(unknown) = facts(source, topology) {
        return Evidence::unknown(source, unknown);
    }
    match source {
        Source::Instance(id) => Evidence::Instance {
            dns: court.own_address(id),
        },
        Source::Cluster(id) => match topology.clusters.get(id) {
            Some(cluster) => Evidence::Cluster {
                topology: writer(id, cluster).and_then(|w| court.members_address(cluster, w)),
                dns: court.cluster_name(id, cluster),
            },
            None => Evidence::unknown(source, Unknown::SourceNotFound(source.clone())),
        },
    }
}

/// The answers and what they are held against.
struct Court<'a> {
    topology: &'a Topology,
    answers: &'a Answers,
    allow: &'a Allow,
    family: Family,
}

impl Court<'_> {
    /// Where an instance's own name points.
    fn own_address(&self, id: &Identifier) -> Reading {
        let name = endpoint_of(id, self.topology).ok_or_else(|| Unknown::NoEndpoint(id.clone()))?;
        let address = self.single(name, self.answer(name)?)?;
        Ok(Witness {
            member: id.clone(),
            address,
        })
    }

    /// Where a member's own name points, if no other member's does.
    fn members_address(&self, cluster: &Cluster, id: &Identifier) -> Reading {
        let witness = self.own_address(id)?;
        if let Some(name) = endpoint_of(id, self.topology) {
            self.unshared(cluster, name, witness.address)?;
        }
        Ok(witness)
    }

    /// Who and where, by the cluster's name.
    fn cluster_name(&self, id: &Identifier, cluster: &Cluster) -> Reading {
        let name = cluster
            .endpoint
            .as_ref()
            .ok_or_else(|| Unknown::NoEndpoint(id.clone()))?;
        let answer = self.answer(name)?;
        let address = self.single(name, answer)?;
        self.unshared(cluster, name, address)?;
        let member = match named_member(cluster, self.topology, answer) {
            Some(member) => member,
            None => self.member_at(id, cluster, name, address)?,
        };
        Ok(Witness {
            member: member.clone(),
            address,
        })
    }

    fn answer(&self, name: &HostName) -> Result<&Answer, Unknown> {
        match self.answers.get(name) {
            Some(Ok(answer)) => Ok(answer),
            Some(Err(error)) => Err(Unknown::Lookup(name.clone(), error.clone())),
            None => Err(Unknown::Lookup(name.clone(), LookupError::Timeout)),
        }
    }

    /// The one address of an answer, past the guard. One refused address refuses the whole answer.
    fn single(&self, name: &HostName, answer: &Answer) -> Result<IpAddr, Unknown> {
        for address in &answer.addresses {
            self.allow
                .check(*address, self.family)
                .map_err(|refusal| Unknown::Guarded(name.clone(), *address, refusal))?;
        }
        match answer.addresses.as_slice() {
            [] => Err(Unknown::Lookup(name.clone(), LookupError::NoAddress)),
            [one] => Ok(*one),
            _ => Err(Unknown::SeveralAddresses(name.clone())),
        }
    }

    /// Several names at one address are what a wildcard in a shadowing zone looks like, perhaps one that leads to the
    /// load balancer itself.
    fn unshared(&self, cluster: &Cluster, name: &HostName, address: IpAddr) -> Result<(), Unknown> {
        let names: BTreeSet<&HostName> = self
            .members_at(cluster, address)
            .filter_map(|member| endpoint_of(member, self.topology))
            .collect();
        if names.len() > 1 {
            return Err(Unknown::SharedAddress(name.clone(), address));
        }
        Ok(())
    }

    /// The member whose own name points at an address. Members that share a name cannot be told apart by DNS at all:
    /// then the topology says who.
    fn member_at<'c>(
        &self,
        id: &Identifier,
        cluster: &'c Cluster,
        name: &HostName,
        address: IpAddr,
    ) -> Result<&'c Identifier, Unknown> {
        let writer = writer(id, cluster).ok();
        self.members_at(cluster, address)
            .find(|member| Some(*member) == writer)
            .or_else(|| self.members_at(cluster, address).next())
            .ok_or_else(|| Unknown::NotAMember(name.clone(), address))
    }

    /// The members whose own names point at an address.
    fn members_at<'c>(&self, cluster: &'c Cluster, address: IpAddr) -> impl Iterator<Item = &'c Identifier> {
        let is_there = move |id: &&Identifier| {
            let answer = endpoint_of(id, self.topology).and_then(|own| self.answers.get(own)?.as_ref().ok());
            answer.is_some_and(|answer| answer.addresses == [address])
        };
        cluster.members.iter().map(|member| &member.instance).filter(is_there)
    }
}

/// The one writer of a cluster. RDS can name none or several for a moment.
fn writer<'a>(id: &Identifier, cluster: &'a Cluster) -> Result<&'a Identifier, Unknown> {
    let mut writers = cluster.members.iter().filter(|m| m.writer);
    match (writers.next(), writers.next()) {
        (Some(one), None) => Ok(&one.instance),
        (None, _) => Err(Unknown::NoWriter(id.clone())),
        (Some(_), Some(_)) => Err(Unknown::SeveralWriters(id.clone())),
    }
}

/// The member whose own name stands in the CNAME chain.
fn named_member<'a>(cluster: &'a Cluster, topology: &Topology, answer: &Answer) -> Option<&'a Identifier> {
    let named = |id: &&Identifier| endpoint_of(id, topology).is_some_and(|name| answer.aliases.contains(name));
    cluster.members.iter().map(|m| &m.instance).find(named)
}

fn endpoint_of<'a>(id: &Identifier, topology: &'a Topology) -> Option<&'a HostName> {
    topology.instances.get(id)?.endpoint.as_ref()
}

/// States in which there is no endpoint to follow. Every other word (`upgrading`, `storage-optimization`,
/// `rebooting`, `failing-over`, …) is a database that is up, or will be in a moment, and keeps its target
/// (AWS docs: "Viewing Amazon RDS DB instance status").
fn is_idle(status: &str) -> bool {
    matches!(
        status,
        "creating" | "stopping" | "stopped" | "deleting" | "inaccessible-encryption-credentials"
    )
}

#[cfg(test)]
mod tests;
