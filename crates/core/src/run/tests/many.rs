//! Many bindings: what a sweep looks at, in which order and for how long, and what the run of an
//! event leaves alone.

use super::*;
use crate::event::TriggerKind;

/// So many bindings of the cluster `orders`, each with a group.
fn many(bindings: usize) -> String {
    let one = |number: usize| {
        format!(
            "[[binding]]\nname = \"b{number}\"\nsource = \"cluster/orders\"\ntarget-group = \
             \"arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/b{number}/{number:016x}\"\n"
        )
    };
    let all: String = (0..bindings).map(one).collect();
    format!("allow = [\"10.20.0.0/16\"]\n{all}")
}

fn with(kind: TriggerKind, bindings: usize) -> RunFixture {
    let trigger = Trigger::sweep(kind);
    RunFixture::configured(trigger, 900 * S, Duration::ZERO, &many(bindings), false)
}

#[test]
fn a_sweep_reads_every_right_group_once_and_the_topology_seldom() {
    let mut fixture = with(TriggerKind::Schedule, 1000);
    let report = fixture.play();
    assert!(report.ok && report.postponed == 0 && report.bindings.len() == 1000);
    assert!(report.bindings.iter().all(|binding| binding.rounds == 1));
    assert_eq!(fixture.world.log_times("targets").len(), 1000);
    // Ten seconds of batches share a reading.
    assert!(fixture.world.log_times("topology").len() <= 2, "{:?}", fixture.now);
}

#[test]
fn a_sweep_ends_in_time_and_the_next_ones_go_on() {
    let mut fixture = with(TriggerKind::Schedule, 1000);
    // What half of the account's budget comes to: twenty reads in four seconds.
    fixture.world.targets_take = 4 * S;
    let mut seen = std::collections::BTreeSet::new();
    let mut ended = fixture.now;
    for sweep in 1..=26 {
        let report = fixture.play();
        assert!(fixture.now - ended <= 20 * S, "{:?}", fixture.now - ended);
        assert!(report.ok, "it answers for what it looked at");
        assert_eq!(report.postponed + report.bindings.len(), 1000);
        assert!(report.bindings.len() >= 80, "{}", report.bindings.len());
        seen.extend(report.bindings.into_iter().map(|binding| binding.name));
        if seen.len() == 1000 {
            break;
        }
        assert!(sweep < 26, "only {} are seen", seen.len());
        ended = sweep * 60 * S;
        fixture.then(None, &many(1000), ended - fixture.now);
    }
}

#[test]
fn a_sweep_whose_reads_are_all_throttled_ends_no_later() {
    let mut fixture = with(TriggerKind::Schedule, 200);
    fixture.world.targets_failure = Some(Failure::Throttled);
    let report = fixture.play();
    assert!(!report.ok && fixture.now <= 20 * S, "{:?}", fixture.now);
}

#[test]
fn a_binding_that_works_wakes_no_other() {
    let text = format!(
        "{}[[binding]]\nname = \"wrong\"\nsource = \"cluster/gone\"\ntarget-group = \
         \"arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/wrong/0123456789abcdef\"\n",
        many(3)
    );
    let mut fixture = RunFixture::event("RDS-EVENT-0072").with_config(&text);
    let report = fixture.play();
    assert!(fixture.now > 150 * S);
    assert_eq!(report.bindings.len(), 3, "the event does not concern the fourth");

    let trigger = Trigger::sweep(TriggerKind::Schedule);
    let mut fixture = RunFixture::configured(trigger, 240 * S, Duration::ZERO, &many(3), false);
    // A removal is pending for half a minute.
    fixture.world.set(2, "healthy");
    fixture.play();
    assert!(fixture.now > 30 * S);
}

#[test]
fn a_person_and_a_stack_get_everything_in_the_order_of_the_configuration() {
    for kind in [TriggerKind::Invoke, TriggerKind::CustomResource, TriggerKind::Audit] {
        let mut fixture = with(kind, 200);
        fixture.world.targets_take = 4 * S;
        let report = fixture.play();
        assert!(report.ok && report.postponed == 0 && report.bindings.len() == 200);
        assert!(fixture.now > 30 * S, "{:?}", fixture.now);
        assert_eq!(fixture.world.read, (0..200).collect::<Vec<_>>());
    }
}

#[test]
fn who_waits_for_all_of_them_is_told_of_those_that_the_time_did_not_suffice_for() {
    let trigger = Trigger::sweep(TriggerKind::Invoke);
    let mut fixture = RunFixture::configured(trigger, 10 * S, Duration::ZERO, &many(200), false);
    fixture.world.targets_take = 4 * S;
    let report = fixture.play();
    assert!(!report.ok && report.postponed == 0 && report.bindings.len() == 200);
    let last = report.bindings[199].reason.as_ref().map(|reason| reason.code);
    assert_eq!(last, Some("out-of-time"));
}

#[test]
fn an_event_that_may_concern_anybody_is_not_bounded_by_a_sweeps_time() {
    let mut fixture = RunFixture::unnamed("RDS-EVENT-0072").with_config(&many(60));
    fixture.world.targets_take = 10 * S;
    let report = fixture.play();
    assert!(report.ok && report.sweep && report.bindings.len() == 60);
    assert_eq!(fixture.world.read.len(), 60, "each group is read once while nothing moves");
}
