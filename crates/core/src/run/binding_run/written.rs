//! The end of a write: acknowledged, refused, or its answer was lost.

use super::super::Context;
use super::super::phase::{Next, Pause};
use super::super::round_outcome::RoundOutcome;
use super::BindingRun;
use crate::failure::{CallError, Failure};
use crate::mechanism::Mechanism;
use crate::note::NoteKind;
use crate::plan::{Action, Plan};
use crate::ports::LONGEST_WRITE;

impl BindingRun {
    /// A write was answered, or its answer was lost.
    pub(super) fn take_written(
        &mut self,
        action: Action,
        result: Result<(), CallError>,
        cx: &mut Context<'_>,
    ) -> Next {
        let error = match result {
            Ok(()) => return self.acknowledged(&action, cx),
            Err(error) => error,
        };
        // Before the write log learns of the failure, which would change the order of the actions.
        let plan = self.plan(cx.timing).unwrap_or_default();
        if error.failure == Failure::AnswerLost {
            let text = format!("`{action}` may or may not have been done: {error}");
            self.note(NoteKind::Unconfirmed, text, cx);
            self.write_log.lost(action, &error);
            // What was sent can still land for as long as the longest write takes. A reading before
            // that proves nothing.
            return Next::End(RoundOutcome::Failed(error, plan), Pause::Exactly(LONGEST_WRITE));
        }
        self.note(NoteKind::Rejected, format!("`{action}` was not done: {error}"), cx);
        self.write_log.refused(&error);
        if !error.is_retryable() {
            self.write_log.set_aside(&action);
        }
        Next::End(RoundOutcome::Failed(error, plan), Pause::AtLeast(self.write_log.back_off()))
    }

    /// A write was acknowledged, which proves nothing: the targets are read back.
    fn acknowledged(&mut self, action: &Action, cx: &mut Context<'_>) -> Next {
        self.write_log.done(action);
        self.totals.applied(action);
        self.wrote = true;
        self.removed_this_round |= matches!(action, Action::Deregister(_));
        self.note(NoteKind::Applied, format!("acknowledged: {action}"), cx);
        if Mechanism::ReadBack.is_on() {
            Next::ReadTargets
        } else {
            Next::end(RoundOutcome::Planned(Plan::default()))
        }
    }
}
