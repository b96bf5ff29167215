//! What a binding run hands to the planner: the last readings, and what the run's earlier rounds
//! add.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

use super::BindingRun;
use crate::config::Timing;
use crate::evidence::{Evidence, Verdict};
use crate::plan::{EarlierRounds, KeyChange, Observation, RegistrationProof, TrustInDns};
use crate::target::TargetState;

impl BindingRun {
    pub(super) fn observation(&self, timing: &Timing) -> Option<Observation> {
        let latest = self.history.latest()?;
        let trust = self.trust.as_ref().map_or(TrustInDns::NotGiven, |trust| trust.beside(latest));
        let is_vouched_for = trust == TrustInDns::Counts;
        let evidence = if is_vouched_for { latest.vouched_for() } else { latest.clone() };
        // If the two ports differ and must not, the planner holds before it uses what follows.
        let port = self.binding.port.or_else(|| self.facts.as_ref()?.port);
        let agreed: Option<BTreeSet<SocketAddr>> = port.and_then(|port| {
            let agreed = evidence.agreed()?;
            Some(agreed.into_iter().map(|ip| SocketAddr::new(ip, port)).collect())
        });
        let earlier = EarlierRounds {
            event: self.look_schedule.has_event(),
            topology_named: self.history.topology_named(),
            steady_for: self.history.steady_for(),
            // The person agrees with DNS for as long as it has stayed.
            agreed_for: match is_vouched_for {
                true => self.history.steady_for(),
                false => self.history.agreed_for(),
            },
            failover: agreed.as_ref().is_some_and(|agreed| self.saw_failover_to(agreed)),
            former: self.former(latest),
            // An event still explains a change after its patience is over.
            key_change: match (self.history.answer_changed(), self.look_schedule.is_watched()) {
                (false, _) => KeyChange::None,
                (true, false) => KeyChange::Unexplained,
                (true, true) => KeyChange::AfterEvent,
            },
            dns_move: match (self.dns_has_moved(latest), self.look_schedule.is_watched()) {
                (false, _) => KeyChange::None,
                (true, false) => KeyChange::Unexplained,
                (true, true) => KeyChange::AfterEvent,
            },
            trust,
            registration_proof: agreed.map_or(RegistrationProof::Unproven, |agreed| {
                self.registration_proof(&agreed, timing)
            }),
            recent: self.history.recent().clone(),
            refused: self.write_log.refused_addresses(),
            removed_this_round: self.removed_this_round,
            reread: self.reread,
        };
        Some(Observation {
            evidence,
            facts: self.facts.clone(),
            group: self.group.clone()?,
            targets: self.targets.clone(),
            standby: self.standby_seen(),
            earlier,
        })
    }

    /// What is known best of those that are wanted and present, and can serve.
    fn registration_proof(
        &self,
        agreed: &BTreeSet<SocketAddr>,
        timing: &Timing,
    ) -> RegistrationProof {
        // A target without traffic would leave the clients with nothing, however surely it is
        // registered.
        let serving = self.targets.iter().filter(|target| {
            agreed.contains(&target.address)
                && target.is_present()
                && target.state != TargetState::Unused
        });
        let known = serving.map(|target| self.write_log.registration_proof(target.address, timing));
        // One target that is known to be registered is enough to keep a group from being empty.
        known.max().unwrap_or(RegistrationProof::Unproven)
    }

    /// Whether DNS names another writer than the topology did when it could last be read, or than
    /// DNS itself did earlier in this run.
    fn dns_has_moved(&self, evidence: &Evidence) -> bool {
        let Some(dns) = evidence.dns_alone() else {
            return false;
        };
        self.history.dns_moved()
            || self.known_writer.as_ref().is_some_and(|writer| *writer != dns.member)
    }

    /// Whether a failover to these targets was seen.
    fn saw_failover_to(&self, agreed: &BTreeSet<SocketAddr>) -> bool {
        self.history.topology_moved()
            || agreed.iter().any(|address| self.write_log.was_missing(*address))
    }

    /// Where the writer's other members are or were, and what a blue/green deployment has replaced.
    fn former(&self, evidence: &Evidence) -> BTreeSet<IpAddr> {
        // While the keys disagree, no member is known to be a former writer.
        let Verdict::Agree(writer) = evidence.verdict() else {
            return BTreeSet::new();
        };
        let others = self.members.iter().filter(|(_, member)| **member != writer.member);
        others.map(|(address, _)| *address).collect()
    }
}
