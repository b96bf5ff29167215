//! What happens to the standby of a Multi-AZ instance beside failovers, and databases that share
//! its security groups.

use std::net::IpAddr;

use super::add::NewInstance;
use super::instance::Writes;
use super::{InstanceKey, MultiAz, Rds, RdsChange, Status, refusal};
use crate::world::elbv2::IpFamily;
use crate::world::surroundings::security_group;
use crate::world::{self, ApiError, World};

/// The key of `PendingModifiedValues`.
const MULTI_AZ: &str = "MultiAZ";

impl Rds {
    /// Makes the standby of an instance accept connections as its primary does, or refuse them
    /// again. Nobody has published a probe of a standby's port; AWS documents that a standby does
    /// not serve read traffic ("Multi-AZ DB instance deployments").
    ///
    /// # Errors
    ///
    /// When the instance does not exist.
    pub fn let_standby_listen(&mut self, instance: &str, listens: bool) -> Result<(), ApiError> {
        self.instance_mut(instance)?.standby_listens = listens;
        Ok(())
    }
}

impl World {
    /// The host of an instance's standby is replaced by one with another address in the same zone,
    /// of which RDS sends no event that says so.
    ///
    /// # Errors
    ///
    /// When the instance does not exist or has no standby, or the zone has no address left.
    pub fn replace_standby(&mut self, instance: &str) -> Result<(), ApiError> {
        let found = self.rds.find_instance(instance)?;
        let standby = found.standby.ok_or_else(|| {
            refusal::instance_state(format!("{} has no standby.", found.identifier))
        })?;
        let key = found.key;
        let host = self.rds.free_host(standby.zone)?;
        if let Some(instance) = self.rds.instances.get_mut(&key) {
            instance.standby = Some(host);
        }
        Ok(())
    }

    /// The host of an instance's standby is replaced, and its address, which is given back, goes to
    /// a new database of the same engine with security groups of its own.
    ///
    /// # Errors
    ///
    /// As [`replace_standby`](World::replace_standby), or when the name is taken.
    pub fn reuse_standby(&mut self, instance: &str, by: &str) -> Result<IpAddr, ApiError> {
        let found = self.rds.find_instance(instance)?.clone();
        self.replace_standby(instance)?;
        let host = found.standby.expect("it had one");
        let (engine, port, network) = (found.engine, found.port, found.network);
        let new =
            NewInstance { name: by, engine, port, cluster: None, network, host, standby: None };
        let key = self.insert_instance(new)?;
        self.make_available(key);
        Ok(host.address_in(IpFamily::Ipv4))
    }

    /// An instance gets a standby, or loses it (ModifyDBInstance with `ApplyImmediately`): the
    /// change is pending until it is done.
    ///
    /// # Errors
    ///
    /// When the instance is not there or not available.
    pub fn change_multi_az(&mut self, instance: &str, to: MultiAz) -> Result<(), ApiError> {
        let key = self.rds.available_instance(instance)?;
        let pending = if to == MultiAz::Yes { "true" } else { "false" };
        if let Some(instance) = self.rds.instances.get_mut(&key) {
            instance.status = Status::Modifying;
            let facts = self.surroundings.databases.entry(instance.resource_id.clone());
            let facts = facts.or_default();
            facts.pending.insert(MULTI_AZ.to_owned(), pending.to_owned());
        }
        let changed = RdsChange::MultiAzChanged(key, to);
        self.after(self.pace.modify, world::WorldChange::Rds(changed));
        Ok(())
    }

    pub(super) fn multi_az_changed(&mut self, key: InstanceKey, to: MultiAz) {
        let Some(instance) = self.rds.instances.get(&key) else {
            return;
        };
        let standby = match to {
            MultiAz::Yes => self.rds.free_host(instance.host.zone.next()).ok(),
            MultiAz::No => None,
        };
        let Some(instance) = self.rds.instances.get_mut(&key) else {
            return;
        };
        instance.standby = standby;
        if instance.status == Status::Modifying {
            instance.status = Status::Available;
        }
        if let Some(facts) = self.surroundings.databases.get_mut(&instance.resource_id) {
            facts.pending.remove(MULTI_AZ);
        }
        self.show_zones(key);
    }

    /// An instance gets a read replica, available at once, which has the source's security groups
    /// (botocore rds 2014-10-31, CreateDBInstanceReadReplica, `VpcSecurityGroupIds`; that they are
    /// the source's unless said is how most templates have it) and is in the zone of the source's
    /// standby.
    ///
    /// # Errors
    ///
    /// When the source does not exist, the name is taken, or a zone has no address left.
    pub fn add_replica(
        &mut self,
        source: &str,
        name: &str,
        multi_az: MultiAz,
    ) -> Result<(), ApiError> {
        let blue = self.rds.find_instance(source)?.clone();
        let host = self.rds.free_host(blue.host.zone.next())?;
        let standby = match multi_az {
            MultiAz::Yes => Some(self.rds.free_host(host.zone.next())?),
            MultiAz::No => None,
        };
        let key = self.insert_instance(NewInstance {
            name,
            engine: blue.engine,
            port: blue.port,
            cluster: None,
            network: blue.network,
            host,
            standby,
        })?;
        self.share_security_groups(blue.key, key);
        if let Some(replica) = self.rds.instances.get_mut(&key) {
            replica.writes = Writes::Refused;
            let facts = self.surroundings.databases.entry(replica.resource_id.clone());
            facts.or_default().replica_of = Some(blue.identifier);
        }
        self.make_available(key);
        Ok(())
    }

    /// Gives an instance the security groups that another one has, whatever they are called.
    pub(super) fn share_security_groups(&mut self, from: InstanceKey, to: InstanceKey) {
        let Some(instance) = self.rds.instances.get(&from) else {
            return;
        };
        let names = security_group::names_of_instance(self, instance);
        for key in [from, to] {
            if let Some(instance) = self.rds.instances.get(&key) {
                let facts = self.surroundings.databases.entry(instance.resource_id.clone());
                facts.or_default().security_groups = Some(names.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::rds::{DbInstance, Engine};
    use crate::world::surroundings::interface::interfaces;

    fn billing() -> World {
        let mut world = World::new(jiff::Timestamp::UNIX_EPOCH);
        world.add_instance("billing", MultiAz::Yes, Engine::Postgres).expect("a good name");
        world
    }

    fn of<'w>(world: &'w World, name: &str) -> &'w DbInstance {
        world.rds.instance(name).expect("it exists")
    }

    #[test]
    fn a_standby_that_is_switched_off_is_there_while_that_is_pending() {
        let mut world = billing();
        world.change_multi_az("billing", MultiAz::No).expect("it is available");
        let pending = |world: &World| {
            world.surroundings.databases[&of(world, "billing").resource_id].pending.len()
        };
        assert_eq!((of(&world, "billing").multi_az(), pending(&world)), (MultiAz::Yes, 1));
        world.pass(world.pace.modify);
        let billing = of(&world, "billing");
        let shown = (billing.multi_az(), billing.shown_standby_zone, pending(&world));
        assert_eq!(shown, (MultiAz::No, None, 0));
        world.change_multi_az("billing", MultiAz::Yes).expect("it is available");
        world.pass(world.pace.modify);
        assert!(of(&world, "billing").shown_standby_zone.is_some());
    }

    #[test]
    fn a_standby_listens_where_a_scenario_says_so() {
        let mut world = billing();
        let standby = of(&world, "billing").standby_address().expect("it has one");
        world.rds.let_standby_listen("billing", true).expect("it exists");
        assert!(world.accepts_tcp(standby) && !world.rds.takes_writes(standby));
    }

    #[test]
    fn a_replica_and_a_green_share_the_security_groups() {
        let mut world = billing();
        world.add_replica("billing", "copy", MultiAz::No).expect("a good name");
        world.add_blue_green("billing").expect("it is plain");
        let groups: Vec<_> =
            interfaces(&world).into_iter().map(|one| one.security_groups).collect();
        assert_eq!(groups.len(), 5);
        assert!(groups.iter().all(|other| *other == groups[0]), "{groups:?}");
        let address = of(&world, "copy").address();
        assert!(world.accepts_tcp(address) && !world.rds.takes_writes(address));
    }
}
