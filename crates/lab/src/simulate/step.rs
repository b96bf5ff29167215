//! Where a run stands when a fault strikes it.

/// A step of a run, or the time between runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
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
}

impl Step {
    /// All steps, in the order in which a run comes to them.
    pub const ALL: [Step; 12] = [
        Step::Idle,
        Step::Begin,
        Step::Topology,
        Step::Names,
        Step::Group,
        Step::Targets,
        Step::Register,
        Step::ReadBack,
        Step::TopologyAgain,
        Step::NamesAgain,
        Step::Deregister,
        Step::Pause,
    ];

    /// The word at the head of its column.
    pub fn word(self) -> &'static str {
        match self {
            Step::Idle => "idle",
            Step::Begin => "begin",
            Step::Topology => "topo",
            Step::Names => "names",
            Step::Group => "group",
            Step::Targets => "targets",
            Step::Register => "register",
            Step::ReadBack => "readback",
            Step::TopologyAgain => "topo-2",
            Step::NamesAgain => "names-2",
            Step::Deregister => "deregister",
            Step::Pause => "pause",
        }
    }
}
