//! Everything that can happen next: to the database, to its keys, to the group, and to the runs.
//!
//! A [`Moment`] is the world, the active runs, and what may still go wrong. Its [`Move`]s are
//! everything that can follow. The steps of a run are those of [`Run::step`] and nothing else. A
//! call takes no time by itself, but anything else can happen between the call and its answer,
//! which has the effect of a slow call. An answer shows the world at the moment of the answer.

mod describe;
mod triggers;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

pub(super) use self::describe::Shown;
use self::triggers::{config_of, event_about, sweep, trust};
use super::monitor::{Breach, Monitor, Promise};
use super::world::{
    self, Group, Key, Kind, Listing, MOST_PLACES, NOBODY, Place, Places, Slot, World, Write,
};
use crate::config::Timing;
use crate::failure::{CallError, Failure, Rejection};
use crate::run::{Effect, Input, Run};

/// How long a slow permit takes: so long that what was read before is read again.
const PERMIT_TAKES: Duration = Duration::from_secs(1);

/// What can happen in a walk, and how often.
#[derive(Debug, Clone)]
pub(super) struct Setup {
    pub(super) kind: Kind,
    pub(super) places: usize,
    /// The members that are not up at the start.
    pub(super) down: Places,
    /// The port that RDS reports. The binding has the port [`world::PORT`], and does not set
    /// `port-differs`.
    pub(super) reported: u16,
    /// The groups at the start. The writer is A.
    pub(super) groups: Vec<Group>,
    /// Whether a key can report anything at any reading. Otherwise it follows the writer with a
    /// delay.
    pub(super) keys_lie: bool,
    /// How long a run waits for a permit to write.
    pub(super) permits: Permits,
    /// The longest that a write may take.
    pub(super) longest_write: Duration,
    /// Whether an earlier run of the process read the topology of the start, and the RDS API can
    /// fail at any reading of it.
    pub(super) remembers: bool,
    /// How fast the world changes. Without a pace, time has no meaning outside the runs, and
    /// everything can take any time.
    pub(super) pace: Option<Pace>,
    pub(super) timing: Timing,
    /// The time limit of a run.
    pub(super) limit: Duration,
    /// The invocations, in order.
    pub(super) invocations: Vec<Invocation>,
    /// Whether a sweep follows when nothing goes wrong any more.
    pub(super) sweeps: bool,
    /// How many of them run at once.
    pub(super) at_once: usize,
    pub(super) budget: Budget,
}

/// How long a run waits for a permit to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Permits {
    /// It does not wait, which makes a walk with two runs at once smaller.
    AtOnce,
    /// Anything may happen meanwhile, in no time, as with a call.
    LikeCalls,
    /// The same, or a second passes.
    Slowly,
}

/// How long things take after a failover.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// The longest time for which the keys lag and DNS alternates.
    pub(super) keys: Duration,
    /// The longest time for which a target that refuses connections is still read as healthy.
    pub(super) refusal: Duration,
    /// The shortest time after which an unhealthy target is read as healthy.
    pub(super) health: Duration,
}

impl Pace {
    fn longest(&self) -> Duration {
        self.keys.max(self.refusal).max(self.health)
    }
}

/// What may still go wrong.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(super) struct Budget {
    pub(super) failovers: u8,
    /// Readers that are added or removed.
    pub(super) scalings: u8,
    /// Times that a key goes back to the former writer.
    pub(super) regressions: u8,
    /// Calls that fail before or after they take effect, and keys that report nothing.
    pub(super) faults: u8,
    /// Readings of the group from before its last change.
    pub(super) stale: u8,
    pub(super) kills: u8,
    /// Times that the writer's own name resolves to an address of no member, for any time.
    pub(super) false_names: u8,
    /// Writes whose answer is lost and that land at any time until the longest write is over, or
    /// never.
    pub(super) late: u8,
}

/// What starts a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Invocation {
    Sweep,
    /// An event that names the binding.
    Event,
    /// A person, who vouches for DNS for so long: this member is the writer.
    Trust(Place, Duration),
}

/// The world, the runs under way, and what may still happen.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Moment {
    pub(super) world: World,
    pub(super) runs: Vec<ActiveRun>,
    /// How many invocations have begun.
    begun: usize,
    budget: Budget,
}

/// A run under way.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct ActiveRun {
    number: usize,
    run: Run,
    /// The calls that it has made and that are not answered yet.
    waiting: Vec<Effect>,
    monitor: Monitor,
}

/// Something that happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Move {
    FailsOver(Place),
    Joins(Place),
    Leaves(Place),
    Says(Key, Listing),
    Heals(Place),
    Sickens(Place),
    Drains(Place),
    NameLies,
    NameHeals,
    Waits(Duration),
    Begins(Invocation),
    Answered(usize, Outcome),
    TimePasses(usize),
    Killed { run: usize, late: bool },
    LateWriteLands,
    LostWriteLands,
}

/// The result of the oldest call of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Named(Option<Listing>),
    /// Every name was looked up, and this member's name did not answer.
    Silent(Place),
    Read,
    Stale,
    /// A read failed, or a write was throttled.
    Failed,
    Refused,
    Done,
    /// A permit that took a second.
    DoneLater,
    LostBefore,
    LostAfter,
    /// The answer is lost, and the write is still under way.
    LostUnderWay,
}

impl Setup {
    pub(super) fn starts(&self) -> Vec<Moment> {
        let now = self.first_listing();
        let start = |group: &Group| Moment {
            world: World {
                now,
                former: now,
                since_failover: self.pace.map_or(Duration::ZERO, |pace| pace.longest()),
                keys: [now; 2],
                group: *group,
                before: *group,
                false_name: None,
                late_write: None,
                under_way: None,
            },
            runs: Vec::new(),
            begun: 0,
            budget: self.budget,
        };
        self.groups.iter().map(start).collect()
    }

    fn first_listing(&self) -> Listing {
        Listing { writer: Place(0), up: Places::first(self.places).without(self.down) }
    }

    /// Everything that can follow.
    pub(super) fn moves(&self, moment: &Moment) -> Vec<Move> {
        let mut moves = Vec::new();
        self.moves_of_the_world(moment, &mut moves);
        if moment.begun < self.invocations.len() && moment.runs.len() < self.at_once {
            moves.push(Move::Begins(self.invocations[moment.begun]));
        }
        for (index, live) in moment.runs.iter().enumerate() {
            match live.waiting.first() {
                Some(effect) => {
                    let outcomes = self.outcomes(moment, effect);
                    moves
                        .extend(outcomes.into_iter().map(|outcome| Move::Answered(index, outcome)));
                }
                None => moves.push(Move::TimePasses(index)),
            }
            if moment.budget.kills > 0 && !live.waiting.is_empty() {
                let late = live.waiting.iter().any(|effect| write_of(effect).is_some())
                    && moment.world.late_write.is_none();
                moves.push(Move::Killed { run: index, late: false });
                moves.extend(late.then_some(Move::Killed { run: index, late }));
            }
        }
        moves
    }

    /// What the world can do by itself. It acts only when a run is about to look: acting earlier
    /// would make no difference to any run.
    fn moves_of_the_world(&self, moment: &Moment, moves: &mut Vec<Move>) {
        let world = &moment.world;
        let idle = moment.runs.is_empty() && moment.begun < self.invocations.len();
        let asked = |what: fn(&Effect) -> bool| {
            moment.runs.iter().filter_map(|live| live.waiting.first()).any(what)
        };
        if moment.budget.failovers > 0 && (idle || asked(|_| true)) {
            let others = world.now.up.iter().filter(|place| *place != world.now.writer);
            moves.extend(others.map(Move::FailsOver));
        }
        if moment.budget.scalings > 0 && (idle || asked(|_| true)) {
            let others = Place::all(self.places).filter(|place| *place != world.now.writer);
            moves.extend(others.map(|place| {
                if world.now.up.has(place) { Move::Leaves(place) } else { Move::Joins(place) }
            }));
        }
        let moves_by_itself =
            |key: &Key| !self.keys_lie && (self.pace.is_none() || *key == Key::Topology);
        let keys = self.kind.keys().iter().copied();
        for key in keys.filter(moves_by_itself).filter(|key| asked(key.matters_to())) {
            let said = world.keys[key as usize];
            moves.extend((said != world.now).then_some(Move::Says(key, world.now)));
            let back =
                moment.budget.regressions > 0 && said == world.now && world.former != world.now;
            moves.extend(back.then_some(Move::Says(key, world.former)));
        }
        if asked(|effect| matches!(effect, Effect::ReadTargets(..))) {
            let may_heal = self.pace.is_none_or(|pace| world.since_failover >= pace.health);
            for place in Place::all(MOST_PLACES) {
                let accepts = self.accepts(place, world);
                match world.group.slot(place) {
                    Slot::Initial | Slot::Unhealthy if accepts && may_heal => {
                        moves.push(Move::Heals(place))
                    }
                    Slot::Initial | Slot::Healthy if !accepts => moves.push(Move::Sickens(place)),
                    Slot::Draining => moves.push(Move::Drains(place)),
                    _ => {}
                }
            }
        }
        if asked(|effect| matches!(effect, Effect::Resolve(..))) {
            let begins = moment.budget.false_names > 0 && world.false_name.is_none();
            moves.extend(begins.then_some(Move::NameLies));
            moves.extend(world.false_name.map(|_| Move::NameHeals));
        }
        if idle
            || asked(|effect| {
                matches!(effect, Effect::ReadTargets(..)) || write_of(effect).is_some()
            })
        {
            moves.extend(world.late_write.map(|_| Move::LateWriteLands));
            moves.extend(world.under_way.map(|_| Move::LostWriteLands));
        }
        if let Some(pace) = self.pace.filter(|pace| idle && world.since_failover < pace.longest()) {
            moves.push(Move::Waits(pace.longest() / 3));
        }
    }

    /// Whether this place accepts connections. The readers of a cluster accept them too.
    pub(super) fn accepts(&self, place: Place, world: &World) -> bool {
        match self.kind {
            Kind::Cluster | Kind::Readers => world.now.up.has(place),
            // The former host of the member may serve for a while, and other members do.
            Kind::Member => true,
            Kind::Instance(_) => place == world.now.writer,
        }
    }

    fn outcomes(&self, moment: &Moment, effect: &Effect) -> Vec<Outcome> {
        let faulty = moment.budget.faults > 0;
        let world = &moment.world;
        let said = |key| {
            let mut said: Vec<Option<Listing>> = match self.pace {
                _ if self.keys_lie => self.all_listings().map(Some).collect(),
                Some(pace) if key == Key::Dns => {
                    let flaps = world.since_failover < pace.keys && world.former != world.now;
                    [world.now].into_iter().chain(flaps.then_some(world.former)).map(Some).collect()
                }
                _ => vec![Some(world.keys[key as usize])],
            };
            said.extend((self.keys_lie || faulty).then_some(None));
            said.into_iter().map(Outcome::Named).collect::<Vec<_>>()
        };
        let or_failed = |mut outcomes: Vec<Outcome>| {
            outcomes.extend(faulty.then_some(Outcome::Failed));
            outcomes
        };
        match effect {
            Effect::ReadTopology(_) if matches!(self.kind, Kind::Instance(_) | Kind::Member) => {
                or_failed(vec![Outcome::Read])
            }
            Effect::ReadTopology(_) if self.remembers => {
                let mut outcomes = said(Key::Topology);
                outcomes.push(Outcome::Failed);
                outcomes
            }
            Effect::ReadTopology(_) => or_failed(said(Key::Topology)),
            Effect::Resolve(_, names, _) if self.kind == Kind::Readers => {
                let asked =
                    |place: &Place| (self.keys_lie || faulty) && names.contains(&place.name());
                let silent = Place::all(self.places).filter(asked).map(Outcome::Silent);
                [Outcome::Read].into_iter().chain(silent).collect()
            }
            Effect::Resolve(..) => said(Key::Dns),
            Effect::ReadTags | Effect::ReadGroup(..) => or_failed(vec![Outcome::Read]),
            Effect::ReadInterfaces(_) | Effect::ReadRouting(..) => {
                unreachable!("no binding is warm")
            }
            Effect::ReadTargets(..) => {
                let stale = moment.budget.stale > 0 && moment.world.before != moment.world.group;
                let mut outcomes = or_failed(vec![Outcome::Read]);
                outcomes.extend(stale.then_some(Outcome::Stale));
                outcomes
            }
            Effect::Permit(..) => {
                let later = (self.permits == Permits::Slowly).then_some(Outcome::DoneLater);
                [Outcome::Done].into_iter().chain(later).collect()
            }
            Effect::Register(..) | Effect::Deregister(..) => {
                let wrong =
                    [Outcome::Failed, Outcome::Refused, Outcome::LostBefore, Outcome::LostAfter];
                let wrong = wrong.into_iter().filter(|_| faulty);
                let late = moment.budget.late > 0 && world.under_way.is_none();
                let late = late.then_some(Outcome::LostUnderWay);
                [Outcome::Done].into_iter().chain(wrong).chain(late).collect()
            }
        }
    }

    /// Everything that a key can report if it can report anything.
    fn all_listings(&self) -> impl Iterator<Item = Listing> {
        let up = Places::first(self.places);
        let of_writer = |writer| match self.kind {
            Kind::Cluster | Kind::Instance(_) | Kind::Member => vec![Listing { writer, up }],
            // Every other member is up or down. Many of these listings want the same group; they
            // are reduced to one below.
            Kind::Readers => Place::all(self.places)
                .filter(|place| *place != writer)
                .fold(vec![up], |all, place| {
                    let without = all.iter().map(|up| up.without(Places::one(place)));
                    all.iter().copied().chain(without).collect()
                })
                .into_iter()
                .map(|up| Listing { writer, up })
                .collect(),
        };
        let mut all: Vec<Listing> = Place::all(self.places).flat_map(of_writer).collect();
        let mut seen = Vec::new();
        all.retain(|listing| {
            let wants = self.kind.wants(*listing);
            let is_new = !seen.contains(&wants);
            seen.push(wants);
            is_new
        });
        all.into_iter()
    }

    /// The moment after a move, and the promises that the move breaks.
    pub(super) fn after(&self, mut next: Moment, made: Move) -> (Moment, Vec<Breach>) {
        let breaches = match made {
            Move::FailsOver(to) => {
                next.budget.failovers -= 1;
                next.becomes(Listing { writer: to, ..next.world.now })
            }
            Move::Joins(place) => {
                next.budget.scalings -= 1;
                next.becomes(Listing {
                    up: next.world.now.up.or(Places::one(place)),
                    ..next.world.now
                })
            }
            Move::Leaves(place) => {
                next.budget.scalings -= 1;
                next.becomes(Listing {
                    up: next.world.now.up.without(Places::one(place)),
                    ..next.world.now
                })
            }
            Move::Says(key, said) => {
                if said != next.world.now {
                    next.budget.regressions -= 1;
                    next.runs.iter_mut().for_each(|live| live.monitor.sees_key_go_back());
                }
                next.world.keys[key as usize] = said;
                Vec::new()
            }
            Move::Heals(place) => next.shows(place, Slot::Healthy),
            Move::Sickens(place) => next.shows(place, Slot::Unhealthy),
            Move::Drains(place) => next.shows(place, Slot::Absent),
            Move::NameLies => {
                next.budget.false_names -= 1;
                next.world.false_name = Some(next.world.now.writer);
                next.runs.iter_mut().for_each(|live| live.monitor.sees_key_go_back());
                Vec::new()
            }
            Move::NameHeals => {
                next.world.false_name = None;
                Vec::new()
            }
            Move::Waits(long) => {
                self.let_pass(&mut next.world, long);
                Vec::new()
            }
            Move::Begins(invocation) => self.begin(&mut next, invocation),
            Move::Answered(index, outcome) => self.answer(&mut next, index, outcome),
            Move::TimePasses(index) => {
                let sleep = next.runs[index].run.sleeps_for();
                self.let_pass(&mut next.world, sleep);
                next.runs[index].monitor.time_passes(sleep);
                next.step(index, sleep, Input::Tick)
            }
            Move::Killed { run, late } => {
                next.budget.kills -= 1;
                let killed = next.runs.remove(run);
                if late {
                    next.world.late_write = killed.waiting.iter().find_map(write_of);
                }
                next.runs.iter_mut().for_each(|live| live.monitor.sees_late_write());
                Vec::new()
            }
            Move::LateWriteLands => {
                let late_write = next.world.late_write.take().expect("there is a late write");
                next.world.carry_out(late_write);
                next.runs.iter_mut().for_each(|live| live.monitor.sees_late_write());
                let empties = matches!(late_write, Write::Deregister(_))
                    && next.world.group.present().is_empty();
                let breach = Breach {
                    promise: Promise::Unfenced,
                    how: format!("{late_write}, sent by a run that is no more, left no target"),
                };
                Vec::from_iter(empties.then_some(breach))
            }
            Move::LostWriteLands => {
                let (write, _) = next.world.under_way.take().expect("a write is under way");
                next.world.carry_out(write);
                next.runs.iter_mut().for_each(|live| live.monitor.is_disturbed());
                let empties =
                    matches!(write, Write::Deregister(_)) && next.world.group.present().is_empty();
                let breach = Breach {
                    promise: Promise::S1,
                    how: format!("{write}, whose answer was lost, left no target"),
                };
                Vec::from_iter(empties.then_some(breach))
            }
        };
        (next, breaches)
    }

    pub(super) fn begin(&self, moment: &mut Moment, invocation: Invocation) -> Vec<Breach> {
        let event = invocation == Invocation::Event;
        let (trigger, vouched) = match invocation {
            Invocation::Sweep => (sweep(), None),
            Invocation::Event => (event_about(self.kind), None),
            Invocation::Trust(writer, lasts) => (trust(writer, lasts), Some((writer, lasts))),
        };
        let mut config = config_of(self.kind);
        config.timing = self.timing;
        let known = self.remembers.then(|| self.first_listing());
        let topology = known.map(|listing| {
            let writer = Some(listing.writer);
            Arc::new(world::topology(self.kind, self.reported, listing.up, writer))
        });
        moment.runs.push(ActiveRun {
            number: moment.begun,
            run: Run::new(&config, &trigger, Timestamp::UNIX_EPOCH, self.limit).knowing(topology),
            waiting: Vec::new(),
            monitor: Monitor::new(self.kind, event, self.timing.settle, &moment.world)
                .on_a_wrong_port(self.is_on_a_wrong_port())
                .knowing(known)
                .trusting(vouched),
        });
        moment.begun += 1;
        let index = moment.runs.len() - 1;
        moment.step(index, Duration::ZERO, Input::Start)
    }

    pub(super) fn answer(
        &self,
        moment: &mut Moment,
        index: usize,
        outcome: Outcome,
    ) -> Vec<Breach> {
        let Moment { world, runs, budget, .. } = moment;
        let live = &mut runs[index];
        let effect = live.waiting.remove(0);
        let monitor = &mut live.monitor;
        let mut breaches = Vec::new();
        let fails = |budget: &mut Budget, monitor: &mut Monitor| {
            budget.faults -= 1;
            monitor.is_disturbed();
            CallError::new("a call", Failure::Unreachable, "")
        };
        let input = match (effect, outcome) {
            (Effect::ReadTopology(_), Outcome::Failed) => {
                monitor.reads_nothing();
                Input::Topology(Err(if self.remembers {
                    CallError::new("a call", Failure::Unreachable, "")
                } else {
                    fails(budget, monitor)
                }))
            }
            (Effect::ReadTopology(_), Outcome::Named(said)) => {
                if said.is_none() && !self.keys_lie {
                    fails(budget, monitor);
                }
                monitor.reads_key(Key::Topology, said, world);
                let up = said.unwrap_or(world.now).up;
                let writer = said.map(|said| said.writer);
                Input::Topology(Ok(world::topology(self.kind, self.reported, up, writer)))
            }
            (Effect::ReadTopology(_), _) => {
                Input::Topology(Ok(world::topology(self.kind, self.reported, world.now.up, None)))
            }
            (Effect::Resolve(index, names, _), Outcome::Silent(place)) => {
                if !self.keys_lie {
                    fails(budget, monitor);
                }
                monitor.reads_names(Some(place), world);
                Input::Answers(index, world::members_answers(&names, Some(place)))
            }
            (Effect::Resolve(index, names, _), Outcome::Read) => {
                monitor.reads_names(None, world);
                Input::Answers(index, world::members_answers(&names, None))
            }
            (Effect::Resolve(index, names, _), Outcome::Named(said)) => {
                if said.is_none() && !self.keys_lie {
                    fails(budget, monitor);
                }
                monitor.reads_key(Key::Dns, said, world);
                let writer = said.map(|said| said.writer);
                Input::Answers(index, world::answers(self.kind, &names, writer, world))
            }
            (Effect::Permit(index, _), _) => Input::Permitted(index),
            (Effect::ReadTags, _) => Input::Tags(Ok(Vec::new())),
            (Effect::ReadGroup(index, _, _), Outcome::Failed) => {
                Input::Group(index, Err(fails(budget, monitor)))
            }
            (Effect::ReadGroup(index, _, _), _) => Input::Group(index, Ok(world::describe_group())),
            (Effect::ReadTargets(index, _, _), Outcome::Failed) => {
                Input::Targets(index, Err(fails(budget, monitor)))
            }
            (Effect::ReadTargets(index, _, _), outcome) => {
                let group = if outcome == Outcome::Stale {
                    budget.stale -= 1;
                    monitor.is_disturbed();
                    let hidden = world.group.present().without(world.before.present());
                    if !hidden.is_empty() {
                        // What it hides, another removal takes.
                        monitor.allows_one_more();
                    }
                    world.before
                } else {
                    world.group
                };
                // If keys can report anything, no key is certain to report the same again.
                let sure = !self.keys_lie && self.pace.is_none() && world.false_name.is_none();
                let says_so = |key: &Key| world.keys[*key as usize] == world.now;
                let mut keys = self.kind.keys().iter().filter(|key| monitor.heeds(**key));
                let named_at_targets = sure && keys.any(says_so);
                monitor.reads_targets(group, named_at_targets);
                Input::Targets(index, Ok(group.targets()))
            }
            (effect, outcome) => {
                let write = write_of(&effect).expect("every read was answered above");
                if outcome == Outcome::Done || outcome == Outcome::LostAfter {
                    let before = world.clone();
                    world.carry_out(write);
                    breaches = monitor.commits(write, &before, world, self.pace.is_some());
                }
                let failure = match outcome {
                    Outcome::Done => None,
                    Outcome::Failed => Some(Failure::Throttled),
                    Outcome::Refused => Some(Failure::Rejected(Rejection::Invalid)),
                    _ => Some(Failure::AnswerLost),
                };
                match (failure, outcome) {
                    (None, _) => monitor.is_acknowledged(write),
                    (Some(_), Outcome::LostUnderWay) => {
                        budget.late -= 1;
                        world.under_way = Some((write, Duration::ZERO));
                        monitor.is_disturbed();
                    }
                    (Some(_), Outcome::Refused) => {
                        fails(budget, monitor);
                        monitor.is_refused(write);
                        monitor.removed_nothing();
                    }
                    (Some(_), Outcome::Failed) => {
                        fails(budget, monitor);
                        monitor.removed_nothing();
                    }
                    (Some(_), _) => {
                        fails(budget, monitor);
                    }
                }
                if failure.is_some() {
                    monitor.allows_one_more();
                }
                let changed = world.group;
                for (other, live) in runs.iter_mut().enumerate() {
                    if other != index && changed != world.before {
                        live.monitor.is_disturbed();
                    }
                }
                let result =
                    failure.map_or(Ok(()), |failure| Err(CallError::new("a write", failure, "")));
                Input::Written(0, result)
            }
        };
        let passed = if outcome == Outcome::DoneLater { PERMIT_TAKES } else { Duration::ZERO };
        self.let_pass(&mut moment.world, passed);
        moment.runs[index].monitor.time_passes(passed);
        breaches.extend(moment.step(index, passed, input));
        let waits = |live: &ActiveRun| matches!(live.waiting.first(), Some(Effect::Permit(..)));
        if self.permits == Permits::AtOnce
            && let Some(index) = moment.runs.iter().position(waits)
        {
            breaches.extend(self.answer(moment, index, Outcome::Done));
        }
        breaches
    }

    /// Whether the binding's port is not the one that RDS reports, so that nothing may be written.
    pub(super) fn is_on_a_wrong_port(&self) -> bool {
        self.reported != world::PORT
    }

    fn let_pass(&self, world: &mut World, long: Duration) {
        world.ages(long);
        let Some(pace) = self.pace else { return };
        world.since_failover = world.since_failover.saturating_add(long).min(pace.longest());
        if world.since_failover >= pace.keys {
            world.keys[Key::Topology as usize] = world.now;
        }
        if world.since_failover >= pace.refusal && matches!(self.kind, Kind::Instance(_)) {
            for place in Place::all(self.places).filter(|place| *place != world.now.writer) {
                if world.group.slot(place) == Slot::Healthy {
                    world.group = world.group.with(place, Slot::Unhealthy);
                }
            }
        }
    }
}

impl Key {
    /// The readings for which it matters what the key reports: its own, and that of the targets,
    /// after which the key is read again.
    fn matters_to(self) -> fn(&Effect) -> bool {
        match self {
            Self::Topology => {
                |effect| matches!(effect, Effect::ReadTopology(_) | Effect::ReadTargets(..))
            }
            Self::Dns => |effect| matches!(effect, Effect::Resolve(..) | Effect::ReadTargets(..)),
        }
    }
}

impl Moment {
    fn step(&mut self, index: usize, passed: Duration, input: Input) -> Vec<Breach> {
        let live = &mut self.runs[index];
        let reaction = live.run.step(passed, input);
        let mut breaches = Vec::new();
        for write in reaction.effects.iter().filter_map(write_of) {
            breaches.extend(live.monitor.sends(write));
        }
        live.waiting.extend(reaction.effects);
        if live.run.is_over() {
            let report = live.run.report();
            let binding = report.bindings.first().expect("one binding");
            breaches.extend(live.monitor.ends(binding));
            self.runs.remove(index);
        }
        breaches
    }

    /// The members that are up change, or the writer does.
    fn becomes(&mut self, listing: Listing) -> Vec<Breach> {
        self.world.former = self.world.now;
        self.world.now = listing;
        self.world.since_failover = Duration::ZERO;
        self.runs.iter_mut().for_each(|live| live.monitor.sees_failover());
        Vec::new()
    }

    /// The health of a target, or the end of its draining, becomes visible. No promise depends on
    /// it.
    fn shows(&mut self, place: Place, slot: Slot) -> Vec<Breach> {
        let world = &mut self.world;
        world.group = world.group.with(place, slot);
        // A stale reading shows the group before the last write, not before the last health check.
        if world.before.present() == world.group.present() {
            world.before = world.group;
        }
        Vec::new()
    }

    /// The call for which the run waits, if it waits.
    pub(super) fn asks(&self, index: usize) -> Option<&Effect> {
        self.runs[index].waiting.first()
    }

    pub(super) fn is_over(&self) -> bool {
        self.runs.is_empty()
    }

    pub(super) fn sleeps_for(&self, index: usize) -> Duration {
        self.runs[index].run.sleeps_for()
    }

    /// The same world without a run, and without anything that can go wrong.
    pub(super) fn calmed(&self) -> Self {
        let world = World {
            former: self.world.now,
            keys: [self.world.now; 2],
            before: self.world.group,
            false_name: None,
            since_failover: Duration::MAX,
            ..self.world.clone()
        };
        Self { world, runs: Vec::new(), begun: 0, budget: Budget::default() }
    }
}

fn write_of(effect: &Effect) -> Option<Write> {
    let place = |address| Place::of(address).expect("a place on the binding's port");
    match effect {
        Effect::Register(_, _, registration) => Some(Write::Register(place(registration.address))),
        Effect::Deregister(_, _, targets) => {
            let mut places = Places::default();
            targets.iter().for_each(|target| places.add(place(target.address)));
            Some(Write::Deregister(places))
        }
        _ => None,
    }
}
