//! Incidents in which someone else changes a target group.

use std::net::SocketAddr;

use super::Begun;
use crate::simulate::setting::Bound;
use crate::world::elbv2::TargetRequest;
use crate::world::{ApiError, World};

pub(super) fn add_target(
    world: &mut World,
    bound: &Bound,
    target: SocketAddr,
    zone: Option<&str>,
) -> Result<Begun, ApiError> {
    let request = TargetRequest {
        zone: zone.map(str::to_owned),
        ..TargetRequest::new(&target.ip().to_string(), target.port())
    };
    world.register_targets(&bound.link.group, &[request])?;
    Ok(Begun::of(format!("someone registers {target} in the group of {}", bound.link.name)))
}

/// Deletes the group's listeners, and returns the load balancer that had them.
pub(super) fn delete_listeners(world: &mut World, bound: &Bound) -> Result<String, ApiError> {
    let of_group =
        world.elbv2.listeners().filter(|listener| listener.target_group == bound.link.group);
    let listeners: Vec<_> =
        of_group.map(|listener| (listener.arn.clone(), listener.balancer.clone())).collect();
    for (listener, _) in &listeners {
        world.remove_listener(listener);
    }
    let balancer = listeners.into_iter().next().map(|(_, balancer)| balancer);
    balancer.ok_or_else(|| ApiError::bad_request("ListenerNotFound", "the group has no listener"))
}
