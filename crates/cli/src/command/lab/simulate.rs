//! `writerlink lab simulate`: plays seeded histories of the real engine in the region, in virtual
//! time.

use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::Context;
use writerlink_lab::simulate::{
    Campaign, Found, Function, History, Telling, Violation, simulate as play,
};
use writerlink_lambda::{answer, payload};

use crate::args::SimulateArgs;
use crate::exit::Exit;
use crate::interrupt::interrupted;
use crate::output;

/// The real function's reading of a payload and its judgement of a report.
const FUNCTION: Function = Function {
    read: |payload, names| match payload::read(payload, &payload::CallContext::of(names)) {
        Ok(request) => Ok(request.trigger),
        Err(refusal) => Err(refusal.to_string()),
    },
    fails: |trigger, report| answer::answer(trigger, report).is_err(),
};

/// Plays one seed and prints it, or plays many and counts.
pub(crate) async fn simulate(args: &SimulateArgs) -> anyhow::Result<Exit> {
    match args.seed {
        Some(seed) => replay(seed),
        None => campaign(args).await,
    }
}

fn replay(seed: u64) -> anyhow::Result<Exit> {
    let history = play(seed, &FUNCTION, Telling::Full);
    output::print(&format!("{}\n{}", history.transcript.as_str(), verdict(&history)))?;
    Ok(exit(history.violations.is_empty()))
}

/// Ctrl-C ends the campaign, which then prints what was found so far.
async fn campaign(args: &SimulateArgs) -> anyhow::Result<Exit> {
    let campaign = Campaign {
        from: args.from,
        seeds: args.seeds.or_else(|| args.most.is_none().then_some(DEFAULT_SEEDS)),
        most: args.most,
        threads: match args.threads {
            Some(threads) => threads.into(),
            None => thread::available_parallelism().map_or(1, usize::from),
        },
    };
    let stop = Arc::new(AtomicBool::new(false));
    let (of_campaign, played) = (stop.clone(), campaign.clone());
    let mut playing = tokio::task::spawn_blocking(move || played.play(&FUNCTION, &of_campaign));
    let (found, interruption) = tokio::select! {
        found = &mut playing => (found, None),
        exit = interrupted() => {
            stop.store(true, Ordering::Relaxed);
            (playing.await, Some(exit))
        }
    };
    let found = found.context("a history could not be played")?;
    output::print(&summary(&campaign, &found))?;
    Ok(match (&found.failed, interruption) {
        (None, Some(exit)) => exit,
        (failed, _) => exit(failed.is_none()),
    })
}

/// How many seeds are played without `--seeds` and `--for`.
const DEFAULT_SEEDS: u64 = 1000;

fn exit(kept: bool) -> Exit {
    if kept { Exit::Success } else { Exit::CouldNotRun }
}

fn verdict(history: &History) -> String {
    let mut text = String::new();
    let seed = history.seed;
    if let Some(first) = history.violations.first() {
        let _ = writeln!(text, "seed {seed}: {}", broken(first));
        return text;
    }
    let counts = history.counts;
    let _ = writeln!(
        text,
        "seed {seed}: every promise was kept. {} runs, {} killed; {} failovers; {} writes.",
        counts.runs, counts.killed, counts.failovers, counts.writes
    );
    if let Some((took, most)) = history.settled {
        let _ = writeln!(
            text,
            "After the faults stopped, everything was right within {}; L1 allows {}.",
            seconds(took),
            seconds(most)
        );
    }
    for (excuse, times) in &history.excuses {
        let _ = writeln!(text, "Not promised, but happened: {times} {}.", excuse.words());
    }
    text
}

/// The result of many histories.
fn summary(campaign: &Campaign, found: &Found) -> String {
    let mut text = String::new();
    let _ = writeln!(
        text,
        "{} seeds from {} on, in {}: {:.0} a second on {} threads",
        found.seeds,
        campaign.from,
        seconds(found.took),
        found.rate(),
        campaign.threads
    );
    let counts = found.counts;
    let _ = writeln!(
        text,
        "{} runs, {} killed; {} failovers; {} writes",
        counts.runs, counts.killed, counts.failovers, counts.writes
    );
    if let Some((seed, took, most)) = found.slowest {
        let _ = writeln!(
            text,
            "closest to the bound of L1: seed {seed} was right {} after the faults stopped; L1 \
             allows {}",
            seconds(took),
            seconds(most)
        );
    }
    for (excuse, (times, seed)) in &found.excuses {
        let words = excuse.words();
        let _ = writeln!(text, "not promised, but happened: {times} {words}; see seed {seed}");
    }
    let (all, reached) = found.coverage.cells();
    let _ = writeln!(
        text,
        "\nHow often each fault was injected in each step of a run: {reached} of {all} cells were \
         reached.\n(-: the fault is impossible in that step.)\n\n{}\n{}",
        found.coverage, LEGEND
    );
    match &found.failed {
        None => text.push_str("Every promise was kept.\n"),
        Some(history) => {
            let seed = history.seed;
            if let Some(first) = history.violations.first() {
                let _ = writeln!(text, "seed {seed}: {}", broken(first));
            }
            let _ = writeln!(text, "To replay it: writerlink lab simulate --seed {seed}");
        }
    }
    text
}

const LEGEND: &str = "\
topo-2 and names-2: the keys, read again after a reading of the targets that left a removal to do.
idle: between runs.
(*) Within this process no answer is truncated: the resolver would ask again over TCP and get the
correct answer.
";

fn broken(violation: &Violation) -> String {
    format!(
        "{} is broken {} after the region started: {}",
        violation.promise,
        seconds(violation.at),
        violation.text
    )
}

fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}
