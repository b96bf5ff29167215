//! Tests blue/green deployments, and switchovers as a client and the RDS API see them.

use std::net::IpAddr;
use std::time::Duration;

use super::*;
use crate::world::dns::{Code, Family};
use crate::world::pace::SwitchoverPace;
use crate::world::rds::DbInstance;
use crate::world::rds::{Engine, MultiAz, Status};
use crate::world::vpc::Zone;

fn orders() -> (World, String) {
    let mut world = World::new(jiff::Timestamp::UNIX_EPOCH);
    let members = [("orders-1", Zone::A), ("orders-2", Zone::B)];
    world.add_aurora("orders", Engine::AuroraPostgresql, &members).expect("good names");
    let deployment = world.add_blue_green("orders").expect("Aurora has them");
    (world, deployment)
}

fn billing() -> (World, String) {
    let mut world = World::new(jiff::Timestamp::UNIX_EPOCH);
    world.add_instance("billing", MultiAz::Yes, Engine::Mysql).expect("a good name");
    let deployment = world.add_blue_green("billing").expect("MySQL has them");
    (world, deployment)
}

fn green_of(world: &World, deployment: &str, at: usize) -> String {
    let deployment = world.rds.deployment(deployment).expect("it exists");
    let side = deployment.pairs[at].green.database;
    world.rds.shown_name(side).expect("it is there")
}

fn status(world: &World, deployment: &str) -> DeploymentStatus {
    world.rds.deployment(deployment).expect("it exists").status
}

/// Until names begin to move.
fn until_moves(pace: &SwitchoverPace) -> Duration {
    pace.checks + pace.catch_up
}

/// The ids of the events that tell of deployments.
fn told(world: &World) -> Vec<u16> {
    let events = world.events.history();
    let of_deployments =
        events.filter(|event| event.source_type == SourceType::BlueGreenDeployment);
    of_deployments.map(|event| event.id).collect()
}

/// What a name answers: one address, or nothing.
fn answer(world: &mut World, name: &str) -> Option<IpAddr> {
    let reply = world.resolve(name, Family::V4);
    assert!(matches!(reply.code, Code::NoError | Code::NxDomain), "{name}");
    reply.addresses().first().copied()
}

#[test]
fn green_is_a_copy_under_names_of_its_own_and_takes_no_writes() {
    let (mut world, deployment) = orders();
    let green = green_of(&world, &deployment, 0);
    assert_eq!(green.len(), "orders-green-xxxxxx".len());
    assert!(green.starts_with("orders-green-"));
    assert_eq!(green_of(&world, &deployment, 2), format!("orders-2{}", &green["orders".len()..]));
    let [blue_at, green_at] =
        ["orders", &green].map(|name| world.rds.writer_address(name).expect("a writer"));
    assert!(world.rds.takes_writes(blue_at));
    assert!(world.accepts_tcp(green_at) && !world.rds.takes_writes(green_at));
    let name = world.cluster_endpoint(&green);
    assert_eq!(answer(&mut world, &name), Some(green_at));
    assert_eq!(told(&world), [244]);
}

#[test]
fn what_has_no_deployment_is_refused() {
    let mut world = World::new(jiff::Timestamp::UNIX_EPOCH);
    world.add_multi_az_cluster("ledger", Engine::Postgres).expect("a good name");
    world.add_aurora("graph", Engine::Neptune, &[("graph-1", Zone::A)]).expect("good names");
    world.add_instance("erp", MultiAz::No, Engine::OracleEe).expect("a good name");
    for (source, code) in [
        ("ledger", "SourceClusterNotSupportedFault"),
        ("graph", "SourceClusterNotSupportedFault"),
        ("erp", "SourceDatabaseNotSupportedFault"),
        ("graph-1", "SourceDatabaseNotSupportedFault"),
        ("nobody", "DBInstanceNotFound"),
    ] {
        assert_eq!(world.add_blue_green(source).expect_err(source).code, code, "{source}");
    }
}

#[test]
fn a_database_has_one_deployment_at_a_time() {
    let (mut world, deployment) = orders();
    let taken = world.add_blue_green("orders").expect_err("blue has one");
    assert_eq!(taken.code, "SourceClusterNotSupportedFault");
    world.switchover_blue_green_deployment(&deployment).expect("it is available");
    world.pass(Duration::from_secs(120));
    world.add_blue_green("orders").expect("what is left behind is in no one's way");
}

#[test]
fn during_a_switchover_both_sides_drop_connections_and_nobody_writes_until_green_does() {
    let (mut world, deployment) = orders();
    let pace = world.pace.switchover.clone();
    let green = green_of(&world, &deployment, 0);
    let [blue_at, green_at] =
        ["orders", &green].map(|name| world.rds.writer_address(name).expect("a writer"));
    world.switchover_blue_green_deployment(&deployment).expect("it is available");
    assert!(world.rds.takes_writes(blue_at), "the guardrails are checked while blue serves");
    world.pass(pace.checks);
    assert!(world.rds.instances().all(|instance| !world.accepts_tcp(instance.address())));
    assert_eq!(world.rds.writer_address("orders"), Some(blue_at));
    world.pass(pace.catch_up + pace.open);
    assert!(world.rds.instances().all(|instance| world.accepts_tcp(instance.address())));
    assert_eq!(world.rds.writer_address("orders"), Some(green_at));
    assert_eq!(world.rds.writer_address("orders-old1"), Some(blue_at));
    assert!(world.rds.takes_writes(green_at));
    assert!(!world.rds.takes_writes(blue_at), "blue only allows reads");
}

#[test]
fn names_move_and_identities_stay() {
    let (mut world, deployment) = orders();
    let green = green_of(&world, &deployment, 0);
    let ids = |world: &World, name: &str| {
        let cluster = world.rds.cluster(name)?;
        let writer = world.rds.writer(name)?;
        Some((cluster.resource_id.clone(), writer.resource_id.clone()))
    };
    let (blues, greens) = (ids(&world, "orders"), ids(&world, &green));
    world.switchover_blue_green_deployment(&deployment).expect("it is available");
    world.pass(Duration::from_secs(120));
    assert_eq!((ids(&world, "orders-old1"), ids(&world, "orders")), (blues, greens));
    assert!(world.rds.cluster(&green).is_none());
    for (cluster, member) in [("orders", "orders-2"), ("orders-old1", "orders-2-old1")] {
        let instance = world.rds.instance(member).expect("it has been renamed");
        assert_eq!(world.rds.cluster_of(instance).map(|of| of.identifier.as_str()), Some(cluster));
        assert_eq!(instance.arn, world.instance_arn(member));
        assert_eq!(instance.endpoint, Some(world.instance_endpoint(member)));
        let address = instance.address();
        let name = world.instance_endpoint(member);
        assert_eq!(answer(&mut world, &name), Some(address), "{member}");
    }
    for name in ["orders", "orders-old1"] {
        let (endpoint, writer) = (world.cluster_endpoint(name), world.rds.writer_address(name));
        assert_eq!(answer(&mut world, &endpoint), writer, "{name}");
    }
    let gone = [world.cluster_endpoint(&green), world.reader_endpoint(&green)];
    assert!(gone.iter().all(|name| answer(&mut world, name).is_none()));
    assert_eq!(told(&world), [244, 247, 259, 311, 312, 260, 248]);
    let last: Vec<_> =
        world.events.history().rev().take(2).map(|event| event.message.clone()).collect();
    assert_eq!(
        last[1],
        format!(
            "Switchover from DB cluster orders to {green} completed. Renamed orders to orders-old1 \
             and {green} to orders."
        )
    );
    let deployment = world.rds.deployment(&deployment).expect("it stays");
    assert_eq!(deployment.status, DeploymentStatus::SwitchoverCompleted);
    let arns = [&deployment.pairs[0].blue, &deployment.pairs[0].green].map(|side| side.arn.clone());
    assert_eq!(arns, ["orders-old1", "orders"].map(|name| world.cluster_arn(name)));
}

#[test]
fn each_name_answers_blue_then_nothing_then_green_at_its_own_time() {
    let (mut world, deployment) = orders();
    let pace = world.pace.switchover.clone();
    let green = green_of(&world, &deployment, 1);
    let names = ["orders-1", "orders-2"].map(|name| world.instance_endpoint(name));
    let [blue_at, second_at] =
        ["orders-1", "orders-2"].map(|name| world.rds.instance_address(name));
    let green_at = world.rds.instance_address(&green);
    world.switchover_blue_green_deployment(&deployment).expect("it is available");
    world.pass(until_moves(&pace));
    // The cluster's two names are first, the instances' follow.
    let first = pace.dns + 2 * pace.dns_step;
    world.pass(first - Duration::from_millis(1));
    assert_eq!(answer(&mut world, &names[0]), blue_at);
    world.pass(Duration::from_millis(1));
    assert_eq!(answer(&mut world, &names[0]), None);
    assert_eq!(answer(&mut world, &names[1]), second_at, "its turn comes later");
    world.pass(pace.gap);
    assert_eq!(answer(&mut world, &names[0]), green_at);
}

#[test]
fn the_pace_sets_whether_the_api_or_dns_or_the_truth_moves_first() {
    let second = Duration::from_secs;
    for clocks in [[1, 5, 9], [1, 9, 5], [5, 1, 9], [9, 1, 5], [5, 9, 1], [9, 5, 1]] {
        let (mut world, deployment) = billing();
        let green = green_of(&world, &deployment, 0);
        let after = world.rds.instance_address(&green).expect("it exists");
        let pace = SwitchoverPace {
            open: second(clocks[0]),
            shown: second(clocks[1]),
            dns: second(clocks[2]),
            gap: Duration::ZERO,
            completed: Duration::ZERO,
            ..world.pace.switchover.clone()
        };
        world.pace.switchover = pace.clone();
        world.switchover_blue_green_deployment(&deployment).expect("it is available");
        world.pass(until_moves(&pace));
        for at in 0..=10 {
            let name = world.instance_endpoint("billing");
            let shown = world.rds.instance("billing").map(DbInstance::address);
            let moved = [world.rds.instance_address("billing"), shown, answer(&mut world, &name)];
            let expected = clocks.map(|clock| at >= clock);
            assert_eq!(moved.map(|address| address == Some(after)), expected, "{clocks:?} at {at}");
            world.pass(second(1));
        }
        assert_eq!(status(&world, &deployment), DeploymentStatus::SwitchoverCompleted);
    }
}

#[test]
fn a_cancelled_switchover_leaves_everything_as_before_and_can_be_tried_again() {
    let (mut world, deployment) = orders();
    let pace = world.pace.switchover.clone();
    let before = world.rds.writer_address("orders").expect("a writer");
    world.switchover_blue_green_deployment(&deployment).expect("it is available");
    world.pass(pace.checks);
    world.cancel_switchover(&deployment, Cancellation::Sequences).expect("no name has moved");
    world.pass(Duration::from_secs(600));
    let name = world.cluster_endpoint("orders");
    assert_eq!(answer(&mut world, &name), Some(before));
    assert_eq!(world.rds.writer_address("orders"), Some(before));
    assert!(world.rds.takes_writes(before) && world.rds.cluster("orders-old1").is_none());
    assert_eq!(status(&world, &deployment), DeploymentStatus::SwitchoverFailed);
    assert_eq!(told(&world), [244, 247, 259, 311, 314, 249]);
    world.switchover_blue_green_deployment(&deployment).expect("again");
    world.pass(until_moves(&pace));
    let late =
        world.cancel_switchover(&deployment, Cancellation::ReplicationLag).expect_err("names move");
    assert_eq!(late.code, "InvalidBlueGreenDeploymentStateFault");
    world.pass(Duration::from_secs(120));
    assert_ne!(world.rds.writer_address("orders"), Some(before));
}

#[test]
fn green_in_need_of_repair_is_not_switched_over_to() {
    let (mut world, deployment) = orders();
    let green = green_of(&world, &deployment, 1);
    world.rds.show_instance_status(&green, Status::Upgrading).expect("it exists");
    let refused = world.switchover_blue_green_deployment(&deployment).expect_err("green is busy");
    assert_eq!(refused.code, "InvalidBlueGreenDeploymentStateFault");
    assert_eq!(told(&world), [244]);
}

#[test]
fn a_pair_says_which_side_is_gone() {
    let (mut world, deployment) = billing();
    let pair_status = |world: &World| {
        let deployment = world.rds.deployment(&deployment).expect("it exists");
        world.rds.pair_status(deployment, &deployment.pairs[0])
    };
    assert_eq!(pair_status(&world), "AVAILABLE");
    world.delete_instance("billing").expect("it exists");
    world.pass(world.pace.delete);
    assert_eq!(pair_status(&world), "MISSING_SOURCE");
}
