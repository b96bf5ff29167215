//! The configuration as written in TOML or JSON, and its conversion to validated values.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use toml::Spanned;

use super::{
    BadBinding, Binding, Config, ConfigError, Consent, Discover, ENTRY, Location, Mode,
    PatternError, PortDiffers, Share, Timing, without_mark,
};
use crate::guard::{self, Allow};
use crate::source::{Fallback, Source};
use crate::target::TargetGroupArn;
use crate::text::{bounded, is_unprintable, sentence};

/// The whole configuration. The bindings are left unparsed, because each is parsed separately.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, bound = "B: DeserializeOwned")]
struct Document<B> {
    allow: Option<Vec<String>>,
    notify_topic: Option<String>,
    discover: Option<Vec<String>>,
    #[serde(default)]
    dns: WrittenDns,
    #[serde(default)]
    timing: WrittenTiming,
    #[serde(default)]
    api: WrittenApi,
    #[serde(default)]
    binding: Vec<B>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenDns {
    #[serde(default)]
    servers: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct WrittenTiming {
    settle: Option<u64>,
    patience_started: Option<u64>,
    patience: Option<u64>,
    sweep: Option<u64>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenApi {
    share: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct WrittenBinding {
    name: String,
    source: String,
    target_group: String,
    port: Option<u16>,
    port_differs: Option<PortDiffers>,
    mode: Option<Mode>,
    #[serde(default)]
    exclusive: bool,
    max_removals: Option<usize>,
    readers_fallback: Option<Fallback>,
    #[serde(default)]
    outside_vpc: bool,
    allow: Option<Vec<String>>,
}

/// A binding before validation: its place, its name and group if they can be read, and the rest.
struct Found {
    place: String,
    name: Option<String>,
    group: Option<TargetGroupArn>,
    written: Result<WrittenBinding, String>,
}

/// The key of a binding's group.
const GROUP: &str = "target-group";

pub(super) fn parse(text: &str, location: &Location) -> Result<Config, ConfigError> {
    let text = without_mark(text);
    let place = location.to_string();
    if text.trim_start().starts_with('{') {
        let document: Document<serde_json::Value> = serde_json::from_str(text)
            .map_err(|error| refuse(line_at(&place, error.line()), error))?;
        convert(document, &place, |index, value| Found {
            place: format!("{place}, binding {}", index + 1),
            name: value.get("name").and_then(|name| name.as_str()).map(str::to_owned),
            group: value.get(GROUP).and_then(|arn| arn.as_str()?.parse().ok()),
            written: serde_json::from_value(value).map_err(|error| error.to_string()),
        })
    } else {
        let line = |offset: usize| text[..offset.min(text.len())].matches('\n').count() + 1;
        let document: Document<Spanned<toml::Table>> = toml::from_str(text).map_err(|error| {
            let at = error
                .span()
                .map_or_else(|| place.clone(), |span| line_at(&place, line(span.start)));
            refuse(at, error.message())
        })?;
        convert(document, &place, |_, table| Found {
            place: line_at(&place, line(table.span().start)),
            name: table.get_ref().get("name").and_then(|name| name.as_str()).map(str::to_owned),
            group: table.get_ref().get(GROUP).and_then(|arn| arn.as_str()?.parse().ok()),
            written: table
                .into_inner()
                .try_into()
                .map_err(|error: toml::de::Error| error.message().to_owned()),
        })
    }
}

fn convert<B>(
    document: Document<B>,
    place: &str,
    find: impl Fn(usize, B) -> Found,
) -> Result<Config, ConfigError> {
    let fault = |fault: String| refuse(place.to_owned(), fault);
    let discover = document
        .discover
        .map(|patterns| discover(&patterns, document.allow.as_deref()))
        .transpose()
        .map_err(&fault)?;
    if let Some(topic) = document.notify_topic.as_ref().filter(|topic| !is_topic(topic)) {
        return Err(fault(format!(
            "`notify-topic` is {topic:?}: write the ARN of an SNS topic, \
             `arn:aws:sns:REGION:ACCOUNT:NAME`"
        )));
    }
    let dns_servers =
        document.dns.servers.iter().map(|s| server(s)).collect::<Result<_, _>>().map_err(&fault)?;
    let timing = timing(&document.timing).map_err(&fault)?;
    let api_share = api_share(&document.api).map_err(&fault)?;
    let mut taken = Taken::default();
    if discover.is_some() {
        taken.reserve(ENTRY);
    }
    let mut claimed = BTreeSet::new();
    let bindings: Vec<_> = document
        .binding
        .into_iter()
        .enumerate()
        .map(|(index, written)| {
            let found = find(index, written);
            claimed.extend(found.group.clone());
            let position = format!("binding-{}", index + 1);
            let written_name = found.name.as_deref().unwrap_or(&position);
            let place = format!("{} (`{}`)", found.place, bounded(written_name));
            // In a report, a second binding with the same name must not look like the first.
            let name = found.name.clone().filter(|name| !taken.has_name(name)).unwrap_or(position);
            binding(found, document.allow.as_deref(), &mut taken).map_err(|fault| BadBinding {
                name: bounded(&name),
                place,
                fault: sentence(&fault),
            })
        })
        .collect();
    if discover.is_none() && bindings.iter().all(Result::is_err) {
        let bad = bindings.into_iter().filter_map(Result::err).collect();
        return Err(ConfigError::NoBinding { place: place.to_owned(), bad });
    }
    Ok(Config {
        dns_servers,
        notify_topic: document.notify_topic,
        timing,
        api_share,
        bindings,
        claimed,
        discover,
    })
}

/// The names and groups of earlier bindings, each with its owner.
#[derive(Default)]
struct Taken(BTreeMap<String, String>);

impl Taken {
    fn has_name(&self, name: &str) -> bool {
        self.0.contains_key(&format!("the name `{name}`"))
    }

    /// Reserves a name that reports use for something else.
    fn reserve(&mut self, name: &str) {
        self.0.insert(format!("the name `{name}`"), "the report on `discover`".to_owned());
    }

    /// Claims a name or a group for a binding. Two bindings with one name could not be
    /// distinguished, and two bindings of one group would undo each other's work.
    fn claim(&mut self, thing: &str, binding: &str) -> Result<(), String> {
        match self.0.insert(thing.to_owned(), format!("another binding (`{binding}`)")) {
            None => Ok(()),
            Some(first) => {
                let text = format!("{first} has {thing} already: give each binding its own");
                self.0.insert(thing.to_owned(), first);
                Err(text)
            }
        }
    }
}

/// The longest name of a CloudFormation stack: the templates name a binding after the stack.
const LONGEST_NAME: usize = 128;

fn binding(found: Found, global: Option<&[String]>, taken: &mut Taken) -> Result<Binding, String> {
    let written = found.written?;
    if written.name.is_empty()
        || written.name.len() > LONGEST_NAME
        || written.name.contains(is_unprintable)
    {
        return Err(format!("`name` must have 1 to {LONGEST_NAME} printable characters"));
    }
    taken.claim(&format!("the name `{}`", written.name), &written.name)?;
    let source = source(&written)?;
    let target_group =
        written.target_group.parse().map_err(|error| format!("`target-group`: {error}"))?;
    if written.port == Some(0) {
        return Err("`port` is 0: write the database's port, or leave it out".to_owned());
    }
    let allow = allow(global, written.allow.as_deref())?;
    taken.claim(&format!("the target group {target_group}"), &written.name)?;
    Ok(Binding {
        name: written.name,
        source,
        target_group,
        port: written.port,
        port_differs: written.port_differs.unwrap_or_default(),
        mode: written.mode.unwrap_or(Mode::Manage),
        exclusive: written.exclusive,
        max_removals: written.max_removals.unwrap_or(Binding::MAX_REMOVALS),
        outside_vpc: written.outside_vpc,
        allow,
        consent: Consent::Written,
    })
}

/// Parses the source, and checks the settings that only some kinds of sources have.
fn source(written: &WrittenBinding) -> Result<Source, String> {
    let source: Source = written.source.parse().map_err(|error| format!("`source`: {error}"))?;
    if matches!(source, Source::Name(_)) && written.port.is_none() {
        return Err(format!(
            "`port` is missing: only the configuration can state the port on which {source} listens"
        ));
    }
    if written.outside_vpc && !matches!(source, Source::Name(_)) {
        return Err(
            "`outside-vpc` is for `dns/HOST` only: the VPC of other sources is known".to_owned()
        );
    }
    if written.port_differs == Some(PortDiffers::Allowed) && !source.is_database() {
        return Err(format!(
            "`port-differs` is for clusters and instances only: RDS reports no port of {source}"
        ));
    }
    match (source, written.readers_fallback) {
        (Source::Readers(id, _), Some(fallback)) => Ok(Source::Readers(id, fallback)),
        (source, None) => Ok(source),
        (source, Some(_)) => Err(format!(
            "`readers-fallback` is for `cluster/ID/readers` only, and this is {source}"
        )),
    }
}

/// The networks of a binding: its own, which must be inside the global ones if there are any, or
/// else the global ones.
fn allow(global: Option<&[String]>, own: Option<&[String]>) -> Result<Allow, String> {
    let parse = |texts: &[String]| {
        let networks = texts.iter().map(|text| guard::network(text));
        networks.collect::<Result<Vec<_>, _>>().map_err(|error| error.to_string())
    };
    let check = |networks: Vec<_>| Allow::new(networks).map_err(|error| error.to_string());
    let global = global.map(parse).transpose()?;
    let own = own.map(parse).transpose()?;
    if let Some(global) = &global {
        check(global.clone())?;
    }
    if let (Some(global), Some(own)) = (&global, &own)
        && let Some(outside) =
            own.iter().find(|own| !global.iter().any(|global| global.contains(*own)))
    {
        return Err(format!(
            "`allow` holds {outside}, which lies outside the configuration's own `allow`: widen \
             the configuration's, or narrow the binding's"
        ));
    }
    check(own.or(global).unwrap_or_default())
}

/// Parses the discovery settings. Discovered bindings have no `allow` of their own, so the
/// configuration must have one.
fn discover(patterns: &[String], global: Option<&[String]>) -> Result<Discover, String> {
    if patterns.is_empty() {
        return Err("`discover` is empty: write which sources tags may name, like `discover = \
            [\"cluster/orders-*\"]`, or leave it out"
            .to_owned());
    }
    let patterns = patterns.iter().map(|text| text.parse());
    Ok(Discover {
        patterns: patterns
            .collect::<Result<_, _>>()
            .map_err(|error: PatternError| format!("`discover` holds {error}"))?,
        allow: allow(global, None).map_err(|error| {
            format!("`discover` needs an `allow` of the configuration itself: {error}")
        })?,
    })
}

fn server(text: &str) -> Result<SocketAddr, String> {
    text.parse().or_else(|_| text.parse::<IpAddr>().map(|ip| SocketAddr::new(ip, 53))).map_err(
        |_| {
            format!(
                "`dns.servers` holds {text:?}: write addresses like `10.20.0.2` or `10.20.0.2:53`"
            )
        },
    )
}

fn timing(written: &WrittenTiming) -> Result<Timing, String> {
    let seconds =
        |name: &str, value: Option<u64>, default: Duration, range: RangeInclusive<u64>| match value
        {
            None => Ok(default),
            Some(value) if range.contains(&value) => Ok(Duration::from_secs(value)),
            Some(value) => Err(format!(
                "`timing.{name}` is {value}: write {} to {} seconds",
                range.start(),
                range.end()
            )),
        };
    let default = Timing::default();
    Ok(Timing {
        // A run of the function must be able to wait for the whole settle time.
        settle: seconds("settle", written.settle, default.settle, 1..=180)?,
        // A Lambda function runs for at most 900 seconds.
        patience_started: seconds(
            "patience-started",
            written.patience_started,
            default.patience_started,
            1..=840,
        )?,
        patience: seconds("patience", written.patience, default.patience, 1..=840)?,
        sweep: seconds("sweep", written.sweep, default.sweep, 1..=840)?,
    })
}

fn api_share(written: &WrittenApi) -> Result<Share, String> {
    written.share.map_or_else(
        || Ok(Share::default()),
        |percent| {
            Share::new(percent)
                .ok_or_else(|| format!("`api.share` is {percent}: write 1 to 100 percent"))
        },
    )
}

fn is_topic(arn: &str) -> bool {
    let parts: Vec<&str> = arn.split(':').collect();
    let ["arn", partition, "sns", region, account, name] = parts.as_slice() else {
        return false;
    };
    partition.starts_with("aws") && !region.is_empty() && account.len() == 12 && !name.is_empty()
}

fn line_at(place: &str, line: usize) -> String {
    format!("{place}, line {line}")
}

fn refuse(place: String, fault: impl ToString) -> ConfigError {
    ConfigError::Text { place, fault: sentence(&fault.to_string()) }
}
