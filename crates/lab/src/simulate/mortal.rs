//! A run as Lambda has it: it can be killed at any moment.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use writerlink_core::drive::{Readers, drive};
use writerlink_core::event::Trigger;
use writerlink_core::note::Note;
use writerlink_core::ports::Journal;
use writerlink_core::report::Report;
use writerlink_core::run::Run;

use super::calls::Calls;
use super::record::Doom;
use super::stage::Stage;
use super::transcript::Who;

/// The number of a run that is over, and its report unless it was killed.
pub(super) type Ended = (u64, Option<Report>);

/// A run, to its end or to its death.
pub(super) async fn run(stage: Arc<Stage>, id: u64, trigger: Trigger, left: Duration) -> Ended {
    let ports = Calls::new(id, &stage);
    let readers = Readers {
        rds: ports.clone(),
        dns: ports.clone(),
        groups: ports.clone(),
    };
    let run = Run::new(&stage.config, &trigger, stage.clock(), left);
    let mut notes = Notes { stage: &stage, id };
    let mortal = Mortal {
        stage: &stage,
        id,
        run: Some(Box::pin(drive(run, &readers, Some(&ports), &stage.time, &mut notes))),
        wakes: 0,
    };
    (id, mortal.await)
}

/// A run that can be killed between any two of its awaits: its future is dropped, and what it has sent is on its way.
struct Mortal<'a, F> {
    stage: &'a Stage,
    id: u64,
    run: Option<Pin<Box<F>>>,
    wakes: usize,
}

impl<F: Future<Output = Report>> Future for Mortal<'_, F> {
    type Output = Option<Report>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Report>> {
        if let Some(run) = &mut self.run
            && let Poll::Ready(report) = run.as_mut().poll(context)
        {
            return Poll::Ready(Some(report));
        }
        let is_dead = match self.stage.state().runs.get(&self.id).and_then(|record| record.doom) {
            Some(Doom::AfterWakes(wakes)) => self.wakes >= wakes,
            Some(Doom::Now) => true,
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

/// Writes down what a run decides.
struct Notes<'a> {
    stage: &'a Stage,
    id: u64,
}

impl Journal for Notes<'_> {
    fn note(&mut self, note: &Note) {
        let now = self.stage.now();
        let mut state = self.stage.state();
        state.transcript.say(now, Who::Run(self.id), || {
            format!("{} {}: {}", note.binding, note.kind.as_str(), note.text)
        });
    }
}
