//! The walk for a set of equal members: the readers of a cluster, of which some are added, some are
//! removed, and one is promoted.
//!
//! The promises are the same, in the form that holds for a set. A set has only one key, so a second
//! reading of that key takes the place of a second key.

mod ablations;
mod limits;

use super::*;
use crate::explore::world::MOST_PLACES;

const C: Place = Place(2);
const D: Place = Place(3);

/// The readers of a cluster of three, whose writer is A.
fn readers() -> Setup {
    Setup { kind: Kind::Readers, groups: usual(), ..cluster(3) }
}

fn healthy(places: &[Place]) -> Group {
    let none = Group([Slot::Absent; MOST_PLACES]);
    places.iter().fold(none, |group, place| group.with(*place, Slot::Healthy))
}

/// Groups with the right members, with one missing, with one too many, with one draining, with only
/// the wrong one, and with none.
fn usual() -> Vec<Group> {
    vec![
        healthy(&[B, C]),
        healthy(&[B]),
        healthy(&[A, B, C]),
        healthy(&[A, B]).with(C, Slot::Draining),
        healthy(&[A]),
        healthy(&[]),
    ]
}

/// One failover, which makes the writer a reader, and one reader that is added or removed.
const CHANGES: Budget = Budget { failovers: 1, scalings: 1, ..NOTHING };

const NOTHING: Budget = Budget {
    failovers: 0,
    scalings: 0,
    regressions: 0,
    faults: 0,
    stale: 0,
    kills: 0,
    false_names: 0,
    late: 0,
};

const ONE_COMES_OR_GOES: Budget = Budget { scalings: 1, ..NOTHING };
const ONE_IS_PROMOTED: Budget = Budget { failovers: 1, ..NOTHING };

fn with(budget: Budget) -> Setup {
    Setup { budget, ..readers() }
}

#[test]
fn readers_that_come_and_go_while_the_topology_lags_and_goes_back_break_no_promise() {
    holds(&Setup {
        groups: vec![healthy(&[B, C]), healthy(&[B]), healthy(&[A, B, C])],
        ..with(Budget { scalings: 2, regressions: 1, ..NOTHING })
    });
}

#[test]
fn a_promotion_and_a_reader_that_comes_or_goes_break_no_promise_while_the_topology_lags() {
    holds(&with(CHANGES));
}

#[test]
fn a_failing_call_a_silent_name_or_a_topology_without_a_writer_breaks_no_promise_of_a_set() {
    for changes in [ONE_COMES_OR_GOES, ONE_IS_PROMOTED] {
        holds(&with(Budget { faults: 1, ..changes }));
    }
    // A set believes what two readings agree on, so two faults are the smallest dangerous number.
    holds(&with(Budget { faults: 2, ..NOTHING }));
}

#[test]
fn a_kill_at_any_await_and_its_write_landing_late_are_mended_in_a_set_by_the_next_sweep() {
    for changes in [ONE_COMES_OR_GOES, ONE_IS_PROMOTED] {
        holds(&Setup {
            invocations: vec![Invocation::Event, Invocation::Sweep, Invocation::Sweep],
            ..with(Budget { kills: 1, ..changes })
        });
    }
}

#[test]
fn readings_of_a_sets_group_that_are_stale_for_less_than_it_takes_to_vouch_for_a_target_break_no_promise()
 {
    let timing = Timing { settle: 4 * S, ..cluster(3).timing };
    for changes in [ONE_COMES_OR_GOES, ONE_IS_PROMOTED] {
        holds(&Setup { timing, ..with(Budget { stale: 3, ..changes }) });
    }
}

#[test]
fn a_topology_that_lists_anything_at_any_reading_never_empties_a_set() {
    holds(&Setup {
        keys_lie: true,
        invocations: vec![Invocation::Sweep],
        limit: 6 * S,
        groups: vec![healthy(&[B, C]), healthy(&[A, B]), healthy(&[])],
        ..with(NOTHING)
    });
}

/// Two members that are up and two that are not, with most of the four in the group.
fn four() -> Setup {
    Setup {
        places: 4,
        down: Places::one(C).or(Places::one(D)),
        groups: vec![
            healthy(&[A, B, C, D]),
            healthy(&[A, C, D]),
            healthy(&[C, D]).with(B, Slot::Initial),
        ],
        ..readers()
    }
}

#[test]
fn four_members_of_which_most_go_leave_a_set_by_halves() {
    holds(&Setup { budget: ONE_IS_PROMOTED, ..four() });
}

#[test]
fn two_failing_calls_and_a_reader_that_comes_or_goes_break_no_promise() {
    holds(&Setup {
        groups: vec![healthy(&[B, C])],
        ..with(Budget { faults: 2, ..ONE_COMES_OR_GOES })
    });
}

#[test]
fn two_runs_at_once_and_one_promotion_break_no_promise_while_the_set_was_right() {
    holds(&Setup {
        groups: vec![healthy(&[B, C])],
        at_once: 2,
        permits: Permits::AtOnce,
        limit: 6 * S,
        ..with(ONE_IS_PROMOTED)
    });
}

#[test]
fn a_topology_of_two_members_that_lists_anything_in_two_runs_breaks_no_promise() {
    holds(&Setup {
        places: 2,
        groups: vec![healthy(&[A]), healthy(&[B]), healthy(&[A, B])],
        keys_lie: true,
        limit: 6 * S,
        ..with(NOTHING)
    });
}

mod further {
    //! The same with more of everything.

    use super::*;

    #[test]
    #[ignore = "minutes: just deep"]
    fn two_promotions_and_a_reader_that_comes_or_goes() {
        holds(&with(Budget { failovers: 2, scalings: 1, ..NOTHING }));
    }

    #[test]
    #[ignore = "minutes: just deep"]
    fn four_members_of_which_one_is_promoted_and_another_comes_or_goes() {
        holds(&Setup { budget: CHANGES, ..four() });
    }

    #[test]
    #[ignore = "minutes: just deep"]
    fn every_group_of_three_members_and_a_failing_call() {
        holds(&Setup { groups: Group::all(3), ..with(Budget { faults: 1, ..ONE_COMES_OR_GOES }) });
    }

    #[test]
    #[ignore = "minutes: just deep"]
    fn a_fault_and_a_kill_while_one_is_promoted() {
        holds(&Setup {
            groups: vec![healthy(&[B, C]), healthy(&[A, B])],
            ..with(Budget { faults: 1, kills: 1, ..ONE_IS_PROMOTED })
        });
    }
}
