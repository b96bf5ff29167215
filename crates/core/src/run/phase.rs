//! Where a binding stands in its round.

use std::time::Duration;

use super::topology_cache::Shared;
use crate::plan::Action;

/// What a binding run is waiting for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Phase {
    /// The run, to begin.
    Fresh,
    /// The description of the group.
    Group,
    /// A reading of the topology; one `promised` to it begins after it asked.
    Topology { purpose: Purpose, promised: bool },
    /// Answers to its questions.
    Names { purpose: Purpose, fresh: bool, topology: Shared },
    /// The targets.
    Targets,
    /// The answer to a write.
    Write(Action),
    /// The time of the next round.
    Pause(Duration),
    /// Others: it is done, and looks again at times while they are not.
    Rest(Duration),
}

/// Why the keys are being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Purpose {
    /// To begin a round. A reading of the topology that began within the last second will do.
    Look,
    /// To confirm, before a removal, what was seen before the targets were read. Only a reading
    /// that began after that will do.
    Confirm,
}
