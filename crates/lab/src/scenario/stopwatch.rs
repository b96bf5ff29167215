//! The time of a scenario.

use std::time::Instant;

/// Tells the seconds of the region since the scenario began; a copy tells the same.
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
        self.began.elapsed().as_secs_f64() * self.speed
    }
}
