//! RDS events: the world records what happens, and publishes it to the subscriptions some time
//! later.

mod body;
mod catalogue;
mod describe;
mod subscription;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

pub use catalogue::{SourceType, category_of};
pub use describe::DescribeEvents;
pub use subscription::{EventSubscription, SubscriptionStatus};

use crate::world::rds::{ClusterKey, InstanceKey};
use crate::world::{self, World};

/// Event subscriptions, and the events so far.
#[derive(Clone, Debug, Default)]
pub struct Events {
    subscriptions: BTreeMap<String, EventSubscription>,
    history: VecDeque<RdsEvent>,
}

/// Something that happened to a database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RdsEvent {
    /// When it happened, which is not when it arrives.
    pub at: Duration,
    /// What kind of thing it happened to.
    pub source_type: SourceType,
    /// The thing's name.
    pub source: String,
    /// The thing's ARN.
    pub source_arn: String,
    /// The event's number: 71 for RDS-EVENT-0071.
    pub id: u16,
    /// The event's category, such as `failover`.
    pub category: &'static str,
    /// The sentence for people.
    pub message: String,
}

/// An event that reaches a subscription's topic later.
#[derive(Clone, Debug)]
pub enum EventsChange {
    /// A subscription becomes active and says hello.
    Activate(String),
    /// An event is published to a topic, for the subscription of that name.
    Publish(String, RdsEvent),
}

impl Events {
    /// How many events are kept.
    pub const KEPT: usize = 10_000;

    /// The events so far, oldest first.
    pub fn history(&self) -> impl DoubleEndedIterator<Item = &RdsEvent> {
        self.history.iter()
    }

    /// All subscriptions, by name.
    pub fn subscriptions(&self) -> impl Iterator<Item = &EventSubscription> {
        self.subscriptions.values()
    }

    /// Limits every subscription to a category, and removes those that do not have it.
    pub(crate) fn limit_to(&mut self, category: &str) {
        self.subscriptions.retain(|_, subscription| {
            subscription.categories.retain(|known| known == category);
            !subscription.categories.is_empty()
        });
    }

    /// A subscription, to be changed.
    pub fn subscription_mut(&mut self, name: &str) -> Option<&mut EventSubscription> {
        self.subscriptions.get_mut(name)
    }
}

impl World {
    /// Something happened to a database: it is written down at once, and published after
    /// [`Pace::event_lag`](world::Pace).
    ///
    /// Public so that a scenario can publish an event that the model does not produce by itself,
    /// such as a blue/green switchover.
    pub fn emit(&mut self, source_type: SourceType, source: &str, id: u16, message: &str) {
        let event = RdsEvent {
            at: self.now,
            source_type,
            source: source.to_owned(),
            source_arn: self.source_arn(source_type, source),
            id,
            category: category_of(id),
            message: message.to_owned(),
        };
        let subscribers =
            self.events.subscriptions.values().filter(|subscription| subscription.wants(&event));
        let names: Vec<String> =
            subscribers.map(|subscription| subscription.name.clone()).collect();
        for name in names {
            self.after(
                self.pace.event_lag,
                world::WorldChange::Events(EventsChange::Publish(name, event.clone())),
            );
        }
        if self.events.history.len() == Events::KEPT {
            self.events.history.pop_front();
        }
        self.events.history.push_back(event);
    }

    pub(super) fn emit_cluster_event(&mut self, cluster: ClusterKey, id: u16, message: &str) {
        if let Some(identifier) = self.rds.cluster_name(cluster) {
            self.emit(SourceType::DbCluster, &identifier, id, message);
        }
    }

    pub(super) fn emit_instance_event(&mut self, instance: InstanceKey, id: u16, message: &str) {
        if let Some(identifier) = self.rds.instance_name(instance) {
            self.emit(SourceType::DbInstance, &identifier, id, message);
        }
    }

    pub(super) fn apply_events(&mut self, change: EventsChange) {
        match change {
            EventsChange::Activate(name) => self.activate_subscription(&name),
            EventsChange::Publish(name, event) => self.publish_event(&name, &event),
        }
    }

    fn source_arn(&self, source_type: SourceType, source: &str) -> String {
        format!("arn:aws:rds:{}:{}:{}:{source}", self.region, self.account, source_type.arn_part())
    }
}

#[cfg(test)]
mod tests;
