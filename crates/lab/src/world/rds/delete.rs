//! A cluster or an instance is deleted.

use super::{ClusterKey, InstanceKey, RdsChange, Status, refusal};
use crate::world::dns::Move;
use crate::world::{self, ApiError, World};

impl World {
    /// A cluster is deleted. It is refused while it has members that are not being deleted.
    ///
    /// # Errors
    ///
    /// When the cluster is not there, is being deleted, or has such members.
    pub fn delete_cluster(&mut self, cluster: &str) -> Result<(), ApiError> {
        let found = self.rds.find_cluster(cluster)?;
        let stays = |key: &InstanceKey| {
            self.rds.instances.get(key).is_some_and(|member| member.status != Status::Deleting)
        };
        if found.members.iter().any(stays) {
            return Err(refusal::cluster_state(
                "Cluster cannot be deleted, it still contains DB instances in non-deleting state.",
            ));
        }
        if found.status == Status::Deleting {
            return Err(refusal::cluster_state(format!(
                "DbCluster {} is already being deleted.",
                found.identifier
            )));
        }
        let key = found.key;
        self.rds.cluster_mut(cluster)?.status = Status::Deleting;
        self.after(self.pace.delete, world::WorldChange::Rds(RdsChange::ClusterGone(key)));
        Ok(())
    }

    /// An instance is deleted. Where the writer of a cluster goes, a reader is promoted.
    ///
    /// # Errors
    ///
    /// When the instance is not there, or is being deleted.
    pub fn delete_instance(&mut self, instance: &str) -> Result<(), ApiError> {
        let found = self.rds.find_instance(instance)?;
        if found.status == Status::Deleting {
            return Err(refusal::instance_state(format!(
                "Instance {} is already being deleted.",
                found.identifier
            )));
        }
        let (key, cluster) = (found.key, found.cluster);
        self.interrupt(key, Status::Deleting);
        let writes = |cluster: &ClusterKey| {
            self.rds.clusters.get(cluster).is_some_and(|cluster| cluster.writer == Some(key))
        };
        if let Some(cluster) = cluster.filter(writes)
            && self.rds.best_reader(cluster).is_some()
        {
            self.start_failover(cluster, None);
        }
        self.after(self.pace.delete, world::WorldChange::Rds(RdsChange::InstanceGone(key)));
        Ok(())
    }

    /// An instance is gone, with its name.
    pub(super) fn instance_gone(&mut self, key: InstanceKey) {
        self.emit_instance_event(key, 3, "DB instance deleted");
        let Some(instance) = self.rds.instances.remove(&key) else {
            return;
        };
        if let Some(endpoint) = instance.endpoint {
            self.forget_name(&endpoint);
        }
        let Some(cluster) =
            instance.cluster.and_then(|cluster| self.rds.clusters.get_mut(&cluster))
        else {
            return;
        };
        cluster.members.retain(|member| *member != key);
        cluster.writer = cluster.writer.filter(|writer| *writer != key);
        cluster.shown_writers.remove(&key);
        let cluster = cluster.key;
        self.point_cluster(cluster, Move::AtOnce);
    }

    /// A cluster is gone, with its names.
    pub(super) fn cluster_gone(&mut self, key: ClusterKey) {
        self.emit_cluster_event(key, 171, "DB cluster deleted");
        if let Some(cluster) = self.rds.clusters.remove(&key) {
            self.forget_cluster_names(&cluster.identifier);
        }
    }

    /// Makes a cluster's names unknown to DNS at once.
    pub(super) fn forget_cluster_names(&mut self, identifier: &str) {
        self.forget_name(&self.cluster_endpoint(identifier));
        self.forget_name(&self.reader_endpoint(identifier));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::dns::{Code, Family};
    use crate::world::rds::{Engine, MultiAz};
    use crate::world::vpc::Zone;

    #[test]
    fn a_cluster_with_members_is_not_deleted() {
        let mut world = World::new(jiff::Timestamp::UNIX_EPOCH);
        world
            .add_aurora("orders", Engine::AuroraMysql, &[("orders-1", Zone::A)])
            .expect("good names");
        let refusal = world.delete_cluster("orders").expect_err("it has a member");
        assert_eq!(refusal.code, "InvalidDBClusterStateFault");
        world.delete_instance("orders-1").expect("it exists");
        world.delete_cluster("orders").expect("its member is being deleted");
        world.pass(world.pace.delete);
        assert!(world.rds.cluster("orders").is_none());
        let name = world.cluster_endpoint("orders");
        assert_eq!(world.resolve(&name, Family::V4).code, Code::NxDomain);
    }

    #[test]
    fn a_deleted_instance_takes_its_name_and_its_address_along() {
        let mut world = World::new(jiff::Timestamp::UNIX_EPOCH);
        world.add_instance("billing", MultiAz::No, Engine::Mysql).expect("a good name");
        let address = world.rds.instance_address("billing").expect("it exists");
        world.delete_instance("billing").expect("it exists");
        world.pass(world.pace.delete);
        let name = world.instance_endpoint("billing");
        assert_eq!(world.resolve(&name, Family::V4).code, Code::NxDomain);
        assert!(!world.accepts_tcp(address));
    }
}
