//! The configuration, and its refusals.
//!
//! What is wrong with the whole is refused at start. What is wrong with one binding fails that
//! binding alone: a typing error in one team's binding must not keep another team's database from
//! being followed.

mod discover;
mod pattern;
mod written;

use std::collections::BTreeSet;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

pub use self::discover::Discover;
pub(crate) use self::discover::ENTRY;
pub use self::pattern::{Pattern, PatternError};
use crate::guard::Allow;
use crate::source::Source;
use crate::target::TargetGroupArn;
use crate::text::bounded;

/// A configuration with at least one usable binding, or with a wish for discovery.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Config {
    /// The DNS servers to ask; the system's own where there are none.
    pub dns_servers: Vec<SocketAddr>,
    /// Where outcomes are published.
    pub notify_topic: Option<String>,
    /// How long things may take.
    pub timing: Timing,
    /// The bindings in the order they are written, the bad ones among them.
    pub bindings: Vec<Result<Binding, BadBinding>>,
    /// The groups of these bindings, as far as they can be read, those of the bad ones among them:
    /// their tags count for nothing.
    pub claimed: BTreeSet<TargetGroupArn>,
    /// What the tags of target groups may ask for, where they may.
    pub discover: Option<Discover>,
}

impl Config {
    /// Reads a configuration: JSON where the text starts with `{`, else TOML.
    pub fn parse(text: &str, place: &Location) -> Result<Self, ConfigError> {
        written::parse(text, place)
    }

    /// The bindings that can be followed.
    pub fn usable(&self) -> impl Iterator<Item = &Binding> {
        self.bindings.iter().filter_map(|binding| binding.as_ref().ok())
    }

    /// The names of all bindings, the bad ones among them: asked for, they say what is wrong with
    /// them.
    pub fn names(&self) -> Vec<&str> {
        self.bindings
            .iter()
            .map(|binding| match binding {
                Ok(Binding { name, .. }) | Err(BadBinding { name, .. }) => name.as_str(),
            })
            .collect()
    }
}

/// The wish that a source belongs behind a target group.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Binding {
    /// The name by which it is reported and asked for.
    pub name: String,
    /// What is followed.
    pub source: Source,
    /// The group.
    pub target_group: TargetGroupArn,
    /// The port of its targets; the database's own where it is not set.
    pub port: Option<u16>,
    /// What a `port` means that is not the one that RDS reports.
    pub port_differs: PortDiffers,
    /// Whether the group is changed.
    pub mode: Mode,
    /// Whether targets on another port or outside `allow` are removed too.
    pub exclusive: bool,
    /// More candidates for removal than this: remove none.
    pub max_removals: usize,
    /// The addresses lie outside the group's VPC, and nobody can tell it from the source: a
    /// `dns/HOST`.
    pub outside_vpc: bool,
    /// What may be registered.
    pub allow: Allow,
    /// Who consents that the database is published through the group.
    pub consent: Consent,
}

impl Binding {
    /// `max-removals` where it is not written.
    pub(crate) const MAX_REMOVALS: usize = 4;
}

/// Who consents that a database is published through a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Consent {
    /// Who wrote the binding into the configuration.
    Written,
    /// The group's tags ask for it, and the database's own must consent
    /// ([`discover`](crate::discover)).
    Tagged,
}

/// What a binding's `port` means that is not the one that RDS reports for the database.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PortDiffers {
    /// A mistake: nobody listens there, and nothing is written.
    #[default]
    Held,
    /// It is meant: the database listens on a port that RDS does not report, such as Oracle's for
    /// TLS.
    Allowed,
}

/// Whether a binding's group is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// The group is put right.
    Manage,
    /// What would be done is reported; nothing is written.
    Observe,
}

/// How long things may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Timing {
    /// How long an agreement must last before housekeeping removes anything.
    pub settle: Duration,
    /// How long a binding is watched after an event that announces a failover.
    pub patience_started: Duration,
    /// How long after an event that comes around one
    /// ([`Meaning`](crate::event::catalogue::Meaning)).
    pub patience: Duration,
    /// How long a sweep may look when no removal is pending.
    pub sweep: Duration,
}

impl Timing {
    /// How long a run may have to look, at most.
    pub fn longest_watch(&self) -> Duration {
        self.patience_started.max(self.patience).max(self.sweep).max(self.settle + REMOVAL)
    }
}

/// How much longer than the settle time a pending removal is given, for the calls around it.
pub(crate) const REMOVAL: Duration = Duration::from_secs(10);

impl Default for Timing {
    fn default() -> Self {
        Self {
            settle: Duration::from_secs(30),
            patience_started: Duration::from_secs(180),
            patience: Duration::from_secs(30),
            sweep: Duration::from_secs(15),
        }
    }
}

/// A binding that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Hash, thiserror::Error)]
#[error("{place}: {fault}")]
pub struct BadBinding {
    /// Its name, or its position where it has none that can be used.
    pub name: String,
    /// File and line, as far as they are known.
    pub place: String,
    /// What is wrong and what to write instead.
    pub fault: String,
}

/// Why a configuration was refused as a whole.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The text cannot be read as what it should be, or a setting for the whole is wrong.
    #[error("{place}: {fault}")]
    Text {
        /// File and line, as far as they are known.
        place: String,
        /// What is wrong and what to write instead.
        fault: String,
    },
    /// There is nothing that could be followed.
    #[error("{place}: there is no usable binding{}", list(.bad))]
    NoBinding {
        /// The file.
        place: String,
        /// The bindings that there are, each with its fault.
        bad: Vec<BadBinding>,
    },
}

fn list(bad: &[BadBinding]) -> String {
    if bad.is_empty() {
        return ": write at least one `[[binding]]` with `name`, `source`, `target-group` and \
            `allow`"
            .to_owned();
    }
    bad.iter().map(|bad| format!("\n  {bad}")).collect()
}

/// Where a configuration stands: the value of `WRITERLINK_CONFIG` or `--config`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// The value is the text itself: it starts with `{` or contains a newline.
    Inline(String),
    /// The value names a file.
    File(PathBuf),
}

impl From<&str> for Location {
    fn from(value: &str) -> Self {
        let value = without_mark(value);
        if value.trim_start().starts_with('{') || value.contains('\n') {
            Self::Inline(value.to_owned())
        } else {
            Self::File(PathBuf::from(value))
        }
    }
}

/// The text without the byte-order mark (U+FEFF) that some editors write in front of UTF-8.
fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inline(_) => f.write_str("the configuration text"),
            Self::File(path) => f.write_str(&bounded(&path.display().to_string())),
        }
    }
}

#[cfg(test)]
mod tests;
