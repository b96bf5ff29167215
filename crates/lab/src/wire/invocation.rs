//! Invocations: how a caller requests them, and how they end.

use std::time::Duration;

use serde_json::Value;

/// How an invocation was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The caller does not wait: events, schedules, `--invocation-type Event`.
    Async,
    /// The caller waits for the answer: `--invocation-type RequestResponse`.
    Sync,
}

/// One invocation, from its queueing to its end. Times are world times.
#[derive(Clone, Debug, PartialEq)]
pub struct Invocation {
    /// The id that the function knows it by.
    pub request_id: String,
    /// How it was asked for.
    pub kind: Kind,
    /// The event, as JSON text.
    pub payload: String,
    /// When it was queued.
    pub queued: Duration,
    /// When the function took it.
    pub taken: Option<Duration>,
    /// Which environment took it: the place of its runtime API in
    /// [`Lab::runtime_apis`](super::Lab::runtime_apis), from 0.
    pub environment: Option<usize>,
    /// When it ended.
    pub ended: Option<Duration>,
    /// How it ended.
    pub ending: Option<Ending>,
}

/// How an invocation ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Ending {
    /// The function answered this text, which is JSON if the function keeps to the rules.
    Answered(String),
    /// The function reported an error.
    Failed {
        /// The type, from the header or the document.
        error_type: String,
        /// The error document, as text.
        document: String,
    },
    /// The function did not answer within its timeout.
    TimedOut,
    /// The process was gone before it answered: its environment asked for work again.
    Crashed,
}

impl Ending {
    /// The answer as a value, if there is one and it is JSON.
    pub fn answer(&self) -> Option<Value> {
        match self {
            Ending::Answered(text) => serde_json::from_str(text).ok(),
            Ending::Failed { .. } | Ending::TimedOut | Ending::Crashed => None,
        }
    }
}

/// What came of a call to Invoke.
#[derive(Clone, Debug, PartialEq)]
pub enum Invoked {
    /// It is queued under this request id.
    Queued(String),
    /// It ended.
    Ended(String, Ending),
}

/// How Invoke refuses (botocore lambda 2015-03-31).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No function has that name.
    #[error("Function not found: {0}")]
    NotFound(String),
    /// The payload is no JSON.
    #[error("Could not parse request body into json: {0}")]
    NotJson(String),
    /// Every environment is taken.
    #[error("Rate Exceeded.")]
    Busy,
}
