//! The time of this machine, on tokio's timer.

use std::time::Duration;

use tokio::time::Instant;
use writerlink_core::ports::Clock;

/// A clock that counts from its creation.
#[derive(Debug, Clone, Copy)]
pub struct MachineClock(Instant);

impl MachineClock {
    pub fn start() -> Self {
        Self(Instant::now())
    }
}

impl Clock for MachineClock {
    fn now(&self) -> Duration {
        self.0.elapsed()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}
