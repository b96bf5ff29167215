//! Makes a blue/green deployment, with green a copy of blue.

use super::{Database, Deployment, DeploymentKey, DeploymentStatus, Pair};
use crate::world::rds::Rds;
use crate::world::rds::add::NewInstance;
use crate::world::rds::instance::Writes;
use crate::world::rds::{ClusterKey, DbInstance, Engine, Form, InstanceKey, Status, refusal};
use crate::world::{ApiError, World, ids};

impl Rds {
    fn is_left_behind(&self, database: Database) -> bool {
        let refuses = |instance: &DbInstance| instance.writes == Writes::Refused;
        match database {
            Database::Cluster(key) => self.clusters.get(&key).is_some_and(|cluster| {
                let mut members = cluster.members.iter().filter_map(|key| self.instances.get(key));
                members.any(refuses)
            }),
            Database::Instance(key) => self.instances.get(&key).is_some_and(refuses),
        }
    }

    pub(super) fn allow_writes(&mut self, key: InstanceKey, writes: Writes) {
        if let Some(instance) = self.instances.get_mut(&key) {
            instance.writes = writes;
        }
    }

    /// Whether every green database is still there and available.
    pub(super) fn green_is_sound(&self, deployment: &Deployment) -> bool {
        deployment.pairs.iter().all(|pair| {
            let status = match pair.green.database {
                Database::Cluster(key) => self.clusters.get(&key).map(|cluster| cluster.status),
                Database::Instance(key) => self.instances.get(&key).map(|instance| instance.status),
            };
            status == Some(Status::Available)
        })
    }
}

impl World {
    /// A deployment of that database whose green side is available; gives its id.
    ///
    /// # Errors
    ///
    /// When the database is not there or not available, cannot have a deployment, or has one, or a
    /// zone has no address left.
    pub fn add_blue_green(&mut self, source: &str) -> Result<String, ApiError> {
        let name = format!("{source}-{}", self.rds.made);
        let blue = self.blue_of(source)?;
        let number = self.rds.next_number();
        let key = DeploymentKey(number);
        let suffix = format!("-green-{}", ids::letters(number.into(), 6));
        let copies = match blue {
            Database::Cluster(cluster) => self.clone_cluster(cluster, &suffix)?,
            Database::Instance(instance) => vec![self.clone_instance(instance, None, &suffix)?],
        };
        let pairs = copies
            .into_iter()
            .map(|(blue, green)| Pair { blue: self.side(blue), green: self.side(green) })
            .collect();
        let identifier = format!("bgd-{}", ids::letters(u64::from(number) << 32, 16));
        let deployment = Deployment {
            key,
            identifier: identifier.clone(),
            name,
            status: DeploymentStatus::Available,
            created: self.now,
            pairs,
            attempt: 0,
            names_move: false,
        };
        self.rds.deployments.insert(key, deployment);
        self.emit_deployment_event(
            key,
            244,
            "Blue/green deployment tasks completed. You can make more modifications to the green \
             environment databases or switch over the deployment.",
        );
        Ok(identifier)
    }

    /// The database of a name, if it can be blue.
    fn blue_of(&self, name: &str) -> Result<Database, ApiError> {
        let is_taken = |database: Database| {
            let mut pairs = self.rds.deployments().flat_map(|deployment| &deployment.pairs);
            // What is left of an earlier switchover is in no one's way; what one is yet to do is.
            pairs.any(|pair| pair.blue.database == database && !self.rds.is_left_behind(database))
        };
        if let Some(cluster) = self.rds.cluster(name) {
            let key = self.rds.available_cluster(name)?;
            let is_plain = cluster.engine.is_aurora() && cluster.global.is_none();
            if !is_plain || is_taken(Database::Cluster(key)) {
                return Err(refusal::cluster_not_supported());
            }
            return Ok(Database::Cluster(key));
        }
        let instance = self.rds.find_instance(name)?;
        let key = self.rds.available_instance(name)?;
        let is_of_rds =
            matches!(instance.engine, Engine::Mysql | Engine::Mariadb | Engine::Postgres);
        if !is_of_rds || instance.cluster.is_some() || is_taken(Database::Instance(key)) {
            return Err(refusal::instance_not_supported());
        }
        Ok(Database::Instance(key))
    }

    /// Green's cluster with its instances, in the order of blue's, blue's writer first, since the
    /// first to join is the writer.
    fn clone_cluster(
        &mut self,
        blue: ClusterKey,
        suffix: &str,
    ) -> Result<Vec<(Database, Database)>, ApiError> {
        let Some(cluster) = self.rds.clusters.get(&blue).cloned() else {
            return Ok(Vec::new());
        };
        let name = format!("{}{suffix}", cluster.identifier);
        let green =
            self.insert_cluster(&name, cluster.engine, Form::SharedStorage, cluster.network)?;
        self.rds.change_port(&name, cluster.port)?;
        let mut pairs = vec![(Database::Cluster(blue), Database::Cluster(green))];
        let mut members = cluster.members;
        members.sort_by_key(|member| cluster.writer != Some(*member));
        for member in members {
            pairs.push(self.clone_instance(member, Some(green), suffix)?);
        }
        Ok(pairs)
    }

    fn clone_instance(
        &mut self,
        blue: InstanceKey,
        cluster: Option<ClusterKey>,
        suffix: &str,
    ) -> Result<(Database, Database), ApiError> {
        let Some(instance) = self.rds.instances.get(&blue).cloned() else {
            return Err(refusal::instance_not_found(suffix));
        };
        let host = self.rds.free_host(instance.host.zone)?;
        let standby =
            instance.standby.map(|standby| self.rds.free_host(standby.zone)).transpose()?;
        let green = self.insert_instance(NewInstance {
            name: &format!("{}{suffix}", instance.identifier),
            engine: instance.engine,
            port: instance.port,
            cluster,
            network: instance.network,
            host,
            standby,
        })?;
        self.rds.allow_writes(green, Writes::Refused);
        if cluster.is_none() {
            self.share_security_groups(blue, green);
        }
        self.make_available(green);
        Ok((Database::Instance(blue), Database::Instance(green)))
    }
}
