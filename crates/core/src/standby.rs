//! A Multi-AZ instance's standby: what says where it is, and whether a group may hold it.
//!
//! A standby does not run the database, and refuses TCP until a failover starts it there. A binding
//! with `standby = "warm"` registers its address beside the writer's, so that nothing has to be
//! written when it becomes the writer. RDS names no address of a standby, and an interface of RDS
//! carries no name of its instance. So the address is proven from everything that EC2, RDS and DNS
//! say together.
//!
//! - `fit`: whether an instance can have a warm standby at all.
//! - `proof`: where the standby is, as one reading of everything shows it, and whether that reading
//!   contradicts that an address is the standby's.
//! - `safety`: whether a group may hold a target that refuses TCP.

mod fit;
mod proof;
mod safety;

pub use self::fit::{Refusal, fit};
pub use self::proof::{Ambiguity, Missing, Proof, Sources, StandbyReading, neighbours, prove};
pub use self::safety::{Unsafe, safety};

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// The description of every network interface that RDS makes for an instance (no page of AWS's
/// documentation promises it; terraform-provider-aws issues 38687 and 43249 show it).
pub const DESCRIPTION: &str = "RDSNetworkInterface";

/// Who requests the network interfaces of RDS (the same sources).
pub const REQUESTER: &str = "amazon-rds";

/// A network interface (botocore ec2 2016-11-15, `NetworkInterface`).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Interface {
    /// Its private addresses, of both families.
    pub addresses: BTreeSet<IpAddr>,
    /// Its subnet's id.
    pub subnet: String,
    /// The name of its Availability Zone.
    pub zone: String,
    /// The ids of its security groups.
    pub security_groups: BTreeSet<String>,
    /// Whether its status is `in-use`.
    pub in_use: bool,
    /// Whether a service of AWS manages it.
    pub requester_managed: bool,
    /// `RequesterId`: who had it made.
    pub requester: Option<String>,
    /// Its description, which RDS writes.
    pub description: String,
}

/// Where an instance is in its VPC, as RDS reports it (botocore rds 2014-10-31, `DBInstance`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Placement {
    /// `MultiAZ`; absent with RDS Custom.
    pub multi_az: Option<bool>,
    /// A change of `MultiAZ` is pending.
    pub multi_az_changes: bool,
    /// `AvailabilityZone`. It swaps with the other zone minutes after a failover.
    pub zone: Option<String>,
    /// `SecondaryAvailabilityZone`.
    pub secondary_zone: Option<String>,
    /// The subnets of its subnet group.
    pub subnets: BTreeSet<String>,
    /// The status of each of its security groups; `active` unless it is being added or removed.
    pub security_groups: BTreeMap<String, String>,
    /// Whether it replicates another database: `ReadReplicaSourceDBInstanceIdentifier` or
    /// `ReadReplicaSourceDBClusterIdentifier`.
    pub replicates: bool,
}

/// Attributes of a target group or of a load balancer, by their names.
pub type Attributes = BTreeMap<String, String>;

/// How a group's traffic is routed: its attributes, and its load balancers'.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Routing {
    /// The group's attributes.
    pub group: Attributes,
    /// The load balancers that forward to it.
    pub balancers: Vec<BalancerRouting>,
}

/// What a load balancer has to do with the routing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct BalancerRouting {
    /// The names of its enabled zones.
    pub zones: BTreeSet<String>,
    /// Its attributes.
    pub attributes: Attributes,
}
