//! What the two keys say at one moment.
//!
//! A key says *who* (which member) before it says *where* (which address). *Topology* is the RDS
//! API: the one member with `IsClusterWriter`, whose own endpoint name is then resolved. *DNS* is
//! the source's own endpoint name: for a cluster its CNAME names the member, else its address is
//! compared with the members'. An instance has only the DNS key. Whatever cannot be read is unknown
//! with a reason, never empty.
//!
//! A set of equals has one key: the topology for a cluster's readers and custom endpoints, whose
//! members' own names say where, and DNS for a proxy or a name that is not of RDS.

mod facts;
mod history;
mod listed;
mod unknown;
mod weigh;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

pub use self::facts::{Facts, facts};
pub use self::history::EvidenceHistory;
pub use self::listed::{Listed, WrongName};
pub use self::unknown::Unknown;
pub(crate) use self::weigh::member_addresses;
pub use self::weigh::{questions, weigh};
use crate::failure::LookupError;
use crate::mechanism::Mechanism;
use crate::source::{Identifier, Source};
use crate::topology::HostName;

/// What a name resolved to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Answer {
    /// The names that the CNAME chain passed through, the asked one left out, in order.
    pub aliases: Vec<HostName>,
    /// The addresses at its end, in ascending order.
    pub addresses: Vec<IpAddr>,
    /// For how long, at most, a cache on the way may go on giving it: the longest time to live of
    /// its records.
    pub ttl: Duration,
}

/// What the names that were asked for answered.
pub type Answers = BTreeMap<HostName, Result<Answer, LookupError>>;

/// What one key says: a witness, or why it says nothing.
pub type Reading = Result<MemberAt, Unknown>;

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
    /// A set of equals has one as well.
    Set {
        /// Which one.
        key: Key,
        /// What it lists.
        listing: Result<Listing, Unknown>,
    },
}

/// Which key lists a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Key {
    /// The RDS API says who, and the members' own names say where.
    Topology,
    /// A name says where, and nobody says who.
    Dns,
}

/// A set as its key lists it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Listing {
    /// The addresses, and whose they are as far as that is known.
    pub listed: BTreeMap<IpAddr, Option<Identifier>>,
    /// Why a member that belongs to the set is not listed. While there is a gap, nothing can be
    /// said of those that the roll lacks.
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

/// What the keys amount to together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Verdict<'a> {
    /// Every key names this one.
    Agree(&'a MemberAt),
    /// These are all of a set.
    Listed(&'a Listing),
    /// The keys name different ones.
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
    /// The same reason for every key: nothing could be asked.
    pub fn unknown(source: &Source, unknown: Unknown) -> Self {
        match source {
            Source::Cluster(_) => {
                Self::Cluster { topology: Err(unknown.clone()), dns: Err(unknown) }
            }
            Source::Instance(_) => Self::Instance { dns: Err(unknown) },
            Source::Readers(..) | Source::Custom { .. } => {
                Self::Set { key: Key::Topology, listing: Err(unknown) }
            }
            Source::Proxy(..) | Source::Name(_) => {
                Self::Set { key: Key::Dns, listing: Err(unknown) }
            }
        }
    }

    /// What the keys amount to together.
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
            | Self::Set { listing: Err(unknown), .. } => Verdict::Unknown(unknown),
            Self::Set { listing: Ok(listing), .. } => match &listing.gap {
                Some(gap) if Mechanism::UnknownHolds.is_on() => Verdict::Unknown(gap),
                _ => Verdict::Listed(listing),
            },
            Self::Cluster { topology: Ok(topology), dns: Ok(dns) } if topology == dns => {
                Verdict::Agree(dns)
            }
            Self::Cluster { topology: Ok(topology), dns: Ok(dns) } => {
                Verdict::Disagree { topology, dns }
            }
            Self::Instance { dns: Ok(dns) } => Verdict::Agree(dns),
        }
    }

    /// What the RDS API says of a writer, where it is a key.
    pub fn topology(&self) -> Option<&Reading> {
        match self {
            Self::Cluster { topology, .. } => Some(topology),
            Self::Instance { .. } | Self::Set { .. } => None,
        }
    }

    /// What DNS says of a writer.
    pub fn dns(&self) -> Option<&Reading> {
        match self {
            Self::Cluster { dns, .. } | Self::Instance { dns } => Some(dns),
            Self::Set { .. } => None,
        }
    }

    /// Whom the RDS API names and where, as far as it is a key.
    pub fn by_topology(&self) -> Option<BTreeMap<IpAddr, Option<Identifier>>> {
        match self {
            Self::Cluster { topology, .. } => named(topology.as_ref().ok()?),
            Self::Set { key: Key::Topology, listing } => {
                listing.as_ref().ok().map(|listing| listing.listed.clone())
            }
            Self::Instance { .. } | Self::Set { .. } => None,
        }
    }

    /// Whom DNS names and where, as far as it is a key.
    pub fn by_dns(&self) -> Option<BTreeMap<IpAddr, Option<Identifier>>> {
        match self {
            Self::Cluster { dns, .. } | Self::Instance { dns } => named(dns.as_ref().ok()?),
            Self::Set { key: Key::Dns, listing } => {
                listing.as_ref().ok().map(|listing| listing.listed.clone())
            }
            Self::Set { .. } => None,
        }
    }

    /// Whether some of a set are not listed.
    pub(crate) fn has_gap(&self) -> bool {
        matches!(self, Self::Set { listing: Ok(Listing { gap: Some(_), .. }), .. })
    }

    /// Where all keys agree that the source is: one address for a writer, several for a set.
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
