//! The walk for a member of a cluster, whatever its role.
//!
//! The member moves from A to B: its host is replaced, or another instance takes its name. C is
//! another member, which accepts connections as the member does.

use super::*;
use crate::explore::ablations::breaks_without_as;
use crate::mechanism::Mechanism;

const C: Place = world::NEIGHBOR;

/// Groups with the member, with where it will be, with both, with the member draining, with another
/// member beside it and alone, and with none.
fn member() -> Setup {
    let groups = [usual(), vec![Group::only(A).with(C, Slot::Healthy), Group::only(C)]].concat();
    Setup { kind: Kind::Member, groups, ..cluster(2) }
}

fn with(budget: Budget) -> Setup {
    Setup { budget, ..member() }
}

const MOVES: Budget = Budget {
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
fn a_members_name_that_moves_and_goes_back_breaks_no_promise() {
    holds(&with(Budget { failovers: 2, regressions: 1, ..MOVES }));
}

#[test]
fn a_failing_call_while_a_member_moves_breaks_no_promise() {
    holds(&with(Budget { faults: 1, ..MOVES }));
}

#[test]
fn a_kill_while_a_member_moves_is_mended_by_the_next_sweep() {
    holds(&Setup {
        groups: usual(),
        invocations: vec![Invocation::Event, Invocation::Sweep, Invocation::Sweep],
        ..with(Budget { kills: 1, ..MOVES })
    });
}

#[test]
fn a_members_name_that_says_anything_at_any_reading_never_empties_its_group() {
    holds(&Setup {
        keys_lie: true,
        invocations: vec![Invocation::Sweep],
        limit: 7 * S,
        ..member()
    });
}

/// After the move, the member's name goes back and forth for 3 s.
fn goes_back() -> Setup {
    Setup {
        pace: Some(Pace { keys: 3 * S, refusal: 3 * S, health: Duration::ZERO }),
        ..with(MOVES)
    }
}

#[test]
fn a_members_name_that_goes_back_for_less_than_the_settle_time_removes_nothing_of_it() {
    holds(&Setup { timing: Timing { settle: 3 * S, ..cluster(2).timing }, ..goes_back() });
}

fn breaks_without(mechanism: Mechanism, promise: Promise, setup: &Setup) {
    breaks_without_as(&format!("member_without_{mechanism:?}"), mechanism, promise, setup);
}

#[test]
fn a_member_that_one_answer_places_elsewhere_is_registered_there() {
    let setup = Setup { groups: vec![Group::only(A)], sweeps: false, ..with(MOVES) };
    breaks_without(Mechanism::TopologyTwice, Promise::S3, &setup);
}

#[test]
fn a_member_that_moved_is_removed_when_its_name_goes_back_for_a_moment() {
    breaks_without(Mechanism::Settling, Promise::S2Housekeeping, &goes_back());
}

#[test]
fn a_member_that_moved_looks_like_a_former_one_when_its_name_goes_back() {
    breaks_without(Mechanism::LeftoversSettle, Promise::S2Housekeeping, &goes_back());
}

mod further {
    //! The same with more of everything.

    use super::*;

    #[test]
    #[ignore = "minutes: just deep"]
    fn a_member_that_moves_twice_a_fault_and_a_stale_reading() {
        holds(&with(Budget { failovers: 2, faults: 1, stale: 1, ..MOVES }));
    }
}
