//! The record of a failover: what the recorder, a second function that only reads, saw of it.
//!
//! ```text
//! event → Occasion → Session ⇄ record ⇄ RDS API, DNS, ELBv2
//!                       │
//!                       └ Recording of each binding: courses of readings → Record
//! ```
//!
//! - An [`Occasion`] says which bindings an event makes the recorder watch, or why none.
//! - A [`Session`] watches them. It is a value: it says what to read next, and takes what was read.
//!   [`record()`] performs the reads over the ports. There is no port that writes.
//! - A [`Record`] has only what the readings bear out. Every figure is an interval
//!   ([`Between`]): the last moment at which a reading showed that it was not yet so, and the first
//!   at which one showed that it was. A reading that failed shows nothing. It is a [`Gap`].
//!
//! A record has no secret, no account, no ARN, no host name and no address, so that it can be
//! shared. It has the names of the binding and of the function, which [`Record::anonymous`]
//! replaces. One from a file may be wrong or hostile: see [`Record::check`], [`Record::bounded`].

mod anonymous;
mod check;
mod course;
mod drive;
mod figures;
mod judge;
mod link;
mod occasion;
mod recording;
mod session;
#[cfg(test)]
mod tests;

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use self::check::Impossible;
pub use self::drive::record;
pub use self::figures::{Between, Figures, Lasted, Seconds};
pub use self::link::{Front, LinkProbe, NoProbe};
pub use self::occasion::{Causes, Nothing, Occasion, Recorded, Told, can_be_recorded};
pub use self::session::{Limits, Session};
use crate::config::Share;
use crate::config::StandbyMode;

/// The part of the account's documented budgets of ELBv2 calls that the recorder uses, in percent:
/// two calls a second. The reconciler has a share of its own (`[api] share`).
pub const SHARE: u64 = 20;

/// [`SHARE`] as the ports take it.
pub fn share() -> Share {
    Share::new(SHARE).unwrap_or_default()
}

/// What was seen of one failover, or that none was seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Record {
    /// Always `record`, so that a log can be searched for it.
    pub kind: Kind,
    /// The version of this form. A later version can have more fields.
    pub version: u32,
    /// The name of the function that recorded it.
    pub function: String,
    /// The Region.
    pub region: String,
    /// The name of the binding.
    pub binding: String,
    /// What the binding follows.
    pub source: SourceKind,
    /// Whether the binding has the standby of its instance registered too. Then the old target
    /// stays, and the record is complete without its end.
    #[serde(default)]
    pub standby: StandbyMode,
    /// RDS's word for the engine, if it could be read.
    pub engine: Option<String>,
    /// What made the recorder look.
    pub cause: Cause,
    /// When the recorder began to watch the binding.
    pub began: Moment,
    /// When it ended.
    pub ended: Moment,
    /// How the recording ended.
    pub end: End,
    /// What the connect probe saw last; absent without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link_end: Option<LinkEnd>,
    /// When things happened.
    pub figures: Figures,
    /// How long they took.
    pub seconds: Seconds,
    /// How often DNS went back to another address after it had first given the new one.
    pub dns_flaps: u32,
    /// The states of targets, in the order in which they were seen.
    pub states: Vec<StateSeen>,
    /// How many further states were seen, which the record does not have.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub states_left_out: u32,
    /// How often was read.
    pub reads: Reads,
    /// Times without a reading, because reads failed.
    pub gaps: Vec<Gap>,
    /// How many further gaps there were, which the record does not have.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub gaps_left_out: u32,
}

fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// The version of the form of a [`Record`].
pub const VERSION: u32 = 1;

/// The word in [`Record::kind`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A record.
    Record,
}

/// What a recorded binding follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum SourceKind {
    /// The writer of a cluster.
    Cluster,
    /// An instance. The RDS API does not say where it is: DNS alone does.
    Instance,
}

/// What made the recorder look.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Cause {
    /// Who or what it was.
    pub by: CauseKind,
    /// The id of the event, as in `RDS-EVENT-0071`, if it had one.
    pub event: Option<String>,
    /// Whether the event announces a failover that is still to come.
    pub announces: bool,
    /// The event's own time: when RDS says that it happened.
    pub rds: Option<Moment>,
    /// When SNS took the message.
    pub sns: Option<Moment>,
    /// When the recorder received it.
    pub received: Moment,
}

/// Who or what made the recorder look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum CauseKind {
    /// An event of this database.
    Event,
    /// The RDS API showed it while another database was watched, or after an earlier failover.
    Seen,
    /// A person.
    Hand,
}

/// How a recording ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum End {
    /// The new target is healthy and DNS is steady. The old target is gone, unless it stays as
    /// that of a warm standby.
    Complete,
    /// The database moved again before the recording ended. The next record begins there.
    MovedAgain,
    /// The time was over before that.
    TimeOver,
    /// No other writer was seen.
    NeverMoved,
    /// The writer or the targets could never be read, so nothing is known.
    CouldNotTell,
}

impl End {
    /// The kebab-case word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::MovedAgain => "moved-again",
            Self::TimeOver => "time-over",
            Self::NeverMoved => "never-moved",
            Self::CouldNotTell => "could-not-tell",
        }
    }
}

/// What the connect probe saw last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum LinkEnd {
    /// The load balancer accepted a connection. If there is no `figures.link`, no connection had
    /// failed before.
    Answers,
    /// No connection was accepted.
    Fails,
    /// Nothing is known: the load balancer, a listener for TCP or its addresses could not be found,
    /// or not any more.
    Unread,
}

/// A target's state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct StateSeen {
    /// Which target: `new`, `old`, or `other-1` and so on.
    pub target: String,
    /// The state in ELBv2's word, or `gone` if the group did not list it any more.
    pub state: String,
    /// ELBv2's code for the reason, such as `Elb.RegistrationInProgress`.
    pub reason: Option<String>,
    /// When it came to be in it.
    pub since: Between,
}

/// How often each thing was read with success.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Reads {
    /// The RDS API.
    pub topology: u32,
    /// DNS.
    pub dns: u32,
    /// The target group.
    pub targets: u32,
    /// The link, by a connect probe.
    pub link: u32,
    /// How many further reads were throttled. After each of them the recorder reads more slowly.
    pub throttled: u32,
}

/// A time in which a thing could not be read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Gap {
    /// What could not be read.
    pub of: Channel,
    /// When the first read that failed began.
    pub from: Moment,
    /// When the last one had failed.
    pub to: Moment,
    /// How many failed.
    pub reads: u32,
    /// Why the first one failed, in a word such as `throttled`.
    pub why: String,
}

/// What is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Channel {
    /// The RDS API.
    Topology,
    /// DNS.
    Dns,
    /// The target group.
    Targets,
    /// The link, by a connect probe.
    Link,
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Topology => "the RDS API",
            Self::Dns => "DNS",
            Self::Targets => "the target group",
            Self::Link => "the link",
        })
    }
}

/// A moment, written in UTC with milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(pub Timestamp);

impl Moment {
    /// The seconds from an earlier moment to this one; negative if that one is later.
    pub fn since(self, earlier: Self) -> f64 {
        self.0.duration_since(earlier.0).as_secs_f64()
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3}", self.0)
    }
}

impl Serialize for Moment {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map(Self).map_err(|_| {
            serde::de::Error::custom(format!("{text:?} is no moment such as 2026-01-31T12:00:00Z"))
        })
    }
}

#[cfg(test)]
impl schemars::JsonSchema for Moment {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Moment".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "string", "format": "date-time"})
    }
}
