//! What `doctor` and `init` read of an account beside the ports of core: plain values, one for each
//! thing that AWS describes, with AWS's own words.
//!
//! These values decide nothing. A part that AWS leaves out is `None` or empty here, exactly where
//! the API's reference says what its absence means; an answer without its list is an error.

mod elbv2;
mod events;
mod function;
mod network;
mod rds;
mod reader;

use std::collections::BTreeMap;

pub use elbv2::{
    Balancer, BalancerZone, Forward, GroupDetail, HealthCheck, Listener, Override, TargetSeen,
};
pub use events::{EventSubscription, Quota, TopicSubscription};
pub use function::{
    Alarm, EventInvoke, Function, FunctionVpc, Measurement, Metric, Schedule, SourceMapping,
};
pub use network::{
    AclEntry, EndpointConnection, EndpointService, NetworkAcl, Peer, PortRange, Rule,
    SecurityGroup, Subnet,
};
pub use rds::{
    Certificate, Cluster, ClusterMember, Instance, Maintenance, Proxy, ProxyEndpoint, SubnetGroup,
    SubnetOfGroup,
};

pub use reader::AccountReader;

/// The attributes of a thing, by the names of the API's reference, such as
/// `load_balancing.cross_zone.enabled` or `KmsMasterKeyId`.
pub type Attributes = BTreeMap<String, String>;

/// Who makes the calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The account's number.
    pub account: String,
    /// The ARN of the user or of the assumed role's session.
    pub arn: String,
}
