//! What a run knows of one target group beyond the last reading: which targets it found first, what
//! it has written, and how that went.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;

use crate::config::Timing;
use crate::failure::CallError;
use crate::mechanism::Mechanism;
use crate::plan::{Action, RegistrationProof};
use crate::ports::longest_write;
use crate::target::{Target, TargetState};

/// How many acknowledged writes may not last before a run stops writing to the group. The next
/// sweep counts anew. Writes that were not made, or whose answers were lost, are limited by
/// [`FIRST_PAUSE`] alone: nothing but the account's budget or the network stands against them, and
/// both may recover at any time. A refused write is not sent again.
const MOST_INEFFECTIVE: u8 = 3;

/// The longest pause after a write that was not made or whose answer was lost. It doubles with each
/// such write in a row, [`MOST_DOUBLINGS`] times, to 8 s.
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// How often the pause doubles.
const MOST_DOUBLINGS: u8 = 4;

/// How long readings must have shown a target healthy, without a break, before they alone prove its
/// registration. A reading can be older than another run's removal of that target; ELBv2 states no
/// bound, and nobody has measured one.
const HEALTHY_FOR: Duration = Duration::from_secs(5);

/// How long before a removal the readings must begin that prove a registration: the first of them
/// shows the target healthy, and starts the time.
pub(super) const TIME_TO_PROVE: Duration = Duration::from_secs(6);

/// What this run has written to one group, and what the readings said of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct WriteLog {
    /// The targets that were present when the run first read them.
    initially: Option<BTreeSet<SocketAddr>>,
    /// The targets that were present in the last reading.
    present: BTreeSet<SocketAddr>,
    /// The targets whose registration was acknowledged, and that no reading has shown since, in
    /// whatever state.
    unseen: BTreeSet<SocketAddr>,
    /// For how long every reading has shown each target healthy; grows to [`proving_time`].
    healthy: BTreeMap<SocketAddr, Duration>,
    /// What this run last wrote about each target.
    last_writes: BTreeMap<SocketAddr, LastWrite>,
    /// For how long a write that is not answered yet has been under way.
    under_way: Option<Duration>,
    /// The writes whose answers were lost, until it is known what came of them.
    lost: Vec<LostWrite>,
    /// The addresses whose registration was refused in this run, and why. It would be refused a
    /// moment later too.
    refused: BTreeMap<SocketAddr, CallError>,
    /// Why a removal was refused.
    removal_refused: Option<CallError>,
    /// How many writes were acknowledged and did not last.
    ineffective: u8,
    /// How many writes in a row were not made, or their answers were lost, up to the number after
    /// which the pauses grow no more.
    unanswered: u8,
    /// Why the last write failed, unless a later one was acknowledged.
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
    /// The time since it was sent; grows to the longest time that a write may take.
    age: Duration,
    /// The reading that is under way began when the longest write was over, so that what it does
    /// not show was not done and will not be.
    is_over: bool,
    /// Whether a reading can show that it was done: a target that was present before proves
    /// nothing.
    shows: bool,
}

impl WriteLog {
    /// A reading of the targets begins.
    pub(super) fn reading_begins(&mut self) {
        for lost in &mut self.lost {
            lost.is_over = lost.age >= longest_write();
        }
    }

    /// Takes in a reading of the targets. Returns the writes whose answers were lost and that this
    /// reading shows done, which proves it at once. That a write was not done and will not be is
    /// proven only by a reading that began when the longest write was over.
    pub(super) fn see(&mut self, targets: &[Target]) -> Vec<Action> {
        self.present = targets.iter().filter(|t| t.is_present()).map(|t| t.address).collect();
        self.initially.get_or_insert_with(|| self.present.clone());
        targets.iter().for_each(|target| _ = self.unseen.remove(&target.address));
        let healthy = targets.iter().filter(|target| target.state == TargetState::Healthy);
        let so_far = |address| self.healthy.get(&address).copied().unwrap_or_default();
        // A target that this reading does not show healthy is left out, and starts from 0 again.
        self.healthy = healthy.map(|target| (target.address, so_far(target.address))).collect();
        let (done, open): (Vec<_>, Vec<_>) = std::mem::take(&mut self.lost)
            .into_iter()
            .partition(|lost| lost.shows && is_done(&lost.action, &self.present));
        self.lost = open.into_iter().filter(|lost| !lost.is_over).collect();
        if !done.is_empty() {
            self.last_error = None;
        }
        done.into_iter().map(|lost| lost.action).collect()
    }

    /// Lets time pass; no age grows beyond its bound.
    pub(super) fn advance(&mut self, passed: Duration, timing: &Timing) {
        for age in self.healthy.values_mut() {
            *age = age.saturating_add(passed).min(proving_time(timing));
        }
        for age in self.under_way.iter_mut().chain(self.lost.iter_mut().map(|lost| &mut lost.age)) {
            *age = age.saturating_add(passed).min(longest_write());
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
        self.ineffective += u8::from(self.was_acknowledged(action));
        self.under_way = Some(Duration::ZERO);
        if let Action::Deregister(targets) = action
            && Mechanism::RemovalVoidsProof.is_on()
        {
            self.last_writes
                .extend(targets.iter().map(|target| (target.address, LastWrite::RemovalSent)));
        }
    }

    /// A write was acknowledged. If an answer to the same write was lost before, that is of no more
    /// interest.
    pub(super) fn done(&mut self, action: &Action) {
        self.under_way = None;
        self.unanswered = 0;
        self.last_error = None;
        self.lost.retain(|lost| lost.action != *action);
        match action {
            Action::Register(registration) => {
                self.last_writes.insert(registration.address, LastWrite::Registered);
                self.unseen.insert(registration.address);
            }
            Action::Deregister(targets) => {
                self.last_writes
                    .extend(targets.iter().map(|target| (target.address, LastWrite::Removed)));
                targets.iter().for_each(|target| _ = self.unseen.remove(&target.address));
            }
        }
    }

    /// A write was refused. It is not sent again in this run, and the other members of a set go
    /// first.
    pub(super) fn refused(&mut self, action: &Action, error: &CallError) {
        match action {
            Action::Register(registration) => {
                self.refused.insert(registration.address, error.clone());
            }
            Action::Deregister(_) => self.removal_refused = Some(error.clone()),
        }
        self.under_way = None;
        self.unanswered = 0;
        self.last_error = Some(error.clone());
    }

    /// Why this write was refused in this run.
    pub(super) fn refusal(&self, action: &Action) -> Option<&CallError> {
        match action {
            Action::Register(registration) => self.refused.get(&registration.address),
            Action::Deregister(_) => self.removal_refused.as_ref(),
        }
    }

    /// The addresses whose registration was refused.
    pub(super) fn refused_addresses(&self) -> BTreeSet<SocketAddr> {
        self.refused.keys().copied().collect()
    }

    /// A write was throttled, or could not be sent. It was never made, so it counts for nothing but
    /// the pause before the next.
    pub(super) fn not_made(&mut self, error: &CallError) {
        self.under_way = None;
        self.unanswered = (self.unanswered + 1).min(MOST_DOUBLINGS + 1);
        self.last_error = Some(error.clone());
    }

    /// The answer to a write was lost.
    pub(super) fn lost(&mut self, action: Action, error: &CallError) {
        let age = self.under_way.unwrap_or_default();
        self.not_made(error);
        let shows = !is_done(&action, &self.present);
        self.lost.retain(|lost| lost.action != action);
        self.lost.push(LostWrite { action, age, is_over: false, shows });
    }

    /// How long to wait before the next write, after one that was not made or whose answer was
    /// lost. The other half of the pause depends on the binding, so that the bindings of a busy
    /// account do not all try again at the same moment.
    pub(super) fn back_off(&self, binding: &str) -> Duration {
        let doublings = self.unanswered.saturating_sub(1);
        let half = FIRST_PAUSE * 2_u32.pow(u32::from(doublings)) / 2;
        half + half * u32::from(spread(binding, doublings)) / 256
    }

    /// The last write whose answer was lost, while it is not known what came of it.
    pub(super) fn unconfirmed(&self) -> Option<&Action> {
        self.lost.last().map(|lost| &lost.action)
    }

    /// Whether this write has to wait for one whose answer was lost, until a reading shows what
    /// came of it.
    ///
    /// A registration may be sent again: whichever of the two lands last, the target is registered.
    /// Anything else waits. If a removal was sent again, this could happen:
    ///
    /// 1. The answer to the removal of A is lost. It is sent again, and acknowledged.
    /// 2. The cluster fails back. A is registered again, and B is removed.
    /// 3. The first removal of A lands. The group is empty.
    pub(super) fn must_wait(&self, action: &Action) -> bool {
        self.lost.iter().any(|lost| match (&lost.action, action) {
            (Action::Register(_), Action::Register(_)) => false,
            (Action::Deregister(_), Action::Deregister(_)) => Mechanism::LostRemovalWaits.is_on(),
            (Action::Deregister(targets), Action::Register(registration))
            | (Action::Register(registration), Action::Deregister(targets)) => {
                targets.iter().any(|target| target.address == registration.address)
            }
        })
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

    /// Whether a registration was acknowledged that no reading has shown since.
    pub(super) fn has_unseen_registration(&self) -> bool {
        !self.unseen.is_empty()
    }

    /// Whether so many writes did not last that this run writes no more.
    pub(super) fn is_exhausted(&self) -> bool {
        self.ineffective >= MOST_INEFFECTIVE && Mechanism::GivesUp.is_on()
    }

    /// Why the last write failed, unless a later one was acknowledged.
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

/// A number that seems random and depends on nothing but its inputs: FNV-1a (its offset basis and
/// prime), of which the upper bits are the best mixed.
fn spread(binding: &str, doublings: u8) -> u8 {
    let hash = binding.bytes().chain([doublings]).fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    (hash >> 56) as u8
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
