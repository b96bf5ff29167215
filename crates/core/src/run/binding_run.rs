//! One binding through one run: its rounds, step by step.
//!
//! A round reads the keys, reads the group's targets, asks the [planner](crate::plan) what to do,
//! does it, and reads the targets back. It goes through these phases ([`Phase`]), and
//! [`BindingRun::step`] is the whole of it:
//!
//! ```text
//!  NotBegun, ─▶ Group ─┐
//!  Pause, Rest         ▼
//!       └────────▶ Topology ──▶ Names ──▶ Targets ──▶ plan ──▶ Pause, Rest
//!                      ▲  keys: RDS, DNS     ▲        ▲ │ │      (the round is over)
//!                      │                     └ Write ◀┼─┘ ├─▶ Permit ─┐
//!                      └────────── confirm ───────────┼───┘           │
//!                                                     └───────────────┘
//! ```
//!
//! A warm binding whose plan has nothing to do for the writer goes on, before the round is over:
//! Interfaces ──▶ Neighbours ──▶ Routing ──▶ plan (`binding_run/standby.rs`).
//!
//! 1. *Group*: describe the target group, once in a run. A group that cannot hold a database ends
//!    the round. A group that was found by its tags is known already.
//! 2. *Topology* and *Names*: read both keys. A round that has nothing to do by the targets that
//!    were read a moment ago ends here. A source that needs no list
//!    of RDS waits in *Topology* too; if no binding needs one, the reading calls nothing.
//! 3. *Targets*: read them, and plan.
//! 4. The plan's next step is one of three. *None*: the round ends. *Confirm*: read both keys once
//!    more (2); if they say the same, plan again; if not, read the targets again (3). *Write*: send
//!    it.
//! 5. *Permit*: before a write, and before the confirmation that prepares it, wait until the
//!    account's budget of calls has room for the write; then plan again. So the write never waits
//!    between the confirmation and its sending.
//! 6. *Write*: an acknowledged write is read back (3), so that nothing counts as done that no
//!    reading showed. So is one whose answer was lost: a reading that shows it done proves it. Any
//!    other failure ends the round.
//! 7. *Pause* or *Rest*: how the round ended says how soon the next one begins, if at all.
//!
//! Why the keys are read once more before a removal:
//!
//! 1. A run reads both keys: they name A. The run is then slow for a while.
//! 2. The cluster fails over to B; another run registers B and removes A.
//! 3. The first run reads the targets: only B. By the keys that it holds, A is missing and B must
//!    go: it would register A and remove B, the writer. Reading the keys once more shows B.

mod observation;
mod report;
mod schedule;
mod standby;
mod trust;
mod written;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

pub(super) use self::standby::RememberedStandby;
use self::standby::StandbyRun;
pub(super) use self::trust::RunTrust;
use super::look_schedule::LookSchedule;
use super::memory::Remembered;
use super::phase::{BindingInput, Keys, Next, Pause, Phase, Purpose};
use super::round_outcome::RoundOutcome;
use super::run_report::RunTotals;
use super::sighting::Sighting;
use super::topology_cache::{AwaitedReading, Delivery, TopologyReading};
use super::write_log::{TIME_TO_PROVE, WriteLog};
use super::{Context, Effect, PermitFor};
use crate::config::{Binding, Mode, Timing};
use crate::discover::consent;
use crate::event::Intent;
use crate::evidence::{
    Answers, Evidence, EvidenceHistory, Facts, Key, Unknown, facts, listed_writer,
    member_addresses, questions, weigh, weigh_dns_alone,
};
use crate::failure::CallError;
use crate::mechanism::Mechanism;
use crate::note::{Note, NoteKind};
use crate::plan::{Action, Plan, Step, plan};
use crate::ports::longest_write;
use crate::source::{Identifier, Source};
use crate::target::{Target, TargetGroup};

/// How long to wait for a reading to show an acknowledged write, before the write is sent again.
const TIME_TO_SHOW: Duration = Duration::from_secs(1);

/// Where nothing is read again before a write, a permit that came within this time of the reading
/// of the targets is used at once.
const FRESH: Duration = Duration::from_secs(1);

/// How often the targets are read while the answer to a write is missing.
const POLL: Duration = Duration::from_secs(1);

/// One binding through one run.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct BindingRun {
    binding: Arc<Binding>,
    /// What it waits for. Only [`step`](Self::step) sets it.
    phase: Phase,
    /// How closely, and for how long, it is watched.
    look_schedule: LookSchedule,
    /// What the keys have said in this run.
    history: EvidenceHistory,
    /// What this run has written, and how that went.
    write_log: WriteLog,
    /// The target group, once it was described and can be used.
    group: Option<TargetGroup>,
    /// What the RDS API last said of the source besides the writer.
    facts: Option<Facts>,
    /// Whom the last topology that could be read named as the writer, once one could not be read.
    known_writer: Option<Identifier>,
    /// A person's trust in DNS.
    trust: Option<RunTrust>,
    /// The addresses that the members' own names have had in this run, and those of the instances
    /// that a blue/green deployment replaced.
    members: BTreeMap<IpAddr, Identifier>,
    /// The targets as last read.
    targets: Vec<Target>,
    /// The time since the targets were read; grows to [`schedule::TARGETS_KEEP`].
    targets_age: Duration,
    /// Both keys were read after the targets, and said the same.
    reread: bool,
    /// The last evidence rests on a reading of the topology that was kept: it shows that nothing
    /// has changed, and nothing else.
    rests_on_kept: bool,
    /// Who the source was last seen to lead to.
    sighting: Option<Sighting>,
    /// The targets were not read since the source was last seen to lead elsewhere.
    unread_move: bool,
    /// In the round that is under way, the topology showed that the source moved, and the round may
    /// have begun with what was true before.
    is_overtaken: bool,
    /// The last reading of the topology showed its cluster failing over.
    was_failing_over: bool,
    /// What this process remembers of the binding.
    remembered: Option<Remembered>,
    /// What this run has seen of a warm binding's standby.
    standby: StandbyRun,
    /// The longest that a cache may keep an answer for the source's own name, as far as this run
    /// has seen its answers.
    ttl: Duration,
    /// A write of this round was acknowledged.
    wrote: bool,
    /// A removal of this round was acknowledged.
    removed_this_round: bool,
    /// The answer to a write of this round was lost.
    lost_answer: bool,
    /// One write of this round may be sent: what it takes from the account's budget was granted.
    permit: bool,
    /// Something changed, or was written, since the last round that went to its end.
    unfinished: bool,
    /// How the last round ended.
    outcome: RoundOutcome,
    /// What the report counts.
    totals: RunTotals,
}

impl BindingRun {
    /// A binding that has not been looked at.
    pub(super) fn new(binding: Arc<Binding>) -> Self {
        Self {
            binding,
            phase: Phase::NotBegun,
            look_schedule: LookSchedule::default(),
            history: EvidenceHistory::default(),
            write_log: WriteLog::default(),
            group: None,
            facts: None,
            known_writer: None,
            trust: None,
            members: BTreeMap::new(),
            targets: Vec::new(),
            targets_age: Duration::ZERO,
            reread: false,
            rests_on_kept: false,
            sighting: None,
            unread_move: true,
            is_overtaken: false,
            was_failing_over: false,
            remembered: None,
            standby: StandbyRun::default(),
            ttl: Duration::ZERO,
            wrote: false,
            removed_this_round: false,
            lost_answer: false,
            permit: false,
            unfinished: true,
            outcome: RoundOutcome::NotReadYet,
            totals: RunTotals::default(),
        }
    }

    /// The same, with a group that has been described and checked.
    pub(super) fn with_group(self, group: TargetGroup) -> Self {
        Self { group: Some(group), ..self }
    }

    /// Takes what came back and begins what comes next. The arms are a round, in order.
    pub(super) fn step(&mut self, input: BindingInput, cx: &mut Context<'_>) {
        // The phase is taken out, with what it holds. The last line puts the next one in its place.
        let next = match (std::mem::replace(&mut self.phase, Phase::NotBegun), input) {
            (Phase::NotBegun | Phase::Pause(_) | Phase::Rest, BindingInput::Begin) => {
                self.begin_round()
            }
            (Phase::Group, BindingInput::Group(result)) => self.take_group(result),
            (Phase::Topology(awaited), BindingInput::Topology(reading)) if awaited.is(&reading) => {
                self.take_topology(awaited.purpose(), reading, cx)
            }
            (Phase::Names(keys), BindingInput::Answers(answers)) => {
                self.take_answers(keys, &answers, cx)
            }
            (Phase::Targets, BindingInput::Targets(result)) => self.take_targets(result, cx),
            (Phase::Interfaces(_, purpose), BindingInput::Interfaces(interfaces)) => {
                self.take_interfaces(purpose, interfaces)
            }
            (Phase::Neighbours(purpose, interfaces), BindingInput::Answers(answers)) => {
                self.take_neighbours(purpose, interfaces, &answers)
            }
            (Phase::Routing, BindingInput::Routing(result)) => self.take_routing(result),
            (Phase::Permit(_), BindingInput::Permitted) => self.take_permit(cx),
            (Phase::Write(action), BindingInput::Written(result)) => {
                self.take_written(action, result, cx)
            }
            // Every reading of the topology is offered to every binding run; the others wait for
            // something else.
            (phase, _) => {
                self.phase = phase;
                return;
            }
        };
        self.phase = self.begin(next, cx);
    }

    /// Begins what comes next, and returns the phase that waits for it.
    fn begin(&mut self, next: Next, cx: &mut Context<'_>) -> Phase {
        let (group, priority) = (self.binding.target_group.clone(), self.priority());
        let (effect, phase) = match next {
            Next::ReadGroup => (Effect::ReadGroup(cx.index, group, priority), Phase::Group),
            // The run reads the topology, for all its bindings.
            Next::AwaitTopology(awaited) => return Phase::Topology(awaited),
            Next::Resolve(names, family, keys) => {
                (Effect::Resolve(cx.index, names, family), Phase::Names(keys))
            }
            Next::ReadTargets => {
                self.write_log.reading_begins();
                (Effect::ReadTargets(cx.index, group, priority), Phase::Targets)
            }
            // The run reads the interfaces, for all its bindings.
            Next::AwaitInterfaces(vpc, purpose) => {
                let awaited = cx.interfaces.awaited(&vpc, purpose == Purpose::Confirm);
                return Phase::Interfaces(awaited, purpose);
            }
            Next::ResolveNeighbours(names, family, purpose, interfaces) => {
                (Effect::Resolve(cx.index, names, family), Phase::Neighbours(purpose, interfaces))
            }
            Next::ReadRouting => (Effect::ReadRouting(cx.index, group), Phase::Routing),
            Next::Decide(purpose) => {
                self.reread |= purpose == Purpose::Confirm && self.confirms();
                let next = self.decide(cx);
                return self.begin(next, cx);
            }
            Next::AwaitPermit(kind, plan) => (Effect::Permit(cx.index, kind), Phase::Permit(plan)),
            Next::Write(action) => {
                self.permit = false;
                self.write_log.begin(&action);
                // If the run ends before a reading shows the write, the round counts as cut short.
                self.unfinished = true;
                let (kind, effect) = match &action {
                    Action::Register(registration) => (
                        NoteKind::Register,
                        Effect::Register(cx.index, group, registration.clone()),
                    ),
                    Action::Deregister(targets) => {
                        (NoteKind::Deregister, Effect::Deregister(cx.index, group, targets.clone()))
                    }
                };
                self.note(kind, action.to_string(), cx);
                (effect, Phase::Write(action))
            }
            Next::End(outcome, pause) => return self.end_round(outcome, pause, cx),
        };
        cx.reaction.effects.push(effect);
        phase
    }

    /// A round begins: with the group, where it is not known yet.
    fn begin_round(&mut self) -> Next {
        self.totals.rounds += 1;
        self.is_overtaken = false;
        self.standby.round_begins();
        self.wrote = false;
        self.removed_this_round = false;
        self.lost_answer = false;
        match self.group {
            Some(_) => self.await_recent(),
            None => Next::ReadGroup,
        }
    }

    /// The group was described: it must be one that can hold a database.
    fn take_group(&mut self, result: Result<TargetGroup, CallError>) -> Next {
        let group = match result {
            Ok(group) => group,
            Err(error) => return Next::end(RoundOutcome::Failed(error, Plan::default())),
        };
        if let Err(fault) = group.check() {
            return Next::end(RoundOutcome::WrongGroup(fault));
        }
        self.group = Some(group);
        self.await_recent()
    }

    /// Waits for a reading of the topology that is recent enough for this round to begin with.
    fn await_recent(&self) -> Next {
        Next::AwaitTopology(AwaitedReading::Recent(self.oldest_reading()))
    }

    /// The topology was read: it says whether the source can be followed, and which names to ask
    /// DNS for.
    fn take_topology(
        &mut self,
        purpose: Purpose,
        TopologyReading { result, delivery, .. }: TopologyReading,
        cx: &mut Context<'_>,
    ) -> Next {
        let topology = match (result, &self.binding.source) {
            (Ok(topology), _) => topology,
            // A name that is not of RDS does not depend on the RDS API.
            (Err(_), Source::Name(_)) => Arc::default(),
            (Err(error), _) => return self.take_unreadable(error, purpose, delivery, cx),
        };
        // Before a removal, too: the keys are read again for it.
        if let Err(finding) = consent(&self.binding, &topology) {
            return Next::end(RoundOutcome::NotPublished(finding));
        }
        match facts(&self.binding.source, &topology) {
            Ok(facts) => {
                self.facts = Some(facts);
                self.resolve(Keys { purpose, delivery, topology, unread: None }, cx)
            }
            Err(Unknown::Call(error)) => self.take_unreadable(error, purpose, delivery, cx),
            Err(unknown) => {
                let evidence = Evidence::unknown(&self.binding.source, unknown);
                self.take_evidence(evidence, delivery, purpose, cx)
            }
        }
    }

    /// The topology could not be read. A cluster's names can be asked for all the same, if a
    /// topology that was read earlier lists them.
    fn take_unreadable(
        &mut self,
        error: CallError,
        purpose: Purpose,
        delivery: Delivery,
        cx: &mut Context<'_>,
    ) -> Next {
        let source = &self.binding.source;
        let is_cluster = matches!(source, Source::Cluster(_));
        let known =
            cx.known.filter(|known| is_cluster && consent(&self.binding, known).is_ok()).cloned();
        if let Some(topology) = known
            && let Ok(facts) = facts(source, &topology)
        {
            self.facts = Some(facts);
            self.known_writer = listed_writer(source, &topology).cloned();
            return self.resolve(Keys { purpose, delivery, topology, unread: Some(error) }, cx);
        }
        let evidence = Evidence::unknown(source, Unknown::Call(error));
        self.take_evidence(evidence, delivery, purpose, cx)
    }

    /// Asks DNS for the names that the keys need, if there are any.
    fn resolve(&mut self, keys: Keys, cx: &mut Context<'_>) -> Next {
        let names = questions(&self.binding.source, &keys.topology);
        match &self.group {
            Some(group) if !names.is_empty() => Next::Resolve(names, group.family, keys),
            // Without a name to ask for, the evidence says why there is none.
            _ => self.take_answers(keys, &Answers::new(), cx),
        }
    }

    /// DNS answered, and with the topology this is the evidence.
    fn take_answers(&mut self, keys: Keys, answers: &Answers, cx: &mut Context<'_>) -> Next {
        let Keys { purpose, delivery, topology, unread } = keys;
        // No round reads the keys before the group is known.
        let Some(group) = &self.group else {
            return Next::ReadGroup;
        };
        let Binding { source, allow, .. } = &*self.binding;
        if let Some(error) = unread {
            // Nothing of this goes into `members`: what the process remembers makes no target a
            // former writer's.
            let evidence = weigh_dns_alone(source, &topology, answers, allow, group.family, error);
            return self.take_evidence(evidence, delivery, purpose, cx);
        }
        let evidence = weigh(source, &topology, answers, allow, group.family);
        if matches!(evidence, Evidence::Set { key: Key::Dns, .. }) {
            let ttls = answers.values().flatten().map(|answer| answer.ttl);
            // Over the whole run: a cache may still hold an answer that the run saw earlier.
            self.ttl = ttls.fold(self.ttl, Duration::max);
        }
        self.standby.see_topology(&topology, cx.is_whole);
        // Kept for the whole run: a former writer's name may be gone when its target is to be
        // removed.
        self.members.extend(member_addresses(source, &topology, answers));
        self.take_evidence(evidence, delivery, purpose, cx)
    }

    /// The keys were read: to begin a round, or to confirm what they said before.
    fn take_evidence(
        &mut self,
        evidence: Evidence,
        delivery: Delivery,
        purpose: Purpose,
        cx: &mut Context<'_>,
    ) -> Next {
        let same = self.history.latest().is_some_and(|latest| latest.says_the_same(&evidence));
        self.rests_on_kept = delivery == Delivery::Kept;
        // DNS moved: what the topology says by now is worth a reading.
        if self.rests_on_kept && !same && self.history.latest().is_some() {
            return Next::AwaitTopology(AwaitedReading::NotBegun);
        }
        if !same {
            self.unfinished = true;
            self.standby_sees_move();
            self.note(NoteKind::Evidence, evidence.to_string(), cx);
        }
        if let Some(sighting) = Sighting::in_evidence(&self.binding.source, &evidence) {
            self.sees(sighting, cx.now);
        }
        self.history.record(evidence, delivery == Delivery::Arrived);
        match purpose {
            Purpose::Confirm if same => {
                if self.plan(cx.timing).is_some_and(|plan| self.is_about_standby(&plan)) {
                    return self.read_interfaces(Purpose::Confirm);
                }
                self.reread = self.confirms();
                self.decide(cx)
            }
            Purpose::Confirm | Purpose::Look => match self.plan_without_reading(same, cx) {
                Some(plan) => {
                    self.tell_void_trust(&plan, cx);
                    // What nobody has read for a while proves no registration.
                    if !plan.is_clean() {
                        self.write_log.goes_unread();
                    }
                    Next::end(RoundOutcome::Planned(plan))
                }
                None => Next::ReadTargets,
            },
        }
    }

    /// Whether keys that were read now confirm a write. Keys that were read before the permit
    /// confirm no removal.
    fn confirms(&self) -> bool {
        self.permit || !Mechanism::PermitBeforeReread.is_on()
    }

    /// The plan for the targets that are known, if this round needs no reading of them: they are
    /// recent enough, with what the keys say by now there is nothing that this run may do, and no
    /// removal waits for what the targets show.
    fn plan_without_reading(&self, same: bool, cx: &Context<'_>) -> Option<Plan> {
        let plan = self.plan(cx.timing).filter(|_| self.keeps_targets(same))?;
        let does_more = self.may_write(cx.intent) && plan.now.is_some();
        let waits_for_targets = plan.waits_for_targets(TIME_TO_PROVE)
            && !self.look_schedule.only_unnamed_event_watches();
        (!does_more && !waits_for_targets).then_some(plan)
    }

    /// The targets were read.
    fn take_targets(
        &mut self,
        result: Result<Vec<Target>, CallError>,
        cx: &mut Context<'_>,
    ) -> Next {
        // Whether or not it could be read: a group that fails again and again goes before nobody.
        self.unread_move = false;
        let targets = match result {
            Ok(targets) => targets,
            Err(error) => return Next::end(RoundOutcome::Failed(error, Plan::default())),
        };
        for action in self.write_log.see(&targets) {
            let text =
                format!("the answer to `{action}` was lost, and the targets show that it was done");
            self.note(NoteKind::Applied, text, cx);
            self.totals.applied(&action);
        }
        self.totals.see(&targets);
        // The last outcome was about other targets, and must not be reported for these.
        self.unfinished |= self.targets != targets;
        self.targets = targets;
        self.targets_age = Duration::ZERO;
        self.standby_sees_targets();
        // In the product this sets `false`: only keys that are read after these targets confirm a
        // removal.
        self.reread &= !Mechanism::RereadAfterTargets.is_on();
        self.decide(cx)
    }

    /// Keys and targets are known: plans, and chooses the next step of the plan.
    fn decide(&mut self, cx: &mut Context<'_>) -> Next {
        // Nothing is decided before the group was described and the keys were read.
        let Some(plan) = self.plan(cx.timing) else {
            return Next::ReadGroup;
        };
        if self.rests_on_kept && !plan.is_clean() {
            return Next::AwaitTopology(AwaitedReading::NotBegun);
        }
        if self.wants_standby(&plan) {
            return self.look_for_standby(cx);
        }
        self.tell_void_trust(&plan, cx);
        // Before any step, the rereading too: it only prepares a write.
        if !self.may_write(cx.intent) {
            return Next::end(RoundOutcome::Planned(plan));
        }
        let (Some(step), Some(action)) = (plan.now.clone(), plan.first().cloned()) else {
            return Next::end(RoundOutcome::Planned(plan));
        };
        if let Some(end) = self.keeps_from(&action, &plan, cx.left) {
            return end;
        }
        let is_write = matches!(step, Step::Do(_));
        if !self.permit && (is_write || Mechanism::PermitBeforeReread.is_on()) {
            let kind = match action {
                Action::Register(_) => PermitFor::Register,
                Action::Deregister(_) => PermitFor::Deregister,
            };
            return Next::AwaitPermit(kind, plan);
        }
        match step {
            // A reading that is under way began before the targets were read, and confirms nothing.
            Step::Reread => Next::AwaitTopology(AwaitedReading::NotBegun),
            Step::Do(action) => {
                self.acts_on_trust(&plan, cx);
                Next::Write(action)
            }
        }
    }

    /// What keeps this run from sending the first write of a plan, and from preparing it: how the
    /// round ends then.
    fn keeps_from(&self, action: &Action, plan: &Plan, left: Duration) -> Option<Next> {
        let last_error = self.write_log.last_error();
        let exhausted = |cause| Next::end(RoundOutcome::Exhausted(plan.clone(), cause));
        let failed = |cause: Option<CallError>, pause| {
            let outcome = match cause {
                Some(error) => RoundOutcome::WriteFailed(error, plan.clone()),
                None => RoundOutcome::Planned(plan.clone()),
            };
            Next::End(outcome, Pause::Exactly(pause))
        };
        if let Some(error) = self.write_log.refusal(action) {
            return Some(exhausted(Some(error.clone())));
        }
        if self.write_log.is_exhausted() {
            return Some(exhausted(last_error));
        }
        // A write that the end of the run cuts off could land unread.
        if left <= longest_write() {
            return Some(match last_error {
                // The time was used up by writes that failed.
                Some(error) => exhausted(Some(error)),
                None => Next::end(RoundOutcome::OutOfTime(plan.clone())),
            });
        }
        // A reading can be older than the write that it does not show. So the same write is sent
        // again in another round only.
        if self.wrote && self.write_log.was_acknowledged(action) {
            let outcome = RoundOutcome::Planned(plan.clone());
            return Some(Next::End(outcome, Pause::AtLeast(TIME_TO_SHOW)));
        }
        if self.lost_answer {
            return Some(failed(last_error, self.back_off()));
        }
        self.write_log.must_wait(action).then(|| failed(last_error, POLL))
    }

    /// A write may be sent. What was read may be old by then: the keys are read again, as a removal
    /// needs it in any case, and then the write goes out at once. The targets need no second
    /// reading: the walk covers any time between their reading and the write.
    fn take_permit(&mut self, cx: &mut Context<'_>) -> Next {
        self.permit = true;
        if self.targets_age < FRESH || !Mechanism::PermitBeforeReread.is_on() {
            self.decide(cx)
        } else {
            Next::AwaitTopology(AwaitedReading::NotBegun)
        }
    }

    /// How long to wait before the next write, after one that was not made or whose answer was
    /// lost.
    fn back_off(&self) -> Duration {
        self.write_log.back_off(&self.binding.name)
    }

    /// The round is over: keeps how it ended, and returns the pause before the next one.
    fn end_round(&mut self, outcome: RoundOutcome, pause: Pause, cx: &mut Context<'_>) -> Phase {
        if let RoundOutcome::Planned(plan) = &outcome
            && plan.is_clean()
        {
            self.acts_on_trust(plan, cx);
        }
        let text = outcome.sentence();
        if text != self.outcome.sentence() {
            self.note(NoteKind::Status, text, cx);
        }
        if self.measures_wrong_time(cx.intent) {
            self.totals.wrong_time.see(outcome.is_observed_wrong(), cx.now, self.targets_age);
        }
        self.outcome = outcome;
        self.unfinished = false;
        self.permit = false;
        // Only a reading shows what came of a write whose answer was lost.
        let pause = match pause {
            Pause::AtLeast(least) if self.write_log.unconfirmed().is_some() => {
                Pause::Exactly(least.max(POLL))
            }
            pause => pause,
        };
        self.schedule_next(pause, cx)
    }

    /// What the planner says of the last readings; nothing before there are any.
    fn plan(&self, timing: &Timing) -> Option<Plan> {
        Some(plan(&self.binding, &self.timing(timing), &self.observation(timing)?))
    }

    /// Whether this run may change the group: not in a dry run, and not in the mode `observe`.
    fn may_write(&self, intent: Intent) -> bool {
        intent == Intent::Reconcile && self.binding.mode == Mode::Manage
    }

    /// Whether the looks measure for how long another updater leaves the group wrong. A dry run
    /// measures nothing: it looks at whatever somebody asks for.
    fn measures_wrong_time(&self, intent: Intent) -> bool {
        intent == Intent::Reconcile && self.binding.mode == Mode::Observe
    }

    /// Adds a note to the log.
    fn note(&self, kind: NoteKind, text: String, cx: &mut Context<'_>) {
        let (binding, round) = (self.binding.name.clone(), self.totals.rounds);
        cx.reaction.notes.push(Note { binding, round, kind, text });
    }
}
