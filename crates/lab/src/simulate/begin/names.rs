//! Faults in which DNS gives a wrong answer.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use super::{Begun, Drawn, Site};
use crate::fault::NameEffect;
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

/// An address of the binding's family that it must not follow.
#[derive(Clone, Copy)]
pub(in crate::simulate) enum Lie {
    Public,
    Loopback,
    /// In the VPC, where no host is.
    Nobody,
    /// Of the other family.
    OtherFamily,
}

impl Lie {
    fn address(self, family: IpFamily, form: usize) -> IpAddr {
        match (self, family) {
            (Lie::Nobody, _) => nobody(family, form),
            (Lie::Public, IpFamily::Ipv4) => [52, 17, 0, 1].into(),
            (Lie::Public, IpFamily::Ipv6) => [0x2a05, 0xd018, 0, 0, 0, 0, 0, 1].into(),
            (Lie::Loopback, IpFamily::Ipv4) => Ipv4Addr::LOCALHOST.into(),
            (Lie::Loopback, IpFamily::Ipv6) => Ipv6Addr::LOCALHOST.into(),
            (Lie::OtherFamily, IpFamily::Ipv4) => [0xfd00, 0, 0, 0, 0, 0, 0, 7].into(),
            (Lie::OtherFamily, IpFamily::Ipv6) => [10, 20, 1, 7].into(),
        }
    }
}

impl Drawn {
    /// Gives this answer for a name while the fault lasts.
    pub(in crate::simulate) fn answer(&self, site: &mut Site<'_>, answer: NameEffect) -> Begun {
        let name = self.name(site);
        self.answer_for(site, name, answer)
    }

    /// Gives a false address for a name.
    pub(in crate::simulate) fn lie(&self, site: &mut Site<'_>, lie: Lie) -> Begun {
        let address = lie.address(site.bound.link.family, self.form);
        self.answer(site, NameEffect::Addresses(vec![address]))
    }

    /// Gives an address of nobody beside the true ones.
    pub(in crate::simulate) fn answer_several(&self, site: &mut Site<'_>) -> Begun {
        let truth = site.bound.truth(site.world).into_iter().map(|member| member.ip());
        let nobody = nobody(site.bound.link.family, self.form);
        let addresses = truth.chain([nobody]).collect();
        self.answer(site, NameEffect::Addresses(addresses))
    }

    /// Gives the answer of this moment for longer.
    pub(in crate::simulate) fn answer_as_before(&self, site: &mut Site<'_>) -> Begun {
        let name = self.name(site);
        let answer = as_before(site.world, &name, site.bound.link.family.into());
        self.answer_for(site, name, answer)
    }

    /// Lets the answer for a name alternate between the truth and another member.
    pub(in crate::simulate) fn flap(&self, site: &mut Site<'_>) -> Begun {
        let name = self.name(site);
        let until = site.world.now() + self.lasts;
        let period = Duration::from_millis(1000 + 250 * u64::from(self.small(20)));
        let effect = self.elsewhere(site.world, site.bound, &name);
        let mut from = site.world.now();
        while from < until {
            let back = (from + period).min(until);
            site.world.faults.add_name(&name, effect.clone(), from, Some(back));
            from = back + period;
        }
        told(site, name)
    }

    fn answer_for(&self, site: &mut Site<'_>, name: String, answer: NameEffect) -> Begun {
        let now = site.world.now();
        site.world.faults.add_name(&name, answer, now, Some(now + self.lasts));
        told(site, name)
    }

    /// The name whose answers are wrong. The names of a cluster's members are asked too; of a set
    /// that is made of members, they alone.
    fn name(&self, site: &Site<'_>) -> String {
        let bound = site.bound;
        let asked = match (bound.is_set(), bound.has_cluster()) {
            (true, true) => 0,
            (true, false) => 1,
            (false, _) => self.form % 4,
        };
        match asked {
            0 => {
                let member = bound.instances[(self.form / 4) % bound.instances.len()];
                site.world.instance_endpoint(member)
            }
            _ => bound.link.endpoint(site.world),
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

/// The answers for this name are wrong.
fn told(site: &Site<'_>, name: String) -> Begun {
    let label = name.split_once(".rds.").map_or(name.as_str(), |(label, _)| label);
    let words = format!("{label}: {}", site.words);
    Begun { name: Some(name), ..Begun::of(words) }
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
