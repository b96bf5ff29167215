//! Reads TOML with positions, and beyond an error of syntax as far as that tells the truth.

use std::cell::Cell;
use std::collections::BTreeSet;

use toml::Spanned;
use toml::de::{DeTable, DeValue, Error};

use super::{Entry, Node, SyntaxFault, UNQUOTED, Value};
use crate::text::bounded;

/// What could be read of a text.
pub(in super::super) struct Recovered {
    pub(in super::super) entries: Vec<Entry>,
    /// The faults of syntax, apart from those that are a [`Value::Broken`] of the tree.
    pub(in super::super) faults: Vec<SyntaxFault>,
    /// Whether the tree holds all keys in the tables in which they were meant. What a tree lacks
    /// after a broken header or bracket, the text may have.
    pub(in super::super) is_whole: bool,
    /// Whether the text has no fault of syntax at all.
    pub(in super::super) is_valid: bool,
}

/// An error of the parser, and whether a value of the tree accounts for it.
struct Fault {
    at: usize,
    message: String,
    is_told: Cell<bool>,
}

pub(super) fn read(text: &str) -> Recovered {
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut faults: Vec<Fault> = errors.iter().map(|error| Fault::of(error, text)).collect();
    faults.sort_by_key(|fault| fault.at);
    let mut entries = Tree { text, faults: &faults }.entries(table.get_ref());
    let keeps_keys = |fault: &Fault| fault.is_told.get() && !fault.swallows();
    let is_whole = faults.iter().all(|fault| keeps_keys(fault) || fault.is_duplicate());
    let open = open(&entries, &faults);
    let told = untold(text, &faults, open.as_ref());
    if let Some(open) = open {
        cut(&mut entries, open.at);
    }
    Recovered { entries, is_whole, is_valid: faults.is_empty(), faults: told }
}

impl Fault {
    fn of(error: &Error, text: &str) -> Self {
        let at = text.floor_char_boundary(error.span().map_or(0, |span| span.start));
        Self { at, message: error.message().to_owned(), is_told: Cell::new(false) }
    }

    fn has(&self, words: &str) -> bool {
        self.message.contains(words)
    }

    fn is_duplicate(&self) -> bool {
        self.has("duplicate key")
    }

    fn is_of_array(&self) -> bool {
        self.has("array elements") || self.has("in array")
    }

    /// Whether keys after it may have been read as a part of a value.
    fn swallows(&self) -> bool {
        self.has("multi-line") || self.has("unclosed") || self.has("inline table")
    }

    /// Whether the fault is in a value that was read, and not in a key, a header or a bracket.
    fn is_of_value(&self, value: &DeValue<'_>) -> bool {
        match value {
            DeValue::Table(_) => false,
            DeValue::Array(_) => self.is_of_array() || self.has("unexpected key or value"),
            _ => !self.is_of_array() && !self.is_duplicate() && !self.has("key with no value"),
        }
    }

    /// What is wrong with a value, if its text alone does not show it.
    fn why(&self) -> &'static str {
        const WHY: [(&str, &str); 7] = [
            ("missing comma between array", "in which a comma is missing"),
            ("extra comma in array", "in which two commas follow each other"),
            ("expected `\"`", "whose closing quote is missing"),
            ("expected `'`", "whose closing quote is missing"),
            ("escaped value", "in which a backslash is no escape (`\\\\` is a backslash)"),
            ("visible characters", "which holds a control character"),
            ("values must be quoted", UNQUOTED),
        ];
        WHY.iter().find(|(theirs, _)| self.has(theirs)).map_or("", |(_, ours)| ours)
    }
}

struct Tree<'a> {
    text: &'a str,
    faults: &'a [Fault],
}

impl Tree<'_> {
    fn entries(&self, table: &DeTable<'_>) -> Vec<Entry> {
        let mut entries: Vec<Entry> = table
            .iter()
            .map(|(key, value)| Entry {
                key: key.get_ref().to_string(),
                at: key.span().start,
                node: self.node(value, false),
            })
            .collect();
        entries.sort_by_key(|entry| entry.at);
        entries
    }

    fn node(&self, value: &Spanned<DeValue<'_>>, is_item: bool) -> Node {
        let span = value.span();
        let read = self.value(value);
        let is_here = |fault: &&Fault| {
            (span.start..=span.end).contains(&fault.at)
                && !fault.is_told.get()
                && fault.is_of_value(value.get_ref())
        };
        let mut why = None;
        for fault in self.faults.iter().filter(is_here) {
            fault.is_told.set(true);
            why.get_or_insert(fault.why());
        }
        let written = || {
            let line = self.text.get(span.start..).and_then(|rest| rest.lines().next());
            let whole = line.unwrap_or_default();
            let of_item = self.text.get(span.clone()).unwrap_or_default();
            let written = if is_item { of_item } else { whole };
            written.split(" #").next().unwrap_or_default().trim_end().to_owned()
        };
        let value = why.map_or(read, |why| {
            let written = written();
            let is_typographic = written.starts_with(['\u{201c}', '\u{201e}', '\u{2018}']);
            let why = if is_typographic { "in typographic quotes" } else { why };
            Value::Broken(written, why)
        });
        Node { at: span.start, value }
    }

    fn value(&self, value: &Spanned<DeValue<'_>>) -> Value {
        let written = || self.text.get(value.span()).unwrap_or_default().to_owned();
        match value.get_ref() {
            DeValue::String(text) => Value::Text(text.to_string()),
            DeValue::Integer(number) => {
                let whole = i64::from_str_radix(number.as_str(), number.radix()).ok();
                Value::Number(written(), whole.and_then(|whole| whole.try_into().ok()))
            }
            DeValue::Float(_) => Value::Number(written(), None),
            DeValue::Boolean(flag) => Value::Flag(*flag),
            DeValue::Datetime(_) => Value::Date(written()),
            DeValue::Array(items) => {
                Value::List(items.iter().map(|item| self.node(item, true)).collect())
            }
            DeValue::Table(table) => Value::Table(self.entries(table)),
        }
    }
}

/// The faults that no value of the tree accounts for, one a line. After a list or a table that is
/// not closed, the rest of the text was read as a part of it.
fn untold(text: &str, faults: &[Fault], open: Option<&SyntaxFault>) -> Vec<SyntaxFault> {
    let (told, untold): (Vec<_>, Vec<_>) = faults.iter().partition(|fault| fault.is_told.get());
    if let Some(says) = other_language(text).filter(|_| !untold.is_empty()) {
        return vec![SyntaxFault { at: 0, says }];
    }
    let line = |fault: &&Fault| line_of(text, fault.at).0;
    let mut lines: BTreeSet<usize> = told.iter().map(line).collect();
    let before = |fault: &&Fault| open.is_none_or(|open| fault.at < open.at);
    let mut says: Vec<SyntaxFault> = untold
        .into_iter()
        .filter(before)
        .filter(|fault| lines.insert(line(fault)))
        .map(|fault| says(text, fault))
        .collect();
    says.extend(open.map(|open| SyntaxFault { at: open.at, says: open.says.clone() }));
    says
}

/// The key whose list or table is not closed, if there is one: the last one before the fault.
fn open(entries: &[Entry], faults: &[Fault]) -> Option<SyntaxFault> {
    let fault = faults
        .iter()
        .find(|fault| fault.has("unclosed array, ") || fault.has("unclosed inline table"))?;
    let (first, last, what) =
        if fault.has("array") { ('[', ']', "list") } else { ('{', '}', "table") };
    let is_open = |entry: &&Entry| match &entry.node.value {
        // The list of a header begins before its key.
        Value::List(_) => first == '[' && entry.node.at > entry.at,
        Value::Table(_) => first == '{' && entry.node.at > entry.at,
        Value::Broken(written, _) => written.starts_with(first),
        _ => false,
    };
    let all = below(entries).into_iter();
    let entry =
        all.filter(|entry| entry.at <= fault.at).filter(is_open).max_by_key(|entry| entry.at)?;
    Some(SyntaxFault {
        at: entry.at,
        says: format!("the {what} of `{}` is not closed: write `{last}` at its end", entry.key),
    })
}

/// The entries of a table and of all tables in it.
fn below(entries: &[Entry]) -> Vec<&Entry> {
    let mut all = Vec::new();
    for entry in entries {
        all.push(entry);
        match &entry.node.value {
            Value::Table(entries) => all.extend(below(entries)),
            Value::List(items) => {
                all.extend(items.iter().filter_map(Node::table).flat_map(below));
            }
            _ => {}
        }
    }
    all
}

/// Drops the entries from an offset on.
fn cut(entries: &mut Vec<Entry>, at: usize) {
    entries.retain(|entry| entry.at < at);
    for entry in entries {
        match &mut entry.node.value {
            Value::Table(entries) => cut(entries, at),
            Value::List(items) => {
                for item in items {
                    if let Value::Table(entries) = &mut item.value {
                        cut(entries, at);
                    }
                }
            }
            _ => {}
        }
    }
}

/// The line of an offset, with the offset of its beginning.
fn line_of(text: &str, at: usize) -> (usize, &str) {
    let begin = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    (begin, text[begin..].lines().next().unwrap_or_default().trim())
}

fn says(text: &str, fault: &Fault) -> SyntaxFault {
    let (begin, line) = line_of(text, fault.at);
    let line = &bounded(line);
    let is_key = fault.is_duplicate() || fault.has("unquoted key");
    SyntaxFault { at: if is_key { fault.at } else { begin }, says: sentence(text, fault, line) }
}

/// What is wrong with a line, in the words of the file instead of the parser's.
fn sentence(text: &str, fault: &Fault, line: &str) -> String {
    let is_header = line.starts_with('[');
    if fault.is_duplicate() {
        let rest = &text[fault.at..];
        let is_word = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '"' | '\'');
        let key = &rest[..rest.find(|c| !is_word(c)).unwrap_or(rest.len())];
        let what = if is_header { "the table" } else { "the key" };
        return format!("{what} `{key}` is already written above: keep one of them");
    }
    if line.starts_with("//") || line.starts_with("/*") || line.starts_with(';') {
        return format!("`{line}` is no comment: a comment begins with `#`");
    }
    if is_header {
        return format!(
            "`{line}` is no header of a table: write `[timing]`, `[dns]`, `[api]` or `[[binding]]`"
        );
    }
    if let Some(letter) = line.chars().find(|c| !c.is_ascii())
        && fault.has("unquoted key")
    {
        return format!(
            "`{line}` holds `{letter}` (U+{:04X}) in a key: keys have plain letters and `-` only",
            u32::from(letter)
        );
    }
    if !line.contains('=') {
        return format!(
            "`{line}` has no `=`: write a key and its value, like `mode = \"observe\"`"
        );
    }
    format!("`{line}` is no TOML: write a key and its value, like `mode = \"observe\"`")
}

/// What to write instead, if the text is clearly of another language.
fn other_language(text: &str) -> Option<String> {
    if text.contains('\0') {
        return Some("this is a binary file: write the configuration in TOML or JSON".to_owned());
    }
    let first = text.lines().map(str::trim).find(|l| !l.is_empty() && !l.starts_with('#'))?;
    let is_key = |key: &str| key.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
    let is_yaml = first == "---"
        || first.split_once(':').is_some_and(|(key, rest)| {
            !key.is_empty() && is_key(key) && (rest.is_empty() || rest.starts_with(' '))
        });
    if is_yaml {
        Some("this looks like YAML: write the configuration in TOML or JSON".to_owned())
    } else if first.starts_with("[{") || first == "[" {
        Some(
            "this is a JSON list: write a JSON object, like `{\"allow\": […], \"binding\": […]}`"
                .to_owned(),
        )
    } else if first.starts_with('<') {
        Some("this looks like XML or HTML: write the configuration in TOML or JSON".to_owned())
    } else {
        None
    }
}
