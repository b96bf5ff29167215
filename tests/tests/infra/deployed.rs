//! Deploys the templates to ministack as far as it supports them, and drives the deployed function
//! with an RDS event.
//!
//! ministack does not decide what AWS accepts: it has no event subscriptions, endpoint services or
//! security group rules, and it checks no permissions. It does show that the parts fit together:
//! the archive, the handler's name, the environment, the topic's subscription, the function's
//! outcomes.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde_json::{Value, json};
use writerlink_lab::fault::NameEffect;
use writerlink_lab::wire::{Lab, Options};
use writerlink_lab::world::World;
use writerlink_tests::ministack::Ministack;
use writerlink_tests::programs::bootstrap;
use writerlink_tests::python::{linters, tests_dir};
use writerlink_tests::skip::{Skip, available};

use crate::package::{ARCHITECTURES, package};

/// The name that every endpoint of ministack has. It has no DNS server, so the lab's says where the
/// name leads.
const NAME: &str = "writer.db.test";

#[tokio::test(flavor = "multi_thread")]
async fn what_the_templates_deploy_follows_a_failover() {
    let directory = tempfile::tempdir().expect("there is room for temporary files");
    let Some(archive) = archive_in(directory.path()) else {
        return;
    };
    let Some(ministack) = available(Ministack::start(NAME)) else {
        return;
    };
    let names = Lab::start(World::new(Timestamp::now()), Options::default())
        .await
        .expect("loopback has ports");
    let point_to = |address: &str| {
        let addresses = vec![address.parse().expect("an address")];
        let mut world = names.world();
        let now = world.now();
        world.faults.add_name(NAME, NameEffect::Addresses(addresses), now, None);
    };
    point_to("10.20.4.7");

    let deployed = ministack.deploy(&archive, &names.dns().to_string());
    assert_eq!(deployed["targets"], json!(["10.20.2.9:5432"]));
    assert_eq!(
        types(&deployed["link"]["created"]),
        BTreeSet::from([
            "AWS::EC2::SecurityGroup",
            "AWS::ElasticLoadBalancingV2::Listener",
            "AWS::ElasticLoadBalancingV2::LoadBalancer",
            "AWS::ElasticLoadBalancingV2::TargetGroup",
        ])
    );
    assert_eq!(
        types(&deployed["link"]["left out"]),
        BTreeSet::from([
            "AWS::EC2::SecurityGroupIngress",
            "AWS::EC2::VPCEndpointService",
            "AWS::EC2::VPCEndpointServicePermissions",
        ])
    );
    assert_eq!(
        deployed["members"]["sources"],
        json!({
            "5441": "cluster/orders/instance/orders-1",
            "5442": "cluster/orders/instance/orders-2",
        })
    );
    assert_eq!(
        types(&deployed["failovers"]["created"]),
        BTreeSet::from(["AWS::IAM::Role", "AWS::SQS::Queue", "AWS::Scheduler::Schedule"])
    );
    assert_eq!(
        types(&deployed["reconciler"]["left out"]),
        BTreeSet::from(["AWS::Logs::QueryDefinition", "AWS::RDS::EventSubscription"])
    );
    let created = types(&deployed["reconciler"]["created"]);
    for resource in [
        "AWS::Lambda::Function",
        "AWS::Lambda::EventInvokeConfig",
        "AWS::SNS::Subscription",
        "AWS::Scheduler::Schedule",
        "AWS::CloudWatch::Alarm",
    ] {
        assert!(created.contains(resource), "{resource} is not in {created:?}");
    }
    let attributes = &deployed["attributes"];
    assert_eq!(attributes["balancer"]["load_balancing.cross_zone.enabled"], "true");
    assert_eq!(attributes["group"]["deregistration_delay.connection_termination.enabled"], "true");

    let topic = deployed["reconciler"]["outputs"]["EventTopicArn"].as_str().expect("an ARN");
    let first = ministack.publish(topic, &message());
    assert_followed(&first, "10.20.4.7", "10.20.2.9");

    ministack.fail_over();
    point_to("10.20.4.8");
    let second = ministack.publish(topic, &message());
    assert_followed(&second, "10.20.4.8", "10.20.4.7");
}

/// The archive that `infra/package` makes of the Lambda that cargo has built.
fn archive_in(directory: &Path) -> Option<PathBuf> {
    let output = package(&available(linters())?, &bootstrap(), ARCHITECTURES.0, directory);
    let said = String::from_utf8_lossy(&output.stderr);
    if said.contains("provided.al2023 has glibc") {
        let lacking =
            format!("a glibc that is no newer than Lambda's, for what cargo builds: {said}");
        available::<()>(Err(Skip(lacking)))?;
    }
    assert!(output.status.success(), "{said}");
    Some(directory.join("bootstrap.zip"))
}

fn assert_followed(published: &Value, registered: &str, deregistered: &str) {
    let outcome = &published["outcome"];
    assert_eq!(
        outcome["trigger"],
        json!({"kind": "sns", "event": "RDS-EVENT-0071", "source": "orders"}),
        "{outcome:#}"
    );
    let binding = &outcome["bindings"][0];
    assert_eq!(binding["status"], "changed", "{outcome:#}");
    assert_eq!(binding["registered"], json!([format!("{registered}:5432")]));
    assert_eq!(binding["deregistered"], json!([format!("{deregistered}:5432")]));
    assert_eq!(published["targets"], json!([format!("{registered}:5432")]));
    assert_eq!(published["failures"], 0);
}

fn types(resources: &Value) -> BTreeSet<&str> {
    let resources = resources.as_object().expect("resources have names").values();
    resources.map(|each| each.as_str().expect("a type")).collect()
}

/// What RDS posts when a failover is complete, as recorded.
fn message() -> String {
    let recorded =
        fs::read(tests_dir().join("events/sns-2021-cluster-0071.json")).expect("it is recorded");
    let recorded: Value = serde_json::from_slice(&recorded).expect("it is JSON");
    let message = recorded["Records"][0]["Sns"]["Message"].as_str().expect("a text");
    message.to_owned()
}
