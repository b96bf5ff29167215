//! The exit code that a report maps to.

use writerlink_core::report::{BindingReport, Report, Status};

use crate::exit::Exit;

/// The exit code of an audit. The first of these that applies decides:
///
/// 1. A binding's configuration is bad, or there are no credentials: the audit could not do its
///    work, and a pipeline that checks a configuration before it ships must stop.
/// 2. Something is broken: a finding says so, whatever the group's membership.
/// 3. The audit could not determine the state of some binding. This outranks drift: a reader who
///    sees only "drift" would take it for the whole result.
/// 4. There is drift.
pub(crate) fn of(report: &Report) -> Exit {
    if bad(report).next().is_some() || is_without_credentials(report) {
        return Exit::CouldNotRun;
    }
    if report.bindings.iter().any(BindingReport::is_broken) {
        return Exit::Drift;
    }
    let any = |exit| report.bindings.iter().any(|binding| of_one(binding) == exit);
    [Exit::CouldNotTell, Exit::Drift].into_iter().find(|exit| any(*exit)).unwrap_or(Exit::Success)
}

/// The exit code that one binding alone would give.
pub(crate) fn of_one(binding: &BindingReport) -> Exit {
    if is_bad(binding) {
        return Exit::CouldNotRun;
    }
    match binding.status {
        _ if binding.is_broken() => Exit::Drift,
        Status::Settled | Status::Changed | Status::Waiting | Status::Idle | Status::Observed => {
            Exit::Success
        }
        Status::Drift => Exit::Drift,
        Status::Held | Status::Failed | Status::Unconfirmed => Exit::CouldNotTell,
    }
}

/// Why the audit could not do its work. It goes to standard error, because it is easily missed in
/// the report.
pub(crate) fn message(report: &Report) -> Option<String> {
    let bad: Vec<&str> = bad(report).map(|binding| binding.name.as_str()).collect();
    if !bad.is_empty() {
        return Some(format!(
            "the configuration of {} is refused; the other bindings were audited",
            bad.join(", ")
        ));
    }
    let reason = report.bindings.first()?.reason.as_ref()?;
    let remedy = reason.remedy.as_deref().unwrap_or_default();
    is_without_credentials(report).then(|| format!("{}. {remedy}", reason.message))
}

fn bad(report: &Report) -> impl Iterator<Item = &BindingReport> {
    report.bindings.iter().filter(|binding| is_bad(binding))
}

fn is_bad(binding: &BindingReport) -> bool {
    has_code(binding, "bad-configuration")
}

fn is_without_credentials(report: &Report) -> bool {
    !report.bindings.is_empty()
        && report.bindings.iter().all(|binding| has_code(binding, "no-credentials"))
}

fn has_code(binding: &BindingReport, code: &str) -> bool {
    binding.reason.as_ref().is_some_and(|reason| reason.code == code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use writerlink_core::finding::Severity;

    use crate::render::sample::{ended, finding, report};

    fn exit(ends: &[(Status, &'static str)]) -> Exit {
        of(&report(ends.iter().map(|(status, code)| ended(*status, code))))
    }

    #[test]
    fn the_gravest_binding_decides_the_exit_code() {
        let settled = (Status::Settled, "");
        let drift = (Status::Drift, "");
        let held = (Status::Held, "keys-disagree");
        let failed = (Status::Failed, "access-denied");
        let bad = (Status::Failed, "bad-configuration");
        let no_credentials = (Status::Failed, "no-credentials");
        for (ends, code) in [
            (vec![settled], 0),
            (vec![settled, (Status::Waiting, "initial")], 0),
            (vec![(Status::Idle, "source-idle")], 0),
            (vec![settled, drift], 2),
            (vec![drift, held], 3),
            (vec![failed, drift], 3),
            (vec![(Status::Unconfirmed, "answer-lost")], 3),
            (vec![settled, bad], 1),
            (vec![held, bad, drift], 1),
            (vec![no_credentials, no_credentials], 1),
            (vec![no_credentials, settled], 3),
            (vec![(Status::Held, "no-credentials")], 1),
        ] {
            assert_eq!(exit(&ends).code(), code, "{ends:?}");
        }
    }

    #[test]
    fn a_broken_finding_outranks_an_undetermined_binding_and_a_note_counts_for_nothing() {
        let with = |status, severity| BindingReport {
            findings: vec![finding(severity)],
            ..ended(status, "")
        };
        let held = || ended(Status::Held, "keys-disagree");
        let broken = || with(Status::Settled, Severity::Broken);
        let note = || with(Status::Settled, Severity::Note);
        for (bindings, code) in [
            (vec![broken()], 2),
            (vec![held(), broken()], 2),
            (vec![with(Status::Held, Severity::Broken)], 2),
            (vec![broken(), ended(Status::Failed, "bad-configuration")], 1),
            (vec![note()], 0),
            (vec![note(), held()], 3),
        ] {
            let codes: Vec<_> = bindings.iter().map(|binding| of_one(binding).code()).collect();
            assert_eq!(of(&report(bindings)).code(), code, "{codes:?}");
        }
    }

    #[test]
    fn what_kept_the_audit_from_its_work_is_named() {
        let message_of = |ends: &[(Status, &'static str)]| {
            message(&report(ends.iter().map(|(status, code)| ended(*status, code))))
        };
        assert_eq!(message_of(&[(Status::Drift, ""), (Status::Held, "x")]), None);
        let bad = message_of(&[(Status::Settled, ""), (Status::Failed, "bad-configuration")]);
        assert!(bad.is_some_and(|text| text.contains("the configuration of orders-writer")));
        let no_credentials = message_of(&[(Status::Failed, "no-credentials")]);
        assert_eq!(no_credentials.as_deref(), Some("what was found. What to do."));
    }
}
