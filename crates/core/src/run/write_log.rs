//! What a run knows of one target group beyond the last reading: which targets it found first, what
//! it has written, and how that went.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;

use crate::config::Timing;
use crate::failure::CallError;
use crate::mechanism::Mechanism;
use crate::plan::{Action, RegistrationProof};
use crate::target::{Target, TargetState};

/// How many writes may fail, or not last, before a run stops writing to the group. The next sweep
/// counts anew.
const MOST_FAILURES: u8 = 3;

/// How long readings must have shown a target healthy, without a break, before they alone prove its
/// registration. A reading can be older than another run's removal of that target; ELBv2 states no
/// bound, and nobody has measured one.
const HEALTHY_FOR: Duration = Duration::from_secs(5);

/// What this run has written to one group, and what the readings said of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct WriteLog {
    /// The targets that were present when the run first read them.
    initially: Option<BTreeSet<SocketAddr>>,
    /// The targets that were present in the last reading.
    present: BTreeSet<SocketAddr>,
    /// For how long every reading has shown each target healthy; grows to [`proving_time`].
    healthy: BTreeMap<SocketAddr, Duration>,
    /// What this run last wrote about each target.
    last_writes: BTreeMap<SocketAddr, LastWrite>,
    /// A write whose answer was lost, until the next reading.
    lost_write: Option<LostWrite>,
    /// The addresses that ELBv2 refused in this run for what they are, so that it would refuse them
    /// a moment later too.
    refused: BTreeSet<SocketAddr>,
    /// How many writes failed, or were acknowledged and did not last.
    failures: u8,
    /// Why the last failed write failed.
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
    /// The write.
    action: Action,
    /// Whether a reading can show that it was done: a target that was present before proves
    /// nothing.
    shows: bool,
}

impl WriteLog {
    /// Takes in a reading of the targets. Returns the write whose answer was lost, if this reading
    /// shows that it was done. If not, it was not done and will not be: the reading began when the
    /// longest write was over.
    pub(super) fn see(&mut self, targets: &[Target]) -> Option<Action> {
        self.present = targets.iter().filter(|t| t.is_present()).map(|t| t.address).collect();
        self.initially.get_or_insert_with(|| self.present.clone());
        let healthy = targets.iter().filter(|target| target.state == TargetState::Healthy);
        let so_far = |address| self.healthy.get(&address).copied().unwrap_or_default();
        // A target that this reading does not show healthy is left out, and starts from 0 again.
        self.healthy = healthy.map(|target| (target.address, so_far(target.address))).collect();
        let lost_write = self.lost_write.take()?;
        (lost_write.shows && is_done(&lost_write.action, &self.present))
            .then_some(lost_write.action)
    }

    /// Lets time pass; no age grows beyond its bound.
    pub(super) fn advance(&mut self, passed: Duration, timing: &Timing) {
        for age in self.healthy.values_mut() {
            *age = age.saturating_add(passed).min(proving_time(timing));
        }
    }

    /// A round has kept the targets that were read before: how long they have been healthy counts
    /// from the next reading on.
    pub(super) fn goes_unread(&mut self) {
        self.healthy.values_mut().for_each(|age| *age = Duration::ZERO);
    }

    /// A write is about to go out. If it was acknowledged before, it did not last, which counts as
    /// a failure.
    ///
    /// From here on, nothing from before proves the registration of a target that is being removed,
    /// not even if the answer is lost: readings of the group may be stale, and show the target
    /// healthy long after its removal.
    pub(super) fn begin(&mut self, action: &Action) {
        self.failures += u8::from(self.was_acknowledged(action));
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
        self.failures += 1;
        self.last_error = Some(error.clone());
    }

    /// A registration was refused for what it is: from now on, the other members of a set go first.
    pub(super) fn set_aside(&mut self, action: &Action) {
        if let Action::Register(registration) = action {
            self.refused.insert(registration.address);
        }
    }

    /// The addresses that were set aside.
    pub(super) fn refused_addresses(&self) -> &BTreeSet<SocketAddr> {
        &self.refused
    }

    /// The answer to a write was lost.
    pub(super) fn lost(&mut self, action: Action, error: &CallError) {
        self.refused(error);
        let shows = !is_done(&action, &self.present);
        self.lost_write = Some(LostWrite { action, shows });
    }

    /// How long to wait after the last failure before the next write.
    pub(super) fn back_off(&self) -> Duration {
        // 1 s, then 4 s. After the third failure the run writes no more.
        Duration::from_secs(u64::from(self.failures).pow(2))
    }

    /// The write whose answer was lost, if no reading has been made since.
    pub(super) fn unconfirmed(&self) -> Option<&Action> {
        self.lost_write.as_ref().map(|lost_write| &lost_write.action)
    }

    /// Whether this write was acknowledged before and not undone since. If it is called for again,
    /// it did not last, or no reading shows it yet.
    pub(super) fn was_acknowledged(&self, action: &Action) -> bool {
        let last = |address| self.last_writes.get(&address).copied();
        match action {
            Action::Register(registration) => {
                last(registration.address) == Some(LastWrite::Registered)
            }
            Action::Deregister(targets) => {
                // One target that is called for again shows that the removal did not last.
                targets.iter().any(|target| last(target.address) == Some(LastWrite::Removed))
            }
        }
    }

    /// Whether so many writes failed that this run writes no more.
    pub(super) fn is_exhausted(&self) -> bool {
        self.failures >= MOST_FAILURES && Mechanism::GivesUp.is_on()
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
            // Whatever the readings show: they may be older than the acknowledgement.
            (Some(LastWrite::Registered), _) => RegistrationProof::Proven,
            (Some(LastWrite::RemovalSent | LastWrite::Removed), _) => RegistrationProof::Unproven,
            (None, Some(age)) if *age >= proving_time(timing) => RegistrationProof::Proven,
            (None, Some(_)) => RegistrationProof::HealthyBriefly,
            (None, None) => RegistrationProof::Unproven,
        }
    }

    /// Whether the target was missing when the run began.
    pub(super) fn was_missing(&self, address: SocketAddr) -> bool {
        self.initially.as_ref().is_some_and(|present| !present.contains(&address))
    }
}

/// How long readings must show a target healthy to prove its registration.
fn proving_time(timing: &Timing) -> Duration {
    HEALTHY_FOR.min(timing.settle)
}

/// Whether a reading with these targets shows the write done.
fn is_done(action: &Action, present: &BTreeSet<SocketAddr>) -> bool {
    match action {
        Action::Register(registration) => present.contains(&registration.address),
        Action::Deregister(targets) => {
            targets.iter().all(|target| !present.contains(&target.address))
        }
    }
}
