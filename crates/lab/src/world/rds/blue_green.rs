//! Blue/green deployments: a copy of a production database that is kept in sync and takes over its
//! place and its names.
//!
//! The copy is green, the original blue. Until a switchover, green is a database like any other
//! with names of its own, `ID-green-xxxxxx`, that takes no writes. [`switchover`] has what follows
//! (AWS docs: "Overview of Amazon RDS Blue/Green Deployments", and the page of that name for
//! Aurora; names, statuses and refusals: botocore rds 2014-10-31).
//!
//! Aurora clusters and single instances of MySQL, MariaDB and PostgreSQL have them. Multi-AZ DB
//! clusters have none here, and read replicas and Aurora Global Database are not modelled in a
//! deployment.

mod add;
mod describe;
mod switchover;

use std::fmt;
use std::time::Duration;

pub use describe::DescribeDeployments;
pub use switchover::{Cancellation, SwitchoverStep};

use super::{ClusterKey, InstanceKey, Rds, refusal};
use crate::world::events::SourceType;
use crate::world::{ApiError, World};

/// A deployment's identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeploymentKey(pub(super) u32);

/// A blue/green deployment.
#[derive(Clone, Debug)]
pub struct Deployment {
    /// Its identity.
    pub key: DeploymentKey,
    /// Its id, `bgd-…`, which its events name.
    pub identifier: String,
    /// The name its user gave it.
    pub name: String,
    pub status: DeploymentStatus,
    /// When it was made.
    pub created: Duration,
    /// Blue and green: first the database that was asked for, then its instances if it is a
    /// cluster.
    pub pairs: Vec<Pair>,
    /// How many switchovers were begun: what was scheduled for an earlier one is void.
    attempt: u32,
    /// Whether names have begun to move, after which a switchover is no longer cancelled.
    names_move: bool,
}

/// A database and its copy.
#[derive(Clone, Debug)]
pub struct Pair {
    /// The database in production before the switchover.
    pub blue: Side,
    /// Its copy.
    pub green: Side,
}

/// One of the two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Side {
    database: Database,
    /// Its ARN, or the last it had.
    pub arn: String,
    /// The name it has before the switchover and the one it has afterwards, once names move.
    renamed: Option<Rename>,
}

/// A database's name before a switchover, and after it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Rename {
    from: String,
    to: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Database {
    Cluster(ClusterKey),
    Instance(InstanceKey),
}

/// The status of a deployment, and of each database in it (botocore rds 2014-10-31,
/// BlueGreenDeployment and SwitchoverDetail).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeploymentStatus {
    /// Green is ready.
    Available,
    /// A switchover is under way.
    SwitchoverInProgress,
    /// Green is in production.
    SwitchoverCompleted,
    /// A switchover was cancelled, and everything is as before. That this, and not `AVAILABLE`, is
    /// what a cancelled one leaves is not documented.
    SwitchoverFailed,
}

impl fmt::Display for DeploymentStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            DeploymentStatus::Available => "AVAILABLE",
            DeploymentStatus::SwitchoverInProgress => "SWITCHOVER_IN_PROGRESS",
            DeploymentStatus::SwitchoverCompleted => "SWITCHOVER_COMPLETED",
            DeploymentStatus::SwitchoverFailed => "SWITCHOVER_FAILED",
        })
    }
}

impl Deployment {
    /// Whether blue and green are clusters.
    fn is_of_cluster(&self) -> bool {
        matches!(self.pairs.first().map(|pair| pair.blue.database), Some(Database::Cluster(_)))
    }

    /// The instances of both sides.
    fn instances(&self) -> Vec<InstanceKey> {
        let both = self.pairs.iter().flat_map(|pair| [pair.blue.database, pair.green.database]);
        both.filter_map(Database::instance).collect()
    }
}

impl Database {
    fn instance(self) -> Option<InstanceKey> {
        match self {
            Database::Instance(key) => Some(key),
            Database::Cluster(_) => None,
        }
    }
}

impl Rds {
    /// All blue/green deployments, in the order they were made.
    pub fn deployments(&self) -> impl Iterator<Item = &Deployment> {
        self.deployments.values()
    }

    /// The deployment of that id, in any case (botocore rds 2014-10-31: "This parameter isn't
    /// case-sensitive").
    pub fn deployment(&self, identifier: &str) -> Option<&Deployment> {
        self.deployments().find(|deployment| deployment.identifier.eq_ignore_ascii_case(identifier))
    }

    fn find_deployment(&self, identifier: &str) -> Result<&Deployment, ApiError> {
        self.deployment(identifier).ok_or_else(|| refusal::deployment_not_found(identifier))
    }

    /// A database's name as the RDS API shows it; nothing once it is gone.
    fn shown_name(&self, database: Database) -> Option<String> {
        match database {
            Database::Cluster(key) => self.cluster_name(key),
            Database::Instance(key) => self.instance_name(key),
        }
    }
}

impl World {
    /// A database as one side of a pair.
    fn side(&self, database: Database) -> Side {
        let name = self.rds.shown_name(database).unwrap_or_default();
        let arn = match database {
            Database::Cluster(_) => self.cluster_arn(&name),
            Database::Instance(_) => self.instance_arn(&name),
        };
        Side { database, arn, renamed: None }
    }

    fn emit_deployment_event(&mut self, key: DeploymentKey, id: u16, message: &str) {
        if let Some(deployment) = self.rds.deployments.get(&key) {
            let identifier = deployment.identifier.clone();
            self.emit(SourceType::BlueGreenDeployment, &identifier, id, message);
        }
    }
}

#[cfg(test)]
mod tests;
