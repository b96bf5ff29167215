//! A binding of one member of a cluster, whatever its role.

use super::*;

const CONFIG: &str = r#"
allow = ["10.20.0.0/16"]
[[binding]]
name = "orders-1"
source = "cluster/orders/instance/orders-1"
target-group = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/one/0123456789abcdef"
"#;

const WITH_THE_WRITER: &str = r#"
allow = ["10.20.0.0/16"]
[[binding]]
name = "orders"
source = "cluster/orders"
target-group = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/orders/0123456789abcdef"
[[binding]]
name = "orders-1"
source = "cluster/orders/instance/orders-1"
target-group = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/one/0123456789abcdef"
"#;

#[test]
fn a_failover_changes_nothing_for_a_member() {
    let mut fixture = RunFixture::sweep().with_config(CONFIG);
    failed_over(&mut fixture.world);
    fixture.world.lookup_error = None;
    fixture.world.dns = vec![2];
    let report = fixture.play();
    assert_eq!(report.bindings[0].status, Status::Settled, "{report:#?}");
    assert_eq!(fixture.world.writes(), [""; 0]);
}

#[test]
fn an_event_of_the_cluster_or_of_another_member_does_not_have_a_members_group_read() {
    for (about, source, unmatched) in
        [("db-cluster", "orders", 0), ("db-instance", "orders-2", 1), ("db-cluster", "other", 1)]
    {
        let mut fixture = RunFixture::of("RDS-EVENT-0073", about, source).with_config(CONFIG);
        let report = fixture.play();
        assert!(report.ok && report.bindings.is_empty(), "{source}: {report:#?}");
        assert_eq!(report.unmatched, unmatched, "{source}");
        assert_eq!(fixture.world.read, [0_usize; 0], "{source}");
    }
    // Beside the writer's, whose run is as long as ever.
    let mut fixture =
        RunFixture::of("RDS-EVENT-0073", "db-cluster", "orders").with_config(WITH_THE_WRITER);
    fixture.at(10 * S, failed_over);
    let report = fixture.play();
    assert_eq!(report.bindings[0].status, Status::Changed, "{report:#?}");
    assert!(fixture.world.read.iter().all(|binding| *binding == 0), "{:?}", fixture.world.read);
}

#[test]
fn an_event_of_the_member_watches_it_and_one_of_a_deployment_looks_at_it() {
    for (id, about, source) in [
        ("RDS-EVENT-0422", "db-instance", "orders-1"),
        ("RDS-EVENT-0251", "blue-green-deployment", "green"),
    ] {
        let mut fixture = RunFixture::of(id, about, source).with_config(CONFIG);
        fixture.at(10 * S, |world| world.false_name = Some((1, 7)));
        let report = fixture.play();
        assert_eq!(report.bindings[0].status, Status::Changed, "{id}: {report:#?}");
        assert_eq!(fixture.world.writes(), ["register .7", "deregister .1"], "{id}");
    }
}

#[test]
fn a_member_that_moved_is_named_twice_and_what_nothing_explains_stays_for_the_settle_time() {
    let mut fixture = RunFixture::sweep().with_config(CONFIG);
    fixture.world.false_name = Some((1, 7));
    let report = fixture.play();
    assert_eq!(report.bindings[0].status, Status::Changed, "{report:#?}");
    let [register, deregister] =
        ["register .7", "deregister .1"].map(|call| fixture.world.log_times(call)[0]);
    let before: Vec<&str> = (fixture.world.log.iter())
        .map(|(_, what)| what.as_str())
        .take_while(|what| !what.starts_with("register"))
        .filter(|what| *what == "topology")
        .collect();
    assert_eq!(before.len(), 2, "{:?}", fixture.world.log);
    assert!(deregister - register >= 28 * S, "{:?}", fixture.world.log);
    assert!(fixture.world.never_empty);
}

#[test]
fn another_members_target_leaves_at_once_when_the_members_own_was_missing() {
    let mut fixture = RunFixture::sweep().with_config(CONFIG);
    fixture.world.targets.clear();
    fixture.world.set(2, "healthy");
    let report = fixture.play();
    assert_eq!(report.bindings[0].status, Status::Changed, "{report:#?}");
    assert_eq!(fixture.world.writes(), ["register .1", "deregister .2"]);
    assert!(fixture.now < 10 * S, "{:?}", fixture.world.log);
}

#[test]
fn a_member_that_is_deleted_keeps_its_target_and_says_so() {
    let text = CONFIG.replace("instance/orders-1", "instance/orders-9");
    let mut fixture = RunFixture::sweep().with_config(&text);
    let report = fixture.play();
    let binding = &report.bindings[0];
    let reason = binding.reason.as_ref().expect("a reason");
    assert_eq!((binding.status, reason.code), (Status::Held, "member-not-listed"));
    assert!(reason.remedy.as_ref().is_some_and(|remedy| remedy.contains("deleted")));
    assert_eq!((fixture.world.writes().len(), fixture.world.present()), (0, vec![1]));
}
