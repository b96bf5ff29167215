//! Reads a payload into a request.
//!
//! Inside an AWS envelope nothing is an error. Content that cannot be read still says *look*, so it
//! becomes a sweep. Outside an envelope a person typed the payload, and it must be exact: a
//! mistyped dry run must not write. So a payload that mixes an envelope and a call by hand is
//! refused. A call by hand inside an envelope is not executed: if the envelope holds nothing else,
//! the run looks and writes nothing.

mod json;
mod shape;
mod trust;
mod unwrap;

use jiff::Timestamp;
use serde_json::{Map, Value};
use writerlink_core::event::{Intent, Trigger, TriggerKind};
use writerlink_core::failure::bounded;

use self::json::{MEMORY_LIMIT, Tree};
use self::shape::Shape;
use self::trust::trust;
use self::unwrap::{Found, beside, holds_envelope, is_scheduled};
use crate::batch::Batch;
use crate::custom_resource::StackRequest;

/// The text of a payload, or why it is not text.
pub type Text = Result<String, String>;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    pub trigger: Trigger,
    /// When SNS took each event of the trigger, where it came through SNS.
    pub published: Vec<Option<Timestamp>>,
    /// The topics that the payload came through. The function never publishes to these.
    pub topics: Vec<String>,
    /// The first ten contents that could not be read, each bounded and with its reason.
    pub unreadable: Vec<String>,
    /// The records of a queue, if the payload is a batch of them.
    pub batch: Option<Batch>,
    /// The CloudFormation requests in the payload. Each must be answered.
    pub stacks: Vec<StackRequest>,
    /// Whether the payload holds nothing except CloudFormation requests.
    pub(crate) only_stacks: bool,
}

/// A payload, read without the names of the configuration's bindings.
#[derive(Debug)]
pub(crate) enum Opened {
    /// An AWS envelope.
    Envelope(Request),
    /// A call by hand, not checked yet.
    ByHand(Value),
}

/// Why a payload is refused, whatever the configuration.
#[derive(Debug, PartialEq)]
pub(crate) struct Fault {
    pub(crate) text: String,
    /// The CloudFormation request in the payload, if there is one. We must answer it even when we
    /// refuse the payload.
    pub(crate) stack: Option<Box<StackRequest>>,
}

/// Why a payload was refused that is not an envelope.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{fault}; a call by hand is an object with `mode` (\"plan\" or \"reconcile\"), `bindings` \
     (some of: {names}), both or neither; with one binding also `trust` (\"dns\"), `writer` and \
     `expires`. Nothing was written."
)]
pub struct Refusal {
    fault: String,
    names: String,
}

/// What a call by hand is checked against.
#[derive(Debug, Clone, Copy)]
pub struct CallContext<'a> {
    /// The names of the configuration's bindings.
    pub names: &'a [&'a str],
    /// Those of them that follow a cluster's writer.
    pub writers: &'a [&'a str],
    /// How to take other names.
    pub others: OtherNames,
    /// The time by the clock.
    pub now: Timestamp,
}

impl<'a> CallContext<'a> {
    /// A context in which no other names and no `trust` are taken.
    pub fn of(names: &'a [&'a str]) -> Self {
        let (others, now) = (OtherNames::Refused, Timestamp::UNIX_EPOCH);
        Self { names, writers: &[], others, now }
    }
}

/// How to take the name of a binding that the configuration does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OtherNames {
    Refused,
    /// It may be the name of a tagged group, which only the run can find out. The run writes only
    /// to the requested bindings, so a mistyped name is reported and nothing is written for it.
    MayBeTagged,
}

/// The keys of a call by hand, by their letters in lower case. Keys that people try for a dry run
/// are among them.
const WORDS: [&str; 10] = [
    "mode", "bindings", "binding", "trigger", "trust", "writer", "expires", "dryrun", "dry", "plan",
];

/// Reads a payload.
///
/// # Errors
/// If the payload or a part of it is a call by hand that is not valid.
pub fn read(payload: &Value, context: &CallContext<'_>) -> Result<Request, Refusal> {
    let refuse = |fault: Fault| Refusal::of(fault.text, context.names);
    match open(&payload.to_string()).map_err(refuse)? {
        Opened::Envelope(request) => Ok(request),
        Opened::ByHand(call) => read_call(&call, context),
    }
}

pub(crate) fn read_call(call: &Value, context: &CallContext<'_>) -> Result<Request, Refusal> {
    let trigger = by_hand(call, context).map_err(|fault| Refusal::of(fault, context.names))?;
    Ok(Request::of(trigger))
}

/// Reads a payload as far as possible without the configuration.
pub(crate) fn open(text: &str) -> Result<Opened, Fault> {
    let tree = Tree::read(text, MEMORY_LIMIT).map_err(|fault| Fault {
        text: format!("the payload cannot be read: {fault}"),
        stack: None,
    })?;
    let Value::String(text) = &tree.value else {
        return open_tree(tree);
    };
    match Tree::read(text, beside(&tree)) {
        // Only AWS makes an envelope, so its text is no person's mistake.
        Ok(inner) if is_envelope(&inner) => open_tree(inner),
        Ok(inner) if inner.value.is_object() => Err(Fault {
            text:
                "the payload is JSON that was encoded twice: send the object itself, not its text"
                    .to_owned(),
            stack: None,
        }),
        _ => Ok(Opened::ByHand(tree.value)),
    }
}

fn open_tree(tree: Tree) -> Result<Opened, Fault> {
    let fault = match &tree.duplicate_key {
        Some(key) => Some(format!("the payload has the key `{}` twice", short(key))),
        None => mixed(&tree),
    };
    if let Some(text) = fault {
        let stack = StackRequest::recognise(&tree.value).map(Box::new);
        return Err(Fault { text, stack });
    }
    let left = beside(&tree);
    let value = &tree.value;
    let mut found = Found::new(match Shape::of(value) {
        // One message is enough: the queue needs its answer even if other records are unreadable.
        Shape::Records(records)
            if records.iter().any(|one| matches!(Shape::of(one), Shape::Sqs(_))) =>
        {
            let mut found = Found::new(TriggerKind::Sqs);
            found.batch(records, left);
            return Ok(Opened::Envelope(found.end()));
        }
        Shape::List(list) if holds_envelope(value, left) => {
            let mut found = Found::new(TriggerKind::Pipes);
            found.batch(list, left);
            return Ok(Opened::Envelope(found.end()));
        }
        Shape::EventBridge(event, _) if is_scheduled(&event) => TriggerKind::Schedule,
        Shape::EventBridge(..) => TriggerKind::EventBridge,
        Shape::Scheduler => TriggerKind::Schedule,
        Shape::Records(_) | Shape::Sns(_) | Shape::Rds(_) => TriggerKind::Sns,
        Shape::Sqs(_) => TriggerKind::Sqs,
        Shape::Destination(_) => TriggerKind::Destination,
        Shape::Stack(_) => TriggerKind::CustomResource,
        Shape::List(_) | Shape::Text(_) | Shape::Unknown => return Ok(Opened::ByHand(tree.value)),
    });
    found.visit(value, left, 0);
    Ok(Opened::Envelope(found.end()))
}

fn is_envelope(tree: &Tree) -> bool {
    holds_envelope(&tree.value, beside(tree))
}

/// Why a payload is refused that is partly an envelope and partly a call by hand.
fn mixed(tree: &Tree) -> Option<String> {
    if let Some(word) = call_word(&tree.value)
        && is_envelope(tree)
    {
        return Some(format!(
            "the payload has `{}` beside the fields of an AWS envelope: send one or the other",
            short(&word)
        ));
    }
    let key = beside_records(&tree.value)?;
    Some(format!(
        "the payload has `{}` beside `Records`: an AWS envelope has no other key there, so this \
         may be a mistyped call by hand",
        short(key)
    ))
}

/// A key beside the `Records` of an envelope. Lambda sends none (AWS docs: "Using Lambda with
/// Amazon SNS", "… with Amazon SQS").
fn beside_records(value: &Value) -> Option<&str> {
    // Cheap, and first: `Shape::of` looks into every record.
    let keys = value.as_object().filter(|keys| keys.len() > 1)?;
    let is_records = matches!(Shape::of(value), Shape::Records(_));
    let mut others = keys.keys().map(String::as_str).filter(|key| *key != "Records");
    others.next().filter(|_| is_records)
}

/// Finds a key of a call by hand at the top of a payload, or in the objects of a list at the top.
/// Case, spaces and punctuation make no difference.
fn call_word(value: &Value) -> Option<String> {
    let word = |keys: &Map<String, Value>| {
        let plan = says_plan(keys).then(|| "plan".to_owned());
        keys.keys().find(|key| is_word(key)).cloned().or(plan)
    };
    match value {
        Value::Object(keys) => word(keys),
        Value::Array(list) => list.iter().filter_map(Value::as_object).find_map(word),
        _ => None,
    }
}

fn is_word(key: &str) -> bool {
    let letters = key.chars().filter(char::is_ascii_alphanumeric);
    let letters = letters.map(|c| c.to_ascii_lowercase());
    WORDS.iter().any(|word| letters.clone().eq(word.chars()))
}

/// Whether any key, however mistyped, has the value `plan`, which asks for a dry run.
fn says_plan(keys: &Map<String, Value>) -> bool {
    let mut texts = keys.values().filter_map(Value::as_str);
    texts.any(|text| text.eq_ignore_ascii_case("plan"))
}

impl Refusal {
    pub(crate) fn of(fault: String, names: &[&str]) -> Self {
        Self { fault, names: list(names) }
    }
}

impl Request {
    fn of(trigger: Trigger) -> Self {
        Self {
            trigger,
            published: Vec::new(),
            topics: Vec::new(),
            unreadable: Vec::new(),
            batch: None,
            stacks: Vec::new(),
            only_stacks: false,
        }
    }
}

fn by_hand(payload: &Value, context: &CallContext<'_>) -> Result<Trigger, String> {
    let Value::Object(keys) = payload else {
        return Err(format!("the payload is {}, which is not an object", excerpt(payload)));
    };
    let mut trigger = Trigger::sweep(TriggerKind::Invoke);
    for (key, value) in keys {
        match key.as_str() {
            "mode" => trigger.intent = intent(value)?,
            "bindings" => trigger.only = Some(only(value, context)?),
            key if trust::KEYS.contains(&key) => {}
            "trigger" => return Err(trigger_is_for_the_scheduler(keys)),
            _ => return Err(format!("the payload has the unknown key `{}`", short(key))),
        }
    }
    trigger.trust = trust(keys, trigger.only.as_deref(), context)?;
    Ok(trigger)
}

fn intent(mode: &Value) -> Result<Intent, String> {
    match mode.as_str() {
        Some("plan") => Ok(Intent::Plan),
        Some("reconcile") => Ok(Intent::Reconcile),
        _ => Err(format!("`mode` is {}", excerpt(mode))),
    }
}

fn only(bindings: &Value, context: &CallContext<'_>) -> Result<Vec<String>, String> {
    let not_a_list =
        || format!("`bindings` is {}, which is not a list of names", excerpt(bindings));
    let asked = bindings.as_array().ok_or_else(not_a_list)?;
    if asked.is_empty() {
        return Err(
            "`bindings` is empty: name at least one, or leave it out for all of them".to_owned()
        );
    }
    let one = |name: &Value| {
        let name = name.as_str().ok_or_else(not_a_list)?;
        if context.names.contains(&name) || context.others == OtherNames::MayBeTagged {
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

fn trigger_is_for_the_scheduler(keys: &Map<String, Value>) -> String {
    let with = if keys.len() > 1 { " together with other keys" } else { "" };
    format!(
        "the payload has the key `trigger`{with}: the scheduler's input is exactly {{\"trigger\": \
         \"sweep\"}}"
    )
}

/// The start of a value as JSON. It is cut first, because a payload can have megabytes.
fn excerpt(value: &Value) -> String {
    match value {
        Value::String(text) => format!("{:?}", short(text)),
        Value::Array(_) | Value::Object(_) => short(&value.to_string()),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

fn short(text: &str) -> String {
    const MAX: usize = 200;
    let mut out: String = text.chars().take(MAX).collect();
    if text.chars().nth(MAX).is_some() {
        out.push('…');
    }
    bounded(&out)
}

fn list(names: &[&str]) -> String {
    const MAX: usize = 20;
    let mut text: Vec<String> = names.iter().take(MAX).map(|name| format!("`{name}`")).collect();
    if names.len() > MAX {
        text.push(format!("and {} more", names.len() - MAX));
    }
    text.join(", ")
}

#[cfg(test)]
mod agreement;
#[cfg(test)]
mod recorded;
#[cfg(test)]
mod tests;
