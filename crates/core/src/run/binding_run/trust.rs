//! A person's trust in DNS: what it comes to in a binding run, and what is told of it.

use std::time::Duration;

use super::super::Context;
use super::BindingRun;
use crate::evidence::{Evidence, Unknown};
use crate::note::NoteKind;
use crate::plan::{Hold, Plan, TrustInDns, VoidTrust};
use crate::source::Identifier;

/// A person's trust in DNS, as far as it has come in this run.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::run) struct RunTrust {
    /// The member that the person names.
    writer: Identifier,
    /// What is left of its time.
    left: Duration,
    /// The RDS API was read in this run. From then on it decides, and not the person.
    rds_was_read: bool,
}

impl RunTrust {
    pub(in crate::run) fn new(writer: Identifier, left: Duration) -> Self {
        Self { writer, left, rds_was_read: false }
    }

    /// Lets time pass.
    pub(in crate::run) fn advance(&mut self, passed: Duration) {
        self.left = self.left.saturating_sub(passed);
    }

    /// The RDS API was read, whatever it said.
    pub(in crate::run) fn reads_rds(&mut self) {
        self.rds_was_read = true;
    }

    /// What it comes to beside this evidence.
    pub(in crate::run) fn beside(&self, evidence: &Evidence) -> TrustInDns {
        TrustInDns::Void(match evidence {
            _ if self.rds_was_read => VoidTrust::RdsWasRead,
            _ if self.left.is_zero() => VoidTrust::Expired,
            Evidence::Cluster { topology: Err(Unknown::Call(_)), dns } => match dns {
                Ok(dns) if dns.member == self.writer => return TrustInDns::Counts,
                Ok(dns) => VoidTrust::OtherWriter { dns: dns.clone(), writer: self.writer.clone() },
                Err(Unknown::Call(_)) => VoidTrust::NamesUnknown,
                Err(unknown) => VoidTrust::DnsUnknown(unknown.clone()),
            },
            // Only a reading of the RDS API leads to other evidence of a cluster.
            _ => VoidTrust::RdsWasRead,
        })
    }
}

impl BindingRun {
    /// A person vouches for DNS.
    pub(in crate::run) fn trust(&mut self, trust: RunTrust) {
        self.trust = Some(trust);
    }

    /// Whether it took DNS's word because a person vouches for it.
    pub(in crate::run) fn used_trust(&self) -> bool {
        self.totals.on_trust.is_some()
    }

    /// A write of this plan goes out, or the group was found right by it: logs and keeps if that
    /// rests on a person's trust in DNS.
    pub(super) fn acts_on_trust(&mut self, plan: &Plan, cx: &mut Context<'_>) {
        if let Some(text) = sentence(plan, |hold| matches!(hold, Hold::OnTrust(_))) {
            self.totals.on_trust = Some(text.clone());
            self.tell_trust(text, cx);
        }
    }

    /// Logs why the trust does not count, where it does not.
    pub(super) fn tell_void_trust(&mut self, plan: &Plan, cx: &mut Context<'_>) {
        if let Some(text) = sentence(plan, |hold| matches!(hold, Hold::TrustVoid(_))) {
            self.tell_trust(text, cx);
        }
    }

    /// Logs what is new of the trust.
    fn tell_trust(&mut self, text: String, cx: &mut Context<'_>) {
        if self.totals.trust_told.as_ref() != Some(&text) {
            self.note(NoteKind::Trust, text.clone(), cx);
            self.totals.trust_told = Some(text);
        }
    }

    /// The remarks of the last plan, and what the run did on trust before it.
    pub(super) fn notes(&self) -> Vec<String> {
        let mut notes = self.outcome.remarks();
        let earlier = self.totals.on_trust.clone().filter(|text| !notes.contains(text));
        notes.extend(earlier);
        notes
    }
}

/// The sentence of such a hold of a plan, if there is one.
fn sentence(plan: &Plan, is_meant: impl Fn(&&Hold) -> bool) -> Option<String> {
    plan.holds.iter().find(is_meant).map(ToString::to_string)
}
