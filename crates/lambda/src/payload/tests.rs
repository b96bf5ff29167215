#![allow(clippy::unwrap_used)]

mod trust;

use serde_json::json;
use writerlink_core::event::{EventId, SourceType};

use self::trust::vouching;
use super::*;

const NAMES: [&str; 2] = ["orders-writer", "billing"];
const NOW: &str = "2026-11-29T12:00:00Z";
const TOPIC: &str = "arn:aws:sns:eu-west-1:111122223333:rds-events";
const HELLO: &str = "This is a message to notify that RDS will attempt to send you event \
    notifications of type db-instance to the topic arn:aws:sns:eu-west-1:111122223333:rds-events.";

/// The configuration of these tests, at [`NOW`].
fn context(others: OtherNames) -> CallContext<'static> {
    CallContext { names: &NAMES, writers: &NAMES[..1], others, now: NOW.parse().unwrap() }
}

fn request(payload: &Value) -> Request {
    read(payload, &context(OtherNames::Refused)).unwrap()
}

fn refusal(payload: &Value) -> String {
    read(payload, &context(OtherNames::Refused)).unwrap_err().to_string()
}

fn record(message: &str) -> Value {
    let sns = json!({"Type": "Notification", "TopicArn": TOPIC, "Message": message});
    json!({"EventSource": "aws:sns", "Sns": sns})
}

fn completed(cluster: &str) -> String {
    json!({
        "Event Source": "db-cluster", "Event Time": "2021-05-12 18:06:48.701", "Source ID": cluster,
        "Event ID": "http://docs.amazonwebservices.com/AmazonRDS/latest/UserGuide/\
            USER_Events.html#RDS-EVENT-0071",
        "Event Message": "Completed failover to DB instance: orders-2"
    })
    .to_string()
}

#[test]
fn an_sns_envelope_gives_the_events_of_all_its_records_and_the_topic_they_came_through() {
    let request =
        request(&json!({"Records": [record(&completed("orders")), record(&completed("billing"))]}));
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
    let payload = json!({"Records": [
        record(&garbage),
        {"EventSource": "aws:sns"},
        {"EventSource": "aws:sns", "Sns": {"Message": 3}}
    ]});
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
        "version": "0", "detail-type": "RDS DB Cluster Event", "source": "aws.rds",
        "time": "2018-10-06T12:26:13Z",
        "detail": {
            "EventID": "RDS-EVENT-0071",
            "SourceIdentifier": "rds:orders",
            "SourceType": "CLUSTER"
        }
    });
    let with = request(&payload).trigger;
    assert_eq!(with.kind, TriggerKind::EventBridge);
    assert_eq!((with.events[0].id, with.events[0].about), (Some(EventId(71)), SourceType::Cluster));
    payload["detail"].as_object_mut().unwrap().remove("EventID");
    let without = request(&payload).trigger;
    assert_eq!((without.events[0].id, without.events.len()), (None, 1));
}

#[test]
fn an_eventbridge_envelope_never_errors_for_its_content() {
    for payload in [
        json!({"detail-type": "RDS DB Cluster Event", "source": "aws.rds"}),
        json!({"detail-type": null, "source": 3}),
        json!({"detail-type": "EC2 Instance State-change \
            Notification", "source": "aws.ec2", "detail": "x".repeat(300_000)}),
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
        assert_eq!(request(&payload).trigger, Trigger::sweep(TriggerKind::Schedule), "{payload}");
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
        (json!({"bindings": ["billing"]}), Trigger { only: only.clone(), ..plain }),
        (
            json!({"bindings": ["billing"], "mode": "plan"}),
            Trigger { only, ..Trigger::dry_run(TriggerKind::Invoke) },
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
        (json!({"bindings": "billing"}), "`bindings` is \"billing\", which is not a list"),
        (json!({"bindings": ["billing", 3]}), "`bindings` is [\"billing\",3], which is not a list"),
        (
            json!({"bindings": ["billing", "invoices"]}),
            "names `invoices`, which the configuration does not have",
        ),
        (json!({"trigger": "swep"}), "exactly {\"trigger\": \"sweep\"}"),
        (json!({"trigger": "sweep", "mode": "plan"}), "`trigger` together with other keys"),
        (json!({"Records": []}), "unknown key `Records`"),
        (json!({"Records": [{"eventSource": "aws:s3", "s3": {}}]}), "unknown key `Records`"),
        (json!([{"mode": "plan"}]), "which is not an object"),
        (json!("{\"mode\": \"plan\"}"), "encoded twice"),
        (json!("{}"), "encoded twice"),
        (json!({"source": "aws.rds"}), "unknown key `source`"),
        (json!({"Source ID": "orders"}), "unknown key `Source ID`"),
        (json!({"eventSource": "x"}), "unknown key `eventSource`"),
        (json!(null), "is null, which is not an object"),
        (json!(3), "is 3, which is not an object"),
        (json!(true), "is true, which is not an object"),
        (json!("x"), "is \"x\", which is not an object"),
        (json!([]), "is [], which is not an object"),
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
        vouching(&json!({"trust": garbage})),
        vouching(&json!({"writer": garbage})),
        vouching(&json!({"expires": garbage})),
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
    let text = read(&json!(1), &CallContext::of(&names)).unwrap_err().to_string();
    assert!(text.contains("`binding-19`, and 280 more"), "{text}");
}

#[test]
fn a_name_that_the_configuration_lacks_may_be_that_of_a_tagged_group() {
    let payload = json!({"bindings": ["orders-link"]});
    assert!(read(&payload, &context(OtherNames::Refused)).is_err());
    let request = read(&payload, &context(OtherNames::MayBeTagged)).unwrap();
    assert_eq!(request.trigger.only, Some(vec!["orders-link".to_owned()]));
    let mistyped = json!({"binding": ["orders-link"]});
    assert!(read(&mistyped, &context(OtherNames::MayBeTagged)).is_err());
}

/// The SNS body of RDS for a failover that has started.
fn started() -> Value {
    let mut body: Value = serde_json::from_str(&completed("orders")).unwrap();
    body["Event ID"] = json!("http://docs.amazonwebservices.com/x.html#RDS-EVENT-0072");
    body
}

/// The EventBridge event of the same failover.
fn started_event() -> Value {
    json!({
        "version": "0", "id": "1", "detail-type": "RDS DB Cluster Event", "source": "aws.rds",
        "account": "111122223333", "time": "2021-05-12T18:06:48Z", "region": "eu-west-1",
        "resources": ["arn:aws:rds:eu-west-1:111122223333:cluster:orders"],
        "detail": {
            "EventCategories": ["failover"], "SourceType": "CLUSTER", "SourceIdentifier": "orders",
            "Date": "2021-05-12T18:06:48.701Z", "EventID": "RDS-EVENT-0072"
        }
    })
}

type Wrapper = (&'static str, fn(Value) -> Value);

/// Each way of wrapping content, by its name.
fn wrappers() -> Vec<Wrapper> {
    fn text(content: &Value) -> Value {
        json!(content.as_str().map_or_else(|| content.to_string(), str::to_owned))
    }
    vec![
        ("an SNS envelope", |content| {
            let sns = json!({"TopicArn": TOPIC, "Message": text(&content)});
            json!({"Records": [{"EventSource": "aws:sns", "Sns": sns}]})
        }),
        ("an SNS envelope with an object", |content| {
            let sns = json!({"TopicArn": TOPIC, "Message": content});
            json!({"Records": [{"EventSource": "aws:sns", "Sns": sns}]})
        }),
        ("an SNS notification", |content| {
            json!({
                "Type": "Notification", "MessageId": "m", "TopicArn": TOPIC,
                "Message": text(&content)
            })
        }),
        ("an SQS envelope", |content| {
            json!({"Records": [{
                "messageId": "a", "body": text(&content), "attributes": {},
                "messageAttributes": {}, "eventSource": "aws:sqs"
            }]})
        }),
        ("an SQS envelope with odd attributes", |content| {
            json!({"Records": [{
                "messageId": "a", "body": text(&content), "attributes": {"n": 1},
                "eventSource": "aws:sqs"
            }]})
        }),
        ("a pipe", |content| {
            json!([{
                "messageId": "a", "receiptHandle": "r", "body": content,
                "eventSource": "aws:sqs"
            }])
        }),
        ("a pipe of texts", |content| json!([text(&content)])),
        ("a destination", |content| {
            json!({
                "version": "1.0", "timestamp": "t",
                "requestContext": {"condition": "RetriesExhausted"},
                "requestPayload": content, "responsePayload": {"errorType": "NotOk"}
            })
        }),
        ("a destination's bus", |content| {
            json!({
                "detail-type": "Lambda Function Invocation Result - Failure",
                "source": "lambda",
                "detail": {"version": "1.0", "requestContext": {}, "requestPayload": content}
            })
        }),
    ]
}

#[test]
fn an_event_is_found_in_every_wrapper_and_in_every_wrapper_of_it() {
    let mut event_bridge_twice = started_event();
    event_bridge_twice["detail"] = json!(event_bridge_twice["detail"].to_string());
    let contents = [
        started(),
        json!(started().to_string()),
        json!(json!(started().to_string()).to_string()),
        started_event(),
        started_event()["detail"].clone(),
        event_bridge_twice,
    ];
    let mut seen = 0;
    for content in &contents {
        for (outer, wrap) in wrappers() {
            for (inner, wrap_inner) in wrappers() {
                for payload in [wrap(content.clone()), wrap(wrap_inner(content.clone()))] {
                    let request = request(&payload);
                    let [event] = request.trigger.events.as_slice() else {
                        panic!("{inner} in {outer}: {request:?} of {payload}")
                    };
                    assert_eq!(event.id, Some(EventId(72)), "{inner} in {outer}");
                    assert_eq!(event.about, SourceType::Cluster, "{inner} in {outer}");
                    assert_eq!(event.source, "orders".parse().ok(), "{inner} in {outer}");
                    assert_eq!(
                        event.time,
                        "2021-05-12T18:06:48.701Z".parse().ok(),
                        "{inner} in {outer}"
                    );
                    assert_eq!(request.trigger.unreadable, 0);
                    seen += 1;
                }
            }
        }
    }
    assert_eq!(seen, 6 * 9 * 9 * 2);
}

#[test]
fn a_kind_is_that_of_the_outermost_wrapper() {
    use TriggerKind::{Destination, EventBridge, Pipes, Sns, Sqs};
    let kinds = [Sns, Sns, Sns, Sqs, Sqs, Pipes, Pipes, Destination, EventBridge];
    for ((name, wrap), kind) in wrappers().into_iter().zip(kinds) {
        let payload = wrap(wrappers()[3].1(started()));
        assert_eq!(request(&payload).trigger.kind, kind, "{name}");
    }
}

#[test]
fn what_cannot_be_read_in_a_wrapper_is_a_sweep_and_says_what_it_is() {
    let deep = (0..20).fold(started(), |content, _| wrappers()[7].1(content));
    for (content, says) in [
        (json!("?"), "not JSON"),
        (json!(""), "is empty"),
        (json!("{}"), "not an RDS event"),
        (json!(3), ""),
        (json!({"AlarmName": "a", "Trigger": {"MetricName": "m"}}), "not an RDS event"),
        (json!("[[[["), "not JSON"),
        (json!("[]"), "an empty list"),
        (json!([]), "an empty list"),
        (json!("[[]]"), "an empty list"),
        (deep, "more than 16 levels"),
    ] {
        for (name, wrap) in wrappers() {
            if name == "a pipe of texts" {
                continue;
            }
            let request = request(&wrap(content.clone()));
            assert!(request.trigger.is_sweep(), "{name}: {content}");
            assert_eq!(
                (request.trigger.unreadable, request.trigger.intent),
                (1, Intent::Reconcile),
                "{name}: {content}"
            );
            let text = &request.unreadable[0];
            assert!(text.contains(says), "{name}: {text}");
        }
    }
}

#[test]
fn a_bad_record_spoils_no_other() {
    let good = wrappers()[3].1(started())["Records"][0].clone();
    let heavy = format!("[{}0]", "{\"\":0},".repeat(200_000));
    for bad in [
        json!(null),
        json!({}),
        json!({"eventSource": "aws:sqs"}),
        json!({"eventSource": "aws:sqs", "messageId": "b", "body": "[".repeat(10_000)}),
        json!({"eventSource": "aws:sqs", "messageId": "b", "body": heavy}),
        json!({"eventSource": "aws:sqs", "messageId": "b", "body": "{\"mode\": \"plan\"}"}),
    ] {
        for records in [json!([bad, good]), json!([good, bad])] {
            let request = request(&json!({ "Records": records }));
            let trigger = &request.trigger;
            assert_eq!((trigger.events.len(), trigger.unreadable), (1, 1));
            assert_eq!((trigger.kind, trigger.intent), (TriggerKind::Sqs, Intent::Reconcile));
        }
    }
}

#[test]
fn a_call_by_hand_in_a_wrapper_is_not_executed_and_writes_nothing() {
    for call in [
        json!({"mode": "plan"}),
        json!({"Mode": "plan"}),
        json!({"mod": "Plan"}),
        json!({"mode": "plan", "bindings": ["billing"]}),
        json!({"mode": "reconcile"}),
        json!({"bindings": ["billing"]}),
        json!({"mode": "plan", "Event Source": "db-cluster", "Source ID": "orders"}),
    ] {
        for (outer, wrap) in wrappers() {
            for payload in [wrap(call.clone()), wrap(wrappers()[0].1(call.clone()))] {
                let Ok(request) = read(&payload, &context(OtherNames::Refused)) else {
                    assert_eq!(outer, "a pipe of texts");
                    continue;
                };
                let trigger = &request.trigger;
                assert_eq!(
                    (trigger.intent, trigger.events.len()),
                    (Intent::Plan, 0),
                    "{outer}: {call}"
                );
                assert!(
                    trigger.only.is_none() && request.unreadable[0].contains("by hand"),
                    "{request:?}"
                );
            }
        }
    }
}

#[test]
fn a_call_by_hand_beside_a_request_of_cloudformation_writes_nothing_beyond_that_request() {
    let record = |content: &Value| wrappers()[3].1(content.clone())["Records"][0].clone();
    let (call, event) = (json!({"mode": "plan"}), started());
    let stack = crate::sample::custom_resource("Delete");
    for (contents, intent) in [
        (vec![&call, &stack], Intent::Plan),
        (vec![&stack, &call], Intent::Plan),
        (vec![&stack, &call, &event], Intent::Reconcile),
    ] {
        let records: Vec<Value> = contents.into_iter().map(record).collect();
        let request = request(&json!({ "Records": records }));
        assert_eq!((request.trigger.intent, request.stacks.len()), (intent, 1));
        assert!(!request.only_stacks);
    }
}

#[test]
fn a_mistyped_call_beside_records_or_an_event_is_refused_and_other_fields_of_aws_are_not() {
    let siblings = [
        ("binding", json!(["orders-writer"])),
        ("dryRun", json!(true)),
        ("dry-run", json!("true")),
        ("DRY_RUN", json!(1)),
        ("mode ", json!("dry")),
        (" Mode", json!(null)),
        ("Plan", json!(true)),
        ("Bindings", json!([])),
    ];
    let sns = wrappers()[0].1(started());
    let sqs = wrappers()[3].1(started());
    for payload in [&sns, &sqs, &started_event()] {
        for (key, value) in &siblings {
            let mut payload = payload.clone();
            payload[*key] = value.clone();
            let text = refusal(&payload);
            assert!(text.contains(&format!("`{key}` beside")), "{key:?} gave {text}");
            assert!(text.contains("Nothing was written"), "{text}");
        }
    }
    for payload in [&sns, &sqs] {
        let mut payload = payload.clone();
        payload["simulate"] = json!(true);
        let text = refusal(&payload);
        assert!(text.contains("`simulate` beside `Records`"), "{text}");
        for (name, wrap) in wrappers() {
            let request = request(&wrap(payload.clone()));
            assert_eq!(request.trigger.events.len(), 1, "{name}");
        }
    }
    let mut event = started_event();
    event["replay-name"] = json!("r");
    assert_eq!(request(&event).trigger.events.len(), 1);
}

#[test]
fn a_call_beside_the_fields_of_an_envelope_or_a_key_that_stands_twice_is_refused() {
    let refused = |text: &str| match open(text) {
        Err(fault) => fault.text,
        Ok(Opened::ByHand(call)) => refusal(&call),
        Ok(Opened::Envelope(request)) => panic!("{text} gave {request:?}"),
    };
    for (text, says) in [
        (r#"{"mode": "plan", "mode": "reconcile"}"#, "the key `mode` twice"),
        (r#"{"mode": "plan", "mo\u0064e": "reconcile"}"#, "the key `mode` twice"),
        (r#"{"bindings": ["billing"], "bindings": ["orders-writer"]}"#, "`bindings` twice"),
        (r#"{"Records": [], "Records": [{"EventSource": "aws:sns"}]}"#, "`Records` twice"),
        (r#"[{"eventSource": "aws:sqs", "body": "x", "body": "y"}]"#, "`body` twice"),
        (r#"{"trigger": "sweep", "trigger": "sweep"}"#, "`trigger` twice"),
        (r#"{"mode": "plan"} {"mode": "reconcile"}"#, "not JSON"),
        (r#"{"mode": "plan", "source": null, "detail-type": null}"#, "`mode` beside"),
        (r#"{"mode": "plan", "detail": {}, "source": "aws.rds"}"#, "`mode` beside"),
        (r#"{"bindings": [], "detail": {}}"#, "`bindings` is empty"),
        (r#"{"mode": "plan", "Records": null}"#, "unknown key `Records`"),
        (r#"{"mode": "plan", "Records": []}"#, "unknown key `Records`"),
        (r#"{"mode": "plan", "requestPayload": {}, "requestContext": {}}"#, "`mode` beside"),
        (r#"[{"mode": "plan"}, {"eventSource": "aws:sqs", "body": "x"}]"#, "`mode` beside"),
        (r#"{"mode": "plan", "detail-type": null}"#, "unknown key `detail-type`"),
        (r#"{"mode": "plan", "RequestType": "Create"}"#, "unknown key `RequestType`"),
    ] {
        let fault = refused(text);
        assert!(fault.contains(says), "{text} gave {fault:?}, not {says:?}");
    }
    for word in ["mode", "Mode", "MODE", "bindings", "trigger", "trust", "writer", "expires"] {
        for (name, wrap) in wrappers() {
            let mut payload = wrap(started());
            if let Some(keys) = payload.as_object_mut() {
                keys.insert(word.to_owned(), json!("sweep"));
                assert!(refusal(&payload).contains("beside"), "`{word}` beside {name}");
            }
        }
    }
    for (name, wrap) in wrappers() {
        let mut payload = wrap(started());
        if let Some(keys) = payload.as_object_mut() {
            keys.insert("moed".to_owned(), json!("plan"));
            assert!(refusal(&payload).contains("beside"), "a mistyped dry run beside {name}");
        }
    }
}

#[test]
fn a_request_of_cloudformation_is_found_in_every_wrapper() {
    let stack = crate::sample::custom_resource("Create");
    for (name, wrap) in wrappers() {
        let request = request(&wrap(stack.clone()));
        assert_eq!((request.stacks.len(), request.only_stacks), (1, true), "{name}");
    }
    let mut mixed = stack;
    mixed["mode"] = json!("plan");
    let fault = open(&mixed.to_string()).unwrap_err();
    assert!(fault.stack.is_some() && fault.text.contains("`mode` beside"), "{fault:?}");
}

#[test]
fn the_scheduler_reaches_us_through_every_wrapper() {
    for (name, wrap) in wrappers() {
        if name == "a pipe of texts" {
            continue;
        }
        for content in [
            json!({"trigger": "sweep"}),
            json!(HELLO),
            json!({"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}),
        ] {
            let request = request(&wrap(content));
            assert!(
                request.trigger.is_sweep() && request.trigger.unreadable == 0,
                "{name}: {request:?}"
            );
            assert_eq!(request.trigger.intent, Intent::Reconcile);
        }
    }
}
