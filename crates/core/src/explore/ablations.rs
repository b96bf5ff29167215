//! Every safety mechanism switched off in turn: the walk finds the harm, and its history is kept.
//!
//! A mechanism that nothing misses is not needed, or not checked.

use super::*;
use crate::mechanism::Mechanism;

/// Without this mechanism, this promise is broken in this setup, by the history in the snapshot of
/// the same name.
fn is_missed(mechanism: Mechanism, law: Law, setup: &Setup) {
    is_missed_as(&format!("without_{mechanism:?}"), mechanism, law, setup);
}

/// The same, with a snapshot of this name.
pub(super) fn is_missed_as(name: &str, mechanism: Mechanism, law: Law, setup: &Setup) {
    let walked = mechanism.without(|| walk(setup, |walked| walked.broken.contains_key(&law)));
    let Some(trace) = walked.broken.get(&law) else {
        panic!("nothing misses {mechanism:?}: {walked}");
    };
    println!("without {mechanism:?}: {} ({} moments)", trace.breach, walked.moments);
    insta::assert_snapshot!(name, trace.to_string());
}

fn with(budget: Budget) -> Setup {
    Setup { groups: usual(), budget, ..cluster(2) }
}

const FAILOVER: Budget = Budget {
    failovers: 1,
    scalings: 0,
    regressions: 0,
    faults: 0,
    stale: 0,
    kills: 0,
    false_names: 0,
};

#[test]
fn a_draining_target_that_counts_as_present_is_left_alone_until_the_group_is_empty() {
    let setup = Setup { groups: Group::all(2), ..with(FAILOVER) };
    is_missed(Mechanism::DrainingIsAbsent, Law::L1, &setup);
}

#[test]
fn one_key_alone_removes_the_writer_that_the_other_names() {
    is_missed(Mechanism::BothKeys, Law::S2, &with(FAILOVER));
}

#[test]
fn a_key_that_cannot_be_read_leaves_the_removal_to_the_one_that_lags() {
    let setup = Setup { keys_lie: true, limit: 7 * S, ..with(Budget::default()) };
    is_missed(Mechanism::UnknownHolds, Law::S4, &setup);
}

#[test]
fn keys_that_are_not_read_again_remove_the_writer_that_they_would_have_named() {
    is_missed(Mechanism::Reread, Law::S2, &with(FAILOVER));
}

#[test]
fn keys_that_were_read_again_before_the_targets_and_not_after_them_are_as_bad() {
    let faulty = Budget { faults: 1, ..FAILOVER };
    is_missed(Mechanism::RereadAfterTargets, Law::S2, &with(faulty));
}

#[test]
fn a_stale_reading_makes_the_others_be_removed_in_favour_of_a_target_that_is_gone() {
    let stale = Budget { failovers: 2, stale: 1, ..FAILOVER };
    is_missed(Mechanism::RegistrationProof, Law::S1, &with(stale));
}

#[test]
fn one_reading_that_shows_a_target_healthy_can_be_a_stale_one() {
    let stale = Budget { stale: 1, ..FAILOVER };
    is_missed(Mechanism::SeenForLong, Law::S1, &with(stale));
}

#[test]
fn what_was_seen_before_a_removal_vouches_for_the_removed_target() {
    let faulty = Budget { faults: 2, stale: 1, ..FAILOVER };
    is_missed(Mechanism::RemovalVoidsProof, Law::S1, &with(faulty));
}

#[test]
fn a_write_that_is_not_read_back_is_reported_as_done() {
    is_missed(Mechanism::ReadBack, Law::O1, &with(FAILOVER));
}

#[test]
fn a_writer_is_registered_on_a_port_on_which_nobody_listens() {
    is_missed(Mechanism::PortDiffersHolds, Law::S9, &wrong_port());
}

#[test]
fn a_removal_that_the_last_reading_does_not_show_is_told_as_waiting() {
    let setup = Setup {
        groups: vec![Group::only(A).with(B, Slot::Healthy)],
        invocations: vec![Invocation::Sweep],
        ..with(Budget { stale: 1, ..FAILOVER })
    };
    is_missed(Mechanism::MissingWriteIsReported, Law::O1, &setup);
}

#[test]
fn deregistering_first_empties_the_group() {
    is_missed(Mechanism::RegisterFirst, Law::S1, &with(FAILOVER));
}

#[test]
fn one_reading_of_the_topology_alone_registers_a_reader() {
    is_missed(Mechanism::TopologyTwice, Law::S3, &with(FAILOVER));
}

#[test]
fn a_target_that_is_removed_before_the_agreement_has_lasted_is_the_new_writer() {
    let setup = Setup {
        pace: Some(Pace { keys: 3 * S, refusal: 3 * S, health: Duration::ZERO }),
        ..with(FAILOVER)
    };
    is_missed(Mechanism::Settling, Law::S2Housekeeping, &setup);
}

#[test]
fn one_false_record_of_the_writers_own_name_removes_the_writer_at_once() {
    let false_name = Budget { false_names: 1, ..Budget::default() };
    is_missed(Mechanism::LeftoversSettle, Law::S2Leftover, &with(false_name));
}

#[test]
fn an_instances_new_target_that_is_still_initial_is_removed_while_its_name_goes_back() {
    let slow = Pace { keys: 6 * S, refusal: 6 * S, health: 6 * S };
    let setup = Setup {
        groups: vec![Group::only(A)],
        budget: FAILOVER,
        ..instance(Standby::RefusesTcp, slow)
    };
    is_missed(Mechanism::InitialHolds, Law::S2Housekeeping, &setup);
}

#[test]
fn writes_that_go_wrong_are_sent_again_and_again() {
    let faulty = Budget { faults: 5, ..Budget::default() };
    let setup = Setup {
        groups: vec![Group::only(B)],
        invocations: vec![Invocation::Sweep],
        ..with(faulty)
    };
    is_missed(Mechanism::GivesUp, Law::L3, &setup);
}

#[test]
fn without_a_sweep_a_lost_event_leaves_the_former_writer_in_the_group() {
    let setup = Setup {
        groups: vec![Group::only(A)],
        invocations: vec![Invocation::Sweep],
        sweeps: false,
        ..with(FAILOVER)
    };
    let walked = walk(&setup, |walked| walked.broken.contains_key(&Law::L1));
    let trace = walked.broken.get(&Law::L1).expect("nobody looks after the failover");
    insta::assert_snapshot!("without_a_sweep", trace.to_string());
}
