//! What is not promised for a set: each limit with the shortest history that shows it.

use super::*;
use crate::explore::limits::shows;

#[test]
fn a_reader_that_two_readings_of_a_topology_gone_back_lack_leaves_and_comes_again() {
    let setup = Setup {
        down: Places::one(C),
        groups: vec![healthy(&[B])],
        ..with(Budget { regressions: 1, ..ONE_COMES_OR_GOES })
    };
    shows("set_reader_that_two_readings_lack", Promise::Unlisted, &setup);
}

#[test]
fn the_write_of_a_killed_run_that_lands_late_can_empty_a_set() {
    let setup = Setup {
        places: 2,
        groups: vec![healthy(&[B]), healthy(&[A]), healthy(&[A, B])],
        ..with(Budget { kills: 1, ..ONE_IS_PROMOTED })
    };
    shows("set_late_write_of_a_killed_run", Promise::Unfenced, &setup);
}
