//! What was read, and what was not.

use schemars::JsonSchema;
use serde::Serialize;
use writerlink_core::failure::{CallError, Failure, Rejection};
use writerlink_core::text;

/// Something that was read, or why it was not.
pub type Read<T> = Result<T, Gap>;

/// Why something could not be read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Gap {
    /// Whether AWS says that the thing does not exist.
    #[serde(skip)]
    not_found: bool,
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
        let not_found = error.failure == Failure::Rejected(Rejection::NotFound);
        Self { call: error.call.to_owned(), why, remedy: error.remedy(), not_found }
    }
}

impl Gap {
    /// Something that this program does not read, with a command for a person who may.
    pub fn unread(call: &str, why: &str, remedy: &str) -> Self {
        let (call, why, remedy) = (call.to_owned(), why.to_owned(), remedy.to_owned());
        Self { call, why, remedy, not_found: false }
    }

    /// Whether AWS says that the thing does not exist.
    pub fn is_not_found(&self) -> bool {
        self.not_found
    }

    /// The same gap with texts that can be printed.
    pub(crate) fn cleaned(&self) -> Self {
        Self {
            call: text::bounded(&self.call),
            why: text::sentence(&self.why),
            remedy: text::sentence(&self.remedy),
            not_found: self.not_found,
        }
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
