//! One look at the group, sorted by what the evidence says.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

use super::port::{port_must_match, port_of, reported_port};
use super::rules::{DnsAlone, Rules};
use super::{Action, Hold, KeyChange, Observation, TrustInDns};
use crate::config::{Binding, Timing};
use crate::evidence::{MemberAt, Verdict};
use crate::mechanism::Mechanism;
use crate::target::{Registration, Target, TargetState, Zone};

/// One look at the group, sorted by what the evidence says.
pub(super) struct Look<'a> {
    pub(super) binding: &'a Binding,
    pub(super) timing: &'a Timing,
    pub(super) seen: &'a Observation,
    pub(super) rules: &'static Rules,
    /// The targets' port.
    pub(super) port: u16,
    /// Whom the keys name: all of them; or topology alone while they do not agree; or DNS alone
    /// while the RDS API cannot be read.
    pub(super) named: BTreeSet<IpAddr>,
    /// Why the keys do not agree. Nothing leaves then.
    pub(super) disagreement: Option<Hold>,
    /// Present, on the port, and inside the binding's `allow`.
    pub(super) ours: Vec<&'a Target>,
    /// Present, and on another port or outside `allow`.
    pub(super) foreign: Vec<&'a Target>,
}

/// An address that a gate is asked about.
pub(super) enum Candidate<'a> {
    /// A named address that is not present.
    Missing(SocketAddr),
    /// A target that is present.
    Present(&'a Target),
    /// The standby's address, where it is not present.
    Standby(SocketAddr),
}

impl<'a> Look<'a> {
    /// Sorts a look; fails with what keeps the targets from having a port.
    pub(super) fn new(
        binding: &'a Binding,
        timing: &'a Timing,
        seen: &'a Observation,
    ) -> Result<Self, Hold> {
        let port = port_of(binding, seen.facts.as_ref()).map_err(|hold| why_silent(seen, hold))?;
        let is_ours = |target: &&Target| {
            target.address.port() == port && binding.allow.contains(target.address.ip())
        };
        let present = seen.targets.iter().filter(|target| target.is_present());
        let (ours, foreign) = present.partition(is_ours);
        let rules = Rules::of(&seen.evidence, seen.facts.as_ref(), binding.standby);
        let by_topology = || Some(seen.evidence.by_topology()?.into_keys().collect());
        let by_dns_alone = || Some([dns_alone(rules, seen)?.address].into());
        let named = seen.evidence.agreed().or_else(by_topology).or_else(by_dns_alone);
        Ok(Self {
            binding,
            timing,
            seen,
            rules,
            port,
            named: named.unwrap_or_default(),
            disagreement: disagreement(seen),
            ours,
            foreign,
        })
    }

    /// What all keys agree on.
    pub(super) fn wanted(&self) -> BTreeSet<SocketAddr> {
        let agreed = self.named.iter().filter(|_| self.disagreement.is_none());
        agreed.map(|ip| SocketAddr::new(*ip, self.port)).collect()
    }

    /// Every address that something may be done about: what is missing, then what is present and
    /// the binding's to remove.
    ///
    /// What ELBv2 refused comes last, so that one member that it will not take keeps no other out.
    pub(super) fn candidates(&self) -> Vec<Candidate<'a>> {
        let mut missing = self.missing();
        missing.sort_by_key(|address| self.seen.earlier.refused.contains(address));
        let foreign = self.foreign.iter().filter(|_| self.binding.exclusive);
        let present = self.ours.iter().chain(foreign);
        let missing = missing.into_iter().map(Candidate::Missing);
        let present = present.map(|target| Candidate::Present(target));
        missing.chain(present).chain(self.standby().map(Candidate::Standby)).collect()
    }

    /// The named addresses at which no target is present. A draining target does not count, so it
    /// is registered again.
    fn missing(&self) -> Vec<SocketAddr> {
        let named = self.named.iter().map(|ip| SocketAddr::new(*ip, self.port));
        named.filter(|named| self.ours.iter().all(|target| target.address != *named)).collect()
    }

    /// Whether a target is at a named address, on the port.
    pub(super) fn is_named(&self, target: &Target) -> bool {
        self.named.contains(&target.address.ip()) && target.address.port() == self.port
    }

    /// Whether the name gave a target's address within the settle time, and may give it again: an
    /// answer can hold a part of the addresses.
    pub(super) fn is_recent(&self, target: &Target) -> bool {
        self.seen.earlier.recent.contains_key(&target.address.ip())
            && target.address.port() == self.port
    }

    /// The named targets that are present.
    pub(super) fn kept(&self) -> impl Iterator<Item = &'a Target> {
        self.ours.iter().copied().filter(|target| self.is_named(target))
    }

    /// A named target to which the load balancer sends traffic, as soon as it is healthy.
    pub(super) fn serving(&self) -> Option<&'a Target> {
        self.kept().find(|target| target.state != TargetState::Unused)
    }

    /// Whether all that is named is present, and the load balancer sends it no traffic. The others
    /// are then all that serves.
    pub(super) fn is_unreachable(&self) -> bool {
        self.missing().is_empty() && self.serving().is_none() && self.kept().next().is_some()
    }

    /// The holds that concern the look as a whole, before any gate is asked.
    pub(super) fn remarks(&self) -> Vec<Hold> {
        // Before what it is about: the first of equally heavy holds decides how the binding ends.
        let trust = void_trust(self.seen).or_else(|| self.on_trust());
        if let Some(disagreement) = &self.disagreement {
            // The other remarks are about the addresses that all keys name.
            let disagreement = [disagreement.clone()].into_iter().chain(self.on_dns_alone());
            return trust.into_iter().chain(disagreement).collect();
        }
        // While the named targets get no traffic, no other leaves, however long ago it was given.
        let recent = || self.recently_given().filter(|_| !self.is_unreachable());
        trust.into_iter().chain(self.without_traffic()).chain(recent()).collect()
    }

    /// That DNS's word was taken.
    fn on_trust(&self) -> Option<Hold> {
        let dns = self.vouched_for()?;
        self.trust_waits().is_none().then(|| Hold::OnTrust(dns.clone()))
    }

    /// What a person's trust in DNS waits for: that DNS has stayed for the settle time. Without it:
    ///
    /// 1. A is the writer and the target. The RDS API is away.
    /// 2. A person takes B, a reader, for the writer. DNS names B for a moment.
    /// 3. B is registered.
    pub(super) fn trust_waits(&self) -> Option<Hold> {
        let (dns, steady) = (self.vouched_for()?, self.seen.earlier.steady_for);
        let waits = steady < self.timing.settle && Mechanism::TrustStays.is_on();
        waits.then(|| Hold::TrustWaits { dns: dns.clone(), steady, settle: self.timing.settle })
    }

    /// The member that DNS names and a person vouches for.
    fn vouched_for(&self) -> Option<&'a MemberAt> {
        let counts = self.seen.earlier.trust == TrustInDns::Counts;
        self.seen.evidence.dns()?.as_ref().ok().filter(|_| counts)
    }

    /// A target that DNS alone names, after a move that the RDS API could not confirm.
    fn on_dns_alone(&self) -> Option<Hold> {
        let dns = self.dns_alone().filter(|_| self.seen.earlier.dns_move != KeyChange::None)?;
        self.missing().is_empty().then(|| Hold::OnDnsAlone(dns.clone()))
    }

    /// Whom DNS names while the RDS API cannot be read, where that counts.
    pub(super) fn dns_alone(&self) -> Option<&'a MemberAt> {
        dns_alone(self.rules, self.seen)
    }

    fn without_traffic(&self) -> Option<Hold> {
        let unused = self.kept().find(|target| target.state == TargetState::Unused)?;
        Some(if self.seen.group.in_use {
            Hold::ZoneNotEnabled(unused.address)
        } else {
            Hold::GroupNotInUse
        })
    }

    /// A target that the name gave a moment ago may be gone for good, so the group is not in sync
    /// before the address has come back or the target has left.
    fn recently_given(&self) -> Option<Hold> {
        let gone = self.ours.iter().filter(|target| !self.is_named(target));
        let ages = gone.filter_map(|target| self.seen.earlier.recent.get(&target.address.ip()));
        // The one that was given longest ago is the next that may leave.
        Some(Hold::Settling(self.timing.settle.saturating_sub(*ages.max()?)))
    }

    /// What is left alone because it is not the binding's.
    pub(super) fn left_alone(&self) -> Vec<Hold> {
        let foreign = self.foreign.iter().filter(|_| !self.binding.exclusive);
        foreign.map(|target| self.why_foreign(target)).collect()
    }

    fn why_foreign(&self, target: &Target) -> Hold {
        // Keys that disagree do not say which address is the database's own.
        let is_own = self.disagreement.is_none() && self.named.contains(&target.address.ip());
        match reported_port(self.binding, self.seen.facts.as_ref()) {
            Some(port) if is_own && port_must_match(self.binding) => {
                Hold::FormerPort { target: target.address, port }
            }
            _ => Hold::Foreign(target.address),
        }
    }

    /// ELBv2 finds the zone of an address inside the group's VPC, and expects `all` for one outside
    /// it (botocore elbv2 2015-12-01, `TargetDescription.AvailabilityZone`).
    pub(super) fn register(&self, address: SocketAddr) -> Action {
        let database = self.seen.facts.as_ref().and_then(|facts| facts.vpc.as_ref());
        let is_outside =
            matches!((database, &self.seen.group.vpc), (Some(db), Some(group)) if db != group);
        // RDS reports no VPC of a `dns/` source, so the binding says it.
        let zone = (is_outside || self.binding.outside_vpc).then(Zone::all);
        Action::Register(Registration { address, zone })
    }
}

fn dns_alone<'a>(rules: &Rules, seen: &'a Observation) -> Option<&'a MemberAt> {
    seen.evidence.dns_alone().filter(|_| rules.dns_alone == DnsAlone::MovedAndStayed)
}

/// That a person's trust in DNS does not count.
pub(super) fn void_trust(seen: &Observation) -> Option<Hold> {
    match &seen.earlier.trust {
        TrustInDns::Void(void) => Some(Hold::TrustVoid(void.clone())),
        TrustInDns::NotGiven | TrustInDns::Counts => None,
    }
}

/// Why there is no plan without a port. A key that says nothing is the earlier reason.
fn why_silent(seen: &Observation, hold: Hold) -> Hold {
    match seen.evidence.verdict() {
        Verdict::Unknown(unknown) => Hold::Unknown(unknown.clone()),
        Verdict::Agree(_) | Verdict::Listed(_) | Verdict::Disagree { .. } => hold,
    }
}

/// Why the keys do not agree.
fn disagreement(seen: &Observation) -> Option<Hold> {
    match seen.evidence.verdict() {
        Verdict::Agree(_) | Verdict::Listed(_) => None,
        Verdict::Disagree { topology, dns } => Some(Hold::KeysDisagree {
            topology: topology.clone(),
            dns: dns.clone(),
            moving: seen.earlier.key_change == KeyChange::AfterEvent,
        }),
        Verdict::Unknown(unknown) => Some(Hold::Unknown(unknown.clone())),
    }
}
