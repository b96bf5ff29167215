//! The report of a binding run.

use super::super::phase::Phase;
use super::super::round_outcome::{self, RoundOutcome};
use super::BindingRun;
use crate::event::Intent;
use crate::finding::findings;
use crate::mechanism::Mechanism;
use crate::plan::Plan;
use crate::report::BindingReport;

impl BindingRun {
    /// How the binding ended: the outcome of its last round, unless that is not the last word. An
    /// answer may be lost, the run's time may have ended a round, or a write may not show.
    pub(in crate::run) fn report(&self, sweeps: bool, intent: Intent) -> BindingReport {
        let unanswered = match &self.phase {
            // The run's time ended before the answer came.
            Phase::Write(action) => Some(action),
            _ => self.write_log.unconfirmed(),
        };
        // The plan whose first write still waits for its turn.
        let waiting = match &self.phase {
            Phase::Permit(plan) => Some(plan),
            _ => None,
        };
        let cut = self.unfinished && !matches!(self.phase, Phase::Pause(_) | Phase::Rest);
        let (status, reason) = match (unanswered, waiting) {
            (Some(action), _) => round_outcome::unconfirmed(action),
            (None, Some(plan)) => round_outcome::not_permitted(plan.first()),
            (None, None) if cut => round_outcome::cut_short(),
            (None, None) if self.lacks_own_write() && Mechanism::MissingWriteIsReported.is_on() => {
                round_outcome::ineffective()
            }
            (None, None) => match self.outcome.not_made() {
                Some((error, action)) => {
                    round_outcome::not_made(error, action, self.totals.not_made)
                }
                None => self.outcome.end(intent, self.binding.mode, self.totals.has_written()),
            },
        };
        BindingReport {
            name: self.binding.name.clone(),
            status,
            reason,
            rounds: self.totals.rounds,
            evidence: self.history.latest().map(Into::into),
            targets: self.targets.iter().map(Into::into).collect(),
            registered: self.totals.registered.clone(),
            deregistered: self.totals.deregistered.clone(),
            standby: self.standby_report(),
            seconds_wrong: (self.measures_wrong_time(intent) && self.totals.rounds > 0)
                .then(|| self.totals.wrong_time.seconds()),
            planned: waiting.map_or_else(|| self.outcome.planned(), Plan::actions),
            notes: self.notes(),
            // A round that was cut short may have read other targets than those of the last plan.
            findings: (self.outcome.plan().filter(|_| !cut))
                .map(|plan| findings(&self.binding.source, &self.targets, plan))
                .unwrap_or_default(),
            answered_for: sweeps || self.is_named(),
            binding: Some(self.binding.clone()),
        }
    }

    /// Whether the last reading of the targets does not show an acknowledged write.
    pub(super) fn lacks_own_write(&self) -> bool {
        let RoundOutcome::Planned(plan) = &self.outcome else {
            return false;
        };
        self.write_log.has_unseen_registration()
            || plan.pending().any(|action| self.write_log.was_acknowledged(action))
    }
}
