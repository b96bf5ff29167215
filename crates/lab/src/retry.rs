//! When Lambda tries an asynchronous invocation again.
//!
//! What AWS documents ("How Lambda handles errors and retries with asynchronous invocation"): an
//! invocation that finds no free environment goes back to the queue, for up to 6 hours, and is
//! tried again after a pause that grows exponentially from 1 second to 5 minutes; one that ends in
//! an error is tried again after 1 minute, and once more after 2 minutes. The exact pauses are not
//! documented. Here each pause is twice the one before, give or take a quarter by chance. The age
//! at which the queue drops an invocation is longer than anything here lasts.

use std::time::Duration;

use crate::dice::Dice;

/// The first pause before an invocation that found no free environment is tried again, and the
/// longest.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(300));

/// The pauses after an invocation error.
const AFTER_ERROR: [Duration; 2] = [Duration::from_secs(60), Duration::from_secs(120)];

/// When an invocation that found no free environment is tried again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Busy {
    /// After pauses that double.
    Backoff,
    /// As soon as an environment is free: the least that any queue could take.
    #[default]
    AtOnce,
}

/// The tries of an asynchronous invocation.
#[derive(Clone, Debug)]
pub(crate) struct Tries {
    next: Duration,
    pause: Duration,
    errors: usize,
}

impl Tries {
    /// Those of one that has just reached Lambda.
    pub(crate) fn new(now: Duration) -> Tries {
        Tries { next: now, pause: PAUSES.0, errors: 0 }
    }

    /// When it is tried next.
    pub(crate) fn next(&self) -> Duration {
        self.next
    }

    pub(crate) fn is_due(&self, now: Duration) -> bool {
        self.next <= now
    }

    /// It has found no free environment.
    pub(crate) fn put_off(&mut self, now: Duration, dice: &mut Dice) {
        let chance = 0.75 + dice.below(501) as f64 / 1000.0;
        self.next = now + self.pause.mul_f64(chance).clamp(PAUSES.0, PAUSES.1);
        self.pause = (self.pause * 2).min(PAUSES.1);
    }

    /// Its tries after it has ended in an error, if there are any, of `most` (Lambda's
    /// MaximumRetryAttempts, 0 to 2).
    pub(crate) fn after_error(&self, now: Duration, most: usize) -> Option<Tries> {
        let pause = AFTER_ERROR.iter().take(most).nth(self.errors)?;
        Some(Tries { next: now + *pause, pause: PAUSES.0, errors: self.errors + 1 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dice::Subject;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn pauses_double_from_1_second_to_5_minutes_give_or_take_a_quarter() {
        let (mut tries, mut dice) = (Tries::new(Duration::ZERO), Dice::new(1, Subject::Queue));
        let mut now = Duration::ZERO;
        for usual in [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300] {
            tries.put_off(now, &mut dice);
            let (pause, usual) = (tries.next() - now, SECOND * usual);
            assert!(pause >= usual.mul_f64(0.75).max(SECOND), "{pause:?} for {usual:?}");
            assert!(pause <= usual.mul_f64(1.25).min(300 * SECOND), "{pause:?} for {usual:?}");
            now = tries.next();
        }
    }

    #[test]
    fn an_error_is_tried_again_after_1_minute_and_2_more_as_often_as_the_setting_says() {
        for most in 0..=2 {
            let (mut tries, mut pauses) = (Tries::new(Duration::ZERO), Vec::new());
            let mut now = Duration::ZERO;
            while let Some(next) = tries.after_error(now, most) {
                pauses.push((next.next() - now).as_secs());
                (now, tries) = (next.next(), next);
            }
            assert_eq!(pauses, [60, 120][..most]);
        }
    }
}
