//! Plays one history: the loop that lets incidents happen, invokes the function, and ends when
//! everything is right.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use serde_json::{Value, json};
use writerlink_core::event::{Event, Trigger};
use writerlink_core::ports::Clock;
use writerlink_core::report::{BindingReport, Status};
use writerlink_core::run::{Memory, Run};

use super::calm::Calm;
use super::injected_fault::InjectedFault;
use super::judge::{Excuse, Violation};
use super::killable_run::{Ended, run};
use super::record::Record;
use super::region::{Counts, SimulatedRegion};
use super::setting::SWEEP;
use super::step::RunStep;
use super::transcript::Who;
use super::{Coverage, Function, Transcript};

/// What is kept free at the end of an invocation for the answer.
const ANSWER: Duration = Duration::from_secs(2);

/// The first pause before an invocation that found no free environment is tried again, and the
/// longest (AWS docs, "Understanding retry behavior in Lambda": from 1 second to 5 minutes).
const RETRY: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(300));

/// How long the region may take to come to rest after its last fault, which is the simulation's own
/// affair.
const LONGEST_REST: Duration = Duration::from_secs(3600);

/// Sweeps that must find nothing to do after all has come right.
const QUIET_SWEEPS: u32 = 2;

/// How a history ended.
#[derive(Clone, Debug)]
pub struct History {
    pub seed: u64,
    /// What was broken; empty, when every promise was kept.
    pub violations: Vec<Violation>,
    /// What happened that is not promised.
    pub excuses: Vec<(Excuse, u32)>,
    /// What was exercised.
    pub coverage: Coverage,
    /// What happened, in numbers.
    pub counts: Counts,
    /// How long it took to come right after calm, and how long it may have taken at most, for the
    /// binding that came closest to its bound.
    pub settled: Option<(Duration, Duration)>,
    pub transcript: Transcript,
}

/// An invocation that waits for an environment.
struct Waiting {
    payload: Value,
    next_try: Duration,
    pause: Duration,
}

/// Invocations, runs, and what is watched until the end.
pub(super) struct Player<'a> {
    sim: Arc<SimulatedRegion>,
    function: &'a Function,
    waiting: VecDeque<Waiting>,
    next_sweep: Duration,
    started: u64,
    calm: Option<Calm>,
    /// What the function's process remembers.
    memory: Memory,
}

impl<'a> Player<'a> {
    pub(super) fn new(sim: Arc<SimulatedRegion>, function: &'a Function) -> Self {
        Player {
            next_sweep: sim.service.first_sweep,
            sim,
            function,
            waiting: VecDeque::new(),
            started: 0,
            calm: None,
            memory: Memory::default(),
        }
    }

    /// Plays to the end.
    pub(super) async fn play(mut self) -> Option<(Duration, Duration)> {
        let sim = self.sim.clone();
        let mut runs: FuturesUnordered<Pin<Box<dyn Future<Output = Ended>>>> =
            FuturesUnordered::new();
        loop {
            sim.carry_out_due();
            self.collect();
            while let Some(run) = self.next_run(runs.len()) {
                runs.push(run);
            }
            if self.is_over() {
                return self.calm.as_ref().and_then(Calm::closest);
            }
            let until = self.next_moment();
            let sleep = sim.time.sleep(until.saturating_sub(sim.now()));
            if let Some((id, run)) = one_of(&mut runs, sleep, || sim.next_moment() < until).await {
                self.ended(id, run, runs.is_empty());
            }
        }
    }

    /// Queues what has reached the function, and the schedule's sweep.
    fn collect(&mut self) {
        let now = self.sim.now();
        let mut payloads: Vec<Value> = {
            let deliveries = self.sim.region.world().sns.take_deliveries();
            deliveries.into_iter().map(|delivery| delivery.payload).collect()
        };
        if now >= self.next_sweep {
            self.next_sweep += SWEEP;
            payloads.push(json!({"trigger": "sweep"}));
        }
        self.waiting.extend(payloads.into_iter().map(|payload| Waiting {
            payload,
            next_try: now,
            pause: RETRY.0,
        }));
    }

    /// Begins a run for an invocation that is due, if an environment is free.
    fn next_run(&mut self, alive: usize) -> Option<Pin<Box<dyn Future<Output = Ended>>>> {
        let now = self.sim.now();
        let due = self.waiting.iter().position(|waiting| waiting.next_try <= now)?;
        if alive >= self.sim.service.at_once {
            for waiting in self.waiting.iter_mut().filter(|waiting| waiting.next_try <= now) {
                waiting.next_try = now + waiting.pause;
                waiting.pause = (waiting.pause * 2).min(RETRY.1);
            }
            return None;
        }
        let waiting = self.waiting.remove(due)?;
        self.started += 1;
        let id = self.started;
        let names = self.sim.config.names();
        let mut state = self.sim.state();
        let trigger = match (self.function.read)(&waiting.payload, &names) {
            Ok(trigger) => trigger,
            Err(refusal) => {
                state.transcript.say(now, Who::Run(id), || format!("is refused: {refusal}"));
                state.judge.accuse(
                    "O1",
                    now,
                    format!("the function refuses an event envelope that AWS sends: {refusal}"),
                );
                return None;
            }
        };
        let (kill_point, deadline) = state.next_kill();
        let left = deadline.unwrap_or(self.sim.service.time_out - ANSWER);
        // A second environment is a process of its own, which has just started.
        let memory = if alive > 0 { Memory::default() } else { self.memory.clone() };
        let mut record = Record::new(now, left, trigger.clone(), self.sim.bounds.len());
        if let Some(topology) = memory.topology() {
            record.remember(&self.sim.bounds, topology);
        }
        record.kill_point = kill_point;
        record.is_hurried = deadline.is_some();
        record.overlapped = alive > 0;
        if alive > 0 {
            let steps = state.steps();
            state.mark_all(InjectedFault::TwoAtOnce, &steps);
            state.runs.values_mut().for_each(|other| other.overlapped = true);
        }
        if !self.sim.service.skew.is_zero() && !trigger.is_sweep() {
            state.coverage.mark(InjectedFault::ClockSkew, RunStep::Begin);
        }
        state.counts.runs += 1;
        state.transcript.say(now, Who::Run(id), || format!("begins: {}, {left:?}", told(&trigger)));
        state.runs.insert(id, record);
        drop(state);
        if let Some(calm) = self.calm.as_mut().filter(|_| trigger.is_sweep()) {
            calm.sweep_begins();
        }
        Some(Box::pin(run(self.sim.clone(), id, trigger, left, memory)))
    }

    /// A run is over, and it was the only one.
    fn ended(&mut self, id: u64, run: Option<Run>, was_alone: bool) {
        // A kill ends the process, and so what it remembers.
        if was_alone || run.is_none() {
            self.memory = run.as_ref().map(Run::memory).unwrap_or_default();
        }
        let report = run.map(|run| run.report());
        let now = self.sim.now();
        let on_former_port: Vec<bool> = {
            let world = self.sim.region.world();
            let bounds = self.sim.bounds.iter();
            bounds.map(|bound| self.calm.is_some() && bound.has_former_port(&world)).collect()
        };
        let mut state = self.sim.state();
        let state = &mut *state;
        let Some(record) = state.runs.remove(&id) else { return };
        let Some(report) = report else {
            state.counts.killed += 1;
            for step in record.steps() {
                state.coverage.mark(InjectedFault::Killed, step);
            }
            state.transcript.say(now, Who::Run(id), || "is killed".to_owned());
            return;
        };
        if record.is_hurried && now >= record.deadline {
            for step in record.steps() {
                state.coverage.mark(InjectedFault::DeadlineNear, step);
            }
        }
        if now > record.deadline + ANSWER {
            state.judge.accuse("O1", now, format!("run {id} does not end in time"));
        }
        let is_error = || (self.function.fails)(&record.trigger, &report);
        state.judge.reports(&record, &self.sim.bounds, &report, is_error, now);
        state.transcript.say(now, Who::Run(id), || {
            let end = |binding: &BindingReport| {
                let reason = binding.reason.as_ref().map(|reason| format!(" ({})", reason.code));
                format!(
                    "{} {}{}",
                    binding.name,
                    binding.status.as_str(),
                    reason.unwrap_or_default()
                )
            };
            let ends: Vec<_> = report.bindings.iter().map(end).collect();
            format!("ends {}: {}", if report.ok { "ok" } else { "NOT ok" }, ends.join(", "))
        });
        if let Some(calm) = self.calm.as_mut().filter(|_| !record.trigger.is_sweep()) {
            calm.event_was_served(record.begun, now);
        }
        if let Some(calm) = self
            .calm
            .as_mut()
            .filter(|calm| record.trigger.is_sweep() && calm.was_right_at(record.begun))
        {
            calm.quiet += 1;
            for (index, bound) in self.sim.bounds.iter().enumerate() {
                let name = &bound.link.name;
                // A standby may be added at any time at which everything is right.
                if record.views[index].writes > 0 && !bound.is_warm() {
                    state.judge.accuse(
                        "L2",
                        now,
                        format!("{name} was right, and a sweep wrote to it"),
                    );
                }
                let end = report.bindings.iter().find(|binding| binding.name == *name);
                let is_right = bound.managed
                    && !state.is_gone[index]
                    && !calm.overfull[index]
                    && !calm.deserted[index];
                let is_well = |end: &BindingReport| {
                    let is_for = |code| end.reason.as_ref().is_some_and(|r| r.code == code);
                    // Another address of a warm binding waits for the writer to be healthy. A dry
                    // run plans the standby, because it has no sweep before it.
                    let is_warm = bound.is_warm()
                        && (end.status == Status::Drift || is_for("target-not-healthy"));
                    is_warm
                        || match on_former_port[index] {
                            false if bound.is_warm() => end.status.is_ok(),
                            false => end.status == Status::Settled,
                            true => end.status == Status::Held && is_for("former-port"),
                        }
                };
                if is_right && !end.is_some_and(is_well) {
                    let said = end.map(|end| {
                        (end.status.as_str(), end.reason.as_ref().map(|reason| reason.code))
                    });
                    state.judge.accuse(
                        "O1",
                        now,
                        format!("{name} is right, and the report says {said:?}"),
                    );
                }
                // A warm binding spares some of what counts as stale here.
                let is_overfull = calm.overfull[index] && !bound.is_warm();
                let is_hopeless = state.is_gone[index] || is_overfull;
                if bound.managed && is_hopeless && end.is_none_or(|end| end.status.is_ok()) {
                    state.judge.accuse(
                        "O1",
                        now,
                        format!("{name} cannot become right, and the report says that it is well"),
                    );
                }
            }
        }
    }

    fn next_moment(&self) -> Duration {
        let due = self.sim.region.world().next_due();
        let tries = self.waiting.iter().map(|waiting| waiting.next_try);
        let calm =
            self.calm.iter().flat_map(|calm| calm.bounds.iter().chain([&calm.begins, &calm.end]));
        let now = self.sim.now();
        tries
            .chain(due)
            .chain(calm.copied().filter(|moment| *moment > now))
            .chain([self.next_sweep, self.sim.next_moment()])
            .min()
            .unwrap_or(self.next_sweep)
    }

    /// Whether there is nothing left to see: all has come right and stays so, or something is
    /// broken.
    fn is_over(&mut self) -> bool {
        if !self.sim.state().judge.violations.is_empty() {
            return true;
        }
        let now = self.sim.now();
        if self.calm.is_none() {
            self.calm = self.sim.at_rest_since().map(|from| Calm::new(&self.sim, from));
        }
        if self.calm.is_none() && now >= self.sim.calm + LONGEST_REST {
            let mut state = self.sim.state();
            let lasting = state.lasting();
            let text = format!("the region does not come to rest: {lasting:?} cannot be undone");
            state.judge.accuse("L1", now, text);
            return true;
        }
        let Some(calm) = self.calm.as_mut().filter(|calm| now >= calm.begins) else {
            return false;
        };
        calm.look(&self.sim, now);
        if calm.quiet < QUIET_SWEEPS && now >= calm.end {
            self.sim.state().judge.accuse(
                "L1",
                now,
                "there were no sweeps that found all right".to_owned(),
            );
        }
        let is_over = calm.quiet >= QUIET_SWEEPS || now >= calm.end;
        if is_over {
            for _ in calm.overfull.iter().filter(|overfull| **overfull) {
                self.sim.state().judge.excuse(Excuse::TooManyToRemove);
            }
        }
        is_over
    }
}

/// The next run that ends; nothing, when the time is over before or something is due earlier than
/// was thought.
async fn one_of<S: Future<Output = ()>>(
    runs: &mut FuturesUnordered<Pin<Box<dyn Future<Output = Ended>>>>,
    sleep: S,
    is_due: impl Fn() -> bool,
) -> Option<Ended> {
    let mut sleep = pin!(sleep);
    std::future::poll_fn(|context| {
        if let Poll::Ready(Some(ended)) = runs.poll_next_unpin(context) {
            return Poll::Ready(Some(ended));
        }
        if sleep.as_mut().poll(context).is_ready() || is_due() {
            return Poll::Ready(None);
        }
        Poll::Pending
    })
    .await
}

fn told(trigger: &Trigger) -> String {
    let one = |event: &Event| {
        let id = event.id.map_or_else(|| "an event".to_owned(), |id| id.to_string());
        let source = event.source.as_ref().map_or("nobody", |source| source.as_str());
        format!("{id} of {source}")
    };
    let events: Vec<_> = trigger.events.iter().map(one).collect();
    match (events.is_empty(), trigger.unreadable) {
        (true, 0) => "a sweep".to_owned(),
        (true, _) => "a message that cannot be read".to_owned(),
        _ => events.join(", "),
    }
}
