//! The same program as the recorder.

use super::*;

const RECORDER: (&str, &str) = ("WRITERLINK_ROLE", "recorder");

/// An event of a failover of `orders`, as it comes through SNS.
fn event(age: Duration) -> Value {
    let time = jiff::Timestamp::now() - age;
    let (sns, rds) = (format!("{time:.3}"), time.strftime("%Y-%m-%d %H:%M:%S.000"));
    let message = json!({
        "Event Source": "db-cluster", "Source ID": "orders", "Event Time": rds.to_string(),
        "Event ID": "http://docs.amazonwebservices.com/x.html#RDS-EVENT-0073",
    });
    json!({"Records": [{"EventSource": "aws:sns", "Sns": {
        "TopicArn": "arn:aws:sns:eu-west-1:111122223333:rds", "Timestamp": sns,
        "Message": message.to_string(),
    }}]})
}

#[test]
fn an_unknown_role_or_probe_is_told_in_every_answer() {
    for (variables, says) in [
        (&[("WRITERLINK_ROLE", "record")][..], "WRITERLINK_ROLE is \"record\": set it to"),
        (&[RECORDER, ("WRITERLINK_PROBE", "yes")], "WRITERLINK_PROBE is \"yes\": set it to"),
    ] {
        let lambda = Lambda::start_as("http://127.0.0.1:1", CONFIG, variables);
        let (path, error) = lambda.invoke(&json!({"trigger": "sweep"}));
        assert!(path.ends_with("/error") && error["errorType"] == "NotReady", "{path} {error}");
        assert!(error["errorMessage"].as_str().unwrap().contains(says), "{error}");
        lambda.end();
    }
}

#[test]
fn what_is_no_event_of_a_failover_ends_at_once_and_calls_nothing() {
    let aws = DenyingAws::start();
    let lambda = Lambda::start_as(&aws.address, CONFIG, &[RECORDER]);
    for (payload, reason) in [
        (json!({"trigger": "sweep"}), "no-event"),
        (event(Duration::from_secs(3600)), "too-old"),
        (
            json!({"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}),
            "no-event",
        ),
    ] {
        let (path, answer) = lambda.invoke(&payload);
        assert!(path.ends_with("/response"), "{path} {answer}");
        assert_eq!((&answer["recorded"], &answer["reason"]), (&json!(false), &json!(reason)));
    }
    let (_, ready) = lambda.invoke(&json!({}));
    assert_eq!(
        (&ready["role"], &ready["records"], &ready["probe"]),
        (&json!("recorder"), &json!(["orders-writer"]), &Value::Null)
    );
    let (path, refused) = lambda.invoke(&json!({"bindings": ["order-writer"]}));
    assert!(path.ends_with("/error") && refused["errorType"] == "PayloadRefused", "{refused}");
    assert!(aws.requests.lock().unwrap().is_empty());
    let lines = lambda.end();
    let ignored: Vec<_> = lines.iter().filter_map(|line| line.get("Ignored")).collect();
    assert_eq!(ignored, [1, 1, 1, 0, 0]);
}

#[test]
fn an_event_of_a_failover_gives_a_record_and_nothing_is_ever_written() {
    let aws = DenyingAws::start();
    let lambda = Lambda::start_as(&aws.address, CONFIG, &[RECORDER]);
    let payload = event(Duration::from_secs(7)).to_string();
    let (path, answer) = lambda.invoke_within(Duration::from_secs(4), payload.as_bytes());
    assert!(path.ends_with("/response") && answer["recorded"] == true, "{path} {answer}");
    let lines = lambda.end();
    let record = lines.iter().find(|line| line["kind"] == "record").unwrap();
    assert_eq!(*record, answer["records"][0]);
    for (field, value) in [
        ("version", json!(1)),
        ("binding", json!("orders-writer")),
        ("function", json!("writerlink")),
        ("region", json!("eu-west-1")),
        ("end", json!("could-not-tell")),
    ] {
        assert_eq!(record[field], value, "{field}");
    }
    assert_eq!(record["cause"]["event"], "RDS-EVENT-0073");
    assert!(record["cause"]["sns"].is_string(), "{record}");
    let gaps: Vec<_> = record["gaps"].as_array().unwrap().iter().map(|gap| &gap["why"]).collect();
    assert!(!gaps.is_empty() && gaps.iter().all(|why| **why == "access-denied"), "{record}");
    let lag = lines.iter().find(|line| line.get("EventLag").is_some()).unwrap();
    assert_eq!(
        (&lag["Binding"], &lag["Function"]),
        (&json!("orders-writer"), &json!("writerlink"))
    );
    assert!((7.0..20.0).contains(&lag["EventLag"].as_f64().unwrap()), "{lag}");
    let text = record.to_string();
    assert!(!text.contains("111122223333") && !text.contains("arn:"), "{text}");
    let requests = aws.requests.lock().unwrap();
    assert!(requests.len() > 2 && requests.iter().all(|one| one.starts_with("Action=Describe")));
}

#[test]
fn a_stack_that_asks_the_recorder_is_told_to_ask_the_other_function() {
    let lambda = Lambda::start_as("http://127.0.0.1:1", CONFIG, &[RECORDER]);
    let (path, error) = lambda.invoke(&json!({
        "RequestType": "Create", "ResponseURL": "https://example.com/", "StackId": "s",
        "RequestId": "r", "LogicalResourceId": "l", "ResourceType": "Custom::Writerlink",
        "ServiceToken": "t", "ResourceProperties": {}
    }));
    assert!(path.ends_with("/error") && error["errorType"] == "StackRequestRefused", "{error}");
    lambda.end();
}
