//! Many databases behind groups, and one warm process of the function that follows them in virtual
//! time.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use writerlink_core::config::{Config, Location};
use writerlink_core::drive::{ReadPorts, drive_to_end};
use writerlink_core::event::{Trigger, TriggerKind};
use writerlink_core::ports::Clock;
use writerlink_core::report::Report;
use writerlink_core::run::{Memory, Run};
use writerlink_core::source::Source;

use crate::ports::{Guard, InProcess};
use crate::scene::{self, AGO, Link, Standby};
use crate::virtual_time::VirtualTime;
use crate::world::elbv2::{DELAY, HealthCheck, IpFamily, TERMINATE_DEREGISTERED, TargetState};
use crate::world::rds::{Engine, MultiAz};
use crate::world::vpc::Zone;
use crate::world::{Budgets, Pace, World};

/// The time of one invocation: the function's timeout, without what is kept free for the answer.
pub(super) const LIMIT: Duration = Duration::from_secs(238);

/// Where the bindings come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bindings {
    /// From the configuration.
    Written,
    /// From the groups' tags.
    Tagged,
}

/// A region with many Aurora clusters, each behind a group of its own; all right and healthy, with
/// AWS's budgets beside a rival.
pub(super) struct Fleet {
    pub(super) world: World,
    pub(super) links: Vec<Link>,
    bindings: Bindings,
}

impl Fleet {
    /// So many clusters; those with these numbers have a reader, and so can fail over.
    pub(super) fn new(
        size: usize,
        with_reader: Range<usize>,
        bindings: Bindings,
        pace: Pace,
    ) -> Fleet {
        let mut world = empty(pace);
        let link = |number: usize| {
            let (name, zone) = (format!("db-{number:04}"), Zone::ALL[number % 3]);
            let (writer, reader) = (format!("{name}-1"), format!("{name}-2"));
            let all = [(writer.as_str(), zone), (reader.as_str(), zone.next())];
            let members = if with_reader.contains(&number) { &all[..] } else { &all[..1] };
            world.add_aurora(&name, Engine::AuroraPostgresql, members)?;
            let source: Source = format!("cluster/{name}").parse().expect("a source");
            let port = Engine::AuroraPostgresql.port();
            let group = scene::across_zones(&source, port, IpFamily::Ipv4);
            let link = scene::publish(&mut world, &name, source, &name, port, group)?;
            if bindings == Bindings::Tagged {
                scene::tag(&mut world, &link)?;
            }
            Ok(link)
        };
        let links: Result<_, crate::world::ApiError> = (0..size).map(link).collect();
        let links = links.expect("the region takes every cluster");
        Fleet { world: aged(world), links, bindings }
    }

    /// A Multi-AZ instance whose targets are checked this often, in seconds. Nodes reset the flows
    /// of a target that is removed once its deregistration delay is over, as the templates have it.
    pub(super) fn of_instance(standby: Standby, interval: u32, pace: Pace) -> Fleet {
        let mut world = empty(pace);
        let (name, port) = ("billing", Engine::Postgres.port());
        let made = world.add_instance(name, MultiAz::Yes, Engine::Postgres);
        made.expect("the region takes the instance");
        let source: Source = format!("instance/{name}").parse().expect("a source");
        let mut group = scene::across_zones(&source, port, IpFamily::Ipv4);
        let (healthy_threshold, unhealthy_threshold) = (2, 2);
        group.health_check = HealthCheck {
            interval,
            healthy_threshold,
            unhealthy_threshold,
            ..HealthCheck::default()
        };
        group.attributes.push((DELAY, "30".to_owned()));
        group.attributes.push((TERMINATE_DEREGISTERED, "true".to_owned()));
        let link = scene::publish(&mut world, name, source, name, port, group);
        let link = Link { standby, ..link.expect("the region takes the group") };
        Fleet { world: aged(world), links: vec![link], bindings: Bindings::Written }
    }

    /// One cluster with a reader.
    pub(super) fn of_one(pace: Pace) -> Fleet {
        Fleet::new(1, 0..1, Bindings::Written, pace)
    }

    /// A process of the function that has just started.
    pub(super) fn start(&self) -> Process {
        let text = match self.bindings {
            Bindings::Written => scene::config(&self.links, ([127, 0, 0, 1], 53).into(), ""),
            Bindings::Tagged => {
                format!("discover = [\"cluster/*\"]\n{}", scene::allow(&self.links))
            }
        };
        let config = Config::parse(&text, &Location::Inline(text.clone())).expect("a good one");
        let time = VirtualTime::default();
        time.run(time.sleep(self.world.now()));
        let region = InProcess::new(self.world.clone(), time.clone());
        let ports = ReadPorts::new(region.clone(), region.clone(), region.clone(), region.clone());
        let memory = Mutex::default();
        Process { time, region, ports, config, links: self.links.clone(), memory }
    }
}

/// A region at any fixed moment, so that every run of the benchmark is the same.
fn empty(pace: Pace) -> World {
    let epoch: Timestamp = "2026-01-01T00:00:00Z".parse().expect("a timestamp");
    World::new(epoch).with_pace(pace)
}

/// The region with events of failovers and budgets, when all of it has been there for a while.
fn aged(mut world: World) -> World {
    scene::tell_of_failovers(&mut world).expect("the region takes the subscriptions");
    world.pass(AGO);
    // The subscriptions' hello messages were answered long ago.
    world.sns.take_deliveries();
    world.budgets = Some(Budgets::beside_a_rival());
    world
}

type Region = InProcess<VirtualTime>;

/// One process of the function, which stays warm: its ports live as long as it does, as those of
/// the function's `Runner`.
pub(super) struct Process {
    pub(super) time: VirtualTime,
    pub(super) config: Config,
    pub(super) links: Vec<Link>,
    region: Region,
    ports: ReadPorts<Region, Region, Region, Region>,
    memory: Mutex<Memory>,
}

/// A run that has ended.
pub(super) struct Played {
    pub(super) report: Report,
    pub(super) took: Duration,
    pub(super) calls: Calls,
}

impl Process {
    pub(super) fn now(&self) -> Duration {
        self.time.now()
    }

    /// Lets time pass until a moment.
    pub(super) fn wait_until(&self, moment: Duration) {
        self.time.run(self.time.sleep(moment.saturating_sub(self.now())));
    }

    pub(super) fn world(&self) -> Guard<'_> {
        self.region.world()
    }

    /// A run of the schedule.
    pub(super) fn sweep(&self) -> Played {
        self.run(&Trigger::sweep(TriggerKind::Schedule))
    }

    pub(super) fn run(&self, trigger: &Trigger) -> Played {
        self.time.run(self.invoke(trigger))
    }

    pub(super) async fn invoke(&self, trigger: &Trigger) -> Played {
        let (began, calls) = (self.now(), self.calls());
        let memory = self.memory().clone();
        let run = Run::remembering(&self.config, trigger, self.timestamp(), LIMIT, &memory);
        let run = drive_to_end(run, &self.ports, Some(&self.region), &self.time, &mut ()).await;
        let report = run.report();
        *self.memory() = run.memory();
        Played { report, took: self.now() - began, calls: self.calls().since(&calls) }
    }

    /// What the process remembers of its runs.
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn timestamp(&self) -> Timestamp {
        self.world().timestamp()
    }

    /// Every call so far.
    pub(super) fn calls(&self) -> Calls {
        let world = self.world();
        let tallies = world.budgets.iter().flat_map(Budgets::tallies);
        let counts =
            tallies.map(|(operation, tally)| (operation.clone(), (tally.calls, tally.throttled)));
        Calls(counts.collect())
    }

    /// Whether the group holds exactly the writer.
    pub(super) fn is_right(&self, link: &Link) -> bool {
        let world = self.world();
        let writer = link.writer(&world).map(|writer| writer.address);
        let present: Vec<_> = link.present(&world).into_iter().map(|(target, _)| target).collect();
        writer.is_some_and(|writer| present == [writer])
    }

    /// When targets entered the group, and when they began to leave it, from a moment on.
    pub(super) fn changes(&self, link: &Link, from: Duration) -> Changes {
        let world = self.world();
        let is_present = |state: Option<TargetState>| state.is_some_and(TargetState::is_present);
        let mut changes = Changes::default();
        let of_link = |change: &&crate::world::elbv2::Transition| {
            change.group == link.group && change.at >= from
        };
        for change in world.elbv2.timeline().iter().filter(of_link) {
            match (is_present(change.from), is_present(change.to)) {
                (false, true) => changes.entered.push(change.at),
                (true, false) => changes.left.push(change.at),
                _ => {}
            }
        }
        changes
    }

    /// When the group became right for good, if it is; from a moment on, at which it was not.
    pub(super) fn right_at(&self, link: &Link, from: Duration) -> Option<Duration> {
        let Changes { entered, left } = self.changes(link, from);
        let last = entered.into_iter().chain(left).max();
        last.filter(|_| self.is_right(link))
    }
}

/// The moments at which a group changed.
#[derive(Default)]
pub(super) struct Changes {
    pub(super) entered: Vec<Duration>,
    pub(super) left: Vec<Duration>,
}

/// Calls by operation: how many, and how many of them were throttled.
#[derive(Clone, Debug, Default)]
pub(super) struct Calls(BTreeMap<String, (u32, u32)>);

impl Calls {
    pub(super) fn since(&self, before: &Calls) -> Calls {
        let counts = self.0.iter().map(|(operation, (calls, throttled))| {
            let (calls_before, throttled_before) = before.of(operation);
            (operation.clone(), (calls - calls_before, throttled - throttled_before))
        });
        Calls(counts.filter(|(_, (calls, _))| *calls > 0).collect())
    }

    /// The calls of one operation, and how many of them were throttled.
    pub(super) fn of(&self, operation: &str) -> (u32, u32) {
        self.0.get(operation).copied().unwrap_or_default()
    }

    pub(super) fn total(&self) -> u32 {
        self.0.values().map(|(calls, _)| calls).sum()
    }

    pub(super) fn throttled(&self) -> u32 {
        self.0.values().map(|(_, throttled)| throttled).sum()
    }
}

impl fmt::Display for Calls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} calls, {} throttled", self.total(), self.throttled())?;
        for (operation, (calls, _)) in &self.0 {
            write!(f, ", {operation} {calls}")?;
        }
        Ok(())
    }
}
