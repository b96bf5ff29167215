//! Takes AWS's wrappers off, whichever stands in which, until events are left.
//!
//! There is no case for a pair of them: each [`Shape`] says what stands inside of it, and that is
//! looked at in the same way. So an EventBridge event in an SNS notification in a message of a
//! queue is found as one that came by itself.

use aws_lambda_events::eventbridge::EventBridgeEvent;
use jiff::Timestamp;
use serde_json::Value;
use writerlink_core::event::{Around, Event, Intent, Message, Trigger, TriggerKind};
use writerlink_core::failure::bounded;

use super::json::{MOST, Tree};
use super::shape::Shape;
use super::{Request, excerpt};
use crate::batch::{Batch, Record};
use crate::elsewhere::Elsewhere;

/// More than anybody's ways have: a failed invocation's record in a queue has seven levels, each
/// wrapper and each text that is JSON being one.
const DEEPEST: usize = 16;

/// What has been found so far.
#[derive(Debug)]
pub(super) struct Found {
    request: Request,
    /// Calls by hand, which are not obeyed here.
    calls: usize,
    /// Everything else.
    others: usize,
}

impl Found {
    pub(super) fn new(kind: TriggerKind) -> Self {
        Self { request: Request::of(Trigger::sweep(kind)), calls: 0, others: 0 }
    }

    /// Ends the search. If the payload holds only calls by hand, the run looks and writes nothing.
    /// The same holds for calls beside requests of CloudFormation, each of which has a run of its
    /// own.
    pub(super) fn end(mut self) -> Request {
        let nothing_else = self.others == self.request.stacks.len();
        if self.calls > 0 && nothing_else {
            self.request.trigger.intent = Intent::Plan;
        }
        self.request.only_stacks = self.calls == 0 && nothing_else;
        self.request
    }

    /// Looks at the records of a batch, each by itself, and keeps which events are whose. `left` is
    /// what trees may still take.
    pub(super) fn batch(&mut self, list: &[Value], left: usize) {
        let mut records = Vec::new();
        for value in list {
            let before = self.request.trigger.events.len();
            let shape = Shape::of(value);
            let id = match &shape {
                Shape::Sqs(message) => message.message_id.clone(),
                _ => None,
            };
            self.shape(value, shape, left, 1);
            let events = self.request.trigger.events[before..].to_vec();
            records.push(Record { id, events });
        }
        self.request.batch = Some(Batch::of(records));
    }

    pub(super) fn look(&mut self, value: &Value, left: usize, depth: usize) {
        self.shape(value, Shape::of(value), left, depth);
    }

    fn shape(&mut self, value: &Value, shape: Shape<'_>, left: usize, depth: usize) {
        if depth > DEEPEST {
            return self
                .unreadable(&format!("it is wrapped more than {DEEPEST} levels deep"), value);
        }
        if is_call(value, &shape) {
            self.calls += 1;
            return self.tell("a call by hand is not obeyed inside of an envelope", value);
        }
        match shape {
            Shape::List([]) => self.unreadable("it is an empty list", value),
            Shape::Records(list) | Shape::List(list) => {
                list.iter().for_each(|one| self.look(one, left, depth + 1))
            }
            Shape::Sns(sns) => {
                self.request.topics.extend(sns.topic.map(str::to_owned));
                match sns.message {
                    Some(message) => self.look(message, left, depth + 1),
                    None => self.unreadable("the SNS record has no `Message`", value),
                }
            }
            Shape::Sqs(message) => match &message.body {
                Some(body) => self.text(body, left, depth + 1),
                None => self.unreadable("the message of the queue has no `body`", value),
            },
            Shape::Destination(payload) => self.look(payload, left, depth + 1),
            Shape::EventBridge(event, detail) => self.event_bridge(&event, detail, left, depth),
            Shape::Rds(event) => self.event(*event),
            Shape::Stack(request) => {
                self.others += 1;
                self.request.stacks.push(*request);
            }
            Shape::Scheduler => self.others += 1,
            Shape::Text(text) => self.text(text, left, depth),
            Shape::Unknown => self.unreadable("it is no event of RDS", value),
        }
    }

    fn text(&mut self, text: &str, left: usize, depth: usize) {
        if Message::is_hello(text) {
            self.others += 1;
            return;
        }
        match Tree::read(text.trim_start_matches('\u{feff}'), left) {
            Ok(tree) => self.look(&tree.value, left - tree.weight, depth + 1),
            Err(fault) => self.unreadable(&fault, &Value::from(super::short(text))),
        }
    }

    /// AWS docs, "AWS events reference": the scheduled event is of source `aws.events`, RDS's are
    /// of `aws.rds`. An event of another source may hold one of RDS, or the record of an invocation
    /// that failed (source `lambda`).
    fn event_bridge(
        &mut self,
        event: &EventBridgeEvent<Elsewhere>,
        detail: &Value,
        left: usize,
        depth: usize,
    ) {
        if is_scheduled(event) {
            self.others += 1;
            return;
        }
        let parsed = match detail {
            Value::String(text) => Tree::read(text, left).ok(),
            _ => None,
        };
        let (detail, left) = match &parsed {
            Some(tree) => (&tree.value, left - tree.weight),
            None => (detail, left),
        };
        if event.source != "aws.rds" {
            let shape = Shape::of(detail);
            return match shape.is_envelope() {
                true => self.shape(detail, shape, left, depth + 1),
                false => {
                    let source = super::short(&event.source);
                    self.unreadable(
                        &format!("the event is of source `{source}`, not of `aws.rds`"),
                        detail,
                    );
                }
            };
        }
        let around = Around {
            detail_type: Some(&event.detail_type),
            resources: event.resources.as_deref().unwrap_or_default(),
            time: event
                .time
                .and_then(|time| Timestamp::from_millisecond(time.timestamp_millis()).ok()),
        };
        match Event::read(detail, around) {
            Some(event) => self.event(event),
            None => self.unreadable(
                "the event has no `detail`, and its `resources` name no database",
                detail,
            ),
        }
    }

    fn event(&mut self, event: Event) {
        self.others += 1;
        self.request.trigger.events.push(event);
    }

    fn unreadable(&mut self, reason: &str, content: &Value) {
        self.others += 1;
        self.tell(reason, content);
    }

    fn tell(&mut self, reason: &str, content: &Value) {
        let trigger = &mut self.request.trigger;
        trigger.unreadable = trigger.unreadable.saturating_add(1);
        if self.request.unreadable.len() < 10 {
            let text = bounded(&format!("{reason}: {}", excerpt(content)));
            self.request.unreadable.push(text);
        }
    }
}

/// Whether an event is that of a schedule.
pub(super) fn is_scheduled(event: &EventBridgeEvent<Elsewhere>) -> bool {
    event.source == "aws.events" || event.detail_type == "Scheduled Event"
}

/// Whether a value inside of an envelope is, or may be, a call by hand. `trigger` is none of its
/// words here: alarms of CloudWatch have a key of that name.
fn is_call(value: &Value, shape: &Shape<'_>) -> bool {
    let Value::Object(keys) = value else {
        return false;
    };
    let is_word =
        |key: &String| ["mode", "bindings"].iter().any(|word| key.eq_ignore_ascii_case(word));
    keys.keys().any(is_word) || (matches!(shape, Shape::Unknown) && super::says_plan(keys))
}

/// Whether a value is something of AWS's, or a list that holds such a thing or the text of one.
pub(super) fn holds_envelope(value: &Value, left: usize) -> bool {
    fn holds(value: &Value, left: usize, depth: usize) -> bool {
        match Shape::of(value) {
            _ if depth > DEEPEST => false,
            Shape::List(list) => list.iter().any(|one| holds(one, left, depth + 1)),
            Shape::Text(text) if depth > 0 => {
                let inside = |tree: Tree| holds(&tree.value, left - tree.weight, depth + 1);
                Message::is_hello(text) || Tree::read(text, left).is_ok_and(inside)
            }
            shape => shape.is_envelope(),
        }
    }
    holds(value, left, 0)
}

/// What trees may take beside one that is held.
pub(super) fn beside(tree: &Tree) -> usize {
    MOST.saturating_sub(tree.weight)
}
