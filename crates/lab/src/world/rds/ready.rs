//! What happens when a new cluster or instance becomes available; also makes databases that are
//! available from the start.

use super::{
    ClusterKey, CreateDbCluster, CreateDbInstance, Engine, InstanceKey, MultiAz, Network,
    RdsChange, Serving, Status,
};
use crate::world::dns::Move;
use crate::world::vpc::Zone;
use crate::world::{ApiError, World};

impl World {
    /// An Aurora cluster that is already available, with its members and their zones; the first is
    /// the writer.
    pub fn add_aurora(
        &mut self,
        identifier: &str,
        engine: Engine,
        members: &[(&str, Zone)],
    ) -> Result<(), ApiError> {
        self.add_aurora_of(identifier, engine, members, Network::Ipv4)
    }

    /// The same, of a network type.
    pub fn add_aurora_of(
        &mut self,
        identifier: &str,
        engine: Engine,
        members: &[(&str, Zone)],
        network: Network,
    ) -> Result<(), ApiError> {
        let cluster = self
            .create_db_cluster(CreateDbCluster {
                identifier: identifier.to_owned(),
                engine: engine.name().to_owned(),
                network: Some(network),
                ..CreateDbCluster::default()
            })?
            .key;
        self.apply_rds(RdsChange::ClusterReady(cluster));
        for (member, zone) in members {
            self.add_member(identifier, engine, member, *zone)?;
        }
        Ok(())
    }

    /// A member of a cluster that is already available.
    pub(super) fn add_member(
        &mut self,
        cluster: &str,
        engine: Engine,
        member: &str,
        zone: Zone,
    ) -> Result<(), ApiError> {
        let instance = self
            .create_db_instance(CreateDbInstance {
                identifier: member.to_owned(),
                class: "db.r6g.large".to_owned(),
                engine: engine.name().to_owned(),
                cluster: Some(cluster.to_owned()),
                availability_zone: Some(zone.name(&self.region)),
                ..CreateDbInstance::default()
            })?
            .key;
        self.apply_rds(RdsChange::InstanceReady(instance));
        Ok(())
    }

    /// An instance outside any cluster that is already available.
    pub fn add_instance(
        &mut self,
        identifier: &str,
        multi_az: MultiAz,
        engine: Engine,
    ) -> Result<(), ApiError> {
        self.add_instance_of(identifier, multi_az, engine, Network::Ipv4)
    }

    /// The same, of a network type.
    pub fn add_instance_of(
        &mut self,
        identifier: &str,
        multi_az: MultiAz,
        engine: Engine,
        network: Network,
    ) -> Result<(), ApiError> {
        let instance = self
            .create_db_instance(CreateDbInstance {
                identifier: identifier.to_owned(),
                class: "db.m6g.large".to_owned(),
                engine: engine.name().to_owned(),
                multi_az: Some(multi_az),
                network: Some(network),
                ..CreateDbInstance::default()
            })?
            .key;
        self.apply_rds(RdsChange::InstanceReady(instance));
        Ok(())
    }

    /// A new cluster is available. Called a second time, from the schedule after `add_aurora`, it
    /// changes nothing.
    pub(super) fn cluster_ready(&mut self, key: ClusterKey) {
        let Some(cluster) = self.rds.clusters.get_mut(&key) else {
            return;
        };
        if cluster.status != Status::Creating {
            return;
        }
        cluster.status = Status::Available;
        self.emit_cluster_event(key, 170, "DB cluster created");
    }

    /// A new instance is available: it has an endpoint, serves, and its names resolve.
    pub(super) fn instance_ready(&mut self, key: InstanceKey) {
        let Some(instance) = self.rds.instances.get_mut(&key) else {
            return;
        };
        if instance.status != Status::Creating {
            return;
        }
        instance.status = Status::Available;
        instance.serving = Serving::Yes;
        let identifier = instance.identifier.clone();
        let cluster = instance.cluster;
        let endpoint = self.instance_endpoint(&identifier);
        if let Some(instance) = self.rds.instances.get_mut(&key) {
            instance.endpoint = Some(endpoint);
        }
        self.point_instance(key, Move::AtOnce);
        if let Some(cluster) = cluster {
            self.point_cluster(cluster, Move::AtOnce);
        }
        self.emit_instance_event(key, 5, "DB instance created");
    }
}
