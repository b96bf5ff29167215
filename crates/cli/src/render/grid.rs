//! Scenarios and their verdicts as tables.

use std::collections::BTreeSet;

use comfy_table::{CellAlignment, ContentArrangement};
use serde::Serialize;
use writerlink_core::text;
use writerlink_lab::scenario::spread::{Runs, Spread};
use writerlink_lab::scenario::{Scenario, Verdict};

use super::colour::Colour;
use super::table::{plain_table, trimmed};

/// The scenarios by name, each with its title.
pub(crate) fn list(scenarios: &[Scenario], width: u16) -> String {
    let mut table = plain_table(Colour::Off, width);
    for scenario in scenarios {
        table.add_row([&scenario.name, &text::clean(&scenario.title).to_string()]);
    }
    trimmed(&table)
}

/// What a program did in a scenario. As JSON it is the verdict, or `not_measured` instead.
#[derive(Debug, Serialize)]
#[serde(untagged)]
#[expect(clippy::large_enum_variant, reason = "a row is moved once, into the list of rows")]
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
    pub(crate) seed: u64,
    /// Always false, as of a verdict that is not good.
    pub(crate) ok: bool,
    /// The reason.
    pub(crate) not_measured: String,
}

impl NotMeasured {
    /// In one line. The reason names the program.
    pub(crate) fn sentence(&self) -> String {
        let NotMeasured { scenario, seed, not_measured, .. } = self;
        format!("{scenario}, seed {seed}: not measured: {not_measured}")
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
                let Verdict { scenario, seed, .. } = verdict;
                Some(format!("{scenario}, {program}, seed {seed}: {}", faults(verdict)))
            }
            Row::NotMeasured(reason) => Some(reason.sentence()),
        }
    }
}

/// The verdicts of those that were played.
pub(crate) fn verdicts(rows: &[Row]) -> Vec<&Verdict> {
    let played = rows.iter().filter_map(|row| match row {
        Row::Played(verdict) => Some(verdict),
        Row::NotMeasured(_) => None,
    });
    played.collect()
}

/// One line for each scenario, program and rule, of one seed or several. If several programs played
/// a scenario, its name is printed once. The table is as wide as it needs to be, so that no line
/// wraps.
pub(crate) fn grid(rows: &[Row]) -> String {
    let runs = Runs::of(&verdicts(rows));
    let mut table = plain_table(Colour::Off, u16::MAX);
    table.set_content_arrangement(ContentArrangement::Disabled);
    let has_rules = runs.windows(2).any(|pair| rule(&pair[0]) != rule(&pair[1]));
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
    let mut scenarios: Vec<&str> = rows.iter().map(Row::scenario).collect();
    scenarios.dedup();
    for scenario in scenarios {
        let mut name = scenario;
        let mut start =
            |program: &str| vec![std::mem::take(&mut name).to_owned(), short(program, rows)];
        for run in runs.iter().filter(|run| run.scenario == scenario) {
            let mut cells = start(&run.handler);
            cells.extend(has_rules.then(|| rule(run).to_owned()));
            cells.push(ends(run));
            cells.push(run.seconds_to_converge.map_or("-".to_owned(), |after| spread(after, 1)));
            let times = [run.outage_seconds, run.total_outage_seconds];
            cells.extend(times.map(|time| spread(time, 1)));
            cells.push(spread(run.failed_statements, 0));
            cells.push(spread(run.empty_seconds, 1));
            cells.extend([run.lost_rows, run.calls].map(|count| spread(count, 0)));
            table.add_row(cells);
        }
        let missing = rows.iter().filter_map(|row| match row {
            Row::NotMeasured(reason) if reason.scenario == scenario => Some(&reason.handler),
            _ => None,
        });
        for handler in missing.collect::<BTreeSet<_>>() {
            let mut cells = start(handler);
            cells.extend(has_rules.then(String::new));
            cells.push("not measured".to_owned());
            table.add_row(cells);
        }
    }
    let wrong: Vec<String> =
        rows.iter().filter_map(|row| row.fault(&short(row.program(), rows))).collect();
    let mut parts = vec![trimmed(&table), LEGEND.to_owned(), chance(&runs)];
    let choosing: Vec<String> = runs.iter().filter_map(|run| choosing(run, rows)).collect();
    if !choosing.is_empty() {
        parts.insert(1, text::lines(&choosing.join("\n")));
    }
    if !wrong.is_empty() {
        parts.push(text::lines(&wrong.join("\n")));
    }
    parts.join("\n\n")
}

/// How the application fared that chooses among the members' ports, if there is one.
fn choosing(run: &Runs, rows: &[Row]) -> Option<String> {
    let outage = run.choosing_outage_seconds?;
    Some(format!(
        "{}, {}: an application that chooses among the members' ports has no write for {} s; no \
         database takes writes for {} s",
        run.scenario,
        short(&run.handler, rows),
        spread(outage, 1),
        spread(run.platform_seconds, 1)
    ))
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
    let choosing = verdict.choosing_outage_seconds.map_or_else(String::new, |choosing| {
        format!(", by the members' ports {}", seconds(choosing))
    });
    let Verdict { scenario, handler, seed, .. } = verdict;
    format!("{scenario}, {handler}, seed {seed}: {end}; no write for {outage}{choosing}")
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
        let played = [
            verdict("ours", 1, Some(33.0), Frozen),
            verdict("ours", 2, Some(2.0), Frozen),
            verdict("ours", 3, Some(31.5), Frozen),
            verdict("theirs", 1, Some(26.0), Frozen),
            verdict("theirs", 2, None, Frozen),
            verdict("theirs", 3, None, Frozen),
            verdict("ours", 1, Some(33.0), Live),
        ];
        let rows = played.map(Row::Played);
        insta::assert_snapshot!(format!(
            "{}\n\n{}",
            grid(&rows),
            markdown(&Runs::of(&verdicts(&rows)))
        ));
    }

    #[test]
    fn a_single_run_says_that_it_ranks_nobody() {
        let one = verdict("ours", 1, Some(33.0), LeavingHealth::Frozen);
        assert!(grid(&[Row::Played(one)]).contains("One run of each, which ranks nobody"));
    }

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
