//! Hand-made recordings: one Aurora failover with a program that follows it and one that does not.

use crate::scenario::recording::{
    Attempt, Call, End, Incident, Invocation, LinkRecording, Recording, Span, TargetSpan,
};
use crate::scenario::report::outage::outage;
use crate::scenario::verdict::{LinkVerdict, Outage, Verdict};

pub(super) const OLD: &str = "10.20.1.10:5432";
pub(super) const NEW: &str = "10.20.2.10:5432";
pub(super) const CAREFUL: &str = "target/debug/bootstrap";
pub(super) const CARELESS: &str = "python3 -m awslambdaric baseline.handler";
/// When the writer fails, and when the first write is acknowledged again.
pub(super) const FAILS: f64 = 30.0;
pub(super) const BACK: f64 = 71.5;
const LENGTH: f64 = 180.0;

/// A failover that is followed: the new writer is registered before DNS has settled, and the old
/// one drained after it has.
pub(super) fn followed() -> (Recording, Verdict) {
    let recording = Recording {
        scenario: "aurora-unplanned-dns-flaps".to_owned(),
        title: "the writer of a cluster dies, and DNS goes back and forth for 20 s".to_owned(),
        handler: CAREFUL.to_owned(),
        speed: 10.0,
        seed: 7,
        databases: "line".to_owned(),
        seconds: LENGTH,
        incidents: vec![
            incident(FAILS, "orders-1, the writer, dies"),
            incident(44.0, "RDS-EVENT-0071 is published"),
            incident(46.0, "DNS goes back and forth for 20 s"),
        ],
        links: vec![LinkRecording {
            targets: vec![
                state(OLD, 0.0, 52.0, "healthy"),
                state(OLD, 52.0, 103.0, "unhealthy"),
                state(OLD, 103.0, 163.0, "draining"),
                state(NEW, 46.6, 71.0, "initial"),
                state(NEW, 71.0, LENGTH, "healthy"),
            ],
            writes: writes(BACK),
            reads: reads(),
            ..shown()
        }],
        calls: careful_calls(),
        invocations: vec![
            invocation(2.0, 2.1, 3.4, "sweep", "answered"),
            invocation(46.0, 46.1, 104.5, "RDS-EVENT-0071 of orders", "answered"),
            invocation(62.0, 62.1, 64.0, "sweep", "answered"),
            invocation(64.5, 64.6, 84.6, "RDS-EVENT-0385 of orders-2", "failed"),
            invocation(122.0, 122.1, 123.4, "sweep", "answered"),
        ],
    };
    let verdict = judged(&recording, true, 57.0);
    (recording, verdict)
}

/// The same failover, not followed: the program looks once, when DNS still has the old address, and
/// is content.
pub(super) fn missed() -> (Recording, Verdict) {
    let (recording, _) = followed();
    let mut link = recording.links[0].clone();
    link.targets = vec![state(OLD, 0.0, 52.0, "healthy"), state(OLD, 52.0, LENGTH, "unhealthy")];
    link.writes = writes(LENGTH);
    let recording = Recording {
        handler: CARELESS.to_owned(),
        links: vec![link],
        calls: vec![
            call(46.4, "DescribeDBClusters", None, "ok"),
            call(46.6, "DescribeTargetHealth", None, "ok"),
        ],
        invocations: vec![invocation(46.0, 46.1, 47.0, "RDS-EVENT-0071 of orders", "answered")],
        ..recording
    };
    let mut verdict = judged(&recording, false, 0.0);
    verdict.faults = vec![
        "orders-writer: the group holds 10.20.1.10:5432; it should hold 10.20.2.10:5432".to_owned(),
    ];
    (recording, verdict)
}

/// Three scenarios with two programs, one of which was not played in the last.
pub(super) fn grid() -> Vec<(Recording, Verdict)> {
    let named = |(recording, verdict): (Recording, Verdict), scenario: &str, title: &str| {
        let (scenario, title) = (scenario.to_owned(), title.to_owned());
        (
            Recording { scenario: scenario.clone(), title: title.clone(), ..recording },
            Verdict { scenario, title, ..verdict },
        )
    };
    let planned = ("aurora-planned", "the writer of a cluster is changed by hand");
    let zone = ("aurora-zone", "a whole zone goes, with twelve writers in it");
    vec![
        followed(),
        missed(),
        named(followed(), planned.0, planned.1),
        named(
            Recording { handler: CARELESS.to_owned(), ..followed().0 }.with(followed().1),
            planned.0,
            planned.1,
        ),
        named(many_links(), zone.0, zone.1),
    ]
}

/// Twelve links, the ninth of which has the worst of it.
pub(super) fn many_links() -> (Recording, Verdict) {
    let (mut recording, _) = followed();
    let (missed, _) = missed();
    let link = recording.links.remove(0);
    for number in 1..=12 {
        let link = if number == 9 { missed.links[0].clone() } else { link.clone() };
        recording.links.push(LinkRecording { name: format!("orders-{number}"), ..link });
    }
    let link_name = |index: usize| Some(format!("orders-{}", index % 12 + 1));
    for (index, call) in recording.calls.iter_mut().enumerate() {
        call.link = link_name(index);
    }
    let mut verdict = judged(&recording, false, 57.0);
    verdict.outage_seconds = verdict.links[8].outage.none_for;
    for (index, link) in verdict.links.iter_mut().enumerate() {
        link.converged = index != 8;
    }
    verdict.seconds_to_converge = None;
    verdict.faults = vec![
        "orders-9: the group holds 10.20.1.10:5432; it should hold 10.20.2.10:5432".to_owned(),
    ];
    (recording, verdict)
}

trait With {
    fn with(self, verdict: Verdict) -> (Recording, Verdict);
}

impl With for Recording {
    fn with(self, verdict: Verdict) -> (Recording, Verdict) {
        let handler = self.handler.clone();
        (self, Verdict { handler, ..verdict })
    }
}

fn shown() -> LinkRecording {
    let flapping = [46.0, 50.0, 53.0, 57.0, 61.0, 66.0];
    let mut dns = vec![span(0.0, flapping[0], "10.20.1.10")];
    for (index, pair) in flapping.windows(2).enumerate() {
        let what = if index % 2 == 0 { "10.20.2.10" } else { "10.20.1.10" };
        dns.push(span(pair[0], pair[1], what));
    }
    dns.push(span(66.0, 67.5, "NXDOMAIN"));
    dns.push(span(67.5, LENGTH, "10.20.2.10"));
    LinkRecording {
        name: "orders-writer".to_owned(),
        source: "cluster/orders".to_owned(),
        group: "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/orders/0123456789abcdef".to_owned(),
        endpoint: "orders.cluster-c1.eu-west-1.rds.amazonaws.com".to_owned(),
        wanted: vec![span(0.0, 38.0, OLD), span(38.0, LENGTH, NEW)],
        serving: vec![
            span(0.0, FAILS, "up"),
            span(FAILS, 43.0, "down"),
            span(43.0, LENGTH, "up"),
        ],
        topology: vec![
            span(0.0, 41.0, "10.20.1.10"),
            span(41.0, 45.0, "-"),
            span(45.0, LENGTH, "10.20.2.10"),
        ],
        dns,
        ..LinkRecording::default()
    }
}

/// A write every 180 ms: acknowledged before the failover and once it is over, refused in the
/// middle of it, and broken, hung and read-only for a while.
pub(super) fn writes(back: f64) -> Vec<Attempt> {
    let end = |at: f64| match at {
        at if at < FAILS => End::Acknowledged,
        at if at < FAILS + 0.5 => End::Broken,
        at if at >= back => End::Acknowledged,
        at if at < 43.0 => End::Hung,
        at if at < 55.0 => End::ReadOnly,
        _ => End::Refused,
    };
    let every = (0..1000u32).map(|row| (row, f64::from(row) * LENGTH / 1000.0));
    every.map(|(row, at)| attempt(at, end(at), u64::from(row))).collect()
}

fn reads() -> Vec<Attempt> {
    let every = (0..180).map(f64::from);
    let end = |at: f64| {
        if (FAILS..43.0).contains(&at) { End::Refused } else { End::Acknowledged }
    };
    every.map(|at| attempt(at, end(at), 0)).collect()
}

fn careful_calls() -> Vec<Call> {
    let mut calls = Vec::new();
    for at in [2.2, 46.2, 47.8, 50.0, 55.0, 62.3, 70.0, 80.0, 90.0, 100.0, 122.3] {
        calls.push(call(at, "DescribeDBClusters", None, "ok"));
        calls.push(call(at + 0.2, "DescribeTargetHealth", None, "ok"));
    }
    calls.push(call(46.4, "RegisterTargets", Some(NEW), "Throttling"));
    calls.push(call(46.6, "RegisterTargets", Some(NEW), "ok"));
    calls.push(call(84.0, "DescribeTargetHealth", None, "no answer"));
    calls.push(call(103.0, "DeregisterTargets", Some(OLD), "ok"));
    calls.sort_by(|a, b| a.at.total_cmp(&b.at));
    calls
}

fn judged(recording: &Recording, converged: bool, right_after: f64) -> Verdict {
    let link = |link: &LinkRecording| {
        let (from, to) = outage(&link.writes, LENGTH).expect("every example has an outage");
        let ended = |end| link.writes.iter().filter(|write| write.end == end).count();
        let (rows, failed) =
            (ended(End::Acknowledged), link.writes.len() - ended(End::Acknowledged));
        LinkVerdict {
            name: link.name.clone(),
            converged,
            wanted: vec![NEW.to_owned()],
            evidence_at: Some(45.0),
            registered_after: converged.then_some(1.6),
            right_after: converged.then_some(right_after),
            outage: Outage {
                none_for: to - from,
                some_for: to - from - 0.2,
                failed,
                read_only: ended(End::ReadOnly),
                refused: ended(End::Refused),
                broken: ended(End::Broken),
                hung: ended(End::Hung),
            },
            rows,
            ..LinkVerdict::default()
        }
    };
    let links: Vec<_> = recording.links.iter().map(link).collect();
    Verdict {
        scenario: recording.scenario.clone(),
        title: recording.title.clone(),
        handler: recording.handler.clone(),
        speed: recording.speed,
        seed: recording.seed,
        databases: recording.databases.clone(),
        ok: converged,
        converged,
        seconds_to_converge: converged.then_some(right_after),
        outage_seconds: links[0].outage.none_for,
        seconds: recording.seconds,
        links,
        calls: recording.calls.clone(),
        ..Verdict::default()
    }
}

pub(super) fn attempt(at: f64, end: End, row: u64) -> Attempt {
    Attempt { at, took: 0.01, end, by: None, row }
}

pub(super) fn span(from: f64, to: f64, what: &str) -> Span {
    Span { from, to, what: what.to_owned() }
}

pub(super) fn call(at: f64, operation: &str, targets: Option<&str>, outcome: &str) -> Call {
    let is_rds = operation.contains("DB");
    Call {
        at,
        service: if is_rds { "rds" } else { "elasticloadbalancing" }.to_owned(),
        operation: operation.to_owned(),
        targets: targets.map(str::to_owned),
        link: (!is_rds).then(|| "orders-writer".to_owned()),
        outcome: outcome.to_owned(),
    }
}

fn state(target: &str, from: f64, to: f64, state: &str) -> TargetSpan {
    TargetSpan { target: target.to_owned(), from, to, state: state.to_owned() }
}

fn incident(at: f64, what: &str) -> Incident {
    Incident { at, what: what.to_owned() }
}

fn invocation(queued: f64, taken: f64, ended: f64, what: &str, end: &str) -> Invocation {
    Invocation {
        queued,
        taken: Some(taken),
        ended: Some(ended),
        what: what.to_owned(),
        end: end.to_owned(),
    }
}
