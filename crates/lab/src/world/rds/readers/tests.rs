//! Tests how the reader endpoint follows readers that are added, removed, restarted and promoted.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::*;
use crate::world::dns::{Code, Family};
use crate::world::rds::{Engine, Reboot};
use crate::world::vpc::Zone;

fn orders(members: &[(&str, Zone)]) -> World {
    let mut world = World::new(jiff::Timestamp::UNIX_EPOCH);
    world.add_aurora("orders", Engine::AuroraPostgresql, members).expect("good names");
    world
}

fn address(world: &World, instance: &str) -> IpAddr {
    world.rds.instance_address(instance).expect("it exists")
}

/// Everything that the reader endpoint answers, asked often enough.
fn answers(world: &mut World) -> BTreeSet<IpAddr> {
    let name = world.reader_endpoint("orders");
    let mut answers = BTreeSet::new();
    for _ in 0..6 {
        let answer = world.resolve(&name, Family::V4).addresses();
        assert_eq!(answer.len(), 1, "one member a lookup");
        answers.extend(answer);
    }
    answers
}

#[test]
fn a_new_reader_has_no_endpoint_and_is_not_answered_until_it_is_available() {
    let mut world = orders(&[("orders-1", Zone::A), ("orders-2", Zone::B)]);
    world.add_reader("orders", "orders-3", Some(Zone::C)).expect("a good name");
    let reader = world.rds.instance("orders-3").expect("it exists");
    assert_eq!((reader.status, &reader.endpoint), (Status::Creating, &None));
    let members = world.rds.members(world.rds.cluster("orders").expect("it exists"));
    assert_eq!(members.len(), 3, "it is a member already");
    assert_eq!(answers(&mut world), [address(&world, "orders-2")].into());
    world.pass(world.pace.create_instance);
    let both = ["orders-2", "orders-3"].map(|reader| address(&world, reader));
    assert_eq!(answers(&mut world), both.into());
    let told: Vec<u16> = world.events.history().map(|event| event.id).collect();
    assert_eq!(told.last(), Some(&5));
}

#[test]
fn a_reader_that_goes_is_answered_for_a_while_and_is_a_member_until_it_is_gone() {
    let mut world = orders(&[("orders-1", Zone::A), ("orders-2", Zone::B), ("orders-3", Zone::C)]);
    let [stays, goes] = ["orders-2", "orders-3"].map(|reader| address(&world, reader));
    world.remove_reader("orders-3").expect("it is a reader");
    assert!(!world.accepts_tcp(goes));
    assert_eq!(answers(&mut world), [stays, goes].into());
    world.pass(world.pace.dns_lag);
    assert_eq!(answers(&mut world), [stays].into());
    let cluster = world.rds.cluster("orders").expect("it exists");
    assert_eq!(world.rds.members(cluster).len(), 3);
    world.pass(world.pace.delete);
    let cluster = world.rds.cluster("orders").expect("it exists");
    assert_eq!(world.rds.members(cluster).len(), 2);
    let told: Vec<u16> = world.events.history().map(|event| event.id).collect();
    assert_eq!(told.last(), Some(&3));
}

#[test]
fn without_a_reader_the_reader_endpoint_answers_the_writer() {
    let mut world = orders(&[("orders-1", Zone::A), ("orders-2", Zone::B)]);
    world.remove_reader("orders-2").expect("it is a reader");
    world.pass(world.pace.delete);
    assert_eq!(answers(&mut world), [address(&world, "orders-1")].into());
}

#[test]
fn a_reader_that_restarts_is_answered_again_when_it_is_back() {
    let mut world = orders(&[("orders-1", Zone::A), ("orders-2", Zone::B), ("orders-3", Zone::C)]);
    let both = ["orders-2", "orders-3"].map(|reader| address(&world, reader));
    world.reboot_db_instance("orders-3", Reboot::InPlace).expect("it is available");
    world.pass(world.pace.dns_lag);
    assert_eq!(answers(&mut world), [both[0]].into());
    world.pass(world.pace.reboot + world.pace.dns_lag);
    assert_eq!(answers(&mut world), both.into());
}

#[test]
fn a_promoted_reader_leaves_the_reader_endpoint_and_the_old_writer_joins_it() {
    let mut world = orders(&[("orders-1", Zone::A), ("orders-2", Zone::B)]);
    let [old, new] = ["orders-1", "orders-2"].map(|instance| address(&world, instance));
    assert_eq!(answers(&mut world), [new].into());
    world.failover_db_cluster("orders", None).expect("it has a reader");
    world.pass(world.pace.promote + world.pace.reboot + world.pace.dns_lag + world.pace.flap);
    assert_eq!(answers(&mut world), [old].into());
}

#[test]
fn a_renamed_clusters_reader_endpoint_resolves_no_sooner_than_its_other_name() {
    let mut world = orders(&[("orders-1", Zone::A), ("orders-2", Zone::B)]);
    world.rename_cluster("orders", "sales").expect("a good name");
    world.reboot_db_instance("orders-2", Reboot::InPlace).expect("it is available");
    world.pass(world.pace.reboot + world.pace.dns_lag);
    let name = world.reader_endpoint("sales");
    assert_eq!(world.resolve(&name, Family::V4).code, Code::NxDomain);
    world.pass(world.pace.rename);
    assert_eq!(world.resolve(&name, Family::V4).addresses(), [address(&world, "orders-2")]);
}
