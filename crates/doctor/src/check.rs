//! The checks. Each is one question about a chain, and a row of its part's table.

mod adoption;
mod consumer;
mod database;
mod events;
mod function;
mod health_check;
mod names;
mod path;
mod service;
mod targets;
mod watching;

use schemars::JsonSchema;
use serde::Serialize;
use writerlink_core::finding::Severity;

use crate::chain::{Chain, Part};
pub use crate::documents::Document;

/// A check.
#[derive(Debug, Clone, Copy)]
pub struct Check {
    /// Such as `W101`. It never changes its meaning.
    pub id: &'static str,
    /// What holds if nothing is found.
    pub title: &'static str,
    pub link: Link,
    /// Why it matters.
    pub why: &'static str,
    /// What it rests on. Without one, everything that the check finds is a note.
    pub document: Option<Document>,
    judge: fn(&Chain) -> Judged,
}

/// A row of a table.
const fn row(
    link: Link,
    id: &'static str,
    title: &'static str,
    why: &'static str,
    document: Document,
    judge: fn(&Chain) -> Judged,
) -> Check {
    Check { id, title, link, why, document: Some(document), judge }
}

/// The links of the chain, in the order in which a report shows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Link {
    ToTheDatabase,
    FromTheConsumer,
    Events,
    Names,
    Database,
    Adoption,
}

impl Link {
    pub fn title(self) -> &'static str {
        match self {
            Self::ToTheDatabase => "To the database",
            Self::FromTheConsumer => "From the consumer",
            Self::Events => "Events and the function",
            Self::Names => "Names",
            Self::Database => "The database",
            Self::Adoption => "Adoption",
        }
    }
}

/// What a check found: nothing, findings, or the reason why there is no answer.
pub type Judged = Part<Vec<Found>>;

/// Something that a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub severity: Severity,
    /// What was found.
    pub says: String,
    /// The command that mends it, or what to do where no command can.
    pub mend: Option<String>,
}

impl Found {
    pub(crate) fn mend(self, command: impl Into<String>) -> Self {
        Self { mend: Some(command.into()), ..self }
    }
}

pub(crate) fn broken(says: impl Into<String>) -> Found {
    Found { severity: Severity::Broken, says: says.into(), mend: None }
}

pub(crate) fn will_break(says: impl Into<String>) -> Found {
    Found { severity: Severity::WillBreakAtTheNextFailover, says: says.into(), mend: None }
}

pub(crate) fn costs(says: impl Into<String>) -> Found {
    Found { severity: Severity::CostsYouSeconds, says: says.into(), mend: None }
}

pub(crate) fn note(says: impl Into<String>) -> Found {
    Found { severity: Severity::Note, says: says.into(), mend: None }
}

/// A text as one word of a POSIX shell.
pub(crate) fn quoted(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:=@,+".contains(&byte);
    if !text.is_empty() && text.bytes().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

impl Check {
    pub fn judge(&self, chain: &Chain) -> Judged {
        let found = (self.judge)(chain)?;
        Ok(found.into_iter().map(|found| self.grounded(found)).collect())
    }

    /// What no document says is a note.
    fn grounded(&self, found: Found) -> Found {
        match self.document {
            Some(_) => found,
            None => Found { severity: Severity::Note, ..found },
        }
    }
}

/// Every check, in the order of a report.
pub const CHECKS: &[&[Check]] = &[
    targets::CHECKS,
    path::CHECKS,
    health_check::CHECKS,
    consumer::CHECKS,
    service::CHECKS,
    events::CHECKS,
    function::CHECKS,
    watching::CHECKS,
    names::CHECKS,
    database::CHECKS,
    adoption::CHECKS,
];

/// Every check, one after the other.
pub fn checks() -> impl Iterator<Item = &'static Check> {
    CHECKS.iter().copied().flatten()
}

/// The check of this id, in either case.
pub fn find(id: &str) -> Option<&'static Check> {
    checks().find(|check| check.id.eq_ignore_ascii_case(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_ascending_and_explained() {
        let ids: Vec<&str> = checks().map(|check| check.id).collect();
        assert!(ids.windows(2).all(|pair| pair[0] < pair[1]), "{ids:?}");
        for check in checks() {
            assert!(check.why.ends_with('.') && !check.title.ends_with('.'), "{}", check.id);
            assert!(check.why.len() < 700, "{}", check.id);
        }
        assert_eq!(find("w101").map(|check| check.id), Some("W101"));
    }

    #[test]
    fn a_word_that_a_shell_would_take_apart_is_quoted() {
        assert_eq!(quoted("arn:aws:sns:eu-west-1:1:out"), "arn:aws:sns:eu-west-1:1:out");
        assert_eq!(quoted("it's; rm"), r"'it'\''s; rm'");
    }
}
