//! How the load balancer's nodes route flows: which targets take a new one, and which established
//! ones end.
//!
//! A load balancer has one node in each of its zones, and a flow is a TCP connection that a client
//! opened at one of them. A node's view lags behind the API: it ignores a target until its
//! registration is complete ([`Pace::registration`](crate::world::Pace::registration)), and keeps
//! a deregistered one for a while ([`Pace::deregistration`](crate::world::Pace::deregistration)), in
//! the health that [`LeavingHealth`] says. It learns of a target's health some time after the API
//! shows it ([`Pace::health_lag`](crate::world::Pace::health_lag)). A node's view of a target is its
//! [`Routability`]. From these views [`route`] decides which targets take a new flow, and from a
//! target's state [`fate`] decides what happens to an established one. Both are pure functions.
//!
//! Sources, all AWS docs for Network Load Balancers: "Health checks for target groups" (healthy
//! targets, fail open, resets), "Target group health" (the thresholds of failing open, by zone),
//! "Edit target group attributes" (deregistration, termination, cross-zone), "Troubleshoot" (fail
//! open takes all registered targets). Not modelled: passive health checks, stickiness, idle
//! time-outs, weights, zonal shift.

mod leaving;

use std::collections::BTreeSet;

use super::attributes::{cross_zone, endings, quorum};
use super::{Reason, Target, TargetGroup, TargetKey, TargetState, Transition, World};
pub(super) use leaving::Leaving;
pub use leaving::LeavingHealth;

/// A node's view of a target; a greater one is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Routability {
    /// The node does not know the target yet, or no longer.
    Unknown,
    /// The target is not known to be healthy: `initial` with a complete registration, `unhealthy`,
    /// `unavailable`.
    NotHealthy,
    /// The target is healthy.
    Healthy,
}

/// A target, and the nodes' view of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The target.
    pub key: TargetKey,
    /// The nodes' view of it.
    pub routability: Routability,
}

/// Whether a node sends flows to targets of other zones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CrossZone {
    /// To the targets of all zones.
    On,
    /// To those of its own zone only.
    Off,
}

/// How many of a node's targets must be healthy. Below either number the node fails open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quorum {
    /// So many targets.
    pub count: usize,
    /// So many of a hundred.
    pub percent: usize,
}

/// The targets that take a new flow at a node; one of them is drawn for each flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// The healthy targets.
    Healthy(Vec<TargetKey>),
    /// All targets, because too few are healthy.
    FailOpen(Vec<TargetKey>),
    /// None: the node has no target, and the flow is refused.
    Refused,
}

/// What ends established flows, by the group's attributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endings {
    /// The end of a target's deregistration delay does.
    pub deregistered: bool,
    /// A target's being `unhealthy` does.
    pub unhealthy: bool,
}

/// What becomes of an established flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It goes on.
    Kept,
    /// It is reset.
    Cut,
}

/// The targets that take a new flow at the node of a zone.
///
/// A target that is in no zone, or in `all`, belongs to every node. A node that fails open sends to
/// everything that it knows, whatever its health; what the docs say of `unhealthy` targets users
/// report of `initial` ones too. An empty group "fails open" in DNS only: no target can take the
/// flow.
pub fn route(zone: &str, cross_zone: CrossZone, quorum: Quorum, targets: &[Seen]) -> Route {
    let known: Vec<_> = targets
        .iter()
        .filter(|target| target.routability > Routability::Unknown)
        .filter(|target| cross_zone == CrossZone::On || is_of(&target.key, zone))
        .collect();
    if known.is_empty() {
        return Route::Refused;
    }
    let healthy: Vec<_> =
        known.iter().filter(|target| target.routability == Routability::Healthy).collect();
    if healthy.len() < quorum.count || healthy.len() * 100 < quorum.percent * known.len() {
        Route::FailOpen(known.iter().map(|target| target.key.clone()).collect())
    } else {
        Route::Healthy(healthy.iter().map(|target| target.key.clone()).collect())
    }
}

/// What becomes of an established flow to a target in this state, at a node that sends new flows
/// so. A target in no state is gone.
///
/// Deregistering alone ends no flow: with termination, its end is that of the deregistration delay,
/// and without it the flow outlives the target. A target that is unhealthy keeps its flows while
/// the node fails open.
pub fn fate(target: Option<TargetState>, endings: Endings, node: &Route) -> Fate {
    let cut = match target {
        None => endings.deregistered,
        Some(TargetState::Unhealthy) => endings.unhealthy && !matches!(node, Route::FailOpen(_)),
        // No listener leads to it; what then becomes of its flows is not documented.
        Some(TargetState::Unused) => true,
        Some(
            TargetState::Initial
            | TargetState::Healthy
            | TargetState::UnhealthyDraining
            | TargetState::Draining
            | TargetState::Unavailable,
        ) => false,
    };
    if cut { Fate::Cut } else { Fate::Kept }
}

impl Route {
    /// The targets of which one is drawn.
    pub fn takers(&self) -> &[TargetKey] {
        match self {
            Route::Healthy(takers) | Route::FailOpen(takers) => takers,
            Route::Refused => &[],
        }
    }
}

impl World {
    /// The targets that take a new flow of a listener at the load balancer's node in this zone, at
    /// this moment. None, if there is no such listener.
    pub fn route(&self, listener: &str, zone: &str) -> Route {
        let Some(listener) = self.elbv2.listeners.get(listener) else {
            return Route::Refused;
        };
        let (Some(group), Some(balancer)) = (
            self.elbv2.groups.get(&listener.target_group),
            self.elbv2.balancers.get(&listener.balancer),
        ) else {
            return Route::Refused;
        };
        let seen = self.views(group);
        let cross_zone = cross_zone(&group.attributes, &balancer.attributes);
        route(zone, cross_zone, quorum(&group.attributes), &seen)
    }

    /// What becomes, at this moment, of a flow that a listener's node in this zone has sent to a
    /// target. A listener that is gone takes its flows along; what AWS does then is not documented.
    pub fn fate(&self, listener: &str, zone: &str, target: &TargetKey) -> Fate {
        let group = self.elbv2.listeners.get(listener);
        let Some(group) = group.and_then(|listener| self.elbv2.groups.get(&listener.target_group))
        else {
            return Fate::Cut;
        };
        let state = group.targets.get(target).map(|target| self.known_state(group, target));
        fate(state, endings(&group.attributes), &self.route(listener, zone))
    }

    /// The nodes' view of a group's targets.
    fn views(&self, group: &TargetGroup) -> Vec<Seen> {
        let keys: BTreeSet<_> = group.targets.keys().chain(group.leaving.keys()).collect();
        let seen =
            |key: &TargetKey| Seen { key: key.clone(), routability: self.routability(group, key) };
        keys.into_iter().map(seen).collect()
    }

    /// The nodes' view of a target. One that was deregistered and registered again in the meantime
    /// is seen at its best: nodes that the deregistration never reached have no reason to drop it.
    /// (Nobody has measured this.)
    fn routability(&self, group: &TargetGroup, key: &TargetKey) -> Routability {
        let registered = match group.targets.get(key) {
            // Nodes learn of a registration after a time of its own.
            Some(target) if target.routability() > Routability::Unknown => {
                Routability::of(self.known_state(group, target))
            }
            _ => Routability::Unknown,
        };
        match group.leaving.get(key) {
            Some(leaving) if leaving.is_known(self.now(), self.pace.deregistration) => {
                registered.max(leaving.routability(self.now(), self.pace.health_lag))
            }
            _ => registered,
        }
    }

    /// The state of a registered target as the nodes know it: the one before the changes of its
    /// health that are still on their way to them. Registrations and deregistrations have delays of
    /// their own.
    fn known_state(&self, group: &TargetGroup, target: &Target) -> TargetState {
        let lag = self.pace.health_lag;
        if lag.is_zero() || !target.state.has_health() {
            return target.state;
        }
        let changes = self.elbv2.timeline.iter().rev();
        let changes = changes.take_while(|change| change.at.saturating_add(lag) > self.now());
        let is_of = |change: &&Transition| change.group == group.arn && change.target == target.key;
        // The earliest of these changes says what was so before them. A target that was registered
        // by one of them had no health before.
        let first = changes.filter(is_of).last();
        match first.map(|change| change.from) {
            None => target.state,
            Some(Some(before)) if before.has_health() => before,
            Some(_) => TargetState::Initial,
        }
    }
}

impl Target {
    fn routability(&self) -> Routability {
        match (self.state, self.reason) {
            (TargetState::Initial, Some(Reason::RegistrationInProgress)) => Routability::Unknown,
            (state, _) => Routability::of(state),
        }
    }
}

impl Routability {
    /// That of a target in this state whose registration is complete.
    fn of(state: TargetState) -> Routability {
        match state {
            TargetState::Healthy => Routability::Healthy,
            TargetState::Unused | TargetState::Draining => Routability::Unknown,
            TargetState::Initial
            | TargetState::Unhealthy
            | TargetState::UnhealthyDraining
            | TargetState::Unavailable => Routability::NotHealthy,
        }
    }
}

impl TargetState {
    /// Whether health checks decide it.
    fn has_health(self) -> bool {
        !matches!(self, TargetState::Unused | TargetState::Draining)
    }
}

fn is_of(target: &TargetKey, zone: &str) -> bool {
    target.zone.as_deref().is_none_or(|of_target| of_target == zone || of_target == "all")
}

#[cfg(test)]
mod tests;
