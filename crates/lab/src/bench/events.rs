//! Events, through Lambda's queue.

use std::time::Duration;

use super::lambda::{Invocation, Lambda, PERIOD, Retry};
use super::process::{Bindings, Calls, Fleet};
use super::{Row, Scale, median, seconds};
use crate::scenario::scenarios;
use crate::scenario::setting;
use crate::scene::Link;
use crate::world::Pace;

const SECOND: Duration = Duration::from_secs(1);

/// How long a case is served at most.
const PATIENCE: Duration = Duration::from_secs(600);

/// A failover that is over, and shown by the API and DNS, when its first event is published.
fn at_once() -> Pace {
    Pace {
        promote: Duration::ZERO,
        topology_lag: Duration::ZERO,
        dns_lag: Duration::ZERO,
        flap: Duration::ZERO,
        event_lag: Duration::ZERO,
        ..Pace::real()
    }
}

/// How one event was followed.
struct Followed {
    from_publication: Duration,
    from_invocation: Duration,
    /// Readings of targets by the event's invocation.
    reads: u32,
}

/// A failover at this time after the process's second sweep has begun, served until its group is
/// right.
fn follow(fleet: &Fleet, link: usize, retry: Retry, phase: Duration) -> Option<Followed> {
    let process = fleet.start();
    let (link, began) = (process.links[link].clone(), process.now());
    let mut lambda = Lambda::new(&process, retry, began);
    let publication = began + PERIOD + phase;
    lambda.serve(publication, |_| false);
    process.world().failover_db_cluster(link.database(), None).expect("it has a reader");
    let is_of_event = |invocation: &Invocation| invocation.is_of_event();
    lambda.serve(publication + PATIENCE, |lambda| {
        lambda.ended.iter().any(is_of_event) && lambda.process.is_right(&link)
    });
    let right = process.right_at(&link, publication)?;
    let invocation = lambda.ended.iter().find(|invocation| invocation.is_of_event())?;
    let (read, throttled) = invocation.played.calls.of("DescribeTargetHealth");
    Some(Followed {
        from_publication: right.saturating_sub(publication),
        from_invocation: right.saturating_sub(invocation.began),
        reads: read - throttled,
    })
}

pub(super) fn one_of_many(scale: Scale) -> Vec<Row> {
    let size = scale.pick(1000, 300);
    let number = size / 2;
    let fleet = Fleet::new(size, number..number + 1, Bindings::Written, at_once());
    let moments = scale.pick(20, 5);
    // Spread over the 20 s that a sweep may take.
    let phase = |moment: u32| (20 * SECOND).mul_f64((f64::from(moment) + 0.5) / f64::from(moments));
    let play = |retry| -> Vec<Option<Followed>> {
        (0..moments).map(|moment| follow(&fleet, number, retry, phase(moment))).collect()
    };
    let alone = follow(&Fleet::of_one(at_once()), 0, Retry::AtOnce, 30 * SECOND);
    let at_once = play(Retry::AtOnce);
    let backoff = play(Retry::Backoff);
    let from_publication = |name, how: &str, followed: &[Option<Followed>]| {
        let right: Vec<Duration> =
            followed.iter().flatten().map(|followed| followed.from_publication).collect();
        let (middle, worst) = (median(&right), right.iter().max().copied());
        let never = followed.len() - right.len();
        Row {
            name,
            case: format!(
                "an event for one of {size}, published while a sweep is under way, at {moments} \
                 moments: until its group is right, {how}"
            ),
            target: "median at most 12 s, worst at most 22 s".to_owned(),
            measured: match (middle, worst) {
                (Some(middle), Some(worst)) if never == 0 => {
                    format!("median {}, worst {}", seconds(middle), seconds(worst))
                }
                _ => format!("never right within {} in {never} of {moments}", seconds(PATIENCE)),
            },
            ok: never == 0
                && middle.is_some_and(|middle| middle <= 12 * SECOND)
                && worst.is_some_and(|worst| worst <= 22 * SECOND),
            counted: format!("{moments} moments"),
        }
    };
    let invoked: Vec<&Followed> = at_once.iter().flatten().collect();
    let slowest = invoked.iter().map(|followed| followed.from_invocation).max();
    let reads = invoked.iter().map(|followed| followed.reads).max();
    let of_alone = alone.as_ref().map(|alone| (alone.from_invocation, alone.reads));
    let (right_alone, reads_alone) = of_alone.unwrap_or_default();
    let most = right_alone + SECOND / 2;
    vec![
        from_publication(
            "event-of-1000",
            "if the queue begins it as soon as the function is free",
            &at_once,
        ),
        from_publication("event-of-1000-backoff", "with the pauses of Lambda's queue", &backoff),
        Row {
            name: "event-of-1000-alone",
            case: format!(
                "the same, from its invocation; one binding alone: {}",
                seconds(right_alone)
            ),
            target: format!("at most {}", seconds(most)),
            measured: slowest.map_or("never".to_owned(), seconds),
            ok: slowest.is_some_and(|slowest| slowest <= most),
            counted: format!("{moments} moments"),
        },
        Row {
            name: "event-of-1000-reads",
            case: format!(
                "the same: readings of targets by the event's invocation; one binding alone: \
                 {reads_alone}"
            ),
            target: format!("at most {reads_alone}"),
            measured: reads.map_or("–".to_owned(), |reads| reads.to_string()),
            ok: reads.is_some_and(|reads| reads <= reads_alone),
            counted: format!("{moments} moments"),
        },
    ]
}

/// Registrations and removals that the function may make at once, and so many more a second.
const WRITES: (u32, u32) = (10, 2);

/// Fifty databases that failed over at once, and how that was followed.
struct Fifty {
    /// Removals before the last new writer was registered.
    early: usize,
    /// From the first evidence until the last new writer was registered, if all were.
    registered: Option<Duration>,
    /// From the first evidence until every group was right, if all were.
    right: Option<Duration>,
    /// The invocations of events, and how long those took that wrote nothing.
    events: usize,
    settled: Vec<Duration>,
    /// From the failover until the queue was empty.
    emptied: Option<Duration>,
    /// The longest time that an event waited for its invocation.
    waited: Duration,
    calls: Calls,
}

/// How long the queue is served at most.
const QUEUE_PATIENCE: Duration = Duration::from_secs(1_800);

fn follow_all(fleet: &Fleet, pace: &Pace, retry: Retry, seed: u64) -> Fifty {
    let process = fleet.start();
    let mut lambda = Lambda::seeded(&process, retry, process.now(), seed);
    let began = process.now() + PERIOD + 15 * SECOND;
    lambda.serve(began, |_| false);
    let calls = process.calls();
    for link in &process.links {
        process.world().failover_db_cluster(link.database(), None).expect("it has a reader");
    }
    // When the last events have been delivered.
    let told = began + pace.promote + pace.completed + pace.event_lag + SECOND;
    let mut emptied = None;
    lambda.serve(began + QUEUE_PATIENCE, |lambda| {
        let now = lambda.process.now();
        if now >= told && lambda.is_idle {
            emptied.get_or_insert(now - began);
        }
        let is_right = |link: &Link| lambda.process.is_right(link);
        emptied.is_some() && lambda.process.links.iter().all(is_right)
    });
    let calls = process.calls().since(&calls);
    let evidence = began + pace.promote + pace.topology_lag.min(pace.dns_lag);
    let changes: Vec<_> = process.links.iter().map(|link| process.changes(link, began)).collect();
    let entered: Option<Vec<Duration>> =
        changes.iter().map(|changes| changes.entered.first().copied()).collect();
    let registered = entered.and_then(|entered| entered.into_iter().max());
    let left = changes.iter().flat_map(|changes| &changes.left);
    let right: Option<Vec<Duration>> =
        process.links.iter().map(|link| process.right_at(link, began)).collect();
    let is_settled = |invocation: &&Invocation| {
        let mut bindings = invocation.played.report.bindings.iter();
        bindings.all(|one| one.registered.is_empty() && one.deregistered.is_empty())
    };
    let events: Vec<_> = lambda.ended.iter().filter(|one| one.is_of_event()).collect();
    Fifty {
        early: left.filter(|left| registered.is_none_or(|last| **left < last)).count(),
        registered: registered.map(|last| last.saturating_sub(evidence)),
        right: right
            .and_then(|right| right.into_iter().max())
            .map(|last| last.saturating_sub(evidence)),
        events: events.len(),
        settled: events.iter().copied().filter(is_settled).map(|one| one.played.took).collect(),
        emptied,
        waited: events
            .iter()
            .map(|one| one.began.saturating_sub(one.arrived))
            .max()
            .unwrap_or_default(),
        calls,
    }
}

pub(super) fn fifty(scale: Scale) -> Vec<Row> {
    let (size, seeds): (usize, u64) = (50, scale.pick(9, 3));
    let pace = Pace::real();
    let fleet = Fleet::new(size, 0..size, Bindings::Written, pace.clone());
    let at_once = follow_all(&fleet, &pace, Retry::AtOnce, 1);
    let followed: Vec<Fifty> =
        (1..=seeds).map(|seed| follow_all(&fleet, &pace, Retry::Backoff, seed)).collect();
    fifty_rows(size, at_once.emptied, &followed)
}

fn fifty_rows(size: usize, at_once: Option<Duration>, followed: &[Fifty]) -> Vec<Row> {
    let seeds = followed.len();
    let early = followed.iter().map(|one| one.early).max().unwrap_or_default();
    let writes = 2 * u32::try_from(size).unwrap_or(u32::MAX);
    let floor = SECOND * (writes - WRITES.0) / WRITES.1;
    let most = floor.mul_f64(1.25);
    // The longest of all seeds, if there is one in each.
    let longest = |of: fn(&Fifty) -> Option<Duration>| {
        let each: Option<Vec<Duration>> = followed.iter().map(of).collect();
        each.and_then(|each| each.into_iter().max())
    };
    let registered = longest(|one| one.registered);
    let right = longest(|one| one.right);
    let settled = longest(|one| one.settled.iter().max().copied());
    let emptied: Vec<Duration> =
        followed.iter().map(|one| one.emptied.unwrap_or(QUEUE_PATIENCE)).collect();
    let middle = median(&emptied).unwrap_or(QUEUE_PATIENCE);
    let each: Vec<String> = emptied.iter().map(|emptied| seconds(*emptied)).collect();
    let waited = followed.iter().map(|one| one.waited).max().unwrap_or_default();
    let counted =
        followed.last().map(|last| format!("the last seed: {}", last.calls)).unwrap_or_default();
    let events: usize = followed.iter().map(|one| one.events).sum();
    let of_settled: usize = followed.iter().map(|one| one.settled.len()).sum();
    let or_never = |time: Option<Duration>| time.map_or("never".to_owned(), seconds);
    vec![
        Row {
            name: "fifty-writers-first",
            case: format!(
                "{size} databases fail over at once, {seeds} seeds of Lambda's queue: removals \
                 before the last new writer is registered"
            ),
            target: "0".to_owned(),
            measured: format!(
                "{early}; the last registered {} after the evidence",
                or_never(registered)
            ),
            ok: early == 0 && registered.is_some(),
            counted: counted.clone(),
        },
        Row {
            name: "fifty-right",
            case: format!(
                "the same: from the first evidence until every group is right, the slowest seed; \
                 the budget of writes allows {}",
                seconds(floor)
            ),
            target: format!("at most {}", seconds(most)),
            measured: or_never(right),
            ok: right.is_some_and(|right| right <= most),
            counted,
        },
        Row {
            name: "fifty-settled",
            case: "the same: the longest invocation of an event that finds nothing to write"
                .to_owned(),
            target: "less than 2.0 s".to_owned(),
            measured: or_never(settled),
            ok: settled.is_some_and(|longest| longest < 2 * SECOND),
            counted: format!("{of_settled} of {events} invocations of events"),
        },
        Row {
            name: "fifty-queue",
            case: "the same: from the failover until the queue is empty, if the queue begins an \
                invocation as soon as the function is free"
                .to_owned(),
            target: "less than 300.0 s".to_owned(),
            measured: or_never(at_once),
            ok: at_once.is_some_and(|emptied| emptied < 300 * SECOND),
            counted: "1 seed".to_owned(),
        },
        Row {
            name: "fifty-queue-backoff",
            case: "the same, with the pauses of Lambda's queue".to_owned(),
            target: "median less than 300.0 s".to_owned(),
            measured: format!(
                "median {}, worst {}",
                seconds(middle),
                seconds(emptied.iter().max().copied().unwrap_or_default())
            ),
            ok: middle < 300 * SECOND,
            counted: format!(
                "by seed {}; an event waited {} at most",
                each.join(", "),
                seconds(waited)
            ),
        },
    ]
}

/// How long the planned failover took before this benchmark: the median of its nine seeds.
const RIGHT_BEFORE: Duration = Duration::from_millis(2_500);

pub(super) fn planned_failover(scale: Scale) -> Vec<Row> {
    let scenario = scenarios()
        .into_iter()
        .find(|scenario| scenario.name == "planned-failover")
        .expect("it is built in");
    let seeds = scale.pick(9, 3);
    let mut calls = Vec::new();
    let mut right = Vec::new();
    let (mut last, mut of_sweeps) = (Calls::default(), Vec::new());
    for seed in 1..=seeds {
        let pace = setting::pace(&scenario, seed);
        let process = Fleet::of_one(pace.clone()).start();
        let mut lambda = Lambda::new(&process, Retry::Backoff, process.now());
        // As the scenario has it: 15 s after a sweep, observed for about two minutes.
        let began = process.now() + PERIOD + 15 * SECOND;
        lambda.serve(began, |_| false);
        let before = process.calls();
        process.world().failover_db_cluster("db-0000", None).expect("it has a reader");
        lambda.serve(began + 135 * SECOND, |_| false);
        last = process.calls().since(&before);
        calls.push(last.total());
        let sweeps = lambda.ended.iter().filter(|one| one.began >= began && !one.is_of_event());
        of_sweeps.push(sweeps.map(|sweep| sweep.played.calls.total()).sum::<u32>());
        let evidence = began + pace.promote + pace.topology_lag.min(pace.dns_lag);
        let at = process.right_at(&process.links[0], began);
        right.push(at.map_or(PATIENCE, |at| at.saturating_sub(evidence)));
    }
    let most = calls.iter().max().copied().unwrap_or_default();
    let (middle, longest) = (median(&right).unwrap_or(PATIENCE), right.iter().max().copied());
    let each: Vec<String> = calls.iter().map(ToString::to_string).collect();
    let most_of_sweeps = of_sweeps.iter().max().copied().unwrap_or_default();
    let took: Vec<String> = right.iter().map(|right| seconds(*right)).collect();
    vec![
        Row {
            name: "failover-calls",
            case: format!("a planned failover of one binding, {seeds} seeds: calls in its 135 s"),
            target: "at most 25".to_owned(),
            measured: format!("{most}, of these {most_of_sweeps} by sweeps"),
            ok: most <= 25,
            counted: format!("by seed {}; the last: {last}", each.join(", ")),
        },
        Row {
            name: "failover-right",
            case: "the same: from the first evidence until the group is right".to_owned(),
            target: format!("median at most {}", seconds(RIGHT_BEFORE)),
            measured: format!(
                "median {}, worst {}",
                seconds(middle),
                seconds(longest.unwrap_or_default())
            ),
            ok: middle <= RIGHT_BEFORE,
            counted: format!("by seed {}", took.join(", ")),
        },
    ]
}
