//! The planner that the other is compared with.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::*;
use crate::config::{Binding, PortDiffers, Timing};
use crate::evidence::{Evidence, Facts, Key, Verdict};
use crate::mechanism::Mechanism;
use crate::target::{Registration, Target, TargetState, Zone};
use crate::topology::Standby;

/// Decides. See the module's own page.
pub fn plan(binding: &Binding, timing: &Timing, seen: &Observation) -> Plan {
    let reported = reported_port(binding, seen.facts.as_ref());
    let port = match port_of(binding, seen.facts.as_ref(), reported) {
        Ok(port) => port,
        Err(hold) => {
            let hold = match seen.evidence.verdict() {
                Verdict::Unknown(unknown) => Hold::Unknown(unknown.clone()),
                Verdict::Agree(_) | Verdict::Listed(_) | Verdict::Disagree { .. } => hold,
            };
            return Plan { holds: vec![hold], ..Plan::default() };
        }
    };
    let is_ours = |target: &&Target| {
        target.address.port() == port && binding.allow.contains(target.address.ip())
    };
    let (ours, foreign): (Vec<&Target>, Vec<&Target>) =
        seen.targets.iter().filter(|target| target.is_present()).partition(is_ours);
    let case = Case { binding, timing, seen, port, ours, foreign };

    let mut plan = match seen.evidence.verdict() {
        Verdict::Agree(member_at) => case.agreed(&[member_at.address].into()),
        Verdict::Listed(listing) => case.agreed(&listing.listed.keys().copied().collect()),
        Verdict::Disagree { topology, dns } => case.undecided(Hold::KeysDisagree {
            topology: topology.clone(),
            dns: dns.clone(),
            moving: seen.earlier.moving,
        }),
        Verdict::Unknown(unknown) => case.undecided(Hold::Unknown(unknown.clone())),
    };
    if !binding.exclusive {
        let is_own =
            |target: &Target| plan.wanted.iter().any(|wanted| wanted.ip() == target.address.ip());
        let left_alone = case.foreign.iter().map(|target| match reported {
            Some(port) if is_own(target) && port_must_match(binding) => {
                Hold::FormerPort { target: target.address, port }
            }
            _ => Hold::Foreign(target.address),
        });
        let left_alone: Vec<Hold> = left_alone.collect();
        plan.holds.extend(left_alone);
    }
    plan
}

/// The port that RDS reports of a database. A proxy's is that of its engine family, and no field of
/// the API.
fn reported_port(binding: &Binding, facts: Option<&Facts>) -> Option<u16> {
    facts.filter(|_| binding.source.is_database())?.port
}

/// Whether the binding accepts only the port that RDS reports.
fn port_must_match(binding: &Binding) -> bool {
    binding.port_differs == PortDiffers::Held
}

/// The port of the targets: the binding's, or else the database's own.
///
/// A written port that RDS does not report is one on which nobody listens, unless the binding says
/// that it is meant:
///
/// 1. A template has `port = 5432` as its default, and the database is MySQL's, on 3306.
/// 2. The writer is registered on 5432, and what is right, on 3306, is another port's and left
///    alone, or removed.
fn port_of(binding: &Binding, facts: Option<&Facts>, reported: Option<u16>) -> Result<u16, Hold> {
    match (binding.port, reported) {
        (Some(written), Some(reported))
            if written != reported
                && port_must_match(binding)
                && Mechanism::PortDiffersHolds.is_on() =>
        {
            Err(Hold::PortDiffers { written, reported })
        }
        (Some(written), _) => Ok(written),
        (None, _) => facts.and_then(|facts| facts.port).ok_or(Hold::NoPort),
    }
}

/// A look, sorted: the present targets that are this binding's, and those that are not.
struct Case<'a> {
    binding: &'a Binding,
    timing: &'a Timing,
    seen: &'a Observation,
    port: u16,
    ours: Vec<&'a Target>,
    foreign: Vec<&'a Target>,
}

impl Case<'_> {
    /// This is where every key says that the source is.
    fn agreed(&self, addresses: &BTreeSet<IpAddr>) -> Plan {
        let mut plan = Plan {
            wanted: addresses.iter().map(|ip| SocketAddr::new(*ip, self.port)).collect(),
            ..Plan::default()
        };
        let is_wanted =
            |target: &&&Target| addresses.contains(&target.address.ip()) && self.is_on_port(target);
        let kept: Vec<&Target> = self.ours.iter().filter(is_wanted).copied().collect();
        let missing = self.missing(addresses);
        let unused = kept.iter().find(|target| target.state == TargetState::Unused);
        let serving = kept.iter().find(|target| target.state != TargetState::Unused);
        if let Some(unused) = unused {
            plan.holds.push(if self.seen.group.in_use {
                Hold::ZoneNotEnabled(unused.address)
            } else {
                Hold::GroupNotInUse
            });
            if serving.is_none() && missing.is_empty() {
                return plan;
            }
        }
        // What a name gave a moment ago it may give again: an answer can hold a part of what there
        // is.
        let recent = &self.seen.earlier.recent;
        let spared: BTreeSet<IpAddr> = addresses.iter().chain(recent.keys()).copied().collect();
        let mut others = self.others(&spared);
        // It may be gone for good, so that this is not in sync before it has come back or has left.
        let gone = self.ours.iter().map(|target| target.address.ip());
        let gone = gone.filter(|ip| !addresses.contains(ip)).filter_map(|ip| recent.get(&ip));
        if let Some(age) = gone.max() {
            plan.holds.push(Hold::Settling(self.timing.settle.saturating_sub(*age)));
        }
        if let Some(hold) = self.too_many(&others) {
            plan.holds.push(hold);
            others.clear();
        }
        match (missing.first(), serving) {
            (Some(_), _) if !others.is_empty() && !Mechanism::RegisterFirst.is_on() => {
                plan.now = Some(Step::Do(Action::Deregister(others)));
            }
            (Some(first), _) => {
                match self.admission_wait() {
                    None => plan.now = Some(Step::Do(self.register(*first))),
                    Some(AdmissionWait::Unread) => plan.now = Some(Step::Reread),
                    Some(AdmissionWait::Unsteady(left)) => plan.holds.push(self.unsteady(left)),
                }
                let begun = usize::from(matches!(plan.now, Some(Step::Do(_))));
                plan.later.extend(missing[begun..].iter().map(|address| self.register(*address)));
                plan.later.extend((!others.is_empty()).then_some(Action::Deregister(others)));
            }
            (None, Some(serving)) if !others.is_empty() => {
                self.remove(serving, kept.len(), others, &mut plan)
            }
            (None, _) => {}
        }
        plan
    }

    /// The others are to leave, while all that is wanted is present, and this target of it serves.
    fn remove(&self, serving: &Target, kept: usize, mut others: Vec<Target>, plan: &mut Plan) {
        let earlier = &self.seen.earlier;
        match self.obstacle(serving, &others) {
            Some(hold) => plan.holds.push(hold),
            None if earlier.registration_proof == RegistrationProof::Unproven
                && Mechanism::RegistrationProof.is_on() =>
            {
                // What is listed only once is not registered, not even again.
                plan.now = Some(match self.admission_wait() {
                    Some(AdmissionWait::Unread) => Step::Reread,
                    Some(AdmissionWait::Unsteady(_)) | None => {
                        Step::Do(self.register(serving.address))
                    }
                });
            }
            None if !earlier.reread && Mechanism::Reread.is_on() => plan.now = Some(Step::Reread),
            None => {
                let most = match self.seen.evidence {
                    Evidence::Set { .. } => (kept + others.len()).div_ceil(2),
                    Evidence::Cluster { .. } | Evidence::Instance { .. } => others.len(),
                };
                let next_round = others.split_off(most.min(others.len()));
                plan.now = Some(Step::Do(Action::Deregister(others)));
                others = next_round;
            }
        }
        plan.later.extend((!others.is_empty()).then_some(Action::Deregister(others)));
    }

    /// The keys do not agree, so nothing is removed; what one of them says may still be credible
    /// enough to add.
    fn undecided(&self, hold: Hold) -> Plan {
        let mut plan = Plan { holds: vec![hold], ..Plan::default() };
        let Some(named) = self.seen.evidence.by_topology() else {
            return plan;
        };
        let earlier = &self.seen.earlier;
        // The event is the second witness. Without one, a wrong extra reader would take half of the
        // new connections, so topology alone suffices only where there is nothing to lose, and for
        // a set of equals.
        let suffices = earlier.event
            || matches!(self.seen.evidence, Evidence::Set { .. })
            || (self.ours.is_empty() && self.foreign.is_empty());
        let credible =
            (earlier.topology_named >= 2 || !Mechanism::TopologyTwice.is_on()) && suffices;
        let missing = self.missing(&named.into_keys().collect());
        match missing.split_first() {
            Some((first, more)) if credible => {
                plan.now = Some(Step::Do(self.register(*first)));
                plan.later.extend(more.iter().map(|address| self.register(*address)));
            }
            // They wait for a second reading, which must be made.
            Some(_) if suffices && matches!(self.seen.evidence, Evidence::Set { .. }) => {
                plan.later.extend(missing.iter().map(|address| self.register(*address)));
            }
            _ => {}
        }
        plan
    }

    /// What stands against removing others while all that is wanted is present.
    fn obstacle(&self, target: &Target, removals: &[Target]) -> Option<Hold> {
        let earlier = &self.seen.earlier;
        let settling = || {
            let left = self.timing.settle.saturating_sub(earlier.agreed_for);
            (!left.is_zero() && Mechanism::Settling.is_on()).then_some(Hold::Settling(left))
        };
        let hold = match &self.seen.evidence {
            // A reader accepts TCP, so a cluster's target health proves nothing, and waiting for it
            // would leave writes on a reader.
            Evidence::Cluster { .. } if earlier.failover => None,
            Evidence::Cluster { .. } => settling(),
            Evidence::Instance { .. } if earlier.switched => settling(),
            Evidence::Instance { .. } => {
                let is_new = |other: &&Target| {
                    other.state == TargetState::Initial && Mechanism::InitialHolds.is_on()
                };
                let initial = removals.iter().find(is_new);
                match (&target.state, initial) {
                    (TargetState::Healthy, None) => settling(),
                    (TargetState::Initial, _) => Some(Hold::Initial(target.address)),
                    (TargetState::Healthy, Some(other)) => Some(Hold::Initial(other.address)),
                    (state, _) => Some(Hold::NotHealthy(target.address, state.clone())),
                }
            }
            Evidence::Set { .. }
                if earlier.removed_this_round && Mechanism::HalfPerRound.is_on() =>
            {
                Some(Hold::HalfPerRound)
            }
            // Who has left is not listed twice: before the targets were read, and after
            // (`Step::Reread`).
            Evidence::Set { key: Key::Topology, .. } => None,
            Evidence::Set { key: Key::Dns, .. } if self.timing.settle > LONGEST_SETTLE => {
                Some(Hold::CachedForLong(self.timing.settle))
            }
            Evidence::Set { key: Key::Dns, .. } => settling(),
        };
        let briefly = earlier.registration_proof == RegistrationProof::HealthyBriefly
            && Mechanism::SeenForLong.is_on();
        hold.or_else(|| briefly.then_some(Hold::SeenBriefly(target.address)))
    }

    fn too_many(&self, removals: &[Target]) -> Option<Hold> {
        let most = self.binding.max_removals;
        (removals.len() > most).then_some(Hold::TooManyRemovals { count: removals.len(), most })
    }

    /// Everything that this binding may remove, but for what is wanted.
    fn others(&self, wanted: &BTreeSet<IpAddr>) -> Vec<Target> {
        let foreign = self.foreign.iter().filter(|_| self.binding.exclusive);
        self.ours
            .iter()
            .chain(foreign)
            .filter(|target| !(wanted.contains(&target.address.ip()) && self.is_on_port(target)))
            .map(|t| (*t).clone())
            .collect()
    }

    /// What is wanted and not present; what ELBv2 would not take comes last.
    fn missing(&self, wanted: &BTreeSet<IpAddr>) -> Vec<SocketAddr> {
        let mut missing: Vec<SocketAddr> = wanted
            .iter()
            .map(|address| SocketAddr::new(*address, self.port))
            .filter(|wanted| !self.ours.iter().any(|target| target.address == *wanted))
            .collect();
        missing.sort_by_key(|address| self.seen.earlier.refused.contains(address));
        missing
    }

    /// DNS does not stand still. A name that gives a set and moves while nobody has told of a
    /// failover goes on so.
    fn unsteady(&self, left: Duration) -> Hold {
        let rotates =
            matches!(self.seen.evidence, Evidence::Set { .. }) && self.seen.earlier.answer_changed;
        if rotates { Hold::Rotates(left) } else { Hold::Unsteady(left) }
    }

    fn is_on_port(&self, target: &Target) -> bool {
        target.address.port() == self.port
    }

    /// What is still wanting before the agreed addresses are credible.
    fn admission_wait(&self) -> Option<AdmissionWait> {
        let earlier = &self.seen.earlier;
        let unsteady = || {
            let left = STEADY.min(self.timing.settle).saturating_sub(earlier.steady_for);
            (!left.is_zero()).then_some(AdmissionWait::Unsteady(left))
        };
        let harmless = |facts: &Facts| facts.standby != Standby::Unknown;
        match &self.seen.evidence {
            Evidence::Cluster { .. } => None,
            Evidence::Instance { .. } | Evidence::Set { key: Key::Dns, .. }
                if self.seen.facts.as_ref().is_some_and(harmless) =>
            {
                None
            }
            Evidence::Set { key: Key::Topology, .. } => {
                let unread = earlier.topology_named < 2 && Mechanism::TopologyTwice.is_on();
                unread.then_some(AdmissionWait::Unread)
            }
            Evidence::Instance { .. } | Evidence::Set { key: Key::Dns, .. } => unsteady(),
        }
    }

    /// ELBv2 finds the zone of an address inside the group's VPC, and wants to hear `all` for one
    /// outside it (botocore elbv2 2015-12-01, `TargetDescription.AvailabilityZone`).
    fn register(&self, address: SocketAddr) -> Action {
        let database = self.seen.facts.as_ref().and_then(|facts| facts.vpc.as_ref());
        let outside =
            matches!((database, &self.seen.group.vpc), (Some(db), Some(group)) if db != group);
        Action::Register(Registration {
            address,
            zone: (outside || self.binding.outside_vpc).then(Zone::all),
        })
    }
}

/// What is still wanting before an agreed address is credible.
enum AdmissionWait {
    /// A second reading.
    Unread,
    /// Time.
    Unsteady(Duration),
}
