//! The recording of a played scenario: everything that happened, as data.
//!
//! Times are seconds of the region since the scenario began. The region may go faster than the
//! clock on the wall ([`Recording::speed`]); the application's pauses and time-outs go with it, the
//! program's under test do not.

use serde::Serialize;

use super::assumptions::Assumptions;

/// Everything that happened.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Recording {
    /// The scenario's name.
    pub scenario: String,
    /// The scenario as a sentence.
    pub title: String,
    /// The program under test, as it was started.
    pub handler: String,
    /// Seconds of the region in a second on the wall.
    pub speed: f64,
    /// What the delays and the flows were drawn from.
    pub seed: u64,
    /// What the databases are: `line` or `postgresql`.
    pub databases: String,
    /// What was assumed of AWS and of the function's settings.
    pub assumptions: Assumptions,
    /// How long it went on.
    pub seconds: f64,
    /// What the script did, in order.
    pub incidents: Vec<Incident>,
    /// The databases behind their groups.
    pub links: Vec<LinkRecording>,
    /// The API calls of the program under test, in order.
    pub calls: Vec<Call>,
    /// The invocations of the program under test, in order.
    pub invocations: Vec<Invocation>,
}

/// Something that the script did.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Incident {
    /// When.
    pub at: f64,
    /// What, as a sentence without its full stop.
    pub what: String,
}

/// A database behind a group: its true members, what the RDS API and DNS said, and how its
/// application's statements ended.
#[derive(Clone, Debug, Default, Serialize)]
pub struct LinkRecording {
    /// The binding's name.
    pub name: String,
    /// What is followed, such as `cluster/orders`.
    pub source: String,
    /// The target group's ARN.
    pub group: String,
    /// The endpoint's name.
    pub endpoint: String,
    /// Which addresses truly belonged behind the link, joined by a comma: the one that wrote
    /// (`10.20.1.10:5432`), or those of a set. Without a gap.
    pub wanted: Vec<Span>,
    /// The standby that was to be a target too, `-` without one. Without a gap; empty where the
    /// link is not warm.
    pub standby: Vec<Span>,
    /// Whether any of these accepted connections: `up` or `down`, without a gap.
    pub serving: Vec<Span>,
    /// The addresses that the RDS API named: the writer's, or a set's; `-` while it named no
    /// writer, or several. Without a gap; empty where the RDS API is no key.
    pub topology: Vec<Span>,
    /// What DNS answered for the endpoint, addresses joined by a comma; else `NXDOMAIN`,
    /// `SERVFAIL`, `silence` or `no address`. Without a gap.
    pub dns: Vec<Span>,
    /// The group's targets and their states, one span for each state of each target.
    pub targets: Vec<TargetSpan>,
    /// Whether its application only reads, because it is no writer that is behind the link.
    pub only_reads: bool,
    /// Whether no application of its own uses it: one that chooses among several links does.
    pub without_application: bool,
    /// The application's writes, in the order in which they ended.
    pub writes: Vec<Attempt>,
    /// The application's reads, likewise.
    pub reads: Vec<Attempt>,
    /// The writes of a second application, if there is one: it has a port for every member, and
    /// chooses the writer by itself.
    pub choosing: Vec<Attempt>,
    /// Rows that were acknowledged and that no database holds at the end.
    pub lost: Vec<u64>,
}

/// Something that was so for a time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Span {
    /// Since when.
    pub from: f64,
    /// Until when.
    pub to: f64,
    /// What was so.
    pub what: String,
}

/// A target's state for a time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TargetSpan {
    /// The target's address and port.
    pub target: String,
    /// Since when.
    pub from: f64,
    /// Until when.
    pub to: f64,
    /// The state, as ELBv2 spells it.
    pub state: String,
}

/// A statement of the application, its connection included if there was none.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Attempt {
    /// When it began.
    pub at: f64,
    /// How long it took.
    pub took: f64,
    /// How it ended.
    pub end: End,
    /// Which instance answered, where one did.
    pub by: Option<String>,
    /// The row's number; of a read, how many rows there were.
    pub row: u64,
}

/// How a statement ended, as the application saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum End {
    /// It was acknowledged.
    Acknowledged,
    /// The database is read-only: a reader, or a demoted writer.
    ReadOnly,
    /// There was no connection to be had.
    Refused,
    /// The connection broke under it.
    Broken,
    /// Nothing came back in time.
    Hung,
}

/// An API call of the program under test.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Call {
    /// When it arrived.
    pub at: f64,
    /// The service's prefix in an IAM policy, such as `elasticloadbalancing`.
    pub service: String,
    /// The operation, such as `RegisterTargets`.
    pub operation: String,
    /// The targets that it names, joined by a comma, of a call that names any.
    pub targets: Option<String>,
    /// The name of the binding whose group it concerns, where it concerns one.
    pub link: Option<String>,
    /// `ok`, an error code, or `no answer` where a fault kept it from the caller (with `, done` if
    /// it was carried out).
    pub outcome: String,
}

/// An invocation of the program under test.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Invocation {
    /// When it was queued.
    pub queued: f64,
    /// When the program took it, if it did.
    pub taken: Option<f64>,
    /// When it ended, if it did.
    pub ended: Option<f64>,
    /// What it was: `sweep`, or the event's id and source such as `RDS-EVENT-0071 of orders`.
    pub what: String,
    /// `answered`, `failed`, `timed out`, `crashed`, or `unfinished`.
    pub end: String,
}

impl Recording {
    /// How many invocations ended in which way.
    pub fn endings(&self) -> std::collections::BTreeMap<String, usize> {
        let mut endings = std::collections::BTreeMap::new();
        for invocation in &self.invocations {
            *endings.entry(invocation.end.clone()).or_default() += 1;
        }
        endings
    }

    /// How many calls registered or deregistered targets of the group of this binding.
    pub fn writing_calls(&self, link: &str) -> usize {
        let writes = |call: &&Call| {
            matches!(call.operation.as_str(), "RegisterTargets" | "DeregisterTargets")
                && call.link.as_deref() == Some(link)
        };
        self.calls.iter().filter(writes).count()
    }

    /// How often each operation was called, in alphabetical order.
    pub fn counts(&self) -> std::collections::BTreeMap<&str, usize> {
        let mut counts = std::collections::BTreeMap::new();
        for call in &self.calls {
            *counts.entry(call.operation.as_str()).or_default() += 1;
        }
        counts
    }
}
