//! Checks what happened against the promises of `docs/semantics.md`.
//!
//! What was promised, and to which excuse, is written here and nowhere else. The judge uses the
//! answers that each run received and what is true in the region; it never asks the planner.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use writerlink_core::config::Timing;
use writerlink_core::ports::LONGEST_WRITE;
use writerlink_core::report::{BindingReport, KeyReport, Report, Status};
use writerlink_core::source::Source;
use writerlink_core::target::{Registration, Target};

use super::begin::FORGED_ADDRESS;
use super::record::{Record, View};
use super::setting::Bound;
use crate::world::dns::TTL;

/// A promise that was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The promise, as `docs/semantics.md` numbers it.
    pub promise: &'static str,
    /// When, since the world began.
    pub at: Duration,
    /// What happened.
    pub text: String,
}

/// Something that happened and is not promised: each with the reason why it is excused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Excuse {
    /// A group was emptied while two runs were alive.
    EmptiedByTwoRuns,
    /// A group was emptied when a write of a killed run landed late.
    EmptiedByLateWrite,
    /// A group was emptied on a reading of the targets that lagged behind another run's removal.
    EmptiedOnStaleReading,
    /// The writer was removed, because both keys named another one.
    RemovedOnFalseKeys,
    /// The writer was removed, because DNS lied about the writer's own name: the RDS API named the
    /// right instance, and both keys take its address from that same name.
    RemovedOnFalseName,
    /// The writer was removed, because it became the writer after the keys were read.
    RemovedAfterFailover,
    /// A member of a set was removed, because its key no longer listed it.
    MemberRemoved,
    /// More stale targets gathered than the binding lets a run remove.
    TooManyToRemove,
}

impl Excuse {
    /// What it is called in a report.
    pub fn words(self) -> &'static str {
        match self {
            Excuse::EmptiedByTwoRuns => "groups emptied by two runs at once",
            Excuse::EmptiedByLateWrite => "groups emptied by a late write of a killed run",
            Excuse::EmptiedOnStaleReading => {
                "groups emptied on a stale reading of another run's removal"
            }
            Excuse::RemovedOnFalseKeys => "writers removed while every key named another member",
            Excuse::RemovedOnFalseName => {
                "writers removed on a false answer for the writer's own name, on which both keys \
                 depend"
            }
            Excuse::RemovedAfterFailover => {
                "members removed that became the writer after the keys were read"
            }
            Excuse::MemberRemoved => "set members removed that their key no longer listed",
            Excuse::TooManyToRemove => "groups left with more stale targets than `max-removals`",
        }
    }
}

/// For how long a name must have given an address before it is registered in a set.
const STEADY: Duration = Duration::from_secs(10);

/// How long two answers of a name may be kept by caches, one after the other.
const TWO_ANSWERS: Duration = Duration::from_secs(2 * TTL as u64);

/// What was found.
#[derive(Default)]
pub(super) struct Judge {
    pub(super) violations: Vec<Violation>,
    pub(super) excuses: BTreeMap<Excuse, u32>,
}

/// How many violations of one history are kept.
const KEPT: usize = 10;

impl Judge {
    pub(super) fn accuse(&mut self, promise: &'static str, at: Duration, text: String) {
        if self.violations.len() < KEPT {
            self.violations.push(Violation { promise, at, text });
        }
    }

    pub(super) fn excuse(&mut self, excuse: Excuse) {
        *self.excuses.entry(excuse).or_default() += 1;
    }

    /// A registration is sent.
    pub(super) fn registers(
        &mut self,
        record: &Record,
        index: usize,
        bound: &Bound,
        target: &Registration,
        context: &WriteContext<'_>,
    ) {
        let at = context.now;
        let name = &bound.link.name;
        let (view, address) = (&record.views[index], target.address);
        if !bound.allows(address.ip()) || address.ip() == IpAddr::from(FORGED_ADDRESS) {
            self.accuse(
                "S3",
                at,
                format!("{name}: {address} is registered, although `allow` does not cover it"),
            );
        }
        if address.port() != bound.link.port || !bound.managed {
            self.accuse("S5", at, format!("{name}: {address} must not be registered"));
        }
        let keys = view.keys();
        if let Some(reason) = why_not_credible(record, index, bound, address.ip(), context) {
            self.accuse(
                "S3",
                at,
                format!("{name}: {address} is registered, {reason}; the keys named {keys:?}"),
            );
        }
        self.writes(record, index, bound, at);
    }

    /// A removal is sent.
    pub(super) fn deregisters(
        &mut self,
        record: &Record,
        index: usize,
        bound: &Bound,
        targets: &[Target],
        context: &WriteContext<'_>,
    ) {
        let at = context.now;
        let name = &bound.link.name;
        let view = &record.views[index];
        let keys = view.keys();
        let removed: Vec<SocketAddr> = targets.iter().map(|target| target.address).collect();
        let Some(agreed) = keys.agreed(bound) else {
            return self.accuse(
                "S4",
                at,
                format!("{name}: {removed:?} are removed while the keys named {keys:?}"),
            );
        };
        let (read, present) = match &view.targets {
            Some(reading) => (reading.ended, reading.present.as_slice()),
            None => (Duration::MAX, [].as_slice()),
        };
        let stays = |target: &SocketAddr| present.contains(target) && !removed.contains(target);
        if !agreed.iter().all(stays) {
            self.accuse(
                "S1",
                at,
                format!("{name}: {removed:?} are removed, and {agreed:?} is not a lasting target"),
            );
        }
        if !agreed.iter().any(|target| view.is_sure_of(*target)) {
            self.accuse(
                "S7",
                at,
                format!(
                    "{name}: {removed:?} are removed, and {agreed:?} is not known to be registered"
                ),
            );
        }
        // An instance's one key is its name; the RDS API is read anew all the same.
        if view.asked_at().is_none_or(|(topology, names)| topology < read || names < read) {
            self.accuse(
                "S7",
                at,
                format!(
                    "{name}: {removed:?} are removed on keys that were read before the targets"
                ),
            );
        }
        let may = |target: &&SocketAddr| {
            present.contains(target) && (bound.exclusive || bound.owns(**target))
        };
        if !bound.managed
            || removed.len() > bound.max_removals
            || !removed.iter().all(|target| may(&target))
        {
            self.accuse("S5", at, format!("{name}: {removed:?} must not be removed"));
        }
        // What is on another port was never a standby.
        if bound.is_warm() && removed.iter().any(|target| target.port() == bound.link.port) {
            self.removes_beside_standby(record, bound, &agreed, &removed, read, context);
        }
        if bound.is_set() {
            let removable = present.iter().filter(|target| may(target)).count();
            self.takes_from_set(view, bound, &removed, removable, context);
        }
        self.writes(record, index, bound, at);
    }

    /// A removal from a warm binding's group is sent: not of the standby (W2), and nothing without
    /// readings of the network interfaces before and after the targets were read (W4).
    fn removes_beside_standby(
        &mut self,
        record: &Record,
        bound: &Bound,
        agreed: &BTreeSet<SocketAddr>,
        removed: &[SocketAddr],
        read: Duration,
        context: &WriteContext<'_>,
    ) {
        let (at, name) = (context.now, &bound.link.name);
        let answered = |(_, is_answered): &&(Duration, bool)| *is_answered;
        let last = record.interfaces.last().filter(answered);
        let readings = record.interfaces.iter().filter(answered).count();
        if readings < 2 || last.is_none_or(|(began, _)| *began < read) {
            let text = format!(
                "{name}: {removed:?} are removed on {readings} answered readings of the network \
                 interfaces, the last of which must follow that of the targets"
            );
            self.accuse("W4", at, text);
        }
        let is_standby = |target: &&SocketAddr| {
            context.pair.contains(target) && !agreed.contains(target) && context.pair.len() == 2
        };
        if let Some(standby) = removed.iter().find(is_standby) {
            self.accuse("W2", at, format!("{name}: {standby}, the standby, is removed"));
        }
    }

    /// A removal from a set is sent: no target that was listed a moment ago is removed, and at most
    /// half at a time.
    fn takes_from_set(
        &mut self,
        view: &View,
        bound: &Bound,
        removed: &[SocketAddr],
        removable: usize,
        context: &WriteContext<'_>,
    ) {
        let (at, name) = (context.now, &bound.link.name);
        let may_leave = |target: &SocketAddr| {
            if bound.has_cluster() {
                return view.is_unlisted_twice(target.ip());
            }
            let need = context.timing.settle.max(TWO_ANSWERS);
            view.unlisted_since(target.ip()).is_some_and(|since| since + need <= at)
        };
        // What is on another port was never one of the set.
        let leaves = |target: &&SocketAddr| target.port() == bound.link.port && !may_leave(target);
        if let Some(target) = removed.iter().find(leaves) {
            self.accuse(
                "S2",
                at,
                format!(
                    "{name}: {target} is removed before it was absent from the list for long enough"
                ),
            );
        }
        // Of a set of one, all others may leave together.
        let most = match bound.link.source {
            Source::Member { .. } => removable,
            _ => removable.div_ceil(2),
        };
        if removed.len() > most || !view.has_looked_twice_since_removal() {
            let text = format!("{name}: {removed:?} are removed at once, of {removable} targets");
            self.accuse("S8", at, text);
        }
    }

    /// Any write is sent; it is not counted yet.
    fn writes(&mut self, record: &Record, index: usize, bound: &Bound, at: Duration) {
        let view = &record.views[index];
        let name = &bound.link.name;
        // A standby is added and removed where all is right.
        if !view.saw_wrong && !bound.is_warm() {
            self.accuse(
                "L2",
                at,
                format!("{name}: a write goes out although everything was right"),
            );
        }
        let each = if bound.is_set() { 2 * view.size() } else { 2 };
        let most = each * (1 + view.changes) + 3;
        if view.writes - view.unanswered >= most {
            self.accuse("L3", at, format!("{name}: more than {most} writes in one run"));
        }
        if at + LONGEST_WRITE > record.deadline {
            self.accuse("S7", at, format!("{name}: a write begins that outlasts its run"));
        }
    }

    /// A removal has taken effect.
    pub(super) fn removed(&mut self, bound: &Bound, landing: &Landing<'_>) {
        let at = landing.now;
        let ours = |present: &[(SocketAddr, &'static str)]| {
            present.iter().any(|(target, _)| bound.owns(*target))
        };
        if ours(landing.before) && !ours(landing.after) {
            let excuse = match landing.circumstance {
                Circumstance::Clean => None,
                Circumstance::LateWrite => Some(Excuse::EmptiedByLateWrite),
                Circumstance::TwoRuns => Some(Excuse::EmptiedByTwoRuns),
                Circumstance::StaleReading => Some(Excuse::EmptiedOnStaleReading),
            };
            match excuse {
                Some(excuse) => self.excuse(excuse),
                None => self.accuse("S1", at, format!("{}: the group is emptied", bound.link.name)),
            }
        }
        let mut members = landing.members.iter().filter(|member| landing.targets.contains(member));
        if bound.is_set() {
            members.for_each(|_| self.excuse(Excuse::MemberRemoved));
            return;
        }
        // Where the keys did not agree on another one, that has been found when the removal was
        // sent.
        if let Some(writer) = members.next() {
            if landing.agreed.is_some_and(|agreed| agreed.contains(writer)) {
                self.accuse(
                    "S2",
                    at,
                    format!("{}: {writer}, the writer, is removed", bound.link.name),
                );
            } else if landing.failed_over_since {
                self.excuse(Excuse::RemovedAfterFailover);
            } else if landing.names_the_writer {
                self.excuse(Excuse::RemovedOnFalseName);
            } else {
                self.excuse(Excuse::RemovedOnFalseKeys);
            }
        }
    }

    /// A run has ended with this report.
    pub(super) fn reports(
        &mut self,
        record: &Record,
        bounds: &[Bound],
        report: &Report,
        is_error: impl FnOnce() -> bool,
        now: Duration,
    ) {
        let ok =
            report.bindings.iter().all(|binding| binding.status.is_ok() || !binding.answered_for);
        if ok != report.ok {
            self.accuse(
                "O1",
                now,
                format!("the report says ok: {}, and its bindings say ok: {ok}", report.ok),
            );
        }
        if !report.ok && !report.sweep && !record.trigger.is_sweep() && !is_error() {
            self.accuse(
                "O1",
                now,
                "the run of an event is not ok, and the invocation does not fail".to_owned(),
            );
        }
        for binding in &report.bindings {
            let index = bounds.iter().position(|bound| bound.link.name == binding.name);
            if let Some(index) = index {
                self.reports_binding(record, index, &bounds[index], binding, now);
            }
        }
    }

    fn reports_binding(
        &mut self,
        record: &Record,
        index: usize,
        bound: &Bound,
        end: &BindingReport,
        now: Duration,
    ) {
        if !matches!(end.status, Status::Settled | Status::Changed) {
            return;
        }
        let view = &record.views[index];
        let evidence = end.evidence.as_ref();
        let said: BTreeSet<IpAddr> = match evidence
            .and_then(|evidence| evidence.dns.as_ref().or(evidence.topology.as_ref()))
        {
            Some(KeyReport::Dns { addresses, .. }) => addresses.iter().copied().collect(),
            Some(KeyReport::Members { members, .. }) => {
                members.iter().map(|member| member.address).collect()
            }
            Some(KeyReport::Topology { address, .. }) => [*address].into(),
            Some(KeyReport::Unknown { .. }) | None => BTreeSet::new(),
        };
        let says = end.status.as_str();
        let name = &bound.link.name;
        let Some(reading) = &view.targets else {
            return self.accuse(
                "O1",
                now,
                format!("the report says that {name} is {says}, and its targets were never read"),
            );
        };
        let ours: BTreeSet<IpAddr> =
            reading.present.iter().filter(|t| bound.owns(**t)).map(SocketAddr::ip).collect();
        let is_right = match bound.is_warm() {
            true => ours.is_superset(&said),
            false => ours == said,
        };
        if !is_right {
            self.accuse(
                "O1",
                now,
                format!(
                    "the report says that {name} is {says} with {said:?}, and the targets are \
                     {ours:?}"
                ),
            );
        }
        if end.status == Status::Changed && view.writes == 0 {
            self.accuse(
                "O1",
                now,
                format!("the report says that {name} was changed, and nothing was written"),
            );
        }
    }
}

/// The circumstances of a write.
pub(super) struct WriteContext<'a> {
    pub(super) now: Duration,
    pub(super) timing: &'a Timing,
    /// The function's clock.
    pub(super) clock: jiff::Timestamp,
    /// Whether the standby of the binding's instance refuses connections.
    pub(super) standby_refuses: bool,
    /// Where the hosts of a warm binding's instance are, or were a moment ago.
    pub(super) pair: &'a BTreeSet<SocketAddr>,
}

/// A removal that takes effect.
pub(super) struct Landing<'a> {
    pub(super) now: Duration,
    pub(super) targets: &'a [SocketAddr],
    pub(super) before: &'a [(SocketAddr, &'static str)],
    pub(super) after: &'a [(SocketAddr, &'static str)],
    /// The true writer, or the members of a set.
    pub(super) members: &'a BTreeSet<SocketAddr>,
    /// The members that the keys named when the run last read them.
    pub(super) agreed: Option<&'a BTreeSet<SocketAddr>>,
    /// The RDS API named the instance that truly writes.
    pub(super) names_the_writer: bool,
    /// The database has moved since then.
    pub(super) failed_over_since: bool,
    pub(super) circumstance: Circumstance,
}

/// The circumstance in which a removal takes effect, as far as S1 distinguishes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Circumstance {
    /// One run at a time, and no write of a killed one.
    Clean,
    /// It is a write of a killed run, or such a write has landed since its run began.
    LateWrite,
    /// Another run was alive at the same time.
    TwoRuns,
    /// The run was shown the agreed target by a reading that lagged behind another run's removal.
    StaleReading,
}

/// Why an address is not credible, if it is not (S3).
fn why_not_credible(
    record: &Record,
    index: usize,
    bound: &Bound,
    address: IpAddr,
    context: &WriteContext<'_>,
) -> Option<String> {
    let view = &record.views[index];
    let keys = view.keys();
    // A standby, which no key names.
    if context.pair.contains(&SocketAddr::new(address, bound.link.port)) {
        return None;
    }
    if bound.is_set() {
        return unlisted(view, bound, address, context);
    }
    if !bound.is_cluster() {
        let need = if context.standby_refuses {
            Duration::ZERO
        } else {
            Duration::from_secs(10).min(context.timing.settle)
        };
        let lasted = view
            .steady
            .filter(|(steady, _)| *steady == address)
            .map(|(_, since)| context.now.saturating_sub(since));
        return match lasted {
            Some(lasted) if lasted >= need => None,
            Some(lasted) => Some(format!("which DNS has answered for only {lasted:?}")),
            None => Some("which DNS does not answer".to_owned()),
        };
    }
    if keys.agreed(bound) == Some([SocketAddr::new(address, bound.link.port)].into()) {
        return None;
    }
    if view.is_without_topology() && keys.dns == Some(address) {
        let since = view.steady.filter(|(steady, _)| *steady == address).map(|(_, since)| since);
        let lasted = since.map_or(Duration::ZERO, |since| context.now.saturating_sub(since));
        let is_enough = lasted >= context.timing.settle && !record.trigger.events.is_empty();
        return (!is_enough).then(|| format!("which DNS alone has named for {lasted:?}"));
    }
    if keys.topology != Some(address) {
        return Some("which the RDS API does not name".to_owned());
    }
    if !record.named_twice(index) {
        return Some("which only the RDS API has named, and only once".to_owned());
    }
    let mut events = record.trigger.events.iter();
    let is_watched =
        events.any(|event| !event.patience_left(context.timing, context.clock).is_zero());
    let is_empty = view.targets.as_ref().is_some_and(|reading| reading.present.is_empty());
    (!is_watched && !is_empty).then(|| "which only the RDS API names, without an event".to_owned())
}

/// Why an address is not a credible member of a set, if it is not: the RDS API must have listed it
/// twice, a name for a while, a proxy once.
fn unlisted(
    view: &View,
    bound: &Bound,
    address: IpAddr,
    context: &WriteContext<'_>,
) -> Option<String> {
    let Some(since) = view.listed.get(&address) else {
        return Some("which is not listed".to_owned());
    };
    // A target that the group already shows may be registered again without other evidence.
    let target = SocketAddr::new(address, bound.link.port);
    if view.targets.as_ref().is_some_and(|reading| reading.present.contains(&target)) {
        return None;
    }
    if bound.has_cluster() {
        let last = view.asked_at().map_or(Duration::ZERO, |(topology, _)| topology);
        return (since.topology >= last).then(|| "which is listed only once".to_owned());
    }
    // All nodes of a proxy are equivalent, and an answer may list only some of them.
    if let Source::Proxy(..) = bound.link.source {
        return None;
    }
    let lasted = context.now.saturating_sub(since.heard);
    (lasted < STEADY).then(|| format!("which the name has answered for only {lasted:?}"))
}
