//! What an application met with, and what it waited for.

use serde::Serialize;

use super::group::Group;
use super::{addresses, host};
use crate::scenario::recording::{Attempt, End, LinkRecording, Span};
use crate::scenario::stopwatch::milliseconds;

/// A pause this long without an acknowledgement is an outage, in seconds. The application pauses
/// for half a second itself.
const FELT: f64 = 1.0;

/// What an application's writes met with, or its reads where it only reads. Times are in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Outage {
    /// The longest time in which no write was acknowledged, between two that were (or the
    /// beginning, or the end).
    pub none_for: f64,
    /// From the first write that failed to the last one.
    pub some_for: f64,
    /// All times of a second or more in which no write was acknowledged.
    pub total: f64,
    /// Of the total: while it waited for the platform,
    pub platform: f64,
    /// for the program under test,
    pub program: f64,
    /// and for the load balancer.
    pub load_balancer: f64,
    /// Writes that failed.
    pub failed: usize,
    /// Of these: refused for being read-only,
    pub read_only: usize,
    /// without a connection,
    pub refused: usize,
    /// broken under way,
    pub broken: usize,
    /// and without an answer in time.
    pub hung: usize,
}

/// A time in which nothing was acknowledged for one reason.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OutageSpan {
    /// Since when.
    pub from: f64,
    /// Until when.
    pub to: f64,
    /// What the application waited for.
    pub cause: Cause,
}

/// What an application waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// No database serves what belongs behind the link, or neither the RDS API nor DNS has shown
    /// any of it since it belongs there. Nobody could do anything yet.
    Platform,
    /// The RDS API or DNS has shown it, and none of it is a target.
    Program,
    /// Some of it is a target, and no statement is acknowledged.
    LoadBalancer,
}

impl Outage {
    pub(super) fn of(statements: &[Attempt], outages: &[OutageSpan], end: f64) -> Outage {
        let count = |end| statements.iter().filter(|statement| statement.end == end).count();
        let failed = || statements.iter().filter(|one| one.end != End::Acknowledged);
        let first = failed().map(|one| one.at).reduce(f64::min);
        let last = failed().map(|one| one.at + one.took).reduce(f64::max);
        let lasted = |cause: Cause| {
            let of_cause = outages.iter().filter(|span| span.cause == cause);
            milliseconds(of_cause.map(|span| span.to - span.from).fold(0.0, |all, one| all + one))
        };
        let [platform, program, load_balancer] =
            [Cause::Platform, Cause::Program, Cause::LoadBalancer].map(lasted);
        Outage {
            none_for: milliseconds(
                gaps(statements, end).iter().map(|(from, to)| to - from).fold(0.0, f64::max),
            ),
            some_for: first.zip(last).map_or(0.0, |(first, last)| milliseconds(last - first)),
            total: milliseconds(platform + program + load_balancer),
            platform,
            program,
            load_balancer,
            failed: failed().count(),
            read_only: count(End::ReadOnly),
            refused: count(End::Refused),
            broken: count(End::Broken),
            hung: count(End::Hung),
        }
    }
}

/// Every time of a second or more in which nothing was acknowledged, in order, divided where the
/// cause changes. Its first second has the cause of what follows: until a database fails, the
/// application is only between two statements.
pub(super) fn outages(
    link: &LinkRecording,
    statements: &[Attempt],
    groups: &[Group],
    end: f64,
) -> Vec<OutageSpan> {
    let spans = [&link.wanted, &link.serving, &link.topology, &link.dns].into_iter().flatten();
    let mut changes: Vec<f64> =
        spans.map(|span| span.from).chain(groups.iter().map(|group| group.from)).collect();
    changes.sort_by(f64::total_cmp);
    let mut outages: Vec<OutageSpan> = Vec::new();
    for (from, to) in gaps(statements, end).into_iter().filter(|(from, to)| to - from >= FELT) {
        let inside = changes.iter().copied().filter(|at| from + FELT < *at && *at < to);
        let moments: Vec<f64> = [from].into_iter().chain(inside).chain([to]).collect();
        for pair in moments.windows(2) {
            let cause = Cause::before(pair[1], link, groups);
            match outages.last_mut() {
                Some(last) if last.to == pair[0] && last.cause == cause => last.to = pair[1],
                _ => outages.push(OutageSpan { from: pair[0], to: pair[1], cause }),
            }
        }
    }
    outages
}

/// The times between two acknowledgements, and before the first and after the last one; none where
/// nothing was tried.
fn gaps(statements: &[Attempt], end: f64) -> Vec<(f64, f64)> {
    if statements.is_empty() {
        return Vec::new();
    }
    let acknowledged = statements.iter().filter(|one| one.end == End::Acknowledged);
    let mut moments: Vec<f64> =
        acknowledged.map(|one| milliseconds(one.at + one.took)).chain([0.0, end]).collect();
    moments.sort_by(f64::total_cmp);
    moments.windows(2).map(|pair| (pair[0], pair[1])).collect()
}

impl Cause {
    /// The cause just before a moment.
    fn before(at: f64, link: &LinkRecording, groups: &[Group]) -> Cause {
        let current = |spans: &[Span]| spans.iter().rfind(|span| span.from < at).cloned();
        let Some(wanted) = current(&link.wanted) else { return Cause::Platform };
        let members = addresses(&wanted.what);
        let hosts: Vec<String> = members.iter().map(|one| host(one)).collect();
        let is_served = current(&link.serving).is_some_and(|span| span.what == "up");
        let is_shown = [&link.topology, &link.dns].into_iter().flatten().any(|span| {
            span.from < at
                && span.to > wanted.from
                && addresses(&span.what).iter().any(|one| hosts.contains(&host(one)))
        });
        let group = groups.iter().rfind(|group| group.from < at);
        let is_target =
            group.is_some_and(|group| group.present.iter().any(|one| members.contains(one)));
        match (is_served && is_shown, is_target) {
            (false, _) => Cause::Platform,
            (true, false) => Cause::Program,
            (true, true) => Cause::LoadBalancer,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "10.20.1.10:5432";
    const B: &str = "10.20.2.10:5432";

    fn write(at: f64, end: End) -> Attempt {
        Attempt { at, took: 0.5, end, by: None, row: 1 }
    }

    fn span(from: f64, to: f64, what: &str) -> Span {
        Span { from, to, what: what.to_owned() }
    }

    #[test]
    fn the_longest_outage_hides_no_second_one_and_failures_are_counted_by_kind() {
        let writes = [
            write(1.0, End::Acknowledged),
            write(2.0, End::Broken),
            write(3.0, End::Refused),
            write(9.0, End::Acknowledged),
            write(9.2, End::Acknowledged),
            write(11.0, End::ReadOnly),
            write(12.0, End::Acknowledged),
            write(14.0, End::Hung),
        ];
        let link = LinkRecording::default();
        let outages = outages(&link, &writes, &[], 15.0);
        let outage = Outage::of(&writes, &outages, 15.0);
        assert_eq!((outage.none_for, outage.some_for), (8.0, 12.5));
        assert!((outage.total - (1.5 + 8.0 + 2.8 + 2.5)).abs() < 1e-9, "{outage:?}");
        assert_eq!(
            (outage.failed, outage.read_only, outage.refused, outage.broken, outage.hung),
            (4, 1, 1, 1, 1)
        );
    }

    #[test]
    fn an_outage_waits_for_the_platform_then_the_program_then_the_load_balancer() {
        let link = LinkRecording {
            wanted: vec![span(0.0, 20.0, A), span(20.0, 100.0, B)],
            serving: vec![span(0.0, 10.0, "up"), span(10.0, 20.0, "down"), span(20.0, 100.0, "up")],
            topology: vec![span(0.0, 30.0, A), span(30.0, 100.0, B)],
            // Shown once is shown, even if DNS goes back.
            dns: vec![
                span(0.0, 25.0, "10.20.1.10"),
                span(25.0, 27.0, "10.20.2.10"),
                span(27.0, 100.0, "10.20.1.10"),
            ],
            ..LinkRecording::default()
        };
        let group = |from, to, present: &[&str]| Group {
            from,
            to,
            present: present.iter().map(|one| (*one).to_owned()).collect(),
        };
        let groups = [group(0.0, 28.0, &[A]), group(28.0, 100.0, &[A, B])];
        let mut writes: Vec<Attempt> =
            (0..19).map(|n| write(f64::from(n) * 0.5, End::Acknowledged)).collect();
        writes.extend((0..20).map(|n| write(89.5 + f64::from(n) * 0.5, End::Acknowledged)));
        let outages = outages(&link, &writes, &groups, 100.0);
        let told: Vec<_> = outages.iter().map(|span| (span.from, span.to, span.cause)).collect();
        assert_eq!(
            told,
            [
                (9.5, 25.0, Cause::Platform),
                (25.0, 28.0, Cause::Program),
                (28.0, 90.0, Cause::LoadBalancer),
            ]
        );
    }
}
