//! What a binding run hands to the planner: the last readings, and what the run's earlier rounds
//! add.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use super::BindingRun;
use crate::config::Timing;
use crate::evidence::{Evidence, Verdict};
use crate::mechanism::Mechanism;
use crate::plan::{EarlierRounds, Observation, RegistrationProof};
use crate::source::Source;
use crate::target::TargetState;

impl BindingRun {
    pub(super) fn observation(&self, timing: &Timing) -> Option<Observation> {
        let evidence = self.history.latest()?.clone();
        let port = self.binding.port.or_else(|| self.facts.as_ref()?.port);
        let agreed: Option<BTreeSet<SocketAddr>> = port.and_then(|port| {
            let agreed = evidence.agreed()?;
            Some(agreed.into_iter().map(|ip| SocketAddr::new(ip, port)).collect())
        });
        let earlier = EarlierRounds {
            event: self.look_schedule.has_event(),
            topology_named: self.history.topology_named(),
            steady_for: self.history.steady_for(),
            agreed_for: self.history.agreed_for(),
            failover: agreed.as_ref().is_some_and(|agreed| self.is_failover_to(agreed, &evidence)),
            moving: self.history.answer_changed() && self.look_schedule.is_watched(),
            switched: agreed.as_ref().is_some_and(|agreed| self.is_switched_to(agreed)),
            registration_proof: agreed.map_or(RegistrationProof::Unproven, |agreed| {
                self.registration_proof(&agreed, timing)
            }),
            recent: self.history.recent().clone(),
            answer_changed: self.history.answer_changed(),
            refused: self.write_log.refused_addresses().clone(),
            removed_this_round: self.removed_this_round,
            reread: self.reread,
        };
        Some(Observation {
            evidence,
            facts: self.facts.clone(),
            group: self.group.clone()?,
            targets: self.targets.clone(),
            earlier,
        })
    }
    /// What is known best of those that are wanted and present, and can serve.
    fn registration_proof(
        &self,
        agreed: &BTreeSet<SocketAddr>,
        timing: &Timing,
    ) -> RegistrationProof {
        let serving = self.targets.iter().filter(|target| {
            agreed.contains(&target.address)
                && target.is_present()
                && target.state != TargetState::Unused
        });
        let known = serving.map(|target| self.write_log.registration_proof(target.address, timing));
        known.max().unwrap_or(RegistrationProof::Unproven)
    }

    /// Whether all that could be removed in favour of an instance is what a blue/green deployment
    /// has replaced: the RDS API lists it under the name that such a one is given, and that name
    /// leads to it.
    fn is_switched_to(&self, agreed: &BTreeSet<SocketAddr>) -> bool {
        let is_instance = matches!(self.binding.source, Source::Instance(_));
        let mut others = self
            .targets
            .iter()
            .filter(|target| target.is_present() && !agreed.contains(&target.address));
        is_instance && others.all(|target| self.members.contains_key(&target.address.ip()))
    }

    /// Whether a failover to these targets was seen, and explains all that could be removed in
    /// their favour.
    ///
    /// Both keys rest on the writer's own name for *where*. Were that one name false, they would
    /// agree on an address that is nobody's, and the true writer would look like a leftover. But
    /// then it is at no other member's address.
    fn is_failover_to(&self, agreed: &BTreeSet<SocketAddr>, evidence: &Evidence) -> bool {
        let seen = self.history.topology_moved()
            || agreed.iter().any(|address| self.write_log.was_missing(*address));
        let Verdict::Agree(writer) = evidence.verdict() else {
            return seen;
        };
        let binding = &self.binding;
        let ports: BTreeSet<u16> = agreed.iter().map(SocketAddr::port).collect();
        let ours = |address: SocketAddr| {
            ports.contains(&address.port()) && binding.allow.contains(address.ip())
        };
        let mut others = self
            .targets
            .iter()
            .filter(|target| target.is_present() && !agreed.contains(&target.address))
            .map(|target| target.address)
            .filter(|address| binding.exclusive || ours(*address));
        let is_former = |address: SocketAddr| match binding.source {
            Source::Instance(_) => true,
            _ => (self.members.get(&address.ip())).is_some_and(|member| *member != writer.member),
        };
        seen && others.all(|address| is_former(address) || !Mechanism::LeftoversSettle.is_on())
    }
}
