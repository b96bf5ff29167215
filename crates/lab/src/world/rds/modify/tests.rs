//! Tests changes of names, instance classes and standbys.

use super::*;
use crate::world::dns::{Code, Family};
use crate::world::rds::{CreateDbInstance, Engine, FinalSnapshot};
use crate::world::vpc::Zone;

fn rename(identifier: &str, to: &str, apply: Apply) -> ModifyDbInstance {
    ModifyDbInstance {
        identifier: identifier.to_owned(),
        changes: Pending { identifier: Some(to.to_owned()), ..Pending::default() },
        promotion_tier: None,
        port: None,
        apply,
    }
}

fn billing() -> World {
    let mut world = World::new(jiff::Timestamp::UNIX_EPOCH);
    world.add_instance("billing", MultiAz::No, Engine::Mysql).expect("a good name");
    world
}

#[test]
fn a_renamed_instance_loses_its_old_name_at_once_and_gets_the_new_one_later() {
    let mut world = billing();
    let address = world.rds.instance_address("billing").expect("it exists");
    world
        .modify_db_instance(rename("billing", "invoices", Apply::Immediately))
        .expect("it is available");
    let [old, new] = ["billing", "invoices"].map(|name| world.instance_endpoint(name));
    assert!(world.rds.instance("billing").is_none());
    assert_eq!(world.resolve(&old, Family::V4).code, Code::NxDomain);
    assert_eq!(world.resolve(&new, Family::V4).code, Code::NxDomain);
    world.pass(world.pace.rename);
    assert_eq!(world.resolve(&new, Family::V4).addresses(), [address]);
    assert_eq!(world.resolve(&old, Family::V4).code, Code::NxDomain);
    assert!(world.accepts_tcp(address));
}

#[test]
fn without_apply_immediately_a_change_stays_pending_until_another_brings_it() {
    let mut world = billing();
    let waiting = rename("billing", "invoices", Apply::InMaintenanceWindow);
    let instance = world.modify_db_instance(waiting).expect("it is available");
    assert_eq!(
        (instance.identifier.as_str(), instance.pending.identifier.as_deref()),
        ("billing", Some("invoices"))
    );
    let nothing_more = ModifyDbInstance {
        identifier: "billing".to_owned(),
        apply: Apply::Immediately,
        ..ModifyDbInstance::default()
    };
    let instance = world.modify_db_instance(nothing_more).expect("it is available");
    assert_eq!(instance.identifier, "invoices");
    assert_eq!(instance.pending, Pending::default());
}

#[test]
fn a_name_that_is_taken_is_refused() {
    let mut world = billing();
    world.add_instance("invoices", MultiAz::No, Engine::Mysql).expect("a good name");
    let refused = world
        .modify_db_instance(rename("billing", "invoices", Apply::Immediately))
        .expect_err("taken");
    assert_eq!(refused.code, "DBInstanceAlreadyExists");
}

#[test]
fn an_instance_gets_and_loses_its_standby() {
    let mut world = billing();
    for multi_az in [MultiAz::Yes, MultiAz::No] {
        let request = ModifyDbInstance {
            identifier: "billing".to_owned(),
            changes: Pending { multi_az: Some(multi_az), ..Pending::default() },
            promotion_tier: None,
            port: None,
            apply: Apply::Immediately,
        };
        world.modify_db_instance(request).expect("it is available");
        world.pass(world.pace.modify);
        assert_eq!(world.rds.instance("billing").map(DbInstance::multi_az), Some(multi_az));
    }
}

#[test]
fn a_renamed_cluster_says_so_and_keeps_its_writer() {
    let mut world = World::new(jiff::Timestamp::UNIX_EPOCH);
    world.add_aurora("orders", Engine::AuroraMysql, &[("orders-1", Zone::A)]).expect("good names");
    let address = world.rds.writer_address("orders").expect("it has one");
    let request = ModifyDbCluster {
        network: None,
        port: None,
        identifier: "orders".to_owned(),
        new_identifier: Some("sales".to_owned()),
        apply: Apply::Immediately,
    };
    world.modify_db_cluster(request).expect("it is available");
    world.pass(world.pace.rename);
    let [old, new] = ["orders", "sales"].map(|name| world.cluster_endpoint(name));
    assert_eq!(world.resolve(&new, Family::V4).addresses(), [address]);
    assert_eq!(world.resolve(&old, Family::V4).code, Code::NxDomain);
    let by_arn = |name: &str| world.rds.cluster(&world.cluster_arn(name)).is_some();
    assert_eq!((by_arn("orders"), by_arn("sales")), (false, true));
    let last = world.events.history().next_back().expect("an event");
    assert_eq!((last.id, last.source.as_str()), (172, "sales"));
}

#[test]
fn a_writer_that_is_renamed_takes_its_clusters_name_along_when_its_own_resolves() {
    let mut world = World::new(jiff::Timestamp::UNIX_EPOCH);
    world.add_aurora("orders", Engine::AuroraMysql, &[("orders-1", Zone::A)]).expect("good names");
    let before = world.rds.instance("orders-1").expect("it exists").resource_id.clone();
    let events = world.events.history().count();
    world
        .modify_db_instance(rename("orders-1", "first", Apply::Immediately))
        .expect("it is available");
    let name = world.cluster_endpoint("orders");
    assert_eq!(world.resolve(&name, Family::V4).code, Code::NxDomain);
    assert_eq!(world.rds.instance("first").map(|instance| instance.status), Some(Status::Renaming));
    world.pass(world.pace.rename);
    let first = world.rds.writer("orders").expect("it writes").clone();
    assert_eq!((first.identifier, first.resource_id), ("first".to_owned(), before));
    let address = world.rds.instance_address("first").expect("it serves");
    assert_eq!(world.resolve(&name, Family::V4).addresses(), [address]);
    assert_eq!(world.events.history().count(), events, "no event tells of it");
}

#[test]
fn an_instance_that_is_made_anew_under_a_name_is_another_and_answers_by_it() {
    let mut world = billing();
    let before = world.rds.instance("billing").expect("it exists").resource_id.clone();
    world.delete_db_instance("billing", &FinalSnapshot::Skip).expect("it exists");
    let name = world.instance_endpoint("billing");
    let again = CreateDbInstance {
        identifier: "billing".to_owned(),
        class: "db.m6g.large".to_owned(),
        engine: "mysql".to_owned(),
        ..CreateDbInstance::default()
    };
    let refused = world.create_db_instance(again.clone()).expect_err("it is still there");
    assert_eq!(refused.code, "DBInstanceAlreadyExists");
    world.pass(world.pace.delete);
    world.create_db_instance(again).expect("the name is free");
    assert_eq!(world.resolve(&name, Family::V4).code, Code::NxDomain);
    world.pass(world.pace.create_instance);
    let address = world.rds.instance_address("billing").expect("it exists");
    assert_eq!(world.resolve(&name, Family::V4).addresses(), [address]);
    assert_ne!(world.rds.instance("billing").expect("it exists").resource_id, before);
}

#[test]
fn a_cluster_that_is_made_anew_under_a_name_answers_by_it_again() {
    let mut world = World::new(jiff::Timestamp::UNIX_EPOCH);
    let members = [("orders-1", Zone::A)];
    world.add_aurora("orders", Engine::AuroraMysql, &members).expect("good names");
    world.delete_db_instance("orders-1", &FinalSnapshot::Skip).expect("it exists");
    world.delete_db_cluster("orders", &FinalSnapshot::Skip).expect("its member goes");
    world.pass(world.pace.delete);
    assert!(world.rds.writer("orders").is_none());
    world
        .add_aurora("orders", Engine::AuroraMysql, &[("orders-1", Zone::B)])
        .expect("the names are free");
    let name = world.cluster_endpoint("orders");
    let address = world.rds.writer_address("orders").expect("it has one");
    assert_eq!(world.resolve(&name, Family::V4).addresses(), [address]);
}

#[test]
fn another_port_is_what_the_database_listens_on_and_nothing_listens_on_the_former_one() {
    let mut world = billing();
    let address = world.rds.instance_address("billing").expect("it exists");
    assert!(world.rds.listens(address, 3306));
    let request = ModifyDbInstance {
        identifier: "billing".to_owned(),
        port: Some(3307),
        ..ModifyDbInstance::default()
    };
    assert_eq!(world.modify_db_instance(request).expect("it is available").port, 3307);
    assert!(!world.rds.listens(address, 3307), "it restarts");
    world.pass(world.pace.reboot);
    assert!(world.rds.listens(address, 3307) && !world.rds.listens(address, 3306));
}
