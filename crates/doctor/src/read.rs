//! What was read, and what was not.

use schemars::JsonSchema;
use serde::Serialize;
use writerlink_core::failure::{CallError, Failure, Rejection};

/// Something that was read, or why it was not.
pub type Read<T> = Result<T, Gap>;

/// Why something could not be read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Gap {
    /// The call that failed, written as the IAM action that permits it.
    pub call: String,
    /// What AWS or the network said.
    pub why: String,
    /// What to do about it.
    pub remedy: String,
}

impl From<CallError> for Gap {
    fn from(error: CallError) -> Self {
        let why = format!("{}: {}", error.failure, error.detail);
        Self { call: error.call.to_owned(), why, remedy: error.remedy() }
    }
}

impl Gap {
    /// Something that this program does not read, with a command for a person who may.
    pub fn unread(call: &str, why: &str, remedy: &str) -> Self {
        Self { call: call.to_owned(), why: why.to_owned(), remedy: remedy.to_owned() }
    }
}

/// What AWS said of a thing that may not exist: `None` if AWS says that it does not.
pub fn if_it_exists<T>(answer: Result<T, CallError>) -> Read<Option<T>> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(CallError { failure: Failure::Rejected(Rejection::NotFound), .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
