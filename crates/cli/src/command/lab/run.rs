//! `writerlink lab run`: scenarios, played against our function or any other program that speaks
//! the Lambda runtime API.

use std::env;
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, anyhow, bail};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use writerlink_core::text;
use writerlink_lab::scenario::{
    Play, Program, Recording, Scenario, Verdict, play, report, scenarios,
};

use super::serve::databases;
use crate::args::{RunArgs, RunForm};
use crate::exit::Exit;
use crate::interrupt::interrupted;
use crate::output;
use crate::render::grid;
use crate::render::table::width_of_stdout;

/// The word by which our own function is asked for.
const OURS: &str = "bootstrap";

/// Plays every scenario that is asked for against every program, and prints the verdicts.
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
    let asked = scenarios.len() * programs.len();
    let (played, failed) = tokio::select! {
        played = play_all(args, scenarios, &programs) => played?,
        exit = interrupted() => return Ok(exit),
    };
    let verdicts: Vec<&Verdict> = played.iter().map(|(_, verdict)| verdict).collect();
    match (args.output, verdicts.as_slice()) {
        (RunForm::Grid, verdicts) => output::print(&grid::grid(verdicts))?,
        (RunForm::Json, [verdict]) if asked == 1 => output::print_json(verdict)?,
        (RunForm::Json, verdicts) => output::print_json(&verdicts)?,
    }
    if let Some(path) = &args.report {
        fs::write(path, report::page(&played))
            .with_context(|| format!("{}: the report cannot be written", path.display()))?;
    }
    // What could be played is told; what could not must not pass for it.
    if let Some(error) = failed {
        return Err(error);
    }
    Ok(if verdicts.iter().all(|verdict| verdict.ok) { Exit::Success } else { Exit::Drift })
}

/// Minutes later would be late to find out.
fn check_place(report: &Path) -> anyhow::Result<()> {
    let folder = report.parent().filter(|folder| !folder.as_os_str().is_empty());
    if folder.is_some_and(|folder| !folder.is_dir()) || report.is_dir() {
        bail!(
            "{}: the report cannot be written there: name a file in a folder that exists",
            report.display()
        );
    }
    Ok(())
}

fn chosen(args: &RunArgs) -> anyhow::Result<Vec<Scenario>> {
    let mut all = scenarios();
    if args.all {
        return Ok(all);
    }
    if args.scenarios.is_empty() {
        bail!("which scenario? `writerlink lab run --list` names them, and `--all` plays them all");
    }
    let known: Vec<String> = all.iter().map(|scenario| scenario.name.clone()).collect();
    for name in &args.scenarios {
        if !known.contains(name) {
            bail!("there is no scenario `{name}`; these are there: {}", known.join(", "));
        }
    }
    all.retain(|scenario| args.scenarios.contains(&scenario.name));
    Ok(all)
}

/// Our own function lies beside this program; anything else is a command.
fn program(handler: &str) -> anyhow::Result<Program> {
    if handler != OURS {
        return Ok(Program::Command(handler.to_owned()));
    }
    let own = env::current_exe().context("this program does not know where it lies")?;
    let path = own.parent().unwrap_or(Path::new(".")).join(OURS);
    if !path.exists() {
        bail!(
            "the function is not built: {} is not there. `cargo build --workspace` builds it; or \
             name a program with --handler",
            path.display()
        );
    }
    Ok(Program::File(path))
}

/// Plays them, several at a time, and tells on standard error what is done. They come back in the
/// order of the scenarios, with what kept the last of those that could not be played.
async fn play_all(
    args: &RunArgs,
    scenarios: Vec<Scenario>,
    programs: &[Program],
) -> anyhow::Result<(Vec<(Recording, Verdict)>, Option<anyhow::Error>)> {
    let databases = databases(args.databases)?;
    let places = Arc::new(Semaphore::new(args.jobs.into()));
    let mut tasks = JoinSet::new();
    for (index, scenario) in scenarios.into_iter().enumerate() {
        for (column, program) in programs.iter().enumerate() {
            let (places, scenario) = (places.clone(), scenario.clone());
            let manner = Play {
                program: program.clone(),
                speed: args.speed,
                seed: args.seed,
                databases: databases.clone(),
                sweeps: !args.no_schedule,
            };
            tasks.spawn(async move {
                let _place = places.acquire().await;
                ((index, column), play(&scenario, &manner).await)
            });
        }
    }
    let all = tasks.len();
    let (mut played, mut failed) = (Vec::new(), None);
    while let Some(task) = tasks.join_next().await {
        let (place, result) = task.context("a scenario came to a sudden end")?;
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
            let (done, said) = (played.len() + 1, grid::sentence(&verdict));
            // Nobody may be listening.
            let _ = writeln!(io::stderr(), "{done} of {all}: {}", text::clean(&said));
        }
        played.push((place, recording, verdict));
    }
    played.sort_by_key(|(place, ..)| *place);
    if played.is_empty()
        && let Some(error) = failed
    {
        return Err(error);
    }
    let played = played.into_iter().map(|(_, recording, verdict)| (recording, verdict));
    Ok((played.collect(), failed))
}
