//! A call that failed and may be made again.

use std::time::Duration;

use crate::failure::CallError;
use crate::ports::Clock;

/// How often a read is attempted. Twice, so that one throttled page does not lose a whole reading,
/// and an audit, which reads once, survives one lost answer. Not more often: an attempt on AWS can
/// last 2 s, and a run that is told of a failure reads everything anew in its next round.
const ATTEMPTS: u32 = 2;

/// The pause between two attempts. It is not random: one run goes on at a time, so there is no
/// crowd to spread.
const PAUSE: Duration = Duration::from_millis(200);

/// Makes a call again while it fails in a way that another attempt may mend. The adapters make one
/// attempt, so how often a call goes out is decided here.
///
/// For a run, a read that is repeated is a read that takes longer. A run waits for a read however
/// long it takes, and the walk explores every such delay, so a repetition makes nothing unsafe. A
/// write to a target group never comes here: the run decides on it anew, with new evidence.
///
/// # Errors
/// The error of the last attempt.
pub async fn retry<T, F>(clock: &impl Clock, call: impl Fn() -> F) -> Result<T, CallError>
where
    F: Future<Output = Result<T, CallError>>,
{
    for _ in 1..ATTEMPTS {
        match call().await {
            Err(error) if error.is_retryable() => clock.sleep(PAUSE).await,
            result => return result,
        }
    }
    call().await
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::drive::tests::{TestClock, at_once};
    use crate::failure::{Failure, Rejection};

    /// How often a call that fails like this is made, and how long the pauses are in all.
    fn made(failure: Failure) -> (u32, Duration) {
        let (clock, made) = (TestClock::default(), Cell::new(0));
        let result = at_once(retry(&clock, || {
            made.set(made.get() + 1);
            std::future::ready(Err::<(), _>(CallError::new("a:B", failure, made.get())))
        }));
        let error = result.expect_err("every attempt fails");
        assert_eq!(error.detail, made.get().to_string(), "it is the last attempt's");
        (made.get(), clock.now())
    }

    #[test]
    fn a_failure_that_may_pass_is_asked_again_once_and_no_other() {
        for failure in [Failure::Throttled, Failure::Unreachable, Failure::Certificate] {
            assert_eq!(made(failure), (ATTEMPTS, PAUSE), "{failure}");
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
    fn the_second_answer_is_as_good_as_the_first() {
        let (clock, made) = (TestClock::default(), Cell::new(0));
        let result = at_once(retry(&clock, || {
            made.set(made.get() + 1);
            std::future::ready(match made.get() {
                1 => Err(CallError::new("a:B", Failure::Throttled, "Rate exceeded")),
                attempt => Ok(attempt),
            })
        }));
        assert_eq!(result, Ok(2));
    }
}
