//! Event subscriptions. Codes and words: botocore rds 2014-10-31.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{EventsChange, RdsEvent, SourceType};
use crate::world::events::Events;
use crate::world::paging::{Page, PageRequest};
use crate::world::{self, ApiError, World};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventSubscription {
    pub name: String,
    pub arn: String,
    /// The topic's ARN.
    pub topic: String,
    pub status: SubscriptionStatus,
    /// What kind of things it follows; all, when none is given.
    pub source_type: Option<SourceType>,
    /// Which categories it follows; all, when empty.
    pub categories: BTreeSet<String>,
    /// The names of the databases that it follows; all of its type, when empty.
    pub sources: BTreeSet<String>,
    /// Whether it is on.
    pub enabled: bool,
    /// When it was made.
    pub created: Duration,
}

/// The status of a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SubscriptionStatus {
    /// It is being created; it already receives events.
    Creating,
    /// It receives events.
    Active,
    /// It is being changed, and receives events.
    Modifying,
    /// It is being deleted.
    Deleting,
    /// RDS may not publish to its topic.
    NoPermission,
    /// Its topic is gone.
    TopicNotExist,
}

impl SubscriptionStatus {
    /// Whether events reach its topic.
    fn is_receiving(self) -> bool {
        use SubscriptionStatus::{Active, Creating, Modifying};
        matches!(self, Creating | Active | Modifying)
    }
}

impl fmt::Display for SubscriptionStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SubscriptionStatus::Creating => "creating",
            SubscriptionStatus::Active => "active",
            SubscriptionStatus::Modifying => "modifying",
            SubscriptionStatus::Deleting => "deleting",
            SubscriptionStatus::NoPermission => "no-permission",
            SubscriptionStatus::TopicNotExist => "topic-not-exist",
        })
    }
}

impl Events {
    /// DescribeEventSubscriptions, by name; all, when no name is given.
    pub fn describe_event_subscriptions(
        &self,
        name: Option<&str>,
        page: &PageRequest,
    ) -> Result<Page<&EventSubscription>, ApiError> {
        let all = &self.subscriptions;
        let subscriptions = match name {
            Some(name) => vec![all.get(name).ok_or_else(|| {
                let message = format!("Event Subscription {name} not found.");
                ApiError::not_found("SubscriptionNotFound", message)
            })?],
            None => all.values().collect(),
        };
        page.of_rds(subscriptions, |subscription| subscription.name.clone())
    }
}

impl World {
    /// A topic, by its ARN, is sent the events of a source type and of these categories; of all of
    /// them, where none is given. The subscription is `creating`, then `active`, and RDS says hello
    /// to the topic.
    pub fn add_event_subscription(
        &mut self,
        name: &str,
        topic: &str,
        source_type: Option<SourceType>,
        categories: &[&str],
    ) {
        let subscription = EventSubscription {
            name: name.to_owned(),
            arn: format!("arn:aws:rds:{}:{}:es:{name}", self.region, self.account),
            topic: topic.to_owned(),
            status: SubscriptionStatus::Creating,
            source_type,
            categories: categories.iter().map(|category| (*category).to_owned()).collect(),
            sources: BTreeSet::new(),
            enabled: true,
            created: self.now,
        };
        self.events.subscriptions.insert(name.to_owned(), subscription);
        let activate = EventsChange::Activate(name.to_owned());
        self.after(self.pace.event_lag, world::WorldChange::Events(activate));
    }
}

impl EventSubscription {
    /// Whether it receives an event. A subscription to clusters does not receive their instances'
    /// events.
    pub fn wants(&self, event: &RdsEvent) -> bool {
        self.enabled
            && self.status.is_receiving()
            && self.source_type.is_none_or(|source_type| source_type == event.source_type)
            && (self.sources.is_empty() || self.sources.contains(&event.source))
            && (self.categories.is_empty() || self.categories.contains(event.category))
    }
}
