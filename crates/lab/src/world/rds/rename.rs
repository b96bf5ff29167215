//! What a modification changes that a binding notices: a name, the network type, or the port.

use super::{ClusterKey, InstanceKey, Network, RdsChange, Serving, Status, refusal};
use crate::world::dns::Move;
use crate::world::rds::Rds;
use crate::world::{self, ApiError, World};

impl Rds {
    /// A cluster with its members, or an instance, listens on another port from now on.
    ///
    /// # Errors
    ///
    /// When there is neither a cluster nor an instance of that name.
    pub fn change_port(&mut self, database: &str, port: u16) -> Result<(), ApiError> {
        let Ok(cluster) = self.cluster_mut(database) else {
            self.instance_mut(database)?.port = port;
            return Ok(());
        };
        cluster.port = port;
        let key = Some(cluster.key);
        for member in self.instances.values_mut().filter(|member| member.cluster == key) {
            member.port = port;
        }
        Ok(())
    }
}

impl World {
    /// A cluster takes another name: the old one is gone at once, the new one resolves later.
    ///
    /// # Errors
    ///
    /// When the cluster is not there or not available, or the name is taken.
    pub fn rename_cluster(&mut self, cluster: &str, to: &str) -> Result<(), ApiError> {
        let key = self.rds.available_cluster(cluster)?;
        if self.rds.cluster(to).is_some_and(|other| other.key != key) {
            return Err(refusal::cluster_exists());
        }
        let arn = self.cluster_arn(to);
        let cluster = self.rds.cluster_mut(cluster)?;
        cluster.status = Status::Renaming;
        cluster.arn = arn;
        to.clone_into(&mut cluster.name);
        let old = std::mem::replace(&mut cluster.identifier, to.to_owned());
        self.forget_cluster_names(&old);
        let renamed = RdsChange::ClusterRenamed(key, old);
        self.after(self.pace.rename, world::WorldChange::Rds(renamed));
        Ok(())
    }

    /// A cluster's new names resolve.
    pub(super) fn cluster_renamed(&mut self, key: ClusterKey, old: &str) {
        let Some(cluster) = self.rds.clusters.get_mut(&key) else {
            return;
        };
        if cluster.status == Status::Renaming {
            cluster.status = Status::Available;
        }
        let message = format!("Renamed cluster from {old} to {}", cluster.identifier);
        self.point_cluster(key, Move::AtOnce);
        self.emit_cluster_event(key, 172, &message);
    }

    /// An instance takes another name: the old one is gone at once, the new one resolves when the
    /// instance has restarted. RDS sends no event for it.
    ///
    /// # Errors
    ///
    /// When the instance is not there or not available, or the name is taken.
    pub fn rename_instance(&mut self, instance: &str, to: &str) -> Result<(), ApiError> {
        let key = self.rds.available_instance(instance)?;
        if self.rds.instance(to).is_some_and(|other| other.key != key) {
            return Err(refusal::instance_exists());
        }
        let (endpoint, arn) = (self.instance_endpoint(to), self.instance_arn(to));
        let instance = self.rds.instance_mut(instance)?;
        to.clone_into(&mut instance.identifier);
        to.clone_into(&mut instance.name);
        instance.arn = arn;
        instance.status = Status::Renaming;
        instance.serving = Serving::No;
        let old = instance.endpoint.replace(endpoint);
        let cluster = instance.cluster;
        if let Some(old) = old {
            self.forget_name(&old);
        }
        if let Some(cluster) = cluster {
            self.point_cluster(cluster, Move::AtOnce);
        }
        let renamed = RdsChange::InstanceRenamed(key);
        self.after(self.pace.rename, world::WorldChange::Rds(renamed));
        Ok(())
    }

    /// An instance's new name resolves.
    pub(super) fn instance_renamed(&mut self, key: InstanceKey) {
        let Some(instance) = self.rds.instances.get_mut(&key) else {
            return;
        };
        if instance.status == Status::Renaming {
            instance.status = Status::Available;
        }
        self.serve(key);
        self.point_instance(key, Move::AtOnce);
    }

    /// A cluster and its instances change their network type, which takes
    /// [`Pace::modify`](crate::world::Pace::modify) and no restart: how long it takes, and whether
    /// connections break, nobody has measured.
    ///
    /// # Errors
    ///
    /// When the cluster is not there or not available.
    pub fn change_network(&mut self, cluster: &str, network: Network) -> Result<(), ApiError> {
        let key = self.rds.available_cluster(cluster)?;
        self.rds.cluster_mut(cluster)?.status = Status::Modifying;
        let changed = RdsChange::NetworkChanged(key, network);
        self.after(self.pace.modify, world::WorldChange::Rds(changed));
        Ok(())
    }

    /// A cluster and its instances have another network type, and their names answer accordingly.
    pub(super) fn network_changed(&mut self, key: ClusterKey, network: Network) {
        let Some(cluster) = self.rds.clusters.get_mut(&key) else {
            return;
        };
        if cluster.status == Status::Modifying {
            cluster.status = Status::Available;
        }
        cluster.network = network;
        for member in cluster.members.clone() {
            if let Some(instance) = self.rds.instances.get_mut(&member) {
                instance.network = network;
            }
            self.point_instance(member, Move::AtOnce);
        }
        // A cluster's name may answer its writer's addresses and not its name.
        self.point_cluster(key, Move::AtOnce);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::dns::{Code, Family};
    use crate::world::rds::{Engine, MultiAz};
    use crate::world::vpc::Zone;

    fn world() -> World {
        let mut world = World::new(jiff::Timestamp::UNIX_EPOCH);
        let members = [("orders-1", Zone::A), ("orders-2", Zone::B)];
        world.add_aurora("orders", Engine::AuroraPostgresql, &members).expect("good names");
        world.add_instance("billing", MultiAz::Yes, Engine::Mysql).expect("a good name");
        world
    }

    fn answers(world: &mut World, name: &str) -> bool {
        world.resolve(name, Family::V4).code == Code::NoError
    }

    #[test]
    fn a_renamed_database_has_no_name_at_first_and_then_its_new_one() {
        let mut world = world();
        world.rename_cluster("orders", "sales").expect("it is available");
        world.rename_instance("billing", "invoices").expect("it is available");
        let old = [world.cluster_endpoint("orders"), world.instance_endpoint("billing")];
        let new = [world.cluster_endpoint("sales"), world.instance_endpoint("invoices")];
        for name in old.iter().chain(&new) {
            assert!(!answers(&mut world, name), "{name}");
        }
        world.pass(world.pace.rename);
        assert!(old.iter().all(|name| !answers(&mut world, name)));
        assert!(new.iter().all(|name| answers(&mut world, name)));
        assert!(world.rds.cluster("orders").is_none() && world.rds.cluster("sales").is_some());
    }

    #[test]
    fn a_cluster_takes_the_name_that_another_has_given_up_and_none_that_is_taken() {
        let mut world = world();
        world.add_aurora("next", Engine::AuroraPostgresql, &[("next-1", Zone::C)]).expect("good");
        let taken = world.rename_cluster("next", "orders").expect_err("it is taken");
        assert_eq!(taken.code, "DBClusterAlreadyExistsFault");
        world.rename_cluster("orders", "orders-old").expect("it is available");
        world.rename_cluster("next", "orders").expect("it is free");
        world.pass(world.pace.rename);
        let writer = world.rds.writer("orders").map(|writer| writer.identifier.as_str());
        assert_eq!(writer, Some("next-1"));
    }
}
