//! The operations SwitchoverGlobalCluster and FailoverGlobalCluster: the writer moves to this
//! Region or away from it.

use super::{GlobalCluster, GlobalRole};
use crate::world::dns::Move;
use crate::world::rds::{ClusterKey, InstanceKey, RdsChange, Serving, refusal};
use crate::world::{self, ApiError, World};

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

impl World {
    /// SwitchoverGlobalCluster or FailoverGlobalCluster to the cluster of an ARN: this Region's is
    /// promoted, or else demoted. Any ARN of another Region counts as a secondary's, since this
    /// Region knows nothing else of them.
    pub fn shift_global_cluster(
        &mut self,
        global: &str,
        target: &str,
        shift: Shift,
    ) -> Result<GlobalCluster, ApiError> {
        let found = self.rds.find_global_cluster(global)?;
        if found.primary == target {
            return Err(ApiError::bad_request(
                "InvalidGlobalClusterStateFault",
                format!("{target} is the primary of global cluster {global}."),
            ));
        }
        let is_here = self.rds.cluster(target).is_some();
        let is_elsewhere =
            target.contains(":cluster:") && !target.contains(&format!(":{}:", self.region));
        match (is_here, is_elsewhere) {
            (true, _) => self.promote_secondary(target, shift)?,
            (false, true) => self.demote_primary(&found.primary, target, shift)?,
            (false, false) => return Err(refusal::cluster_not_found(target)),
        }
        self.rds.find_global_cluster(global)
    }

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
    pub(in crate::world::rds) fn global_goes_on(&mut self, key: ClusterKey, step: GlobalStep) {
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

    fn global_step(&mut self, delay: std::time::Duration, key: ClusterKey, step: GlobalStep) {
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
