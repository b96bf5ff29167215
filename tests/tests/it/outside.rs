//! Tests a configuration in SSM or S3 through the real `bootstrap`: that it is followed, that a
//! version which cannot be used leaves the one in hand in effect, and that nothing is written while
//! there is none.

#![allow(clippy::unwrap_used)]

use std::net::SocketAddr;

use serde_json::{Value, json};
use writerlink_lab::fault::{Effect, Fault, FaultPlan};
use writerlink_lab::scene::{Link, config};
use writerlink_lab::world::{ApiError, World};
use writerlink_tests::deployed_lab::{BRISK, DeployedLab, aws, error};

use crate::cli::program::{run, writerlink};

const PARAMETER: &str = "ssm:/writerlink/orders";
const OBJECT: &str = "s3://bindings/teams/orders.toml";

/// What the stack permits: both links, with the lab's DNS server.
fn permit(dns: SocketAddr, links: &[Link]) -> String {
    let groups: Vec<&str> = links.iter().map(|link| link.group.as_str()).collect();
    format!(
        "allow = [\"10.20.0.0/16\"]\ntarget-groups = {groups:?}\nmodes = [\"observe\", \
         \"manage\"]\ndns-servers = [\"{dns}\"]\nnotify-topic = \
         \"arn:aws:sns:eu-west-1:111122223333:outcomes\"\n"
    )
}

/// A text with the first of the links, or with both. The DNS server is in the permit.
fn text(deployed: &DeployedLab, links: usize) -> String {
    let dns = deployed.lab.dns();
    let whole = config(&deployed.links[..links], dns, BRISK);
    whole.replace(&format!("[dns]\nservers = [\"{dns}\"]\n"), "")
}

/// Writes the text to its place.
fn put(world: &mut World, place: &str, text: &str) {
    match place.strip_prefix("ssm:") {
        Some(name) => world.put_parameter(name, text),
        None => world.put_object("bindings", "teams/orders.toml", text),
    }
}

async fn sweep(deployed: &DeployedLab) -> Value {
    deployed.ask(json!({})).await
}

/// The names of the bindings of an answer, the version in hand, and the codes of its findings.
fn told(answer: &Value) -> (Vec<&str>, &str, Vec<&str>) {
    let list = |value: &'_ Value| value.as_array().cloned().unwrap_or_default().len();
    let configuration = &answer["configuration"];
    let names = (0..list(&answer["bindings"]))
        .filter_map(|at| answer["bindings"][at]["name"].as_str())
        .collect();
    let codes = (0..list(&configuration["findings"]))
        .filter_map(|at| configuration["findings"][at]["code"].as_str())
        .collect();
    (names, configuration["version"].as_str().unwrap_or_default(), codes)
}

/// The last values of both metrics.
fn metrics(deployed: &DeployedLab) -> [Option<u64>; 2] {
    let log = deployed.log();
    let mut lines = log.lines().rev().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let line = lines.find(|line| line.get("ConfigurationRefused").is_some()).unwrap_or_default();
    ["ConfigurationRefused", "ConfigurationUnreadable"].map(|name| line[name].as_u64())
}

/// The subjects of what was published.
fn published(deployed: &DeployedLab) -> Vec<String> {
    let world = deployed.lab.world();
    let calls = world.calls.iter().filter(|call| call.operation == "Publish");
    calls.filter_map(|call| call.parameters.get("Subject").cloned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_outside_is_followed_and_a_worse_one_leaves_it_in_effect() {
    for place in [PARAMETER, OBJECT] {
        let deployed = DeployedLab::outside(place, permit, None).await;
        let (one, two) = (text(&deployed, 1), text(&deployed, 2));
        let put = |text: &str| put(&mut deployed.lab.world(), place, text);

        // Nothing is there: every invocation says so, and nothing is written.
        let ending = deployed.deliver(&json!({"trigger": "sweep"})).await;
        let (kind, document) = error(&ending);
        assert_eq!(kind, "NotReady", "{document}");
        assert!(document.contains(place) && document.contains("nothing is written"), "{document}");

        put(&one);
        let answer = sweep(&deployed).await;
        let (names, first, findings) = told(&answer);
        assert_eq!((names, findings), (vec!["orders-writer"], vec![]), "{answer:#}");
        assert_eq!(answer["configuration"]["from"], place);
        assert_eq!(metrics(&deployed), [Some(0), Some(0)]);

        // A newer version is taken by the next sweep.
        put(&two);
        let answer = sweep(&deployed).await;
        let (names, second, findings) = told(&answer);
        assert_eq!((names.len(), findings.len()), (2, 0), "{answer:#}");
        assert_ne!(first, second);

        // A worse one is refused with its place, and the former stays in effect.
        let foreign = two.replacen("targetgroup/orders/", "targetgroup/theirs/", 1);
        put(&foreign);
        let answer = sweep(&deployed).await;
        let refused = (vec!["orders-writer", "billing"], second, vec!["configuration-refused"]);
        assert_eq!(told(&answer), refused, "{answer:#}");
        let finding = &answer["configuration"]["findings"][0];
        let line = foreign.lines().position(|line| line.contains("theirs")).unwrap() + 1;
        let says = finding["message"].as_str().unwrap();
        assert!(says.contains(&format!("{place}:{line}:1: binding `orders-writer`: ")), "{says}");
        assert!(says.contains("none of the groups that the stack permits"), "{says}");
        assert_eq!(metrics(&deployed), [Some(1), Some(0)]);
        sweep(&deployed).await;
        let refusals = published(&deployed);
        let refusals = refusals.iter().filter(|subject| subject.contains("configuration-refused"));
        assert_eq!(refusals.count(), 1, "{:?}", published(&deployed));

        // The links are followed all the while.
        let orders = deployed.orders().clone();
        deployed
            .follows(&orders, |world| {
                world.failover_db_cluster("orders", None).expect("failover");
            })
            .await;
        assert!(deployed.was_never_empty(&orders));

        // Mended.
        put(&one);
        let answer = sweep(&deployed).await;
        assert_eq!((told(&answer).0, told(&answer).2), (vec!["orders-writer"], vec![]));
        assert_eq!(metrics(&deployed), [Some(0), Some(0)]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_cannot_be_read_is_unknown_and_never_empty() {
    let deployed = DeployedLab::outside(PARAMETER, permit, None).await;
    deployed.lab.world().put_parameter("/writerlink/orders", &text(&deployed, 2));
    assert_eq!(told(&sweep(&deployed).await).0.len(), 2);
    let denied = |message| Effect::Error(ApiError::bad_request("AccessDeniedException", message));
    for (effect, says, is_published) in [
        (Effect::Throttle, "throttled", false),
        (Effect::ServerErrorBefore, "no usable answer", false),
        (Effect::ResetBefore, "no usable answer", false),
        (Effect::MalformedXml, "the answer is malformed", false),
        (Effect::Hang, "no usable answer", false),
        (denied("not authorized to perform: ssm:GetParameter"), "Allow `ssm:GetParameter`", true),
        (denied("not authorized to perform: kms:Decrypt"), "Allow `kms:Decrypt`", true),
        (Effect::Error(ApiError::bad_request("ParameterNotFound", "")), "Make the parameter", true),
        (
            Effect::Error(ApiError::bad_request("ParameterVersionNotFound", "")),
            "Name a version",
            true,
        ),
        (Effect::Error(ApiError::bad_request("InvalidKeyId", "disabled")), "is enabled", true),
    ] {
        let before = published(&deployed).len();
        deployed.lab.world().faults.add(Fault::on("GetParameter", effect.clone()).times(3));
        let answer = sweep(&deployed).await;
        assert_eq!(told(&answer).0.len(), 2, "{effect:?}: {answer:#}");
        assert_eq!(told(&answer).2, ["configuration-unreadable"], "{effect:?}: {answer:#}");
        let finding = answer["configuration"]["findings"][0].to_string();
        assert!(finding.contains(says) && finding.contains("stays in effect"), "{finding}");
        assert_eq!(metrics(&deployed), [Some(0), Some(1)], "{effect:?}");
        assert_eq!(published(&deployed).len() - before, usize::from(is_published), "{effect:?}");
        deployed.lab.world().faults = FaultPlan::default();
        assert_eq!(told(&sweep(&deployed).await).2, [""; 0], "{effect:?}");
    }
    assert_eq!(deployed.writes(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_events_run_does_not_wait_for_the_text() {
    let deployed = DeployedLab::outside(PARAMETER, permit, None).await;
    deployed.lab.world().put_parameter("/writerlink/orders", &text(&deployed, 2));
    sweep(&deployed).await;
    let reads = || {
        let world = deployed.lab.world();
        world.calls.iter().filter(|call| call.operation == "GetParameter").count()
    };
    let (before, now) = (reads(), deployed.lab.world().timestamp());
    let event = writerlink_tests::deployed_lab::sns("RDS-EVENT-0071", "db-cluster", "orders", now);
    deployed.deliver(&event).await;
    assert_eq!(reads(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_recorder_follows_the_same_text() {
    let deployed = DeployedLab::outside(OBJECT, permit, Some("recorder")).await;
    let answer = deployed.ask(json!({})).await;
    assert_eq!(answer["records"], json!([]), "{answer:#}");
    let code = &answer["configuration"]["findings"][0]["code"];
    assert_eq!(code, "configuration-unreadable", "{answer:#}");
    let now = deployed.lab.world().timestamp();
    let event = writerlink_tests::deployed_lab::sns("RDS-EVENT-0073", "db-cluster", "orders", now);
    assert_eq!(error(&deployed.deliver(&event).await).0, "NotReady");
    put(&mut deployed.lab.world(), OBJECT, &text(&deployed, 1));
    let answer = deployed.ask(json!({})).await;
    assert_eq!(answer["records"], json!(["orders-writer"]), "{answer:#}");
    assert_eq!(answer["configuration"]["findings"], json!([]), "{answer:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_reads_the_text_as_the_function_does() {
    let deployed = DeployedLab::outside(PARAMETER, permit, None).await;
    let permit = permit(deployed.lab.dns(), &deployed.links);
    let ask = |arguments: &'static [&'static str]| {
        let mut command = writerlink(arguments);
        command.args(["--config", PARAMETER]).env("WRITERLINK_PERMIT", &permit);
        command.envs(aws(&deployed.lab));
        tokio::task::spawn_blocking(move || run(&mut command))
    };
    let (code, stdout, _) = ask(&["check"]).await.unwrap();
    assert!(code == 1 && stdout.contains("ParameterNotFound"), "{stdout}");
    let (code, _, stderr) = ask(&["audit"]).await.unwrap();
    assert!(code == 1 && stderr.contains("ParameterNotFound"), "{stderr}");
    deployed.lab.world().put_parameter("/writerlink/orders", &text(&deployed, 2));
    let (code, stdout, stderr) = ask(&["check"]).await.unwrap();
    assert_eq!(code, 0, "{stdout}{stderr}");
    assert!(stdout.contains("ssm:/writerlink/orders: no mistake, 2 bindings"), "{stdout}");
    let (code, stdout, stderr) = ask(&["audit"]).await.unwrap();
    assert!(code == 0 && stdout.contains("billing"), "{code} {stdout}{stderr}");
    let foreign = text(&deployed, 2).replace("10.20.0.0/16", "10.0.0.0/8");
    deployed.lab.world().put_parameter("/writerlink/orders", &foreign);
    let (code, _, stderr) = ask(&["audit"]).await.unwrap();
    let place = "ssm:/writerlink/orders:1:10: `allow` holds 10.0.0.0/8";
    assert!(code == 1 && stderr.contains(place), "{stderr}");
}
