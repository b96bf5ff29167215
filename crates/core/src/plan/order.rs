//! The order: what is done first, what follows it, and what keeps the wanted targets safe.

use super::gate::Gate;
use super::look::{Candidate, Look};
use super::rules::{Health, Most};
use super::{Action, Hold, Plan, RegistrationProof, Step};
use crate::mechanism::Mechanism;
use crate::target::{Target, TargetState};

/// The actions of one kind. The first gate that is not open holds all of them back.
struct CalledFor<T> {
    all: Vec<T>,
    gate: Gate,
}

impl<T> CalledFor<T> {
    fn nothing() -> Self {
        Self { all: Vec::new(), gate: Gate::Open }
    }

    fn add(&mut self, one: T, gate: Gate) {
        if gate == Gate::Never {
            return;
        }
        self.all.push(one);
        if self.gate == Gate::Open {
            self.gate = gate;
        }
    }
}

impl Look<'_> {
    /// Asks a gate for every address, and puts what is called for in order.
    pub(super) fn plan(&self) -> Plan {
        let mut plan = Plan { wanted: self.wanted(), holds: self.remarks(), ..Plan::default() };
        let (mut coming, mut leaving) = (CalledFor::nothing(), CalledFor::nothing());
        for candidate in self.candidates() {
            match candidate {
                Candidate::Missing(address) => coming.add(self.register(address), self.admit()),
                Candidate::Present(target) => leaving.add(target.clone(), self.expel(target)),
                // The last candidate. What is to be done for the writer comes first.
                Candidate::Standby(address) if coming.all.is_empty() && leaving.all.is_empty() => {
                    coming.add(self.register(address), self.admit_standby(address));
                }
                Candidate::Standby(_) => {}
            }
        }
        let most = self.binding.max_removals;
        if leaving.all.len() > most {
            plan.holds.push(Hold::TooManyRemovals { count: leaving.all.len(), most });
            // None, rather than as many as are allowed: false evidence may have chosen all of them.
            leaving.all.clear();
        }
        self.order(coming, leaving, &mut plan);
        plan.holds.extend(self.standby_remark());
        // Last, because the first of equally heavy holds decides how the binding ends.
        plan.holds.extend(self.left_alone());
        plan
    }

    /// Registers first. Without this rule, a group of one is empty in between:
    ///
    /// 1. The cluster has failed over to B. The only target is A.
    /// 2. A is removed, because no key names it.
    /// 3. The group is empty until B is registered and healthy.
    fn order(
        &self,
        mut coming: CalledFor<Action>,
        mut leaving: CalledFor<Target>,
        plan: &mut Plan,
    ) {
        match (coming.all.first(), leaving.all.first(), self.serving()) {
            (Some(_), Some(_), _) if !Mechanism::RegisterFirst.is_on() => {
                plan.now = Some(Step::Do(Action::Deregister(leaving.all)));
                return;
            }
            (Some(_), _, _) => self.add_first(&mut coming, plan),
            (None, Some(_), Some(serving)) => self.remove(serving, &mut leaving, plan),
            // Nothing is called for. Or no wanted target can take traffic: the others may be all
            // that does, so none is removed.
            (None, None, _) | (None, Some(_), None) => {
                plan.holds.extend(self.trust_waits());
                return;
            }
        }
        plan.later.extend(coming.all);
        plan.later.extend((!leaving.all.is_empty()).then_some(Action::Deregister(leaving.all)));
    }

    fn add_first(&self, coming: &mut CalledFor<Action>, plan: &mut Plan) {
        match &coming.gate {
            Gate::Open => plan.now = Some(Step::Do(coming.all.remove(0))),
            // While the keys do not agree, this round ends. The next one reads them again.
            Gate::Reread if self.disagreement.is_some() => {}
            Gate::Reread => plan.now = Some(Step::Reread),
            Gate::Wait(hold) => plan.holds.push(hold.clone()),
            Gate::Never => {}
        }
    }

    /// Removes the others, while all that is wanted is present, and this target of it serves.
    ///
    /// The keys are read again after the targets. Without this rule:
    ///
    /// 1. Both keys name A, because they lag behind a failover to B. B is the only target.
    /// 2. Topology comes to name B. The run reads the targets, and registers A.
    /// 3. B, the writer, is removed on what the keys said before the targets were read.
    fn remove(&self, serving: &Target, leaving: &mut CalledFor<Target>, plan: &mut Plan) {
        if let Some(hold) = self.obstacle(serving, leaving) {
            plan.holds.push(hold);
            return;
        }
        plan.now = Some(if self.is_unproven() {
            self.make_sure_of(serving)
        } else if !self.seen.earlier.reread && Mechanism::Reread.is_on() {
            Step::Reread
        } else {
            // What is split off stays in the plan as a later action.
            let next_round = leaving.all.split_off(self.most_at_once(leaving.all.len()));
            let first = std::mem::replace(&mut leaving.all, next_round);
            Step::Do(Action::Deregister(first))
        });
    }

    /// What a removal waits for, once everything is present.
    fn obstacle(&self, serving: &Target, leaving: &CalledFor<Target>) -> Option<Hold> {
        let by_evidence = match &leaving.gate {
            Gate::Wait(hold) => Some(hold.clone()),
            // A removal's rereading is a step of its own (`remove`), once nothing else keeps it
            // back.
            Gate::Open | Gate::Reread | Gate::Never => None,
        };
        self.half_has_left()
            .or_else(|| self.health(serving, &leaving.all))
            .or(by_evidence)
            .or_else(|| self.seen_briefly(serving))
    }

    fn half_has_left(&self) -> Option<Hold> {
        let is_over = self.rules.most == Most::Half
            && self.seen.earlier.removed_this_round
            && Mechanism::HalfPerRound.is_on();
        is_over.then_some(Hold::HalfPerRound)
    }

    /// What target health has against a removal, where it proves anything.
    ///
    /// A target that leaves while it is `initial` may be the new one. Without this rule:
    ///
    /// 1. An instance fails over from A to B. Its name gives B, and B is registered.
    /// 2. The name gives A again, for longer than the settle time. A is healthy: its host has not
    ///    yet stopped to accept connections.
    /// 3. B, still `initial`, is removed as an extra target, and then the name gives B for good.
    fn health(&self, serving: &Target, leaving: &[Target]) -> Option<Hold> {
        if self.rules.health == Health::ProvesNothing || self.is_switched() {
            return None;
        }
        let is_new = |target: &&Target| {
            target.state == TargetState::Initial && Mechanism::InitialHolds.is_on()
        };
        match &serving.state {
            TargetState::Healthy => {
                leaving.iter().find(is_new).map(|target| Hold::Initial(target.address))
            }
            TargetState::Initial => Some(Hold::Initial(serving.address)),
            _ if self.is_warm() && !Mechanism::UnhealthyFreezes.is_on() => None,
            state => Some(Hold::NotHealthy(serving.address, state.clone())),
        }
    }

    /// Whether everything else that is present is what a blue/green deployment has replaced. That
    /// is still up and accepts TCP, while the new target is `initial` for a minute or more.
    fn is_switched(&self) -> bool {
        let mut others = self.ours.iter().chain(&self.foreign).filter(|at| !self.is_named(at));
        others.all(|target| self.seen.earlier.former.contains(&target.address.ip()))
    }

    /// One healthy reading proves nothing, because it can be the same old reading as in
    /// [`is_unproven`](Self::is_unproven).
    fn seen_briefly(&self, serving: &Target) -> Option<Hold> {
        let is_brief = self.seen.earlier.registration_proof == RegistrationProof::HealthyBriefly
            && Mechanism::SeenForLong.is_on();
        is_brief.then_some(Hold::SeenBriefly(serving.address))
    }

    /// A reading of the group can be older than the removal of the target that it shows. Without a
    /// proof of registration:
    ///
    /// 1. A run removes A in favor of B, and A drains.
    /// 2. The keys name A again. A reading from before the removal shows A as present.
    /// 3. B, the only target, is removed in favor of A.
    fn is_unproven(&self) -> bool {
        self.seen.earlier.registration_proof == RegistrationProof::Unproven
            && Mechanism::RegistrationProof.is_on()
    }

    /// Registers a target once more that the last reading shows. A member that only one reading
    /// lists is not registered, and not registered again either.
    fn make_sure_of(&self, serving: &Target) -> Step {
        match self.admit() {
            Gate::Reread => Step::Reread,
            Gate::Open | Gate::Wait(_) | Gate::Never => Step::Do(self.register(serving.address)),
        }
    }

    fn most_at_once(&self, leaving: usize) -> usize {
        match self.rules.most {
            Most::All => leaving,
            Most::Half => (self.kept().count() + leaving).div_ceil(2).min(leaving),
        }
    }
}
