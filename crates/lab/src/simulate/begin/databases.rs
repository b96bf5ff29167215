//! Faults of databases, and of what the RDS API says about them.

use super::{Begun, Drawn, Site};
use crate::simulate::setting::Bound;
use crate::world::rds::{Listed, Reboot, Status};
use crate::world::vpc::Zone;
use crate::world::{ApiError, World};

/// Whom the RDS API goes on naming as a cluster's writers.
#[derive(Clone, Copy)]
pub(in crate::simulate) enum Writers {
    /// Those of the moment.
    AsBefore,
    Nobody,
    Two,
}

impl Drawn {
    pub(in crate::simulate) fn fail_over(&self, site: &mut Site<'_>) -> Result<Begun, ApiError> {
        let (world, bound) = (&mut *site.world, site.bound);
        let id = bound.link.database();
        let target = self.pick(&bound.instances);
        let (begun, moves) = if bound.has_cluster() {
            let asked = world.failover_db_cluster(id, Some(target)).map(drop);
            let begun = asked.or_else(|_| world.lose_writer(id));
            let promotion = world.rds.cluster(id).map(|cluster| cluster.promotion(&world.pace));
            (begun, promotion.unwrap_or_default())
        } else {
            let asked = world.reboot_db_instance(id, Reboot::ToStandby).map(drop);
            let begun = asked.or_else(|_| world.lose_host(id));
            (begun, world.pace.promote_standby.max(world.pace.reboot))
        };
        begun?;
        Ok(Begun::of(format!("{id} fails over")).moving_until(world.now() + moves))
    }

    pub(in crate::simulate) fn lose_zone(&self, site: &mut Site<'_>) -> Begun {
        let (world, zone) = (&mut *site.world, self.pick(&Zone::ALL));
        for bound in site.bounds {
            let writer = bound.link.writer(world).map(|writer| writer.address.ip());
            if writer.and_then(Zone::of_address) == Some(zone) {
                let id = bound.link.database();
                // A database that is being renamed has another name, and stays.
                let _ = match bound.has_cluster() {
                    true => world.lose_writer(id),
                    false => world.lose_host(id),
                };
            }
        }
        let pace = &world.pace;
        let moves = pace
            .promote
            .max(pace.promote_standby)
            .max(pace.promote_multi_az_cluster)
            .max(pace.reboot);
        Begun::of(format!("zone {zone} is lost")).moving_until(world.now() + moves)
    }

    pub(in crate::simulate) fn replace_host(&self, site: &mut Site<'_>) -> Result<Begun, ApiError> {
        let instance = self.pick(&site.bound.instances);
        site.world.replace_host(instance)?;
        let words = format!("the host of {instance} is replaced");
        Ok(Begun::of(words).moving_until(site.world.now()))
    }

    pub(in crate::simulate) fn insist(
        &self,
        site: &mut Site<'_>,
        on: Writers,
    ) -> Result<Begun, ApiError> {
        let (world, bound) = (&mut *site.world, site.bound);
        let id = bound.link.database();
        if !bound.has_cluster() {
            return Ok(Begun::of(format!("{id} has no writers to name")));
        }
        let members =
            world.rds.cluster(id).map(|cluster| world.rds.members(cluster)).unwrap_or_default();
        let shown: Vec<String> = members
            .into_iter()
            .filter(|member| member.is_cluster_writer)
            .map(|member| member.instance)
            .collect();
        let writers: Vec<&str> = match on {
            Writers::AsBefore => shown.iter().map(String::as_str).collect(),
            Writers::Two => bound.instances[..2].to_vec(),
            Writers::Nobody => Vec::new(),
        };
        world.rds.insist_on_writers(id, Some(&writers))?;
        let named = if writers.is_empty() { "none".to_owned() } else { writers.join(", ") };
        let words = format!("the RDS API names these writers of {id}: {named}");
        Ok(Begun::of(words).undone(|world, bound| {
            under_its_name(bound.link.database(), |id| world.rds.insist_on_writers(id, None))
        }))
    }

    pub(in crate::simulate) fn unlist(&self, site: &mut Site<'_>) -> Result<Begun, ApiError> {
        let instance = self.pick(&site.bound.instances);
        let id = site.bound.link.database();
        if site.bound.has_cluster() && self.form.is_multiple_of(2) {
            site.world.rds.list_cluster(id, Listed::No)?;
            let words = format!("the RDS API does not list {id}");
            return Ok(Begun::of(words).undone(|world, bound| {
                under_its_name(bound.link.database(), |id| world.rds.list_cluster(id, Listed::Yes))
            }));
        }
        site.world.rds.list_instance(instance, Listed::No)?;
        let words = format!("the RDS API does not list {instance}");
        Ok(Begun::of(words).undone(move |world, _| {
            under_its_name(instance, |id| world.rds.list_instance(id, Listed::Yes))
        }))
    }

    pub(in crate::simulate) fn rename(&self, site: &mut Site<'_>) -> Result<Begun, ApiError> {
        let id = site.bound.link.database();
        rename(site.world, site.bound, id, &renamed(id))?;
        let takes = site.world.pace.rename;
        let back = |world: &mut World, bound: &Bound| {
            let id = bound.link.database();
            // It may have been deleted and made once more meanwhile.
            if bound.is_named(world) { Ok(()) } else { rename(world, bound, &renamed(id), id) }
        };
        Ok(Begun::of(format!("{id} is renamed"))
            .moving_until(site.world.now() + takes)
            .undone(back)
            .moving_again_for(takes))
    }

    pub(in crate::simulate) fn show_status(&self, site: &mut Site<'_>) -> Result<Begun, ApiError> {
        let (world, bound) = (&mut *site.world, site.bound);
        let status =
            self.pick(&[Status::Modifying, Status::StorageOptimization, Status::Upgrading]);
        let id = bound.link.database();
        let begun = Begun::of(format!("{id} is {status}"));
        if bound.has_cluster() {
            world.rds.show_cluster_status(id, status)?;
            return Ok(begun.undone(|world, bound| {
                let available = Status::Available;
                let show = |id: &str| world.rds.show_cluster_status(id, available);
                under_its_name(bound.link.database(), show)
            }));
        }
        world.rds.show_instance_status(id, status)?;
        Ok(begun.undone(|world, bound| {
            let show = |id: &str| world.rds.show_instance_status(id, Status::Available);
            under_its_name(bound.instances[0], show)
        }))
    }
}

fn rename(world: &mut World, bound: &Bound, from: &str, to: &str) -> Result<(), ApiError> {
    match bound.has_cluster() {
        true => world.rename_cluster(from, to),
        false => world.rename_instance(from, to),
    }
}

/// Applies `act` to a database under its own name, or under the other name that it has for a while.
/// A deleted database is skipped.
fn under_its_name(
    id: &str,
    mut act: impl FnMut(&str) -> Result<(), ApiError>,
) -> Result<(), ApiError> {
    drop(act(id).or_else(|_| act(&renamed(id))));
    Ok(())
}

fn renamed(id: &str) -> String {
    format!("{id}-renamed")
}
