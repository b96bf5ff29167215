//! Plays seeded histories of the real engine in the lab's region, in virtual time.
//!
//! ```text
//! seed ─► Setting: databases, groups, pace, configuration, function
//!      └► Script:  failovers and faults, at moments or in steps of a run ─► calm
//!
//! region ─SNS─► queue ─► run (core's `Run` and `drive`) ─► ports ─► region
//!                          │ killed, hurried, two at once      │
//!                          └────────── Record ◄────────────────┘ what it was told
//!                                        │
//!                                      Judge ─► violations, excuses      Coverage: fault × step
//! ```
//!
//! A [seed](simulate) decides everything: the region, what goes wrong in it, and how the function
//! is run. Nothing else does, so that the same seed gives the same history to the byte, on any
//! machine and on any number of threads. Minutes take milliseconds.
//!
//! When the script's faults are over, everything must come right within the bound of L1, and stay
//! so. Up to then the judge holds every call against the promises of `docs/semantics.md`. What is
//! not promised, such as a group that two runs at once empty, is counted.
//!
//! How a message is read and an answer given is the function's own: it is [handed in](Function).

mod begin;
mod calls;
mod calm;
mod campaign;
mod coverage;
mod history;
mod incident;
mod injected_fault;
mod judge;
mod killable_run;
mod record;
mod region;
mod script;
mod setting;
mod step;
mod transcript;

use std::ops::AddAssign;

use serde_json::Value;
use writerlink_core::event::Trigger;
use writerlink_core::report::Report;

pub use campaign::{Campaign, Found};
pub use coverage::Coverage;
pub use history::History;
pub use injected_fault::InjectedFault;
pub use judge::{Excuse, Violation};
pub use region::Counts;
pub use step::RunStep;
pub use transcript::{Telling, Transcript};

use crate::dice::{Dice, Subject};
use history::Player;
use region::SimulatedRegion;
use script::Script;
use setting::{Own, Setting};
use transcript::Who;

/// The function around the run: how it reads what it is invoked with, and whether it answers with
/// an error.
#[derive(Clone, Copy, Debug)]
pub struct Function {
    /// The trigger in a payload, given the names of the bindings, or why the payload is refused.
    pub read: fn(&Value, &[&str]) -> Result<Trigger, String>,
    /// Whether a run that ended so is an invocation error.
    pub fails: fn(&Trigger, &Report) -> bool,
}

/// Plays the history of a seed.
pub fn simulate(seed: u64, function: &Function, telling: Telling) -> History {
    let dice = |subject| Dice::new(seed, subject);
    let mut own = Own {
        multi_az_cluster: dice(Subject::MultiAzCluster),
        dual_stack: dice(Subject::DualStack),
        set: dice(Subject::Set),
        moves: dice(Subject::Moves),
        warm: dice(Subject::Warm),
    };
    let setting = Setting::draw(&mut dice(Subject::Setting), &mut own)
        .expect("the region takes every setting");
    let mut script = Script::draw(&mut dice(Subject::Script), &setting);
    script.add_set(&mut own.set, &setting);
    script.add_moves(&mut own.moves, &setting);
    script.add_warm(&mut own.warm, &setting);
    let sim = SimulatedRegion::new(setting, script, telling);
    let settled = sim.time.run(Player::new(sim.clone(), function).play());
    let state = &mut *sim.state();
    for violation in &state.judge.violations {
        let text = format!("{} is broken: {}", violation.promise, violation.text);
        state.transcript.say(violation.at, Who::Judge, || text);
    }
    History {
        seed,
        violations: std::mem::take(&mut state.judge.violations),
        excuses: std::mem::take(&mut state.judge.excuses).into_iter().collect(),
        coverage: std::mem::take(&mut state.coverage),
        counts: state.counts,
        settled,
        transcript: state.transcript.clone(),
    }
}

impl Counts {
    fn add(&mut self, other: Counts) {
        let Counts { runs, killed, failovers, writes } = other;
        self.runs.add_assign(runs);
        self.killed.add_assign(killed);
        self.failovers.add_assign(failovers);
        self.writes.add_assign(writes);
    }
}
