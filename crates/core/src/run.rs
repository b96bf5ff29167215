//! A run as a value: [`Run::step`] takes what happened and returns what to do next.
//!
//! There is no clock and no I/O in it. Time comes in as the time that passed since the last step;
//! the result of an effect comes back as an [`Input`]. A run can be cloned, compared and hashed, so
//! a test can walk through every order of events, and the same code drives the Lambda, the audit
//! and the simulation.
//!
//! # What a run does
//!
//! 1. *Who is concerned?* A sweep concerns every binding. An event concerns the bindings whose
//!    database it names; to know them, the run may first have to read the topology (an instance may
//!    belong to a cluster that a binding follows) and the tags (they may add bindings). An event
//!    that concerns no binding ends the run there.
//!    A sweep's looks begin in batches and within a bounded time (`run/routine.rs`); the next sweep
//!    goes on with the bindings that this one did not get to. The run of an event looks at the
//!    bindings that the event concerns, and at those whose source the topology shows to have moved.
//! 2. *Rounds.* Each binding has a `BindingRun`, and its `step` (`run/binding_run.rs`) is a round:
//!    read the keys, read the targets, plan, write, read back.
//! 3. *When is the next round?* How a round ended says how soon the next one begins and for how
//!    long the run keeps looking (`run/look_schedule.rs`).
//! 4. *The end.* The run is over when every binding rests or the time is used up. Its
//!    [`report`](Run::report) says what was confirmed.
//!
//! The bindings share the readings of the topology (`run/topology_cache.rs`) and those of network
//! interfaces (`run/interface_cache.rs`), and nothing else: one bad binding never stops or fails
//! another.

mod binding_run;
mod effect;
mod interface_cache;
mod look_schedule;
mod memory;
mod pending_event;
mod phase;
mod round_outcome;
mod routine;
mod run_report;
mod sighting;
mod sweep_order;
mod tag_search;
mod topology_cache;
mod write_log;
mod wrong_time;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use self::binding_run::{BindingRun, RunTrust};
use self::effect::Context;
pub use self::effect::{BindingIndex, Effect, Input, PermitFor, Priority, Reaction};
use self::interface_cache::InterfaceCache;
pub use self::memory::Memory;
use self::pending_event::{PendingEvent, Taken};
use self::phase::BindingInput;
use self::routine::RoutineLooks;
use self::sighting::later;
use self::tag_search::TagSearch;
use self::topology_cache::{TopologyCache, TopologyReading};
use crate::config::{BadBinding, Config, Discover, Timing};
use crate::discover::TaggedGroup;
use crate::event::{Event, Intent, Trigger};
use crate::failure::CallError;
use crate::report::{Report, TriggerReport};
use crate::topology::{Named, Scope, Topology};

/// A run.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Run {
    timing: Timing,
    intent: Intent,
    /// No binding of the configuration may be written for.
    only_observes: bool,
    /// The time by the clock.
    now: Timestamp,
    /// What is left of the run's time.
    left: Duration,
    /// What this process remembered when the run began.
    memory: Arc<Memory>,
    /// The looks whose turn has come.
    routine: RoutineLooks,
    topology_cache: TopologyCache,
    interface_cache: InterfaceCache,
    /// The bindings, in the order of the configuration; then those that tags ask for.
    entries: Vec<Entry>,
    /// The events, until the run knows which bindings they concern.
    pending_events: Vec<PendingEvent>,
    tag_search: TagSearch,
    /// How many events concern no binding.
    unmatched: u32,
    /// Every binding is looked at: for a sweep, or for an event that may concern any of them.
    looks_everywhere: bool,
    /// The report answers for every binding, as a sweep's does, and not only for those that events
    /// name. So does that of a run whose events are all older than their patience.
    sweeps: bool,
    /// A read has succeeded.
    read_something: bool,
    trigger: Arc<TriggerReport>,
}

/// A binding of the run.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Entry {
    /// One that can be followed.
    Good(Box<BindingRun>),
    /// One whose configuration cannot be used.
    Bad(Arc<BadBinding>),
}

impl Run {
    /// A run for `trigger` that must be over when `left` has passed.
    ///
    /// An event only chooses which bindings are watched closely, and for how long. An event that
    /// certainly concerns no binding leaves nothing to do.
    pub fn new(config: &Config, trigger: &Trigger, now: Timestamp, left: Duration) -> Self {
        Self::remembering(config, trigger, now, left, &Memory::default())
    }

    /// The same, in a process that remembers earlier runs.
    pub fn remembering(
        config: &Config,
        trigger: &Trigger,
        now: Timestamp,
        left: Duration,
        memory: &Memory,
    ) -> Self {
        let entries = entries(config, trigger);
        let mut run = Self {
            timing: config.timing,
            intent: trigger.intent,
            only_observes: config.only_observes(),
            now,
            left,
            memory: Arc::new(memory.clone()),
            routine: RoutineLooks::of(trigger, now),
            topology_cache: TopologyCache::of(scope(config, &entries)),
            interface_cache: InterfaceCache::default(),
            entries,
            pending_events: Vec::new(),
            tag_search: TagSearch::of(config, trigger),
            unmatched: 0,
            // An event that cannot be read may concern any binding.
            looks_everywhere: trigger.is_sweep() || trigger.unreadable > 0,
            // Until `take_event` takes an event that is not too old.
            sweeps: true,
            read_something: false,
            trigger: Arc::new(trigger.into()),
        };
        run.topology_cache.remember(memory.topology.clone());
        run.recall(0);
        run.trust(trigger);
        for event in &trigger.events {
            run.take_event(event);
        }
        run.watch_concerned(0);
        run.conclude_events();
        run.line_up();
        run
    }

    /// What a process is to remember for its later runs.
    pub fn memory(&self) -> Memory {
        let mut memory = (*self.memory).clone();
        for binding_run in self.binding_runs() {
            let remembered = binding_run.remembered(self.now, &self.timing);
            memory.keep(binding_run.group().clone(), remembered);
        }
        memory.topology = self.topology_cache.known().cloned();
        memory
    }

    /// The same run in a process in which an earlier run read this topology last.
    #[cfg(test)]
    pub(crate) fn knowing(mut self, topology: Option<Arc<Topology>>) -> Self {
        self.topology_cache.remember(topology);
        self
    }

    /// Takes what happened, `passed` after the last step, and says what to do next.
    pub fn step(&mut self, passed: Duration, input: Input) -> Reaction {
        let mut reaction = Reaction::default();
        self.advance(passed);
        self.read_something |= self.is_successful_read(&input);
        match input {
            Input::Start => self.start(&mut reaction),
            Input::Tick => {}
            Input::Topology(result) => self.take_topology(result, &mut reaction),
            Input::Tags(result) => self.take_tags(result, &mut reaction),
            Input::Group(index, result) => {
                self.step_binding(index, BindingInput::Group(result), &mut reaction)
            }
            Input::Targets(index, result) => {
                self.step_binding(index, BindingInput::Targets(result), &mut reaction)
            }
            Input::Answers(index, answers) => {
                self.step_binding(index, BindingInput::Answers(answers), &mut reaction)
            }
            Input::Interfaces(vpc, result) => self.interface_cache.arrive(vpc, result),
            Input::Routing(index, result) => {
                self.step_binding(index, BindingInput::Routing(result), &mut reaction)
            }
            Input::Permitted(index) => {
                self.step_binding(index, BindingInput::Permitted, &mut reaction)
            }
            Input::Written(index, result) => {
                self.step_binding(index, BindingInput::Written(result), &mut reaction)
            }
        }
        // Rounds first: one that begins now can use the reading at hand.
        self.begin_due_rounds(&mut reaction);
        self.serve_waiting_for_interfaces(&mut reaction);
        self.serve_waiting_for_topology(&mut reaction);
        // A reading of the topology can lead to one of the interfaces at once.
        self.serve_waiting_for_interfaces(&mut reaction);
        reaction
    }

    /// Whether there is nothing left to do, or no time for it.
    pub fn is_over(&self) -> bool {
        // The tags may still add bindings, and the topology may still say that one must be watched.
        let awaits = self.tag_search.is_under_way() || !self.pending_events.is_empty();
        let is_at_work = |binding_run: &BindingRun| {
            binding_run.is_under_way() || (binding_run.has_not_begun() && binding_run.is_named())
        };
        self.left.is_zero()
            || (!awaits && self.routine.is_over() && !self.binding_runs().any(is_at_work))
    }

    /// What is left of the run's time.
    pub(crate) fn left(&self) -> Duration {
        self.left
    }

    /// How long the driver may wait, when nothing comes back before.
    pub fn sleeps_for(&self) -> Duration {
        let pauses = self.binding_runs().filter_map(BindingRun::sleeps_for);
        let next_reading = self
            .binding_runs()
            .any(BindingRun::awaits_topology)
            .then(|| self.topology_cache.ready_in())
            .flatten();
        pauses.chain(next_reading).fold(self.left, Duration::min)
    }

    /// What the run found and did.
    pub fn report(&self) -> Report {
        run_report::report(self)
    }

    /// Recalls what this process knows of the bindings from this entry on.
    fn recall(&mut self, from: BindingIndex) {
        for entry in &mut self.entries[from..] {
            if let Entry::Good(binding_run) = entry
                && let Some(known) = self.memory.of(binding_run.group(), binding_run.source())
            {
                binding_run.recall(known);
            }
        }
    }

    /// Takes a person's trust in DNS, which is given for one binding, asked for by its name, that
    /// follows a cluster's writer.
    fn trust(&mut self, trigger: &Trigger) {
        if let (Some(trust), Some(_)) = (&trigger.trust, &trigger.only)
            && let [Entry::Good(binding_run)] = &mut self.entries[..]
            && binding_run.source().is_cluster()
        {
            binding_run.trust(RunTrust::new(trust.writer.clone(), trust.left(self.now)));
        }
    }

    /// Takes an event of the trigger: it is kept until the run knows which bindings it concerns.
    fn take_event(&mut self, event: &Event) {
        let now = self.now;
        let patience = event.patience_left(&self.timing, now);
        self.sweeps &= event.is_stale(&self.timing, now);
        // The tags may add a binding that follows a cluster.
        let may_have_cluster = self.follows_a_cluster() || self.tag_search.is_under_way();
        match PendingEvent::take(event, now, patience, may_have_cluster) {
            Taken::Pending(event) => self.pending_events.push(event),
            Taken::Unrelated => self.unmatched += 1,
            Taken::LookEverywhere => self.looks_everywhere = true,
        }
    }

    /// Whether a binding follows a cluster, to which an instance that an event names may belong.
    fn follows_a_cluster(&self) -> bool {
        self.binding_runs().any(|binding_run| binding_run.source().cluster().is_some())
    }

    /// Watches the bindings, from this entry on, that an event concerns.
    fn watch_concerned(&mut self, from: BindingIndex) {
        for pending_event in &mut self.pending_events {
            for entry in &mut self.entries[from..] {
                let Entry::Good(binding_run) = entry else { continue };
                if !pending_event.concerns(binding_run.source()) {
                    pending_event.pass(binding_run.source());
                    continue;
                }
                pending_event.watch(binding_run);
                if pending_event.names_no_database() {
                    self.looks_everywhere = true;
                    self.routine.take_all_the_time();
                }
            }
        }
    }

    /// Once the run knows which bindings the events concern: counts the events that concern none,
    /// and leaves every binding alone if there is nothing else.
    fn conclude_events(&mut self) {
        if self.tag_search.is_under_way() || self.needs_topology_for_events() {
            return;
        }
        // Without the tags an event may concern a binding that the run does not know. So the run
        // drops nothing, and answers for every binding.
        let is_blind = self.tag_search.has_failed();
        let unmatched = self
            .pending_events
            .drain(..)
            .filter(|pending_event| !pending_event.is_matched && !is_blind)
            .count();
        self.unmatched += u32::try_from(unmatched).unwrap_or(u32::MAX);
        let names_any = is_blind || self.binding_runs().any(BindingRun::is_named);
        if !names_any && !self.looks_everywhere {
            self.entries.clear();
        }
        // A run whose events name no binding has only all of them to answer for.
        self.sweeps |= !names_any;
    }

    /// Whether only the topology says which bindings the events concern.
    fn needs_topology_for_events(&self) -> bool {
        self.pending_events.iter().any(PendingEvent::needs_topology)
    }

    /// Lets time pass.
    fn advance(&mut self, passed: Duration) {
        self.now = later(self.now, passed);
        self.left = self.left.saturating_sub(passed);
        self.routine.advance(passed);
        self.topology_cache.advance(passed);
        for pending_event in &mut self.pending_events {
            pending_event.advance(passed);
        }
        let timing = self.timing;
        for binding_run in self.binding_runs_mut() {
            binding_run.advance(passed, &timing);
        }
    }

    /// Whether this is a read that succeeded. Names that did not resolve are none, nor are empty
    /// readings of the topology and descriptions of groups, which may have called nothing.
    fn is_successful_read(&self, input: &Input) -> bool {
        match input {
            Input::Topology(result) => result.is_ok() && self.topology_cache.asks(),
            Input::Tags(result) => result.is_ok(),
            Input::Targets(_, result) => result.is_ok(),
            Input::Start
            | Input::Tick
            | Input::Group(..)
            | Input::Answers(..)
            | Input::Interfaces(..)
            | Input::Routing(..)
            | Input::Permitted(_)
            | Input::Written(..) => false,
        }
    }

    /// Begins the run: with what says which bindings the events concern, where that is not known.
    fn start(&mut self, reaction: &mut Reaction) {
        if self.tag_search.is_under_way() {
            reaction.effects.push(Effect::ReadTags);
        }
        if self.needs_topology_for_events() {
            self.begin_reading(reaction);
        }
        self.begin_first_rounds(reaction);
    }

    /// Whether the run knows enough to begin. While the events may concern only bindings that the
    /// tags are still to name, the others need no look.
    fn may_begin(&self) -> bool {
        let concerned = self.looks_everywhere || self.binding_runs().any(BindingRun::is_named);
        !self.needs_topology_for_events() && (!self.tag_search.is_under_way() || concerned)
    }

    /// Lines up the bindings whose turn comes in this run, in the order in which it comes.
    fn line_up(&mut self) {
        if self.looks_everywhere && self.may_begin() {
            let Self { routine, entries, tag_search, .. } = self;
            routine.line_up(entries.len(), tag_search.is_on(), |index| {
                entries[*index].good().is_some_and(BindingRun::has_not_begun)
            });
        }
    }

    /// Begins the first round of every binding that an event names, and lines up the others that
    /// are to be looked at.
    fn begin_first_rounds(&mut self, reaction: &mut Reaction) {
        if !self.may_begin() {
            return;
        }
        self.line_up();
        self.begin_rounds(|binding| binding.has_not_begun() && binding.is_named(), reaction);
        self.begin_next_batch(reaction);
        // The groups and the topology are read at the same time.
        let is_needed = self.binding_runs().any(BindingRun::is_under_way);
        if is_needed && self.topology_cache.is_empty() && self.topology_cache.is_ready() {
            self.begin_reading(reaction);
        }
    }

    /// Begins a reading of the topology: of the few databases that an event concerns, or of all.
    fn begin_reading(&mut self, reaction: &mut Reaction) {
        let wanted = (!self.looks_everywhere).then(|| {
            let mut wanted = Named::default();
            let concerned =
                |binding_run: &&BindingRun| binding_run.is_named() || binding_run.is_under_way();
            self.binding_runs().filter(concerned).for_each(|run| wanted.add(run.source()));
            for id in self.pending_events.iter().filter_map(PendingEvent::unknown_instance) {
                wanted.instances.insert(id.clone());
                // Read too, so that its binding need not wait for another reading.
                wanted.clusters.extend(self.topology_cache.cluster_of(id).cloned());
            }
            wanted
        });
        self.topology_cache.begin(wanted, reaction);
    }

    /// Takes a reading of the topology, which may say which bindings the events concern.
    fn take_topology(&mut self, result: Result<Topology, CallError>, reaction: &mut Reaction) {
        let Some(reading) = self.topology_cache.arrive(result, reaction) else {
            return;
        };
        if self.needs_topology_for_events() {
            let topology = reading.result.as_deref().ok();
            self.pending_events.iter_mut().for_each(|event| event.find_cluster(topology));
            self.watch_concerned(0);
            self.conclude_events();
            self.begin_first_rounds(reaction);
        }
        if let Ok(topology) = &reading.result {
            self.look_where_it_moved(topology, reaction);
        }
        self.offer_topology(&reading, reaction);
    }

    /// Begins a round for every binding at rest, or not looked at yet, whose source a reading of
    /// the topology shows to have moved.
    ///
    /// When a whole zone fails, the events of its databases queue up behind the run of the first.
    /// That run sees the others move, and puts them right; the later events find their work done.
    fn look_where_it_moved(&mut self, topology: &Topology, reaction: &mut Reaction) {
        let now = self.now;
        for index in 0..self.entries.len() {
            let Some(Entry::Good(binding_run)) = self.entries.get_mut(index) else {
                continue;
            };
            if !self.topology_cache.covers(binding_run.source()) {
                continue;
            }
            // A dry run looks once.
            let needs_look = binding_run.sees_topology(topology, now);
            if needs_look && self.intent == Intent::Reconcile {
                self.step_binding(index, BindingInput::Begin, reaction);
            }
        }
    }

    /// Takes what the tags say, which may add bindings.
    fn take_tags(&mut self, result: Result<Vec<TaggedGroup>, CallError>, reaction: &mut Reaction) {
        let known = self.entries.len();
        let (found, note) = self.tag_search.end(result);
        self.entries.extend(found);
        reaction.notes.extend(note);
        self.routine.tags_are_read();
        self.recall(known);
        self.watch_concerned(known);
        self.conclude_events();
        self.begin_first_rounds(reaction);
    }

    /// Begins the rounds whose pause is over, and those whose turn has come.
    fn begin_due_rounds(&mut self, reaction: &mut Reaction) {
        if self.is_over() {
            return;
        }
        self.begin_rounds(BindingRun::is_due, reaction);
        self.begin_next_batch(reaction);
    }

    /// Begins the looks whose turn has come.
    fn begin_next_batch(&mut self, reaction: &mut Reaction) {
        let is_under_way = |binding_run: &&BindingRun| binding_run.is_in_routine_look();
        let under_way = self.binding_runs().filter(is_under_way).count();
        for index in self.routine.next_batch(under_way) {
            // The topology may have shown that it moved, and it was looked at before its turn.
            if self.entries[index].good().is_some_and(BindingRun::has_not_begun) {
                self.step_binding(index, BindingInput::Begin, reaction);
            }
        }
    }

    /// Whether the report has an entry for it: not for a binding that the next sweeps look at, nor
    /// for one that no event concerns.
    fn answers_for(&self, entry: &Entry) -> bool {
        let Entry::Good(binding_run) = entry else {
            return true;
        };
        let waits_for_a_sweep = self.routine.is_bounded() || !self.looks_everywhere;
        !binding_run.has_not_begun() || binding_run.is_named() || !waits_for_a_sweep
    }

    /// How many bindings a sweep did not get to.
    fn postponed(&self) -> usize {
        let is_left = |index: &BindingIndex| {
            self.entries[*index].good().is_some_and(BindingRun::has_not_begun)
        };
        let is_bounded = self.routine.is_bounded();
        self.routine.waiting().filter(|_| is_bounded).filter(is_left).count()
    }

    /// Begins a round for each of `which` bindings.
    fn begin_rounds(&mut self, which: fn(&BindingRun) -> bool, reaction: &mut Reaction) {
        for index in 0..self.entries.len() {
            if self.entries[index].good().is_some_and(which) {
                self.step_binding(index, BindingInput::Begin, reaction);
            }
        }
    }

    /// Gives the latest reading of the topology to the bindings that it is recent enough for, and
    /// begins a new one for the others.
    fn serve_waiting_for_topology(&mut self, reaction: &mut Reaction) {
        if let Some(reading) = self.topology_cache.recent() {
            self.offer_topology(&reading, reaction);
        }
        if self.binding_runs().any(BindingRun::awaits_topology) && self.topology_cache.is_ready() {
            self.begin_reading(reaction);
            // A binding that asks for a confirmation later waits for the reading after this one.
            self.binding_runs_mut().for_each(BindingRun::topology_begins);
        }
    }

    /// Gives the readings of network interfaces to the bindings that wait for them, and begins
    /// those that nobody has begun.
    fn serve_waiting_for_interfaces(&mut self, reaction: &mut Reaction) {
        for index in 0..self.entries.len() {
            let awaited = self.entries[index].good().and_then(BindingRun::awaits_interfaces);
            if let Some(awaited) = awaited.cloned()
                && let Some(interfaces) = self.interface_cache.serve(&awaited, reaction)
            {
                self.step_binding(index, BindingInput::Interfaces(interfaces), reaction);
            }
        }
    }

    /// Offers a reading of the topology to every binding; those that wait for such a one take it.
    fn offer_topology(&mut self, reading: &TopologyReading, reaction: &mut Reaction) {
        for index in 0..self.entries.len() {
            // What it has of other databases is old.
            if self.entries[index]
                .good()
                .is_some_and(|run| self.topology_cache.covers(run.source()))
            {
                self.step_binding(index, BindingInput::Topology(reading.clone()), reaction);
            }
        }
    }

    /// Hands an input to a binding run, which adds to the reaction what it wants done.
    fn step_binding(&mut self, index: BindingIndex, input: BindingInput, reaction: &mut Reaction) {
        if let Some(Entry::Good(binding_run)) = self.entries.get_mut(index) {
            let cx = &mut Context {
                index,
                timing: &self.timing,
                intent: self.intent,
                only_observes: self.only_observes,
                left: self.left,
                routine_left: self.routine.left(),
                now: self.now,
                known: self.topology_cache.known(),
                is_sweep: self.sweeps,
                is_whole: self.topology_cache.is_whole(),
                interfaces: &self.interface_cache,
                reaction,
            };
            binding_run.step(input, cx);
        }
    }

    /// The bindings that can be followed.
    fn binding_runs(&self) -> impl Iterator<Item = &BindingRun> {
        self.entries.iter().filter_map(Entry::good)
    }

    /// The bindings that can be followed.
    fn binding_runs_mut(&mut self) -> impl Iterator<Item = &mut BindingRun> {
        self.entries.iter_mut().filter_map(|entry| match entry {
            Entry::Good(binding_run) => Some(&mut **binding_run),
            Entry::Bad(_) => None,
        })
    }
}

/// The bindings of the configuration that the trigger asks for.
fn entries(config: &Config, trigger: &Trigger) -> Vec<Entry> {
    let asked =
        |name: &str| trigger.only.as_ref().is_none_or(|only| only.iter().any(|n| n == name));
    let entry = |binding: &Result<_, BadBinding>| match binding {
        Ok(binding) => Entry::Good(Box::new(BindingRun::new(Arc::new(Clone::clone(binding))))),
        Err(bad) => Entry::Bad(Arc::new(bad.clone())),
    };
    config.bindings.iter().map(entry).filter(|e| asked(e.name())).collect()
}

/// The lists that must be read for these bindings, and for those that tags may add.
fn scope(config: &Config, entries: &[Entry]) -> Scope {
    let of_tags = config.discover.as_ref().map(Discover::scope).unwrap_or_default();
    Scope::of(entries.iter().filter_map(Entry::good).map(BindingRun::source)).and(of_tags)
}

impl Entry {
    /// The binding's name.
    fn name(&self) -> &str {
        match self {
            Self::Good(binding_run) => binding_run.name(),
            Self::Bad(bad) => &bad.name,
        }
    }

    /// The binding, if it can be followed.
    fn good(&self) -> Option<&BindingRun> {
        match self {
            Self::Good(binding_run) => Some(binding_run),
            Self::Bad(_) => None,
        }
    }
}

#[cfg(test)]
mod tests;
