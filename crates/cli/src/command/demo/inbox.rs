//! The queue of the function's invocations. It runs them one at a time, as a reserved concurrency
//! of 1 does.

use std::cell::Cell;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::mpsc;
use writerlink_core::event::{Event, Message};
use writerlink_lab::wire::Invocation;
use writerlink_lambda::{Handled, Handler};

use super::timeline::{Decisions, Timeline};
use crate::render::timeline::Kind;

/// The function's timeout setting.
pub(super) const TIMEOUT: Duration = Duration::from_secs(60);

/// The sending end of the queue, which knows whether the queue is empty.
pub(super) struct Inbox {
    sender: mpsc::UnboundedSender<(Call, Value)>,
    /// How many invocations have been queued.
    seen: Cell<usize>,
    /// How many of them have not ended.
    open: Cell<usize>,
}

/// What invokes the function.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Call {
    Sweep,
    Event { word: String, database: String },
}

/// The receiving end of the queue.
pub(super) struct Calls(mpsc::UnboundedReceiver<(Call, Value)>);

impl Inbox {
    pub(super) fn new() -> (Self, Calls) {
        let (sender, receiver) = mpsc::unbounded_channel();
        let inbox = Self { sender, seen: Cell::new(0), open: Cell::new(0) };
        (inbox, Calls(receiver))
    }

    /// Queues the invocations that arrived since the last call, and records their events.
    pub(super) fn take(&self, invocations: &[Invocation], timeline: &Timeline) {
        for invocation in invocations.iter().skip(self.seen.get()) {
            self.seen.set(self.seen.get() + 1);
            let payload: Value = serde_json::from_str(&invocation.payload).unwrap_or_default();
            let earlier = &invocations[..self.seen.get() - 1];
            let again = earlier.iter().any(|other| other.payload == invocation.payload);
            let call = Call::of(&payload);
            if let Call::Event { word, database } = &call {
                let text = if again {
                    format!("{word} arrives again: SNS delivered the message twice")
                } else {
                    format!("{word} arrives through SNS")
                };
                timeline.record(Kind::Event, Some(database), text);
            }
            if self.sender.send((call, payload)).is_ok() {
                self.open.set(self.open.get() + 1);
            }
        }
    }

    /// Whether every invocation has ended.
    pub(super) fn is_empty(&self) -> bool {
        self.open.get() == 0
    }
}

impl Calls {
    /// Invokes the function with each payload, after the previous invocation has ended.
    pub(super) async fn handle(
        mut self,
        handler: &Handler,
        inbox: &Inbox,
        decisions: &mut Decisions<'_>,
    ) {
        while let Some((call, payload)) = self.0.recv().await {
            let handled = handler.handle(&payload, TIMEOUT, decisions).await;
            inbox.open.set(inbox.open.get() - 1);
            decisions.timeline.record(Kind::Run, call.database(), ending(&call, &handled));
        }
    }
}

impl Call {
    fn of(payload: &Value) -> Self {
        let message = payload["Records"][0]["Sns"]["Message"].as_str();
        match message.map(Message::read) {
            Some(Ok(Message::Event(event))) => Self::Event {
                word: word(&event),
                database: event.source.map(|id| id.to_string()).unwrap_or_default(),
            },
            _ => Self::Sweep,
        }
    }

    fn database(&self) -> Option<&str> {
        match self {
            Self::Sweep => None,
            Self::Event { database, .. } => Some(database),
        }
    }
}

/// The id of an event, with its meaning.
fn word(event: &Event) -> String {
    let Some(id) = event.id else {
        return "an event without an id".to_owned();
    };
    let meaning = match id.0 {
        13 | 72 | 73 => " (failover started)",
        49 | 71 => " (failover completed)",
        _ => "",
    };
    format!("{id}{meaning}")
}

/// How the run of an invocation ended, binding by binding.
fn ending(call: &Call, handled: &Handled) -> String {
    let name = match call {
        Call::Sweep => "the sweep",
        Call::Event { word, .. } => word.split(' ').next().unwrap_or_default(),
    };
    let bindings: Vec<String> = handled
        .run
        .iter()
        .flat_map(|(_, report)| &report.bindings)
        .map(|binding| format!("{} {}", binding.name, binding.status.as_str()))
        .collect();
    match &handled.answer {
        Ok(_) => format!("{name} ended: {}", bindings.join(", ")),
        Err(failed) => format!("{name} failed: {failed}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_invocation_is_an_event_or_a_sweep() {
        let body = json!({
            "Event Source": "db-cluster", "Source ID": "orders",
            "Event ID": "https://docs.aws.amazon.com/x#RDS-EVENT-0073",
        });
        let event = json!({"Records": [{"Sns": {"Message": body.to_string()}}]});
        let call = Call::of(&event);
        assert_eq!(call.database(), Some("orders"));
        let Call::Event { word, .. } = call else { panic!("an event") };
        assert_eq!(word, "RDS-EVENT-0073 (failover started)");
        for payload in [json!({"trigger": "sweep"}), json!(null), json!([1])] {
            assert_eq!(Call::of(&payload), Call::Sweep);
        }
    }
}
