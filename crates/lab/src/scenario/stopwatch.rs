//! The clock of a scenario: real time converted to seconds of the region, in whole milliseconds:
//! more digits are noise of the machine.

use std::time::Instant;

/// Gives the seconds of the region since the scenario began; a copy gives the same.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stopwatch {
    began: Instant,
    speed: f64,
}

impl Stopwatch {
    pub(super) fn start(speed: f64) -> Stopwatch {
        Stopwatch { began: Instant::now(), speed }
    }

    pub(super) fn seconds(&self) -> f64 {
        milliseconds(self.began.elapsed().as_secs_f64() * self.speed)
    }
}

/// Seconds without what is less than a millisecond.
pub(super) fn milliseconds(seconds: f64) -> f64 {
    (seconds * 1000.0).round() / 1000.0
}
