//! Sends every recorded event through the real `bootstrap` while everything is in sync.

use std::fs;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};
use writerlink_lab::wire::Ending;
use writerlink_tests::deployed_lab::{DeployedLab, envelope, error, sns};
use writerlink_tests::kinds::{self, SETS};
use writerlink_tests::python::tests_dir;

fn recorded(name: &str) -> Value {
    let path = tests_dir().join("events").join(name);
    let text =
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_recorded_event_is_taken_for_what_it_is_and_writes_nothing_where_nothing_is_wrong() {
    let deployed = DeployedLab::begin().await;
    for (file, kind, event, source, bindings) in [
        ("sns-hello.json", "sns", None, None, 2),
        ("sns-2016-instance-0013.json", "sns", Some("RDS-EVENT-0013"), Some("billing"), 1),
        ("sns-2018.json", "sns", None, Some("billing"), 1),
        ("sns-2020-cluster-0071.json", "sns", Some("RDS-EVENT-0071"), Some("orders"), 1),
        ("sns-2021-cluster-0071.json", "sns", Some("RDS-EVENT-0071"), Some("orders"), 1),
        ("sns-2021-cluster-0072.json", "sns", Some("RDS-EVENT-0072"), Some("orders"), 1),
        ("sns-2021-instance-0049.json", "sns", Some("RDS-EVENT-0049"), Some("billing"), 1),
        ("sns-instance-0013-of-cluster-member.json", "sns", Some("RDS-EVENT-0013"), None, 1),
        ("unknown-database.json", "sns", None, None, 0),
        ("sns-multi-az-cluster-0073.json", "sns", None, None, 0),
        ("eventbridge-multi-az-cluster-0071.json", "event-bridge", None, None, 0),
        ("garbage-in-sns.json", "sns", None, None, 2),
        ("eventbridge-cluster.json", "event-bridge", None, Some("orders"), 1),
        ("eventbridge-without-eventid.json", "event-bridge", None, None, 1),
        ("eventbridge-blue-green-0248.json", "event-bridge", None, None, 2),
        ("sns-blue-green-0260.json", "sns", None, None, 2),
        ("sns-cluster-0172.json", "sns", Some("RDS-EVENT-0172"), Some("orders"), 1),
        ("sns-global-0185.json", "sns", Some("RDS-EVENT-0185"), Some("orders"), 1),
        (
            "eventbridge-other-detail-type.json",
            "event-bridge",
            Some("RDS-EVENT-0072"),
            Some("orders"),
            1,
        ),
        ("sns-eventbridge-cluster-0072.json", "sns", Some("RDS-EVENT-0072"), Some("orders"), 1),
        ("sns-eventbridge-snapshot-0091.json", "sns", Some("RDS-EVENT-0091"), None, 0),
        ("destination-sns.json", "destination", Some("RDS-EVENT-0072"), Some("orders"), 1),
        ("eventbridge-destination.json", "event-bridge", Some("RDS-EVENT-0072"), Some("orders"), 1),
        ("scheduled.json", "schedule", None, None, 2),
        ("scheduler-sweep.json", "schedule", None, None, 2),
        ("by-hand-empty.json", "invoke", None, None, 2),
        ("by-hand-plan.json", "invoke", None, None, 2),
        ("by-hand-one-binding.json", "invoke", None, None, 1),
    ] {
        let ending = deployed.deliver(&recorded(file)).await;
        let answer = ending.answer().unwrap_or_else(|| panic!("{file}: {ending:?}"));
        assert_eq!(answer["ok"], true, "{file}: {answer:#}");
        assert_eq!(answer["trigger"]["kind"], kind, "{file}");
        if let Some(event) = event {
            assert_eq!(answer["trigger"]["event"], event, "{file}");
        }
        if let Some(source) = source {
            assert_eq!(answer["trigger"]["source"], source, "{file}");
        }
        let reported = answer["bindings"].as_array().map_or(0, Vec::len);
        assert_eq!(reported, bindings, "{file}: {answer:#}");
    }
    assert_eq!(deployed.writes(), [""; 0]);
}

/// A recorded event of November 2026, as if it came now.
fn at_present(name: &str) -> Value {
    let now = jiff::Timestamp::now();
    let text = recorded(name).to_string();
    let text =
        text.replace("2026-11-20T10:11:13Z", &now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    let text =
        text.replace("2026-11-20 10:11:13.000", &now.strftime("%Y-%m-%d %H:%M:%S%.3f").to_string());
    assert_ne!(text, recorded(name).to_string());
    serde_json::from_str(&text).expect("JSON")
}

/// A failover that the event announces comes 8 s after it, which no single look sees.
async fn is_followed(name: &str, change: fn(&mut Value)) {
    // DNS goes back and forth for some seconds after that.
    let patient = |config: String| config.replace("patience-started = 12", "patience-started = 24");
    let deployed = DeployedLab::with(|_| {}, patient).await;
    let mut payload = at_present(name);
    change(&mut payload);
    let old = deployed.writer(deployed.orders());
    let fail_over = async {
        tokio::time::sleep(Duration::from_secs(8)).await;
        deployed.lab.world().failover_db_cluster("orders", None).expect("failover");
    };
    let (ending, ()) = tokio::join!(deployed.deliver(&payload), fail_over);
    let answer =
        ending.answer().unwrap_or_else(|| panic!("{name}: {ending:?}\n{}", deployed.log()));
    let writer = deployed.writer(deployed.orders());
    assert_ne!(old, writer, "{name}");
    // The events of the failover itself wait until this run is over.
    let mine = deployed.lab.invocations()[0].request_id.clone();
    let log = deployed.log();
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let registered: Vec<String> = lines
        .filter(|line| line["request_id"] == mine.as_str() && line["kind"] == "register")
        .map(|line| line["message"].to_string())
        .collect();
    assert!(
        registered.len() == 1 && registered[0].contains(&writer.to_string()),
        "{name}: {registered:?}\n{log}"
    );
    if answer.get("batchItemFailures").is_some() {
        assert_eq!(answer, json!({"batchItemFailures": []}), "{name}");
    } else {
        assert_eq!(answer["trigger"]["event"], "RDS-EVENT-0072", "{name}: {answer:#}\n{log}");
        assert_eq!(
            (&answer["ok"], &answer["bindings"][0]["status"]),
            (&json!(true), &json!("changed")),
            "{name}: {answer:#}\n{log}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_announces_a_failover_is_followed_in_every_shape_that_people_receive() {
    let unchanged: fn(&mut Value) = |_| {};
    join_all([
        is_followed("sns-eventbridge-cluster-0072.json", unchanged),
        is_followed("sns-source-id-is-an-arn.json", unchanged),
        is_followed("sns-name-in-the-link.json", unchanged),
        is_followed("eventbridge-other-detail-type.json", unchanged),
        is_followed("eventbridge-other-detail-type.json", |event| {
            // Nothing names the database: every binding is watched.
            event["resources"] = json!([]);
            event["detail"]["SourceIdentifier"] = json!("?");
            event["detail"]["SourceArn"] = Value::Null;
        }),
    ])
    .await;
    join_all([
        is_followed("sqs-eventbridge.json", unchanged),
        is_followed("sqs-sns.json", unchanged),
        is_followed("pipes-sqs.json", unchanged),
        is_followed("destination-sns.json", unchanged),
        is_followed("sqs-destination.json", unchanged),
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_means_nothing_to_us_costs_no_call_in_any_shape() {
    let deployed = DeployedLab::begin().await;
    for (file, queue) in [
        ("sns-eventbridge-snapshot-0091.json", false),
        ("sns-eventbridge-snapshot-0091.json", true),
    ] {
        let mut payload = recorded(file);
        if queue {
            let body = payload["Records"][0]["Sns"]["Message"].clone();
            payload =
                json!({"Records": [{"messageId": "a", "eventSource": "aws:sqs", "body": body}]});
        }
        let ending = deployed.deliver(&payload).await;
        assert!(ending.answer().is_some(), "{ending:?}");
    }
    assert_eq!(deployed.lab.world().calls.total(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_held_binding_sends_no_record_back_to_its_queue() {
    let deployed =
        DeployedLab::with(|_| {}, |config| config.replacen("cluster/orders", "cluster/ordres", 1))
            .await;
    let mut payload = at_present("sqs-sns.json");
    let body = payload["Records"][0]["body"].as_str().expect("a text").replace("orders", "ordres");
    payload["Records"][0]["body"] = json!(body);
    let ending = deployed.deliver(&payload).await;
    assert_eq!(ending.answer(), Some(json!({"batchItemFailures": []})), "{ending:?}");
    let measured = deployed.log().lines().any(|line| line.contains("\"NotOk\":1"));
    assert!(measured, "{}", deployed.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_wakes_a_set_is_counted_where_nobody_follows_one() {
    let (with_sets, without) =
        tokio::join!(DeployedLab::with(kinds::add, |config| config), DeployedLab::begin());
    let bindings = |answer: &Value| answer["bindings"].as_array().map_or(0, Vec::len);
    for (file, event, source, followed) in [
        ("sns-proxy-0207.json", "RDS-EVENT-0207", "front", false),
        ("eventbridge-proxy-0204.json", "RDS-EVENT-0204", "front", false),
        ("sns-instance-0005-of-a-reader.json", "RDS-EVENT-0005", "orders-3", true),
        ("sns-instance-0385.json", "RDS-EVENT-0385", "orders-3", true),
        ("sns-cluster-0172.json", "RDS-EVENT-0172", "orders", true),
    ] {
        let ending = with_sets.deliver(&recorded(file)).await;
        let answer = ending.answer().unwrap_or_else(|| panic!("{file}: {ending:?}"));
        let trigger = (&answer["trigger"]["event"], &answer["trigger"]["source"]);
        assert_eq!(trigger, (&json!(event), &json!(source)), "{file}");
        assert_eq!((&answer["ok"], &answer["unmatched"]), (&json!(true), &json!(0)), "{file}");
        let concerned = bindings(&answer);
        assert!((1..2 + SETS.len()).contains(&concerned), "{file}: {answer:#}");

        let ending = without.deliver(&recorded(file)).await;
        let answer = ending.answer().unwrap_or_else(|| panic!("{file}: {ending:?}"));
        let (looked_at, unmatched) = if followed { (1, 0) } else { (0, 1) };
        assert_eq!(
            (bindings(&answer), &answer["unmatched"]),
            (looked_at, &json!(unmatched)),
            "{file}: {answer:#}"
        );
    }
    assert_eq!((with_sets.writes(), without.writes()), (vec![], vec![]));
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_of_any_size_is_bounded_in_the_log_and_becomes_a_sweep_inside_an_envelope() {
    let deployed = DeployedLab::begin().await;
    let garbage = "\u{1b}[31m\nforged line\n".repeat(20_000);
    assert!(garbage.len() > 300_000);
    let ending = deployed.deliver(&envelope(&garbage)).await;
    assert_eq!(ending.answer().expect("an answer")["ok"], true);
    let by_hand = deployed.deliver(&json!({"mode": garbage})).await;
    let (kind, document) = error(&by_hand);
    assert_eq!(kind, "PayloadRefused");
    assert!(document.len() < 3000, "{} bytes", document.len());
    let log = deployed.log();
    assert!(log.len() < 30_000, "{} bytes of log", log.len());
    for line in log.lines() {
        assert!(serde_json::from_str::<Value>(line).is_ok(), "a line that is no JSON: {line:?}");
    }
}

/// A call in which a person vouches for DNS, for so many seconds.
fn vouching(binding: &str, seconds: i64) -> Value {
    let expires = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(seconds);
    json!({
        "bindings": [binding], "trust": "dns", "writer": "orders-2",
        "expires": expires.to_string()
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_who_vouches_for_dns_while_rds_can_be_read_changes_nothing_and_is_told_so() {
    let deployed = DeployedLab::begin().await;
    let call = vouching("orders-writer", 300);
    let answer = deployed.ask(call.clone()).await;
    let (trust, binding) = (&answer["trigger"]["trust"], &answer["bindings"][0]);
    assert_eq!((&answer["ok"], &binding["status"]), (&json!(true), &json!("settled")));
    assert_eq!(trust["writer"], "orders-2");
    assert_eq!((&trust["expires"], &trust["used"]), (&call["expires"], &json!(false)));
    assert!(binding["notes"].to_string().contains("RDS could be read"), "{binding:#}");
    let log = deployed.log();
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let told = lines.filter(|line| line["kind"] == "trust").count();
    assert!(told == 1 && log.contains("the call vouches for DNS"), "{log}");
    assert_eq!(deployed.writes(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payload_by_hand_is_strict_and_a_refused_one_writes_nothing() {
    let deployed = DeployedLab::begin().await;
    // Something to do, so that a run would write.
    deployed.lab.world().failover_db_cluster("orders", None).expect("failover");
    deployed.lab.world().sns.take_deliveries();
    for payload in [
        json!({"mode": "paln"}),
        json!({"Mode": "plan"}),
        json!({"bindings": ["order-writer"]}),
        json!({"bindings": []}),
        json!({"trigger": "sweep", "mode": "plan"}),
        json!({"bindings": ["orders-writer"], "trust": "dns", "writer": "orders-2"}),
        vouching("billing", 300),
        vouching("orders-writer", 0),
        vouching("orders-writer", 660),
        json!([]),
        json!("plan"),
        Value::Null,
    ] {
        let (kind, document) = error(&deployed.deliver(&payload).await);
        assert_eq!(kind, "PayloadRefused", "{payload}");
        assert!(document.contains("Nothing was written"), "{document}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_by_hand_plans_and_writes_nothing() {
    let deployed = DeployedLab::with(
        |scene| {
            scene.world.failover_db_cluster("orders", None).expect("failover");
            scene.world.pass(Duration::from_secs(60));
            scene.world.sns.take_deliveries();
        },
        |config| config,
    )
    .await;
    let answer = deployed.ask(json!({"mode": "plan", "bindings": ["orders-writer"]})).await;
    let binding = &answer["bindings"][0];
    assert_eq!((&answer["ok"], &binding["status"]), (&json!(false), &json!("drift")), "{answer:#}");
    let planned: Vec<&str> =
        binding["planned"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
    assert!(
        planned[0].starts_with("register ") && planned[1].starts_with("deregister "),
        "{planned:?}"
    );
    assert_eq!(deployed.writes(), [""; 0]);
}

/// Each of these wrote, or something like it did.
#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_with_a_slip_never_writes() {
    let deployed = DeployedLab::with(
        |scene| {
            scene.world.failover_db_cluster("orders", None).expect("failover");
            scene.world.pass(Duration::from_secs(60));
            scene.world.sns.take_deliveries();
        },
        |config| config,
    )
    .await;
    for payload in [
        r#"{"mode": "plan", "mode": "reconcile"}"#,
        r#"{"mode": "plan", "mod\u0065": "reconcile"}"#,
        r#"{"mode": "plan", "Records": [{"EventSource": "aws:sns"}]}"#,
        r#"{"Mode": "plan", "Records": [{"EventSource": "aws:sns"}]}"#,
        r#"{"mod": "plan", "Records": [{"EventSource": "aws:sns"}]}"#,
        r#"{"mode": "plan", "source": null, "detail-type": null}"#,
        r#"{"bindings": ["billing"], "source": "aws.events", "detail-type": "Scheduled Event"}"#,
        r#"{"trigger": "plan", "source": "aws.rds", "detail": {}}"#,
        r#"{"bindings": [], "detail": {}}"#,
        r#"{"mode": "plan", "requestPayload": {}, "requestContext": {}}"#,
        r#"[{"mode": "plan"}]"#,
        r#"[{"mode": "plan"}, {"eventSource": "aws:sqs", "body": "x"}]"#,
        r#""{\"mode\": \"plan\"}""#,
    ] {
        let (kind, document) = error(&deployed.deliver_text(payload).await);
        assert_eq!(kind, "PayloadRefused", "{payload}");
        assert!(document.contains("Nothing was written"), "{document}");
    }
    let call = json!({"mode": "plan"});
    for payload in [
        envelope(&call.to_string()),
        json!({"Records": [
            {"messageId": "a", "eventSource": "aws:sqs", "body": call.to_string()}
        ]}),
        json!([{"messageId": "a", "eventSource": "aws:sqs", "body": call}]),
        json!({"version": "1.0", "requestContext": {}, "requestPayload": call}),
        json!({"Records": [{"EventSource": "aws:sns", "mode": "plan", "Sns": {"Message": "?"}}]}),
    ] {
        let ending = deployed.deliver(&payload).await;
        assert!(ending.answer().is_some(), "{payload}: {ending:?}");
    }
    let created = recorded("custom-resource-create.json");
    let mut mixed = created.clone();
    mixed["mode"] = json!("plan");
    mixed["ResponseURL"] = json!("https://elsewhere.example/a");
    assert_eq!(error(&deployed.deliver(&mixed).await).0, "StackRequestRefused");
    assert_eq!(deployed.writes(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_never_brings_an_address_a_group_or_a_database_of_its_own() {
    let deployed = DeployedLab::begin().await;
    let now = deployed.lab.world().timestamp();
    for source in
        ["10.66.6.6", "orders\",\"target\":\"10.66.6.6", "arn:aws:elasticloadbalancing:x", "ORDERS"]
    {
        let mut payload = sns("RDS-EVENT-0071", "db-cluster", source, now);
        payload["Records"][0]["Sns"]["target-group"] = json!("arn:aws:elasticloadbalancing:evil");
        let ending = deployed.deliver(&payload).await;
        assert!(matches!(ending, Ending::Answered(_)), "{source}: {ending:?}");
    }
    assert_eq!(deployed.writes(), [""; 0]);
    let asked: Vec<String> =
        deployed.lab.world().calls.iter().map(|call| format!("{:?}", call.parameters)).collect();
    assert!(asked.iter().all(|call| !call.contains("66.6.6") && !call.contains("evil")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stack_request_whose_answer_would_go_elsewhere_leads_to_no_request_and_no_run() {
    let deployed = DeployedLab::begin().await;
    let mut payload = recorded("custom-resource-create.json");
    payload["ResponseURL"] = json!(format!("{}/answer", deployed.lab.aws_endpoint()));
    assert_eq!(error(&deployed.deliver(&payload).await).0, "StackRequestRefused");
    assert_eq!(deployed.lab.world().calls.total(), 0);
}
