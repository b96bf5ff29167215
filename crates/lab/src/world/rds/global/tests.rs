//! Tests secondary clusters, and a writer that moves between Regions.

use std::net::IpAddr;
use std::time::Duration;

use super::*;
use crate::world::dns::Family;
use crate::world::rds::{DbInstance, Engine};
use crate::world::vpc::Zone;

const ELSEWHERE: &str = "arn:aws:rds:us-east-1:111122223333:cluster:orders-us";

/// A cluster whose writer has gone to another Region.
fn secondary(name: SecondaryName) -> World {
    let mut world = primary();
    world.rds.secondary_name = name;
    world.demote_primary("orders", ELSEWHERE, Shift::Failover).expect("it is the primary");
    world.pass(Duration::from_secs(300));
    world
}

fn primary() -> World {
    let mut world = World::new(jiff::Timestamp::UNIX_EPOCH);
    let members = [("orders-1", Zone::A), ("orders-2", Zone::B)];
    world.add_aurora("orders", Engine::AuroraMysql, &members).expect("good names");
    world.rds.make_global_primary("orders", "world").expect("it exists");
    world
}

fn shown_writers(world: &World) -> usize {
    let members = world.rds.members(world.rds.cluster("orders").expect("it exists"));
    members.iter().filter(|member| member.is_cluster_writer).count()
}

fn answers(world: &mut World, name: &str) -> Vec<IpAddr> {
    world.resolve(name, Family::V4).addresses()
}

fn told(world: &World) -> Vec<u16> {
    world.events.history().map(|event| event.id).collect()
}

fn replication_source(world: &World) -> Option<&str> {
    world.rds.cluster("orders").expect("it exists").replication_source()
}

#[test]
fn a_secondary_has_readers_and_no_writer() {
    let mut world = secondary(SecondaryName::Absent);
    assert_eq!(replication_source(&world), Some(ELSEWHERE));
    assert!(world.rds.writer("orders").is_none());
    assert_eq!(shown_writers(&world), 0);
    let [writer, reader] = [world.cluster_endpoint("orders"), world.reader_endpoint("orders")];
    assert!(answers(&mut world, &writer).is_empty());
    let both: Vec<_> = world.rds.instances().map(DbInstance::address).collect();
    let asked: Vec<_> = (0..2).flat_map(|_| answers(&mut world, &reader)).collect();
    assert_eq!(asked, both);
    assert!(both.iter().all(|at| world.accepts_tcp(*at) && !world.rds.takes_writes(*at)));
}

#[test]
fn the_writer_endpoint_of_a_secondary_may_lead_to_a_reader() {
    let mut world = secondary(SecondaryName::Reader);
    let name = world.cluster_endpoint("orders");
    let first = world.rds.instance_address("orders-1").expect("it exists");
    assert_eq!(answers(&mut world, &name), [first]);
    world.delete_instance("orders-1").expect("it exists");
    world.pass(world.pace.delete);
    let second = world.rds.instance_address("orders-2").expect("it exists");
    assert_eq!(answers(&mut world, &name), [second]);
}

#[test]
fn a_secondary_does_not_fail_over_by_itself() {
    let mut world = secondary(SecondaryName::Absent);
    let refused = world.failover_db_cluster("orders", None).expect_err("no writer");
    assert_eq!(refused.code, "InvalidDBClusterStateFault");
    world.lose_writer("orders").expect("it exists");
    world.pass(Duration::from_secs(120));
    assert!(world.rds.writer("orders").is_none());
    assert_eq!(told(&world), [397, 238], "what brought it about");
}

#[test]
fn a_promoted_secondary_gets_a_writer_that_the_api_and_dns_show_later() {
    for (shift, events) in
        [(Shift::Switchover, vec![181, 183, 184, 397, 185]), (Shift::Failover, vec![397, 238])]
    {
        let mut world = secondary(SecondaryName::Absent);
        let name = world.cluster_endpoint("orders");
        world.promote_secondary("orders", shift).expect("it is a secondary");
        world.pass(world.pace.global_move);
        let writer = world.rds.writer_address("orders").expect("it has come");
        assert!(world.rds.takes_writes(writer));
        assert_eq!((shown_writers(&world), replication_source(&world)), (0, Some(ELSEWHERE)));
        assert!(answers(&mut world, &name).is_empty());
        world.pass(world.pace.topology_lag);
        assert_eq!((shown_writers(&world), replication_source(&world)), (1, None));
        world.pass(world.pace.dns_lag + world.pace.flap);
        assert_eq!(answers(&mut world, &name), [writer]);
        assert_eq!(told(&world)[2..], events);
        let listed = world.rds.describe_global_clusters(Some("WORLD"), &PageRequest::default());
        let role = &listed.expect("it exists").items[0].1.role;
        assert_eq!(*role, GlobalRole::Primary(Some(ELSEWHERE.to_owned())));
        world.failover_db_cluster("orders", None).expect("it is a cluster like any other");
    }
}

#[test]
fn a_demoted_primary_has_no_writer_and_its_instances_come_back_as_readers() {
    let mut world = primary();
    let name = world.cluster_endpoint("orders");
    let writer = world.rds.writer_address("orders").expect("a writer");
    world.demote_primary("orders", ELSEWHERE, Shift::Switchover).expect("it is the primary");
    assert!(world.rds.takes_writes(writer));
    world.pass(world.pace.global_move);
    assert!(world.rds.writer("orders").is_none() && !world.accepts_tcp(writer));
    assert_eq!((shown_writers(&world), replication_source(&world)), (1, None));
    assert_eq!(answers(&mut world, &name), [writer]);
    world.pass(Duration::from_secs(120));
    assert_eq!((shown_writers(&world), replication_source(&world)), (0, Some(ELSEWHERE)));
    assert!(answers(&mut world, &name).is_empty());
    assert!(world.accepts_tcp(writer) && !world.rds.takes_writes(writer));
    assert_eq!(told(&world), [181, 390, 182, 397, 185]);
    let last = world.events.history().next_back().expect("an event");
    assert_eq!(
        last.message,
        "Global switchover to DB cluster orders-us in Region us-east-1 finished."
    );
    assert_eq!((last.source.as_str(), last.category), ("orders", "global-failover"));
}

#[test]
fn a_failover_that_writing_overtakes_on_its_way_elsewhere_promotes_nobody() {
    let mut world = primary();
    world.demote_primary("orders", ELSEWHERE, Shift::Failover).expect("it is the primary");
    world.pass(world.pace.global_move - world.pace.promote / 2);
    world.failover_db_cluster("orders", None).expect("it has a reader");
    world.pass(Duration::from_secs(120));
    assert!(world.rds.writer("orders").is_none(), "nobody was promoted");
    world.promote_secondary("orders", Shift::Failover).expect("it is available again");
}
