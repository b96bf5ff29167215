//! What a recording makes of readings, and which events start one.

mod session;

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use jiff::Timestamp;

use super::course::When;
use super::judge::{Group, Named};
use super::occasion::Told;
use super::recording::{Labels, Recording};
use super::{
    Between, Cause, CauseKind, End, Lasted, LinkEnd, Moment, Nothing, Occasion, Record, Recorded,
};
use super::{Figures, SourceKind};
use crate::config::StandbyMode;
use crate::config::{Binding, Config, Location};
use crate::event::{Event, EventId, SourceType};

fn at(second: f64) -> Moment {
    let millisecond = 1_800_000_000_000 + (second * 1000.0) as i64;
    Moment(Timestamp::from_millisecond(millisecond).expect("in range"))
}

/// A read that took a tenth of a second.
fn when(second: f64) -> When {
    When { began: at(second), ended: at(second + 0.1) }
}

fn ip(last: u8) -> IpAddr {
    IpAddr::from([10, 20, 0, last])
}

fn group(targets: &[(u8, &str)]) -> Group {
    let one = |(last, state): &(u8, &str)| {
        (SocketAddr::new(ip(*last), 5432), ((*state).to_owned(), None))
    };
    targets.iter().map(one).collect()
}

fn announced() -> Cause {
    Cause {
        by: CauseKind::Event,
        event: Some("RDS-EVENT-0073".to_owned()),
        announces: true,
        rds: Some(at(-2.0)),
        sns: Some(at(-1.0)),
        received: at(0.0),
    }
}

fn begin(source: SourceKind) -> Recording {
    Recording::begin(source, StandbyMode::Cold, announced(), at(0.0), Duration::from_secs(600))
}

fn record(recording: &Recording, end: End, now: f64) -> Record {
    let [function, region, binding] = ["recorder", "eu-west-1", "orders"].map(str::to_owned);
    recording.record(end, at(now), &Labels { function, region, binding, probes: true })
}

/// One read of everything at a moment: topology, DNS, targets.
fn look(recording: &mut Recording, second: f64, topology: u8, dns: u8, targets: &[(u8, &str)]) {
    recording.topology(Ok(Named::At(ip(topology))), when(second));
    recording.dns(Ok(Named::At(ip(dns))), when(second));
    recording.targets(Ok(group(targets)), when(second));
}

fn between(after: f64, by: f64) -> Option<Between> {
    Some(Between { after: Some(at(after)), by: at(by + 0.1) })
}

#[test]
fn a_failover_is_recorded_with_the_readings_between_which_each_step_lies() {
    let mut one = begin(SourceKind::Cluster);
    for (second, topology, dns, targets) in [
        (0.0, 1, 1, &[(1, "healthy")][..]),
        (1.0, 2, 1, &[(1, "healthy")]),
        (2.0, 2, 2, &[(1, "healthy")]),
        (3.0, 2, 1, &[(1, "healthy"), (2, "initial")]),
        (4.0, 2, 2, &[(1, "healthy"), (2, "initial")]),
        (40.0, 2, 2, &[(1, "draining"), (2, "initial")]),
        (90.0, 2, 2, &[(1, "draining"), (2, "healthy")]),
        (99.0, 2, 2, &[(2, "healthy")]),
    ] {
        assert_eq!(one.end(at(second)), None, "{second}");
        look(&mut one, second, topology, dns, targets);
    }
    assert_eq!(one.end(at(99.1)), Some(End::Complete));
    let record = record(&one, End::Complete, 99.1);
    let figures = Figures {
        topology: between(0.0, 1.0),
        dns: between(1.0, 2.0),
        dns_steady: between(3.0, 4.0),
        registered: between(2.0, 3.0),
        healthy: between(40.0, 90.0),
        old_draining: between(4.0, 40.0),
        old_gone: between(90.0, 99.0),
        link: None,
    };
    assert_eq!(record.figures, figures);
    assert_eq!(record.dns_flaps, 1);
    let lasted = |at_least, at_most| Some(Lasted { at_least, at_most: Some(at_most) });
    assert_eq!(record.seconds.event_lag, lasted(2.0, 2.0));
    assert_eq!(record.seconds.evidence_to_registered, lasted(0.9, 3.1));
    assert_eq!(record.seconds.failover_to_healthy, lasted(42.0, 92.1));
    let states: Vec<_> =
        record.states.iter().map(|one| (one.target.as_str(), one.state.as_str())).collect();
    assert_eq!(
        states,
        [
            ("old", "healthy"),
            ("new", "initial"),
            ("old", "draining"),
            ("new", "healthy"),
            ("old", "gone")
        ]
    );
}

#[test]
fn a_read_that_fails_is_a_gap_and_never_shows_that_something_is_not_so() {
    let mut one = begin(SourceKind::Cluster);
    look(&mut one, 0.0, 1, 1, &[(1, "healthy")]);
    for second in [1.0, 2.0] {
        one.topology(Err("throttled"), when(second));
        one.targets(Err("unreachable"), when(second));
    }
    look(&mut one, 3.0, 2, 2, &[(1, "healthy"), (2, "healthy")]);
    let record = record(&one, End::TimeOver, 4.0);
    assert_eq!(record.figures.topology, between(0.0, 3.0));
    assert_eq!(record.figures.healthy, between(0.0, 3.0));
    let gaps: Vec<_> = record.gaps.iter().map(|gap| (gap.why.as_str(), gap.reads)).collect();
    assert_eq!(gaps, [("throttled", 2), ("unreachable", 2)]);
    assert_eq!(record.reads.throttled, 2);
}

#[test]
fn a_recorder_that_comes_late_knows_what_it_did_not_see_begin() {
    for (topology, dns, targets) in [
        // The keys agree already.
        (2, 2, &[(1, "healthy"), (2, "initial")][..]),
        (2, 2, &[(1, "draining"), (2, "healthy")]),
        // DNS is behind, or ahead.
        (2, 1, &[(1, "healthy"), (2, "initial")]),
        (1, 2, &[(1, "healthy")]),
    ] {
        let mut one = begin(SourceKind::Cluster);
        look(&mut one, 0.0, topology, dns, targets);
        look(&mut one, 1.0, 2, 2, &[(1, "draining"), (2, "healthy")]);
        look(&mut one, 60.0, 2, 2, &[(2, "healthy")]);
        assert_eq!(one.end(at(60.1)), Some(End::Complete), "{topology} {dns} {targets:?}");
        let record = record(&one, End::Complete, 60.1);
        let evidence = record.figures.evidence().expect("it moved");
        assert_eq!(evidence.after, None, "{topology} {dns} {targets:?}");
        assert_eq!(record.figures.old_gone, between(1.0, 60.0), "{topology} {dns} {targets:?}");
    }
}

#[test]
fn nothing_is_recorded_of_a_database_that_does_not_move() {
    for (name, looks) in [
        ("nothing changes", &[(0.0, 1, 1, &[(1, "healthy")][..])][..]),
        ("a target too many", &[(0.0, 1, 1, &[(1, "healthy"), (2, "healthy")])]),
        (
            "a failover that is given up",
            &[
                (0.0, 1, 1, &[(1, "healthy")]),
                (1.0, 1, 2, &[(1, "healthy")]),
                (2.0, 1, 1, &[(1, "healthy")]),
            ],
        ),
    ] {
        for source in [SourceKind::Cluster, SourceKind::Instance] {
            let mut one = begin(source);
            for (second, topology, dns, targets) in looks {
                look(&mut one, *second, *topology, *dns, targets);
            }
            assert_eq!(one.end(at(599.0)), None, "{name}");
            assert_eq!(one.end(at(600.0)), Some(End::NeverMoved), "{name}");
            let record = record(&one, End::NeverMoved, 600.0);
            assert_eq!(record.figures, Figures::default(), "{name}");
        }
    }
}

#[test]
fn a_database_that_could_not_be_read_is_not_called_one_that_never_moved() {
    let mut one = begin(SourceKind::Cluster);
    one.topology(Err("access-denied"), when(0.0));
    one.targets(Ok(group(&[(1, "healthy")])), when(0.0));
    assert_eq!(one.end(at(600.0)), Some(End::CouldNotTell));
}

#[test]
fn with_a_warm_standby_the_record_is_complete_while_the_old_target_stays() {
    for (standby, ends) in [(StandbyMode::Cold, None), (StandbyMode::Warm, Some(End::Complete))] {
        let (source, wait) = (SourceKind::Instance, Duration::from_secs(600));
        let mut recording = Recording::begin(source, standby, announced(), at(0.0), wait);
        let before = [(1, "healthy"), (2, "unhealthy")];
        look(&mut recording, 1.0, 1, 1, &before);
        look(&mut recording, 30.0, 1, 1, &before);
        for second in [60.0, 70.0, 80.0, 90.0, 100.0] {
            look(&mut recording, second, 2, 2, &[(1, "unhealthy"), (2, "healthy")]);
        }
        assert_eq!(recording.end(at(101.0)), ends, "{standby:?}");
        let Record { figures, seconds, .. } = record(&recording, End::Complete, 101.0);
        assert_eq!(figures.healthy, between(30.0, 60.0), "{standby:?}");
        assert_eq!(figures.old_gone, None, "{standby:?}");
        assert_eq!(seconds.registered_to_healthy, None, "it was a target long before");
    }
}

#[test]
fn a_complete_record_waits_for_a_link_that_fails_and_says_what_was_seen_of_it_last() {
    use LinkEnd::{Answers, Fails, Unread};
    let (yes, no, lost) = (Ok(true), Ok(false), Err("unreachable"));
    for (name, link, ended_by, link_end, answered) in [
        ("it answers all the time", vec![(0.0, yes), (1.0, yes)], 32.0, Answers, None),
        (
            "it answers again",
            vec![(0.0, yes), (1.0, no), (70.0, no), (71.0, yes)],
            71.0,
            Answers,
            between(70.0, 71.0),
        ),
        ("it never answers again", vec![(0.0, yes), (1.0, no), (90.0, no)], 92.0, Fails, None),
        ("it cannot be read any more", vec![(0.0, no), (1.0, lost)], 32.0, Unread, None),
        ("there is no listener", vec![], 32.0, Unread, None),
    ] {
        let mut one = begin(SourceKind::Cluster);
        look(&mut one, 0.0, 1, 1, &[(1, "healthy")]);
        look(&mut one, 1.0, 2, 2, &[(2, "healthy")]);
        let ended = (0..=100).map(f64::from).find_map(|second| {
            for (_, answer) in link.iter().filter(|(at, _)| *at == second) {
                one.link(*answer, when(second));
            }
            one.end(at(second)).map(|end| (second, end))
        });
        assert_eq!(ended, Some((ended_by, End::Complete)), "{name}");
        let record = record(&one, End::Complete, ended_by);
        assert_eq!((record.link_end, record.figures.link), (Some(link_end), answered), "{name}");
    }
}

#[test]
fn a_time_that_is_over_while_only_the_link_fails_leaves_a_complete_record() {
    let mut one = begin(SourceKind::Cluster);
    look(&mut one, 0.0, 1, 1, &[(1, "healthy")]);
    look(&mut one, 1.0, 2, 2, &[(2, "healthy")]);
    one.link(Ok(false), when(1.0));
    assert_eq!((one.end(at(40.0)), one.end_of_time()), (None, End::Complete));
}

#[test]
fn a_further_failover_begins_a_record_of_its_own() {
    let mut one = begin(SourceKind::Instance);
    let mut see = |second, dns, targets: &[(u8, &str)]| look(&mut one, second, 9, dns, targets);
    see(0.0, 1, &[(1, "healthy")]);
    see(1.0, 2, &[(1, "healthy"), (2, "initial")]);
    see(2.0, 1, &[(1, "healthy"), (2, "initial")]);
    see(3.0, 2, &[(1, "draining"), (2, "initial")]);
    see(80.0, 2, &[(1, "draining"), (2, "healthy")]);
    see(90.0, 1, &[(1, "draining"), (2, "healthy")]);
    assert_eq!(one.end(at(90.1)), Some(End::MovedAgain));
    let first = record(&one, End::MovedAgain, 90.1);
    assert_eq!((first.figures.dns, first.figures.healthy), (between(0.0, 1.0), between(3.0, 80.0)));
    let mut next = one.next(at(90.1)).expect("a further failover");
    look(&mut next, 91.0, 9, 1, &[(1, "initial"), (2, "healthy")]);
    let second = record(&next, End::TimeOver, 92.0);
    assert_eq!(second.figures.dns, between(80.0, 90.0), "{second:#?}");
    assert_eq!(second.figures.registered, between(90.0, 91.0));
    assert_eq!(second.cause.by, CauseKind::Seen);
}

#[test]
fn a_time_that_is_hardly_known_is_no_measurement() {
    for (after, by, measured) in
        [(Some(10.0), 12.0, Some(6.0)), (Some(10.0), 40.0, None), (None, 12.0, Some(3.5))]
    {
        let to = Between { after: after.map(at), by: at(by) };
        let lasted = Lasted::between(Between::at(at(5.0)), to).expect("something is known");
        assert_eq!(lasted.measured(), measured, "{after:?} {by}");
    }
    let unseen = Between { after: None, by: at(3.0) };
    assert_eq!(Lasted::between(unseen, unseen), None);
}

fn bindings() -> Vec<Binding> {
    let group = |name: &str, number: u8| {
        format!(
            "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/{name}/{number:016x}"
        )
    };
    let binding = |name: &str, source: &str, number| {
        format!(
            "[[binding]]\nname = \"{name}\"\nsource = \"{source}\"\ntarget-group = \"{}\"\n",
            group(name, number)
        )
    };
    let text = format!(
        "allow = [\"10.20.0.0/16\"]\n{}{}{}",
        binding("writer", "cluster/orders", 1),
        binding("readers", "cluster/orders/readers", 2),
        binding("billing", "instance/billing", 3)
    );
    let config = Config::parse(&text, &Location::Inline(text.clone())).expect("a good one");
    config.usable().cloned().collect()
}

fn told(id: Option<u16>, about: SourceType, source: &str, second: f64) -> Told {
    let (id, source) = (id.map(EventId), source.parse().ok());
    Told { event: Event { id, about, source, time: Some(at(second).0) }, sns: None }
}

#[test]
fn only_an_event_of_a_failover_or_a_switchover_of_what_can_be_recorded_starts_a_recording() {
    let named = |names: &[&str]| Ok(names.iter().map(|name| (*name).to_owned()).collect());
    for (told, expected) in [
        (vec![], Err(Nothing::NoEvent)),
        (vec![told(Some(73), SourceType::Cluster, "orders", 0.0)], named(&["writer"])),
        (vec![told(Some(71), SourceType::Cluster, "orders", 0.0)], named(&["writer"])),
        (vec![told(Some(49), SourceType::Instance, "billing", 0.0)], named(&["billing"])),
        (vec![told(None, SourceType::Cluster, "orders", 0.0)], named(&["writer"])),
        (vec![told(Some(260), SourceType::Deployment, "", 0.0)], named(&["billing", "writer"])),
        (vec![told(Some(249), SourceType::Deployment, "", 0.0)], Err(Nothing::OtherEvent)),
        (vec![told(Some(6), SourceType::Instance, "billing", 0.0)], Err(Nothing::OtherEvent)),
        (vec![told(Some(287), SourceType::Cluster, "orders", 0.0)], Err(Nothing::OtherEvent)),
        (vec![told(Some(73), SourceType::Cluster, "stock", 0.0)], Err(Nothing::NoBinding)),
        (vec![told(Some(73), SourceType::Cluster, "orders", -601.0)], Err(Nothing::TooOld)),
        (
            vec![
                told(Some(73), SourceType::Cluster, "orders", -601.0),
                told(Some(49), SourceType::Instance, "billing", 0.0),
            ],
            named(&["billing"]),
        ),
    ] {
        let occasion = Occasion::of(&bindings(), &told, &Recorded::default(), at(0.0).0);
        let names = occasion.map(|occasion| occasion.named.into_keys().collect::<Vec<_>>());
        assert_eq!(names, expected, "{told:?}");
    }
}

#[test]
fn an_event_that_tells_of_a_recorded_failover_starts_nothing_and_one_of_the_next_does() {
    let mut recorded = Recorded::default();
    let figures = Figures { dns: between(10.0, 11.0), ..Figures::default() };
    recorded.remember("writer", &figures, at(120.0));
    for (id, second, is_told) in [
        (73, 5.0, true),
        (73, 10.0, true),
        // A failover that is announced after the evidence is another one.
        (73, 12.0, false),
        (71, 30.0, true),
        (71, 119.0, true),
        (71, 121.0, false),
    ] {
        let told = told(Some(id), SourceType::Cluster, "orders", second);
        let occasion =
            Occasion::of(&bindings(), std::slice::from_ref(&told), &recorded, at(200.0).0);
        assert_eq!(occasion.err(), is_told.then_some(Nothing::Recorded), "{id} at {second}");
        // After a long wait in the queue: what was not recorded is too old.
        let late = Occasion::of(&bindings(), &[told], &recorded, at(800.0).0);
        let nothing = if is_told { Nothing::Recorded } else { Nothing::TooOld };
        assert_eq!(late.err(), Some(nothing), "{id} at {second}");
    }
    // Of a recorded failover and one that may be unrecorded, the second is told.
    for unknown in [-900.0, 121.0] {
        let both = [5.0, unknown].map(|at| told(Some(73), SourceType::Cluster, "orders", at));
        let late = Occasion::of(&bindings(), &both, &recorded, at(800.0).0);
        assert_eq!(late.err(), Some(Nothing::TooOld), "{unknown}");
    }
}

#[test]
fn the_schema_in_the_documentation_is_the_one_of_the_code() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/record.schema.json");
    let schema = schemars::schema_for!(Record);
    let schema = serde_json::to_string_pretty(&schema).expect("a schema is JSON") + "\n";
    if std::env::var_os("WRITERLINK_WRITE_DOCS").is_some() {
        std::fs::write(path, &schema).expect("the documentation can be written");
    }
    let documented = std::fs::read_to_string(path).unwrap_or_default();
    assert!(documented == schema, "run this test with WRITERLINK_WRITE_DOCS=1, and look");
}

#[test]
fn a_record_survives_its_json_and_names_no_address() {
    let mut one = begin(SourceKind::Cluster);
    look(&mut one, 0.0, 1, 1, &[(1, "healthy"), (7, "unhealthy")]);
    look(&mut one, 1.0, 2, 2, &[(1, "healthy"), (2, "initial")]);
    let record = record(&one, End::TimeOver, 2.0);
    let text = serde_json::to_string(&record).expect("JSON");
    assert!(!text.contains("10.20."), "{text}");
    assert!(text.starts_with("{\"kind\":\"record\",\"version\":1,"), "{text}");
    assert_eq!(serde_json::from_str::<Record>(&text).expect("a record"), record);
    let anonymous = serde_json::to_string(&record.anonymous(1)).expect("JSON");
    assert!(!anonymous.contains("\"orders\""), "{anonymous}");
}

/// A record with one field of its JSON changed.
fn changed(record: &Record, path: &str, to: &serde_json::Value) -> Record {
    let mut value = serde_json::to_value(record).expect("JSON");
    *value.pointer_mut(path).expect(path) = to.clone();
    serde_json::from_value(value).expect(path)
}

/// The record of a failover with every text that a record can have.
fn full() -> Record {
    let mut one = begin(SourceKind::Cluster);
    one.engine = Some("aurora-mysql".to_owned());
    let target = |state: &str, reason: &str| {
        let state = (state.to_owned(), Some(reason.to_owned()));
        Group::from([(SocketAddr::new(ip(2), 5432), state)])
    };
    look(&mut one, 0.0, 1, 1, &[(1, "healthy"), (7, "unhealthy")]);
    one.dns(Err("dns-timeout"), when(0.5));
    one.topology(Ok(Named::At(ip(2))), when(1.0));
    one.targets(Ok(target("initial", "Elb.RegistrationInProgress")), when(1.0));
    one.targets(Ok(target("healthy", "Target.Timeout")), when(60.0));
    record(&one, End::TimeOver, 61.0)
}

#[test]
fn no_text_of_a_record_passes_unbounded_or_into_an_anonymous_one_unless_it_is_known() {
    let record = full();
    let named =
        Record { binding: "binding-1".to_owned(), function: "recorder".to_owned(), ..full() };
    assert_eq!(record.clone().anonymous(1), named);
    assert!(named.is_anonymous() && !record.is_anonymous());
    let arn = serde_json::json!("arn:aws:rds:eu-west-1:111122223333:db:orders\u{1b}[31m\u{202e}\n");
    let paths = [
        "/function",
        "/region",
        "/binding",
        "/engine",
        "/cause/event",
        "/states/0/target",
        "/states/0/state",
        "/states/2/reason",
        "/gaps/0/why",
    ];
    for path in paths {
        let record = changed(&record, path, &arn);
        let shown = serde_json::to_string(&record.clone().bounded()).expect("JSON");
        assert!(shown.contains("111122223333"), "{path}");
        assert!(!shown.contains("\\u00") && !shown.contains("\\n"), "{path} {shown}");
        assert!(!shown.chars().any(crate::text::is_unprintable), "{path} {shown}");
        let anonymous = serde_json::to_string(&record.anonymous(1)).expect("JSON");
        assert!(!anonymous.contains("arn"), "{path} {anonymous}");
    }
}

#[test]
fn a_record_that_cannot_be_true_is_found_out() {
    let record = full();
    assert_eq!(record.check(), Ok(()));
    for (path, to, says) in [
        ("/seconds/event_lag/at_least", serde_json::json!(-5), "its EventLag"),
        ("/seconds/failover_to_healthy/at_most", serde_json::json!(1e300), "FailoverToHealthy"),
        ("/seconds/evidence_to_registered/at_most", serde_json::json!(null), "EvidenceToReg"),
        ("/seconds/registered_to_healthy/at_least", serde_json::json!(58.8), "RegisteredToHea"),
        ("/figures/healthy/after", serde_json::json!("2027-01-15T08:02:00Z"), "something ends"),
        ("/states/0/since/by", serde_json::json!("2037-01-15T08:00:00Z"), "more than a day"),
        ("/gaps/0/to", serde_json::json!("2027-01-15T08:00:00Z"), "something ends"),
        ("/ended", serde_json::json!("2027-01-15T07:59:59Z"), "something ends"),
    ] {
        let error = changed(&record, path, &to).check().expect_err(path).to_string();
        assert!(error.contains(says), "{path} {error}");
    }
    let silent = changed(&record, "/seconds/event_lag", &serde_json::json!(null));
    assert_eq!(silent.check(), Ok(()));
}

#[test]
fn what_a_record_leaves_out_is_counted() {
    let mut one = begin(SourceKind::Cluster);
    for second in 0..110u8 {
        let (second, state) =
            (f64::from(second), ["healthy", "unhealthy"][usize::from(second % 2)]);
        one.targets(Ok(group(&[(1, state)])), when(second));
        if second < 25.0 {
            one.dns(Ok(Named::At(ip(1))), when(second));
            one.dns(Err("dns-timeout"), when(second + 0.2));
            one.dns(Err("dns-timeout"), when(second + 0.4));
        }
    }
    let record = record(&one, End::TimeOver, 111.0);
    assert_eq!((record.states.len(), record.states_left_out), (100, 10));
    assert_eq!((record.gaps.len(), record.gaps_left_out), (20, 5));
    assert!(record.gaps.iter().all(|gap| gap.reads == 2), "{:?}", record.gaps);
    let whole = serde_json::to_string(&full()).expect("JSON");
    assert!(!whole.contains("left_out"), "{whole}");
}
