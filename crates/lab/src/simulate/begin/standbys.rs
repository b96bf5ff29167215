//! What happens to the standby of a Multi-AZ instance, and around it.

use super::{Begun, Drawn, Site};
use crate::world::rds::MultiAz;
use crate::world::{ApiError, World};

/// Deletes a database that came beside the others.
fn away(name: String) -> impl Fn(&mut World) -> Result<(), ApiError> {
    move |world| {
        drop(world.delete_instance(&name));
        Ok(())
    }
}

pub(in crate::simulate) fn replace(site: &mut Site<'_>) -> Result<Begun, ApiError> {
    let id = site.bound.link.database();
    site.world.replace_standby(id)?;
    Ok(Begun::of(format!("the standby of {id} gets another host")).moving_until(site.world.now()))
}

impl Drawn {
    pub(in crate::simulate) fn reuse_standby(
        &self,
        site: &mut Site<'_>,
    ) -> Result<Begun, ApiError> {
        let id = site.bound.link.database();
        let name = format!("other-{}", self.form);
        let address = site.world.reuse_standby(id, &name)?;
        let words = format!("the address of the standby of {id}, {address}, goes to {name}");
        let (now, delete) = (site.world.now(), away(name));
        Ok(Begun::of(words).moving_until(now).undone(move |world, _| delete(world)))
    }

    pub(in crate::simulate) fn add_neighbour(
        &self,
        site: &mut Site<'_>,
    ) -> Result<Begun, ApiError> {
        let id = site.bound.link.database();
        let name = format!("copy-{}", self.form);
        site.world.add_replica(id, &name, self.pick(&[MultiAz::Yes, MultiAz::No]))?;
        let words = format!("{name} has the security groups of {id}");
        let delete = away(name);
        Ok(Begun::of(words).undone(move |world, _| delete(world)))
    }
}
