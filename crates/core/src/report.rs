//! What a run found and did: the answer of the Lambda and the output of the audit.

mod cleaned;

use std::net::IpAddr;
use std::sync::Arc;

use serde::Serialize;

use crate::config::Binding;
use crate::event::{Event, Trigger, TriggerKind};
use crate::finding::{Finding, Severity};
use crate::source::Identifier;
use crate::target::{Target, Zone};

/// The report of a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Whether every binding that the run answers for ended well: for an event, the bindings that
    /// it names; for a sweep, all that it looked at.
    pub ok: bool,
    /// What started the run.
    pub trigger: TriggerReport,
    /// Every binding that the run looked at or had to look at, in the order of the configuration.
    pub bindings: Vec<BindingReport>,
    /// Events that concern no binding.
    pub unmatched: u32,
    /// Bindings that a sweep did not get to: nothing is known of them, and the next sweeps go on
    /// with them.
    #[serde(skip_serializing_if = "is_zero")]
    pub postponed: usize,
    /// Whether the run answers for every binding, as a sweep does, and not only for those that
    /// events name.
    #[serde(skip)]
    pub sweep: bool,
    /// Whether the run could do none of its work: no binding was usable, or every read failed.
    #[serde(skip)]
    pub nothing_readable: bool,
}

/// What started a run, as far as the report repeats it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct TriggerReport {
    /// Through which entry point.
    pub kind: TriggerKind,
    /// The event's id.
    pub event: Option<String>,
    /// The name of the database that the event names.
    pub source: Option<Identifier>,
    /// A person's word that DNS is right, where one was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trust: Option<TrustReport>,
}

/// A person's word that DNS is right about a cluster's writer.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct TrustReport {
    /// The member that the person names.
    pub writer: Identifier,
    /// When it ends, in UTC.
    pub expires: String,
    /// Whether the run took DNS's word on it, to write or to find the group right.
    pub used: bool,
}

/// For serde, which gives a reference.
fn is_zero(number: &usize) -> bool {
    *number == 0
}

impl From<&Trigger> for TriggerReport {
    fn from(trigger: &Trigger) -> Self {
        let event = trigger.events.first();
        Self {
            kind: trigger.kind,
            event: event.and_then(|event: &Event| event.id).map(|id| id.to_string()),
            source: event.and_then(|event| event.source.clone()),
            trust: trigger.trust.as_ref().map(|trust| TrustReport {
                writer: trust.writer.clone(),
                expires: trust.expires.to_string(),
                used: false,
            }),
        }
    }
}

/// How one binding ended.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BindingReport {
    /// Its name.
    pub name: String,
    /// How it ended.
    pub status: Status,
    /// Why it did not end settled.
    pub reason: Option<Reason>,
    /// How many rounds it had.
    pub rounds: u32,
    /// What the keys said last.
    pub evidence: Option<EvidenceReport>,
    /// The group's targets as last read.
    pub targets: Vec<TargetReport>,
    /// What was registered, and acknowledged by ELBv2 or seen in a reading, in order.
    pub registered: Vec<String>,
    /// What was deregistered and seen to be gone, or draining, in a later reading, in order.
    pub deregistered: Vec<String>,
    /// What is left to do.
    pub planned: Vec<String>,
    /// A warm binding's standby, as far as the run has looked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub standby: Option<StandbyReport>,
    /// In the mode `observe`, for how long the group was wrong, in seconds: the time between looks,
    /// up to the last one of this run, that follow each other and both found it wrong. Absent in
    /// any other mode, in a dry run, and without a look.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds_wrong: Option<f64>,
    /// What was left alone without keeping anything else from being done, in sentences.
    pub notes: Vec<String>,
    /// What was noticed besides the group's membership.
    pub findings: Vec<Finding>,
    /// Whether the run answers for this binding: an event's run does for the bindings that the
    /// event names.
    #[serde(skip)]
    pub answered_for: bool,
    /// The binding; absent where its configuration cannot be used.
    #[serde(skip)]
    pub binding: Option<Arc<Binding>>,
}

impl BindingReport {
    /// Whether something was noticed that does not work.
    pub fn is_broken(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity == Severity::Broken)
    }
}

/// A warm binding's standby.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StandbyReport {
    /// Its address, where that is proven.
    pub address: Option<IpAddr>,
    /// The state of the target at that address, in ELBv2's word, where there is one.
    pub state: Option<String>,
    /// `proven`, `not-found`, `ambiguous`, `unproven` or `refused`.
    pub proof: &'static str,
}

/// How a binding ends a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Nothing to do.
    Settled,
    /// Changed, and verified by reading back.
    Changed,
    /// Something is left to do, and only has to wait.
    Waiting,
    /// Nothing to follow.
    Idle,
    /// `mode = "observe"`: what would have been done is planned.
    Observed,
    /// Dry run or audit: there is something to do.
    Drift,
    /// Left alone, because the evidence does not suffice or an operator has to act.
    Held,
    /// A call failed.
    Failed,
    /// The answer to a write was lost, and no reading shows whether it was done.
    Unconfirmed,
}

impl Status {
    /// Whether this is a good end.
    pub fn is_ok(self) -> bool {
        match self {
            Self::Settled | Self::Changed | Self::Waiting | Self::Idle | Self::Observed => true,
            Self::Drift | Self::Held | Self::Failed | Self::Unconfirmed => false,
        }
    }

    /// The word in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Settled => "settled",
            Self::Changed => "changed",
            Self::Waiting => "waiting",
            Self::Idle => "idle",
            Self::Observed => "observed",
            Self::Drift => "drift",
            Self::Held => "held",
            Self::Failed => "failed",
            Self::Unconfirmed => "unconfirmed",
        }
    }
}

/// Why a binding did not end settled: a code for machines, a sentence for operators, and what to
/// do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// One of the documented kebab-case words (docs/operations.md).
    pub code: &'static str,
    /// What was found.
    pub message: String,
    /// What the operator can do, where there is something to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

/// What the keys said.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EvidenceReport {
    /// The RDS API, where it is a key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub topology: Option<KeyReport>,
    /// DNS, where it is a key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dns: Option<KeyReport>,
}

/// What one key said.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum KeyReport {
    /// The RDS API names an instance at an address.
    Topology {
        /// The instance.
        instance: Identifier,
        /// Its address.
        address: IpAddr,
    },
    /// The RDS API lists the members of a set.
    Members {
        /// The members.
        members: Vec<MemberReport>,
        /// Why more of them are not listed.
        #[serde(skip_serializing_if = "Option::is_none")]
        missing: Option<String>,
    },
    /// DNS names addresses.
    Dns {
        /// The instance that has the address, where DNS or the topology names it.
        #[serde(skip_serializing_if = "Option::is_none")]
        instance: Option<Identifier>,
        /// The addresses.
        addresses: Vec<IpAddr>,
    },
    /// The key says nothing.
    Unknown {
        /// The documented reason code.
        unknown: &'static str,
        /// Why, in a sentence.
        message: String,
    },
}

/// A member of a set.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MemberReport {
    /// The instance.
    pub instance: Identifier,
    /// Its address.
    pub address: IpAddr,
}

/// A target as ELBv2 reported it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TargetReport {
    /// Its address.
    pub id: IpAddr,
    /// Its port.
    pub port: u16,
    /// Its zone, where ELBv2 reported one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone: Option<Zone>,
    /// Its state, in ELBv2's word.
    pub state: String,
    /// ELBv2's code for why it is in that state, where it gave one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl From<&Target> for TargetReport {
    fn from(target: &Target) -> Self {
        Self {
            id: target.address.ip(),
            port: target.address.port(),
            zone: target.zone.clone(),
            state: target.state.as_str().to_owned(),
            reason: target.reason.as_ref().map(|reason| reason.code.clone()),
        }
    }
}
