//! Compares core's table of events with independent sources: the events of the lab's world, and the
//! template that subscribes to RDS's events.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::time::Duration;

use writerlink_core::event::EventId;
use writerlink_core::event::catalogue::{Meaning, entries, find};
use writerlink_lab::scene::Scene;
use writerlink_lab::world::events::{SourceType, category_of};
use writerlink_lab::world::rds::{Cancellation, Engine, MultiAz, Reboot, Shift};
use writerlink_lab::world::vpc::Zone;
use writerlink_lab::world::{ApiError, Pace, World};
use writerlink_tests::python::tests_dir;

/// Everything that can happen to the lab's databases, one thing after the other.
fn live(world: &mut World) -> Result<(), ApiError> {
    let step = |world: &mut World| world.pass(Duration::from_secs(3600));
    world.add_reader("orders", "orders-4", Some(Zone::A))?;
    step(world);
    world.remove_reader("orders-4")?;
    step(world);
    world.failover_db_cluster("orders", None)?;
    step(world);
    world.reboot_db_instance("billing", Reboot::ToStandby)?;
    step(world);
    world.reboot_db_instance("orders-1", Reboot::InPlace)?;
    step(world);
    world.replace_host("orders-2")?;
    step(world);
    world.rename_cluster("orders", "sales")?;
    world.add_aurora("stock", Engine::AuroraPostgresql, &[])?;
    step(world);
    for source in ["sales", "billing"] {
        switch_over(world, source)?;
    }
    shift("sales", world)?;
    world.delete_instance("billing")?;
    world.delete_cluster("stock")?;
    step(world);
    Ok(())
}

/// Switchovers of a database: one that is cancelled for each reason there is, and one that is not.
fn switch_over(world: &mut World, source: &str) -> Result<(), ApiError> {
    let step = |world: &mut World| world.pass(Duration::from_secs(3600));
    let deployment = world.add_blue_green(source)?;
    for why in [Cancellation::ReplicationLag, Cancellation::Sequences] {
        world.switchover_blue_green_deployment(&deployment)?;
        world.pass(world.pace.switchover.checks);
        world.cancel_switchover(&deployment, why)?;
        step(world);
    }
    world.switchover_blue_green_deployment(&deployment)?;
    step(world);
    Ok(())
}

/// Writing goes to another Region and comes back, as planned and otherwise.
fn shift(cluster: &str, world: &mut World) -> Result<(), ApiError> {
    world.rds.make_global_primary(cluster, "world")?;
    for how in [Shift::Switchover, Shift::Failover] {
        world.demote_primary(cluster, "arn:aws:rds:us-east-1:111122223333:cluster:far", how)?;
        world.pass(Duration::from_secs(3600));
        world.promote_secondary(cluster, how)?;
        world.pass(Duration::from_secs(3600));
    }
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
        let entry = find(EventId(id))
            .unwrap_or_else(|| panic!("the table lacks RDS-EVENT-{id:04}, of {source}"));
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

/// The texts of the recorded messages of a source type, by their ids.
fn recorded(source: SourceType) -> BTreeMap<u16, String> {
    let file = tests_dir().join(format!("events/sns-messages/{source}.jsonl"));
    let lines = fs::read_to_string(file).expect("a file for each source type");
    let texts = lines.lines().map(|line| {
        let message: serde_json::Value = serde_json::from_str(line).expect("a message is JSON");
        let text = |key: &str| message[key].as_str().expect("a text").to_owned();
        let id = text("Event ID").rsplit('-').next().and_then(|id| id.parse().ok());
        (id.expect("a number"), plain(&text("Event Message")))
    });
    texts.collect()
}

/// A text without what differs from one switchover to the next: the database's name, the end of
/// green's, and how far it lags.
fn plain(text: &str) -> String {
    let word = |word: &str| match word.split_once("-green-") {
        Some((name, _)) => format!("{name}-green"),
        None => word.replace(|c: char| c.is_ascii_digit(), "0"),
    };
    let text = text.replace("billing", "orders");
    text.trim_end_matches('.').split(' ').map(word).collect::<Vec<_>>().join(" ")
}

#[test]
fn the_lab_tells_of_switchovers_in_the_recorded_words() {
    let mut world = World::new("2025-03-04T10:00:00Z".parse().expect("a moment"));
    let members = [("orders-1", Zone::A), ("orders-2", Zone::B)];
    world
        .add_aurora("orders", Engine::AuroraPostgresql, &members)
        .and_then(|()| world.add_instance("billing", MultiAz::Yes, Engine::Postgres))
        .expect("good names");
    for source in ["orders", "billing"] {
        switch_over(&mut world, source).expect("the lab can do all of it");
    }
    shift("orders", &mut world).expect("the lab can do all of it");
    let mut compared = BTreeSet::new();
    for event in world.events.history() {
        let is_of_a_switchover = event.source_type == SourceType::BlueGreenDeployment
            || event.category == "global-failover"
            || event.id == 390;
        // The recorded ones are about this Region's cluster.
        if is_of_a_switchover && !event.message.contains("us-east-1") {
            let recorded = recorded(event.source_type);
            assert_eq!(recorded.get(&event.id), Some(&plain(&event.message)), "{}", event.id);
            compared.insert(event.id);
        }
    }
    let deployments =
        [244, 247, 248, 249, 250, 251, 252, 259, 260, 261, 307, 308, 310, 311, 312, 314];
    let expected = deployments.into_iter().chain([181, 182, 183, 184, 185, 238, 390, 397]);
    assert_eq!(compared, expected.collect());
}

#[test]
fn the_template_subscribes_to_every_category_with_events_that_are_watched() {
    let template =
        fs::read_to_string(tests_dir().join("../infra/reconciler.yaml")).expect("the template");
    for source in ["db-cluster", "db-instance"] {
        let (_, after) = template
            .split_once(&format!("SourceType: {source}\n"))
            .expect("a subscription of this source type");
        let subscription: Vec<&str> = after.lines().take_while(|line| !line.is_empty()).collect();
        let subscribes = |category: &str| {
            let mut items = subscription.iter().filter_map(|line| line.trim().strip_prefix("- "));
            items.any(|item| item.split(" #").next() == Some(category))
        };
        let watched =
            entries().filter(|entry| entry.source == source && entry.meaning != Meaning::Look);
        for entry in watched {
            assert!(
                subscribes(entry.category),
                "{} of {source} is {}, which the template does not subscribe to",
                entry.id,
                entry.category
            );
        }
    }
}
