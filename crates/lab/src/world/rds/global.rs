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

use std::time::Duration;

use super::{ClusterKey, DbCluster, InstanceKey, RdsChange, Serving, refusal};
use crate::world::dns::Move;
use crate::world::paging::{Page, PageRequest};
use crate::world::rds::Rds;
use crate::world::{self, ApiError, World};

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

/// How writing moves between Regions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shift {
    /// As planned, with both clusters in step.
    Switchover,
    /// Without the former primary's help.
    Failover,
}

/// What happens to a cluster of a global database next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GlobalStep {
    /// The writer has come, or gone to the cluster of that ARN.
    Moved(Shift, Option<String>),
    /// The RDS API shows it.
    Shown(Option<InstanceKey>, GlobalRole),
    /// The global writer endpoint leads elsewhere.
    Repointed,
    /// It is reported as complete, under the name and the Region of the new primary.
    Complete(Shift, String, String),
}

impl Rds {
    /// A cluster is the primary of a global database from now on.
    ///
    /// # Errors
    ///
    /// When there is no such cluster.
    pub fn make_global_primary(&mut self, cluster: &str, database: &str) -> Result<(), ApiError> {
        let member =
            GlobalMember { database: database.to_owned(), role: GlobalRole::Primary(None) };
        self.cluster_mut(cluster)?.global = Some(member);
        Ok(())
    }

    /// DescribeGlobalClusters: the clusters of this Region that belong to one, ordered by its name.
    /// A name that does not exist is an error.
    pub fn describe_global_clusters(
        &self,
        identifier: Option<&str>,
        page: &PageRequest,
    ) -> Result<Page<(&DbCluster, &GlobalMember)>, ApiError> {
        let members = self.clusters().filter_map(|c| Some((c, c.global.as_ref()?)));
        let asked = |name: &str| identifier.is_none_or(|asked| asked.eq_ignore_ascii_case(name));
        let mut found: Vec<_> = members.filter(|(_, member)| asked(&member.database)).collect();
        if let Some(identifier) = identifier.filter(|_| found.is_empty()) {
            let message = format!("Global cluster {identifier} not found.");
            return Err(ApiError::not_found("GlobalClusterNotFoundFault", message));
        }
        let name = |(_, member): &(&DbCluster, &GlobalMember)| member.database.clone();
        found.sort_by_key(name);
        page.of_rds(found, name)
    }
}

impl World {
    /// Writing comes to a secondary cluster of this Region.
    ///
    /// # Errors
    ///
    /// When it is not there, not a secondary, or has no instance.
    pub fn promote_secondary(&mut self, cluster: &str, shift: Shift) -> Result<(), ApiError> {
        let key = self.rds.available_cluster(cluster)?;
        let found = self.rds.find_cluster(cluster)?;
        if found.replication_source().is_none() || found.members.is_empty() {
            return Err(refusal::cluster_state(format!(
                "DbCluster {} is not a secondary cluster with an instance.",
                found.identifier
            )));
        }
        let (name, region) = (found.identifier.clone(), self.region.clone());
        if shift == Shift::Switchover {
            self.tell_global_start(key, &name, &region);
            self.emit_cluster_event(
                key,
                183,
                "Waiting for data synchronization across global cluster members. Current lags \
                 behind primary DB cluster: 0 s.",
            );
        }
        self.global_step(self.pace.global_move, key, GlobalStep::Moved(shift, None));
        Ok(())
    }

    /// Writing leaves a primary cluster of this Region for the cluster of an ARN.
    ///
    /// # Errors
    ///
    /// When it is not there, or not the primary of a global database.
    pub fn demote_primary(
        &mut self,
        cluster: &str,
        to: &str,
        shift: Shift,
    ) -> Result<(), ApiError> {
        let key = self.rds.find_cluster(cluster)?.key;
        let found = self.rds.find_cluster(cluster)?;
        if !matches!(found.global.as_ref().map(|member| &member.role), Some(GlobalRole::Primary(_)))
        {
            return Err(refusal::cluster_state(format!(
                "DbCluster {} is not the primary of a global database.",
                found.identifier
            )));
        }
        let (name, writer) = (found.identifier.clone(), found.writer);
        if shift == Shift::Switchover {
            let (target, region) = target_of(to);
            self.tell_global_start(key, &target, &region);
            if let Some(writer) = writer {
                let message = format!(
                    "Attempt to block writes for DB cluster {name} in Region {} succeeded.",
                    self.region
                );
                self.emit_instance_event(writer, 390, &message);
            }
        }
        let step = GlobalStep::Moved(shift, Some(to.to_owned()));
        self.global_step(self.pace.global_move, key, step);
        Ok(())
    }

    /// A cluster's next step.
    pub(super) fn global_goes_on(&mut self, key: ClusterKey, step: GlobalStep) {
        match step {
            GlobalStep::Moved(shift, None) => self.writer_comes(key, shift),
            GlobalStep::Moved(shift, Some(to)) => self.writer_goes(key, &to, shift),
            GlobalStep::Shown(writer, role) => {
                if let Some(cluster) = self.rds.clusters.get_mut(&key)
                    && let Some(global) = &mut cluster.global
                {
                    global.role = role;
                    cluster.shown_writers = writer.into_iter().collect();
                }
            }
            GlobalStep::Repointed => self.emit_cluster_event(
                key,
                397,
                "Aurora finished changing the DNS name that the global writer endpoint resolves \
                 to.",
            ),
            GlobalStep::Complete(Shift::Switchover, name, region) => {
                let message = format!(
                    "Global switchover to DB cluster {name} in Region {region} \
                    finished."
                );
                self.emit_cluster_event(key, 185, &message);
            }
            GlobalStep::Complete(Shift::Failover, name, region) => {
                let message = format!(
                    "Global failover to DB cluster {name} in Region {region} \
                    completed."
                );
                self.emit_cluster_event(key, 238, &message);
            }
        }
    }

    /// A secondary has become the primary: its best reader writes.
    fn writer_comes(&mut self, key: ClusterKey, shift: Shift) {
        let best = self.rds.best_reader(key);
        let Some(cluster) = self.rds.clusters.get_mut(&key) else {
            return;
        };
        let former = cluster.replication_source().map(str::to_owned);
        let Some(writer) = best.or(cluster.members.first().copied()) else {
            return;
        };
        cluster.writer = Some(writer);
        let (name, region) = (cluster.identifier.clone(), self.region.clone());
        self.serve(writer);
        self.point_cluster(key, Move::Failover);
        if shift == Shift::Switchover {
            let message = format!(
                "New primary DB cluster {name} in Region {region} was successfully promoted."
            );
            self.emit_cluster_event(key, 184, &message);
        }
        let shown = GlobalStep::Shown(Some(writer), GlobalRole::Primary(former));
        self.moved(key, shown, GlobalStep::Complete(shift, name, region));
    }

    /// A primary has become a secondary: no instance writes, and its instances restart as readers.
    fn writer_goes(&mut self, key: ClusterKey, to: &str, shift: Shift) {
        let Some(cluster) = self.rds.clusters.get_mut(&key) else {
            return;
        };
        cluster.writer = None;
        let (name, members) = (cluster.identifier.clone(), cluster.members.clone());
        for member in members {
            if let Some(instance) = self.rds.instances.get_mut(&member) {
                instance.serving = Serving::No;
            }
            self.after(self.pace.reboot, world::WorldChange::Rds(RdsChange::Serve(member)));
        }
        self.point_cluster(key, Move::After(self.pace.dns_lag));
        if shift == Shift::Switchover {
            let message = format!(
                "Old primary DB cluster {name} in Region {} successfully shut down.",
                self.region
            );
            self.emit_cluster_event(key, 182, &message);
        }
        let (target, region) = target_of(to);
        let shown = GlobalStep::Shown(None, GlobalRole::Secondary(to.to_owned()));
        self.moved(key, shown, GlobalStep::Complete(shift, target, region));
    }

    fn moved(&mut self, key: ClusterKey, shown: GlobalStep, complete: GlobalStep) {
        self.global_step(self.pace.topology_lag, key, shown);
        self.global_step(self.pace.dns_lag, key, GlobalStep::Repointed);
        self.global_step(self.pace.completed, key, complete);
    }

    fn global_step(&mut self, delay: Duration, key: ClusterKey, step: GlobalStep) {
        self.after(delay, world::WorldChange::Rds(RdsChange::Global(key, step)));
    }

    fn tell_global_start(&mut self, key: ClusterKey, target: &str, region: &str) {
        let message =
            format!("Global switchover to DB cluster {target} in Region {region} started.");
        self.emit_cluster_event(key, 181, &message);
    }
}

/// The name and the Region in a cluster's ARN, `arn:aws:rds:REGION:ACCOUNT:cluster:NAME`.
fn target_of(arn: &str) -> (String, String) {
    let part = |at| arn.split(':').nth(at).unwrap_or(arn).to_owned();
    (part(6), part(3))
}

impl DbCluster {
    /// The ARN of the primary that it follows, if it is a secondary of a global database.
    pub fn replication_source(&self) -> Option<&str> {
        match &self.global.as_ref()?.role {
            GlobalRole::Secondary(primary) => Some(primary),
            GlobalRole::Primary(_) => None,
        }
    }
}

#[cfg(test)]
mod tests;
