//! What stands around the databases, the load balancers and the topics, and changes only when
//! somebody changes it: networks, endpoint services, functions, schedules, alarms,
//! what is stored.
//!
//! [`Surroundings`] holds what a world's file says of them. What it does not say follows from the
//! rest of the world, as the templates in `infra/` deploy it: a security group for each database
//! that admits the load balancers, and one for each load balancer; a subnet in each zone; the
//! function with its schedule, its alarms and its queue. A thing of the file that has the name of
//! one of these takes its place.

pub mod alarm;
pub mod database;
pub mod endpoint_service;
pub mod function;
pub mod interface;
pub mod metric;
pub mod queue;
pub mod schedule;
pub mod security_group;
pub mod stored;
pub mod subnet;
pub mod topic;

use std::collections::BTreeMap;

use serde_json::Value;

pub use alarm::Alarm;
pub use database::{DatabaseFacts, Maintenance};
pub use endpoint_service::EndpointService;
pub use function::Function;
pub use interface::{Interface, NetworkInterface};
pub use metric::Metric;
pub use queue::Queue;
pub use schedule::Schedule;
pub use security_group::{PrefixList, SecurityGroup};
pub use stored::{Object, Parameter};
pub use subnet::{NetworkAcl, Subnet, SubnetGroup};
pub use topic::TopicFacts;

use super::elbv2::IpFamily;
use super::ids;

/// What a world's file says of the surroundings.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    pub security_groups: Vec<SecurityGroup>,
    pub prefix_lists: Vec<PrefixList>,
    pub network_interfaces: Vec<NetworkInterface>,
    pub subnets: Vec<Subnet>,
    pub subnet_groups: Vec<SubnetGroup>,
    pub network_acls: Vec<NetworkAcl>,
    pub endpoint_services: Vec<EndpointService>,
    pub functions: Vec<Function>,
    pub schedules: Vec<Schedule>,
    pub alarms: Vec<Alarm>,
    pub metrics: Vec<Metric>,
    pub queues: Vec<Queue>,
    pub maintenance: Vec<Maintenance>,
    pub parameters: Vec<Parameter>,
    pub objects: Vec<Object>,
    /// Of clusters and instances by resource id, of proxies by name.
    pub databases: BTreeMap<String, DatabaseFacts>,
    /// Of load balancers, by name.
    pub balancers: BTreeMap<String, BalancerFacts>,
    /// Of topics, by ARN.
    pub topics: BTreeMap<String, TopicFacts>,
    /// The quotas of RDS that differ from the usual ones, by name.
    pub quotas: BTreeMap<String, u32>,
    /// The bindings that the function follows.
    pub bindings: Vec<Binding>,
    /// The ARN of the topic of outcomes and alarms.
    pub outcomes: Option<String>,
}

/// What a world's file says of a load balancer.
#[derive(Clone, Debug, Default)]
pub struct BalancerFacts {
    /// The names or ids of its security groups; one of its own, when not given.
    pub security_groups: Option<Vec<String>>,
    /// Whether inbound rules apply to traffic through PrivateLink.
    pub enforce_on_private_link: bool,
    /// The zone that a zonal shift keeps traffic away from.
    pub zonal_shift: Option<super::vpc::Zone>,
}

/// A binding of the function's configuration.
#[derive(Clone, Debug)]
pub struct Binding {
    pub name: String,
    pub source: String,
    /// The ARN of its target group.
    pub target_group: String,
    /// The family of the group's addresses.
    pub family: IpFamily,
    /// A key that only this kind of source has, with its value.
    pub setting: Option<(&'static str, Value)>,
}

/// An id as EC2 gives them: a prefix and 17 hexadecimal digits, the same for the same name.
fn id_of(prefix: &str, name: &str) -> String {
    format!("{prefix}-0{}", ids::hex16(ids::hash(name)))
}

/// The values of the file, and before them the defaults whose names the file does not take.
fn beside<T: Clone>(defaults: Vec<T>, written: &[T], name: impl Fn(&T) -> &str) -> Vec<T> {
    let is_free = |one: &T| !written.iter().any(|other| name(other) == name(one));
    let kept: Vec<T> = defaults.into_iter().filter(is_free).collect();
    kept.into_iter().chain(written.iter().cloned()).collect()
}
