//! Which outcomes are published, and in what words.

use writerlink_core::event::{Intent, Trigger};
use writerlink_core::report::{BindingReport, Report, Status};

use crate::answer::{Asker, as_value};

/// The longest subject that SNS takes (AWS docs: SNS `Publish`).
const LONGEST_SUBJECT: usize = 99;

/// A message for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// One line of ASCII.
    pub subject: String,
    /// The report.
    pub text: String,
}

impl Notice {
    /// What there is to tell of a run, if anything is.
    ///
    /// A change is always told. An end that is not ok is told of an event's run and of one by hand; a sweep would
    /// tell the same every minute, and has a metric for it. A dry run tells nobody but the one who asked.
    pub fn of(trigger: &Trigger, report: &Report) -> Option<Self> {
        let tells_failure = match Asker::of(trigger) {
            Asker::Event | Asker::Person => true,
            Asker::Sweep | Asker::Stack => false,
        };
        let concerns = |binding: &&BindingReport| {
            binding.status == Status::Changed || (tells_failure && binding.answered_for && !binding.status.is_ok())
        };
        let told: Vec<&BindingReport> = report.bindings.iter().filter(concerns).collect();
        let (first, others) = told.split_first()?;
        if trigger.intent == Intent::Plan {
            return None;
        }
        let text = serde_json::to_string_pretty(&as_value(report)).expect("a report is JSON");
        Some(Self {
            subject: subject(first, others.len()),
            text,
        })
    }
}

fn subject(first: &BindingReport, others: usize) -> String {
    let end = match others {
        0 => format!(" {}", first.status.as_str()),
        _ => format!(" {}, and {others} more", first.status.as_str()),
    };
    let name = first
        .name
        .chars()
        .map(|c| if c.is_ascii_graphic() || c == ' ' { c } else { '?' });
    let begin = "writerlink: ";
    let name: String = name.take(LONGEST_SUBJECT - begin.len() - end.len()).collect();
    format!("{begin}{name}{end}")
}

#[cfg(test)]
mod tests {
    use writerlink_core::event::TriggerKind;

    use super::*;
    use crate::sample::{binding, event, report};

    fn subject_of(trigger: &Trigger, ends: &[(&str, Status)]) -> Option<String> {
        let bindings = ends.iter().map(|(name, status)| binding(name, *status)).collect();
        Notice::of(trigger, &report(bindings)).map(|notice| notice.subject)
    }

    #[test]
    fn a_change_is_told_whatever_set_the_run_going() {
        for trigger in [
            event(TriggerKind::Sns),
            Trigger::sweep(TriggerKind::Schedule),
            Trigger::sweep(TriggerKind::Invoke),
            Trigger::sweep(TriggerKind::CustomResource),
        ] {
            let subject = subject_of(
                &trigger,
                &[("billing", Status::Settled), ("orders-writer", Status::Changed)],
            );
            assert_eq!(
                subject.as_deref(),
                Some("writerlink: orders-writer changed"),
                "{trigger:?}"
            );
        }
    }

    #[test]
    fn an_end_that_is_not_ok_is_told_of_an_event_and_by_hand_and_not_every_minute() {
        let ends = [("orders", Status::Held), ("billing", Status::Failed)];
        for (trigger, told) in [
            (event(TriggerKind::Sns), true),
            (event(TriggerKind::EventBridge), true),
            (Trigger::sweep(TriggerKind::Invoke), true),
            (Trigger::sweep(TriggerKind::Sns), false),
            (Trigger::sweep(TriggerKind::Schedule), false),
            (Trigger::sweep(TriggerKind::CustomResource), false),
        ] {
            let subject = subject_of(&trigger, &ends);
            assert_eq!(
                subject.as_deref(),
                told.then_some("writerlink: orders held, and 1 more"),
                "{trigger:?}"
            );
        }
    }

    #[test]
    fn nothing_is_told_when_nothing_happened_and_of_a_dry_run() {
        let ends = [
            ("orders", Status::Settled),
            ("billing", Status::Waiting),
            ("stock", Status::Observed),
        ];
        assert_eq!(subject_of(&event(TriggerKind::Sns), &ends), None);
        assert_eq!(
            subject_of(&Trigger::dry_run(TriggerKind::Invoke), &[("orders", Status::Held)]),
            None
        );
    }

    #[test]
    fn an_event_does_not_tell_of_a_held_binding_that_it_does_not_concern() {
        let mut report = report(vec![binding("orders", Status::Held)]);
        report.bindings[0].answered_for = false;
        assert_eq!(Notice::of(&event(TriggerKind::Sns), &report), None);
    }

    #[test]
    fn a_subject_is_short_ascii_whatever_the_binding_is_called() {
        let name = format!("{}\n{}", "é".repeat(40), "x".repeat(80));
        let subject = subject_of(&event(TriggerKind::Sns), &[(&name, Status::Changed)]).expect("told");
        assert!(
            subject.len() <= 99 && subject.is_ascii() && !subject.contains(char::is_control),
            "{subject:?}"
        );
        assert!(subject.ends_with(" changed"));
    }

    #[test]
    fn the_text_is_the_report() {
        let report = report(vec![binding("orders", Status::Changed)]);
        let notice = Notice::of(&event(TriggerKind::Sns), &report).expect("told");
        let text: serde_json::Value = serde_json::from_str(&notice.text).expect("JSON");
        assert_eq!(text, as_value(&report));
    }
}
