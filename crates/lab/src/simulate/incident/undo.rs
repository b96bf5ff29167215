//! How an incident is made good again.

use std::time::Duration;

use crate::fault::{Effect, Matcher};
use crate::simulate::setting::Bound;
use crate::world::elbv2::{GroupProtocol, NewListener, TARGETS_PER_GROUP, Tags};
use crate::world::rds::{Apply, Listed, ModifyDbCluster, ModifyDbInstance, Pending, Status};
use crate::world::{ApiError, World};

/// How an incident is made good again.
#[derive(Clone, Debug)]
pub(in crate::simulate) enum Undo {
    Calls(Matcher, Effect),
    Writers,
    ListCluster,
    ListInstance(&'static str),
    Name,
    ClusterStatus,
    InstanceStatus(&'static str),
    Listener(String),
    Quota,
    Checks,
    Registration(Duration),
}

impl Undo {
    /// Makes the incident good again. Refused, as while a database is still being renamed, it is to be tried again.
    pub(in crate::simulate) fn make_good(&self, world: &mut World, bound: &Bound) -> Result<(), ApiError> {
        let id = bound.link.database();
        match self {
            Undo::Calls(on, effect) => world.faults.retract(on, effect),
            Undo::Writers => under_its_name(id, |id| world.insist_on_writers(id, None)),
            Undo::ListCluster => under_its_name(id, |id| world.list_cluster(id, Listed::Yes)),
            Undo::ListInstance(instance) => under_its_name(instance, |id| world.list_instance(id, Listed::Yes)),
            Undo::Name => return rename(world, bound, &renamed(id), id),
            Undo::ClusterStatus => under_its_name(id, |id| world.show_cluster_status(id, Status::Available)),
            Undo::InstanceStatus(instance) => {
                under_its_name(instance, |id| world.show_instance_status(id, Status::Available));
            }
            Undo::Listener(balancer) => {
                let listener = NewListener {
                    balancer: balancer.clone(),
                    protocol: GroupProtocol::Tcp,
                    port: bound.link.port,
                    target_group: bound.link.group.clone(),
                    tags: Tags::new(),
                };
                // A group that was deleted meanwhile stays without.
                drop(world.create_listener(listener).map(drop));
            }
            Undo::Quota => world.elbv2.set_target_quota(TARGETS_PER_GROUP),
            Undo::Checks => world.elbv2.let_checks_in(&bound.link.group),
            Undo::Registration(usual) => world.pace.registration = *usual,
        }
        Ok(())
    }
}

pub(super) fn rename(world: &mut World, bound: &Bound, from: &str, to: &str) -> Result<(), ApiError> {
    if bound.is_cluster() {
        let request = ModifyDbCluster {
            network: None,
            identifier: from.to_owned(),
            new_identifier: Some(to.to_owned()),
            apply: Apply::Immediately,
        };
        world.modify_db_cluster(request).map(drop)
    } else {
        let request = ModifyDbInstance {
            identifier: from.to_owned(),
            changes: Pending {
                identifier: Some(to.to_owned()),
                ..Pending::default()
            },
            promotion_tier: None,
            apply: Apply::Immediately,
        };
        world.modify_db_instance(request).map(drop)
    }
}

/// Does something to a database, whether it is being called by another name or not.
fn under_its_name(id: &str, mut act: impl FnMut(&str) -> Result<(), ApiError>) {
    act(id)
        .or_else(|_| act(&renamed(id)))
        .expect("a database has one of its names");
}

pub(super) fn renamed(id: &str) -> String {
    format!("{id}-renamed")
}
