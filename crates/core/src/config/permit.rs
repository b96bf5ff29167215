//! What the owner of a stack permits in a configuration that others write.
//!
//! A configuration that is read from outside the stack ([`Remote`](super::Remote)) can be changed
//! by whoever may write it there. The permit stays in the stack, and the text only narrows it: what
//! lies outside the permit makes the whole text refused.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use ipnet::IpNet;

use super::keys::Table;
use super::tree::{self, Entry, Node, Syntax, entry};
use super::walk::{Finding, Scope, Walk};
use super::written::{Reader, given, key, number, text, word};
use super::{Config, ConfigError, Location, Mode, Pattern, Share, check, without_mark};
use crate::guard;
use crate::source::Source;
use crate::target::TargetGroupArn;
use crate::text::bounded;

/// The variable that holds the permit, or the path of its file.
pub const PERMIT: &str = "WRITERLINK_PERMIT";

/// What a text may hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permit {
    allow: Vec<IpNet>,
    target_groups: BTreeSet<TargetGroupArn>,
    modes: Vec<Mode>,
    /// Any source, if there are none.
    sources: Option<Vec<Admitted>>,
    notify_topic: Option<String>,
    dns_servers: Vec<SocketAddr>,
}

/// Sources that a binding may have.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Admitted {
    Like(Pattern),
    One(Source),
}

impl Admitted {
    fn of(text: &str) -> Option<Self> {
        let like = text.parse().ok().map(Self::Like);
        like.or_else(|| text.parse().ok().map(Self::One))
    }

    fn admits(&self, source: &Source) -> bool {
        match self {
            Self::Like(pattern) => pattern.admits(source),
            // `readers-fallback` is no part of the written form.
            Self::One(one) => one.to_string() == source.to_string(),
        }
    }
}

impl Permit {
    /// Reads a permit: JSON if the text starts with `{`, else TOML.
    ///
    /// # Errors
    ///
    /// Every mistake. A permit with a mistake permits nothing.
    pub fn parse(text: &str, place: &Location) -> Result<Self, ConfigError> {
        let text = without_mark(text);
        let syntax = Syntax::of(text);
        let read = tree::read(text);
        let mut reader = Reader::new(Walk { syntax, findings: Vec::new() }, text);
        reader.walk.table(Table::Permit, &read.entries, 0, &Scope::Whole);
        let permit = Self::read(&mut reader, &read.entries);
        let mut mistakes = check::all(reader.walk.findings, read);
        mistakes.sort_by_key(|finding| finding.at);
        let mistakes: Vec<_> = mistakes
            .into_iter()
            .map(|finding| check::mistake(finding, &place.of_permit(), text, &[]))
            .collect();
        permit.filter(|_| mistakes.is_empty()).ok_or(ConfigError { mistakes })
    }

    /// The values, with a finding for each that cannot be used. What has no value or one of another
    /// type is noted already.
    fn read(reader: &mut Reader<'_>, top: &[Entry]) -> Option<Self> {
        let allow = given(top, "allow").and_then(|written| {
            reader.networks(key(Table::Permit, "allow"), written, &Scope::Whole)
        });
        let groups = each(reader, top, "target-groups", |text| {
            text.parse::<TargetGroupArn>().map_err(|error| error.to_string())
        });
        let modes = each(reader, top, "modes", |text| match text {
            "observe" => Ok(Mode::Observe),
            "manage" => Ok(Mode::Manage),
            other => Err(format!("{:?}: write `\"observe\"` or `\"manage\"`", bounded(other))),
        });
        let sources = each(reader, top, "sources", |text| {
            Admitted::of(text).ok_or_else(|| {
                format!(
                    "{:?}: write a source as in a binding, or one of a cluster or an instance with \
                     `*` for a part of its name, like `cluster/orders-*`",
                    bounded(text)
                )
            })
        });
        let notify_topic = reader.topic(top);
        let dns_servers = reader.servers(key(Table::Permit, "dns-servers"), top);
        Some(Self {
            allow: allow?,
            target_groups: groups?.into_iter().collect(),
            modes: modes?,
            sources,
            notify_topic,
            dns_servers,
        })
    }

    /// The configuration that a text has before it could be read: the stack's part, and nothing to
    /// follow.
    pub fn alone(&self) -> Config {
        Config {
            dns_servers: self.dns_servers.clone(),
            notify_topic: self.notify_topic.clone(),
            timing: super::Timing::default(),
            api_share: Share::default(),
            bindings: Vec::new(),
            claimed: BTreeSet::new(),
            discover: None,
        }
    }

    /// A configuration whose text the permit admits, with what the stack decides.
    pub(super) fn completed(&self, config: Config) -> Config {
        let Self { dns_servers, notify_topic, .. } = self.clone();
        Config { dns_servers, notify_topic, ..config }
    }

    /// What a text holds that is not permitted. It is judged as it is written, so that a binding
    /// that has another mistake too is judged like any other.
    pub(super) fn outside(&self, top: &[Entry]) -> Vec<Finding> {
        let mut found = Vec::new();
        self.networks(Table::Top, top, &Scope::Whole, &mut found);
        for name in ["discover", "dns"] {
            if let Some(written) = given(top, name) {
                let why = match name {
                    "dns" => "the DNS servers stay in the stack: write `dns-servers` there",
                    _ => "tags could name groups that the stack does not permit",
                };
                found.push(finding(
                    written.at,
                    Table::Top,
                    name,
                    &Scope::Whole,
                    format!("`{name}` is not permitted here, because {why}"),
                ));
            }
        }
        if let Some(written) = given(top, "notify-topic")
            && let Some(topic) = written.node.text()
            && self.notify_topic.as_deref() != Some(topic)
        {
            let own = match &self.notify_topic {
                Some(own) => format!("outcomes go to {own}: write this one, or none"),
                None => "the stack publishes no outcomes: leave it out".to_owned(),
            };
            let says = format!("`notify-topic` is {}, and {own}", bounded(topic));
            found.push(finding(written.at, Table::Top, "notify-topic", &Scope::Whole, says));
        }
        self.share(top, &mut found);
        let items = given(top, "binding").and_then(|written| written.node.list());
        for (index, item) in items.unwrap_or_default().iter().enumerate() {
            if let Some(entries) = item.table() {
                self.binding(item, entries, &Scope::Bindings(vec![index]), &mut found);
            }
        }
        found
    }

    fn binding(&self, item: &Node, entries: &[Entry], scope: &Scope, found: &mut Vec<Finding>) {
        self.networks(Table::Binding, entries, scope, found);
        let mut note = |at, name, says| {
            found.push(finding(at, Table::Binding, name, scope, says));
        };
        let group = entry(entries, "target-group").and_then(|written| {
            Some((written.at, written.node.text()?.parse::<TargetGroupArn>().ok()?))
        });
        if let Some((at, group)) = group.filter(|(_, group)| !self.target_groups.contains(group)) {
            note(
                at,
                "target-group",
                format!(
                    "`target-group` is {group}, which is none of the groups that the stack permits \
                 (`target-groups` of {PERMIT}): ask the stack's owner for it, or follow another \
                 group"
                ),
            );
        }
        // A word that is no mode makes the binding bad anyway.
        let mode = match text(entries, "mode") {
            None => Some(Mode::Manage),
            Some(_) => word(entries, "mode"),
        };
        if let Some(mode) = mode.filter(|mode| !self.modes.contains(mode)) {
            let (is, write) = match mode {
                Mode::Manage if text(entries, "mode").is_none() => {
                    ("not written, which is `\"manage\"`", "observe")
                }
                Mode::Manage => ("`\"manage\"`", "observe"),
                Mode::Observe => ("`\"observe\"`", "manage"),
            };
            let at = entry(entries, "mode").map_or(item.at, |written| written.at);
            note(
                at,
                "mode",
                format!(
                    "`mode` is {is}, and the stack permits only `\"{write}\"` (`modes` of \
                     {PERMIT}): write `\"{write}\"`"
                ),
            );
        }
        let source = entry(entries, "source")
            .and_then(|written| Some((written.at, written.node.text()?.parse::<Source>().ok()?)));
        if let (Some((at, source)), Some(sources)) = (source, &self.sources)
            && !sources.iter().any(|admitted| admitted.admits(&source))
        {
            note(
                at,
                "source",
                format!(
                    "`source` is {source}, which is none of those that the stack permits \
                     (`sources` of {PERMIT}): ask the stack's owner for it, or follow another \
                     source"
                ),
            );
        }
    }

    /// Notes every network of an `allow` that is not inside one of the permitted ones.
    fn networks(&self, table: Table, entries: &[Entry], scope: &Scope, found: &mut Vec<Finding>) {
        let items = given(entries, "allow").and_then(|written| written.node.list());
        for item in items.unwrap_or_default() {
            let network = item.text().and_then(|text| guard::network(text).ok());
            let is_inside = |network: &IpNet| self.allow.iter().any(|own| own.contains(network));
            if let Some(network) = network.filter(|network| !is_inside(network)) {
                found.push(finding(
                    item.at,
                    table,
                    "allow",
                    scope,
                    format!(
                        "`allow` holds {network}, which lies outside the networks that the stack \
                     permits (`allow` of {PERMIT}): narrow it, or ask the stack's owner"
                    ),
                ));
            }
        }
    }

    /// The budgets are the account's: whoever writes the text may use less of them, not more.
    fn share(&self, top: &[Entry], found: &mut Vec<Finding>) {
        let most = Share::default().percent();
        let api = given(top, "api").and_then(|written| written.node.table()).unwrap_or_default();
        let Some(written) = entry(api, "share") else { return };
        if number(api, "share").is_some_and(|share| share > most.into()) {
            found.push(finding(written.at, Table::Api, "share", &Scope::Whole, format!(
                "`api.share` is more than {most}, the most that a text from outside the stack may \
                 take"
            )));
        }
    }
}

fn finding(
    at: usize,
    table: Table,
    name: &'static str,
    scope: &Scope,
    says: impl Into<String>,
) -> Finding {
    Finding {
        at,
        key: Some(key(table, name).full()),
        scope: scope.clone(),
        says: says.into(),
        meant: None,
        is_syntax: false,
    }
}

/// The items of a list, if it is written and not empty, and each of them can be used.
fn each<T>(
    reader: &mut Reader<'_>,
    top: &[Entry],
    name: &'static str,
    read: impl Fn(&str) -> Result<T, String>,
) -> Option<Vec<T>> {
    let (key, written) = (key(Table::Permit, name), given(top, name)?);
    let items = written.node.list()?;
    if items.is_empty() {
        let like = reader.walk.syntax.pair(name, key.example);
        let says = format!("`{name}` is empty: write at least one, like {like}");
        reader.walk.note(written.at, key, Scope::Whole, says);
    }
    let mut values = Vec::new();
    for item in items {
        let Some(text) = item.text() else { continue };
        match read(text) {
            Ok(value) => values.push(value),
            Err(says) => {
                reader.walk.note(item.at, key, Scope::Whole, format!("`{name}` holds {says}"));
            }
        }
    }
    Some(values)
}

#[cfg(test)]
mod tests;
