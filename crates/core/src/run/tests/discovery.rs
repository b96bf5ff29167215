//! Bindings that tags bring into a run.

use super::*;
use crate::discover::TaggedGroup;
use crate::event::TriggerKind;
use crate::target::{Family, TargetGroup};

const CONFIG: &str = "allow = [\"10.20.0.0/16\"]\ndiscover = [\"cluster/orders*\"]\n";

/// A binding of the configuration on the same cluster, beside what tags bring.
fn with_binding() -> String {
    format!(
        "{CONFIG}[[binding]]\nname = \"written\"\nsource = \"cluster/orders\"\ntarget-group = \
         \"arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/written/0123456789abcdef\"\n"
    )
}

fn tagged(tags: &[(&str, &str)]) -> TaggedGroup {
    TaggedGroup {
        arn:
            "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/link/0123456789abcdef"
                .parse()
                .expect("an ARN"),
        group: Ok(TargetGroup {
            target_type: "ip".to_owned(),
            protocol: "TCP".to_owned(),
            family: Family::V4,
            vpc: None,
            in_use: true,
        }),
        tags: tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
    }
}

/// The group `link` asks for the cluster, and the cluster consents.
fn consenting(fixture: RunFixture) -> RunFixture {
    let mut fixture = fixture.with_config(CONFIG);
    fixture.world.tags = vec![tagged(&[("writerlink:source", "cluster/orders")])];
    fixture.world.publish = Some("link".to_owned());
    fixture
}

fn calls(fixture: &RunFixture) -> Vec<&str> {
    fixture.world.log.iter().map(|(_, what)| what.as_str()).collect()
}

fn code(report: &Report, index: usize) -> Option<&'static str> {
    report.bindings[index].reason.as_ref().map(|reason| reason.code)
}

#[test]
fn a_tagged_group_is_followed_as_any_other_and_needs_no_description_of_its_own() {
    let mut fixture = consenting(RunFixture::sweep());
    let report = fixture.play();
    assert_eq!((report.ok, report.bindings[0].status), (true, Status::Settled));
    assert_eq!(report.bindings[0].name, "link");
    assert_eq!(calls(&fixture), ["tags", "topology", "names", "targets"]);

    let mut fixture = consenting(RunFixture::event("RDS-EVENT-0071"));
    failed_over(&mut fixture.world);
    let report = fixture.play();
    assert_eq!((report.ok, report.bindings[0].status), (true, Status::Changed));
    assert_eq!(fixture.world.present(), [2]);
    assert!(fixture.world.never_empty);
}

#[test]
fn without_the_databases_consent_nothing_is_written_nor_its_name_asked_for() {
    for publish in [None, Some("another-group")] {
        let mut fixture = consenting(RunFixture::event("RDS-EVENT-0071"));
        fixture.world.publish = publish.map(str::to_owned);
        failed_over(&mut fixture.world);
        let report = fixture.play();
        assert_eq!((report.ok, report.bindings[0].status), (false, Status::Held));
        assert_eq!(code(&report, 0), Some("not-published"));
        assert_eq!(report.bindings[0].evidence, None);
        assert_eq!(calls(&fixture), ["tags", "topology"]);
    }
}

#[test]
fn a_consent_that_is_withdrawn_holds_from_the_next_reading_on_and_removes_nothing() {
    let mut fixture = consenting(RunFixture::event("RDS-EVENT-0071"));
    failed_over(&mut fixture.world);
    // Withdrawn when the writer is registered, and the former one is still to be removed.
    fixture.world.after_write = Some(|world| world.publish = None);
    let report = fixture.play();
    assert_eq!(fixture.world.writes(), ["register .2"]);
    assert_eq!(fixture.world.present(), [1, 2]);
    assert_eq!(code(&report, 0), Some("not-published"));
}

#[test]
fn what_the_configuration_names_does_not_wait_for_the_tags() {
    let mut fixture = RunFixture::event("RDS-EVENT-0071").with_config(&with_binding());
    fixture.world.tags = vec![tagged(&[("writerlink:source", "cluster/orders")])];
    fixture.world.publish = Some("link".to_owned());
    fixture.world.tags_take = 20 * S;
    failed_over(&mut fixture.world);
    let report = fixture.play();
    let ends: Vec<_> = report.bindings.iter().map(|end| (end.name.as_str(), end.status)).collect();
    // Both are of one group in this world, so the second one finds its work done.
    assert_eq!(ends, [("written", Status::Changed), ("link", Status::Settled)]);
    assert!(fixture.world.log_times("deregister .1")[0] < 3 * S, "{:?}", fixture.world.log);
}

#[test]
fn an_event_finds_the_binding_that_only_the_tags_name() {
    for (about, source) in [("db-cluster", "orders"), ("db-instance", "orders-2")] {
        for (tags_take, topology_takes) in [(0, 0), (5, 0), (0, 5)] {
            let mut fixture = consenting(RunFixture::event_of(about, source));
            fixture.world.tags_take = tags_take * S;
            fixture.world.topology_takes = topology_takes * S;
            fixture.at(10 * S, failed_over);
            let report = fixture.play();
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
    let mut fixture =
        RunFixture::event_of("db-cluster", "someone-else").with_config(&with_binding());
    fixture.world.tags = vec![tagged(&[("writerlink:source", "cluster/orders")])];
    let report = fixture.play();
    assert!(report.ok && report.bindings.is_empty());
    assert_eq!((report.unmatched, calls(&fixture)), (1, vec!["tags"]));
}

#[test]
fn tags_that_cannot_be_read_are_unknown_and_never_none() {
    let mut fixture = RunFixture::sweep().with_config(&with_binding());
    fixture.world.tags_failure = Some(Failure::Rejected(Rejection::AccessDenied));
    let report = fixture.play();
    assert!(!report.ok && !report.nothing_readable);
    assert_eq!(report.bindings[0].status, Status::Settled);
    assert_eq!(
        (report.bindings[1].name.as_str(), report.bindings[1].status),
        ("discovery", Status::Failed)
    );
    assert_eq!(code(&report, 1), Some("access-denied"));
    let remedy = report.bindings[1].reason.as_ref().and_then(|reason| reason.remedy.clone());
    assert!(remedy.is_some_and(|remedy| remedy.contains("`elasticloadbalancing:DescribeTags`")));

    // Whom this event means only the tags could tell, so it is not counted as nobody's, and its run
    // is not ok.
    let mut fixture = RunFixture::event_of("db-cluster", "orders-eu").with_config(&with_binding());
    fixture.world.tags_failure = Some(Failure::Throttled);
    let report = fixture.play();
    assert_eq!((report.ok, report.sweep, report.unmatched), (false, false, 0));
    assert_eq!((report.bindings.len(), code(&report, 0)), (1, Some("throttled")));
}

#[test]
fn a_search_that_the_deadline_cuts_is_told() {
    let trigger = Trigger::sweep(TriggerKind::Schedule);
    let mut fixture = RunFixture::configured(trigger, 4 * S, Duration::ZERO, CONFIG, false);
    fixture.world.tags_take = 10 * S;
    let report = fixture.play();
    assert_eq!((report.ok, report.bindings[0].name.as_str()), (false, "discovery"));
    assert_eq!(code(&report, 0), Some("out-of-time"));
}

#[test]
fn a_malformed_tag_fails_its_group_alone() {
    let mut fixture = consenting(RunFixture::sweep());
    let mut bad = tagged(&[("writerlink:source", "orders")]);
    bad.arn =
        "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/bad/0123456789abcdef"
            .parse()
            .expect("an ARN");
    fixture.world.tags.insert(0, bad);
    let report = fixture.play();
    let ends: Vec<_> = report.bindings.iter().map(|end| (end.name.as_str(), end.status)).collect();
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
        let mut fixture =
            RunFixture::configured(trigger, 240 * S, Duration::ZERO, &with_binding(), false);
        fixture.world.tags = vec![tagged(&[("writerlink:source", "cluster/orders")])];
        fixture.world.publish = Some("true".to_owned());
        let report = fixture.play();
        let names: Vec<String> = report.bindings.iter().map(|end| end.name.clone()).collect();
        (names, report.ok, calls(&fixture).contains(&"tags"))
    };
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    assert_eq!(asked(&["written"]), (names(&["written"]), true, false));
    assert_eq!(asked(&["link"]), (names(&["link"]), true, true));
    assert_eq!(asked(&["link", "written"]), (names(&["written", "link"]), true, true));
    assert_eq!(asked(&["lnik"]), (names(&["lnik"]), false, true));
}
