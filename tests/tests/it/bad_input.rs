//! Tests wrong inputs around a binding: each gives one clear message that names the place and the
//! remedy, writes nothing for that binding, and does not stop the other one.

use serde_json::{Value, json};
use writerlink_lab::fault::{Effect, Fault};
use writerlink_lab::scene::Scene;
use writerlink_lab::world::elbv2::{GroupProtocol, IpFamily, NewTargetGroup, TargetType};
use writerlink_tests::deployed_lab::{DeployedLab, error};

/// A group of another kind in the place of the one behind `orders`.
fn other_group(new: NewTargetGroup) -> impl FnOnce(&mut Scene) {
    move |scene| scene.links[0].group = scene.world.add_target_group(new)
}

fn group() -> NewTargetGroup {
    NewTargetGroup::tcp("other", 5432)
}

fn unchanged(config: String) -> String {
    config
}

/// What a run by hand says of `orders-writer` and of `billing`.
async fn ask(deployed: &DeployedLab) -> (Value, Value) {
    let answer = deployed.ask(json!({})).await;
    (answer["bindings"][0].clone(), answer["bindings"][1].clone())
}

async fn says(deployed: &DeployedLab, code: &str, parts: &[&str]) {
    let (orders, billing) = ask(deployed).await;
    assert_eq!(orders["reason"]["code"], code, "{orders:#}");
    let text = format!("{} {}", orders["reason"]["message"], orders["reason"]["remedy"]);
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
    assert_eq!(billing["status"], "settled", "the other binding goes on: {billing:#}");
    assert_eq!(deployed.writes(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_group_that_is_gone_is_not_found() {
    let gone = |config: String| config.replacen("targetgroup/orders/", "targetgroup/gone/", 1);
    let deployed = DeployedLab::with(|_| {}, gone).await;
    says(
        &deployed,
        "not-found",
        &["elasticloadbalancing:DescribeTargetGroups", "TargetGroupNotFound", "Region and account"],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_no_database_can_stand_behind_is_refused_with_how_to_make_one() {
    for (new, part) in [
        (NewTargetGroup { target_type: TargetType::Instance, ..group() }, "--target-type ip"),
        (NewTargetGroup { protocol: GroupProtocol::Udp, ..group() }, "--protocol TCP"),
    ] {
        let deployed = DeployedLab::with(other_group(new), unchanged).await;
        says(&deployed, "wrong-target-group", &[part]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_of_the_other_address_family_holds() {
    let deployed = DeployedLab::with(
        other_group(NewTargetGroup { family: IpFamily::Ipv6, ..group() }),
        unchanged,
    )
    .await;
    says(&deployed, "no-shared-family", &["IPV4", "IPv6", "DUAL"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_of_another_region_or_account_is_refused() {
    let region = |config: String| {
        config.replacen("elasticloadbalancing:eu-west-1:", "elasticloadbalancing:us-east-2:", 1)
    };
    let deployed = DeployedLab::with(|_| {}, region).await;
    says(&deployed, "refused-as-invalid", &["us-east-2", "eu-west-1", "Region"]).await;

    let account = |config: String| {
        config.replacen(":111122223333:targetgroup/orders", ":999988887777:targetgroup/orders", 1)
    };
    let deployed = DeployedLab::with(|_| {}, account).await;
    says(&deployed, "refused-as-invalid", &["999988887777"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_that_does_not_exist_is_named() {
    let deployed =
        DeployedLab::with(|_| {}, |config| config.replacen("cluster/orders", "cluster/ordres", 1))
            .await;
    says(&deployed, "source-not-found", &["cluster/ordres", "Region"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_of_a_cluster_is_sent_to_the_cluster() {
    let deployed = DeployedLab::with(
        |_| {},
        |config| config.replacen("cluster/orders", "instance/orders-1", 1),
    )
    .await;
    says(&deployed, "instance-of-cluster", &["follow `cluster/orders`"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_that_is_denied_names_the_permission_to_add() {
    let deployed = DeployedLab::begin().await;
    let denied = Fault::on("DescribeTargetHealth", Effect::AccessDenied);
    deployed.lab.world().faults.add(denied.of("targetgroup/orders/"));
    let remedy = "Allow `elasticloadbalancing:DescribeTargetHealth`";
    says(&deployed, "access-denied", &[remedy]).await;
    // One call describes all groups, and its permission cannot be limited to some of them (Service
    // Authorization Reference, "Actions, resources, and condition keys for AWS Elastic Load
    // Balancing V2").
    let deployed = DeployedLab::begin().await;
    deployed.lab.world().faults.add(Fault::on("DescribeTargetGroups", Effect::AccessDenied));
    let (orders, billing) = ask(&deployed).await;
    for binding in [orders, billing] {
        assert_eq!(binding["reason"]["code"], "access-denied", "{binding:#}");
        let remedy = binding["reason"]["remedy"].to_string();
        assert!(remedy.contains("`elasticloadbalancing:DescribeTargetGroups`"), "{binding:#}");
    }
    for call in ["DescribeDBClusters", "DescribeDBInstances"] {
        let deployed = DeployedLab::begin().await;
        deployed.lab.world().faults.add(Fault::on(call, Effect::AccessDenied));
        let (orders, billing) = ask(&deployed).await;
        for binding in [orders, billing] {
            assert_eq!(binding["status"], "held", "{binding:#}");
            assert!(
                binding["reason"]["remedy"].to_string().contains(&format!("rds:{call}")),
                "{binding:#}"
            );
        }
        assert_eq!(deployed.writes(), [""; 0]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_is_denied_names_the_permission_and_removes_nothing() {
    for call in ["RegisterTargets", "DeregisterTargets"] {
        let deployed = DeployedLab::begin().await;
        deployed.lab.world().faults.add(Fault::on(call, Effect::AccessDenied));
        let old = deployed.writer(deployed.orders());
        deployed.lab.world().failover_db_cluster("orders", None).expect("failover");
        let ended = || {
            let endings =
                deployed.lab.invocations().into_iter().filter_map(|invocation| invocation.ending);
            endings.filter(|ending| ending.answer().is_none()).map(|ending| error(&ending)).next()
        };
        let (kind, document) = deployed.until("an invocation has ended in an error", ended).await;
        assert_eq!(kind, "NotOk");
        assert!(document.contains(&format!("Allow `elasticloadbalancing:{call}`")), "{document}");
        assert!(deployed.present(deployed.orders()).contains(&old.to_string()), "{call}");
        let writer = deployed.writer(deployed.orders());
        let registered = deployed.present(deployed.orders()).contains(&writer.to_string());
        assert_eq!(registered, call == "DeregisterTargets", "what could be added was added");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_dns_server_answering_holds_and_says_where_to_look() {
    let nobody = |config: String| {
        let dns =
            config.lines().find(|line| line.starts_with("servers")).expect("servers").to_owned();
        config.replace(&dns, "servers = [\"127.0.0.1:9\"]")
    };
    let deployed = DeployedLab::with(|_| {}, nobody).await;
    let (orders, billing) = ask(&deployed).await;
    for binding in [orders, billing] {
        assert_eq!(binding["status"], "held", "{binding:#}");
        let code = binding["reason"]["code"].as_str().unwrap_or_default();
        assert!(matches!(code, "dns-timeout" | "dns-unreachable"), "{binding:#}");
        assert!(binding["reason"]["remedy"].to_string().contains("DNS servers"), "{binding:#}");
    }
    assert_eq!(deployed.writes(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_binding_fails_alone_and_says_where_it_stands() {
    let deployed =
        DeployedLab::with(|_| {}, |config| config.replacen("cluster/orders", "prxy/orders", 1))
            .await;
    let (orders, billing) = ask(&deployed).await;
    assert_eq!(
        (&orders["status"], &orders["reason"]["code"]),
        (&json!("failed"), &json!("bad-configuration"))
    );
    let message = orders["reason"]["message"].to_string();
    assert!(message.contains("line") && message.contains("is no source"), "{message}");
    assert_eq!(billing["status"], "settled");
}
