//! One cell of the table, and what can be said of it without any judgement of the planner's.
//!
//! What is present, what the keys amount to and which targets are the binding's own is found out
//! here anew; only the types are the crate's.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use writerlink_core::config::{Binding, PortDiffers, Timing};
use writerlink_core::evidence::{Evidence, MemberAt};
use writerlink_core::plan::Observation;
use writerlink_core::source::Source;
use writerlink_core::target::{Registration, Target, TargetState, Zone};
use writerlink_core::topology::Standby;

use crate::readings;

/// Everything that a plan is made from.
#[derive(Clone)]
pub(crate) struct Cell<'a> {
    pub(crate) binding: &'a Binding,
    pub(crate) timing: &'a Timing,
    pub(crate) seen: Observation,
}

/// What the keys amount to.
#[derive(Clone, Copy)]
pub(crate) enum Keys<'a> {
    /// Every key names this one.
    Agree(&'a MemberAt),
    /// DNS names another one than topology, which names this one.
    Differ(&'a MemberAt),
    /// A key says nothing, for this reason; topology may name one all the same.
    Silent(Option<&'a MemberAt>, &'static str),
}

/// What is followed, as far as it matters to a plan.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Follows {
    /// A cluster.
    Cluster,
    /// An instance whose standby refuses TCP: an extra target takes no connections.
    Refusing,
    /// An instance of whose standby nothing is known: an extra target may take some.
    Unknown,
}

impl Cell<'_> {
    pub(crate) fn keys(&self) -> Keys<'_> {
        match &self.seen.evidence {
            Evidence::Cluster { topology: Err(why), .. } | Evidence::Instance { dns: Err(why) } => {
                Keys::Silent(None, readings::row(why).1)
            }
            Evidence::Cluster { topology: Ok(named), dns: Err(why) } => {
                Keys::Silent(Some(named), readings::row(why).1)
            }
            Evidence::Cluster { topology: Ok(named), dns: Ok(other) }
                if (&named.member, named.address) != (&other.member, other.address) =>
            {
                Keys::Differ(named)
            }
            Evidence::Cluster { topology: Ok(named), .. }
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

    /// The target that topology alone names.
    pub(crate) fn named_by_topology_alone(&self) -> Option<SocketAddr> {
        match self.keys() {
            Keys::Differ(named) | Keys::Silent(Some(named), _) => self.at(named),
            Keys::Agree(_) | Keys::Silent(None, _) => None,
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

    /// What RDS says of the port, which it does of clusters and instances.
    fn port_of_rds(&self) -> Option<u16> {
        match self.binding.source {
            Source::Proxy(..) | Source::Name(_) => None,
            _ => self.seen.facts.as_ref()?.port,
        }
    }

    /// Whether the binding names a port on which, by what RDS says, nobody listens, and does not
    /// say that it is meant.
    pub(crate) fn is_on_a_wrong_port(&self) -> bool {
        let said = self.binding.port.zip(self.port_of_rds());
        self.binding.port_differs == PortDiffers::Held
            && said.is_some_and(|(written, said)| written != said)
    }

    /// Strangers at an address of the database that are on a port on which it does not listen;
    /// `wanted` are its addresses.
    pub(crate) fn on_a_former_port(&self, wanted: &[IpAddr]) -> impl Iterator<Item = &Target> {
        let told = self.binding.port_differs == PortDiffers::Held && self.port_of_rds().is_some();
        self.strangers().filter(move |stranger| {
            told && wanted.contains(&stranger.address.ip())
                && Some(stranger.address.port()) != self.port_of_rds()
        })
    }

    pub(crate) fn follows(&self) -> Follows {
        match (&self.seen.evidence, &self.seen.facts) {
            (Evidence::Cluster { .. }, _) => Follows::Cluster,
            (Evidence::Instance { .. }, Some(facts)) if facts.standby == Standby::RefusesTcp => {
                Follows::Refusing
            }
            (Evidence::Instance { .. }, _) => Follows::Unknown,
            (Evidence::Set { .. }, _) => unreachable!("sets have a table of their own"),
        }
    }

    /// What is registered and not on its way out.
    pub(crate) fn present(&self) -> impl Iterator<Item = &Target> {
        self.seen.targets.iter().filter(|target| target.state != TargetState::Draining)
    }

    /// The state of a target that is present.
    pub(crate) fn state_of(&self, address: SocketAddr) -> Option<&TargetState> {
        self.present().find(|target| target.address == address).map(|target| &target.state)
    }

    /// Whether a target is on the binding's port and inside its `allow`, which in the whole table
    /// is 10.20.0.0/16.
    pub(crate) fn is_home(&self, address: SocketAddr) -> bool {
        let allowed = matches!(address.ip(), IpAddr::V4(ip) if ip.octets().starts_with(&[10, 20]));
        allowed && Some(address.port()) == self.port()
    }

    /// What is present and neither the binding's own nor within its reach.
    pub(crate) fn strangers(&self) -> impl Iterator<Item = &Target> {
        self.present().filter(|target| !self.binding.exclusive && !self.is_home(target.address))
    }

    /// What is present beside the agreed target and within the binding's reach: all that a removal
    /// may name.
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
