//! The configuration, and the errors in it.
//!
//! An error in the configuration as a whole is refused at start. An error in one binding fails only
//! that binding: a typing error in one team's binding must not stop the bindings of other teams.
//!
//! A text is read in three steps, and none of them stops at a mistake: `tree` reads TOML or JSON
//! into a tree that knows where everything is written, `walk` compares that with the table of
//! [`keys`], and `written` makes values of it.

mod check;
mod discover;
mod elsewhere;
pub mod keys;
mod meant;
mod mistake;
mod nearest;
#[cfg(test)]
mod page;
mod pattern;
mod permit;
mod remote;
mod schema;
mod taken;
mod tree;
mod unknown;
mod walk;
mod words;
mod written;

use std::collections::BTreeSet;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

pub use self::discover::Discover;
pub(crate) use self::discover::ENTRY;
pub use self::mistake::{ConfigError, Mistake, Place};
pub use self::pattern::{Pattern, PatternError};
pub use self::permit::{PERMIT, Permit};
pub use self::remote::{BadRemote, Fetched, Followed, FollowedReport, LONGEST, Remote};
pub use self::schema::schema;
use crate::guard::Allow;
use crate::source::Source;
use crate::target::TargetGroupArn;
use crate::text::bounded;

/// The variable that holds the path of a configuration's file, its text, or its place outside the
/// function.
pub const VARIABLE: &str = "WRITERLINK_CONFIG";

/// A configuration with at least one usable binding, or with discovery.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Config {
    /// The DNS servers to query; the system's own if there are none.
    pub dns_servers: Vec<SocketAddr>,
    /// The topic to which outcomes are published.
    pub notify_topic: Option<String>,
    /// How long things may take.
    pub timing: Timing,
    /// How much of the account's budgets of ELBv2 calls may be used: `share` of `[api]`.
    pub api_share: Share,
    /// The bindings in their written order, including the bad ones.
    pub bindings: Vec<Result<Binding, BadBinding>>,
    /// The groups of these bindings, including those of bad bindings if they can be read. The tags
    /// of these groups are ignored.
    pub claimed: BTreeSet<TargetGroupArn>,
    /// What the tags of target groups may ask for, if discovery is on.
    pub discover: Option<Discover>,
}

impl Config {
    /// Reads a configuration: JSON if the text starts with `{`, else TOML.
    ///
    /// # Errors
    ///
    /// Every mistake, if the configuration as a whole is refused or has no usable binding.
    pub fn parse(text: &str, place: &Location) -> Result<Self, ConfigError> {
        Self::check(text, place).result()
    }

    /// Reads a configuration, and tells every mistake in it, also those of bad bindings.
    pub fn check(text: &str, place: &Location) -> Checked {
        Self::check_within(text, place, None)
    }

    /// The same of a text that must lie within a permit, if there is one. What does not is a
    /// mistake, and refuses the whole of it.
    pub fn check_within(text: &str, place: &Location, permit: Option<&Permit>) -> Checked {
        check::check(text, place, permit)
    }

    /// The bindings that can be followed.
    pub fn usable(&self) -> impl Iterator<Item = &Binding> {
        self.bindings.iter().filter_map(|binding| binding.as_ref().ok())
    }

    /// The names of all bindings, including the bad ones: a caller who names a bad binding gets its
    /// fault.
    pub fn names(&self) -> Vec<&str> {
        self.bindings
            .iter()
            .map(|binding| match binding {
                Ok(Binding { name, .. }) | Err(BadBinding { name, .. }) => name.as_str(),
            })
            .collect()
    }

    /// Whether no binding may be written for, nor one that tags may add.
    pub fn only_observes(&self) -> bool {
        self.discover.is_none() && self.usable().all(|binding| binding.mode == Mode::Observe)
    }

    /// The names of the bindings that follow a cluster's writer.
    pub fn writers(&self) -> Vec<&str> {
        let writers = self.usable().filter(|binding| binding.source.is_cluster());
        writers.map(|binding| binding.name.as_str()).collect()
    }
}

/// What a check of a configuration found.
#[derive(Debug)]
pub struct Checked {
    /// The configuration, unless it is refused as a whole.
    pub config: Option<Config>,
    /// Every mistake, in the order of the text.
    pub mistakes: Vec<Mistake>,
    /// What can be used and will probably not work as it is written.
    pub remarks: Vec<Mistake>,
}

/// Which source a target group must point at.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Binding {
    /// The name in reports and requests.
    pub name: String,
    /// The source that the group must point at.
    pub source: Source,
    /// The group that is reconciled.
    pub target_group: TargetGroupArn,
    /// The port of the targets; the database's own if it is not set.
    pub port: Option<u16>,
    /// How to take a `port` that differs from the one that RDS reports.
    pub port_differs: PortDiffers,
    /// Whether the group may be changed.
    pub mode: Mode,
    /// Whether to remove targets on another port or outside `allow` too.
    pub exclusive: bool,
    /// With more candidates for removal than this, none is removed.
    pub max_removals: usize,
    /// The addresses are outside the group's VPC, and the source does not show it: only for
    /// `dns/HOST`.
    pub outside_vpc: bool,
    /// Whether the standby's address is registered beside the writer's: only for `instance/ID`.
    pub standby: StandbyMode,
    /// The addresses that may be registered.
    pub allow: Allow,
    /// Who consents to the database being published through the group.
    pub consent: Consent,
}

impl Binding {
    /// The default of `max-removals`.
    pub(crate) const MAX_REMOVALS: usize = 4;
}

/// Who consents to a database being published through a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Consent {
    /// The author of the configuration, in which the binding is written.
    Written,
    /// The owner of the database, through its tag; the tags of the group only ask for the binding
    /// ([`discover`](crate::discover)).
    Tagged,
}

/// How to take a `port` of a binding that differs from the one that RDS reports for the database.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PortDiffers {
    /// It is a mistake: nothing listens there, so nothing is written.
    #[default]
    Held,
    /// It is intended: the database listens on a port that RDS does not report, such as Oracle's
    /// TLS port.
    Allowed,
}

/// What a binding does about the standby of its Multi-AZ instance.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize,
)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum StandbyMode {
    /// Nothing: only the writer's address is registered.
    #[default]
    Cold,
    /// The standby's address is registered too.
    Warm,
}

/// Whether a binding's group may be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// The group is reconciled.
    Manage,
    /// The plan is reported, and nothing is written.
    Observe,
}

/// The part of the account's documented budgets of ELBv2 calls that may be used, in percent. The
/// budgets are the account's, so consoles, Terraform and controllers need the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Share(u8);

impl Share {
    /// A share of 1 to 100 percent.
    pub fn new(percent: u64) -> Option<Self> {
        u8::try_from(percent).ok().filter(|percent| (1..=100).contains(percent)).map(Self)
    }

    /// The percentage.
    pub fn percent(self) -> u8 {
        self.0
    }
}

impl Default for Share {
    fn default() -> Self {
        Self(50)
    }
}

/// How long things may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Timing {
    /// How long an agreement must last before housekeeping removes a target.
    pub settle: Duration,
    /// How long a binding is watched after an event that announces a failover.
    pub patience_started: Duration,
    /// How long a binding is watched after an event during a failover
    /// ([`Meaning`](crate::event::catalogue::Meaning)).
    pub patience: Duration,
    /// How long a sweep may look if no removal is pending.
    pub sweep: Duration,
}

impl Timing {
    /// The longest time that a run may need.
    pub fn longest_watch(&self) -> Duration {
        self.patience_started.max(self.patience).max(self.sweep).max(self.settle * 2 + REMOVAL)
    }
}

/// The time for the calls of a pending removal, in addition to the settle time.
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
    /// Its name, or its position if it has no usable name.
    pub name: String,
    /// The file and the line, as far as they are known.
    pub place: String,
    /// What is wrong and what to write instead.
    pub fault: String,
}

/// Where a configuration is, according to the value of `WRITERLINK_CONFIG` or `--config`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// The value is the text itself: it starts with `{` or contains a newline.
    Inline(String),
    /// The value names a file.
    File(PathBuf),
    /// The value is meant as a [`Remote`].
    Remote(String),
}

impl From<&str> for Location {
    fn from(value: &str) -> Self {
        let value = without_mark(value);
        if value.trim_start().starts_with('{') || value.contains('\n') {
            Self::Inline(value.to_owned())
        } else if Remote::is_meant(value.trim()) {
            Self::Remote(value.trim().to_owned())
        } else {
            Self::File(PathBuf::from(value))
        }
    }
}

impl Location {
    /// The same place of a permit: what is in no file is in the variable.
    fn of_permit(&self) -> Self {
        match self {
            Self::Inline(_) => Self::File(PERMIT.into()),
            other => other.clone(),
        }
    }

    /// The text of a file.
    ///
    /// # Errors
    ///
    /// If the bytes are not UTF-8: the place of the first that is not.
    pub fn decode(&self, bytes: Vec<u8>) -> Result<String, ConfigError> {
        String::from_utf8(bytes).map_err(|error| {
            let good = error.utf8_error().valid_up_to();
            let bytes = error.as_bytes();
            let is_utf16 = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
            let before = str::from_utf8(&bytes[..good]).unwrap_or_default();
            let message = if is_utf16 {
                "it is UTF-16 text: save it as UTF-8".to_owned()
            } else {
                format!("the byte 0x{:02x} is not UTF-8 text: save it as UTF-8", bytes[good])
            };
            ConfigError { mistakes: vec![Mistake::at(Place::of(self, before, good), message)] }
        })
    }

    /// What to say beside the fault of a file that cannot be read: a text that was taken for a path
    /// is not a file that is missing.
    pub fn remark(&self) -> &'static str {
        match self {
            Self::File(path) if path.to_string_lossy().contains(['=', '[', '"']) => {
                " It looks like the text itself, which was taken for a path because it neither \
                 starts with `{` nor has a newline: write it over two lines, or as JSON."
            }
            _ => "",
        }
    }
}

/// The text without the byte-order mark (U+FEFF) that some editors write at the start of UTF-8.
fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inline(_) => f.write_str("the configuration text"),
            Self::File(path) => f.write_str(&bounded(&path.display().to_string())),
            Self::Remote(place) => f.write_str(&bounded(place)),
        }
    }
}

#[cfg(test)]
mod tests;
