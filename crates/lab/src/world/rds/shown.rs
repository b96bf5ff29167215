//! What the RDS API says, told apart from what is: for scenarios in which it is wrong, or in a state that the model does not
//! reach by itself.

use std::collections::BTreeSet;

use super::Status;
use crate::world::{ApiError, World};

impl World {
    /// Makes DescribeDBClusters call these members writers, none or several too, until the next failover.
    ///
    /// # Errors
    ///
    /// When the cluster or an instance does not exist.
    pub fn show_writers(&mut self, cluster: &str, writers: &[&str]) -> Result<(), ApiError> {
        let key = self.rds.find_cluster(cluster)?.key;
        let found = writers
            .iter()
            .map(|writer| self.rds.find_instance(writer).map(|instance| instance.key));
        let writers: BTreeSet<_> = found.collect::<Result<_, _>>()?;
        if let Some(cluster) = self.rds.clusters.get_mut(&key) {
            cluster.shown_writers = writers;
        }
        Ok(())
    }

    /// Makes DescribeDBInstances show this status, without any other change.
    ///
    /// # Errors
    ///
    /// When the instance does not exist.
    pub fn show_instance_status(&mut self, instance: &str, status: Status) -> Result<(), ApiError> {
        let key = self.rds.find_instance(instance)?.key;
        if let Some(instance) = self.rds.instances.get_mut(&key) {
            instance.status = status;
        }
        Ok(())
    }

    /// Makes DescribeDBClusters show this status, without any other change.
    ///
    /// # Errors
    ///
    /// When the cluster does not exist.
    pub fn show_cluster_status(&mut self, cluster: &str, status: Status) -> Result<(), ApiError> {
        let key = self.rds.find_cluster(cluster)?.key;
        if let Some(cluster) = self.rds.clusters.get_mut(&key) {
            cluster.status = status;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::rds::Engine;
    use crate::world::vpc::Zone;

    fn orders() -> World {
        let mut world = World::new(jiff::Timestamp::UNIX_EPOCH);
        let members = [("orders-1", Zone::A), ("orders-2", Zone::B)];
        world
            .add_aurora("orders", Engine::AuroraMysql, &members)
            .expect("good names");
        world
    }

    fn shown(world: &World) -> Vec<bool> {
        let members = world.rds.members(world.rds.cluster("orders").expect("it exists"));
        members.iter().map(|member| member.is_cluster_writer).collect()
    }

    #[test]
    fn the_api_can_show_no_writer_or_several_until_the_next_failover() {
        let mut world = orders();
        world.show_writers("orders", &[]).expect("they exist");
        assert_eq!(shown(&world), [false, false]);
        world
            .show_writers("orders", &["orders-1", "orders-2"])
            .expect("they exist");
        assert_eq!(shown(&world), [true, true]);
        world.failover_db_cluster("orders", None).expect("it has a reader");
        world.pass(world.pace.promote + world.pace.topology_lag);
        assert_eq!(shown(&world), [false, true]);
    }

    #[test]
    fn an_instance_whose_storage_is_optimised_still_serves() {
        let mut world = orders();
        world
            .show_instance_status("orders-1", Status::StorageOptimization)
            .expect("it exists");
        let instance = world.rds.instance("orders-1").expect("it exists");
        assert_eq!(instance.status.to_string(), "storage-optimization");
        assert!(world.accepts_tcp(instance.address()));
    }
}
