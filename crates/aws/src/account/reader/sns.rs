//! Topics and their subscriptions, as SNS describes them.

use aws_sdk_sns::types;
use writerlink_core::failure::CallError;

use super::AccountReader;
use super::pages::{every_page, text};
use crate::account::{Attributes, TopicSubscription};
use crate::read::{malformed, read};

const TOPIC: &str = "sns:GetTopicAttributes";
const SUBSCRIPTIONS: &str = "sns:ListSubscriptionsByTopic";
const SUBSCRIPTION: &str = "sns:GetSubscriptionAttributes";

impl AccountReader {
    /// The attributes of a topic (`sns:GetTopicAttributes`).
    ///
    /// # Errors
    /// When they cannot be read, or the ARN is of another Region.
    pub async fn topic_attributes(&self, topic: &str) -> Result<Attributes, CallError> {
        self.home.admits_arn(TOPIC, topic)?;
        let request = self.sns.get_topic_attributes().topic_arn(topic).customize();
        let answer = read(TOPIC, |watch| request.interceptor(watch).send()).await?;
        let attributes = answer.attributes.ok_or_else(|| without_attributes(TOPIC))?;
        Ok(attributes.into_iter().collect())
    }

    /// The subscriptions of a topic (`sns:ListSubscriptionsByTopic`).
    ///
    /// # Errors
    /// When a page cannot be read, or the ARN is of another Region.
    pub async fn topic_subscriptions(
        &self,
        topic: &str,
    ) -> Result<Vec<TopicSubscription>, CallError> {
        self.home.admits_arn(SUBSCRIPTIONS, topic)?;
        let request = self.sns.list_subscriptions_by_topic().topic_arn(topic);
        every_page!(
            SUBSCRIPTIONS,
            request,
            set_next_token,
            subscriptions: "Subscriptions",
            next_token,
            subscription
        )
    }

    /// The attributes of a subscription (`sns:GetSubscriptionAttributes`).
    ///
    /// # Errors
    /// When they cannot be read, or the ARN is of another Region.
    pub async fn subscription_attributes(
        &self,
        subscription: &str,
    ) -> Result<Attributes, CallError> {
        self.home.admits_arn(SUBSCRIPTION, subscription)?;
        let request = self.sns.get_subscription_attributes().subscription_arn(subscription);
        let request = request.customize();
        let answer = read(SUBSCRIPTION, |watch| request.interceptor(watch).send()).await?;
        let attributes = answer.attributes.ok_or_else(|| without_attributes(SUBSCRIPTION))?;
        Ok(attributes.into_iter().collect())
    }
}

fn without_attributes(call: &'static str) -> CallError {
    malformed(call, "it has no map `Attributes`")
}

fn subscription(listed: &types::Subscription) -> Result<TopicSubscription, String> {
    // In place of an ARN, SNS writes `PendingConfirmation` (AWS docs: SNS `Subscribe`).
    let arn = listed.subscription_arn().filter(|arn| arn.starts_with("arn:"));
    Ok(TopicSubscription {
        arn: arn.map(str::to_owned),
        protocol: text(listed.protocol(), "Protocol")?,
        endpoint: listed.endpoint().unwrap_or_default().to_owned(),
    })
}
