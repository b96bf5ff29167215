//! One binding while AWS throttles, is slow, or fails.

use std::time::Duration;

use writerlink_core::event::{Event, EventId, SourceType, Trigger, TriggerKind};

use super::lambda::PERIOD;
use super::process::{Fleet, Played, Process};
use super::{Row, Scale, seconds};
use crate::fault::{Effect, Fault, NameEffect};
use crate::world::Pace;

const SECOND: Duration = Duration::from_secs(1);

/// The database, and the name that its binding follows.
const DATABASE: &str = "db-0000";

pub(super) fn unresolved_name(_: Scale) -> Vec<Row> {
    let process = Fleet::of_one(Pace::real()).start();
    let name = process.world().cluster_endpoint(DATABASE);
    let now = process.now();
    process.world().faults.add_name(&name, NameEffect::NxDomain, now, None);
    let sweep = process.sweep();
    vec![Row {
        name: "unresolved-name",
        case: "a name that does not resolve: calls of a sweep".to_owned(),
        target: "at most 8".to_owned(),
        measured: format!("{} in {}", sweep.calls.total(), seconds(sweep.took)),
        ok: sweep.calls.total() <= 8,
        counted: sweep.calls.to_string(),
    }]
}

/// A process, a minute after its database has failed over without an event.
fn moved() -> Process {
    let process = Fleet::of_one(Pace::real()).start();
    process.world().failover_db_cluster(DATABASE, None).expect("it has a reader");
    process.wait_until(process.now() + 60 * SECOND);
    process
}

/// The run of the event that the failover is complete, published at this moment.
fn told(process: &Process) -> Played {
    let event = Event {
        id: Some(EventId(71)),
        about: SourceType::Cluster,
        source: DATABASE.parse().ok(),
        time: Some(process.timestamp()),
    };
    process.run(&Trigger { events: vec![event], ..Trigger::sweep(TriggerKind::Sns) })
}

/// Whether the one group is right, and never was empty.
fn is_right(process: &Process) -> bool {
    let link = &process.links[0];
    process.is_right(link) && link.was_never_empty(&process.world())
}

/// A row about one run that must end right.
fn ends_right(name: &'static str, case: String, process: &Process, played: &Played) -> Row {
    let ok = is_right(process);
    let status = played.report.bindings.first().map_or("no binding", |one| one.status.as_str());
    let end = if ok { "right" } else { "not right" };
    Row {
        name,
        case,
        target: "right at the end of the run".to_owned(),
        measured: format!("{end} after {}, {status}", seconds(played.took)),
        ok,
        counted: played.calls.to_string(),
    }
}

pub(super) fn throttled_writes(_: Scale) -> Vec<Row> {
    let cases = [
        ("throttled-register-6", "RegisterTargets", 6),
        ("throttled-register-10", "RegisterTargets", 10),
        ("throttled-deregister-6", "DeregisterTargets", 6),
        ("throttled-deregister-10", "DeregisterTargets", 10),
    ];
    let row = |(name, operation, times): (_, &str, _)| {
        let process = moved();
        process.world().faults.add(Fault::on(operation, Effect::Throttle).times(times));
        let played = told(&process);
        ends_right(
            name,
            format!("{operation} is throttled {times} times in a row"),
            &process,
            &played,
        )
    };
    cases.map(row).to_vec()
}

pub(super) fn slow_answers(_: Scale) -> Vec<Row> {
    let of_calls = [("slow-1", 1.0), ("slow-2.5", 2.5), ("slow-5", 5.0), ("slow-10", 10.0)];
    let of_dns = [("slow-dns-1.5", 1.5), ("slow-dns-3", 3.0)];
    let calls = of_calls.map(|(name, late)| {
        let process = moved();
        let delay = Effect::Delay(Duration::from_secs_f64(late));
        process.world().faults.add(Fault::on("*", delay));
        let played = told(&process);
        ends_right(name, format!("every call is answered after {late} s"), &process, &played)
    });
    let dns = of_dns.map(|(name, late)| {
        let process = moved();
        let endpoint = process.world().cluster_endpoint(DATABASE);
        let (now, slow) = (process.now(), NameEffect::Slow(Duration::from_secs_f64(late)));
        process.world().faults.add_name(&endpoint, slow, now, None);
        let played = told(&process);
        ends_right(
            name,
            format!("the endpoint's name is answered after {late} s"),
            &process,
            &played,
        )
    });
    calls.into_iter().chain(dns).collect()
}

/// How a call fails in a storm: 503 and 429, nothing done or all of it, and a reset before or after
/// it.
const STORM: [Effect; 5] = [
    Effect::Throttle,
    Effect::ServerErrorBefore,
    Effect::ServerErrorAfter,
    Effect::ResetBefore,
    Effect::Truncated,
];

/// How many of a hundred calls a storm strikes.
const STRUCK: usize = 50;

pub(super) fn storms(scale: Scale) -> Vec<Row> {
    let seeds = scale.pick(20, 10);
    let (mut in_storm, mut after) = (0, 0);
    let (mut calls, mut longest) = (0, Duration::ZERO);
    for seed in 1..=seeds {
        let process = moved();
        process.world().faults.storm(seed, STRUCK, &STORM);
        let began = process.now();
        let sweep = process.sweep();
        calls += sweep.calls.total();
        longest = longest.max(sweep.took);
        in_storm += u64::from(is_right(&process));
        // The storm goes on for some minutes, and the database fails over once more.
        process.world().failover_db_cluster(DATABASE, None).expect("it has a reader");
        let mut next = began + PERIOD;
        for _ in 0..2 {
            process.wait_until(next.max(process.now()));
            process.sweep();
            next += PERIOD;
        }
        process.world().faults.clear();
        process.wait_until(next.max(process.now()));
        process.sweep();
        after += u64::from(is_right(&process));
    }
    let least = seeds * 9 / 10;
    vec![
        Row {
            name: "storm",
            case: format!(
                "{STRUCK} % of all calls fail (503, 429, reset), {seeds} seeds: a single sweep \
                 ends right"
            ),
            target: format!("at least {least} of {seeds}"),
            measured: format!("{in_storm} of {seeds}"),
            ok: in_storm >= least,
            counted: format!("{calls} calls, the longest sweep {}", seconds(longest)),
        },
        Row {
            name: "after-storm",
            case: "the same for three minutes, with another failover: the first sweep after it \
                   ends right"
                .to_owned(),
            target: format!("{seeds} of {seeds}"),
            measured: format!("{after} of {seeds}"),
            ok: after == seeds,
            counted: String::new(),
        },
    ]
}
