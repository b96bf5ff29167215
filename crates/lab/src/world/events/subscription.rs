//! Event subscriptions. Codes and words: botocore rds 2014-10-31.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use super::{EventsChange, RdsEvent, SourceType};
use crate::world::paging::{Page, PageRequest};
use crate::world::{self, ApiError, World};

/// Subscriptions an account may have in a region (AWS docs: "Quotas for Amazon RDS", 20,
/// adjustable).
const QUOTA: usize = 20;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventSubscription {
    pub name: String,
    pub arn: String,
    /// The topic's ARN.
    pub topic: String,
    pub status: SubscriptionStatus,
    /// What kind of things it follows; all, when none is given.
    pub source_type: Option<SourceType>,
    /// Which things it follows; all of its type, when empty.
    pub source_ids: BTreeSet<String>,
    /// Which categories it follows; all, when empty.
    pub categories: BTreeSet<String>,
    /// Whether it receives events.
    pub delivery: Enabled,
    /// When it was made.
    pub created: Duration,
}

/// Whether a subscription receives events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enabled {
    /// It is.
    Yes,
    /// It is not.
    No,
}

/// The status of a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubscriptionStatus {
    /// It is being created; it already receives events.
    Creating,
    /// It receives events.
    Active,
    /// Its topic was deleted.
    TopicNotExist,
}

impl fmt::Display for SubscriptionStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SubscriptionStatus::Creating => "creating",
            SubscriptionStatus::Active => "active",
            SubscriptionStatus::TopicNotExist => "topic-not-exist",
        })
    }
}

/// The parameters of CreateEventSubscription.
#[derive(Clone, Debug, Default)]
pub struct CreateEventSubscription {
    /// `SubscriptionName`.
    pub name: String,
    /// `SnsTopicArn`.
    pub topic: String,
    /// `SourceType`, as given.
    pub source_type: Option<String>,
    pub source_ids: Vec<String>,
    /// `EventCategories`.
    pub categories: Vec<String>,
    pub enabled: Option<Enabled>,
}

/// The parameters of ModifyEventSubscription; what is not given stays.
#[derive(Clone, Debug, Default)]
pub struct ModifyEventSubscription {
    /// `SubscriptionName`.
    pub name: String,
    /// `SnsTopicArn`.
    pub topic: Option<String>,
    /// `SourceType`, as given.
    pub source_type: Option<String>,
    /// `EventCategories`; not given when empty.
    pub categories: Vec<String>,
    pub enabled: Option<Enabled>,
}

impl World {
    /// CreateEventSubscription: the subscription is `creating`, then `active`, and RDS says hello
    /// to the topic.
    pub fn create_event_subscription(
        &mut self,
        request: CreateEventSubscription,
    ) -> Result<&EventSubscription, ApiError> {
        if request.name.is_empty() || request.name.len() > 255 {
            return Err(ApiError::invalid_parameter_value(
                "The name of the subscription must be less than 255 characters.",
            ));
        }
        if self.events.subscriptions.contains_key(&request.name) {
            return Err(ApiError::bad_request(
                "SubscriptionAlreadyExist",
                format!("Event Subscription {} already exists.", request.name),
            ));
        }
        if self.events.subscriptions.len() >= QUOTA {
            return Err(ApiError::bad_request(
                "EventSubscriptionQuotaExceeded",
                "You have reached the maximum number of event subscriptions.",
            ));
        }
        self.check_topic(&request.topic)?;
        let source_type = source_type(request.source_type.as_deref())?;
        check_categories(source_type, &request.categories)?;
        for source in &request.source_ids {
            self.check_source(source_type, source)?;
        }
        let activate = EventsChange::Activate(request.name.clone());
        self.after(self.pace.event_lag, world::WorldChange::Events(activate));
        let arn = format!("arn:aws:rds:{}:{}:es:{}", self.region, self.account, request.name);
        Ok(self.events.subscriptions.entry(request.name.clone()).or_insert(EventSubscription {
            name: request.name,
            arn,
            topic: request.topic,
            status: SubscriptionStatus::Creating,
            source_type,
            source_ids: request.source_ids.into_iter().collect(),
            categories: request.categories.into_iter().collect(),
            delivery: request.enabled.unwrap_or(Enabled::Yes),
            created: self.now,
        }))
    }

    pub fn modify_event_subscription(
        &mut self,
        request: ModifyEventSubscription,
    ) -> Result<&EventSubscription, ApiError> {
        let current = self.find_subscription(&request.name)?;
        let source_type = match request.source_type.as_deref() {
            Some(name) => source_type(Some(name))?,
            None => current.source_type,
        };
        check_categories(source_type, &request.categories)?;
        if let Some(topic) = &request.topic {
            self.check_topic(topic)?;
        }
        let subscription = self.events.subscriptions.get_mut(&request.name);
        let subscription = subscription.ok_or_else(|| not_found(&request.name))?;
        subscription.source_type = source_type;
        if let Some(topic) = request.topic {
            subscription.topic = topic;
        }
        if !request.categories.is_empty() {
            subscription.categories = request.categories.into_iter().collect();
        }
        if let Some(enabled) = request.enabled {
            subscription.delivery = enabled;
        }
        Ok(subscription)
    }

    /// DeleteEventSubscription: gives what was deleted.
    pub fn delete_event_subscription(&mut self, name: &str) -> Result<EventSubscription, ApiError> {
        self.events.subscriptions.remove(name).ok_or_else(|| not_found(name))
    }

    /// DescribeEventSubscriptions, by name; all, when no name is given.
    pub fn describe_event_subscriptions(
        &self,
        name: Option<&str>,
        page: &PageRequest,
    ) -> Result<Page<&EventSubscription>, ApiError> {
        let subscriptions = match name {
            Some(name) => vec![self.find_subscription(name)?],
            None => self.events.subscriptions.values().collect(),
        };
        page.of_rds(subscriptions, |subscription| subscription.name.clone())
    }

    fn find_subscription(&self, name: &str) -> Result<&EventSubscription, ApiError> {
        self.events.subscriptions.get(name).ok_or_else(|| not_found(name))
    }

    fn check_topic(&self, topic: &str) -> Result<(), ApiError> {
        if !topic.starts_with("arn:aws:sns:") {
            return Err(ApiError::bad_request(
                "SNSInvalidTopic",
                format!("Invalid topic: {topic}"),
            ));
        }
        self.find_topic(topic).map(drop).map_err(|_| {
            ApiError::not_found(
                "SNSTopicArnNotFound",
                format!("SNS topic ARN does not exist: {topic}"),
            )
        })
    }

    fn check_source(&self, source_type: Option<SourceType>, source: &str) -> Result<(), ApiError> {
        let exists = match source_type {
            None => {
                return Err(ApiError::invalid_parameter_combination(
                    "SourceType must be specified when SourceIds are provided.",
                ));
            }
            Some(SourceType::DbInstance) => self.rds.instance(source).is_some(),
            Some(SourceType::DbCluster) => self.rds.cluster(source).is_some(),
            Some(_) => true,
        };
        if exists {
            return Ok(());
        }
        Err(ApiError::not_found("SourceNotFound", format!("Could not find source: {source}")))
    }
}

impl EventSubscription {
    /// Whether it receives an event. A subscription to clusters does not receive their instances'
    /// events.
    pub fn wants(&self, event: &RdsEvent) -> bool {
        self.delivery == Enabled::Yes
            && self.source_type.is_none_or(|source_type| source_type == event.source_type)
            && (self.source_ids.is_empty() || self.source_ids.contains(&event.source))
            && (self.categories.is_empty() || self.categories.contains(event.category))
    }
}

fn source_type(name: Option<&str>) -> Result<Option<SourceType>, ApiError> {
    let Some(name) = name else { return Ok(None) };
    match SourceType::named(name) {
        Some(source_type) => Ok(Some(source_type)),
        None => Err(ApiError::invalid_parameter_value(format!("Invalid source type: {name}"))),
    }
}

fn check_categories(
    source_type: Option<SourceType>,
    categories: &[String],
) -> Result<(), ApiError> {
    let known = |category: &str| match source_type {
        Some(source_type) => source_type.categories().contains(&category),
        None => {
            SourceType::ALL.iter().any(|source_type| source_type.categories().contains(&category))
        }
    };
    match categories.iter().find(|category| !known(category)) {
        None => Ok(()),
        Some(category) => Err(ApiError::not_found(
            "SubscriptionCategoryNotFound",
            format!("The category {category} does not exist."),
        )),
    }
}

fn not_found(name: &str) -> ApiError {
    ApiError::not_found("SubscriptionNotFound", format!("Event Subscription {name} not found."))
}
