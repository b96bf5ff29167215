//! How a round ended: how long to keep looking after it, and what the report says of it.

use crate::config::Mode;
use crate::discover::PUBLISH;
use crate::event::Intent;
use crate::failure::CallError;
use crate::keep_looking::KeepLooking;
use crate::plan::{Action, Hold, Plan, Weight};
use crate::report::{Reason, Status};

/// How a round ended.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum RoundOutcome {
    /// No round has ended yet.
    NotReadYet,
    /// With this plan, after every step of it that may be taken was taken.
    Planned(Plan),
    /// A call failed. If it was a write, this is the plan that it belongs to.
    Failed(CallError, Plan),
    /// The first write of this plan was throttled, could not be sent, or its answer was lost. It
    /// will be tried again.
    WriteFailed(CallError, Plan),
    /// The target group is not one in which a database can be registered.
    WrongGroup(String),
    /// The database does not consent to being published through the group.
    NotPublished(String),
    /// Too little of the run's time is left for the write that is due.
    OutOfTime(Plan),
    /// Writes went on failing, were refused or did not last, and this run writes no more. This is
    /// what is left to do, and the last error.
    Exhausted(Plan, Option<CallError>),
}

impl RoundOutcome {
    /// Nothing is left to do, and no hold keeps anything from being done.
    pub(super) fn is_clean(&self) -> bool {
        matches!(self, Self::Planned(plan) if plan.is_clean())
    }

    /// A call that only reads failed.
    pub(super) fn is_failed_read(&self) -> bool {
        // A write that failed has the plan that it belongs to.
        matches!(self, Self::Failed(_, plan) if *plan == Plan::default())
    }

    /// How long to keep looking after a round that ended so.
    pub(super) fn keep_looking(&self, may_write: bool) -> KeepLooking {
        match self {
            Self::Planned(plan) => planned_look(plan, may_write),
            Self::Failed(error, _) if error.is_retryable() => KeepLooking::SweepTime,
            // ELBv2 refused one member of a set. The others can still be registered.
            Self::Failed(_, plan) if plan.registrations() > 1 => KeepLooking::SweepTime,
            Self::NotReadYet => KeepLooking::SweepTime,
            Self::WriteFailed(..) => KeepLooking::UntilWritten,
            Self::Failed(..)
            | Self::WrongGroup(_)
            | Self::NotPublished(_)
            // The time that is left grows no more.
            | Self::OutOfTime(_)
            | Self::Exhausted(..) => KeepLooking::Stop,
        }
    }

    /// How the binding ends a run whose last round ended so, and why.
    pub(super) fn end(
        &self,
        intent: Intent,
        mode: Mode,
        has_written: bool,
    ) -> (Status, Option<Reason>) {
        match self {
            Self::Planned(plan) if plan.is_clean() => {
                (if has_written { Status::Changed } else { Status::Settled }, None)
            }
            Self::Planned(plan) => planned_end(plan, intent, mode),
            Self::Failed(error, _) | Self::WriteFailed(error, _) => {
                (Status::Failed, Some(called(error)))
            }
            Self::WrongGroup(fault) => (
                Status::Failed,
                Some(Reason {
                    code: "wrong-target-group",
                    message: format!("the target group cannot be used: {fault}"),
                    remedy: None,
                }),
            ),
            Self::NotPublished(finding) => (
                Status::Held,
                Some(Reason {
                    code: "not-published",
                    message: format!("{finding}. The group keeps the targets that it has"),
                    remedy: Some(format!(
                        "If the database is to be published, add the group's name to its tag \
                         `{PUBLISH}`. If not, remove the group's tags, and check its targets."
                    )),
                }),
            ),
            Self::NotReadYet => cut_short(),
            Self::OutOfTime(_) => (
                Status::Held,
                Some(Reason {
                    code: "out-of-time",
                    message: "too little of the run's time is left to finish a write".to_owned(),
                    remedy: Some(MORE_TIME.to_owned()),
                }),
            ),
            Self::Exhausted(_, Some(error)) => (Status::Failed, Some(called(error))),
            Self::Exhausted(_, None) => ineffective(),
        }
    }

    /// Whether a binding that only observes ends as `observed` after it, because an address is
    /// missing that every key agrees on, or a target is to leave. Neither an address that one key
    /// names alone, nor a standby that could be added, makes a group wrong.
    pub(super) fn is_observed_wrong(&self) -> bool {
        let Self::Planned(plan) = self else {
            return false;
        };
        let mends = |action: &Action| match action {
            Action::Register(registration) => plan.wanted.contains(&registration.address),
            Action::Deregister(_) => true,
        };
        let (status, _) = self.end(Intent::Reconcile, Mode::Observe, false);
        status == Status::Observed && plan.pending().any(mends)
    }

    /// The error of a write that was throttled or could not be sent, and the write.
    pub(super) fn not_made(&self) -> Option<(&CallError, &Action)> {
        match self {
            Self::WriteFailed(error, plan) | Self::Exhausted(plan, Some(error))
                if error.was_not_made() =>
            {
                Some((error, plan.first()?))
            }
            _ => None,
        }
    }

    /// What is left to do.
    pub(super) fn planned(&self) -> Vec<String> {
        self.plan().map(Plan::actions).unwrap_or_default()
    }

    /// The sentences of the holds that decide nothing.
    pub(super) fn remarks(&self) -> Vec<String> {
        let holds = self.plan().map(|plan| plan.holds.as_slice()).unwrap_or_default();
        holds
            .iter()
            // What there is to say of a standby is a finding.
            .filter(|hold| hold.weight() == Weight::Remark && !matches!(hold, Hold::Standby(_)))
            .map(ToString::to_string)
            .collect()
    }

    /// One sentence for the log. It changes when the situation changes, not with every second.
    pub(super) fn sentence(&self) -> String {
        match self {
            Self::NotReadYet => String::new(),
            Self::Planned(plan) if plan.is_clean() => "in sync".to_owned(),
            Self::Planned(plan) => match plan.weightiest() {
                None => format!("to do: {}", plan.actions().join("; ")),
                // Their own sentences count the seconds down.
                Some(hold @ Hold::TrustWaits { .. }) if plan.pending().next().is_none() => {
                    format!("nothing to do, and waiting ({})", hold.word())
                }
                Some(hold @ (Hold::Settling(_) | Hold::Unsteady(_) | Hold::TrustWaits { .. })) => {
                    format!("to do, and waiting ({}): {}", hold.word(), plan.actions().join("; "))
                }
                Some(hold) => hold.to_string(),
            },
            Self::Failed(error, _) | Self::WriteFailed(error, _) => error.to_string(),
            Self::WrongGroup(fault) => format!("the target group cannot be used: {fault}"),
            Self::NotPublished(finding) => finding.clone(),
            Self::OutOfTime(_) => "too little time is left for a write".to_owned(),
            Self::Exhausted(..) => "writes kept failing; this run writes no more".to_owned(),
        }
    }

    /// The plan that the round ended with, where there is one.
    pub(super) fn plan(&self) -> Option<&Plan> {
        match self {
            Self::Planned(plan)
            | Self::Failed(_, plan)
            | Self::WriteFailed(_, plan)
            | Self::OutOfTime(plan)
            | Self::Exhausted(plan, _) => Some(plan),
            Self::NotReadYet | Self::WrongGroup(_) | Self::NotPublished(_) => None,
        }
    }
}

const MORE_TIME: &str = "Once, this needs no action: the next sweep goes on. If it stays, raise \
    the function's timeout.";

/// How a binding ends whose round was not over when the run's time was.
pub(super) fn cut_short() -> (Status, Option<Reason>) {
    let reason = Reason {
        code: "out-of-time",
        message: "the run's time ended in the middle of a round: what that round found and did is \
            not verified"
            .to_owned(),
        remedy: Some(MORE_TIME.to_owned()),
    };
    (Status::Held, Some(reason))
}

/// How a binding ends whose writes were acknowledged, and the last reading does not show them.
pub(super) fn ineffective() -> (Status, Option<Reason>) {
    let reason = Reason {
        code: "write-ineffective",
        message:
            "writes were acknowledged and the group does not show them: something else may be \
            changing it"
                .to_owned(),
        remedy: Some("Look for another updater of the same target group in CloudTrail.".to_owned()),
    };
    (Status::Failed, Some(reason))
}

/// How a binding ends when the answer to `action` was lost and no reading was made since.
pub(super) fn unconfirmed(action: &Action) -> (Status, Option<Reason>) {
    let reason = Reason {
        code: "answer-lost",
        message: format!(
            "the answer to `{action}` was lost, and no reading shows whether it was done"
        ),
        remedy: Some("The next sweep reads the group and goes on from there.".to_owned()),
    };
    (Status::Unconfirmed, Some(reason))
}

/// How a binding ends whose write `action` failed so, `times` times in a row, without being made.
pub(super) fn not_made(error: &CallError, action: &Action, times: u32) -> (Status, Option<Reason>) {
    let times = if times == 1 { "once".to_owned() } else { format!("{times} times in a row") };
    let message = format!(
        "`{action}` was not done: it was tried {times}, and nothing was changed by it. The next \
         sweep goes on. The last error: {error}"
    );
    (Status::Failed, Some(Reason { message, ..called(error) }))
}

/// How a binding ends whose run was over while `action` waited for its turn.
pub(super) fn not_permitted(action: Option<&Action>) -> (Status, Option<Reason>) {
    let action = action.map_or("a write".to_owned(), |action| format!("`{action}`"));
    let reason = Reason {
        code: "out-of-time",
        message: format!(
            "the run's time was over while {action} waited for its turn in the account's budget \
             of calls. It was not sent"
        ),
        remedy: Some(MORE_TIME.to_owned()),
    };
    (Status::Held, Some(reason))
}

/// How long to keep looking after a round that ended with a plan: what the heaviest hold's row says
/// ([`Hold::meaning`]), unless another part of the plan needs longer.
fn planned_look(plan: &Plan, may_write: bool) -> KeepLooking {
    // A step that may be taken is left only where it was taken before, and no reading shows it yet.
    if may_write && plan.now.is_some() {
        return KeepLooking::ReadBackTime;
    }
    let Some(hold) = plan.weightiest() else {
        let is_wrong = may_write && !plan.is_clean();
        return if is_wrong { KeepLooking::SweepTime } else { KeepLooking::UntilFailover };
    };
    let (weight, look) = (hold.weight(), hold.meaning().look);
    let waits_for = |look| plan.holds.iter().any(|hold| hold.meaning().look == look);
    let removal_waits = waits_for(KeepLooking::RemovalTime);
    match (weight, may_write) {
        (Weight::Idles, _) => look,
        (_, true) if waits_for(KeepLooking::DnsAloneTime) => KeepLooking::DnsAloneTime,
        // A heavier hold must not end the watch while a removal or a registration waits beside it.
        (_, true) if removal_waits || plan.will_register() => KeepLooking::RemovalTime,
        // A run that may not write removes nothing, so it waits for no removal.
        (Weight::Waits, false) => KeepLooking::UntilFailover,
        // Of the holds with these looks, only `dns-rotates` and `trust-waits` are not `Waits`.
        (_, false) if matches!(look, KeepLooking::RemovalTime | KeepLooking::DnsAloneTime) => {
            KeepLooking::SweepTime
        }
        _ => look,
    }
}

/// How a binding ends whose last round left something to do, or was held.
fn planned_end(plan: &Plan, intent: Intent, mode: Mode) -> (Status, Option<Reason>) {
    let hold = plan.weightiest();
    let reason = hold.map(|hold| Reason {
        code: hold.word(),
        message: hold.to_string(),
        remedy: hold.remedy(),
    });
    let status = match hold.map(Hold::weight) {
        Some(Weight::Holds) => Status::Held,
        Some(Weight::Idles) => Status::Idle,
        Some(Weight::Waits | Weight::Remark) | None => match (intent, mode) {
            // Nothing to list in `planned`, so it is no drift, in a dry run either.
            (_, _) if plan.now.is_none() && plan.later.is_empty() => Status::Waiting,
            (Intent::Plan, _) => Status::Drift,
            (Intent::Reconcile, Mode::Observe) => Status::Observed,
            (Intent::Reconcile, Mode::Manage) => Status::Waiting,
        },
    };
    (status, reason)
}

/// The reason of a failed call.
pub(super) fn called(error: &CallError) -> Reason {
    Reason { code: error.failure.word(), message: error.to_string(), remedy: Some(error.remedy()) }
}

#[cfg(test)]
mod tests;
