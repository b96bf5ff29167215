//! A call that failed and may be made again.

use std::time::Duration;

use crate::failure::{CallError, Failure};
use crate::ports::Clock;

/// How long after its first attempt a call is still made again. With the pauses below that is seven
/// to nine attempts at a call that fails at once, over 5 to 10 s. While half of all calls fail,
/// about one reading in 150 is lost, and a round of six readings comes through in 96 of 100 cases;
/// two attempts would bring it through in 18. It is bounded, because the run, or the person who
/// waits for an audit, must hear of an API that is down.
const LONGEST: Duration = Duration::from_secs(10);

/// What a reading leaves of the run's time, so that the run hears of the failure before it ends.
const MARGIN: Duration = Duration::from_secs(2);

/// The pause after the first failure; it doubles with each failure, up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// The attempts at one call.
#[derive(Debug)]
pub(super) struct Attempts {
    /// No attempt begins after this moment.
    until: Duration,
    failed: u32,
}

impl Attempts {
    /// Attempts from `now` on, for a caller who must know the result before `end`.
    pub(super) fn new(now: Duration, end: Duration) -> Self {
        let until = now.saturating_add(LONGEST).min(end.saturating_sub(MARGIN));
        Self { until, failed: 0 }
    }

    /// Whether another attempt may begin at this moment.
    pub(super) fn may_begin(&self, at: Duration) -> bool {
        at <= self.until
    }

    /// After a failure: the pause before the next attempt, if there is one.
    pub(super) fn pause(&mut self, now: Duration) -> Option<Duration> {
        let pause = pause(self.failed, now);
        self.failed += 1;
        self.may_begin(now.saturating_add(pause)).then_some(pause)
    }
}

/// A pause between a half and the whole of what is due. Calls that failed together, in this process
/// or another, do not come again together.
fn pause(failed: u32, now: Duration) -> Duration {
    let due = FIRST_PAUSE.saturating_mul(1 << failed.min(10)).min(LONGEST_PAUSE);
    let half = u64::try_from((due / 2).as_nanos()).unwrap_or(u64::MAX);
    let moment = u64::try_from(now.as_nanos()).unwrap_or(u64::MAX);
    due / 2 + Duration::from_nanos(mixed(moment.wrapping_add(failed.into())) % (half + 1))
}

/// Spreads numbers that are close together: the finalizer of `SplitMix64`.
fn mixed(number: u64) -> u64 {
    let number = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    number ^ (number >> 31)
}

/// Makes a call again while it fails in a way that another attempt may mend, with growing pauses,
/// for about ten seconds. The adapters make one attempt, so how often a call goes out is decided
/// here.
///
/// A write to a target group never comes here: the run decides on it anew, with new evidence. Of
/// another call that changes something, the answer may be lost once: it may arrive twice, and not
/// seven times.
///
/// # Errors
/// The error of the last attempt.
pub async fn retry<T, F>(clock: &impl Clock, call: impl Fn() -> F) -> Result<T, CallError>
where
    F: Future<Output = Result<T, CallError>>,
{
    let mut attempts = Attempts::new(clock.now(), Duration::MAX);
    let mut was_lost = false;
    loop {
        let error = match call().await {
            Err(error) if error.is_retryable() => error,
            result => return result,
        };
        let is_lost = error.failure == Failure::AnswerLost;
        if is_lost && was_lost {
            return Err(error);
        }
        was_lost |= is_lost;
        let Some(pause) = attempts.pause(clock.now()) else {
            return Err(error);
        };
        clock.sleep(pause).await;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;
    use crate::drive::tests::VirtualClock;
    use crate::failure::Rejection;

    /// How often a call that fails like this is made, and how long that takes in all.
    fn made(failure: Failure) -> (u32, Duration) {
        let (clock, made) = (VirtualClock::default(), AtomicU32::new(0));
        let result = clock.run(retry(&clock, || {
            let attempt = made.fetch_add(1, Ordering::Relaxed) + 1;
            std::future::ready(Err::<(), _>(CallError::new("a:B", failure, attempt)))
        }));
        let made = made.into_inner();
        let error = result.expect_err("every attempt fails");
        assert_eq!(error.detail, made.to_string(), "it is the last attempt's");
        (made, clock.now())
    }

    #[test]
    fn a_failure_that_may_pass_is_asked_again_for_ten_seconds_and_no_other() {
        for failure in [Failure::Throttled, Failure::Unreachable, Failure::Certificate] {
            let (made, took) = made(failure);
            assert!((7..=9).contains(&made), "{failure}: {made}");
            assert!(took > Duration::from_secs(3) && took <= LONGEST, "{failure}: {took:?}");
        }
        for failure in [
            Failure::Rejected(Rejection::AccessDenied),
            Failure::Rejected(Rejection::NotFound),
            Failure::Credentials,
        ] {
            assert_eq!(made(failure), (1, Duration::ZERO), "{failure}");
        }
    }

    #[test]
    fn what_may_have_arrived_is_sent_twice_at_most() {
        assert_eq!(made(Failure::AnswerLost).0, 2);
    }

    #[test]
    fn pauses_double_up_to_five_seconds_and_are_shortened_by_up_to_a_half() {
        for (failed, due) in [(0, 100), (1, 200), (2, 400), (5, 3_200), (6, 5_000), (99, 5_000)] {
            let due = Duration::from_millis(due);
            let of = |moment| pause(failed, Duration::from_millis(moment));
            let pauses: Vec<Duration> = (0..100).map(of).collect();
            assert!(pauses.iter().all(|pause| (due / 2..=due).contains(pause)), "{pauses:?}");
            let (shortest, longest) = (pauses.iter().min(), pauses.iter().max());
            assert!(shortest < Some(&(due * 6 / 10)) && longest > Some(&(due * 9 / 10)));
        }
    }

    #[test]
    fn no_attempt_begins_in_the_last_two_seconds_of_the_run() {
        let mut attempts = Attempts::new(Duration::ZERO, Duration::from_millis(2_150));
        assert!(attempts.pause(Duration::ZERO).is_some());
        assert_eq!(attempts.pause(Duration::from_millis(100)), None);
    }

    #[test]
    fn a_later_answer_is_as_good_as_the_first() {
        let (clock, made) = (VirtualClock::default(), AtomicU32::new(0));
        let result = clock.run(retry(&clock, || {
            std::future::ready(match made.fetch_add(1, Ordering::Relaxed) + 1 {
                attempt if attempt < 4 => {
                    Err(CallError::new("a:B", Failure::Throttled, "Rate exceeded"))
                }
                attempt => Ok(attempt),
            })
        }));
        assert_eq!(result, Ok(4));
    }
}
