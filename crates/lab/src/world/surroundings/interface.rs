//! Network interfaces (botocore ec2 2016-11-15, NetworkInterface).
//!
//! RDS makes one for each host of an instance, a standby's among them, and puts no name, tag or
//! instance id on it: what tells one from another is its subnet, its zone and its security groups
//! (hashicorp/terraform-provider-aws, issues 38687 and 43249). It belongs to the host: a failover
//! changes the roles and no interface. Whether AWS keeps a standby's address over several failovers
//! is not documented, and nobody has published a measurement.

use std::net::IpAddr;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{id_of, security_group};
use crate::world::World;
use crate::world::elbv2::LoadBalancer;
use crate::world::rds::{DbInstance, DbProxy, DbProxyEndpoint};
use crate::world::vpc::Zone;

/// The description of the interfaces of instances, as public programs look for it.
pub const OF_INSTANCES: &str = "RDSNetworkInterface";

/// Who makes them.
pub const REQUESTER: &str = "amazon-rds";

/// A network interface of the file. One with the address of an interface that is there by itself
/// takes its place.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct NetworkInterface {
    /// Its address in the VPC, which tells its zone.
    pub address: IpAddr,
    /// Such as `AWS Lambda VPC ENI-writerlink-0a1b2c3d`; that of an instance's, when not given.
    #[serde(default = "of_instances")]
    pub description: String,
    /// Who made it; nobody but the account, when empty, and `amazon-rds`, when not given.
    #[serde(default = "requester")]
    pub requester: String,
    /// Such as `lambda`.
    #[serde(default = "interface", rename = "type")]
    pub kind: String,
    /// Such as `available`.
    #[serde(default = "in_use")]
    pub status: String,
    /// The names or ids of its security groups.
    #[serde(default)]
    pub security_groups: Vec<String>,
    /// Whether EC2 shows no interface of this address.
    #[serde(default)]
    pub absent: bool,
}

/// A network interface as EC2 shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    pub id: String,
    /// An IPv4 address, and perhaps one of IPv6.
    pub addresses: Vec<IpAddr>,
    pub zone: Zone,
    pub description: String,
    /// Who made it, where that is not the account.
    pub requester: Option<String>,
    pub kind: String,
    pub status: String,
    /// The ids of its security groups.
    pub security_groups: Vec<String>,
}

fn of_instances() -> String {
    OF_INSTANCES.to_owned()
}

fn requester() -> String {
    REQUESTER.to_owned()
}

fn interface() -> String {
    "interface".to_owned()
}

fn in_use() -> String {
    "in-use".to_owned()
}

/// All network interfaces, by id.
pub fn interfaces(world: &World) -> Vec<Interface> {
    let rds = &world.rds;
    let instances = rds.instances().flat_map(|instance| of_instance(world, instance));
    let proxies = rds.proxies().flat_map(|proxy| of_proxy(world, proxy));
    let balancers = world.elbv2.balancers().enumerate();
    let balancers = balancers.flat_map(|(index, balancer)| of_balancer(world, index, balancer));
    let written = &world.surroundings.network_interfaces;
    let is_free =
        |one: &Interface| !written.iter().any(|other| one.addresses.contains(&other.address));
    let own = instances.chain(proxies).chain(balancers).filter(is_free);
    let present = written.iter().filter(|one| !one.absent);
    let mut all: Vec<_> = own.chain(present.filter_map(NetworkInterface::seen)).collect();
    all.sort_by(|one, other| one.id.cmp(&other.id));
    all
}

impl NetworkInterface {
    fn seen(&self) -> Option<Interface> {
        Some(Interface {
            id: id_of("eni", &self.address.to_string()),
            addresses: vec![self.address],
            zone: Zone::of_address(self.address)?,
            description: self.description.clone(),
            requester: (!self.requester.is_empty()).then(|| self.requester.clone()),
            kind: self.kind.clone(),
            status: self.status.clone(),
            security_groups: security_group::of_names(&self.security_groups),
        })
    }
}

/// One for each host, from an instance's creation until it is gone.
fn of_instance(world: &World, instance: &DbInstance) -> Vec<Interface> {
    let of_host = |addresses: Vec<IpAddr>| {
        let first = *addresses.first()?;
        Some(Interface {
            // Another host's interface is another one, also where its address is the same.
            id: id_of("eni", &format!("{} {first}", instance.resource_id)),
            zone: Zone::of_address(first)?,
            addresses,
            description: of_instances(),
            requester: Some(requester()),
            kind: interface(),
            status: in_use(),
            security_groups: security_group::of_instance(world, instance),
        })
    };
    [instance.addresses(), instance.standby_addresses()].into_iter().filter_map(of_host).collect()
}

/// One for each node. That RDS makes them as it makes those of instances is the harder case for a
/// reader, and not documented; public programs look for this description.
fn of_proxy(world: &World, proxy: &DbProxy) -> Vec<Interface> {
    let nodes = world.rds.endpoints_of(proxy).flat_map(DbProxyEndpoint::addresses);
    let of_node = |address: IpAddr| {
        Some(Interface {
            id: id_of("eni", &format!("{} {address}", proxy.name)),
            zone: Zone::of_address(address)?,
            addresses: vec![address],
            description: format!("Network interface for DBProxy {}", proxy.name),
            requester: Some(requester()),
            kind: interface(),
            status: in_use(),
            security_groups: security_group::of_proxy(world, &proxy.name),
        })
    };
    nodes.filter_map(of_node).collect()
}

/// One for each node (AWS docs, "Network Load Balancers": a load balancer has a network interface
/// in each of its zones; public programs look for this description). Databases have no addresses of
/// this range.
fn of_balancer(world: &World, index: usize, balancer: &LoadBalancer) -> Vec<Interface> {
    let number = u16::from(Zone::BLOCKS) * 256 + u16::try_from(index).unwrap_or(u16::MAX) % 256;
    let (_, path) = balancer.arn.split_once(":loadbalancer/").unwrap_or_default();
    let of_node = |zone: Zone| Interface {
        id: id_of("eni", &format!("{} {zone}", balancer.arn)),
        addresses: vec![zone.address(number)],
        zone,
        description: format!("ELB {path}"),
        requester: Some("amazon-elb".to_owned()),
        kind: "network_load_balancer".to_owned(),
        status: in_use(),
        security_groups: security_group::of_balancer(world, balancer),
    };
    let zones = balancer.nodes.iter().filter_map(|node| Zone::named(&node.zone, &world.region));
    zones.map(of_node).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::world::rds::{Engine, MultiAz, Reboot};

    fn billing() -> World {
        let mut world = World::new(jiff::Timestamp::UNIX_EPOCH);
        world.add_instance("billing", MultiAz::Yes, Engine::Postgres).expect("a good name");
        world
    }

    /// The ids and the addresses of the interfaces of instances.
    fn seen(world: &World) -> BTreeSet<(String, IpAddr)> {
        let of_rds = |one: &Interface| one.description == OF_INSTANCES;
        let all = interfaces(world).into_iter().filter(of_rds);
        all.map(|one| (one.id, one.addresses[0])).collect()
    }

    fn addresses(world: &World) -> BTreeSet<IpAddr> {
        seen(world).into_iter().map(|(_, address)| address).collect()
    }

    #[test]
    fn an_instance_has_an_interface_for_its_host_and_one_for_its_standby() {
        let world = billing();
        let billing = world.rds.instance("billing").expect("it exists");
        let hosts = [Some(billing.address()), billing.standby_address()];
        assert_eq!(addresses(&world), hosts.into_iter().flatten().collect());
    }

    #[test]
    fn a_failover_changes_no_interface() {
        let mut world = billing();
        let before = seen(&world);
        world.reboot_db_instance("billing", Reboot::ToStandby).expect("it has a standby");
        world.pass(world.pace.promote_standby + world.pace.zone_lag);
        assert_eq!(seen(&world), before);
    }

    #[test]
    fn the_next_database_gets_the_address_of_a_replaced_standby_at_another_interface() {
        let mut world = billing();
        let standby = world.rds.instance("billing").and_then(DbInstance::standby_address);
        let standby = standby.expect("it has one");
        let before = seen(&world);
        world.replace_standby("billing").expect("it has a standby");
        assert!(!addresses(&world).contains(&standby));
        world.add_aurora("o", Engine::AuroraMysql, &[("o-1", Zone::B)]).expect("good names");
        assert_eq!(world.rds.instance_address("o-1"), Some(standby));
        let at = |all: &BTreeSet<(String, IpAddr)>| {
            all.iter().find(|(_, address)| *address == standby).map(|(id, _)| id.clone())
        };
        assert_ne!(at(&seen(&world)), at(&before));
    }

    #[test]
    fn a_file_adds_interfaces_and_takes_them_away() {
        let mut world = billing();
        let host = world.rds.instance_address("billing").expect("it exists");
        let written = |text: &str| toml::from_str(text).expect("a good interface");
        world.surroundings.network_interfaces = vec![
            written(&format!("address = \"{host}\"\nabsent = true")),
            written("address = \"10.20.3.77\"\nsecurity-groups = [\"instance/billing\"]"),
        ];
        let billing = world.rds.instance("billing").expect("it exists");
        let expected = [billing.standby_address(), Some(Zone::C.address(77))];
        assert_eq!(addresses(&world), expected.into_iter().flatten().collect());
    }
}
