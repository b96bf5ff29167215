//! The region in which a history is played: the world, the active runs, the pending incidents and
//! the records.

mod kind;
mod observer;
mod state;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use writerlink_core::config::{Config, Timing};
use writerlink_core::ports::Clock;
use writerlink_core::topology::{HostName, Standby};

pub(super) use self::kind::Kind;
pub use self::state::Counts;
pub(super) use self::state::State;

use self::state::Active;
use super::begin::When;
use super::coverage::Coverage;
use super::incident::Incident;
use super::injected_fault::{Family, InjectedFault};
use super::judge::{Judge, WriteContext};
use super::record::{Call, Record};
use super::script::Script;
use super::setting::{Bound, Service, Setting};
use super::step::RunStep;
use super::transcript::{Telling, Transcript, Who};
use crate::ports::InProcess;
use crate::virtual_time::VirtualTime;
use crate::world::World;
use crate::world::rds::MultiAz;

/// How long a run may go on with what it read of a pair.
const LATELY: Duration = Duration::from_secs(60);

/// How long it takes until something that the region refused is tried again.
const AGAIN: Duration = Duration::from_secs(5);

/// Where a history is played.
pub(super) struct SimulatedRegion {
    pub(super) time: VirtualTime,
    pub(super) region: InProcess<VirtualTime>,
    pub(super) config: Config,
    pub(super) bounds: Vec<Bound>,
    names: BTreeMap<HostName, usize>,
    pub(super) service: Service,
    topic: String,
    epoch: Timestamp,
    /// When nothing more goes wrong.
    pub(super) calm: Duration,
    state: Mutex<State>,
}

impl SimulatedRegion {
    pub(super) fn new(setting: Setting, script: Script, telling: Telling) -> Arc<SimulatedRegion> {
        let names = setting.names();
        let time = VirtualTime::default();
        let now = setting.world.now();
        // The region has a past; the clock begins at its present.
        time.run(time.sleep(now));
        let members =
            setting.bounds.iter().map(|bound| (bound.truth(&setting.world), now)).collect();
        let mut transcript = Transcript::new(telling, now);
        for words in &setting.words {
            transcript.say(now, Who::Setting, || words.clone());
        }
        let state = State {
            runs: BTreeMap::new(),
            judge: Judge::default(),
            coverage: Coverage::default(),
            transcript,
            pending: script.incidents,
            active: Vec::new(),
            messages: VecDeque::new(),
            kill_points: VecDeque::new(),
            deadlines: VecDeque::new(),
            members,
            removals: BTreeMap::new(),
            is_gone: setting.bounds.iter().map(|_| false).collect(),
            nameless: setting.bounds.iter().map(|_| None).collect(),
            listed: BTreeSet::new(),
            pairs: setting.bounds.iter().map(|_| BTreeMap::new()).collect(),
            failed_over: setting.bounds.iter().map(|_| None).collect(),
            homes: setting
                .bounds
                .iter()
                .map(|bound| bound.homes(&setting.world).collect())
                .collect(),
            slowest_registration: setting.world.pace.registration,
            moves_until: now,
            is_calm: false,
            calls: 0,
            counts: Counts::default(),
        };
        Arc::new(SimulatedRegion {
            region: InProcess::new(setting.world, time.clone()),
            time,
            config: setting.config,
            bounds: setting.bounds,
            names,
            service: setting.service,
            topic: setting.topic,
            epoch: setting.epoch,
            calm: script.calm,
            state: Mutex::new(state),
        })
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn now(&self) -> Duration {
        self.time.now()
    }

    /// The function's clock.
    pub(super) fn clock(&self) -> Timestamp {
        let passed = SignedDuration::try_from(self.now()).unwrap_or_default();
        self.epoch.saturating_add(passed + self.service.skew).unwrap_or(self.epoch)
    }

    pub(super) fn timing(&self) -> &Timing {
        &self.config.timing
    }

    /// Whether nothing more goes wrong.
    pub(super) fn is_calm(&self) -> bool {
        self.state().is_calm
    }

    /// Since when nothing goes wrong and databases have come to rest, if they have.
    pub(super) fn at_rest_since(&self) -> Option<Duration> {
        let state = self.state();
        (state.is_calm && state.active.is_empty() && state.moves_until <= self.now())
            .then_some(state.moves_until)
    }

    /// When the next incident begins or ends by itself, or calm does.
    pub(super) fn next_moment(&self) -> Duration {
        let state = self.state();
        let begins = state.pending.iter().filter_map(|incident| match incident.drawn.when {
            When::At(at) => Some(at),
            When::In(..) => None,
        });
        let ends = state.active.iter().map(|active| active.until);
        let calm = (!state.is_calm).then_some(self.calm);
        let rest = (state.is_calm && state.moves_until > self.now()).then_some(state.moves_until);
        begins.chain(ends).chain(calm).chain(rest).min().unwrap_or(Duration::MAX)
    }

    /// Lets begin and end what is due.
    pub(super) fn carry_out_due(&self) {
        let now = self.now();
        let begins = self.state().take_due(now);
        for incident in begins {
            self.begin(incident);
        }
        if now >= self.calm && !self.is_calm() {
            self.calm_down();
        }
        let ends = self.state().take_over(now);
        for active in ends {
            self.end(active);
        }
        self.look_around();
    }

    /// Records what is true in the region at this moment.
    fn look_around(&self) {
        let world = self.region.world();
        let now = self.now();
        let mut state = self.state();
        self.look_at_pairs(&world, &mut state, now);
        for (index, bound) in self.bounds.iter().enumerate() {
            let truth = bound.truth(&world);
            state.nameless[index] = match bound.is_named(&world) {
                true => None,
                false => state.nameless[index].or(Some(now)),
            };
            state.homes[index].extend(bound.homes(&world));
            // A database that has another name for a while has not moved.
            if !truth.is_empty() && state.members[index].0 != truth {
                state.transcript.say(now, Who::Region, || {
                    let members: Vec<_> = truth.iter().map(ToString::to_string).collect();
                    format!("{} is at {}", bound.link.database(), members.join(", "))
                });
                state.members[index] = (truth, now);
            }
        }
        let struck = state.messages.len().saturating_sub(world.faults.deliveries_left());
        let steps = state.steps();
        for fault in state.messages.drain(..struck).collect::<Vec<_>>() {
            state.mark_all(fault, &steps);
        }
    }

    fn begin(&self, incident: Incident) {
        let mut world = self.region.world();
        let now = self.now();
        if self.state().moves_already(&incident, now) {
            let words = incident.fault.words();
            let tell = || format!("{words}: skipped: databases are moving");
            self.state().transcript.say(now, Who::Fault, tell);
            return;
        }
        let begun = incident.begin(&mut world, &self.bounds, &self.topic);
        let moves = begun.moves_until.is_some();
        let registration = world.pace.registration;
        let homes: Vec<Vec<_>> =
            self.bounds.iter().map(|bound| bound.homes(&world).collect()).collect();
        let both: Vec<_> = self.bounds.iter().map(|bound| bound.both(&world)).collect();
        let is_gone = world.elbv2.group(&self.bounds[incident.place].link.group).is_none();
        let mut state = self.state();
        state.is_gone[incident.place] = is_gone;
        for (known, homes) in state.homes.iter_mut().zip(homes) {
            known.extend(homes);
        }
        let steps = state.steps();
        state.transcript.say(now, Who::Fault, || match begun.words.as_str() {
            "" => incident.fault.words().to_owned(),
            words => format!("{}: {words}", incident.fault.words()),
        });
        state.slowest_registration = state.slowest_registration.max(registration);
        state.moves_until = state.moves_until.max(begun.moves_until.unwrap_or_default());
        if matches!(incident.fault, InjectedFault::FailOver | InjectedFault::ZoneLost) {
            let writes = |record: &Record| {
                let is_write = |step| matches!(step, RunStep::Register | RunStep::Deregister);
                record.under_way.iter().any(|(_, step, _)| is_write(*step))
            };
            let is_writing = state.runs.values().any(writes);
            for (index, both) in both.into_iter().enumerate() {
                let fails = index == incident.place || incident.fault == InjectedFault::ZoneLost;
                if let Some(both) = both.filter(|_| fails && moves && !is_writing) {
                    state.failed_over[index].get_or_insert((now, both));
                }
            }
        }
        match incident.fault {
            InjectedFault::FailOver | InjectedFault::ZoneLost => {
                state.counts.failovers += 1;
                state.mark_all(incident.fault, &steps);
            }
            _ if incident.fault.family().is_of_databases() => {
                state.mark_all(incident.fault, &steps);
            }
            _ if incident.fault.family() == Family::Messages && !begun.awaits_message => {
                state.mark_all(incident.fault, &steps);
            }
            InjectedFault::Killed | InjectedFault::LateWrite => {
                state.kill_point(&incident.drawn);
            }
            InjectedFault::DeadlineNear => state.deadlines.push_back(incident.drawn.lasts),
            _ => {}
        }
        if begun.awaits_message {
            state.messages.push_back(incident.fault);
        } else {
            state.active.push(Active {
                until: now + incident.drawn.lasts,
                undo: begun.undo,
                name: begun.name,
                incident,
            });
        }
    }

    fn end(&self, active: Active) {
        let Some(undo) = &active.undo else { return };
        let mut world = self.region.world();
        let now = self.now();
        let bound = &self.bounds[active.incident.place];
        let undone = (undo.act)(&mut world, bound);
        let moves = now + undo.moves_for;
        drop(world);
        let mut state = self.state();
        if undone.is_err() {
            // Until it is undone, the databases have not settled.
            state.moves_until = state.moves_until.max(now + AGAIN);
            state.active.push(Active { until: now + AGAIN, ..active });
            return;
        }
        state.moves_until = state.moves_until.max(moves);
        let words = active.incident.fault.words();
        state.transcript.say(now, Who::Fault, || format!("{words}: over"));
    }

    /// Ends all faults, for the rest of the history.
    fn calm_down(&self) {
        let now = self.now();
        let over: Vec<Active> = {
            let mut state = self.state();
            state.is_calm = true;
            state.pending.clear();
            state.messages.clear();
            state.kill_points.clear();
            state.deadlines.clear();
            state.moves_until = state.moves_until.max(now);
            state.transcript.say(now, Who::Fault, || "no more faults".to_owned());
            state.runs.values_mut().for_each(|record| record.kill_point = None);
            state.active.drain(..).collect()
        };
        self.region.world().faults.clear();
        for active in over {
            self.end(active);
        }
    }

    /// Begins a call of a run, and gives the call's record. Incidents that wait for this step
    /// happen first.
    pub(super) fn begin_call(&self, run: u64, kind: Kind) -> Call {
        let now = self.now();
        let (call, incidents) = {
            let mut state = self.state();
            state.calls += 1;
            let number = state.calls;
            let Some(record) = state.runs.get_mut(&run) else {
                return Call { run, number, step: RunStep::Begin, sent_again: None };
            };
            let step = kind.step(record);
            record.has_asked = true;
            let binding = kind.binding();
            record.under_way.push((number, step, binding));
            let sent_again = binding.filter(|_| matches!(kind, Kind::Group(_) | Kind::Targets(_)));
            (Call { run, number, step, sent_again }, state.take_waiting(step, now))
        };
        for incident in incidents {
            self.begin(incident);
        }
        call
    }

    /// Ends a call, and marks the faults that were active during it.
    pub(super) fn end_call(&self, call: &Call, state: &mut State) {
        if let Some(record) = state.runs.get_mut(&call.run) {
            // Of two that were sent for one reading, the slower is not waited for.
            record.under_way.retain(|(number, step, binding)| {
                let is_same = call.sent_again.is_some() && *binding == call.sent_again;
                *number != call.number && !(is_same && *step == call.step)
            });
        }
    }

    /// What a write at this moment is judged by.
    pub(super) fn context<'a>(
        &'a self,
        index: usize,
        pair: &'a BTreeSet<SocketAddr>,
    ) -> WriteContext<'a> {
        let bound = &self.bounds[index];
        WriteContext {
            now: self.now(),
            timing: self.timing(),
            clock: self.clock(),
            standby_refuses: standby(bound) == Standby::RefusesTcp,
            pair,
        }
    }

    /// The addresses of a warm binding's writer and standby, those of a moment ago among them: a
    /// run may have read them before they changed.
    pub(super) fn pair(&self, index: usize) -> BTreeSet<SocketAddr> {
        let bound = &self.bounds[index];
        if !bound.is_warm() {
            return BTreeSet::new();
        }
        let now = self.now();
        let current: Vec<_> = bound.homes(&self.region.world()).collect();
        let mut state = self.state();
        state.pairs[index].extend(current.iter().map(|target| (*target, now)));
        let lately = |seen: &Duration| now.saturating_sub(*seen) <= LATELY;
        let pair = state.pairs[index].iter().filter(|(_, seen)| lately(seen));
        pair.map(|(target, _)| *target).collect()
    }

    /// Whether a name is that of an instance beside a warm binding's, which no binding follows: it
    /// is asked for to tell its network interface from the standby's. RDS listed it to a run; by
    /// now the instance may have another name.
    pub(super) fn is_neighbour(&self, name: &HostName) -> bool {
        self.bounds.iter().any(Bound::is_warm)
            && !self.names.contains_key(name)
            && self.state().listed.contains(name)
    }

    /// Notes where warm bindings' hosts are, and whether a failover is over.
    fn look_at_pairs(&self, world: &World, state: &mut State, now: Duration) {
        for (index, bound) in self.bounds.iter().enumerate().filter(|(_, one)| one.is_warm()) {
            state.pairs[index].extend(bound.homes(world).map(|target| (target, now)));
            let hosts: BTreeSet<_> = bound.homes(world).collect();
            // One of the two was replaced: its address is nobody's, and leaves as such.
            let is_over = |(_, both): &(Duration, BTreeSet<_>)| !both.is_subset(&hosts);
            if state.failed_over[index].as_ref().is_some_and(is_over) {
                state.failed_over[index] = None;
            }
            let writer = bound.link.writer(world).map(|writer| writer.address);
            let present = bound.link.present(world);
            let is_healthy = writer.is_some_and(|writer| present.contains(&(writer, "healthy")));
            let serves = writer.is_some_and(|writer| world.accepts_tcp(writer.ip()));
            if is_healthy && serves {
                state.failed_over[index] = None;
            }
        }
    }

    /// Which binding a name is asked for: one of its database, or of an instance that a deployment
    /// has replaced there, which it called `-oldN` behind the other's name.
    pub(super) fn whose(&self, name: &HostName) -> Option<usize> {
        let replaced = || {
            let (label, domain) = name.as_str().split_once('.')?;
            let (instance, number) = label.rsplit_once("-old")?;
            let is_number =
                !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit());
            let own = format!("{instance}.{domain}").parse().ok()?;
            self.names.get::<HostName>(&own).filter(|_| is_number)
        };
        self.names.get(name).or_else(replaced).copied()
    }

    fn bound_of(&self, group: &str) -> Option<usize> {
        self.bounds.iter().position(|bound| bound.link.group == group)
    }
}

fn standby(bound: &Bound) -> Standby {
    if bound.multi_az == MultiAz::Yes && !bound.engine.standby_accepts_tcp() {
        Standby::RefusesTcp
    } else {
        Standby::Unknown
    }
}
