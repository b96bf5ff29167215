//! Tests our own programs against the failures of published updaters: the real `bootstrap`,
//! the real SDK and the real resolver against the lab. We read more than twenty of these updaters
//! and ran eleven; docs/choosing.md names them.
//!
//! T6 and T7 (a pinned instance of a cluster, statuses that are not `available`) are claims about
//! evidence and are tested in `core/src/evidence/tests.rs` too.

use std::net::IpAddr;
use std::time::Duration;

use serde_json::json;
use writerlink_lab::World;
use writerlink_lab::fault::{Effect, Fault, NameEffect};
use writerlink_lab::wire::Ending;
use writerlink_lab::world::elbv2::TargetRequest;
use writerlink_lab::world::rds::{Reboot, Status};
use writerlink_tests::deployed_lab::{DeployedLab, error, sns};

fn cluster_event(deployed: &DeployedLab, id: &str) -> serde_json::Value {
    let now = deployed.lab.world().timestamp();
    sns(id, "db-cluster", "orders", now)
}

fn fail_over(world: &mut World, to: Option<&str>) {
    world.failover_db_cluster("orders", to).expect("an available cluster fails over");
}

fn address(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

#[tokio::test(flavor = "multi_thread")]
async fn t1_an_event_that_comes_before_dns_moves_is_followed_to_the_end() {
    let deployed = DeployedLab::begin().await;
    // The region's own events reach the function by themselves: 0073 comes before anything has
    // moved.
    deployed.follows(deployed.orders(), |world| fail_over(world, None)).await;
    assert!(deployed.was_never_empty(deployed.orders()));
    let first = &deployed.lab.invocations()[0];
    assert!(first.payload.contains("RDS-EVENT-0073"), "{}", first.payload);
    let answer = first.ending.as_ref().and_then(Ending::answer).expect("an answer");
    assert_eq!(
        answer["bindings"][0]["status"], "changed",
        "the first event's own run did it: {answer:#}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn t2_a_name_that_does_not_exist_or_has_no_address_removes_nothing_and_is_an_error() {
    for effect in [NameEffect::NxDomain, NameEffect::Empty] {
        let deployed = DeployedLab::begin().await;
        let before = deployed.present(deployed.orders());
        {
            let mut world = deployed.lab.world();
            let (name, now) = (world.cluster_endpoint("orders"), world.now());
            world.faults.add_name(&name, effect, now, None);
        }
        let ending = deployed.deliver(&cluster_event(&deployed, "RDS-EVENT-0071")).await;
        assert_eq!(error(&ending).0, "NotOk");
        assert_eq!(deployed.present(deployed.orders()), before);
        assert_eq!(deployed.writes(), [""; 0]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn t3_a_failback_inside_the_drain_never_leaves_the_group_without_a_target() {
    let deployed = DeployedLab::begin().await;
    deployed.follows(deployed.orders(), |world| fail_over(world, Some("orders-2"))).await;
    let available = || {
        deployed
            .lab
            .world()
            .rds
            .cluster("orders")
            .is_some_and(|c| c.status == Status::Available)
            .then_some(())
    };
    deployed.until("the cluster is available again", available).await;
    deployed.follows(deployed.orders(), |world| fail_over(world, Some("orders-1"))).await;
    let writer = deployed.writer(deployed.orders()).ip();
    assert_eq!(deployed.lab.world().rds.instance_address("orders-1"), Some(writer));
    assert!(deployed.was_never_empty(deployed.orders()));
}

#[tokio::test(flavor = "multi_thread")]
async fn t4_a_throttled_registration_neither_empties_the_group_nor_removes_the_old_target() {
    let deployed = DeployedLab::begin().await;
    deployed.lab.world().faults.add(Fault::on("RegisterTargets", Effect::Throttle).times(2));
    deployed.follows(deployed.orders(), |world| fail_over(world, None)).await;
    assert!(deployed.was_never_empty(deployed.orders()));
    let writes = deployed.writes();
    let first_removal = writes.iter().position(|write| write.starts_with("Deregister"));
    assert_eq!(first_removal, Some(3), "two throttled, one done, then the removal: {writes:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn t5_a_public_answer_is_refused_before_aws_is_asked() {
    let deployed = DeployedLab::begin().await;
    {
        let mut world = deployed.lab.world();
        let (name, now) = (world.instance_endpoint("billing"), world.now());
        world.faults.add_name(&name, NameEffect::Addresses(vec![address("52.17.3.4")]), now, None);
    }
    let answer = deployed.ask(json!({"bindings": ["billing"]})).await;
    assert_eq!(answer["bindings"][0]["reason"]["code"], "address-refused", "{answer:#}");
    assert_eq!(deployed.writes(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn t6_the_writer_is_followed_although_no_instance_has_a_new_address() {
    let deployed = DeployedLab::begin().await;
    let addresses = |deployed: &DeployedLab| {
        let world = deployed.lab.world();
        ["orders-1", "orders-2", "orders-3"].map(|name| world.rds.instance_address(name))
    };
    let before = addresses(&deployed);
    deployed.follows(deployed.orders(), |world| fail_over(world, Some("orders-3"))).await;
    assert_eq!(addresses(&deployed), before, "the addresses stay with their instances");
}

#[tokio::test(flavor = "multi_thread")]
async fn t7_a_database_that_is_busy_keeps_its_target_and_a_new_member_disturbs_nobody() {
    let deployed = DeployedLab::begin().await;
    for status in [Status::Modifying, Status::Rebooting] {
        deployed.lab.world().rds.show_instance_status("billing", status).expect("billing");
        deployed.lab.world().rds.show_cluster_status("orders", status).expect("orders");
        let answer = deployed.ask(json!({})).await;
        for binding in answer["bindings"].as_array().expect("bindings") {
            assert_eq!(binding["status"], "settled", "{status}: {answer:#}");
        }
    }
    deployed.lab.world().rds.show_instance_status("orders-3", Status::Creating).expect("orders-3");
    assert_eq!(deployed.ask(json!({})).await["ok"], true);
    assert_eq!(deployed.writes(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn t8_targets_on_another_port_than_the_groups_are_registered_and_removed_on_theirs() {
    // The group's own port is 5432; the binding's targets listen on 6000.
    let deployed = DeployedLab::with(
        |scene| {
            let orders = scene.links[0].clone();
            let writer = orders.writer(&scene.world).expect("writer").address.ip().to_string();
            let world = &mut scene.world;
            world
                .register_targets(&orders.group, &[TargetRequest::new(&writer, 6000)])
                .expect("registered");
            world
                .deregister_targets(&orders.group, &[TargetRequest::new(&writer, 5432)])
                .expect("deregistered");
            world.pass(Duration::from_secs(600));
        },
        |config| {
            config.replacen(
                "source = \"cluster/orders\"\n",
                "source = \"cluster/orders\"\nport = 6000\nport-differs = \"allowed\"\n",
                1,
            )
        },
    )
    .await;
    fail_over(&mut deployed.lab.world(), None);
    let moved = || {
        let writer = deployed.orders().writer(&deployed.lab.world()).expect("writer").address.ip();
        (deployed.present(deployed.orders()) == [format!("{writer}:6000")]).then_some(())
    };
    deployed.until("exactly the writer is registered, on 6000", moved).await;
    assert!(deployed.was_never_empty(deployed.orders()));
}

#[tokio::test(flavor = "multi_thread")]
async fn t9_of_several_addresses_none_is_registered_or_removed_by_chance() {
    let deployed = DeployedLab::begin().await;
    {
        let mut world = deployed.lab.world();
        let (name, now) = (world.cluster_endpoint("orders"), world.now());
        let old_and_new = vec![address("10.20.1.10"), address("10.20.2.11")];
        world.faults.add_name(&name, NameEffect::Addresses(old_and_new), now, None);
    }
    let answer = deployed.ask(json!({"bindings": ["orders-writer"]})).await;
    assert_eq!(answer["bindings"][0]["reason"]["code"], "several-addresses", "{answer:#}");
    assert_eq!(deployed.writes(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn t10_a_stale_extra_target_is_found_wherever_it_stands_and_removed() {
    let deployed = DeployedLab::with(
        |scene| {
            let orders = scene.links[0].clone();
            let reader =
                scene.world.rds.instance_address("orders-2").expect("orders-2").to_string();
            scene
                .world
                .register_targets(&orders.group, &[TargetRequest::new(&reader, 5432)])
                .expect("registered");
            scene.world.pass(Duration::from_secs(600));
        },
        |config| config,
    )
    .await;
    assert_eq!(deployed.present(deployed.orders()).len(), 2);
    let answer = deployed.ask(json!({})).await;
    assert_eq!(answer["bindings"][0]["status"], "changed", "{answer:#}");
    assert!(deployed.is_right(deployed.orders()));
    assert_eq!(deployed.writes().len(), 1, "removed, and nothing else was touched");
}

#[tokio::test(flavor = "multi_thread")]
async fn t11_the_smallest_configuration_works() {
    let deployed = DeployedLab::with(
        |_| {},
        |config| {
            let group =
                config.lines().find(|line| line.starts_with("target-group")).expect("a group");
            let dns = config.lines().find(|line| line.starts_with("servers")).expect("servers");
            format!(
                "allow = [\"10.20.0.0/16\"]\n[dns]\n{dns}\n[[binding]]\nname = \
                 \"orders-writer\"\nsource = \"cluster/orders\"\n{group}\n"
            )
        },
    )
    .await;
    deployed.follows(deployed.orders(), |world| fail_over(world, None)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn t12_an_event_that_could_not_be_followed_is_an_invocation_error_with_the_reason() {
    let deployed = DeployedLab::begin().await;
    deployed.lab.world().faults.add(Fault::on("DescribeTargetHealth", Effect::AccessDenied));
    let ending = deployed.deliver(&cluster_event(&deployed, "RDS-EVENT-0071")).await;
    let (error_type, document) = error(&ending);
    assert_eq!(error_type, "NotOk");
    assert!(document.contains("elasticloadbalancing:DescribeTargetHealth"), "{document}");
    assert!(document.contains("orders-writer: failed (access-denied)"), "{document}");
}

#[tokio::test(flavor = "multi_thread")]
async fn t13_the_demoted_writer_is_removed_within_the_failover_and_not_minutes_later() {
    let deployed = DeployedLab::begin().await;
    let began = deployed.lab.world().now();
    deployed.follows(deployed.orders(), |world| fail_over(world, None)).await;
    let took = deployed.lab.world().now() - began;
    // At this pace DNS is steady 5.7 s after the promotion, which comes 1.2 s after the beginning.
    assert!(took < Duration::from_secs(60), "{took:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_multi_az_instance_is_followed_to_its_standby_and_cleaned_up() {
    let deployed = DeployedLab::begin().await;
    let reboot = |world: &mut World| {
        drop(world.reboot_db_instance("billing", Reboot::ToStandby).expect("reboot").clone())
    };
    deployed.follows(deployed.billing(), reboot).await;
    assert!(deployed.was_never_empty(deployed.billing()));
}

#[tokio::test(flavor = "multi_thread")]
async fn five_duplicates_of_an_event_write_once() {
    let deployed = DeployedLab::begin().await;
    deployed.follows(deployed.orders(), |world| fail_over(world, None)).await;
    let writes = deployed.writes();
    let event = cluster_event(&deployed, "RDS-EVENT-0071");
    for _ in 0..5 {
        let ending = deployed.deliver(&event).await;
        let answer = ending.answer().expect("an answer");
        assert_eq!(answer["bindings"][0]["status"], "settled", "{answer:#}");
    }
    assert_eq!(deployed.writes(), writes);
}
