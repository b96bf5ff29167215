//! A warm binding's standby in a binding run: when it is looked for, and what has been seen of it.
//!
//! It is looked for when nothing is to be done for the writer, once a round, and in no run in which
//! an event has the binding watched: nothing on the way of a failover waits for EC2. What is then
//! planned for the standby is confirmed like any other write: the keys are read again, and after
//! them the interfaces.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use super::super::Context;
use super::super::interface_cache::Interfaces;
use super::super::phase::{Next, Purpose};
use super::BindingRun;
use crate::config::StandbyMode;
use crate::evidence::{Answers, Verdict};
use crate::failure::{CallError, Failure};
use crate::plan::{Action, Plan, StandbySeen, Weight};
use crate::ports::action;
use crate::report::StandbyReport;
use crate::source::{Identifier, Source};
use crate::standby::{Routing, Sources, StandbyReading, Unsafe, fit, neighbours, prove, safety};
use crate::target::{Target, TargetState};
use crate::topology::{Instance, Topology};

/// What a run has seen of a warm binding's standby.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct StandbyRun {
    /// The last reading of every database of the Region.
    topology: Option<Arc<Topology>>,
    /// The last reading that began before the targets were read, and the last after.
    before: Option<Arc<StandbyReading>>,
    after: Option<Arc<StandbyReading>>,
    /// It was looked for in this round.
    is_looked_for: bool,
    /// What keeps the group from holding it.
    safety: Option<Result<BTreeSet<Unsafe>, CallError>>,
    /// For how long each target has been healthy beside the healthy writer.
    beside: BTreeMap<SocketAddr, Duration>,
    /// Whether every look of this run found everything in place, and for which address.
    in_place: InPlace,
    /// The run is a sweep.
    is_sweep: bool,
    /// The run writes nothing, so it says what the second of two sweeps would do.
    only_plans: bool,
    /// An address that has taken connections beside the writer.
    barred: Option<IpAddr>,
}

/// What the looks of a run found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
enum InPlace {
    /// There was none.
    #[default]
    NotLooked,
    /// Everything, at each of them, for this address.
    Always(IpAddr),
    /// Something was missing at one of them.
    NotAlways,
}

/// What a process remembers of a binding's standby.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(in crate::run) struct RememberedStandby {
    /// The address for which the last sweep found everything in place, and no look since found
    /// anything else.
    in_place: Option<IpAddr>,
    /// An address that has taken connections beside the writer.
    barred: Option<IpAddr>,
}

impl StandbyRun {
    /// A round begins.
    pub(super) fn round_begins(&mut self) {
        self.is_looked_for = false;
    }

    /// Lets time pass; no age grows beyond the settle time.
    pub(super) fn advance(&mut self, passed: Duration, settle: Duration) {
        for age in self.beside.values_mut() {
            *age = age.saturating_add(passed).min(settle);
        }
    }

    /// The topology was read; `is_whole` says that all databases of the Region were.
    pub(super) fn see_topology(&mut self, topology: &Arc<Topology>, is_whole: bool) {
        self.topology = is_whole.then(|| topology.clone());
    }

    /// The targets were read, beside this writer, if the keys name one.
    fn see_targets(&mut self, targets: &[Target], writer: Option<IpAddr>) {
        if let Some(reading) = self.after.take() {
            self.before = Some(reading);
        }
        let is_healthy = |target: &&Target| target.state == TargetState::Healthy;
        let mut healthy = targets.iter().filter(is_healthy);
        let serves = healthy.clone().any(|target| Some(target.address.ip()) == writer);
        let so_far = |at: SocketAddr| self.beside.get(&at).copied().unwrap_or_default();
        self.beside = match serves {
            true => {
                healthy.by_ref().map(|target| (target.address, so_far(target.address))).collect()
            }
            false => BTreeMap::new(),
        };
    }

    /// The address that the last reading proves.
    fn proven(&self) -> Option<IpAddr> {
        self.after.as_ref().or(self.before.as_ref())?.proof.address()
    }
}

impl BindingRun {
    fn is_warm(&self) -> bool {
        self.binding.standby == StandbyMode::Warm
    }

    /// The address that the keys name together.
    fn agreed_writer(&self) -> Option<IpAddr> {
        match self.history.latest()?.verdict() {
            Verdict::Agree(member_at) => Some(member_at.address),
            Verdict::Listed(_) | Verdict::Disagree { .. } | Verdict::Unknown(_) => None,
        }
    }

    /// The targets were read.
    pub(super) fn standby_sees_targets(&mut self) {
        if self.is_warm() {
            let writer = self.agreed_writer();
            self.standby.see_targets(&self.targets, writer);
        }
    }

    /// The keys say something else: which target is healthy beside whom counts anew.
    pub(super) fn standby_sees_move(&mut self) {
        self.standby.beside.clear();
    }

    /// The instance, and the topology that lists it, while the standby can be looked for.
    fn whole_topology(&self) -> Option<(&Identifier, &Instance, &Arc<Topology>)> {
        let Source::Instance(id) = &self.binding.source else { return None };
        let topology = self.standby.topology.as_ref()?;
        Some((id, topology.instances.get(id)?, topology))
    }

    /// Whether to look for the standby now that this is the plan.
    pub(super) fn wants_standby(&self, plan: &Plan) -> bool {
        let has_extra =
            self.targets.iter().any(|t| t.is_present() && !plan.wanted.contains(&t.address));
        let is_held = plan.weightiest().is_some_and(|hold| hold.weight() == Weight::Holds);
        self.is_warm()
            && !self.standby.is_looked_for
            && !self.look_schedule.has_event()
            && plan.now.is_none()
            && (!is_held || has_extra)
            && self.agreed_writer().is_some()
            && self.whole_topology().is_some()
    }

    /// Begins to look for the standby.
    pub(super) fn look_for_standby(&mut self, cx: &Context<'_>) -> Next {
        self.standby.is_looked_for = true;
        self.standby.is_sweep = cx.is_sweep;
        self.standby.only_plans = !self.may_write(cx.intent);
        self.read_interfaces(Purpose::Look)
    }

    /// Whether a write of this plan is about the standby, so that it needs its confirmation: only
    /// the writer's own registration does not.
    pub(super) fn is_about_standby(&self, plan: &Plan) -> bool {
        let is_seen = self.standby.before.is_some() || self.standby.after.is_some();
        is_seen
            && plan.first().is_some_and(|action| match action {
                Action::Register(registration) => !plan.wanted.contains(&registration.address),
                Action::Deregister(_) => true,
            })
    }

    /// Waits for the interfaces of the instance's VPC, if they can say anything.
    pub(super) fn read_interfaces(&mut self, purpose: Purpose) -> Next {
        let Some((_, instance, _)) = self.whole_topology() else {
            (self.standby.before, self.standby.after) = (None, None);
            return Next::Decide(purpose);
        };
        let has_extra = self.targets.iter().filter(|t| t.is_present()).count() > 1;
        let is_needed = match fit(instance) {
            Ok(()) => true,
            Err(refusal) => has_extra && !refusal.is_lasting(),
        };
        match &instance.vpc {
            Some(vpc) if is_needed => Next::AwaitInterfaces(vpc.clone(), purpose),
            _ => {
                let says = "RDS names no VPC of the instance";
                let unread = CallError::new(action::INTERFACES, Failure::Unreachable, says);
                self.take_neighbours(purpose, Err(unread), &Answers::new())
            }
        }
    }

    /// The interfaces were read, or could not be.
    pub(super) fn take_interfaces(&mut self, purpose: Purpose, interfaces: Interfaces) -> Next {
        let names = self.whole_topology().map(|(id, _, topology)| {
            let near = neighbours(id, topology);
            near.values().filter_map(|other| other.endpoint.clone()).collect::<Vec<_>>()
        });
        let names = names.unwrap_or_default();
        match (&self.group, &interfaces) {
            (Some(group), Ok(_)) if !names.is_empty() => {
                Next::ResolveNeighbours(names, group.family, purpose, interfaces)
            }
            _ => self.take_neighbours(purpose, interfaces, &Answers::new()),
        }
    }

    /// The neighbours' names were resolved: proves the standby.
    pub(super) fn take_neighbours(
        &mut self,
        purpose: Purpose,
        interfaces: Interfaces,
        answers: &Answers,
    ) -> Next {
        let reading = (|| {
            let (id, _, topology) = self.whole_topology()?;
            let (writer, family) = (self.agreed_writer()?, self.group.as_ref()?.family);
            let interfaces = interfaces.as_deref().map(Vec::as_slice);
            prove(Sources { id, topology, writer, family, interfaces, answers })
        })();
        self.standby.after = reading.map(Arc::new);
        match purpose {
            Purpose::Look if self.wants_safety() => Next::ReadRouting,
            Purpose::Look | Purpose::Confirm => self.standby_is_seen(purpose),
        }
    }

    /// Whether to ask if the group can hold the proven standby.
    fn wants_safety(&self) -> bool {
        let is_healthy = |target: &Target| {
            Some(target.address.ip()) == self.agreed_writer()
                && target.state == TargetState::Healthy
        };
        let is_absent = self.standby.proven().is_some_and(|address| {
            !self.targets.iter().any(|t| t.is_present() && t.address.ip() == address)
        });
        is_absent && self.standby.safety.is_none() && self.targets.iter().any(is_healthy)
    }

    /// How the group is routed was read, or could not be.
    pub(super) fn take_routing(&mut self, result: Result<Routing, CallError>) -> Next {
        let zones: Option<BTreeSet<&str>> = self.whole_topology().map(|(_, instance, _)| {
            let placement = &instance.placement;
            placement.zone.iter().chain(&placement.secondary_zone).map(String::as_str).collect()
        });
        let zones = zones.unwrap_or_default();
        self.standby.safety = Some(result.map(|routing| safety(&routing, &zones)));
        self.standby_is_seen(Purpose::Look)
    }

    /// The look is over: keeps whether everything was in place.
    fn standby_is_seen(&mut self, purpose: Purpose) -> Next {
        let is_safe = self
            .standby
            .safety
            .as_ref()
            .is_some_and(|read| read.as_ref().is_ok_and(BTreeSet::is_empty));
        let writer = self.agreed_writer();
        let serves = self.targets.iter().any(|target| {
            Some(target.address.ip()) == writer && target.state == TargetState::Healthy
        });
        let found = self.standby.proven().filter(|_| is_safe && serves);
        self.standby.in_place = match (self.standby.in_place, found) {
            (InPlace::NotLooked, Some(address)) => InPlace::Always(address),
            (InPlace::Always(before), Some(address)) if before == address => {
                InPlace::Always(address)
            }
            _ => InPlace::NotAlways,
        };
        Next::Decide(purpose)
    }

    /// What the planner is told of the standby.
    pub(super) fn standby_seen(&self) -> StandbySeen {
        if !self.is_warm() {
            return StandbySeen::default();
        }
        let run = &self.standby;
        let remembered = self.remembered.as_ref().map(|known| known.standby).unwrap_or_default();
        let always = match run.in_place {
            InPlace::Always(address) => Some(address),
            InPlace::NotLooked | InPlace::NotAlways => None,
        };
        let seen_before = match run.only_plans {
            true => always,
            false => remembered.in_place.filter(|known| run.is_sweep && always == Some(*known)),
        };
        StandbySeen {
            before: run.before.clone(),
            after: run.after.clone(),
            safety: run.safety.clone(),
            seen_before,
            beside: run.beside.clone(),
            barred: run.barred.or(remembered.barred),
        }
    }

    /// A removal was acknowledged. A target that took connections beside the writer is not
    /// registered again: it would be removed again.
    pub(super) fn bars_standby(&mut self, action: &Action, settle: Duration) {
        if let Action::Deregister(targets) = action
            && let Some(proven) = self.standby.proven()
        {
            let took = |target: &&Target| {
                target.address.ip() == proven
                    && self.standby.beside.get(&target.address).is_some_and(|age| *age >= settle)
            };
            let barred = targets.iter().find(took).map(|target| target.address.ip());
            self.standby.barred = barred.or(self.standby.barred);
        }
    }

    /// What to remember of the standby, at the end of a run.
    pub(super) fn remembered_standby(&self) -> RememberedStandby {
        let known = self.remembered.as_ref().map(|known| known.standby).unwrap_or_default();
        let in_place = match self.standby.in_place {
            InPlace::NotLooked => known.in_place,
            InPlace::Always(address) if self.standby.is_sweep => Some(address),
            InPlace::Always(address) => known.in_place.filter(|known| *known == address),
            InPlace::NotAlways => None,
        };
        RememberedStandby { in_place, barred: self.standby.barred.or(known.barred) }
    }

    /// What the report says of the standby.
    pub(super) fn standby_report(&self) -> Option<StandbyReport> {
        let reading = self.standby.after.as_ref().or(self.standby.before.as_ref())?;
        let address = reading.proof.address();
        let target = self.targets.iter().find(|target| Some(target.address.ip()) == address);
        Some(StandbyReport {
            address,
            state: target.map(|target| target.state.to_string()),
            proof: reading.proof.word(),
        })
    }
}
