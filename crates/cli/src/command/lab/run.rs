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
    play, play_live, report, scenarios,
};
use writerlink_lab::wire::Busy;
use writerlink_lab::world::elbv2::LeavingHealth;
use writerlink_lab::world::pace::Delays;

use super::serve::{budgets, databases};
use crate::args::{Events, Leaving, Queue, RunArgs, RunFormat};
use crate::exit::Exit;
use crate::interrupt::interrupted;
use crate::output;
use crate::render::colour::Colour;
use crate::render::moments::{EXPLANATION, Live};
use crate::render::table::width_of_stdout;
use crate::render::{grid, summary};

/// The value of `--handler` that stands for our own function.
pub(super) const OURS: &str = "bootstrap";

/// Plays every requested scenario against every program, and prints the verdicts.
pub(crate) async fn run(args: &RunArgs) -> anyhow::Result<Exit> {
    if args.list {
        output::print(&grid::list(&scenarios(), width_of_stdout()))?;
        return Ok(Exit::Success);
    }
    let scenarios = chosen(args)?;
    if let Some(path) = &args.report {
        check_place(path)?;
    }
    let handlers = if args.handlers.is_empty() { &[OURS.to_owned()][..] } else { &args.handlers };
    let programs =
        handlers.iter().map(|handler| program(handler)).collect::<anyhow::Result<Vec<_>>>()?;
    let plays = plays(args, &scenarios, &programs)?;
    let asked = plays.len();
    let first_seed = plays.first().map(|(_, play)| play.seed);
    let has_seeds = plays.iter().any(|(_, play)| Some(play.seed) != first_seed);
    let format = args.output.unwrap_or(match io::stdout().is_terminal() {
        true => RunFormat::Summary,
        false => RunFormat::Json,
    });
    let (played, failed) = tokio::select! {
        played = play_all(args.jobs, plays) => played?,
        exit = interrupted() => return Ok(exit),
    };
    let verdicts: Vec<&Verdict> = played.iter().map(|played| &played.verdict).collect();
    match (format, verdicts.as_slice()) {
        (RunFormat::Json, [verdict]) if asked == 1 => output::print_json(verdict)?,
        (RunFormat::Json, verdicts) if has_seeds => {
            output::print_json(&json!({ "runs": Runs::of(verdicts), "verdicts": verdicts }))?;
        }
        (RunFormat::Json, verdicts) => output::print_json(&verdicts)?,
        (RunFormat::Markdown, verdicts) => {
            output::print(&grid::markdown(&Runs::of(verdicts)))?;
        }
        (RunFormat::Summary, [verdict]) if asked == 1 => {
            output::print(&summary::of(verdict, Colour::of_stdout()))?;
        }
        (RunFormat::Grid | RunFormat::Summary, verdicts) => {
            output::print(&grid::grid(verdicts))?;
        }
    }
    if let Some(path) = &args.report {
        let shown: Vec<_> = played
            .iter()
            .filter_map(|played| Some((played.recording.clone()?, played.verdict.clone())))
            .collect();
        fs::write(path, report::page(&shown))
            .with_context(|| format!("{}: the report cannot be written", path.display()))?;
        if matches!(format, RunFormat::Grid | RunFormat::Summary) {
            let seed = first_seed.filter(|_| has_seeds);
            let seed = seed.map(|seed| format!(" of seed {seed}")).unwrap_or_default();
            output::print(&format!("\nThe report{seed} is {}", path.display()))?;
        }
    }
    // The verdicts are printed before the error, and the error keeps them from looking complete.
    if let Some(error) = failed {
        return Err(error);
    }
    Ok(if verdicts.iter().all(|verdict| verdict.ok) { Exit::Success } else { Exit::Drift })
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

fn chosen(args: &RunArgs) -> anyhow::Result<Vec<Scenario>> {
    let mut all = scenarios();
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
        return Ok(Program::Command(handler.to_owned()));
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
fn plays(
    args: &RunArgs,
    scenarios: &[Scenario],
    programs: &[Program],
) -> anyhow::Result<Vec<(Scenario, Play)>> {
    let databases = databases(args.databases)?;
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
                        budgets: args.budgets.map(budgets),
                        function: function(args, program),
                        assumptions: RegionAssumptions {
                            leaving_health: leaving_health(leaving),
                            delays: delays.clone(),
                        },
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

/// What was played: its verdict, and its recording if it has the first seed. All recordings of many
/// seeds are too much to keep, and too much for one page.
struct Played {
    recording: Option<Recording>,
    verdict: Verdict,
}

/// Plays, several at a time, and reports progress on standard error: of several each verdict, and
/// of a single one each thing that happens, if standard error is a terminal. Returns what was
/// played in the order given, and the error of the last play that did not work.
async fn play_all(
    jobs: u16,
    plays: Vec<(Scenario, Play)>,
) -> anyhow::Result<(Vec<Played>, Option<anyhow::Error>)> {
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
            (place, played)
        });
    }
    let (mut played, mut failed) = (Vec::new(), None);
    while let Some(task) = tasks.join_next().await {
        let (place, result) = task.context("a scenario ended unexpectedly")?;
        let (recording, verdict) = match result {
            Ok(played) => played,
            Err(error) => {
                if let Some(before) = failed.replace(anyhow!(error)) {
                    let _ = writeln!(
                        io::stderr(),
                        "writerlink: {}",
                        text::lines(&format!("{before:#}"))
                    );
                }
                continue;
            }
        };
        if all > 1 {
            let (done, sentence) = (played.len() + 1, grid::sentence(&verdict));
            // A closed standard error is no reason to stop.
            let _ = writeln!(io::stderr(), "{done} of {all}: {}", text::clean(&sentence));
        }
        let recording = Some(recording).filter(|_| Some(verdict.seed) == first_seed);
        played.push((place, Played { recording, verdict }));
    }
    played.sort_by_key(|(place, _)| *place);
    if played.is_empty()
        && let Some(error) = failed
    {
        return Err(error);
    }
    Ok((played.into_iter().map(|(_, played)| played).collect(), failed))
}
