//! One cell of the table, and facts about it that do not come from the planner.
//!
//! This code determines by itself which targets are present, what the keys report together and
//! which targets belong to the binding. Only the types come from the crate.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use writerlink_core::config::{Binding, PortDiffers, Timing};
use writerlink_core::evidence::{Evidence, MemberAt, Unknown};
use writerlink_core::plan::{Observation, TrustInDns};
use writerlink_core::source::Source;
use writerlink_core::target::{Registration, Target, TargetState, Zone};
use writerlink_core::topology::Standby;

use crate::readings;

/// All inputs of a plan.
#[derive(Clone)]
pub(crate) struct Cell<'a> {
    pub(crate) binding: &'a Binding,
    pub(crate) timing: &'a Timing,
    pub(crate) seen: Observation,
}

/// What the keys report together.
#[derive(Clone, Copy)]
pub(crate) enum Keys<'a> {
    /// Every key names this member.
    Agree(&'a MemberAt),
    /// Topology names this member, and DNS names another.
    Differ(&'a MemberAt),
    /// A key is unknown for this reason. Topology may still name a member.
    Silent(Option<&'a MemberAt>, &'static str),
}

/// The kind of source, as far as it matters to a plan.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Follows {
    Cluster,
    /// A member of a cluster, whatever its role.
    Member,
    /// An instance whose standby refuses TCP: an extra target takes no connections.
    Refusing,
    /// An instance whose standby is unknown: an extra target may take connections.
    Unknown,
}

impl Cell<'_> {
    pub(crate) fn keys(&self) -> Keys<'_> {
        match &self.seen.evidence {
            Evidence::Cluster { topology: Err(why), .. }
            | Evidence::Member { topology: Err(why) }
            | Evidence::Instance { dns: Err(why) } => Keys::Silent(None, readings::row(why).1),
            Evidence::Cluster { topology: Ok(named), dns: Err(why) } => {
                Keys::Silent(Some(named), readings::row(why).1)
            }
            Evidence::Cluster { topology: Ok(named), dns: Ok(other) }
                if (&named.member, named.address) != (&other.member, other.address) =>
            {
                Keys::Differ(named)
            }
            Evidence::Cluster { topology: Ok(named), .. }
            | Evidence::Member { topology: Ok(named) }
            | Evidence::Instance { dns: Ok(named) } => Keys::Agree(named),
            Evidence::Set { .. } => unreachable!("sets have a table of their own"),
        }
    }

    /// The target that every key names.
    pub(crate) fn agreed(&self) -> Option<SocketAddr> {
        match self.keys() {
            Keys::Agree(named) => self.at(named),
            Keys::Differ(_) | Keys::Silent(..) => None,
        }
    }

    /// Whether a person vouches for DNS, and DNS has not stayed for the settle time.
    pub(crate) fn waits_on_trust(&self) -> bool {
        let earlier = &self.seen.earlier;
        earlier.trust == TrustInDns::Counts && earlier.steady_for < self.timing.settle
    }

    /// The target that topology alone names.
    pub(crate) fn named_by_topology_alone(&self) -> Option<SocketAddr> {
        match self.keys() {
            Keys::Differ(named) | Keys::Silent(Some(named), _) => self.at(named),
            Keys::Agree(_) | Keys::Silent(None, _) => None,
        }
    }

    /// The target that DNS names while the RDS API cannot be read.
    pub(crate) fn named_by_dns_alone(&self) -> Option<SocketAddr> {
        match &self.seen.evidence {
            Evidence::Cluster { topology: Err(Unknown::Call(_)), dns: Ok(named) } => self.at(named),
            _ => None,
        }
    }

    fn at(&self, named: &MemberAt) -> Option<SocketAddr> {
        Some(SocketAddr::new(named.address, self.port()?))
    }

    /// The binding's port, or else the database's own.
    pub(crate) fn port(&self) -> Option<u16> {
        match (self.binding.port, &self.seen.facts) {
            (Some(port), _) => Some(port),
            (None, Some(facts)) => facts.port,
            (None, None) => None,
        }
    }

    /// The port that RDS reports, which it does for clusters and instances.
    fn port_of_rds(&self) -> Option<u16> {
        match self.binding.source {
            Source::Proxy(..) | Source::Name(_) => None,
            _ => self.seen.facts.as_ref()?.port,
        }
    }

    /// Whether the binding has a port on which, according to RDS, nothing listens, and does not say
    /// that this is intended.
    pub(crate) fn is_on_a_wrong_port(&self) -> bool {
        let said = self.binding.port.zip(self.port_of_rds());
        self.binding.port_differs == PortDiffers::Held
            && said.is_some_and(|(written, said)| written != said)
    }

    /// Foreign targets at an address of the database, on a port on which it does not listen.
    /// `wanted` are its addresses.
    pub(crate) fn on_a_former_port(&self, wanted: &[IpAddr]) -> impl Iterator<Item = &Target> {
        let is_port_known =
            self.binding.port_differs == PortDiffers::Held && self.port_of_rds().is_some();
        self.foreign_targets().filter(move |foreign| {
            is_port_known
                && wanted.contains(&foreign.address.ip())
                && Some(foreign.address.port()) != self.port_of_rds()
        })
    }

    pub(crate) fn follows(&self) -> Follows {
        match (&self.seen.evidence, &self.seen.facts) {
            (Evidence::Cluster { .. }, _) => Follows::Cluster,
            (Evidence::Member { .. }, _) => Follows::Member,
            (Evidence::Instance { .. }, Some(facts)) if facts.standby == Standby::RefusesTcp => {
                Follows::Refusing
            }
            (Evidence::Instance { .. }, _) => Follows::Unknown,
            (Evidence::Set { .. }, _) => unreachable!("sets have a table of their own"),
        }
    }

    /// The targets that are registered and not draining.
    pub(crate) fn present(&self) -> impl Iterator<Item = &Target> {
        self.seen.targets.iter().filter(|target| target.state != TargetState::Draining)
    }

    /// The state of a target that is present.
    pub(crate) fn state_of(&self, address: SocketAddr) -> Option<&TargetState> {
        self.present().find(|target| target.address == address).map(|target| &target.state)
    }

    /// Whether a target is on the binding's port and inside its `allow`, which is 10.20.0.0/16 in
    /// the whole table.
    pub(crate) fn is_home(&self, address: SocketAddr) -> bool {
        let allowed = matches!(address.ip(), IpAddr::V4(ip) if ip.octets().starts_with(&[10, 20]));
        allowed && Some(address.port()) == self.port()
    }

    /// The present targets that are not the binding's own and that it may not remove.
    pub(crate) fn foreign_targets(&self) -> impl Iterator<Item = &Target> {
        self.present().filter(|target| !self.binding.exclusive && !self.is_home(target.address))
    }

    /// The present targets other than the agreed one that the binding may remove: all that a
    /// removal may name.
    pub(crate) fn others(&self, agreed: SocketAddr) -> impl Iterator<Item = &Target> {
        let in_reach = |target: &&Target| self.binding.exclusive || self.is_home(target.address);
        self.present().filter(move |target| target.address != agreed).filter(in_reach)
    }

    /// An address outside the group's VPC is registered for all zones; inside, the load balancer
    /// finds the zone.
    pub(crate) fn registration(&self, address: SocketAddr) -> Registration {
        let database = self.seen.facts.as_ref().and_then(|facts| facts.vpc.as_ref());
        let apart = database
            .zip(self.seen.group.vpc.as_ref())
            .is_some_and(|(database, group)| database != group);
        Registration { address, zone: apart.then(Zone::all) }
    }
}

impl fmt::Display for Cell<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Binding { source, port, port_differs, exclusive, max_removals, .. } = self.binding;
        writeln!(
            f,
            "{source} port {port:?} differs {port_differs:?} exclusive {exclusive} max-removals \
             {max_removals}"
        )?;
        writeln!(f, "{:?}", self.timing)?;
        writeln!(f, "{}", self.seen.evidence)?;
        writeln!(f, "{:?}, {:?}", self.seen.facts, self.seen.group)?;
        for target in &self.seen.targets {
            writeln!(f, "{} {}", target.address, target.state)?;
        }
        write!(f, "{:?}", self.seen.earlier)
    }
}
