//! Puts databases into the region that are available from the start, and members that become
//! available later.

use std::collections::BTreeSet;

use super::{
    ClusterKey, DbCluster, DbInstance, Engine, Form, Host, InstanceKey, Listed, MultiAz, Network,
    Rds, RdsChange, Serving, Status, Writes, refusal,
};
use crate::world::dns::Move;
use crate::world::vpc::Zone;
use crate::world::{self, ApiError, World, ids};

impl World {
    /// An Aurora cluster with its members and their zones; the first is the writer.
    ///
    /// # Errors
    ///
    /// When a name is taken, or a zone has no address left.
    pub fn add_aurora(
        &mut self,
        name: &str,
        engine: Engine,
        members: &[(&str, Zone)],
    ) -> Result<(), ApiError> {
        self.add_aurora_of(name, engine, members, Network::Ipv4)
    }

    /// The same, of a network type.
    ///
    /// # Errors
    ///
    /// As [`add_aurora`](World::add_aurora).
    pub fn add_aurora_of(
        &mut self,
        name: &str,
        engine: Engine,
        members: &[(&str, Zone)],
        network: Network,
    ) -> Result<(), ApiError> {
        let cluster = self.insert_cluster(name, engine, Form::SharedStorage, network)?;
        for (member, zone) in members {
            let member = self.insert_member(cluster, member, *zone)?;
            self.make_available(member);
        }
        Ok(())
    }

    /// A Multi-AZ DB cluster with its three nodes, each in a zone of its own; the first of them is
    /// the writer.
    ///
    /// # Errors
    ///
    /// As [`add_aurora`](World::add_aurora).
    pub fn add_multi_az_cluster(&mut self, name: &str, engine: Engine) -> Result<(), ApiError> {
        let first = self.rds.emptiest_zone();
        let zones = [first, first.next(), first.next().next()];
        let cluster = self.insert_cluster(name, engine, Form::ThreeNodes, Network::Ipv4)?;
        for (number, zone) in (1..).zip(zones) {
            let node = self.insert_member(cluster, &format!("{name}-instance-{number}"), zone)?;
            self.make_available(node);
        }
        Ok(())
    }

    /// An instance outside any cluster.
    ///
    /// # Errors
    ///
    /// As [`add_aurora`](World::add_aurora).
    pub fn add_instance(
        &mut self,
        name: &str,
        multi_az: MultiAz,
        engine: Engine,
    ) -> Result<(), ApiError> {
        self.add_instance_of(name, multi_az, engine, Network::Ipv4)
    }

    /// The same, of a network type.
    ///
    /// # Errors
    ///
    /// As [`add_aurora`](World::add_aurora).
    pub fn add_instance_of(
        &mut self,
        name: &str,
        multi_az: MultiAz,
        engine: Engine,
        network: Network,
    ) -> Result<(), ApiError> {
        let zone = self.rds.emptiest_zone();
        let host = self.rds.free_host(zone)?;
        let standby = match multi_az {
            MultiAz::Yes => Some(self.rds.free_host(zone.next())?),
            MultiAz::No => None,
        };
        let port = engine.port();
        let new = NewInstance { name, engine, port, cluster: None, network, host, standby };
        let key = self.insert_instance(new)?;
        self.make_available(key);
        Ok(())
    }

    /// A cluster gets another reader, in the zone with the fewest databases unless one is given: it
    /// is `creating` and without an endpoint before it is available.
    ///
    /// # Errors
    ///
    /// When the cluster does not exist, or as [`add_aurora`](World::add_aurora).
    pub fn add_reader(
        &mut self,
        cluster: &str,
        reader: &str,
        zone: Option<Zone>,
    ) -> Result<(), ApiError> {
        let cluster = self.rds.find_cluster(cluster)?.key;
        let zone = zone.unwrap_or_else(|| self.rds.emptiest_zone());
        let key = self.insert_member(cluster, reader, zone)?;
        let ready = RdsChange::InstanceReady(key);
        self.after(self.pace.create_instance, world::WorldChange::Rds(ready));
        Ok(())
    }

    /// A new instance is available.
    pub(super) fn instance_ready(&mut self, key: InstanceKey) {
        let instance = self.rds.instances.get(&key);
        if instance.is_some_and(|instance| instance.status == Status::Creating) {
            self.make_available(key);
            self.emit_instance_event(key, 5, "DB instance created");
        }
    }

    /// An instance has an endpoint, serves, and its names resolve.
    pub(super) fn make_available(&mut self, key: InstanceKey) {
        let Some(name) = self.rds.instance_name(key) else {
            return;
        };
        let endpoint = self.instance_endpoint(&name);
        let instance = self.rds.instances.get_mut(&key).map(|instance| {
            instance.status = Status::Available;
            instance.serving = Serving::Yes;
            instance.endpoint = Some(endpoint);
            instance.cluster
        });
        self.point_instance(key, Move::AtOnce);
        if let Some(cluster) = instance.flatten() {
            self.point_cluster(cluster, Move::AtOnce);
        }
    }

    /// Puts a cluster without members in its place.
    pub(super) fn insert_cluster(
        &mut self,
        name: &str,
        engine: Engine,
        form: Form,
        network: Network,
    ) -> Result<ClusterKey, ApiError> {
        if self.rds.cluster(name).is_some() {
            return Err(refusal::cluster_exists());
        }
        let number = self.rds.next_number();
        let key = ClusterKey(number);
        let cluster = DbCluster {
            key,
            arn: self.cluster_arn(name),
            resource_id: ids::resource_id("cluster", number.into()),
            identifier: name.to_owned(),
            name: name.to_owned(),
            form,
            capacity: super::Capacity::Instances,
            engine,
            port: engine.port(),
            status: Status::Available,
            members: Vec::new(),
            network,
            created: self.now,
            global: None,
            writer: None,
            shown_writers: BTreeSet::new(),
            told_writers: None,
            listed: Listed::Yes,
        };
        self.rds.clusters.insert(key, cluster);
        Ok(key)
    }

    /// Puts a new member of a cluster in its place, `creating`.
    fn insert_member(
        &mut self,
        cluster: ClusterKey,
        name: &str,
        zone: Zone,
    ) -> Result<InstanceKey, ApiError> {
        let Some(DbCluster { engine, port, network, .. }) = self.rds.clusters.get(&cluster) else {
            return Err(refusal::cluster_not_found(name));
        };
        let (engine, port, network) = (*engine, *port, *network);
        // A name that is taken is refused before a zone that is full.
        self.rds.check_instance_name(name)?;
        let host = self.rds.free_host(zone)?;
        let cluster = Some(cluster);
        self.insert_instance(NewInstance {
            name,
            engine,
            port,
            cluster,
            network,
            host,
            standby: None,
        })
    }

    /// Puts a new instance in its place, `creating`. The first of a cluster is its writer.
    pub(super) fn insert_instance(
        &mut self,
        new: NewInstance<'_>,
    ) -> Result<InstanceKey, ApiError> {
        self.rds.check_instance_name(new.name)?;
        let number = self.rds.next_number();
        let key = InstanceKey(number);
        if let Some(cluster) = new.cluster.and_then(|key| self.rds.clusters.get_mut(&key)) {
            cluster.members.push(key);
            if cluster.writer.is_none() && cluster.replication_source().is_none() {
                cluster.writer = Some(key);
                cluster.shown_writers.insert(key);
            }
        }
        let instance = DbInstance {
            key,
            arn: self.instance_arn(new.name),
            resource_id: ids::resource_id("db", number.into()),
            name: new.name.to_owned(),
            identifier: new.name.to_owned(),
            engine: new.engine,
            port: new.port,
            status: Status::Creating,
            cluster: new.cluster,
            promotion_tier: 1,
            network: new.network,
            created: self.now,
            endpoint: None,
            shown_zone: new.host.zone,
            shown_standby_zone: new.standby.map(|host| host.zone),
            host: new.host,
            standby: new.standby,
            standby_listens: false,
            serving: Serving::No,
            writes: Writes::Allowed,
            listed: Listed::Yes,
        };
        self.rds.instances.insert(key, instance);
        Ok(key)
    }
}

/// An instance that is to be put in its place.
pub(super) struct NewInstance<'a> {
    pub(super) name: &'a str,
    pub(super) engine: Engine,
    pub(super) port: u16,
    pub(super) cluster: Option<ClusterKey>,
    pub(super) network: Network,
    pub(super) host: Host,
    pub(super) standby: Option<Host>,
}

impl Rds {
    fn check_instance_name(&self, name: &str) -> Result<(), ApiError> {
        match self.instance(name) {
            Some(_) => Err(refusal::instance_exists()),
            None => Ok(()),
        }
    }

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

    fn emptiest_zone(&self) -> Zone {
        let databases =
            |zone: &Zone| self.instances().filter(|instance| instance.host.zone == *zone).count();
        Zone::ALL.into_iter().min_by_key(databases).unwrap_or(Zone::A)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn world() -> World {
        World::new(jiff::Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn a_name_is_given_once_and_a_host_too() {
        let mut world = world();
        world.add_instance("billing", MultiAz::Yes, Engine::Mysql).expect("a good name");
        let again = world.add_instance("billing", MultiAz::No, Engine::Mysql);
        assert_eq!(again.expect_err("it is taken").code, "DBInstanceAlreadyExists");
        world.add_multi_az_cluster("ledger", Engine::Postgres).expect("a good name");
        let again = world.add_aurora("ledger", Engine::AuroraMysql, &[]);
        assert_eq!(again.expect_err("it is taken").code, "DBClusterAlreadyExistsFault");
        let mut hosts: Vec<_> = world.rds.instances().map(DbInstance::address).collect();
        hosts.extend(world.rds.instances().filter_map(DbInstance::standby_address));
        let all = hosts.len();
        hosts.sort();
        hosts.dedup();
        assert_eq!((all, hosts.len()), (5, 5));
    }

    #[test]
    fn a_zone_has_addresses_for_980_databases() {
        let mut world = world();
        let names: Vec<String> = (0..980).map(|number| format!("db-{number}")).collect();
        let members: Vec<_> = names.iter().map(|name| (name.as_str(), Zone::A)).collect();
        world.add_aurora("orders", Engine::AuroraMysql, &members).expect("there is room");
        let more = world.add_reader("orders", "one-more", Some(Zone::A));
        assert_eq!(more.expect_err("it is full").code, "InsufficientDBInstanceCapacity");
    }
}
