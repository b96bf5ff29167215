//! The exhaustive walk: a model check of [`Run`](crate::run::Run), the same value that the Lambda
//! function drives, over every order of everything that can happen.
//!
//! - `world`: the database, its keys and the group.
//! - `history`: everything that can happen next, to the world and to the runs.
//! - `monitor`: the promises of `docs/semantics.md`, judged from outside a run.
//! - `walk`: visits every reachable moment once. From each world, it tries a sweep without faults.
//! - `sets`: the same for a set of equal members, the readers of a cluster.
//! - `warm`: the same for a warm binding, with the network interfaces that prove its standby.
//! - `limits`: what is not promised, each limit with the shortest history that shows it.
//! - `ablations`: switches off each safety mechanism in turn, and keeps the harm that follows. With
//!   the mechanism, as many moments of the same setup do no harm.
//!
//! An ordinary test run visits the first [`EVERYDAY`] moments of each setup, which are those with
//! the shortest histories. `just deep` visits them all, and those of the setups in `further`;
//! `docs/deep-checks.md` has the figures.

mod ablations;
mod history;
mod limits;
mod monitor;
mod sets;
mod walk;
mod warm;
mod world;

use std::time::Duration;

use self::history::{Budget, Invocation, Pace, Permits, Setup};
use self::monitor::Promise;
use self::walk::{Walked, walk};
use self::world::{Group, Kind, PORT, Place, Places, Slot};
use crate::config::Timing;
use crate::ports::LONGEST_WRITE;
use crate::topology::Standby;

const S: Duration = Duration::from_secs(1);
const A: Place = Place(0);
const B: Place = Place(1);

/// A cluster, with the run of an event and then a sweep, from every group of these places. Long
/// times are scaled down, because only the order matters.
fn cluster(places: usize) -> Setup {
    Setup {
        kind: Kind::Cluster,
        places,
        down: Places::default(),
        reported: PORT,
        groups: Group::all(places),
        keys_lie: false,
        permits: Permits::LikeCalls,
        longest_write: 3 * S,
        remembers: false,
        pace: None,
        timing: Timing { settle: S, patience_started: 2 * S, patience: 2 * S, sweep: 2 * S },
        limit: 900 * S,
        invocations: vec![Invocation::Event, Invocation::Sweep],
        sweeps: true,
        at_once: 1,
        budget: Budget::default(),
    }
}

/// An instance whose failover takes seconds: the settle time is 3 s, and after a failover the world
/// has this pace.
fn instance(standby: Standby, pace: Pace) -> Setup {
    let timing = Timing { settle: 3 * S, ..cluster(2).timing };
    Setup {
        kind: Kind::Instance(standby),
        // A standby that takes no connections is never read as healthy before it serves.
        groups: vec![
            Group::only(A),
            Group::only(B).with(B, Slot::Unhealthy),
            Group::only(A).with(B, Slot::Initial),
            Group::only(A).with(B, Slot::Unhealthy),
            Group::only(A).with(A, Slot::Draining),
        ],
        pace: Some(pace),
        timing,
        ..cluster(2)
    }
}

/// Groups with the writer, with the former writer, with both, with the writer draining, and with
/// none. (Every group also has a target that is not ours.)
fn usual() -> Vec<Group> {
    vec![
        Group::only(A),
        Group::only(B),
        Group::only(A).with(B, Slot::Healthy),
        Group::only(B).with(A, Slot::Draining),
        Group::only(A).with(A, Slot::Absent),
    ]
}

/// How many moments of a setup an ordinary test run visits.
const EVERYDAY: usize = 50_000;

/// How many a deep one does.
const DEEP: usize = 2_000_000;

/// Walks the setup, and checks that no promise is broken.
fn holds(setup: &Setup) {
    holds_but(setup, Promise::is_promised);
}

/// The same, where only these promises count.
fn holds_but(setup: &Setup, counts: impl Fn(Promise) -> bool) {
    let most = if std::env::var_os("WRITERLINK_DEEP").is_some() { DEEP } else { EVERYDAY };
    let is_broken = |walked: &Walked| walked.broken.keys().any(|promise| counts(*promise));
    let walked = walk(setup, |walked| is_broken(walked) || walked.moments == most);
    // `.ci/deep` reads this line.
    println!("{}: {walked}", std::thread::current().name().unwrap_or_default());
    assert!(!is_broken(&walked), "{walked}");
    assert!(walked.moments > 10_000, "the walk was cut short: {walked}");
}

#[test]
fn two_failovers_and_keys_that_lag_and_go_back_break_no_promise() {
    holds(&Setup {
        groups: usual(),
        budget: Budget { failovers: 2, regressions: 1, ..Budget::default() },
        ..cluster(2)
    });
}

#[test]
fn a_failing_call_anywhere_before_or_after_it_was_carried_out_breaks_no_promise() {
    holds(&Setup { budget: Budget { failovers: 1, faults: 1, ..Budget::default() }, ..cluster(2) });
}

#[test]
fn a_kill_at_any_await_and_its_write_landing_late_are_mended_by_the_next_sweep() {
    holds(&Setup {
        groups: usual(),
        invocations: vec![Invocation::Event, Invocation::Sweep, Invocation::Sweep],
        budget: Budget { failovers: 1, kills: 1, ..Budget::default() },
        ..cluster(2)
    });
}

#[test]
fn a_permit_that_takes_its_time_breaks_no_promise() {
    holds(&Setup {
        groups: usual(),
        permits: Permits::Slowly,
        budget: Budget { failovers: 1, regressions: 1, ..Budget::default() },
        ..cluster(2)
    });
}

#[test]
fn a_write_that_lands_long_after_its_answer_was_lost_breaks_no_promise() {
    holds(&late_write());
}

/// A write whose answer is lost and that may land at any time until the longest write is over.
fn late_write() -> Setup {
    Setup {
        groups: usual(),
        budget: Budget { failovers: 2, late: 1, ..Budget::default() },
        ..cluster(2)
    }
}

#[test]
fn readings_of_the_group_that_are_stale_for_less_than_it_takes_to_vouch_for_a_target_break_no_promise()
 {
    // Three stale readings, one second apart. A proof of registration would need four.
    let timing = Timing { settle: 4 * S, ..cluster(2).timing };
    holds(&Setup {
        groups: usual(),
        timing,
        budget: Budget { failovers: 1, stale: 3, ..Budget::default() },
        ..cluster(2)
    });
}

#[test]
fn keys_that_say_anything_at_any_reading_never_empty_a_group() {
    holds(&Setup {
        keys_lie: true,
        groups: usual(),
        invocations: vec![Invocation::Sweep],
        limit: 7 * S,
        ..cluster(2)
    });
}

#[test]
fn a_false_record_of_the_writers_own_name_breaks_no_promise() {
    holds(&Setup {
        groups: usual(),
        timing: Timing { settle: 2 * S, ..cluster(2).timing },
        budget: Budget { false_names: 1, failovers: 1, ..Budget::default() },
        ..cluster(2)
    });
}

#[test]
fn three_members_break_no_promise() {
    holds(&Setup {
        groups: usual(),
        budget: Budget { failovers: 1, ..Budget::default() },
        ..cluster(3)
    });
}

#[test]
fn two_runs_at_once_and_one_failover_break_no_promise_while_the_group_was_right() {
    let brief = Timing { patience: S, sweep: S, ..cluster(2).timing };
    holds(&Setup {
        groups: vec![Group::only(A)],
        timing: brief,
        at_once: 2,
        permits: Permits::AtOnce,
        budget: Budget { failovers: 1, ..Budget::default() },
        ..cluster(2)
    });
}

#[test]
fn housekeeping_never_takes_a_new_writer_for_a_stale_extra_while_the_keys_lag_less_than_the_settle_time()
 {
    holds(&Setup {
        pace: Some(Pace { keys: 3 * S, refusal: 3 * S, health: Duration::ZERO }),
        groups: Group::all(2).into_iter().filter(|group| group.present().has(A)).collect(),
        timing: Timing { settle: 3 * S, ..cluster(2).timing },
        budget: Budget { failovers: 1, ..Budget::default() },
        ..cluster(2)
    });
}

/// The RDS API can fail at any reading, in a process that read it before.
fn rds_away(setup: Setup) -> Setup {
    Setup { remembers: true, ..setup }
}

/// The same, after a failover, with DNS that goes back and forth for as long as the settle time.
fn rds_away_while_dns_flaps() -> Setup {
    rds_away(Setup {
        pace: Some(Pace { keys: 3 * S, refusal: 3 * S, health: Duration::ZERO }),
        groups: vec![Group::only(A), Group::only(A).with(B, Slot::Draining)],
        timing: Timing { settle: 3 * S, ..cluster(2).timing },
        invocations: vec![Invocation::Event],
        budget: Budget { failovers: 1, ..Budget::default() },
        ..cluster(2)
    })
}

#[test]
fn dns_that_says_anything_while_rds_is_away_removes_nothing_and_adds_only_after_a_while() {
    holds(&rds_away(Setup {
        keys_lie: true,
        groups: vec![Group::only(A), Group::only(B), Group::only(B).with(A, Slot::Draining)],
        invocations: vec![Invocation::Event],
        limit: 6 * S,
        ..cluster(2)
    }));
}

#[test]
fn a_false_record_while_rds_is_away_breaks_no_promise() {
    holds(&rds_away(Setup {
        groups: vec![Group::only(A)],
        invocations: vec![Invocation::Event],
        limit: 6 * S,
        budget: Budget { false_names: 1, failovers: 1, ..Budget::default() },
        ..cluster(2)
    }));
}

#[test]
fn dns_that_goes_back_for_less_than_the_settle_time_leads_to_no_reader_while_rds_is_away() {
    holds(&rds_away_while_dns_flaps());
}

/// The same with a person who vouches for DNS, for so long: this member is the writer.
fn vouched_for(writer: Place, lasts: Duration, setup: Setup) -> Setup {
    Setup { invocations: vec![Invocation::Trust(writer, lasts)], ..setup }
}

#[test]
fn a_person_who_vouches_for_dns_breaks_no_promise_whatever_the_keys_say() {
    let lies = Setup { keys_lie: true, groups: usual(), limit: 6 * S, ..cluster(2) };
    holds(&vouched_for(B, 3 * S, rds_away(lies)));
}

#[test]
fn a_false_record_beside_a_person_who_vouches_for_dns_breaks_no_promise() {
    let budget = Budget { false_names: 1, failovers: 1, ..Budget::default() };
    let setup = Setup { groups: usual(), limit: 6 * S, budget, ..cluster(2) };
    holds(&vouched_for(A, 4 * S, rds_away(setup)));
}

#[test]
fn dns_that_goes_back_for_less_than_the_settle_time_leads_no_person_to_a_reader() {
    let groups = vec![Group::only(A), Group::only(B), Group::only(A).with(B, Slot::Healthy)];
    for writer in [A, B] {
        let setup = Setup { groups: groups.clone(), ..rds_away_while_dns_flaps() };
        holds(&vouched_for(writer, 20 * S, setup));
    }
}

#[test]
fn a_port_that_rds_does_not_report_keeps_every_run_from_writing() {
    holds_but(&wrong_port(), |_| true);
}

/// The binding's port is not the one that RDS reports, from every group, with a failover and a
/// failing call.
fn wrong_port() -> Setup {
    Setup {
        reported: PORT + 1,
        budget: Budget { failovers: 1, faults: 1, ..Budget::default() },
        ..cluster(2)
    }
}

/// A failover from A to B, after which the name alternates between both.
fn one_failover(setup: Setup) -> Setup {
    Setup { budget: Budget { failovers: 1, ..Budget::default() }, ..setup }
}

#[test]
fn an_instances_name_that_goes_back_for_less_than_the_settle_time_removes_nothing() {
    // For twice the settle time, the load balancer still reads the old host as healthy.
    holds(&one_failover(instance(
        Standby::RefusesTcp,
        Pace { keys: 3 * S, refusal: 6 * S, health: Duration::ZERO },
    )));
}

#[test]
fn an_instances_name_that_goes_back_for_longer_removes_nothing_once_the_old_host_is_known_to_refuse()
 {
    holds(&one_failover(instance(
        Standby::RefusesTcp,
        Pace { keys: 6 * S, refusal: 2 * S, health: Duration::ZERO },
    )));
}

#[test]
fn an_instances_new_target_that_is_still_initial_is_not_removed_however_long_the_name_goes_back() {
    let slow = Pace { keys: 6 * S, refusal: 6 * S, health: 6 * S };
    holds(&one_failover(Setup {
        groups: vec![Group::only(A)],
        ..instance(Standby::RefusesTcp, slow)
    }));
}

#[test]
fn an_instance_of_which_nothing_is_known_but_its_name_is_followed_as_safely() {
    holds(&one_failover(instance(
        Standby::Unknown,
        Pace { keys: 3 * S, refusal: 3 * S, health: Duration::ZERO },
    )));
}

mod further {
    //! The same with more of everything.

    use super::*;

    #[test]
    #[ignore = "minutes: just deep"]
    fn two_failovers_two_faults_and_a_stale_reading() {
        holds(&Setup {
            groups: usual(),
            budget: Budget { failovers: 2, faults: 2, stale: 1, ..Budget::default() },
            ..cluster(2)
        });
    }

    #[test]
    #[ignore = "minutes: just deep"]
    fn a_write_that_lands_within_12_s() {
        holds(&Setup { longest_write: LONGEST_WRITE, ..late_write() });
    }

    #[test]
    #[ignore = "minutes: just deep"]
    fn two_failovers_a_fault_and_a_kill() {
        holds(&Setup {
            groups: usual(),
            budget: Budget { failovers: 2, faults: 1, kills: 1, ..Budget::default() },
            ..cluster(2)
        });
    }

    #[test]
    #[ignore = "minutes: just deep"]
    fn three_runs_and_two_failovers() {
        holds(&Setup {
            invocations: vec![Invocation::Event, Invocation::Event, Invocation::Sweep],
            budget: Budget { failovers: 2, regressions: 1, ..Budget::default() },
            ..cluster(2)
        });
    }

    #[test]
    #[ignore = "minutes: just deep"]
    fn three_members_from_every_group_of_them() {
        holds(&one_failover(cluster(3)));
    }

    #[test]
    #[ignore = "minutes: just deep"]
    fn three_members_and_two_failovers() {
        holds(&Setup {
            groups: usual(),
            budget: Budget { failovers: 2, ..Budget::default() },
            ..cluster(3)
        });
    }

    #[test]
    #[ignore = "minutes: just deep"]
    fn two_runs_at_once_a_failover_and_a_fault() {
        holds(&Setup {
            groups: vec![Group::only(A)],
            at_once: 2,
            budget: Budget { failovers: 1, faults: 1, ..Budget::default() },
            ..cluster(2)
        });
    }

    #[test]
    #[ignore = "minutes: just deep"]
    fn keys_that_say_anything_in_two_runs_with_a_fault() {
        holds(&Setup {
            keys_lie: true,
            groups: usual(),
            limit: 6 * S,
            budget: Budget { failovers: 1, faults: 1, ..Budget::default() },
            ..cluster(2)
        });
    }
}
