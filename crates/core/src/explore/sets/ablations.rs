//! Switches off each safety mechanism of a set: the walk finds the harm, and a snapshot keeps its
//! history.
//!
//! A set does not have these mechanisms: `BothKeys`, because it has one key; `Settling` and
//! `LeftoversSettle`, because a second reading of the topology removes a member, without a settle
//! time; and `InitialHolds`, because a removal does not wait for health.

use super::*;
use crate::explore::ablations::breaks_without_as;
use crate::mechanism::Mechanism;

fn breaks_without(mechanism: Mechanism, promise: Promise, setup: &Setup) {
    breaks_without_as(&format!("set_without_{mechanism:?}"), mechanism, promise, setup);
}

#[test]
fn a_draining_member_that_counts_as_present_is_left_alone_until_the_group_is_empty() {
    let setup = Setup { groups: Group::all(3), ..with(ONE_IS_PROMOTED) };
    breaks_without(Mechanism::DrainingIsAbsent, Promise::L1, &setup);
}

#[test]
fn a_gap_in_the_list_removes_the_member_whose_name_is_silent() {
    let faulty = Budget { faults: 2, ..NOTHING };
    breaks_without(Mechanism::UnknownHolds, Promise::S4, &with(faulty));
}

#[test]
fn a_topology_that_is_not_read_again_removes_a_reader_that_it_would_have_listed() {
    breaks_without(Mechanism::Reread, Promise::S2, &with(CHANGES));
}

#[test]
fn a_topology_that_was_read_again_before_the_targets_and_not_after_them_is_as_bad() {
    let faulty = Budget { faults: 1, ..CHANGES };
    breaks_without(Mechanism::RereadAfterTargets, Promise::S2, &with(faulty));
}

#[test]
fn a_stale_reading_makes_the_others_leave_in_favour_of_a_reader_that_is_gone() {
    let stale = Budget { failovers: 2, stale: 1, ..NOTHING };
    breaks_without(Mechanism::RegistrationProof, Promise::S1, &pair(stale));
}

#[test]
fn one_reading_that_shows_a_reader_healthy_can_be_a_stale_one() {
    let stale = Budget { failovers: 2, stale: 1, ..NOTHING };
    breaks_without(Mechanism::SeenForLong, Promise::S1, &pair(stale));
}

#[test]
fn what_was_seen_before_a_removal_vouches_for_the_removed_reader() {
    let faulty = Budget { failovers: 2, faults: 1, ..NOTHING };
    breaks_without(Mechanism::RemovalVoidsProof, Promise::S7, &pair(faulty));
}

#[test]
fn a_change_of_a_set_that_is_not_read_back_is_reported_as_done() {
    let setup = Setup { sweeps: false, ..with(NOTHING) };
    breaks_without(Mechanism::ReadBack, Promise::O1, &setup);
}

#[test]
fn removing_the_last_reader_before_the_next_is_there_empties_the_group() {
    breaks_without(Mechanism::RegisterFirst, Promise::S1, &with(NOTHING));
}

#[test]
fn one_reading_of_the_topology_registers_a_reader() {
    let setup = Setup { sweeps: false, ..with(NOTHING) };
    breaks_without(Mechanism::TopologyTwice, Promise::S3, &setup);
}

#[test]
fn a_set_from_which_most_leave_loses_them_all_in_one_round() {
    let setup = Setup { groups: vec![healthy(&[A, B, C, D])], sweeps: false, ..four() };
    breaks_without(Mechanism::HalfPerRound, Promise::S8, &setup);
}

#[test]
fn writes_to_a_set_that_do_not_last_are_sent_again_and_again() {
    let setup = Setup {
        groups: vec![healthy(&[B])],
        invocations: vec![Invocation::Sweep],
        ..with(Budget { stale: 9, ..NOTHING })
    };
    breaks_without(Mechanism::GivesUp, Promise::L3, &setup);
}

/// A cluster of two. A promotion exchanges its one reader.
fn pair(budget: Budget) -> Setup {
    Setup {
        places: 2,
        groups: vec![healthy(&[B]), healthy(&[A]), healthy(&[A, B])],
        ..with(budget)
    }
}
