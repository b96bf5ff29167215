//! What is not promised: each limit with the shortest history that shows it, as described in
//! `docs/semantics.md`.
//!
//! The walk finds these histories. If a change of the code makes one impossible, its test fails,
//! and the limit can be removed from that page.

use super::*;

pub(super) fn shows(name: &str, promise: Promise, setup: &Setup) {
    let walked = walk(setup, |walked| walked.broken.contains_key(&promise));
    let trace = walked.broken.get(&promise).expect("no code of ours can prevent it");
    println!("{name}: after {} moments", walked.moments);
    insta::assert_snapshot!(name, trace.to_string());
}

#[test]
#[ignore = "a minute: just deep"]
fn two_runs_at_once_and_two_failovers_can_empty_a_group() {
    let setup = Setup {
        groups: vec![Group::only(A)],
        // Long enough for both runs to remove a target, and short enough for a quick walk.
        limit: 6 * S,
        at_once: 2,
        permits: Permits::AtOnce,
        budget: Budget { failovers: 2, ..Budget::default() },
        ..cluster(2)
    };
    shows("two_runs_at_once", Promise::S1, &setup);
}

#[test]
fn the_write_of_a_killed_run_that_lands_late_can_empty_a_group() {
    let setup = Setup {
        groups: usual(),
        budget: Budget { failovers: 1, kills: 1, ..Budget::default() },
        ..cluster(2)
    };
    shows("late_write_of_a_killed_run", Promise::Unfenced, &setup);
}

#[test]
fn readings_that_stay_stale_for_long_after_another_runs_removal_can_empty_a_group() {
    let setup = Setup {
        groups: usual(),
        budget: Budget { failovers: 1, stale: 2, ..Budget::default() },
        ..cluster(2)
    };
    shows("stale_for_long", Promise::S1, &setup);
}
