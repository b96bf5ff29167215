//! The phases of a round, and the steps from one to the next.

use std::sync::Arc;
use std::time::Duration;

use super::effect::PermitFor;
use super::interface_cache::{AwaitedInterfaces, Interfaces};
use super::round_outcome::RoundOutcome;
use super::topology_cache::{AwaitedReading, Delivery, TopologyReading};
use crate::evidence::Answers;
use crate::failure::CallError;
use crate::plan::{Action, Plan};
use crate::standby::Routing;
use crate::target::{Family, Target, TargetGroup};
use crate::topology::{HostName, Topology};

/// What a binding run waits for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Phase {
    /// Its first round.
    NotBegun,
    /// The description of the target group.
    Group,
    /// A reading of the topology, which the run makes for all its bindings.
    Topology(AwaitedReading),
    /// DNS, for the names that the topology gave.
    Names(Keys),
    /// The targets.
    Targets,
    /// The network interfaces of a warm binding's VPC, which the run reads for all its bindings.
    Interfaces(AwaitedInterfaces, Purpose),
    /// DNS, for the names of the instances that may have interfaces like these.
    Neighbours(Purpose, Interfaces),
    /// How the group is routed.
    Routing,
    /// A permit for the first write of this plan.
    Permit(Plan),
    /// The answer to this write.
    Write(Action),
    /// The time of its next round.
    Pause(Duration),
    /// The end of the run, or a sign that its source has moved.
    Rest,
}

/// The keys while they are being read: the topology is known, DNS is not.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Keys {
    /// Why they are being read.
    pub(super) purpose: Purpose,
    /// How the binding run came by the topology.
    pub(super) delivery: Delivery,
    /// What the RDS API says, or said when it could last be read.
    pub(super) topology: Arc<Topology>,
    /// Why it could not be read this time.
    pub(super) unread: Option<CallError>,
}

/// Why the keys are being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Purpose {
    /// To begin a round.
    Look,
    /// To confirm, before a write, what they said before the targets were read.
    Confirm,
}

/// What a binding run is given.
#[derive(Debug)]
pub(super) enum BindingInput {
    /// It is time for a round.
    Begin,
    /// The group was described, or could not be.
    Group(Result<TargetGroup, CallError>),
    /// A reading of the topology.
    Topology(TopologyReading),
    /// What DNS answered.
    Answers(Answers),
    /// The targets were read, or could not be.
    Targets(Result<Vec<Target>, CallError>),
    /// A reading of the network interfaces.
    Interfaces(Interfaces),
    /// How the group is routed was read, or could not be.
    Routing(Result<Routing, CallError>),
    /// The write may be sent.
    Permitted,
    /// The write was acknowledged, refused, or its answer was lost.
    Written(Result<(), CallError>),
}

/// What follows a step of a round.
#[derive(Debug)]
pub(super) enum Next {
    /// Describe the target group.
    ReadGroup,
    /// Wait for a reading of the topology.
    AwaitTopology(AwaitedReading),
    /// Ask DNS for these names.
    Resolve(Vec<HostName>, Family, Keys),
    /// Read the targets.
    ReadTargets,
    /// Wait for the network interfaces of this VPC.
    AwaitInterfaces(String, Purpose),
    /// Ask DNS for the names of the instances that may have interfaces like these.
    ResolveNeighbours(Vec<HostName>, Family, Purpose, Interfaces),
    /// Read how the group is routed.
    ReadRouting,
    /// Plan, with what was seen of the standby.
    Decide(Purpose),
    /// Wait for a permit for the first write of this plan.
    AwaitPermit(PermitFor, Plan),
    /// Send this write.
    Write(Action),
    /// End the round.
    End(RoundOutcome, Pause),
}

impl Next {
    /// The round ends, and the schedule says when the next one begins.
    pub(super) fn end(outcome: RoundOutcome) -> Self {
        Self::End(outcome, Pause::AtLeast(Duration::ZERO))
    }
}

/// When the next round begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pause {
    /// When the schedule says, and not before this has passed.
    AtLeast(Duration),
    /// When this has passed, whatever the schedule says.
    Exactly(Duration),
}
