//! Topics and who subscribes to them. Codes: botocore sns 2010-03-31; the sentences are the lab's
//! own.

use std::collections::BTreeMap;

use super::Sns;
use crate::world::paging::{Page, PageRequest};
use crate::world::{ApiError, World, ids};

/// How many entries a page of topics or subscriptions has (AWS docs: ListTopics, "up to 100").
const PAGE: usize = 100;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    pub arn: String,
    /// The attributes that were set, such as `Policy`.
    pub attributes: BTreeMap<String, String>,
}

/// A subscription to a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    pub arn: String,
    /// The topic's ARN.
    pub topic: String,
    /// `lambda`, or another protocol, over which nothing is delivered here.
    pub protocol: String,
    /// The function's ARN.
    pub endpoint: String,
}

impl Sns {
    /// All topics, by ARN.
    pub fn topics(&self) -> impl Iterator<Item = &Topic> {
        self.topics.values()
    }

    /// All subscriptions, by ARN.
    pub fn subscriptions(&self) -> impl Iterator<Item = &Subscription> {
        self.subscriptions.values()
    }
}

impl World {
    /// CreateTopic: gives the topic's ARN, also when it exists already.
    pub fn create_topic(
        &mut self,
        name: &str,
        attributes: BTreeMap<String, String>,
    ) -> Result<String, ApiError> {
        let has_known_characters =
            name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
        if name.is_empty() || name.len() > 256 || !has_known_characters {
            // A name that ends in .fifo is refused too: RDS has no events for FIFO topics.
            return Err(invalid("Topic Name"));
        }
        let arn = format!("arn:aws:sns:{}:{}:{name}", self.region, self.account);
        self.sns
            .topics
            .entry(arn.clone())
            .or_insert_with(|| Topic { arn: arn.clone(), attributes });
        Ok(arn)
    }

    /// DeleteTopic: the topic and its subscriptions are gone; one that does not exist is no error.
    pub fn delete_topic(&mut self, arn: &str) {
        self.sns.topics.remove(arn);
        self.sns.subscriptions.retain(|_, subscription| subscription.topic != arn);
    }

    pub fn list_topics(&self, next_token: Option<&str>) -> Page<&Topic> {
        let topics = self.sns.topics().collect();
        page(next_token).cut(topics, PAGE, |topic| topic.arn.clone())
    }

    /// GetTopicAttributes: what was set, and what every topic has.
    pub fn topic_attributes(&self, arn: &str) -> Result<BTreeMap<String, String>, ApiError> {
        let topic = self.find_topic(arn)?;
        let subscribers =
            self.sns.subscriptions().filter(|subscription| subscription.topic == arn).count();
        let mut attributes = topic.attributes.clone();
        attributes.insert("TopicArn".to_owned(), arn.to_owned());
        attributes.insert("Owner".to_owned(), self.account.clone());
        attributes.insert("SubscriptionsConfirmed".to_owned(), subscribers.to_string());
        attributes.insert("SubscriptionsPending".to_owned(), "0".to_owned());
        attributes.insert("SubscriptionsDeleted".to_owned(), "0".to_owned());
        Ok(attributes)
    }

    /// SetTopicAttributes.
    pub fn set_topic_attribute(
        &mut self,
        arn: &str,
        name: &str,
        value: &str,
    ) -> Result<(), ApiError> {
        self.find_topic(arn)?;
        if let Some(topic) = self.sns.topics.get_mut(arn) {
            topic.attributes.insert(name.to_owned(), value.to_owned());
        }
        Ok(())
    }

    /// Subscribe: gives the subscription's ARN, also when it exists already.
    pub fn subscribe(
        &mut self,
        topic: &str,
        protocol: &str,
        endpoint: &str,
    ) -> Result<String, ApiError> {
        self.find_topic(topic)?;
        if protocol == "lambda" && !endpoint.starts_with("arn:aws:lambda:") {
            return Err(invalid("Lambda endpoint ARN"));
        }
        let seed = ids::hash(&format!("{topic} {protocol} {endpoint}"));
        let arn = format!("{topic}:{}", ids::uuid(seed));
        self.sns.subscriptions.entry(arn.clone()).or_insert_with(|| Subscription {
            arn: arn.clone(),
            topic: topic.to_owned(),
            protocol: protocol.to_owned(),
            endpoint: endpoint.to_owned(),
        });
        Ok(arn)
    }

    pub fn unsubscribe(&mut self, arn: &str) -> Result<(), ApiError> {
        match self.sns.subscriptions.remove(arn) {
            Some(_) => Ok(()),
            None => Err(ApiError::not_found("NotFound", "Subscription does not exist")),
        }
    }

    /// ListSubscriptions, or ListSubscriptionsByTopic when a topic is given.
    pub fn list_subscriptions(
        &self,
        topic: Option<&str>,
        next_token: Option<&str>,
    ) -> Result<Page<&Subscription>, ApiError> {
        if let Some(topic) = topic {
            self.find_topic(topic)?;
        }
        let wanted =
            |subscription: &&Subscription| topic.is_none_or(|topic| subscription.topic == topic);
        let subscriptions = self.sns.subscriptions().filter(wanted).collect();
        Ok(page(next_token).cut(subscriptions, PAGE, |subscription| subscription.arn.clone()))
    }

    pub(in crate::world) fn find_topic(&self, arn: &str) -> Result<&Topic, ApiError> {
        let topic = self.sns.topics.get(arn);
        topic.ok_or_else(|| ApiError::not_found("NotFound", "Topic does not exist"))
    }
}

fn invalid(parameter: &str) -> ApiError {
    ApiError::bad_request("InvalidParameter", format!("Invalid parameter: {parameter}"))
}

fn page(next_token: Option<&str>) -> PageRequest {
    PageRequest { max_records: None, marker: next_token.map(str::to_owned) }
}
