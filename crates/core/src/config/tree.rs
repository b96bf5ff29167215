//! A configuration as a tree that knows where everything is written, from TOML or from JSON.

mod json;
mod toml;

pub(super) use self::toml::Recovered;

/// The two ways to write a configuration. Messages show what to write in the one that was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Syntax {
    Toml,
    Json,
}

impl Syntax {
    /// JSON if the text starts with `{`, or is a whole JSON value of another kind: no such text is
    /// a usable TOML configuration.
    pub(super) fn of(text: &str) -> Self {
        let is_json = text.trim_start().starts_with('{') || json::is_value(text);
        if is_json { Self::Json } else { Self::Toml }
    }
}

/// A value, and the offset in bytes at which it is written.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) at: usize,
    pub(super) value: Value,
}

#[derive(Debug)]
pub(super) enum Value {
    Text(String),
    /// A number as it is written, and its value if it is whole and not negative.
    Number(String, Option<u64>),
    Flag(bool),
    /// A date or a time, as it is written.
    Date(String),
    /// The `null` of JSON.
    Nothing,
    List(Vec<Node>),
    Table(Vec<Entry>),
    /// What is written where no value can be read, and what is wrong with it if that is known.
    Broken(String, &'static str),
}

/// What is wrong with a text that has no quotes.
pub(super) const UNQUOTED: &str = "without quotes";

/// A key with its value, and the offset at which the key is written.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) at: usize,
    pub(super) node: Node,
}

/// A fault of syntax: where it is, and what is wrong.
#[derive(Debug)]
pub(super) struct SyntaxFault {
    pub(super) at: usize,
    pub(super) says: String,
}

/// Reads a text as far as it can be read.
pub(super) fn read(text: &str) -> Recovered {
    match Syntax::of(text) {
        Syntax::Toml => toml::read(text),
        Syntax::Json => match json::read(text) {
            Ok(entries) => {
                Recovered { entries, faults: Vec::new(), is_whole: true, is_valid: true }
            }
            Err(fault) => Recovered {
                entries: Vec::new(),
                faults: vec![fault],
                is_whole: false,
                is_valid: false,
            },
        },
    }
}

/// The first entry of a key.
pub(super) fn entry<'a>(entries: &'a [Entry], key: &str) -> Option<&'a Entry> {
    entries.iter().find(|entry| entry.key == key)
}

impl Node {
    pub(super) fn text(&self) -> Option<&str> {
        if let Value::Text(text) = &self.value { Some(text) } else { None }
    }

    pub(super) fn table(&self) -> Option<&[Entry]> {
        if let Value::Table(entries) = &self.value { Some(entries) } else { None }
    }

    pub(super) fn list(&self) -> Option<&[Node]> {
        if let Value::List(items) = &self.value { Some(items) } else { None }
    }
}
