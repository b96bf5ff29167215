//! Lambda functions, what starts them, and what watches them.

use std::collections::BTreeMap;

use jiff::Timestamp;

/// A Lambda function's configuration (Lambda, API version 2015-03-31).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// Without a version.
    pub arn: String,
    pub name: String,
    /// `provided.al2023`, `python3.13`, …; absent for a container image.
    pub runtime: Option<String>,
    /// In seconds.
    pub timeout: u32,
    /// `Active`, `Pending`, `Inactive` or `Failed`.
    pub state: Option<String>,
    /// `Successful`, `InProgress` or `Failed`.
    pub last_update: Option<String>,
    /// The variables whose names start with `WRITERLINK_`; no other variable is kept, because
    /// variables can hold secrets.
    pub variables: BTreeMap<String, String>,
    /// Why Lambda left the variables out, if it did, such as a key that the caller may not use.
    pub variables_fault: Option<String>,
    /// The ARN of its dead-letter queue or topic.
    pub dead_letter: Option<String>,
    pub vpc: Option<FunctionVpc>,
}

/// The VPC of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionVpc {
    pub vpc: String,
    pub subnets: Vec<String>,
    pub security_groups: Vec<String>,
}

/// How Lambda treats a function's asynchronous invocations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventInvoke {
    /// 2 if it is not set.
    pub retries: Option<u32>,
    /// In seconds; 21,600 if it is not set.
    pub longest_age: Option<u32>,
    /// The ARN of the destination of events that failed.
    pub on_failure: Option<String>,
}

/// An event source mapping: a queue or stream that a function reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceMapping {
    /// The ARN of the queue or stream.
    pub source: Option<String>,
    /// `Enabled`, `Disabled`, `Creating`, …
    pub state: Option<String>,
}

/// A schedule of EventBridge Scheduler (API version 2021-06-30).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    pub name: String,
    /// The schedule group.
    pub group: String,
    /// `ENABLED` or `DISABLED`.
    pub state: String,
    /// The ARN of the target.
    pub target: String,
    /// Such as `rate(1 minute)`; only a single schedule's description has it, not a list's.
    pub expression: Option<String>,
    /// What the target is given; likewise.
    pub input: Option<String>,
}

/// A metric alarm of CloudWatch (API version 2010-08-01).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alarm {
    pub name: String,
    /// `OK`, `ALARM` or `INSUFFICIENT_DATA`.
    pub state: String,
    pub actions_enabled: bool,
    /// The ARNs of what it starts when it goes to `ALARM`.
    pub actions: Vec<String>,
    /// The metrics that it reads, its own and those of metric math.
    pub metrics: Vec<Metric>,
}

/// A metric of CloudWatch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metric {
    pub namespace: String,
    pub name: String,
    pub dimensions: BTreeMap<String, String>,
}

/// The statistics of a metric in one period.
#[derive(Debug, Clone, PartialEq)]
pub struct Measurement {
    /// When the period begins.
    pub at: Timestamp,
    pub sum: f64,
    pub maximum: f64,
}
