//! The run in virtual time, against a world of a few lines: what it does, in which order, and how
//! it ends.

mod brief;
mod by_name;
mod discovery;
mod dns_alone;
mod few_calls;
mod fixture;
mod many;
mod member;
mod memory;
mod observe;
mod trust;
mod writes;

use std::time::Duration;

use self::fixture::{Reply, RunFixture, World};
use super::*;
use crate::failure::{Failure, LookupError, Rejection};
use crate::mechanism::Mechanism;
use crate::ports::LONGEST_WRITE;
use crate::report::{BindingReport, Status};

const S: Duration = Duration::from_secs(1);

/// Fails over from A (.1) to B (.2) at the beginning: both keys move at once.
fn failed_over(world: &mut World) {
    world.writer = 2;
    world.dns = vec![2];
}

#[test]
fn a_group_that_is_right_is_looked_at_once_and_not_written_to() {
    let mut fixture = RunFixture::sweep();
    let report = fixture.play();
    assert_eq!(report.bindings[0].status, Status::Settled);
    assert_eq!(report.bindings[0].rounds, 1);
    assert_eq!(fixture.world.writes(), [""; 0]);
}

#[test]
fn a_failover_registers_then_rereads_the_keys_then_deregisters_and_verifies() {
    let mut fixture = RunFixture::event("RDS-EVENT-0071");
    failed_over(&mut fixture.world);
    let report = fixture.play();
    assert_eq!(report.bindings[0].status, Status::Changed);
    assert_eq!(fixture.world.writes(), ["register .2", "deregister .1"]);
    assert_eq!(report.bindings[0].registered, ["10.20.0.2:5432"]);
    assert_eq!(report.bindings[0].deregistered, ["10.20.0.1:5432"]);
    let calls = fixture.world.calls_after("register .2");
    assert_eq!(calls, ["targets", "topology", "names", "deregister .1", "targets"]);
    assert!(fixture.now < 4 * S, "it took {:?}", fixture.now);
}

#[test]
fn t1_an_event_before_dns_moves_is_waited_out_and_followed() {
    let mut fixture = RunFixture::event("RDS-EVENT-0072");
    fixture.at(40 * S, |world| world.writer = 2);
    fixture.at(55 * S, |world| world.dns = vec![2]);
    let report = fixture.play();
    assert_eq!(report.bindings[0].status, Status::Changed);
    assert_eq!(fixture.world.writes(), ["register .2", "deregister .1"]);
    let (registered, _) = fixture
        .world
        .log
        .iter()
        .map(|(at, what)| (*at, what))
        .find(|(_, w)| *w == "register .2")
        .expect("r");
    assert!(registered < 44 * S, "registered on topology's word, twice, at {registered:?}");
    let (removed, _) = fixture.world.log.iter().find(|(_, w)| w == "deregister .1").expect("d");
    assert!(*removed >= 55 * S && *removed < 59 * S, "removed when DNS agreed, at {removed:?}");
}

#[test]
fn dns_that_flaps_removes_nothing_before_both_keys_agree_before_and_after_the_reading() {
    let mut fixture = RunFixture::event("RDS-EVENT-0071");
    fixture.world.writer = 2;
    for second in 0..20 {
        let back = second % 2 == 0;
        fixture.at(second * S, move |world| world.dns = vec![if back { 1 } else { 2 }]);
    }
    fixture.at(20 * S, |world| world.dns = vec![2]);
    let report = fixture.play();
    assert_eq!(report.bindings[0].status, Status::Changed);
    assert_eq!(fixture.world.present(), [2]);
    assert!(fixture.world.never_empty);
}

#[test]
fn a_false_record_of_the_writers_own_name_removes_no_writer_before_the_agreement_has_lasted() {
    // Both keys rest on that name for where the writer is, so both say .9, where nobody listens.
    let play = || {
        let mut fixture = RunFixture::event("RDS-EVENT-0071");
        fixture.world.false_name = Some((1, 9));
        fixture.at(25 * S, |world| world.false_name = None);
        fixture.play();
        fixture.world
    };
    let world = play();
    assert_eq!(world.writes(), ["register .9"]);
    assert_eq!(world.present(), [1, 9]);
    let world = Mechanism::LeftoversSettle.without(play);
    assert_eq!(world.writes()[..2], ["register .9", "deregister .1"]);
}

#[test]
fn a_foreign_target_on_the_same_port_does_not_slow_a_failover() {
    let mut fixture = RunFixture::event("RDS-EVENT-0071");
    failed_over(&mut fixture.world);
    fixture.world.foreign = true;
    let report = fixture.play();
    assert_eq!(report.bindings[0].status, Status::Changed);
    assert!(fixture.now < 10 * S, "{:?}", fixture.now);
    assert_eq!(fixture.world.writes(), ["register .2", "deregister .1"]);
}

#[test]
fn a_former_writer_whose_name_is_gone_by_then_is_removed_at_once() {
    let mut fixture = RunFixture::event("RDS-EVENT-0071");
    fixture.at(2 * S, |world| {
        world.false_name = Some((1, 9));
        (world.writer, world.dns) = (2, vec![2]);
    });
    let report = fixture.play();
    assert_eq!(report.bindings[0].status, Status::Changed);
    assert!(fixture.now < 10 * S, "{:?}", fixture.now);
}

#[test]
fn t2_a_name_that_does_not_exist_changes_nothing_and_says_so() {
    let mut fixture = RunFixture::sweep();
    fixture.world.lookup_error = Some(LookupError::NxDomain);
    let report = fixture.play();
    let binding = &report.bindings[0];
    assert_eq!(binding.status, Status::Held);
    assert_eq!(binding.reason.as_ref().map(|r| r.code), Some("dns-nxdomain"));
    assert_eq!(fixture.world.writes(), [""; 0]);
    assert!(!report.ok);
}

#[test]
fn t3_a_failback_inside_the_drain_registers_the_draining_target_again() {
    let mut fixture = RunFixture::event("RDS-EVENT-0071");
    fixture.world.targets.clear();
    fixture.world.set(1, "draining");
    fixture.world.set(2, "healthy");
    let report = fixture.play();
    assert_eq!(report.bindings[0].status, Status::Changed);
    assert_eq!(fixture.world.writes(), ["register .1", "deregister .2"]);
    assert!(fixture.world.never_empty);
}

#[test]
fn t4_a_throttled_registration_removes_nothing_and_is_tried_again() {
    let mut fixture = RunFixture::event("RDS-EVENT-0071");
    failed_over(&mut fixture.world);
    fixture.world.replies = vec![Reply::Fail(Failure::Throttled)];
    let report = fixture.play();
    assert_eq!(report.bindings[0].status, Status::Changed);
    assert_eq!(fixture.world.writes(), ["register .2", "register .2", "deregister .1"]);
    assert!(fixture.world.never_empty);
}

#[test]
fn a_registration_that_stays_refused_removes_nothing_and_ends_as_failed_with_the_permission() {
    let mut fixture = RunFixture::event("RDS-EVENT-0071");
    failed_over(&mut fixture.world);
    fixture.world.replies = vec![Reply::Fail(Failure::Rejected(Rejection::AccessDenied)); 9];
    let report = fixture.play();
    let binding = &report.bindings[0];
    assert_eq!(binding.status, Status::Failed);
    assert_eq!(binding.reason.as_ref().map(|r| r.code), Some("access-denied"));
    assert_eq!(fixture.world.writes(), ["register .2"], "a refusal is final for the run");
    assert_eq!(fixture.world.present(), [1]);
    assert_eq!(binding.planned, ["register 10.20.0.2:5432", "deregister 10.20.0.1:5432"]);
}

#[test]
fn a_lost_answer_that_no_reading_explains_is_unconfirmed() {
    let mut fixture = RunFixture::sweep();
    failed_over(&mut fixture.world);
    fixture.world.replies = vec![Reply::LostAfter];
    fixture.world.after_write = Some(|world| world.targets_failure = Some(Failure::Unreachable));
    let report = fixture.play();
    assert_eq!(report.bindings[0].status, Status::Unconfirmed);
    assert_eq!(report.bindings[0].registered, [""; 0], "it claims only what was confirmed");
}

#[test]
fn readings_older_than_our_own_removal_vouch_for_nothing() {
    // 1. Both targets are healthy. The cluster fails over to B; A is removed.
    // 2. It fails back to A. Readings of the group are 1.1 s old and still show A healthy.
    // 3. Were that taken for A's registration, B would be removed, and the group would be empty.
    for lost in [false, true] {
        for lag in [200, 900, 1100, 1500, 4000] {
            let mut fixture = RunFixture::event("RDS-EVENT-0072");
            fixture.world.set(2, "healthy");
            fixture.world.reads_lag = Duration::from_millis(lag);
            if lost {
                fixture.world.replies = vec![Reply::LostAfter];
            }
            fixture.at(2 * S, failed_over);
            for back in [3500, 4050, 4500] {
                fixture.at(Duration::from_millis(back), |world| {
                    world.writer = 1;
                    world.dns = vec![1];
                });
            }
            fixture.play();
            assert!(
                fixture.world.never_empty,
                "lag {lag} ms, lost {lost}: {:?}",
                fixture.world.log
            );
        }
    }
}

#[test]
fn a_write_that_a_late_reading_does_not_show_yet_is_not_repeated_at_once() {
    let mut fixture = RunFixture::event("RDS-EVENT-0071");
    failed_over(&mut fixture.world);
    fixture.world.reads_lag = Duration::from_millis(500);
    let report = fixture.play();
    assert_eq!(report.bindings[0].status, Status::Changed);
    assert_eq!(fixture.world.writes(), ["register .2", "deregister .1"]);
}

#[test]
fn a_write_that_never_shows_is_given_up_and_told_as_ineffective() {
    let mut fixture = RunFixture::event("RDS-EVENT-0071");
    failed_over(&mut fixture.world);
    fixture.world.reads_lag = 1000 * S;
    let report = fixture.play();
    let binding = &report.bindings[0];
    assert_eq!(binding.status, Status::Failed);
    assert_eq!(binding.reason.as_ref().map(|r| r.code), Some("write-ineffective"));
    assert_eq!(fixture.world.writes(), ["register .2"; 4], "once, and three times more");
    assert_eq!(
        fixture.world.present(),
        [1, 2],
        "nothing is removed on a registration that does not show"
    );
}

/// A report that calls a group right fits together: the targets are where it says that the keys
/// are.
fn assert_fits_together(binding: &BindingReport, when: &str) {
    if matches!(binding.status, Status::Settled | Status::Changed) {
        let present = binding.targets.iter().filter(|target| target.state != "draining");
        let targets: Vec<String> = present.map(|target| target.id.to_string()).collect();
        let evidence = serde_json::to_value(&binding.evidence).expect("json");
        let named = &evidence["dns"]["addresses"];
        assert_eq!(serde_json::json!(targets), *named, "{when}: {binding:#?}");
    }
}

#[test]
fn a_round_that_the_deadline_cuts_is_not_told_as_the_round_before() {
    let mut statuses = Vec::new();
    for millis in (3000..4600).step_by(10).chain((6000..8600).step_by(100)) {
        let left = Duration::from_millis(millis) + (LONGEST_WRITE - 3 * S);
        let mut fixture = RunFixture::event("RDS-EVENT-0072").with_time(left);
        fixture.at(3 * S, failed_over);
        let report = fixture.play();
        assert_fits_together(&report.bindings[0], &format!("after {millis} ms"));
        statuses.push(report.bindings[0].status);
    }
    assert!(
        statuses.contains(&Status::Held) && statuses.contains(&Status::Changed),
        "{statuses:?}"
    );
}

#[test]
fn a_round_that_reads_other_targets_and_is_cut_is_not_told_as_the_round_before() {
    let mut statuses = Vec::new();
    for millis in (0..3000).step_by(20) {
        // 1. An event has the group watched, and a round finds it right.
        // 2. Another updater replaces the target, and a round reads that.
        // 3. The registration waits for its turn, so the keys are read again before it. RDS is
        //    slow, and the time is over.
        let mut fixture = RunFixture::event("RDS-EVENT-0072").with_time(40 * S);
        fixture.world.permits_take = 2 * S;
        fixture.at(10 * S, |world| {
            world.targets.clear();
            world.set(3, "healthy");
        });
        let slow = |world: &mut World| world.topology_takes = 60 * S;
        fixture.at(10 * S + Duration::from_millis(millis), slow);
        let report = fixture.play();
        assert_fits_together(&report.bindings[0], &format!("slow after {millis} ms"));
        statuses.push(report.bindings[0].status);
    }
    assert!(statuses.contains(&Status::Held), "{statuses:?}");
}

#[test]
fn t10_a_stale_extra_target_goes_after_the_agreement_has_lasted() {
    let mut fixture = RunFixture::sweep();
    fixture.world.set(2, "healthy");
    let report = fixture.play();
    assert_eq!(report.bindings[0].status, Status::Changed);
    assert_eq!(fixture.world.writes(), ["deregister .2"]);
    let removed = fixture.world.log_times("deregister .2")[0];
    assert!(removed >= 30 * S && removed < 34 * S, "at {removed:?}");
}

#[test]
fn keys_that_disagree_for_a_whole_sweep_are_held() {
    let mut fixture = RunFixture::sweep();
    fixture.world.writer = 2;
    let report = fixture.play();
    assert_eq!(report.bindings[0].status, Status::Held);
    assert_eq!(report.bindings[0].reason.as_ref().map(|r| r.code), Some("keys-disagree"));
    assert_eq!(fixture.world.writes(), [""; 0]);
    assert!(
        fixture.now >= 15 * S && fixture.now < 18 * S,
        "a sweep looks for 15 s, not {:?}",
        fixture.now
    );
}

#[test]
fn a_dry_run_plans_and_writes_nothing() {
    let mut fixture = RunFixture::dry_run();
    failed_over(&mut fixture.world);
    let report = fixture.play();
    assert_eq!(report.bindings[0].status, Status::Drift);
    assert_eq!(
        report.bindings[0].planned,
        ["register 10.20.0.2:5432", "deregister 10.20.0.1:5432"]
    );
    assert_eq!(fixture.world.writes(), [""; 0]);
}

#[test]
fn no_write_begins_with_less_time_left_than_the_longest_write() {
    let mut fixture = RunFixture::event("RDS-EVENT-0071").with_time(2 * S);
    failed_over(&mut fixture.world);
    let report = fixture.play();
    assert_eq!(report.bindings[0].status, Status::Held);
    assert_eq!(report.bindings[0].reason.as_ref().map(|r| r.code), Some("out-of-time"));
    assert_eq!(fixture.world.writes(), [""; 0]);
}

#[test]
fn an_event_of_an_unknown_cluster_costs_nothing_and_of_an_unknown_instance_one_reading() {
    let mut fixture = RunFixture::event_of("db-cluster", "someone-else");
    let report = fixture.play();
    assert!(report.ok && report.bindings.is_empty());
    assert_eq!((report.unmatched, fixture.world.log.len()), (1, 0));

    let mut fixture = RunFixture::event_of("db-instance", "someone-else-1");
    let report = fixture.play();
    assert!(report.ok && report.bindings.is_empty());
    let calls: Vec<&str> = fixture.world.log.iter().map(|(_, what)| what.as_str()).collect();
    assert_eq!((report.unmatched, calls), (1, vec!["topology"]));
}

#[test]
fn an_event_of_an_instance_watches_its_cluster() {
    let mut fixture = RunFixture::event_of("db-instance", "orders-2");
    fixture.at(10 * S, failed_over);
    let report = fixture.play();
    assert_eq!(report.unmatched, 0);
    assert_eq!(report.bindings[0].status, Status::Changed);
}

#[test]
fn an_instances_event_ages_while_the_reading_that_tells_its_cluster_takes_its_time() {
    let writes = |takes| {
        let mut fixture = RunFixture::event_of("db-instance", "orders-2");
        fixture.world.writer = 2;
        fixture.world.topology_takes = takes;
        fixture.play();
        fixture.world.writes()
    };
    assert_eq!(writes(3 * S), ["register .2"]);
    assert_eq!(writes(31 * S), [""; 0]);
}

#[test]
fn a_topology_that_cannot_be_read_holds_and_names_the_call() {
    let mut fixture = RunFixture::sweep();
    fixture.world.topology_failure = Some(Failure::Rejected(Rejection::AccessDenied));
    let report = fixture.play();
    let binding = &report.bindings[0];
    assert_eq!(binding.status, Status::Held);
    let reason = binding.reason.as_ref().expect("reason");
    assert_eq!(reason.code, "access-denied");
    assert!(reason.remedy.as_ref().is_some_and(|r| r.contains("rds:DescribeDBClusters")));
    assert_eq!(fixture.world.writes(), [""; 0]);
}

#[test]
fn a_deregistration_whose_keys_change_in_between_is_not_sent() {
    let mut fixture = RunFixture::event("RDS-EVENT-0071");
    failed_over(&mut fixture.world);
    // Back to A right after B was registered, before the keys are read again.
    fixture.world.after_write = Some(|world| {
        world.writer = 1;
        world.dns = vec![1];
    });
    let report = fixture.play();
    assert_eq!(fixture.world.present(), [1]);
    assert!(fixture.world.never_empty);
    assert_eq!(report.bindings[0].status, Status::Changed);
    assert!(
        !fixture.world.writes().contains(&"deregister .1".to_owned()),
        "{:?}",
        fixture.world.writes()
    );
}

#[test]
fn keys_that_turn_around_while_they_are_read_again_remove_nothing_before_another_look() {
    // Both targets are healthy, so that each could be removed for the other. The keys turn at every
    // moment of the run.
    for first in (2000..3600).step_by(20) {
        let mut fixture = RunFixture::event("RDS-EVENT-0072");
        fixture.world.set(2, "healthy");
        fixture.at(S, failed_over);
        fixture.at(Duration::from_millis(first), |world| {
            world.writer = 1;
            world.dns = vec![1];
        });
        fixture.play();
        assert!(fixture.world.never_empty, "{:?}", fixture.world.log);
    }
}

#[test]
fn a_watched_binding_notices_what_others_do_to_its_group() {
    let mut fixture = RunFixture::event("RDS-EVENT-0072");
    fixture.at(20 * S, |world| world.set(1, "draining"));
    let report = fixture.play();
    assert_eq!(report.bindings[0].status, Status::Changed);
    let registered = fixture.world.log_times("register .1")[0];
    assert!(registered < 27 * S, "{registered:?}");
}

#[test]
fn a_run_is_a_value_and_equal_runs_step_equally() {
    let mut one = RunFixture::event("RDS-EVENT-0071");
    let mut other = one.run.clone();
    assert_eq!(one.run, other);
    assert_eq!(
        one.run.step(Duration::ZERO, Input::Start),
        other.step(Duration::ZERO, Input::Start)
    );
    assert_eq!(one.run, other);
}

#[test]
fn an_event_that_may_concern_anybody_looks_at_everybody() {
    for (about, source) in
        [("blue-green-deployment", "bgd-1"), ("something-new", "x"), ("db-cluster", "")]
    {
        let mut fixture = RunFixture::event_of(about, source);
        let report = fixture.play();
        assert_eq!((report.bindings.len(), report.unmatched), (1, 0), "{about} {source:?}");
        assert!(report.sweep, "it answers for everybody");
    }
    let mut fixture = RunFixture::event_of("db-snapshot", "orders");
    let report = fixture.play();
    assert_eq!((report.bindings.len(), report.unmatched, fixture.world.log.len()), (0, 1, 0));
}

#[test]
fn an_event_that_announces_a_move_and_names_nobody_has_every_binding_watched_for_its_patience() {
    let mut fixture = RunFixture::unnamed("RDS-EVENT-0072");
    fixture.at(60 * S, |world| world.writer = 2);
    fixture.at(62 * S, |world| world.dns = vec![2]);
    let report = fixture.play();
    assert_eq!(report.bindings[0].status, Status::Changed);
    assert_eq!(fixture.world.writes(), ["register .2", "deregister .1"]);
    let reads = fixture.world.log_times("targets");
    assert_eq!(reads.iter().filter(|at| **at < 60 * S).count(), 1, "{reads:?}");
}

#[test]
fn watched_for_a_move_of_nobody_a_group_is_read_once_while_nothing_moves() {
    let mut stages = [
        RunFixture::unnamed("RDS-EVENT-0072"),
        RunFixture::of("RDS-EVENT-0247", "blue-green-deployment", "bgd-1"),
    ];
    for fixture in &mut stages {
        let report = fixture.play();
        assert!(fixture.now >= 150 * S && report.sweep, "{:?}", fixture.now);
        assert_eq!(report.bindings[0].status, Status::Settled);
        assert_eq!(fixture.world.log_times("targets").len(), 1);
        let topologies = fixture.world.log_times("topology");
        assert!(topologies.windows(2).all(|pair| pair[1] - pair[0] >= S), "{topologies:?}");
    }
}

#[test]
fn watched_for_a_move_of_nobody_a_group_that_is_not_right_is_read_again_to_the_end() {
    let mut fixture = RunFixture::unnamed("RDS-EVENT-0072");
    fixture.world.lookup_error = Some(LookupError::NxDomain);
    let report = fixture.play();
    assert!(fixture.now >= 150 * S, "{:?}", fixture.now);
    assert_eq!(report.bindings[0].status, Status::Held);
    let readings = fixture.world.log_times("targets");
    assert!(
        readings.len() > 20 && readings.windows(2).all(|pair| pair[1] - pair[0] < 8 * S),
        "{readings:?}"
    );
}

#[test]
fn an_event_older_than_its_patience_is_a_sweep() {
    let mut fixture = RunFixture::event("RDS-EVENT-0071").late(10 * 60 * S);
    let report = fixture.play();
    assert!(report.sweep);
    assert_eq!(report.bindings[0].rounds, 1);
    assert!(!RunFixture::event("RDS-EVENT-0071").play().sweep);
}

#[test]
fn an_event_of_an_unknown_id_is_looked_at_once_and_answered_for() {
    for id in ["RDS-EVENT-9999", "RDS-EVENT-0287"] {
        let mut fixture = RunFixture::event(id);
        let report = fixture.play();
        assert_eq!((report.bindings[0].status, report.bindings[0].rounds), (Status::Settled, 1));
        assert!(!report.sweep, "{id} names whom it answers for");
        assert!(RunFixture::event(id).late(10 * 60 * S).play().sweep, "{id}, late");
        let mut blind = RunFixture::event(id);
        blind.world.topology_failure = Some(Failure::Rejected(Rejection::AccessDenied));
        let report = blind.play();
        assert!(!report.ok && !report.sweep, "{id}, and nothing can be read");
    }
}

#[test]
fn a_binding_that_a_look_finds_wrong_is_watched_and_put_right() {
    let mut fixture = RunFixture::event("RDS-EVENT-9999");
    fixture.world.writer = 2;
    // Until then the keys disagree.
    fixture.at(8 * S, |world| world.dns = vec![2]);
    let report = fixture.play();
    assert_eq!(report.bindings[0].status, Status::Changed);
    assert_eq!(fixture.world.writes(), ["register .2", "deregister .1"]);
    let registered = fixture.world.log_times("register .2")[0];
    assert!(registered >= 8 * S, "a look registers on agreement, as a sweep does: {registered:?}");
}

#[test]
fn keys_that_disagree_in_a_sweep_are_held_even_after_a_hiccup_of_dns() {
    let mut fixture = RunFixture::sweep();
    fixture.world.writer = 2;
    fixture.world.lookup_error = Some(LookupError::Timeout);
    fixture.at(S, |world| world.lookup_error = None);
    let report = fixture.play();
    assert_eq!(report.bindings[0].status, Status::Held);
}

#[test]
fn what_no_look_would_mend_does_not_keep_the_run_awake() {
    let mut fixture = RunFixture::event("RDS-EVENT-0072");
    fixture.world.topology_failure = Some(Failure::Rejected(Rejection::AccessDenied));
    let report = fixture.play();
    assert!(!report.ok);
    assert!(fixture.now < S, "{:?}", fixture.now);
}
