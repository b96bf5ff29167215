//! Checks the form of a configuration against the table of keys: names, types and ranges.

use super::keys::{Key, Kind, Table};
use super::nearest::nearest;
use super::tree::{Entry, Node, Syntax, Value, entry};
use super::unknown::{self, is_meant};
use super::words::{found, is, look_alikes};
use crate::text::bounded;

/// What a mistake makes unusable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Scope {
    /// The configuration.
    Whole,
    /// The configuration, because it makes every binding unusable.
    EveryBinding,
    /// The bindings at these positions.
    Bindings(Vec<usize>),
}

impl Scope {
    pub(super) fn includes(&self, binding: usize) -> bool {
        match self {
            Self::Whole => false,
            Self::EveryBinding => true,
            Self::Bindings(bindings) => bindings.contains(&binding),
        }
    }
}

/// A mistake before its place and the names of its bindings are known.
#[derive(Debug)]
pub(super) struct Finding {
    pub(super) at: usize,
    pub(super) key: Option<String>,
    pub(super) scope: Scope,
    pub(super) says: String,
    pub(super) meant: Option<String>,
    /// Whether the text has no value here, so that it is neither TOML nor JSON.
    pub(super) is_syntax: bool,
}

/// The findings of a walk so far.
pub(super) struct Walk {
    pub(super) syntax: Syntax,
    pub(super) findings: Vec<Finding>,
}

impl Walk {
    /// Notes a fault of a key, or of a value in its list.
    pub(super) fn note(&mut self, at: usize, key: &Key, scope: Scope, says: impl Into<String>) {
        self.findings.push(Finding {
            at,
            key: Some(key.full()),
            scope,
            says: says.into(),
            meant: None,
            is_syntax: false,
        });
    }

    /// Checks the keys of a table and their values. `at` is where the table begins.
    pub(super) fn table(&mut self, table: Table, entries: &[Entry], at: usize, scope: &Scope) {
        for (index, written) in entries.iter().enumerate() {
            match table.key(&written.key) {
                Some(_) if entries[..index].iter().any(|first| first.key == written.key) => {
                    self.twice(table, written, scope);
                }
                Some(key) => self.value(key, written, scope),
                None => self.unknown(table, written, scope),
            }
        }
        for key in table.keys().filter(|key| key.required) {
            if entry(entries, key.name).is_none() && !is_meant(table, entries, key.name) {
                let like = self.syntax.pair(key.name, key.example);
                let says = format!("`{}` is missing: write it, like {like}", key.name);
                self.note(at, key, scope.clone(), says);
            }
        }
    }

    fn value(&mut self, key: &'static Key, written: &Entry, scope: &Scope) {
        let Entry { at, node, .. } = written;
        match (key.kind, &node.value) {
            (_, Value::Nothing) if key.takes_null() => {}
            (Kind::Text(_), Value::Text(_)) | (Kind::Flag, Value::Flag(_)) => {}
            (Kind::Texts(_), Value::List(items)) => self.items(key, items, scope),
            (Kind::Number { least, most, .. }, Value::Number(_, Some(number)))
                if (least..=most.unwrap_or(u64::MAX)).contains(number) => {}
            (Kind::Word(words), Value::Text(text))
                if words.iter().any(|(word, _)| word == text) => {}
            (Kind::OneTable(table), Value::Table(entries)) => {
                self.table(table, entries, *at, scope);
            }
            (Kind::Tables(table), Value::List(items)) => {
                for (index, item) in items.iter().enumerate() {
                    match item.table() {
                        Some(entries) => {
                            self.table(table, entries, item.at, &Scope::Bindings(vec![index]));
                        }
                        None => self.no_table(key, index, item, scope),
                    }
                }
            }
            _ => self.wrong(key, *at, node, scope),
        }
    }

    fn items(&mut self, key: &'static Key, items: &[Node], scope: &Scope) {
        for item in items.iter().filter(|item| item.text().is_none()) {
            let says = format!(
                "`{}` holds {}: write each item as a text in quotes, like {}",
                key.path(),
                found(item, self.syntax),
                self.syntax.pair(key.name, key.example)
            );
            self.note(item.at, key, scope.clone(), says);
            self.mark(item);
        }
    }

    fn no_table(&mut self, key: &'static Key, index: usize, item: &Node, scope: &Scope) {
        let remedy = match self.syntax {
            Syntax::Toml => self.syntax.allowed(key, item),
            Syntax::Json => "write an object, `{…}`".to_owned(),
        };
        let (number, is) = (index + 1, is(key, item, self.syntax));
        let says = format!("item {number} of `{}` {is}: {remedy}", key.path());
        self.note(item.at, key, scope.clone(), says);
        self.mark(item);
    }

    /// Notes a value of another type, outside the range, or not among the words.
    fn wrong(&mut self, key: &'static Key, at: usize, node: &Node, scope: &Scope) {
        let says = format!(
            "`{}` {}: {}{}",
            key.path(),
            is(key, node, self.syntax),
            self.syntax.allowed(key, node),
            look_alikes(node.text().unwrap_or_default())
        );
        self.note(at, key, scope.clone(), says);
        self.mark(node);
        let text = match &node.value {
            Value::Text(text) | Value::Broken(text, _) => text.as_str(),
            _ => "",
        };
        if let (Kind::Word(words), Some(last)) = (key.kind, self.findings.last_mut()) {
            let meant = nearest(text, words.iter().map(|(word, _)| *word));
            last.meant = meant.map(|word| format!("`\"{word}\"`"));
        }
    }

    /// Marks the last finding as one of syntax, if its value cannot be read.
    fn mark(&mut self, node: &Node) {
        if let Some(last) = self.findings.last_mut() {
            last.is_syntax = matches!(node.value, Value::Broken(..));
        }
    }

    fn twice(&mut self, table: Table, written: &Entry, scope: &Scope) {
        self.findings.push(Finding {
            at: written.at,
            key: Some(full(table, &written.key)),
            scope: scope.clone(),
            says: format!("the key `{}` is already written above: keep one of them", written.key),
            meant: None,
            is_syntax: false,
        });
    }

    fn unknown(&mut self, table: Table, written: &Entry, scope: &Scope) {
        let (says, meant) = unknown::key(&written.key, table, self.syntax);
        self.findings.push(Finding {
            at: written.at,
            key: Some(full(table, &written.key)),
            scope: scope.clone(),
            says,
            meant,
            is_syntax: false,
        });
        self.mark(&written.node);
    }
}

impl Key {
    pub(super) fn full(&self) -> String {
        full(self.table, self.name)
    }
}

/// The key with its table, as [`Mistake::key`](super::Mistake::key) has it.
fn full(table: Table, key: &str) -> String {
    match table {
        Table::Top | Table::Permit => bounded(key),
        _ => format!("{}.{}", table.name(), bounded(key)),
    }
}
