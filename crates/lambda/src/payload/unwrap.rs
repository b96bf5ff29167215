//! Removes AWS's wrappers, in any nesting, until events are left.
//!
//! No code handles a pair of wrappers: each [`Shape`] gives its content, and the content is visited
//! in the same way. So an EventBridge event is found alone, or in an SNS notification that is in a
//! message of a queue.

use aws_lambda_events::eventbridge::EventBridgeEvent;
use jiff::Timestamp;
use serde_json::Value;
use writerlink_core::event::{EnvelopeFields, Event, Intent, Message, Trigger, TriggerKind};
use writerlink_core::failure::bounded;

use super::json::{MEMORY_LIMIT, Tree};
use super::shape::Shape;
use super::{Request, excerpt};
use crate::batch::{Batch, Record};
use crate::ignored::IgnoredPart;

/// The deepest accepted nesting. Each wrapper and each text that is JSON is one level. The record
/// of a failed invocation in a queue, which is deep, has seven.
const MAX_DEPTH: usize = 16;

/// What the search has found so far.
#[derive(Debug)]
pub(super) struct Found {
    request: Request,
    /// The number of calls by hand, which are not executed here.
    calls: usize,
    /// The number of all other contents.
    others: usize,
    /// When SNS took the message that is being visited.
    published: Option<Timestamp>,
}

impl Found {
    pub(super) fn new(kind: TriggerKind) -> Self {
        Self { request: Request::of(Trigger::sweep(kind)), calls: 0, others: 0, published: None }
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

    /// Visits the records of a batch separately, and records the events of each. `left` is the
    /// memory that further trees may take.
    pub(super) fn batch(&mut self, list: &[Value], left: usize) {
        let mut records = Vec::new();
        for value in list {
            let before = self.request.trigger.events.len();
            let shape = Shape::of(value);
            let id = match &shape {
                Shape::Sqs(message) => message.message_id.clone(),
                _ => None,
            };
            self.visit_shape(value, shape, left, 1);
            let events = self.request.trigger.events[before..].to_vec();
            records.push(Record { id, events });
        }
        self.request.batch = Some(Batch::of(records));
    }

    pub(super) fn visit(&mut self, value: &Value, left: usize, depth: usize) {
        self.visit_shape(value, Shape::of(value), left, depth);
    }

    fn visit_shape(&mut self, value: &Value, shape: Shape<'_>, left: usize, depth: usize) {
        if depth > MAX_DEPTH {
            return self
                .unreadable(&format!("it is wrapped more than {MAX_DEPTH} levels deep"), value);
        }
        if is_call(value, &shape) {
            // Counted apart: if there is nothing else, calls make the run a dry run (`end`).
            self.calls += 1;
            return self
                .count_unreadable("a call by hand inside an envelope is not executed", value);
        }
        match shape {
            Shape::List([]) => self.unreadable("it is an empty list", value),
            Shape::Records(list) | Shape::List(list) => {
                list.iter().for_each(|one| self.visit(one, left, depth + 1))
            }
            Shape::Sns(sns) => {
                self.request.topics.extend(sns.topic.map(str::to_owned));
                match sns.message {
                    Some(message) => {
                        let outer = std::mem::replace(&mut self.published, sns.timestamp);
                        self.visit(message, left, depth + 1);
                        self.published = outer;
                    }
                    None => self.unreadable("the SNS record has no `Message`", value),
                }
            }
            Shape::Sqs(message) => match &message.body {
                Some(body) => self.visit_text(body, left, depth + 1),
                None => self.unreadable("the queue message has no `body`", value),
            },
            Shape::Destination(payload) => self.visit(payload, left, depth + 1),
            Shape::EventBridge(event, detail) => {
                self.visit_event_bridge(&event, detail, left, depth)
            }
            Shape::Rds(event) => self.event(*event),
            Shape::Stack(request) => {
                self.others += 1;
                self.request.stacks.push(*request);
            }
            Shape::Scheduler => self.others += 1,
            Shape::Text(text) => self.visit_text(text, left, depth),
            Shape::Unknown => self.unreadable("it is not an RDS event", value),
        }
    }

    fn visit_text(&mut self, text: &str, left: usize, depth: usize) {
        // RDS's greeting is no event, and no fault that a log should show.
        if Message::is_hello(text) {
            self.others += 1;
            return;
        }
        // serde_json refuses a byte-order mark.
        match Tree::read(text.trim_start_matches('\u{feff}'), left) {
            // The tree is held during its visit only, so its weight counts only there.
            Ok(tree) => self.visit(&tree.value, left - tree.weight, depth + 1),
            Err(fault) => self.unreadable(&fault, &Value::from(super::short(text))),
        }
    }

    /// AWS docs, "AWS events reference": a scheduled event has the source `aws.events`, and an RDS
    /// event has `aws.rds`. An event of another source can hold an RDS event, or the record of a
    /// failed invocation (source `lambda`).
    fn visit_event_bridge(
        &mut self,
        event: &EventBridgeEvent<IgnoredPart>,
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
                true => self.visit_shape(detail, shape, left, depth + 1),
                false => {
                    let source = super::short(&event.source);
                    self.unreadable(
                        &format!("the source of the event is `{source}`, not `aws.rds`"),
                        detail,
                    );
                }
            };
        }
        let envelope = EnvelopeFields {
            detail_type: Some(&event.detail_type),
            resources: event.resources.as_deref().unwrap_or_default(),
            time: event
                .time
                .and_then(|time| Timestamp::from_millisecond(time.timestamp_millis()).ok()),
        };
        match Event::read(detail, envelope) {
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
        self.request.published.push(self.published);
    }

    fn unreadable(&mut self, reason: &str, content: &Value) {
        self.others += 1;
        self.count_unreadable(reason, content);
    }

    fn count_unreadable(&mut self, reason: &str, content: &Value) {
        // Each counts, so that the run looks at every binding; only ten are kept for the log.
        let trigger = &mut self.request.trigger;
        trigger.unreadable = trigger.unreadable.saturating_add(1);
        if self.request.unreadable.len() < 10 {
            let text = bounded(&format!("{reason}: {}", excerpt(content)));
            self.request.unreadable.push(text);
        }
    }
}

/// Whether an EventBridge event comes from a schedule.
pub(super) fn is_scheduled(event: &EventBridgeEvent<IgnoredPart>) -> bool {
    event.source == "aws.events" || event.detail_type == "Scheduled Event"
}

/// The keys that show a call by hand inside an envelope.
const CALL_KEYS: [&str; 3] = ["mode", "bindings", "trust"];

/// Whether a value inside an envelope is, or may be, a call by hand. The key `trigger` does not
/// count here, because CloudWatch alarms have a key of that name.
fn is_call(value: &Value, shape: &Shape<'_>) -> bool {
    let Value::Object(keys) = value else {
        return false;
    };
    let is_word = |key: &String| CALL_KEYS.iter().any(|word| key.eq_ignore_ascii_case(word));
    keys.keys().any(is_word) || (matches!(shape, Shape::Unknown) && super::says_plan(keys))
}

/// Whether a value is an AWS envelope, or a list that holds an envelope or the text of one.
pub(super) fn holds_envelope(value: &Value, left: usize) -> bool {
    fn holds(value: &Value, left: usize, depth: usize) -> bool {
        match Shape::of(value) {
            _ if depth > MAX_DEPTH => false,
            Shape::List(list) => list.iter().any(|one| holds(one, left, depth + 1)),
            // At the top, `open` has parsed the text already.
            Shape::Text(text) if depth > 0 => {
                let inside = |tree: Tree| holds(&tree.value, left - tree.weight, depth + 1);
                Message::is_hello(text) || Tree::read(text, left).is_ok_and(inside)
            }
            shape => shape.is_envelope(),
        }
    }
    holds(value, left, 0)
}

/// The memory that further trees may take while this tree is held.
pub(super) fn beside(tree: &Tree) -> usize {
    MEMORY_LIMIT.saturating_sub(tree.weight)
}
