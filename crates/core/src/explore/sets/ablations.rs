//! The safety mechanisms that a set rests on, each switched off: the walk finds the harm, and its
//! history is kept.
//!
//! Not among them are those that a set does not have: it has one key (`BothKeys`); the topology's
//! second reading, and no time, ends a member's stay (`Settling`, `LeftoversSettle`); and no health
//! is waited for (`InitialHolds`).

use super::*;
use crate::explore::ablations::is_missed_as;
use crate::mechanism::Mechanism;

fn is_missed(mechanism: Mechanism, law: Law, setup: &Setup) {
    is_missed_as(&format!("set_without_{mechanism:?}"), mechanism, law, setup);
}

#[test]
fn a_draining_member_that_counts_as_present_is_left_alone_until_the_group_is_empty() {
    let setup = Setup { groups: Group::all(3), ..with(ONE_IS_PROMOTED) };
    is_missed(Mechanism::DrainingIsAbsent, Law::L1, &setup);
}

#[test]
fn a_gap_in_the_roll_removes_the_member_whose_name_is_silent() {
    let faulty = Budget { faults: 2, ..NOTHING };
    is_missed(Mechanism::UnknownHolds, Law::S4, &with(faulty));
}

#[test]
fn a_topology_that_is_not_read_again_removes_a_reader_that_it_would_have_listed() {
    is_missed(Mechanism::Reread, Law::S2, &with(CHANGES));
}

#[test]
fn a_topology_that_was_read_again_before_the_targets_and_not_after_them_is_as_bad() {
    let faulty = Budget { faults: 1, ..CHANGES };
    is_missed(Mechanism::RereadAfterTargets, Law::S2, &with(faulty));
}

#[test]
fn a_stale_reading_makes_the_others_leave_in_favour_of_a_reader_that_is_gone() {
    let stale = Budget { failovers: 2, stale: 1, ..NOTHING };
    is_missed(Mechanism::RegistrationProof, Law::S1, &pair(stale));
}

#[test]
fn one_reading_that_shows_a_reader_healthy_can_be_a_stale_one() {
    let stale = Budget { failovers: 2, stale: 1, ..NOTHING };
    is_missed(Mechanism::SeenForLong, Law::S1, &pair(stale));
}

#[test]
fn what_was_seen_before_a_removal_vouches_for_the_removed_reader() {
    let faulty = Budget { failovers: 2, faults: 2, stale: 1, ..NOTHING };
    is_missed(Mechanism::RemovalVoidsProof, Law::S1, &pair(faulty));
}

#[test]
fn a_change_of_a_set_that_is_not_read_back_is_reported_as_done() {
    let setup = Setup { sweeps: false, ..with(NOTHING) };
    is_missed(Mechanism::ReadBack, Law::O1, &setup);
}

#[test]
fn removing_the_last_reader_before_the_next_is_there_empties_the_group() {
    is_missed(Mechanism::RegisterFirst, Law::S1, &with(NOTHING));
}

#[test]
fn one_reading_of_the_topology_registers_a_reader() {
    let setup = Setup { sweeps: false, ..with(NOTHING) };
    is_missed(Mechanism::TopologyTwice, Law::S3, &setup);
}

#[test]
fn a_set_from_which_most_leave_loses_them_all_in_one_round() {
    let setup = Setup { groups: vec![healthy(&[A, B, C, D])], sweeps: false, ..four() };
    is_missed(Mechanism::HalfPerRound, Law::S8, &setup);
}

#[test]
fn writes_to_a_set_that_go_wrong_are_sent_again_and_again() {
    let setup = Setup {
        groups: vec![healthy(&[B])],
        invocations: vec![Invocation::Sweep],
        ..with(Budget { faults: 5, ..NOTHING })
    };
    is_missed(Mechanism::GivesUp, Law::L3, &setup);
}

/// A cluster of two, where a promotion leaves one reader, and another one.
fn pair(budget: Budget) -> Setup {
    Setup {
        places: 2,
        groups: vec![healthy(&[B]), healthy(&[A]), healthy(&[A, B])],
        ..with(budget)
    }
}
