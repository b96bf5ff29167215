//! What is said of a key that a table does not have.

use super::keys::{Kind, Table};
use super::nearest::nearest;
use super::tree::{Entry, Syntax};
use super::words::look_alikes;
use crate::text::bounded;

/// What is wrong with a key, and what was probably meant: first the table that has it, then the
/// nearest key of its own table, then the nearest of another one.
pub(super) fn key(key: &str, table: Table, syntax: Syntax) -> (String, Option<String>) {
    let (shown, here) = (bounded(key), syntax.table(table));
    // The permit is no table of a configuration.
    let homes = if table == Table::Permit { Vec::new() } else { homes(key, syntax) };
    if !homes.is_empty() {
        let here = if table == Table::Top { "the top" } else { &here };
        return (format!("`{shown}` belongs to {}, not to {here}", homes.join(" or ")), None);
    }
    let says = format!("`{shown}` is no key of {here}{}", look_alikes(key));
    let near = |table: Table| nearest(key, names(table));
    if let Some(name) = near(table) {
        return (says, Some(written(table, name, syntax)));
    }
    if table != Table::Permit
        && let Some((name, other)) =
            Table::ALL.into_iter().find_map(|other| near(other).map(|name| (name, other)))
    {
        return (says, Some(format!("`{name}` of {}", syntax.table(other))));
    }
    let keys: Vec<_> = table.keys().map(|key| format!("`{}`", key.name)).collect();
    (format!("{says}: its keys are {}", keys.join(", ")), None)
}

/// Whether an unknown key was probably meant to be this one, so that only its name is wrong.
pub(super) fn is_meant(table: Table, entries: &[Entry], name: &str) -> bool {
    let mut unknown = entries.iter().filter(|entry| table.key(&entry.key).is_none());
    unknown.any(|entry| nearest(&entry.key, names(table)) == Some(name))
}

fn names(table: Table) -> impl Iterator<Item = &'static str> {
    table.keys().map(|key| key.name)
}

/// The tables that have the key.
fn homes(key: &str, syntax: Syntax) -> Vec<String> {
    let has = |table: Table| table.key(key).map(|key| (table, key.kind));
    let homes = Table::ALL.into_iter().filter_map(has);
    homes
        .map(|(table, kind)| match (table, kind, syntax) {
            (_, Kind::OneTable(inner) | Kind::Tables(inner), Syntax::Toml) => {
                format!("the top, as {}", syntax.table(inner))
            }
            (Table::Top, _, Syntax::Toml) => "the top, above the first `[…]`".to_owned(),
            (Table::Top, _, Syntax::Json) => "the outermost object".to_owned(),
            _ => syntax.table(table),
        })
        .collect()
}

/// A key as it begins in the text.
fn written(table: Table, name: &str, syntax: Syntax) -> String {
    match table.key(name).map(|key| key.kind) {
        Some(Kind::OneTable(inner) | Kind::Tables(inner)) => syntax.table(inner),
        _ => format!("`{name}`"),
    }
}
