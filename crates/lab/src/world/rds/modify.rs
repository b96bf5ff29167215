//! The operations ModifyDBInstance and ModifyDBCluster: a new name, instance class, standby,
//! network type or port.

use super::{
    ClusterKey, DbCluster, DbInstance, InstanceKey, MultiAz, Network, Pending, Rds, RdsChange,
    Serving, Status, refusal,
};
use crate::world::dns::Move;
use crate::world::{self, ApiError, World};

/// When a change is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Apply {
    /// With `ApplyImmediately`, together with everything that was pending.
    Immediately,
    /// In the next maintenance window, which never comes here: the change stays pending.
    #[default]
    InMaintenanceWindow,
}

/// The parameters of ModifyDBInstance that the model knows; what is not given stays.
#[derive(Clone, Debug, Default)]
pub struct ModifyDbInstance {
    /// `DBInstanceIdentifier`.
    pub identifier: String,
    /// `NewDBInstanceIdentifier`, `DBInstanceClass`, `MultiAZ` and `NetworkType`.
    pub changes: Pending,
    /// `PromotionTier`, which changes at once.
    pub promotion_tier: Option<u8>,
    /// `DBPortNumber`: the database restarts with it whatever `apply` says (botocore rds
    /// 2014-10-31). Not for members.
    pub port: Option<u16>,
    /// `ApplyImmediately`.
    pub apply: Apply,
}

/// The parameters of ModifyDBCluster that the model knows; what is not given stays.
#[derive(Clone, Debug, Default)]
pub struct ModifyDbCluster {
    /// `DBClusterIdentifier`.
    pub identifier: String,
    /// `NewDBClusterIdentifier`.
    pub new_identifier: Option<String>,
    /// `NetworkType`.
    pub network: Option<Network>,
    /// `Port`, which changes at once here.
    pub port: Option<u16>,
    /// `ApplyImmediately`.
    pub apply: Apply,
}

impl World {
    pub fn modify_db_instance(
        &mut self,
        request: ModifyDbInstance,
    ) -> Result<&DbInstance, ApiError> {
        let key = self.rds.available_instance(&request.identifier)?;
        let changes = self.rds.checked_changes(key, request.changes)?;
        if request.promotion_tier.is_some_and(|tier| tier > 15) {
            return Err(ApiError::invalid_parameter_value(
                "Promotion tier must be between 0 and 15.",
            ));
        }
        if let Some(instance) = self.rds.instances.get_mut(&key) {
            instance.promotion_tier = request.promotion_tier.unwrap_or(instance.promotion_tier);
            instance.pending.add(changes);
            if request.apply == Apply::Immediately {
                let changes = std::mem::take(&mut instance.pending);
                self.begin_changes(key, changes);
            }
        }
        let is_another = |instance: &mut DbInstance| {
            let port =
                request.port.filter(|port| *port != instance.port && instance.cluster.is_none())?;
            instance.port = port;
            Some(())
        };
        if self.rds.instances.get_mut(&key).and_then(is_another).is_some() {
            self.restart(key);
        }
        self.rds.instances.get(&key).ok_or_else(|| refusal::instance_not_found(&request.identifier))
    }

    pub fn modify_db_cluster(&mut self, request: ModifyDbCluster) -> Result<&DbCluster, ApiError> {
        let key = self.rds.available_cluster(&request.identifier)?;
        let new_name = match &request.new_identifier {
            Some(name) => Some(self.rds.new_cluster_name(key, name)?),
            None => None,
        };
        let network = self.rds.new_cluster_network(key, request.network)?;
        if let Some(cluster) = self.rds.clusters.get_mut(&key) {
            cluster.port = request.port.unwrap_or(cluster.port);
            for member in &cluster.members {
                if let Some(instance) = self.rds.instances.get_mut(member) {
                    instance.port = cluster.port;
                }
            }
            cluster.pending_identifier = new_name.or(cluster.pending_identifier.take());
            cluster.pending_network = network.or(cluster.pending_network.take());
            if request.apply == Apply::Immediately {
                let (name, network) =
                    (cluster.pending_identifier.take(), cluster.pending_network.take());
                if let Some(network) = network {
                    self.begin_cluster_network(key, network);
                }
                if let Some(name) = name {
                    self.begin_cluster_rename(key, name);
                }
            }
        }
        self.rds.clusters.get(&key).ok_or_else(|| refusal::cluster_not_found(&request.identifier))
    }

    fn begin_changes(&mut self, key: InstanceKey, changes: Pending) {
        if let Some(name) = changes.identifier.clone() {
            self.begin_instance_rename(key, name);
        }
        if changes.class.is_none() && changes.multi_az.is_none() && changes.network.is_none() {
            return;
        }
        if let Some(instance) = self.rds.instances.get_mut(&key) {
            instance.status = Status::Modifying;
        }
        if changes.class.is_some() {
            self.emit_instance_event(key, 12, "Applying modification to database instance class");
        }
        match changes.multi_az {
            Some(MultiAz::Yes) => self.emit_instance_event(
                key,
                24,
                "Applying modification to convert to a Multi-AZ DB Instance",
            ),
            Some(MultiAz::No) => self.emit_instance_event(
                key,
                30,
                "Applying modification to convert to a standard (Single-AZ) DB Instance",
            ),
            None => {}
        }
        self.after(self.pace.modify, world::WorldChange::Rds(RdsChange::Modified(key, changes)));
    }

    /// An instance's changes are done; another class needs a restart.
    pub(super) fn modified(&mut self, key: InstanceKey, changes: &Pending) {
        let Some(instance) = self.rds.instances.get_mut(&key) else {
            return;
        };
        if instance.status != Status::Modifying {
            return;
        }
        instance.status = Status::Available;
        if let Some(multi_az) = changes.multi_az {
            self.set_standby(key, multi_az);
        }
        if let Some(network) = changes.network {
            self.set_network(key, network);
        }
        if let Some(class) = &changes.class {
            if let Some(instance) = self.rds.instances.get_mut(&key) {
                instance.class.clone_from(class);
            }
            self.emit_instance_event(
                key,
                14,
                "Finished applying modification to DB instance class",
            );
            self.restart(key);
        }
    }

    fn set_standby(&mut self, key: InstanceKey, multi_az: MultiAz) {
        let Some(zone) = self.rds.instances.get(&key).map(|instance| instance.host.zone) else {
            return;
        };
        let standby = match multi_az {
            MultiAz::Yes => self.rds.free_host(zone.next()).ok(),
            MultiAz::No => None,
        };
        if let Some(instance) = self.rds.instances.get_mut(&key) {
            instance.standby = standby;
        }
        self.show_zones(key);
        match multi_az {
            MultiAz::Yes => self.emit_instance_event(
                key,
                25,
                "Finished applying modification to convert to a Multi-AZ DB instance",
            ),
            MultiAz::No => self.emit_instance_event(
                key,
                29,
                "Finished applying modification to convert to a standard (Single-AZ) DB Instance",
            ),
        }
    }

    /// An instance takes another name: the old one is gone at once, the new one resolves when the
    /// instance has restarted. RDS sends no event for it.
    fn begin_instance_rename(&mut self, key: InstanceKey, name: String) {
        let endpoint = self.instance_endpoint(&name);
        let arn = self.instance_arn(&name);
        let Some(instance) = self.rds.instances.get_mut(&key) else {
            return;
        };
        instance.identifier.clone_from(&name);
        instance.name = name;
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
        self.after(self.pace.rename, world::WorldChange::Rds(RdsChange::InstanceRenamed(key)));
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

    fn begin_cluster_rename(&mut self, key: ClusterKey, name: String) {
        let arn = self.cluster_arn(&name);
        let Some(cluster) = self.rds.clusters.get_mut(&key) else {
            return;
        };
        cluster.status = Status::Renaming;
        cluster.arn = arn;
        cluster.name.clone_from(&name);
        let old = std::mem::replace(&mut cluster.identifier, name);
        self.forget_cluster_names(&old);
        self.after(self.pace.rename, world::WorldChange::Rds(RdsChange::ClusterRenamed(key, old)));
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
}

impl Rds {
    fn checked_changes(&self, key: InstanceKey, mut changes: Pending) -> Result<Pending, ApiError> {
        if let Some(name) = &changes.identifier {
            let name = refusal::identifier("NewDBInstanceIdentifier", name)?;
            if self.instance(&name).is_some_and(|other| other.key != key) {
                return Err(refusal::instance_exists());
            }
            changes.identifier = Some(name);
        }
        let Some(instance) = self.instances.get(&key) else {
            return Ok(changes);
        };
        if instance.cluster.is_some() && changes.multi_az == Some(MultiAz::Yes) {
            return Err(ApiError::invalid_parameter_combination(format!(
                "VPC Multi-AZ DB Instances are not available for engine: {}",
                instance.engine
            )));
        }
        if let Some(cluster) = self.cluster_of(instance) {
            Rds::network_in(cluster, changes.network)?;
        }
        self.network_asked(changes.network, &instance.subnet_group)?;
        // A value that is already set is not a change.
        changes.identifier = changes.identifier.filter(|name| *name != instance.identifier);
        changes.class = changes.class.filter(|class| *class != instance.class);
        changes.multi_az = changes.multi_az.filter(|multi_az| *multi_az != instance.multi_az());
        changes.network = changes.network.filter(|network| *network != instance.network);
        Ok(changes)
    }

    /// The network type that a cluster is to have, if it has another.
    fn new_cluster_network(
        &self,
        key: ClusterKey,
        asked: Option<Network>,
    ) -> Result<Option<Network>, ApiError> {
        let Some(cluster) = self.clusters.get(&key) else {
            return Ok(None);
        };
        DbCluster::refuse_network(&cluster.form, asked)?;
        self.network_asked(asked, &cluster.subnet_group)?;
        Ok(asked.filter(|network| *network != cluster.network))
    }

    fn new_cluster_name(&self, key: ClusterKey, name: &str) -> Result<String, ApiError> {
        let name = refusal::identifier("NewDBClusterIdentifier", name)?;
        if self.cluster(&name).is_some_and(|other| other.key != key) {
            return Err(refusal::cluster_exists());
        }
        Ok(name)
    }
}

impl Pending {
    fn add(&mut self, later: Pending) {
        self.identifier = later.identifier.or(self.identifier.take());
        self.class = later.class.or(self.class.take());
        self.multi_az = later.multi_az.or(self.multi_az);
        self.network = later.network.or(self.network);
    }
}

#[cfg(test)]
mod tests;
