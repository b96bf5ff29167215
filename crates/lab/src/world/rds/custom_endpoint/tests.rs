//! Tests which members a custom endpoint has, and which one its name resolves to.

use std::collections::BTreeSet;

use super::*;
use crate::world::dns::{Code, Family};
use crate::world::rds::{Apply, Engine, Filter, FinalSnapshot, ModifyDbCluster, Reboot};
use crate::world::vpc::Zone;

fn orders() -> World {
    let mut world = World::new(jiff::Timestamp::UNIX_EPOCH);
    let members = [("orders-1", Zone::A), ("orders-2", Zone::B), ("orders-3", Zone::C)];
    world.add_aurora("orders", Engine::AuroraPostgresql, &members).expect("good names");
    world
}

fn request(identifier: &str, kind: &str) -> CreateDbClusterEndpoint {
    CreateDbClusterEndpoint {
        cluster: "orders".to_owned(),
        identifier: identifier.to_owned(),
        kind: kind.to_owned(),
        ..CreateDbClusterEndpoint::default()
    }
}

fn names(members: &[&str]) -> Vec<String> {
    members.iter().map(|member| (*member).to_owned()).collect()
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
    names(members).into_iter().collect()
}

#[test]
fn a_reader_endpoint_without_lists_answers_every_reader_and_any_the_writer_too() {
    let mut world = orders();
    world.add_custom_endpoint(request("reports", "READER")).expect("a good request");
    world.add_custom_endpoint(request("all", "any")).expect("the type is taken in any case");
    assert_eq!(answers(&mut world, "reports"), set(&["orders-2", "orders-3"]));
    assert_eq!(answers(&mut world, "all"), set(&["orders-1", "orders-2", "orders-3"]));
}

#[test]
fn a_new_instance_joins_unless_a_static_list_names_others() {
    let mut world = orders();
    let chosen = CreateDbClusterEndpoint {
        static_members: names(&["orders-2"]),
        ..request("chosen", "READER")
    };
    let others = CreateDbClusterEndpoint {
        excluded_members: names(&["orders-2"]),
        ..request("others", "READER")
    };
    world.add_custom_endpoint(chosen).expect("a good request");
    world.add_custom_endpoint(others).expect("a good request");
    assert_eq!(answers(&mut world, "others"), set(&["orders-3"]));
    world.add_reader("orders", "orders-4", Zone::A).expect("a good name");
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
        let both = CreateDbClusterEndpoint {
            static_members: names(&["orders-2", "orders-3"]),
            ..request("reports", "READER")
        };
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
    world.add_custom_endpoint(request("reports", "READER")).expect("a good request");
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
    let one = CreateDbClusterEndpoint {
        static_members: names(&["orders-2"]),
        ..request("one", "READER")
    };
    world.add_custom_endpoint(one).expect("a good request");
    world.remove_reader("orders-2").expect("it is a reader");
    world.pass(world.pace.delete);
    let host = world.custom_endpoint_host("one");
    assert_eq!(world.resolve(&host, Family::V4).code, Code::NxDomain);
}

#[test]
fn a_new_endpoint_resolves_when_it_is_available_and_a_changed_one_changes_then() {
    let mut world = orders();
    let one = CreateDbClusterEndpoint {
        static_members: names(&["orders-2"]),
        ..request("one", "READER")
    };
    let status = |world: &World| world.rds.custom_endpoint("one").map(|endpoint| endpoint.status);
    world.create_db_cluster_endpoint(one).expect("a good request");
    assert_eq!(status(&world), Some(Status::Creating));
    assert_eq!(answers(&mut world, "one"), set(&[]));
    world.pass(world.pace.change_endpoint);
    assert_eq!(answers(&mut world, "one"), set(&["orders-2"]));
    let change = ModifyDbClusterEndpoint {
        identifier: "one".to_owned(),
        excluded_members: names(&["orders-2"]),
        ..ModifyDbClusterEndpoint::default()
    };
    world.modify_db_cluster_endpoint(change).expect("it is available");
    assert_eq!(status(&world), Some(Status::Modifying));
    assert_eq!(answers(&mut world, "one"), set(&["orders-2"]), "not yet");
    world.pass(world.pace.change_endpoint);
    assert_eq!(answers(&mut world, "one"), set(&["orders-3"]));
    world.delete_db_cluster_endpoint("one").expect("it is available");
    world.pass(world.pace.delete);
    assert_eq!(status(&world), None);
    assert_eq!(answers(&mut world, "one"), set(&[]));
}

#[test]
fn its_name_outlives_a_rename_of_the_cluster_and_goes_with_the_cluster() {
    let mut world = orders();
    world.add_custom_endpoint(request("all", "ANY")).expect("a good request");
    world
        .modify_db_cluster(ModifyDbCluster {
            identifier: "orders".to_owned(),
            new_identifier: Some("sales".to_owned()),
            apply: Apply::Immediately,
            ..ModifyDbCluster::default()
        })
        .expect("a good name");
    assert_eq!(answers(&mut world, "all").len(), 3);
    world.pass(world.pace.rename);
    for instance in ["orders-1", "orders-2", "orders-3"] {
        world.delete_db_instance(instance, &FinalSnapshot::Skip).expect("it exists");
    }
    world.delete_db_cluster("sales", &FinalSnapshot::Skip).expect("its members are being deleted");
    world.pass(world.pace.delete);
    assert!(world.rds.custom_endpoint("all").is_none());
}

#[test]
fn the_list_holds_the_endpoints_that_every_cluster_has() {
    let mut world = orders();
    world.add_custom_endpoint(request("reports", "READER")).expect("a good request");
    world.add_aurora("graph", Engine::Neptune, &[("graph-1", Zone::A)]).expect("good names");
    let listed = |request: DescribeDbClusterEndpoints| {
        let page = world.describe_db_cluster_endpoints(&request).expect("a good request");
        page.items.iter().map(|it| it.kind.name()).collect::<Vec<_>>()
    };
    assert_eq!(listed(DescribeDbClusterEndpoints::default()), ["WRITER", "READER", "CUSTOM"]);
    let named = |name: &str| DescribeDbClusterEndpoints {
        cluster: Some("orders".to_owned()),
        endpoint: Some(name.to_owned()),
        ..DescribeDbClusterEndpoints::default()
    };
    assert_eq!(listed(named("reports")), ["CUSTOM"]);
    assert_eq!(listed(named("nobody")), [""; 0], "no error");
    let filtered = DescribeDbClusterEndpoints {
        filters: vec![Filter {
            name: "db-cluster-endpoint-type".to_owned(),
            values: names(&["writer", "custom"]),
        }],
        ..DescribeDbClusterEndpoints::default()
    };
    assert_eq!(listed(filtered), ["WRITER", "CUSTOM"]);
    let unknown = DescribeDbClusterEndpoints {
        cluster: Some("nobody".to_owned()),
        ..DescribeDbClusterEndpoints::default()
    };
    let refusal = world.describe_db_cluster_endpoints(&unknown).expect_err("unknown");
    assert_eq!(refusal.code, "DBClusterNotFoundFault");
}

#[test]
fn what_it_cannot_do_is_refused_with_its_code() {
    let mut world = orders();
    world.add_aurora("sales", Engine::AuroraMysql, &[("sales-1", Zone::A)]).expect("good names");
    world.add_multi_az_cluster("ledger", Engine::Postgres).expect("a good name");
    world.add_custom_endpoint(request("one", "ANY")).expect("a good request");
    let mut code = |request| world.create_db_cluster_endpoint(request).expect_err("refused").code;
    let with = |members: &[&str], excluded: &[&str]| CreateDbClusterEndpoint {
        static_members: names(members),
        excluded_members: names(excluded),
        ..request("two", "ANY")
    };
    assert_eq!(code(request("one", "ANY")), "DBClusterEndpointAlreadyExistsFault");
    assert_eq!(code(request("two", "WRITER")), "InvalidParameterValue");
    assert_eq!(code(with(&["orders-1"], &["orders-2"])), "InvalidParameterCombination");
    assert_eq!(code(with(&["nobody"], &[])), "DBInstanceNotFound");
    assert_eq!(code(with(&["sales-1"], &[])), "InvalidParameterValue");
    let not_aurora =
        CreateDbClusterEndpoint { cluster: "ledger".to_owned(), ..request("two", "ANY") };
    assert_eq!(code(not_aurora), "InvalidDBClusterStateFault");
    for name in ["two", "three", "four", "five"] {
        world.add_custom_endpoint(request(name, "ANY")).expect("five are allowed");
    }
    let sixth = world.create_db_cluster_endpoint(request("six", "ANY"));
    assert_eq!(sixth.expect_err("one too many").code, "DBClusterEndpointQuotaExceededFault");
    world.delete_db_cluster_endpoint("five").expect("it is available");
    let refusal = world.delete_db_cluster_endpoint("five").expect_err("it is deleted");
    assert_eq!(refusal.code, "InvalidDBClusterEndpointStateFault");
    let refusal = world.delete_db_cluster_endpoint("nobody").expect_err("unknown");
    assert_eq!(refusal.code, "DBClusterEndpointNotFoundFault");
}
