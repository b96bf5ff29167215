//! Tests which members a custom endpoint has, and which one its name resolves to.

use std::collections::BTreeSet;

use super::*;
use crate::world::dns::{Code, Family};
use crate::world::rds::{Engine, Reboot};
use crate::world::vpc::Zone;

fn orders() -> World {
    let mut world = World::new(jiff::Timestamp::UNIX_EPOCH);
    let members = [("orders-1", Zone::A), ("orders-2", Zone::B), ("orders-3", Zone::C)];
    world.add_aurora("orders", Engine::AuroraPostgresql, &members).expect("good names");
    world
}

fn endpoint(name: &str, kind: CustomKind) -> NewCustomEndpoint<'_> {
    NewCustomEndpoint { cluster: "orders", name, kind, members: &[], excluded: &[] }
}

fn of_readers(name: &str) -> NewCustomEndpoint<'_> {
    endpoint(name, CustomKind::Reader)
}

/// The instances that its name answers, asked often enough.
fn answers(world: &mut World, endpoint: &str) -> BTreeSet<String> {
    let host = world.custom_endpoint_host(endpoint);
    let mut answers = BTreeSet::new();
    for _ in 0..6 {
        for address in world.resolve(&host, Family::V4).addresses() {
            let mut instances = world.rds.instances();
            answers.extend(
                instances.find(|it| it.address() == address).map(|it| it.identifier.clone()),
            );
        }
    }
    answers
}

fn set(members: &[&str]) -> BTreeSet<String> {
    members.iter().map(|member| (*member).to_owned()).collect()
}

#[test]
fn a_reader_endpoint_without_lists_answers_every_reader_and_any_the_writer_too() {
    let mut world = orders();
    world.add_custom_endpoint(of_readers("reports")).expect("a good request");
    world.add_custom_endpoint(endpoint("all", CustomKind::Any)).expect("a good request");
    assert_eq!(answers(&mut world, "reports"), set(&["orders-2", "orders-3"]));
    assert_eq!(answers(&mut world, "all"), set(&["orders-1", "orders-2", "orders-3"]));
}

#[test]
fn a_new_instance_joins_unless_a_static_list_names_others() {
    let mut world = orders();
    let chosen = NewCustomEndpoint { members: &["orders-2"], ..of_readers("chosen") };
    let others = NewCustomEndpoint { excluded: &["orders-2"], ..of_readers("others") };
    world.add_custom_endpoint(chosen).expect("a good request");
    world.add_custom_endpoint(others).expect("a good request");
    assert_eq!(answers(&mut world, "others"), set(&["orders-3"]));
    world.add_reader("orders", "orders-4", Some(Zone::A)).expect("a good name");
    assert_eq!(answers(&mut world, "others"), set(&["orders-3"]));
    world.pass(world.pace.create_instance);
    assert_eq!(answers(&mut world, "others"), set(&["orders-3", "orders-4"]));
    assert_eq!(answers(&mut world, "chosen"), set(&["orders-2"]));
}

#[test]
fn a_promoted_member_of_a_reader_endpoint_leaves_or_stays_as_the_world_is_told() {
    for (promoted, expected) in
        [(Promoted::Leaves, set(&["orders-3"])), (Promoted::Stays, set(&["orders-2", "orders-3"]))]
    {
        let mut world = orders();
        world.rds.promoted_members = promoted;
        let both =
            NewCustomEndpoint { members: &["orders-2", "orders-3"], ..of_readers("reports") };
        world.add_custom_endpoint(both).expect("a good request");
        world.failover_db_cluster("orders", Some("orders-2")).expect("it is a reader");
        world.pass(world.pace.promote + world.pace.reboot + world.pace.dns_lag + world.pace.flap);
        assert_eq!(answers(&mut world, "reports"), expected);
        let endpoint = world.rds.custom_endpoint("reports").expect("it exists");
        assert_eq!(endpoint.static_members, ["orders-2", "orders-3"], "the list stays");
    }
}

#[test]
fn a_member_that_restarts_stays_associated_and_is_not_answered_until_it_is_back() {
    let mut world = orders();
    world.add_custom_endpoint(of_readers("reports")).expect("a good request");
    world.reboot_db_instance("orders-2", Reboot::InPlace).expect("it is available");
    world.pass(world.pace.dns_lag);
    assert_eq!(answers(&mut world, "reports"), set(&["orders-3"]));
    let endpoint = world.rds.custom_endpoint("reports").expect("it exists");
    assert_eq!(world.rds.members_of(endpoint).len(), 2);
    world.pass(world.pace.reboot);
    assert_eq!(answers(&mut world, "reports"), set(&["orders-2", "orders-3"]));
}

#[test]
fn an_endpoint_without_an_available_member_answers_nothing() {
    let mut world = orders();
    let one = NewCustomEndpoint { members: &["orders-2"], ..of_readers("one") };
    world.add_custom_endpoint(one).expect("a good request");
    world.remove_reader("orders-2").expect("it is a reader");
    world.pass(world.pace.delete);
    let host = world.custom_endpoint_host("one");
    assert_eq!(world.resolve(&host, Family::V4).code, Code::NxDomain);
}
