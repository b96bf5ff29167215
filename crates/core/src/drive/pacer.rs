//! The pace of calls: AWS's budgets as token buckets, of which only a share is used.
//!
//! A pacer only delays calls. It is pure: every method takes the moment at which it is called, and
//! all arithmetic is on integers.
//!
//! | bucket | burst | calls a second | source |
//! |---|---|---|---|
//! | ELBv2, all calls of the account | 40 | 10 | AWS docs, "Request throttling for the Elastic Load Balancing API" |
//! | ELBv2, registrations | 20 | 4 | the same |
//! | RDS | 10 | 5, up to 20 | not documented, so it is found out |
//! | EC2 | 10 | 2 | AWS docs, "Request throttling for the Amazon EC2 API": 100 and 20 for one call |
//!
//! The bucket of EC2 has a tenth of that. The share scales it, and the two of ELBv2, whose budget
//! for Describe calls (40, 10 a second) is no bucket here: it never runs out before that of all
//! calls.
//!
//! A throttle says that others use more than the rest. The rate is halved, down to a sixteenth, and
//! what was saved is lost; each success adds a sixteenth again, up to the full rate.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::config::Share;
use crate::failure::{CallError, Failure};
use crate::ports::{Clock, action};
use crate::run::Priority;

/// Who goes first when there are too few tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Class {
    /// A registration.
    Register,
    /// A read that shows whether a registration is needed.
    Moved,
    /// A deregistration.
    Deregister,
    /// Another read that is needed at once.
    Urgent,
    /// A read whose turn has come.
    Routine,
}

impl Class {
    /// All, the first to go first.
    pub(super) const ALL: [Self; 5] =
        [Self::Register, Self::Moved, Self::Deregister, Self::Urgent, Self::Routine];

    /// How much a call of this class leaves in a bucket, in thousandths of a token. A class that
    /// leaves more than another never takes the token that a call of the other waits for.
    ///
    /// What a routine read leaves is for the event right after a sweep: a reading of the targets
    /// and a registration go out at once. More would slow down every sweep: with half of the
    /// account's budget, 42 reads take 4.4 s if nothing is left, 4.8 s with two tokens, and 5.2 s
    /// with four.
    fn leaves(self) -> u128 {
        match self {
            Self::Register => 0,
            Self::Moved => 60,
            Self::Deregister => 125,
            Self::Urgent => 250,
            Self::Routine => 2_000,
        }
    }
}

impl From<Priority> for Class {
    fn from(priority: Priority) -> Self {
        match priority {
            Priority::Moved => Self::Moved,
            Priority::Urgent => Self::Urgent,
            Priority::Routine => Self::Routine,
        }
    }
}

/// The place of a bucket in [`Buckets`].
const ACCOUNT: usize = 0;
const REGISTRATION: usize = 1;
const RDS: usize = 2;
const EC2: usize = 3;

/// The buckets that a call draws from. The last one is slowed down when the call is throttled: it
/// is the one that runs out first, and if it was the account's, the reads find that out themselves.
fn buckets_of(call: &str) -> &'static [usize] {
    match call {
        action::REGISTER | action::DEREGISTER => &[ACCOUNT, REGISTRATION],
        _ if call.starts_with("rds:") => &[RDS],
        _ if call.starts_with("ec2:") => &[EC2],
        _ => &[ACCOUNT],
    }
}

/// The unit of a bucket's level: a rate in thousandths of a token a second, times nanoseconds.
/// Nothing is ever rounded.
const TOKEN: u128 = 1_000_000_000_000;
const THOUSANDTH: u128 = TOKEN / 1_000;

/// The lowest rate, and what a success adds, as a part of the full rate.
const PART: u128 = 16;

/// A token bucket whose rate adapts.
#[derive(Debug, Clone)]
struct Bucket {
    /// The most that is saved.
    burst: u128,
    /// The rate to begin with, and the highest one, in thousandths of a token a second.
    full: u128,
    most: u128,
    rate: u128,
    /// What is in it at the moment `at`.
    level: u128,
    at: Duration,
    /// When the rate was last halved.
    halved: Option<Duration>,
}

impl Bucket {
    /// A full bucket. With two tokens at least, so that one class can leave what another takes.
    fn of(burst: u128, full: u128, most: u128) -> Self {
        let burst = (burst * THOUSANDTH).max(2 * TOKEN);
        let full = full.max(1);
        Self { burst, full, most, rate: full, level: burst, at: Duration::ZERO, halved: None }
    }

    fn advance(&mut self, now: Duration) {
        let passed = now.saturating_sub(self.at).as_nanos();
        self.level = (self.level + passed * self.rate).min(self.burst);
        self.at = self.at.max(now);
    }

    /// How long a call of this class has to wait, if nothing else takes tokens meanwhile.
    fn wait(&self, class: Class) -> Duration {
        // At a lower rate less is left, so that nobody waits longer for it to come back.
        let leaves = class.leaves() * THOUSANDTH * self.rate.min(self.full) / self.full;
        let needed = TOKEN + leaves.min(self.burst - TOKEN);
        let nanos = needed.saturating_sub(self.level).div_ceil(self.rate);
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// A call that took its token at `taken` was throttled.
    fn throttled(&mut self, taken: Duration, now: Duration) {
        // The calls that went out together with the one that was throttled first say nothing new.
        if self.halved.is_some_and(|halved| taken < halved) {
            return;
        }
        self.advance(now);
        self.rate = (self.rate / 2).max(self.full / PART).max(1);
        self.level = 0;
        self.halved = Some(now);
    }

    fn succeeded(&mut self, now: Duration) {
        self.advance(now);
        self.rate = (self.rate + (self.full / PART).max(1)).min(self.most);
    }
}

/// The buckets, in the places [`ACCOUNT`], [`REGISTRATION`], [`RDS`] and [`EC2`].
#[derive(Debug, Clone)]
struct Buckets([Bucket; 4]);

impl Buckets {
    fn of(share: Share) -> Self {
        let percent = u128::from(share.percent());
        // The documented numbers, of which a percent is ten thousandths.
        let shared = |burst: u128, rate: u128| {
            let rate = rate * 10 * percent;
            Bucket::of(burst * 10 * percent, rate, rate)
        };
        Self([shared(40, 10), shared(20, 4), Bucket::of(10_000, 5_000, 20_000), shared(10, 2)])
    }

    /// Takes a token from every bucket of a call, or from none and says how long to wait.
    fn take(&mut self, call: &str, class: Class, now: Duration) -> Result<(), Duration> {
        let buckets = buckets_of(call);
        let mut wait = Duration::ZERO;
        for &bucket in buckets {
            self.0[bucket].advance(now);
            wait = wait.max(self.0[bucket].wait(class));
        }
        if !wait.is_zero() {
            return Err(wait);
        }
        for &bucket in buckets {
            self.0[bucket].level -= TOKEN;
        }
        Ok(())
    }

    fn throttled(&mut self, call: &str, taken: Duration, now: Duration) {
        if let Some(&last) = buckets_of(call).last() {
            self.0[last].throttled(taken, now);
        }
    }

    fn succeeded(&mut self, call: &str, now: Duration) {
        for &bucket in buckets_of(call) {
            self.0[bucket].succeeded(now);
        }
    }
}

/// Buckets that all clones share, over all runs of a process. It is used with one clock, because a
/// level is that of a moment of the clock.
#[derive(Debug, Clone)]
pub(super) struct Pacer(Arc<Mutex<Buckets>>);

impl Default for Pacer {
    fn default() -> Self {
        Self::of(Share::default())
    }
}

impl Pacer {
    /// Full buckets, with this share of the account's budgets.
    pub(super) fn of(share: Share) -> Self {
        Self(Arc::new(Mutex::new(Buckets::of(share))))
    }

    /// Takes the tokens of a call, or says after which time to ask again.
    pub(super) fn take(&self, call: &str, class: Class, now: Duration) -> Result<(), Duration> {
        self.with(|buckets| buckets.take(call, class, now))
    }

    /// Waits until the tokens of a call are there, and takes them.
    pub(super) async fn turn(&self, call: &str, class: Class, clock: &impl Clock) {
        while let Err(wait) = self.take(call, class, clock.now()) {
            clock.sleep(wait).await;
        }
    }

    /// Hears how a call ended that took its tokens at the moment `taken`.
    pub(super) fn hear<T>(
        &self,
        call: &str,
        taken: Duration,
        now: Duration,
        result: &Result<T, CallError>,
    ) {
        match result {
            Ok(_) => self.with(|buckets| buckets.succeeded(call, now)),
            Err(error) if error.failure == Failure::Throttled => {
                self.with(|buckets| buckets.throttled(call, taken, now));
            }
            // It says nothing about a budget.
            Err(_) => {}
        }
    }

    fn with<T>(&self, act: impl FnOnce(&mut Buckets) -> T) -> T {
        // No code panics while it holds this lock.
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests;
