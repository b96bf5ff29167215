//! The benchmark: the engine on a region that enforces AWS's budgets of API calls, in virtual time.
//!
//! Each [`Row`] measures one promise about many bindings, about a throttled or slow AWS, or about
//! the number of calls, and holds it against a target. The same program gives the same figures on
//! every machine. What the model assumes is in `docs/benchmarks.md`.
//!
//! The region leaves the function half of AWS's budgets, which is the part that it takes by
//! default; a rival has the other half
//! ([`Budgets::beside_a_rival`](crate::world::Budgets::beside_a_rival)).

mod events;
mod faults;
mod lambda;
mod process;
mod sweeps;
mod warm;
mod wire;

use std::time::Duration;

use serde::Serialize;

pub use wire::on_the_wire;

/// A line of the benchmark.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// Its name.
    pub name: &'static str,
    /// What is measured.
    pub case: String,
    /// What the figures must be.
    pub target: String,
    /// The figures.
    pub measured: String,
    /// Whether they are what they must be.
    pub ok: bool,
    /// What was counted on the way.
    pub counted: String,
}

/// How large the cases are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// As the targets say.
    Full,
    /// Small enough for a test: fewer bindings, moments and seeds.
    Small,
}

impl Scale {
    /// One of two numbers.
    fn pick<T>(self, full: T, small: T) -> T {
        match self {
            Scale::Full => full,
            Scale::Small => small,
        }
    }
}

/// A case: the names of its rows, and what plays it.
type Case = (&'static [&'static str], fn(Scale) -> Vec<Row>);

const CASES: [Case; 14] = [
    (&["sweep-40"], sweeps::forty),
    (&["sweep-100", "read-once", "descriptions"], sweeps::hundred),
    (&["hold-1000-written", "seen-1000-written"], sweeps::many_written),
    (&["hold-200-tagged", "seen-200-tagged"], sweeps::some_tagged),
    (&["hold-1000-tagged", "seen-1000-tagged"], sweeps::many_tagged),
    (
        &["event-of-1000", "event-of-1000-backoff", "event-of-1000-alone", "event-of-1000-reads"],
        events::one_of_many,
    ),
    (
        &[
            "fifty-writers-first",
            "fifty-right",
            "fifty-settled",
            "fifty-queue",
            "fifty-queue-backoff",
        ],
        events::fifty,
    ),
    (&["failover-calls", "failover-right"], events::planned_failover),
    (&["unresolved-name"], faults::unresolved_name),
    (
        &[
            "throttled-register-6",
            "throttled-register-10",
            "throttled-deregister-6",
            "throttled-deregister-10",
        ],
        faults::throttled_writes,
    ),
    (
        &["slow-1", "slow-2.5", "slow-5", "slow-10", "slow-dns-1.5", "slow-dns-3"],
        faults::slow_answers,
    ),
    (&["storm", "after-storm"], faults::storms),
    (&["warm-lag-0", "warm-lag-10", "warm-lag-30", "warm-lag-60"], warm::failovers),
    (&["warm-reused"], warm::reused),
];

/// The names of all rows, in order.
pub fn names() -> impl Iterator<Item = &'static str> {
    CASES.iter().flat_map(|(names, _)| names.iter().copied())
}

/// Plays the cases that have a row which is asked for, and gives these rows one after another.
pub fn rows(scale: Scale, is_asked: &dyn Fn(&str) -> bool) -> impl Iterator<Item = Row> {
    let asked = CASES.iter().filter(move |(names, _)| names.iter().any(|name| is_asked(name)));
    asked.flat_map(move |(_, play)| play(scale)).filter(move |row| is_asked(row.name))
}

/// The table of docs/benchmarks.md: what an earlier one says stands beside each figure.
pub fn table(rows: &[Row], before: Option<&str>) -> String {
    let mut text =
        "| case | target | before | after | ok | counted |\n|---|---|---|---|---|---|\n".to_owned();
    for row in rows {
        let earlier = before.and_then(|table| before_in(table, row.name)).unwrap_or("–");
        let Row { name, case, target, measured, counted, .. } = row;
        let ok = if row.ok { "yes" } else { "**no**" };
        text.push_str(&format!(
            "| `{name}`: {case} | {target} | {earlier} | {measured} | {ok} | {counted} |\n"
        ));
    }
    text
}

/// The column `before` of a row in a table.
fn before_in<'a>(table: &'a str, name: &str) -> Option<&'a str> {
    let start = format!("| `{name}`:");
    let row = table.lines().find(|line| line.starts_with(&start))?;
    row.split(" | ").nth(2)
}

/// Seconds, for people.
fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}

/// The middle of some values, or the higher of the two in the middle.
fn median<T: Ord + Copy>(values: &[T]) -> Option<T> {
    let mut sorted = values.to_vec();
    sorted.sort();
    sorted.get(sorted.len() / 2).copied()
}
