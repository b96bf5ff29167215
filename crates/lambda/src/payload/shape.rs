//! Recognises the wrappers that AWS puts around an event, by their fields.
//!
//! The types of `aws_lambda_events` hold the fields if they accept them. If a type refuses a value,
//! because a field that we do not need is missing or has another type, the value is read field by
//! field into the same type. Otherwise a failover would lose its urgency when AWS leaves a field
//! out of an envelope. The type of an SNS record has twelve required fields and is not used; a test
//! compares the two readings (`docs/decisions/007`).

use aws_lambda_events::eventbridge::EventBridgeEvent;
use aws_lambda_events::sqs::SqsMessage;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use writerlink_core::event::{EnvelopeFields, Event};

use crate::custom_resource::StackRequest;
use crate::ignored::IgnoredPart;

/// The kind of wrapper or content that a value is.
#[derive(Debug)]
pub(super) enum Shape<'a> {
    /// The records of an envelope that Lambda makes (AWS docs: "Using Lambda with Amazon SNS", "…
    /// with Amazon SQS").
    Records(&'a [Value]),
    /// The input of a target of EventBridge Pipes (AWS docs: "Amazon EventBridge Pipes targets"): a
    /// list without an envelope.
    List(&'a [Value]),
    /// An SNS record, or the JSON that SNS puts into a queue (AWS docs: "Fanout Amazon SNS
    /// notifications to Amazon SQS queues").
    Sns(Sns<'a>),
    /// A message of an SQS queue.
    Sqs(Box<SqsMessage>),
    /// The record that Lambda sends to the destination of an asynchronous invocation (AWS docs:
    /// "Capturing records of Lambda asynchronous invocations"). This is the payload of that
    /// invocation.
    Destination(&'a Value),
    /// An EventBridge event and its `detail`.
    EventBridge(Box<EventBridgeEvent<IgnoredPart>>, &'a Value),
    /// The body of an SNS message of RDS, or the `detail` of an RDS event without the event.
    Rds(Box<Event>),
    Stack(Box<StackRequest>),
    /// The input that the templates give to EventBridge Scheduler.
    Scheduler,
    /// Text, which may be JSON.
    Text(&'a str),
    /// No known wrapper and no RDS event.
    Unknown,
}

/// The needed fields of an SNS record or notification.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Sns<'a> {
    pub(super) topic: Option<&'a str>,
    pub(super) message: Option<&'a Value>,
    /// When SNS took the message.
    pub(super) timestamp: Option<Timestamp>,
}

impl<'a> Shape<'a> {
    pub(super) fn of(value: &'a Value) -> Self {
        let field = |name: &str| value.get(name);
        if let Value::Array(list) = value {
            return Self::List(list);
        }
        if let Value::String(text) = value {
            return Self::Text(text);
        }
        // First of all objects: a stack that gets no answer waits for an hour.
        if let Some(request) = StackRequest::recognise(value) {
            return Self::Stack(Box::new(request));
        }
        if let Some(records) = field("Records").and_then(Value::as_array)
            // Any, not all: an envelope may hold records that cannot be read.
            && records.iter().any(|record| Self::of(record).is_envelope())
        {
            return Self::Records(records);
        }
        if let Some(sns) = Sns::of(value) {
            return Self::Sns(sns);
        }
        if is_sqs(value) {
            return Self::Sqs(Box::new(sqs(value)));
        }
        if let Some(payload) = field("requestPayload")
            && (field("requestContext").is_some() || field("version").is_some())
        {
            return Self::Destination(payload);
        }
        if field("source").is_some()
            && (field("detail-type").is_some() || field("detail").is_some())
        {
            let detail = field("detail").unwrap_or(&Value::Null);
            return Self::EventBridge(Box::new(event_bridge(value)), detail);
        }
        if let Some(event) = Event::read(value, EnvelopeFields::default()) {
            return Self::Rds(Box::new(event));
        }
        if *value == serde_json::json!({"trigger": "sweep"}) {
            return Self::Scheduler;
        }
        Self::Unknown
    }

    /// Whether only AWS creates such a value. Content in it that cannot be read is then no mistake
    /// of a person.
    pub(super) fn is_envelope(&self) -> bool {
        match self {
            Self::Records(_)
            | Self::Sns(_)
            | Self::Sqs(_)
            | Self::Destination(_)
            | Self::EventBridge(..)
            | Self::Rds(_)
            | Self::Stack(_) => true,
            Self::List(_) | Self::Scheduler | Self::Text(_) | Self::Unknown => false,
        }
    }
}

impl<'a> Sns<'a> {
    pub(super) fn of(value: &'a Value) -> Option<Self> {
        let text = |name: &str| value.get(name).and_then(Value::as_str);
        let inner = match value.get("Sns") {
            Some(sns) if sns.is_object() || text("EventSource") == Some("aws:sns") => sns,
            None if text("EventSource") == Some("aws:sns") => value,
            _ if text("Type") == Some("Notification") => value,
            _ if text("TopicArn").is_some() && value.get("Message").is_some() => value,
            _ => return None,
        };
        Some(Self {
            topic: inner.get("TopicArn").and_then(Value::as_str),
            message: inner.get("Message"),
            timestamp: (inner.get("Timestamp").and_then(Value::as_str))
                .and_then(|time| time.parse().ok()),
        })
    }
}

fn is_sqs(value: &Value) -> bool {
    let has = |name: &str| value.get(name).is_some();
    let source = value.get("eventSource").and_then(Value::as_str);
    source == Some("aws:sqs") || (has("body") && (has("messageId") || has("receiptHandle")))
}

fn sqs(record: &Value) -> SqsMessage {
    SqsMessage::deserialize(record).unwrap_or_else(|_| by_field::sqs(record))
}

fn event_bridge(event: &Value) -> EventBridgeEvent<IgnoredPart> {
    EventBridgeEvent::deserialize(event).unwrap_or_else(|_| by_field::event_bridge(event))
}

/// Reads the same types from the fields that are present.
pub(super) mod by_field {
    use super::*;

    pub(in crate::payload) fn sqs(record: &Value) -> SqsMessage {
        let mut message = SqsMessage::default();
        message.message_id = text(record, "messageId");
        // The body is an object if the pipe parsed it.
        message.body = match record.get("body") {
            Some(Value::String(body)) => Some(body.clone()),
            Some(Value::Null) | None => None,
            Some(body) => Some(body.to_string()),
        };
        message
    }

    pub(in crate::payload) fn event_bridge(fields: &Value) -> EventBridgeEvent<IgnoredPart> {
        let mut event = EventBridgeEvent::default();
        event.source = text(fields, "source").unwrap_or_default();
        event.detail_type = text(fields, "detail-type").unwrap_or_default();
        event.time = Deserialize::deserialize(&fields["time"]).ok().flatten();
        let resources = fields.get("resources").and_then(Value::as_array);
        event.resources = resources
            .map(|list| list.iter().filter_map(Value::as_str).map(str::to_owned).collect());
        event
    }

    fn text(fields: &Value, name: &str) -> Option<String> {
        fields.get(name).and_then(Value::as_str).map(str::to_owned)
    }
}
