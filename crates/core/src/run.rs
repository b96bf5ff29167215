//! A run as a value: `step` takes what happened and returns what to do next.
//!
//! There is no clock and no I/O in it. Time comes in as the time that has passed since the last
//! step; what was started comes back as an [`Input`]. A run can be cloned, compared and hashed, so
//! that every order of events can be walked through, and the same value drives the Lambda, the
//! audit and the simulation.
//!
//! A run holds one `BindingRun` for each binding. They share the reading of the topology and
//! nothing else: one bad binding never stops or fails another.

mod binding_run;
mod look_schedule;
mod pending_event;
mod phase;
mod round_outcome;
mod run_report;
mod tag_search;
mod topology_cache;
mod write_log;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use self::binding_run::BindingRun;
use self::pending_event::PendingEvent;
use self::tag_search::TagSearch;
use self::topology_cache::TopologyCache;
use crate::config::{BadBinding, Config, Timing};
use crate::discover::TaggedGroup;
use crate::event::{Intent, SourceType, Trigger};
use crate::evidence::Answers;
use crate::failure::CallError;
use crate::note::Note;
use crate::report::{Report, TriggerReport};
use crate::target::{Family, Registration, Target, TargetGroup, TargetGroupArn};
use crate::topology::{HostName, Scope, Topology};

/// Something that the run wants done.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Read these lists of the Region's databases.
    ReadTopology(Scope),
    /// Read the tags of all groups.
    ReadTags,
    /// Say what kind of group it is.
    ReadGroup(BindingIndex, TargetGroupArn),
    /// Read all targets of a group.
    ReadTargets(BindingIndex, TargetGroupArn),
    /// Ask DNS for these names.
    Resolve(BindingIndex, Vec<HostName>, Family),
    /// Register a target.
    Register(BindingIndex, TargetGroupArn, Registration),
    /// Deregister targets.
    Deregister(BindingIndex, TargetGroupArn, Vec<Target>),
}

/// Which binding of the run an effect belongs to; its result comes back with the same index.
pub type BindingIndex = usize;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Input {
    /// The run begins.
    Start,
    /// Nothing but time.
    Tick,
    /// The topology was read, or could not be.
    Topology(Result<Topology, CallError>),
    /// The tags were read, or could not be.
    Tags(Result<Vec<TaggedGroup>, CallError>),
    /// The group was described, or could not be.
    Group(BindingIndex, Result<TargetGroup, CallError>),
    /// The targets were read, or could not be.
    Targets(BindingIndex, Result<Vec<Target>, CallError>),
    /// The names were asked for.
    Answers(BindingIndex, Answers),
    /// The write was acknowledged, refused, or its answer was lost.
    Written(BindingIndex, Result<(), CallError>),
}

/// What a step leads to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reaction {
    /// What to do, all of it at once.
    pub effects: Vec<Effect>,
    /// What was decided, for those who listen.
    pub notes: Vec<Note>,
}

/// A run.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Run {
    timing: Timing,
    intent: Intent,
    left: Duration,
    topology_cache: TopologyCache,
    entries: Vec<Entry>,
    pending_events: Vec<PendingEvent>,
    search: TagSearch,
    unmatched: u32,
    /// Something may concern any binding: a sweep, or an event that does not say whom it is about.
    looks_everywhere: bool,
    /// It answers for every binding, as a sweep does, and not only for those that events name. So
    /// does a run for events that are older than their patience.
    sweeps: bool,
    read_something: bool,
    trigger: Arc<TriggerReport>,
}

/// A binding of the run.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Entry {
    Good(Box<BindingRun>),
    Bad(Arc<BadBinding>),
}

impl Run {
    /// A run for `trigger` that must be over when `left` has passed.
    ///
    /// An event only chooses who is watched closely and for how long: the binding of the database
    /// that it names. An event that certainly concerns no binding leaves nothing to do.
    pub fn new(config: &Config, trigger: &Trigger, now: Timestamp, left: Duration) -> Self {
        let asked =
            |name: &str| trigger.only.as_ref().is_none_or(|only| only.iter().any(|n| n == name));
        let entry = |binding: &Result<_, BadBinding>| match binding {
            Ok(binding) => Entry::Good(Box::new(BindingRun::new(Arc::new(Clone::clone(binding))))),
            Err(bad) => Entry::Bad(Arc::new(bad.clone())),
        };
        let entries: Vec<Entry> =
            config.bindings.iter().map(entry).filter(|e| asked(e.name())).collect();
        let sources = entries.iter().filter_map(|entry| match entry {
            Entry::Good(binding_run) => Some(binding_run.source()),
            Entry::Bad(_) => None,
        });
        let scope = match &config.discover {
            Some(discover) => Scope::of(sources).and(discover.scope()),
            None => Scope::of(sources),
        };
        let mut run = Self {
            timing: config.timing,
            intent: trigger.intent,
            left,
            topology_cache: TopologyCache::of(scope),
            entries,
            pending_events: Vec::new(),
            search: TagSearch::of(config, trigger),
            unmatched: 0,
            looks_everywhere: trigger.is_sweep() || trigger.unreadable > 0,
            sweeps: true,
            read_something: false,
            trigger: Arc::new(trigger.into()),
        };
        for event in &trigger.events {
            let patience = event.patience_left(&config.timing, now);
            run.sweeps &= event.is_stale(&config.timing, now);
            match (event.about, &event.source) {
                (SourceType::Cluster, Some(id)) => {
                    run.pending_events.push(PendingEvent::of_cluster(id.clone(), patience))
                }
                (SourceType::Instance, Some(id)) => {
                    let maybe = run.follows_a_cluster() || run.search.is_under_way();
                    run.pending_events.push(PendingEvent::of_instance(id.clone(), patience, maybe));
                }
                (SourceType::Proxy, Some(id)) => {
                    run.pending_events.push(PendingEvent::of_proxy(id.clone(), patience))
                }
                (SourceType::Deployment, _) => {
                    run.pending_events.push(PendingEvent::of_deployment(patience))
                }
                (SourceType::Unrelated, _) => run.unmatched += 1,
                (SourceType::Other, _) | (_, None) if !patience.is_zero() => {
                    run.pending_events.push(PendingEvent::of_anybody(patience));
                }
                (SourceType::Other, _) | (_, None) => run.looks_everywhere = true,
            }
        }
        run.attend(0);
        run.drop_unconcerned();
        run
    }

    /// Takes what happened, `passed` after the last step, and says what to do next.
    pub fn step(&mut self, passed: Duration, input: Input) -> Reaction {
        let mut reaction = Reaction::default();
        self.let_pass(passed);
        match input {
            Input::Start => self.start(&mut reaction),
            Input::Tick => {}
            Input::Topology(result) => self.on_topology(result, &mut reaction),
            Input::Tags(result) => self.on_tags(result, &mut reaction),
            Input::Group(index, result) => {
                self.read_something |= result.is_ok();
                self.with(index, &mut reaction, |binding_run, cx| binding_run.on_group(result, cx));
            }
            Input::Targets(index, result) => {
                self.read_something |= result.is_ok();
                self.with(index, &mut reaction, |binding_run, cx| {
                    binding_run.on_targets(result, cx)
                });
            }
            Input::Answers(index, answers) => {
                self.with(index, &mut reaction, |binding_run, cx| {
                    binding_run.on_answers(&answers, cx)
                });
            }
            Input::Written(index, result) => {
                self.with(index, &mut reaction, |binding_run, cx| {
                    binding_run.on_written(result, cx)
                });
            }
        }
        self.wake(&mut reaction);
        self.serve_topology(&mut reaction);
        reaction
    }

    /// Whether there is nothing left to do, or no time for it.
    pub fn is_over(&self) -> bool {
        let waits = self.search.is_under_way() || !self.pending_events.is_empty();
        self.left.is_zero() || (!waits && self.binding_runs().all(BindingRun::is_resting))
    }

    /// How long it may sleep when nothing comes back before.
    pub fn sleeps_for(&self) -> Duration {
        let someone_works = self.search.is_under_way()
            || self.binding_runs().any(|binding_run| !binding_run.is_resting());
        let pauses =
            self.binding_runs().filter(|_| someone_works).filter_map(BindingRun::sleeps_for);
        let topology_cache = self
            .binding_runs()
            .any(BindingRun::awaits_topology)
            .then(|| self.topology_cache.ready_in())
            .flatten();
        pauses.chain(topology_cache).fold(self.left, Duration::min)
    }

    /// What the run found and did.
    pub fn report(&self) -> Report {
        run_report::report(self)
    }

    fn start(&mut self, reaction: &mut Reaction) {
        if self.search.is_under_way() {
            reaction.effects.push(Effect::ReadTags);
        }
        if !self.is_mapped() {
            // Whom the event means is not known yet; one reading of the topology tells.
            self.topology_cache.begin(reaction);
        }
        self.begin_fresh(reaction);
    }

    /// Begins with those that have not begun, once it is known whom the events mean. While that may
    /// be somebody whom the tags are still to name, the others need not be looked at.
    fn begin_fresh(&mut self, reaction: &mut Reaction) {
        let concerned = self.looks_everywhere || self.binding_runs().any(BindingRun::is_named);
        if !self.is_mapped() || (self.search.is_under_way() && !concerned) {
            return;
        }
        for index in 0..self.entries.len() {
            self.with(index, reaction, |binding_run, cx| {
                if binding_run.is_fresh() {
                    binding_run.begin_round(cx);
                }
            });
        }
        if self.topology_cache.latest().is_none()
            && self.topology_cache.is_ready()
            && self.binding_runs().next().is_some()
        {
            self.topology_cache.begin(reaction);
        }
    }

    fn on_topology(&mut self, result: Result<Topology, CallError>, reaction: &mut Reaction) {
        self.read_something |= result.is_ok() && self.topology_cache.asks();
        self.topology_cache.arrive(result);
        if !self.is_mapped() {
            let latest = self.topology_cache.latest();
            let topology = latest.as_ref().and_then(|latest| latest.as_ref().as_ref().ok());
            self.pending_events.iter_mut().for_each(|pending_event| pending_event.map(topology));
            self.attend(0);
            self.drop_unconcerned();
            self.begin_fresh(reaction);
        }
        for index in 0..self.entries.len() {
            let latest = self.topology_cache.latest();
            self.with(index, reaction, |binding_run, cx| binding_run.on_topology(latest, true, cx));
        }
    }

    fn on_tags(&mut self, result: Result<Vec<TaggedGroup>, CallError>, reaction: &mut Reaction) {
        self.read_something |= result.is_ok();
        let known = self.entries.len();
        let (found, note) = self.search.end(result);
        self.entries.extend(found);
        reaction.notes.extend(note);
        self.attend(known);
        self.drop_unconcerned();
        self.begin_fresh(reaction);
    }

    /// Watches the bindings, from this entry on, that events concern.
    fn attend(&mut self, from: BindingIndex) {
        for pending_event in &mut self.pending_events {
            for entry in &mut self.entries[from..] {
                if let Entry::Good(binding_run) = entry
                    && pending_event.concerns(binding_run.source())
                {
                    pending_event.tell(binding_run);
                    self.looks_everywhere |= pending_event.names_nobody();
                }
            }
        }
    }

    /// Whether it is known which clusters the instances belong to that events name.
    fn is_mapped(&self) -> bool {
        self.pending_events.iter().all(PendingEvent::is_mapped)
    }

    /// An event that certainly concerns no binding is counted, and leaves every binding alone.
    /// While tags cannot be read, nothing is certain, and the run answers for that.
    fn drop_unconcerned(&mut self) {
        if self.search.is_under_way() || !self.is_mapped() {
            return;
        }
        let blind = self.search.has_failed();
        let unmatched = self
            .pending_events
            .drain(..)
            .filter(|pending_event| !pending_event.matched && !blind)
            .count();
        self.unmatched += u32::try_from(unmatched).unwrap_or(u32::MAX);
        let named = blind || self.binding_runs().any(BindingRun::is_named);
        if !named && !self.looks_everywhere {
            self.entries.clear();
        }
        // Nobody is named, so there is nobody to answer for but everybody.
        self.sweeps |= !named;
    }

    fn follows_a_cluster(&self) -> bool {
        self.binding_runs().any(|binding_run| binding_run.source().cluster().is_some())
    }

    fn let_pass(&mut self, passed: Duration) {
        self.left = self.left.saturating_sub(passed);
        self.topology_cache.let_pass(passed);
        for pending_event in &mut self.pending_events {
            pending_event.patience = pending_event.patience.saturating_sub(passed);
        }
        let timing = self.timing;
        for binding_run in self.binding_runs_mut() {
            binding_run.let_pass(passed, &timing);
        }
    }

    /// Begins the rounds whose pause is over; those at rest only while somebody else still works.
    fn wake(&mut self, reaction: &mut Reaction) {
        if self.is_over() {
            return;
        }
        for index in 0..self.entries.len() {
            self.with(index, reaction, |binding_run, cx| {
                if binding_run.is_due() {
                    binding_run.begin_round(cx);
                }
            });
        }
    }

    /// Gives the latest reading of the topology to those whom it suffices, and has a new one made
    /// for the others.
    fn serve_topology(&mut self, reaction: &mut Reaction) {
        if let Some(latest) = self.topology_cache.recent() {
            for index in 0..self.entries.len() {
                let latest = Some(latest.clone());
                self.with(index, reaction, |binding_run, cx| {
                    binding_run.on_topology(latest, false, cx)
                });
            }
        }
        if self.binding_runs().any(BindingRun::awaits_topology) && self.topology_cache.is_ready() {
            self.topology_cache.begin(reaction);
            self.binding_runs_mut().for_each(BindingRun::promise_topology);
        }
    }

    fn with(
        &mut self,
        index: BindingIndex,
        reaction: &mut Reaction,
        act: impl FnOnce(&mut BindingRun, &mut Context<'_>),
    ) {
        if let Some(Entry::Good(binding_run)) = self.entries.get_mut(index) {
            let cx = &mut Context {
                index,
                timing: &self.timing,
                intent: self.intent,
                left: self.left,
                reaction,
            };
            act(binding_run, cx);
        }
    }

    fn binding_runs(&self) -> impl Iterator<Item = &BindingRun> {
        self.entries.iter().filter_map(|entry| match entry {
            Entry::Good(binding_run) => Some(&**binding_run),
            Entry::Bad(_) => None,
        })
    }

    fn binding_runs_mut(&mut self) -> impl Iterator<Item = &mut BindingRun> {
        self.entries.iter_mut().filter_map(|entry| match entry {
            Entry::Good(binding_run) => Some(&mut **binding_run),
            Entry::Bad(_) => None,
        })
    }
}

impl Entry {
    fn name(&self) -> &str {
        match self {
            Self::Good(binding_run) => binding_run.name(),
            Self::Bad(bad) => &bad.name,
        }
    }
}

/// What a binding run sees of its run, and where it puts what it wants done.
struct Context<'a> {
    index: BindingIndex,
    timing: &'a Timing,
    intent: Intent,
    left: Duration,
    reaction: &'a mut Reaction,
}

#[cfg(test)]
mod tests;
