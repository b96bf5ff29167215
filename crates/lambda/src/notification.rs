//! Which outcomes are published, and in what words.

use std::collections::BTreeSet;

use writerlink_core::event::{Intent, Trigger};
use writerlink_core::finding::Severity;
use writerlink_core::report::{BindingReport, Report, Status};

use crate::answer::{Asker, as_value};

/// The longest subject that SNS takes (AWS docs: SNS `Publish`).
const LONGEST_SUBJECT: usize = 99;

/// What a subject keeps for the start of a binding's name, however many codes there are.
const NAME: usize = 24;

/// The broken findings that were published, by binding and code, as far as this process remembers.
/// It decides on messages alone: after a cold start what is broken is told once more.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Told(BTreeSet<(String, &'static str)>);

impl Told {
    /// Whether something is broken in this binding that was not told.
    fn lacks(&self, binding: &BindingReport) -> bool {
        broken(binding).any(|key| !self.0.contains(&key))
    }

    /// Records which broken findings people have been told about. A finding that is gone is
    /// forgotten, so that it is told again when it returns. A look that ended neither well nor with
    /// a finding may not have got as far as that: after it nothing is forgotten.
    pub fn remember(&mut self, report: &Report) {
        for binding in &report.bindings {
            if binding.status.is_ok() || binding.is_broken() {
                self.0.retain(|(name, _)| *name != binding.name);
            }
            self.0.extend(broken(binding));
        }
    }
}

fn broken(binding: &BindingReport) -> impl Iterator<Item = (String, &'static str)> {
    let broken = binding.findings.iter().filter(|finding| finding.severity == Severity::Broken);
    broken.map(|finding| (binding.name.clone(), finding.code))
}

/// A message for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// One line of ASCII.
    pub subject: String,
    /// The report.
    pub text: String,
}

impl Notification {
    /// What there is to tell of a run, if anything is.
    ///
    /// A change is always told. An end that is not ok, or in which something is broken, is told of
    /// an event's run and of one by hand; a sweep would tell the same every minute, and has a
    /// metric for the end. What is broken is told of a sweep too when it was not told before: no
    /// event tells of it. A dry run tells nobody but the one who asked.
    pub fn of(trigger: &Trigger, report: &Report, told: &Told) -> Option<Self> {
        let tells_failure = match Asker::of(trigger) {
            Asker::Event | Asker::Person => true,
            Asker::Sweep | Asker::Stack => false,
        };
        let concerns = |binding: &&BindingReport| {
            let is_bad = !binding.status.is_ok() || binding.is_broken();
            binding.status == Status::Changed
                || told.lacks(binding)
                || (tells_failure && binding.answered_for && is_bad)
        };
        let concerned: Vec<&BindingReport> = report.bindings.iter().filter(concerns).collect();
        let (first, others) = concerned.split_first()?;
        if trigger.intent == Intent::Plan {
            return None;
        }
        let text = serde_json::to_string_pretty(&as_value(report)).expect("a report is JSON");
        Some(Self { subject: subject(first, others.len()), text })
    }
}

/// One line of ASCII for SNS. Each code stands in it once, as long as there is room; the text has
/// them all.
fn subject(first: &BindingReport, others: usize) -> String {
    let begin = "writerlink: ";
    let more = match others {
        0 => String::new(),
        others => format!(", and {others} more"),
    };
    let mut end = format!(" {}", first.status.as_str());
    let room = LONGEST_SUBJECT.saturating_sub(begin.len() + NAME + more.len());
    let codes: BTreeSet<&str> = broken(first).map(|(_, code)| code).collect();
    for code in codes {
        let next = format!(", {code}");
        if end.len() + next.len() <= room {
            end.push_str(&next);
        }
    }
    end.push_str(&more);
    let name = first.name.chars().map(|c| if c.is_ascii_graphic() || c == ' ' { c } else { '?' });
    let name: String = name.take(LONGEST_SUBJECT.saturating_sub(begin.len() + end.len())).collect();
    format!("{begin}{name}{end}")
}

#[cfg(test)]
mod tests {
    use writerlink_core::event::TriggerKind;
    use writerlink_core::finding::Finding;

    use super::*;
    use crate::sample::{binding, event, finding, report};

    fn subject_of(trigger: &Trigger, ends: &[(&str, Status)]) -> Option<String> {
        let bindings = ends.iter().map(|(name, status)| binding(name, *status)).collect();
        Notification::of(trigger, &report(bindings), &Told::default())
            .map(|notification| notification.subject)
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
    fn what_is_broken_is_told_once_by_sweeps_and_again_when_it_comes_back() {
        let sweep = Trigger::sweep(TriggerKind::Schedule);
        let look = |severity: Option<Severity>| {
            let mut orders = binding("orders", Status::Settled);
            orders.findings.extend(severity.map(finding));
            report(vec![orders, binding("billing", Status::Settled)])
        };
        let (fine, broken) = (look(None), look(Some(Severity::Broken)));
        let mut told = Told::default();
        let mut tell = |trigger: &Trigger, report: &Report| {
            let subject =
                Notification::of(trigger, report, &told).map(|notification| notification.subject);
            told.remember(report);
            subject
        };
        let said = Some("writerlink: orders settled, writer-unhealthy".to_owned());
        assert_eq!(tell(&sweep, &fine), None);
        assert_eq!(tell(&sweep, &look(Some(Severity::Note))), None);
        assert_eq!(tell(&sweep, &broken), said);
        assert_eq!(tell(&sweep, &broken), None, "a sweep does not tell the same every minute");
        assert_eq!(tell(&Trigger::dry_run(TriggerKind::Invoke), &broken), None);
        assert_eq!(
            tell(&event(TriggerKind::Sns), &broken),
            said,
            "an event's run tells how it ended"
        );
        assert_eq!(tell(&sweep, &fine), None);
        assert_eq!(tell(&sweep, &broken), said);
    }

    #[test]
    fn a_look_that_could_not_see_what_is_broken_does_not_make_it_told_again() {
        let sweep = Trigger::sweep(TriggerKind::Schedule);
        let look = |status, severity: Option<Severity>| {
            let mut orders = binding("orders", status);
            orders.findings.extend(severity.map(finding));
            report(vec![orders])
        };
        let broken = look(Status::Settled, Some(Severity::Broken));
        for blind in [look(Status::Failed, None), look(Status::Held, None)] {
            let mut told = Told::default();
            let subjects = [&broken, &blind, &broken].map(|report| {
                let subject = Notification::of(&sweep, report, &told)
                    .map(|notification| notification.subject);
                told.remember(report);
                subject.is_some()
            });
            assert_eq!(subjects, [true, false, false], "{blind:?}");
        }
    }

    #[test]
    fn a_subject_stays_short_however_much_is_broken() {
        let codes =
            ["writer-unhealthy", "health-unknown", "wrong-target-group", "a-code-of-its-own"];
        for (name, others) in [("orders", 0), ("orders", 40), (&*"x".repeat(200), 40)] {
            let mut orders = binding(name, Status::Unconfirmed);
            for code in codes.into_iter().cycle().take(15) {
                let broken = finding(Severity::Broken);
                orders.findings.push(Finding { code, ..broken });
            }
            let mut bindings = vec![orders];
            bindings.extend((0..others).map(|n| binding(&format!("other-{n}"), Status::Changed)));
            let notification =
                Notification::of(&event(TriggerKind::Sns), &report(bindings), &Told::default());
            let subject = notification.expect("told").subject;
            assert!(subject.len() <= 99 && subject.is_ascii(), "{subject:?}");
            let start: String = name.chars().take(24).collect();
            assert!(subject.starts_with(&format!("writerlink: {start}")), "{subject:?}");
            assert_eq!(subject.matches("a-code-of-its-own").count(), 1, "{subject:?}");
            assert_eq!(subject.ends_with(", and 40 more"), others > 0, "{subject:?}");
        }
    }

    #[test]
    fn an_event_does_not_tell_of_a_held_binding_that_it_does_not_concern() {
        let mut report = report(vec![binding("orders", Status::Held)]);
        report.bindings[0].answered_for = false;
        assert_eq!(Notification::of(&event(TriggerKind::Sns), &report, &Told::default()), None);
    }

    #[test]
    fn a_subject_is_short_ascii_whatever_the_binding_is_called() {
        let name = format!("{}\n{}", "é".repeat(40), "x".repeat(80));
        let subject =
            subject_of(&event(TriggerKind::Sns), &[(&name, Status::Changed)]).expect("told");
        assert!(
            subject.len() <= 99 && subject.is_ascii() && !subject.contains(char::is_control),
            "{subject:?}"
        );
        assert!(subject.ends_with(" changed"));
    }

    #[test]
    fn the_text_is_the_report() {
        let report = report(vec![binding("orders", Status::Changed)]);
        let notification =
            Notification::of(&event(TriggerKind::Sns), &report, &Told::default()).expect("told");
        let text: serde_json::Value = serde_json::from_str(&notification.text).expect("JSON");
        assert_eq!(text, as_value(&report));
    }
}
