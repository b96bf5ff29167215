//! What a plan consists of.

use std::collections::BTreeSet;
use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use super::{Hold, Weight};
use crate::target::{Registration, Target};

/// What to do with a target group.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Plan {
    /// What every key agrees belongs in the group; nothing where they do not, or where something
    /// stands against it.
    pub wanted: BTreeSet<SocketAddr>,
    /// The step that may be taken at once.
    pub now: Option<Step>,
    /// The actions that are called for after it, or when the holds have passed.
    pub later: Vec<Action>,
    /// What was left alone, and why.
    pub holds: Vec<Hold>,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Step {
    /// Read the keys again, after the targets: before anything is removed, and before a set's new
    /// member is added.
    Reread,
    /// Change the group.
    Do(Action),
}

/// A change of the group.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Action {
    /// Register this target.
    Register(Registration),
    /// Deregister these, in one call.
    Deregister(Vec<Target>),
}

impl Plan {
    /// Whether there is nothing to do, and no hold but remarks.
    pub fn is_clean(&self) -> bool {
        self.now.is_none() && self.later.is_empty() && self.weightiest().is_none()
    }

    /// The hold that decides how the binding ends; remarks aside.
    pub fn weightiest(&self) -> Option<&Hold> {
        let heavy = self.holds.iter().filter(|hold| hold.weight() > Weight::Remark);
        // The first of the heaviest: `max_by_key` would give the last.
        heavy.rev().max_by_key(|hold| hold.weight())
    }

    /// Whether a registration is called for that only has to wait.
    pub fn will_register(&self) -> bool {
        self.later.iter().any(|action| matches!(action, Action::Register(_)))
    }

    /// Whether a hold passes with what the next readings of the targets show, or a removal is due
    /// within the time that such readings take to prove a registration.
    pub(crate) fn waits_for_targets(&self, time_to_prove: Duration) -> bool {
        self.holds.iter().any(|hold| match hold {
            Hold::SeenBriefly(_) | Hold::Initial(_) | Hold::NotHealthy(..) => true,
            Hold::Settling(left) => *left <= time_to_prove,
            Hold::TrustWaits { steady, settle, .. } => {
                settle.saturating_sub(*steady) <= time_to_prove
            }
            _ => false,
        })
    }

    /// Every action that is called for.
    pub fn pending(&self) -> impl Iterator<Item = &Action> {
        let now = self.now.iter().filter_map(|step| match step {
            Step::Do(action) => Some(action),
            Step::Reread => None,
        });
        now.chain(&self.later)
    }

    /// The action that is to be done first: the step's own, or the one that it prepares.
    pub(crate) fn first(&self) -> Option<&Action> {
        self.pending().next()
    }

    /// The targets whose removal is called for.
    pub(crate) fn removals(&self) -> impl Iterator<Item = &Target> {
        self.pending().flat_map(|action| match action {
            Action::Register(_) => [].iter(),
            Action::Deregister(targets) => targets.iter(),
        })
    }

    /// How many registrations are called for.
    pub fn registrations(&self) -> usize {
        let is_registration = |action: &&Action| matches!(action, Action::Register(_));
        self.pending().filter(is_registration).count()
    }

    /// Every action that is called for, as text.
    pub fn actions(&self) -> Vec<String> {
        self.pending().map(ToString::to_string).collect()
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Register(registration) => write!(f, "register {}", registration.address),
            Self::Deregister(targets) => {
                f.write_str("deregister ")?;
                for (index, target) in targets.iter().enumerate() {
                    write!(f, "{}{}", if index == 0 { "" } else { ", " }, target.address)?;
                }
                Ok(())
            }
        }
    }
}
