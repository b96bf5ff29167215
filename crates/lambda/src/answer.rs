//! Turns a report into the answer of the invocation.
//!
//! An invocation of Lambda ends in one of two ways: with an answer, which nobody reads if the
//! invocation was asynchronous, or with an error, which counts in the `Errors` metric and reaches
//! the on-failure destination. So an event whose run did not end well is an error. A sweep is an
//! error only if it could do none of its work: a binding that stays held must not fill a queue
//! every minute, nor hide a second one. A person who invokes the function always gets the report. A
//! queue gets the records that it must deliver again ([`batch`](crate::batch)).

use serde_json::Value;
use writerlink_core::event::{Intent, Trigger, TriggerKind};
use writerlink_core::failure::bounded;
use writerlink_core::report::{BindingReport, Report};
use writerlink_core::text;

use crate::payload::Refusal;
use crate::start::StartError;

/// Why an invocation ends in an error.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum InvocationFailed {
    /// The function could not start.
    #[error(transparent)]
    NotReady(#[from] StartError),
    /// The payload is neither an envelope nor a valid call by hand.
    #[error(transparent)]
    PayloadRefused(#[from] Refusal),
    /// The run of an event did not end well: one line for each binding.
    #[error("{0}")]
    NotOk(String),
    /// A sweep could do none of its work: one line for each binding.
    #[error("nothing could be done.\n{0}")]
    NothingReadable(String),
    /// Records of a queue were not looked at, or hold a CloudFormation request that could not be
    /// answered.
    #[error("{missed} of {all} records go back to their queue: {why}")]
    NotLookedAt {
        /// How many records go back.
        missed: usize,
        /// How many records the batch has.
        all: usize,
        why: String,
    },
    /// A custom resource request is not one of CloudFormation's. Nothing was read or written.
    #[error("the custom resource request is refused: {0}")]
    StackRequestRefused(String),
    /// CloudFormation did not get an answer to its request.
    #[error("CloudFormation was not answered, so its stack waits until its timeout: {0}")]
    StackNotAnswered(String),
}

impl InvocationFailed {
    /// The value of Lambda's `errorType`.
    pub fn error_type(&self) -> &'static str {
        match self {
            Self::NotReady(_) => "NotReady",
            Self::PayloadRefused(_) => "PayloadRefused",
            Self::NotOk(_) => "NotOk",
            Self::NothingReadable(_) => "NothingReadable",
            Self::NotLookedAt { .. } => "NotLookedAt",
            Self::StackRequestRefused(_) => "StackRequestRefused",
            Self::StackNotAnswered(_) => "StackNotAnswered",
        }
    }
}

impl From<InvocationFailed> for lambda_runtime::Diagnostic {
    fn from(failed: InvocationFailed) -> Self {
        Self {
            error_type: failed.error_type().to_owned(),
            error_message: text::lines(&failed.to_string()),
        }
    }
}

/// The answer to everything except a custom resource request.
pub fn answer(trigger: &Trigger, report: &Report) -> Result<Value, InvocationFailed> {
    let caller = match Caller::of(trigger) {
        // The run of an event that is older than its patience, or that names no database, was a
        // sweep.
        Caller::Event if report.sweep => Caller::Sweep,
        caller => caller,
    };
    match caller {
        Caller::Event if !report.ok => Err(InvocationFailed::NotOk(lines(report))),
        Caller::Sweep if report.nothing_readable => {
            Err(InvocationFailed::NothingReadable(lines(report)))
        }
        Caller::Event | Caller::Sweep | Caller::Person | Caller::Stack => Ok(as_value(report)),
    }
}

/// Who gets the answer. It decides how a run that is not ok must end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller {
    /// An event that names where to look. The invocation is asynchronous.
    Event,
    /// A schedule, or an envelope without a readable event. The invocation is asynchronous.
    Sweep,
    /// A person or program that reads the answer.
    Person,
    /// CloudFormation, which reads what is put to its ResponseURL.
    Stack,
}

impl Caller {
    /// Who gets the answer to this trigger.
    pub fn of(trigger: &Trigger) -> Self {
        match trigger.kind {
            // A call by hand inside an envelope. It looks at every binding, but it writes nothing
            // and so does not do the work of a sweep.
            TriggerKind::Sns
            | TriggerKind::EventBridge
            | TriggerKind::Sqs
            | TriggerKind::Pipes
            | TriggerKind::Destination
                if trigger.intent == Intent::Plan =>
            {
                Self::Person
            }
            TriggerKind::Sns
            | TriggerKind::EventBridge
            | TriggerKind::Sqs
            | TriggerKind::Pipes
            | TriggerKind::Destination => match trigger.is_sweep() {
                true => Self::Sweep,
                false => Self::Event,
            },
            TriggerKind::Schedule => Self::Sweep,
            TriggerKind::Invoke | TriggerKind::Audit => Self::Person,
            TriggerKind::CustomResource => Self::Stack,
        }
    }
}

pub fn as_value(report: &Report) -> Value {
    serde_json::to_value(report).expect("a report has no map whose keys are not text")
}

/// One bounded line for each binding that the run answers for and that did not end well.
pub(crate) fn lines(report: &Report) -> String {
    const MAX: usize = 20;
    let not_ok: Vec<&BindingReport> = report
        .bindings
        .iter()
        .filter(|binding| binding.answered_for && !binding.status.is_ok())
        .collect();
    let mut lines: Vec<String> = not_ok.iter().take(MAX).map(|binding| line(binding)).collect();
    if not_ok.len() > MAX {
        lines.push(format!("and {} more bindings", not_ok.len() - MAX));
    }
    lines.join("\n")
}

/// `name: status (reason): sentence. remedy`. The sentence and the remedy are each bounded, so that
/// a long sentence does not cut off the remedy.
pub(crate) fn line(binding: &BindingReport) -> String {
    let end = format!("{}: {}", binding.name, binding.status.as_str());
    let Some(reason) = &binding.reason else {
        return bounded(&end);
    };
    let found = format!("{end} ({}): {}", reason.code, reason.message);
    // The full stop is added below, whether or not the message has one.
    let found = bounded(found.trim_end_matches('.'));
    match &reason.remedy {
        Some(remedy) => format!("{found}. {}", bounded(remedy)),
        None => format!("{found}."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{binding, event, report};
    use writerlink_core::report::Status;

    fn sweep(kind: TriggerKind) -> Trigger {
        Trigger::sweep(kind)
    }

    #[test]
    fn the_caller_decides_how_a_run_that_is_not_ok_ends() {
        let held = || report(vec![binding("orders", Status::Held)]);
        let nothing_readable = || Report { nothing_readable: true, ..held() };
        let ok = || report(vec![binding("orders", Status::Changed)]);
        for (trigger, report, ends) in [
            (event(TriggerKind::Sns), ok(), "answer"),
            (event(TriggerKind::Sns), held(), "NotOk"),
            (event(TriggerKind::Sns), nothing_readable(), "NotOk"),
            (event(TriggerKind::EventBridge), held(), "NotOk"),
            (sweep(TriggerKind::Sns), held(), "answer"),
            (sweep(TriggerKind::Sns), nothing_readable(), "NothingReadable"),
            (sweep(TriggerKind::EventBridge), held(), "answer"),
            (sweep(TriggerKind::EventBridge), nothing_readable(), "NothingReadable"),
            (sweep(TriggerKind::Schedule), held(), "answer"),
            (sweep(TriggerKind::Schedule), nothing_readable(), "NothingReadable"),
            (sweep(TriggerKind::Invoke), held(), "answer"),
            (sweep(TriggerKind::Invoke), nothing_readable(), "answer"),
            (Trigger::dry_run(TriggerKind::Invoke), held(), "answer"),
            (sweep(TriggerKind::CustomResource), nothing_readable(), "answer"),
            (event(TriggerKind::Destination), held(), "NotOk"),
            (sweep(TriggerKind::Sqs), nothing_readable(), "NothingReadable"),
            (Trigger::dry_run(TriggerKind::Sns), nothing_readable(), "answer"),
        ] {
            let got = answer(&trigger, &report);
            let end = got.as_ref().map_or_else(InvocationFailed::error_type, |_| "answer");
            assert_eq!(end, ends, "{trigger:?}");
            if let Ok(value) = got {
                assert_eq!(value["ok"], report.ok);
            }
        }
    }

    #[test]
    fn an_error_has_one_bounded_line_for_each_binding_that_the_run_answers_for() {
        let mut report = report(vec![
            binding("orders", Status::Held),
            binding("billing", Status::Changed),
            binding("stock", Status::Failed),
        ]);
        report.bindings[2].answered_for = false;
        report.bindings[0].reason.as_mut().expect("held has a reason").message =
            "the keys\ndisagree.".to_owned();
        let error = answer(&event(TriggerKind::Sns), &report).expect_err("not ok").to_string();
        assert_eq!(error, "orders: held (keys-disagree): the keys disagree. Look.");
        report.bindings[2].answered_for = true;
        let reason = report.bindings[2].reason.as_mut().expect("failed has a reason");
        reason.message = "x".repeat(300_000);
        reason.remedy = Some("y".repeat(300_000));
        let error = answer(&event(TriggerKind::Sns), &report).expect_err("not ok").to_string();
        assert_eq!(error.lines().count(), 2);
        assert!(error.contains("x…. yyy") && error.chars().count() < 700, "{error}");
    }

    #[test]
    fn more_than_twenty_bindings_are_counted() {
        let report =
            report((0..50).map(|n| binding(&format!("binding-{n}"), Status::Held)).collect());
        let error = answer(&event(TriggerKind::Sns), &report).expect_err("not ok").to_string();
        assert_eq!(error.lines().count(), 21);
        assert!(error.ends_with("and 30 more bindings"), "{error}");
    }

    #[test]
    fn the_runtime_gets_the_error_type_and_the_lines() {
        let failed = InvocationFailed::NotOk("orders: held".to_owned());
        let diagnostic = lambda_runtime::Diagnostic::from(failed);
        assert_eq!(
            (diagnostic.error_type.as_str(), diagnostic.error_message.as_str()),
            ("NotOk", "orders: held")
        );
    }
}
