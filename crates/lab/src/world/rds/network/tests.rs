//! Tests dual-stack databases, and the network types that RDS refuses.

use super::*;
use crate::world::dns::Family;
use crate::world::rds::{
    Apply, CreateDbCluster, CreateDbInstance, Engine, ModifyDbCluster, ModifyDbInstance, MultiAz,
};
use crate::world::rds::{Pending, Reboot};
use crate::world::vpc::Zone;

fn world() -> World {
    World::new(jiff::Timestamp::UNIX_EPOCH)
}

/// `orders`, dual-stack, with a writer in zone a and a reader in zone b.
fn orders() -> World {
    let mut world = world();
    let members = [("orders-1", Zone::A), ("orders-2", Zone::B)];
    world
        .add_aurora_of("orders", Engine::AuroraPostgresql, &members, Network::Dual)
        .expect("a good cluster");
    world
}

fn asked(world: &mut World, name: &str) -> [Vec<String>; 2] {
    [Family::V4, Family::V6].map(|family| {
        let addresses = world.resolve(name, family).addresses();
        addresses.iter().map(ToString::to_string).collect()
    })
}

fn none() -> Vec<String> {
    Vec::new()
}

#[test]
fn a_dual_stack_cluster_and_its_instances_answer_and_accept_in_both_families() {
    let mut world = orders();
    let name = world.cluster_endpoint("orders");
    let [v4, v6] = asked(&mut world, &name);
    assert_eq!((v4, v6), (vec!["10.20.1.10".to_owned()], vec!["2001:db8:20:1::a".to_owned()]));
    let writer = world.rds.writer("orders").expect("it has a writer");
    for address in writer.addresses() {
        assert!(world.accepts_tcp(address), "{address}");
        assert_eq!(Zone::of_address(address), Some(Zone::A));
    }
}

#[test]
fn an_ipv4_database_answers_no_ipv6_address_and_accepts_at_none() {
    let mut world = world();
    world.add_instance("billing", MultiAz::Yes, Engine::Mysql).expect("a good name");
    let name = world.instance_endpoint("billing");
    let [v4, v6] = asked(&mut world, &name);
    assert_eq!((v4.len(), v6), (1, none()));
    let at_its_host = Zone::A.address_in(IpFamily::Ipv6, 10);
    assert!(!world.accepts_tcp(at_its_host));
}

#[test]
fn both_addresses_move_in_a_failover_of_a_cluster_and_of_an_instance() {
    let mut world = orders();
    let moved = |world: &World| world.pace.dns_lag + world.pace.flap;
    world.failover_db_cluster("orders", None).expect("it has a reader");
    world.pass(world.pace.promote + moved(&world));
    let name = world.cluster_endpoint("orders");
    assert_eq!(asked(&mut world, &name)[1], ["2001:db8:20:2::a"]);

    world
        .create_db_instance(CreateDbInstance {
            identifier: "billing".to_owned(),
            class: "db.m6g.large".to_owned(),
            engine: "mysql".to_owned(),
            multi_az: Some(MultiAz::Yes),
            network: Some(Network::Dual),
            ..CreateDbInstance::default()
        })
        .expect("a good name");
    world.pass(world.pace.create_instance);
    let name = world.instance_endpoint("billing");
    let before = asked(&mut world, &name);
    world.reboot_db_instance("billing", Reboot::ToStandby).expect("it has a standby");
    world.pass(world.pace.promote_standby + moved(&world));
    let after = asked(&mut world, &name);
    assert!(before[0] != after[0] && before[1] != after[1], "{before:?} {after:?}");
    let standby = world
        .rds
        .instance("billing")
        .and_then(|billing| billing.standby_address_in(IpFamily::Ipv6));
    assert_eq!(standby.map(|address| vec![address.to_string()]), Some(before[1].clone()));
}

#[test]
fn a_changed_network_type_reaches_the_instances_and_the_names_when_it_is_done() {
    let mut world = orders();
    let name = world.cluster_endpoint("orders");
    let change = |network| ModifyDbCluster {
        identifier: "orders".to_owned(),
        network: Some(network),
        apply: Apply::Immediately,
        ..ModifyDbCluster::default()
    };
    world.modify_db_cluster(change(Network::Ipv4)).expect("it is available");
    assert_eq!(asked(&mut world, &name)[1].len(), 1, "it takes its time");
    world.pass(world.pace.modify);
    assert_eq!(asked(&mut world, &name)[1], none());
    let types: Vec<_> = world.rds.instances().map(|instance| instance.network).collect();
    assert_eq!(types, [Network::Ipv4, Network::Ipv4]);
    world.modify_db_cluster(change(Network::Dual)).expect("it is available");
    world.pass(world.pace.modify);
    assert_eq!(asked(&mut world, &name)[1].len(), 1);
}

#[test]
fn an_instance_becomes_dual_stack_and_keeps_its_ipv4_address() {
    let mut world = world();
    world.add_instance("billing", MultiAz::No, Engine::Postgres).expect("a good name");
    let name = world.instance_endpoint("billing");
    let before = asked(&mut world, &name);
    world
        .modify_db_instance(ModifyDbInstance {
            identifier: "billing".to_owned(),
            changes: Pending { network: Some(Network::Dual), ..Pending::default() },
            apply: Apply::Immediately,
            ..ModifyDbInstance::default()
        })
        .expect("it is available");
    world.pass(world.pace.modify);
    let after = asked(&mut world, &name);
    assert_eq!((&after[0], after[1].len()), (&before[0], 1));
}

#[test]
fn what_cannot_be_dual_stack_is_refused_with_rdss_own_code() {
    let mut world = world();
    world.rds.ipv4_subnet_groups.insert("old".to_owned());
    let cluster = |engine: &str, subnet_group: &str| CreateDbCluster {
        identifier: "orders".to_owned(),
        engine: engine.to_owned(),
        subnet_group: Some(subnet_group.to_owned()),
        network: Some(Network::Dual),
        ..CreateDbCluster::default()
    };
    let refused = world.create_db_cluster(cluster("aurora-mysql", "old"));
    assert_eq!(refused.expect_err("no IPv6 there").code, "NetworkTypeNotSupported");
    let nodes = CreateDbCluster {
        class: Some("db.m6gd.large".to_owned()),
        allocated_storage: Some(100),
        iops: Some(1000),
        ..cluster("postgres", "new")
    };
    let refused = world.create_db_cluster(nodes).expect_err("for Aurora only");
    assert_eq!(refused.code, "InvalidParameterCombination");
    assert_eq!(Network::named("IPV6").expect_err("no such type").code, "NetworkTypeNotSupported");
    world.create_db_cluster(cluster("aurora-mysql", "new")).expect("it has IPv6");
    let member = CreateDbInstance {
        identifier: "orders-1".to_owned(),
        class: "db.r6g.large".to_owned(),
        engine: "aurora-mysql".to_owned(),
        cluster: Some("orders".to_owned()),
        network: Some(Network::Ipv4),
        ..CreateDbInstance::default()
    };
    let refused = world.create_db_instance(member).expect_err("not the cluster's");
    assert_eq!(refused.code, "InvalidParameterCombination");
}
