//! The operation DeleteBlueGreenDeployment.

use super::{Database, Deployment, DeploymentKey, DeploymentStatus, SwitchoverStep};
use crate::world::rds::{FinalSnapshot, RdsChange, refusal};
use crate::world::{self, ApiError, World};

impl World {
    /// DeleteBlueGreenDeployment. Blue and green stay, as databases of their own, unless green is
    /// to go too, which is refused after a switchover (botocore rds 2014-10-31, DeleteTarget).
    pub fn delete_blue_green_deployment(
        &mut self,
        identifier: &str,
        with_target: bool,
    ) -> Result<Deployment, ApiError> {
        let found = self.rds.find_deployment(identifier)?;
        let is_over = found.status == DeploymentStatus::SwitchoverCompleted;
        if matches!(
            found.status,
            DeploymentStatus::SwitchoverInProgress | DeploymentStatus::Deleting
        ) || (is_over && with_target)
        {
            return Err(refusal::deployment_state(format!(
                "The blue/green deployment {} can't be deleted while its status is {}.",
                found.identifier, found.status
            )));
        }
        let key = found.key;
        let greens: Vec<Database> = found.pairs.iter().map(|pair| pair.green.database).collect();
        if with_target {
            self.delete_green(&greens)?;
        }
        if let Some(deployment) = self.rds.deployments.get_mut(&key) {
            deployment.status = DeploymentStatus::Deleting;
        }
        self.after(
            self.pace.delete,
            world::WorldChange::Rds(RdsChange::Deployment(key, SwitchoverStep::Gone)),
        );
        self.rds.find_deployment(identifier).cloned()
    }

    fn delete_green(&mut self, greens: &[Database]) -> Result<(), ApiError> {
        for instance in greens.iter().filter_map(|green| green.instance()) {
            if let Some(name) = self.rds.instance_name(instance) {
                self.delete_db_instance(&name, &FinalSnapshot::Skip)?;
            }
        }
        if let Some(Database::Cluster(cluster)) = greens.first()
            && let Some(name) = self.rds.cluster_name(*cluster)
        {
            self.delete_db_cluster(&name, &FinalSnapshot::Skip)?;
        }
        Ok(())
    }

    /// A deployment is gone.
    pub(super) fn deployment_gone(&mut self, key: DeploymentKey) {
        self.emit_deployment_event(key, 246, "Blue/green deployment deleted.");
        self.rds.deployments.remove(&key);
    }
}
