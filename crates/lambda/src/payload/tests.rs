#![allow(clippy::unwrap_used)]

use serde_json::json;
use writerlink_core::event::{EventId, SourceType};

use super::*;

const NAMES: [&str; 2] = ["orders-writer", "billing"];
const TOPIC: &str = "arn:aws:sns:eu-west-1:111122223333:rds-events";
const HELLO: &str = "This is a message to notify that RDS will attempt to send you event notifications of type db-instance to the topic arn:aws:sns:eu-west-1:111122223333:rds-events.";

fn request(payload: &Value) -> Request {
    read(payload, &NAMES, OtherNames::Refused).unwrap()
}

fn refusal(payload: &Value) -> String {
    read(payload, &NAMES, OtherNames::Refused).unwrap_err().to_string()
}

fn record(message: &str) -> Value {
    json!({"EventSource": "aws:sns", "Sns": {"Type": "Notification", "TopicArn": TOPIC, "Message": message}})
}

fn completed(cluster: &str) -> String {
    json!({
        "Event Source": "db-cluster", "Event Time": "2021-05-12 18:06:48.701", "Source ID": cluster,
        "Event ID": "http://docs.amazonwebservices.com/AmazonRDS/latest/UserGuide/USER_Events.html#RDS-EVENT-0071",
        "Event Message": "Completed failover to DB instance: orders-2"
    })
    .to_string()
}

#[test]
fn an_sns_envelope_gives_the_events_of_all_its_records_and_the_topic_they_came_through() {
    let request = request(&json!({"Records": [record(&completed("orders")), record(&completed("billing"))]}));
    assert_eq!(request.trigger.kind, TriggerKind::Sns);
    let names: Vec<_> = request
        .trigger
        .events
        .iter()
        .map(|event| event.source.as_ref().unwrap().as_str())
        .collect();
    assert_eq!(names, ["orders", "billing"]);
    assert_eq!(request.trigger.events[0].id, Some(EventId(71)));
    assert_eq!(request.topics, [TOPIC, TOPIC]);
    assert_eq!((request.trigger.unreadable, request.unreadable.len()), (0, 0));
}

#[test]
fn the_hello_message_is_a_sweep_and_not_counted_as_unreadable() {
    let request = request(&json!({"Records": [record(HELLO)]}));
    assert_eq!(request.trigger, Trigger::sweep(TriggerKind::Sns));
}

#[test]
fn unreadable_content_of_an_sns_envelope_is_counted_bounded_and_becomes_a_sweep() {
    let garbage = "\u{1b}[31m\n{".repeat(50_000);
    let payload = json!({"Records": [record(&garbage), {"EventSource": "aws:sns"}, {"EventSource": "aws:sns", "Sns": {"Message": 3}}]});
    let request = request(&payload);
    assert!(request.trigger.is_sweep());
    assert_eq!(request.trigger.unreadable, 3);
    assert_eq!(request.unreadable.len(), 3);
    for text in &request.unreadable {
        assert!(text.chars().count() <= 301, "{text}");
        assert!(!text.contains(char::is_control), "{text:?}");
    }
}

#[test]
fn a_readable_event_beside_unreadable_content_still_says_where_to_look() {
    let request = request(&json!({"Records": [record("?"), record(&completed("orders"))]}));
    assert_eq!((request.trigger.events.len(), request.trigger.unreadable), (1, 1));
}

#[test]
fn a_thousand_unreadable_records_are_counted_and_ten_are_kept() {
    let request = request(&json!({"Records": vec![record("?"); 1000]}));
    assert_eq!((request.trigger.unreadable, request.unreadable.len()), (1000, 10));
}

#[test]
fn an_event_of_eventbridge_is_read_with_and_without_an_id() {
    let mut payload = json!({
        "version": "0", "detail-type": "RDS DB Cluster Event", "source": "aws.rds", "time": "2018-10-06T12:26:13Z",
        "detail": {"EventID": "RDS-EVENT-0071", "SourceIdentifier": "rds:orders", "SourceType": "CLUSTER"}
    });
    let with = request(&payload).trigger;
    assert_eq!(with.kind, TriggerKind::EventBridge);
    assert_eq!(
        (with.events[0].id, with.events[0].about),
        (Some(EventId(71)), SourceType::Cluster)
    );
    payload["detail"].as_object_mut().unwrap().remove("EventID");
    let without = request(&payload).trigger;
    assert_eq!((without.events[0].id, without.events.len()), (None, 1));
}

#[test]
fn an_eventbridge_envelope_never_errors_for_its_content() {
    for payload in [
        json!({"detail-type": "RDS DB Cluster Event", "source": "aws.rds"}),
        json!({"detail-type": null, "source": 3}),
        json!({"detail-type": "EC2 Instance State-change Notification", "source": "aws.ec2", "detail": "x".repeat(300_000)}),
    ] {
        let request = request(&payload);
        assert!(request.trigger.is_sweep());
        assert_eq!(
            (request.trigger.kind, request.trigger.unreadable),
            (TriggerKind::EventBridge, 1)
        );
        assert!(request.unreadable[0].chars().count() <= 301);
    }
}

#[test]
fn a_scheduled_event_and_the_schedulers_input_are_sweeps() {
    for payload in [
        json!({"trigger": "sweep"}),
        json!({"detail-type": "Scheduled Event", "source": "aws.events", "detail": {}}),
        json!({"detail-type": "Scheduled Event", "source": "my.scheduler"}),
        json!({"detail-type": "Anything", "source": "aws.events"}),
    ] {
        assert_eq!(
            request(&payload).trigger,
            Trigger::sweep(TriggerKind::Schedule),
            "{payload}"
        );
    }
}

#[test]
fn by_hand_mode_and_bindings_are_taken_alone_and_together() {
    let plain = Trigger::sweep(TriggerKind::Invoke);
    let only = Some(vec!["billing".to_owned()]);
    for (payload, trigger) in [
        (json!({}), plain.clone()),
        (json!({"mode": "reconcile"}), plain.clone()),
        (json!({"mode": "plan"}), Trigger::dry_run(TriggerKind::Invoke)),
        (
            json!({"bindings": ["billing"]}),
            Trigger {
                only: only.clone(),
                ..plain
            },
        ),
        (
            json!({"bindings": ["billing"], "mode": "plan"}),
            Trigger {
                only,
                ..Trigger::dry_run(TriggerKind::Invoke)
            },
        ),
    ] {
        assert_eq!(request(&payload), Request::of(trigger), "{payload}");
    }
}

#[test]
fn by_hand_everything_else_is_refused_by_its_name_with_what_is_allowed() {
    for (payload, says) in [
        (json!({"Mode": "plan"}), "unknown key `Mode`"),
        (json!({"mod": "plan"}), "unknown key `mod`"),
        (json!({"mode": "Plan"}), "`mode` is \"Plan\""),
        (json!({"mode": null}), "`mode` is null"),
        (json!({"mode": ["plan"]}), "`mode` is [\"plan\"]"),
        (json!({"bindings": []}), "`bindings` is empty"),
        (
            json!({"bindings": "billing"}),
            "`bindings` is \"billing\", which is no list",
        ),
        (
            json!({"bindings": ["billing", 3]}),
            "`bindings` is [\"billing\",3], which is no list",
        ),
        (
            json!({"bindings": ["billing", "invoices"]}),
            "names `invoices`, which the configuration does not have",
        ),
        (json!({"trigger": "swep"}), "exactly {\"trigger\": \"sweep\"}"),
        (
            json!({"trigger": "sweep", "mode": "plan"}),
            "`trigger` together with other keys",
        ),
        (json!({"Records": []}), "unknown key `Records`"),
        (
            json!({"Records": [{"eventSource": "aws:sqs", "body": "{}"}]}),
            "unknown key `Records`",
        ),
        (json!({"source": "aws.rds"}), "unknown key `source`"),
        (json!(null), "is null, which is no object"),
        (json!(3), "is 3, which is no object"),
        (json!(true), "is true, which is no object"),
        (json!("x"), "is \"x\", which is no object"),
        (json!([]), "is [], which is no object"),
    ] {
        let text = refusal(&payload);
        assert!(text.contains(says), "{payload} gave {text:?}, not {says:?}");
        assert!(
            text.contains("`orders-writer`, `billing`") && text.contains("Nothing was written"),
            "{text}"
        );
    }
}

#[test]
fn a_refusal_stays_bounded_whatever_was_sent() {
    let garbage = "é\n".repeat(150_000);
    for payload in [
        json!(garbage),
        json!([garbage]),
        json!({ garbage.as_str(): 1 }),
        json!({ "mode": garbage }),
        json!({ "bindings": [garbage] }),
        json!({ "bindings": { garbage.as_str(): garbage } }),
    ] {
        let text = refusal(&payload);
        assert!(text.chars().count() < 1000, "{} characters", text.chars().count());
        assert!(!text.contains(char::is_control));
    }
}

#[test]
fn a_refusal_lists_at_most_twenty_names() {
    let names: Vec<String> = (0..300).map(|n| format!("binding-{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let text = read(&json!(1), &names, OtherNames::Refused).unwrap_err().to_string();
    assert!(text.contains("`binding-19`, and 280 more"), "{text}");
}

#[test]
fn a_name_that_the_configuration_lacks_may_be_that_of_a_tagged_group() {
    let payload = json!({"bindings": ["orders-link"]});
    assert!(read(&payload, &NAMES, OtherNames::Refused).is_err());
    let request = read(&payload, &NAMES, OtherNames::MayBeTagged).unwrap();
    assert_eq!(request.trigger.only, Some(vec!["orders-link".to_owned()]));
    let mistyped = json!({"binding": ["orders-link"]});
    assert!(read(&mistyped, &NAMES, OtherNames::MayBeTagged).is_err());
}
