//! Writes to groups: each is sent, lands by itself, and is answered.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use writerlink_core::failure::{CallError, Failure, Rejection};
use writerlink_core::ports::{Clock, LONGEST_WRITE, TargetGroupWrite, action};
use writerlink_core::target::{Registration, Target, TargetGroupArn, Zone};

use super::{CALL, InProcess, Observer, Shared, present, refused};
use crate::fault::Effect;
use crate::world::elbv2::TargetRequest;

/// A change of a target group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write {
    /// The group's ARN.
    pub group: String,
    /// What is done with the targets.
    pub deed: Deed,
    /// The targets.
    pub targets: Vec<TargetRequest>,
}

/// What is done with targets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// RegisterTargets.
    Register,
    /// DeregisterTargets.
    Deregister,
}

/// A write on its way.
pub(super) struct Sent {
    write: Write,
    caller: u64,
    observer: Option<Arc<dyn Observer>>,
}

impl Shared {
    /// Brings the world up to a moment; what is on its way lands in between.
    pub(super) fn advance(&mut self, to: Duration) {
        while let Some(entry) = self.on_the_way.first_entry()
            && entry.key().0 <= to
        {
            let ((when, ticket), sent) = entry.remove_entry();
            self.world.advance(when);
            self.land(ticket, &sent);
        }
        self.world.advance(to);
    }

    fn send(&mut self, lands: Duration, sent: Sent) -> u64 {
        self.sent += 1;
        self.on_the_way.insert((lands, self.sent), sent);
        self.sent
    }

    fn land(&mut self, ticket: u64, sent: &Sent) {
        let Write { group, deed, targets } = &sent.write;
        let before = sent.observer.as_ref().map(|_| present(&self.world, group));
        let result = match deed {
            Deed::Register => self.world.register_targets(group, targets),
            Deed::Deregister => self.world.deregister_targets(group, targets),
        };
        if let (Some(observer), Some(before)) = (&sent.observer, before) {
            observer.landed(sent.caller, &sent.write, &before, &self.world, &result);
        }
        self.answers.insert(ticket, result);
    }
}

impl<C: Clock + Sync> InProcess<C> {
    /// A call that changes a group: it is sent, lands, and is answered.
    async fn write(&self, name: &'static str, mut write: Write) -> Result<(), CallError> {
        if !self.admits(name) {
            self.clock.sleep(CALL).await;
            return Err(CallError::new(name, Failure::Throttled, "Rate exceeded"));
        }
        let arrival = CALL / 2;
        let (fault, ticket) = {
            let mut shared = self.lock();
            let fault = self.fault(&mut shared, name, &write.group);
            let lands_after = match &fault {
                None
                | Some(
                    Effect::Delay(_)
                    | Effect::ServerErrorAfter
                    | Effect::ResetAfter
                    | Effect::MalformedXml
                    | Effect::Truncated
                    | Effect::EmptyPage
                    | Effect::LostPage
                    | Effect::Stale,
                ) => Some(arrival),
                Some(Effect::Partial) => {
                    write.targets.truncate(1);
                    Some(arrival)
                }
                Some(Effect::Late(by)) => Some(*by),
                Some(
                    Effect::Throttle
                    | Effect::AccessDenied
                    | Effect::Error(_)
                    | Effect::ServerErrorBefore
                    | Effect::ResetBefore
                    | Effect::Hang
                    | Effect::Ignored,
                ) => None,
            };
            let lands = lands_after.map(|after| self.clock.now() + after);
            (fault, lands.map(|when| shared.send(when, self.sent(write))))
        };
        let lost = |why: &str| Err(CallError::new(name, Failure::AnswerLost, why));
        let answered_after = match fault {
            Some(Effect::Delay(delay)) => CALL + delay,
            Some(Effect::Hang) => LONGEST_WRITE,
            _ => CALL,
        };
        self.clock.sleep(answered_after.min(LONGEST_WRITE)).await;
        match fault {
            Some(Effect::Throttle) => {
                return Err(CallError::new(name, Failure::Throttled, "Rate exceeded"));
            }
            Some(Effect::AccessDenied) => {
                return Err(CallError::new(
                    name,
                    Failure::Rejected(Rejection::AccessDenied),
                    "not authorized",
                ));
            }
            Some(Effect::Error(error)) => return Err(refused(name, &error)),
            Some(Effect::ServerErrorBefore | Effect::ResetBefore) => {
                return lost("no answer, and nothing was done");
            }
            Some(
                Effect::ServerErrorAfter
                | Effect::ResetAfter
                | Effect::MalformedXml
                | Effect::Truncated,
            ) => {
                return lost("no usable answer, and it was done");
            }
            Some(Effect::Partial) => return lost("no usable answer, and a part of it was done"),
            Some(Effect::Late(_)) => return lost("no answer, and it is still to be done"),
            _ if answered_after >= LONGEST_WRITE => return lost("no answer in time"),
            _ => {}
        }
        let answer = ticket.and_then(|ticket| self.lock().answers.remove(&ticket));
        answer.unwrap_or(Ok(())).map_err(|error| refused(name, &error))
    }

    fn sent(&self, write: Write) -> Sent {
        Sent { write, caller: self.caller, observer: self.observer.clone() }
    }
}

impl<C: Clock + Sync> TargetGroupWrite for InProcess<C> {
    async fn register(&self, arn: &TargetGroupArn, target: &Registration) -> Result<(), CallError> {
        let write = Write {
            group: arn.as_str().to_owned(),
            deed: Deed::Register,
            targets: vec![request(target.address, target.zone.as_ref())],
        };
        self.write(action::REGISTER, write).await
    }

    async fn deregister(&self, arn: &TargetGroupArn, targets: &[Target]) -> Result<(), CallError> {
        let write = Write {
            group: arn.as_str().to_owned(),
            deed: Deed::Deregister,
            targets: targets.iter().map(|t| request(t.address, t.zone.as_ref())).collect(),
        };
        self.write(action::DEREGISTER, write).await
    }
}

fn request(address: SocketAddr, zone: Option<&Zone>) -> TargetRequest {
    TargetRequest {
        zone: zone.map(|zone| zone.0.clone()),
        ..TargetRequest::new(&address.ip().to_string(), address.port())
    }
}
