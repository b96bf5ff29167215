//! The reading of the topology, which all bindings of a run share.

use std::sync::Arc;
use std::time::Duration;

use super::{Effect, Reaction};
use crate::failure::CallError;
use crate::topology::{Scope, Topology};

/// The RDS API is rate limited, so it is read for all bindings together, and at most this often.
const GAP: Duration = Duration::from_secs(1);

/// A reading as it is handed out.
pub(super) type Shared = Arc<Result<Topology, CallError>>;

/// The latest reading, and the one under way.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct TopologyCache {
    scope: Scope,
    under_way: bool,
    latest: Option<Shared>,
    /// Since the last reading began; grows to [`GAP`] and stops there.
    since_begun: Duration,
}

impl TopologyCache {
    pub(super) fn of(scope: Scope) -> Self {
        Self { scope, under_way: false, latest: None, since_begun: Duration::ZERO }
    }

    /// Whether a reading asks the API for anything.
    pub(super) fn asks(&self) -> bool {
        self.scope != Scope::default()
    }

    pub(super) fn begin(&mut self, reaction: &mut Reaction) {
        self.under_way = true;
        self.since_begun = Duration::ZERO;
        reaction.effects.push(Effect::ReadTopology(self.scope));
    }

    pub(super) fn arrive(&mut self, result: Result<Topology, CallError>) {
        self.under_way = false;
        self.latest = Some(Arc::new(result));
    }

    pub(super) fn let_pass(&mut self, passed: Duration) {
        self.since_begun = self.since_begun.saturating_add(passed).min(GAP);
    }

    pub(super) fn latest(&self) -> Option<Shared> {
        self.latest.clone()
    }

    /// The latest reading, if it began so shortly ago that a first look can use it.
    pub(super) fn recent(&self) -> Option<Shared> {
        self.latest.clone().filter(|_| !self.under_way && self.since_begun < GAP)
    }

    /// Whether a new reading may begin.
    pub(super) fn is_ready(&self) -> bool {
        self.ready_in() == Some(Duration::ZERO)
    }

    /// When a new reading may begin; `None` while one is under way.
    pub(super) fn ready_in(&self) -> Option<Duration> {
        match (self.under_way, &self.latest) {
            (true, _) => None,
            (false, None) => Some(Duration::ZERO),
            (false, Some(_)) => Some(GAP.saturating_sub(self.since_begun)),
        }
    }
}
