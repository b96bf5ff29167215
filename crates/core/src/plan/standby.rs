//! A warm binding's standby: when its address is added, and what leaves beside it.

use std::net::SocketAddr;
use std::time::Duration;

use super::gate::Gate;
use super::hold::StandbyRemark;
use super::look::Look;
use super::{Hold, KeyChange, StandbySeen};
use crate::config::StandbyMode;
use crate::mechanism::Mechanism;
use crate::standby::{Proof, StandbyReading};
use crate::target::{Target, TargetState};

/// What is left of a wait that the next reading of the targets may end.
const NEXT_READING: Duration = Duration::from_secs(1);

impl Look<'_> {
    /// Whether the standby's address is to be registered too.
    pub(super) fn is_warm(&self) -> bool {
        self.binding.standby == StandbyMode::Warm
    }

    /// The last reading of the standby.
    fn standby_reading(&self) -> Option<&StandbyReading> {
        let StandbySeen { before, after, .. } = &self.seen.standby;
        after.as_deref().or(before.as_deref())
    }

    /// Where the standby is, if that is proven and no target is there.
    pub(super) fn standby(&self) -> Option<SocketAddr> {
        let proven = self.standby_reading().filter(|_| self.is_warm())?.proof.address()?;
        let address = SocketAddr::new(proven, self.port);
        let is_present = self.ours.iter().any(|target| target.address == address);
        (!is_present && self.disagreement.is_none()).then_some(address)
    }

    /// Whether the standby's address may be added, while nothing else is to be done.
    ///
    /// Everything must have been in place in the sweep before, too. Without that:
    ///
    /// 1. EC2 is late by a moment: it still lists B, which was the standby's until its host was
    ///    replaced, and another database gets the address.
    /// 2. B is registered, and a part of the connections reaches the other database.
    pub(super) fn admit_standby(&self, address: SocketAddr) -> Gate {
        let seen = &self.seen.standby;
        let is_in_place = self.is_in_place(address);
        let is_twice = seen.seen_before == Some(address.ip()) || !Mechanism::TwoSweeps.is_on();
        let may = is_in_place && is_twice && !self.seen.earlier.refused.contains(&address);
        match self.seen.earlier.reread {
            _ if !may => Gate::Never,
            // The interfaces were read again with the keys.
            true if seen.after.is_some() => Gate::Open,
            true => Gate::Never,
            false => Gate::Reread,
        }
    }

    /// Whether the writer's target is healthy, and the group can hold the standby's.
    fn is_in_place(&self, address: SocketAddr) -> bool {
        let seen = &self.seen.standby;
        let is_healthy =
            self.serving().is_some_and(|serving| serving.state == TargetState::Healthy);
        let is_safe = seen
            .safety
            .as_ref()
            .is_some_and(|read| read.as_ref().is_ok_and(std::collections::BTreeSet::is_empty));
        is_healthy
            && is_safe
            && self.binding.allow.contains(address.ip())
            && seen.barred != Some(address.ip())
    }

    /// Whether a target that is not the writer's may be removed from a warm binding's group.
    pub(super) fn expel_beside_standby(&self, target: &Target) -> Gate {
        // A standby's target is on the writer's port.
        if target.address.port() != self.port || !Mechanism::StandbyIsSpared.is_on() {
            return self.settled();
        }
        let settle = self.timing.settle;
        let beside = self.seen.standby.beside.get(&target.address).copied();
        let takes_connections =
            beside.is_some_and(|age| age >= settle) && Mechanism::BesideLeaves.is_on();
        let says = |reading: &StandbyReading| {
            reading.contradicts(target.address.ip()) || (takes_connections && reading.is_complete())
        };
        let StandbySeen { before, after, .. } = &self.seen.standby;
        match (before.as_deref().map(says), after.as_deref().map(says)) {
            (Some(true), _) | (_, Some(true)) if !Mechanism::ContradictedTwice.is_on() => {
                self.settled()
            }
            (Some(true), Some(true)) => self.settled(),
            // The second reading follows with the keys, before the removal.
            (Some(true), None) if !self.seen.earlier.reread => self.settled(),
            (None, Some(true)) => {
                // The next reading of the targets comes after this one of the interfaces.
                let left = settle.saturating_sub(self.seen.earlier.agreed_for);
                Gate::Wait(Hold::Settling(left.max(NEXT_READING)))
            }
            _ => self.waits_beside(self.standby_reading(), beside),
        }
    }

    /// A target that is healthy beside the healthy writer is no standby, if it stays so.
    fn waits_beside(&self, reading: Option<&StandbyReading>, beside: Option<Duration>) -> Gate {
        let earlier = &self.seen.earlier;
        match (reading, beside) {
            (Some(reading), Some(beside))
                if reading.is_complete()
                    && beside < self.timing.settle
                    && !earlier.event
                    && earlier.key_change == KeyChange::None
                    && Mechanism::BesideLeaves.is_on() =>
            {
                Gate::Wait(Hold::Settling(self.timing.settle.saturating_sub(beside)))
            }
            _ => Gate::Never,
        }
    }

    /// Why the standby's address is not registered.
    pub(super) fn standby_remark(&self) -> Option<Hold> {
        let reading = self.standby_reading().filter(|_| self.is_warm())?;
        let seen = &self.seen.standby;
        let remark = match (&reading.proof, self.standby()) {
            (Proof::Proven(_), None) => return None,
            (Proof::Proven(address), Some(_)) if !self.binding.allow.contains(*address) => {
                StandbyRemark::NotAllowed(*address)
            }
            (Proof::Proven(address), Some(_)) if seen.barred == Some(*address) => {
                StandbyRemark::TakesConnections(*address)
            }
            (Proof::Proven(_), Some(_)) => match seen.safety.as_ref()? {
                Ok(found) if found.is_empty() => return None,
                Ok(found) => StandbyRemark::Unsafe(found.clone()),
                Err(error) => StandbyRemark::Unproven(Proof::Unproven(error.clone())),
            },
            (proof @ Proof::NotFound(_), _) => StandbyRemark::NotFound(proof.clone()),
            (proof @ Proof::Ambiguous(_), _) => StandbyRemark::Ambiguous(proof.clone()),
            (proof @ Proof::Unproven(_), _) => StandbyRemark::Unproven(proof.clone()),
            (proof @ Proof::Refused(_), _) => StandbyRemark::Refused(proof.clone()),
        };
        Some(Hold::Standby(remark))
    }
}
