//! For how long a group was wrong whose binding only observes.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// Between two looks that are further apart nobody knows what the group was. Sweeps come every
/// minute, so the function was switched off, or throttled.
const LONGEST_GAP: SignedDuration = SignedDuration::from_mins(10);

/// The time between looks that follow each other and both found the group wrong, by what the keys
/// said. What a single look found may have lasted for a moment. So this is never more than the
/// group was wrong, as long as the keys are right, and nobody put it right and wrong again in
/// between.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(super) struct WrongTime {
    /// Until when it is counted, if the last look found the group wrong.
    pub(super) until: Option<Timestamp>,
    /// The sum, of this run.
    total: Duration,
}

impl WrongTime {
    /// Goes on from the last look of an earlier run.
    pub(super) fn after(until: Option<Timestamp>) -> Self {
        Self { until, total: Duration::ZERO }
    }

    /// Takes in a look that ends `now`, by targets that were read so long ago. One that could not
    /// tell counts as one that found nothing wrong.
    pub(super) fn see(&mut self, is_wrong: bool, now: Timestamp, targets_age: Duration) {
        // A clock that was set back measured nothing.
        let is_recent = |until: &Timestamp| {
            (SignedDuration::ZERO..=LONGEST_GAP).contains(&now.duration_since(*until))
        };
        let until = self.until.filter(is_recent);
        self.until =
            is_wrong.then(|| until.map_or(now, |until| self.count(until, now, targets_age)));
    }

    /// The sum, to a thousandth.
    pub(super) fn seconds(&self) -> f64 {
        let thousandths = u64::try_from(self.total.as_millis()).unwrap_or(u64::MAX);
        Duration::from_millis(thousandths).as_secs_f64()
    }

    /// Counts from here to when the targets were read, and returns that time.
    fn count(&mut self, from: Timestamp, now: Timestamp, targets_age: Duration) -> Timestamp {
        let Ok(to) = now.checked_sub(targets_age) else { return from };
        let gap = Duration::try_from(to.duration_since(from)).unwrap_or_default();
        self.total = self.total.saturating_add(gap);
        to.max(from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The seconds that are counted after looks: at this second, at targets this old, found wrong?
    fn total(looks: &[(i64, u64, bool)]) -> u64 {
        let begin: Timestamp = "2026-01-01T00:00:00Z".parse().expect("a time");
        let mut wrong_time = WrongTime::default();
        for &(second, age, is_wrong) in looks {
            let now = begin + SignedDuration::from_secs(second);
            wrong_time.see(is_wrong, now, Duration::from_secs(age));
        }
        wrong_time.total.as_secs()
    }

    #[test]
    fn only_the_time_between_two_looks_that_found_it_wrong_counts() {
        assert_eq!(total(&[(0, 0, true)]), 0);
        assert_eq!(total(&[(0, 0, true), (60, 0, false)]), 0);
        assert_eq!(total(&[(0, 0, true), (60, 0, false), (120, 0, true)]), 0);
        assert_eq!(total(&[(0, 0, false), (60, 0, true), (61, 0, true), (121, 0, true)]), 61);
    }

    #[test]
    fn targets_that_were_read_earlier_prove_nothing_of_the_time_since() {
        assert_eq!(total(&[(0, 3, true), (1, 4, true), (2, 5, true)]), 0);
        assert_eq!(total(&[(0, 3, true), (4, 0, true), (6, 2, true), (9, 0, true)]), 9);
    }

    #[test]
    fn nothing_counts_while_nobody_looked_or_the_clock_was_set_back() {
        assert_eq!(total(&[(0, 0, true), (600, 0, true), (1201, 0, true), (1202, 0, true)]), 601);
        assert_eq!(total(&[(60, 0, true), (0, 0, true), (1, 0, true)]), 1);
    }
}
