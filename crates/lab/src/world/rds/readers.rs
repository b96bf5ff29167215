//! A cluster's readers: how many there are, and which member a name resolves to that has several.
//!
//! Such a name answers an available member (AWS docs: "Reader endpoints for Amazon Aurora":
//! connections go "to available Aurora Replicas"; "Considerations for custom endpoints": a member
//! that is stopped, rebooting or unhealthy stays associated, but "you can't connect to it through
//! those endpoints until it becomes available again"). How soon a name lets go of a member is not
//! documented: here it takes as long as DNS takes after a failover
//! ([`Pace::dns_lag`](crate::world::Pace::dns_lag)).

use super::{ClusterKey, DbCluster, DbInstance, Form, InstanceKey, Rds, Serving, Status, refusal};
use crate::world::dns::Move;
use crate::world::{ApiError, World};

impl World {
    /// DeleteDBInstance of a reader: it is `deleting`, accepts no connections and is still a member
    /// before it is gone.
    ///
    /// # Errors
    ///
    /// When the instance does not exist, is being deleted, or is not a reader of a cluster to which
    /// one adds readers: nobody scales in the writer, and a Multi-AZ DB cluster always has three
    /// nodes.
    pub fn remove_reader(&mut self, reader: &str) -> Result<DbInstance, ApiError> {
        let instance = self.rds.find_instance(reader)?;
        let reads = |cluster: &DbCluster| {
            cluster.writer != Some(instance.key) && cluster.form == Form::SharedStorage
        };
        if !self.rds.cluster_of(instance).is_some_and(reads) {
            return Err(refusal::instance_state(format!(
                "DB instance {} is not a reader of an Aurora cluster.",
                instance.identifier
            )));
        }
        self.delete_instance(reader)?;
        self.rds.find_instance(reader).cloned()
    }

    /// Whether an instance accepts connections has changed: the names that answer one of its
    /// cluster's members follow.
    pub(super) fn availability_changed(&mut self, instance: InstanceKey) {
        let cluster = self.rds.instances.get(&instance).and_then(|instance| instance.cluster);
        if let Some(cluster) = cluster {
            self.point_sets(cluster, Move::After(self.pace.dns_lag));
        }
    }

    /// Points the names of a cluster that answer one of several members.
    pub(super) fn point_sets(&mut self, key: ClusterKey, how: Move) {
        self.point_readers(key, how);
        self.point_custom_endpoints(key, how);
    }

    fn point_readers(&mut self, key: ClusterKey, how: Move) {
        let Some(cluster) = self.rds.clusters.get(&key) else {
            return;
        };
        // A renamed cluster's names do not resolve before all of them do.
        if cluster.status == Status::Renaming {
            return;
        }
        let (_, record) = self.cluster_records(cluster, |instance| instance.name.clone());
        let name = self.reader_endpoint(&cluster.name);
        self.repoint(&name, record, how);
    }
}

impl Rds {
    /// The readers of a cluster that accept connections.
    pub(super) fn available_readers<'a>(
        &'a self,
        cluster: &'a DbCluster,
    ) -> impl Iterator<Item = &'a DbInstance> {
        self.readers(cluster).filter(|reader| reader.serving == Serving::Yes)
    }
}

#[cfg(test)]
mod tests;
