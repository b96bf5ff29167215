//! Publishes notifications.

use std::time::Duration;

use tokio::time::{Instant, timeout};
use tracing::{info, warn};
use writerlink_aws::clock::MachineClock;
use writerlink_aws::sns::Notifier;
use writerlink_core::drive::retry;

use crate::notification::Notification;
use crate::time::keeping_free;

/// The time reserved for returning the answer after everything else.
pub(crate) const LAST_MOMENT: Duration = Duration::from_millis(500);

/// Publishes to the topic that the configuration names. A failure to publish never changes an
/// outcome: it is logged.
#[derive(Debug)]
pub(crate) struct Publisher {
    notifier: Notifier,
    clock: MachineClock,
}

impl Publisher {
    pub(crate) fn new(notifier: Notifier) -> Self {
        Self { notifier, clock: MachineClock::start() }
    }

    /// Publishes, unless the payload came through this topic. Says whether it did.
    pub(crate) async fn publish(
        &self,
        topic: &str,
        notification: &Notification,
        came_through: &[String],
        end: Instant,
    ) -> bool {
        // On the topic that triggers this function, each notification would start another run.
        if came_through.iter().any(|one| one == topic) {
            warn!(
                kind = "notify",
                "the outcome is not published: `notify-topic` ({topic}) is the topic that triggers \
                 this function. Configure another topic."
            );
            return false;
        }
        // A message that arrives twice does less harm than one that does not arrive.
        let publish = retry(&self.clock, || {
            self.notifier.publish(topic, &notification.subject, &notification.text)
        });
        match timeout(keeping_free(end, LAST_MOMENT), publish).await {
            Ok(Ok(())) => {
                info!(kind = "notify", "published to {topic}: {}", notification.subject);
                true
            }
            Ok(Err(error)) => {
                warn!(
                    kind = "notify",
                    "the outcome could not be published to {topic}: {error}. {}",
                    error.remedy()
                );
                false
            }
            Err(_) => {
                warn!(
                    kind = "notify",
                    "the outcome was not published to {topic} in the remaining time"
                );
                false
            }
        }
    }
}
