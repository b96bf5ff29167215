//! Stops and starts clusters and instances.

use super::{ClusterKey, DbCluster, DbInstance, Form, InstanceKey, RdsChange, Status, refusal};
use crate::world::{self, ApiError, World};

impl World {
    /// StopDBInstance. A member of a cluster stops with its cluster only.
    pub fn stop_db_instance(&mut self, instance: &str) -> Result<&DbInstance, ApiError> {
        self.rds.find_instance(instance).and_then(refuse_member)?;
        let key = self.rds.available_instance(instance)?;
        self.interrupt(key, Status::Stopping);
        self.after(self.pace.stop, world::WorldChange::Rds(RdsChange::InstanceStopped(key)));
        self.rds.find_instance(instance)
    }

    pub fn start_db_instance(&mut self, instance: &str) -> Result<&DbInstance, ApiError> {
        let found = self.rds.find_instance(instance)?;
        refuse_member(found)?;
        let key = found.key;
        if found.status != Status::Stopped {
            return Err(refusal::instance_state(format!(
                "Instance {} is not stopped, cannot be started.",
                found.identifier
            )));
        }
        self.interrupt(key, Status::Starting);
        self.after(self.pace.start, world::WorldChange::Rds(RdsChange::InstanceStarted(key)));
        self.rds.find_instance(instance)
    }

    /// StopDBCluster: the cluster and all its members. It "only applies to Aurora DB clusters"
    /// (botocore rds 2014-10-31).
    pub fn stop_db_cluster(&mut self, cluster: &str) -> Result<&DbCluster, ApiError> {
        let key = self.rds.available_cluster(cluster)?;
        if self.rds.find_cluster(cluster)?.form != Form::SharedStorage {
            return Err(refusal::cluster_state("A Multi-AZ DB cluster cannot be stopped."));
        }
        self.interrupt_cluster(key, Status::Stopping);
        self.after(self.pace.stop, world::WorldChange::Rds(RdsChange::ClusterStopped(key)));
        self.rds.find_cluster(cluster)
    }

    /// StartDBCluster: the cluster and all its members.
    pub fn start_db_cluster(&mut self, cluster: &str) -> Result<&DbCluster, ApiError> {
        let found = self.rds.find_cluster(cluster)?;
        let key = found.key;
        if found.status != Status::Stopped {
            return Err(refusal::cluster_state(format!(
                "DbCluster {} is in {} state but expected it to be one of stopped.",
                found.identifier, found.status
            )));
        }
        self.interrupt_cluster(key, Status::Starting);
        self.after(self.pace.start, world::WorldChange::Rds(RdsChange::ClusterStarted(key)));
        self.rds.find_cluster(cluster)
    }

    /// An instance is stopped.
    pub(super) fn instance_stopped(&mut self, key: InstanceKey) {
        if self.settle(key, Status::Stopping, Status::Stopped) {
            self.emit_instance_event(key, 87, "DB instance stopped");
        }
    }

    /// An instance serves again.
    pub(super) fn instance_started(&mut self, key: InstanceKey) {
        if self.settle(key, Status::Starting, Status::Available) {
            self.serve(key);
            self.emit_instance_event(key, 88, "DB instance started");
        }
    }

    /// A cluster is stopped, with its members.
    pub(super) fn cluster_stopped(&mut self, key: ClusterKey) {
        for member in self.settle_cluster(key, Status::Stopping, Status::Stopped) {
            self.instance_stopped(member);
        }
        self.emit_cluster_event(key, 150, "DB cluster stopped");
    }

    /// A cluster serves again, with its members.
    pub(super) fn cluster_started(&mut self, key: ClusterKey) {
        for member in self.settle_cluster(key, Status::Starting, Status::Available) {
            self.instance_started(member);
        }
        self.emit_cluster_event(key, 151, "DB cluster started");
    }

    fn interrupt_cluster(&mut self, key: ClusterKey, status: Status) {
        let Some(cluster) = self.rds.clusters.get_mut(&key) else {
            return;
        };
        cluster.status = status;
        for member in cluster.members.clone() {
            self.interrupt(member, status);
        }
    }

    /// Moves a cluster from one status to the next; gives its members.
    fn settle_cluster(&mut self, key: ClusterKey, from: Status, to: Status) -> Vec<InstanceKey> {
        let Some(cluster) = self.rds.clusters.get_mut(&key) else {
            return Vec::new();
        };
        if cluster.status == from {
            cluster.status = to;
        }
        cluster.members.clone()
    }

    /// Moves an instance from one status to the next; says whether it was in the first.
    fn settle(&mut self, key: InstanceKey, from: Status, to: Status) -> bool {
        let instance = self.rds.instances.get_mut(&key).filter(|instance| instance.status == from);
        instance.map(|instance| instance.status = to).is_some()
    }
}

fn refuse_member(instance: &DbInstance) -> Result<(), ApiError> {
    if instance.cluster.is_none() {
        return Ok(());
    }
    Err(ApiError::bad_request(
        "InvalidDBClusterStateFault",
        format!("{} is a member of a DB cluster: stop or start the cluster.", instance.identifier),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::rds::{Engine, MultiAz};
    use crate::world::vpc::Zone;

    #[test]
    fn a_stopped_instance_refuses_tcp_until_it_is_started() {
        let mut world = World::new(jiff::Timestamp::UNIX_EPOCH);
        world.add_instance("billing", MultiAz::No, Engine::Mysql).expect("a good name");
        let address = world.rds.instance_address("billing").expect("it exists");
        world.stop_db_instance("billing").expect("it is available");
        world.pass(world.pace.stop);
        assert_eq!(
            world.rds.instance("billing").map(|instance| instance.status),
            Some(Status::Stopped)
        );
        assert!(!world.accepts_tcp(address));
        world.start_db_instance("billing").expect("it is stopped");
        world.pass(world.pace.start);
        assert!(world.accepts_tcp(address));
    }

    #[test]
    fn a_cluster_stops_and_starts_with_its_members_and_they_do_not_alone() {
        let mut world = World::new(jiff::Timestamp::UNIX_EPOCH);
        world
            .add_aurora(
                "orders",
                Engine::AuroraMysql,
                &[("orders-1", Zone::A), ("orders-2", Zone::B)],
            )
            .expect("good names");
        let refusal = world.stop_db_instance("orders-1").expect_err("a member");
        assert_eq!(refusal.code, "InvalidDBClusterStateFault");
        world.stop_db_cluster("orders").expect("it is available");
        world.pass(world.pace.stop);
        assert!(world.rds.instances().all(|instance| instance.status == Status::Stopped));
        world.start_db_cluster("orders").expect("it is stopped");
        world.pass(world.pace.start);
        assert!(world.rds.instances().all(|instance| world.accepts_tcp(instance.address())));
    }

    #[test]
    fn what_is_not_stopped_cannot_be_started() {
        let mut world = World::new(jiff::Timestamp::UNIX_EPOCH);
        world.add_instance("billing", MultiAz::No, Engine::Mysql).expect("a good name");
        let refusal = world.start_db_instance("billing").expect_err("it runs");
        assert_eq!(refusal.code, "InvalidDBInstanceState");
    }
}
