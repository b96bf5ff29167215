//! Faults in which someone else changes a target group, or the load balancer does not do its part.

use std::net::SocketAddr;
use std::time::Duration;

use super::{Begun, Drawn, Site};
use crate::simulate::setting::Bound;
use crate::world::elbv2::{TARGETS_PER_GROUP, TargetRequest};
use crate::world::{ApiError, World};

impl Drawn {
    pub(in crate::simulate) fn slow_registrations(&self, site: &mut Site<'_>) -> Begun {
        let usual = site.world.pace.registration;
        let seconds = 180 + u64::from(self.small(120));
        site.world.pace.registration = Duration::from_secs(seconds);
        Begun::of(format!("a target takes {seconds} s to its first check")).undone(
            move |world, _| {
                world.pace.registration = usual;
                Ok(())
            },
        )
    }
}

/// A target on another port than the writer's.
pub(in crate::simulate) fn add_other_port(site: &mut Site<'_>) -> Result<Begun, ApiError> {
    match site.bound.truth(site.world).pop_first() {
        Some(writer) => {
            let target = SocketAddr::new(writer.ip(), writer.port() + 1);
            add_target(site, target, None)
        }
        None => Ok(Begun::of("there is no writer".to_owned())),
    }
}

/// A target that no binding allows.
pub(in crate::simulate) fn add_foreign(site: &mut Site<'_>) -> Result<Begun, ApiError> {
    let target = SocketAddr::from(([10, 30, 0, 77], site.bound.link.port));
    add_target(site, target, Some("all"))
}

fn add_target(
    site: &mut Site<'_>,
    target: SocketAddr,
    zone: Option<&str>,
) -> Result<Begun, ApiError> {
    let request = TargetRequest {
        zone: zone.map(str::to_owned),
        ..TargetRequest::new(&target.ip().to_string(), target.port())
    };
    site.world.register_targets(&site.bound.link.group, &[request])?;
    let name = &site.bound.link.name;
    Ok(Begun::of(format!("someone registers {target} in the group of {name}")))
}

pub(in crate::simulate) fn take_out_of_use(site: &mut Site<'_>) -> Result<Begun, ApiError> {
    let balancer = delete_listeners(site.world, site.bound)?;
    let words = format!("no listener forwards to the group of {}", site.bound.link.name);
    Ok(Begun::of(words).undone(move |world, bound| {
        // A group that was deleted meanwhile stays without.
        if world.elbv2.group(&bound.link.group).is_some() {
            world.add_listener(&balancer, bound.link.port, &bound.link.group);
        }
        Ok(())
    }))
}

pub(in crate::simulate) fn delete_group(site: &mut Site<'_>) -> Begun {
    // It may have none already.
    let _ = delete_listeners(site.world, site.bound);
    site.world.elbv2.remove_target_group(&site.bound.link.group);
    Begun::of(format!("the group of {} is deleted", site.bound.link.name))
}

pub(in crate::simulate) fn reach_quota(site: &mut Site<'_>) -> Begun {
    site.world.elbv2.set_target_quota(1);
    Begun::of("a group may hold at most 1 target".to_owned()).undone(|world, _| {
        world.elbv2.set_target_quota(TARGETS_PER_GROUP);
        Ok(())
    })
}

pub(in crate::simulate) fn shut_checks_out(site: &mut Site<'_>) -> Begun {
    site.world.elbv2.shut_checks_out(&site.bound.link.group);
    let words = format!("the checks of the group of {} do not get through", site.bound.link.name);
    Begun::of(words).undone(|world, bound| {
        world.elbv2.let_checks_in(&bound.link.group);
        Ok(())
    })
}

/// Deletes the group's listeners, and returns the load balancer that had them.
fn delete_listeners(world: &mut World, bound: &Bound) -> Result<String, ApiError> {
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
