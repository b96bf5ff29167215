//! The sentences about keys and values: what was found, and what is allowed.

use super::keys::{Key, Kind, Table};
use super::tree::{Node, Syntax, UNQUOTED, Value};
use crate::text::bounded;

/// What was found, such as `"watch"` or `a list`.
pub(super) fn found(node: &Node, syntax: Syntax) -> String {
    let table = if syntax == Syntax::Json { "object" } else { "table" };
    match &node.value {
        Value::Text(text) => format!("{:?}", bounded(text)),
        Value::Number(written, _) => bounded(written),
        Value::Date(written) => format!("the date {}", bounded(written)),
        Value::Flag(flag) => flag.to_string(),
        Value::Nothing => "null".to_owned(),
        Value::List(items) if items.is_empty() => "an empty list".to_owned(),
        Value::List(items) if items.iter().all(|item| item.table().is_some()) => {
            format!("a list of {table}s")
        }
        Value::List(_) => "a list".to_owned(),
        Value::Table(_) if syntax == Syntax::Json => "an object".to_owned(),
        Value::Table(_) => "a table".to_owned(),
        Value::Broken(written, _) => format!("`{}`", bounded(written)),
    }
}

/// What a key is, and what is wrong with that beside its kind.
pub(super) fn is(key: &Key, node: &Node, syntax: Syntax) -> String {
    let takes_quotes = matches!(key.kind, Kind::Text(_) | Kind::Texts(_) | Kind::Word(_));
    match &node.value {
        Value::Broken(written, _) if written.is_empty() => "has no value".to_owned(),
        Value::Broken(_, why) if !why.is_empty() && (takes_quotes || *why != UNQUOTED) => {
            format!("is {}, {why}", found(node, syntax))
        }
        _ => format!("is {}", found(node, syntax)),
    }
}

impl Syntax {
    /// A key with a value, as it is written.
    pub(super) fn pair(self, name: &str, value: &str) -> String {
        match self {
            Self::Toml => format!("`{name} = {value}`"),
            Self::Json => format!("`\"{name}\": {value}`"),
        }
    }

    /// A table, as its beginning is written.
    pub(super) fn table(self, table: Table) -> String {
        let name = table.name();
        match (self, table) {
            (_, Table::Top) => "the configuration".to_owned(),
            (_, Table::Permit) => "the permit".to_owned(),
            (Self::Toml, Table::Binding) => format!("`[[{name}]]`"),
            (Self::Toml, _) => format!("`[{name}]`"),
            (Self::Json, _) => format!("`\"{name}\"`"),
        }
    }

    /// What a value of a key may be, as an instruction; `found` is what is written instead.
    pub(super) fn allowed(self, key: &Key, found: &Node) -> String {
        let like = || self.pair(key.name, key.example);
        match (key.kind, self) {
            (Kind::Text(_), _) => match bare(found) {
                Some(text) => {
                    format!("write {}", self.pair(key.name, &format!("{:?}", bounded(text))))
                }
                None => format!("write a text in quotes, like {}", like()),
            },
            (Kind::Texts(_), _) => match &found.value {
                Value::Text(text) if !text.is_empty() => {
                    let list = format!("[{:?}]", bounded(text));
                    format!("write a list, like {}", self.pair(key.name, &list))
                }
                _ => format!("write a list of texts, like {}", like()),
            },
            (Kind::Number { .. }, _) => match &found.value {
                Value::Number(written, None) if written.contains(['.', 'e', 'E']) => {
                    format!("write a whole number, {}", key.kind)
                }
                Value::Number(written, None) if !written.starts_with('-') => {
                    "write a smaller number".to_owned()
                }
                Value::Number(..) => format!("write {}", key.kind),
                Value::Text(_) => {
                    format!("write a number without quotes, {}, like {}", key.kind, like())
                }
                _ => format!("write a number, {}, like {}", key.kind, like()),
            },
            (Kind::Flag, _) => match &found.value {
                Value::Text(_) => "write `true` or `false`, without quotes".to_owned(),
                _ => "write `true` or `false`".to_owned(),
            },
            (Kind::Word(_), _) => format!("write {}", key.kind),
            (Kind::OneTable(table), Syntax::Toml) => {
                format!("write {} once, and its keys below it", self.table(table))
            }
            (Kind::OneTable(_), Syntax::Json) => "write an object, `{…}`".to_owned(),
            (Kind::Tables(table), Syntax::Toml) => {
                format!("write {}, in double brackets, above each one", self.table(table))
            }
            (Kind::Tables(_), Syntax::Json) => "write a list of objects, `[{…}, {…}]`".to_owned(),
        }
    }
}

/// A text that lacks nothing but quotes.
fn bare(found: &Node) -> Option<&str> {
    match &found.value {
        Value::Broken(text, UNQUOTED) if !text.is_empty() && !text.contains('"') => Some(text),
        _ => None,
    }
}

/// Names the letters outside ASCII: some look like letters of the alphabet, and no word of the
/// configuration has one.
pub(super) fn look_alikes(text: &str) -> String {
    let mut letters: Vec<char> = text.chars().filter(|c| !c.is_ascii()).collect();
    letters.dedup();
    let named = letters.iter().take(3).map(|c| format!("`{c}` (U+{:04X})", u32::from(*c)));
    let named: Vec<String> = named.collect();
    if named.is_empty() { String::new() } else { format!("; it holds {}", named.join(", ")) }
}
