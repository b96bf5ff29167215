//! The operation CreateBlueGreenDeployment.

use super::{Database, Deployment, DeploymentKey, DeploymentStatus, Pair};
use crate::world::rds::create::{NewInstance, Place};
use crate::world::rds::instance::Writes;
use crate::world::rds::{
    ClusterKey, CreateDbCluster, DbInstance, Engine, Form, InstanceKey, MultiAz, RdsChange, Status,
    refusal,
};
use crate::world::{self, ApiError, World, ids};

/// The parameters of CreateBlueGreenDeployment that the model knows.
#[derive(Clone, Debug, Default)]
pub struct CreateBlueGreenDeployment {
    /// `BlueGreenDeploymentName`.
    pub name: String,
    /// `Source`: the ARN of a cluster or an instance.
    pub source: String,
    /// `TargetEngineVersion`; blue's, when none is given.
    pub engine_version: Option<String>,
}

impl World {
    /// CreateBlueGreenDeployment: the deployment is `PROVISIONING` while green is made, then
    /// `AVAILABLE`.
    pub fn create_blue_green_deployment(
        &mut self,
        request: CreateBlueGreenDeployment,
    ) -> Result<&Deployment, ApiError> {
        if self.rds.deployments().any(|other| other.name == request.name) {
            return Err(refusal::deployment_exists());
        }
        let blue = self.source_of(&request.source)?;
        let number = self.rds.next_number();
        let key = DeploymentKey(number);
        let suffix = format!("-green-{}", ids::letters(number.into(), 6));
        let green = match blue {
            Database::Cluster(cluster) => self.clone_cluster(cluster, &suffix, &request)?,
            Database::Instance(instance) => {
                vec![self.clone_instance(instance, None, &suffix, &request)?]
            }
        };
        let pairs = green
            .into_iter()
            .map(|(blue, green)| Pair { blue: self.side(blue), green: self.side(green) })
            .collect();
        let deployment = Deployment {
            key,
            identifier: format!("bgd-{}", ids::letters(u64::from(number) << 32, 16)),
            name: request.name,
            status: DeploymentStatus::Provisioning,
            status_details: None,
            created: self.now,
            pairs,
            lag: std::time::Duration::ZERO,
            deadline: std::time::Duration::ZERO,
            attempt: 0,
            names_move: false,
        };
        self.after(
            self.pace.switchover.create,
            world::WorldChange::Rds(RdsChange::Deployment(key, super::SwitchoverStep::Ready)),
        );
        Ok(self.rds.deployments.entry(key).or_insert(deployment))
    }

    /// A deployment of that database whose green side is already available; gives its id.
    ///
    /// # Errors
    ///
    /// Where CreateBlueGreenDeployment refuses.
    pub fn add_blue_green(&mut self, source: &str) -> Result<String, ApiError> {
        let arn = match self.rds.cluster(source) {
            Some(cluster) => cluster.arn.clone(),
            None => self.rds.find_instance(source)?.arn.clone(),
        };
        let deployment = self.create_blue_green_deployment(CreateBlueGreenDeployment {
            name: format!("{source}-{}", self.rds.made),
            source: arn,
            engine_version: None,
        })?;
        let (key, identifier, pairs) =
            (deployment.key, deployment.identifier.clone(), deployment.pairs.clone());
        for green in pairs.iter().map(|pair| pair.green.database) {
            self.apply_rds(match green {
                Database::Cluster(cluster) => RdsChange::ClusterReady(cluster),
                Database::Instance(instance) => RdsChange::InstanceReady(instance),
            });
        }
        self.deployment_ready(key);
        Ok(identifier)
    }

    /// Green is ready. Called a second time, from the schedule after `add_blue_green`, it changes
    /// nothing.
    pub(super) fn deployment_ready(&mut self, key: DeploymentKey) {
        let Some(deployment) = self.rds.deployments.get_mut(&key) else {
            return;
        };
        if deployment.status != DeploymentStatus::Provisioning {
            return;
        }
        deployment.status = DeploymentStatus::Available;
        self.emit_deployment_event(
            key,
            244,
            "Blue/green deployment tasks completed. You can make more modifications to the green \
             environment databases or switch over the deployment.",
        );
    }

    /// The database of an ARN, if it can be blue.
    fn source_of(&self, arn: &str) -> Result<Database, ApiError> {
        let is_taken = |database: Database| {
            let mut pairs = self.rds.deployments().flat_map(|deployment| &deployment.pairs);
            // What is left of an earlier switchover is in no one's way; what one is yet to do is.
            pairs.any(|pair| pair.blue.database == database && !self.is_left_behind(database))
        };
        if let Some(cluster) = self.rds.clusters().find(|cluster| cluster.arn == arn) {
            let is_aurora =
                matches!(cluster.engine, Engine::AuroraMysql | Engine::AuroraPostgresql);
            let key = self.rds.available_cluster(&cluster.identifier)?;
            let is_plain = cluster.form == Form::SharedStorage && cluster.global.is_none();
            if !is_aurora || !is_plain || is_taken(Database::Cluster(key)) {
                return Err(refusal::cluster_not_supported());
            }
            return Ok(Database::Cluster(key));
        }
        let instance = self.rds.instances().find(|instance| instance.arn == arn);
        let instance = instance.ok_or_else(|| match arn.contains(":cluster:") {
            true => refusal::cluster_not_found(arn),
            false => refusal::instance_not_found(arn),
        })?;
        let key = self.rds.available_instance(&instance.identifier)?;
        let is_of_rds =
            matches!(instance.engine, Engine::Mysql | Engine::Mariadb | Engine::Postgres);
        if !is_of_rds || instance.cluster.is_some() || is_taken(Database::Instance(key)) {
            return Err(refusal::instance_not_supported());
        }
        Ok(Database::Instance(key))
    }

    fn is_left_behind(&self, database: Database) -> bool {
        let refuses = |instance: &DbInstance| instance.writes == Writes::Refused;
        match database {
            Database::Cluster(key) => self.rds.clusters.get(&key).is_some_and(|cluster| {
                let mut members =
                    cluster.members.iter().filter_map(|key| self.rds.instances.get(key));
                members.any(refuses)
            }),
            Database::Instance(key) => self.rds.instances.get(&key).is_some_and(refuses),
        }
    }

    /// Green's cluster with its instances, in the order of blue's, blue's writer first, since the
    /// first to join is the writer.
    fn clone_cluster(
        &mut self,
        blue: ClusterKey,
        suffix: &str,
        request: &CreateBlueGreenDeployment,
    ) -> Result<Vec<(Database, Database)>, ApiError> {
        let Some(cluster) = self.rds.clusters.get(&blue).cloned() else {
            return Ok(Vec::new());
        };
        let green = self.create_db_cluster(CreateDbCluster {
            identifier: format!("{}{suffix}", cluster.identifier),
            engine: cluster.engine.name().to_owned(),
            engine_version: request.engine_version.clone().or(Some(cluster.engine_version)),
            port: Some(cluster.port),
            subnet_group: Some(cluster.subnet_group),
            network: Some(cluster.network),
            ..CreateDbCluster::default()
        })?;
        let green = green.key;
        let mut pairs = vec![(Database::Cluster(blue), Database::Cluster(green))];
        let mut members = cluster.members;
        members.sort_by_key(|member| cluster.writer != Some(*member));
        for member in members {
            pairs.push(self.clone_instance(member, Some(green), suffix, request)?);
        }
        Ok(pairs)
    }

    fn clone_instance(
        &mut self,
        blue: InstanceKey,
        cluster: Option<ClusterKey>,
        suffix: &str,
        request: &CreateBlueGreenDeployment,
    ) -> Result<(Database, Database), ApiError> {
        let Some(instance) = self.rds.instances.get(&blue).cloned() else {
            return Err(refusal::instance_not_found(&request.source));
        };
        let host = self.rds.free_host(instance.host.zone)?;
        let standby =
            instance.standby.map(|standby| self.rds.free_host(standby.zone)).transpose()?;
        let green = self.insert_instance(NewInstance {
            identifier: format!("{}{suffix}", instance.identifier),
            class: instance.class,
            place: Place {
                engine: instance.engine,
                engine_version: request.engine_version.clone().unwrap_or(instance.engine_version),
                port: instance.port,
                cluster,
                multi_az: if standby.is_some() { MultiAz::Yes } else { MultiAz::No },
                subnet_group: instance.subnet_group,
                network: instance.network,
            },
            host,
            standby,
            promotion_tier: instance.promotion_tier,
        });
        self.allow_writes(green, Writes::Refused);
        Ok((Database::Instance(blue), Database::Instance(green)))
    }

    pub(super) fn allow_writes(&mut self, key: InstanceKey, writes: Writes) {
        if let Some(instance) = self.rds.instances.get_mut(&key) {
            instance.writes = writes;
        }
    }

    /// Whether every green database is still there and available.
    pub(super) fn green_is_sound(&self, deployment: &Deployment) -> bool {
        deployment.pairs.iter().all(|pair| {
            let status = match pair.green.database {
                Database::Cluster(key) => self.rds.clusters.get(&key).map(|cluster| cluster.status),
                Database::Instance(key) => {
                    self.rds.instances.get(&key).map(|instance| instance.status)
                }
            };
            status == Some(Status::Available)
        })
    }
}
