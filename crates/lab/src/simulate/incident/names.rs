//! Incidents in which DNS gives a wrong answer.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use super::{Begun, Incident};
use crate::fault::NameEffect;
use crate::simulate::injected_fault::InjectedFault;
use crate::simulate::setting::Bound;
use crate::simulate::setting::set::machines;
use crate::world::World;
use crate::world::dns::{Family, ResourceRecord};
use crate::world::elbv2::IpFamily;
use crate::world::vpc::Zone;

/// An address of the VPC that no host has.
fn nobody(family: IpFamily, form: usize) -> IpAddr {
    Zone::C.address_in(family, 200 + u16::try_from(form % 2).unwrap_or_default())
}

/// Whether only a false DNS answer gives this address.
pub(in crate::simulate) fn is_a_lie(address: IpAddr) -> bool {
    [0, 1].iter().any(|form| nobody(IpFamily::of(address), *form) == address)
}

impl Incident {
    pub(super) fn on_name(&self, world: &mut World, bound: &Bound) -> Begun {
        let own = bound.link.endpoint(world);
        // The names of a cluster's members are asked too; of a set that is made of members, they
        // alone.
        let asked = match (bound.is_set(), bound.has_cluster()) {
            (true, true) => 0,
            (true, false) => 1,
            (false, _) => self.form % 4,
        };
        let name = match asked {
            0 => world.instance_endpoint(bound.instances[(self.form / 4) % bound.instances.len()]),
            _ => own,
        };
        let (now, until) = (world.now(), world.now() + self.lasts);
        if self.fault == InjectedFault::DnsFlapping {
            let period = Duration::from_millis(1000 + 250 * u64::from(self.small(20)));
            let effect = self.elsewhere(world, bound, &name);
            let mut from = now;
            while from < until {
                let back = (from + period).min(until);
                world.faults.add_name(&name, effect.clone(), from, Some(back));
                from = back + period;
            }
        } else {
            let effect = self.answer(world, bound, &name);
            world.faults.add_name(&name, effect, now, Some(until));
        }
        let label = name.split_once(".rds.").map_or(name.as_str(), |(label, _)| label);
        Begun { name: Some(name.clone()), ..Begun::of(format!("{label}: {}", self.fault.words())) }
    }

    fn answer(&self, world: &mut World, bound: &Bound, name: &str) -> NameEffect {
        let family = bound.link.family;
        let nobody = nobody(family, self.form);
        let (public, loopback, other_family) = match family {
            IpFamily::Ipv4 => (
                IpAddr::from([52, 17, 0, 1]),
                IpAddr::from(Ipv4Addr::LOCALHOST),
                IpAddr::from([0xfd00, 0, 0, 0, 0, 0, 0, 7]),
            ),
            IpFamily::Ipv6 => (
                IpAddr::from([0x2a05, 0xd018, 0, 0, 0, 0, 0, 1]),
                IpAddr::from(Ipv6Addr::LOCALHOST),
                IpAddr::from([10, 20, 1, 7]),
            ),
        };
        match self.fault {
            InjectedFault::DnsStale => as_before(world, name, family.into()),
            InjectedFault::DnsNxDomain => NameEffect::NxDomain,
            InjectedFault::DnsServFail => NameEffect::ServFail,
            InjectedFault::DnsTimeout => NameEffect::Timeout,
            InjectedFault::DnsSeveral => {
                let truth = bound.truth(world).into_iter().map(|member| member.ip());
                NameEffect::Addresses(truth.chain([nobody]).collect())
            }
            InjectedFault::DnsPublic => NameEffect::Addresses(vec![public]),
            InjectedFault::DnsLoopback => NameEffect::Addresses(vec![loopback]),
            InjectedFault::DnsPoisoned => NameEffect::Addresses(vec![nobody]),
            InjectedFault::DnsWrongFamily => NameEffect::Addresses(vec![other_family]),
            InjectedFault::DnsTruncated => NameEffect::Truncate,
            _ => NameEffect::Empty,
        }
    }

    /// Where a name points at times that it does not point at the writer.
    fn elsewhere(&self, world: &World, bound: &Bound, name: &str) -> NameEffect {
        let Some(&other) = bound.instances.get((self.form / 4) % bound.instances.len().max(1))
        else {
            return NameEffect::Addresses(machines(self.form));
        };
        let (instance, family) = (world.rds.instance(other), bound.link.family);
        let standby = instance.and_then(|instance| instance.standby_address_in(family));
        let address = standby.or_else(|| instance?.address_in(family));
        let addresses: Vec<IpAddr> = address.into_iter().collect();
        let own = world.instance_endpoint(other);
        if bound.has_cluster() && own != name {
            NameEffect::Alias(own, addresses)
        } else {
            NameEffect::Addresses(addresses)
        }
    }
}

/// The answer that a name gives at this moment, to be given for longer.
fn as_before(world: &mut World, name: &str, family: Family) -> NameEffect {
    let reply = world.resolve(name, family);
    let alias = reply.records.iter().rev().find_map(|record| match record {
        ResourceRecord::Alias { target, .. } => Some(target.clone()),
        ResourceRecord::Address { .. } => None,
    });
    match alias {
        Some(target) => NameEffect::Alias(target, reply.addresses()),
        None => NameEffect::Addresses(reply.addresses()),
    }
}
