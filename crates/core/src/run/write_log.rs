//! What a run knows of one group beyond the last reading: what it found first, what it has done,
//! and how that went.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;

use crate::config::Timing;
use crate::failure::CallError;
use crate::mechanism::Mechanism;
use crate::plan::{Action, RegistrationProof};
use crate::target::{Target, TargetState};

/// Writes that went wrong in one run, before it stops writing to the group. The next sweep starts
/// anew.
const MOST_TROUBLES: u8 = 3;

/// How long readings must have shown a target healthy, without a break, before they alone vouch for
/// it. A reading can be older than another run's removal of that target; ELBv2 states no bound, and
/// nobody has measured one.
const VOUCHING: Duration = Duration::from_secs(5);

/// The memory of one group.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct WriteLog {
    /// The targets that were present when the run first read them.
    initially: Option<BTreeSet<SocketAddr>>,
    /// The targets that were present in the last reading.
    present: BTreeSet<SocketAddr>,
    /// For how long every reading has shown each target healthy; grows to what vouches for it.
    healthy: BTreeMap<SocketAddr, Duration>,
    /// The last word of this run on each target that it wrote about.
    last_writes: BTreeMap<SocketAddr, LastWrite>,
    lost_write: Option<LostWrite>,
    /// What ELBv2 would not take in this run, and would not take a moment later either.
    refused: BTreeSet<SocketAddr>,
    troubles: u8,
    last_error: Option<CallError>,
}

/// What a run last did about a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum LastWrite {
    /// Its registration was acknowledged.
    Registered,
    /// Its removal was sent.
    RemovalSent,
    /// Its removal was acknowledged.
    Removed,
}

/// A write whose answer was lost, until a reading shows what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct LostWrite {
    action: Action,
    /// Whether a reading can show that it was done: a target that was there before proves nothing.
    shows: bool,
}

impl WriteLog {
    /// Takes in a reading of the targets; returns the write that it confirms, if there was one in
    /// doubt. Either way the doubt is over: what was not done by now will not be done.
    pub(super) fn see(&mut self, targets: &[Target]) -> Option<Action> {
        self.present = targets.iter().filter(|t| t.is_present()).map(|t| t.address).collect();
        self.initially.get_or_insert_with(|| self.present.clone());
        let healthy = targets.iter().filter(|target| target.state == TargetState::Healthy);
        let so_far = |address| self.healthy.get(&address).copied().unwrap_or_default();
        self.healthy = healthy.map(|target| (target.address, so_far(target.address))).collect();
        let lost_write = self.lost_write.take()?;
        (lost_write.shows && is_done(&lost_write.action, &self.present))
            .then_some(lost_write.action)
    }

    /// Lets time pass; no age grows beyond its bound.
    pub(super) fn let_pass(&mut self, passed: Duration, timing: &Timing) {
        for age in self.healthy.values_mut() {
            *age = age.saturating_add(passed).min(vouching(timing));
        }
    }

    /// A write is about to go out. One that was acknowledged before and did not last is a trouble
    /// of its own.
    ///
    /// From here on nothing that was seen or done before vouches for a target that is being
    /// removed, not even if the answer is lost: readings of the group may be stale, and show it
    /// healthy long after.
    pub(super) fn begin(&mut self, action: &Action) {
        self.troubles += u8::from(self.was_acknowledged(action));
        if let Action::Deregister(targets) = action
            && Mechanism::RemovalVoidsProof.is_on()
        {
            self.last_writes
                .extend(targets.iter().map(|target| (target.address, LastWrite::RemovalSent)));
        }
    }

    /// A write was acknowledged.
    pub(super) fn done(&mut self, action: &Action) {
        match action {
            Action::Register(registration) => {
                self.last_writes.insert(registration.address, LastWrite::Registered);
            }
            Action::Deregister(targets) => {
                self.last_writes
                    .extend(targets.iter().map(|target| (target.address, LastWrite::Removed)));
            }
        }
    }

    /// A write was refused, or never went out.
    pub(super) fn refused(&mut self, error: &CallError) {
        self.troubles += 1;
        self.last_error = Some(error.clone());
    }

    /// A registration was refused for what it is: others of a set go before it from now on.
    pub(super) fn set_aside(&mut self, action: &Action) {
        if let Action::Register(registration) = action {
            self.refused.insert(registration.address);
        }
    }

    /// What was set aside.
    pub(super) fn refused_addresses(&self) -> &BTreeSet<SocketAddr> {
        &self.refused
    }

    /// The answer to a write was lost.
    pub(super) fn lost(&mut self, action: Action, error: &CallError) {
        self.refused(error);
        let shows = !is_done(&action, &self.present);
        self.lost_write = Some(LostWrite { action, shows });
    }

    /// How long to wait after the last trouble before the next write.
    pub(super) fn back_off(&self) -> Duration {
        Duration::from_secs(u64::from(self.troubles).pow(2))
    }

    /// The write whose answer was lost, if no reading has been made since.
    pub(super) fn unconfirmed(&self) -> Option<&Action> {
        self.lost_write.as_ref().map(|lost_write| &lost_write.action)
    }

    /// Whether this write was acknowledged before and not undone since: then it did not last, or is
    /// not shown yet.
    pub(super) fn was_acknowledged(&self, action: &Action) -> bool {
        let last = |address| self.last_writes.get(&address).copied();
        match action {
            Action::Register(registration) => {
                last(registration.address) == Some(LastWrite::Registered)
            }
            Action::Deregister(targets) => {
                targets.iter().any(|target| last(target.address) == Some(LastWrite::Removed))
            }
        }
    }

    /// Whether so much went wrong that this run writes no more.
    pub(super) fn is_exhausted(&self) -> bool {
        self.troubles >= MOST_TROUBLES && Mechanism::GivesUp.is_on()
    }

    /// The last error of a write.
    pub(super) fn last_error(&self) -> Option<CallError> {
        self.last_error.clone()
    }

    /// What is known of a target's registration.
    pub(super) fn registration_proof(
        &self,
        address: SocketAddr,
        timing: &Timing,
    ) -> RegistrationProof {
        match (self.last_writes.get(&address), self.healthy.get(&address)) {
            (Some(LastWrite::Registered), _) => RegistrationProof::Proven,
            (Some(LastWrite::RemovalSent | LastWrite::Removed), _) => RegistrationProof::Unproven,
            (None, Some(age)) if *age >= vouching(timing) => RegistrationProof::Proven,
            (None, Some(_)) => RegistrationProof::HealthyBriefly,
            (None, None) => RegistrationProof::Unproven,
        }
    }

    /// Whether the target was missing when the run began.
    pub(super) fn was_missing(&self, address: SocketAddr) -> bool {
        self.initially.as_ref().is_some_and(|present| !present.contains(&address))
    }
}

fn vouching(timing: &Timing) -> Duration {
    VOUCHING.min(timing.settle)
}

fn is_done(action: &Action, present: &BTreeSet<SocketAddr>) -> bool {
    match action {
        Action::Register(registration) => present.contains(&registration.address),
        Action::Deregister(targets) => {
            targets.iter().all(|target| !present.contains(&target.address))
        }
    }
}
