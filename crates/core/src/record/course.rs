//! The course of one thing that is read again and again.

use super::{Between, Channel, Gap, Moment};

/// When a read began and when it had ended. What it gave was so at some moment between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct When {
    pub(super) began: Moment,
    pub(super) ended: Moment,
}

/// Readings in a row that gave the same.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Stretch<T> {
    pub(super) value: T,
    pub(super) first: When,
    pub(super) last: When,
}

/// The readings of one thing, in order.
#[derive(Debug, Clone)]
pub(super) struct Course<T> {
    channel: Channel,
    stretches: Vec<Stretch<T>>,
    gaps: Vec<Gap>,
    /// How many gaps were not kept.
    pub(super) gaps_left_out: u32,
    /// Whether the last gap goes on, kept or not.
    is_in_gap: bool,
    pub(super) reads: u32,
    pub(super) throttled: u32,
}

/// The most gaps that are kept.
const MOST_GAPS: usize = 20;

impl<T: PartialEq + Clone> Course<T> {
    pub(super) fn of(channel: Channel) -> Self {
        let (stretches, gaps) = (Vec::new(), Vec::new());
        let (gaps_left_out, is_in_gap, reads, throttled) = (0, false, 0, 0);
        Self { channel, stretches, gaps, gaps_left_out, is_in_gap, reads, throttled }
    }

    /// Takes a reading. Says whether it gave something else than the last one.
    pub(super) fn read(&mut self, value: T, when: When) -> bool {
        self.reads += 1;
        self.is_in_gap = false;
        match self.stretches.last_mut() {
            Some(last) if last.value == value => {
                last.last = when;
                false
            }
            _ => {
                self.stretches.push(Stretch { value, first: when, last: when });
                true
            }
        }
    }

    /// Takes a read that failed.
    pub(super) fn fail(&mut self, why: &str, when: When) {
        self.throttled += u32::from(why == "throttled");
        let goes_on = std::mem::replace(&mut self.is_in_gap, true);
        if !goes_on && self.gaps.len() < MOST_GAPS {
            self.gaps.push(Gap {
                of: self.channel,
                from: when.began,
                to: when.ended,
                reads: 1,
                why: why.to_owned(),
            });
        } else if !goes_on {
            self.gaps_left_out += 1;
        } else if let Some(gap) = self.gaps.last_mut().filter(|_| self.gaps_left_out == 0) {
            gap.to = when.ended;
            gap.reads += 1;
        }
    }

    pub(super) fn stretches(&self) -> &[Stretch<T>] {
        &self.stretches
    }

    pub(super) fn gaps(&self) -> &[Gap] {
        &self.gaps
    }

    pub(super) fn latest(&self) -> Option<&Stretch<T>> {
        self.stretches.last()
    }

    /// When it first became so.
    pub(super) fn first(&self, is_so: impl Fn(&T) -> bool) -> Option<Between> {
        let index = self.stretches.iter().position(|one| is_so(&one.value))?;
        Some(self.begin_of(index))
    }

    /// When it became so for good: since the last stretch that was not.
    pub(super) fn last(&self, is_so: impl Fn(&T) -> bool) -> Option<Between> {
        let since =
            self.stretches.iter().rposition(|one| !is_so(&one.value)).map_or(0, |at| at + 1);
        (since < self.stretches.len()).then(|| self.begin_of(since))
    }

    /// When a stretch began.
    pub(super) fn begin_of(&self, index: usize) -> Between {
        let before = index.checked_sub(1).and_then(|before| self.stretches.get(before));
        Between {
            after: before.map(|before| before.last.began),
            by: self.stretches[index].first.ended,
        }
    }

    /// The course from this stretch on.
    pub(super) fn since(&self, index: usize) -> Self {
        let stretches = self.stretches[index.min(self.stretches.len())..].to_vec();
        Self { stretches, ..Self::of(self.channel) }
    }

    /// Forgets all but so many stretches.
    pub(super) fn keep(&mut self, stretches: usize) {
        self.stretches.truncate(stretches);
    }

    /// The course from its latest stretch on.
    pub(super) fn since_latest(&self) -> Self {
        self.since(self.stretches.len().saturating_sub(1))
    }
}
