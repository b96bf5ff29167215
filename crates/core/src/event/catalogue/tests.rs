//! Compares the table with recorded events, and checks the meaning of events.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use super::super::read::kind;
use super::super::{EnvelopeFields, Event, Message, SourceType};
use super::*;

const KINDS: [&str; 4] = ["db-cluster", "db-instance", "blue-green-deployment", "db-proxy"];

/// The lines of a folder under `tests/events`, with their source types.
fn recorded(folder: &str) -> Vec<(&'static str, serde_json::Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/events").join(folder);
    let lines = KINDS.map(|kind| {
        let text =
            fs::read_to_string(folder.join(format!("{kind}.jsonl"))).expect("a file of this kind");
        let line = |line: &str| (kind, serde_json::from_str(line).expect("JSON"));
        text.lines().map(line).collect::<Vec<_>>()
    });
    lines.into_iter().flatten().collect()
}

fn from_sns() -> Vec<(&'static str, Event)> {
    let event = |body: serde_json::Value| match Message::read(&body.to_string()) {
        Ok(Message::Event(event)) => event,
        other => panic!("{body} gave {other:?}"),
    };
    let lines = recorded("sns-messages").into_iter();
    lines.map(|(kind, body)| (kind, event(body))).collect()
}

fn from_event_bridge() -> Vec<(&'static str, Event)> {
    let lines = recorded("eventbridge-events").into_iter();
    lines.map(|(kind, body)| (kind, of_event_bridge(&body))).collect()
}

fn of_event_bridge(body: &serde_json::Value) -> Event {
    let detail_type = body["detail-type"].as_str();
    let envelope = EnvelopeFields { detail_type, ..EnvelopeFields::default() };
    Event::read(&body["detail"], envelope).expect("an event")
}

fn ids(events: &[(&str, Event)]) -> BTreeSet<EventId> {
    events.iter().filter_map(|(_, event)| event.id).collect()
}

#[test]
fn every_id_is_in_the_table_once() {
    let all: Vec<EventId> = entries().map(|entry| entry.id).collect();
    let once: BTreeSet<EventId> = all.iter().copied().collect();
    assert_eq!(all.len(), once.len());
}

#[test]
fn every_id_of_the_table_is_read_from_a_recorded_body_as_what_the_table_says() {
    for events in [from_sns(), from_event_bridge()] {
        assert_eq!(ids(&events), entries().map(|entry| entry.id).collect());
        for (kind, event) in events {
            let entry = find(event.id.expect("an id")).expect("it is in the table");
            assert_eq!((entry.source, entry.meaning), (kind, event.meaning()), "{}", entry.id);
            assert!(event.source.is_some(), "{} names no database", entry.id);
        }
    }
}

#[test]
fn an_event_is_read_alike_from_sns_and_from_event_bridge() {
    assert_eq!(from_sns(), from_event_bridge());
}

#[test]
fn every_id_has_the_category_that_event_bridge_gives_it() {
    for (_, body) in recorded("eventbridge-events") {
        let event = of_event_bridge(&body);
        let entry = find(event.id.expect("an id")).expect("it is in the table");
        let categories = body["detail"]["EventCategories"].as_array().expect("categories");
        assert!(categories.iter().any(|c| c == entry.category), "{}: {categories:?}", entry.id);
    }
}

#[test]
fn the_events_that_announce_are_those_that_come_before_an_address_or_a_role_moves() {
    let announced: BTreeMap<u16, &str> = entries()
        .filter(|entry| entry.meaning == Meaning::Announced)
        .map(|entry| (entry.id.0, entry.source))
        .collect();
    let expected = [
        // A failover, an activation or a promotion has begun, or is next.
        (13, "db-instance"),
        (50, "db-instance"),
        (53, "db-instance"),
        (70, "db-cluster"),
        (72, "db-cluster"),
        (73, "db-cluster"),
        // The instance moves to another host.
        (12, "db-instance"),
        (422, "db-instance"),
        // Writing moves to another Region.
        (181, "db-cluster"),
        (182, "db-cluster"),
        (183, "db-cluster"),
        (423, "db-cluster"),
        (390, "db-instance"),
        (391, "db-instance"),
        // The switchover of a blue/green deployment has begun.
        (247, "blue-green-deployment"),
        (250, "blue-green-deployment"),
        (259, "blue-green-deployment"),
        (307, "blue-green-deployment"),
        (308, "blue-green-deployment"),
        (311, "blue-green-deployment"),
        (312, "blue-green-deployment"),
    ];
    assert_eq!(announced, expected.into());
}

#[test]
fn an_event_of_a_failover_never_gets_only_one_look() {
    for entry in entries().filter(|entry| entry.category.ends_with("failover")) {
        assert!(
            matches!(entry.meaning, Meaning::Announced | Meaning::DuringMove),
            "{} means {:?}",
            entry.id,
            entry.meaning
        );
    }
}

#[test]
fn an_event_is_ignored_exactly_if_no_binding_follows_its_kind() {
    for entry in entries() {
        let is_followed = kind(entry.source) != SourceType::Unrelated;
        assert_eq!(entry.meaning != Meaning::Ignore, is_followed, "{}", entry.id);
    }
}

#[test]
fn an_unknown_id_gets_one_look_and_a_missing_id_is_watched() {
    let event =
        |about, id: Option<u16>| Event { id: id.map(EventId), about, source: None, time: None };
    for about in [SourceType::Cluster, SourceType::Instance, SourceType::Deployment] {
        assert!(find(EventId(9999)).is_none());
        assert_eq!(event(about, Some(9999)).meaning(), Meaning::Look);
        assert_eq!(event(about, None).meaning(), Meaning::DuringMove);
    }
}

#[test]
fn a_kind_that_no_binding_follows_overrides_the_id_and_an_unknown_kind_does_not() {
    let event = |about| Event { id: Some(EventId(13)), about, source: None, time: None };
    assert_eq!(event(SourceType::Instance).meaning(), Meaning::Announced);
    assert_eq!(event(SourceType::Other).meaning(), Meaning::Announced);
    assert_eq!(event(SourceType::Unrelated).meaning(), Meaning::Ignore);
}
