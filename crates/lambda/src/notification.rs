//! Which outcomes are published, and with what text.

use std::collections::BTreeSet;

use writerlink_core::config::FollowedReport;
use writerlink_core::event::{Intent, Trigger};
use writerlink_core::finding::Severity;
use writerlink_core::record::{Lasted, Record};
use writerlink_core::report::{BindingReport, Report, Status};

use serde_json::json;
use writerlink_core::text::clean_value;

use crate::answer::{Caller, as_value};

/// The longest subject that SNS takes (AWS docs: SNS `Publish`).
const LONGEST_SUBJECT: usize = 99;

/// The characters of a subject that are reserved for the start of a binding's name, however many
/// codes there are.
const NAME: usize = 24;

/// The broken findings that this process has published, by binding and code. They decide only
/// whether to publish again: after a cold start, a broken finding is published once more.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PublishedFindings(BTreeSet<(String, &'static str)>);

impl PublishedFindings {
    /// Whether this binding has a broken finding that was not published.
    fn lacks(&self, binding: &BindingReport) -> bool {
        broken(binding).any(|key| !self.0.contains(&key))
    }

    /// Records the broken findings of a report as published. A finding that is gone is forgotten,
    /// so that it is published again when it returns. A run that ended neither ok nor with a broken
    /// finding may not have got as far as the finding, so nothing is forgotten after it.
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

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// One line of ASCII.
    pub subject: String,
    /// The report.
    pub text: String,
}

impl Notification {
    /// The notification of a run, if there is anything to publish.
    ///
    /// A change is always published, and so is what was found on a person's word. The run of an
    /// event or of a call by hand also publishes a status that is not ok and every broken finding.
    /// A sweep would publish those every minute, and has a metric for the status. It does publish a
    /// broken finding that was not published before, because no event reports it. A dry run
    /// publishes nothing: its caller reads the answer.
    pub fn of(trigger: &Trigger, report: &Report, published: &PublishedFindings) -> Option<Self> {
        let publishes_failure = match Caller::of(trigger) {
            Caller::Event | Caller::Person => true,
            Caller::Sweep | Caller::Stack => false,
        };
        let concerns = |binding: &&BindingReport| {
            let is_bad = !binding.status.is_ok() || binding.is_broken();
            binding.status == Status::Changed
                || published.lacks(binding)
                || (publishes_failure && binding.answered_for && is_bad)
        };
        let on_trust = report.trigger.trust.as_ref().is_some_and(|trust| trust.used);
        let concerns = |binding: &&BindingReport| on_trust || concerns(binding);
        let concerned: Vec<&BindingReport> = report.bindings.iter().filter(concerns).collect();
        let (first, others) = concerned.split_first()?;
        if trigger.intent == Intent::Plan {
            return None;
        }
        let text = serde_json::to_string_pretty(&as_value(report)).expect("a report is JSON");
        Some(Self { subject: subject(first, others.len(), on_trust), text })
    }
}

impl Notification {
    /// The notification of a record, if it saw a failover.
    pub fn of_record(record: &Record) -> Option<Self> {
        record.figures.evidence()?;
        let measured = record.seconds.failover_to_healthy.and_then(Lasted::measured);
        let end = match measured {
            Some(seconds) => format!(" failover recorded, {seconds:.0} s until healthy"),
            None => format!(" failover recorded, {}", record.end.as_str()),
        };
        let text = serde_json::to_string_pretty(record).expect("a record is JSON");
        Some(Self { subject: in_ascii(&record.binding, &end), text })
    }
}

impl Notification {
    /// The notification that something keeps the newest version of the configuration out.
    pub(crate) fn of_configuration(report: &FollowedReport, code: &str) -> Self {
        let end = match &report.version {
            Some(version) => format!(", version {version} stays in effect"),
            None => ", nothing is followed".to_owned(),
        };
        let text = json!({"ok": false, "configuration": report});
        let text = serde_json::to_string_pretty(&clean_value(text)).expect("a report is JSON");
        Self { subject: in_ascii(code, &end), text }
    }
}

const BEGIN: &str = "writerlink: ";

/// A subject about a binding, whose name is cut to what is left.
fn in_ascii(name: &str, end: &str) -> String {
    let name = name.chars().map(|c| if c.is_ascii_graphic() || c == ' ' { c } else { '?' });
    let name: String = name.take(LONGEST_SUBJECT.saturating_sub(BEGIN.len() + end.len())).collect();
    format!("{BEGIN}{name}{end}")
}

/// One line of ASCII for SNS. It has each code once, as long as there is room. The text of the
/// notification has all of them.
fn subject(first: &BindingReport, others: usize, on_trust: bool) -> String {
    let more = match others {
        0 => String::new(),
        others => format!(", and {others} more"),
    };
    let trust = if on_trust { ", on trust in DNS" } else { "" };
    let mut end = format!(" {}{trust}", first.status.as_str());
    let room = LONGEST_SUBJECT.saturating_sub(BEGIN.len() + NAME + more.len());
    let codes: BTreeSet<&str> = broken(first).map(|(_, code)| code).collect();
    for code in codes {
        let next = format!(", {code}");
        if end.len() + next.len() <= room {
            end.push_str(&next);
        }
    }
    end.push_str(&more);
    in_ascii(&first.name, &end)
}

#[cfg(test)]
mod tests {
    use writerlink_core::event::TriggerKind;
    use writerlink_core::finding::Finding;
    use writerlink_core::report::TrustReport;

    use super::*;
    use crate::sample::{binding, event, finding, record, report};

    fn subject_of(trigger: &Trigger, ends: &[(&str, Status)]) -> Option<String> {
        let bindings = ends.iter().map(|(name, status)| binding(name, *status)).collect();
        Notification::of(trigger, &report(bindings), &PublishedFindings::default())
            .map(|notification| notification.subject)
    }

    #[test]
    fn a_change_is_published_whatever_the_trigger() {
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
    fn a_status_that_is_not_ok_is_published_for_an_event_and_a_call_by_hand_and_not_every_minute() {
        let ends = [("orders", Status::Held), ("billing", Status::Failed)];
        for (trigger, published) in [
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
                published.then_some("writerlink: orders held, and 1 more"),
                "{trigger:?}"
            );
        }
    }

    #[test]
    fn nothing_is_published_when_nothing_happened_or_for_a_dry_run() {
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
    fn what_was_found_on_a_persons_word_is_published_and_says_so() {
        for (used, status, subject) in [
            (true, Status::Changed, Some("writerlink: orders changed, on trust in DNS")),
            (true, Status::Settled, Some("writerlink: orders settled, on trust in DNS")),
            (false, Status::Settled, None),
        ] {
            let mut report = report(vec![binding("orders", status)]);
            let (writer, expires) = ("orders-2".parse().expect("an id"), "2026-11-29T12:10:00Z");
            let expires = expires.to_owned();
            report.trigger.trust = Some(TrustReport { writer, expires, used });
            let trigger = Trigger::sweep(TriggerKind::Invoke);
            let published = PublishedFindings::default();
            let notification = Notification::of(&trigger, &report, &published);
            assert_eq!(notification.as_ref().map(|one| one.subject.as_str()), subject);
            let told = |one: Notification| one.text.contains("\"writer\": \"orders-2\"");
            assert_eq!(notification.map(told), subject.map(|_| true));
        }
    }

    #[test]
    fn a_broken_finding_is_published_once_by_sweeps_and_again_when_it_comes_back() {
        let sweep = Trigger::sweep(TriggerKind::Schedule);
        let look = |severity: Option<Severity>| {
            let mut orders = binding("orders", Status::Settled);
            orders.findings.extend(severity.map(finding));
            report(vec![orders, binding("billing", Status::Settled)])
        };
        let (fine, broken) = (look(None), look(Some(Severity::Broken)));
        let mut published = PublishedFindings::default();
        let mut publish = |trigger: &Trigger, report: &Report| {
            let subject = Notification::of(trigger, report, &published)
                .map(|notification| notification.subject);
            published.remember(report);
            subject
        };
        let subject = Some("writerlink: orders settled, writer-unhealthy".to_owned());
        assert_eq!(publish(&sweep, &fine), None);
        assert_eq!(publish(&sweep, &look(Some(Severity::Note))), None);
        assert_eq!(publish(&sweep, &broken), subject);
        assert_eq!(
            publish(&sweep, &broken),
            None,
            "a sweep does not publish the same every minute"
        );
        assert_eq!(publish(&Trigger::dry_run(TriggerKind::Invoke), &broken), None);
        assert_eq!(
            publish(&event(TriggerKind::Sns), &broken),
            subject,
            "the run of an event publishes how it ended"
        );
        assert_eq!(publish(&sweep, &fine), None);
        assert_eq!(publish(&sweep, &broken), subject);
    }

    #[test]
    fn a_run_that_could_not_see_a_broken_finding_does_not_make_it_published_again() {
        let sweep = Trigger::sweep(TriggerKind::Schedule);
        let look = |status, severity: Option<Severity>| {
            let mut orders = binding("orders", status);
            orders.findings.extend(severity.map(finding));
            report(vec![orders])
        };
        let broken = look(Status::Settled, Some(Severity::Broken));
        for blind in [look(Status::Failed, None), look(Status::Held, None)] {
            let mut published = PublishedFindings::default();
            let subjects = [&broken, &blind, &broken].map(|report| {
                let subject = Notification::of(&sweep, report, &published)
                    .map(|notification| notification.subject);
                published.remember(report);
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
            let notification = Notification::of(
                &event(TriggerKind::Sns),
                &report(bindings),
                &PublishedFindings::default(),
            );
            let subject = notification.expect("published").subject;
            assert!(subject.len() <= 99 && subject.is_ascii(), "{subject:?}");
            let start: String = name.chars().take(24).collect();
            assert!(subject.starts_with(&format!("writerlink: {start}")), "{subject:?}");
            assert_eq!(subject.matches("a-code-of-its-own").count(), 1, "{subject:?}");
            assert_eq!(subject.ends_with(", and 40 more"), others > 0, "{subject:?}");
        }
    }

    #[test]
    fn an_event_publishes_nothing_for_a_held_binding_that_it_does_not_concern() {
        let mut report = report(vec![binding("orders", Status::Held)]);
        report.bindings[0].answered_for = false;
        assert_eq!(
            Notification::of(&event(TriggerKind::Sns), &report, &PublishedFindings::default()),
            None
        );
    }

    #[test]
    fn a_subject_is_short_ascii_whatever_the_binding_is_called() {
        let name = format!("{}\n{}", "é".repeat(40), "x".repeat(80));
        let subject =
            subject_of(&event(TriggerKind::Sns), &[(&name, Status::Changed)]).expect("published");
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
            Notification::of(&event(TriggerKind::Sns), &report, &PublishedFindings::default())
                .expect("published");
        let text: serde_json::Value = serde_json::from_str(&notification.text).expect("JSON");
        assert_eq!(text, as_value(&report));
    }

    #[test]
    fn a_record_is_published_with_its_figures_unless_no_failover_was_seen() {
        let notification = Notification::of_record(&record()).expect("a failover");
        let subject = "writerlink: orders failover recorded, 97 s until healthy";
        assert_eq!(notification.subject, subject);
        assert!(notification.text.contains("\"failover_to_healthy\""), "{}", notification.text);
        let long = Record { binding: "ü".repeat(200), ..record() };
        let subject = Notification::of_record(&long).expect("a failover").subject;
        assert!(subject.is_ascii() && subject.len() <= LONGEST_SUBJECT, "{subject}");
        let unseen = Record { figures: Default::default(), ..record() };
        assert_eq!(Notification::of_record(&unseen), None);
    }
}
