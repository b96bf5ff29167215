//! A run that can be killed at any moment, as Lambda can kill one.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use writerlink_core::drive::{ReadPorts, drive_to_end};
use writerlink_core::event::Trigger;
use writerlink_core::failure::CallError;
use writerlink_core::note::Note;
use writerlink_core::ports::Journal;
use writerlink_core::run::{Memory, Run};
use writerlink_core::topology::Topology;

use super::calls::Calls;
use super::record::KillPoint;
use super::region::SimulatedRegion;
use super::transcript::Who;

/// The number of a run that is over, and the run unless it was killed.
pub(super) type Ended = (u64, Option<Run>);

/// A run, to its end or to its death. It begins with what its process remembers.
pub(super) async fn run(
    sim: Arc<SimulatedRegion>,
    id: u64,
    trigger: Trigger,
    left: Duration,
    memory: Memory,
) -> Ended {
    let calls = Calls::new(id, &sim);
    let ports = ReadPorts::new(calls.clone(), calls.clone(), calls.clone(), calls.clone());
    let run = Run::remembering(&sim.config, &trigger, sim.clock(), left, &memory);
    let mut notes = Notes { sim: &sim, id, calls: &calls };
    let killable_run = KillableRun {
        sim: &sim,
        id,
        run: Some(Box::pin(drive_to_end(run, &ports, Some(&calls), &sim.time, &mut notes))),
        wakes: 0,
    };
    (id, killable_run.await)
}

/// A run that can be killed between any two of its awaits: its future is dropped, and what it has
/// sent is on its way.
struct KillableRun<'a, F> {
    sim: &'a SimulatedRegion,
    id: u64,
    run: Option<Pin<Box<F>>>,
    wakes: usize,
}

impl<F: Future<Output = Run>> Future for KillableRun<'_, F> {
    type Output = Option<Run>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Run>> {
        if let Some(run) = &mut self.run
            && let Poll::Ready(run) = run.as_mut().poll(context)
        {
            return Poll::Ready(Some(run));
        }
        let is_dead = match self.sim.state().runs.get(&self.id).and_then(|record| record.kill_point)
        {
            Some(KillPoint::AfterWakes(wakes)) => self.wakes >= wakes,
            Some(KillPoint::Now) => true,
            None => false,
        };
        self.wakes += 1;
        if is_dead {
            self.run = None;
            return Poll::Ready(None);
        }
        Poll::Pending
    }
}

/// Writes down what a run takes in and decides.
struct Notes<'a> {
    sim: &'a SimulatedRegion,
    id: u64,
    calls: &'a Calls,
}

impl Journal for Notes<'_> {
    fn note(&mut self, note: &Note) {
        let now = self.sim.now();
        let mut state = self.sim.state();
        state.transcript.say(now, Who::Run(self.id), || {
            format!("{} {}: {}", note.binding, note.kind.as_str(), note.text)
        });
    }

    fn topology(&mut self, read: &Result<Topology, CallError>) {
        self.calls.hear_topology(read);
    }
}
