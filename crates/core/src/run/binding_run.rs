//! One binding through one run: look, plan, apply, look again.
//!
//! A round reads the keys, then the group's targets, and asks the [planner](crate::plan) what to
//! do. The planner's step is carried out and followed by another reading of the targets, so that
//! nothing is taken for done that was not read back. The order *targets, then both keys again, then
//! the removal* is the planner's `Reread`:
//!
//! 1. A run reads both keys: they name A. It is then slow for a while.
//! 2. The cluster fails over to B; another run registers B and removes A.
//! 3. The first run reads the targets: B only. A is missing, B is another. Were it to act on the
//!    keys it has, it would register A and remove B, the writer. Reading the keys again shows B.

mod observation;
mod report;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use super::look_schedule::{LookSchedule, slow};
use super::phase::{Phase, Purpose};
use super::round_outcome::RoundOutcome;
use super::run_report::RunTotals;
use super::topology_cache::Shared;
use super::write_log::WriteLog;
use super::{Context, Effect};
use crate::config::{Binding, Mode, Timing};
use crate::discover::consent;
use crate::event::Intent;
use crate::evidence::EvidenceHistory;
use crate::evidence::{
    Answers, Evidence, Facts, Key, Unknown, facts, member_addresses, questions, weigh,
};
use crate::failure::{CallError, Failure};
use crate::keep_looking::KeepLooking;
use crate::mechanism::Mechanism;
use crate::note::{Note, NoteKind};
use crate::plan::{Action, LONGEST_SETTLE, Plan, Step, plan};
use crate::ports::LONGEST_WRITE;
use crate::source::{Identifier, Source};
use crate::target::{Target, TargetGroup};
use crate::topology::Topology;

/// How old a reading of the targets may be for a round that finds the same evidence as the one
/// before and nothing to do. It keeps a watched binding from spending the account's budget of
/// Describe calls.
const TARGETS_KEEP: Duration = Duration::from_secs(5);

/// How long a write that was acknowledged is given to show in a reading before it is sent again.
const UNSHOWN: Duration = Duration::from_secs(1);

/// One binding through one run.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct BindingRun {
    binding: Arc<Binding>,
    phase: Phase,
    look_schedule: LookSchedule,
    history: EvidenceHistory,
    write_log: WriteLog,
    group: Option<TargetGroup>,
    facts: Option<Facts>,
    /// Where the members' own names have pointed in this run, and those of what a blue/green
    /// deployment has replaced.
    members: BTreeMap<IpAddr, Identifier>,
    targets: Vec<Target>,
    /// Since the targets were read; grows to [`TARGETS_KEEP`].
    targets_age: Duration,
    /// Both keys were read after the targets, and said the same.
    reread: bool,
    /// The longest that answers about the source's own name may be cached, as far as this run has
    /// heard.
    ttl: Duration,
    /// A write of this round was acknowledged.
    wrote: bool,
    /// So was a removal.
    removed_this_round: bool,
    /// Something changed, or was written, that no round has taken in to its end.
    unfinished: bool,
    outcome: RoundOutcome,
    totals: RunTotals,
}

impl BindingRun {
    pub(super) fn new(binding: Arc<Binding>) -> Self {
        Self {
            binding,
            phase: Phase::Fresh,
            look_schedule: LookSchedule::default(),
            history: EvidenceHistory::default(),
            write_log: WriteLog::default(),
            group: None,
            facts: None,
            members: BTreeMap::new(),
            targets: Vec::new(),
            targets_age: Duration::ZERO,
            reread: false,
            ttl: Duration::ZERO,
            wrote: false,
            removed_this_round: false,
            unfinished: true,
            outcome: RoundOutcome::NotReadYet,
            totals: RunTotals::default(),
        }
    }

    /// The same, with a group that has been described and checked.
    pub(super) fn with_group(self, group: TargetGroup) -> Self {
        Self { group: Some(group), ..self }
    }

    pub(super) fn is_fresh(&self) -> bool {
        self.phase == Phase::Fresh
    }

    pub(super) fn name(&self) -> &str {
        &self.binding.name
    }

    pub(super) fn source(&self) -> &Source {
        &self.binding.source
    }

    pub(super) fn watch(&mut self, patience: Duration) {
        self.look_schedule.watch(patience);
    }

    pub(super) fn watch_unnamed(&mut self, patience: Duration) {
        self.look_schedule.watch_unnamed(patience);
    }

    pub(super) fn is_named(&self) -> bool {
        self.look_schedule.is_named()
    }

    pub(super) fn is_resting(&self) -> bool {
        matches!(self.phase, Phase::Rest(_))
    }

    pub(super) fn is_due(&self) -> bool {
        self.sleeps_for() == Some(Duration::ZERO)
    }

    pub(super) fn sleeps_for(&self) -> Option<Duration> {
        match self.phase {
            Phase::Pause(left) | Phase::Rest(left) => Some(left),
            _ => None,
        }
    }

    pub(super) fn awaits_topology(&self) -> bool {
        matches!(self.phase, Phase::Topology { .. })
    }

    pub(super) fn promise_topology(&mut self) {
        if let Phase::Topology { promised, .. } = &mut self.phase {
            *promised = true;
        }
    }

    pub(super) fn let_pass(&mut self, passed: Duration, timing: &Timing) {
        let timing = self.timing(timing);
        self.look_schedule.let_pass(passed);
        self.history.age(passed, timing.settle);
        self.write_log.let_pass(passed, &timing);
        self.targets_age = self.targets_age.saturating_add(passed).min(TARGETS_KEEP);
        if let Phase::Pause(left) | Phase::Rest(left) = &mut self.phase {
            *left = left.saturating_sub(passed);
        }
    }

    pub(super) fn begin_round(&mut self, cx: &mut Context<'_>) {
        self.totals.rounds += 1;
        self.wrote = false;
        self.removed_this_round = false;
        if self.group.is_some() {
            self.ask_topology(Purpose::Look);
        } else {
            self.phase = Phase::Group;
            cx.reaction
                .effects
                .push(Effect::ReadGroup(cx.index, self.binding.target_group.clone()));
        }
    }

    pub(super) fn on_group(
        &mut self,
        result: Result<TargetGroup, CallError>,
        cx: &mut Context<'_>,
    ) {
        if self.phase != Phase::Group {
            return;
        }
        match result {
            Err(error) => self.end_round(RoundOutcome::Failed(error, Plan::default()), cx),
            Ok(group) => match group.check() {
                Err(fault) => self.end_round(RoundOutcome::WrongGroup(fault), cx),
                Ok(()) => {
                    self.group = Some(group);
                    self.ask_topology(Purpose::Look);
                }
            },
        }
    }

    pub(super) fn on_topology(
        &mut self,
        latest: Option<Shared>,
        fresh: bool,
        cx: &mut Context<'_>,
    ) {
        let (&Phase::Topology { purpose, promised }, Some(topology)) = (&self.phase, latest) else {
            return;
        };
        if purpose == Purpose::Confirm && !(fresh && promised) {
            return;
        }
        // What is no database of RDS does not depend on its API.
        let topology = match &self.binding.source {
            Source::Name(_) if topology.is_err() => Arc::new(Ok(Topology::default())),
            _ => topology,
        };
        // Asked before each removal too, since the keys are read again for it.
        if let Ok(Err(finding)) =
            topology.as_ref().as_ref().map(|topology| consent(&self.binding, topology))
        {
            return self.end_round(RoundOutcome::NotPublished(finding), cx);
        }
        match facts_of(&self.binding.source, &topology) {
            Err(unknown) => {
                let evidence = Evidence::unknown(&self.binding.source, unknown);
                self.on_evidence(evidence, fresh, purpose, cx);
            }
            Ok(facts) => {
                self.facts = Some(facts);
                self.ask_names(purpose, fresh, topology, cx);
            }
        }
    }

    pub(super) fn on_answers(&mut self, answers: &Answers, cx: &mut Context<'_>) {
        if let Phase::Names { purpose, fresh, topology } = &self.phase {
            let (purpose, fresh, topology) = (*purpose, *fresh, topology.clone());
            self.weigh(purpose, fresh, &topology, answers, cx);
        }
    }

    pub(super) fn on_targets(
        &mut self,
        result: Result<Vec<Target>, CallError>,
        cx: &mut Context<'_>,
    ) {
        if self.phase != Phase::Targets {
            return;
        }
        match result {
            Err(error) => self.end_round(RoundOutcome::Failed(error, Plan::default()), cx),
            Ok(targets) => {
                if let Some(action) = self.write_log.see(&targets) {
                    self.note(
                        NoteKind::Applied,
                        format!(
                            "the lost answer to `{action}` is made up for: the targets show \
                            that it was done"
                        ),
                        cx,
                    );
                    self.totals.applied(&action);
                }
                self.totals.see(&targets);
                self.unfinished |= self.targets != targets;
                self.targets = targets;
                self.targets_age = Duration::ZERO;
                self.reread &= !Mechanism::RereadAfterTargets.is_on();
                self.decide(cx);
            }
        }
    }

    pub(super) fn on_written(&mut self, result: Result<(), CallError>, cx: &mut Context<'_>) {
        if !matches!(self.phase, Phase::Write(_)) {
            return;
        }
        let Phase::Write(action) = std::mem::replace(&mut self.phase, Phase::Targets) else {
            return;
        };
        match result {
            Ok(()) => {
                self.write_log.done(&action);
                self.totals.applied(&action);
                self.wrote = true;
                self.removed_this_round |= matches!(action, Action::Deregister(_));
                self.note(NoteKind::Applied, format!("acknowledged: {action}"), cx);
                if Mechanism::ReadBack.is_on() {
                    self.read_targets(cx);
                } else {
                    self.end_round(RoundOutcome::Planned(Plan::default()), cx);
                }
            }
            Err(error) if error.failure == Failure::AnswerLost => {
                self.note(
                    NoteKind::Unconfirmed,
                    format!("`{action}` may or may not have been done: {error}"),
                    cx,
                );
                let plan = self.plan(cx.timing).unwrap_or_default();
                self.write_log.lost(action, &error);
                self.end_round(RoundOutcome::Failed(error, plan), cx);
                // What was sent may still land within the longest write.
                self.phase = Phase::Pause(LONGEST_WRITE);
            }
            Err(error) => {
                self.note(NoteKind::Rejected, format!("`{action}` was not done: {error}"), cx);
                let plan = self.plan(cx.timing).unwrap_or_default();
                self.write_log.refused(&error);
                if !error.is_retryable() {
                    self.write_log.set_aside(&action);
                }
                self.end_round(RoundOutcome::Failed(error, plan), cx);
                self.pause_for(self.write_log.back_off());
            }
        }
    }

    fn ask_topology(&mut self, purpose: Purpose) {
        self.phase = Phase::Topology { purpose, promised: false };
    }

    fn ask_names(&mut self, purpose: Purpose, fresh: bool, topology: Shared, cx: &mut Context<'_>) {
        let (Ok(known), Some(group)) = (&*topology, &self.group) else {
            return;
        };
        let names = questions(&self.binding.source, known);
        if names.is_empty() {
            return self.weigh(purpose, fresh, &topology, &Answers::new(), cx);
        }
        cx.reaction.effects.push(Effect::Resolve(cx.index, names, group.family));
        self.phase = Phase::Names { purpose, fresh, topology };
    }

    fn weigh(
        &mut self,
        purpose: Purpose,
        fresh: bool,
        topology: &Shared,
        answers: &Answers,
        cx: &mut Context<'_>,
    ) {
        let (Ok(known), Some(group)) = (&**topology, &self.group) else {
            return;
        };
        let binding = &self.binding;
        let evidence = weigh(&binding.source, known, answers, &binding.allow, group.family);
        if matches!(evidence, Evidence::Set { key: Key::Dns, .. }) {
            let heard = answers.values().flatten().map(|answer| answer.ttl);
            self.ttl = heard.fold(self.ttl, Duration::max);
        }
        self.members.extend(member_addresses(&binding.source, known, answers));
        self.on_evidence(evidence, fresh, purpose, cx);
    }

    fn on_evidence(
        &mut self,
        evidence: Evidence,
        fresh: bool,
        purpose: Purpose,
        cx: &mut Context<'_>,
    ) {
        let same = self.history.latest() == Some(&evidence);
        if !same {
            self.unfinished = true;
            self.note(NoteKind::Evidence, evidence.to_string(), cx);
        }
        self.history.record(evidence, fresh);
        match purpose {
            Purpose::Confirm if same => {
                self.reread = true;
                self.decide(cx);
            }
            // Anything that changed makes a new round.
            Purpose::Confirm => self.read_targets(cx),
            Purpose::Look if same && self.keeps_targets() => {
                let outcome = self.outcome.clone();
                self.end_round(outcome, cx);
            }
            Purpose::Look => self.read_targets(cx),
        }
    }

    fn read_targets(&mut self, cx: &mut Context<'_>) {
        self.phase = Phase::Targets;
        cx.reaction.effects.push(Effect::ReadTargets(cx.index, self.binding.target_group.clone()));
    }

    fn decide(&mut self, cx: &mut Context<'_>) {
        let Some(plan) = self.plan(cx.timing) else {
            return;
        };
        if !self.may_write(cx.intent) {
            return self.end_round(RoundOutcome::Planned(plan), cx);
        }
        match plan.now.clone() {
            None => self.end_round(RoundOutcome::Planned(plan), cx),
            Some(Step::Reread) => self.ask_topology(Purpose::Confirm),
            Some(Step::Do(_)) if self.write_log.is_exhausted() => {
                let cause = self.write_log.last_error();
                self.end_round(RoundOutcome::Exhausted(plan, cause), cx);
            }
            Some(Step::Do(_)) if cx.left <= LONGEST_WRITE => {
                self.end_round(RoundOutcome::OutOfTime(plan), cx)
            }
            // The reading may be older than the write that it does not show: a repetition needs a
            // new round.
            Some(Step::Do(action)) if self.wrote && self.write_log.was_acknowledged(&action) => {
                self.end_round(RoundOutcome::Planned(plan), cx);
                self.pause_for(UNSHOWN);
            }
            Some(Step::Do(action)) => self.write(action, cx),
        }
    }

    fn write(&mut self, action: Action, cx: &mut Context<'_>) {
        self.write_log.begin(&action);
        self.unfinished = true;
        let group = self.binding.target_group.clone();
        let (kind, effect) = match &action {
            Action::Register(registration) => {
                (NoteKind::Register, Effect::Register(cx.index, group, registration.clone()))
            }
            Action::Deregister(targets) => {
                (NoteKind::Deregister, Effect::Deregister(cx.index, group, targets.clone()))
            }
        };
        self.note(kind, action.to_string(), cx);
        cx.reaction.effects.push(effect);
        self.phase = Phase::Write(action);
    }

    /// An address that a name gives no more may come back as long as a cache on the way may give an
    /// older answer, so that an agreement of DNS alone must last for two such times.
    fn timing(&self, timing: &Timing) -> Timing {
        Timing { settle: timing.settle.max(self.ttl * 2), ..*timing }
    }

    fn plan(&self, timing: &Timing) -> Option<Plan> {
        Some(plan(&self.binding, &self.timing(timing), &self.observation(timing)?))
    }

    fn end_round(&mut self, outcome: RoundOutcome, cx: &mut Context<'_>) {
        let text = outcome.sentence();
        if text != self.outcome.sentence() {
            self.note(NoteKind::Status, text, cx);
        }
        self.outcome = outcome;
        self.unfinished = false;
        let look = self.keep_looking(cx.intent, cx.timing);
        let timing = self.timing(cx.timing);
        let settle = timing.settle.min(LONGEST_SETTLE.max(cx.timing.settle));
        self.look_schedule.round_ended(look, &Timing { settle, ..timing });
        self.phase = match self.look_schedule.pause() {
            Some(pause) if cx.intent == Intent::Reconcile => Phase::Pause(pause),
            _ => Phase::Rest(slow(cx.timing)),
        };
    }

    /// Makes a pause at least this long.
    fn pause_for(&mut self, least: Duration) {
        if let Phase::Pause(pause) = &mut self.phase {
            *pause = (*pause).max(least);
        }
    }

    fn keep_looking(&self, intent: Intent, timing: &Timing) -> KeepLooking {
        let failover = self.observation(timing).is_some_and(|seen| seen.earlier.failover);
        match self.outcome.keep_looking(self.may_write(intent)) {
            // What the event announced is done.
            KeepLooking::UntilFailover if failover => KeepLooking::Stop,
            look => look,
        }
    }

    /// Whether a round that finds the same evidence as the one before does without reading the
    /// targets. An event that names no database has every binding watched, and the account's budget
    /// of Describe calls does not grow with their number: so a group that is right is then read
    /// again only when the evidence moves. One that is not right is read as often as any other,
    /// because its targets' health may be what it waits for.
    fn keeps_targets(&self) -> bool {
        let is_recent = self.targets_age < TARGETS_KEEP;
        if self.look_schedule.is_for_nobody() {
            return matches!(self.outcome, RoundOutcome::Planned(_))
                && (self.outcome.is_clean() || is_recent);
        }
        self.outcome.is_clean() && is_recent
    }

    fn may_write(&self, intent: Intent) -> bool {
        intent == Intent::Reconcile && self.binding.mode == Mode::Manage
    }

    fn note(&self, kind: NoteKind, text: String, cx: &mut Context<'_>) {
        let (binding, round) = (self.binding.name.clone(), self.totals.rounds);
        cx.reaction.notes.push(Note { binding, round, kind, text });
    }
}

fn facts_of(source: &Source, topology: &Result<Topology, CallError>) -> Result<Facts, Unknown> {
    topology
        .as_ref()
        .map_err(|error| Unknown::Call(error.clone()))
        .and_then(|topology| facts(source, topology))
}
