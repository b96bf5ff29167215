//! Queues (botocore sqs 2012-11-05).

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::beside;
use super::function::{Function, functions};
use crate::world::World;

/// A queue. Each function has `NAME-failures` by itself.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Queue {
    pub name: String,
    /// How many messages wait in it.
    #[serde(default)]
    pub messages: u32,
    /// Attributes that differ, by AWS's names.
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
}

/// The ARN of a queue.
pub(super) fn arn(world: &World, name: &str) -> String {
    format!("arn:aws:sqs:{}:{}:{name}", world.region, world.account)
}

/// All queues.
fn queues(world: &World) -> Vec<Queue> {
    let own = functions(world).into_iter().filter(|function| function.on_failure.is_none());
    let own = own.map(|function: Function| Queue {
        name: function.failures(),
        messages: 0,
        attributes: BTreeMap::new(),
    });
    beside(own.collect(), &world.surroundings.queues, |queue| &queue.name)
}

/// The attributes of the queue of a name; none, if there is no such queue. Those of the file win.
pub fn attributes(world: &World, name: &str) -> Option<BTreeMap<String, String>> {
    let queue = queues(world).into_iter().find(|queue| queue.name == name)?;
    let created = world.timestamp_at(std::time::Duration::ZERO).as_second().to_string();
    let all = [
        ("QueueArn", arn(world, name)),
        ("ApproximateNumberOfMessages", queue.messages.to_string()),
        ("ApproximateNumberOfMessagesNotVisible", "0".to_owned()),
        ("ApproximateNumberOfMessagesDelayed", "0".to_owned()),
        ("CreatedTimestamp", created.clone()),
        ("LastModifiedTimestamp", created),
        ("VisibilityTimeout", "30".to_owned()),
        ("MaximumMessageSize", "1048576".to_owned()),
        // As infra/reconciler.yaml says.
        ("MessageRetentionPeriod", "1209600".to_owned()),
        ("DelaySeconds", "0".to_owned()),
        ("ReceiveMessageWaitTimeSeconds", "0".to_owned()),
        ("SqsManagedSseEnabled", "true".to_owned()),
    ];
    let mut all: BTreeMap<_, _> = all.map(|(key, value)| (key.to_owned(), value)).into();
    all.extend(queue.attributes);
    Some(all)
}
