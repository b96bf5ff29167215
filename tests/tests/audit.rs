//! `writerlink audit`, the real program, against the lab.

use std::process::Command;

use serde_json::Value;
use writerlink_lab::fault::{Effect, Fault};
use writerlink_lab::scene::Scene;
use writerlink_lab::wire::{Lab, Options};
use writerlink_lab::world::Pace;
use writerlink_lab::world::elbv2::{NewTargetGroup, Tags};
use writerlink_lab::world::vpc::Zone;
use writerlink_tests::stage::{BRISK, aws};
use writerlink_tests::{kinds, programs};

/// A region, and the configuration for it. No function lives in it.
struct Region {
    lab: Lab,
    config: String,
}

impl Region {
    async fn new(change: impl FnOnce(&mut Scene)) -> Self {
        let mut scene = Scene::new(Pace::brisk()).expect("a good scene");
        change(&mut scene);
        let lab = Lab::start(scene.world.clone(), Options::default())
            .await
            .expect("loopback has ports");
        let config = scene.config(lab.dns(), BRISK);
        Self { lab, config }
    }

    /// The exit code, standard output and standard error of an audit.
    async fn audit(&self, arguments: &[&str]) -> (i32, String, String) {
        let mut command = Command::new(programs::writerlink());
        command
            .arg("audit")
            .args(arguments)
            .env_clear()
            .envs(aws(&self.lab))
            .env("WRITERLINK_CONFIG", &self.config)
            .env("COLUMNS", "100");
        let output = tokio::task::spawn_blocking(move || command.output().expect("it runs"))
            .await
            .expect("it ends");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("it is text");
        (
            output.status.code().expect("it ends by itself"),
            text(output.stdout),
            text(output.stderr),
        )
    }

    async fn audit_json(&self) -> (i32, Value) {
        let (code, stdout, stderr) = self.audit(&["--output", "json"]).await;
        (
            code,
            serde_json::from_str(&stdout).unwrap_or_else(|error| panic!("{error}: {stdout}{stderr}")),
        )
    }
}

fn failed_over(scene: &mut Scene) {
    scene
        .world
        .failover_db_cluster("orders", Some("orders-2"))
        .expect("failover");
    scene.world.pass(std::time::Duration::from_secs(60));
}

#[tokio::test(flavor = "multi_thread")]
async fn in_sync_exits_0_and_shows_who_by_which_keys() {
    let region = Region::new(|_| {}).await;
    let (code, table, _) = region.audit(&[]).await;
    assert_eq!(code, 0);
    insta::assert_snapshot!("in_sync", table);
    let (code, report) = region.audit_json().await;
    assert_eq!((code, &report["ok"]), (0, &Value::Bool(true)));
    assert_eq!(report["trigger"]["kind"], "audit");
}

#[tokio::test(flavor = "multi_thread")]
async fn drift_exits_2_and_says_what_there_is_to_do() {
    let region = Region::new(failed_over).await;
    let (code, table, _) = region.audit(&[]).await;
    assert_eq!(code, 2);
    insta::assert_snapshot!("drift", table);
    let (code, report) = region.audit_json().await;
    assert_eq!(code, 2);
    insta::assert_json_snapshot!("drift_json", report);
}

#[tokio::test(flavor = "multi_thread")]
async fn sets_are_listed_member_by_member_with_what_there_is_to_do() {
    let region = Region::new(|scene| {
        kinds::add(scene);
        let world = &mut scene.world;
        world.remove_reader("orders-3").expect("it is a reader");
        world.move_proxy_address("front", None, Zone::B).expect("it has a node");
        world.pass(std::time::Duration::from_secs(600));
    })
    .await;
    let (code, table, _) = region.audit(&[]).await;
    assert_eq!(code, 2);
    insta::assert_snapshot!("sets", table);
    let (code, report) = region.audit_json().await;
    assert_eq!(code, 2);
    insta::assert_json_snapshot!("sets_json", report);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_could_not_be_told_exits_3_with_the_reason() {
    let region = Region::new(|scene| scene.world.show_writers("orders", &[]).expect("orders")).await;
    let (code, table, _) = region.audit(&[]).await;
    assert_eq!(code, 3);
    insta::assert_snapshot!("held", table);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_denied_call_exits_3_and_names_the_permission() {
    let region = Region::new(|scene| {
        scene
            .world
            .faults
            .add(Fault::on("DescribeTargetHealth", Effect::AccessDenied))
    })
    .await;
    let (code, table, _) = region.audit(&[]).await;
    assert_eq!(code, 3);
    // A line of the table may be broken anywhere between words.
    let words: Vec<&str> = table.split_whitespace().collect();
    assert!(
        words
            .join(" ")
            .contains("Allow `elasticloadbalancing:DescribeTargetHealth`"),
        "{table}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_audit_reads_and_does_nothing_else_whatever_there_is_to_do() {
    let region = Region::new(failed_over).await;
    let (code, _) = region.audit_json().await;
    assert_eq!(code, 2);
    let mut called: Vec<String> = region
        .lab
        .world()
        .calls
        .iter()
        .map(|call| call.operation.clone())
        .collect();
    called.sort();
    called.dedup();
    assert_eq!(
        called,
        [
            "DescribeDBClusters",
            "DescribeDBInstances",
            "DescribeTargetGroups",
            "DescribeTargetHealth"
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_leads_nowhere_exits_3_and_says_what_could_not_be_reached() {
    let region = Region::new(|_| {}).await;
    let mut command = Command::new(programs::writerlink());
    command
        .arg("audit")
        .env_clear()
        .envs(aws(&region.lab))
        .env("WRITERLINK_CONFIG", &region.config);
    command.env("AWS_ENDPOINT_URL", "http://127.0.0.1:9");
    let output = tokio::task::spawn_blocking(move || command.output().expect("it runs"))
        .await
        .expect("it ends");
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stdout).contains("could not be reached"));
}

#[tokio::test(flavor = "multi_thread")]
async fn bindings_that_stand_in_tags_are_audited_with_those_of_the_configuration() {
    let tags = |pairs: &[(&str, &str)]| {
        let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        pairs.iter().map(owned).collect::<Tags>()
    };
    let mut region = Region::new(|scene| {
        let world = &mut scene.world;
        for (name, source) in [
            ("orders-link", "cluster/orders"),
            ("orders-eu", "cluster/orders"),
            ("payroll", "cluster/payroll"),
        ] {
            let group = world.create_target_group(NewTargetGroup::tcp(name, 5432));
            let group = group.expect("a good group").arn.clone();
            world
                .add_elbv2_tags(&[group], &tags(&[("writerlink:source", source)]))
                .expect("it exists");
        }
        let orders = world.cluster_arn("orders");
        world
            .add_rds_tags(&orders, tags(&[("writerlink:publish", "orders-link")]))
            .expect("it exists");
    })
    .await;
    region.config = format!("discover = [\"cluster/orders*\"]\n{}", region.config);
    let (code, table, stderr) = region.audit(&[]).await;
    insta::assert_snapshot!("discovered", table);
    assert_eq!(code, 1, "a bad tag is told as a bad binding is: {stderr}");
    let (code, table, _) = region.audit(&["--binding", "orders-link"]).await;
    assert_eq!(code, 2, "{table}");
    let (code, table, _) = region.audit(&["--binding", "orders-lnik"]).await;
    assert_eq!(code, 1, "{table}");
}
