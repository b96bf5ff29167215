//! Every recorded event, through the real `bootstrap`, while everything is as it should be.

use std::fs;

use serde_json::{Value, json};
use writerlink_lab::wire::Ending;
use writerlink_tests::kinds::{self, SETS};
use writerlink_tests::python::tests_dir;
use writerlink_tests::stage::{Stage, envelope, error, sns};

fn recorded(name: &str) -> Value {
    let path = tests_dir().join("events").join(name);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_recorded_event_is_taken_for_what_it_is_and_writes_nothing_where_nothing_is_wrong() {
    let stage = Stage::begin().await;
    for (file, kind, event, source, bindings) in [
        ("sns-hello.json", "sns", None, None, 2),
        (
            "sns-2016-instance-0013.json",
            "sns",
            Some("RDS-EVENT-0013"),
            Some("billing"),
            2,
        ),
        ("sns-2018.json", "sns", None, Some("billing"), 2),
        (
            "sns-2020-cluster-0071.json",
            "sns",
            Some("RDS-EVENT-0071"),
            Some("orders"),
            2,
        ),
        (
            "sns-2021-cluster-0071.json",
            "sns",
            Some("RDS-EVENT-0071"),
            Some("orders"),
            2,
        ),
        (
            "sns-2021-cluster-0072.json",
            "sns",
            Some("RDS-EVENT-0072"),
            Some("orders"),
            2,
        ),
        (
            "sns-2021-instance-0049.json",
            "sns",
            Some("RDS-EVENT-0049"),
            Some("billing"),
            2,
        ),
        (
            "sns-instance-0013-of-cluster-member.json",
            "sns",
            Some("RDS-EVENT-0013"),
            None,
            2,
        ),
        ("unknown-database.json", "sns", None, None, 0),
        ("sns-multi-az-cluster-0073.json", "sns", None, None, 0),
        ("eventbridge-multi-az-cluster-0071.json", "event-bridge", None, None, 0),
        ("garbage-in-sns.json", "sns", None, None, 2),
        ("eventbridge-cluster.json", "event-bridge", None, Some("orders"), 2),
        ("eventbridge-without-eventid.json", "event-bridge", None, None, 2),
        ("eventbridge-blue-green-0248.json", "event-bridge", None, None, 2),
        ("sns-blue-green-0260.json", "sns", None, None, 2),
        (
            "sns-cluster-0172.json",
            "sns",
            Some("RDS-EVENT-0172"),
            Some("orders"),
            2,
        ),
        ("sns-global-0185.json", "sns", Some("RDS-EVENT-0185"), Some("orders"), 2),
        ("scheduled.json", "schedule", None, None, 2),
        ("scheduler-sweep.json", "schedule", None, None, 2),
        ("by-hand-empty.json", "invoke", None, None, 2),
        ("by-hand-plan.json", "invoke", None, None, 2),
        ("by-hand-one-binding.json", "invoke", None, None, 1),
    ] {
        let ending = stage.deliver(&recorded(file)).await;
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
    assert_eq!(stage.writes(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_wakes_a_set_is_counted_where_nobody_follows_one() {
    let (with_sets, without) = tokio::join!(Stage::with(kinds::add, |config| config), Stage::begin());
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
        assert_eq!(
            (&answer["ok"], &answer["unmatched"]),
            (&json!(true), &json!(0)),
            "{file}"
        );
        assert_eq!(bindings(&answer), 2 + SETS.len(), "{file}: {answer:#}");

        let ending = without.deliver(&recorded(file)).await;
        let answer = ending.answer().unwrap_or_else(|| panic!("{file}: {ending:?}"));
        let (looked_at, unmatched) = if followed { (2, 0) } else { (0, 1) };
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
    let stage = Stage::begin().await;
    let garbage = "\u{1b}[31m\nforged line\n".repeat(20_000);
    assert!(garbage.len() > 300_000);
    let ending = stage.deliver(&envelope(&garbage)).await;
    assert_eq!(ending.answer().expect("an answer")["ok"], true);
    let by_hand = stage.deliver(&json!({"mode": garbage})).await;
    let (kind, document) = error(&by_hand);
    assert_eq!(kind, "PayloadRefused");
    assert!(document.len() < 3000, "{} bytes", document.len());
    let log = stage.log();
    assert!(log.len() < 30_000, "{} bytes of log", log.len());
    for line in log.lines() {
        assert!(
            serde_json::from_str::<Value>(line).is_ok(),
            "a line that is no JSON: {line:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payload_by_hand_is_strict_and_a_refused_one_writes_nothing() {
    let stage = Stage::begin().await;
    // Something to do, so that a run would write.
    stage.lab.world().failover_db_cluster("orders", None).expect("failover");
    stage.lab.world().sns.take_deliveries();
    for payload in [
        json!({"mode": "paln"}),
        json!({"Mode": "plan"}),
        json!({"bindings": ["order-writer"]}),
        json!({"bindings": []}),
        json!({"trigger": "sweep", "mode": "plan"}),
        json!([]),
        json!("plan"),
        Value::Null,
    ] {
        let (kind, document) = error(&stage.deliver(&payload).await);
        assert_eq!(kind, "PayloadRefused", "{payload}");
        assert!(document.contains("Nothing was written"), "{document}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_by_hand_plans_and_writes_nothing() {
    let stage = Stage::with(
        |scene| {
            scene.world.failover_db_cluster("orders", None).expect("failover");
            scene.world.pass(std::time::Duration::from_secs(60));
            scene.world.sns.take_deliveries();
        },
        |config| config,
    )
    .await;
    let answer = stage.ask(json!({"mode": "plan", "bindings": ["orders-writer"]})).await;
    let binding = &answer["bindings"][0];
    assert_eq!(
        (&answer["ok"], &binding["status"]),
        (&json!(false), &json!("drift")),
        "{answer:#}"
    );
    let planned: Vec<&str> = binding["planned"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    assert!(
        planned[0].starts_with("register ") && planned[1].starts_with("deregister "),
        "{planned:?}"
    );
    assert_eq!(stage.writes(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_never_brings_an_address_a_group_or_a_database_of_its_own() {
    let stage = Stage::begin().await;
    let now = stage.lab.world().timestamp();
    for source in [
        "10.66.6.6",
        "orders\",\"target\":\"10.66.6.6",
        "arn:aws:elasticloadbalancing:x",
        "ORDERS",
    ] {
        let mut payload = sns("RDS-EVENT-0071", "db-cluster", source, now);
        payload["Records"][0]["Sns"]["target-group"] = json!("arn:aws:elasticloadbalancing:evil");
        let ending = stage.deliver(&payload).await;
        assert!(matches!(ending, Ending::Answered(_)), "{source}: {ending:?}");
    }
    assert_eq!(stage.writes(), [""; 0]);
    let asked: Vec<String> = stage
        .lab
        .world()
        .calls
        .iter()
        .map(|call| format!("{:?}", call.parameters))
        .collect();
    assert!(
        asked
            .iter()
            .all(|call| !call.contains("66.6.6") && !call.contains("evil"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stack_request_whose_answer_would_go_elsewhere_leads_to_no_request_and_no_run() {
    let stage = Stage::begin().await;
    let mut payload = recorded("custom-resource-create.json");
    payload["ResponseURL"] = json!(format!("{}/answer", stage.lab.aws_endpoint()));
    assert_eq!(error(&stage.deliver(&payload).await).0, "StackRequestRefused");
    assert_eq!(stage.lab.world().calls.total(), 0);
}
