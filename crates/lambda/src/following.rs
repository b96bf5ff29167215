//! Follows a configuration that is outside the function: in a parameter of SSM, or in an object of
//! S3. What a reading means, core decides ([`Followed`]).

use std::sync::Mutex;

use tokio::time::Instant;
use tracing::{error, info, warn};
use writerlink_aws::Clients;
use writerlink_aws::remote::RemoteReader;
use writerlink_core::config::{Config, Followed, FollowedReport};
use writerlink_core::finding::{Finding, Severity};

use crate::notification::Notification;
use crate::publisher::Publisher;
use crate::runner::lock;
use crate::start::StartError;

/// The configuration outside the function, and what reads it.
#[derive(Debug)]
pub(crate) struct Following {
    reader: RemoteReader,
    followed: Mutex<Followed>,
    publisher: Publisher,
    topic: Option<String>,
    /// What was published last of what keeps the newest version out.
    published: Mutex<Option<String>>,
}

impl Following {
    pub(crate) fn new(followed: Followed, clients: &Clients) -> Self {
        Self {
            reader: clients.remote_reader(),
            topic: followed.permit().alone().notify_topic,
            followed: Mutex::new(followed),
            publisher: Publisher::new(clients.notifier()),
            published: Mutex::default(),
        }
    }

    /// Reads it, and gives the configuration if it is another than before and can be used.
    pub(crate) async fn look(&self) -> Option<Config> {
        let remote = lock(&self.followed).remote().clone();
        let read = self.reader.read(&remote).await;
        let mut followed = lock(&self.followed);
        let config = followed.see(read);
        let version = followed.report().version.unwrap_or_default();
        for bad in config.iter().flat_map(|config| &config.bindings) {
            if let Err(bad) = bad {
                error!(binding = bad.name, "this binding cannot be used; the others can: {bad}");
            }
        }
        if config.is_some() {
            info!(kind = "configuration", "version {version} of {remote} is in effect");
        }
        match followed.finding() {
            Some(Finding { code, message, remedy, .. }) if followed.is_in_hand() => {
                warn!(kind = "configuration", "{code}: {message}. {remedy}");
            }
            Some(Finding { code, message, remedy, .. }) => {
                error!(kind = "configuration", "{code}: {message}. {remedy}");
            }
            None => {}
        }
        config
    }

    /// Why there is no configuration, if no version could be used yet.
    pub(crate) fn fault(&self) -> Option<StartError> {
        let followed = lock(&self.followed);
        let finding = followed.finding().filter(|_| !followed.is_in_hand())?;
        Some(StartError::NotFollowed(format!("{}. {}", finding.message, finding.remedy)))
    }

    pub(crate) fn report(&self) -> FollowedReport {
        lock(&self.followed).report()
    }

    /// Publishes once what keeps the newest version out, unless it passes by itself.
    pub(crate) async fn notify(&self, came_through: &[String], end: Instant) {
        let report = self.report();
        let Some(finding) = report.findings.first() else {
            *lock(&self.published) = None;
            return;
        };
        let is_news = lock(&self.published).as_ref() != Some(&finding.message);
        if let Some(topic) = &self.topic
            && finding.severity == Severity::Broken
            && is_news
        {
            let notification = Notification::of_configuration(&report, finding.code);
            if self.publisher.publish(topic, &notification, came_through, end).await {
                *lock(&self.published) = Some(finding.message.clone());
            }
        }
    }
}
