//! Incidents of sets: readers are added and removed, proxy nodes are replaced, and host names
//! change.

use writerlink_core::source::Source;

use super::{Begun, Incident, Undo};
use crate::simulate::setting::Bound;
use crate::simulate::setting::set::{GUESTS, machines};
use crate::world::dns::{Move, Record};
use crate::world::vpc::Zone;
use crate::world::{ApiError, World};

impl Incident {
    pub(super) fn scale_out(&self, world: &mut World, bound: &Bound) -> Result<Begun, ApiError> {
        let reader = GUESTS[self.form % GUESTS.len()];
        world.add_reader(bound.link.database(), reader, Some(self.zone()))?;
        Ok(Begun {
            moves_until: Some(world.now() + world.pace.create_instance),
            ..Begun::of(format!("{reader} is added to {}", bound.link.database()))
        })
    }

    /// Removes those of these instances that are readers; they come back later.
    pub(super) fn scale_in(
        &self,
        world: &mut World,
        bound: &Bound,
        readers: &[&'static str],
    ) -> Result<Begun, ApiError> {
        let gone = readers.iter().filter(|reader| world.remove_reader(reader).is_ok());
        let gone: Vec<_> = gone.copied().collect();
        let words = format!("{} loses {}", bound.link.database(), gone.join(", "));
        Ok(Begun::undone_by(words, Undo::Readers(gone)))
    }

    pub(super) fn replace_node(&self, world: &mut World, bound: &Bound) -> Result<Begun, ApiError> {
        let zone = self.zone();
        let new = world.move_proxy_address(bound.link.database(), None, zone)?;
        Ok(Begun::of(format!("{new} replaces the node in zone {zone}")))
    }

    pub(super) fn move_host(&self, world: &mut World, bound: &Bound) -> Begun {
        let (host, to) = (bound.link.database(), machines(self.form));
        world.move_host(host, bound.link.port, &to, Move::After(world.pace.dns_lag));
        Begun {
            moves_until: Some(world.now() + world.pace.dns_lag),
            ..Begun::of(format!("{host} will resolve to {to:?}"))
        }
    }

    /// Makes each answer list only some of the addresses, the next ones for each query.
    pub(super) fn tell_parts(&self, world: &mut World, bound: &Bound) -> Result<Begun, ApiError> {
        let (id, at_a_time) = (bound.link.database(), 1 + self.form % 2);
        let name = bound.link.endpoint(world);
        match &bound.link.source {
            Source::Proxy(..) => world.tell_proxy_addresses(id, None, Some(at_a_time))?,
            _ => {
                let machines = world.hosts.behind(id).into_iter().collect();
                world.repoint(&name, Record::SomeOf(machines, at_a_time), Move::AtOnce);
            }
        }
        let words = format!("DNS answers list {at_a_time} of the addresses of {id}");
        Ok(Begun { name: Some(name), ..Begun::undone_by(words, Undo::AllAnswers) })
    }

    fn zone(&self) -> Zone {
        Zone::ALL[(self.form / 2) % Zone::ALL.len()]
    }
}
