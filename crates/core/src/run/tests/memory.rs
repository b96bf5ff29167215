//! What a run does with what the topology shows of other bindings, and with what its process
//! remembers.

use super::*;

/// Bindings of the clusters `orders` and `stock`.
const CONFIG: &str = "allow = [\"10.20.0.0/16\"]\n\
    [[binding]]\nname = \"orders\"\nsource = \"cluster/orders\"\ntarget-group = \
    \"arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/orders/0123456789abcdef\"\n\
    [[binding]]\nname = \"stock\"\nsource = \"cluster/stock\"\ntarget-group = \
    \"arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/stock/0123456789abcdef\"\n";

fn two(id: &str) -> RunFixture {
    let mut fixture = RunFixture::event(id).with_config(CONFIG);
    fixture.world.stock = Some((1, "available"));
    fixture
}

#[test]
fn the_run_of_an_event_leaves_a_binding_alone_that_the_event_does_not_concern() {
    let mut fixture = two("RDS-EVENT-0071");
    let report = fixture.play();
    let names: Vec<&str> = report.bindings.iter().map(|binding| binding.name.as_str()).collect();
    assert_eq!((names, report.postponed), (vec!["orders"], 0));
    assert!(fixture.world.read.iter().all(|index| *index == 0));
}

#[test]
fn the_run_of_an_event_looks_at_a_binding_whose_source_moves_or_is_about_to() {
    for moved in [(2, "available"), (1, "failing-over")] {
        let mut fixture = two("RDS-EVENT-0072");
        fixture.at(10 * S, move |world| world.stock = Some(moved));
        // So that the look finds it right.
        fixture.at(11 * S, move |world| world.set(moved.0, "healthy"));
        let report = fixture.play();
        assert_eq!(report.bindings.len(), 2, "{moved:?}");
        assert!(fixture.world.read.contains(&1), "{moved:?}");
    }
}

#[test]
fn a_binding_whose_source_moves_during_a_look_is_looked_at_again() {
    let mut fixture = two("RDS-EVENT-0072");
    fixture.world.targets_take = 10 * S;
    fixture.world.slow_from = 1;
    fixture.at(12 * S, |world| world.stock = Some((1, "failing-over")));
    // While its targets are read.
    fixture.at(17 * S, |world| world.stock = Some((2, "available")));
    let report = fixture.play();
    assert!(report.bindings[1].rounds > 1, "the first round saw the former writer");
}

#[test]
fn a_database_that_is_failing_over_is_looked_at_by_a_process_that_remembers_nothing() {
    let mut fixture = two("RDS-EVENT-9999");
    fixture.world.stock = Some((1, "failing-over"));
    let report = fixture.play();
    assert_eq!(report.bindings.len(), 2);
    assert!(fixture.now < 2 * S, "a look that finds it right does not prolong the run");
}

#[test]
fn a_binding_whose_source_moved_since_its_last_good_end_is_looked_at() {
    let mut fixture = RunFixture::sweep().with_config(CONFIG);
    fixture.world.stock = Some((1, "available"));
    fixture.play();
    fixture.then(Some("RDS-EVENT-9999"), CONFIG, 20 * S);
    assert_eq!(fixture.play().bindings.len(), 1);
    fixture.world.stock = Some((2, "available"));
    fixture.then(Some("RDS-EVENT-9999"), CONFIG, 20 * S);
    let report = fixture.play();
    assert_eq!(report.bindings.len(), 2);
}

#[test]
fn an_event_of_a_failover_that_this_process_has_seen_through_gets_one_look() {
    let mut fixture = RunFixture::event("RDS-EVENT-0072").with_config(CONFIG);
    fixture.at(3 * S, failed_over);
    assert_eq!(fixture.play().bindings[0].status, Status::Changed);
    // Later events of the same failover. Their time is that of the first.
    for id in ["RDS-EVENT-0071", "RDS-EVENT-0072", "RDS-EVENT-0071"] {
        fixture.then(Some(id), CONFIG, S);
        let begun = fixture.now;
        let report = fixture.play();
        assert_eq!((report.bindings[0].status, report.bindings[0].rounds), (Status::Settled, 1));
        assert!(fixture.now - begun < 2 * S, "{id}: {:?}", fixture.now - begun);
    }
}

#[test]
fn so_does_one_that_comes_again_after_a_run_that_found_the_writer_missing() {
    let mut fixture = RunFixture::event("RDS-EVENT-0071").with_config(CONFIG);
    failed_over(&mut fixture.world);
    assert_eq!(fixture.play().bindings[0].status, Status::Changed);
    fixture.then(Some("RDS-EVENT-0071"), CONFIG, S);
    assert_eq!(fixture.play().bindings[0].rounds, 1);
}

#[test]
fn an_event_of_a_failover_that_this_process_has_not_seen_is_watched() {
    // 0072 comes first: nothing has moved, and the sweep before it found everything right.
    let mut fixture = RunFixture::sweep().with_config(CONFIG);
    fixture.play();
    fixture.then(Some("RDS-EVENT-0072"), CONFIG, Duration::ZERO);
    let begun = fixture.now;
    fixture.play();
    assert!(fixture.now - begun > 150 * S, "{:?}", fixture.now - begun);
}

#[test]
fn what_a_process_remembers_never_ends_a_look_that_finds_something_else() {
    let mut fixture = RunFixture::event("RDS-EVENT-0072").with_config(CONFIG);
    fixture.at(3 * S, failed_over);
    fixture.play();
    // The topology goes back, and with it DNS: it is not what was seen through.
    fixture.then(Some("RDS-EVENT-0071"), CONFIG, S);
    fixture.world.writer = 3;
    let report = fixture.play();
    assert_eq!(fixture.world.writes(), ["register .3"], "{report:#?}");
    assert!(report.bindings[0].rounds > 5);
}

#[test]
fn dns_that_is_ahead_has_the_topology_read_each_second() {
    let mut fixture = RunFixture::sweep().with_config(CONFIG);
    fixture.play();
    fixture.then(Some("RDS-EVENT-0072"), CONFIG, 20 * S);
    let begun = fixture.now;
    fixture.at(begun + 7 * S, |world| world.dns = vec![2]);
    fixture.at(begun + 11 * S, |world| world.writer = 2);
    fixture.play();
    let registered = fixture.world.log_times("register .2")[0];
    assert!(registered < begun + 12 * S + S / 5, "{:?}", registered - begun);
}

#[test]
fn a_group_is_not_called_right_by_a_reading_that_lacks_the_runs_own_write() {
    let mut fixture = RunFixture::event("RDS-EVENT-0072").with_config(CONFIG);
    fixture.at(3 * S, |world| world.writer = 2);
    // By the topology alone, the new writer is registered. No reading shows it for 3 s, and the
    // topology goes back.
    fixture.world.after_write = Some(|world| {
        world.writer = 1;
        world.reads_lag = 3 * S;
    });
    fixture.at(9 * S, |world| {
        world.writer = 2;
        world.reads_lag = Duration::ZERO;
    });
    fixture.at(12 * S, |world| world.dns = vec![2]);
    let report = fixture.play();
    assert_eq!(report.bindings[0].status, Status::Changed);
    assert_eq!(fixture.world.present(), [2], "the run goes on until it has followed the failover");
}
