//! The event that Lambda makes of a message (AWS docs: "Invoking Lambda functions with Amazon SNS
//! notifications").

use serde_json::{Map, Value, json};

use super::{Delivery, Published, Subscription};
use crate::world::World;

/// The form of a message's timestamp.
const TIMESTAMP: &str = "%Y-%m-%dT%H:%M:%S.%3fZ";

impl World {
    pub(super) fn delivery(&self, message: &Published, to: &Subscription) -> Delivery {
        let host = format!("https://sns.{}.amazonaws.com", self.region);
        Delivery {
            function: to.endpoint.clone(),
            payload: json!({"Records": [{
                "EventSource": "aws:sns",
                "EventVersion": "1.0",
                "EventSubscriptionArn": to.arn,
                "Sns": {
                    "Type": "Notification",
                    "MessageId": message.message_id,
                    "TopicArn": message.topic,
                    "Subject": message.subject,
                    "Message": message.message,
                    "Timestamp": self.timestamp_at(message.at).strftime(TIMESTAMP).to_string(),
                    "SignatureVersion": "1",
                    "Signature": "RXhhbXBsZSBzaWduYXR1cmU=",
                    "SigningCertUrl": format!("{host}/SimpleNotificationService-0123456789abcdef.pem"),
                    "UnsubscribeUrl": format!("{host}/?Action=Unsubscribe&SubscriptionArn={}", to.arn),
                    "MessageAttributes": attributes(message),
                },
            }]}),
        }
    }
}

fn attributes(message: &Published) -> Map<String, Value> {
    let entry = |(name, value): (&String, &String)| {
        (name.clone(), json!({"Type": "String", "Value": value}))
    };
    message.attributes.iter().map(entry).collect()
}
