//! Policies and keys of topics, and their subscribers beside functions.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::world::World;

/// What a world's file says of a topic.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TopicFacts {
    /// `rds`, `alarms`, `owner`, or the policy as JSON.
    pub policy: Option<String>,
    /// The ARN of the key that encrypts it.
    pub kms_key: Option<String>,
}

/// A subscriber of a topic.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(
    rename_all = "kebab-case",
    deny_unknown_fields,
    expecting = "a table such as `{ protocol = \"email\", endpoint = \"ops@example.com\" }`"
)]
pub struct Subscriber {
    /// `email`, `lambda`, `sqs`, `https`, …
    pub protocol: String,
    /// An address, an ARN or a URL; of `lambda` also the name of a function.
    pub endpoint: String,
    /// Whether the subscriber has confirmed it.
    #[serde(default = "yes")]
    pub confirmed: bool,
    /// A filter policy, as JSON.
    pub filter_policy: Option<String>,
    #[serde(default)]
    pub raw_message_delivery: bool,
}

fn yes() -> bool {
    true
}

/// The words that stand for a policy.
pub const POLICIES: [&str; 3] = ["rds", "alarms", "owner"];

/// The policy of a topic, as JSON: that of the file; else RDS may publish, or, to a topic that no
/// event subscription has, CloudWatch's alarms may (as `infra/reconciler.yaml` says it).
pub fn policy(world: &World, topic: &str) -> String {
    let written = world.surroundings.topics.get(topic).and_then(|facts| facts.policy.as_deref());
    let has_events = world.events.subscriptions().any(|subscription| subscription.topic == topic);
    let word = written.unwrap_or(if has_events { "rds" } else { "alarms" });
    let statement = match word {
        "rds" => of_service(world, topic, "events.rds.amazonaws.com", "rds", "*"),
        "alarms" => of_service(world, topic, "cloudwatch.amazonaws.com", "cloudwatch", "alarm:*"),
        "owner" => of_owner(world, topic),
        json => return json.to_owned(),
    };
    json!({"Version": "2012-10-17", "Statement": [statement]}).to_string()
}

fn of_service(world: &World, topic: &str, principal: &str, service: &str, from: &str) -> Value {
    let source = format!("arn:aws:{service}:{}:{}:{from}", world.region, world.account);
    json!({
        "Effect": "Allow",
        "Principal": {"Service": principal},
        "Action": "sns:Publish",
        "Resource": topic,
        "Condition": {
            "StringEquals": {"aws:SourceAccount": world.account},
            "ArnLike": {"aws:SourceArn": source},
        },
    })
}

/// The policy that a topic of AWS has by itself (AWS docs: "Example cases for Amazon SNS access
/// control").
fn of_owner(world: &World, topic: &str) -> Value {
    json!({
        "Sid": "__default_statement_ID",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": ["SNS:Publish", "SNS:Subscribe", "SNS:GetTopicAttributes"],
        "Resource": topic,
        "Condition": {"StringEquals": {"AWS:SourceOwner": world.account}},
    })
}
