//! Topics and who subscribes to them. Codes: botocore sns 2010-03-31; the sentences are the lab's
//! own.

use std::collections::BTreeMap;

use super::Sns;
use crate::world::paging::{Page, PageRequest};
use crate::world::{ApiError, World, ids};

/// How many entries a page of topics or subscriptions has (AWS docs: ListTopics, "up to 100").
const PAGE: usize = 100;

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
    /// The ARNs of all topics.
    pub fn topics(&self) -> impl Iterator<Item = &str> {
        self.topics.iter().map(String::as_str)
    }

    /// All subscriptions, by ARN.
    pub fn subscriptions(&self) -> impl Iterator<Item = &Subscription> {
        self.subscriptions.values()
    }
}

impl Sns {
    pub fn list_topics(&self, page: &PageRequest) -> Page<&str> {
        page.cut(self.topics().collect(), PAGE, |topic| (*topic).to_owned())
    }

    /// Refuses a topic that is not there, and what is no topic's ARN.
    pub(super) fn check_topic(&self, arn: &str) -> Result<(), ApiError> {
        let parts: Vec<&str> = arn.split(':').collect();
        match parts.as_slice() {
            _ if self.topics.contains(arn) => Ok(()),
            ["arn", _, "sns", region, account, name] if ![region, account, name].contains(&&"") => {
                Err(ApiError::not_found("NotFound", "Topic does not exist"))
            }
            _ => Err(invalid("TopicArn")),
        }
    }
}

impl World {
    /// A topic; gives its ARN.
    pub fn add_topic(&mut self, name: &str) -> String {
        let arn = format!("arn:aws:sns:{}:{}:{name}", self.region, self.account);
        self.sns.topics.insert(arn.clone());
        arn
    }

    /// GetTopicAttributes: those that every topic has.
    pub fn topic_attributes(&self, arn: &str) -> Result<BTreeMap<&'static str, String>, ApiError> {
        self.sns.check_topic(arn)?;
        let subscribers =
            self.sns.subscriptions().filter(|subscription| subscription.topic == arn).count();
        Ok(BTreeMap::from([
            ("TopicArn", arn.to_owned()),
            ("Owner", self.account.clone()),
            ("SubscriptionsConfirmed", subscribers.to_string()),
            ("SubscriptionsPending", "0".to_owned()),
            ("SubscriptionsDeleted", "0".to_owned()),
        ]))
    }

    /// Subscribe: gives the subscription's ARN, also when it exists already.
    pub fn subscribe(
        &mut self,
        topic: &str,
        protocol: &str,
        endpoint: &str,
    ) -> Result<String, ApiError> {
        self.sns.check_topic(topic)?;
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

    /// ListSubscriptions, or ListSubscriptionsByTopic when a topic is given.
    pub fn list_subscriptions(
        &self,
        topic: Option<&str>,
        page: &PageRequest,
    ) -> Result<Page<&Subscription>, ApiError> {
        if let Some(topic) = topic {
            self.sns.check_topic(topic)?;
        }
        let wanted =
            |subscription: &&Subscription| topic.is_none_or(|topic| subscription.topic == topic);
        let subscriptions = self.sns.subscriptions().filter(wanted).collect();
        Ok(page.cut(subscriptions, PAGE, |subscription| subscription.arn.clone()))
    }
}

pub(super) fn invalid(parameter: &str) -> ApiError {
    ApiError::bad_request("InvalidParameter", format!("Invalid parameter: {parameter}"))
}
