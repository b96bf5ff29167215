//! The events of a switchover, in the words of AWS docs ("Amazon RDS event categories and event
//! messages", and the same for Aurora).
//!
//! Where there are two ids, the first is a cluster's, the second an instance's. Only PostgreSQL has
//! events of sequences.

use super::super::{Deployment, DeploymentKey, Rename};
use crate::world::World;
use crate::world::rds::{Engine, Rds};

impl World {
    /// The switchover has started.
    pub(super) fn tell_started(&mut self, key: DeploymentKey) {
        if let Some([blue, green]) = self.names(key) {
            self.emit_deployment_event(
                key,
                247,
                &format!("Switchover from {blue} to {green} started."),
            );
        }
        self.tell_part(key, [259, 250], "started.");
    }

    /// The switchover of the deployment's cluster or instance has ended.
    pub(super) fn tell_part(&mut self, key: DeploymentKey, ids: [u16; 2], what: &str) {
        let Some([blue, green]) = self.names(key) else { return };
        let (id, kind) = match self.is_of_cluster(key) {
            true => (ids[0], "DB cluster"),
            false => (ids[1], "primary/read replica"),
        };
        self.emit_deployment_event(
            key,
            id,
            &format!("Switchover from {kind} {blue} to {green} {what}"),
        );
    }

    /// The synchronization of both sides' sequences has ended.
    pub(super) fn tell_sequences(&mut self, key: DeploymentKey, ids: [u16; 2], what: &str) {
        let Some([blue, green]) = self.names(key) else { return };
        if !self.rds.has_sequences(key) {
            return;
        }
        let (id, kind) = match self.is_of_cluster(key) {
            true => (ids[0], "DB cluster "),
            false => (ids[1], ""),
        };
        let message = format!("Sequence sync for switchover of {kind}{blue} to {green} {what}");
        self.emit_deployment_event(key, id, &message);
    }

    /// The switchover is complete, with the names that blue and green have from it.
    pub(super) fn tell_complete(&mut self, key: DeploymentKey) {
        let first = self.pairs(key).into_iter().next();
        let renames = first.and_then(|pair| Some((pair.blue.renamed?, pair.green.renamed?)));
        if let Some((Rename { from: blue, to: old }, Rename { from: green, .. })) = renames {
            let what = format!("completed. Renamed {blue} to {old} and {green} to {blue}.");
            let (id, kind) = match self.is_of_cluster(key) {
                true => (260, "DB cluster"),
                false => (251, "primary/read replica"),
            };
            self.emit_deployment_event(
                key,
                id,
                &format!("Switchover from {kind} {blue} to {green} {what}"),
            );
        }
        self.emit_deployment_event(key, 248, "Switchover completed on blue/green deployment.");
    }

    fn is_of_cluster(&self, key: DeploymentKey) -> bool {
        self.rds.deployments.get(&key).is_some_and(Deployment::is_of_cluster)
    }

    /// The names of blue and green that the RDS API shows.
    fn names(&self, key: DeploymentKey) -> Option<[String; 2]> {
        let pair = self.rds.deployments.get(&key)?.pairs.first()?;
        let blue = self.rds.shown_name(pair.blue.database)?;
        Some([blue, self.rds.shown_name(pair.green.database)?])
    }
}

impl Rds {
    fn has_sequences(&self, key: DeploymentKey) -> bool {
        let instances = self.deployments.get(&key).map_or_else(Vec::new, Deployment::instances);
        let mut engines = instances
            .iter()
            .filter_map(|key| self.instances.get(key))
            .map(|instance| instance.engine);
        engines.any(|engine| matches!(engine, Engine::AuroraPostgresql | Engine::Postgres))
    }
}
