//! The decision: what a target group needs, given what was seen.
//!
//! *Add on credible evidence; remove only on agreement.* Registering is cheap and can be undone;
//! deregistering causes outages. [`plan`] is total and pure: equal inputs give an equal [`Plan`].
//!
//! # From evidence to a plan
//!
//! 1. **The port** (`port.rs`). The targets' port is the binding's or the database's own. Without a
//!    port, or with one that RDS does not report, the plan holds and asks nothing else.
//! 2. **The row** (`rules.rs`). The kind of source selects a row of a table: what *admits* an
//!    address, what *expels* one, whether target health gates a removal, and how many targets may
//!    leave at once. A new kind of source is a new row.
//! 3. **The look** (`look.rs`). The evidence names addresses. If all keys agree, the named
//!    addresses are *wanted*, and no others are. If the keys disagree, or one of them is unknown,
//!    only the addresses that topology names are considered, and only to be added. A draining
//!    target counts as absent. A target on another port, or outside the binding's `allow`, is
//!    foreign.
//! 4. **The gates** (`gate.rs`). Each address has one of two gates. An address that is named and
//!    not present asks to be admitted; a target that is present may be expelled. A gate is *open*,
//!    needs a *second reading*, must *wait* (with the hold that says why), or *never* opens in this
//!    look. Gates depend on what the run has seen so far ([`EarlierRounds`]): how often, and for
//!    how long, the keys have said the same. Where a person vouches for DNS ([`TrustInDns`]), DNS
//!    must have stayed for the settle time before either gate opens.
//! 5. **The order** (`order.rs`). Everything that is called for becomes one step to take at once,
//!    the actions that follow it, and the holds:
//!    - What is missing is registered first. What ELBv2 refused comes last.
//!    - A removal goes out only while all that is wanted is present, one of the wanted targets
//!      serves, and its registration is proven. Without the proof that target is registered again.
//!    - The keys are read again after the targets and before each removal.
//!    - A warm binding's standby is registered when nothing else is to be done (`standby.rs`).
//!    - A plan that would remove more than `max-removals` targets removes none, and at most half of
//!      a set leaves in one round.
//!
//! The caller carries out the step. After a write it reads the group again; after a rereading only
//! if the keys changed. Then it asks for a new plan, until a plan has no step. It never carries out
//! the actions that follow from an old plan.
//!
//! # How this is checked
//!
//! `tests/truth_table` compares every combination of inputs with a statement that was written
//! independently from `docs/semantics.md`. `explore/` walks every order of events, with all safety
//! mechanisms on and with each of them switched off in turn.

mod action;
mod gate;
mod hold;
mod look;
mod observation;
mod order;
mod port;
mod rules;
mod standby;
mod trust;

use std::time::Duration;

pub use self::action::{Action, Plan, Step};
pub use self::hold::{Hold, StandbyRemark, Weight};
use self::look::Look;
pub use self::observation::{
    EarlierRounds, KeyChange, Observation, RegistrationProof, StandbySeen,
};
pub use self::trust::{TrustInDns, VoidTrust};
use crate::config::{Binding, Timing};

/// How long DNS must have given one address before it is credible for a source whose extra target
/// might take connections. After a failover the answer goes back and forth for 20 to 30 s
/// (aws-mysql-jdbc, issue 377), in spells shorter than this.
pub const STEADY: Duration = Duration::from_secs(10);

/// How long an agreement may be required to last at most, which is what a run can wait out. A name
/// whose answers are cached for longer than half of it never loses a target.
pub const LONGEST_SETTLE: Duration = Duration::from_secs(180);

/// Decides what a target group needs.
pub fn plan(binding: &Binding, timing: &Timing, seen: &Observation) -> Plan {
    match Look::new(binding, timing, seen) {
        Ok(look) => look.plan(),
        Err(hold) => {
            let void_trust = look::void_trust(seen).into_iter();
            Plan { holds: void_trust.chain([hold]).collect(), ..Plan::default() }
        }
    }
}

#[cfg(test)]
mod tests;
