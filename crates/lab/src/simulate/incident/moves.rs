//! Incidents that move a database's name: a blue/green switchover, a deletion and recreation, and a
//! global database that moves its writer to another Region for a while.

use super::{Begun, Incident, Undo};
use crate::simulate::injected_fault::InjectedFault;
use crate::simulate::setting::Bound;
use crate::world::rds::Shift;
use crate::world::{ApiError, World};

/// The other cluster of a global database, of which this Region knows only the ARN.
const ELSEWHERE: &str = "arn:aws:rds:us-east-1:111122223333:cluster:elsewhere";

impl Incident {
    pub(super) fn switch_over(&self, world: &mut World, bound: &Bound) -> Result<Begun, ApiError> {
        let id = bound.link.database();
        let deployment = world.add_blue_green(id)?;
        world.switchover_blue_green_deployment(&deployment)?;
        let undo = (self.fault == InjectedFault::SwitchoverCancelled)
            .then_some(Undo::Switchover(deployment));
        Ok(Begun {
            moves_until: Some(world.now() + world.pace.switchover.whole()),
            undo,
            ..Begun::of(format!("the deployment of {id} is switched over"))
        })
    }

    pub(super) fn delete(&self, world: &mut World, bound: &Bound) -> Result<Begun, ApiError> {
        let id = bound.link.database();
        if !bound.is_named(world) {
            return Err(ApiError::bad_request("DBInstanceNotFound", format!("there is no {id}")));
        }
        erase(world, bound);
        Ok(Begun::undone_by(format!("{id} is deleted"), Undo::Deletion))
    }

    pub(super) fn demote(&self, world: &mut World, bound: &Bound) -> Result<Begun, ApiError> {
        let id = bound.link.database();
        let shift = [Shift::Switchover, Shift::Failover][self.form % 2];
        world.demote_primary(id, ELSEWHERE, shift)?;
        Ok(Begun {
            moves_until: Some(world.now() + world.pace.global_move),
            ..Begun::undone_by(
                format!("the writer of {id} moves to another Region"),
                Undo::Demotion(shift),
            )
        })
    }
}

/// Deletes a database, as far as that is not done yet and can be done at this moment; its writer
/// last, since a reader would take its place.
pub(super) fn erase(world: &mut World, bound: &Bound) {
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
