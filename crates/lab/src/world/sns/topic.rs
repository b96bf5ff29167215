//! Topics and who subscribes to them. Codes: botocore sns 2010-03-31; the sentences are the lab's
//! own.

use std::collections::BTreeMap;

use super::Sns;
use crate::world::paging::{Page, PageRequest};
use crate::world::surroundings::topic::policy;
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
    /// Whether the endpoint has confirmed it.
    pub confirmed: bool,
    /// Its attributes that differ from those of every subscription, by AWS's names.
    pub attributes: BTreeMap<String, String>,
}

impl Subscription {
    /// The ARN that lists show: nobody has confirmed it, and it has none (botocore sns 2010-03-31,
    /// Subscribe).
    pub fn shown_arn(&self) -> &str {
        if self.confirmed { &self.arn } else { "PendingConfirmation" }
    }
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
    /// The ARN of a topic.
    pub fn topic_arn(&self, name: &str) -> String {
        format!("arn:aws:sns:{}:{}:{name}", self.region, self.account)
    }

    /// A topic; gives its ARN.
    pub fn add_topic(&mut self, name: &str) -> String {
        let arn = self.topic_arn(name);
        self.sns.topics.insert(arn.clone());
        arn
    }

    /// GetTopicAttributes: those that every topic has.
    pub fn topic_attributes(&self, arn: &str) -> Result<BTreeMap<&'static str, String>, ApiError> {
        self.sns.check_topic(arn)?;
        let of_topic = self.sns.subscriptions().filter(|subscription| subscription.topic == arn);
        let (confirmed, pending): (Vec<_>, Vec<_>) = of_topic.partition(|one| one.confirmed);
        let attributes = BTreeMap::from([
            ("TopicArn", arn.to_owned()),
            ("Owner", self.account.clone()),
            ("Policy", policy(self, arn)),
            ("DisplayName", String::new()),
            ("SubscriptionsConfirmed", confirmed.len().to_string()),
            ("SubscriptionsPending", pending.len().to_string()),
            ("SubscriptionsDeleted", "0".to_owned()),
        ]);
        let key = self.surroundings.topics.get(arn).and_then(|facts| facts.kms_key.clone());
        Ok(attributes.into_iter().chain(key.map(|key| ("KmsMasterKeyId", key))).collect())
    }

    /// GetSubscriptionAttributes.
    pub fn subscription_attributes(&self, arn: &str) -> Result<BTreeMap<String, String>, ApiError> {
        let found =
            self.sns.subscriptions.get(arn).ok_or_else(|| match arn.matches(':').count() {
                6 => ApiError::not_found("NotFound", "Subscription does not exist"),
                _ => invalid("SubscriptionArn"),
            })?;
        let all = [
            ("SubscriptionArn", found.arn.as_str()),
            ("TopicArn", &found.topic),
            ("Owner", &self.account),
            ("Protocol", &found.protocol),
            ("Endpoint", &found.endpoint),
            ("ConfirmationWasAuthenticated", if found.confirmed { "true" } else { "false" }),
            ("PendingConfirmation", if found.confirmed { "false" } else { "true" }),
            ("RawMessageDelivery", "false"),
        ];
        let own = all.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned()));
        Ok(own.chain(found.attributes.clone()).collect())
    }

    /// Changes a subscription, by its ARN.
    pub(crate) fn change_subscription(
        &mut self,
        arn: &str,
        confirmed: bool,
        attributes: BTreeMap<String, String>,
    ) {
        if let Some(subscription) = self.sns.subscriptions.get_mut(arn) {
            (subscription.confirmed, subscription.attributes) = (confirmed, attributes);
        }
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
            confirmed: true,
            attributes: BTreeMap::new(),
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
