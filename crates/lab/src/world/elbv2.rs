//! ELBv2: network load balancers, listeners, and target groups with their targets' states.
//!
//! A target's life, as the model has it:
//!
//! ```text
//! register ─► initial ──first check passes──► healthy ◄──► unhealthy
//!                │                               │            │
//!                └────────────── deregister ─────┴────────────┘
//!                                    │
//!            register again ◄── draining ──deregistration delay──► gone
//! ```
//!
//! A target that no listener reaches, or whose zone the load balancer lacks, is `unused` and leaves
//! at once. Sources: botocore elbv2 2015-12-01; AWS docs, Network Load Balancers, "Target groups",
//! "Register targets" and "Health checks for target groups".

mod attributes;
mod balancer;
#[cfg(test)]
mod fixture;
mod flow;
mod group;
mod health;
mod health_check;
mod key;
mod lifecycle;
mod listener;
mod refusal;
mod register;
mod tags;
mod target;

use std::collections::{BTreeMap, BTreeSet};

pub use attributes::Attributes;
pub(crate) use attributes::{
    CROSS_ZONE, DELAY, TERMINATE_DEREGISTERED, ZONAL_SHIFT, known_attributes,
};
pub use balancer::{LoadBalancer, Node};
pub use flow::{
    CrossZone, Endings, Fate, LeavingHealth, Quorum, Routability, Route, Seen, fate, route,
};
pub use group::{GroupProtocol, GroupSelection, NewTargetGroup, TargetGroup, TargetType};
pub use health_check::{HealthCheck, HealthCheckProtocol};
pub use lifecycle::TargetChange;
pub use listener::Listener;
pub use tags::Tags;
pub use target::{Reason, Target, TargetHealth, TargetKey, TargetRequest, TargetState, Transition};

use super::{World, ids};
pub use crate::world::vpc::IpFamily;

/// Targets that a group may hold (AWS docs, "Quotas for your Network Load Balancers").
pub const TARGETS_PER_GROUP: usize = 1_000;

/// The load-balancing half of the region.
#[derive(Clone, Debug)]
pub struct Elbv2 {
    quota: usize,
    serial: u64,
    balancers: BTreeMap<String, LoadBalancer>,
    listeners: BTreeMap<String, Listener>,
    groups: BTreeMap<String, TargetGroup>,
    tags: BTreeMap<String, Tags>,
    timeline: Vec<Transition>,
    /// The groups whose health checks do not reach their targets.
    shut: BTreeSet<String>,
    /// How the nodes see the health of targets that are deregistered from now on, until they hear
    /// of it.
    pub leaving_health: LeavingHealth,
}

impl Default for Elbv2 {
    fn default() -> Self {
        Elbv2 {
            quota: TARGETS_PER_GROUP,
            serial: 0,
            balancers: BTreeMap::new(),
            listeners: BTreeMap::new(),
            groups: BTreeMap::new(),
            tags: BTreeMap::new(),
            timeline: Vec::new(),
            shut: BTreeSet::new(),
            leaving_health: LeavingHealth::default(),
        }
    }
}

impl Elbv2 {
    /// Lowers or raises the number of targets that a group may hold.
    pub fn set_target_quota(&mut self, quota: usize) {
        self.quota = quota;
    }

    /// Keeps the health checks of a group out, as a security group that does not admit the load
    /// balancer does: its targets never become healthy.
    pub fn shut_checks_out(&mut self, group: &str) {
        self.shut.insert(group.to_owned());
    }

    /// Lets the health checks of a group through again.
    pub fn let_checks_in(&mut self, group: &str) {
        self.shut.remove(group);
    }

    /// Every change of a target's state, in order.
    pub fn timeline(&self) -> &[Transition] {
        &self.timeline
    }

    /// The targets that take new connections or may come to: all but `draining`. Empty for an
    /// unknown group.
    pub fn present(&self, group: &str) -> Vec<&Target> {
        self.groups.get(group).map_or_else(Vec::new, |group| {
            let present = |target: &&Target| target.state.is_present();
            group.targets.values().filter(present).collect()
        })
    }

    /// A target group, by its ARN.
    pub fn group(&self, arn: &str) -> Option<&TargetGroup> {
        self.groups.get(arn)
    }

    /// A target group, by its name.
    pub fn group_named(&self, name: &str) -> Option<&TargetGroup> {
        self.groups.values().find(|group| group.name == name)
    }

    /// The load balancers, by ARN.
    pub fn balancers(&self) -> impl Iterator<Item = &LoadBalancer> {
        self.balancers.values()
    }

    /// The listeners, by ARN.
    pub fn listeners(&self) -> impl Iterator<Item = &Listener> {
        self.listeners.values()
    }

    /// The target groups, by ARN.
    pub fn groups(&self) -> impl Iterator<Item = &TargetGroup> {
        self.groups.values()
    }

    /// The next 16 hexadecimal digits that AWS would have drawn at random.
    fn next_suffix(&mut self) -> String {
        self.serial += 1;
        ids::hex16(self.serial)
    }
}

impl World {
    fn elbv2_arn(&self, resource: &str) -> String {
        format!("arn:aws:elasticloadbalancing:{}:{}:{resource}", self.region, self.account)
    }
}
