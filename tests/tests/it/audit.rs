//! Tests the real program `writerlink audit` against the lab.

use std::process::Command;

use serde_json::Value;
use writerlink_lab::fault::{Effect, Fault};
use writerlink_lab::scene::Scene;
use writerlink_lab::wire::{Lab, Options};
use writerlink_lab::world::Pace;
use writerlink_lab::world::elbv2::{NewTargetGroup, Tags, TargetRequest};
use writerlink_lab::world::rds::{Capacity, Engine};
use writerlink_lab::world::vpc::Zone;
use writerlink_tests::deployed_lab::{BRISK, aws};
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
        let lab =
            Lab::start(scene.world.clone(), Options::default()).await.expect("loopback has ports");
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
        (output.status.code().expect("it ends by itself"), text(output.stdout), text(output.stderr))
    }

    async fn audit_json(&self) -> (i32, Value) {
        let (code, stdout, stderr) = self.audit(&["--output", "json"]).await;
        (
            code,
            serde_json::from_str(&stdout)
                .unwrap_or_else(|error| panic!("{error}: {stdout}{stderr}")),
        )
    }
}

fn failed_over(scene: &mut Scene) {
    scene.world.failover_db_cluster("orders", Some("orders-2")).expect("failover");
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
    let region =
        Region::new(|scene| scene.world.rds.show_writers("orders", &[]).expect("orders")).await;
    let (code, table, _) = region.audit(&[]).await;
    assert_eq!(code, 3);
    insta::assert_snapshot!("held", table);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_denied_call_exits_3_and_names_the_permission() {
    let region = Region::new(|scene| {
        scene.world.faults.add(Fault::on("DescribeTargetHealth", Effect::AccessDenied))
    })
    .await;
    let (code, table, _) = region.audit(&[]).await;
    assert_eq!(code, 3);
    // A line of the table may be broken anywhere between words.
    let words: Vec<&str> = table.split_whitespace().collect();
    assert!(
        words.join(" ").contains("Allow `elasticloadbalancing:DescribeTargetHealth`"),
        "{table}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_audit_reads_and_does_nothing_else_whatever_there_is_to_do() {
    let region = Region::new(failed_over).await;
    let (code, _) = region.audit_json().await;
    assert_eq!(code, 2);
    let mut called: Vec<String> =
        region.lab.world().calls.iter().map(|call| call.operation.clone()).collect();
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
            let group = world.add_target_group(NewTargetGroup::tcp(name, 5432));
            world
                .elbv2
                .add_tags(&[group], &tags(&[("writerlink:source", source)]))
                .expect("it exists");
        }
        let orders = world.cluster_arn("orders");
        world
            .rds
            .add_tags(&orders, tags(&[("writerlink:publish", "orders-link")]))
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

/// The finding of a binding with this code.
fn finding<'r>(report: &'r Value, binding: usize, code: &str) -> Option<&'r Value> {
    let findings = report["bindings"][binding]["findings"].as_array()?;
    findings.iter().find(|finding| finding["code"] == code)
}

/// The security group of the database no longer admits the load balancer's.
fn unreachable(scene: &mut Scene) {
    let group = scene.links[0].group.clone();
    scene.world.elbv2.shut_checks_out(&group);
    scene.world.pass(std::time::Duration::from_secs(600));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_settled_writer_that_nobody_can_reach_exits_2_with_the_reason_of_elbv2_and_what_to_check()
{
    let region = Region::new(unreachable).await;
    let (code, table, _) = region.audit(&[]).await;
    assert_eq!(code, 2, "{table}");
    insta::assert_snapshot!("unreachable", table);
    let (code, report) = region.audit_json().await;
    assert_eq!((code, &report["ok"]), (2, &Value::Bool(true)), "the membership is right");
    assert_eq!(report["bindings"][0]["status"], "settled");
    assert_eq!(report["bindings"][0]["targets"][0]["reason"], "Target.FailedHealthChecks");
    let found = finding(&report, 0, "writer-unhealthy").expect("it is told");
    assert_eq!(found["severity"], "broken");
    let text = found.to_string();
    assert!(
        text.contains("Target.FailedHealthChecks") && text.contains("security group"),
        "{text}"
    );
    assert_eq!(report["bindings"][1]["findings"], Value::Array(Vec::new()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_broken_outweighs_what_could_not_be_told() {
    let region = Region::new(|scene| {
        unreachable(scene);
        let fault =
            Fault::on("DescribeTargetHealth", Effect::AccessDenied).of("targetgroup/billing");
        scene.world.faults.add(fault);
    })
    .await;
    let (code, table, _) = region.audit(&[]).await;
    assert_eq!(code, 2, "{table}");
}

/// A configuration whose first binding follows `source` and has these additional lines.
fn with_source(config: &str, source: &str, more: &str) -> String {
    config.replacen("source = \"cluster/orders\"\n", &format!("source = \"{source}\"\n{more}"), 1)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_that_rds_does_not_report_is_held_unless_the_binding_says_that_it_is_meant() {
    let region = Region::new(|_| {}).await;
    let audited = |more: &str| {
        let config = with_source(&region.config, "cluster/orders", more);
        let lab = &region.lab;
        async move { audit_of(lab, &config).await }
    };
    let (code, report) = audited("port = 3306\n").await;
    assert_eq!(code, 3, "{report:#}");
    let reason = &report["bindings"][0]["reason"];
    assert_eq!(reason["code"], "port-differs");
    assert_eq!(report["bindings"][0]["planned"], Value::Array(Vec::new()));
    let text = reason.to_string();
    for part in ["3306", "5432", "port-differs"] {
        assert!(text.contains(part), "{text}");
    }
    let (code, report) = audited("port = 3306\nport-differs = \"allowed\"\n").await;
    assert_eq!(code, 2, "{report:#}");
    let planned = report["bindings"][0]["planned"].to_string();
    assert!(planned.contains(":3306"), "{planned}");
    let (code, report) = audited("port = 5432\n").await;
    assert_eq!(code, 0, "{report:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_on_the_databases_former_port_is_told_and_not_in_sync() {
    let region = Region::new(|scene| {
        let world = &mut scene.world;
        let at = |link: &writerlink_lab::scene::Link, world: &writerlink_lab::World, port| {
            let writer = link.writer(world).expect("it writes").address.ip();
            TargetRequest::new(&writer.to_string(), port)
        };
        world.rds.change_port("orders", 5433).expect("it exists");
        world.rds.change_port("billing", 3307).expect("it exists");
        // Someone has registered the first on its new port, and not the second yet.
        let new = at(&scene.links[0], world, 5433);
        let group = scene.links[0].group.clone();
        world.register_targets(&group, &[new]).expect("a good target");
        world.pass(std::time::Duration::from_secs(600));
    })
    .await;
    let (code, report) = region.audit_json().await;
    assert_eq!((code, &report["ok"]), (2, &Value::Bool(false)), "{report:#}");
    assert_eq!(report["bindings"][0]["status"], "held");
    assert_eq!(report["bindings"][0]["reason"]["code"], "former-port");
    for binding in 0..2 {
        let found = finding(&report, binding, "former-port").expect("it is told");
        assert_eq!(found["severity"], "broken");
    }
    let planned = report["bindings"][1]["planned"].to_string();
    assert!(planned.contains("register") && planned.contains(":3307"), "{planned}");
    assert!(!planned.contains("deregister"), "{planned}");
    let exclusive = with_source(&region.config, "cluster/orders", "exclusive = true\n");
    let (code, report) = audit_of(&region.lab, &exclusive).await;
    assert_eq!(code, 2, "{report:#}");
    let planned = report["bindings"][0]["planned"].to_string();
    assert!(planned.contains("deregister") && planned.contains(":5432"), "{planned}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_rds_lists_is_never_not_found() {
    let region = Region::new(|scene| {
        kinds::add(scene);
        let world = &mut scene.world;
        for (name, engine) in [("graph", Engine::Neptune), ("docs", Engine::Docdb)] {
            let member = format!("{name}-1");
            world.add_aurora(name, engine, &[(&member, Zone::A)]).expect("good names");
        }
        world
            .add_aurora("stock", Engine::AuroraMysql, &[("stock-1", Zone::A)])
            .expect("good names");
        let aurora = Engine::AuroraPostgresql;
        world.add_aurora("express", aurora, &[("express-1", Zone::A)]).expect("good names");
        for name in ["old", "wide", "empty"] {
            world.add_aurora(name, aurora, &[]).expect("a good name");
        }
        world.pass(std::time::Duration::from_secs(600));
        for (name, capacity) in [
            ("old", Capacity::ServerlessV1),
            ("wide", Capacity::Limitless),
            ("express", Capacity::OutsideVpc),
        ] {
            world.rds.show_capacity(name, capacity).expect("it exists");
        }
    })
    .await;
    let (orders, writer, billing) = {
        let world = region.lab.world();
        let instance = |name| world.rds.instance(name).expect("it exists").resource_id.clone();
        let orders = world.rds.cluster("orders").expect("it exists").resource_id.clone();
        (orders, instance("orders-1"), instance("billing"))
    };
    for (source, code, says) in [
        ("cluster/graph".to_owned(), "other-engine", "with engine neptune"),
        ("cluster/docs".to_owned(), "other-engine", "with engine docdb"),
        ("instance/docs-1".to_owned(), "other-engine", "follow `dns/docs-1."),
        ("cluster/docs/readers".to_owned(), "other-engine", "follow `dns/docs."),
        ("cluster/old".to_owned(), "no-instances", "Serverless v1"),
        ("cluster/wide".to_owned(), "no-instances", "Limitless"),
        ("cluster/empty".to_owned(), "no-instances", "before one is created"),
        ("cluster/express".to_owned(), "no-vpc-networking", "VPCNetworkingEnabled"),
        (
            format!("cluster/{orders}"),
            "misnamed",
            "the resource id of `orders`; write `cluster/orders`",
        ),
        (format!("instance/{writer}"), "misnamed", "write `cluster/orders`"),
        (
            format!("instance/{billing}"),
            "misnamed",
            "the resource id of `billing`; write `instance/billing`",
        ),
        ("cluster/billing".to_owned(), "misnamed", "write `instance/billing`"),
        ("cluster/orders-2".to_owned(), "misnamed", "write `cluster/orders`"),
        ("instance/orders".to_owned(), "misnamed", "write `cluster/orders`"),
        ("instance/orders-2".to_owned(), "instance-of-cluster", "follow `cluster/orders`"),
        (
            "cluster/stock/custom/reports".to_owned(),
            "misnamed",
            "write `cluster/orders/custom/reports`",
        ),
        ("cluster/front".to_owned(), "misnamed", "write `proxy/front`"),
        ("proxy/front-ro".to_owned(), "misnamed", "write `proxy/front/front-ro`"),
        ("proxy/orders".to_owned(), "misnamed", "write `cluster/orders`"),
        ("cluster/nobody".to_owned(), "source-not-found", "RDS lists no cluster/nobody"),
    ] {
        let config = with_source(&region.config, &source, "");
        let (exit, report) = audit_of(&region.lab, &config).await;
        let binding = &report["bindings"][0];
        assert_eq!((exit, &binding["status"]), (3, &Value::from("held")), "{source}: {binding:#}");
        let reason = &binding["reason"];
        assert_eq!(reason["code"], code, "{source}: {reason}");
        let message = reason["message"].as_str().unwrap_or_default();
        assert!(message.contains(says), "{source}: {message}");
        assert_eq!(
            binding["evidence"]["dns"]["unknown"].as_str().unwrap_or("not-asked"),
            "not-asked",
            "{source}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_rds_api_that_cannot_be_reached_is_told_as_its_own_fault_and_not_as_one_of_dns() {
    let region = Region::new(|scene| {
        kinds::add(scene);
        for call in [
            "DescribeDBClusters",
            "DescribeDBInstances",
            "DescribeDBProxies",
            "DescribeDBClusterEndpoints",
        ] {
            scene.world.faults.add(Fault::on(call, Effect::ServerErrorBefore));
        }
    })
    .await;
    let (_, report) = region.audit_json().await;
    let bindings = report["bindings"].as_array().expect("a list");
    assert_eq!(bindings.len(), 7, "{report:#}");
    for binding in bindings.iter().filter(|binding| binding["name"] != "corp") {
        let evidence = &binding["evidence"];
        let topology = evidence["topology"].to_string();
        assert!(topology.contains("rds:Describe"), "{binding:#}");
        let dns = &evidence["dns"];
        if !dns.is_null() {
            assert_eq!(dns["unknown"], "not-asked", "{binding:#}");
            assert!(!dns.to_string().contains("rds:"), "{binding:#}");
        }
    }
}

/// The exit code of an audit of a configuration, and its report.
async fn audit_of(lab: &Lab, config: &str) -> (i32, Value) {
    let mut command = Command::new(programs::writerlink());
    command
        .args(["audit", "--output", "json"])
        .env_clear()
        .envs(aws(lab))
        .env("WRITERLINK_CONFIG", config);
    let output = tokio::task::spawn_blocking(move || command.output().expect("it runs"))
        .await
        .expect("it ends");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let report = serde_json::from_str(&text);
    let report = report.unwrap_or_else(|error| {
        panic!("{error}: {text}{}", String::from_utf8_lossy(&output.stderr))
    });
    (output.status.code().expect("it ends by itself"), report)
}
