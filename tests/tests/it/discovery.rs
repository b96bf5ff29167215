//! Tests bindings from tags: the real `bootstrap` and the real SDK against the lab.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use writerlink_lab::fault::{Effect, Fault};
use writerlink_lab::scene::Scene;
use writerlink_lab::world::World;
use writerlink_lab::world::elbv2::{NewTargetGroup, Tags};
use writerlink_tests::deployed_lab::{DeployedLab, error, sns};

/// The scene's own bindings are given up for tags; its groups have the names of their databases.
fn by_tags(config: String) -> String {
    let rest = config.split("\n[[binding]]").next().expect("a first piece");
    format!("discover = [\"cluster/orders*\", \"instance/*\"]\n{rest}")
}

fn tags(pairs: &[(&str, &str)]) -> Tags {
    let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    pairs.iter().map(owned).collect()
}

fn tag_group(world: &mut World, group: &str, pairs: &[(&str, &str)]) {
    world.elbv2.add_tags(&[group.to_owned()], &tags(pairs)).expect("it exists");
}

fn consent(world: &mut World, arn: &str, to: &str) {
    world.rds.add_tags(arn, tags(&[("writerlink:publish", to)])).expect("it exists");
}

/// Both groups name their databases in tags, and both databases consent.
fn tagged(scene: &mut Scene) {
    let (orders, billing) = (scene.links[0].group.clone(), scene.links[1].group.clone());
    let world = &mut scene.world;
    tag_group(world, &orders, &[("writerlink:source", "cluster/orders")]);
    tag_group(
        world,
        &billing,
        &[("writerlink:source", "instance/billing"), ("writerlink:port", "3306")],
    );
    let (cluster, instance) = (world.cluster_arn("orders"), world.instance_arn("billing"));
    consent(world, &cluster, "orders");
    consent(world, &instance, "true");
}

/// The end of a binding, and the word of its reason.
fn end<'a>(answer: &'a Value, name: &str) -> (&'a str, Option<&'a str>) {
    let bindings = answer["bindings"].as_array().expect("a list");
    let binding = bindings.iter().find(|binding| binding["name"] == name);
    let binding = binding.unwrap_or_else(|| panic!("no {name} in {answer:#}"));
    (binding["status"].as_str().expect("a status"), binding["reason"]["code"].as_str())
}

/// Calls of ELBv2 that read tags, since the world began.
fn calls(deployed: &DeployedLab, operation: &str) -> usize {
    let world = deployed.lab.world();
    world.calls.iter().filter(|call| call.operation == operation).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failover_is_followed_in_groups_that_only_tags_name() {
    let deployed = DeployedLab::with(tagged, by_tags).await;
    let fail_over = |world: &mut World| {
        world.failover_db_cluster("orders", None).expect("it is available");
    };
    deployed.follows(deployed.orders(), fail_over).await;
    assert!(deployed.was_never_empty(deployed.orders()));
    let answer = deployed.ask(json!({})).await;
    assert_eq!(answer["ok"], true, "{answer:#}");
    assert_eq!(end(&answer, "orders").0, "settled");
    assert_eq!(end(&answer, "billing").0, "settled");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_does_not_consent_is_never_published() {
    let without = |scene: &mut Scene| {
        tagged(scene);
        let arn = scene.world.cluster_arn("orders");
        consent(&mut scene.world, &arn, "another-group");
        scene.world.failover_db_cluster("orders", None).expect("it is available");
        scene.world.pass(Duration::from_secs(60));
    };
    let deployed = DeployedLab::with(without, by_tags).await;
    let now = deployed.lab.world().timestamp();
    let ending = deployed.deliver(&sns("RDS-EVENT-0071", "db-cluster", "orders", now)).await;
    let (kind, document) = error(&ending);
    assert_eq!(kind, "NotOk");
    assert!(document.contains("orders: held (not-published)"), "{document}");
    assert_eq!(deployed.writes(), [""; 0]);
    let answer = deployed.ask(json!({"bindings": ["billing"]})).await;
    assert_eq!(end(&answer, "billing").0, "settled", "the others go on");
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_tags_and_sources_outside_the_patterns_are_told_by_group_and_stop_nobody() {
    let more = |scene: &mut Scene| {
        tagged(scene);
        for (name, pairs) in [
            ("outside", &[("writerlink:source", "cluster/payroll")][..]),
            ("nonsense", &[("writerlink:source", "orders")]),
            (
                "no-port",
                &[("writerlink:source", "cluster/orders"), ("writerlink:port", "postgres")],
            ),
            ("foreign", &[("team", "writerlink:source")]),
        ] {
            let group = scene.world.add_target_group(NewTargetGroup::tcp(name, 5432));
            tag_group(&mut scene.world, &group, pairs);
        }
    };
    let deployed = DeployedLab::with(more, by_tags).await;
    let answer = deployed.ask(json!({})).await;
    assert_eq!(answer["bindings"].as_array().map(Vec::len), Some(5), "{answer:#}");
    for name in ["outside", "nonsense", "no-port"] {
        assert_eq!(end(&answer, name), ("failed", Some("bad-configuration")));
    }
    assert_eq!(end(&answer, "orders").0, "settled");
    assert_eq!(answer["ok"], false);
    assert_eq!(deployed.writes(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn tags_that_cannot_be_read_are_told_and_what_the_configuration_names_goes_on() {
    let beside = |config: String| {
        let orders = config.split("\n[[binding]]").nth(1).expect("the first binding").to_owned();
        format!("{}\n[[binding]]{orders}", by_tags(config))
    };
    let deployed = DeployedLab::with(tagged, beside).await;
    for (effect, code) in [(Effect::AccessDenied, "access-denied"), (Effect::Throttle, "throttled")]
    {
        deployed.lab.world().faults.add(Fault::on("DescribeTags", effect));
        let answer = deployed.ask(json!({})).await;
        assert_eq!(end(&answer, "orders-writer").0, "settled");
        assert_eq!(end(&answer, "discovery"), ("failed", Some(code)));
        assert_eq!(
            answer["bindings"].as_array().map(Vec::len),
            Some(2),
            "nothing is taken for untagged"
        );
        deployed.lab.world().faults.clear();
    }
    let answer = deployed.ask(json!({})).await;
    assert_eq!(end(&answer, "billing").0, "settled");
    assert_eq!(
        answer["bindings"].as_array().map(Vec::len),
        Some(2),
        "the written binding wins its group: {answer:#}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_calls_for_tags_grow_by_one_for_twenty_groups() {
    for (groups, pages, batches) in [(2, 1, 1), (40, 1, 2), (410, 2, 21)] {
        let many = |scene: &mut Scene| {
            tagged(scene);
            for number in scene.links.len()..groups {
                let new = NewTargetGroup::tcp(&format!("other-{number}"), 5432);
                scene.world.add_target_group(new);
            }
        };
        let deployed = DeployedLab::with(many, by_tags).await;
        let began = Instant::now();
        let answer = deployed.ask(json!({"mode": "plan"})).await;
        let took = began.elapsed();
        assert_eq!((answer["ok"].as_bool(), end(&answer, "orders").0), (Some(true), "settled"));
        assert_eq!(
            (calls(&deployed, "DescribeTargetGroups"), calls(&deployed, "DescribeTags")),
            (pages, batches)
        );
        println!("{groups} groups: {} calls in {took:?}", pages + batches);
    }
}
