//! Scenarios and their verdicts as tables.

use std::collections::BTreeSet;

use comfy_table::{CellAlignment, ContentArrangement};
use writerlink_lab::scenario::spread::{Runs, Spread};
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

/// One line for each scenario, program and rule, of one seed or several. If several programs played
/// a scenario, its name is printed once. The table is as wide as it needs to be, so that no line
/// wraps.
pub(crate) fn grid(verdicts: &[&Verdict]) -> String {
    let rows = Runs::of(verdicts);
    let mut table = plain_table(Colour::Off, u16::MAX);
    table.set_content_arrangement(ContentArrangement::Disabled);
    let has_rules = rows.windows(2).any(|pair| rule(&pair[0]) != rule(&pair[1]));
    let mut header = vec!["SCENARIO", "PROGRAM"];
    header.extend(has_rules.then_some("LEAVING"));
    let words = header.len() + 1;
    header.extend(["ENDS", "RIGHT AFTER", "NO WRITE FOR", "IN ALL"]);
    header.extend(["FAILED", "EMPTY", "LOST", "CALLS"]);
    table.set_header(&header);
    for column in words..header.len() {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    for (index, row) in rows.iter().enumerate() {
        let is_first = index == 0 || rows[index - 1].scenario != row.scenario;
        let mut cells = vec![if is_first { row.scenario.clone() } else { String::new() }];
        cells.push(row.handler.clone());
        cells.extend(has_rules.then(|| rule(row).to_owned()));
        cells.push(ends(row));
        cells.push(row.seconds_to_converge.map_or("-".to_owned(), |after| spread(after, 1)));
        let times = [row.outage_seconds, row.total_outage_seconds];
        cells.extend(times.map(|time| spread(time, 1)));
        cells.push(spread(row.failed_statements, 0));
        cells.push(spread(row.empty_seconds, 1));
        cells.extend([row.lost_rows, row.calls].map(|count| spread(count, 0)));
        table.add_row(cells);
    }
    let wrong: Vec<String> = verdicts
        .iter()
        .filter(|verdict| !verdict.ok)
        .map(|verdict| {
            let Verdict { scenario, handler, seed, .. } = verdict;
            format!("{scenario}, {handler}, seed {seed}: {}", faults(verdict))
        })
        .collect();
    let mut parts = vec![trimmed(&table), LEGEND.to_owned(), chance(&rows)];
    if !wrong.is_empty() {
        parts.push(wrong.join("\n"));
    }
    parts.join("\n\n")
}

const LEGEND: &str = "\
Times are seconds of the region.
RIGHT AFTER: from when the RDS API or DNS first showed the new writer until the group held exactly
that writer, for good. NO WRITE FOR: the longest time without an acknowledged write of the
application; IN ALL: all such times of a second or more. FAILED: its statements that failed.
EMPTY: how long the group was without a target that is not draining; this alone is no fault. LOST:
acknowledged rows that no database has.";

/// What the figures rest on: how many seeds, and what is assumed.
fn chance(rows: &[Runs]) -> String {
    let seeds = rows.iter().map(|row| row.seeds.len()).max().unwrap_or_default();
    let seeds = match seeds {
        0 | 1 => "One run of each, which ranks nobody: play several seeds (--seeds 9).".to_owned(),
        several => format!("The median of {several} seeds, and the least and the greatest figure."),
    };
    let rules: BTreeSet<&str> = rows.iter().map(rule).collect();
    let rules: Vec<&str> = rules.into_iter().collect();
    format!(
        "{seeds}\nAssumed, not measured: to the nodes, the health of a target that is being \
         removed is {} (--leaving).",
        rules.join(" or ")
    )
}

/// A Markdown table: a row for each scenario and rule, a column for each program.
pub(crate) fn markdown(rows: &[Runs]) -> String {
    let mut programs: Vec<&str> = Vec::new();
    let mut scenarios: Vec<(&str, &str)> = Vec::new();
    for row in rows {
        if !programs.contains(&row.handler.as_str()) {
            programs.push(&row.handler);
        }
        if !scenarios.contains(&(row.scenario.as_str(), rule(row))) {
            scenarios.push((&row.scenario, rule(row)));
        }
    }
    let headed = programs.iter().map(|program| format!(" `{program}` |"));
    let mut lines = vec![format!("| scenario | leaving |{}", headed.collect::<String>())];
    lines.push(format!("|---|---|{}", "---|".repeat(programs.len())));
    for (scenario, leaving) in scenarios {
        let cells = programs.iter().map(|program| {
            let row = rows.iter().find(|row| {
                (row.scenario.as_str(), rule(row), row.handler.as_str())
                    == (scenario, leaving, program)
            });
            format!(" {} |", row.map(markdown_cell).unwrap_or_default())
        });
        lines.push(format!("| `{scenario}` | {leaving} |{}", cells.collect::<String>()));
    }
    lines.join("\n")
}

/// When it was right, how long no write was acknowledged, how long the group was empty, and how
/// many writes failed.
fn markdown_cell(row: &Runs) -> String {
    let figures = [
        row.seconds_to_converge.map_or("–".to_owned(), |after| spread(after, 0)),
        spread(row.total_outage_seconds, 0),
        spread(row.empty_seconds, 1),
        spread(row.failed_statements, 0),
    ];
    let figures = figures.join(" · ");
    match row.ok == row.seeds.len() {
        true => figures,
        false => format!("**{} of {} right** · {figures}", row.ok, row.seeds.len()),
    }
}

fn rule(row: &Runs) -> &'static str {
    row.assumptions.leaving_health.as_str()
}

fn ends(row: &Runs) -> String {
    match (row.ok, row.seeds.len()) {
        (right, all) if right == all => "right".to_owned(),
        (_, 1) => "WRONG".to_owned(),
        (right, all) => format!("{right} of {all} right"),
    }
}

/// The median with the extremes, or the figure alone where all are the same.
fn spread(spread: Spread, decimals: usize) -> String {
    let figure = |one: Option<f64>| match one {
        Some(one) => format!("{one:.decimals$}"),
        None => "never".to_owned(),
    };
    let [median, min, max] = [spread.median, spread.min, spread.max].map(figure);
    if min == max { median } else { format!("{median} ({min}–{max})") }
}

/// A verdict in one line.
pub(crate) fn sentence(verdict: &Verdict) -> String {
    let end = match (&verdict.faults[..], verdict.seconds_to_converge) {
        ([], Some(after)) => format!("right after {}", seconds(after)),
        ([], None) => "right".to_owned(),
        _ => faults(verdict),
    };
    let outage = seconds(verdict.outage_seconds);
    let Verdict { scenario, handler, seed, .. } = verdict;
    format!("{scenario}, {handler}, seed {seed}: {end}; no write for {outage}")
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
    use writerlink_lab::scenario::Assumptions;
    use writerlink_lab::world::elbv2::LeavingHealth;

    use super::*;

    fn verdict(handler: &str, seed: u64, after: Option<f64>, rule: LeavingHealth) -> Verdict {
        Verdict {
            scenario: "planned-failover".to_owned(),
            handler: handler.to_owned(),
            seed,
            ok: after.is_some(),
            converged: after.is_some(),
            faults: after.is_none().then(|| "it is wrong".to_owned()).into_iter().collect(),
            seconds_to_converge: after,
            outage_seconds: 100.0 + seed as f64,
            total_outage_seconds: 110.0 + seed as f64,
            failed_statements: 900,
            empty_seconds: 0.1,
            assumptions: Assumptions { leaving_health: rule, ..Assumptions::default() },
            ..Verdict::default()
        }
    }

    #[test]
    fn several_seeds_are_told_by_the_median_and_the_extremes_under_each_rule() {
        use LeavingHealth::{Frozen, Live};
        let verdicts = [
            verdict("ours", 1, Some(33.0), Frozen),
            verdict("ours", 2, Some(2.0), Frozen),
            verdict("ours", 3, Some(31.5), Frozen),
            verdict("theirs", 1, Some(26.0), Frozen),
            verdict("theirs", 2, None, Frozen),
            verdict("theirs", 3, None, Frozen),
            verdict("ours", 1, Some(33.0), Live),
        ];
        let verdicts: Vec<&Verdict> = verdicts.iter().collect();
        insta::assert_snapshot!(format!(
            "{}\n\n{}",
            grid(&verdicts),
            markdown(&Runs::of(&verdicts))
        ));
    }

    #[test]
    fn a_single_run_says_that_it_ranks_nobody() {
        let one = verdict("ours", 1, Some(33.0), LeavingHealth::Frozen);
        assert!(grid(&[&one]).contains("One run of each, which ranks nobody"));
    }
}
