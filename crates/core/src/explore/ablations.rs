//! Switches off each safety mechanism in turn: the walk finds the harm, and a snapshot keeps its
//! history.
//!
//! If nothing breaks without a mechanism, it is not needed, or not checked.

use super::*;
use crate::mechanism::Mechanism;

/// Checks that without this mechanism this setup breaks this promise, by the history in the
/// snapshot, and that with it as many moments break it nowhere.
fn breaks_without(mechanism: Mechanism, promise: Promise, setup: &Setup) {
    breaks_without_as(&format!("without_{mechanism:?}"), mechanism, promise, setup);
}

/// The same, with this name for the snapshot.
pub(super) fn breaks_without_as(name: &str, mechanism: Mechanism, promise: Promise, setup: &Setup) {
    let walked = mechanism.without(|| walk(setup, |walked| walked.broken.contains_key(&promise)));
    let Some(trace) = walked.broken.get(&promise) else {
        panic!("nothing breaks without {mechanism:?}: {walked}");
    };
    println!("without {mechanism:?}: {} ({} moments)", trace.breach, walked.moments);
    let with =
        walk(setup, |with| with.moments == walked.moments || with.broken.contains_key(&promise));
    assert!(!with.broken.contains_key(&promise), "with {mechanism:?} too: {with}");
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
    late: 0,
};

#[test]
fn a_draining_target_that_counts_as_present_is_left_alone_until_the_group_is_empty() {
    let setup = Setup { groups: Group::all(2), ..with(FAILOVER) };
    breaks_without(Mechanism::DrainingIsAbsent, Promise::L1, &setup);
}

#[test]
fn one_key_alone_removes_the_writer_that_the_other_names() {
    breaks_without(Mechanism::BothKeys, Promise::S2, &with(FAILOVER));
}

#[test]
fn a_key_that_cannot_be_read_leaves_the_removal_to_the_one_that_lags() {
    let setup = Setup { keys_lie: true, limit: 7 * S, ..with(Budget::default()) };
    breaks_without(Mechanism::UnknownHolds, Promise::S4, &setup);
}

#[test]
fn keys_that_are_not_read_again_remove_the_writer_that_they_would_have_named() {
    breaks_without(Mechanism::Reread, Promise::S2, &with(FAILOVER));
}

#[test]
fn keys_that_were_read_again_before_the_targets_and_not_after_them_are_as_bad() {
    let faulty = Budget { faults: 1, ..FAILOVER };
    breaks_without(Mechanism::RereadAfterTargets, Promise::S2, &with(faulty));
}

#[test]
fn a_stale_reading_makes_the_others_be_removed_in_favour_of_a_target_that_is_gone() {
    let stale = Budget { failovers: 2, stale: 1, ..FAILOVER };
    breaks_without(Mechanism::RegistrationProof, Promise::S1, &with(stale));
}

#[test]
fn one_reading_that_shows_a_target_healthy_can_be_a_stale_one() {
    let stale = Budget { stale: 1, ..FAILOVER };
    breaks_without(Mechanism::SeenForLong, Promise::S1, &with(stale));
}

#[test]
fn what_was_seen_before_a_removal_vouches_for_the_removed_target() {
    let faulty = Budget { faults: 1, ..FAILOVER };
    breaks_without(Mechanism::RemovalVoidsProof, Promise::S7, &with(faulty));
}

#[test]
fn a_removal_that_waits_for_its_turn_after_the_keys_were_read_again_may_remove_the_new_writer() {
    breaks_without(Mechanism::PermitBeforeReread, Promise::S7, &with(FAILOVER));
}

#[test]
fn a_removal_that_is_sent_again_may_land_after_its_target_is_the_writer_once_more() {
    breaks_without(Mechanism::LostRemovalWaits, Promise::S1, &late_write());
}

#[test]
fn a_write_that_is_not_read_back_is_reported_as_done() {
    breaks_without(Mechanism::ReadBack, Promise::O1, &with(FAILOVER));
}

#[test]
fn a_writer_is_registered_on_a_port_on_which_nobody_listens() {
    breaks_without(Mechanism::PortDiffersHolds, Promise::S9, &wrong_port());
}

#[test]
fn a_removal_that_the_last_reading_does_not_show_is_reported_as_waiting() {
    let setup = Setup {
        groups: vec![Group::only(A).with(B, Slot::Healthy)],
        invocations: vec![Invocation::Sweep],
        ..with(Budget { stale: 1, ..FAILOVER })
    };
    breaks_without(Mechanism::MissingWriteIsReported, Promise::O1, &setup);
}

#[test]
fn deregistering_first_empties_the_group() {
    breaks_without(Mechanism::RegisterFirst, Promise::S1, &with(FAILOVER));
}

#[test]
fn one_reading_of_the_topology_alone_registers_a_reader() {
    breaks_without(Mechanism::TopologyTwice, Promise::S3, &with(FAILOVER));
}

#[test]
fn one_answer_of_dns_while_rds_is_away_registers_a_reader() {
    let setup = rds_away(Setup {
        keys_lie: true,
        groups: vec![Group::only(A)],
        invocations: vec![Invocation::Event],
        limit: 7 * S,
        ..with(Budget::default())
    });
    breaks_without(Mechanism::DnsAloneStays, Promise::S3, &setup);
}

#[test]
fn a_sweep_follows_dns_alone_to_a_reader_while_rds_is_away() {
    let setup = rds_away(Setup {
        keys_lie: true,
        groups: vec![Group::only(A)],
        invocations: vec![Invocation::Sweep],
        limit: 7 * S,
        ..with(Budget::default())
    });
    breaks_without(Mechanism::DnsAloneEvent, Promise::S3, &setup);
}

#[test]
fn one_answer_of_dns_beside_a_person_who_is_wrong_registers_a_reader() {
    let setup = rds_away(Setup {
        keys_lie: true,
        groups: vec![Group::only(A)],
        limit: 7 * S,
        ..with(Budget::default())
    });
    breaks_without(Mechanism::TrustStays, Promise::S3, &vouched_for(B, 7 * S, setup));
}

#[test]
fn a_target_that_is_removed_before_the_agreement_has_lasted_is_the_new_writer() {
    let setup = Setup {
        pace: Some(Pace { keys: 3 * S, refusal: 3 * S, health: Duration::ZERO }),
        ..with(FAILOVER)
    };
    breaks_without(Mechanism::Settling, Promise::S2Housekeeping, &setup);
}

#[test]
fn one_false_record_of_the_writers_own_name_removes_the_writer_at_once() {
    let false_name = Budget { false_names: 1, ..Budget::default() };
    breaks_without(Mechanism::LeftoversSettle, Promise::S2Leftover, &with(false_name));
}

#[test]
fn an_instances_new_target_that_is_still_initial_is_removed_while_its_name_goes_back() {
    let slow = Pace { keys: 6 * S, refusal: 6 * S, health: 6 * S };
    let setup = Setup {
        groups: vec![Group::only(A)],
        budget: FAILOVER,
        ..instance(Standby::RefusesTcp, slow)
    };
    breaks_without(Mechanism::InitialHolds, Promise::S2Housekeeping, &setup);
}

#[test]
fn writes_that_do_not_last_are_sent_again_and_again() {
    let faulty = Budget { stale: 9, ..Budget::default() };
    let setup = Setup {
        groups: vec![Group::only(B)],
        invocations: vec![Invocation::Sweep],
        ..with(faulty)
    };
    breaks_without(Mechanism::GivesUp, Promise::L3, &setup);
}

#[test]
fn without_a_sweep_a_lost_event_leaves_the_former_writer_in_the_group() {
    let setup = Setup {
        groups: vec![Group::only(A)],
        invocations: vec![Invocation::Sweep],
        sweeps: false,
        ..with(FAILOVER)
    };
    let walked = walk(&setup, |walked| walked.broken.contains_key(&Promise::L1));
    let trace = walked.broken.get(&Promise::L1).expect("no run looks after the failover");
    insta::assert_snapshot!("without_a_sweep", trace.to_string());
}
