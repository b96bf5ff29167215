//! `writerlink lab run`: plays scenarios against our function or any other program that speaks the
//! Lambda runtime API.

use std::env;
use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, anyhow, bail};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use writerlink_core::text;
use writerlink_lab::scenario::{
    Play, Program, Recording, Scenario, Verdict, play, play_live, read, report, scenarios,
};

use super::serve::{budgets, databases};
use crate::args::{RunArgs, RunFormat};
use crate::command::network::networks;
use crate::exit::Exit;
use crate::interrupt::interrupted;
use crate::output;
use crate::render::colour::Colour;
use crate::render::grid::{NotMeasured, Row};
use crate::render::moments::{EXPLANATION, Live};
use crate::render::table::width_of_stdout;
use crate::render::{grid, summary};

/// The value of `--handler` that stands for our own function.
pub(super) const OURS: &str = "bootstrap";

/// Plays every requested scenario against every program, and prints the verdicts.
pub(crate) async fn run(args: &RunArgs) -> anyhow::Result<Exit> {
    let all = match &args.file {
        Some(path) => read_scenarios(path)?,
        None => scenarios(),
    };
    if args.list {
        output::print(&grid::list(&all, width_of_stdout()))?;
        return Ok(Exit::Success);
    }
    let scenarios = chosen(args, all)?;
    if let Some(path) = &args.report {
        check_place(path)?;
    }
    let handlers = if args.handlers.is_empty() { &[OURS.to_owned()][..] } else { &args.handlers };
    let programs =
        handlers.iter().map(|handler| program(handler)).collect::<anyhow::Result<Vec<_>>>()?;
    let asked = scenarios.len() * programs.len();
    let format = args.output.unwrap_or(match io::stdout().is_terminal() {
        true => RunFormat::Summary,
        false => RunFormat::Json,
    });
    let results = tokio::select! {
        results = play_all(args, scenarios, &programs) => results?,
        exit = interrupted() => return Ok(exit),
    };
    let (mut played, mut unmeasured) = (Vec::new(), 0);
    let mut rows: Vec<Row> = Vec::new();
    for result in results {
        match result {
            Ok((recording, verdict)) => {
                rows.push(Row::Played(verdict.clone()));
                played.push((recording, verdict));
            }
            Err(reason) if asked == 1 => return Err(anyhow!(reason.not_measured)),
            Err(reason) => {
                unmeasured += 1;
                rows.push(Row::NotMeasured(reason));
            }
        }
    }
    match (format, rows.as_slice()) {
        (RunFormat::Json, [row]) if asked == 1 => output::print_json(row)?,
        (RunFormat::Json, rows) => output::print_json(&rows)?,
        (RunFormat::Summary, [Row::Played(verdict)]) if asked == 1 => {
            output::print(&summary::of(verdict, Colour::of_stdout()))?;
        }
        (RunFormat::Grid | RunFormat::Summary, rows) => output::print(&grid::grid(rows))?,
    }
    if let Some(path) = &args.report {
        fs::write(path, report::page(&played))
            .with_context(|| format!("{}: the report cannot be written", path.display()))?;
        if format != RunFormat::Json {
            output::print(&format!("\nThe report is {}", path.display()))?;
        }
    }
    // The verdicts are printed before the error, and the error keeps them from looking complete.
    if unmeasured > 0 {
        bail!("{unmeasured} of {asked} runs were not measured");
    }
    let is_right = played.iter().all(|(_, verdict)| verdict.ok);
    Ok(if is_right { Exit::Success } else { Exit::Drift })
}

/// The scenarios in a file.
fn read_scenarios(path: &Path) -> anyhow::Result<Vec<Scenario>> {
    let text = fs::read_to_string(path)
        .with_context(|| format!("{}: the scenarios cannot be read", path.display()))?;
    Ok(read(&text, &path.display().to_string())?)
}

/// Refuses a place that cannot be written before the scenarios take minutes.
fn check_place(report: &Path) -> anyhow::Result<()> {
    let was_there = report.exists();
    let file = fs::OpenOptions::new().append(true).create(true).open(report);
    file.with_context(|| {
        format!(
            "{}: the report cannot be written: name a file in a folder that exists and is writable",
            report.display()
        )
    })?;
    if !was_there {
        fs::remove_file(report)?;
    }
    Ok(())
}

/// Those of all scenarios that are named.
fn chosen(args: &RunArgs, mut all: Vec<Scenario>) -> anyhow::Result<Vec<Scenario>> {
    if args.all {
        return Ok(all);
    }
    if args.scenarios.is_empty() {
        bail!(
            "no scenario is named: `writerlink lab run --list` lists them, and `--all` plays all"
        );
    }
    let known: Vec<String> = all.iter().map(|scenario| scenario.name.clone()).collect();
    for name in &args.scenarios {
        if !known.contains(name) {
            bail!("there is no scenario `{name}`; there are: {}", known.join(", "));
        }
    }
    all.retain(|scenario| args.scenarios.contains(&scenario.name));
    Ok(all)
}

/// Our own function is in the directory of this program; anything else is a shell command.
pub(super) fn program(handler: &str) -> anyhow::Result<Program> {
    if handler != OURS {
        return Program::of_command(handler).with_context(|| format!("--handler {handler:?}"));
    }
    let own = env::current_exe().context("the path of this program is unknown")?;
    let path = own.parent().unwrap_or(Path::new(".")).join(OURS);
    if !path.exists() {
        bail!(
            "the function is not built: {} does not exist. Build it with `cargo build \
             --workspace`, or name another program with --handler",
            path.display()
        );
    }
    Ok(Program::File(path))
}

/// Plays the scenarios, several at a time, and reports progress on standard error: of several each
/// verdict, and of a single one each thing that happens, if standard error is a terminal. Returns
/// the results in the order of the scenarios; one that could not be played ends no other.
async fn play_all(
    args: &RunArgs,
    scenarios: Vec<Scenario>,
    programs: &[Program],
) -> anyhow::Result<Vec<Result<(Recording, Verdict), NotMeasured>>> {
    let databases = databases(args.region.databases)?;
    let has_commands = programs.iter().any(|program| matches!(program, Program::Command(_)));
    let networks = if has_commands && !args.region.host_network { networks().await? } else { None };
    let permits = Arc::new(Semaphore::new(args.jobs.into()));
    let all = scenarios.len() * programs.len();
    let is_followed = all == 1 && io::stderr().is_terminal();
    if is_followed {
        let _ = writeln!(io::stderr(), "{EXPLANATION}\n");
    }
    let mut tasks = JoinSet::new();
    for (index, scenario) in scenarios.into_iter().enumerate() {
        for (column, program) in programs.iter().enumerate() {
            let (permits, scenario) = (permits.clone(), scenario.clone());
            let settings = Play {
                program: program.clone(),
                speed: args.speed,
                seed: args.seed,
                databases: databases.clone(),
                sweeps: !args.no_schedule,
                budgets: args.region.budgets.map(budgets),
                networks: networks.clone(),
            };
            tasks.spawn(async move {
                let _permit = permits.acquire().await;
                let mut live = Live::default();
                let mut show = |recording: &Recording| {
                    for line in live.news(recording, Colour::Off) {
                        // A closed standard error is no reason to stop.
                        let _ = writeln!(io::stderr(), "{line}");
                    }
                };
                let played = match is_followed {
                    true => play_live(&scenario, &settings, &mut show).await,
                    false => play(&scenario, &settings).await,
                };
                let played = played.map_err(|error| NotMeasured {
                    scenario: scenario.name.clone(),
                    title: scenario.title.clone(),
                    handler: settings.program.words(),
                    ok: false,
                    not_measured: error.to_string(),
                });
                ((index, column), played)
            });
        }
    }
    let mut results = Vec::new();
    while let Some(task) = tasks.join_next().await {
        let (place, result) = task.context("a scenario ended unexpectedly")?;
        if all > 1 {
            let sentence = match &result {
                Ok((_, verdict)) => grid::sentence(verdict),
                Err(reason) => reason.sentence(),
            };
            // A closed standard error is no reason to stop.
            let _ = writeln!(
                io::stderr(),
                "{} of {all}: {}",
                results.len() + 1,
                text::clean(&sentence)
            );
        }
        results.push((place, result));
    }
    results.sort_by_key(|(place, _)| *place);
    Ok(results.into_iter().map(|(_, result)| result).collect())
}
