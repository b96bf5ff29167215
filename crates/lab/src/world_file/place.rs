//! Where a mistake is in a world's file.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Why a world's file cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column}: {}{fault}", in_key(.key))]
pub struct WorldFileError {
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
pub(super) struct Mistake {
    /// The key, as in [`WorldFileError::key`].
    pub(super) key: String,
    /// What was found, and what is allowed.
    pub(super) fault: String,
}

impl WorldFileError {
    pub(super) fn of_toml(text: &str, file: &str, error: &toml::de::Error) -> WorldFileError {
        let offset = error.span().map_or(0, |span| span.start);
        let table = DeTable::parse(text).ok();
        let key = table.and_then(|table| key_at(&entries(table.get_ref()), offset));
        at(text, file, offset, key.unwrap_or_default(), plain(error.message()))
    }

    pub(super) fn of(text: &str, file: &str, mistake: &Mistake) -> WorldFileError {
        let table = DeTable::parse(text).ok();
        let offset = table.and_then(|table| offset_of(&entries(table.get_ref()), &mistake.key));
        at(text, file, offset.unwrap_or(0), mistake.key.clone(), mistake.fault.clone())
    }
}

/// What the libraries say of a value, in the words of the file instead of Rust's. Every `u16` of it
/// is a port, and every `f64` a number of seconds.
fn plain(message: &str) -> String {
    const WORDS: [(&str, &str); 6] = [
        ("expected u16", "expected a port, which is a number from 1 to 65535"),
        ("expected f64", "expected a number of seconds"),
        (
            "invalid type: map, expected a sequence",
            "found one table, expected a list of tables: write the header with two brackets, such \
             as `[[cluster]]`",
        ),
        ("expected a sequence", "expected a list, such as `[\"a\", \"b\"]`"),
        (
            "invalid socket address syntax",
            "expected an address with its port, such as `10.20.1.10:5432`",
        ),
        ("invalid IP address syntax", "expected an IP address, such as `10.20.1.210`"),
    ];
    let found = WORDS.iter().find(|(theirs, _)| message.contains(theirs));
    found.map_or_else(|| message.to_owned(), |(theirs, ours)| message.replace(theirs, ours))
}

fn at(text: &str, file: &str, offset: usize, key: String, fault: String) -> WorldFileError {
    let before = &text[..offset.min(text.len())];
    let line = before.rsplit('\n').next().unwrap_or_default();
    WorldFileError {
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
