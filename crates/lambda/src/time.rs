//! How the time of an invocation is divided.

use std::time::Duration;

use tokio::time::Instant;

/// The time until `end` minus the reserved time `free`. At most half of the time is reserved, so
/// that a function with a short timeout still does some work.
pub(crate) fn keeping_free(end: Instant, free: Duration) -> Duration {
    let left = end.saturating_duration_since(Instant::now());
    left - free.min(left / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn at_least_half_of_a_short_time_is_for_the_run() {
        let kept = |seconds| {
            let end = Instant::now() + Duration::from_secs(seconds);
            keeping_free(end, Duration::from_secs(2))
        };
        assert_eq!(kept(0), Duration::ZERO);
        assert!(kept(3) > Duration::from_secs(1) && kept(3) <= Duration::from_millis(1500));
        assert!(kept(240) > Duration::from_secs(237) && kept(240) <= Duration::from_secs(238));
    }
}
