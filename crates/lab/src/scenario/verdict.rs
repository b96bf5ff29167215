//! How a scenario ended, by the region's and the application's own account.

use std::collections::BTreeMap;

use serde::Serialize;

use super::recording::Call;

/// What is said of a scenario that was played. Times are seconds of the region.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Verdict {
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
    /// Whether everything ended as the scenario expects.
    pub ok: bool,
    /// What did not, each as a sentence.
    pub faults: Vec<String>,
    /// Whether every group ended as the scenario expects.
    pub converged: bool,
    /// From the first evidence of the last change until every group was right for good, if they were: the longest.
    pub seconds_to_converge: Option<f64>,
    /// The longest outage of any link's application.
    pub outage_seconds: f64,
    /// Rows that were acknowledged and are nowhere, of all links.
    pub lost_rows: usize,
    /// How long it went on.
    pub seconds: f64,
    /// Each database behind its group.
    pub links: Vec<LinkVerdict>,
    /// How often each operation was called.
    pub call_counts: BTreeMap<String, usize>,
    /// Every call that was made.
    pub calls: Vec<Call>,
}

/// How one database and its group ended.
#[derive(Clone, Debug, Default, Serialize)]
pub struct LinkVerdict {
    /// The binding's name.
    pub name: String,
    /// Whether its group ended as the scenario expects.
    pub converged: bool,
    /// The targets that were present at the end.
    pub targets: Vec<String>,
    /// The true writer at the end.
    pub writer: String,
    /// Whether any moment found the group without a present target.
    pub was_empty: bool,
    /// When the RDS API or DNS first showed the writer of the end, if there was another before.
    pub evidence_at: Option<f64>,
    /// From that evidence until the writer was among the present targets.
    pub registered_after: Option<f64>,
    /// From that evidence (else from the beginning) until the group was right for good.
    pub right_after: Option<f64>,
    /// What the application met with.
    pub outage: Outage,
    /// Rows that were acknowledged.
    pub rows: usize,
    /// Rows that were acknowledged and are nowhere.
    pub lost: usize,
}

/// What an application's writes met with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Outage {
    /// The longest time in which no write was acknowledged, between two that were (or the beginning, or the end).
    pub none_for: f64,
    /// From the first write that failed to the last one.
    pub some_for: f64,
    /// Writes that failed.
    pub failed: usize,
    /// Of these: refused for being read-only,
    pub read_only: usize,
    /// without a connection,
    pub refused: usize,
    /// broken under way,
    pub broken: usize,
    /// and without an answer in time.
    pub hung: usize,
}
