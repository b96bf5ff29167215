//! The two gates: whether an address may be added, and whether one may be removed.

use std::time::Duration;

use super::look::Look;
use super::rules::{Admit, Alone, Changes, Expel};
use super::{Hold, KeyChange, LONGEST_SETTLE, STEADY};
use crate::evidence::MemberAt;
use crate::mechanism::Mechanism;
use crate::target::Target;

/// What stands between an address and a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Gate {
    /// Nothing.
    Open,
    /// The keys must be read once more.
    Reread,
    /// Time, or another state of the world; the hold says which.
    Wait(Hold),
    /// It is not called for.
    Never,
}

impl Look<'_> {
    /// Whether an address that is named, and not present, may be added. The keys name all of a set
    /// together, so the answer is the same for each of them.
    pub(super) fn admit(&self) -> Gate {
        if self.disagreement.is_some() {
            return match self.dns_alone() {
                Some(dns) => self.admit_by_dns_alone(dns),
                None => self.admit_by_topology_alone(),
            };
        }
        if let Some(hold) = self.trust_waits() {
            return Gate::Wait(hold);
        }
        match self.rules.admit {
            Admit::Named => Gate::Open,
            Admit::Twice if self.is_named_twice() => Gate::Open,
            Admit::Twice => Gate::Reread,
            Admit::Steady(changes) => self.admit_when_steady(changes),
        }
    }

    fn admit_by_topology_alone(&self) -> Gate {
        // A group without any target has nothing to lose. A foreign one counts: clients may be
        // using it.
        let is_backed =
            self.seen.earlier.event || (self.ours.is_empty() && self.foreign.is_empty());
        match self.rules.alone {
            Alone::TwiceWithEvent if is_backed && self.is_named_twice() => Gate::Open,
            Alone::TwiceWithEvent | Alone::Never => Gate::Never,
            Alone::Twice if self.is_named_twice() => Gate::Open,
            // The registration stays in the plan, so that the run looks on for the second reading.
            Alone::Twice => Gate::Reread,
        }
    }

    fn admit_by_dns_alone(&self, dns: &MemberAt) -> Gate {
        let is_explained = match self.seen.earlier.dns_move {
            KeyChange::None => false,
            KeyChange::Unexplained => !Mechanism::DnsAloneEvent.is_on(),
            // The event's patience may be over before DNS has stayed for long enough.
            KeyChange::AfterEvent => true,
        };
        match self.timing.settle.saturating_sub(self.seen.earlier.steady_for) {
            _ if !is_explained => Gate::Never,
            Duration::ZERO => Gate::Open,
            _ if !Mechanism::DnsAloneStays.is_on() => Gate::Open,
            left => Gate::Wait(Hold::DnsAloneWaits { dns: dns.clone(), left }),
        }
    }

    fn is_named_twice(&self) -> bool {
        self.seen.earlier.topology_named >= 2 || !Mechanism::TopologyTwice.is_on()
    }

    fn admit_when_steady(&self, changes: Changes) -> Gate {
        // The history's ages stop at the settle time, so a longer wait would never be over.
        let left = STEADY.min(self.timing.settle).saturating_sub(self.seen.earlier.steady_for);
        if left.is_zero() {
            Gate::Open
        } else if changes == Changes::Rotation && self.seen.earlier.key_change != KeyChange::None {
            Gate::Wait(Hold::Rotates(left))
        } else {
            Gate::Wait(Hold::Unsteady(left))
        }
    }

    /// Whether a target that is present may be removed, as far as the evidence goes.
    pub(super) fn expel(&self, target: &Target) -> Gate {
        let stays = self.is_named(target) || self.is_recent(target);
        // A key that disagrees, or says nothing, may be the one that is right. And while the named
        // targets get no traffic, the others may be all that serves.
        if stays || self.disagreement.is_some() || self.is_unreachable() {
            return Gate::Never;
        }
        if let Some(hold) = self.trust_waits() {
            return Gate::Wait(hold);
        }
        match self.rules.expel {
            Expel::Reread => Gate::Open,
            Expel::SettledUnlessFailover if self.is_former_writer(target) => Gate::Open,
            // The settle time here is at least twice the name's time to live
            // (`BindingRun::timing`).
            Expel::CachesExpired if self.timing.settle > LONGEST_SETTLE => {
                Gate::Wait(Hold::CachedForLong(self.timing.settle))
            }
            Expel::Contradicted => self.expel_beside_standby(target),
            // For a name, `agreed_for` is how long it has answered without a break.
            Expel::SettledUnlessFailover | Expel::CachesExpired | Expel::Settled => self.settled(),
        }
    }

    /// Whether a failover was seen and explains this target.
    ///
    /// A target at no other member's address is no former writer. Without this rule:
    ///
    /// 1. A is the writer and the target. Its own name gives C for a moment, where nobody listens.
    /// 2. Both keys take the address from that name. They agree on C, and C is registered.
    /// 3. A, the writer, looks like the former one and is removed at once.
    fn is_former_writer(&self, target: &Target) -> bool {
        let is_explained = self.seen.earlier.former.contains(&target.address.ip());
        self.seen.earlier.failover && (is_explained || !Mechanism::LeftoversSettle.is_on())
    }

    pub(super) fn settled(&self) -> Gate {
        match self.timing.settle.saturating_sub(self.seen.earlier.agreed_for) {
            Duration::ZERO => Gate::Open,
            _ if !Mechanism::Settling.is_on() => Gate::Open,
            left => Gate::Wait(Hold::Settling(left)),
        }
    }
}
