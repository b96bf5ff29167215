//! Descriptions of target groups, many a call, and kept for the process.
//!
//! A group's type, protocol, family and VPC never change (botocore elbv2 2015-12-01,
//! `ModifyTargetGroupInput` has none of them), but whether a load balancer forwards to it does. So
//! only the description of a group in use is kept, and it is forgotten as soon as a reading of the
//! group's targets shows that it may be out of use, or gone.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::batches::ask;
use super::reads::{Reads, Tokens};
use crate::failure::{CallError, Failure, Rejection};
use crate::ports::{Clock, TargetGroupRead, action};
use crate::target::{Target, TargetGroup, TargetGroupArn, TargetState};

/// The descriptions that can still be relied on. All clones share them.
#[derive(Debug, Clone, Default)]
pub(super) struct Descriptions(Arc<Mutex<BTreeMap<TargetGroupArn, TargetGroup>>>);

impl Descriptions {
    /// The description of a group, if it is known.
    pub(super) fn of(&self, group: &TargetGroupArn) -> Option<TargetGroup> {
        self.kept().get(group).cloned()
    }

    /// Describes these groups, at most [`BATCH`](crate::ports::BATCH) of them, each with its own
    /// error if it has one, and keeps what can be relied on.
    pub(super) async fn describe(
        &self,
        port: &impl TargetGroupRead,
        reads: &Reads<'_, impl Clock>,
        groups: &[TargetGroupArn],
    ) -> BTreeMap<TargetGroupArn, Result<TargetGroup, CallError>> {
        let parts = ask(reads, action::GROUPS, Tokens::Taken, groups, |part| port.describe(part));
        let mut described = BTreeMap::new();
        for (part, answer) in parts.await {
            let mut answer = answer.map(|listed| listed.into_iter().collect::<BTreeMap<_, _>>());
            for group in part {
                let found = match &mut answer {
                    // By its ARN: what a faulty server says of another group does not count.
                    Ok(listed) => listed.remove(group).unwrap_or_else(|| Err(not_among(group))),
                    Err(error) => Err(error.clone()),
                };
                if let Ok(found) = found.as_ref()
                    && found.in_use
                {
                    self.kept().insert(group.clone(), found.clone());
                }
                described.insert(group.clone(), found);
            }
        }
        described
    }

    /// Hears a reading of a group's targets. A target is `unused` when no load balancer forwards to
    /// the group (`ELBv2` API reference, "TargetHealth").
    pub(super) fn hear(&self, group: &TargetGroupArn, read: &Result<Vec<Target>, CallError>) {
        let is_doubtful = match read {
            Ok(targets) => targets.iter().any(|target| target.state == TargetState::Unused),
            Err(error) => error.failure == Failure::Rejected(Rejection::NotFound),
        };
        if is_doubtful {
            self.kept().remove(group);
        }
    }

    fn kept(&self) -> MutexGuard<'_, BTreeMap<TargetGroupArn, TargetGroup>> {
        // No code panics while it holds this lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn not_among(group: &TargetGroupArn) -> CallError {
    let detail = format!("{group} is not among the groups answered");
    CallError::new(action::GROUPS, Failure::Rejected(Rejection::NotFound), detail)
}

#[cfg(test)]
mod tests;
