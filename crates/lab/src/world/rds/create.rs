//! The operations CreateDBCluster and CreateDBInstance.

use std::collections::BTreeSet;

use super::multi_az_cluster::form_of;
use super::shown::Listed;
use super::{
    Capacity, ClusterKey, DbCluster, DbInstance, Engine, Form, Host, InstanceKey, Layout, MultiAz,
    Network, Pending, Rds, RdsChange, Serving, Status, Writes, refusal,
};
use crate::world::vpc::{DEFAULT_SUBNET_GROUP, Zone};
use crate::world::{self, ApiError, World, ids};

/// The parameters of CreateDBCluster that the model knows.
#[derive(Clone, Debug, Default)]
pub struct CreateDbCluster {
    /// `DBClusterIdentifier`.
    pub identifier: String,
    pub engine: String,
    /// `EngineVersion`; one the engine has, when none is given.
    pub engine_version: Option<String>,
    /// `Port`; the engine's, when none is given.
    pub port: Option<u16>,
    /// `DBSubnetGroupName`; any name is accepted, and all are in the region's one VPC.
    pub subnet_group: Option<String>,
    /// `NetworkType`.
    pub network: Option<Network>,
    /// `DBClusterInstanceClass`, of a Multi-AZ DB cluster's nodes.
    pub class: Option<String>,
    /// `AllocatedStorage` of each of these nodes, in GiB.
    pub allocated_storage: Option<u32>,
    /// `StorageType`; `io1`, when none is given for a Multi-AZ DB cluster. Of others it is not
    /// modelled.
    pub storage_type: Option<String>,
    /// `Iops` of each of these nodes.
    pub iops: Option<u32>,
}

/// The parameters of CreateDBInstance that the model knows.
#[derive(Clone, Debug, Default)]
pub struct CreateDbInstance {
    /// `DBInstanceIdentifier`.
    pub identifier: String,
    /// `DBInstanceClass`.
    pub class: String,
    pub engine: String,
    /// `EngineVersion`; one the engine has, when none is given.
    pub engine_version: Option<String>,
    /// `DBClusterIdentifier`, for a member of a cluster.
    pub cluster: Option<String>,
    /// `AvailabilityZone`; the one with the fewest databases, when none is given.
    pub availability_zone: Option<String>,
    pub multi_az: Option<MultiAz>,
    /// `Port`; the engine's, when none is given. A member has its cluster's.
    pub port: Option<u16>,
    /// `PromotionTier`, 0 to 15; 1 when none is given.
    pub promotion_tier: Option<u8>,
    /// `DBSubnetGroupName`; any name is accepted, and all are in the region's one VPC.
    pub subnet_group: Option<String>,
    /// `NetworkType`. A member has its cluster's.
    pub network: Option<Network>,
}

impl World {
    /// CreateDBCluster: the cluster is `creating`, then `available`; it has no instance yet, but
    /// for a Multi-AZ DB cluster, which has all three.
    pub fn create_db_cluster(&mut self, request: CreateDbCluster) -> Result<&DbCluster, ApiError> {
        let identifier = refusal::identifier("DBClusterIdentifier", &request.identifier)?;
        let engine = cluster_engine_of(&request.engine)?;
        let form = form_of(engine, &request)?;
        DbCluster::refuse_network(&form, request.network)?;
        let subnet_group = request.subnet_group.unwrap_or_else(|| DEFAULT_SUBNET_GROUP.to_owned());
        let network = self.rds.network_asked(request.network, &subnet_group)?;
        if self.rds.cluster(&identifier).is_some() {
            return Err(refusal::cluster_exists());
        }
        let nodes = match &form {
            Form::SharedStorage => None,
            Form::ThreeNodes(nodes) => {
                Some((nodes.class.clone(), self.rds.hosts_for_nodes(&identifier)?))
            }
        };
        let number = self.rds.next_number();
        let key = ClusterKey(number);
        let arn = self.cluster_arn(&identifier);
        let cluster = DbCluster {
            key,
            arn,
            resource_id: ids::resource_id("cluster", number.into()),
            identifier: identifier.clone(),
            name: identifier.clone(),
            form,
            capacity: Capacity::Instances,
            engine,
            engine_version: request.engine_version.unwrap_or_else(|| engine.version().to_owned()),
            port: request.port.unwrap_or_else(|| engine.port()),
            status: Status::Creating,
            members: Vec::new(),
            subnet_group,
            network,
            pending_network: None,
            pending_identifier: None,
            created: self.now,
            global: None,
            writer: None,
            shown_writers: BTreeSet::new(),
            told_writers: None,
            listed: Listed::Yes,
        };
        self.rds.clusters.insert(key, cluster);
        match nodes {
            Some((class, hosts)) => self.add_nodes(key, &class, hosts),
            None => self.after(
                self.pace.create_cluster,
                world::WorldChange::Rds(RdsChange::ClusterReady(key)),
            ),
        }
        self.rds.find_cluster(&identifier)
    }

    /// CreateDBInstance: the instance is `creating` and has no endpoint, then `available`. In a
    /// cluster, the first is the writer.
    pub fn create_db_instance(
        &mut self,
        request: CreateDbInstance,
    ) -> Result<&DbInstance, ApiError> {
        let identifier = refusal::identifier("DBInstanceIdentifier", &request.identifier)?;
        let place = self.place_of(&request)?;
        if self.rds.instance(&identifier).is_some() {
            return Err(refusal::instance_exists());
        }
        let zone = self.zone_asked(request.availability_zone.as_deref())?;
        let host = self.rds.free_host(zone)?;
        let standby = match place.multi_az {
            MultiAz::Yes => Some(self.rds.free_host(zone.next())?),
            MultiAz::No => None,
        };
        let key = self.insert_instance(NewInstance {
            identifier: identifier.clone(),
            class: request.class,
            place,
            host,
            standby,
            promotion_tier: request.promotion_tier.unwrap_or(1),
        });
        self.rds.instances.get(&key).ok_or_else(|| refusal::instance_not_found(&identifier))
    }

    /// Puts a new instance in its place, `creating`. The first of a cluster is its writer, but of a
    /// secondary in a global database.
    pub(super) fn insert_instance(&mut self, new: NewInstance) -> InstanceKey {
        let number = self.rds.next_number();
        let key = InstanceKey(number);
        let place = new.place;
        if let Some(cluster) = place.cluster.and_then(|key| self.rds.clusters.get_mut(&key)) {
            cluster.members.push(key);
            if cluster.writer.is_none() && cluster.replication_source().is_none() {
                cluster.writer = Some(key);
                cluster.shown_writers.insert(key);
            }
        }
        let instance = DbInstance {
            key,
            arn: self.instance_arn(&new.identifier),
            resource_id: ids::resource_id("db", number.into()),
            name: new.identifier.clone(),
            identifier: new.identifier,
            class: new.class,
            engine: place.engine,
            engine_version: place.engine_version,
            port: place.port,
            status: Status::Creating,
            cluster: place.cluster,
            promotion_tier: new.promotion_tier,
            subnet_group: place.subnet_group,
            network: place.network,
            created: self.now,
            endpoint: None,
            pending: Pending::default(),
            shown_zone: new.host.zone,
            shown_standby_zone: new.standby.map(|host| host.zone),
            host: new.host,
            standby: new.standby,
            serving: Serving::No,
            writes: Writes::Allowed,
            listed: Listed::Yes,
        };
        self.rds.instances.insert(key, instance);
        self.after(
            self.pace.create_instance,
            world::WorldChange::Rds(RdsChange::InstanceReady(key)),
        );
        key
    }

    fn place_of(&self, request: &CreateDbInstance) -> Result<Place, ApiError> {
        if request.class.is_empty() {
            return Err(ApiError::invalid_parameter_value(
                "The parameter DBInstanceClass must be provided and must not be blank.",
            ));
        }
        if request.promotion_tier.is_some_and(|tier| tier > 15) {
            return Err(ApiError::invalid_parameter_value(
                "Promotion tier must be between 0 and 15.",
            ));
        }
        match &request.cluster {
            Some(cluster) => self.place_in(self.rds.find_cluster(cluster)?, request),
            None => self.place_alone(request),
        }
    }

    fn place_in(&self, cluster: &DbCluster, request: &CreateDbInstance) -> Result<Place, ApiError> {
        if cluster.form != Form::SharedStorage {
            return Err(ApiError::invalid_parameter_combination(format!(
                "{} is a Multi-AZ DB cluster, which always has three instances.",
                cluster.identifier
            )));
        }
        let engine = engine_of(&request.engine, Layout::Cluster)?;
        if engine != cluster.engine {
            return Err(ApiError::invalid_parameter_combination(format!(
                "The engine name requested for your DB instance ({engine}) doesn't match the \
                 engine name of your DB cluster ({}).",
                cluster.engine
            )));
        }
        if request.multi_az == Some(MultiAz::Yes) {
            return Err(ApiError::invalid_parameter_combination(
                "VPC Multi-AZ DB Instances are not available for engine: ".to_owned()
                    + engine.name(),
            ));
        }
        if matches!(cluster.status, Status::Deleting | Status::Stopping | Status::Stopped) {
            return Err(refusal::cluster_state(format!(
                "DbCluster {} is not in available state.",
                cluster.identifier
            )));
        }
        Ok(Place {
            engine,
            engine_version: cluster.engine_version.clone(),
            port: cluster.port,
            cluster: Some(cluster.key),
            multi_az: MultiAz::No,
            subnet_group: cluster.subnet_group.clone(),
            network: Rds::network_in(cluster, request.network)?,
        })
    }

    fn place_alone(&self, request: &CreateDbInstance) -> Result<Place, ApiError> {
        let engine = engine_of(&request.engine, Layout::Instance)?;
        if request.multi_az == Some(MultiAz::Yes) && request.availability_zone.is_some() {
            // AWS docs: CreateDBInstance, AvailabilityZone: "can't be specified if the DB instance
            // is a Multi-AZ deployment".
            return Err(ApiError::invalid_parameter_combination(
                "Requesting a specific availability zone is not valid for Multi-AZ instances.",
            ));
        }
        let subnet_group =
            request.subnet_group.clone().unwrap_or_else(|| DEFAULT_SUBNET_GROUP.to_owned());
        Ok(Place {
            engine,
            engine_version: request
                .engine_version
                .clone()
                .unwrap_or_else(|| engine.version().to_owned()),
            port: request.port.unwrap_or_else(|| engine.port()),
            cluster: None,
            multi_az: request.multi_az.unwrap_or(MultiAz::No),
            network: self.rds.network_asked(request.network, &subnet_group)?,
            subnet_group,
        })
    }

    fn zone_asked(&self, name: Option<&str>) -> Result<Zone, ApiError> {
        match name {
            Some(name) => Zone::named(name, &self.region).ok_or_else(|| {
                ApiError::invalid_parameter_value(format!("Invalid Availability Zone: {name}"))
            }),
            None => Ok(self.rds.emptiest_zone()),
        }
    }
}

pub(super) struct NewInstance {
    pub(super) identifier: String,
    pub(super) class: String,
    pub(super) place: Place,
    pub(super) host: Host,
    pub(super) standby: Option<Host>,
    pub(super) promotion_tier: u8,
}

/// Where a new instance is placed.
pub(super) struct Place {
    pub(super) engine: Engine,
    pub(super) engine_version: String,
    pub(super) port: u16,
    pub(super) cluster: Option<ClusterKey>,
    pub(super) multi_az: MultiAz,
    pub(super) subnet_group: String,
    pub(super) network: Network,
}

/// The engine of that name, which must have clusters of either form.
fn cluster_engine_of(name: &str) -> Result<Engine, ApiError> {
    match engine_named(name)? {
        engine if engine.has_multi_az_clusters() => Ok(engine),
        _ => engine_of(name, Layout::Cluster),
    }
}

fn engine_of(name: &str, layout: Layout) -> Result<Engine, ApiError> {
    let engine = engine_named(name)?;
    if engine.layout() == layout {
        return Ok(engine);
    }
    Err(ApiError::invalid_parameter_combination(match layout {
        Layout::Cluster => format!("The engine {engine} has no DB clusters in this region."),
        Layout::Instance => {
            format!("A DB instance of the engine {engine} needs a DBClusterIdentifier.")
        }
    }))
}

fn engine_named(name: &str) -> Result<Engine, ApiError> {
    Engine::named(name)
        .ok_or_else(|| ApiError::invalid_parameter_value(format!("Invalid DB engine: {name}")))
}

impl Rds {
    /// A host of a zone whose address no database and no proxy has.
    pub(super) fn free_host(&self, zone: Zone) -> Result<Host, ApiError> {
        let taken = self.taken_hosts();
        let host = (0..Zone::BLOCKS)
            .flat_map(|block| (10..=254).map(move |last| u16::from(block) * 256 + last))
            .map(|number| Host { zone, number })
            .find(|host| !taken.contains(host));
        host.ok_or_else(|| {
            ApiError::bad_request(
                "InsufficientDBInstanceCapacity",
                "The specified DB instance class isn't available in the specified Availability \
                 Zone.",
            )
        })
    }

    fn taken_hosts(&self) -> BTreeSet<Host> {
        let hosts = self.instances().flat_map(|instance| [Some(instance.host), instance.standby]);
        let proxies = self.proxy_addresses().filter_map(Host::at);
        hosts.flatten().chain(proxies).collect()
    }

    pub(super) fn emptiest_zone(&self) -> Zone {
        let databases =
            |zone: &Zone| self.instances().filter(|instance| instance.host.zone == *zone).count();
        Zone::ALL.into_iter().min_by_key(databases).unwrap_or(Zone::A)
    }
}

#[cfg(test)]
mod tests;
