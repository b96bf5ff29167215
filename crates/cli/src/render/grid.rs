//! Scenarios and their verdicts as tables.

use comfy_table::{Cell, CellAlignment, ContentArrangement};
use serde::Serialize;
use writerlink_core::text;
use writerlink_lab::scenario::{Scenario, Verdict};

use super::colour::Colour;
use super::table::{plain_table, trimmed};

/// The scenarios by name, each with its title.
pub(crate) fn list(scenarios: &[Scenario], width: u16) -> String {
    let mut table = plain_table(Colour::Off, width);
    for scenario in scenarios {
        table.add_row([&scenario.name, &scenario.title]);
    }
    trimmed(&table)
}

/// What a program did in a scenario. As JSON it is the verdict, or `not_measured` instead.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Row {
    Played(Verdict),
    NotMeasured(NotMeasured),
}

/// Why a program was not measured in a scenario.
#[derive(Debug, Serialize)]
pub(crate) struct NotMeasured {
    pub(crate) scenario: String,
    pub(crate) title: String,
    pub(crate) handler: String,
    /// Always false, as of a verdict that is not good.
    pub(crate) ok: bool,
    /// The reason.
    pub(crate) not_measured: String,
}

impl NotMeasured {
    /// In one line. The reason names the program.
    pub(crate) fn sentence(&self) -> String {
        format!("{}: not measured: {}", self.scenario, self.not_measured)
    }
}

impl Row {
    fn program(&self) -> &str {
        match self {
            Row::Played(verdict) => &verdict.handler,
            Row::NotMeasured(reason) => &reason.handler,
        }
    }

    fn scenario(&self) -> &str {
        match self {
            Row::Played(verdict) => &verdict.scenario,
            Row::NotMeasured(reason) => &reason.scenario,
        }
    }

    /// What is not as it should be, in one line.
    fn fault(&self, program: &str) -> Option<String> {
        match self {
            Row::Played(verdict) if verdict.ok => None,
            Row::Played(verdict) => {
                Some(format!("{}, {program}: {}", verdict.scenario, faults(verdict)))
            }
            Row::NotMeasured(reason) => Some(reason.sentence()),
        }
    }
}

/// One line for each verdict. If several programs played a scenario, its name is printed once. The
/// table is as wide as it needs to be, so that no verdict wraps.
pub(crate) fn grid(rows: &[Row]) -> String {
    let mut table = plain_table(Colour::Off, u16::MAX);
    table.set_content_arrangement(ContentArrangement::Disabled);
    table.set_header([
        "SCENARIO",
        "PROGRAM",
        "ENDS",
        "RIGHT AFTER",
        "NO WRITE FOR",
        "IN ALL",
        "FAILED",
        "EMPTY",
        "LOST",
        "CALLS",
    ]);
    for column in 3..10 {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    for (index, row) in rows.iter().enumerate() {
        let is_first = index == 0 || rows[index - 1].scenario() != row.scenario();
        let scenario = Cell::new(if is_first { row.scenario() } else { "" });
        let program = Cell::new(short(row.program(), rows));
        let verdict = match row {
            Row::Played(verdict) => verdict,
            Row::NotMeasured(_) => {
                table.add_row([scenario, program, Cell::new("not measured")]);
                continue;
            }
        };
        table.add_row([
            scenario,
            program,
            Cell::new(if verdict.ok { "right" } else { "WRONG" }),
            Cell::new(match verdict.seconds_to_converge {
                Some(after) => seconds(after),
                None if verdict.converged => "-".to_owned(),
                None => "never".to_owned(),
            }),
            Cell::new(seconds(verdict.outage_seconds)),
            Cell::new(seconds(verdict.total_outage_seconds)),
            Cell::new(verdict.failed_statements),
            Cell::new(seconds(verdict.empty_seconds)),
            Cell::new(verdict.lost_rows),
            Cell::new(verdict.calls.len()),
        ]);
    }
    let wrong: Vec<String> =
        rows.iter().filter_map(|row| row.fault(&short(row.program(), rows))).collect();
    let mut parts = vec![trimmed(&table), LEGEND.to_owned()];
    if !wrong.is_empty() {
        parts.push(text::lines(&wrong.join("\n")));
    }
    parts.join("\n\n")
}

/// The end of a long command, where the handler stands; the whole of it, where two ends are equal.
fn short(program: &str, rows: &[Row]) -> String {
    const LONGEST: usize = 40;
    let end = |program: &str| {
        let cut = program.chars().count().saturating_sub(LONGEST);
        program.chars().skip(cut).collect::<String>()
    };
    let own = end(program);
    let is_alone = rows.iter().all(|row| row.program() == program || end(row.program()) != own);
    match own.len() < program.len() && is_alone {
        true => format!("…{own}"),
        false => program.to_owned(),
    }
}

const LEGEND: &str = "\
Times are seconds of the region.
RIGHT AFTER: from when the RDS API or DNS first showed the new writer until the group held exactly
that writer, for good. NO WRITE FOR: the longest time without an acknowledged write of the
application; IN ALL: all such times of a second or more. FAILED: its statements that failed.
EMPTY: how long the group was without a target that is not draining. LOST: acknowledged rows that no
database has.";

/// A verdict in one line.
pub(crate) fn sentence(verdict: &Verdict) -> String {
    let end = match (&verdict.faults[..], verdict.seconds_to_converge) {
        ([], Some(after)) => format!("right after {}", seconds(after)),
        ([], None) => "right".to_owned(),
        _ => faults(verdict),
    };
    let outage = seconds(verdict.outage_seconds);
    format!("{}, {}: {end}; no write for {outage}", verdict.scenario, verdict.handler)
}

/// What is wrong, at most the first few faults.
fn faults(verdict: &Verdict) -> String {
    const SHOWN: usize = 3;
    let mut texts: Vec<String> = verdict.faults.iter().take(SHOWN).cloned().collect();
    if verdict.faults.len() > SHOWN {
        texts.push(format!("and {} more like these", verdict.faults.len() - SHOWN));
    }
    texts.join("; ")
}

fn seconds(seconds: f64) -> String {
    format!("{seconds:.1} s")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_command_is_shown_by_its_end_unless_another_ends_alike() {
        let row = |handler: &str| {
            Row::Played(Verdict { handler: handler.to_owned(), ..Verdict::default() })
        };
        let long = "env -C some/folder NAME={endpoint} python3 -m awslambdaric handler.handler";
        let other = long.replacen("some", "another", 1);
        let shown = short(long, &[row(long), row("bootstrap"), row(long)]);
        assert_eq!(shown, "… python3 -m awslambdaric handler.handler");
        assert_eq!(short("bootstrap", &[row(long), row("bootstrap")]), "bootstrap");
        assert_eq!(short(long, &[row(long), row(&other)]), long);
    }
}
