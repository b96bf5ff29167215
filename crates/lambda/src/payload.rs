//! From a payload to what is asked.
//!
//! Inside an envelope of AWS nothing is an error: what cannot be read there still says *look*, so it becomes a
//! sweep. Outside of one somebody typed the payload, and then every letter counts: a mistyped dry run must not
//! write.

use serde_json::{Map, Value};
use writerlink_core::event::{Event, Intent, Message, Trigger, TriggerKind, Unreadable};
use writerlink_core::failure::bounded;

/// What an invocation asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// What sets the run going.
    pub trigger: Trigger,
    /// The topics that the payload came through. Nothing is ever published to these.
    pub topics: Vec<String>,
    /// What could not be read, each with its reason and bounded; the first ten.
    pub unreadable: Vec<String>,
}

/// Why a payload that is none of the envelopes was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{fault}; allowed is an object with `mode` (\"plan\" or \"reconcile\"), `bindings` (some of: {names}), both or neither. Nothing was written."
)]
pub struct Refusal {
    fault: String,
    names: String,
}

/// What a name can be that the configuration lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OtherNames {
    /// A mistake.
    Refused,
    /// That of a tagged group, which only the run finds out. It writes to what was asked for alone, so a mistyped name is
    /// told and nothing is written for it.
    MayBeTagged,
}

/// Reads a payload. `names` are those of the configuration's bindings.
pub fn read(payload: &Value, names: &[&str], others: OtherNames) -> Result<Request, Refusal> {
    match Envelope::of(payload) {
        Envelope::Sns(records) => Ok(sns(records)),
        Envelope::EventBridge => Ok(event_bridge(payload)),
        Envelope::Scheduler => Ok(Request::of(Trigger::sweep(TriggerKind::Schedule))),
        Envelope::None => match by_hand(payload, names, others) {
            Ok(trigger) => Ok(Request::of(trigger)),
            Err(fault) => Err(Refusal {
                fault,
                names: list(names),
            }),
        },
    }
}

impl Request {
    fn of(trigger: Trigger) -> Self {
        Self {
            trigger,
            topics: Vec::new(),
            unreadable: Vec::new(),
        }
    }

    fn take(&mut self, event: Result<Option<Event>, Unreadable>, content: &Value) {
        match event {
            Ok(event) => self.trigger.events.extend(event),
            Err(reason) => {
                self.trigger.unreadable = self.trigger.unreadable.saturating_add(1);
                if self.unreadable.len() < 10 {
                    self.unreadable
                        .push(bounded(&format!("{reason}: {}", excerpt(content))));
                }
            }
        }
    }
}

/// The shapes that are recognised without looking at their content.
enum Envelope<'a> {
    Sns(&'a [Value]),
    EventBridge,
    Scheduler,
    None,
}

impl<'a> Envelope<'a> {
    fn of(payload: &'a Value) -> Self {
        if let Some(records) = payload.get("Records").and_then(Value::as_array)
            && records.iter().any(is_sns)
        {
            Self::Sns(records)
        } else if payload.get("detail-type").is_some() && payload.get("source").is_some() {
            Self::EventBridge
        } else if *payload == serde_json::json!({"trigger": "sweep"}) {
            Self::Scheduler
        } else {
            Self::None
        }
    }
}

fn is_sns(record: &Value) -> bool {
    record.get("EventSource").and_then(Value::as_str) == Some("aws:sns")
}

/// AWS docs, "Using Lambda with Amazon SNS": an envelope has `Records`, each with `EventSource` and `Sns`. Only
/// what is needed is taken, since envelopes seen in the field leave out or add fields.
fn sns(records: &[Value]) -> Request {
    let mut request = Request::of(Trigger::sweep(TriggerKind::Sns));
    for record in records {
        let field = |name: &str| record.get("Sns").and_then(|sns| sns.get(name)).and_then(Value::as_str);
        request.topics.extend(field("TopicArn").map(str::to_owned));
        let event = Message::read(field("Message").unwrap_or_default()).map(|message| match message {
            Message::Hello => None,
            Message::Event(event) => Some(event),
        });
        request.take(
            event,
            record.get("Sns").and_then(|sns| sns.get("Message")).unwrap_or(record),
        );
    }
    request
}

/// AWS docs, "AWS events reference": the scheduled event is of source `aws.events`, RDS's are of `aws.rds`.
fn event_bridge(payload: &Value) -> Request {
    let field = |name: &str| payload.get(name).and_then(Value::as_str);
    if field("source") == Some("aws.events") || field("detail-type") == Some("Scheduled Event") {
        return Request::of(Trigger::sweep(TriggerKind::Schedule));
    }
    let mut request = Request::of(Trigger::sweep(TriggerKind::EventBridge));
    if field("source") == Some("aws.rds") {
        request.take(Event::from_event_bridge(payload).map(Some), payload);
    } else {
        request.trigger.unreadable = 1;
        request.unreadable.push(bounded(&format!(
            "the event is not of source `aws.rds`: {}",
            excerpt(payload)
        )));
    }
    request
}

fn by_hand(payload: &Value, names: &[&str], others: OtherNames) -> Result<Trigger, String> {
    let Value::Object(keys) = payload else {
        return Err(format!("the payload is {}, which is no object", excerpt(payload)));
    };
    let mut trigger = Trigger::sweep(TriggerKind::Invoke);
    for (key, value) in keys {
        match key.as_str() {
            "mode" => trigger.intent = intent(value)?,
            "bindings" => trigger.only = Some(only(value, names, others)?),
            "trigger" => return Err(sweep_stands_alone(keys)),
            _ => return Err(format!("the payload has the unknown key `{}`", short(key))),
        }
    }
    Ok(trigger)
}

fn intent(mode: &Value) -> Result<Intent, String> {
    match mode.as_str() {
        Some("plan") => Ok(Intent::Plan),
        Some("reconcile") => Ok(Intent::Reconcile),
        _ => Err(format!("`mode` is {}", excerpt(mode))),
    }
}

fn only(bindings: &Value, names: &[&str], others: OtherNames) -> Result<Vec<String>, String> {
    let no_list = || format!("`bindings` is {}, which is no list of names", excerpt(bindings));
    let asked = bindings.as_array().ok_or_else(no_list)?;
    if asked.is_empty() {
        return Err("`bindings` is empty: name at least one, or leave it out for all of them".to_owned());
    }
    let one = |name: &Value| {
        let name = name.as_str().ok_or_else(no_list)?;
        if names.contains(&name) || others == OtherNames::MayBeTagged {
            Ok(name.to_owned())
        } else {
            Err(format!(
                "`bindings` names `{}`, which the configuration does not have",
                short(name)
            ))
        }
    };
    asked.iter().map(one).collect()
}

fn sweep_stands_alone(keys: &Map<String, Value>) -> String {
    let with = if keys.len() > 1 {
        " together with other keys"
    } else {
        ""
    };
    format!("the payload has the key `trigger`{with}: the scheduler's input is exactly {{\"trigger\": \"sweep\"}}")
}

/// The start of a value as JSON. It is cut before it is bounded, since a payload may have megabytes.
fn excerpt(value: &Value) -> String {
    match value {
        Value::String(text) => format!("{:?}", short(text)),
        Value::Array(_) | Value::Object(_) => short(&value.to_string()),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

fn short(text: &str) -> String {
    const MOST: usize = 200;
    let mut out: String = text.chars().take(MOST).collect();
    if text.chars().nth(MOST).is_some() {
        out.push('…');
    }
    bounded(&out)
}

fn list(names: &[&str]) -> String {
    const MOST: usize = 20;
    let mut text: Vec<String> = names.iter().take(MOST).map(|name| format!("`{name}`")).collect();
    if names.len() > MOST {
        text.push(format!("and {} more", names.len() - MOST));
    }
    text.join(", ")
}

#[cfg(test)]
mod recorded;
#[cfg(test)]
mod tests;
