//! Overrides what the RDS API says, for scenarios in which it is wrong, or in a state that the
//! model does not reach by itself.

use std::collections::BTreeSet;

use super::{Capacity, Status, refusal};
use crate::world::ApiError;
use crate::world::rds::Rds;

/// Whether the lists of the RDS API hold a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listed {
    /// They do.
    Yes,
    /// They leave it out. The RDS API is "not current", in the words of the maintainers of AWS's
    /// own drivers; how long it can miss an entry, nobody has measured.
    No,
}

impl Rds {
    /// Changes the promotion tier of an instance: 0 is promoted first.
    ///
    /// # Errors
    ///
    /// When the instance does not exist.
    pub fn set_promotion_tier(&mut self, instance: &str, tier: u8) -> Result<(), ApiError> {
        self.instance_mut(instance)?.promotion_tier = tier;
        Ok(())
    }

    /// Makes DescribeDBClusters show this capacity of a cluster. Nothing else of the capacity is
    /// modelled.
    ///
    /// # Errors
    ///
    /// When the cluster does not exist.
    pub fn show_capacity(&mut self, cluster: &str, capacity: Capacity) -> Result<(), ApiError> {
        self.cluster_mut(cluster)?.capacity = capacity;
        Ok(())
    }

    /// Makes DescribeDBClusters call these members writers, none or several too, until the next
    /// failover.
    ///
    /// # Errors
    ///
    /// When the cluster or an instance does not exist.
    pub fn show_writers(&mut self, cluster: &str, writers: &[&str]) -> Result<(), ApiError> {
        let find = |writer: &&str| self.find_instance(writer).map(|instance| instance.key);
        let writers = writers.iter().map(find).collect::<Result<_, _>>()?;
        self.cluster_mut(cluster)?.shown_writers = writers;
        Ok(())
    }

    /// Makes DescribeDBClusters call these members writers whatever happens; with `None`, it shows
    /// again what the model says.
    ///
    /// # Errors
    ///
    /// When the cluster or an instance does not exist.
    pub fn insist_on_writers(
        &mut self,
        cluster: &str,
        writers: Option<&[&str]>,
    ) -> Result<(), ApiError> {
        let find = |writer: &&str| self.find_instance(writer).map(|instance| instance.key);
        let writers = writers
            .map(|writers| writers.iter().map(find).collect::<Result<BTreeSet<_>, _>>())
            .transpose()?;
        self.cluster_mut(cluster)?.told_writers = writers;
        Ok(())
    }

    /// Makes the lists of DescribeDBClusters leave a cluster out, or hold it again.
    ///
    /// # Errors
    ///
    /// When the cluster does not exist.
    pub fn list_cluster(&mut self, cluster: &str, listed: Listed) -> Result<(), ApiError> {
        self.cluster_mut(cluster)?.listed = listed;
        Ok(())
    }

    /// Makes the lists of DescribeDBInstances leave an instance out, or hold it again.
    ///
    /// # Errors
    ///
    /// When the instance does not exist.
    pub fn list_instance(&mut self, instance: &str, listed: Listed) -> Result<(), ApiError> {
        self.instance_mut(instance)?.listed = listed;
        Ok(())
    }

    /// Makes DescribeDBInstances show this status, without any other change.
    ///
    /// # Errors
    ///
    /// When the instance does not exist.
    pub fn show_instance_status(&mut self, instance: &str, status: Status) -> Result<(), ApiError> {
        self.instance_mut(instance)?.status = status;
        Ok(())
    }

    /// A proxy has this status, and so has its default endpoint.
    ///
    /// # Errors
    ///
    /// When the proxy does not exist.
    pub fn show_proxy_status(&mut self, proxy: &str, status: Status) -> Result<(), ApiError> {
        let is_it = |name: &str| name.eq_ignore_ascii_case(proxy);
        let found = self.proxies.iter_mut().find(|known| is_it(&known.name));
        found.ok_or_else(|| refusal::proxy_not_found(proxy))?.status = status;
        for endpoint in self.proxy_endpoints.values_mut() {
            if endpoint.name.is_none() && is_it(&endpoint.proxy) {
                endpoint.status = status;
            }
        }
        Ok(())
    }

    /// Makes DescribeDBClusters show this status, without any other change.
    ///
    /// # Errors
    ///
    /// When the cluster does not exist.
    pub fn show_cluster_status(&mut self, cluster: &str, status: Status) -> Result<(), ApiError> {
        self.cluster_mut(cluster)?.status = status;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::World;
    use crate::world::rds::{DescribeRequest, Engine};
    use crate::world::vpc::Zone;

    fn orders() -> World {
        let mut world = World::new(jiff::Timestamp::UNIX_EPOCH);
        let members = [("orders-1", Zone::A), ("orders-2", Zone::B)];
        world.add_aurora("orders", Engine::AuroraMysql, &members).expect("good names");
        world
    }

    fn shown(world: &World) -> Vec<bool> {
        let members = world.rds.members(world.rds.cluster("orders").expect("it exists"));
        members.iter().map(|member| member.is_cluster_writer).collect()
    }

    #[test]
    fn the_api_can_show_no_writer_or_several_until_the_next_failover() {
        let mut world = orders();
        world.rds.show_writers("orders", &[]).expect("they exist");
        assert_eq!(shown(&world), [false, false]);
        world.rds.show_writers("orders", &["orders-1", "orders-2"]).expect("they exist");
        assert_eq!(shown(&world), [true, true]);
        world.failover_db_cluster("orders", None).expect("it has a reader");
        world.pass(world.pace.promote + world.pace.topology_lag);
        assert_eq!(shown(&world), [false, true]);
    }

    #[test]
    fn the_api_can_insist_on_a_former_writer_through_a_failover() {
        let mut world = orders();
        world.rds.insist_on_writers("orders", Some(&["orders-1"])).expect("they exist");
        world.failover_db_cluster("orders", None).expect("it has a reader");
        world.pass(world.pace.promote + world.pace.topology_lag);
        assert_eq!(shown(&world), [true, false]);
        world.rds.insist_on_writers("orders", None).expect("it exists");
        assert_eq!(shown(&world), [false, true]);
    }

    #[test]
    fn what_the_lists_leave_out_is_still_there() {
        let mut world = orders();
        world.rds.list_cluster("orders", Listed::No).expect("it exists");
        world.rds.list_instance("orders-1", Listed::No).expect("it exists");
        let all = DescribeRequest::default();
        let clusters = world.rds.describe_db_clusters(&all).expect("a good request");
        let instances = world.rds.describe_db_instances(&all).expect("a good request");
        assert_eq!((clusters.items.len(), instances.items.len()), (0, 1));
        assert!(world.rds.writer_address("orders").is_some());
    }
}
