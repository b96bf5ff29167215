//! What a run knows of one group beyond the last reading: what it found first, what it has done, and how that went.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;

use crate::plan::{Action, Assurance};
use crate::target::{Target, TargetState};

/// Writes that went wrong in one run, before it stops writing to the group. The next sweep starts anew.
const MOST_TROUBLES: u8 = 3;

/// The memory of one group.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct Memory {
    /// The targets that were present when the run first read them.
    initially: Option<BTreeSet<SocketAddr>>,
    /// How many readings in a row showed each target healthy, 2 standing for more.
    healthy: BTreeMap<SocketAddr, u8>,
    /// Registrations that were acknowledged and not undone.
    registered: BTreeSet<SocketAddr>,
    /// Deregistrations that were acknowledged and not undone.
    deregistered: BTreeSet<SocketAddr>,
    /// A write whose answer was lost, until a reading shows what came of it.
    unconfirmed: Option<Action>,
    troubles: u8,
}

impl Memory {
    /// Takes in a reading of the targets; returns the write that it confirms, if there was one in doubt.
    pub(super) fn see(&mut self, targets: &[Target]) -> Option<Action> {
        let present: BTreeSet<SocketAddr> = targets.iter().filter(|t| t.is_present()).map(|t| t.address).collect();
        self.healthy = targets
            .iter()
            .filter(|target| target.state == TargetState::Healthy)
            .map(|target| {
                (
                    target.address,
                    (self.healthy.get(&target.address).unwrap_or(&0) + 1).min(2),
                )
            })
            .collect();
        let confirmed = self.unconfirmed.take_if(|action| is_done(action, &present));
        self.initially.get_or_insert(present);
        confirmed
    }

    /// A write is about to go out. One that was acknowledged before and did not last is a trouble of its own.
    pub(super) fn begin(&mut self, action: &Action) {
        let again = match action {
            Action::Register(registration) => self.registered.contains(&registration.address),
            Action::Deregister(targets) => targets.iter().any(|target| self.deregistered.contains(&target.address)),
        };
        self.troubles += u8::from(again);
        self.unconfirmed = None;
    }

    /// A write was acknowledged.
    pub(super) fn done(&mut self, action: &Action) {
        match action {
            Action::Register(registration) => {
                self.registered.insert(registration.address);
                self.deregistered.remove(&registration.address);
            }
            Action::Deregister(targets) => {
                for target in targets {
                    self.deregistered.insert(target.address);
                    self.registered.remove(&target.address);
                }
            }
        }
    }

    /// A write was refused, or never went out.
    pub(super) fn refused(&mut self) {
        self.troubles += 1;
    }

    /// How long to wait after the last trouble before the next write.
    pub(super) fn back_off(&self) -> Duration {
        Duration::from_secs(u64::from(self.troubles).pow(2))
    }

    /// The answer to a write was lost.
    pub(super) fn lost(&mut self, action: Action) {
        self.troubles += 1;
        self.unconfirmed = Some(action);
    }

    /// The write that is in doubt.
    pub(super) fn unconfirmed(&self) -> Option<&Action> {
        self.unconfirmed.as_ref()
    }

    /// Whether so much went wrong that this run writes no more.
    pub(super) fn is_exhausted(&self) -> bool {
        self.troubles >= MOST_TROUBLES
    }

    /// What is known of a target's registration.
    pub(super) fn assurance(&self, address: SocketAddr) -> Assurance {
        match self.healthy.get(&address) {
            _ if self.registered.contains(&address) => Assurance::Assured,
            Some(2..) => Assurance::Assured,
            Some(_) => Assurance::HealthyOnce,
            None => Assurance::None,
        }
    }

    /// Whether the target was missing when the run began.
    pub(super) fn was_missing(&self, address: SocketAddr) -> bool {
        self.initially
            .as_ref()
            .is_some_and(|present| !present.contains(&address))
    }
}

fn is_done(action: &Action, present: &BTreeSet<SocketAddr>) -> bool {
    match action {
        Action::Register(registration) => present.contains(&registration.address),
        Action::Deregister(targets) => targets.iter().all(|target| !present.contains(&target.address)),
    }
}
