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
        self.totals.used_trust
    }

    /// Logs what the trust comes to, where that is new.
    pub(super) fn tell_trust(&mut self, plan: &Plan, cx: &mut Context<'_>) {
        let is_told = |hold: &&Hold| matches!(hold, Hold::OnTrust(_) | Hold::TrustVoid(_));
        let Some(hold) = plan.holds.iter().find(is_told) else {
            return;
        };
        self.totals.used_trust |= matches!(hold, Hold::OnTrust(_));
        let text = hold.to_string();
        if self.totals.trust_told.as_ref() != Some(&text) {
            self.note(NoteKind::Trust, text.clone(), cx);
            self.totals.trust_told = Some(text);
        }
    }
}
