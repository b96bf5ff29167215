//! `writerlink lab run`: plays scenarios against our function or any other program that speaks the
//! Lambda runtime API.

use std::env;
use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use serde_json::json;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use writerlink_core::text;
use writerlink_lab::scenario::spread::Runs;
use writerlink_lab::scenario::{
    FunctionSettings, Play, Program, Recording, RegionAssumptions, Scenario, Subscription, Verdict,
    play, play_live, read, report, scenarios,
};
use writerlink_lab::wire::Busy;
use writerlink_lab::world::elbv2::LeavingHealth;
use writerlink_lab::world::pace::Delays;

use super::serve::{budgets, databases};
use crate::args::{Events, Leaving, Queue, RunArgs, RunFormat};
use crate::command::network::networks;
use crate::exit::Exit;
use crate::interrupt::interrupted;
use crate::output;
use crate::render::colour::Colour;
use crate::render::grid::{NotMeasured, Row, verdicts};
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
    if let Some(twice) = first_double(&args.handlers) {
        bail!("--handler {twice:?} is given twice: play several seeds instead (--seeds 9)");
    }
    if first_double(&args.leaving).is_some() {
        bail!("a rule of --leaving is given twice");
    }
    let handlers = if args.handlers.is_empty() { &[OURS.to_owned()][..] } else { &args.handlers };
    let programs =
        handlers.iter().map(|handler| program(handler)).collect::<anyhow::Result<Vec<_>>>()?;
    let plays = plays(args, &scenarios, &programs).await?;
    let asked = plays.len();
    let first_seed = plays.first().map(|(_, play)| play.seed);
    let has_seeds = plays.iter().any(|(_, play)| Some(play.seed) != first_seed);
    let format = args.output.unwrap_or(match io::stdout().is_terminal() {
        true => RunFormat::Summary,
        false => RunFormat::Json,
    });
    let mut results = Vec::new();
    let ended = tokio::select! {
        played = play_all(args.jobs, plays, &mut results) => { played?; None }
        exit = interrupted() => Some(exit),
    };
    if ended.is_some() && results.is_empty() {
        return Ok(ended.unwrap_or(Exit::Interrupted));
    }
    results.sort_by_key(|(place, _)| *place);
    let results = results.into_iter().map(|(_, result)| result);
    let (mut recordings, mut rows, mut unmeasured) = (Vec::new(), Vec::new(), 0);
    for result in results {
        match result {
            Ok((recording, verdict)) => {
                recordings.extend(recording.map(|recording| (recording, verdict.clone())));
                rows.push(Row::Played(verdict));
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
        (RunFormat::Json, rows) if has_seeds => {
            let runs = Runs::of(&verdicts(rows));
            output::print_json(&json!({ "runs": runs, "verdicts": rows }))?;
        }
        (RunFormat::Json, rows) => output::print_json(&rows)?,
        (RunFormat::Markdown, rows) => {
            output::print(&grid::markdown(&Runs::of(&verdicts(rows))))?;
        }
        (RunFormat::Summary, [Row::Played(verdict)]) if asked == 1 => {
            output::print(&summary::of(verdict, Colour::of_stdout()))?;
        }
        (RunFormat::Grid | RunFormat::Summary, rows) => output::print(&grid::grid(rows))?,
    }
    if let Some(path) = &args.report {
        fs::write(path, report::page(&recordings))
            .with_context(|| format!("{}: the report cannot be written", path.display()))?;
        if matches!(format, RunFormat::Grid | RunFormat::Summary) {
            let seed = first_seed.filter(|_| has_seeds);
            let seed = seed.map(|seed| format!(" of seed {seed}")).unwrap_or_default();
            output::print(&format!("\nThe report{seed} is {}", path.display()))?;
        }
    }
    if let Some(exit) = ended {
        // A closed standard error is no reason to end in another way.
        let _ =
            writeln!(io::stderr(), "writerlink: interrupted after {} of {asked} runs", rows.len());
        return Ok(exit);
    }
    // The verdicts are printed before the error, and the error keeps them from looking complete.
    if unmeasured > 0 {
        bail!("{unmeasured} of {asked} runs were not measured");
    }
    let is_right = verdicts(&rows).iter().all(|verdict| verdict.ok);
    Ok(if is_right { Exit::Success } else { Exit::Drift })
}

/// The first that is there twice.
fn first_double<T: PartialEq>(all: &[T]) -> Option<&T> {
    all.iter().enumerate().find(|(place, one)| all[..*place].contains(one)).map(|(_, one)| one)
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
    if handler.trim().is_empty() {
        bail!("--handler is empty: name a program");
    }
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

/// Every scenario with every program, rule and seed, in this order.
async fn plays(
    args: &RunArgs,
    scenarios: &[Scenario],
    programs: &[Program],
) -> anyhow::Result<Vec<(Scenario, Play)>> {
    let has_commands = programs.iter().any(|program| matches!(program, Program::Command(_)));
    let networks = if has_commands && !args.region.host_network { networks().await? } else { None };
    let databases = databases(args.region.databases)?;
    let delays = Delays::read(&args.delays).map_err(|error| anyhow!("--delay: {error}"))?;
    let seeds = args.seeds.clone().unwrap_or(args.seed..=args.seed);
    let mut plays = Vec::new();
    for scenario in scenarios {
        for &leaving in &args.leaving {
            for program in programs {
                plays.extend(seeds.clone().map(|seed| {
                    let play = Play {
                        speed: args.speed,
                        seed,
                        databases: databases.clone(),
                        sweeps: !args.no_schedule,
                        budgets: args.region.budgets.map(budgets),
                        function: function(args, program),
                        assumptions: RegionAssumptions {
                            leaving_health: leaving_health(leaving),
                            delays: delays.clone(),
                        },
                        networks: networks.clone(),
                        ..Play::of(program.clone())
                    };
                    (scenario.clone(), play)
                }));
            }
        }
    }
    Ok(plays)
}

fn function(args: &RunArgs, program: &Program) -> FunctionSettings {
    let usual = FunctionSettings::of(program);
    FunctionSettings {
        timeout: args.timeout.map_or(usual.timeout, |set| Duration::from_secs(set.into())),
        retries: args.retries.map_or(usual.retries, usize::from),
        busy: match args.queue {
            Queue::Backoff => Busy::Backoff,
            Queue::AtOnce => Busy::AtOnce,
        },
        subscription: match args.subscription {
            None => usual.subscription,
            Some(Events::Failover) => Subscription::Failover,
            Some(Events::Instances) => Subscription::Instances,
        },
    }
}

fn leaving_health(leaving: Leaving) -> LeavingHealth {
    match leaving {
        Leaving::Frozen => LeavingHealth::Frozen,
        Leaving::Live => LeavingHealth::Live,
        Leaving::Ignored => LeavingHealth::Ignored,
    }
}

/// What was played, with its recording or without.
type Played = (Option<Recording>, Verdict);

/// Plays, several at a time, and reports progress on standard error: of several each verdict, and
/// of a single one each thing that happens, if standard error is a terminal. Adds each result, with
/// its place in the order given; one that could not be played ends no other. Only those of the
/// first seed have their recordings: all of many seeds are too much to keep, and too much for one
/// page.
async fn play_all(
    jobs: u16,
    plays: Vec<(Scenario, Play)>,
    results: &mut Vec<(usize, Result<Played, NotMeasured>)>,
) -> anyhow::Result<()> {
    let permits = Arc::new(Semaphore::new(jobs.into()));
    let all = plays.len();
    let first_seed = plays.first().map(|(_, play)| play.seed);
    let is_followed = all == 1 && io::stderr().is_terminal();
    if is_followed {
        let _ = writeln!(io::stderr(), "{EXPLANATION}\n");
    }
    let mut tasks = JoinSet::new();
    for (place, (scenario, settings)) in plays.into_iter().enumerate() {
        let permits = permits.clone();
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
            let keeps = |verdict: &Verdict| Some(verdict.seed) == first_seed;
            let played = played
                .map(|(recording, verdict)| (keeps(&verdict).then_some(recording), verdict))
                .map_err(|error| NotMeasured {
                    scenario: scenario.name.clone(),
                    title: scenario.title.clone(),
                    handler: settings.program.words(),
                    seed: settings.seed,
                    ok: false,
                    not_measured: error.to_string(),
                });
            (place, played)
        });
    }
    while let Some(task) = tasks.join_next().await {
        let (place, result) = task.context("a scenario ended unexpectedly")?;
        if all > 1 {
            let sentence = match &result {
                Ok((_, verdict)) => grid::sentence(verdict),
                Err(reason) => reason.sentence(),
            };
            let done = results.len() + 1;
            // A closed standard error is no reason to stop.
            let _ = writeln!(io::stderr(), "{done} of {all}: {}", text::clean(&sentence));
        }
        results.push((place, result));
    }
    Ok(())
}
