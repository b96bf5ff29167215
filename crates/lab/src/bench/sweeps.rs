//! Sweeps of many bindings that are all right.

use std::collections::BTreeSet;
use std::time::Duration;

use writerlink_core::report::{Report, Status};

use super::lambda::PERIOD;
use super::process::{Bindings, Fleet, Played};
use super::{Row, Scale, seconds};
use crate::world::Pace;

/// What the function takes of ELBv2's budgets for all calls: a burst, and so many more a second.
const BURST: f64 = 20.0;
const RATE: f64 = 5.0;

/// The longest that a sweep without a pending removal may hold the function.
const HOLD: Duration = Duration::from_secs(20);

/// The time of calls that are under way when the time of a sweep is over.
const UNDER_WAY: Duration = Duration::from_millis(500);

/// The groups that one call describes, or whose tags it reads; and the groups on a page.
const BATCH: usize = 20;
const PAGE: usize = 400;

pub(super) fn forty(_: Scale) -> Vec<Row> {
    vec![whole(
        "sweep-40",
        40,
        &Fleet::new(40, 0..0, Bindings::Written, Pace::real()).start().sweep(),
    )]
}

pub(super) fn hundred(_: Scale) -> Vec<Row> {
    let size = 100;
    let process = Fleet::new(size, 0..0, Bindings::Written, Pace::real()).start();
    let first = process.sweep();
    process.wait_until(process.now() + PERIOD);
    let second = process.sweep();
    let (reads, throttled) = first.calls.of("DescribeTargetHealth");
    let described = [&first, &second].map(|sweep| sweep.calls.of("DescribeTargetGroups").0);
    vec![
        whole("sweep-100", size, &first),
        Row {
            name: "read-once",
            case: format!("the same sweep: readings of targets, of {size} settled bindings"),
            target: format!("{size}"),
            measured: format!("{}", reads - throttled),
            ok: reads - throttled == 100,
            counted: first.calls.to_string(),
        },
        Row {
            name: "descriptions",
            case: format!(
                "descriptions of {size} groups in the first sweep of a process, and in its second"
            ),
            target: format!("at most {} calls, and none", size / BATCH),
            measured: format!("{} and {}", described[0], described[1]),
            ok: described[0] as usize <= size / BATCH && described[1] == 0,
            counted: second.calls.to_string(),
        },
    ]
}

/// A sweep that looks at every binding.
fn whole(name: &'static str, size: usize, sweep: &Played) -> Row {
    let needed = (size + size.div_ceil(BATCH)) as f64;
    let floor = Duration::from_secs_f64(((needed - BURST) / RATE).max(0.0));
    let most = floor.mul_f64(1.1) + UNDER_WAY;
    let settled = seen(&sweep.report).len();
    Row {
        name,
        case: format!(
            "sweep of {size} written bindings, all right, by a process that has just started"
        ),
        target: format!("{size} settled, 0 throttled, at most {}", seconds(most)),
        measured: format!(
            "{settled} settled, {} throttled, {}",
            sweep.calls.throttled(),
            seconds(sweep.took)
        ),
        ok: settled == size && sweep.calls.throttled() == 0 && sweep.took <= most,
        counted: sweep.calls.to_string(),
    }
}

/// The bindings that a sweep has read and found right.
fn seen(report: &Report) -> BTreeSet<&str> {
    let is_seen = |status: Status| matches!(status, Status::Settled | Status::Changed);
    let bindings = report.bindings.iter().filter(|binding| is_seen(binding.status));
    bindings.map(|binding| binding.name.as_str()).collect()
}

pub(super) fn many_written(scale: Scale) -> Vec<Row> {
    let names = ["hold-1000-written", "seen-1000-written"];
    consecutive(names, scale.pick(1000, 300), Bindings::Written, scale)
}

pub(super) fn some_tagged(scale: Scale) -> Vec<Row> {
    consecutive(["hold-200-tagged", "seen-200-tagged"], 200, Bindings::Tagged, scale)
}

pub(super) fn many_tagged(scale: Scale) -> Vec<Row> {
    let names = ["hold-1000-tagged", "seen-1000-tagged"];
    consecutive(names, scale.pick(1000, 300), Bindings::Tagged, scale)
}

/// What came of consecutive sweeps of one period.
struct Course {
    longest: Duration,
    sweeps: usize,
    seen: usize,
    throttled: u32,
    calls: u32,
}

/// Sweeps until each binding was seen, for several periods. A sweep that takes longer than its
/// period delays the next one.
fn consecutive(
    names: [&'static str; 2],
    size: usize,
    bindings: Bindings,
    scale: Scale,
) -> Vec<Row> {
    let fleet = Fleet::new(size, 0..0, bindings, Pace::real());
    let of_tags = match bindings {
        Bindings::Written => 0,
        Bindings::Tagged => size.div_ceil(PAGE) + size.div_ceil(BATCH),
    };
    let reads = (RATE * HOLD.as_secs_f64()) as usize - of_tags;
    let most = 2 * size.div_ceil(reads);
    let mut courses = Vec::new();
    for period in scale.pick(1..=5, 1..=2) {
        let course = course(&fleet, size, PERIOD * period, most);
        let is_whole = course.seen == size;
        courses.push((period, course));
        // The other periods will show the same, and take long.
        if !is_whole {
            break;
        }
    }
    let origin = if bindings == Bindings::Tagged { "discovered" } else { "written" };
    let longest = courses.iter().map(|(_, course)| course.longest).max().unwrap_or_default();
    let told = courses.iter().map(|(period, course)| {
        let Course { sweeps, seen, .. } = course;
        if *seen == size {
            format!("{sweeps} (every {period} min)")
        } else {
            format!("never: {seen} seen in {sweeps} (every {period} min)")
        }
    });
    let calls: u32 = courses.iter().map(|(_, course)| course.calls).sum();
    let throttled: u32 = courses.iter().map(|(_, course)| course.throttled).sum();
    let all: usize = courses.iter().map(|(_, course)| course.sweeps).sum();
    let counted = format!("{all} sweeps, {calls} calls, {throttled} throttled");
    vec![
        Row {
            name: names[0],
            case: format!("the longest sweep of {size} {origin} bindings, all right"),
            target: format!("at most {}, 0 throttled", seconds(HOLD + UNDER_WAY)),
            measured: format!("{}, {throttled} throttled", seconds(longest)),
            ok: longest <= HOLD + UNDER_WAY && throttled == 0,
            counted: counted.clone(),
        },
        Row {
            name: names[1],
            case: format!("sweeps until each of {size} {origin} bindings was seen"),
            target: format!("at most {most}, every 1 to 5 min"),
            measured: told.collect::<Vec<_>>().join(", "),
            ok: courses.iter().all(|(_, course)| course.seen == size && course.sweeps <= most),
            counted,
        },
    ]
}

/// Sweeps in which nothing new is seen before the others are given up.
const IN_VAIN: usize = 3;

fn course(fleet: &Fleet, size: usize, period: Duration, most: usize) -> Course {
    let process = fleet.start();
    let mut course = Course { longest: Duration::ZERO, sweeps: 0, seen: 0, throttled: 0, calls: 0 };
    let (mut all, mut in_vain) = (BTreeSet::new(), 0);
    let mut next = process.now();
    while all.len() < size && course.sweeps < 2 * most && in_vain < IN_VAIN {
        process.wait_until(next);
        let Played { report, took, calls } = process.sweep();
        while next <= process.now() {
            next += period;
        }
        let known = all.len();
        all.extend(seen(&report).into_iter().map(str::to_owned));
        in_vain = if all.len() > known { 0 } else { in_vain + 1 };
        course.sweeps += 1;
        course.longest = course.longest.max(took);
        course.throttled += calls.throttled();
        course.calls += calls.total();
    }
    Course { seen: all.len(), ..course }
}
