//! Reports for tests.

use writerlink_core::event::{Trigger, TriggerKind};
use writerlink_core::finding::{Finding, Severity};
use writerlink_core::report::{BindingReport, Reason, Report, Status, TriggerReport};

pub(crate) fn report(bindings: impl IntoIterator<Item = BindingReport>) -> Report {
    let bindings: Vec<BindingReport> = bindings.into_iter().collect();
    Report {
        ok: bindings.iter().all(|binding| binding.status.is_ok()),
        trigger: TriggerReport::from(&Trigger::dry_run(TriggerKind::Audit)),
        bindings,
        unmatched: 0,
        postponed: 0,
        sweep: false,
        nothing_readable: false,
    }
}

pub(crate) fn finding(severity: Severity) -> Finding {
    Finding {
        code: "writer-unhealthy",
        severity,
        message: "what was noticed".to_owned(),
        remedy: "What to check first.".to_owned(),
    }
}

/// The report of the binding `orders-writer`, with a reason if `code` is not empty.
pub(crate) fn ended(status: Status, code: &'static str) -> BindingReport {
    BindingReport {
        name: "orders-writer".to_owned(),
        status,
        reason: (!code.is_empty()).then(|| Reason {
            code,
            message: "what was found".to_owned(),
            remedy: Some("What to do.".to_owned()),
        }),
        rounds: 1,
        evidence: None,
        targets: Vec::new(),
        registered: Vec::new(),
        deregistered: Vec::new(),
        planned: Vec::new(),
        standby: None,
        seconds_wrong: None,
        notes: Vec::new(),
        findings: Vec::new(),
        binding: None,
        answered_for: true,
    }
}
