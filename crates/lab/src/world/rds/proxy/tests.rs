//! Tests proxies: their names, their nodes, and the replacement of nodes.

use super::*;
use crate::world::dns::Family;
use crate::world::rds::Engine;

const HOST: &str = "app.proxy-c0ffee1234ab.eu-west-1.rds.amazonaws.com";

fn world() -> World {
    let mut world = World::new(jiff::Timestamp::UNIX_EPOCH);
    let members = [("orders-1", Zone::A), ("orders-2", Zone::B)];
    world.add_aurora("orders", Engine::AuroraPostgresql, &members).expect("good names");
    world.add_proxy("app", EngineFamily::Postgresql, &Zone::ALL).expect("a good name");
    world
}

fn nodes(world: &World) -> Vec<IpAddr> {
    world.rds.proxy_endpoint("app", None).expect("it exists").addresses()
}

#[test]
fn its_name_answers_one_address_a_subnet_and_each_accepts_tcp() {
    let mut world = world();
    let addresses = world.resolve(HOST, Family::V4).addresses();
    assert_eq!(addresses, nodes(&world));
    let zones: Vec<_> = addresses.iter().copied().filter_map(Zone::of_address).collect();
    assert_eq!(zones, Zone::ALL);
    for address in addresses {
        assert!(world.accepts_tcp(address));
        assert!(world.rds.listens(address, 5432) && !world.rds.listens(address, 3306));
    }
}

#[test]
fn a_node_is_replaced_without_an_event_and_the_old_one_serves_for_a_while() {
    let mut world = world();
    let before = nodes(&world);
    let new = world.move_proxy_address("app", None, Zone::B).expect("it has a node there");
    assert!(!before.contains(&new));
    assert_eq!(world.resolve(HOST, Family::V4).addresses(), [before[0], new, before[2]]);
    assert!(world.accepts_tcp(before[1]) && world.accepts_tcp(new));
    world.pass(world.pace.proxy_drain);
    assert!(!world.accepts_tcp(before[1]) && world.accepts_tcp(new));
    assert_eq!(world.events.history().count(), 0);
}

#[test]
fn an_address_that_a_proxy_has_is_given_to_nobody_else() {
    let mut world = world();
    let old = nodes(&world)[0];
    world.move_proxy_address("app", None, Zone::A).expect("it has a node there");
    world.add_reader("orders", "orders-3", Some(Zone::A)).expect("a good name");
    let reader = world.rds.instance_address("orders-3").expect("it exists");
    assert_ne!(reader, old, "it still serves there");
    assert!(!nodes(&world).contains(&reader));
}

#[test]
fn lookups_can_hold_a_part_of_the_addresses_and_come_to_all_of_them() {
    let mut world = world();
    world.tell_proxy_addresses("app", None, Some(1)).expect("it exists");
    let seen: Vec<_> = (0..3).flat_map(|_| world.resolve(HOST, Family::V4).addresses()).collect();
    assert_eq!(seen, nodes(&world));
    world.tell_proxy_addresses("app", None, None).expect("it exists");
    assert_eq!(world.resolve(HOST, Family::V4).addresses().len(), 3);
}

#[test]
fn a_failover_moves_nothing_of_a_proxy() {
    let mut world = world();
    let before = nodes(&world);
    world.failover_db_cluster("orders", None).expect("it has a reader");
    assert!(before.iter().all(|node| world.accepts_tcp(*node)));
    world.pass(world.pace.promote + world.pace.dns_lag + world.pace.flap);
    assert_eq!(world.resolve(HOST, Family::V4).addresses(), before);
}
