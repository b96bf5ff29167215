//! Where a mistake is in a file of the lab: a world, or scenarios.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Why a file of the lab cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column}: {}{fault}", in_key(.key))]
pub struct FileError {
    /// The file's name.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The key, such as `cluster[0].members[2].zone`; empty, where the text is no TOML.
    pub key: String,
    /// What was found, and what is allowed.
    pub fault: String,
}

/// A mistake that is not one of form.
#[derive(Debug)]
pub(crate) struct Mistake {
    /// The key, as in [`FileError::key`].
    pub(crate) key: String,
    /// What was found, and what is allowed.
    pub(crate) fault: String,
}

impl FileError {
    pub(crate) fn of_toml(text: &str, file: &str, error: &toml::de::Error) -> FileError {
        let offset = error.span().map_or(0, |span| span.start);
        let table = DeTable::parse(text).ok();
        let key = table.and_then(|table| key_at(&entries(table.get_ref()), offset));
        let key = key.unwrap_or_default();
        let fault = plain(error.message(), &key);
        at(text, file, offset, key, fault)
    }

    pub(crate) fn of(text: &str, file: &str, mistake: &Mistake) -> FileError {
        let table = DeTable::parse(text).ok();
        let offset = table.and_then(|table| offset_of(&entries(table.get_ref()), &mistake.key));
        at(text, file, offset.unwrap_or(0), mistake.key.clone(), mistake.fault.clone())
    }
}

/// What the libraries say of a value, in the words of the file instead of Rust's. Every `u16` of
/// the files is a port, and every `f64` a number of seconds but for a metric's value and an alarm's
/// threshold.
fn plain(message: &str, key: &str) -> String {
    const ONE_TABLE: &str = "invalid type: map, expected a sequence";
    const WORDS: [(&str, &str); 11] = [
        (
            "wanted exactly 1 element, more than 1 element",
            "found more than one act: write a step for each",
        ),
        (
            "cannot be an RDS identifier",
            "cannot be an RDS identifier, which is a name alone (`orders`, not `cluster/orders`)",
        ),
        ("expected u8", "expected a whole number, 0 or more"),
        ("expected u32", "expected a whole number, 0 or more"),
        ("expected usize", "expected a whole number, 0 or more"),
        ("expected u16", "expected a port, which is a number from 1 to 65535"),
        ("expected f64", "expected a number of seconds"),
        ("expected a sequence", "expected a list, such as `[\"a\", \"b\"]`"),
        (
            "invalid socket address syntax",
            "expected an address with its port, such as `10.20.1.10:5432`",
        ),
        (
            "failed to parse",
            "expected a moment such as `2026-12-31T00:00:00Z`, and failed to parse",
        ),
        ("invalid IP address syntax", "expected an IP address, such as `10.20.1.210`"),
    ];
    if message.contains(ONE_TABLE) {
        return format!(
            "found one table, expected a list of tables: write the header with two brackets, \
             `[[{key}]]`"
        );
    }
    let is_network = [".cidr", ".network"].iter().any(|last| key.ends_with(last));
    if (is_network || key.starts_with("prefix-list")) && message.contains("IP address") {
        return format!("{message}: expected a network, such as `10.20.1.0/24`");
    }
    if key.ends_with(".value") || key.ends_with(".threshold") {
        return message.replace("expected f64", "expected a number");
    }
    let found = WORDS.iter().find(|(theirs, _)| message.contains(theirs));
    found.map_or_else(|| message.to_owned(), |(theirs, ours)| message.replace(theirs, ours))
}

fn at(text: &str, file: &str, offset: usize, key: String, fault: String) -> FileError {
    let before = &text[..offset.min(text.len())];
    let line = before.rsplit('\n').next().unwrap_or_default();
    FileError {
        file: file.to_owned(),
        line: before.matches('\n').count() + 1,
        column: line.chars().count() + 1,
        key,
        fault,
    }
}

fn in_key(key: &str) -> String {
    if key.is_empty() { String::new() } else { format!("{key}: ") }
}

/// A value of a table or an array: its key with what joins it to the one before, where it is
/// written, and the value.
type Entry<'a> = (String, Range<usize>, &'a Spanned<DeValue<'a>>);

fn entries<'a>(table: &'a DeTable<'a>) -> Vec<Entry<'a>> {
    table.iter().map(|(key, value)| (format!(".{}", key.get_ref()), key.span(), value)).collect()
}

fn below<'a>(value: &'a Spanned<DeValue<'a>>) -> Vec<Entry<'a>> {
    match value.get_ref() {
        DeValue::Table(table) => entries(table),
        DeValue::Array(array) => array
            .iter()
            .enumerate()
            .map(|(index, value)| (format!("[{index}]"), value.span(), value))
            .collect(),
        _ => Vec::new(),
    }
}

/// The key of the innermost value that is written at an offset. A table does not span what is
/// written below its header, so every value is looked at.
fn key_at(entries: &[Entry<'_>], offset: usize) -> Option<String> {
    entries.iter().find_map(|(key, written, value)| {
        let key = key.trim_start_matches('.');
        let inner = key_at(&below(value), offset);
        let is_here = written.contains(&offset) || value.span().contains(&offset);
        match inner {
            Some(inner) if inner.starts_with('[') => Some(format!("{key}{inner}")),
            Some(inner) => Some(format!("{key}.{inner}")),
            None => is_here.then(|| key.to_owned()),
        }
    })
}

/// Where the value of a key is written; the nearest one around it, where it is not written itself.
fn offset_of(entries: &[Entry<'_>], key: &str) -> Option<usize> {
    let key = key.trim_start_matches('.');
    let is_it = |entry: &&Entry<'_>| {
        let rest = key.strip_prefix(entry.0.trim_start_matches('.'));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    };
    let (own, _, value) = entries.iter().find(is_it)?;
    let rest = &key[own.trim_start_matches('.').len()..];
    Some(offset_of(&below(value), rest).unwrap_or(value.span().start))
}

/// The result of a check of a file.
pub(crate) type Checked = Result<(), Mistake>;

pub(crate) fn wrong(key: impl Into<String>, fault: impl Into<String>) -> Checked {
    Err(Mistake { key: key.into(), fault: fault.into() })
}

pub(crate) fn unknown<T: Display>(
    found: impl Display,
    kind: &str,
    known: impl IntoIterator<Item = T>,
) -> String {
    format!("there is no {kind} `{found}`: write {}", listed(known))
}

/// Refuses the second of two equal names.
pub(crate) fn once<T: Display>(names: impl IntoIterator<Item = (String, T)>) -> Checked {
    let mut seen = BTreeSet::new();
    for (key, name) in names {
        let name = name.to_string();
        if seen.contains(&name) {
            return wrong(key, format!("`{name}` is taken already: write another one"));
        }
        seen.insert(name);
    }
    Ok(())
}

pub(crate) fn listed<T: Display>(known: impl IntoIterator<Item = T>) -> String {
    let known: Vec<String> = known.into_iter().map(|name| format!("`{name}`")).collect();
    if known.is_empty() { "one of this world, which has none".to_owned() } else { known.join(", ") }
}
