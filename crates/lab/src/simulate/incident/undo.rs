//! How an incident is undone.

use std::time::Duration;

use writerlink_core::source::Source;

use super::moves::erase;
use crate::fault::{Effect, Matcher};
use crate::simulate::setting::Bound;
use crate::world::dns::{Move, Record};
use crate::world::elbv2::TARGETS_PER_GROUP;
use crate::world::rds::{Cancellation, DeploymentStatus, Listed, Shift, Status};
use crate::world::vpc::Zone;
use crate::world::{ApiError, Pace, World};

/// How an incident is undone.
#[derive(Clone, Debug)]
pub(in crate::simulate) enum Undo {
    Calls(Matcher, Effect),
    Writers,
    ListCluster,
    ListInstance(&'static str),
    Name,
    Readers(Vec<&'static str>),
    AllAnswers,
    Switchover(String),
    Deletion,
    Demotion(Shift),
    ClusterStatus,
    InstanceStatus(&'static str),
    Listener(String),
    Quota,
    Checks,
    Registration(Duration),
}

impl Undo {
    /// Undoes the incident. If the region refuses, for example while a database is still being
    /// renamed, the caller tries again.
    pub(in crate::simulate) fn make_good(
        &self,
        world: &mut World,
        bound: &Bound,
    ) -> Result<(), ApiError> {
        let id = bound.link.database();
        match self {
            Undo::Calls(on, effect) => world.faults.retract(on, effect),
            Undo::Writers => under_its_name(id, |id| world.insist_on_writers(id, None)),
            Undo::ListCluster => under_its_name(id, |id| world.list_cluster(id, Listed::Yes)),
            Undo::ListInstance(instance) => {
                under_its_name(instance, |id| world.list_instance(id, Listed::Yes))
            }
            // It was deleted and made once more meanwhile.
            Undo::Name if bound.is_named(world) => {}
            Undo::Name => return rename(world, bound, &renamed(id), id),
            Undo::Switchover(deployment) => {
                // Refused once names have begun to move: then the switchover goes on to its end.
                let refused = world.cancel_switchover(deployment, Cancellation::ReplicationLag);
                let status = world.rds.deployment(deployment).map(|found| found.status);
                return refused.or_else(|refusal| match status {
                    Some(DeploymentStatus::SwitchoverInProgress) => Err(refusal),
                    _ => Ok(()),
                });
            }
            Undo::Deletion => {
                if bound.is_named(world) {
                    erase(world, bound);
                }
                return bound.make_again(world);
            }
            Undo::Demotion(shift) => return world.promote_secondary(id, *shift),
            Undo::Readers(readers) => return restore(world, id, readers),
            Undo::AllAnswers => match &bound.link.source {
                Source::Proxy(..) => return world.tell_proxy_addresses(id, None, None),
                _ => {
                    let machines = world.hosts.behind(id).into_iter().collect();
                    world.repoint(id, Record::Addresses(machines), Move::AtOnce);
                }
            },
            Undo::ClusterStatus => {
                under_its_name(id, |id| world.show_cluster_status(id, Status::Available))
            }
            Undo::InstanceStatus(instance) => {
                under_its_name(instance, |id| world.show_instance_status(id, Status::Available));
            }
            Undo::Listener(balancer) => {
                // A group that was deleted meanwhile stays without.
                if world.elbv2.group(&bound.link.group).is_some() {
                    world.add_listener(balancer, bound.link.port, &bound.link.group);
                }
            }
            Undo::Quota => world.elbv2.set_target_quota(TARGETS_PER_GROUP),
            Undo::Checks => world.elbv2.let_checks_in(&bound.link.group),
            Undo::Registration(usual) => world.pace.registration = *usual,
        }
        Ok(())
    }
}

impl Undo {
    /// For how long databases move after it is undone.
    pub(in crate::simulate) fn moves_for(&self, pace: &Pace) -> Duration {
        match self {
            Undo::Name => pace.rename,
            Undo::Readers(_) => pace.create_instance,
            Undo::Demotion(_) => pace.global_move,
            _ => Duration::ZERO,
        }
    }
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

pub(super) fn rename(
    world: &mut World,
    bound: &Bound,
    from: &str,
    to: &str,
) -> Result<(), ApiError> {
    match bound.has_cluster() {
        true => world.rename_cluster(from, to),
        false => world.rename_instance(from, to),
    }
}

/// Applies `act` to a database under its own name, or under the other name that it has for a while.
/// A deleted database is skipped.
fn under_its_name(id: &str, mut act: impl FnMut(&str) -> Result<(), ApiError>) {
    drop(act(id).or_else(|_| act(&renamed(id))));
}

pub(super) fn renamed(id: &str) -> String {
    format!("{id}-renamed")
}
