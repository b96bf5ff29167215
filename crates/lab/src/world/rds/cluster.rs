//! A DB cluster: instances under one name, one of them the writer.

use std::collections::BTreeSet;
use std::time::Duration;

use super::shown::Listed;
use super::{Engine, GlobalMember, InstanceKey, Network, Status};
use crate::world::Pace;

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
    /// The port of all its endpoints.
    pub port: u16,
    /// Its status, as the RDS API shows it.
    pub status: Status,
    /// Its instances, in the order they joined.
    pub members: Vec<InstanceKey>,
    /// The families of its instances' addresses.
    pub network: Network,
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

impl DbCluster {
    /// How long it takes from the start of its failover until the new writer writes.
    pub fn promotion(&self, pace: &Pace) -> Duration {
        match self.form {
            Form::SharedStorage => pace.promote,
            Form::ThreeNodes => pace.promote_multi_az_cluster,
        }
    }

    /// How long it takes from then until the failover is reported as complete.
    pub(super) fn completion(&self, pace: &Pace) -> Duration {
        match self.form {
            Form::SharedStorage => pace.completed,
            Form::ThreeNodes => pace.completed_multi_az_cluster,
        }
    }
}

/// How a cluster is built.
///
/// To a client a Multi-AZ DB cluster is what an Aurora cluster is: a name that follows the writer,
/// readers that accept connections and refuse writes, and `IsClusterWriter` among the members. But
/// it always has three nodes. A change is committed when one reader at least has acknowledged it,
/// and a failover goes to the reader that has the most recent one (AWS docs: "Multi-AZ DB cluster
/// deployments for Amazon RDS"). Which reader that is nobody can foretell; here it is the first to
/// have joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Instances on shared storage, as many as one adds: Aurora, Neptune, DocumentDB.
    SharedStorage,
    /// A Multi-AZ DB cluster: a writer and two readers of PostgreSQL or MySQL, each with its own
    /// storage in a zone of its own.
    ThreeNodes,
}

/// What the name that follows the writer of a Multi-AZ DB cluster answers. Aurora's is an alias of
/// the writer's own name; of this one no documentation says whether it is, nor is it known from a
/// measurement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Naming {
    /// An alias of the writer's own name.
    #[default]
    Alias,
    /// The writer's address, and no other name.
    Address,
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

#[cfg(test)]
mod tests;
