//! Core's table of events against what was made without it: the events of the lab's world, and the template that subscribes to
//! RDS's.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use writerlink_core::event::EventId;
use writerlink_core::event::catalogue::{Meaning, entries, find};
use writerlink_lab::scene::Scene;
use writerlink_lab::world::events::category_of;
use writerlink_lab::world::rds::{
    Apply, CreateDbCluster, FinalSnapshot, ModifyDbCluster, ModifyDbInstance, MultiAz, Pending, Reboot,
};
use writerlink_lab::world::{ApiError, Pace, World};
use writerlink_tests::python::tests_dir;

/// Everything that the lab's databases can be asked for, one after the other.
fn live(world: &mut World) -> Result<(), ApiError> {
    let step = |world: &mut World| world.pass(Duration::from_secs(3600));
    let billing = |changes| ModifyDbInstance {
        identifier: "billing".to_owned(),
        changes,
        apply: Apply::Immediately,
        ..Default::default()
    };
    world.failover_db_cluster("orders", None)?;
    step(world);
    world.reboot_db_instance("billing", Reboot::ToStandby)?;
    step(world);
    world.reboot_db_instance("orders-1", Reboot::InPlace)?;
    step(world);
    world.replace_host("orders-2")?;
    step(world);
    world.modify_db_instance(billing(Pending {
        class: Some("db.r6g.xlarge".to_owned()),
        ..Default::default()
    }))?;
    step(world);
    for multi_az in [MultiAz::No, MultiAz::Yes] {
        world.modify_db_instance(billing(Pending {
            multi_az: Some(multi_az),
            ..Default::default()
        }))?;
        step(world);
    }
    world.stop_db_instance("billing")?;
    step(world);
    world.start_db_instance("billing")?;
    step(world);
    world.stop_db_cluster("orders")?;
    step(world);
    world.start_db_cluster("orders")?;
    step(world);
    world.modify_db_cluster(ModifyDbCluster {
        identifier: "orders".to_owned(),
        new_identifier: Some("sales".to_owned()),
        apply: Apply::Immediately,
    })?;
    world.create_db_cluster(CreateDbCluster {
        identifier: "stock".to_owned(),
        engine: "aurora-postgresql".to_owned(),
        ..Default::default()
    })?;
    step(world);
    world.delete_db_instance("billing", &FinalSnapshot::Skip)?;
    world.delete_db_cluster("stock", &FinalSnapshot::Skip)?;
    step(world);
    Ok(())
}

#[test]
fn every_event_of_the_labs_databases_is_in_the_table_with_its_source_type_and_category() {
    let mut scene = Scene::new(Pace::real()).expect("a good scene");
    live(&mut scene.world).expect("the lab can do all of it");
    let told: BTreeMap<u16, (&str, &str)> = scene
        .world
        .events
        .history()
        .map(|event| (event.id, (event.source_type.name(), event.category)))
        .collect();
    assert!(told.len() > 20, "the lab has told only of {told:?}");
    for (id, (source, category)) in told {
        let entry = find(EventId(id)).unwrap_or_else(|| panic!("the table lacks RDS-EVENT-{id:04}, of {source}"));
        assert_eq!((entry.source, entry.category), (source, category), "{}", entry.id);
    }
}

#[test]
fn the_lab_and_the_table_give_an_id_the_same_category() {
    for id in (0..1000).filter(|id| category_of(*id) != "notification") {
        let Some(entry) = find(EventId(id)) else {
            panic!("the table lacks RDS-EVENT-{id:04}, which the lab knows")
        };
        assert_eq!(entry.category, category_of(id), "{}", entry.id);
    }
    for entry in entries() {
        assert_eq!(category_of(entry.id.0), entry.category, "{}", entry.id);
    }
}

#[test]
fn the_template_subscribes_to_every_category_with_events_that_are_watched() {
    let template = fs::read_to_string(tests_dir().join("../infra/template.yaml")).expect("the template");
    for source in ["db-cluster", "db-instance"] {
        let (_, after) = template
            .split_once(&format!("SourceType: {source}\n"))
            .expect("a subscription of this source type");
        let subscription: Vec<&str> = after.lines().take_while(|line| !line.is_empty()).collect();
        let subscribes = |category: &str| {
            let mut items = subscription.iter().filter_map(|line| line.trim().strip_prefix("- "));
            items.any(|item| item.split(" #").next() == Some(category))
        };
        let watched = entries().filter(|entry| entry.source == source && entry.meaning != Meaning::Look);
        // The one that docs/events.md says to add by hand: RDS may take it by another name, and then the deployment would fail.
        for entry in watched.filter(|entry| entry.category != "global-failover") {
            assert!(
                subscribes(entry.category),
                "{} of {source} is {}, which the template does not subscribe to",
                entry.id,
                entry.category
            );
        }
    }
}
