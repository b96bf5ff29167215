//! The decision: what a target group needs, given what was seen.
//!
//! *Add on credible testimony; remove only on agreement.* What is wanted is a set of addresses: of
//! one where a writer is followed, of several where a set of equals is. [`plan`] is total and pure:
//! equal inputs give an equal plan. It names one step that may be taken at once, the actions that
//! will follow when what holds them has passed, and the holds themselves, each a sentence that says
//! what was left alone and why.

mod hold;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

pub use self::hold::{Hold, Weight};
use crate::config::{Binding, PortDiffers, Timing};
use crate::evidence::{Evidence, Facts, Key, Verdict};
use crate::mechanism::Mechanism;
use crate::target::{Registration, Target, TargetGroup, TargetState, Zone};
use crate::topology::Standby;

/// How long DNS must have given one address before it is credible for a source whose extra target
/// might take connections. After a failover the answer goes back and forth for 20 to 30 s
/// (aws-mysql-jdbc, issue 377), in spells shorter than this.
pub const STEADY: Duration = Duration::from_secs(10);

/// How long an agreement may be required to last at most, which is what a run can wait out. A name
/// whose answers are cached for longer than half of it never loses a target.
pub const LONGEST_SETTLE: Duration = Duration::from_secs(180);

/// One look at the world.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Observation {
    /// What the keys say now.
    pub evidence: Evidence,
    /// What the RDS API says of the source besides; absent while that cannot be read.
    pub facts: Option<Facts>,
    /// The group.
    pub group: TargetGroup,
    /// All its targets.
    pub targets: Vec<Target>,
    /// What the run's earlier looks add to this one.
    pub earlier: EarlierRounds,
}

/// What the run's earlier looks and deeds add to the present look.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EarlierRounds {
    /// An event has this source watched, because it names it, or announces a move and names nobody;
    /// its patience is not over.
    pub event: bool,
    /// How many readings of the topology in a row named the present one, 2 standing for more.
    pub topology_named: u8,
    /// For how long DNS has given the present addresses.
    pub steady_for: Duration,
    /// For how long the keys have agreed on the present addresses; for how long a name has answered
    /// without a break, where it stands for a set.
    pub agreed_for: Duration,
    /// A failover explains the group: the agreed target was not present when the run began, or the
    /// topology moved to it during the run, and the targets that would be removed are at other
    /// members' addresses.
    pub failover: bool,
    /// The keys have changed in this run, after an event.
    pub moving: bool,
    /// All that would be removed is what a blue/green deployment has replaced: the RDS API lists it
    /// under the name that such a one is given. It still accepts TCP, and its health proves
    /// nothing.
    pub switched: bool,
    /// What is known of the agreed target's registration; of a set's, what is known best.
    pub registration_proof: RegistrationProof,
    /// How long ago an answer of this run last gave each address of a name, within the settle time.
    pub recent: BTreeMap<IpAddr, Duration>,
    /// A key that named somebody has named others in this run.
    pub answer_changed: bool,
    /// What ELBv2 would not take in this run.
    pub refused: BTreeSet<SocketAddr>,
    /// A removal of this round was acknowledged.
    pub removed_this_round: bool,
    /// The keys were read again after the targets were read, and said the same.
    pub reread: bool,
}

/// What is known of a target's registration. A reading of the group may be stale, so one reading is
/// not enough to remove another target on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RegistrationProof {
    /// Nothing.
    Unproven,
    /// The last reading showed it healthy, and those before it not for long enough.
    HealthyBriefly,
    /// All readings have shown it healthy for a while, or ELBv2 acknowledged its registration in
    /// this run.
    Proven,
}

/// What to do with a target group.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Plan {
    /// What every key agrees belongs into the group; nothing where they do not, or where something
    /// stands against it.
    pub wanted: BTreeSet<SocketAddr>,
    /// The step that may be taken at once.
    pub now: Option<Step>,
    /// The actions that are called for after it, or when the holds have passed.
    pub later: Vec<Action>,
    /// What was left alone, and why.
    pub holds: Vec<Hold>,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Step {
    /// Read the keys again, after the targets: before anything is removed, and before a set's new
    /// member is added.
    Reread,
    /// Change the group.
    Do(Action),
}

/// A change of the group.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Action {
    /// Register this target.
    Register(Registration),
    /// Deregister these, in one call.
    Deregister(Vec<Target>),
}

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

impl Plan {
    /// Whether there is nothing to do, and nothing that keeps from it.
    pub fn is_clean(&self) -> bool {
        self.now.is_none() && self.later.is_empty() && self.weightiest().is_none()
    }

    /// The hold that decides how the binding ends; remarks aside.
    pub fn weightiest(&self) -> Option<&Hold> {
        let heavy = self.holds.iter().filter(|hold| hold.weight() > Weight::Remark);
        // The first of the heaviest: `max_by_key` would give the last.
        heavy.rev().max_by_key(|hold| hold.weight())
    }

    /// Whether a registration is called for that only has to wait.
    pub fn will_register(&self) -> bool {
        self.later.iter().any(|action| matches!(action, Action::Register(_)))
    }

    /// Every action that is called for.
    pub fn pending(&self) -> impl Iterator<Item = &Action> {
        let now = self.now.iter().filter_map(|step| match step {
            Step::Do(action) => Some(action),
            Step::Reread => None,
        });
        now.chain(&self.later)
    }

    /// How many registrations are called for.
    pub fn registrations(&self) -> usize {
        let is_registration = |action: &&Action| matches!(action, Action::Register(_));
        self.pending().filter(is_registration).count()
    }

    /// Every action that is called for, as text.
    pub fn actions(&self) -> Vec<String> {
        self.pending().map(ToString::to_string).collect()
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Register(registration) => write!(f, "register {}", registration.address),
            Self::Deregister(targets) => {
                f.write_str("deregister ")?;
                for (index, target) in targets.iter().enumerate() {
                    write!(f, "{}{}", if index == 0 { "" } else { ", " }, target.address)?;
                }
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests;
