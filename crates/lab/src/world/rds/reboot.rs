//! The operation RebootDBInstance, and the failover of a Multi-AZ instance to its standby.
//!
//! ```text
//! reboot with failover ──promote──► the standby serves ──dns lag──► the endpoint moves, flaps, stays
//!   │ event 0013                       ├──completed──► event 0049
//!                                      └──zone lag───► AvailabilityZone has swapped
//! ```

use super::{DbInstance, InstanceKey, MultiAz, RdsChange, Serving, Status};
use crate::world::dns::Move;
use crate::world::{self, ApiError, World};

/// How an instance is restarted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reboot {
    /// In place.
    InPlace,
    /// With `ForceFailover`: its standby takes over.
    ToStandby,
}

impl World {
    pub fn reboot_db_instance(
        &mut self,
        instance: &str,
        how: Reboot,
    ) -> Result<&DbInstance, ApiError> {
        let key = self.rds.available_instance(instance)?;
        let multi_az = self.rds.find_instance(instance)?.multi_az();
        match (how, multi_az) {
            (Reboot::InPlace, _) => self.restart(key),
            (Reboot::ToStandby, MultiAz::Yes) => self.fail_to_standby(key, Status::Rebooting),
            (Reboot::ToStandby, MultiAz::No) => {
                // botocore rds 2014-10-31, RebootDBInstance: "you can't enable force failover if
                // the instance isn't configured for Multi-AZ".
                return Err(ApiError::invalid_parameter_combination(
                    "You can't enable force failover if the instance isn't configured for \
                     Multi-AZ.",
                ));
            }
        }
        self.rds.find_instance(instance)
    }

    /// A Multi-AZ instance's host is lost without anybody's asking; a single-AZ instance is
    /// restarted in place.
    pub fn lose_host(&mut self, instance: &str) -> Result<(), ApiError> {
        let instance = self.rds.find_instance(instance)?;
        match instance.multi_az() {
            MultiAz::Yes => self.fail_to_standby(instance.key, instance.status),
            MultiAz::No => self.restart(instance.key),
        }
        Ok(())
    }

    /// An instance's host is replaced by one with another address in the same zone, as in
    /// maintenance (RDS-EVENT-0422).
    pub fn replace_host(&mut self, instance: &str) -> Result<(), ApiError> {
        let (key, zone, cluster) = {
            let instance = self.rds.find_instance(instance)?;
            (instance.key, instance.host.zone, instance.cluster)
        };
        let host = self.rds.free_host(zone)?;
        if let Some(instance) = self.rds.instances.get_mut(&key) {
            instance.host = host;
        }
        self.point_instance(key, Move::Failover);
        // A cluster's name may answer its writer's address and not its name.
        if let Some(cluster) = cluster {
            self.point_cluster(cluster, Move::Failover);
        }
        self.emit_instance_event(key, 422, "The DB instance's host was replaced.");
        Ok(())
    }

    /// An instance restarts in place.
    pub(super) fn restart(&mut self, key: InstanceKey) {
        self.interrupt(key, Status::Rebooting);
        self.emit_instance_event(key, 4, "DB instance shutdown");
        self.after(self.pace.reboot, world::WorldChange::Rds(RdsChange::Restarted(key)));
    }

    /// An instance serves again after a restart in place.
    pub(super) fn restarted(&mut self, key: InstanceKey) {
        let Some(instance) = self.rds.instances.get_mut(&key) else {
            return;
        };
        if instance.status == Status::Rebooting {
            instance.status = Status::Available;
        }
        self.serve(key);
        self.emit_instance_event(key, 6, "DB instance restarted");
    }

    fn fail_to_standby(&mut self, key: InstanceKey, status: Status) {
        self.interrupt(key, status);
        self.emit_instance_event(key, 13, "Multi-AZ instance failover started.");
        self.after(
            self.pace.promote_standby,
            world::WorldChange::Rds(RdsChange::PromoteStandby(key)),
        );
    }

    /// The standby takes over, and the old host stands by.
    pub(super) fn promote_standby(&mut self, key: InstanceKey) {
        let Some(instance) = self.rds.instances.get_mut(&key) else {
            return;
        };
        if let Some(standby) = &mut instance.standby {
            std::mem::swap(standby, &mut instance.host);
        }
        self.serve(key);
        self.point_instance(key, Move::Failover);
        self.after(
            self.pace.completed_standby,
            world::WorldChange::Rds(RdsChange::StandbyComplete(key)),
        );
        self.after(self.pace.zone_lag, world::WorldChange::Rds(RdsChange::ShowZones(key)));
    }

    /// The takeover is reported as complete.
    pub(super) fn standby_complete(&mut self, key: InstanceKey) {
        let Some(instance) = self.rds.instances.get_mut(&key) else {
            return;
        };
        if instance.status == Status::Rebooting {
            instance.status = Status::Available;
        }
        self.emit_instance_event(key, 49, "Multi-AZ instance failover completed");
    }

    /// The RDS API shows the zones as they are.
    pub(super) fn show_zones(&mut self, key: InstanceKey) {
        if let Some(instance) = self.rds.instances.get_mut(&key) {
            instance.shown_zone = instance.host.zone;
            instance.shown_standby_zone = instance.standby.map(|standby| standby.zone);
        }
    }

    /// An instance stops accepting connections.
    pub(super) fn interrupt(&mut self, key: InstanceKey, status: Status) {
        if let Some(instance) = self.rds.instances.get_mut(&key) {
            instance.status = status;
            instance.serving = Serving::No;
        }
        self.availability_changed(key);
    }
}

#[cfg(test)]
mod tests;
