//! Lambda functions (botocore lambda 2015-03-31).

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Binding, beside};
use crate::scene::{FUNCTION, networks};
use crate::world::World;
use crate::world::vpc::Zone;

/// A function. The settings that are not given are those of `infra/reconciler.yaml`. `writerlink`
/// is there by itself.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Function {
    pub name: String,
    /// `provided.al2023`, when not given.
    pub runtime: Option<String>,
    /// Seconds; 240, when not given.
    pub timeout: Option<u32>,
    /// How many runs it has at once; 1, when not given.
    pub reserved_concurrency: Option<u32>,
    /// Whether it reserves no concurrency.
    #[serde(default)]
    pub unreserved: bool,
    /// Its environment; that of `writerlink` holds its configuration, when not given.
    pub variables: Option<BTreeMap<String, String>>,
    /// The ARN of its dead-letter queue or topic.
    pub dead_letter: Option<String>,
    /// How often an asynchronous invocation is tried again; not at all, when not given.
    pub retries: Option<u32>,
    /// Seconds for which an asynchronous invocation may wait; 600, when not given.
    pub longest_age: Option<u32>,
    /// The queue of what failed, by name or ARN, or `none`; `NAME-failures`, when not given.
    pub on_failure: Option<String>,
    /// Whether it has settings for asynchronous invocations.
    #[serde(default = "yes")]
    pub event_invoke_config: bool,
    /// The zones of its subnets in the VPC; outside of every VPC, when not given.
    pub vpc: Option<Vec<Zone>>,
    /// The names or ids of its security groups in the VPC.
    #[serde(default)]
    pub security_groups: Vec<String>,
    /// The names of the topics that may invoke it; those that do, when not given.
    pub invoked_by: Option<Vec<String>>,
    /// The ARNs of the queues or streams that it reads, and the state of each.
    #[serde(default)]
    pub event_sources: Vec<EventSource>,
    /// Such as `Active` or `Failed`.
    pub state: Option<String>,
    /// Such as `Successful` or `Failed`.
    pub last_update_status: Option<String>,
    /// Whether it has the schedule of `infra/`, unless a `[[schedule]]` is its own; only
    /// `writerlink`, when not given.
    pub scheduled: Option<bool>,
    /// Whether it has the alarms of `infra/`; only `writerlink`, when not given.
    pub watched: Option<bool>,
}

/// A queue or stream that a function reads.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(
    rename_all = "kebab-case",
    deny_unknown_fields,
    expecting = "a table such as `{ source = \"arn:aws:sqs:…\" }`"
)]
pub struct EventSource {
    /// The ARN of the queue or stream.
    pub source: String,
    /// `Enabled`, when not given.
    pub state: Option<String>,
}

fn yes() -> bool {
    true
}

impl Function {
    /// A function as `infra/reconciler.yaml` deploys it.
    pub(crate) fn deployed(name: &str) -> Function {
        Function {
            name: name.to_owned(),
            runtime: None,
            timeout: None,
            reserved_concurrency: None,
            unreserved: false,
            variables: None,
            dead_letter: None,
            retries: None,
            longest_age: None,
            on_failure: None,
            event_invoke_config: true,
            vpc: None,
            security_groups: Vec::new(),
            invoked_by: None,
            event_sources: Vec::new(),
            state: None,
            last_update_status: None,
            scheduled: None,
            watched: None,
        }
    }

    /// How many runs at once are reserved for it.
    pub fn concurrency(&self) -> Option<u32> {
        (!self.unreserved).then(|| self.reserved_concurrency.unwrap_or(1))
    }

    pub(super) fn is_scheduled(&self) -> bool {
        self.scheduled.unwrap_or(self.name == FUNCTION)
    }

    pub(super) fn is_watched(&self) -> bool {
        self.watched.unwrap_or(self.name == FUNCTION)
    }

    /// The ARN of the queue of what failed.
    pub fn on_failure(&self, world: &World) -> Option<String> {
        match self.on_failure.as_deref() {
            Some("none") => None,
            Some(arn) if arn.starts_with("arn:") => Some(arn.to_owned()),
            Some(name) => Some(super::queue::arn(world, name)),
            None => Some(super::queue::arn(world, &self.failures())),
        }
    }

    /// The name of its own queue of what failed.
    pub(super) fn failures(&self) -> String {
        format!("{}-failures", self.name)
    }

    /// Its environment.
    pub fn variables(&self, world: &World) -> BTreeMap<String, String> {
        let configured = || match self.name == FUNCTION {
            true => BTreeMap::from([("WRITERLINK_CONFIG".to_owned(), configuration(world))]),
            false => BTreeMap::new(),
        };
        self.variables.clone().unwrap_or_else(configured)
    }

    /// Its resource policy, as JSON: each topic may invoke it. A function that nobody may invoke
    /// has none.
    pub fn policy(&self, world: &World) -> Option<String> {
        let function = world.function_arn(&self.name);
        let subscriptions = world.sns.subscriptions();
        let invoking = subscriptions.filter(|one| one.endpoint == function);
        let topics: Vec<String> = match &self.invoked_by {
            Some(names) => names.iter().map(|name| world.topic_arn(name)).collect(),
            None => invoking.map(|subscription| subscription.topic.clone()).collect(),
        };
        let statement = |(number, topic): (usize, &String)| {
            json!({
                "Sid": format!("topic-{number}"),
                "Effect": "Allow",
                "Principal": {"Service": "sns.amazonaws.com"},
                "Action": "lambda:InvokeFunction",
                "Resource": function,
                "Condition": {"ArnLike": {"AWS:SourceArn": topic}},
            })
        };
        let statements: Vec<Value> = (1..).zip(&topics).map(statement).collect();
        let policy =
            json!({"Version": "2012-10-17", "Id": "default", "Statement": statements.clone()});
        (!statements.is_empty()).then(|| policy.to_string())
    }
}

/// All functions, by name.
pub fn functions(world: &World) -> Vec<Function> {
    let written = &world.surroundings.functions;
    let mut all = beside(vec![Function::deployed(FUNCTION)], written, |function| &function.name);
    all.sort_by(|one, other| one.name.cmp(&other.name));
    all
}

/// The configuration that `infra/reconciler.yaml` gives the function.
fn configuration(world: &World) -> String {
    let bindings = &world.surroundings.bindings;
    let networks = networks(bindings.iter().map(|binding| binding.family));
    let bindings: Vec<Value> = bindings.iter().map(entry).collect();
    let topic = world.surroundings.outcomes.as_ref();
    json!({"allow": networks, "binding": bindings, "notify-topic": topic}).to_string()
}

fn entry(binding: &Binding) -> Value {
    let Binding { name, source, target_group, family: _, setting } = binding;
    let mut entry =
        json!({"name": name, "source": source, "target-group": target_group, "mode": "manage"});
    if let Some((key, value)) = setting {
        entry[key] = value.clone();
    }
    entry
}
