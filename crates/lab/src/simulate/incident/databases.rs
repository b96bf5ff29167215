//! Incidents of databases, and of what the RDS API says about them.

use super::undo::{Undo, rename, renamed};
use super::{Begun, Incident};
use crate::simulate::injected_fault::InjectedFault;
use crate::simulate::setting::Bound;
use crate::world::rds::{Listed, Reboot, Status};
use crate::world::vpc::Zone;
use crate::world::{ApiError, World};

impl Incident {
    pub(super) fn fail_over(&self, world: &mut World, bound: &Bound) -> Result<Begun, ApiError> {
        let id = bound.link.database();
        let target = bound.instances[self.form % bound.instances.len()];
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
        Ok(Begun {
            moves_until: Some(world.now() + moves),
            ..Begun::of(format!("{id} fails over"))
        })
    }

    pub(super) fn lose_zone(&self, world: &mut World, bounds: &[Bound]) -> Begun {
        let zone = Zone::ALL[self.form % Zone::ALL.len()];
        for bound in bounds {
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
        let moves = world
            .pace
            .promote
            .max(world.pace.promote_standby)
            .max(world.pace.promote_multi_az_cluster)
            .max(world.pace.reboot);
        Begun {
            moves_until: Some(world.now() + moves),
            ..Begun::of(format!("zone {zone} is lost"))
        }
    }

    pub(super) fn replace_host(&self, world: &mut World, bound: &Bound) -> Result<Begun, ApiError> {
        let instance = bound.instances[self.form % bound.instances.len()];
        world.replace_host(instance)?;
        Ok(Begun {
            moves_until: Some(world.now()),
            ..Begun::of(format!("the host of {instance} is replaced"))
        })
    }

    pub(super) fn insist(&self, world: &mut World, bound: &Bound) -> Result<Begun, ApiError> {
        let id = bound.link.database();
        if !bound.has_cluster() {
            return Ok(Begun::of(format!("{id} has no writers to name")));
        }
        let shown: Vec<String> = match world.rds.cluster(id) {
            Some(cluster) => {
                let members = world.rds.members(cluster).into_iter();
                members
                    .filter(|member| member.is_cluster_writer)
                    .map(|member| member.instance)
                    .collect()
            }
            None => Vec::new(),
        };
        let shown: Vec<&str> = shown.iter().map(String::as_str).collect();
        let writers = match self.fault {
            InjectedFault::RdsStale => shown,
            InjectedFault::RdsTwoWriters => bound.instances[..2].to_vec(),
            _ => Vec::new(),
        };
        world.insist_on_writers(id, Some(&writers))?;
        let words = format!("the RDS API names these writers of {id}: {}", listing(&writers));
        Ok(Begun::undone_by(words, Undo::Writers))
    }

    pub(super) fn unlist(&self, world: &mut World, bound: &Bound) -> Result<Begun, ApiError> {
        let instance = bound.instances[self.form % bound.instances.len()];
        let id = bound.link.database();
        if bound.has_cluster() && self.form.is_multiple_of(2) {
            world.list_cluster(id, Listed::No)?;
            return Ok(Begun::undone_by(
                format!("the RDS API does not list {id}"),
                Undo::ListCluster,
            ));
        }
        world.list_instance(instance, Listed::No)?;
        let words = format!("the RDS API does not list {instance}");
        Ok(Begun::undone_by(words, Undo::ListInstance(instance)))
    }

    pub(super) fn rename(&self, world: &mut World, bound: &Bound) -> Result<Begun, ApiError> {
        let id = bound.link.database();
        rename(world, bound, id, &renamed(id))?;
        Ok(Begun {
            moves_until: Some(world.now() + world.pace.rename),
            ..Begun::undone_by(format!("{id} is renamed"), Undo::Name)
        })
    }

    pub(super) fn show_status(&self, world: &mut World, bound: &Bound) -> Result<Begun, ApiError> {
        let statuses = [Status::Modifying, Status::StorageOptimization, Status::Upgrading];
        let status = statuses[self.form % statuses.len()];
        let id = bound.link.database();
        let undo = if bound.has_cluster() {
            world.show_cluster_status(id, status)?;
            Undo::ClusterStatus
        } else {
            world.show_instance_status(id, status)?;
            Undo::InstanceStatus(bound.instances[0])
        };
        Ok(Begun::undone_by(format!("{id} is {status}"), undo))
    }
}

fn listing(names: &[&str]) -> String {
    match names {
        [] => "none".to_owned(),
        names => names.join(", "),
    }
}
