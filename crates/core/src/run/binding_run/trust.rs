//! What a person's trust in DNS comes to in a binding run.

use super::super::Context;
use super::super::trust::RunTrust;
use super::BindingRun;
use crate::note::NoteKind;
use crate::plan::{Hold, Plan};

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
        if let Some(text) = told(plan, |hold| matches!(hold, Hold::OnTrust(_))) {
            self.totals.on_trust = Some(text.clone());
            self.tell_trust(text, cx);
        }
    }

    /// Logs why the trust does not count, where it does not.
    pub(super) fn tell_void_trust(&mut self, plan: &Plan, cx: &mut Context<'_>) {
        if let Some(text) = told(plan, |hold| matches!(hold, Hold::TrustVoid(_))) {
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
fn told(plan: &Plan, is_meant: impl Fn(&&Hold) -> bool) -> Option<String> {
    plan.holds.iter().find(is_meant).map(ToString::to_string)
}
