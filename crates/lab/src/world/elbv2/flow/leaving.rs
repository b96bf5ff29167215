//! A deregistered target, as the nodes see it until the deregistration reaches them.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Routability;
use crate::world::elbv2::health::{Verdict, contrary_checks, verdict};
use crate::world::elbv2::{Target, TargetKey, TargetState, World};

/// Whether nodes that have not heard of a target's deregistration yet still count it as healthy.
///
/// AWS does not say, and nobody has measured it. It decides when the nodes fail open, and so when a
/// new target that has not passed its first check gets connections.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum LeavingHealth {
    /// It stays what they knew at the deregistration.
    #[default]
    Frozen,
    /// It is what its health checks find, which go on.
    Live,
    /// It does not count: a node that knows no other healthy target fails open.
    Ignored,
}

impl LeavingHealth {
    /// The word of the command line, of a world's file, and of a verdict.
    pub fn as_str(self) -> &'static str {
        match self {
            LeavingHealth::Frozen => "frozen",
            LeavingHealth::Live => "live",
            LeavingHealth::Ignored => "ignored",
        }
    }
}

/// A target that was deregistered lately.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::world::elbv2) struct Leaving {
    since: Duration,
    /// As it was, in the state that its health checks have found since.
    target: Target,
    /// What was so at the deregistration and what is so later, each with its moment. The nodes know
    /// the first of these at once.
    views: Vec<(Duration, Routability)>,
}

impl Leaving {
    /// Whether the nodes still know it, when they hear of a deregistration after `lag`.
    pub(super) fn is_known(&self, now: Duration, lag: Duration) -> bool {
        now < self.since.saturating_add(lag)
    }

    /// How they see it, when they learn of its health after `lag`.
    pub(super) fn routability(&self, now: Duration, lag: Duration) -> Routability {
        let learnt = self.views.iter().rev().find(|(at, _)| at.saturating_add(lag) <= now);
        learnt.or(self.views.first()).map_or(Routability::Unknown, |(_, view)| *view)
    }

    /// Whether a check that was scheduled for this registration is one of its own.
    pub(in crate::world::elbv2) fn is_of(&self, registration: u64) -> bool {
        self.target.registration == registration
    }
}

impl World {
    /// Notes that a target is deregistered at this moment.
    pub(in crate::world::elbv2) fn leave(&mut self, group: &str, key: &TargetKey) {
        let (now, lag, health) = (self.now(), self.pace.deregistration, self.elbv2.leaving_health);
        let Some(known) = self.elbv2.groups.get(group) else {
            return;
        };
        let Some(target) = known.targets.get(key).cloned() else {
            return;
        };
        let seen = self.routability(known, key);
        let views = match (health, seen) {
            (_, Routability::Unknown) | (LeavingHealth::Frozen, _) => vec![(now, seen)],
            (LeavingHealth::Ignored, _) => vec![(now, Routability::NotHealthy)],
            // What its checks have found last may still be on its way to the nodes.
            (LeavingHealth::Live, _) => {
                vec![(Duration::ZERO, seen), (target.since, target.routability())]
            }
        };
        let is_checked = health == LeavingHealth::Live && seen > Routability::Unknown;
        let registration = target.registration;
        if let Some(known) = self.elbv2.groups.get_mut(group) {
            known.leaving.retain(|_, leaving| leaving.is_known(now, lag));
            known.leaving.insert(key.clone(), Leaving { since: now, target, views });
        }
        if is_checked {
            self.check_leaving_later(group, key, registration);
        }
    }

    /// Checks a target that has left, until the nodes have heard of it.
    pub(in crate::world::elbv2) fn check_leaving(&mut self, group: &str, key: &TargetKey) {
        let (now, lag) = (self.now(), self.pace.deregistration);
        let Some(known) = self.elbv2.groups.get(group) else {
            return;
        };
        let leaving = known.leaving.get(key).filter(|leaving| leaving.is_known(now, lag));
        let Some(mut leaving) = leaving.cloned() else {
            return;
        };
        let target = &mut leaving.target;
        let check = self.check_of(known, target);
        target.contrary_checks = contrary_checks(target, check);
        let found = verdict(target.state, check, target.contrary_checks, &known.health_check);
        let found = match found {
            Verdict::Unchanged => target.state,
            Verdict::Healthy => TargetState::Healthy,
            Verdict::Unhealthy => TargetState::Unhealthy,
        };
        if found != target.state {
            (target.state, target.contrary_checks) = (found, 0);
            leaving.views.push((now, Routability::of(found)));
        }
        let registration = leaving.target.registration;
        if let Some(known) = self.elbv2.groups.get_mut(group) {
            known.leaving.insert(key.clone(), leaving);
        }
        self.check_leaving_later(group, key, registration);
    }
}
