//! The messages that RDS publishes to a topic: the first one of a subscription, and an event in the
//! form used since 2021.

use std::collections::BTreeMap;

use serde_json::json;

use super::{RdsEvent, SourceType, SubscriptionStatus};
use crate::world::World;

/// The subject of everything that RDS publishes.
const SUBJECT: &str = "RDS Notification Message";

/// The form of an event's time: UTC, with a blank and without a zone.
const EVENT_TIME: &str = "%Y-%m-%d %H:%M:%S.%3f";

/// The page that an event's id links to.
const EVENT_PAGE: &str =
    "http://docs.amazonwebservices.com/AmazonRDS/latest/UserGuide/USER_Events.html";

impl World {
    /// A subscription is active: RDS says hello in plain text, which is no JSON.
    pub(super) fn activate_subscription(&mut self, name: &str) {
        let Some(subscription) = self.events.subscriptions.get_mut(name) else {
            return;
        };
        subscription.status = SubscriptionStatus::Active;
        let topic = subscription.topic.clone();
        let source = subscription.source_type.map_or("all", SourceType::name);
        let hello = format!(
            "This is a message to notify that RDS will attempt to send you event notifications of \
             type {source} to the topic {topic}"
        );
        self.tell(&topic, &hello, BTreeMap::new());
    }

    /// An event reaches a subscription's topic, if the subscription is still there.
    pub(super) fn publish_event(&mut self, name: &str, event: &RdsEvent) {
        let Some(subscription) = self.events.subscriptions.get(name) else {
            return;
        };
        let topic = subscription.topic.clone();
        let attributes = BTreeMap::from([
            ("EventID".to_owned(), event.bare_id()),
            ("Resource".to_owned(), event.source_arn.clone()),
        ]);
        self.tell(&topic, &self.event_body(event), attributes);
    }

    /// The text of an event's message.
    pub fn event_body(&self, event: &RdsEvent) -> String {
        json!({
            "Event Source": event.source_type.name(),
            "Event Time": self.timestamp_at(event.at).strftime(EVENT_TIME).to_string(),
            "Identifier Link": self.console_link(event),
            "Source ID": event.source,
            "Source ARN": event.source_arn,
            "Event ID": format!("{EVENT_PAGE}#{}", event.bare_id()),
            "Event Message": event.message,
        })
        .to_string()
    }

    fn tell(&mut self, topic: &str, message: &str, attributes: BTreeMap<String, String>) {
        // A subscription whose topic is not there tells nobody.
        drop(self.publish(topic, Some(SUBJECT), message, attributes));
    }

    fn console_link(&self, event: &RdsEvent) -> String {
        let kind = event.source_type.name().replace('-', "");
        format!(
            "https://console.aws.amazon.com/rds/home?region={}#{kind}:id={}",
            self.region, event.source
        )
    }
}

impl RdsEvent {
    /// The id without its page: `RDS-EVENT-0071`.
    pub fn bare_id(&self) -> String {
        format!("RDS-EVENT-{:04}", self.id)
    }
}
