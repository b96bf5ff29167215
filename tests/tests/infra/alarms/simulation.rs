//! Tests when each alarm goes off, and that it stays silent when nothing is wrong: over the lag of
//! metrics, the time between two looks, the second of the minute at which they fall, and what
//! CloudWatch's guide leaves open.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::process::Command;

use serde_json::Value;
use writerlink_tests::python::{linters, outcome, tests_dir, workspace_dir};
use writerlink_tests::skip::available;

use super::cloudwatch::{Alarm, State, View, Written};

const LAGS: [i64; 5] = [0, 30, 60, 90, 120];
const MINUTE: i64 = 60;
const PAGE: &str = "docs/decisions/010-alarms.md";

/// What happens to the metric of an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Story {
    /// Everything is well.
    Well,
    /// One look is bad, and the next is good.
    OneBadLook,
    /// One sweep is lost.
    OneLost,
    /// From a moment on every look is bad.
    Bad,
    /// From a moment on nothing comes.
    Stops,
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
struct Row {
    alarm: &'static str,
    /// Seconds between two sweeps.
    sweep: i64,
    /// How many sweeps it takes to look at every binding once.
    turns: i64,
    story: Story,
    /// Within how many minutes the alarm goes off, beside the lag, and beside the rest of a span
    /// where spans begin at multiples of the period; none: never.
    within: Option<i64>,
}

/// The rows, with what is promised.
fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    let mut add = |alarm, sweep, turns, story, within| {
        rows.push(Row { alarm, sweep: sweep * MINUTE, turns, story, within });
    };
    // Between two looks at a binding: the sweep's period, times the sweeps that it takes to look at
    // all of them.
    for (sweep, turns) in
        [(1, 1), (2, 1), (3, 1), (4, 1), (5, 1), (1, 3), (1, 5), (2, 2), (1, 10), (5, 2)]
    {
        let looks = sweep * turns;
        for story in [Story::Well, Story::OneBadLook] {
            add("binding", sweep, turns, story, None);
            add("not_ok", sweep, turns, story, None);
        }
        add("binding", sweep, turns, Story::Bad, Some(7.max(2 * looks + 1)));
        add("not_ok", sweep, turns, Story::Bad, Some((11 + looks).max(3 * looks + 1)));
    }
    for sweep in 1..=5 {
        add("sweep", sweep, 1, Story::Well, None);
        if sweep <= 3 {
            add("sweep", sweep, 1, Story::OneBadLook, None);
            add("sweep", sweep, 1, Story::OneLost, None);
        }
        add("sweep", sweep, 1, Story::Bad, Some(17));
        add("sweep", sweep, 1, Story::Stops, Some(17));
    }
    // A load balancer writes its metric every minute in which the group has targets.
    for (story, within) in [
        (Story::Well, None),
        (Story::OneBadLook, None),
        (Story::Bad, Some(6)),
        (Story::Stops, Some(11)),
    ] {
        add("link", 1, 1, story, within);
    }
    // SQS writes its metric every minute, whatever the sweeps do.
    add("failures", 1, 1, Story::Well, None);
    add("failures", 1, 1, Story::Bad, Some(2));
    rows
}

/// What a row came to.
#[derive(Debug, Default)]
struct Outcome {
    runs: u32,
    rang: u32,
    soonest: Option<i64>,
    latest: i64,
}

impl Row {
    /// The value that a look writes while all is well.
    fn good(self) -> f64 {
        f64::from(u8::from(matches!(self.alarm, "sweep" | "link")))
    }

    /// What is written, one look each `sweep`, the failure beginning right after the look at
    /// `failure`.
    fn written(self, offset: i64, failure: i64, end: i64) -> Vec<Written> {
        let bad = 1.0 - self.good();
        let mut written = Vec::new();
        let mut failures = 0;
        for number in 0.. {
            let at = offset + number * self.sweep;
            if at > end {
                return written;
            }
            let its_turn = number % self.turns == 0;
            if self.alarm == "binding" && !its_turn {
                continue;
            }
            let value = if at > failure && its_turn {
                failures += 1;
                match self.story {
                    Story::Bad => bad,
                    Story::OneBadLook if failures == 1 => bad,
                    Story::Stops => continue,
                    Story::OneLost if failures == 1 => continue,
                    Story::Well | Story::OneBadLook | Story::OneLost => self.good(),
                }
            } else {
                self.good()
            };
            written.push(Written { at, value });
        }
        unreachable!("there is an end")
    }

    /// How many points an evaluation may retrieve beyond those that it must. The guide says that it
    /// is more than none, and has an example with two. Looks that are more than five minutes apart
    /// need these two.
    fn beyond(self, alarm: &Alarm) -> Vec<usize> {
        let mut counts = vec![2, alarm.points];
        if self.sweep * self.turns <= 5 * MINUTE {
            counts.push(1);
        }
        counts.sort_unstable();
        counts.dedup();
        counts
    }

    fn simulate(self, alarm: &Alarm) -> Outcome {
        let mut outcome = Outcome::default();
        for lag in LAGS {
            for beyond in self.beyond(alarm) {
                for offset in 0..MINUTE {
                    let view = View { lag, beyond, aligned: false };
                    self.run(alarm, view, offset, &mut outcome);
                }
                // Where spans begin at multiples of the period, the minute matters too.
                for offset in (0..alarm.period).step_by(4) {
                    let view = View { lag, beyond, aligned: true };
                    self.run(alarm, view, offset, &mut outcome);
                }
            }
        }
        outcome
    }

    fn run(self, alarm: &Alarm, view: View, offset: i64, outcome: &mut Outcome) {
        let round = self.sweep * self.turns;
        let range = alarm.period * i64::try_from(alarm.points + view.beyond).expect("it is small");
        let failure = offset + round * (1 + range / round);
        let end = failure
            + view.lag
            + (2 * range).max(self.within.unwrap_or_default() * MINUTE + 2 * alarm.period);
        let written = self.written(offset, failure, end);
        let changes = alarm.follow(&written, view, (range - MINUTE, end));
        let rang = changes.iter().find(|(_, state)| *state == State::Alarm);
        outcome.runs += 1;
        if let Some((at, _)) = rang {
            let after = at - failure;
            outcome.rang += 1;
            outcome.soonest = Some(outcome.soonest.map_or(after, |soonest| soonest.min(after)));
            outcome.latest = outcome.latest.max(after);
            if let Some(within) = self.within {
                let rest = if view.aligned { alarm.period - MINUTE } else { 0 };
                assert!(
                    after > 0 && after <= within * MINUTE + view.lag + rest,
                    "{self:?} goes off after {after} s with {view:?} and the offset {offset}"
                );
            }
        }
    }
}

/// The alarms of every source, by their names.
fn sources() -> Option<BTreeMap<String, BTreeMap<String, Value>>> {
    let mut script = Command::new(available(linters())?);
    script.arg(tests_dir().join("python/alarms.py")).arg(workspace_dir().join("infra"));
    let output = outcome(&mut script, "");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(serde_json::from_slice(&output.stdout).expect("the script prints JSON"))
}

#[test]
fn every_alarm_goes_off_in_time_and_none_without_a_cause() {
    let Some(sources) = sources() else { return };
    let (first, expected) = sources.first_key_value().expect("there are several");
    let names = |alarms: &BTreeMap<String, Value>| alarms.keys().cloned().collect::<Vec<_>>();
    let simulated: BTreeSet<String> =
        rows().iter().map(|row| format!("{}_alarm", row.alarm)).collect();
    let unknown: Vec<_> = expected.keys().filter(|name| !simulated.contains(*name)).collect();
    assert!(unknown.is_empty(), "no row simulates {unknown:?}");
    let timing = |alarm: &Value| format!("{:?}", Alarm::read(alarm));
    for (source, alarms) in &sources {
        assert_eq!(names(alarms), names(expected), "{source} and {first}");
        for (name, alarm) in alarms {
            assert_eq!(timing(alarm), timing(&expected[name]), "{name} in {source} and in {first}");
        }
    }

    let mut lines: Vec<((String, i64), Line)> = Vec::new();
    for row in rows() {
        let Some(alarm) = expected.get(&format!("{}_alarm", row.alarm)) else {
            assert_eq!(row.alarm, "link", "{first} has no such alarm");
            continue;
        };
        let alarm = Alarm::read(alarm);
        let outcome = row.simulate(&alarm);
        let all = if row.within.is_some() { outcome.runs } else { 0 };
        assert_eq!(outcome.rang, all, "{row:?} goes off in {} of {}", outcome.rang, outcome.runs);
        let what = row.line();
        match lines.iter_mut().find(|(before, _)| *before == what) {
            Some((_, line)) => line.add(row, &outcome),
            None => lines.push((what, Line::of(row, &outcome))),
        }
    }
    lines.sort_by_key(|((what, _), _)| what.split('|').next().map(str::to_owned));
    let page = fs::read_to_string(workspace_dir().join(PAGE)).expect("it is part of the source");
    let mut missing = String::new();
    for ((what, _), line) in lines {
        let line = format!("| {what} | {line} |\n");
        print!("{line}");
        if !page.contains(&line) {
            missing.push_str(&line);
        }
    }
    assert!(missing.is_empty(), "{PAGE} does not have\n{missing}");
}

/// Rows of the table that share one line.
struct Line {
    looks: (i64, i64),
    runs: u32,
    after: Option<(i64, i64)>,
}

impl Line {
    fn of(row: Row, outcome: &Outcome) -> Self {
        let looks = row.sweep * row.turns / MINUTE;
        let whole = |seconds: i64| (seconds + MINUTE - 1) / MINUTE;
        Self {
            looks: (looks, looks),
            runs: outcome.runs,
            after: outcome.soonest.map(|soonest| (whole(soonest), whole(outcome.latest))),
        }
    }

    fn add(&mut self, row: Row, outcome: &Outcome) {
        let other = Self::of(row, outcome);
        let widest = |(a, b): (i64, i64), (c, d): (i64, i64)| (a.min(c), b.max(d));
        self.looks = widest(self.looks, other.looks);
        self.runs += other.runs;
        self.after = self.after.zip(other.after).map(|(one, other)| widest(one, other));
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let range = |(least, most): (i64, i64)| match least == most {
            true => least.to_string(),
            false => format!("{least} to {most}"),
        };
        let after = self.after.map_or_else(|| String::from("never"), range);
        write!(f, "{} | {} | {after}", range(self.looks), self.runs)
    }
}

impl Row {
    /// The alarm and what happens.
    fn told(self) -> String {
        let happens = match (self.alarm, self.story) {
            ("failures", Story::Bad) => "an event's run ends in an error",
            ("link", Story::OneBadLook) => "one minute without a healthy target",
            ("link", Story::Bad) => "no target is healthy",
            ("link", Story::Stops) => "the group is empty",
            ("sweep", Story::OneBadLook) => "one sweep can do nothing",
            ("sweep", Story::Bad) => "no sweep can do its work",
            (_, Story::Well) => "all is well",
            (_, Story::OneBadLook) => "one bad look, which the next mends",
            (_, Story::OneLost) => "one sweep is lost",
            (_, Story::Bad) => "not ok from then on",
            (_, Story::Stops) => "no sweep comes",
        };
        let name = match self.alarm {
            "binding" => "BindingAlarm",
            "not_ok" => "NotOkAlarm",
            "sweep" => "SweepAlarm",
            "link" => "LinkAlarm",
            _ => "FailuresAlarm",
        };
        format!("`{name}` | {happens}")
    }

    /// Rows of which this is the same are one line: how long it takes hangs on the time between two
    /// looks.
    fn line(self) -> (String, i64) {
        let apart = self.within.is_some() && matches!(self.alarm, "binding" | "not_ok");
        (self.told(), if apart { self.sweep * self.turns } else { 0 })
    }
}
