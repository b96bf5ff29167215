//! The failover of a cluster.
//!
//! ```text
//! start ──promote──► writer moves ──topology lag──► the RDS API shows it
//!   │ event 0072/0073     ├──dns lag──► DNS answers it, flaps, stays
//!   │ old writer down     ├──reboot──► the old writer is back, a reader
//!                         └──completed──► event 0071
//! ```

use std::time::Duration;

use super::{
    ClusterKey, DbCluster, DbInstance, Engine, Form, InstanceKey, Rds, RdsChange, Serving, Status,
    refusal,
};
use crate::world::dns::Move;
use crate::world::{self, ApiError, World};

/// An event of an instance that a failover of its cluster brings about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailoverEvent {
    /// The writer is shut down.
    Shutdown,
    /// The former writer is back.
    Restarted,
    /// The new writer has the writer's names.
    TopologyUpdated,
}

impl FailoverEvent {
    /// Its number and its text (AWS docs: "Amazon RDS event categories and event messages for
    /// Aurora").
    fn id_and_message(self) -> (u16, &'static str) {
        match self {
            FailoverEvent::Shutdown => (4, "DB instance shutdown"),
            FailoverEvent::Restarted => (6, "DB instance restarted"),
            FailoverEvent::TopologyUpdated => (385, "Cluster topology is updated."),
        }
    }
}

impl World {
    /// FailoverDBCluster: to the target, else to the best reader.
    pub fn failover_db_cluster(
        &mut self,
        cluster: &str,
        target: Option<&str>,
    ) -> Result<&DbCluster, ApiError> {
        let key = self.rds.available_cluster(cluster)?;
        if target.is_some() && self.rds.find_cluster(cluster)?.engine == Engine::Mysql {
            // botocore rds 2014-10-31, TargetDBInstanceIdentifier: "isn't supported for RDS for
            // MySQL Multi-AZ DB clusters".
            return Err(ApiError::invalid_parameter_combination(
                "TargetDBInstanceIdentifier isn't supported for RDS for MySQL Multi-AZ DB \
                 clusters.",
            ));
        }
        if self.rds.find_cluster(cluster)?.replication_source().is_some() {
            // What AWS says to it is not documented.
            return Err(refusal::cluster_state(format!(
                "DbCluster {cluster} is a secondary cluster, which has no writer."
            )));
        }
        let target = match target {
            Some(target) => self.rds.reader_named(key, target)?,
            None => self.rds.best_reader(key).ok_or_else(|| {
                refusal::cluster_state(format!(
                    "DbCluster {cluster} has no readable DB instance to fail over to."
                ))
            })?,
        };
        self.start_failover(key, Some(target));
        self.rds.find_cluster(cluster)
    }

    /// The writer of a cluster is lost without anybody's asking: the same failover, in any state of
    /// the cluster.
    pub fn lose_writer(&mut self, cluster: &str) -> Result<(), ApiError> {
        let key = self.rds.find_cluster(cluster)?.key;
        self.start_failover(key, None);
        Ok(())
    }

    /// A failover begins. Without a target, the best reader at the moment of the promotion is
    /// promoted.
    pub(super) fn start_failover(&mut self, key: ClusterKey, target: Option<InstanceKey>) {
        let Some(cluster) = self.rds.clusters.get_mut(&key) else {
            return;
        };
        if cluster.replication_source().is_some() {
            return;
        }
        cluster.status = Status::FailingOver;
        let promotion = cluster.promotion(&self.pace);
        let writer = cluster.writer;
        let old_zone = writer
            .and_then(|writer| self.rds.instances.get(&writer))
            .map(|writer| writer.host.zone);
        let successor = target.or_else(|| self.rds.best_reader(key)).or(writer);
        let new_zone = successor
            .and_then(|target| self.rds.instances.get(&target))
            .map(|target| target.host.zone);
        if let Some(writer) = writer.and_then(|writer| self.rds.instances.get_mut(&writer)) {
            writer.serving = Serving::No;
        }
        if let Some(writer) = writer {
            self.availability_changed(writer);
            self.tell_later(writer, FailoverEvent::Shutdown, Duration::ZERO);
        }
        if old_zone == new_zone {
            self.emit_cluster_event(
                key,
                72,
                "A failover for the DB cluster has started within the same Availability Zone.",
            );
        } else {
            self.emit_cluster_event(
                key,
                73,
                "A failover for the DB cluster has started across Availability Zones.",
            );
        }
        self.after(promotion, world::WorldChange::Rds(RdsChange::Promote(key, target)));
    }

    /// A member becomes the writer; without any reader, the old writer is restarted in its place.
    pub(super) fn promote(&mut self, key: ClusterKey, target: Option<InstanceKey>) {
        let Some(cluster) = self.rds.clusters.get(&key) else {
            return;
        };
        let (old, completion) = (cluster.writer, cluster.completion(&self.pace));
        // A target that was deleted meanwhile is not waited for.
        let is_there = |target: &InstanceKey| {
            let instance = self.rds.instances.get(target);
            cluster.members.contains(target)
                && instance.is_some_and(|instance| instance.status != Status::Deleting)
        };
        let target = target.filter(is_there);
        // The writer may have moved to another Region since the failover began; then there is
        // nobody to promote.
        let is_elsewhere = old.is_none() && cluster.global.is_some();
        let successor = target.or_else(|| self.rds.best_reader(key)).or(old);
        let Some(new) = successor.filter(|_| !is_elsewhere) else {
            if let Some(cluster) = self.rds.clusters.get_mut(&key)
                && cluster.status == Status::FailingOver
            {
                cluster.status = Status::Available;
            }
            return;
        };
        if let Some(cluster) = self.rds.clusters.get_mut(&key) {
            cluster.writer = Some(new);
        }
        self.serve(new);
        if let Some(old) = old.filter(|old| *old != new) {
            self.after(self.pace.reboot, world::WorldChange::Rds(RdsChange::Serve(old)));
            self.tell_later(old, FailoverEvent::Restarted, self.pace.reboot);
        }
        self.point_cluster(key, Move::Failover);
        self.after(
            self.pace.topology_lag,
            world::WorldChange::Rds(RdsChange::ShowWriter(key, new)),
        );
        self.after(completion, world::WorldChange::Rds(RdsChange::FailoverComplete(key, new)));
        self.tell_later(new, FailoverEvent::TopologyUpdated, self.pace.dns_lag);
    }

    /// Schedules an event of an instance, where a failover has such events.
    fn tell_later(&mut self, instance: InstanceKey, event: FailoverEvent, after: Duration) {
        if self.rds.failover_tells_of_instances {
            self.after(after, world::WorldChange::Rds(RdsChange::Tell(instance, event)));
        }
    }

    pub(super) fn tell_of_instance(&mut self, instance: InstanceKey, event: FailoverEvent) {
        let (id, message) = event.id_and_message();
        self.emit_instance_event(instance, id, message);
    }

    /// The RDS API shows a new writer.
    pub(super) fn show_writer(&mut self, key: ClusterKey, writer: InstanceKey) {
        if let Some(cluster) = self.rds.clusters.get_mut(&key)
            && cluster.members.contains(&writer)
        {
            cluster.shown_writers = [writer].into();
        }
    }

    /// The failover is reported as complete.
    pub(super) fn failover_complete(&mut self, key: ClusterKey, writer: InstanceKey) {
        let Some(cluster) = self.rds.clusters.get_mut(&key) else {
            return;
        };
        if cluster.status == Status::FailingOver {
            cluster.status = Status::Available;
        }
        if let Some(name) = self.rds.instance_name(writer) {
            self.emit_cluster_event(key, 71, &format!("Completed failover to DB instance: {name}"));
        }
    }

    /// An instance accepts connections again, unless it is being deleted.
    pub(super) fn serve(&mut self, key: InstanceKey) {
        let Some(instance) = self.rds.instances.get_mut(&key) else {
            return;
        };
        if !matches!(instance.status, Status::Creating | Status::Deleting) {
            instance.serving = Serving::Yes;
        }
        self.availability_changed(key);
    }
}

impl Rds {
    /// The reader to promote: one that serves, of the lowest tier, the first to have joined (AWS
    /// docs: "Fault tolerance for an Aurora DB cluster", where the larger instance wins within a
    /// tier; sizes are not modelled). A Multi-AZ DB cluster has no tiers.
    pub(super) fn best_reader(&self, key: ClusterKey) -> Option<InstanceKey> {
        let cluster = self.clusters.get(&key)?;
        let serving = self.readers(cluster).filter(|reader| reader.serving == Serving::Yes);
        serving
            .min_by_key(|reader| match cluster.form {
                Form::SharedStorage => reader.promotion_tier,
                Form::ThreeNodes => 0,
            })
            .map(|reader| reader.key)
    }

    fn reader_named(&self, key: ClusterKey, name: &str) -> Result<InstanceKey, ApiError> {
        let instance = self.find_instance(name)?;
        if instance.cluster != Some(key) {
            return Err(ApiError::invalid_parameter_value(format!(
                "Cannot find DB instance {} in the DB cluster",
                instance.identifier
            )));
        }
        self.check_target(instance)
    }

    fn check_target(&self, instance: &DbInstance) -> Result<InstanceKey, ApiError> {
        let is_writer =
            self.cluster_of(instance).is_some_and(|cluster| cluster.writer == Some(instance.key));
        if is_writer || instance.serving == Serving::No {
            return Err(refusal::instance_state(format!(
                "DB instance {} cannot be promoted: it is the writer or does not serve.",
                instance.identifier
            )));
        }
        Ok(instance.key)
    }
}

#[cfg(test)]
mod tests;
