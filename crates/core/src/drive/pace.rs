//! A pace for calls that can be many, so that other users of the account's budget get their share.
//!
//! The pace is a decision, so it is kept here and not in an adapter. It can only delay calls.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::ports::Clock;

/// Calls that may go out at once; later calls go out one each [`GAP`]. The budget of ELBv2's
/// Describe calls is 40 at once and 10 a second for an account and Region (AWS docs, "Request
/// throttling for the Elastic Load Balancing API"), and other programs use it too.
const BURST: u32 = 10;

/// The time between two calls of a long series: four a second.
const GAP: Duration = Duration::from_millis(250);

/// A pace that all clones share, over all runs of a process. Every turn must be taken with the same
/// clock, because a place is a time of that clock.
#[derive(Debug, Clone, Default)]
pub(super) struct Pace(Arc<Mutex<Option<Duration>>>);

impl Pace {
    /// Waits until the next call may go out.
    pub(super) async fn turn(&self, clock: &impl Clock) {
        let wait = self.wait(clock.now());
        if !wait.is_zero() {
            clock.sleep(wait).await;
        }
    }

    /// How long the next call has to wait. Each call takes the next place, places are [`GAP`]
    /// apart, and a call may go out as much before its place as a burst allows.
    fn wait(&self, now: Duration) -> Duration {
        // No code panics while it holds this lock.
        let mut next = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Places that passed unused are lost, so a long idle time saves up no more than one burst.
        let place = next.unwrap_or(now).max(now);
        *next = Some(place + GAP);
        (place - now).saturating_sub(GAP * (BURST - 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How long each of so many calls waits that are all made at one moment.
    fn waits(pace: &Pace, now: Duration, calls: usize) -> Vec<Duration> {
        (0..calls).map(|_| pace.wait(now)).collect()
    }

    #[test]
    fn ten_calls_go_at_once_and_four_a_second_after_them() {
        let waits = waits(&Pace::default(), Duration::ZERO, 18);
        assert_eq!(waits[..10], [Duration::ZERO; 10]);
        assert_eq!(waits[10], GAP);
        assert_eq!(waits[17], 8 * GAP);
    }

    #[test]
    fn what_was_not_used_comes_back_as_time_passes_and_never_exceeds_a_burst() {
        let (pace, start) = (Pace::default(), Duration::from_secs(100));
        waits(&pace, start, 10);
        let later = start + 2 * GAP;
        assert_eq!(waits(&pace.clone(), later, 3), [Duration::ZERO, Duration::ZERO, GAP]);
        let waits = waits(&pace, later + Duration::from_secs(3600), 11);
        assert_eq!((waits[9], waits[10]), (Duration::ZERO, GAP));
    }
}
