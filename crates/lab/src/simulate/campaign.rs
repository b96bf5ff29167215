//! Plays many histories, one seed after another, on several threads.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::{Counts, Coverage, Excuse, Function, History, Telling, simulate};

/// Which histories are played, and for how long at most.
#[derive(Clone, Debug)]
pub struct Campaign {
    /// The first seed.
    pub from: u64,
    /// How many seeds; without an end, when not given.
    pub seeds: Option<u64>,
    /// For how long new seeds are begun; for ever, when not given.
    pub most: Option<Duration>,
    /// On how many threads.
    pub threads: usize,
}

/// What a campaign came to.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// Histories that were played.
    pub seeds: u64,
    /// What was exercised.
    pub coverage: Coverage,
    /// What happened that is not promised: how often, and the lowest seed in which it did.
    pub excuses: BTreeMap<Excuse, (u32, u64)>,
    /// What happened, in numbers.
    pub counts: Counts,
    /// The history that came closest to its bound: its seed, how long it took, how long it might
    /// have.
    pub slowest: Option<(u64, Duration, Duration)>,
    /// The history of the lowest seed in which something was broken.
    pub failed: Option<History>,
    /// How long it took.
    pub took: Duration,
}

impl Campaign {
    /// Plays until the seeds or the time are used up, a promise is broken, or `stop` says so.
    ///
    /// What is found does not depend on the number of threads, as long as neither time nor `stop`
    /// ends it: each seed is a history of its own, and of those that break something the lowest is
    /// given.
    pub fn play(&self, function: &Function, stop: &AtomicBool) -> Found {
        let began = Instant::now();
        let next = AtomicU64::new(0);
        // Seeds from here on need not be played any more.
        let end = AtomicU64::new(self.seeds.unwrap_or(u64::MAX));
        let found = Mutex::new(Found::default());
        let is_over = || {
            stop.load(Ordering::Relaxed) || self.most.is_some_and(|most| began.elapsed() >= most)
        };
        thread::scope(|scope| {
            for _ in 0..self.threads.max(1) {
                scope.spawn(|| {
                    while !is_over() {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        if number >= end.load(Ordering::Relaxed) {
                            break;
                        }
                        let history =
                            simulate(self.from.wrapping_add(number), function, Telling::Silent);
                        if !history.violations.is_empty() {
                            end.fetch_min(number, Ordering::Relaxed);
                        }
                        found.lock().unwrap_or_else(PoisonError::into_inner).add(history);
                    }
                });
            }
        });
        let mut found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
        found.took = began.elapsed();
        found
    }
}

impl Found {
    fn add(&mut self, history: History) {
        self.seeds += 1;
        self.coverage.add(&history.coverage);
        for (excuse, times) in &history.excuses {
            let (all, lowest) = self.excuses.entry(*excuse).or_insert((0, history.seed));
            *all += times;
            *lowest = history.seed.min(*lowest);
        }
        self.counts.add(history.counts);
        if let Some((took, most)) = history.settled {
            let share = |took: Duration, most: Duration| took.as_secs_f64() / most.as_secs_f64();
            let before = self
                .slowest
                .map_or((0.0, u64::MAX), |(seed, took, most)| (share(took, most), seed));
            let this = share(took, most);
            if this > before.0 || (this == before.0 && history.seed < before.1) {
                self.slowest = Some((history.seed, took, most));
            }
        }
        if !history.violations.is_empty()
            && self.failed.as_ref().is_none_or(|failed| history.seed < failed.seed)
        {
            self.failed = Some(history);
        }
    }

    /// Histories in a second.
    pub fn rate(&self) -> f64 {
        self.seeds as f64 / self.took.as_secs_f64().max(f64::MIN_POSITIVE)
    }
}
