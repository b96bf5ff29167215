//! Tests what the function reports about a group besides its own changes: the real `bootstrap`
//! against the lab.

use serde_json::{Value, json};
use writerlink_lab::fault::{Effect, Fault};
use writerlink_lab::scene::Scene;
use writerlink_lab::world::elbv2::TargetRequest;
use writerlink_tests::deployed_lab::{BRISK, DeployedLab};

/// A topic for outcomes without a subscription.
fn with_topic(scene: &mut Scene) {
    scene.world.add_topic("outcomes");
}

fn telling(config: String) -> String {
    format!("notify-topic = \"arn:aws:sns:eu-west-1:111122223333:outcomes\"\n{config}")
}

fn told(deployed: &DeployedLab) -> Vec<String> {
    let world = deployed.lab.world();
    let outcomes = world.sns.published().filter(|message| message.topic.ends_with(":outcomes"));
    outcomes.map(|message| message.subject.clone().unwrap_or_default()).collect()
}

fn sweep() -> Value {
    json!({"trigger": "sweep"})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_settled_writer_that_nobody_can_reach_is_told_once_by_sweeps_and_by_every_call_by_hand() {
    let deployed = DeployedLab::with(with_topic, telling).await;
    deployed.deliver(&sweep()).await;
    assert_eq!(told(&deployed), [""; 0]);
    let group = deployed.orders().group.clone();
    deployed.lab.world().elbv2.shut_checks_out(&group);
    let orders = deployed.orders().clone();
    deployed
        .until("the target is unhealthy", || {
            let present = orders.present(&deployed.lab.world());
            present.iter().all(|(_, state)| *state == "unhealthy").then_some(())
        })
        .await;
    for _ in 0..3 {
        deployed.deliver(&sweep()).await;
    }
    let subject = "writerlink: orders-writer settled, writer-unhealthy";
    assert_eq!(told(&deployed), [subject], "not every minute");
    let answer = deployed.ask(json!({"bindings": ["orders-writer"]})).await;
    assert_eq!(told(&deployed), [subject; 2]);
    assert_eq!(answer["ok"], true, "the membership is right");
    let binding = &answer["bindings"][0];
    assert_eq!(binding["status"], "settled");
    let finding = &binding["findings"][0];
    assert_eq!(
        (&finding["code"], &finding["severity"]),
        (&json!("writer-unhealthy"), &json!("broken"))
    );
    let text = finding.to_string();
    assert!(
        text.contains("Target.FailedHealthChecks") && text.contains("security group"),
        "{text}"
    );
    let logged = deployed.log();
    assert!(
        logged.contains("\"kind\":\"finding\"") && logged.contains("writer-unhealthy"),
        "{logged}"
    );
    assert_eq!(deployed.writes(), [""; 0], "nothing is written for it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removal_that_never_takes_effect_is_not_told_as_waiting_however_short_the_timing() {
    let deployed = DeployedLab::with(
        |scene| {
            let group = scene.links[0].group.clone();
            let reader = scene.world.rds.instance_address("orders-2").expect("it exists");
            let reader = TargetRequest::new(&reader.to_string(), 5432);
            scene.world.register_targets(&group, &[reader]).expect("a good target");
            scene.world.pass(std::time::Duration::from_secs(600));
            scene.world.faults.add(Fault::on("DeregisterTargets", Effect::Ignored));
        },
        |config| {
            config.replace(
                BRISK,
                "\n[timing]\nsettle = 1\npatience-started = 1\npatience = 1\nsweep = 1\n",
            )
        },
    )
    .await;
    let answer = deployed.ask(json!({"bindings": ["orders-writer"]})).await;
    assert_eq!(answer["ok"], false, "{answer:#}");
    let binding = &answer["bindings"][0];
    assert_eq!(
        (&binding["status"], &binding["reason"]["code"]),
        (&json!("failed"), &json!("write-ineffective"))
    );
    assert_eq!(binding["deregistered"], json!([]), "nothing was seen gone");
    let logged = deployed.log();
    assert!(!logged.contains("\"Deregistered\":1"), "{logged}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_that_rds_does_not_report_is_held_through_a_failover_and_nothing_is_written() {
    let deployed = DeployedLab::with(
        |_| {},
        |config| {
            config.replacen(
                "source = \"cluster/orders\"\n",
                "source = \"cluster/orders\"\nport = 3306\n",
                1,
            )
        },
    )
    .await;
    deployed.lab.world().failover_db_cluster("orders", Some("orders-2")).expect("it fails over");
    let heard = || deployed.log().contains("held (port-differs)").then_some(());
    deployed.until("the failover's event has had its run", heard).await;
    assert!(deployed.lab.is_quiet_within(std::time::Duration::from_secs(60)).await);
    let answer = deployed.ask(json!({"bindings": ["orders-writer"]})).await;
    assert_eq!(answer["bindings"][0]["reason"]["code"], "port-differs", "{answer:#}");
    assert_eq!(deployed.writes(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_whose_port_changes_is_followed_and_its_former_port_leaves_where_the_binding_is_exclusive()
 {
    for (key, present, reason) in
        [("", 2, json!("former-port")), ("exclusive = true\n", 1, Value::Null)]
    {
        let deployed = DeployedLab::with(
            |_| {},
            |config| {
                config.replacen(
                    "source = \"cluster/orders\"\n",
                    &format!("source = \"cluster/orders\"\n{key}"),
                    1,
                )
            },
        )
        .await;
        deployed.lab.world().rds.change_port("orders", 5433).expect("it is there");
        let answer = deployed.ask(json!({"bindings": ["orders-writer"]})).await;
        let binding = &answer["bindings"][0];
        assert_eq!(binding["reason"]["code"], reason, "{binding:#}");
        assert_eq!(answer["ok"], reason.is_null());
        assert!(deployed.present(deployed.orders()).iter().any(|target| target.ends_with(":5433")));
        assert_eq!(deployed.present(deployed.orders()).len(), present, "{binding:#}");
        assert!(deployed.was_never_empty(deployed.orders()));
    }
}
