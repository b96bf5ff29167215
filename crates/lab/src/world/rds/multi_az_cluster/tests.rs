//! Tests how a Multi-AZ DB cluster is created, fails over, restarts and is deleted.

use super::*;
use crate::world::dns::{Code, Family};
use crate::world::rds::{CreateDbInstance, DescribeRequest, FinalSnapshot, Reboot};

fn request() -> CreateDbCluster {
    CreateDbCluster {
        identifier: "ledger".to_owned(),
        engine: "postgres".to_owned(),
        class: Some("db.m6gd.large".to_owned()),
        allocated_storage: Some(100),
        iops: Some(1000),
        ..CreateDbCluster::default()
    }
}

fn empty() -> World {
    World::new(jiff::Timestamp::UNIX_EPOCH)
}

fn ledger(engine: Engine, names: Naming) -> World {
    let mut world = empty();
    world.rds.multi_az_cluster_names = names;
    world.add_multi_az_cluster("ledger", engine).expect("a good name");
    world
}

fn cluster(world: &World) -> &DbCluster {
    world.rds.cluster("ledger").expect("it exists")
}

fn true_writer(world: &World) -> &str {
    &world.rds.writer("ledger").expect("it has one").identifier
}

fn shown_writers(world: &World) -> Vec<String> {
    let members = world.rds.members(cluster(world)).into_iter();
    members.filter(|member| member.is_cluster_writer).map(|member| member.instance).collect()
}

fn failovers(world: &World) -> Vec<u16> {
    let events = world.events.history().filter(|event| event.category == "failover");
    events.map(|event| event.id).collect()
}

#[test]
fn one_call_makes_three_nodes_in_three_zones_and_the_first_is_the_writer() {
    let mut world = empty();
    let made = world.create_db_cluster(request()).expect("a good request");
    assert_eq!((made.status, made.members.len()), (Status::Creating, 3));
    assert!(world.rds.instances().all(|node| node.endpoint.is_none()));
    world.pass(world.pace.create_instance);
    assert_eq!(cluster(&world).status, Status::Available);
    let nodes: Vec<_> = world.rds.instances().collect();
    let names: Vec<_> = nodes.iter().map(|node| node.identifier.as_str()).collect();
    assert_eq!(names, ["ledger-instance-1", "ledger-instance-2", "ledger-instance-3"]);
    let zones: Vec<_> = nodes.iter().map(|node| node.host.zone).collect();
    assert_eq!(zones, Zone::ALL);
    assert_eq!(shown_writers(&world), ["ledger-instance-1"]);
    assert!(
        nodes.iter().all(|node| world.accepts_tcp(node.address())),
        "readers accept connections too"
    );
    let listed = world.describe_db_instances(&DescribeRequest::default()).expect("a good request");
    assert_eq!(listed.items.len(), 3);
}

#[test]
fn its_name_leads_to_the_writer_as_an_alias_or_as_an_address() {
    for (names, records) in [(Naming::Alias, 2), (Naming::Address, 1)] {
        let mut world = ledger(Engine::Postgres, names);
        let writer = world.rds.writer_address("ledger").expect("it has one");
        let reply =
            world.resolve("ledger.cluster-c0ffee1234ab.eu-west-1.rds.amazonaws.com", Family::V4);
        assert_eq!((reply.records.len(), reply.addresses()), (records, vec![writer]));
        let readers = world.reader_endpoint("ledger");
        let mut turn = || world.resolve(&readers, Family::V4).addresses()[0];
        assert_ne!(turn(), turn());
        assert_ne!(turn(), writer);
    }
}

#[test]
fn a_failover_takes_its_own_time_and_ends_with_another_node_under_the_name() {
    for names in [Naming::Alias, Naming::Address] {
        let mut world = ledger(Engine::Postgres, names);
        let name = world.cluster_endpoint("ledger");
        let old = world.rds.writer_address("ledger").expect("it has one");
        world.failover_db_cluster("ledger", None).expect("it has readers");
        assert!(!world.accepts_tcp(old));
        world.pass(world.pace.promote);
        assert_eq!(true_writer(&world), "ledger-instance-1", "Aurora's would be another by now");
        world.pass(world.pace.promote_multi_az_cluster - world.pace.promote);
        assert_eq!(true_writer(&world), "ledger-instance-2");
        assert_eq!(shown_writers(&world), ["ledger-instance-1"]);
        world.pass(world.pace.completed_multi_az_cluster);
        assert_eq!((cluster(&world).status, failovers(&world)), (Status::Available, vec![73, 71]));
        world.pass(world.pace.dns_lag + world.pace.flap);
        let new = world.rds.writer_address("ledger").expect("it has one");
        assert_eq!(world.resolve(&name, Family::V4).addresses(), [new]);
        assert!(world.accepts_tcp(old), "a reader that accepts connections");
        assert_eq!(shown_writers(&world), ["ledger-instance-2"]);
    }
}

#[test]
fn a_tier_decides_nothing_about_who_is_promoted() {
    let mut world = ledger(Engine::Postgres, Naming::Alias);
    let last = world.rds.instance("ledger-instance-3").expect("it exists").key;
    world.rds.instances.get_mut(&last).expect("it exists").promotion_tier = 0;
    world.lose_writer("ledger").expect("it exists");
    world.pass(world.pace.promote_multi_az_cluster);
    assert_eq!(true_writer(&world), "ledger-instance-2");
}

#[test]
fn a_target_is_taken_by_postgresql_and_refused_by_mysql() {
    let target = Some("ledger-instance-3");
    let mut postgres = ledger(Engine::Postgres, Naming::Alias);
    postgres.failover_db_cluster("ledger", target).expect("a reader");
    postgres.pass(postgres.pace.promote_multi_az_cluster);
    assert_eq!(true_writer(&postgres), "ledger-instance-3");
    let mut mysql = ledger(Engine::Mysql, Naming::Alias);
    let refusal = mysql.failover_db_cluster("ledger", target).expect_err("not supported");
    assert_eq!(refusal.code, "InvalidParameterCombination");
    mysql.failover_db_cluster("ledger", None).expect("without a target");
}

#[test]
fn a_reboot_restarts_the_writer_in_place_and_promotes_nobody() {
    let mut world = ledger(Engine::Postgres, Naming::Alias);
    let [writer, reader] = ["ledger-instance-1", "ledger-instance-2"]
        .map(|node| world.rds.instance_address(node).expect("it exists"));
    let rebooted = world.reboot_db_cluster("ledger").expect("it is available");
    assert_eq!(rebooted.status, Status::Rebooting);
    assert_eq!((world.accepts_tcp(writer), world.accepts_tcp(reader)), (false, true));
    world.pass(world.pace.reboot);
    assert_eq!(cluster(&world).status, Status::Available);
    assert_eq!((true_writer(&world), failovers(&world)), ("ledger-instance-1", vec![]));
    assert!(world.accepts_tcp(writer));
    let forced = world
        .reboot_db_instance("ledger-instance-1", Reboot::ToStandby)
        .expect_err("there is no standby");
    assert_eq!(forced.code, "InvalidParameterCombination");
}

#[test]
fn a_node_on_another_host_moves_the_clusters_address() {
    for names in [Naming::Alias, Naming::Address] {
        let mut world = ledger(Engine::Postgres, names);
        let name = world.cluster_endpoint("ledger");
        let old = world.rds.writer_address("ledger").expect("it has one");
        world.replace_host("ledger-instance-1").expect("it exists");
        world.pass(world.pace.dns_lag + world.pace.flap);
        let new = world.rds.writer_address("ledger").expect("it has one");
        assert_eq!(world.resolve(&name, Family::V4).addresses(), [new], "{names:?}");
        assert_ne!(new, old);
    }
}

#[test]
fn it_is_deleted_with_its_nodes_and_not_node_by_node() {
    let mut world = ledger(Engine::Postgres, Naming::Address);
    let refusal = world
        .delete_db_instance("ledger-instance-2", &FinalSnapshot::Skip)
        .expect_err("it always has three");
    assert_eq!(refusal.code, "InvalidDBClusterStateFault");
    let deleted = world.delete_db_cluster("ledger", &FinalSnapshot::Skip).expect("it exists");
    assert_eq!(deleted.status, Status::Deleting);
    assert!(world.rds.instances().all(|node| node.status == Status::Deleting));
    world.pass(world.pace.delete);
    assert_eq!((world.rds.clusters().count(), world.rds.instances().count()), (0, 0));
    let name = world.cluster_endpoint("ledger");
    assert_eq!(world.resolve(&name, Family::V4).code, Code::NxDomain);
}

#[test]
fn what_it_cannot_do_is_refused_with_its_code() {
    let code = |request| empty().create_db_cluster(request).expect_err("refused").code;
    let combination = "InvalidParameterCombination";
    assert_eq!(code(CreateDbCluster { class: None, ..request() }), combination);
    assert_eq!(code(CreateDbCluster { allocated_storage: None, ..request() }), combination);
    assert_eq!(code(CreateDbCluster { iops: None, ..request() }), combination);
    assert_eq!(code(CreateDbCluster { iops: Some(5001), ..request() }), combination);
    let of = |engine: &str| CreateDbCluster { engine: engine.to_owned(), ..request() };
    assert_eq!(code(of("aurora-postgresql")), combination);
    assert_eq!(code(of("mariadb")), combination);
    let storage = CreateDbCluster { storage_type: Some("aurora".to_owned()), ..request() };
    assert_eq!(code(storage), "InvalidParameterValue");
    let named = |length: usize| CreateDbCluster { identifier: "l".repeat(length), ..request() };
    assert_eq!(code(named(53)), "InvalidParameterValue");
    empty().create_db_cluster(named(52)).expect("its nodes' names have 63");

    let mut world = ledger(Engine::Postgres, Naming::Alias);
    let stop = world.stop_db_cluster("ledger").expect_err("Aurora's only");
    assert_eq!(stop.code, "InvalidDBClusterStateFault");
    let fourth = world.create_db_instance(CreateDbInstance {
        identifier: "ledger-instance-4".to_owned(),
        class: "db.m6gd.large".to_owned(),
        engine: "postgres".to_owned(),
        cluster: Some("ledger".to_owned()),
        ..CreateDbInstance::default()
    });
    assert_eq!(fourth.map(drop).expect_err("it always has three").code, combination);
    world
        .add_aurora("orders", Engine::AuroraPostgresql, &[("orders-1", Zone::A)])
        .expect("good names");
    let aurora = world.reboot_db_cluster("orders").expect_err("its instances are rebooted");
    assert_eq!(aurora.code, "InvalidDBClusterStateFault");
}

#[test]
fn a_node_whose_name_is_taken_makes_nothing() {
    let mut world = empty();
    world.add_instance("ledger-instance-3", MultiAz::No, Engine::Mysql).expect("a good name");
    let refusal = world.create_db_cluster(request()).expect_err("the name is taken");
    assert_eq!(refusal.code, "DBInstanceAlreadyExists");
    assert_eq!((world.rds.clusters().count(), world.rds.instances().count()), (0, 1));
}
