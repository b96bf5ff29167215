//! What a run wants done, and what it is given.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::interface_cache::InterfaceCache;
use crate::config::Timing;
use crate::discover::TaggedGroup;
use crate::event::Intent;
use crate::evidence::Answers;
use crate::failure::CallError;
use crate::note::Note;
use crate::standby::{Interface, Routing};
use crate::target::{Family, Registration, Target, TargetGroup, TargetGroupArn};
use crate::topology::{HostName, Scope, Topology};

/// Something that the run wants done. The driver does it, and hands the result in as an [`Input`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Read these lists of the Region's databases.
    ReadTopology(Scope),
    /// Read the tags of all groups.
    ReadTags,
    /// Describe a target group.
    ReadGroup(BindingIndex, TargetGroupArn, Priority),
    /// Read all targets of a group.
    ReadTargets(BindingIndex, TargetGroupArn, Priority),
    /// Ask DNS for these names.
    Resolve(BindingIndex, Vec<HostName>, Family),
    /// Read the network interfaces of RDS in this VPC.
    ReadInterfaces(String),
    /// Read how a group's traffic is routed.
    ReadRouting(BindingIndex, TargetGroupArn),
    /// Take from the account's budget of calls what one write needs. The run then reads the keys
    /// again where it must, and sends the write, which takes nothing more from the budget. A write
    /// that waited for its turn after that reading would act on old evidence.
    Permit(BindingIndex, PermitFor),
    /// Register a target.
    Register(BindingIndex, TargetGroupArn, Registration),
    /// Deregister targets.
    Deregister(BindingIndex, TargetGroupArn, Vec<Target>),
}

/// How soon a read is needed, where the account's budget of calls makes reads wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    /// An event concerns the binding, or its source has moved, and the targets were not read since.
    /// Only this reading shows whether the new writer is missing.
    Moved,
    /// Something is wrong with the binding, or an event concerns it.
    Urgent,
    /// It is looked at because its turn has come.
    Routine,
}

/// What a permit is asked for. It may be used for either kind of write, because both take from the
/// same budget; the kind only says how urgent it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PermitFor {
    /// A registration.
    Register,
    /// A removal.
    Deregister,
}

/// Which binding of the run an effect belongs to; its result comes back with the same index.
pub type BindingIndex = usize;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Input {
    /// The run begins. The first step takes this.
    Start,
    /// Only time passed.
    Tick,
    /// The topology was read, or could not be.
    Topology(Result<Topology, CallError>),
    /// The tags were read, or could not be.
    Tags(Result<Vec<TaggedGroup>, CallError>),
    /// The group was described, or could not be.
    Group(BindingIndex, Result<TargetGroup, CallError>),
    /// The targets were read, or could not be.
    Targets(BindingIndex, Result<Vec<Target>, CallError>),
    /// DNS answered, or did not, for each name.
    Answers(BindingIndex, Answers),
    /// The network interfaces of RDS in this VPC were read, or could not be.
    Interfaces(String, Result<Vec<Interface>, CallError>),
    /// How the group's traffic is routed was read, or could not be.
    Routing(BindingIndex, Result<Routing, CallError>),
    /// The budget has what one write needs, and it was taken.
    Permitted(BindingIndex),
    /// The write was acknowledged, refused, or its answer was lost.
    Written(BindingIndex, Result<(), CallError>),
}

/// What follows from a step.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reaction {
    /// What to do, all of it at the same time.
    pub effects: Vec<Effect>,
    /// What was decided, for the log.
    pub notes: Vec<Note>,
}

/// What a binding run sees of its run, and where it puts what it wants done.
pub(super) struct Context<'a> {
    /// Which binding of the run it is.
    pub(super) index: BindingIndex,
    /// How long things may take.
    pub(super) timing: &'a Timing,
    /// Whether to write, or only to plan.
    pub(super) intent: Intent,
    /// Whether no binding of the configuration may be written for.
    pub(super) only_observes: bool,
    /// What is left of the run's time.
    pub(super) left: Duration,
    /// What is left of the time for looks whose turn has come, where that is bounded.
    pub(super) routine_left: Option<Duration>,
    /// The time by the clock.
    pub(super) now: Timestamp,
    /// The last topology that could be read, in this process.
    pub(super) known: Option<&'a Arc<Topology>>,
    /// Whether the run is a sweep.
    pub(super) is_sweep: bool,
    /// Whether the latest reading of the topology asked for every database of the Region.
    pub(super) is_whole: bool,
    /// The readings of network interfaces.
    pub(super) interfaces: &'a InterfaceCache,
    /// What the step leads to, for all bindings together.
    pub(super) reaction: &'a mut Reaction,
}
