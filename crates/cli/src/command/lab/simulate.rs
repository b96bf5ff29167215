//! `writerlink lab simulate`: seeded histories of the real engine in the region, in virtual time.

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

/// The real function's way in and out.
const FUNCTION: Function = Function {
    read: |payload, names| match payload::read(payload, names, payload::OtherNames::Refused) {
        Ok(request) => Ok(request.trigger),
        Err(refusal) => Err(refusal.to_string()),
    },
    fails: |trigger, report| answer::answer(trigger, report).is_err(),
};

/// Plays one seed and tells it, or many and counts.
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

/// Ctrl-C ends it with what was found so far.
async fn campaign(args: &SimulateArgs) -> anyhow::Result<Exit> {
    let campaign = Campaign {
        from: args.from,
        seeds: args.seeds.or_else(|| args.most.is_none().then_some(USUAL)),
        most: args.most,
        threads: match args.threads {
            Some(threads) => threads,
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
    output::print(&account(&campaign, &found))?;
    Ok(match (&found.failed, interruption) {
        (None, Some(exit)) => exit,
        (failed, _) => exit(failed.is_none()),
    })
}

/// Seeds that are played unless it is said how many or for how long.
const USUAL: u64 = 1000;

fn exit(kept: bool) -> Exit {
    if kept { Exit::Success } else { Exit::CouldNotRun }
}

/// How one history ended.
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
            "After calm it came right in {}; L1 allows {}.",
            seconds(took),
            seconds(most)
        );
    }
    for (excuse, times) in &history.excuses {
        let _ = writeln!(text, "Not promised, and happened: {times} {}.", excuse.words());
    }
    text
}

/// What many histories came to.
fn account(campaign: &Campaign, found: &Found) -> String {
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
            "closest to L1's bound: seed {seed}, right {} after calm, where {} are allowed",
            seconds(took),
            seconds(most)
        );
    }
    for (excuse, (times, seed)) in &found.excuses {
        let words = excuse.words();
        let _ = writeln!(text, "not promised, and happened: {times} {words}; see seed {seed}");
    }
    let (all, reached) = found.coverage.cells();
    let _ = writeln!(
        text,
        "\nHow often each fault struck in each step of a run: {reached} of {all} cells were \
         reached. (- cannot be.)\n\n{}\n{}",
        found.coverage, LEGEND
    );
    match &found.failed {
        None => text.push_str("Every promise was kept.\n"),
        Some(history) => {
            let seed = history.seed;
            if let Some(first) = history.violations.first() {
                let _ = writeln!(text, "seed {seed}: {}", broken(first));
            }
            let _ = writeln!(text, "To see it: writerlink lab simulate --seed {seed}");
        }
    }
    text
}

const LEGEND: &str = "\
topo-2 and names-2: the keys, after a reading of the targets that left a removal to be done. idle: between runs.
(*) In process nothing is cut short: the resolver would come back over TCP, and hear the truth.
";

fn broken(violation: &Violation) -> String {
    format!(
        "{} is broken, {} into the region's life: {}",
        violation.promise,
        seconds(violation.at),
        violation.text
    )
}

fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}
