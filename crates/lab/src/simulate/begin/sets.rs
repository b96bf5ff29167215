//! Faults of sets: readers are added and removed, proxy nodes are replaced, and host names change.

use writerlink_core::source::Source;

use super::{Begun, Drawn, Site};
use crate::simulate::setting::set::{GUESTS, machines};
use crate::world::dns::{Move, Record};
use crate::world::rds::Status;
use crate::world::vpc::Zone;
use crate::world::{ApiError, World};

impl Drawn {
    pub(in crate::simulate) fn scale_out(&self, site: &mut Site<'_>) -> Result<Begun, ApiError> {
        let (reader, id) = (self.pick(&GUESTS), site.bound.link.database());
        site.world.add_reader(id, reader, Some(self.zone()))?;
        let until = site.world.now() + site.world.pace.create_instance;
        Ok(Begun::of(format!("{reader} is added to {id}")).moving_until(until))
    }

    pub(in crate::simulate) fn scale_in(&self, site: &mut Site<'_>) -> Begun {
        let reader = self.pick(&site.bound.instances);
        remove(site, &[reader])
    }

    pub(in crate::simulate) fn replace_node(&self, site: &mut Site<'_>) -> Result<Begun, ApiError> {
        let zone = self.zone();
        let new = site.world.move_proxy_address(site.bound.link.database(), None, zone)?;
        Ok(Begun::of(format!("{new} replaces the node in zone {zone}")))
    }

    pub(in crate::simulate) fn move_host(&self, site: &mut Site<'_>) -> Begun {
        let (host, to) = (site.bound.link.database(), machines(self.form));
        let takes = site.world.pace.dns_lag;
        site.world.move_host(host, site.bound.link.port, &to, Move::After(takes));
        let words = format!("{host} will resolve to {to:?}");
        Begun::of(words).moving_until(site.world.now() + takes)
    }

    /// Makes each answer list only some of the addresses, the next ones for each query.
    pub(in crate::simulate) fn tell_parts(&self, site: &mut Site<'_>) -> Result<Begun, ApiError> {
        let (world, link) = (&mut *site.world, &site.bound.link);
        let (id, at_a_time) = (link.database(), 1 + self.form % 2);
        let name = link.endpoint(world);
        match &link.source {
            Source::Proxy(..) => world.tell_proxy_addresses(id, None, Some(at_a_time))?,
            _ => {
                let machines = world.hosts.behind(id).into_iter().collect();
                world.repoint(&name, Record::SomeOf(machines, at_a_time), Move::AtOnce);
            }
        }
        let begun = Begun::of(format!("DNS answers list {at_a_time} of the addresses of {id}"))
            .undone(|world, bound| {
                let id = bound.link.database();
                match &bound.link.source {
                    Source::Proxy(..) => world.tell_proxy_addresses(id, None, None),
                    _ => {
                        let machines = world.hosts.behind(id).into_iter().collect();
                        world.repoint(id, Record::Addresses(machines), Move::AtOnce);
                        Ok(())
                    }
                }
            });
        Ok(Begun { name: Some(name), ..begun })
    }

    fn zone(&self) -> Zone {
        Zone::ALL[(self.form / 2) % Zone::ALL.len()]
    }
}

pub(in crate::simulate) fn remove_all_readers(site: &mut Site<'_>) -> Begun {
    let readers: Vec<_> = site.bound.instances.iter().chain(&GUESTS).copied().collect();
    remove(site, &readers)
}

/// Removes those of these instances that are readers; they come back later.
fn remove(site: &mut Site<'_>, readers: &[&'static str]) -> Begun {
    let gone = readers.iter().filter(|reader| site.world.remove_reader(reader).is_ok());
    let gone: Vec<_> = gone.copied().collect();
    let words = format!("{} loses {}", site.bound.link.database(), gone.join(", "));
    let takes = site.world.pace.create_instance;

    Begun::of(words)
        .undone(move |world, bound| restore(world, bound.link.database(), &gone))
        .moving_again_for(takes)
}

/// Adds these readers to a cluster again, except those that exist. The caller has to wait for one
/// that is still being deleted.
fn restore(world: &mut World, cluster: &str, readers: &[&str]) -> Result<(), ApiError> {
    for (reader, zone) in readers.iter().zip(Zone::ALL.into_iter().rev().cycle()) {
        let known = world.rds.instance(reader);
        if known.is_none_or(|known| known.status == Status::Deleting) {
            world.add_reader(cluster, reader, Some(zone))?;
        }
    }
    Ok(())
}
