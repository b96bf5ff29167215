//! The walk for a warm binding: an instance with a standby, the network interfaces that prove where
//! the standby is, and another database beside it.
//!
//! It has a world, moves and promises of its own (W1 to W4 of `docs/semantics.md`, and S1, S2, L1
//! and L2 for a warm binding). What differs from the other walks is what a run reads, and that the
//! runs of a process remember the sweep before.

mod monitor;
mod moves;
mod walk;
mod world;

use std::time::Duration;

use self::monitor::Promise;
use self::moves::{Budget, Setup};
use self::walk::{Walked, walk};
use self::world::{A, B, C, D, Neighbour};
use super::world::{Group, Slot};
use super::{DEEP, EVERYDAY, S};
use crate::mechanism::Mechanism;

fn pair() -> Group {
    Group::only(A).with(B, Slot::Unhealthy)
}

/// Two sweeps, an instance beside the one that is followed, and these groups.
fn setup(groups: Vec<Group>, budget: Budget) -> Setup {
    Setup {
        neighbour: Neighbour::SingleAz,
        standby_accepts: false,
        groups,
        sweeps: 2,
        event: false,
        keys: 3 * S,
        refusal: 2 * S,
        settle: 3 * S,
        budget,
    }
}

fn usual() -> Vec<Group> {
    vec![
        Group::only(A),
        pair(),
        pair().with(C, Slot::Unhealthy),
        Group::only(A).with(D, Slot::Healthy),
    ]
}

fn holds(setup: &Setup) {
    let most = if std::env::var_os("WRITERLINK_DEEP").is_some() { DEEP } else { EVERYDAY };
    let walked = walk(setup, |walked| !walked.broken.is_empty() || walked.moments == most);
    // `.ci/deep` reads this line.
    println!("{}: {walked}", std::thread::current().name().unwrap_or_default());
    assert!(walked.broken.is_empty(), "{walked}");
    assert!(walked.moments > 1_000, "the walk was cut short: {walked}");
}

#[test]
fn a_warm_binding_and_two_failovers_break_no_promise() {
    holds(&setup(usual(), Budget { failovers: 2, ..Budget::default() }));
}

#[test]
fn a_warm_binding_and_calls_that_fail_break_no_promise() {
    holds(&setup(usual(), Budget { failovers: 1, faults: 1, ..Budget::default() }));
}

#[test]
fn a_warm_binding_whose_interfaces_are_denied_or_late_breaks_no_promise() {
    let budget = Budget { replacements: 1, denials: 2, ..Budget::default() };
    holds(&setup(usual(), budget));
}

#[test]
fn an_address_of_a_warm_binding_that_another_database_gets_breaks_no_promise() {
    let budget = Budget { replacements: 1, reuses: 1, failovers: 1, ..Budget::default() };
    holds(&setup(vec![pair()], budget));
}

#[test]
fn a_warm_binding_whose_instance_loses_its_standby_breaks_no_promise() {
    holds(&setup(usual(), Budget { losses: 1, failovers: 1, ..Budget::default() }));
}

#[test]
fn a_warm_binding_beside_an_ambiguous_neighbour_breaks_no_promise() {
    let budget = Budget { failovers: 1, replacements: 1, ..Budget::default() };
    holds(&Setup { neighbour: Neighbour::MultiAz, ..setup(usual(), budget) });
}

#[test]
fn a_standby_that_takes_connections_breaks_no_promise() {
    let groups = vec![Group::only(A), Group::only(A).with(B, Slot::Healthy)];
    let budget = Budget { failovers: 1, ..Budget::default() };
    holds(&Setup { standby_accepts: true, ..setup(groups, budget) });
}

#[test]
fn a_name_that_goes_back_for_longer_than_the_settle_time_removes_no_target_of_a_warm_binding() {
    let budget = Budget { failovers: 1, replacements: 1, ..Budget::default() };
    let setup = setup(vec![pair(), pair().with(C, Slot::Unhealthy)], budget);
    holds(&Setup { keys: 6 * S, event: true, sweeps: 1, ..setup });
}

mod further {
    //! The same with more of everything.

    use super::*;

    #[test]
    #[ignore = "minutes: just deep"]
    fn everything_that_can_happen_to_a_warm_binding() {
        let budget =
            Budget { failovers: 2, replacements: 1, reuses: 1, losses: 1, denials: 1, faults: 1 };
        holds(&Setup { sweeps: 3, event: true, ..setup(usual(), budget) });
    }
}

/// Checks that without this mechanism this setup breaks this promise, by the history in the
/// snapshot, and that with it as many moments break it nowhere.
fn breaks_without(mechanism: Mechanism, promise: Promise, setup: &Setup) {
    let enough = |walked: &Walked| walked.broken.contains_key(&promise) || walked.moments >= DEEP;
    let walked = mechanism.without(|| walk(setup, enough));
    let Some(trace) = walked.broken.get(&promise) else {
        panic!("nothing breaks without {mechanism:?}: {walked}");
    };
    println!("without {mechanism:?}: {} moments", walked.moments);
    let with = walk(setup, |with| with.moments >= walked.moments);
    assert!(!with.broken.contains_key(&promise), "with {mechanism:?} too: {with}");
    insta::assert_snapshot!(format!("warm_without_{mechanism:?}"), trace.join("\n"));
}

#[test]
fn a_standby_that_is_not_spared_is_removed_as_an_extra_target() {
    breaks_without(
        Mechanism::StandbyIsSpared,
        Promise::W4,
        &setup(vec![pair()], Budget::default()),
    );
}

#[test]
fn one_reading_that_contradicts_removes_a_target_that_the_next_would_spare() {
    let budget = Budget { replacements: 1, ..Budget::default() };
    let setup = setup(vec![pair().with(C, Slot::Unhealthy)], budget);
    breaks_without(Mechanism::ContradictedTwice, Promise::W4, &setup);
}

#[test]
fn interfaces_that_cannot_be_read_remove_the_standby() {
    let budget = Budget { denials: 9, ..Budget::default() };
    breaks_without(Mechanism::UnprovenHolds, Promise::W4, &setup(vec![pair()], budget));
}

#[test]
fn one_sweep_registers_an_address_that_the_next_would_not() {
    let setup = setup(vec![Group::only(A)], Budget::default());
    breaks_without(Mechanism::TwoSweeps, Promise::W1, &setup);
}

#[test]
fn a_target_is_removed_while_the_writer_of_a_warm_binding_is_not_healthy() {
    let group = Group::only(A).with(A, Slot::Unhealthy).with(C, Slot::Unhealthy);
    breaks_without(
        Mechanism::UnhealthyFreezes,
        Promise::W2,
        &setup(vec![group], Budget::default()),
    );
}

#[test]
fn a_standby_that_takes_connections_stays() {
    let group = Group::only(A).with(B, Slot::Healthy);
    let setup = Setup { standby_accepts: true, sweeps: 0, ..setup(vec![group], Budget::default()) };
    breaks_without(Mechanism::BesideLeaves, Promise::L1, &setup);
}

const NO_TIME: Duration = Duration::ZERO;
