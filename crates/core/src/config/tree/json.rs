//! Reads JSON with positions: serde_json lends the text of each value, and its address says where
//! that is.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::error::Category;
use serde_json::value::RawValue;

use super::{Entry, Node, SyntaxFault, Value};

/// Values that are deeper are not read: no key has one.
const DEEPEST: usize = 8;

pub(super) fn is_value(text: &str) -> bool {
    serde_json::from_str::<&RawValue>(text).is_ok()
}

pub(super) fn read(text: &str) -> Result<Vec<Entry>, SyntaxFault> {
    let raw: &RawValue = serde_json::from_str(text).map_err(|error| {
        let at = offset(text, error.line(), error.column());
        SyntaxFault { at, says: fault(&error, &text[at..]).to_owned() }
    })?;
    let node = node(text, raw, 0)?;
    match node.value {
        Value::Table(entries) => Ok(entries),
        _ => Err(SyntaxFault {
            at: node.at,
            says: "a JSON configuration is an object: write `{\"allow\": […], \"binding\": […]}`"
                .to_owned(),
        }),
    }
}

fn node(text: &str, raw: &RawValue, depth: usize) -> Result<Node, SyntaxFault> {
    let written = raw.get();
    let at = start(text, written);
    let fault =
        |error: serde_json::Error| SyntaxFault { at, says: fault(&error, written).to_owned() };
    let value = match written.as_bytes().first() {
        Some(b'{' | b'[') if depth == DEEPEST => Value::List(Vec::new()),
        Some(b'{') => {
            let Members(members) = serde_json::from_str(written).map_err(fault)?;
            let mut end = at + 1;
            let mut entries = Vec::new();
            for (key, raw) in members {
                let node = node(text, raw, depth + 1)?;
                // Only blanks and a comma are between the value before and the key.
                let quote = text[end..].find('"').unwrap_or(0);
                let entry = Entry { key, at: end + quote, node };
                end = entry.node.at + raw.get().len();
                entries.push(entry);
            }
            Value::Table(entries)
        }
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(written).map_err(fault)?;
            let items = items.into_iter().map(|item| node(text, item, depth + 1));
            Value::List(items.collect::<Result<_, _>>()?)
        }
        Some(b'"') => Value::Text(serde_json::from_str(written).map_err(fault)?),
        Some(b't') => Value::Flag(true),
        Some(b'f') => Value::Flag(false),
        Some(b'n') | None => Value::Nothing,
        Some(_) => Value::Number(written.to_owned(), written.parse().ok()),
    };
    Ok(Node { at, value })
}

/// Where a part of the text begins in it.
fn start(text: &str, part: &str) -> usize {
    (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize).min(text.len())
}

/// The members of an object in their order, and also those whose key is there already.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Collect)
    }
}

struct Collect;

impl<'de> Visitor<'de> for Collect {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Members(members))
    }
}

/// The offset of a position of serde_json, whose lines start at 1 and whose columns count the bytes
/// that were read.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let before: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    text.floor_char_boundary(before + column.saturating_sub(1))
}

/// What is wrong, in the words of the file instead of the parser's.
fn fault(error: &serde_json::Error, rest: &str) -> &'static str {
    const WORDS: [(&str, &str); 8] = [
        ("trailing comma", "a comma is before a closing bracket: remove the comma"),
        ("trailing characters", "there is more text after the closing `}`: remove it"),
        ("expected `,` or", "a comma or a closing bracket is missing before this"),
        ("expected `:`", "a `:` is missing between a key and its value"),
        ("key must be a string", "a key is not in double quotes: write it like `\"allow\"`"),
        (
            "control character",
            "a text does not end on its line, or holds a control character: close its quote, or \
             write `\\n` or `\\t`",
        ),
        (
            "escape",
            "a backslash is followed by none of `\"`, `\\`, `/`, `b`, `f`, `n`, `r`, `t` and `u`: \
             write `\\\\` for a backslash",
        ),
        ("number", "a number is not written as in JSON, like `5432`"),
    ];
    let text = error.to_string();
    if error.classify() == Category::Eof {
        return "the text ends before the JSON is complete: a quote or a closing bracket is missing";
    }
    let is_in_text = text.contains("control character") || text.contains("escape");
    match rest.chars().next().filter(|_| !is_in_text) {
        Some('}' | ']') if !text.contains("expected `") => {
            return "a comma is before a closing bracket: remove the comma";
        }
        Some('/' | '#') => return "JSON has no comments: remove it, or write TOML",
        Some('\'') => return "a text is in single quotes: write double quotes",
        Some('\u{201c}' | '\u{201d}') => return "a text is in typographic quotes: write `\"`",
        _ => {}
    }
    WORDS.iter().find(|(theirs, _)| text.contains(theirs)).map_or(
        "this is no JSON value: write a text in double quotes, a number, `true`, `false`, a list \
         or an object",
        |(_, ours)| ours,
    )
}
