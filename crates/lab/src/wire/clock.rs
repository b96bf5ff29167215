//! Converts real time to the world's time.

use std::time::{Duration, Instant};

/// Gives the world's time; a copy gives the same.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    started: Instant,
    started_at: Duration,
    speed: f64,
}

impl Clock {
    /// A clock that starts at a world time and runs at a speed; at 1 when the speed is no positive
    /// number.
    pub(super) fn start(at: Duration, speed: f64) -> Clock {
        Clock {
            started: Instant::now(),
            started_at: at,
            speed: if speed.is_finite() && speed > 0.0 { speed } else { 1.0 },
        }
    }

    /// How many times as fast as the clock on the wall it runs.
    pub(super) fn speed(&self) -> f64 {
        self.speed
    }

    /// The world's time.
    pub(super) fn now(&self) -> Duration {
        self.started_at + self.started.elapsed().mul_f64(self.speed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worlds_time_begins_where_it_was_and_runs_at_its_speed() {
        let clock = Clock::start(Duration::from_secs(100), 1000.0);
        std::thread::sleep(Duration::from_millis(10));
        assert!(clock.now() >= Duration::from_secs(110));
    }

    #[test]
    fn a_speed_that_is_none_is_the_real_one() {
        for speed in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let clock = Clock::start(Duration::ZERO, speed);
            assert!(clock.now() < Duration::from_secs(5), "{speed}");
        }
    }
}
