//! Names, classes and standbys that change.

use super::*;
use crate::world::dns::{Code, Family};
use crate::world::rds::Engine;
use crate::world::vpc::Zone;

fn rename(identifier: &str, to: &str, apply: Apply) -> ModifyDbInstance {
    ModifyDbInstance {
        identifier: identifier.to_owned(),
        changes: Pending {
            identifier: Some(to.to_owned()),
            ..Pending::default()
        },
        promotion_tier: None,
        apply,
    }
}

fn billing() -> World {
    let mut world = World::new(jiff::Timestamp::UNIX_EPOCH);
    world
        .add_instance("billing", MultiAz::No, Engine::Mysql)
        .expect("a good name");
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
    world
        .add_instance("invoices", MultiAz::No, Engine::Mysql)
        .expect("a good name");
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
            changes: Pending {
                multi_az: Some(multi_az),
                ..Pending::default()
            },
            promotion_tier: None,
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
    world
        .add_aurora("orders", Engine::AuroraMysql, &[("orders-1", Zone::A)])
        .expect("good names");
    let address = world.rds.writer_address("orders").expect("it has one");
    let request = ModifyDbCluster {
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
