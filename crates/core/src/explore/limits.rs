//! What is not promised: each limit with the shortest history that shows it, as `docs/semantics.md`
//! tells it.
//!
//! These histories are found, not written: where a change of the code makes one impossible, its
//! test fails, and the limit can be taken out of the page.

use super::*;

pub(super) fn shows(name: &str, law: Law, setup: &Setup) {
    let walked = walk(setup, |walked| walked.broken.contains_key(&law));
    let trace = walked.broken.get(&law).expect("no code of ours can prevent it");
    println!("{name}: after {} moments", walked.moments);
    insta::assert_snapshot!(name, trace.to_string());
}

#[test]
fn two_runs_at_once_and_two_failovers_can_empty_a_group() {
    let setup = Setup {
        groups: vec![Group::only(A)],
        // Long enough for both to remove something, and short enough to be walked quickly.
        limit: 6 * S,
        at_once: 2,
        budget: Budget { failovers: 2, ..Budget::default() },
        ..cluster(2)
    };
    shows("two_runs_at_once", Law::S1, &setup);
}

#[test]
fn the_write_of_a_killed_run_that_lands_late_can_empty_a_group() {
    let setup = Setup {
        groups: usual(),
        budget: Budget { failovers: 1, kills: 1, ..Budget::default() },
        ..cluster(2)
    };
    shows("late_write_of_a_killed_run", Law::Unfenced, &setup);
}

#[test]
fn readings_that_stay_stale_for_long_after_another_runs_removal_can_empty_a_group() {
    let setup = Setup {
        groups: usual(),
        budget: Budget { failovers: 1, stale: 2, ..Budget::default() },
        ..cluster(2)
    };
    shows("stale_for_long", Law::S1, &setup);
}
