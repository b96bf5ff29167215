//! Tests a cluster's failover: what changes, and in which order.

use std::time::Duration;

use super::*;
use crate::world::dns::Family;
use crate::world::rds::{Engine, MultiAz, Reboot};
use crate::world::vpc::Zone;

fn orders() -> World {
    let mut world = World::new(jiff::Timestamp::UNIX_EPOCH);
    let members = [("orders-1", Zone::A), ("orders-2", Zone::B), ("orders-3", Zone::A)];
    world.add_aurora("orders", Engine::AuroraPostgresql, &members).expect("good names");
    world
}

fn true_writer(world: &World) -> &str {
    &world.rds.writer("orders").expect("it has one").identifier
}

fn shown_writers(world: &World) -> Vec<String> {
    let members = world.rds.members(world.rds.cluster("orders").expect("it exists"));
    members
        .into_iter()
        .filter(|member| member.is_cluster_writer)
        .map(|member| member.instance)
        .collect()
}

fn event_ids(world: &World) -> Vec<u16> {
    let failover = world.events.history().filter(|event| event.category == "failover");
    failover.map(|event| event.id).collect()
}

#[test]
fn truth_moves_first_and_the_api_dns_and_the_last_event_follow() {
    let mut world = orders();
    let name = world.cluster_endpoint("orders");
    let [old, new] = ["orders-1", "orders-2"]
        .map(|instance| world.rds.instance_address(instance).expect("it exists"));
    world.failover_db_cluster("orders", Some("orders-2")).expect("it is a reader");
    assert_eq!((true_writer(&world), event_ids(&world)), ("orders-1", vec![73]));

    world.pass(world.pace.promote);
    assert_eq!(true_writer(&world), "orders-2");
    assert_eq!(shown_writers(&world), ["orders-1"]);
    assert_eq!(world.resolve(&name, Family::V4).addresses(), [old]);

    world.pass(world.pace.topology_lag);
    assert_eq!(shown_writers(&world), ["orders-2"]);
    world.pass(world.pace.dns_lag + world.pace.flap);
    assert_eq!(world.resolve(&name, Family::V4).addresses(), [new]);
    assert_eq!(event_ids(&world), [73, 71]);
    assert_eq!(world.rds.cluster("orders").map(|cluster| cluster.status), Some(Status::Available));
}

#[test]
fn a_failover_has_events_of_its_instances_where_the_region_says_so() {
    for (is_told, expected) in
        [(false, vec![]), (true, vec![("orders-1", 4), ("orders-2", 385), ("orders-1", 6)])]
    {
        let mut world = orders();
        world.rds.failover_tells_of_instances = is_told;
        world.failover_db_cluster("orders", Some("orders-2")).expect("it is a reader");
        world.pass(Duration::from_secs(60));
        let of_instances = world.events.history().filter(|event| event.source != "orders");
        let told: Vec<_> = of_instances.map(|event| (event.source.as_str(), event.id)).collect();
        assert_eq!(told, expected);
    }
}

#[test]
fn dns_answers_both_writers_in_turn_before_it_stays() {
    let mut world = orders();
    let name = world.cluster_endpoint("orders");
    world.failover_db_cluster("orders", Some("orders-2")).expect("it is a reader");
    world.pass(world.pace.promote + world.pace.dns_lag);
    let mut answers = Vec::new();
    while world.now() < world.pace.promote + world.pace.dns_lag + world.pace.flap {
        answers.push(world.resolve(&name, Family::V4).addresses()[0]);
        world.pass(world.pace.flap_period);
    }
    let changes = answers.windows(2).filter(|pair| pair[0] != pair[1]).count();
    assert!(changes >= 5, "{answers:?}");
}

#[test]
fn the_old_writer_refuses_connections_until_it_is_a_reader() {
    let mut world = orders();
    let old = world.rds.writer_address("orders").expect("it has one");
    world.failover_db_cluster("orders", None).expect("it has readers");
    assert!(!world.accepts_tcp(old));
    world.pass(world.pace.promote + world.pace.reboot);
    assert!(world.accepts_tcp(old));
    assert_ne!(world.rds.writer_address("orders"), Some(old));
}

#[test]
fn the_lowest_promotion_tier_is_promoted() {
    let mut world = orders();
    let preferred = world.rds.instance("orders-3").expect("it exists").key;
    world.rds.instances.get_mut(&preferred).expect("it exists").promotion_tier = 0;
    world.failover_db_cluster("orders", None).expect("it has readers");
    assert_eq!(event_ids(&world), [72], "orders-3 is in the writer's zone");
    world.pass(world.pace.promote);
    assert_eq!(true_writer(&world), "orders-3");
}

#[test]
fn a_failover_during_a_failover_is_refused() {
    let mut world = orders();
    world.failover_db_cluster("orders", None).expect("it has readers");
    let refusal = world.failover_db_cluster("orders", None).expect_err("it is failing over");
    assert_eq!(refusal.code, "InvalidDBClusterStateFault");
}

#[test]
fn a_failover_to_the_writer_or_to_a_stranger_is_refused() {
    let mut world = orders();
    world.add_instance("billing", MultiAz::No, Engine::Mysql).expect("a good name");
    let code = |world: &mut World, target| {
        world.failover_db_cluster("orders", Some(target)).expect_err("refused").code
    };
    assert_eq!(code(&mut world, "orders-1"), "InvalidDBInstanceState");
    assert_eq!(code(&mut world, "billing"), "InvalidParameterValue");
    assert_eq!(code(&mut world, "nobody"), "DBInstanceNotFound");
    assert_eq!(event_ids(&world), [0u16; 0]);
}

#[test]
fn a_lost_writer_without_readers_comes_back_itself() {
    let mut world = World::new(jiff::Timestamp::UNIX_EPOCH);
    world.add_aurora("orders", Engine::AuroraMysql, &[("orders-1", Zone::A)]).expect("good names");
    let address = world.rds.writer_address("orders").expect("it has one");
    let refusal = world.failover_db_cluster("orders", None).expect_err("nothing to fail over to");
    assert_eq!(refusal.code, "InvalidDBClusterStateFault");
    world.lose_writer("orders").expect("it exists");
    assert!(!world.accepts_tcp(address));
    world.pass(world.pace.promote);
    assert!(world.accepts_tcp(address));
    assert_eq!(event_ids(&world), [72]);
}

#[test]
fn a_failback_right_after_a_failover_ends_where_it_began() {
    let mut world = orders();
    let name = world.cluster_endpoint("orders");
    let first = world.rds.writer_address("orders").expect("it has one");
    world.failover_db_cluster("orders", Some("orders-2")).expect("it is a reader");
    world.pass(world.pace.promote + world.pace.completed);
    world.failover_db_cluster("orders", Some("orders-1")).expect("it is a reader again");
    world.pass(Duration::from_secs(120));
    assert_eq!(true_writer(&world), "orders-1");
    assert_eq!(shown_writers(&world), ["orders-1"]);
    assert_eq!(world.resolve(&name, Family::V4).addresses(), [first]);
    assert_eq!(event_ids(&world), [73, 71, 73, 71]);
}

#[test]
fn a_member_of_a_cluster_has_no_standby_to_reboot_to() {
    let mut world = orders();
    let refusal = world.reboot_db_instance("orders-1", Reboot::ToStandby).expect_err("no standby");
    assert_eq!(refusal.code, "InvalidParameterCombination");
}

#[test]
fn deleting_the_writer_promotes_a_reader_and_leaves_one_writer() {
    let mut world = orders();
    world.delete_instance("orders-1").expect("it exists");
    world.pass(world.pace.delete + world.pace.promote + world.pace.topology_lag);
    assert_eq!(shown_writers(&world), [true_writer(&world)]);
    assert_eq!(world.rds.cluster("orders").map(|cluster| cluster.members.len()), Some(2));
}

#[test]
fn a_reader_that_is_deleted_while_it_is_to_be_promoted_is_passed_over() {
    let mut world = orders();
    world.failover_db_cluster("orders", Some("orders-2")).expect("it is a reader");
    world.remove_reader("orders-2").expect("it is still a reader");
    world.pass(world.pace.delete + world.pace.promote + world.pace.topology_lag);
    assert_eq!(true_writer(&world), "orders-3");
    assert_eq!(shown_writers(&world), ["orders-3"]);
}
