//! What a process remembers of its runs.
//!
//! A run needs none of it to come right, and nothing in it ever removes a target by itself. It says
//! where a look is worth its calls, and where a second one is not:
//!
//! - A binding whose source the topology shows elsewhere than at the binding's last good end is
//!   looked at, also in the run of an event that names another.
//! - An event that tells of a move that this process has seen, and after which it has read the
//!   group as right, gets one look and no watch, while that look finds the same.
//!
//! - A warm binding's standby is registered only if the sweep before saw everything in place.
//!
//! And while the RDS API cannot be read, the topology that was read last says which names are those
//! of a cluster's members. Only then can it help to admit an address, which DNS must name. Where a
//! person vouches for DNS, it helps in the same way to know whom DNS names, and the person names
//! that member too.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::binding_run::RememberedStandby;
use super::sighting::{Move, Sighting, Sightings};
use crate::source::Source;
use crate::target::TargetGroupArn;
use crate::topology::Topology;

/// What a process remembers of its runs; empty after a cold start.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Memory {
    bindings: BTreeMap<TargetGroupArn, Remembered>,
    /// The last complete topology that could be read.
    pub(super) topology: Option<Arc<Topology>>,
}

/// What is remembered of one binding.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Remembered {
    /// What the binding followed.
    source: Source,
    /// Who was seen when its group was last read as right.
    pub(super) right: Option<Sighting>,
    /// Who was seen last, and when.
    latest: Option<(Sighting, Timestamp)>,
    /// The last move that was seen.
    moved: Option<Move>,
    /// What is remembered of a warm binding's standby.
    pub(super) standby: RememberedStandby,
    /// Until when a group is known to be wrong whose binding only observes.
    pub(super) wrong_until: Option<Timestamp>,
}

impl Memory {
    /// What is remembered of the binding of this group, if it followed the same source.
    pub(super) fn of(&self, group: &TargetGroupArn, source: &Source) -> Option<&Remembered> {
        self.bindings.get(group).filter(|remembered| remembered.source == *source)
    }

    /// The last complete topology that could be read.
    pub fn topology(&self) -> Option<&Topology> {
        self.topology.as_deref()
    }

    /// Keeps what a run has seen.
    pub(super) fn keep(&mut self, group: TargetGroupArn, remembered: Remembered) {
        self.bindings.insert(group, remembered);
    }
}

impl Remembered {
    /// What to remember of a binding: who was seen when its group was last read as right, and what
    /// has been seen of its source.
    pub(super) fn new(
        source: Source,
        right: Option<Sighting>,
        sightings: Sightings,
        standby: RememberedStandby,
        wrong_until: Option<Timestamp>,
    ) -> Self {
        let Sightings { latest, moved } = sightings;
        Self { source, right, latest, moved, standby, wrong_until }
    }

    /// What has been seen of the source.
    pub(super) fn sightings(&self) -> Sightings {
        Sightings { latest: self.latest.clone(), moved: self.moved }
    }

    /// Whether an event tells of a move that is over: it was seen, and the group was read as right
    /// after it.
    pub(super) fn knows_of(&self, event: Timestamp, announces: bool) -> bool {
        let is_right = self.right.is_some()
            && self.right.as_ref() == self.latest.as_ref().map(|(latest, _)| latest);
        is_right && self.moved.is_some_and(|moved| moved.is_told_by(event, announces))
    }
}
