//! One played scenario on the page: its figures, timelines and tables.

use std::cmp::Ordering;
use std::fmt::Write;

use serde::Serialize;

use super::tables::Table;
use super::timeline::Timeline;
use super::{tables, words};
use crate::scenario::recording::{LinkRecording, Recording};
use crate::scenario::verdict::{LinkVerdict, Verdict};

/// A scenario that was played.
#[derive(Debug, Serialize)]
pub(super) struct Run {
    pub(super) id: String,
    title: String,
    handler: String,
    ok: bool,
    faults: Vec<String>,
    facts: Vec<(&'static str, String)>,
    pace: String,
    figures: Vec<Figure>,
    calls: Vec<(String, String)>,
    pub(super) links: Vec<Link>,
    /// All links side by side, if there are several.
    overview: Option<Table>,
    tables: Vec<Table>,
}

/// A figure with its name.
#[derive(Debug, Serialize)]
struct Figure {
    name: &'static str,
    value: String,
    note: String,
    is_bad: bool,
}

/// A database behind its group.
#[derive(Debug, Serialize)]
pub(super) struct Link {
    name: String,
    source: String,
    endpoint: String,
    /// Whether its timeline is shown without being asked for.
    pub(super) is_open: bool,
    /// What a folded timeline is called.
    label: String,
    pub(super) timeline: Timeline,
}

/// The place of a run on the page.
pub(super) fn id(index: usize) -> String {
    format!("run-{}", index + 1)
}

impl Run {
    pub(super) fn of(index: usize, recording: &Recording, verdict: &Verdict) -> Run {
        let operations = recording.counts().into_iter();
        Run {
            id: id(index),
            title: words::sentence(&recording.title),
            handler: recording.handler.clone(),
            ok: verdict.ok,
            faults: verdict.faults.clone(),
            facts: vec![
                ("Scenario", recording.scenario.clone()),
                ("Seed", recording.seed.to_string()),
                ("Databases", recording.databases.clone()),
                ("Length", words::seconds(recording.seconds)),
            ],
            pace: pace(recording.speed),
            figures: figures(recording, verdict),
            calls: operations.map(|(name, count)| (name.to_owned(), words::count(count))).collect(),
            links: links(recording, verdict),
            overview: (verdict.links.len() > 1).then(|| tables::links(verdict)),
            tables: tables::of(recording),
        }
    }
}

fn pace(speed: f64) -> String {
    if speed == 1.0 {
        return "Times are seconds of the region, which ran in real time.".to_owned();
    }
    format!(
        "Times are seconds of the region, which ran {speed} times as fast as real time. So did the \
         application. The program under test ran in real time, so its own processing time counts \
         {speed} times."
    )
}

fn figures(recording: &Recording, verdict: &Verdict) -> Vec<Figure> {
    let figure = |name, value, note, is_bad| Figure { name, value, note, is_bad };
    let converged = verdict.links.iter().filter(|link| link.converged).count();
    let as_expected = match (verdict.links.len(), verdict.converged) {
        (0 | 1, true) => "as the scenario expects".to_owned(),
        (0 | 1, false) => "not as the scenario expects".to_owned(),
        (all, _) => format!("{converged} of {all} groups"),
    };
    let of_a_change = verdict.links.iter().filter(|link| link.evidence_at.is_some());
    let registered: Option<Vec<f64>> = of_a_change.map(|link| link.registered_after).collect();
    let some_for = verdict.links.iter().map(|link| link.outage.some_for).fold(0.0, f64::max);
    let rows = verdict.links.iter().map(|link| link.rows).sum();
    let failed = verdict.links.iter().map(|link| link.outage.failed).sum();
    vec![
        figure(
            "converged",
            words::yes_or_no(verdict.converged).to_owned(),
            as_expected,
            !verdict.converged,
        ),
        figure(
            "registered after",
            words::seconds_or_dash(
                registered.and_then(|after| after.into_iter().max_by(f64::total_cmp)),
            ),
            "from the first evidence until the writer is a target".to_owned(),
            false,
        ),
        figure(
            "right after",
            words::seconds_or_dash(verdict.seconds_to_converge),
            "from the first evidence until the group is right and stays so".to_owned(),
            !verdict.converged,
        ),
        figure(
            "outage",
            words::seconds(verdict.outage_seconds),
            format!(
                "longest time without an acknowledged write; first to last failed write {}",
                words::seconds(some_for)
            ),
            false,
        ),
        figure("writes failed", words::count(failed), kinds(verdict), false),
        figure(
            "rows lost",
            words::count(verdict.lost_rows),
            format!("of {} acknowledged", words::count(rows)),
            verdict.lost_rows > 0,
        ),
        figure(
            "API calls",
            words::count(recording.calls.len()),
            match recording.invocations.len() {
                1 => "in 1 invocation".to_owned(),
                several => format!("in {} invocations", words::count(several)),
            },
            false,
        ),
    ]
}

fn kinds(verdict: &Verdict) -> String {
    let sum = |of: fn(&LinkVerdict) -> usize| verdict.links.iter().map(of).sum::<usize>();
    let kinds = [
        (sum(|link| link.outage.read_only), "read-only"),
        (sum(|link| link.outage.refused), "refused"),
        (sum(|link| link.outage.broken), "broken"),
        (sum(|link| link.outage.hung), "hung"),
    ];
    let mut text = String::new();
    for (count, name) in kinds.into_iter().filter(|(count, _)| *count > 0) {
        let separator = if text.is_empty() { "" } else { ", " };
        let _ = write!(text, "{separator}{}\u{a0}{name}", words::count(count));
    }
    text
}

/// The links, the worst one first if there are several: it alone is unfolded.
fn links(recording: &Recording, verdict: &Verdict) -> Vec<Link> {
    let judged =
        |link: &LinkRecording| verdict.links.iter().find(|judged| judged.name == link.name);
    let mut links: Vec<_> = recording.links.iter().map(|link| (link, judged(link))).collect();
    links.sort_by(|a, b| badness(b.1).partial_cmp(&badness(a.1)).unwrap_or(Ordering::Equal));
    links
        .into_iter()
        .enumerate()
        .map(|(rank, (link, judged))| Link {
            name: link.name.clone(),
            source: link.source.clone(),
            endpoint: link.endpoint.clone(),
            is_open: rank == 0,
            label: label(link, judged),
            timeline: Timeline::of(recording, link, judged),
        })
        .collect()
}

/// Not converged is worse than any outage, and a long outage worse than a short one.
fn badness(judged: Option<&LinkVerdict>) -> (bool, usize, f64, f64) {
    judged.map_or((false, 0, 0.0, 0.0), |link| {
        let late = link.right_after.unwrap_or(0.0);
        (!link.converged, link.lost, link.outage.none_for, late)
    })
}

fn label(link: &LinkRecording, judged: Option<&LinkVerdict>) -> String {
    let Some(judged) = judged else { return link.name.clone() };
    let converged = if judged.converged { "converged" } else { "not converged" };
    let outage = words::seconds(judged.outage.none_for);
    format!("{}: {converged}, outage {outage}", link.name)
}
