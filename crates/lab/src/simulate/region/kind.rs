//! What a call asks for, and which step of a run it belongs to.

use crate::simulate::record::{Record, View};
use crate::simulate::step::RunStep;

/// What a call asks for, and for which binding.
#[derive(Clone, Copy, Debug)]
pub(in crate::simulate) enum Kind {
    Topology,
    Name(usize),
    Group(usize),
    Targets(usize),
    Register(usize),
    Deregister(usize),
    Proof,
}

impl Kind {
    pub(super) fn binding(self) -> Option<usize> {
        match self {
            Kind::Topology | Kind::Proof => None,
            Kind::Name(index)
            | Kind::Group(index)
            | Kind::Targets(index)
            | Kind::Register(index)
            | Kind::Deregister(index) => Some(index),
        }
    }

    pub(super) fn step(self, record: &Record) -> RunStep {
        match self {
            Kind::Topology if record.views.iter().any(View::has_removal_in_sight) => {
                RunStep::TopologyAgain
            }
            Kind::Topology => RunStep::Topology,
            Kind::Name(index) if record.views[index].has_removal_in_sight() => RunStep::NamesAgain,
            Kind::Name(_) => RunStep::Names,
            Kind::Group(_) => RunStep::Group,
            Kind::Targets(index) if record.views[index].wrote => RunStep::ReadBack,
            Kind::Targets(_) => RunStep::Targets,
            Kind::Register(_) => RunStep::Register,
            Kind::Deregister(_) => RunStep::Deregister,
            Kind::Proof => RunStep::Proof,
        }
    }
}
