//! Judges how a scenario ended from what the region and the application recorded.

mod figures;
mod group;
mod outage;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use serde::Serialize;

use super::assumptions::Assumptions;
use super::recording::{Call, End, LinkRecording, Recording, Span};
use super::script::Expectation;
use super::stopwatch::milliseconds;
pub use figures::{Figures, Seconds};
use group::Group;
pub use outage::{Cause, Outage, OutageSpan};

/// What is said of a scenario that was played. Times are seconds of the region.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Verdict {
    /// The scenario's name.
    pub scenario: String,
    /// The scenario as a sentence.
    pub title: String,
    /// The program under test, as it was started.
    pub handler: String,
    /// Seconds of the region in a second on the wall.
    pub speed: f64,
    /// What the delays and the flows were drawn from.
    pub seed: u64,
    /// What the databases are: `line` or `postgresql`.
    pub databases: String,
    /// What was assumed of AWS and of the function's settings.
    pub assumptions: Assumptions,
    /// Whether everything ended as the scenario expects.
    pub ok: bool,
    /// What did not, each as a sentence.
    pub faults: Vec<String>,
    /// Whether every group ended as the scenario expects.
    pub converged: bool,
    /// From the first evidence of the last change until every group was right for good, if they
    /// were: the longest.
    pub seconds_to_converge: Option<f64>,
    /// From the first evidence until what belongs behind each link was a target: the longest.
    pub evidence_to_registered: Option<f64>,
    /// The longest time in which an application had nothing acknowledged, of all links.
    pub outage_seconds: f64,
    /// The same of the application that chooses among a cluster's members, if there is one.
    pub choosing_outage_seconds: Option<f64>,
    /// How long no database took writes: the longest of any link.
    pub platform_seconds: f64,
    /// All times together in which an application had nothing acknowledged: the most of any link.
    pub total_outage_seconds: f64,
    /// Statements that failed, of all links.
    pub failed_statements: usize,
    /// How long a group was without a present target: the longest of any link.
    pub empty_seconds: f64,
    /// Rows that were acknowledged and are nowhere, of all links.
    pub lost_rows: usize,
    /// How long it went on.
    pub seconds: f64,
    /// Each database behind its group.
    pub links: Vec<LinkVerdict>,
    /// How the program's invocations ended: how many were `answered`, `failed`, `timed out`,
    /// `crashed` or `unfinished`.
    pub invocations: BTreeMap<String, usize>,
    /// How often each operation was called.
    pub call_counts: BTreeMap<String, usize>,
    /// Every call that was made.
    pub calls: Vec<Call>,
}

/// How one database and its group ended.
#[derive(Clone, Debug, Default, Serialize)]
pub struct LinkVerdict {
    /// The binding's name.
    pub name: String,
    /// Whether its group ended as the scenario expects.
    pub converged: bool,
    /// The targets that were present at the end.
    pub targets: Vec<String>,
    /// What truly belonged behind the link at the end: the writer, or all of a set.
    pub wanted: Vec<String>,
    /// How long the group was without a present target.
    pub empty_seconds: f64,
    /// When the RDS API or DNS first showed what belonged there at the end, if it was something
    /// else before.
    pub evidence_at: Option<f64>,
    /// When each step of its last failover happened, if its database has one writer.
    pub figures: Option<Figures>,
    /// How long the steps took.
    pub seconds: Seconds,
    /// From that evidence (else from the beginning) until the group was right for good.
    pub right_after: Option<f64>,
    /// What the application met with.
    pub outage: Outage,
    /// When it had nothing acknowledged, and what it waited for.
    pub outages: Vec<OutageSpan>,
    /// What the application met with that chooses among the cluster's members, if there is one.
    pub choosing: Option<Outage>,
    /// How long nothing that belongs behind the link accepted connections: the longest time.
    pub platform_seconds: f64,
    /// How many of the program's calls registered or deregistered targets of the group.
    pub writing_calls: usize,
    /// Statements that were acknowledged: rows, or reads where it only reads.
    pub rows: usize,
    /// Rows that were acknowledged and are nowhere.
    pub lost: usize,
}

impl Verdict {
    /// Judges a recording.
    pub(super) fn of(recording: &Recording, expect: Expectation) -> Verdict {
        let links: Vec<LinkVerdict> =
            recording.links.iter().map(|link| LinkVerdict::of(link, recording, expect)).collect();
        let judged = links.iter().zip(&recording.links);
        let faults: Vec<String> =
            judged.flat_map(|(link, recorded)| link.faults(recorded, expect)).collect();
        let converged = links.iter().all(|link| link.converged);
        let longest =
            |of: fn(&LinkVerdict) -> Option<f64>| links.iter().filter_map(of).reduce(f64::max);
        Verdict {
            scenario: recording.scenario.clone(),
            title: recording.title.clone(),
            handler: recording.handler.clone(),
            speed: recording.speed,
            seed: recording.seed,
            databases: recording.databases.clone(),
            assumptions: recording.assumptions.clone(),
            ok: faults.is_empty(),
            faults,
            converged,
            seconds_to_converge: longest(|link| link.right_after).filter(|_| converged),
            evidence_to_registered: longest(|link| {
                link.seconds.evidence_to_registered.filter(|_| link.evidence_at.is_some())
            }),
            outage_seconds: longest(|link| Some(link.outage.none_for)).unwrap_or_default(),
            choosing_outage_seconds: longest(|link| Some(link.choosing.as_ref()?.none_for)),
            platform_seconds: longest(|link| Some(link.platform_seconds)).unwrap_or_default(),
            total_outage_seconds: longest(|link| Some(link.outage.total)).unwrap_or_default(),
            failed_statements: links.iter().map(|link| link.outage.failed).sum(),
            empty_seconds: longest(|link| Some(link.empty_seconds)).unwrap_or_default(),
            lost_rows: links.iter().map(|link| link.lost).sum(),
            seconds: recording.seconds,
            links,
            invocations: recording.endings(),
            call_counts: recording
                .counts()
                .into_iter()
                .map(|(name, count)| (name.to_owned(), count))
                .collect(),
            calls: recording.calls.clone(),
        }
    }
}

impl LinkVerdict {
    fn of(link: &LinkRecording, recording: &Recording, expect: Expectation) -> LinkVerdict {
        let end = recording.seconds;
        let statements = if link.only_reads { &link.reads } else { &link.writes };
        let belongs: Vec<String> =
            link.wanted.last().map(|span| addresses(&span.what)).unwrap_or_default();
        let groups = Group::course(link, end);
        let outages = outage::outages(link, statements, &groups, end);
        let at_first = groups.first().map(|group| group.present.clone()).unwrap_or_default();
        let at_last = groups.last().map(|group| group.present.clone()).unwrap_or_default();
        let wanted = match expect {
            Expectation::Follows => belongs.clone(),
            Expectation::Warm => with_standby(&belongs, link),
            Expectation::Untouched => at_first,
        };
        let right_since = groups
            .iter()
            .rev()
            .take_while(|group| group.present == wanted)
            .last()
            .map(|group| group.from);
        // The writer of the end writes since its last promotion, if there was one, and a set is as
        // it is since its last change.
        let changed =
            (link.wanted.len() > 1).then(|| link.wanted.last().map(|span| span.from)).flatten();
        let evidence_at = changed.and_then(|changed| evidence(link, &belongs, changed));
        let since = evidence_at.unwrap_or_default();
        let registered = groups.iter().find(|group| {
            group.to > since && belongs.iter().all(|one| group.present.contains(one))
        });
        let converged = at_last == wanted
            && (expect != Expectation::Untouched
                || groups.iter().all(|group| group.present == wanted));
        LinkVerdict {
            name: link.name.clone(),
            converged,
            targets: at_last,
            wanted: belongs,
            empty_seconds: groups
                .iter()
                .filter(|group| group.present.is_empty())
                .fold(0.0, |all, group| milliseconds(all + group.to - group.from)),
            evidence_at,
            figures: Figures::of(link),
            seconds: Seconds::of(
                link,
                registered.map(|group| milliseconds(group.from - since).max(0.0)),
            ),
            right_after: right_since
                .map(|right| milliseconds(right - since).max(0.0))
                .filter(|_| converged && expect != Expectation::Untouched),
            outage: Outage::of(statements, &outages, end),
            outages,
            choosing: (!link.choosing.is_empty()).then(|| {
                // No target changes on its way: what it waits for is the platform.
                let outages = outage::outages(link, &link.choosing, &[], end);
                Outage::of(&link.choosing, &outages, end)
            }),
            platform_seconds: if link.without_application { 0.0 } else { down(&link.serving) },
            writing_calls: recording.writing_calls(&link.name),
            rows: statements.iter().filter(|statement| statement.end == End::Acknowledged).count(),
            lost: link.lost.len(),
        }
    }

    /// What did not end as it should.
    fn faults(&self, recorded: &LinkRecording, expect: Expectation) -> Vec<String> {
        let mut faults = Vec::new();
        let name = &self.name;
        if !self.converged {
            let targets = match self.targets.as_slice() {
                [] => "nothing".to_owned(),
                targets => targets.join(" and "),
            };
            faults.push(match expect {
                Expectation::Follows => {
                    let wanted = self.wanted.join(" and ");
                    format!("{name}: the group holds {targets}; it should hold {wanted}")
                }
                Expectation::Warm => {
                    let writer = self.wanted.join(" and ");
                    format!(
                        "{name}: the group holds {targets}; it should hold {writer} and its standby"
                    )
                }
                Expectation::Untouched => {
                    format!(
                        "{name}: the group changed and holds {targets}; it should stay unchanged"
                    )
                }
            });
        }
        if self.rows == 0 && !recorded.without_application {
            faults.push(format!("{name}: no statement of the application was acknowledged"));
        }
        if self.lost > 0 {
            faults.push(format!("{name}: {} acknowledged rows are lost", self.lost));
        }
        faults
    }
}

/// The longest time in which nobody accepted connections.
fn down(serving: &[Span]) -> f64 {
    let down = serving.iter().filter(|span| span.what == "down");
    down.map(|span| milliseconds(span.to - span.from)).fold(0.0, f64::max)
}

/// These and the standby of the end, in order of their names.
fn with_standby(belongs: &[String], link: &LinkRecording) -> Vec<String> {
    let standby = link.standby.last().map(|span| addresses(&span.what)).unwrap_or_default();
    let all: BTreeSet<String> = belongs.iter().chain(&standby).cloned().collect();
    all.into_iter().collect()
}

/// The addresses that a span names.
fn addresses(what: &str) -> Vec<String> {
    what.split(',').filter(|one| *one != "-").map(str::to_owned).collect()
}

/// The address without its port, if it has one.
fn host(address: &str) -> String {
    let at: Option<SocketAddr> = address.parse().ok();
    at.map_or(address.to_owned(), |at| at.ip().to_string())
}

/// When either key first named exactly these, from a moment on.
fn evidence(link: &LinkRecording, belongs: &[String], from: f64) -> Option<f64> {
    let hosts: BTreeSet<String> = belongs.iter().map(|one| host(one)).collect();
    let names = |span: &&Span| {
        let named: BTreeSet<String> = addresses(&span.what).iter().map(|one| host(one)).collect();
        span.to > from && named == hosts
    };
    let first = |spans: &[Span]| spans.iter().find(names).map(|span| span.from.max(from));
    [first(&link.topology), first(&link.dns)].into_iter().flatten().reduce(f64::min)
}

#[cfg(test)]
mod tests {
    use super::super::recording::{Attempt, TargetSpan};
    use super::*;

    const A: &str = "10.20.1.10:5432";
    const B: &str = "10.20.2.10:5432";

    /// A failover from A to B at 20 s; the RDS API says so at 25 s.
    fn failover(targets: &[(&str, f64, f64, &str)]) -> Recording {
        let span = |from, to, what: &str| Span { from, to, what: what.to_owned() };
        let target = |&(target, from, to, state): &(&str, f64, f64, &str)| TargetSpan {
            target: target.to_owned(),
            from,
            to,
            state: state.to_owned(),
        };
        let link = LinkRecording {
            name: "orders".to_owned(),
            wanted: vec![span(0.0, 20.0, A), span(20.0, 100.0, B)],
            topology: vec![span(0.0, 25.0, A), span(25.0, 100.0, B)],
            dns: vec![span(0.0, 30.0, "10.20.1.10"), span(30.0, 100.0, "10.20.2.10")],
            targets: targets.iter().map(target).collect(),
            writes: vec![write(1.0, End::Acknowledged)],
            ..LinkRecording::default()
        };
        Recording { seconds: 100.0, links: vec![link], ..Recording::default() }
    }

    fn write(at: f64, end: End) -> Attempt {
        Attempt { at, took: 0.5, end, by: None, row: 1 }
    }

    #[test]
    fn an_application_that_never_wrote_shows_nothing_and_is_a_fault() {
        let mut recording = failover(&[(A, 0.0, 40.0, "healthy"), (B, 27.0, 100.0, "healthy")]);
        recording.links[0].writes = vec![write(1.0, End::Refused)];
        let verdict = Verdict::of(&recording, Expectation::Follows);
        assert_eq!(verdict.faults, ["orders: no statement of the application was acknowledged"]);
    }

    #[test]
    fn a_group_that_follows_is_right_from_its_last_change_on() {
        let recording = failover(&[
            (A, 0.0, 40.0, "healthy"),
            (A, 40.0, 70.0, "draining"),
            (B, 27.0, 90.0, "initial"),
            (B, 90.0, 100.0, "healthy"),
        ]);
        let verdict = Verdict::of(&recording, Expectation::Follows);
        let link = &verdict.links[0];
        assert!(verdict.ok && verdict.converged, "{:?}", verdict.faults);
        assert_eq!(
            (link.evidence_at, link.seconds.evidence_to_registered, link.right_after),
            (Some(25.0), Some(2.0), Some(15.0))
        );
        assert_eq!(verdict.seconds_to_converge, Some(15.0));
    }

    #[test]
    fn a_group_that_stays_behind_is_a_fault_that_names_both() {
        let verdict = Verdict::of(&failover(&[(A, 0.0, 100.0, "healthy")]), Expectation::Follows);
        assert_eq!(verdict.faults, [format!("orders: the group holds {A}; it should hold {B}")]);
        assert_eq!((verdict.ok, verdict.seconds_to_converge), (false, None));
    }

    #[test]
    fn the_seconds_in_which_a_group_was_empty_are_told_and_are_no_fault_by_themselves() {
        let verdict = Verdict::of(
            &failover(&[(A, 0.0, 30.0, "healthy"), (B, 31.0, 100.0, "initial")]),
            Expectation::Follows,
        );
        assert!(verdict.ok, "{:?}", verdict.faults);
        assert_eq!(verdict.empty_seconds, 1.0);
    }

    #[test]
    fn a_group_that_should_stay_as_it_is_may_not_change_in_between() {
        let recording = failover(&[(A, 0.0, 100.0, "healthy"), (B, 40.0, 50.0, "initial")]);
        let verdict = Verdict::of(&recording, Expectation::Untouched);
        assert_eq!(
            verdict.faults,
            [format!("orders: the group changed and holds {A}; it should stay unchanged")]
        );
        let recording = failover(&[(A, 0.0, 100.0, "healthy")]);
        assert!(Verdict::of(&recording, Expectation::Untouched).ok);
    }

    #[test]
    fn rows_that_were_acknowledged_and_are_nowhere_are_a_fault() {
        let mut recording = failover(&[(A, 0.0, 40.0, "healthy"), (B, 27.0, 100.0, "healthy")]);
        recording.links[0].lost = vec![7, 8];
        let verdict = Verdict::of(&recording, Expectation::Follows);
        assert_eq!(verdict.faults, ["orders: 2 acknowledged rows are lost"]);
    }
}
