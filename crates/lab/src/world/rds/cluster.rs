//! A DB cluster: instances under one name, one of them the writer.

use std::collections::BTreeSet;
use std::time::Duration;

use super::shown::Listed;
use super::{Engine, Form, GlobalMember, InstanceKey, Network, Status};

/// A cluster's identity, which a rename does not change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClusterKey(pub(super) u32);

#[derive(Clone, Debug)]
pub struct DbCluster {
    /// Its identity.
    pub key: ClusterKey,
    /// Its name, as the RDS API shows it.
    pub identifier: String,
    /// The name that truly leads to it: another one for a moment, while a blue/green switchover
    /// renames it.
    pub(super) name: String,
    pub arn: String,
    /// Its resource id, `cluster-…`.
    pub resource_id: String,
    /// How it is built.
    pub form: Form,
    /// What its capacity is made up of.
    pub capacity: Capacity,
    /// What runs in it.
    pub engine: Engine,
    /// The engine's version.
    pub engine_version: String,
    /// The port of all its endpoints.
    pub port: u16,
    /// Its status, as the RDS API shows it.
    pub status: Status,
    /// Its instances, in the order they joined.
    pub members: Vec<InstanceKey>,
    /// The subnet group's name.
    pub subnet_group: String,
    /// The families of its instances' addresses.
    pub network: Network,
    /// The network type it will have after the next maintenance window.
    pub pending_network: Option<Network>,
    /// The name it will have after the next maintenance window.
    pub pending_identifier: Option<String>,
    /// When it was made.
    pub created: Duration,
    /// Its place in a global database.
    pub global: Option<GlobalMember>,
    /// The member that truly writes.
    pub(super) writer: Option<InstanceKey>,
    /// The members that the RDS API calls writers: the true one, but for a lag or a fault.
    pub(super) shown_writers: BTreeSet<InstanceKey>,
    /// The members that the RDS API calls writers whatever happens, while it is at fault.
    pub(super) told_writers: Option<BTreeSet<InstanceKey>>,
    /// Whether the RDS API lists it.
    pub listed: Listed,
}

/// What a cluster's capacity is made up of, as the RDS API tells it (botocore rds 2014-10-31,
/// `DBCluster`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capacity {
    /// Instances in the VPC's subnets.
    Instances,
    /// Aurora Serverless v1: `EngineMode` is `serverless`.
    ServerlessV1,
    /// A DB shard group: `ClusterScalabilityType` is `limitless`.
    Limitless,
    /// Instances outside of every VPC: `VPCNetworkingEnabled` is false.
    OutsideVpc,
}

/// A member of a cluster, as DescribeDBClusters shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The instance's name.
    pub instance: String,
    /// Whether the RDS API calls it the writer.
    pub is_cluster_writer: bool,
    /// Its promotion tier: 0 is promoted first.
    pub promotion_tier: u8,
}
