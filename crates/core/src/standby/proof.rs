//! Where the standby is, as one reading of EC2, RDS and DNS shows it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::IpAddr;

use super::{DESCRIPTION, Interface, REQUESTER, Refusal, fit};
use crate::evidence::Answers;
use crate::failure::CallError;
use crate::mechanism::Mechanism;
use crate::source::Identifier;
use crate::target::Family;
use crate::topology::{Instance, Topology};

/// What one reading says of the standby's address.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Proof {
    /// It is this one.
    Proven(IpAddr),
    /// No interface is the standby's.
    NotFound(Missing),
    /// Several interfaces may be the standby's.
    Ambiguous(Ambiguity),
    /// The interfaces could not be read.
    Unproven(CallError),
    /// The instance cannot have a warm standby.
    Refused(Refusal),
}

/// Why no interface is the standby's.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Missing {
    /// The address that DNS gives is at none of the interfaces that fit: the positive control.
    Writer(IpAddr),
    /// RDS does not name two zones.
    Zones,
    /// No other interface fits.
    Other,
    /// The only other one is in the writer's own zone.
    SameZone(IpAddr),
}

/// Why several interfaces may be the standby's.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Ambiguity {
    /// So many others fit.
    Several(usize),
    /// This instance has the same security groups, and a standby of its own.
    MultiAz(Identifier),
    /// This instance has the same security groups, or is being given others, and nothing says which
    /// interface is its own.
    Unresolved(Identifier),
}

impl Proof {
    /// The proven address.
    pub fn address(&self) -> Option<IpAddr> {
        match self {
            Self::Proven(address) => Some(*address),
            _ => None,
        }
    }

    /// The word in reports.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Proven(_) => "proven",
            Self::NotFound(_) => "not-found",
            Self::Ambiguous(_) => "ambiguous",
            Self::Unproven(_) => "unproven",
            Self::Refused(_) => "refused",
        }
    }
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Proven(address) => write!(f, "the standby is at {address}"),
            Self::NotFound(missing) => match missing {
                Missing::Writer(writer) => write!(
                    f,
                    "the address that DNS gives, {writer}, is at none of RDS's network interfaces \
                     with the instance's subnets, security groups and zones"
                ),
                Missing::Zones => f.write_str("RDS does not name the standby's zone"),
                Missing::Other => f.write_str(
                    "no other network interface of RDS has the instance's subnets, security \
                     groups and zones",
                ),
                Missing::SameZone(address) => {
                    write!(
                        f,
                        "the only other network interface, {address}, is in the writer's zone"
                    )
                }
            },
            Self::Ambiguous(ambiguity) => match ambiguity {
                Ambiguity::Several(count) => write!(
                    f,
                    "{count} network interfaces of RDS may be the standby's: they have the same \
                     security groups"
                ),
                Ambiguity::MultiAz(id) => write!(
                    f,
                    "the instance {id} has the same security groups and a standby too, so nothing \
                     tells the two standbys apart"
                ),
                Ambiguity::Unresolved(id) => write!(
                    f,
                    "the instance {id} may have the same security groups, and its own address is \
                     not known"
                ),
            },
            Self::Unproven(error) => write!(f, "the network interfaces cannot be read: {error}"),
            Self::Refused(refusal) => write!(f, "{refusal}"),
        }
    }
}

/// What one reading says of the standby, and of every other address.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct StandbyReading {
    /// The address that DNS gave.
    pub writer: IpAddr,
    /// What it says of the standby.
    pub proof: Proof,
    /// The addresses of all interfaces of RDS in the VPC.
    pub held: BTreeSet<IpAddr>,
    /// Those of them that are another instance's.
    pub others: BTreeSet<IpAddr>,
}

impl StandbyReading {
    /// Whether everything was read, and the writer's own address shows that it was the right VPC.
    pub fn is_complete(&self) -> bool {
        self.held.contains(&self.writer)
    }

    /// Whether it contradicts that an address is the standby's. What could not be read, and what is
    /// not certain, contradicts nothing.
    pub fn contradicts(&self, address: IpAddr) -> bool {
        match &self.proof {
            _ if address == self.writer => false,
            Proof::Refused(refusal) if refusal.is_lasting() => true,
            Proof::Unproven(_) if !Mechanism::UnprovenHolds.is_on() => true,
            _ if !self.is_complete() => false,
            Proof::Proven(standby) => *standby != address,
            Proof::Refused(Refusal::SingleAz) => true,
            Proof::NotFound(_) | Proof::Ambiguous(_) | Proof::Unproven(_) | Proof::Refused(_) => {
                self.others.contains(&address) || !self.held.contains(&address)
            }
        }
    }
}

/// What a proof is made from.
#[derive(Debug, Clone, Copy)]
pub struct Sources<'a> {
    /// The instance.
    pub id: &'a Identifier,
    /// What RDS lists: every instance of the Region.
    pub topology: &'a Topology,
    /// The address that DNS gives.
    pub writer: IpAddr,
    /// The family of the group's targets.
    pub family: Family,
    /// The network interfaces of RDS in the instance's VPC.
    pub interfaces: Result<&'a [Interface], &'a CallError>,
    /// What the names of the [`neighbours`] resolve to.
    pub answers: &'a Answers,
}

/// The other instances that may have an interface like the instance's: those in its VPC that share
/// a security group with it, or whose groups are not known.
pub fn neighbours<'a>(
    id: &Identifier,
    topology: &'a Topology,
) -> BTreeMap<&'a Identifier, &'a Instance> {
    let Some(own) = topology.instances.get(id) else {
        return BTreeMap::new();
    };
    let groups = &own.placement.security_groups;
    let is_near = |other: &Instance| {
        let theirs = &other.placement.security_groups;
        (other.vpc.is_none() || other.vpc == own.vpc)
            && (theirs.is_empty() || theirs.keys().any(|group| groups.contains_key(group)))
    };
    topology.instances.iter().filter(|(other, it)| *other != id && is_near(it)).collect()
}

/// What these readings say of an instance's standby, if RDS lists the instance.
///
/// The standby's interface is the one that is left of those that fit when the writer's and those of
/// the neighbours are taken away, in the other zone. The two zones are a pair and no order: they
/// swap minutes after a failover.
pub fn prove(sources: Sources<'_>) -> Option<StandbyReading> {
    let instance = sources.topology.instances.get(sources.id)?;
    let near = neighbours(sources.id, sources.topology);
    let interfaces = match sources.interfaces {
        Ok(interfaces) => interfaces,
        Err(error) => {
            let proof = match fit(instance) {
                Err(refusal) => Proof::Refused(refusal),
                Ok(()) => Proof::Unproven(error.clone()),
            };
            let (held, others) = (BTreeSet::new(), BTreeSet::new());
            return Some(StandbyReading { writer: sources.writer, proof, held, others });
        }
    };
    let addresses = interfaces.iter().flat_map(|interface| interface.addresses.iter().copied());
    let held: BTreeSet<IpAddr> = addresses.collect();
    let mut others = foreign(instance, interfaces);
    let resolved = |other: &Instance| {
        let answer = sources.answers.get(other.endpoint.as_ref()?)?.as_ref().ok()?;
        // An address at no interface here is another way to the instance, such as a public one.
        let own: Vec<_> = answer.addresses.iter().filter(|ip| held.contains(ip)).copied().collect();
        (!own.is_empty()).then_some(own)
    };
    others.extend(near.values().filter_map(|other| resolved(other)).flatten());
    others.remove(&sources.writer);
    let unclear = near.iter().find_map(|(id, other)| {
        if !may_fit(instance, other) || other.network.is_some_and(|n| !n.has(sources.family)) {
            None
        } else if other.placement.multi_az == Some(true) || other.placement.multi_az_changes {
            Some(Ambiguity::MultiAz((*id).clone()))
        } else {
            resolved(other).is_none().then(|| Ambiguity::Unresolved((*id).clone()))
        }
    });
    let proof = match fit(instance) {
        Err(refusal) => Proof::Refused(refusal),
        Ok(()) => found(instance, &sources, interfaces, &others, unclear),
    };
    Some(StandbyReading { writer: sources.writer, proof, held, others })
}

/// What is left of the interfaces that fit.
fn found(
    instance: &Instance,
    sources: &Sources<'_>,
    interfaces: &[Interface],
    others: &BTreeSet<IpAddr>,
    unclear: Option<Ambiguity>,
) -> Proof {
    let placement = &instance.placement;
    let (Some(first), Some(second)) = (&placement.zone, &placement.secondary_zone) else {
        return Proof::NotFound(Missing::Zones);
    };
    let active = active(instance);
    let fits = |interface: &&Interface| {
        interface.requester_managed
            && interface.requester.as_deref() == Some(REQUESTER)
            && interface.description == DESCRIPTION
            && interface.in_use
            && placement.subnets.contains(&interface.subnet)
            && interface.security_groups == active
            && (interface.zone == *first || interface.zone == *second)
    };
    let of_family = |interface: &Interface| {
        let mut own = interface.addresses.iter().filter(|ip| Family::of(**ip) == sources.family);
        // Of two addresses nothing says which one the name would give.
        own.next().copied().filter(|_| own.next().is_none())
    };
    let candidates: BTreeMap<IpAddr, &str> = (interfaces.iter().filter(fits))
        .filter_map(|interface| Some((of_family(interface)?, interface.zone.as_str())))
        .collect();
    let Some(writers_zone) = candidates.get(&sources.writer) else {
        return Proof::NotFound(Missing::Writer(sources.writer));
    };
    let left: Vec<_> = candidates
        .iter()
        .filter(|(ip, _)| **ip != sources.writer && !others.contains(ip))
        .collect();
    match (left.as_slice(), unclear) {
        ([], _) => Proof::NotFound(Missing::Other),
        (_, Some(ambiguity)) => Proof::Ambiguous(ambiguity),
        ([(address, zone)], None) if *zone == writers_zone => {
            Proof::NotFound(Missing::SameZone(**address))
        }
        ([(address, _)], None) => Proof::Proven(**address),
        (several, None) => Proof::Ambiguous(Ambiguity::Several(several.len())),
    }
}

/// The security groups that an instance has, without those that are being added or removed.
fn active(instance: &Instance) -> BTreeSet<String> {
    let groups = instance.placement.security_groups.iter();
    groups.filter(|(_, status)| *status == "active").map(|(id, _)| id.clone()).collect()
}

/// Whether an instance's groups are known and do not change.
fn is_settled(instance: &Instance) -> bool {
    let groups = &instance.placement.security_groups;
    !groups.is_empty() && groups.values().all(|status| status == "active")
}

/// Whether another instance's interfaces may have exactly the instance's security groups.
fn may_fit(instance: &Instance, other: &Instance) -> bool {
    !is_settled(other) || active(other) == active(instance)
}

/// The addresses at interfaces that have none of the instance's security groups.
fn foreign(instance: &Instance, interfaces: &[Interface]) -> BTreeSet<IpAddr> {
    if !is_settled(instance) {
        return BTreeSet::new();
    }
    let own = active(instance);
    let foreign = interfaces.iter().filter(|interface| interface.security_groups.is_disjoint(&own));
    foreign.flat_map(|interface| interface.addresses.iter().copied()).collect()
}

#[cfg(test)]
mod tests;
