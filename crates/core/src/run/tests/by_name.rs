//! Which databases a run asks for in a Region whose lists have many pages.

use super::*;

fn orders(id: &str) -> RunFixture {
    let mut fixture = RunFixture::event(id);
    fixture.world.crowd = 400;
    fixture
}

/// How often the whole lists were read, and how often the databases that were asked for by name.
fn readings(fixture: &RunFixture) -> (usize, usize) {
    let count = |call| fixture.world.log_times(call).len();
    (count("topology"), count("topology by name"))
}

#[test]
fn a_process_that_knows_the_region_is_large_asks_for_the_databases_of_an_event_by_name() {
    let mut fixture = orders("RDS-EVENT-0071");
    failed_over(&mut fixture.world);
    fixture.knows_the_topology();
    let report = fixture.play();
    assert_eq!(report.bindings[0].status, Status::Changed, "{report:#?}");
    let (whole, named) = readings(&fixture);
    assert!(whole == 0 && named >= 2, "{whole} {named}");
}

#[test]
fn a_cold_start_a_small_region_and_a_sweep_read_the_whole_lists() {
    let mut small = RunFixture::event("RDS-EVENT-0071");
    small.knows_the_topology();
    let mut sweep = RunFixture::sweep();
    sweep.world.crowd = 400;
    sweep.knows_the_topology();
    for mut fixture in [small, sweep] {
        fixture.play();
        assert!(matches!(readings(&fixture), (1.., 0)));
    }
    let mut cold = orders("RDS-EVENT-0071");
    failed_over(&mut cold.world);
    cold.play();
    assert_eq!(readings(&cold).0, 1, "the first reading shows that the Region is large");
}

/// It may be listed as something else, which only the whole lists show.
#[test]
fn a_name_that_rds_does_not_list_is_looked_for_in_the_whole_lists() {
    let mut fixture = orders("RDS-EVENT-0071");
    fixture.knows_the_topology();
    fixture.world.renamed = true;
    let report = fixture.play();
    let reason = report.bindings[0].reason.as_ref().expect("a reason");
    assert_eq!(reason.code, "source-not-found");
    assert!(readings(&fixture).0 >= 1);
}

/// What an instance's reading has of a cluster that was not asked for is as old as the memory.
#[test]
fn an_event_of_an_instance_follows_its_cluster_by_a_reading_of_that_cluster() {
    let mut fixture = RunFixture::of("RDS-EVENT-0049", "db-instance", "orders-2");
    fixture.world.crowd = 400;
    fixture.knows_the_topology();
    failed_over(&mut fixture.world);
    let report = fixture.play();
    assert_eq!(report.bindings[0].status, Status::Changed, "{report:#?}");
    assert_eq!(readings(&fixture).0, 0);
}
