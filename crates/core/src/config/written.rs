//! The conversion of a written configuration to validated values.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use ipnet::IpNet;
use serde::de::value::Error as NoWord;
use serde::de::{DeserializeOwned, IntoDeserializer};

use super::keys::{Key, Table};
use super::meant;
use super::mistake::line;
use super::taken::{Taken, Thing};
use super::tree::{Entry, Node, Value, entry};
use super::unknown::is_meant;
use super::walk::{Scope, Walk};
use super::words::look_alikes;
use super::{
    BadBinding, Binding, Config, Consent, Discover, ENTRY, Mode, Pattern, PatternError, Share,
    StandbyMode, Timing,
};
use crate::guard::{self, Allow};
use crate::source::{Fallback, Source};
use crate::target::TargetGroupArn;
use crate::text::{bounded, is_unprintable};

/// The longest name of a CloudFormation stack: the templates name a binding after the stack.
const LONGEST_NAME: usize = 128;

/// Reads values, and notes in a [`Walk`] those that cannot be used.
pub(super) struct Reader<'t> {
    pub(super) walk: Walk,
    text: &'t str,
    taken: Taken,
    global: Global,
    /// The bindings without an `allow`, if there is none for all.
    without_allow: Vec<usize>,
}

/// The `allow` at the top.
enum Global {
    Absent,
    Good(Vec<IpNet>),
    /// Noted already.
    Bad,
}

impl<'t> Reader<'t> {
    pub(super) fn new(walk: Walk, text: &'t str) -> Self {
        let (taken, global, without_allow) = (Taken::default(), Global::Absent, Vec::new());
        Self { walk, text, taken, global, without_allow }
    }

    /// The configuration. Each bad binding in it has a name, and neither place nor fault yet.
    /// Nothing, if the whole of it cannot be used.
    pub(super) fn config(&mut self, top: &[Entry]) -> Option<Config> {
        self.global = match given(top, "allow") {
            // Its name is noted already.
            None if is_meant(Table::Top, top, "allow") => Global::Bad,
            None => Global::Absent,
            Some(written) => self
                .networks(key(Table::Top, "allow"), written, &Scope::EveryBinding)
                .map_or(Global::Bad, Global::Good),
        };
        let discover = given(top, "discover").map(|written| self.discover(written));
        let notify_topic = self.topic(top);
        let dns_servers = self.servers(key(Table::Dns, "servers"), table(top, "dns"));
        let timing = timing(table(top, "timing"));
        let share = number(table(top, "api"), "share").and_then(Share::new);
        if discover.is_some() {
            self.taken.reserve(ENTRY);
        }
        let items = given(top, "binding").and_then(|written| written.node.list());
        let items = items.unwrap_or_default();
        let claimed = items.iter().filter_map(|item| {
            let group = entry(item.table()?, "target-group")?;
            group.node.text()?.parse().ok()
        });
        let claimed: BTreeSet<TargetGroupArn> = claimed.collect();
        let bindings = items.iter().enumerate().map(|(index, item)| self.binding(index, item));
        let bindings = bindings.collect();
        self.tell_missing_allow(top, items);
        let is_of_all = |scope: &Scope| matches!(scope, Scope::Whole | Scope::EveryBinding);
        if self.walk.findings.iter().any(|finding| is_of_all(&finding.scope)) {
            return None;
        }
        Some(Config {
            dns_servers,
            notify_topic,
            timing,
            api_share: share.unwrap_or_default(),
            bindings,
            claimed,
            discover: discover.flatten(),
        })
    }

    fn binding(&mut self, index: usize, item: &Node) -> Result<Binding, BadBinding> {
        let position = format!("binding-{}", index + 1);
        let name = item.table().and_then(|entries| text(entries, "name"));
        // In a report, a second binding with the same name must not look like the first.
        let shown = name.filter(|name| !self.taken.has_name(name)).unwrap_or(&position);
        let bad = BadBinding { name: bounded(shown), place: String::new(), fault: String::new() };
        item.table().and_then(|entries| self.good_binding(index, entries)).ok_or(bad)
    }

    fn good_binding(&mut self, index: usize, entries: &[Entry]) -> Option<Binding> {
        let scope = Scope::Bindings(vec![index]);
        let name = self.name(index, entries, &scope);
        let source = self.source(entries, &scope);
        let target_group = self.target_group(entries, &scope);
        let allow = self.allow(index, entries, &scope);
        if let (Some(group), Some(_)) = (&target_group, text(entries, "name")) {
            let is_good = self.is_good(index) && allow.is_some();
            let group = Thing::Group(group.to_string());
            self.claim(group, is_good, "target-group", entries, &scope);
        }
        if !self.is_good(index) {
            return None;
        }
        Some(Binding {
            name: name?.to_owned(),
            source: source?,
            target_group: target_group?,
            port: number(entries, "port").and_then(|port| port.try_into().ok()),
            port_differs: word(entries, "port-differs").unwrap_or_default(),
            mode: word(entries, "mode").unwrap_or(Mode::Manage),
            exclusive: flag(entries, "exclusive"),
            max_removals: number(entries, "max-removals")
                .map_or(Binding::MAX_REMOVALS, |most| most.try_into().unwrap_or(usize::MAX)),
            outside_vpc: flag(entries, "outside-vpc"),
            standby: word(entries, "standby").unwrap_or_default(),
            allow: allow?,
            consent: Consent::Written,
        })
    }

    /// Whether nothing is noted about a binding so far.
    fn is_good(&self, index: usize) -> bool {
        !self.walk.findings.iter().any(|finding| finding.scope.includes(index))
    }

    fn fault(&mut self, written: &Entry, table: Table, scope: &Scope, says: impl Into<String>) {
        let key = key(table, &written.key);
        self.walk.note(written.at, key, scope.clone(), says);
    }

    fn name<'a>(&mut self, index: usize, entries: &'a [Entry], scope: &Scope) -> Option<&'a str> {
        let written = entry(entries, "name")?;
        let name = written.node.text()?;
        if name.is_empty() || name.len() > LONGEST_NAME || name.contains(is_unprintable) {
            let says = format!("`name` must have 1 to {LONGEST_NAME} printable characters");
            self.fault(written, Table::Binding, scope, says);
            return None;
        }
        let is_good = self.is_good(index);
        self.claim(Thing::Name(name.to_owned()), is_good, "name", entries, scope);
        Some(name)
    }

    /// Claims a name or a group, or only checks that it is free for a binding that is bad anyway.
    fn claim(&mut self, thing: Thing, is_good: bool, key: &str, entries: &[Entry], scope: &Scope) {
        let Some(written) = entry(entries, key) else { return };
        let line = line(self.text, written.at);
        if let Err(says) = self.taken.claim(thing, line, is_good) {
            self.fault(written, Table::Binding, scope, says);
        }
    }

    /// Parses the source, and checks the settings that only some kinds of sources have.
    fn source(&mut self, entries: &[Entry], scope: &Scope) -> Option<Source> {
        let written = entry(entries, "source")?;
        let source: Source = match written.node.text()?.parse() {
            Ok(source) => source,
            Err(error) => {
                let text = written.node.text()?;
                let alike = look_alikes(text);
                self.fault(written, Table::Binding, scope, format!("`source`: {error}{alike}"));
                let meant = meant::source(text).map(|source| format!("`\"{source}\"`"));
                self.walk.findings.last_mut()?.meant = meant;
                return None;
            }
        };
        let is_host = matches!(source, Source::Name(_));
        if is_host && given(entries, "port").is_none() {
            self.fault(written, Table::Binding, scope, format!(
                "`port` is missing: only the configuration can state the port on which {source} \
                 listens"
            ));
        }
        if let Some(written) =
            entry(entries, "outside-vpc").filter(|_| !is_host && flag(entries, "outside-vpc"))
        {
            self.fault(
                written,
                Table::Binding,
                scope,
                "`outside-vpc` is for `dns/HOST` only: the VPC of other sources is known",
            );
        }
        if let Some(written) = entry(entries, "port-differs")
            && written.node.text() == Some("allowed")
            && !source.is_database()
        {
            self.fault(written, Table::Binding, scope, format!(
                "`port-differs` is for clusters and instances only: RDS reports no port of {source}"
            ));
        }
        let standby: Option<StandbyMode> = word(entries, "standby");
        if let Some(written) = entry(entries, "standby")
            && standby == Some(StandbyMode::Warm)
            && !matches!(source, Source::Instance(_))
        {
            self.fault(
                written,
                Table::Binding,
                scope,
                format!(
                    "`standby` is for `instance/ID` only, and this is {source}: only a Multi-AZ DB \
                     instance has a standby that becomes the writer"
                ),
            );
        }
        match (source, given(entries, "readers-fallback")) {
            (Source::Readers(id, _), Some(_)) => {
                let fallback: Option<Fallback> = word(entries, "readers-fallback");
                Some(Source::Readers(id, fallback.unwrap_or_default()))
            }
            (source, None) => Some(source),
            (source, Some(written)) => {
                self.fault(
                    written,
                    Table::Binding,
                    scope,
                    format!(
                        "`readers-fallback` is for `cluster/ID/readers` only, and this is {source}"
                    ),
                );
                None
            }
        }
    }

    fn target_group(&mut self, entries: &[Entry], scope: &Scope) -> Option<TargetGroupArn> {
        let written = entry(entries, "target-group")?;
        let text = written.node.text()?;
        match text.parse() {
            Ok(group) => Some(group),
            Err(error) => {
                let says = format!("`target-group`: {error}{}", look_alikes(text));
                self.fault(written, Table::Binding, scope, says);
                None
            }
        }
    }

    /// The networks of a binding: its own, which must be inside the global ones if there are any,
    /// or else the global ones.
    fn allow(&mut self, index: usize, entries: &[Entry], scope: &Scope) -> Option<Allow> {
        let Some(written) = given(entries, "allow") else {
            return match &self.global {
                _ if is_meant(Table::Binding, entries, "allow") => None,
                Global::Good(networks) => Allow::new(networks.clone()).ok(),
                Global::Bad => None,
                Global::Absent => {
                    match entry(entries, "allow") {
                        Some(null) => {
                            let says = self.no_networks("null, and there is none for all");
                            self.fault(null, Table::Binding, scope, says);
                        }
                        None => self.without_allow.push(index),
                    }
                    None
                }
            };
        };
        let allow = key(Table::Binding, "allow");
        let own = self.networks(allow, written, scope)?;
        if let Global::Good(global) = &self.global {
            let is_outside = |own: &IpNet| !global.iter().any(|global| global.contains(own));
            let items = written.node.list().unwrap_or_default();
            let outside: Vec<_> =
                own.iter().zip(items).filter(|(network, _)| is_outside(network)).collect();
            for (network, item) in outside {
                self.walk.note(item.at, allow, scope.clone(), format!(
                    "`allow` holds {network}, which lies outside the configuration's own `allow`: \
                     widen the configuration's, or narrow the binding's"
                ));
            }
        }
        Allow::new(own).ok()
    }

    /// Told once: the remedy is one `allow` at the top.
    fn tell_missing_allow(&mut self, top: &[Entry], items: &[Node]) {
        let without = std::mem::take(&mut self.without_allow);
        let Some(first) = without.first().and_then(|first| items.get(*first)) else { return };
        let (at, key, found) = match entry(top, "allow") {
            Some(null) => (null.at, key(Table::Top, "allow"), "null"),
            None => (first.at, key(Table::Binding, "allow"), "missing"),
        };
        let says = self.no_networks(found);
        self.walk.note(at, key, Scope::Bindings(without), says);
    }

    fn no_networks(&self, found: &str) -> String {
        format!("`allow` is {found}: {}", self.networks_remedy())
    }

    fn networks_remedy(&self) -> String {
        let like = self.walk.syntax.pair("allow", "[\"10.20.0.0/16\"]");
        format!("name the subnets of the database, such as {like}")
    }

    /// The networks of an `allow`, if all of them can be used.
    pub(super) fn networks(
        &mut self,
        key: &'static Key,
        written: &Entry,
        scope: &Scope,
    ) -> Option<Vec<IpNet>> {
        let items = written.node.list()?;
        if items.is_empty() {
            let says = self.no_networks("empty");
            self.walk.note(written.at, key, scope.clone(), says);
            return None;
        }
        let mut networks = Vec::new();
        for item in items {
            let Some(text) = item.text() else { continue };
            let network = guard::network(text);
            match network.and_then(|network| Allow::new(vec![network]).map(|_| network)) {
                Ok(network) => networks.push(network),
                Err(error) => {
                    let says = format!("{error}{}", look_alikes(text));
                    self.walk.note(item.at, key, scope.clone(), says);
                }
            }
        }
        (networks.len() == items.len()).then_some(networks)
    }

    /// Parses the discovery settings. Discovered bindings have no `allow` of their own, so the
    /// configuration must have one.
    fn discover(&mut self, written: &Entry) -> Option<Discover> {
        let discover = key(Table::Top, "discover");
        let items = written.node.list()?;
        if items.is_empty() {
            let like = self.walk.syntax.pair(discover.name, discover.example);
            self.fault(written, Table::Top, &Scope::Whole, format!(
                "`discover` is empty: write which sources tags may name, like {like}, or leave it \
                 out"
            ));
        }
        let mut patterns = Vec::new();
        for item in items {
            let Some(text) = item.text() else { continue };
            match text.parse::<Pattern>() {
                Ok(pattern) => patterns.push(pattern),
                Err(error) => self.item(discover, item, &error),
            }
        }
        let allow = match &self.global {
            Global::Good(networks) => Allow::new(networks.clone()).ok(),
            Global::Bad => None,
            Global::Absent => {
                let remedy = self.networks_remedy();
                self.fault(
                    written,
                    Table::Top,
                    &Scope::Whole,
                    format!("`discover` needs an `allow` of the configuration itself: {remedy}"),
                );
                None
            }
        };
        Some(Discover { patterns, allow: allow? })
    }

    fn item(&mut self, key: &'static Key, item: &Node, error: &PatternError) {
        let alike = look_alikes(item.text().unwrap_or_default());
        let says = format!("`{}` holds {error}{alike}", key.path());
        self.walk.note(item.at, key, Scope::Whole, says);
    }

    pub(super) fn topic(&mut self, top: &[Entry]) -> Option<String> {
        let written = given(top, "notify-topic")?;
        let topic = written.node.text()?;
        if !is_topic(topic) {
            self.fault(
                written,
                Table::Top,
                &Scope::Whole,
                format!(
                    "`notify-topic` is {:?}: write the ARN of an SNS topic, \
                 `arn:aws:sns:REGION:ACCOUNT:NAME`",
                    bounded(topic)
                ),
            );
        }
        Some(topic.to_owned())
    }

    pub(super) fn servers(&mut self, key: &'static Key, entries: &[Entry]) -> Vec<SocketAddr> {
        let items = entry(entries, key.name).and_then(|written| written.node.list());
        let mut servers = Vec::new();
        for item in items.unwrap_or_default() {
            let Some(text) = item.text() else { continue };
            match server(text) {
                Some(server) => servers.push(server),
                None => self.walk.note(
                    item.at,
                    key,
                    Scope::Whole,
                    format!(
                        "`{}` holds {:?}: write addresses like `10.20.0.2` or `10.20.0.2:53`",
                        key.path(),
                        bounded(text)
                    ),
                ),
            }
        }
        servers
    }
}

/// A key of the table.
///
/// # Panics
///
/// Never: a test reads a configuration with every key.
pub(super) fn key(table: Table, name: &str) -> &'static Key {
    table.key(name).expect("the table of keys has it")
}

/// The entry of a key, unless it is `null`.
pub(super) fn given<'a>(entries: &'a [Entry], key: &str) -> Option<&'a Entry> {
    entry(entries, key).filter(|written| !matches!(written.node.value, Value::Nothing))
}

fn table<'a>(entries: &'a [Entry], key: &str) -> &'a [Entry] {
    entry(entries, key).and_then(|written| written.node.table()).unwrap_or_default()
}

pub(super) fn text<'a>(entries: &'a [Entry], key: &str) -> Option<&'a str> {
    entry(entries, key)?.node.text()
}

pub(super) fn number(entries: &[Entry], key: &str) -> Option<u64> {
    if let Value::Number(_, number) = entry(entries, key)?.node.value { number } else { None }
}

fn flag(entries: &[Entry], key: &str) -> bool {
    entry(entries, key).is_some_and(|written| matches!(written.node.value, Value::Flag(true)))
}

pub(super) fn word<T: DeserializeOwned>(entries: &[Entry], key: &str) -> Option<T> {
    let word = IntoDeserializer::<NoWord>::into_deserializer(text(entries, key)?);
    T::deserialize(word).ok()
}

fn timing(entries: &[Entry]) -> Timing {
    let default = Timing::default();
    let seconds = |key, default| number(entries, key).map_or(default, Duration::from_secs);
    Timing {
        settle: seconds("settle", default.settle),
        patience_started: seconds("patience-started", default.patience_started),
        patience: seconds("patience", default.patience),
        sweep: seconds("sweep", default.sweep),
    }
}

fn server(text: &str) -> Option<SocketAddr> {
    text.parse().ok().or_else(|| Some(SocketAddr::new(text.parse::<IpAddr>().ok()?, 53)))
}

fn is_topic(arn: &str) -> bool {
    let parts: Vec<&str> = arn.split(':').collect();
    let ["arn", partition, "sns", region, account, name] = parts.as_slice() else {
        return false;
    };
    partition.starts_with("aws") && !region.is_empty() && account.len() == 12 && !name.is_empty()
}
