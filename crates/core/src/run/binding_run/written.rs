//! The end of a write: acknowledged, refused, not made, or its answer was lost.

use super::super::Context;
use super::super::phase::{Next, Pause};
use super::super::round_outcome::RoundOutcome;
use super::BindingRun;
use crate::failure::{CallError, Failure};
use crate::mechanism::Mechanism;
use crate::note::NoteKind;
use crate::plan::{Action, Plan};

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
            self.totals.not_made = 0;
            self.write_log.lost(action, &error);
            self.lost_answer = true;
            // A reading that shows the write done proves it at once.
            return Next::ReadTargets;
        }
        self.note(NoteKind::Rejected, format!("`{action}` was not done: {error}"), cx);
        if error.was_not_made() {
            self.totals.not_made += 1;
            self.write_log.not_made(&error);
            let pause = Pause::Exactly(self.back_off());
            return Next::End(RoundOutcome::WriteFailed(error, plan), pause);
        }
        self.totals.not_made = 0;
        self.write_log.refused(&action, &error);
        Next::end(RoundOutcome::Failed(error, plan))
    }

    /// A write was acknowledged, which proves nothing: the targets are read back.
    fn acknowledged(&mut self, action: &Action, cx: &mut Context<'_>) -> Next {
        self.bars_standby(action, self.timing(cx.timing).settle);
        self.write_log.done(action);
        self.totals.applied(action);
        self.totals.not_made = 0;
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
