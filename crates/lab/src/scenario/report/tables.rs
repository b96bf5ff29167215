//! The tables of a run, collapsed by default, with all the data of its timelines.

use serde::Serialize;

use super::words;
use crate::scenario::recording::{Call, Incident, Invocation, Recording};
use crate::scenario::verdict::{LinkVerdict, Verdict};

/// A table with its name.
#[derive(Debug, Serialize)]
pub(super) struct Table {
    name: String,
    /// Each column's name, and whether it holds numbers.
    columns: Vec<(&'static str, bool)>,
    rows: Vec<Vec<String>>,
    /// Whether it is shown without being asked for.
    is_open: bool,
}

/// The tables of a run; those without a row are left out.
pub(super) fn of(recording: &Recording) -> Vec<Table> {
    let mut tables =
        vec![incidents(recording), calls(recording), invocations(recording), shown(recording)];
    tables.retain(|table| !table.rows.is_empty());
    tables
}

/// How each link ended.
pub(super) fn links(verdict: &Verdict) -> Table {
    let row = |link: &LinkVerdict| {
        vec![
            link.name.clone(),
            words::yes_or_no(link.converged).to_owned(),
            words::number_or_dash(link.registered_after),
            words::number_or_dash(link.right_after),
            words::number(link.outage.none_for),
            words::count(link.outage.failed),
            words::count(link.rows),
            words::count(link.lost),
        ]
    };
    Table {
        name: format!("Each of the {} links", verdict.links.len()),
        columns: vec![
            ("Link", false),
            ("Converged", false),
            ("Registered after, s", true),
            ("Right after, s", true),
            ("Outage, s", true),
            ("Writes failed", true),
            ("Rows", true),
            ("Lost", true),
        ],
        rows: verdict.links.iter().map(row).collect(),
        is_open: true,
    }
}

fn incidents(recording: &Recording) -> Table {
    let row = |it: &Incident| vec![moment(Some(it.at)), it.what.clone()];
    Table {
        name: format!("What the script did ({})", words::count(recording.incidents.len())),
        columns: vec![("At, s", true), ("What", false)],
        rows: recording.incidents.iter().map(row).collect(),
        is_open: false,
    }
}

fn calls(recording: &Recording) -> Table {
    let row = |call: &Call| {
        vec![
            moment(Some(call.at)),
            format!("{}:{}", call.service, call.operation),
            call.targets.clone().unwrap_or_default(),
            call.link.clone().unwrap_or_default(),
            call.outcome.clone(),
        ]
    };
    Table {
        name: format!("API calls ({})", words::count(recording.calls.len())),
        columns: vec![
            ("At, s", true),
            ("Operation", false),
            ("Targets", false),
            ("Link", false),
            ("Outcome", false),
        ],
        rows: recording.calls.iter().map(row).collect(),
        is_open: false,
    }
}

fn invocations(recording: &Recording) -> Table {
    let row = |it: &Invocation| {
        let times = [Some(it.queued), it.taken, it.ended].map(moment);
        times.into_iter().chain([it.what.clone(), it.end.clone()]).collect()
    };
    Table {
        name: format!("Invocations ({})", words::count(recording.invocations.len())),
        columns: vec![
            ("Queued, s", true),
            ("Started, s", true),
            ("Ended, s", true),
            ("What", false),
            ("End", false),
        ],
        rows: recording.invocations.iter().map(row).collect(),
        is_open: false,
    }
}

/// What was true and shown, and the states of the targets.
fn shown(recording: &Recording) -> Table {
    let mut rows = Vec::new();
    let mut row = |link: &str, who: &str, from, to, what: &str| {
        let words = [link, who].map(str::to_owned).into_iter();
        rows.push(words.chain([moment(Some(from)), moment(Some(to)), what.to_owned()]).collect());
    };
    for link in &recording.links {
        let lanes = [
            ("true writer", &link.wanted),
            ("true writer accepts connections", &link.serving),
            ("RDS API", &link.topology),
            ("DNS", &link.dns),
        ];
        for (who, spans) in lanes {
            spans.iter().for_each(|span| row(&link.name, who, span.from, span.to, &span.what));
        }
        for span in &link.targets {
            row(&link.name, &format!("target {}", span.target), span.from, span.to, &span.state);
        }
    }
    Table {
        name: "Actual and reported state".to_owned(),
        columns: vec![
            ("Link", false),
            ("Source", false),
            ("From, s", true),
            ("To, s", true),
            ("What", false),
        ],
        rows,
        is_open: false,
    }
}

fn moment(moment: Option<f64>) -> String {
    moment.map_or_else(|| "–".to_owned(), |moment| format!("{moment:.2}"))
}
