//! The journal of API calls: the operation, the time and the outcome of each.

use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::time::Duration;

/// A service of the region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// Amazon RDS.
    Rds,
    /// Elastic Load Balancing, version 2.
    Elbv2,
    /// Amazon SNS.
    Sns,
    /// AWS STS.
    Sts,
    /// AWS Lambda.
    Lambda,
    /// Amazon EC2.
    Ec2,
    /// Amazon EventBridge Scheduler.
    Scheduler,
    /// Amazon CloudWatch.
    CloudWatch,
    /// Amazon SQS.
    Sqs,
    /// AWS Systems Manager.
    Ssm,
    /// Amazon S3.
    S3,
}

impl Service {
    /// The prefix of the service's actions in an IAM policy.
    pub fn iam_prefix(self) -> &'static str {
        match self {
            Service::Rds => "rds",
            Service::Elbv2 => "elasticloadbalancing",
            Service::Sns => "sns",
            Service::Sts => "sts",
            Service::Lambda => "lambda",
            Service::Ec2 => "ec2",
            Service::Scheduler => "scheduler",
            Service::CloudWatch => "cloudwatch",
            Service::Sqs => "sqs",
            Service::Ssm => "ssm",
            Service::S3 => "s3",
        }
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Service::Elbv2 => "elbv2",
            other => other.iam_prefix(),
        })
    }
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was carried out and answered.
    Ok,
    /// It was answered with this error code and changed nothing.
    Refused(Cow<'static, str>),
    /// It was carried out, but a fault kept the caller from learning so.
    CommittedUnanswered,
    /// It was not carried out, and a fault kept the caller from learning so.
    DroppedUnanswered,
}

impl Outcome {
    /// Whether the call changed the world (or would have, had it been a write).
    pub fn is_committed(&self) -> bool {
        matches!(self, Outcome::Ok | Outcome::CommittedUnanswered)
    }
}

/// One API call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// When it arrived.
    pub at: Duration,
    /// The service that was asked.
    pub service: Service,
    /// The operation's name, such as `RegisterTargets`.
    pub operation: String,
    /// The parameters as the caller sent them, by their Query API names.
    pub parameters: BTreeMap<String, String>,
    /// How it ended.
    pub outcome: Outcome,
}

/// The latest calls, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Journal {
    calls: VecDeque<Call>,
    total: u64,
}

impl Journal {
    /// How many calls are kept; a region served for days must not grow without bound.
    pub const KEPT: usize = 100_000;

    /// Adds a call, and forgets the oldest once [`KEPT`](Journal::KEPT) are held.
    pub fn record(&mut self, call: Call) {
        if self.calls.len() == Journal::KEPT {
            self.calls.pop_front();
        }
        self.calls.push_back(call);
        self.total += 1;
    }

    /// The calls that are kept, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Call> {
        self.calls.iter()
    }

    /// The kept calls of one operation, oldest first.
    pub fn of(&self, operation: &str) -> impl DoubleEndedIterator<Item = &Call> {
        self.calls.iter().filter(move |call| call.operation == operation)
    }

    /// How many calls were ever made.
    pub fn total(&self) -> u64 {
        self.total
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(at: u64) -> Call {
        Call {
            at: Duration::from_millis(at),
            service: Service::Rds,
            operation: if at.is_multiple_of(2) { "Even" } else { "Odd" }.to_owned(),
            parameters: BTreeMap::new(),
            outcome: Outcome::Ok,
        }
    }

    #[test]
    fn the_oldest_calls_are_forgotten_and_still_counted() {
        let mut journal = Journal::default();
        let calls = Journal::KEPT as u64 + 3;
        (0..calls).for_each(|at| journal.record(call(at)));
        assert_eq!((journal.iter().count(), journal.total()), (Journal::KEPT, calls));
        assert_eq!(journal.iter().next().map(|call| call.at), Some(Duration::from_millis(3)));
        assert!(journal.of("Even").all(|call| call.at.as_millis().is_multiple_of(2)));
    }
}
