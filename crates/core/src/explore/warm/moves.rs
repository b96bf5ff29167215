//! Everything that can happen to a warm binding.

use std::sync::LazyLock;
use std::time::Duration;

use jiff::Timestamp;

use super::super::history::Shown;
use super::super::world::{Group, MOST_PLACES, PORT, Place, Places, Slot, Write, describe_group};
use super::monitor::{Monitor, Promise};
use super::world::{A, B, C, Neighbour, World};
use crate::config::{Config, Location, Timing};
use crate::event::{Event, EventId, SourceType, Trigger, TriggerKind};
use crate::failure::{CallError, Failure, Rejection};
use crate::run::{Effect, Input, Memory, Run};
use crate::standby::{BalancerRouting, Routing};

/// What can happen in a walk.
#[derive(Debug, Clone)]
pub(super) struct Setup {
    pub(super) neighbour: Neighbour,
    pub(super) standby_accepts: bool,
    pub(super) groups: Vec<Group>,
    /// How many sweeps there are.
    pub(super) sweeps: usize,
    /// Whether the run of an event comes before them.
    pub(super) event: bool,
    /// For how long DNS goes back and forth after a failover.
    pub(super) keys: Duration,
    /// For how long a target that refuses connections is still read as healthy.
    pub(super) refusal: Duration,
    pub(super) settle: Duration,
    pub(super) budget: Budget,
}

/// What may still go wrong.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(super) struct Budget {
    pub(super) failovers: u8,
    /// Standbys whose host is replaced. EC2 lists the new one at any time after.
    pub(super) replacements: u8,
    /// Former addresses that another database gets.
    pub(super) reuses: u8,
    /// Instances that become single-AZ.
    pub(super) losses: u8,
    /// Readings of EC2 that are denied.
    pub(super) denials: u8,
    /// Other calls that fail.
    pub(super) faults: u8,
}

/// The world, the run under way, and what may still happen.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Moment {
    pub(super) world: World,
    pub(super) live: Option<Box<Live>>,
    memory: Memory,
    swept: Option<Place>,
    /// Places that were removed because they took connections. The process registers none of them
    /// as a standby again.
    pub(super) barred: Places,
    begun: usize,
    budget: Budget,
}

/// A run under way.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Live {
    pub(super) run: Run,
    pub(super) waiting: Vec<Effect>,
    monitor: Monitor,
}

/// Something that happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Move {
    FailsOver,
    Replaced,
    Reused(Place),
    BecomesSingleAz,
    Ec2Follows,
    Heals(Place),
    Sickens(Place),
    Drains(Place),
    Waits(Duration),
    Begins,
    Sleeps,
    Answered(Outcome),
}

/// The result of the oldest call of the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Done,
    Named(Place),
    Failed,
    LostAfter,
}

pub(super) type Broken = Vec<(Promise, String)>;

impl Setup {
    fn longest(&self) -> Duration {
        self.keys.max(self.refusal)
    }

    pub(super) fn starts(&self) -> Vec<Moment> {
        let start = |group: &Group| Moment {
            world: World {
                writer: A,
                standby: Some(B),
                former: A,
                since: self.longest(),
                listed: Places::first(2),
                reused: None,
                group: *group,
                awaits_writer: false,
            },
            live: None,
            memory: Memory::default(),
            swept: None,
            barred: Places::default(),
            begun: 0,
            budget: self.budget,
        };
        self.groups.iter().map(start).collect()
    }

    pub(super) fn moves(&self, moment: &Moment) -> Vec<Move> {
        let mut moves = Vec::new();
        let (world, budget) = (&moment.world, &moment.budget);
        let waiting = moment.live.as_ref().map(|live| live.waiting.first());
        let may_begin = moment.begun < self.sweeps + usize::from(self.event);
        // The world acts only when a run is about to look.
        let acts = waiting.map_or(may_begin, |effect| effect.is_some());
        let asked = |what: fn(&Effect) -> bool| waiting.flatten().is_some_and(what);
        if acts {
            moves.extend(
                (budget.failovers > 0 && world.standby.is_some()).then_some(Move::FailsOver),
            );
            let may = budget.replacements > 0 && world.standby == Some(B);
            moves.extend(may.then_some(Move::Replaced));
            let free = !world.interfaces().has(B) && budget.reuses > 0;
            moves.extend(free.then_some(Move::Reused(B)));
            let may = budget.losses > 0 && world.standby.is_some();
            moves.extend(may.then_some(Move::BecomesSingleAz));
        }
        if asked(|effect| matches!(effect, Effect::ReadInterfaces(_))) {
            let is_late = world.listed != world.interfaces();
            moves.extend(is_late.then_some(Move::Ec2Follows));
        }
        if asked(|effect| matches!(effect, Effect::ReadTargets(..))) {
            for place in Place::all(MOST_PLACES) {
                let accepts = world.accepts(place, self.standby_accepts);
                match world.group.slot(place) {
                    Slot::Initial | Slot::Unhealthy if accepts => moves.push(Move::Heals(place)),
                    Slot::Initial | Slot::Healthy if !accepts => moves.push(Move::Sickens(place)),
                    Slot::Draining => moves.push(Move::Drains(place)),
                    _ => {}
                }
            }
        }
        match (&moment.live, waiting.flatten()) {
            (Some(_), Some(effect)) => {
                moves.extend(self.outcomes(moment, effect).into_iter().map(Move::Answered));
            }
            (Some(_), None) => moves.push(Move::Sleeps),
            (None, _) if may_begin => {
                moves.push(Move::Begins);
                if world.since < self.longest() {
                    moves.push(Move::Waits(self.longest() / 3));
                }
            }
            (None, _) => {}
        }
        moves
    }

    fn outcomes(&self, moment: &Moment, effect: &Effect) -> Vec<Outcome> {
        let (world, budget) = (&moment.world, &moment.budget);
        let mut outcomes = vec![Outcome::Done];
        let may_fail = budget.faults > 0;
        match effect {
            Effect::ReadInterfaces(_) => {
                outcomes.extend((budget.denials > 0).then_some(Outcome::Failed));
            }
            Effect::Resolve(_, names, _) if is_own(names) => {
                outcomes = vec![Outcome::Named(world.writer)];
                let flaps = world.since < self.keys && world.former != world.writer;
                outcomes.extend(flaps.then_some(Outcome::Named(world.former)));
                outcomes.extend(may_fail.then_some(Outcome::Failed));
            }
            Effect::Permit(..) => {}
            Effect::Register(..) | Effect::Deregister(..) => {
                let wrong = [Outcome::Failed, Outcome::LostAfter];
                outcomes.extend(wrong.into_iter().filter(|_| may_fail));
            }
            _ => outcomes.extend(may_fail.then_some(Outcome::Failed)),
        }
        outcomes
    }

    /// The moment after a move, and what it breaks.
    pub(super) fn after(&self, mut moment: Moment, made: Move) -> (Moment, Broken) {
        let mut broken = Vec::new();
        let Moment { world, live, budget, .. } = &mut moment;
        match made {
            Move::FailsOver => {
                budget.failovers -= 1;
                fails_over(world, live.as_deref_mut());
            }
            Move::Replaced => {
                budget.replacements -= 1;
                world.standby = Some(C);
            }
            Move::Reused(place) => {
                budget.reuses -= 1;
                world.reused = Some(place);
            }
            Move::BecomesSingleAz => {
                budget.losses -= 1;
                world.standby = None;
            }
            Move::Ec2Follows => world.listed = world.interfaces(),
            Move::Heals(place) => {
                world.group = world.group.with(place, Slot::Healthy);
                world.awaits_writer &= place != world.writer;
            }
            Move::Sickens(place) => world.group = world.group.with(place, Slot::Unhealthy),
            Move::Drains(place) => world.group = world.group.with(place, Slot::Absent),
            Move::Waits(long) => self.let_pass(world, long),
            Move::Begins => broken = self.begin(&mut moment),
            Move::Sleeps => {
                let long = moment.sleeps_for();
                self.let_pass(&mut moment.world, long);
                broken = moment.step(long, Input::Tick);
            }
            Move::Answered(outcome) => broken = self.answer(&mut moment, outcome),
        }
        (moment, broken)
    }

    /// Begins the next run.
    pub(super) fn begin(&self, moment: &mut Moment) -> Broken {
        let is_event = self.event && moment.begun == 0;
        moment.begun += 1;
        let trigger = if is_event { event() } else { Trigger::sweep(TriggerKind::Schedule) };
        let second = Duration::from_secs(1);
        let timing = Timing {
            settle: self.settle,
            patience_started: 2 * second,
            patience: 2 * second,
            sweep: 2 * second,
        };
        let config = Config { timing, ..config() };
        let now = Timestamp::UNIX_EPOCH;
        let run = Run::remembering(&config, &trigger, now, 900 * second, &moment.memory);
        let monitor = Monitor::new(self.neighbour, !is_event, self.settle, moment.swept);
        moment.live = Some(Box::new(Live { run, waiting: Vec::new(), monitor }));
        moment.step(Duration::ZERO, Input::Start)
    }

    /// Answers the oldest call of the run.
    pub(super) fn answer(&self, moment: &mut Moment, outcome: Outcome) -> Broken {
        let Moment { world, live, budget, .. } = &mut *moment;
        let live = live.as_mut().expect("a run waits");
        let (effect, monitor) = (live.waiting.remove(0), &mut live.monitor);
        let fails = outcome == Outcome::Failed;
        let is_denial = matches!(effect, Effect::ReadInterfaces(_));
        if is_denial && fails {
            budget.denials -= 1;
        } else if fails || outcome == Outcome::LostAfter {
            budget.faults -= 1;
        }
        let error = |failure| CallError::new("a:B", failure, "x");
        let throttled = || error(Failure::Throttled);
        let input = match effect {
            Effect::ReadTopology(_) if fails => Input::Topology(Err(throttled())),
            Effect::ReadTopology(_) => {
                monitor.reads_topology(world);
                Input::Topology(Ok(world.topology(self.neighbour)))
            }
            Effect::Resolve(index, names, _) if is_own(&names) => {
                let said = if let Outcome::Named(said) = outcome { Some(said) } else { None };
                monitor.reads_dns(said);
                Input::Answers(index, world.answers(&names, said))
            }
            Effect::Resolve(index, names, _) if fails => {
                monitor.reads_neighbours(world, false);
                let answers = names.into_iter();
                let silent = |name| (name, Err(crate::failure::LookupError::Timeout));
                Input::Answers(index, answers.map(silent).collect())
            }
            Effect::Resolve(index, names, _) => {
                monitor.reads_neighbours(world, true);
                Input::Answers(index, world.answers(&names, None))
            }
            Effect::ReadInterfaces(vpc) if fails => {
                monitor.reads_interfaces(None);
                let denied = error(Failure::Rejected(Rejection::AccessDenied));
                Input::Interfaces(vpc, Err(denied))
            }
            Effect::ReadInterfaces(vpc) => {
                monitor.reads_interfaces(Some(world.listed));
                Input::Interfaces(vpc, Ok(world.interface_list()))
            }
            Effect::ReadRouting(index, _) => {
                monitor.reads_routing(!fails);
                let read = if fails { Err(throttled()) } else { Ok(routing()) };
                Input::Routing(index, read)
            }
            Effect::ReadGroup(index, ..) if fails => Input::Group(index, Err(throttled())),
            Effect::ReadGroup(index, ..) => Input::Group(index, Ok(describe_group())),
            Effect::ReadTargets(index, ..) if fails => Input::Targets(index, Err(throttled())),
            Effect::ReadTargets(index, ..) => {
                monitor.reads_targets(world.group);
                Input::Targets(index, Ok(world.group.targets()))
            }
            Effect::Permit(index, _) => Input::Permitted(index),
            Effect::ReadTags => unreachable!("nothing is discovered"),
            write => {
                let (index, write) = write_of(&write).expect("all reads are above");
                let result = match outcome {
                    Outcome::Failed => Err(throttled()),
                    Outcome::LostAfter => Err(error(Failure::AnswerLost)),
                    _ => Ok(()),
                };
                if !fails {
                    carry_out(world, write);
                }
                Input::Written(index, result)
            }
        };
        moment.step(Duration::ZERO, input)
    }

    fn let_pass(&self, world: &mut World, long: Duration) {
        world.since = world.since.saturating_add(long).min(self.longest());
        if world.since >= self.refusal {
            for place in Place::all(MOST_PLACES) {
                let refuses = !world.accepts(place, self.standby_accepts);
                if refuses && world.group.slot(place) == Slot::Healthy {
                    world.group = world.group.with(place, Slot::Unhealthy);
                }
            }
        }
    }
}

fn fails_over(world: &mut World, live: Option<&mut Live>) {
    let Some(standby) = world.standby else { return };
    let writes = live.as_ref().is_some_and(|live| {
        live.waiting
            .iter()
            .any(|effect| write_of(effect).is_some() || matches!(effect, Effect::Permit(..)))
    });
    let present = world.group.present();
    let mut both = Places::one(world.writer);
    both.add(standby);
    world.awaits_writer = !writes && present == both;
    (world.former, world.writer, world.standby) = (world.writer, standby, Some(world.writer));
    world.since = Duration::ZERO;
    // It stops to take connections, and the load balancer has not noticed yet.
    if world.group.slot(world.writer) == Slot::Healthy {
        world.awaits_writer = false;
    }
    live.into_iter().for_each(|live| live.monitor.sees_failover());
}

fn carry_out(world: &mut World, write: Write) {
    match write {
        Write::Register(place) => {
            if !world.group.present().has(place) {
                world.group = world.group.with(place, Slot::Initial);
            }
        }
        Write::Deregister(places) => {
            for place in places.and(world.group.present()).iter() {
                world.group = world.group.with(place, Slot::Draining);
            }
        }
    }
}

impl Moment {
    fn step(&mut self, passed: Duration, input: Input) -> Broken {
        let live = self.live.as_mut().expect("a run is under way");
        live.monitor.time_passes(passed);
        // A look is over when its last reading has come, and that is known by the run's next call.
        let closes = matches!(input, Input::Interfaces(_, Err(_)) | Input::Routing(..))
            || matches!(&input, Input::Answers(_, answers) if !answers.keys().any(|name| name.as_str() == "db"));
        let was_routing = matches!(input, Input::Routing(..));
        let reaction = live.run.step(passed, input);
        let asks_routing =
            reaction.effects.iter().any(|effect| matches!(effect, Effect::ReadRouting(..)));
        if (closes && !asks_routing) || was_routing {
            live.monitor.ends_look();
        }
        let mut broken = Vec::new();
        for (_, write) in reaction.effects.iter().filter_map(write_of) {
            broken.extend(live.monitor.sends(write, &self.world));
            self.barred = self.barred.or(live.monitor.aged(write));
        }
        live.waiting.extend(reaction.effects);
        if live.run.is_over() {
            self.memory = live.run.memory();
            self.swept = live.monitor.swept();
            self.live = None;
        }
        broken
    }

    pub(super) fn sleeps_for(&self) -> Duration {
        self.live.as_ref().map_or(super::NO_TIME, |live| live.run.sleeps_for())
    }

    /// The same without a run, and without anything that can go wrong.
    pub(super) fn calmed(&self, setup: &Setup) -> Self {
        let mut calm = Self { live: None, begun: 1, budget: Budget::default(), ..self.clone() };
        calm.world.former = calm.world.writer;
        calm.world.since = setup.longest();
        calm.world.listed = calm.world.interfaces();
        calm.world.awaits_writer = false;
        calm
    }
}

impl Move {
    pub(super) fn describe(self, before: &Moment) -> String {
        let call = || before.live.as_ref().and_then(|live| live.waiting.first());
        match self {
            Self::FailsOver => "the instance fails over".to_owned(),
            Self::Replaced => "the standby's host is replaced: it is at C".to_owned(),
            Self::Reused(place) => format!("another database gets the address {place}"),
            Self::BecomesSingleAz => "the instance is not Multi-AZ any more".to_owned(),
            Self::Ec2Follows => format!("EC2 lists {}", before.world.interfaces()),
            Self::Heals(place) => format!("{place} is healthy"),
            Self::Sickens(place) => format!("{place} is unhealthy"),
            Self::Drains(place) => format!("{place} has drained"),
            Self::Waits(long) => format!("{} s pass", long.as_secs_f32()),
            Self::Begins => format!("run {} begins", before.begun + 1),
            Self::Sleeps => format!("the run sleeps {} s", before.sleeps_for().as_secs_f32()),
            Self::Answered(outcome) => {
                let call = call().map(|effect| called(effect, &before.world)).unwrap_or_default();
                match outcome {
                    Outcome::Done => call,
                    Outcome::Named(place) => format!("DNS names {place}"),
                    Outcome::Failed => format!("{call} fails"),
                    Outcome::LostAfter => format!("{call}, and the answer is lost"),
                }
            }
        }
    }
}

fn called(effect: &Effect, world: &World) -> String {
    match effect {
        Effect::ReadTopology(_) => "the topology is read".to_owned(),
        Effect::ReadGroup(..) => "the group is read".to_owned(),
        Effect::ReadTargets(..) => format!("the targets are {}", Shown(world.group)),
        Effect::Resolve(..) => "the neighbours' names are resolved".to_owned(),
        Effect::ReadInterfaces(_) => format!("the interfaces are {} and D", world.listed),
        Effect::ReadRouting(..) => "the routing is read".to_owned(),
        Effect::Permit(..) => "a permit".to_owned(),
        Effect::ReadTags => "the tags are read".to_owned(),
        write => write_of(write).map(|(_, write)| write.to_string()).unwrap_or_default(),
    }
}

fn is_own(names: &[crate::topology::HostName]) -> bool {
    names.iter().any(|name| name.as_str() == "db")
}

pub(super) fn write_of(effect: &Effect) -> Option<(usize, Write)> {
    let place = |address| Place::of(address).expect("a place on the binding's port");
    match effect {
        Effect::Register(index, _, registration) => {
            Some((*index, Write::Register(place(registration.address))))
        }
        Effect::Deregister(index, _, targets) => {
            let mut places = Places::default();
            targets.iter().for_each(|target| places.add(place(target.address)));
            Some((*index, Write::Deregister(places)))
        }
        _ => None,
    }
}

fn routing() -> Routing {
    let on = [("load_balancing.cross_zone.enabled".to_owned(), "true".to_owned())];
    let zones = ["a", "b"].map(str::to_owned).into();
    Routing {
        group: on.into(),
        balancers: vec![BalancerRouting { zones, ..BalancerRouting::default() }],
    }
}

fn event() -> Trigger {
    let event = Event {
        id: Some(EventId(13)),
        about: SourceType::Instance,
        source: Some("db".parse().expect("an identifier")),
        time: None,
    };
    Trigger { events: vec![event], ..Trigger::sweep(TriggerKind::Sns) }
}

fn config() -> Config {
    static CONFIG: LazyLock<Config> = LazyLock::new(|| {
        let group = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/db/\
            0123456789abcdef";
        let text = format!(
            r#"{{"allow": ["10.0.0.0/24"], "binding": [{{"name": "db", "source": "instance/db",
            "port": {PORT}, "standby": "warm", "target-group": "{group}"}}]}}"#
        );
        Config::parse(&text, &Location::Inline(text.clone())).expect("a good configuration")
    });
    CONFIG.clone()
}
