//! Tests that the programs' calls in the lab are exactly the permitted ones, and that a policy
//! engine permits each of them.

use std::collections::BTreeSet;
use std::process::Command;

use futures_util::future::join_all;
use serde_json::{Value, json};
use writerlink_lab::scenario::{Play, Program, play, scenarios};
use writerlink_lab::scene::Scene;
use writerlink_lab::world::World;
use writerlink_lab::world::elbv2::{NewTargetGroup, Tags};
use writerlink_tests::deployed_lab::{DeployedLab, aws};
use writerlink_tests::{kinds, programs};

use crate::GROUP;
use crate::engine::{MADE, Permissions, filled, stated};
use crate::template::list;

/// Where outcomes are published.
const OUTCOMES: &str = "arn:aws:sns:eu-west-1:111122223333:stack-OutcomeTopic";
const PATTERNS: [&str; 2] = ["cluster/orders*", "instance/*"];
const TAG: &str = "aws:ResourceTag/writerlink:source";

/// A call as IAM sees it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Asked {
    action: String,
    resource: String,
    /// The tag `writerlink:source` of the resource, if it is a group that has one.
    tag: Option<String>,
}

/// Every call that reached the region. Where an action has no resource level, or is asked of
/// everything, any resource does.
fn asked(deployed: &DeployedLab) -> BTreeSet<Asked> {
    let world = deployed.lab.world();
    let calls = world.calls.iter().map(|call| {
        let resource = match call.operation.as_str() {
            "RegisterTargets" | "DeregisterTargets" => call.parameters["TargetGroupArn"].clone(),
            "Publish" => call.parameters["TopicArn"].clone(),
            _ => format!("arn:aws:{}:eu-west-1:111122223333:any/any", call.service.iam_prefix()),
        };
        Asked {
            action: format!("{}:{}", call.service.iam_prefix(), call.operation),
            tag: tag(&world, &resource),
            resource,
        }
    });
    calls.collect()
}

fn tag(world: &World, group: &str) -> Option<String> {
    let arns = [group.to_owned()];
    let (_, tags) = *world.elbv2.tags_of(&arns).ok()?.first()?;
    tags.get("writerlink:source").cloned()
}

fn actions(asked: &BTreeSet<Asked>) -> BTreeSet<String> {
    asked.iter().map(|call| call.action.clone()).collect()
}

fn allows(permissions: &Permissions, call: &Asked) -> bool {
    let context: Vec<(&str, &str)> = call.tag.iter().map(|tag| (TAG, tag.as_str())).collect();
    permissions.allow(&call.action, &call.resource, &context)
}

/// The actions under these conditions that the programs call themselves. The rest is called in the
/// function's name: by Lambda, that logs, reports failures and attaches it to a VPC, and by SNS,
/// that encrypts.
fn own_actions(conditions: &[&str]) -> BTreeSet<String> {
    let stated = stated();
    let statements = conditions.iter().flat_map(|condition| &stated[*condition]);
    let actions = statements.flat_map(|statement| list(&statement["Action"]));
    let is_own = |action: &String| {
        ["rds:", "elasticloadbalancing:", "sns:"].iter().any(|service| action.starts_with(service))
    };
    actions.filter(is_own).collect()
}

/// Both groups of the scene name their databases in tags, and the databases consent. A third group
/// has a tag of another owner.
fn tagged(scene: &mut Scene) {
    let groups = [&scene.links[0], &scene.links[1]].map(|link| link.group.clone());
    let world = &mut scene.world;
    let stranger = world.add_target_group(NewTargetGroup::tcp("stranger", 5432));
    for (group, key, value) in [
        (&groups[0], "writerlink:source", "cluster/orders"),
        (&groups[1], "writerlink:source", "instance/billing"),
        (&stranger, "team", "payments"),
    ] {
        let tags = Tags::from([(key.to_owned(), value.to_owned())]);
        world.elbv2.add_tags(std::slice::from_ref(group), &tags).expect("it exists");
    }
    for database in [world.cluster_arn("orders"), world.instance_arn("billing")] {
        let consent = Tags::from([("writerlink:publish".to_owned(), "true".to_owned())]);
        world.rds.add_tags(&database, consent).expect("it exists");
    }
}

fn announcing(config: &str) -> String {
    format!("notify-topic = \"{OUTCOMES}\"\n{config}")
}

fn with_topic(scene: &mut Scene) {
    assert_eq!(scene.world.add_topic("stack-OutcomeTopic"), OUTCOMES);
}

fn fail_over(world: &mut World) {
    world.failover_db_cluster("orders", None).expect("it is available");
}

/// A function that follows every kind of source, and what it asked in a failover and in a run over
/// everything.
async fn bound() -> (DeployedLab, BTreeSet<Asked>) {
    let change = |scene: &mut Scene| {
        kinds::add(scene);
        with_topic(scene);
    };
    let deployed = DeployedLab::with(change, |config| announcing(&config)).await;
    deployed.follows(deployed.orders(), fail_over).await;
    deployed.ask(json!({})).await;
    let asked = asked(&deployed);
    (deployed, asked)
}

/// A function that follows what tags name, and what it asked in a failover and in a run over
/// everything.
async fn discovering() -> (DeployedLab, BTreeSet<Asked>) {
    let change = |scene: &mut Scene| {
        tagged(scene);
        with_topic(scene);
    };
    let by_tags = |config: String| {
        let rest = config.split("\n[[binding]]").next().expect("a first piece").to_owned();
        announcing(&format!("discover = {}\n{rest}", json!(PATTERNS)))
    };
    let deployed = DeployedLab::with(change, by_tags).await;
    deployed.follows(deployed.orders(), fail_over).await;
    deployed.ask(json!({})).await;
    let asked = asked(&deployed);
    (deployed, asked)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_function_calls_what_is_stated_and_everything_that_is_stated() {
    let (_, bound) = bound().await;
    let (_, discovering) = discovering().await;
    assert_eq!(actions(&bound), own_actions(&["always", "Writes"]));
    let both = &actions(&bound) | &actions(&discovering);
    assert_eq!(both, own_actions(&["always", "Writes", "Discovers"]));
    let only_for_tags = &actions(&discovering) - &actions(&bound);
    assert_eq!(only_for_tags, BTreeSet::from(["elasticloadbalancing:DescribeTags".to_owned()]));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_fault_of_a_scenario_makes_it_call_anything_else() {
    let may = own_actions(&["always", "Writes"]);
    let named =
        ["planned-failover", "lost-event", "killed-between-the-writes", "two-invocations-at-once"];
    let chosen: Vec<_> =
        scenarios().into_iter().filter(|one| named.contains(&one.name.as_str())).collect();
    assert_eq!(chosen.len(), named.len());
    let manner = Play { speed: 10.0, ..Play::of(Program::File(programs::bootstrap())) };
    let played = chosen.iter().map(|scenario| play(scenario, &manner));
    for played in join_all(played).await {
        let (recording, _) = played.expect("it can be played");
        let calls =
            recording.calls.iter().map(|call| format!("{}:{}", call.service, call.operation));
        let beyond: BTreeSet<String> = calls.filter(|call| !may.contains(call)).collect();
        assert!(
            beyond.is_empty() && !recording.calls.is_empty(),
            "{}: {beyond:?}",
            recording.scenario
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_recorded_call_of_a_bound_function_is_allowed_and_no_write_to_another_group() {
    let (deployed, asked) = bound().await;
    let groups: Vec<&str> = deployed.links.iter().map(|link| link.group.as_str()).collect();
    let bound = [("TargetGroupArns", groups.as_slice())];
    let values = [&bound, MADE.as_slice()].concat();
    let permissions = Permissions::of(&filled(&["always", "Writes"], &values));
    for call in &asked {
        assert!(allows(&permissions, call), "{call:?}");
    }
    for write in asked.iter().filter(|call| call.action.ends_with("Targets")) {
        let elsewhere = Asked { resource: GROUP.replace("orders", "payroll"), ..write.clone() };
        assert!(!allows(&permissions, &elsewhere), "{elsewhere:?}");
        let tagged = Asked { tag: Some("cluster/orders".to_owned()), ..elsewhere };
        assert!(
            !allows(&permissions, &tagged),
            "without discovery a tag opens nothing: {tagged:?}"
        );
    }
    refuses_what_nobody_asked_for(&permissions);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_recorded_call_of_a_discovering_function_is_allowed_and_no_write_to_a_group_without_the_tag()
 {
    let (_, asked) = discovering().await;
    let discover = [("Discover", PATTERNS.as_slice())];
    let values = [&discover, MADE.as_slice()].concat();
    let permissions = Permissions::of(&filled(&["always", "Discovers"], &values));
    let writes: Vec<&Asked> =
        asked.iter().filter(|call| call.action.ends_with("Targets")).collect();
    assert!(writes.iter().any(|call| call.tag.as_deref() == Some("cluster/orders")), "{asked:?}");
    for call in &asked {
        assert!(allows(&permissions, call), "{call:?}");
    }
    for write in writes {
        for tag in [None, Some("cluster/payroll"), Some("xcluster/orders"), Some("")] {
            let call = Asked { tag: tag.map(str::to_owned), ..write.clone() };
            assert!(!allows(&permissions, &call), "{call:?}");
        }
        let foreign = Asked {
            resource: write.resource.replace("111122223333", "444455556666"),
            ..write.clone()
        };
        assert!(!allows(&permissions, &foreign), "{foreign:?}");
    }
    refuses_what_nobody_asked_for(&permissions);
}

/// What Lambda needs to attach the function to a VPC is granted to the role, and is nothing for the
/// code that runs under it; with a warm standby the code lists interfaces, and still does no more.
#[test]
fn the_code_may_not_touch_a_network_interface_although_lambda_may_for_it() {
    let permissions = Permissions::of(&filled(&["always", "InVpc", "InVpcAndCold"], &MADE));
    let warm = Permissions::of(&filled(&["always", "InVpc", "Warm"], &MADE));
    let interface = "arn:aws:ec2:eu-west-1:111122223333:network-interface/eni-1";
    let own = [(
        "lambda:SourceFunctionArn",
        "arn:aws:lambda:eu-west-1:111122223333:function:stack-Function",
    )];
    for action in ["CreateNetworkInterface", "DeleteNetworkInterface", "DescribeNetworkInterfaces"]
    {
        let action = format!("ec2:{action}");
        assert!(permissions.allow(&action, interface, &[]), "{action} for Lambda");
        assert!(!permissions.allow(&action, interface, &own), "{action} for the code");
        let reads = action.starts_with("ec2:Describe");
        assert_eq!(warm.allow(&action, interface, &own), reads, "{action} with a warm standby");
    }
}

fn refuses_what_nobody_asked_for(permissions: &Permissions) {
    let stranger = "arn:aws:sns:eu-west-1:111122223333:stack-EventTopic";
    let key = "arn:aws:kms:eu-west-1:111122223333:key/of-ours";
    for (action, resource) in [
        ("elasticloadbalancing:CreateTargetGroup", GROUP),
        ("elasticloadbalancing:ModifyTargetGroup", GROUP),
        ("elasticloadbalancing:DeleteTargetGroup", GROUP),
        ("elasticloadbalancing:AddTags", GROUP),
        ("rds:ModifyDBCluster", "arn:aws:rds:eu-west-1:111122223333:cluster:orders"),
        ("rds:FailoverDBCluster", "arn:aws:rds:eu-west-1:111122223333:cluster:orders"),
        ("rds:AddTagsToResource", "arn:aws:rds:eu-west-1:111122223333:cluster:orders"),
        ("sns:Publish", stranger),
        ("sns:Subscribe", OUTCOMES),
        ("kms:Decrypt", key),
        (
            "lambda:UpdateFunctionConfiguration",
            "arn:aws:lambda:eu-west-1:111122223333:function:stack-Function",
        ),
    ] {
        assert!(!permissions.allow(action, resource, &[]), "{action} on {resource}");
    }
}

/// A key is used by way of SNS or not at all.
#[test]
fn the_topics_key_opens_for_sns_of_this_region_alone() {
    let key = "arn:aws:kms:eu-west-1:111122223333:key/of-ours";
    let keys = [key];
    let used = [("TopicKeyArn", keys.as_slice())];
    let values = [&used, MADE.as_slice()].concat();
    let permissions = Permissions::of(&filled(&["always", "HasTopicKey"], &values));
    let uses = |action: &str, key: &str, via: &str| {
        permissions.allow(action, key, &[("kms:ViaService", via)])
    };
    assert!(uses("kms:GenerateDataKey", key, "sns.eu-west-1.amazonaws.com"));
    assert!(uses("kms:Decrypt", key, "sns.eu-west-1.amazonaws.com"));
    assert!(!uses("kms:Decrypt", key, "rds.eu-west-1.amazonaws.com"));
    assert!(!uses(
        "kms:Decrypt",
        &key.replace("of-ours", "another"),
        "sns.eu-west-1.amazonaws.com"
    ));
    assert!(!permissions.allow("kms:Decrypt", key, &[]));
    assert!(!uses("kms:Encrypt", key, "sns.eu-west-1.amazonaws.com"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_calls_what_is_stated_for_it_and_everything_that_is_stated() {
    let mut text = String::new();
    // Nothing invokes the function of this stage.
    let change = |scene: &mut Scene| {
        kinds::add(scene);
        tagged(scene);
    };
    let deployed = DeployedLab::with(change, |config| {
        text = format!("discover = {}\n{config}", json!(PATTERNS));
        text.clone()
    })
    .await;
    let mut audit = Command::new(programs::writerlink());
    audit
        .args(["audit", "--output", "json"])
        .env_clear()
        .envs(aws(&deployed.lab))
        .env("WRITERLINK_CONFIG", &text);
    let ended = tokio::task::spawn_blocking(move || audit.output().expect("it runs"));
    let output = ended.await.expect("it ends");
    let said: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert!(said["bindings"].as_array().is_some_and(|all| all.len() >= 7), "{said:#}");
    let asked = asked(&deployed);
    assert_eq!(actions(&asked), own_actions(&["Audit"]));
    let permissions = Permissions::of(&filled(&["Audit"], &[]));
    for call in &asked {
        assert!(allows(&permissions, call), "{call:?}");
    }
}
