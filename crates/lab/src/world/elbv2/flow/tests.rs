//! Tests which targets take new flows, and when established flows end.

use std::time::Duration;

use super::*;
use crate::world::elbv2::fixture::Fixture;

const A: &str = "eu-west-1a";
const B: &str = "eu-west-1b";
/// A reader in zone b, which accepts connections.
const READER: &str = "10.20.2.10";
/// Somewhere in zone b where nothing listens.
const NOBODY: &str = "10.20.2.200";

const ONE: Quorum = Quorum { count: 1, percent: 0 };

/// The fixture with its listener's ARN, cross-zone on, and attributes of the group.
fn in_use(attributes: &[(&str, &str)]) -> (Fixture, String) {
    let mut fixture = Fixture::without_listener();
    let listener = fixture.listen();
    cross(&mut fixture, "true");
    fixture.world.elbv2.set_attributes(&fixture.group, attributes);
    (fixture, listener)
}

/// Sets cross-zone load balancing of the load balancer.
fn cross(fixture: &mut Fixture, on: &str) {
    let change = [("load_balancing.cross_zone.enabled", on)];
    fixture.world.elbv2.set_attributes(&fixture.balancer, &change);
}

/// The addresses that take a new flow at the node of zone a.
fn takers(fixture: &Fixture, listener: &str) -> Vec<String> {
    at(fixture, listener, A)
}

fn at(fixture: &Fixture, listener: &str, zone: &str) -> Vec<String> {
    let route = fixture.world.route(listener, zone);
    route.takers().iter().map(|key| key.id.clone()).collect()
}

/// What becomes of a flow to this address.
fn fate_of(fixture: &Fixture, listener: &str, address: &str, zone: &str) -> Fate {
    let key = TargetKey { id: address.to_owned(), port: 5432, zone: Some(zone.to_owned()) };
    fixture.world.fate(listener, A, &key)
}

fn seen(id: usize, zone: &str, routability: Routability) -> Seen {
    let key = TargetKey { id: format!("10.20.0.{id}"), port: 5432, zone: Some(zone.to_owned()) };
    Seen { key, routability }
}

#[test]
fn a_new_target_takes_flows_after_its_first_passed_check_whatever_the_threshold() {
    let (mut fixture, listener) = in_use(&[]);
    let writer = fixture.writer.clone();
    fixture.register(READER);
    fixture.pass(100);
    fixture.register(&writer);
    fixture.pass(89);
    assert_eq!(takers(&fixture, &listener), [READER]);
    fixture.pass(1);
    assert_eq!(takers(&fixture, &listener), [&writer, READER]);
}

#[test]
fn an_initial_target_takes_flows_when_none_is_healthy_as_soon_as_its_registration_is_through() {
    let (mut fixture, listener) = in_use(&[]);
    fixture.register(NOBODY);
    fixture.pass(44);
    assert_eq!(fixture.world.route(&listener, A), Route::Refused);
    fixture.pass(1);
    let Route::FailOpen(takers) = fixture.world.route(&listener, A) else {
        panic!("the node does not fail open");
    };
    assert_eq!(takers[0].id, NOBODY);
}

#[test]
fn unhealthy_targets_take_flows_only_when_no_target_is_healthy() {
    let (mut fixture, listener) = in_use(&[]);
    let writer = fixture.writer.clone();
    fixture.register(NOBODY);
    fixture.pass(200);
    assert_eq!(fixture.only().0, TargetState::Unhealthy);
    assert_eq!(takers(&fixture, &listener), [NOBODY]);
    fixture.register(&writer);
    fixture.pass(100);
    assert_eq!(takers(&fixture, &listener), [writer]);
}

#[test]
fn an_empty_group_refuses() {
    let (fixture, listener) = in_use(&[]);
    assert_eq!(fixture.world.route(&listener, A), Route::Refused);
}

#[test]
fn a_deregistered_target_takes_flows_until_the_nodes_are_told_whatever_the_delay() {
    for delay in ["0", "30", "300"] {
        let (mut fixture, listener) = in_use(&[("deregistration_delay.timeout_seconds", delay)]);
        let writer = fixture.writer.clone();
        fixture.register(&writer);
        fixture.register(READER);
        fixture.pass(100);
        fixture.deregister(&writer);
        fixture.pass(119);
        assert_eq!(takers(&fixture, &listener), [&writer, READER], "a delay of {delay} s");
        fixture.pass(1);
        assert_eq!(takers(&fixture, &listener), [READER], "a delay of {delay} s");
    }
}

#[test]
fn a_target_that_took_no_flows_takes_none_while_it_leaves() {
    let (mut fixture, listener) = in_use(&[]);
    fixture.register(READER);
    fixture.pass(100);
    fixture.register(NOBODY);
    fixture.pass(50);
    fixture.deregister(NOBODY);
    assert_eq!(takers(&fixture, &listener), [READER]);
}

#[test]
fn a_target_registered_again_before_the_nodes_let_go_of_it_takes_flows_throughout() {
    let (mut fixture, listener) = in_use(&[]);
    let writer = fixture.writer.clone();
    fixture.register(&writer);
    fixture.register(READER);
    fixture.pass(100);
    fixture.deregister(&writer);
    fixture.pass(20);
    fixture.register(&writer);
    for _ in 0..200 {
        fixture.pass(1);
        assert_eq!(takers(&fixture, &listener), [&writer, READER]);
    }
}

#[test]
fn a_target_registered_again_is_not_held_back_by_having_left() {
    let (mut fixture, listener) = in_use(&[]);
    let writer = fixture.writer.clone();
    fixture.register(&writer);
    fixture.pass(100);
    fixture.register(READER);
    fixture.deregister(READER);
    fixture.register(READER);
    fixture.pass(90);
    assert_eq!(takers(&fixture, &listener), [&writer, READER]);
}

#[test]
fn a_target_registered_again_after_they_let_go_of_it_waits_like_a_new_one() {
    let (mut fixture, listener) = in_use(&[]);
    let writer = fixture.writer.clone();
    fixture.register(&writer);
    fixture.register(READER);
    fixture.pass(100);
    fixture.deregister(&writer);
    fixture.pass(120);
    fixture.register(&writer);
    fixture.pass(89);
    assert_eq!(takers(&fixture, &listener), [READER]);
    fixture.pass(1);
    assert_eq!(takers(&fixture, &listener), [&writer, READER]);
}

#[test]
fn without_cross_zone_a_node_has_the_targets_of_its_zone_only() {
    let (mut fixture, listener) = in_use(&[]);
    cross(&mut fixture, "false");
    let writer = fixture.writer.clone();
    fixture.register(&writer);
    fixture.pass(100);
    assert_eq!(at(&fixture, &listener, A), [writer.as_str()]);
    assert_eq!(fixture.world.route(&listener, B), Route::Refused);
    cross(&mut fixture, "true");
    assert_eq!(at(&fixture, &listener, B), [writer.as_str()]);
}

#[test]
fn the_groups_own_cross_zone_setting_outranks_the_load_balancers() {
    for (own, balancer, reaches) in [("false", "true", false), ("true", "false", true)] {
        let (mut fixture, listener) = in_use(&[("load_balancing.cross_zone.enabled", own)]);
        cross(&mut fixture, balancer);
        let writer = fixture.writer.clone();
        fixture.register(&writer);
        fixture.pass(100);
        assert_eq!(!at(&fixture, &listener, B).is_empty(), reaches);
    }
}

#[test]
fn a_target_of_all_zones_belongs_to_every_node() {
    let everywhere = [seen(1, "all", Routability::Healthy)];
    for zone in [A, B] {
        assert_eq!(route(zone, CrossZone::Off, ONE, &everywhere).takers().len(), 1);
    }
}

#[test]
fn without_cross_zone_a_node_fails_open_for_its_zone_alone() {
    let targets = [
        seen(1, A, Routability::NotHealthy),
        seen(2, B, Routability::Healthy),
        seen(3, B, Routability::NotHealthy),
    ];
    let keys = |of: &[usize]| of.iter().map(|&index| targets[index].key.clone()).collect();
    assert_eq!(
        route(A, CrossZone::Off, ONE, &targets),
        Route::FailOpen(keys(&[0])),
        "zone a has none that is healthy"
    );
    assert_eq!(route(B, CrossZone::Off, ONE, &targets), Route::Healthy(keys(&[1])));
    assert_eq!(route(A, CrossZone::On, ONE, &targets), Route::Healthy(keys(&[1])));
}

/// AWS docs, "Target group health", "Example": ten targets in each of two zones, 50 % required, six
/// of zone b fail.
#[test]
fn a_node_fails_open_below_the_share_of_healthy_targets_that_the_group_requires() {
    let half = Quorum { count: 1, percent: 50 };
    let in_a = (0..10).map(|id| seen(id, A, Routability::Healthy));
    let in_b = (10..20).map(|id| {
        let routability = if id < 14 { Routability::Healthy } else { Routability::NotHealthy };
        seen(id, B, routability)
    });
    let targets: Vec<_> = in_a.chain(in_b).collect();
    let of = |zone, cross_zone| match route(zone, cross_zone, half, &targets) {
        Route::Healthy(takers) => ("healthy", takers.len()),
        Route::FailOpen(takers) => ("fail open", takers.len()),
        Route::Refused => ("refused", 0),
    };
    assert_eq!(of(A, CrossZone::Off), ("healthy", 10));
    assert_eq!(of(B, CrossZone::Off), ("fail open", 10));
    assert_eq!(of(A, CrossZone::On), ("healthy", 14));
    assert_eq!(of(B, CrossZone::On), ("healthy", 14));
}

#[test]
fn the_groups_required_number_of_healthy_targets_is_heeded() {
    let (mut fixture, listener) = in_use(&[(
        "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count",
        "2",
    )]);
    fixture.register(READER);
    fixture.register(NOBODY);
    fixture.pass(200);
    assert_eq!(takers(&fixture, &listener), [READER, NOBODY]);
}

/// Every combination of routability for three targets in two zones.
#[test]
fn a_flow_is_refused_only_when_the_node_knows_no_target_and_never_goes_to_one_it_does_not_know() {
    use Routability::{Healthy, NotHealthy, Unknown};
    let views = [Unknown, NotHealthy, Healthy];
    for (x, y, z) in (0..27).map(|n| (views[n / 9], views[n / 3 % 3], views[n % 3])) {
        let targets = [seen(1, A, x), seen(2, A, y), seen(3, B, z)];
        for (cross_zone, own) in [(CrossZone::On, &targets[..]), (CrossZone::Off, &targets[..2])] {
            let best = own.iter().map(|target| target.routability).max();
            let chosen = route(A, cross_zone, ONE, &targets);
            let expected = own.iter().filter(|target| Some(target.routability) == best);
            match best {
                Some(Healthy) => assert!(matches!(chosen, Route::Healthy(_))),
                Some(NotHealthy) => assert!(matches!(chosen, Route::FailOpen(_))),
                _ => {
                    assert_eq!(chosen, Route::Refused);
                    continue;
                }
            }
            assert!(chosen.takers().iter().eq(expected.map(|target| &target.key)));
        }
    }
}

#[test]
fn deregistering_ends_no_flow_even_when_the_target_is_gone() {
    let (mut fixture, listener) = in_use(&[]);
    let writer = fixture.writer.clone();
    fixture.register(&writer);
    fixture.pass(100);
    fixture.deregister(&writer);
    assert_eq!(fate_of(&fixture, &listener, &writer, A), Fate::Kept);
    fixture.pass(301);
    assert_eq!(fixture.keys(), []);
    assert_eq!(fate_of(&fixture, &listener, &writer, A), Fate::Kept);
}

#[test]
fn with_termination_a_flow_ends_when_the_deregistration_delay_does() {
    let (mut fixture, listener) = in_use(&[
        ("deregistration_delay.connection_termination.enabled", "true"),
        ("deregistration_delay.timeout_seconds", "60"),
    ]);
    let writer = fixture.writer.clone();
    fixture.register(&writer);
    fixture.pass(100);
    fixture.deregister(&writer);
    fixture.pass(59);
    assert_eq!(fate_of(&fixture, &listener, &writer, A), Fate::Kept);
    fixture.pass(1);
    assert_eq!(fate_of(&fixture, &listener, &writer, A), Fate::Cut);
}

#[test]
fn with_termination_a_target_registered_again_in_time_keeps_its_flows() {
    let (mut fixture, listener) =
        in_use(&[("deregistration_delay.connection_termination.enabled", "true")]);
    let writer = fixture.writer.clone();
    fixture.register(&writer);
    fixture.pass(100);
    fixture.deregister(&writer);
    fixture.pass(200);
    fixture.register(&writer);
    for _ in 0..300 {
        fixture.pass(1);
        assert_eq!(fate_of(&fixture, &listener, &writer, A), Fate::Kept);
    }
}

/// A reader that stays healthy beside a writer that does not.
fn with_a_writer_that_turns_unhealthy(attributes: &[(&str, &str)]) -> (Fixture, String, String) {
    let (mut fixture, listener) = in_use(attributes);
    let writer = fixture.writer.clone();
    fixture.register(&writer);
    fixture.register(READER);
    fixture.pass(100);
    fixture.world.pace.promote = Duration::from_secs(3600);
    fixture.world.failover_db_cluster("orders", None).expect("an available cluster");
    fixture.pass(60);
    (fixture, listener, writer)
}

#[test]
fn a_target_that_turns_unhealthy_loses_its_flows_where_the_group_has_not_switched_it_off() {
    let (fixture, listener, writer) = with_a_writer_that_turns_unhealthy(&[]);
    assert_eq!(fate_of(&fixture, &listener, &writer, A), Fate::Cut);
    assert_eq!(fate_of(&fixture, &listener, READER, B), Fate::Kept);
    let off = ("target_health_state.unhealthy.connection_termination.enabled", "false");
    let (fixture, listener, writer) = with_a_writer_that_turns_unhealthy(&[off]);
    assert_eq!(fate_of(&fixture, &listener, &writer, A), Fate::Kept);
    assert_eq!(takers(&fixture, &listener), [READER], "it takes no new flows all the same");
}

#[test]
fn an_unhealthy_target_keeps_its_flows_while_the_node_fails_open() {
    let (mut fixture, listener, writer) = with_a_writer_that_turns_unhealthy(&[]);
    fixture.deregister(READER);
    fixture.pass(120);
    assert!(matches!(fixture.world.route(&listener, A), Route::FailOpen(_)));
    assert_eq!(fate_of(&fixture, &listener, &writer, A), Fate::Kept);
}

#[test]
fn a_draining_interval_keeps_the_flows_of_an_unhealthy_target_until_it_is_over() {
    let (mut fixture, listener, writer) = with_a_writer_that_turns_unhealthy(&[
        ("target_health_state.unhealthy.connection_termination.enabled", "false"),
        ("target_health_state.unhealthy.draining_interval_seconds", "40"),
    ]);
    assert_eq!(takers(&fixture, &listener), [READER]);
    assert_eq!(fate_of(&fixture, &listener, &writer, A), Fate::Kept);
    fixture.pass(40);
    assert_eq!(fate_of(&fixture, &listener, &writer, A), Fate::Cut);
}

#[test]
fn a_listener_that_is_gone_takes_no_flows_and_keeps_none() {
    let (mut fixture, listener) = in_use(&[]);
    let writer = fixture.writer.clone();
    fixture.register(&writer);
    fixture.pass(100);
    fixture.world.remove_listener(&listener);
    assert_eq!(fixture.world.route(&listener, A), Route::Refused);
    assert_eq!(fate_of(&fixture, &listener, &writer, A), Fate::Cut);
}

/// A writer that is down when it is deregistered and comes back, or the other way round, beside a
/// target that has not passed its first check.
#[test]
fn a_leaving_targets_health_is_frozen_or_live_or_ignored() {
    use LeavingHealth::{Frozen, Ignored, Live};
    // Whether it is up at the deregistration and from 20 s on, and whether the nodes fail open then
    // and 110 s after the deregistration.
    for (health, is_up, fails_open) in [
        (Frozen, (true, true), (false, false)),
        (Frozen, (true, false), (false, false)),
        (Frozen, (false, true), (true, true)),
        (Live, (true, false), (false, true)),
        (Live, (false, true), (true, false)),
        (Ignored, (true, true), (true, true)),
        (Ignored, (false, true), (true, true)),
    ] {
        let (mut fixture, listener) = in_use(&[("deregistration_delay.timeout_seconds", "30")]);
        fixture.world.elbv2.leaving_health = health;
        if let Some(group) = fixture.world.elbv2.groups.get_mut(&fixture.group) {
            (group.health_check.interval, group.health_check.healthy_threshold) = (10, 2);
        }
        let let_checks_in = |fixture: &mut Fixture, is_up: bool| {
            let group = fixture.group.clone();
            match is_up {
                true => fixture.world.elbv2.let_checks_in(&group),
                false => fixture.world.elbv2.shut_checks_out(&group),
            }
        };
        let writer = fixture.writer.clone();
        fixture.register(&writer);
        fixture.pass(100);
        let_checks_in(&mut fixture, is_up.0);
        fixture.pass(60);
        // It is known after half of this, and checked after the whole.
        fixture.world.pace.registration = Duration::from_secs(1000);
        fixture.register(NOBODY);
        fixture.pass(500);
        fixture.deregister(&writer);
        let is_open =
            |fixture: &Fixture| matches!(fixture.world.route(&listener, A), Route::FailOpen(_));
        let at_once = is_open(&fixture);
        fixture.pass(20);
        let_checks_in(&mut fixture, is_up.1);
        fixture.pass(90);
        assert_eq!((at_once, is_open(&fixture)), fails_open, "{health:?}, up: {is_up:?}");
        fixture.pass(10);
        assert_eq!(takers(&fixture, &listener), [NOBODY], "{health:?}: they have heard of it");
    }
}

#[test]
fn nodes_act_on_a_targets_health_when_they_have_learnt_of_it() {
    for lag in [0, 10, 30, 60] {
        let (mut fixture, listener) = in_use(&[]);
        fixture.world.pace.health_lag = Duration::from_secs(lag);
        let writer = fixture.writer.clone();
        fixture.register(&writer);
        fixture.pass(200);
        fixture.register(READER);
        fixture.pass(89 + lag);
        assert_eq!(takers(&fixture, &listener), [writer.as_str()], "a lag of {lag} s");
        fixture.pass(1);
        assert_eq!(takers(&fixture, &listener), [&writer, READER], "a lag of {lag} s");
        fixture.world.pace.promote = Duration::from_secs(3600);
        fixture.world.failover_db_cluster("orders", None).expect("an available cluster");
        let is_unhealthy = (1..=60).any(|_| {
            fixture.pass(1);
            let health = fixture.world.target_health(&fixture.group, &[]).expect("it exists");
            health.iter().any(|target| target.state == TargetState::Unhealthy)
        });
        assert!(is_unhealthy, "after two failed checks");
        for second in 0..=lag {
            let heeds = second == lag;
            let (taken, fate) =
                (takers(&fixture, &listener), fate_of(&fixture, &listener, &writer, A));
            assert_eq!(!taken.contains(&writer), heeds, "{second} s of {lag} s");
            assert_eq!(fate == Fate::Cut, heeds, "{second} s of {lag} s");
            fixture.pass(1);
        }
    }
}
