//! The faults that a world injects: on API operations, on DNS names, and on messages in transit.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use crate::api_error::ApiError;
use crate::dice::{Dice, Subject};
use crate::dns_name::canonical;

/// All faults that are planned.
#[derive(Clone, Debug, Default)]
pub struct FaultPlan {
    operations: Vec<Fault>,
    names: BTreeMap<String, Vec<NameFault>>,
    deliveries: Vec<DeliveryFault>,
    storm: Option<Storm>,
}

/// Faults that strike calls by chance.
#[derive(Clone, Debug)]
struct Storm {
    dice: Dice,
    percent: usize,
    effects: Vec<Effect>,
}

/// A fault on an API operation.
#[derive(Clone, Debug)]
pub struct Fault {
    /// Which calls it concerns.
    pub on: Matcher,
    /// What happens to them.
    pub effect: Effect,
    /// How many of them it strikes.
    pub times: Times,
    /// How many of them it lets pass first.
    pub after: u32,
}

impl Fault {
    /// A fault that strikes every call of an operation, whatever its resource, from the first.
    pub fn on(operation: &str, effect: Effect) -> Fault {
        Fault {
            on: Matcher { operation: operation.to_owned(), resource: None },
            effect,
            times: Times::Always,
            after: 0,
        }
    }

    /// The same fault, for calls whose resource contains `resource` only.
    pub fn of(mut self, resource: &str) -> Fault {
        self.on.resource = Some(resource.to_owned());
        self
    }

    /// The same fault, a number of times only.
    pub fn times(mut self, times: u32) -> Fault {
        self.times = Times::Only(times);
        self
    }

    /// The same fault, after a number of calls have passed.
    pub fn after(mut self, calls: u32) -> Fault {
        self.after = calls;
        self
    }
}

/// Which calls a fault concerns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matcher {
    /// The operation's name, such as `RegisterTargets`, or `*` for all.
    pub operation: String,
    /// A part of the resource's ARN or name, or none for all.
    pub resource: Option<String>,
}

impl Matcher {
    fn matches(&self, operation: &str, resource: &str) -> bool {
        (self.operation == "*" || self.operation == operation)
            && self.resource.as_deref().is_none_or(|part| resource.contains(part))
    }
}

/// How many calls a fault strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Times {
    /// Every one, until the fault is cleared.
    Always,
    /// This many.
    Only(u32),
}

/// What happens to a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Refused for its rate: HTTP 400, `Throttling`, at ELBv2 `ThrottlingException` ("Rate
    /// exceeded").
    Throttle,
    /// Refused because a permission is missing: HTTP 403, `AccessDenied`.
    AccessDenied,
    /// Answered HTTP 500 `InternalFailure`; nothing was done.
    ServerErrorBefore,
    /// Answered HTTP 500 `InternalFailure`, although it was done.
    ServerErrorAfter,
    /// The connection is closed without an answer; nothing was done.
    ResetBefore,
    /// The connection is closed without an answer, although it was done.
    ResetAfter,
    /// The call is read and never answered; nothing was done.
    Hang,
    /// The call is carried out and answered after this long.
    Delay(Duration),
    /// Carried out, and answered with XML that does not parse.
    MalformedXml,
    /// Carried out, and answered with half of the body.
    Truncated,
    /// Answered with a page that has no entries and no further marker.
    EmptyPage,
    /// Answered with every other entry and no further marker: the rest is lost.
    LostPage,
    /// A read, answered with the state before the latest change. Nobody has measured how far
    /// ELBv2's readings can lag behind its writes; AWS promises nothing.
    Stale,
    /// A write of several targets, done for the first of them only and answered HTTP 500
    /// `InternalFailure`. AWS documents RegisterTargets and DeregisterTargets as one operation
    /// each, and says nothing of one that breaks off.
    Partial,
    /// A write whose connection is closed without an answer, and that is carried out this long
    /// after it was sent, whether or not its caller is still alive: ELBv2's writes cannot be
    /// fenced. In process only; on the wire the call is carried out at once, and answered.
    Late(Duration),
    /// A write that is acknowledged and never carried out, or undone at once, as by another updater
    /// of the same group.
    Ignored,
    /// Refused with this error.
    Error(ApiError),
}

/// A fault on a name, for a span of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameFault {
    /// What is answered instead of the truth.
    pub answer: NameEffect,
    /// From when, in world time.
    pub from: Duration,
    /// Until when (exclusive), or until cleared.
    pub until: Option<Duration>,
}

/// What is answered for a name instead of the truth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NameEffect {
    /// The name does not exist.
    NxDomain,
    /// The server failed.
    ServFail,
    /// Silence.
    Timeout,
    /// The name exists and has no address.
    Empty,
    /// These addresses.
    Addresses(Vec<IpAddr>),
    /// An alias, and the alias's addresses.
    Alias(String, Vec<IpAddr>),
    /// The truth, this much later.
    Slow(Duration),
    /// The truth, cut short over UDP so that the resolver must come back over TCP.
    Truncate,
}

/// What happens to a message on its way from a topic to the function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeliveryFault {
    /// It is delivered this many times more.
    Duplicate(u32),
    /// It never arrives.
    Lose,
    /// It arrives this much later.
    Delay(Duration),
}

impl FaultPlan {
    /// Plans a fault on an API operation. Where several match a call, the one planned first
    /// strikes.
    pub fn add(&mut self, fault: Fault) {
        self.operations.push(fault);
    }

    /// Removes every fault of this effect on these calls.
    pub fn retract(&mut self, on: &Matcher, effect: &Effect) {
        self.operations.retain(|fault| fault.on != *on || fault.effect != *effect);
    }

    /// The effect that strikes this call, if any, counted as used.
    pub fn take(&mut self, operation: &str, resource: &str) -> Option<Effect> {
        let struck = self.operations.iter_mut().find_map(|fault| fault.strike(operation, resource));
        self.operations.retain(|fault| fault.times != Times::Only(0));
        struck.or_else(|| self.storm.as_mut()?.strike())
    }

    /// Lets one of these effects, drawn from a seed, strike so many calls in a hundred, until the
    /// faults are cleared. A fault that is planned for a call strikes it first.
    pub fn storm(&mut self, seed: u64, percent: usize, effects: &[Effect]) {
        let dice = Dice::new(seed, Subject::Storm);
        self.storm = Some(Storm { dice, percent, effects: effects.to_vec() });
    }

    /// Plans a fault on a name, from `from` until `until` (or until cleared). The fault that was
    /// planned last applies.
    pub fn add_name(
        &mut self,
        name: &str,
        answer: NameEffect,
        from: Duration,
        until: Option<Duration>,
    ) {
        self.names.entry(canonical(name)).or_default().push(NameFault { answer, from, until });
    }

    /// What is answered for a name instead of the truth at this moment.
    pub fn name(&self, name: &str, now: Duration) -> Option<&NameEffect> {
        let faults = self.names.get(&canonical(name))?;
        let holds =
            |fault: &&NameFault| fault.from <= now && fault.until.is_none_or(|until| now < until);
        faults.iter().rev().find(holds).map(|fault| &fault.answer)
    }

    /// Removes every fault on a name.
    pub fn clear_name(&mut self, name: &str) {
        self.names.remove(&canonical(name));
    }

    /// Plans a fault on the next message that has none yet.
    pub fn add_delivery(&mut self, fault: DeliveryFault) {
        self.deliveries.push(fault);
    }

    /// The fault of the message that is sent at this moment, counted as used.
    pub fn take_delivery(&mut self) -> Option<DeliveryFault> {
        (!self.deliveries.is_empty()).then(|| self.deliveries.remove(0))
    }

    /// How many messages are still to be struck.
    pub fn deliveries_left(&self) -> usize {
        self.deliveries.len()
    }

    /// Removes every fault.
    pub fn clear(&mut self) {
        *self = FaultPlan::default();
    }
}

impl Storm {
    fn strike(&mut self) -> Option<Effect> {
        let strikes = self.dice.percent(self.percent);
        strikes.then(|| self.dice.pick(&self.effects).clone())
    }
}

impl Fault {
    fn strike(&mut self, operation: &str, resource: &str) -> Option<Effect> {
        if !self.on.matches(operation, resource) {
            return None;
        }
        if self.after > 0 {
            self.after -= 1;
            return None;
        }
        match &mut self.times {
            Times::Always => {}
            Times::Only(0) => return None,
            Times::Only(left) => *left -= 1,
        }
        Some(self.effect.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_skips_then_strikes_then_is_spent() {
        let mut plan = FaultPlan::default();
        plan.add(Fault::on("RegisterTargets", Effect::Throttle).after(1).times(2));
        let struck: Vec<_> = (0..5).map(|_| plan.take("RegisterTargets", "tg").is_some()).collect();
        assert_eq!(struck, [false, true, true, false, false]);
    }

    #[test]
    fn a_fault_strikes_only_its_operation_and_resource() {
        let mut plan = FaultPlan::default();
        plan.add(Fault::on("RegisterTargets", Effect::Hang).of("targetgroup/orders/"));
        assert_eq!(plan.take("DeregisterTargets", "targetgroup/orders/1"), None);
        assert_eq!(plan.take("RegisterTargets", "targetgroup/billing/1"), None);
        assert_eq!(plan.take("RegisterTargets", "targetgroup/orders/1"), Some(Effect::Hang));
    }

    #[test]
    fn a_storm_strikes_as_many_calls_as_it_says_and_the_same_ones_again() {
        let struck = |seed| {
            let mut plan = FaultPlan::default();
            plan.storm(seed, 50, &[Effect::Throttle, Effect::ResetAfter]);
            (0..1000).map(|_| plan.take("RegisterTargets", "tg")).collect::<Vec<_>>()
        };
        let count = struck(1).iter().flatten().count();
        assert!((450..550).contains(&count), "{count}");
        assert_eq!(struck(1), struck(1));
        assert_ne!(struck(1), struck(2));
    }

    #[test]
    fn a_fault_on_a_name_holds_for_its_span_in_any_case() {
        let second = Duration::from_secs;
        let mut plan = FaultPlan::default();
        plan.add_name("Orders.Example.", NameEffect::NxDomain, second(1), Some(second(3)));
        let at = |plan: &FaultPlan, s| plan.name("orders.example", second(s)).cloned();
        assert_eq!(at(&plan, 0), None);
        assert_eq!(at(&plan, 1), Some(NameEffect::NxDomain));
        assert_eq!(at(&plan, 3), None);
    }

    #[test]
    fn the_fault_planned_last_holds_for_a_name() {
        let mut plan = FaultPlan::default();
        plan.add_name("a.example", NameEffect::Empty, Duration::ZERO, None);
        plan.add_name("a.example", NameEffect::ServFail, Duration::ZERO, None);
        assert_eq!(plan.name("a.example", Duration::ZERO), Some(&NameEffect::ServFail));
        plan.clear_name("A.example");
        assert_eq!(plan.name("a.example", Duration::ZERO), None);
    }
}
