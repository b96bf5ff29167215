//! What the two keys say at one moment.
//!
//! A key says *who* (which member) before it says *where* (which address). The *topology* key is
//! the RDS API: it names the one member with `IsClusterWriter`, whose own endpoint name is then
//! resolved. The *DNS* key is the source's own endpoint name: a cluster's CNAME names the member;
//! without one, the address is compared with those of the members. An instance has only the DNS
//! key. What cannot be read is unknown, with a reason, and never empty.
//!
//! While the RDS API cannot be read, a cluster's own name says something only if it is an alias of
//! the name of a member that an earlier topology listed ([`weigh_dns_alone`]).
//!
//! A member of a cluster has one key as well: the topology lists it, and its own name says where it
//! is.
//!
//! A set of equals has one key. For a cluster's readers and a custom endpoint it is the topology,
//! and the members' own names say where. For a proxy and a name that is not of RDS it is DNS.

mod facts;
mod history;
mod listed;
mod unknown;
mod weigh;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

pub(crate) use self::facts::is_up;
pub use self::facts::{Facts, facts};
pub use self::history::EvidenceHistory;
pub use self::listed::{Listed, WrongName};
pub use self::unknown::Unknown;
pub(crate) use self::weigh::{listed_writer, member_addresses};
pub use self::weigh::{questions, weigh, weigh_dns_alone};
use crate::failure::LookupError;
use crate::mechanism::Mechanism;
use crate::source::{Identifier, Source};
use crate::topology::HostName;

/// What a name resolved to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Answer {
    /// The names of the CNAME chain in order, without the one that was asked for.
    pub aliases: Vec<HostName>,
    /// The addresses at the end of the chain, in ascending order.
    pub addresses: Vec<IpAddr>,
    /// The longest that a cache may keep the answer: the longest time to live of its records.
    pub ttl: Duration,
}

/// What DNS answered for each name that was asked for.
pub type Answers = BTreeMap<HostName, Result<Answer, LookupError>>;

/// What one key says: who the writer is and where, or why it says nothing.
pub type Reading = Result<MemberAt, Unknown>;

/// One reading of every key of a source.
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
    /// A member of a cluster, whatever its role, has one.
    Member {
        /// The RDS API, which lists it, and its own name, which says where it is.
        topology: Reading,
    },
    /// A set of equals has one.
    Set {
        /// Which key.
        key: Key,
        /// The members that it lists, or why it says nothing.
        listing: Result<Listing, Unknown>,
    },
}

/// Which key lists a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Key {
    /// The RDS API lists the members, and their own names say where they are.
    Topology,
    /// A name gives the addresses, and nothing says whose they are.
    Dns,
}

/// A set as its key lists it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Listing {
    /// The addresses, and the member at each, where it is known.
    pub listed: BTreeMap<IpAddr, Option<Identifier>>,
    /// Why a member of the set is not listed. While there is a gap, a member that is not listed may
    /// still belong to the set.
    pub gap: Option<Unknown>,
}

/// Who the writer is and where.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MemberAt {
    /// The instance.
    pub member: Identifier,
    /// Its address.
    pub address: IpAddr,
}

/// What the keys say together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Verdict<'a> {
    /// Every key names this member.
    Agree(&'a MemberAt),
    /// These are all members of a set.
    Listed(&'a Listing),
    /// The keys name different members.
    Disagree {
        /// What the RDS API says.
        topology: &'a MemberAt,
        /// What DNS says.
        dns: &'a MemberAt,
    },
    /// A key says nothing.
    Unknown(&'a Unknown),
}

impl Evidence {
    /// Unknown for every key, for the same reason.
    pub fn unknown(source: &Source, unknown: Unknown) -> Self {
        match source {
            Source::Cluster(_) => {
                Self::Cluster { topology: Err(unknown.clone()), dns: Err(unknown) }
            }
            Source::Instance(_) => Self::Instance { dns: Err(unknown) },
            Source::Member { .. } => Self::Member { topology: Err(unknown) },
            Source::Readers(..) | Source::Custom { .. } => {
                Self::Set { key: Key::Topology, listing: Err(unknown) }
            }
            Source::Proxy(..) | Source::Name(_) => {
                Self::Set { key: Key::Dns, listing: Err(unknown) }
            }
        }
    }

    /// What the keys say together.
    pub fn verdict(&self) -> Verdict<'_> {
        match self {
            Self::Cluster { dns: Ok(dns), .. } if !Mechanism::BothKeys.is_on() => {
                Verdict::Agree(dns)
            }
            Self::Cluster { topology: Err(_), dns: Ok(member_at) }
            | Self::Cluster { topology: Ok(member_at), dns: Err(_) }
                if !Mechanism::UnknownHolds.is_on() =>
            {
                Verdict::Agree(member_at)
            }
            Self::Cluster { topology: Err(unknown), .. }
            | Self::Cluster { dns: Err(unknown), .. }
            | Self::Instance { dns: Err(unknown) }
            | Self::Member { topology: Err(unknown) }
            | Self::Set { listing: Err(unknown), .. } => Verdict::Unknown(unknown),
            Self::Set { listing: Ok(listing), .. } => match &listing.gap {
                Some(gap) if Mechanism::UnknownHolds.is_on() => Verdict::Unknown(gap),
                _ => Verdict::Listed(listing),
            },
            // Member and address: an alias of the writer that gives another address is no
            // agreement.
            Self::Cluster { topology: Ok(topology), dns: Ok(dns) } if topology == dns => {
                Verdict::Agree(dns)
            }
            Self::Cluster { topology: Ok(topology), dns: Ok(dns) } => {
                Verdict::Disagree { topology, dns }
            }
            Self::Instance { dns: Ok(member_at) } | Self::Member { topology: Ok(member_at) } => {
                Verdict::Agree(member_at)
            }
        }
    }

    /// What the RDS API says of the writer, where it is a key of a writer.
    pub fn topology(&self) -> Option<&Reading> {
        match self {
            Self::Cluster { topology, .. } => Some(topology),
            Self::Instance { .. } | Self::Member { .. } | Self::Set { .. } => None,
        }
    }

    /// What DNS says of the writer.
    pub fn dns(&self) -> Option<&Reading> {
        match self {
            Self::Cluster { dns, .. } | Self::Instance { dns } => Some(dns),
            Self::Member { .. } | Self::Set { .. } => None,
        }
    }

    /// Whether the keys say the same. A call that failed says nothing, whatever its error: while
    /// the RDS API is away, the error changes from call to call.
    pub(crate) fn says_the_same(&self, other: &Self) -> bool {
        let same = |one: &Reading, other: &Reading| match (one, other) {
            (Err(Unknown::Call(_)), Err(Unknown::Call(_))) => true,
            _ => one == other,
        };
        match (self, other) {
            (
                Self::Cluster { topology, dns },
                Self::Cluster { topology: other_topology, dns: other_dns },
            ) => same(topology, other_topology) && same(dns, other_dns),
            _ => self == other,
        }
    }

    /// What the keys say if a person vouches for DNS: the RDS API would say the same.
    pub(crate) fn vouched_for(&self) -> Self {
        match self {
            Self::Cluster { dns, .. } => Self::Cluster { topology: dns.clone(), dns: dns.clone() },
            Self::Instance { .. } | Self::Member { .. } | Self::Set { .. } => self.clone(),
        }
    }

    /// Whom DNS names while the RDS API, which could not be read, names nobody. An API that was
    /// read and names nobody is not meant: it contradicts.
    pub fn dns_alone(&self) -> Option<&MemberAt> {
        match self {
            Self::Cluster { topology: Err(Unknown::Call(_)), dns: Ok(dns) } => Some(dns),
            Self::Cluster { .. }
            | Self::Instance { .. }
            | Self::Member { .. }
            | Self::Set { .. } => None,
        }
    }

    /// The members that the RDS API names and their addresses, where it is a key.
    pub fn by_topology(&self) -> Option<BTreeMap<IpAddr, Option<Identifier>>> {
        match self {
            Self::Cluster { topology, .. } | Self::Member { topology } => {
                named(topology.as_ref().ok()?)
            }
            Self::Set { key: Key::Topology, listing } => {
                listing.as_ref().ok().map(|listing| listing.listed.clone())
            }
            Self::Instance { .. } | Self::Set { .. } => None,
        }
    }

    /// The members that DNS names and their addresses, where it is a key.
    pub fn by_dns(&self) -> Option<BTreeMap<IpAddr, Option<Identifier>>> {
        match self {
            Self::Cluster { dns, .. } | Self::Instance { dns } => named(dns.as_ref().ok()?),
            Self::Set { key: Key::Dns, listing } => {
                listing.as_ref().ok().map(|listing| listing.listed.clone())
            }
            Self::Member { .. } | Self::Set { .. } => None,
        }
    }

    /// Whether a member of the set is not listed.
    pub(crate) fn has_gap(&self) -> bool {
        matches!(self, Self::Set { listing: Ok(Listing { gap: Some(_), .. }), .. })
    }

    /// The addresses that every key agrees on: one for a writer, several for a set.
    pub fn agreed(&self) -> Option<BTreeSet<IpAddr>> {
        match self.verdict() {
            Verdict::Agree(member_at) => Some([member_at.address].into()),
            Verdict::Listed(listing) => Some(listing.listed.keys().copied().collect()),
            Verdict::Disagree { .. } | Verdict::Unknown(_) => None,
        }
    }
}

fn named(member_at: &MemberAt) -> Option<BTreeMap<IpAddr, Option<Identifier>>> {
    Some([(member_at.address, Some(member_at.member.clone()))].into())
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let say = |reading: &Reading| match reading {
            Ok(member_at) => format!("{} at {}", member_at.member, member_at.address),
            Err(unknown) => format!("unknown ({unknown})"),
        };
        match self {
            Self::Cluster { topology: Err(_), dns: Err(unknown) }
            | Self::Instance { dns: Err(unknown) }
            | Self::Set { listing: Err(unknown), .. }
                if unknown.comes_from_rds() =>
            {
                write!(f, "topology: unknown ({unknown})")
            }
            Self::Cluster { topology, dns } => {
                write!(f, "topology: {}; dns: {}", say(topology), say(dns))
            }
            Self::Instance { dns } => write!(f, "dns: {}", say(dns)),
            Self::Member { topology } => write!(f, "topology: {}", say(topology)),
            Self::Set { key, listing } => {
                f.write_str(match key {
                    Key::Topology => "topology: ",
                    Key::Dns => "dns: ",
                })?;
                match listing {
                    Ok(listing) => write!(f, "{listing}"),
                    Err(unknown) => write!(f, "unknown ({unknown})"),
                }
            }
        }
    }
}

impl fmt::Display for Listing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (address, member)) in self.listed.iter().enumerate() {
            f.write_str(if index == 0 { "" } else { ", " })?;
            match member {
                Some(member) => write!(f, "{member} at {address}")?,
                None => write!(f, "{address}")?,
            }
        }
        match &self.gap {
            Some(gap) => write!(f, ", and more (unknown: {gap})"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
