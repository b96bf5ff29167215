//! Multi-AZ DB clusters: a writer and two readers of PostgreSQL or MySQL, each in a zone of its
//! own.
//!
//! To a client it is what an Aurora cluster is: a name that follows the writer, readers that accept
//! connections and refuse writes, and `IsClusterWriter` among the members. But it is made,
//! restarted and deleted as a whole, and it always has three nodes. A change is committed when one
//! reader at least has acknowledged it, and a failover goes to the reader that has the most recent
//! one, so that no acknowledged change is lost (AWS docs: "Multi-AZ DB cluster deployments for
//! Amazon RDS"; parameters and limits: botocore rds 2014-10-31). Which reader that is nobody can
//! foretell; here it is the first to have joined.
//!
//! What DNS says of the cluster's name is not documented, nor known from a measurement: see
//! [`Naming`].

use super::create::{NewInstance, Place};
use super::{
    ClusterKey, CreateDbCluster, DbCluster, DbInstance, Engine, Host, MultiAz, Rds, RdsChange,
    Status, refusal,
};
use crate::world::vpc::Zone;
use crate::world::{self, ApiError, World};

/// The longest name: it leaves room for `-instance-1` in an instance's 63 characters (botocore:
/// CreateDBCluster, DBClusterIdentifier).
const LONGEST_NAME: usize = 52;

/// How a cluster is built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// Instances on shared storage, as many as one adds: Aurora, Neptune, DocumentDB.
    SharedStorage,
    /// A Multi-AZ DB cluster: three nodes, each with its own storage.
    ThreeNodes(Nodes),
}

/// What each node of a Multi-AZ DB cluster is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nodes {
    /// `DBClusterInstanceClass`.
    pub class: String,
    /// `AllocatedStorage`, in GiB.
    pub allocated_storage: u32,
    pub storage_type: String,
    pub iops: u32,
}

/// What the name that follows the writer of a Multi-AZ DB cluster answers. Aurora's is an alias of
/// the writer's own name; of this one no documentation says whether it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Naming {
    /// An alias of the writer's own name.
    #[default]
    Alias,
    /// The writer's address, and no other name.
    Address,
}

impl World {
    /// A Multi-AZ DB cluster that is already available, with its three nodes; the first of them is
    /// the writer.
    pub fn add_multi_az_cluster(
        &mut self,
        identifier: &str,
        engine: Engine,
    ) -> Result<(), ApiError> {
        let cluster = self.create_db_cluster(CreateDbCluster {
            identifier: identifier.to_owned(),
            engine: engine.name().to_owned(),
            class: Some("db.m6gd.large".to_owned()),
            allocated_storage: Some(100),
            iops: Some(1000),
            ..CreateDbCluster::default()
        })?;
        let (key, members) = (cluster.key, cluster.members.clone());
        for member in members {
            self.apply_rds(RdsChange::InstanceReady(member));
        }
        self.apply_rds(RdsChange::ClusterReady(key));
        Ok(())
    }

    /// RebootDBCluster: the writer restarts in place, the readers go on, and nobody is promoted
    /// (AWS docs: "Rebooting a Multi-AZ DB cluster and reader DB instances": "Multi-AZ DB clusters
    /// don't support reboot with a failover").
    pub fn reboot_db_cluster(&mut self, cluster: &str) -> Result<&DbCluster, ApiError> {
        let key = self.rds.available_cluster(cluster)?;
        let found = self.rds.find_cluster(cluster)?;
        if found.form == Form::SharedStorage {
            return Err(refusal::cluster_state(format!(
                "DbCluster {} is not a Multi-AZ DB cluster: reboot its instances.",
                found.identifier
            )));
        }
        if let Some(writer) = found.writer {
            self.restart(writer);
        }
        if let Some(cluster) = self.rds.clusters.get_mut(&key) {
            cluster.status = Status::Rebooting;
        }
        self.after(self.pace.reboot, world::WorldChange::Rds(RdsChange::ClusterRestarted(key)));
        self.rds.find_cluster(cluster)
    }

    /// A cluster's restart is over.
    pub(super) fn cluster_restarted(&mut self, key: ClusterKey) {
        if let Some(cluster) = self.rds.clusters.get_mut(&key)
            && cluster.status == Status::Rebooting
        {
            cluster.status = Status::Available;
        }
    }

    /// The nodes of a new Multi-AZ DB cluster, which becomes available with the last of them.
    pub(super) fn add_nodes(&mut self, key: ClusterKey, class: &str, hosts: [(String, Host); 3]) {
        for (identifier, host) in hosts {
            let Some(cluster) = self.rds.clusters.get(&key) else {
                return;
            };
            let place = Place {
                engine: cluster.engine,
                engine_version: cluster.engine_version.clone(),
                port: cluster.port,
                cluster: Some(key),
                multi_az: MultiAz::No,
                subnet_group: cluster.subnet_group.clone(),
                network: cluster.network,
            };
            self.insert_instance(NewInstance {
                identifier,
                class: class.to_owned(),
                place,
                host,
                standby: None,
                promotion_tier: 1,
            });
        }
        self.after(
            self.pace.create_instance,
            world::WorldChange::Rds(RdsChange::ClusterReady(key)),
        );
    }
}

impl Rds {
    /// The names of a new cluster's nodes, and a free host for each in another zone.
    pub(super) fn hosts_for_nodes(&self, cluster: &str) -> Result<[(String, Host); 3], ApiError> {
        let first = self.emptiest_zone();
        let host = |number: u8, zone: Zone| {
            let name = format!("{cluster}-instance-{number}");
            if self.instance(&name).is_some() {
                return Err(refusal::instance_exists());
            }
            Ok((name, self.free_host(zone)?))
        };
        Ok([host(1, first)?, host(2, first.next())?, host(3, first.next().next())?])
    }
}

impl DbCluster {
    /// How long it takes from the start of its failover until the new writer writes.
    pub fn promotion(&self, pace: &world::Pace) -> std::time::Duration {
        match self.form {
            Form::SharedStorage => pace.promote,
            Form::ThreeNodes(_) => pace.promote_multi_az_cluster,
        }
    }

    /// How long it takes from then until the failover is reported as complete.
    pub(super) fn completion(&self, pace: &world::Pace) -> std::time::Duration {
        match self.form {
            Form::SharedStorage => pace.completed,
            Form::ThreeNodes(_) => pace.completed_multi_az_cluster,
        }
    }
}

/// Refuses what can be done to the instances of a cluster, but not to a node of three. What AWS
/// says to it is not documented.
pub(super) fn refuse_node(rds: &Rds, instance: &DbInstance) -> Result<(), ApiError> {
    match rds.cluster_of(instance).map(|cluster| &cluster.form) {
        Some(Form::ThreeNodes(_)) => Err(refusal::cluster_state(format!(
            "{} is a node of a Multi-AZ DB cluster, which always has three nodes.",
            instance.identifier
        ))),
        Some(Form::SharedStorage) | None => Ok(()),
    }
}

/// How a cluster of an engine is built, by what is asked for.
pub(super) fn form_of(engine: Engine, request: &CreateDbCluster) -> Result<Form, ApiError> {
    if engine.has_multi_az_clusters() {
        return nodes_asked(request).map(Form::ThreeNodes);
    }
    let only = [
        ("DBClusterInstanceClass", request.class.is_some()),
        ("AllocatedStorage", request.allocated_storage.is_some()),
        ("Iops", request.iops.is_some()),
    ];
    match only.into_iter().find(|(_, is_given)| *is_given) {
        Some((parameter, _)) => Err(ApiError::invalid_parameter_combination(format!(
            "The parameter {parameter} is for Multi-AZ DB clusters only, and {engine} has none."
        ))),
        None => Ok(Form::SharedStorage),
    }
}

fn nodes_asked(request: &CreateDbCluster) -> Result<Nodes, ApiError> {
    let missing = |parameter: &str| {
        ApiError::invalid_parameter_combination(format!(
            "The parameter {parameter} is required to create a Multi-AZ DB cluster."
        ))
    };
    if request.identifier.len() > LONGEST_NAME {
        return Err(ApiError::invalid_parameter_value(format!(
            "The name of a Multi-AZ DB cluster has at most {LONGEST_NAME} characters."
        )));
    }
    let nodes = Nodes {
        class: request.class.clone().ok_or_else(|| missing("DBClusterInstanceClass"))?,
        allocated_storage: request.allocated_storage.ok_or_else(|| missing("AllocatedStorage"))?,
        storage_type: request.storage_type.clone().unwrap_or_else(|| "io1".to_owned()),
        iops: request.iops.ok_or_else(|| missing("Iops"))?,
    };
    if !["io1", "io2", "gp3"].contains(&nodes.storage_type.as_str()) {
        return Err(ApiError::invalid_parameter_value(format!(
            "Invalid storage type for a Multi-AZ DB cluster: {}",
            nodes.storage_type
        )));
    }
    let (storage, iops) = (u64::from(nodes.allocated_storage), u64::from(nodes.iops));
    if 2 * iops < storage || iops > 50 * storage {
        return Err(ApiError::invalid_parameter_combination(
            "The IOPS to GiB ratio must be between 0.5 and 50.",
        ));
    }
    Ok(nodes)
}

#[cfg(test)]
mod tests;
