//! Tests the creation of databases, and what RDS refuses to create.

use std::net::IpAddr;

use super::*;
use crate::world::dns::{Code, Family};

fn world() -> World {
    World::new(jiff::Timestamp::UNIX_EPOCH)
}

fn cluster(identifier: &str, engine: &str) -> CreateDbCluster {
    CreateDbCluster {
        identifier: identifier.to_owned(),
        engine: engine.to_owned(),
        ..CreateDbCluster::default()
    }
}

fn member(identifier: &str, cluster: &str) -> CreateDbInstance {
    CreateDbInstance {
        identifier: identifier.to_owned(),
        class: "db.r6g.large".to_owned(),
        engine: "aurora-postgresql".to_owned(),
        cluster: Some(cluster.to_owned()),
        ..CreateDbInstance::default()
    }
}

#[test]
fn a_creating_instance_has_no_endpoint_no_name_and_refuses_tcp() {
    let mut world = world();
    world.create_db_cluster(cluster("orders", "aurora-postgresql")).expect("a good name");
    let instance = world.create_db_instance(member("orders-1", "orders")).expect("a good name");
    let address = instance.address();
    assert_eq!((instance.status, instance.endpoint.as_deref()), (Status::Creating, None));
    assert!(!world.accepts_tcp(address));
    let name = world.instance_endpoint("orders-1");
    assert_eq!(world.resolve(&name, Family::V4).code, Code::NxDomain);

    world.pass(world.pace.create_instance);
    let instance = world.rds.instance("orders-1").expect("it exists");
    assert_eq!(
        instance.endpoint.as_deref(),
        Some("orders-1.c0ffee1234ab.eu-west-1.rds.amazonaws.com")
    );
    assert!(world.accepts_tcp(address));
    assert_eq!(world.resolve(&name, Family::V4).addresses(), [address]);
}

#[test]
fn the_first_instance_of_a_cluster_is_its_writer() {
    let mut world = world();
    world.create_db_cluster(cluster("orders", "aurora-postgresql")).expect("a good name");
    for name in ["orders-1", "orders-2"] {
        world.create_db_instance(member(name, "orders")).expect("a good name");
    }
    let members = world.rds.members(world.rds.cluster("orders").expect("it exists"));
    let writers: Vec<_> = members.iter().map(|member| member.is_cluster_writer).collect();
    assert_eq!(writers, [true, false]);
}

#[test]
fn a_cluster_endpoint_leads_through_the_writers_name_to_its_address() {
    let mut world = world();
    let zones = [("orders-1", Zone::B), ("orders-2", Zone::C)];
    world.add_aurora("orders", Engine::AuroraPostgresql, &zones).expect("good names");
    let reply =
        world.resolve("orders.cluster-c0ffee1234ab.eu-west-1.rds.amazonaws.com", Family::V4);
    assert_eq!(reply.records.len(), 2, "an alias and an address");
    assert_eq!(reply.addresses(), [IpAddr::from([10, 20, 2, 10])]);
    let reply =
        world.resolve("orders.cluster-ro-c0ffee1234ab.eu-west-1.rds.amazonaws.com", Family::V4);
    assert_eq!(reply.addresses(), [IpAddr::from([10, 20, 3, 10])]);
}

#[test]
fn the_same_calls_give_the_same_world() {
    let build = || {
        let mut world = world();
        world
            .add_aurora(
                "orders",
                Engine::AuroraMysql,
                &[("orders-1", Zone::A), ("orders-2", Zone::B)],
            )
            .expect("good names");
        world.add_instance("billing", MultiAz::Yes, Engine::Mysql).expect("a good name");
        world.failover_db_cluster("orders", None).expect("it has a reader");
        world.pass(std::time::Duration::from_secs(30));
        format!("{world:?}")
    };
    assert_eq!(build(), build());
}

#[test]
fn what_rds_refuses_is_refused_with_its_code() {
    let mut world = world();
    world.create_db_cluster(cluster("orders", "aurora-postgresql")).expect("a good name");
    world.create_db_instance(member("orders-1", "orders")).expect("a good name");
    let code = |refused: Result<(), ApiError>| refused.expect_err("refused").code;
    let create = |world: &mut World, request| world.create_db_instance(request).map(drop);
    assert_eq!(code(create(&mut world, member("ORDERS-1", "orders"))), "DBInstanceAlreadyExists");
    assert_eq!(code(create(&mut world, member("a", "nobody"))), "DBClusterNotFoundFault");
    assert_eq!(code(create(&mut world, member("-a", "orders"))), "InvalidParameterValue");
    let other_engine =
        CreateDbInstance { engine: "aurora-mysql".to_owned(), ..member("a", "orders") };
    assert_eq!(code(create(&mut world, other_engine)), "InvalidParameterCombination");
    let alone = CreateDbInstance { cluster: None, ..member("a", "orders") };
    assert_eq!(code(create(&mut world, alone)), "InvalidParameterCombination");
    let cluster_again = world.create_db_cluster(cluster("orders", "aurora-mysql")).map(drop);
    assert_eq!(code(cluster_again), "DBClusterAlreadyExistsFault");
}

#[test]
fn a_zone_without_a_free_address_takes_no_more_databases() {
    let mut world = world();
    let mut request =
        CreateDbInstance { cluster: None, engine: "mysql".to_owned(), ..member("db", "") };
    request.availability_zone = Some("eu-west-1a".to_owned());
    let made = (0..1000).map_while(|n| {
        request.identifier = format!("db-{n}");
        world.create_db_instance(request.clone()).ok().map(DbInstance::address)
    });
    let addresses: BTreeSet<_> = made.collect();
    assert_eq!(addresses.len(), 4 * 245);
}
