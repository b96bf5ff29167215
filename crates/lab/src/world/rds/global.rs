//! Aurora Global Database as one Region sees it: a cluster that is the primary, or one that follows
//! a primary in another Region.
//!
//! ```text
//! promotion:  start ──global move──► the writer has come ──topology lag──► the RDS API shows it
//!               │ 0181, 0183           │ 0184              ──dns lag──────► the cluster's name leads to it, 0397
//!               │                                          ──completed────► 0185, or 0238 after a failover
//! demotion:   start ──global move──► the writer has gone, and its cluster restarts ──the same lags──►
//!                 0181, 0390           0182
//! ```
//!
//! The other Region is only an ARN. Of a secondary cluster no member is the writer, its readers
//! serve, and its writer endpoint is "inactive" (AWS docs: DBClusterEndpoint, Status: "a writer
//! endpoint for a read-only secondary cluster in a global database"). What DNS says of that name is
//! not documented: see [`SecondaryName`]. Nor is it documented in which Region each event appears,
//! and which of the clocks is first; here this Region has them all.

mod shift;

use super::{ClusterKey, DbCluster, Engine, Form, Rds, refusal};
use crate::world::paging::{Page, PageRequest};
use crate::world::vpc::Zone;
use crate::world::{ApiError, World};

pub use shift::{GlobalStep, Shift};

/// A cluster's place in a global database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GlobalMember {
    /// `GlobalClusterIdentifier`.
    pub database: String,
    /// Whether it writes, as the RDS API shows it.
    pub role: GlobalRole,
}

/// Whether a cluster of a global database writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GlobalRole {
    /// It does; the secondary of that ARN, if there is one, follows it.
    Primary(Option<String>),
    /// It does not, and follows the primary of that ARN.
    Secondary(String),
}

/// What the writer endpoint's name of a secondary cluster answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SecondaryName {
    /// Nothing: NXDOMAIN.
    #[default]
    Absent,
    /// The first of its members, which takes no writes.
    Reader,
}

/// A global database as this Region sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GlobalCluster {
    /// Its name.
    pub identifier: String,
    /// What runs in it.
    pub engine: Engine,
    /// The engine's version.
    pub engine_version: String,
    /// The primary's ARN.
    pub primary: String,
    /// The secondary's ARN.
    pub secondary: Option<String>,
}

impl World {
    /// CreateGlobalCluster of a cluster that is there, by its ARN or name: it becomes the primary.
    /// An empty global database is not modelled, since its first cluster could only be this
    /// Region's.
    pub fn create_global_cluster(
        &mut self,
        identifier: &str,
        source: &str,
    ) -> Result<GlobalCluster, ApiError> {
        let identifier = refusal::identifier("GlobalClusterIdentifier", identifier)?;
        if self.rds.global_clusters().any(|other| other.identifier == identifier) {
            return Err(ApiError::bad_request(
                "GlobalClusterAlreadyExistsFault",
                format!("Global cluster {identifier} already exists."),
            ));
        }
        let key = self.rds.available_cluster(source)?;
        let found = self.rds.find_cluster(source)?;
        let is_aurora = matches!(found.engine, Engine::AuroraMysql | Engine::AuroraPostgresql);
        if !is_aurora || found.form != Form::SharedStorage || found.global.is_some() {
            return Err(refusal::cluster_state(format!(
                "DbCluster {} can't be the primary of a global database.",
                found.identifier
            )));
        }
        self.join_global(key, &identifier, GlobalRole::Primary(None));
        self.rds.find_global_cluster(&identifier)
    }

    /// An Aurora cluster that is already available and follows a primary in another Region, with
    /// its members and their zones.
    ///
    /// # Errors
    ///
    /// Where CreateDBCluster and CreateDBInstance refuse.
    pub fn add_global_secondary(
        &mut self,
        identifier: &str,
        engine: Engine,
        members: &[(&str, Zone)],
        primary: &str,
    ) -> Result<(), ApiError> {
        self.add_aurora(identifier, engine, &[])?;
        let key = self.rds.find_cluster(identifier)?.key;
        let database = format!("{identifier}-global");
        self.join_global(key, &database, GlobalRole::Secondary(primary.to_owned()));
        for (member, zone) in members {
            self.add_member(identifier, engine, member, *zone)?;
        }
        Ok(())
    }

    /// DescribeGlobalClusters, ordered by name. A name that does not exist is an error.
    pub fn describe_global_clusters(
        &self,
        identifier: Option<&str>,
        page: &PageRequest,
    ) -> Result<Page<GlobalCluster>, ApiError> {
        let mut clusters = match identifier {
            Some(identifier) => vec![self.rds.find_global_cluster(identifier)?],
            None => self.rds.global_clusters().collect(),
        };
        clusters.sort_by(|one, other| one.identifier.cmp(&other.identifier));
        page.of_rds(clusters, |cluster| cluster.identifier.clone())
    }

    fn join_global(&mut self, key: ClusterKey, database: &str, role: GlobalRole) {
        if let Some(cluster) = self.rds.clusters.get_mut(&key) {
            cluster.global = Some(GlobalMember { database: database.to_owned(), role });
        }
    }
}

impl DbCluster {
    /// The ARN of the primary that it follows, if it is a secondary of a global database.
    pub fn replication_source(&self) -> Option<&str> {
        match &self.global.as_ref()?.role {
            GlobalRole::Secondary(primary) => Some(primary),
            GlobalRole::Primary(_) => None,
        }
    }

    fn as_global(&self) -> Option<GlobalCluster> {
        let member = self.global.as_ref()?;
        let (primary, secondary) = match &member.role {
            GlobalRole::Primary(secondary) => (self.arn.clone(), secondary.clone()),
            GlobalRole::Secondary(primary) => (primary.clone(), Some(self.arn.clone())),
        };
        Some(GlobalCluster {
            identifier: member.database.clone(),
            engine: self.engine,
            engine_version: self.engine_version.clone(),
            primary,
            secondary,
        })
    }
}

impl Rds {
    fn global_clusters(&self) -> impl Iterator<Item = GlobalCluster> {
        self.clusters().filter_map(DbCluster::as_global)
    }

    fn find_global_cluster(&self, identifier: &str) -> Result<GlobalCluster, ApiError> {
        let mut clusters = self.global_clusters();
        let found = clusters.find(|cluster| cluster.identifier.eq_ignore_ascii_case(identifier));
        found.ok_or_else(|| {
            ApiError::not_found(
                "GlobalClusterNotFoundFault",
                format!("Global cluster {identifier} not found."),
            )
        })
    }
}

#[cfg(test)]
mod tests;
