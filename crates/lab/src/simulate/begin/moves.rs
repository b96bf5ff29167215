//! Faults that move a database's name: a blue/green switchover, a deletion and recreation, and a
//! global database that moves its writer to another Region for a while.

use super::{Begun, Drawn, Site};
use crate::simulate::setting::Bound;
use crate::world::rds::{Cancellation, DeploymentStatus, Shift};
use crate::world::{ApiError, World};

/// The other cluster of a global database, of which this Region knows only the ARN.
const ELSEWHERE: &str = "arn:aws:rds:us-east-1:111122223333:cluster:elsewhere";

/// Switches a deployment over, and returns its name as well.
fn begin_switchover(site: &mut Site<'_>) -> Result<(Begun, String), ApiError> {
    let (world, id) = (&mut *site.world, site.bound.link.database());
    let deployment = world.add_blue_green(id)?;
    world.switchover_blue_green_deployment(&deployment)?;
    let until = world.now() + world.pace.switchover.whole();
    let words = format!("the deployment of {id} is switched over");
    Ok((Begun::of(words).moving_until(until), deployment))
}

pub(in crate::simulate) fn switch_over(site: &mut Site<'_>) -> Result<Begun, ApiError> {
    begin_switchover(site).map(|(begun, _)| begun)
}

pub(in crate::simulate) fn begin_and_cancel(site: &mut Site<'_>) -> Result<Begun, ApiError> {
    let (begun, deployment) = begin_switchover(site)?;
    Ok(begun.undone(move |world, _| {
        // Refused once names have begun to move: then the switchover goes on to its end.
        let refused = world.cancel_switchover(&deployment, Cancellation::ReplicationLag);
        let status = world.rds.deployment(&deployment).map(|found| found.status);
        refused.or_else(|refusal| match status {
            Some(DeploymentStatus::SwitchoverInProgress) => Err(refusal),
            _ => Ok(()),
        })
    }))
}

/// Deletes the database, which is then made once more.
pub(in crate::simulate) fn delete(site: &mut Site<'_>) -> Result<Begun, ApiError> {
    let id = site.bound.link.database();
    if !site.bound.is_named(site.world) {
        return Err(ApiError::bad_request("DBInstanceNotFound", format!("there is no {id}")));
    }
    erase(site.world, site.bound);
    Ok(Begun::of(format!("{id} is deleted")).undone(|world, bound| {
        if bound.is_named(world) {
            erase(world, bound);
        }
        bound.make_again(world)
    }))
}

impl Drawn {
    pub(in crate::simulate) fn demote(&self, site: &mut Site<'_>) -> Result<Begun, ApiError> {
        let (world, id) = (&mut *site.world, site.bound.link.database());
        let shift = self.pick(&[Shift::Switchover, Shift::Failover]);
        world.demote_primary(id, ELSEWHERE, shift)?;
        let takes = world.pace.global_move;
        Ok(Begun::of(format!("the writer of {id} moves to another Region"))
            .moving_until(world.now() + takes)
            .undone(move |world, bound| world.promote_secondary(bound.link.database(), shift))
            .moving_again_for(takes))
    }
}

/// Deletes a database, as far as that is not done yet and can be done at this moment; its writer
/// last, since a reader would take its place.
fn erase(world: &mut World, bound: &Bound) {
    let id = bound.link.database();
    let Some(cluster) = bound.is_cluster().then(|| world.rds.cluster(id)).flatten() else {
        // Refused when it is deleted already, or not available; then it is tried again.
        drop(world.delete_instance(id));
        return;
    };
    let mut members = world.rds.members(cluster);
    members.sort_by_key(|member| member.is_cluster_writer);
    for member in members {
        drop(world.delete_instance(&member.instance));
    }
    drop(world.delete_cluster(id));
}
