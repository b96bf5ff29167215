//! Judges how a scenario ended from what the region and the application recorded.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use serde::Serialize;

use super::recording::{Attempt, Call, End, LinkRecording, Recording, Span};
use super::script::Expectation;

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
    /// Whether everything ended as the scenario expects.
    pub ok: bool,
    /// What did not, each as a sentence.
    pub faults: Vec<String>,
    /// Whether every group ended as the scenario expects.
    pub converged: bool,
    /// From the first evidence of the last change until every group was right for good, if they
    /// were: the longest.
    pub seconds_to_converge: Option<f64>,
    /// The longest outage of any link's application.
    pub outage_seconds: f64,
    /// Rows that were acknowledged and are nowhere, of all links.
    pub lost_rows: usize,
    /// How long it went on.
    pub seconds: f64,
    /// Each database behind its group.
    pub links: Vec<LinkVerdict>,
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
    /// Whether any moment found the group without a present target.
    pub was_empty: bool,
    /// When the RDS API or DNS first showed what belonged there at the end, if it was something
    /// else before.
    pub evidence_at: Option<f64>,
    /// From that evidence until all of it was among the present targets.
    pub registered_after: Option<f64>,
    /// From that evidence (else from the beginning) until the group was right for good.
    pub right_after: Option<f64>,
    /// What the application met with.
    pub outage: Outage,
    /// Statements that were acknowledged: rows, or reads where it only reads.
    pub rows: usize,
    /// Rows that were acknowledged and are nowhere.
    pub lost: usize,
}

/// What an application's writes met with, or its reads where it only reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Outage {
    /// The longest time in which no write was acknowledged, between two that were (or the
    /// beginning, or the end).
    pub none_for: f64,
    /// From the first write that failed to the last one.
    pub some_for: f64,
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

impl Verdict {
    /// Judges a recording.
    pub(super) fn of(recording: &Recording, expect: Expectation) -> Verdict {
        let links: Vec<LinkVerdict> =
            recording.links.iter().map(|link| LinkVerdict::of(link, recording, expect)).collect();
        let faults: Vec<String> = links.iter().flat_map(|link| link.faults(expect)).collect();
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
            ok: faults.is_empty(),
            faults,
            converged,
            seconds_to_converge: longest(|link| link.right_after).filter(|_| converged),
            outage_seconds: longest(|link| Some(link.outage.none_for)).unwrap_or_default(),
            lost_rows: links.iter().map(|link| link.lost).sum(),
            seconds: recording.seconds,
            links,
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
        let at_first = groups.first().map(|group| group.present.clone()).unwrap_or_default();
        let at_last = groups.last().map(|group| group.present.clone()).unwrap_or_default();
        let wanted = match expect {
            Expectation::Follows => belongs.clone(),
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
            && (expect == Expectation::Follows
                || groups.iter().all(|group| group.present == wanted));
        LinkVerdict {
            name: link.name.clone(),
            converged,
            targets: at_last,
            wanted: belongs,
            was_empty: groups.iter().any(|group| group.present.is_empty()),
            evidence_at,
            registered_after: registered.map(|group| (group.from - since).max(0.0)),
            right_after: right_since
                .map(|right| (right - since).max(0.0))
                .filter(|_| converged && expect == Expectation::Follows),
            outage: Outage::of(statements, end),
            rows: statements.iter().filter(|statement| statement.end == End::Acknowledged).count(),
            lost: link.lost.len(),
        }
    }

    /// What did not end as it should.
    fn faults(&self, expect: Expectation) -> Vec<String> {
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
                Expectation::Untouched => {
                    format!(
                        "{name}: the group changed and holds {targets}; it should stay unchanged"
                    )
                }
            });
        }
        if self.was_empty {
            faults.push(format!("{name}: the group was empty for a while"));
        }
        if self.rows == 0 {
            faults.push(format!("{name}: no statement of the application was acknowledged"));
        }
        if self.lost > 0 {
            faults.push(format!("{name}: {} acknowledged rows are lost", self.lost));
        }
        faults
    }
}

impl Outage {
    fn of(writes: &[Attempt], end: f64) -> Outage {
        let count = |end| writes.iter().filter(|write| write.end == end).count();
        let mut acknowledged: Vec<f64> = writes
            .iter()
            .filter(|write| write.end == End::Acknowledged)
            .map(|write| write.at + write.took)
            .chain([0.0, end])
            .collect();
        acknowledged.sort_by(f64::total_cmp);
        let gaps = acknowledged.windows(2).map(|pair| pair[1] - pair[0]);
        let failed = || writes.iter().filter(|write| write.end != End::Acknowledged);
        let first = failed().map(|write| write.at).reduce(f64::min);
        let last = failed().map(|write| write.at + write.took).reduce(f64::max);
        Outage {
            none_for: gaps.fold(0.0, f64::max),
            some_for: first.zip(last).map_or(0.0, |(first, last)| last - first),
            failed: failed().count(),
            read_only: count(End::ReadOnly),
            refused: count(End::Refused),
            broken: count(End::Broken),
            hung: count(End::Hung),
        }
    }
}

/// The targets that were present in a group for a time, in order of their names.
#[derive(Debug, PartialEq)]
struct Group {
    from: f64,
    to: f64,
    present: Vec<String>,
}

impl Group {
    /// A group's course, without a gap.
    fn course(link: &LinkRecording, end: f64) -> Vec<Group> {
        let mut moments: Vec<f64> =
            link.targets.iter().flat_map(|span| [span.from, span.to]).chain([0.0, end]).collect();
        moments.sort_by(f64::total_cmp);
        moments.dedup();
        let mut course: Vec<Group> = Vec::new();
        for pair in moments.windows(2) {
            let (from, to) = (pair[0], pair[1]);
            let covers = link.targets.iter().filter(|span| span.from <= from && to <= span.to);
            let is_present = |state: &str| !matches!(state, "draining" | "unhealthy.draining");
            let mut present: Vec<String> = covers
                .filter(|span| is_present(&span.state))
                .map(|span| span.target.clone())
                .collect();
            present.sort();
            match course.last_mut() {
                Some(last) if last.present == present => last.to = to,
                _ => course.push(Group { from, to, present }),
            }
        }
        course
    }
}

/// The addresses that a span names.
fn addresses(what: &str) -> Vec<String> {
    what.split(',').filter(|one| *one != "-").map(str::to_owned).collect()
}

/// When either key first named exactly these, from a moment on.
fn evidence(link: &LinkRecording, belongs: &[String], from: f64) -> Option<f64> {
    let host = |address: &String| {
        let at: Option<SocketAddr> = address.parse().ok();
        at.map_or(address.clone(), |at| at.ip().to_string())
    };
    let hosts: BTreeSet<String> = belongs.iter().map(host).collect();
    let names = |span: &&Span| {
        let named = addresses(&span.what);
        span.to > from && (named == belongs || named.into_iter().collect::<BTreeSet<_>>() == hosts)
    };
    let first = |spans: &[Span]| spans.iter().find(names).map(|span| span.from.max(from));
    [first(&link.topology), first(&link.dns)].into_iter().flatten().reduce(f64::min)
}

#[cfg(test)]
mod tests {
    use super::super::recording::TargetSpan;
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
            (link.evidence_at, link.registered_after, link.right_after),
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
    fn a_group_that_was_empty_is_a_fault_even_if_it_ends_right() {
        let verdict = Verdict::of(
            &failover(&[(A, 0.0, 30.0, "healthy"), (B, 31.0, 100.0, "initial")]),
            Expectation::Follows,
        );
        assert!(verdict.converged && !verdict.ok);
        assert_eq!(verdict.faults, ["orders: the group was empty for a while"]);
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
    fn an_outage_is_the_longest_time_without_an_acknowledged_write_and_failures_are_counted_by_kind()
     {
        let writes = [
            write(1.0, End::Acknowledged),
            write(2.0, End::Broken),
            write(3.0, End::Refused),
            write(9.0, End::Acknowledged),
            write(11.0, End::ReadOnly),
            write(12.0, End::Acknowledged),
            write(14.0, End::Hung),
        ];
        let outage = Outage::of(&writes, 15.0);
        assert_eq!(outage.none_for, 8.0);
        assert_eq!(outage.some_for, 12.5);
        assert_eq!(
            (outage.failed, outage.read_only, outage.refused, outage.broken, outage.hung),
            (4, 1, 1, 1, 1)
        );
    }

    #[test]
    fn rows_that_were_acknowledged_and_are_nowhere_are_a_fault() {
        let mut recording = failover(&[(A, 0.0, 40.0, "healthy"), (B, 27.0, 100.0, "healthy")]);
        recording.links[0].lost = vec![7, 8];
        let verdict = Verdict::of(&recording, Expectation::Follows);
        assert_eq!(verdict.faults, ["orders: 2 acknowledged rows are lost"]);
    }
}
