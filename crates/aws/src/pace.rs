//! A pace for calls that can be many, and leave the account's budget to those that cannot wait.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// Calls that may go out at once; those after them go at [`GAP`]. The budget of ELBv2's Describe
/// calls is 40 at once and 10 a second for an account and Region (AWS docs, "Request throttling for
/// the Elastic Load Balancing API"), and others live on it too.
const BURST: u32 = 10;

/// The time between two calls of a long row: four a second.
const GAP: Duration = Duration::from_millis(250);

/// A pace that all clones keep together, over all invocations of a function.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pace(Arc<Mutex<Option<Instant>>>);

impl Pace {
    /// Waits for the next call's turn.
    pub(crate) async fn turn(&self) {
        sleep_until(self.next(Instant::now())).await;
    }

    /// When the next call may go out: calls have their places in a row, [`GAP`] apart, and may go
    /// before their places by what a burst allows.
    fn next(&self, now: Instant) -> Instant {
        let mut row = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = row.unwrap_or(now).max(now);
        *row = Some(place + GAP);
        let early = place.duration_since(now).min(GAP * (BURST - 1));
        place.checked_sub(early).unwrap_or(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How long each of so many calls waits that are all asked for at one moment.
    fn waits(pace: &Pace, now: Instant, calls: usize) -> Vec<Duration> {
        (0..calls).map(|_| pace.next(now).duration_since(now)).collect()
    }

    #[test]
    fn ten_calls_go_at_once_and_four_a_second_after_them() {
        let waits = waits(&Pace::default(), Instant::now(), 18);
        assert_eq!(waits[..10], [Duration::ZERO; 10]);
        assert_eq!(waits[10], GAP);
        assert_eq!(waits[17], 8 * GAP);
    }

    #[test]
    fn what_was_not_used_comes_back_as_time_passes_and_never_exceeds_a_burst() {
        let (pace, start) = (Pace::default(), Instant::now());
        waits(&pace, start, 10);
        let later = start + 2 * GAP;
        assert_eq!(waits(&pace.clone(), later, 3), [Duration::ZERO, Duration::ZERO, GAP]);
        let waits = waits(&pace, later + Duration::from_secs(3600), 11);
        assert_eq!((waits[9], waits[10]), (Duration::ZERO, GAP));
    }
}
