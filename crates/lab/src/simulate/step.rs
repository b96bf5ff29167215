//! The steps of a run in which a fault can strike.

/// A step of a run, or the time between runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RunStep {
    /// No run is alive.
    Idle,
    /// A run has begun and asked nothing yet.
    Begin,
    /// It reads the topology.
    Topology,
    /// It asks DNS.
    Names,
    /// It reads what kind of group it is.
    Group,
    /// It reads the targets.
    Targets,
    /// It registers.
    Register,
    /// It reads the targets after a write of its own.
    ReadBack,
    /// It reads the topology after a reading of the targets that left a removal to be done.
    TopologyAgain,
    /// It asks DNS after such a reading.
    NamesAgain,
    /// It deregisters.
    Deregister,
    /// It waits for its next round.
    Pause,
    /// It reads what proves a standby's address.
    Proof,
}

impl RunStep {
    /// All steps, in the order in which a run comes to them.
    pub const ALL: [RunStep; 13] = [
        RunStep::Idle,
        RunStep::Begin,
        RunStep::Topology,
        RunStep::Names,
        RunStep::Group,
        RunStep::Targets,
        RunStep::Register,
        RunStep::ReadBack,
        RunStep::TopologyAgain,
        RunStep::NamesAgain,
        RunStep::Deregister,
        RunStep::Pause,
        RunStep::Proof,
    ];

    /// The word at the head of its column.
    pub fn word(self) -> &'static str {
        match self {
            RunStep::Idle => "idle",
            RunStep::Begin => "begin",
            RunStep::Topology => "topo",
            RunStep::Names => "names",
            RunStep::Group => "group",
            RunStep::Targets => "targets",
            RunStep::Register => "register",
            RunStep::ReadBack => "readback",
            RunStep::TopologyAgain => "topo-2",
            RunStep::NamesAgain => "names-2",
            RunStep::Deregister => "deregister",
            RunStep::Pause => "pause",
            RunStep::Proof => "proof",
        }
    }
}
