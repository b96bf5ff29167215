//! Compares our reading of an envelope with the types of `aws_lambda_events`: whenever a type
//! accepts an envelope, both readings agree.

use aws_lambda_events::eventbridge::EventBridgeEvent;
use aws_lambda_events::sns::SnsEvent;
use aws_lambda_events::sqs::SqsEvent;
use proptest::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json};

use super::shape::{Shape, Sns, by_field};
use crate::ignored::IgnoredPart;

/// Usually the value that AWS documents, sometimes another.
fn mostly(usual: Value) -> impl Strategy<Value = Option<Value>> {
    prop_oneof![
        30 => Just(Some(usual)),
        3 => ".{0,12}".prop_map(|text| Some(json!(text))),
        1 => Just(Some(Value::Null)),
        1 => Just(Some(json!(3))),
        1 => Just(Some(json!({"a": {"Type": "String", "Value": "b"}}))),
        1 => Just(None),
    ]
}

fn object(fields: Vec<(&'static str, Value)>) -> impl Strategy<Value = Value> {
    let strategies: Vec<_> =
        fields.into_iter().map(|(name, usual)| (Just(name), mostly(usual))).collect();
    strategies.prop_map(|fields| {
        let present =
            fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        Value::Object(present.collect())
    })
}

fn sns_record() -> impl Strategy<Value = Value> {
    let inner = object(vec![
        ("Type", json!("Notification")),
        ("MessageId", json!("m")),
        ("TopicArn", json!("arn:aws:sns:eu-west-1:111122223333:t")),
        ("Subject", Value::Null),
        ("Timestamp", json!("2026-11-20T10:11:13.000Z")),
        ("SignatureVersion", json!("1")),
        ("Signature", json!("s")),
        ("SigningCertUrl", json!("https://x")),
        ("UnsubscribeUrl", json!("https://x")),
        ("Message", json!("{}")),
        ("MessageAttributes", json!({})),
    ]);
    let outer = object(vec![
        ("EventSource", json!("aws:sns")),
        ("EventVersion", json!("1.0")),
        ("EventSubscriptionArn", json!("arn:aws:sns:eu-west-1:111122223333:t:1")),
        ("Extra", json!(1)),
    ]);
    (outer, inner).prop_map(|(mut outer, inner)| {
        outer["Sns"] = inner;
        outer
    })
}

fn sqs_fields() -> Vec<(&'static str, Value)> {
    vec![
        ("messageId", json!("a")),
        ("receiptHandle", json!("r")),
        ("body", json!("{}")),
        ("attributes", json!({"ApproximateReceiveCount": "1"})),
        ("messageAttributes", json!({})),
        ("md5OfBody", json!("x")),
        ("eventSource", json!("aws:sqs")),
    ]
}

fn event_fields() -> Vec<(&'static str, Value)> {
    vec![
        ("version", json!("0")),
        ("id", json!("1")),
        ("detail-type", json!("RDS DB Cluster Event")),
        ("source", json!("aws.rds")),
        ("time", json!("2026-11-20T10:11:13Z")),
        ("resources", json!(["arn:aws:rds:eu-west-1:111122223333:cluster:orders"])),
        ("detail", json!({"EventID": "RDS-EVENT-0072"})),
    ]
}

/// The object with every field as AWS documents it.
fn usual(fields: Vec<(&'static str, Value)>) -> Value {
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        cases: 2000,
        ..ProptestConfig::default()
    })]

    #[test]
    fn what_the_type_of_sns_accepts_is_read_alike(
        records in prop::collection::vec(sns_record(), 1..3)
    ) {
        let payload = json!({"Records": records});
        if let Ok(typed) = SnsEvent::deserialize(&payload) {
            let Shape::Records(ours) = Shape::of(&payload) else {
                panic!("{payload} is not taken for an envelope")
            };
            prop_assert_eq!(ours.len(), typed.records.len());
            for (ours, typed) in ours.iter().zip(&typed.records) {
                let message = json!(typed.sns.message);
                let taken = typed.sns.timestamp.timestamp_millis();
                let read = Sns::of(ours).expect("an SNS record");
                let agrees = read.timestamp.is_none_or(|time| time.as_millisecond() == taken);
                prop_assert!(agrees, "{:?}", read.timestamp);
                let expected = Sns {
                    topic: Some(&typed.sns.topic_arn),
                    message: Some(&message),
                    timestamp: read.timestamp,
                };
                prop_assert_eq!(Sns::of(ours), Some(expected));
            }
        }
    }

    #[test]
    fn what_the_type_of_sqs_accepts_is_read_alike_by_its_fields(record in object(sqs_fields())) {
        if let Ok(typed) = SqsEvent::deserialize(&json!({"Records": [record]})) {
            let ours = by_field::sqs(&record);
            let typed = &typed.records[0];
            prop_assert_eq!((&ours.message_id, &ours.body), (&typed.message_id, &typed.body));
        }
    }

    #[test]
    fn what_the_type_of_eventbridge_accepts_is_read_alike_by_its_fields(
        event in object(event_fields())
    ) {
        if let Ok(typed) = EventBridgeEvent::<IgnoredPart>::deserialize(&event) {
            let ours = by_field::event_bridge(&event);
            prop_assert_eq!((&ours.source, &ours.detail_type), (&typed.source, &typed.detail_type));
            prop_assert_eq!((ours.time, &ours.resources), (typed.time, &typed.resources));
        }
    }
}

/// Without this test, the properties would also hold for types that accept nothing.
#[test]
fn the_types_of_sqs_and_eventbridge_accept_what_aws_documents() {
    let batch = json!({"Records": [usual(sqs_fields())]});
    let typed = SqsEvent::deserialize(&batch).expect("a batch");
    assert_eq!(typed.records[0].message_id.as_deref(), Some("a"));
    let event = usual(event_fields());
    let typed = EventBridgeEvent::<IgnoredPart>::deserialize(&event).expect("an event");
    assert_eq!(typed.source, "aws.rds");
}

/// The type of SNS accepts a good batch, so the property above tests something. It refuses a batch
/// with one bad record, which we must read.
#[test]
fn a_batch_with_one_bad_record_is_refused_by_the_type_of_sns_and_read_by_us() {
    let good = json!({
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": "a",
        "Sns": {
            "Type": "Notification", "MessageId": "m", "TopicArn": "t",
            "Timestamp": "2026-11-20T10:11:13.000Z", "SignatureVersion": "1", "Signature": "s",
            "SigningCertUrl": "u", "UnsubscribeUrl": "u", "Message": "m"
        }
    });
    assert!(SnsEvent::deserialize(&json!({"Records": [good]})).is_ok());
    let mut bad = good.clone();
    bad["Sns"].as_object_mut().expect("an object").remove("SignatureVersion");
    let payload = json!({"Records": [good, bad]});
    assert!(SnsEvent::deserialize(&payload).is_err());
    let request = super::read(&payload, &super::CallContext::of(&[])).expect("read");
    assert_eq!(request.topics, ["t", "t"]);
}
