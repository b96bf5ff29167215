//! Tests that each setting of a binding works through the real `bootstrap`.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};
use writerlink_lab::scene::Scene;
use writerlink_lab::world::elbv2::TargetRequest;
use writerlink_tests::deployed_lab::{DeployedLab, sns};

/// Registers more addresses behind `orders`, and lets them become what they will be.
fn register(scene: &mut Scene, targets: &[(&str, u16)]) {
    let requests: Vec<TargetRequest> =
        targets.iter().map(|(id, port)| TargetRequest::new(id, *port)).collect();
    let group = scene.links[0].group.clone();
    scene.world.register_targets(&group, &requests).expect("registered");
    scene.world.pass(Duration::from_secs(600));
}

fn with_setting(setting: &'static str) -> impl FnOnce(String) -> String {
    move |config| {
        config.replacen(
            "source = \"cluster/orders\"\n",
            &format!("source = \"cluster/orders\"\n{setting}\n"),
            1,
        )
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn observe_reports_what_would_be_done_and_never_writes() {
    let deployed = DeployedLab::with(|_| {}, with_setting("mode = \"observe\"")).await;
    fail_over(&deployed).await;
    let observed = || ends(&deployed).into_iter().find(|b| b["status"] == "observed");
    let binding = deployed.until("a run has observed", observed).await;
    let planned = binding["planned"].to_string();
    assert!(
        planned.contains(&format!("register {}", deployed.writer(deployed.orders()))),
        "{planned}"
    );
    assert_eq!(deployed.writes(), [""; 0]);
}

/// Lets `orders` fail over, and waits until it has.
async fn fail_over(deployed: &DeployedLab) -> SocketAddr {
    let old = deployed.writer(deployed.orders());
    deployed.lab.world().failover_db_cluster("orders", None).expect("failover");
    let moved = || (deployed.writer(deployed.orders()) != old).then_some(());
    deployed.until("the writer has moved", moved).await;
    old
}

/// How `orders-writer` has ended the runs so far.
fn ends(deployed: &DeployedLab) -> Vec<Value> {
    let answers = deployed.lab.invocations().into_iter().filter_map(|i| i.ending?.answer());
    let ends = answers.filter_map(|answer| answer["bindings"].as_array().cloned()).flatten();
    ends.filter(|end| end["name"] == "orders-writer").collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_metric_says_for_how_long_another_updater_left_the_group_wrong() {
    let observing = |config: String| config.replace("\nsource =", "\nmode = \"observe\"\nsource =");
    let deployed = DeployedLab::with(|_| {}, observing).await;
    let began = std::time::Instant::now();
    let old = fail_over(&deployed).await;
    let total =
        || ends(&deployed).iter().filter_map(|end| end["seconds_wrong"].as_f64()).sum::<f64>();
    let measured = || (total() > 1.0).then_some(());
    deployed.until("looks have found the group wrong for a second", measured).await;
    {
        let group = &deployed.orders().group;
        let new = deployed.writer(deployed.orders());
        let target =
            |address: SocketAddr| [TargetRequest::new(&address.ip().to_string(), address.port())];
        let mut world = deployed.lab.world();
        world.register_targets(group, &target(new)).expect("registered");
        world.deregister_targets(group, &target(old)).expect("deregistered");
    }
    let mended = began.elapsed().as_secs_f64();
    // A sweep waits in the queue for the runs of events, where a call by hand would be refused.
    let sweep = deployed.deliver(&json!({"trigger": "sweep"})).await;
    assert_eq!(sweep.answer().expect("an answer")["bindings"][0]["status"], "settled");
    assert!(total() <= mended, "{} s of {mended} s", total());
    assert!(deployed.log().contains(r#""SecondsWrong":"#), "{}", deployed.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_target_is_left_alone_and_named_unless_the_binding_is_exclusive() {
    let foreign = |scene: &mut Scene| register(scene, &[("10.20.2.10", 6000)]);
    let deployed = DeployedLab::with(foreign, |config| config).await;
    let answer = deployed.ask(json!({"bindings": ["orders-writer"]})).await;
    assert_eq!(answer["bindings"][0]["status"], "settled", "{answer:#}");
    assert!(
        answer["bindings"][0]["notes"][0]
            .as_str()
            .is_some_and(|note| note.contains("10.20.2.10:6000")),
        "{answer:#}"
    );
    assert_eq!(deployed.present(deployed.orders()).len(), 2);

    let deployed = DeployedLab::with(foreign, with_setting("exclusive = true")).await;
    let answer = deployed.ask(json!({"bindings": ["orders-writer"]})).await;
    assert_eq!(answer["bindings"][0]["deregistered"], json!(["10.20.2.10:6000"]), "{answer:#}");
    assert!(deployed.is_right(deployed.orders()));
}

#[tokio::test(flavor = "multi_thread")]
async fn more_removals_than_max_removals_means_none() {
    let stale = |scene: &mut Scene| {
        register(scene, &[("10.20.1.200", 5432), ("10.20.2.200", 5432), ("10.20.3.200", 5432)])
    };
    let deployed = DeployedLab::with(stale, with_setting("max-removals = 2")).await;
    let answer = deployed.ask(json!({"bindings": ["orders-writer"]})).await;
    assert_eq!(answer["bindings"][0]["reason"]["code"], "too-many-removals", "{answer:#}");
    assert_eq!(deployed.writes(), [""; 0]);

    let deployed = DeployedLab::with(stale, with_setting("max-removals = 3")).await;
    let answer = deployed.ask(json!({"bindings": ["orders-writer"]})).await;
    assert_eq!(answer["bindings"][0]["status"], "changed", "{answer:#}");
    assert!(deployed.is_right(deployed.orders()));
}

#[tokio::test(flavor = "multi_thread")]
async fn settle_is_how_long_a_stale_target_stays() {
    let stale = |scene: &mut Scene| register(scene, &[("10.20.2.10", 5432)]);
    for (settle, least) in [(1, 1.0), (4, 4.0)] {
        let deployed = DeployedLab::with(stale, move |config| {
            config.replace("settle = 2", &format!("settle = {settle}"))
        })
        .await;
        let began = std::time::Instant::now();
        let answer = deployed.ask(json!({"bindings": ["orders-writer"]})).await;
        let took = began.elapsed().as_secs_f64();
        assert_eq!(answer["bindings"][0]["status"], "changed", "{answer:#}");
        assert!(took >= least, "after {took} s with settle = {settle}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sweep_is_how_long_a_disagreement_is_looked_at() {
    let deployed =
        DeployedLab::with(|_| {}, |config| config.replace("sweep = 2", "sweep = 1")).await;
    deployed.lab.world().rds.show_writers("orders", &["orders-2"]).expect("orders");
    let began = std::time::Instant::now();
    let answer = deployed.ask(json!({"bindings": ["orders-writer"]})).await;
    assert_eq!(answer["bindings"][0]["reason"]["code"], "keys-disagree", "{answer:#}");
    assert!(began.elapsed() >= Duration::from_secs(1));
    assert_eq!(deployed.writes(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn patience_is_how_long_a_binding_is_watched_after_an_event_and_longer_when_it_announces_a_failover()
 {
    let deployed = DeployedLab::with(
        |_| {},
        |config| {
            config.replace(
                "patience-started = 12\npatience = 4",
                "patience-started = 4\npatience = 1",
            )
        },
    )
    .await;
    for (id, least, most) in [("RDS-EVENT-0071", 0.9, 3.8), ("RDS-EVENT-0072", 3.9, 30.0)] {
        let now = deployed.lab.world().timestamp();
        let began = std::time::Instant::now();
        let ending = deployed.deliver(&sns(id, "db-cluster", "orders", now)).await;
        let took = began.elapsed().as_secs_f64();
        assert_eq!(ending.answer().expect("an answer")["bindings"][0]["status"], "settled");
        assert!((least..most).contains(&took), "{id} was watched for {took} s");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timeout_that_cuts_watches_short_is_told_in_the_log() {
    // The lab ends an invocation after 60 s; by default a binding may be watched for 180 s.
    let advice = "Raise the function's timeout";
    let deployed = DeployedLab::with(
        |_| {},
        |config| config.replace("patience-started = 12", "patience-started = 180"),
    )
    .await;
    deployed.ask(json!({})).await;
    assert!(deployed.log().contains(advice), "{}", deployed.log());
    let deployed = DeployedLab::begin().await;
    deployed.ask(json!({})).await;
    assert!(!deployed.log().contains(advice), "{}", deployed.log());
}
