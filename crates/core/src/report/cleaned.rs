//! A report without control and format characters, whatever source the text in it comes from.
//!
//! Each type is destructured without a `..`. So a new field does not compile here until someone
//! decides how to clean it.

use super::{
    BindingReport, EvidenceReport, KeyReport, Reason, Report, StandbyReport, TargetReport,
    TriggerReport,
};
use crate::finding::Finding;
use crate::target::Zone;
use crate::text::{bounded, sentence};

impl Report {
    /// The same report, fit for a terminal, a log and a notification.
    pub fn cleaned(self) -> Self {
        let Self {
            ok,
            // An identifier and a time have no such characters.
            trigger: TriggerReport { kind, event, source, trust },
            bindings,
            unmatched,
            postponed,
            sweep,
            nothing_readable,
        } = self;
        Self {
            ok,
            trigger: TriggerReport { kind, event: event.map(|id| bounded(&id)), source, trust },
            bindings: bindings.into_iter().map(BindingReport::cleaned).collect(),
            unmatched,
            postponed,
            sweep,
            nothing_readable,
        }
    }
}

impl BindingReport {
    fn cleaned(self) -> Self {
        let Self {
            name,
            status,
            reason,
            rounds,
            evidence,
            targets,
            registered,
            deregistered,
            planned,
            standby,
            seconds_wrong,
            notes,
            findings,
            answered_for,
            binding,
        } = self;
        Self {
            name: bounded(&name),
            status,
            reason: reason.map(Reason::cleaned),
            rounds,
            evidence: evidence.map(EvidenceReport::cleaned),
            targets: targets.into_iter().map(TargetReport::cleaned).collect(),
            registered: sentences(registered),
            deregistered: sentences(deregistered),
            planned: sentences(planned),
            standby: standby.map(StandbyReport::cleaned),
            seconds_wrong,
            notes: sentences(notes),
            findings: findings.into_iter().map(Finding::cleaned).collect(),
            answered_for,
            // Its name was checked when the configuration was read; nothing else in it is text.
            binding,
        }
    }
}

impl StandbyReport {
    fn cleaned(self) -> Self {
        let Self { address, state, proof } = self;
        Self { address, state: state.map(|state| bounded(&state)), proof }
    }
}

impl Reason {
    fn cleaned(self) -> Self {
        let Self { code, message, remedy } = self;
        Self { code, message: sentence(&message), remedy: remedy.map(|remedy| sentence(&remedy)) }
    }
}

impl Finding {
    fn cleaned(self) -> Self {
        let Self { code, severity, message, remedy } = self;
        Self { code, severity, message: sentence(&message), remedy: sentence(&remedy) }
    }
}

impl EvidenceReport {
    fn cleaned(self) -> Self {
        let Self { topology, dns } = self;
        Self { topology: topology.map(KeyReport::cleaned), dns: dns.map(KeyReport::cleaned) }
    }
}

impl KeyReport {
    fn cleaned(self) -> Self {
        match self {
            Self::Topology { instance, address } => Self::Topology { instance, address },
            Self::Members { members, missing } => {
                Self::Members { members, missing: missing.map(|missing| sentence(&missing)) }
            }
            Self::Dns { instance, addresses } => Self::Dns { instance, addresses },
            Self::Unknown { unknown, message } => {
                Self::Unknown { unknown, message: sentence(&message) }
            }
        }
    }
}

impl TargetReport {
    fn cleaned(self) -> Self {
        let Self { id, port, zone, state, reason } = self;
        Self {
            id,
            port,
            zone: zone.map(|zone| Zone(bounded(&zone.0))),
            state: bounded(&state),
            reason: reason.map(|code| bounded(&code)),
        }
    }
}

fn sentences(texts: Vec<String>) -> Vec<String> {
    texts.iter().map(|text| sentence(text)).collect()
}
