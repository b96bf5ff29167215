//! The RDS API is away while a cluster fails over: DNS alone may add, and never removes.

use super::*;

/// The run of an event, in a process that read the topology before. The RDS API gives no answer,
/// and DNS moves from A (.1) to B (.2) after 5 s.
fn away(mut fixture: RunFixture) -> RunFixture {
    fixture.knows_the_topology();
    fixture.world.topology_failure = Some(Failure::Unreachable);
    fixture.at(5 * S, |world| world.dns = vec![2]);
    fixture
}

#[test]
fn what_dns_names_for_the_settle_time_after_an_event_is_registered_and_nothing_is_removed() {
    let mut fixture = away(RunFixture::event("RDS-EVENT-0071"));
    let report = fixture.play();
    assert_eq!(fixture.world.writes(), ["register .2"]);
    let registered = fixture.world.log_times("register .2")[0];
    assert!(registered >= 35 * S && registered < 38 * S, "{registered:?}");
    assert_eq!(fixture.world.present(), [1, 2]);
    let binding = &report.bindings[0];
    assert_eq!(binding.status, Status::Held);
    assert_eq!(binding.reason.as_ref().map(|reason| reason.code), Some("unreachable"));
    assert_eq!(binding.registered, ["10.20.0.2:5432"]);
    assert!(binding.notes[0].contains("orders-2 at 10.20.0.2"), "{:?}", binding.notes);
}

#[test]
fn when_rds_is_back_in_the_same_run_the_former_writer_leaves_at_once() {
    let mut fixture = away(RunFixture::event("RDS-EVENT-0073"));
    fixture.at(60 * S, |world| {
        world.topology_failure = None;
        world.writer = 2;
    });
    let report = fixture.play();
    assert_eq!(report.bindings[0].status, Status::Changed);
    assert_eq!(fixture.world.writes(), ["register .2", "deregister .1"]);
    assert!(fixture.world.log_times("deregister .1")[0] < 63 * S);
}

#[test]
fn a_name_that_goes_back_and_forth_for_half_a_minute_is_waited_out() {
    let mut fixture = away(RunFixture::event("RDS-EVENT-0071"));
    for (second, named) in [(12, 1), (18, 2), (25, 1), (33, 2)] {
        fixture.at(second * S, move |world| world.dns = vec![named]);
    }
    fixture.play();
    assert_eq!(fixture.world.writes(), ["register .2"]);
    let registered = fixture.world.log_times("register .2")[0];
    assert!(registered >= 63 * S && registered < 66 * S, "{registered:?}");
}

#[test]
fn without_an_event_or_without_a_memory_or_without_an_alias_nothing_is_written() {
    let mut sweep = away(RunFixture::sweep());
    sweep.world.dns = vec![2];
    assert!(!sweep.play().ok);
    assert_eq!(sweep.world.writes(), [""; 0]);

    let mut cold = RunFixture::event("RDS-EVENT-0073");
    cold.world.topology_failure = Some(Failure::Unreachable);
    cold.world.dns = vec![2];
    assert!(!cold.play().ok);
    assert_eq!(cold.world.writes(), [""; 0]);
    assert_eq!(cold.world.log_times("names"), [S; 0], "it knows no name to ask for");

    let mut no_alias = away(RunFixture::event("RDS-EVENT-0073"));
    no_alias.world.without_aliases = true;
    assert!(!no_alias.play().ok);
    assert_eq!(no_alias.world.writes(), [""; 0]);
}

#[test]
fn a_name_that_has_not_moved_adds_nothing() {
    let mut fixture = RunFixture::event("RDS-EVENT-0073");
    fixture.knows_the_topology();
    fixture.world.topology_failure = Some(Failure::Unreachable);
    fixture.world.targets.clear();
    fixture.play();
    assert_eq!(fixture.world.writes(), [""; 0]);
}

#[test]
fn a_run_hands_on_what_it_read_last_and_a_failed_reading_does_not_replace_it() {
    let mut fixture = RunFixture::event("RDS-EVENT-0073");
    fixture.at(5 * S, |world| world.topology_failure = Some(Failure::Unreachable));
    fixture.play();
    let known = fixture.run.memory().topology.expect("the first reading");
    assert!(known.clusters.contains_key(&"orders".parse().expect("id")));
}
