//! The grid: a row for each scenario, a column for each program, and a link from each cell to its
//! run.

use serde::Serialize;

use super::{run, words};
use crate::scenario::recording::Recording;
use crate::scenario::verdict::Verdict;

/// All runs side by side.
#[derive(Debug, Serialize)]
pub(super) struct Grid {
    pub(super) programs: Vec<String>,
    pub(super) rows: Vec<Row>,
    totals: Vec<Total>,
    /// What all runs were played on, if it was the same.
    ground: Option<String>,
}

/// A scenario, with a cell for each program.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    title: String,
    scenario: String,
    /// What it was played on, if not all were played on the same.
    ground: Option<String>,
    pub(super) cells: Vec<Option<Cell>>,
}

/// A run.
#[derive(Debug, Serialize)]
pub(super) struct Cell {
    run: String,
    pub(super) word: &'static str,
    ok: bool,
    faults: String,
    right: String,
    outage: String,
    lost: String,
    calls: String,
}

/// A program's figures over all scenarios that it was played in.
#[derive(Debug, Serialize)]
struct Total {
    ok: String,
    right: String,
    outage: String,
    lost: String,
    calls: String,
}

/// What the runs of two programs must have in common to share a row.
type Ground<'a> = (&'a str, String);

fn ground(recording: &Recording) -> Ground<'_> {
    let Recording { seed, databases, speed, .. } = recording;
    (&recording.scenario, format!("seed {seed}, {databases} databases, speed {speed}"))
}

impl Grid {
    pub(super) fn of(played: &[(Recording, Verdict)]) -> Grid {
        let mut programs: Vec<&str> = Vec::new();
        for (recording, _) in played {
            if !programs.contains(&recording.handler.as_str()) {
                programs.push(&recording.handler);
            }
        }
        let mut rows: Vec<(Ground<'_>, Row)> = Vec::new();
        for (index, (recording, verdict)) in played.iter().enumerate() {
            let column = programs
                .iter()
                .position(|program| *program == recording.handler)
                .unwrap_or_default();
            let free = |(ground_of_row, row): &(Ground<'_>, Row)| {
                *ground_of_row == ground(recording) && row.cells[column].is_none()
            };
            let row = match rows.iter().position(free) {
                Some(row) => row,
                None => {
                    rows.push((ground(recording), Row::of(recording, programs.len())));
                    rows.len() - 1
                }
            };
            rows[row].1.cells[column] = Some(Cell::of(index, verdict));
        }
        let same = rows.windows(2).all(|pair| pair[0].0.1 == pair[1].0.1);
        let common = rows.first().filter(|_| same).map(|((_, ground), _)| ground.clone());
        let rows = rows
            .into_iter()
            .map(|((_, ground), row)| Row { ground: common.is_none().then_some(ground), ..row });
        Grid {
            rows: rows.collect(),
            totals: programs.iter().map(|program| Total::of(program, played)).collect(),
            programs: programs.into_iter().map(str::to_owned).collect(),
            ground: common,
        }
    }
}

impl Row {
    fn of(recording: &Recording, programs: usize) -> Row {
        Row {
            title: words::sentence(&recording.title),
            scenario: recording.scenario.clone(),
            ground: None,
            cells: (0..programs).map(|_| None).collect(),
        }
    }
}

impl Cell {
    fn of(index: usize, verdict: &Verdict) -> Cell {
        Cell {
            run: run::id(index),
            word: match (verdict.converged, verdict.ok) {
                (true, true) => "right",
                (true, false) => "right in the end",
                (false, _) => "wrong",
            },
            ok: verdict.ok,
            faults: verdict.faults.join("; "),
            right: words::number_or_dash(verdict.seconds_to_converge),
            outage: words::number(verdict.outage_seconds),
            lost: words::count(verdict.lost_rows),
            calls: words::count(verdict.calls.len()),
        }
    }
}

impl Total {
    fn of(program: &str, played: &[(Recording, Verdict)]) -> Total {
        let verdicts: Vec<&Verdict> = played
            .iter()
            .filter(|(recording, _)| recording.handler == program)
            .map(|(_, verdict)| verdict)
            .collect();
        let ok = verdicts.iter().filter(|verdict| verdict.ok).count();
        let longest = verdicts
            .iter()
            .filter_map(|verdict| verdict.seconds_to_converge)
            .max_by(f64::total_cmp);
        let outage = verdicts.iter().map(|verdict| verdict.outage_seconds).fold(0.0, f64::max);
        Total {
            ok: format!("{ok} of {}", verdicts.len()),
            right: words::number_or_dash(longest),
            outage: words::number(outage),
            lost: words::count(verdicts.iter().map(|verdict| verdict.lost_rows).sum()),
            calls: words::count(verdicts.iter().map(|verdict| verdict.calls.len()).sum()),
        }
    }
}
