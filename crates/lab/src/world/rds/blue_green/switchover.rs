//! The operation SwitchoverBlueGreenDeployment, and what cancels a switchover.
//!
//! ```text
//! start ──checks──► writes blocked on both ──catch up──► names begin to move
//!     0247, 0259/0250   connections dropped                 ├──open───────► both accept connections; green takes writes, blue does not
//!                                                           ├──shown──────► the RDS API shows blue as -oldN, and green by blue's names
//!                                                           ├──dns, steps─► each name in turn: blue, nothing, green
//!                                                           └──completed──► 0260/0251, 0248
//! ```
//!
//! The order of the actions is that of AWS docs, "Switching a blue/green deployment", which says of
//! blue that it only allows reads afterwards. Whether the API or DNS shows the new names first, and
//! whether a name answers nothing in between, is not documented:
//! [`SwitchoverPace`](crate::world::pace::SwitchoverPace) sets it. What the statuses of blue and
//! green say meanwhile is not documented either, and stays `available` here.

mod names;
mod tell;

use std::time::Duration;

use super::{Deployment, DeploymentKey, DeploymentStatus};
use crate::world::rds::{RdsChange, Serving, refusal};
use crate::world::{self, ApiError, World};

/// What happens to a deployment next. A number is that of the switchover it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SwitchoverStep {
    /// Writes are blocked.
    Block(u32),
    /// Names begin to move.
    Move(u32),
    /// Both sides accept connections.
    Open(u32),
    /// The RDS API shows the new names.
    Show(u32),
    /// The switchover is reported as complete.
    Complete(u32),
}

/// Why a switchover is cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cancellation {
    /// Green was too far behind blue, or took too long to catch up.
    ReplicationLag,
    /// The sequences of PostgreSQL could not be brought in step.
    Sequences,
}

impl World {
    /// SwitchoverBlueGreenDeployment. Its timeout is not modelled: green never lags so far.
    ///
    /// # Errors
    ///
    /// When there is no such deployment, or it is not in a state for it.
    pub fn switchover_blue_green_deployment(
        &mut self,
        identifier: &str,
    ) -> Result<&Deployment, ApiError> {
        let found = self.rds.find_deployment(identifier)?;
        let key = found.key;
        let can_start = matches!(
            found.status,
            DeploymentStatus::Available | DeploymentStatus::SwitchoverFailed
        );
        if !can_start || !self.rds.green_is_sound(found) {
            return Err(refusal::deployment_state(format!(
                "The blue/green deployment {} can't be switched over: its status is {}, or its \
                 green databases are not available.",
                found.identifier, found.status
            )));
        }
        if let Some(deployment) = self.rds.deployments.get_mut(&key) {
            deployment.status = DeploymentStatus::SwitchoverInProgress;
            deployment.attempt += 1;
            let attempt = deployment.attempt;
            self.tell_started(key);
            self.step(self.pace.switchover.checks, key, SwitchoverStep::Block(attempt));
        }
        self.rds.find_deployment(identifier)
    }

    /// Cancels a switchover that has moved no name: everything is as before (AWS docs, "Switching a
    /// blue/green deployment": "any changes are rolled back and no changes are made to either
    /// environment").
    ///
    /// # Errors
    ///
    /// When no such switchover is under way.
    pub fn cancel_switchover(
        &mut self,
        identifier: &str,
        why: Cancellation,
    ) -> Result<(), ApiError> {
        let found = self.rds.find_deployment(identifier)?;
        if found.status != DeploymentStatus::SwitchoverInProgress || found.names_move {
            return Err(refusal::deployment_state(format!(
                "The blue/green deployment {} has no switchover that can be cancelled.",
                found.identifier
            )));
        }
        self.roll_back(found.key, why);
        Ok(())
    }

    /// A deployment's next step, unless it belongs to a switchover that is over.
    pub(in crate::world::rds) fn deployment_goes_on(
        &mut self,
        key: DeploymentKey,
        step: SwitchoverStep,
    ) {
        let Some(deployment) = self.rds.deployments.get(&key) else {
            return;
        };
        let is_under_way = |attempt| {
            deployment.attempt == attempt
                && deployment.status == DeploymentStatus::SwitchoverInProgress
        };
        match step {
            SwitchoverStep::Block(attempt) if is_under_way(attempt) => self.block(key, attempt),
            SwitchoverStep::Move(attempt) if is_under_way(attempt) => self.move_names(key, attempt),
            SwitchoverStep::Open(attempt) if is_under_way(attempt) => self.open(key),
            SwitchoverStep::Show(attempt) if is_under_way(attempt) => self.show_names(key),
            SwitchoverStep::Complete(attempt) if is_under_way(attempt) => self.complete(key),
            _ => {}
        }
    }

    fn step(&mut self, delay: Duration, key: DeploymentKey, step: SwitchoverStep) {
        self.after(delay, world::WorldChange::Rds(RdsChange::Deployment(key, step)));
    }

    /// The guardrails have been checked: writes are blocked on both sides, and connections dropped.
    fn block(&mut self, key: DeploymentKey, attempt: u32) {
        let Some(deployment) = self.rds.deployments.get(&key) else {
            return;
        };
        if !self.rds.green_is_sound(deployment) {
            self.roll_back(key, Cancellation::ReplicationLag);
            return;
        }
        for instance in deployment.instances() {
            if let Some(instance) = self.rds.instances.get_mut(&instance) {
                instance.serving = Serving::No;
            }
        }
        self.tell_sequences(
            key,
            [311, 307],
            "has initiated. Switchover when using sequences may lead to extended downtime.",
        );
        self.step(self.pace.switchover.catch_up, key, SwitchoverStep::Move(attempt));
    }

    /// Everything is as it was before the switchover.
    fn roll_back(&mut self, key: DeploymentKey, why: Cancellation) {
        let Some(deployment) = self.rds.deployments.get_mut(&key) else {
            return;
        };
        deployment.status = DeploymentStatus::SwitchoverFailed;
        for instance in deployment.instances() {
            self.serve(instance);
        }
        match why {
            Cancellation::ReplicationLag => {
                self.tell_part(key, [261, 252], "was canceled due to replication lag.")
            }
            Cancellation::Sequences => {
                let what = "was cancelled because sequences failed to sync.";
                self.tell_sequences(key, [314, 310], what);
            }
        }
        self.emit_deployment_event(key, 249, "Switchover canceled on blue/green deployment.");
    }

    /// Green has caught up: from here on nothing is rolled back, and every clock runs by itself.
    fn move_names(&mut self, key: DeploymentKey, attempt: u32) {
        self.tell_sequences(key, [312, 308], "has completed.");
        let Some(deployment) = self.rds.deployments.get(&key) else {
            return;
        };
        let pairs = self.rds.renamed(&deployment.pairs);
        self.move_records(&pairs);
        if let Some(deployment) = self.rds.deployments.get_mut(&key) {
            deployment.pairs = pairs;
            deployment.names_move = true;
        }
        let pace = self.pace.switchover.clone();
        self.step(pace.open, key, SwitchoverStep::Open(attempt));
        self.step(pace.shown, key, SwitchoverStep::Show(attempt));
        self.step(pace.end(), key, SwitchoverStep::Complete(attempt));
    }

    /// The switchover is reported as complete.
    fn complete(&mut self, key: DeploymentKey) {
        let Some(deployment) = self.rds.deployments.get_mut(&key) else {
            return;
        };
        deployment.status = DeploymentStatus::SwitchoverCompleted;
        self.tell_complete(key);
    }
}
