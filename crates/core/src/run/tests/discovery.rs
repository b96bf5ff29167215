//! Bindings that tags bring into a run.

use super::*;
use crate::discover::TaggedGroup;
use crate::event::TriggerKind;

const WISH: &str = "allow = [\"10.20.0.0/16\"]\ndiscover = [\"cluster/orders*\"]\n";

/// A binding of the configuration on the same cluster, beside what tags bring.
fn with_binding() -> String {
    format!(
        "{WISH}[[binding]]\nname = \"written\"\nsource = \"cluster/orders\"\ntarget-group = \"arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/written/0123456789abcdef\"\n"
    )
}

fn tagged(tags: &[(&str, &str)]) -> TaggedGroup {
    TaggedGroup {
        arn: "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/link/0123456789abcdef"
            .parse()
            .expect("an ARN"),
        group: Ok(TargetGroup {
            target_type: "ip".to_owned(),
            protocol: "TCP".to_owned(),
            family: Family::V4,
            vpc: None,
            in_use: true,
        }),
        tags: tags
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect(),
    }
}

/// The group `link` asks for the cluster, and the cluster consents.
fn consenting(stage: Stage) -> Stage {
    let mut stage = stage.with_config(WISH);
    stage.world.tags = vec![tagged(&[("writerlink:source", "cluster/orders")])];
    stage.world.publish = Some("link".to_owned());
    stage
}

fn calls(stage: &Stage) -> Vec<&str> {
    stage.world.log.iter().map(|(_, what)| what.as_str()).collect()
}

fn code(report: &Report, index: usize) -> Option<&'static str> {
    report.bindings[index].reason.as_ref().map(|reason| reason.code)
}

#[test]
fn a_tagged_group_is_followed_as_any_other_and_needs_no_description_of_its_own() {
    let mut stage = consenting(Stage::sweep());
    let report = stage.play();
    assert_eq!((report.ok, report.bindings[0].status), (true, Status::Settled));
    assert_eq!(report.bindings[0].name, "link");
    assert_eq!(calls(&stage), ["tags", "topology", "names", "targets"]);

    let mut stage = consenting(Stage::event("RDS-EVENT-0071"));
    failed_over(&mut stage.world);
    let report = stage.play();
    assert_eq!((report.ok, report.bindings[0].status), (true, Status::Changed));
    assert_eq!(stage.world.present(), [2]);
    assert!(stage.world.never_empty);
}

#[test]
fn without_the_databases_consent_nothing_is_written_nor_its_name_asked_for() {
    for publish in [None, Some("another-group")] {
        let mut stage = consenting(Stage::event("RDS-EVENT-0071"));
        stage.world.publish = publish.map(str::to_owned);
        failed_over(&mut stage.world);
        let report = stage.play();
        assert_eq!((report.ok, report.bindings[0].status), (false, Status::Held));
        assert_eq!(code(&report, 0), Some("not-published"));
        assert_eq!(report.bindings[0].evidence, None);
        assert_eq!(calls(&stage), ["tags", "topology"]);
    }
}

#[test]
fn a_consent_that_is_withdrawn_holds_from_the_next_reading_on_and_removes_nothing() {
    let mut stage = consenting(Stage::event("RDS-EVENT-0071"));
    failed_over(&mut stage.world);
    // Withdrawn when the writer is registered, and the former one is still to be removed.
    stage.world.after_write = Some(|world| world.publish = None);
    let report = stage.play();
    assert_eq!(stage.world.writes(), ["register .2"]);
    assert_eq!(stage.world.present(), [1, 2]);
    assert_eq!(code(&report, 0), Some("not-published"));
}

#[test]
fn what_the_configuration_names_does_not_wait_for_the_tags() {
    let mut stage = Stage::event("RDS-EVENT-0071").with_config(&with_binding());
    stage.world.tags = vec![tagged(&[("writerlink:source", "cluster/orders")])];
    stage.world.publish = Some("link".to_owned());
    stage.world.tags_take = 20 * S;
    failed_over(&mut stage.world);
    let report = stage.play();
    let ends: Vec<_> = report
        .bindings
        .iter()
        .map(|end| (end.name.as_str(), end.status))
        .collect();
    // Both are of one group in this world, so the second one finds its work done.
    assert_eq!(ends, [("written", Status::Changed), ("link", Status::Settled)]);
    assert!(
        stage.world.log_times("deregister .1")[0] < 3 * S,
        "{:?}",
        stage.world.log
    );
}

#[test]
fn an_event_finds_the_binding_that_only_the_tags_name() {
    for (about, source) in [("db-cluster", "orders"), ("db-instance", "orders-2")] {
        for (tags_take, topology_takes) in [(0, 0), (5, 0), (0, 5)] {
            let mut stage = consenting(Stage::event_of(about, source));
            stage.world.tags_take = tags_take * S;
            stage.world.topology_takes = topology_takes * S;
            stage.at(10 * S, failed_over);
            let report = stage.play();
            assert_eq!(
                (report.unmatched, report.sweep),
                (0, false),
                "{about} {tags_take} {topology_takes}"
            );
            assert_eq!(
                report.bindings[0].status,
                Status::Changed,
                "{about} {tags_take} {topology_takes}"
            );
        }
    }
}

#[test]
fn an_event_of_nobody_costs_one_reading_of_the_tags_and_leaves_every_binding_alone() {
    let mut stage = Stage::event_of("db-cluster", "someone-else").with_config(&with_binding());
    stage.world.tags = vec![tagged(&[("writerlink:source", "cluster/orders")])];
    let report = stage.play();
    assert!(report.ok && report.bindings.is_empty());
    assert_eq!((report.unmatched, calls(&stage)), (1, vec!["tags"]));
}

#[test]
fn tags_that_cannot_be_read_are_unknown_and_never_none() {
    let mut stage = Stage::sweep().with_config(&with_binding());
    stage.world.tags_failure = Some(Failure::SaidNo(No::Denied));
    let report = stage.play();
    assert!(!report.ok && !report.helpless);
    assert_eq!(report.bindings[0].status, Status::Settled);
    assert_eq!(
        (report.bindings[1].name.as_str(), report.bindings[1].status),
        ("discovery", Status::Failed)
    );
    assert_eq!(code(&report, 1), Some("access-denied"));
    let remedy = report.bindings[1]
        .reason
        .as_ref()
        .and_then(|reason| reason.remedy.clone());
    assert!(remedy.is_some_and(|remedy| remedy.contains("`elasticloadbalancing:DescribeTags`")));

    // Whom this event means only the tags could tell, so it is not counted as nobody's, and its run is not ok.
    let mut stage = Stage::event_of("db-cluster", "orders-eu").with_config(&with_binding());
    stage.world.tags_failure = Some(Failure::Throttled);
    let report = stage.play();
    assert_eq!((report.ok, report.sweep, report.unmatched), (false, false, 0));
    assert_eq!(code(&report, 1), Some("throttled"));
}

#[test]
fn a_search_that_the_deadline_cuts_is_told() {
    let trigger = Trigger::sweep(TriggerKind::Schedule);
    let mut stage = Stage::configured(trigger, 4 * S, Duration::ZERO, WISH, false);
    stage.world.tags_take = 10 * S;
    let report = stage.play();
    assert_eq!((report.ok, report.bindings[0].name.as_str()), (false, "discovery"));
    assert_eq!(code(&report, 0), Some("out-of-time"));
}

#[test]
fn a_malformed_tag_fails_its_group_alone() {
    let mut stage = consenting(Stage::sweep());
    let mut bad = tagged(&[("writerlink:source", "orders")]);
    bad.arn = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/bad/0123456789abcdef"
        .parse()
        .expect("an ARN");
    stage.world.tags.insert(0, bad);
    let report = stage.play();
    let ends: Vec<_> = report
        .bindings
        .iter()
        .map(|end| (end.name.as_str(), end.status))
        .collect();
    assert_eq!(ends, [("bad", Status::Failed), ("link", Status::Settled)]);
    assert_eq!((report.ok, code(&report, 0)), (false, Some("bad-configuration")));
}

#[test]
fn a_name_that_is_asked_for_is_searched_in_the_tags_only_where_the_configuration_lacks_it() {
    let asked = |names: &[&str]| {
        let trigger = Trigger {
            only: Some(names.iter().map(|name| (*name).to_owned()).collect()),
            ..Trigger::sweep(TriggerKind::Invoke)
        };
        let mut stage = Stage::configured(trigger, 240 * S, Duration::ZERO, &with_binding(), false);
        stage.world.tags = vec![tagged(&[("writerlink:source", "cluster/orders")])];
        stage.world.publish = Some("true".to_owned());
        let report = stage.play();
        let names: Vec<String> = report.bindings.iter().map(|end| end.name.clone()).collect();
        (names, report.ok, calls(&stage).contains(&"tags"))
    };
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    assert_eq!(asked(&["written"]), (names(&["written"]), true, false));
    assert_eq!(asked(&["link"]), (names(&["link"]), true, true));
    assert_eq!(asked(&["link", "written"]), (names(&["written", "link"]), true, true));
    assert_eq!(asked(&["lnik"]), (names(&["lnik"]), false, true));
}
