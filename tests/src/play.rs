//! Plays the real run and its driver on the lab's scene at AWS's pace in virtual time: minutes take
//! milliseconds.

use std::cell::RefCell;
use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};
use jiff::{SignedDuration, Timestamp};
use writerlink_core::config::{Config, Location};
use writerlink_core::drive::{ReadPorts, drive_to_end};
use writerlink_core::event::{Event, EventId, SourceType, Trigger, TriggerKind, Trust};
use writerlink_core::ports::Clock;
use writerlink_core::report::{Report, Status};
use writerlink_core::run::{Memory, Run};
use writerlink_lab::ports::{Guard, InProcess};
use writerlink_lab::scene::{Link, Scene};
use writerlink_lab::virtual_time::VirtualTime;
use writerlink_lab::world::Pace;

/// What the function is given before it is ended.
const LIMIT: Duration = Duration::from_secs(230);

/// The scene in virtual time, and the two links in it.
pub struct Play {
    time: VirtualTime,
    region: InProcess<VirtualTime>,
    config: Config,
    epoch: Timestamp,
    /// What the process remembers of its runs, as in the Lambda function.
    memory: RefCell<Memory>,
    /// `orders-writer`, the Aurora cluster.
    pub orders: Link,
    /// `billing`, the Multi-AZ instance.
    pub billing: Link,
    /// All of them, with what was added.
    pub links: Vec<Link>,
}

impl Default for Play {
    fn default() -> Self {
        Self::new()
    }
}

impl Play {
    /// The scene as it is, and its own configuration.
    pub fn new() -> Self {
        Self::with(|_| {})
    }

    /// The scene after a change, and its own configuration.
    pub fn with(change: impl FnOnce(&mut Scene)) -> Self {
        Self::configured(change, |config| config)
    }

    /// The scene after a change, and its configuration after another.
    pub fn configured(
        change: impl FnOnce(&mut Scene),
        configure: impl FnOnce(String) -> String,
    ) -> Self {
        let mut scene = Scene::new(Pace::real()).expect("a good scene");
        change(&mut scene);
        let text = configure(scene.config("127.0.0.1:53".parse().expect("an address"), ""));
        let config =
            Config::parse(&text, &Location::Inline(text.clone())).expect("a good configuration");
        let links = scene.links.clone();
        let [orders, billing] = [&links[0], &links[1]].map(Clone::clone);
        let time = VirtualTime::default();
        let epoch = scene.world.timestamp_at(Duration::ZERO);
        // The scene has a past; the clock begins at its present.
        time.run(time.sleep(scene.world.now()));
        let region = InProcess::new(scene.world, time.clone());
        let memory = RefCell::default();
        Self { time, region, config, epoch, memory, orders, billing, links }
    }

    /// The time since the world began.
    pub fn now(&self) -> Duration {
        self.time.now()
    }

    /// Lets time pass.
    pub fn pass(&self, duration: Duration) {
        self.time.run(self.time.sleep(duration));
    }

    /// The world at this moment.
    pub fn world(&self) -> Guard<'_> {
        self.region.world()
    }

    /// An event that happens at this moment.
    pub fn trigger(&self, id: u16, about: SourceType, source: &str) -> Trigger {
        let event = Event {
            id: Some(EventId(id)),
            about,
            source: source.parse().ok(),
            time: Some(self.timestamp()),
        };
        Trigger { events: vec![event], ..Trigger::sweep(TriggerKind::Sns) }
    }

    /// A person's call for a binding, which vouches for DNS: this is the writer.
    pub fn vouching(&self, binding: &str, writer: &str) -> Trigger {
        let expires = self.timestamp() + SignedDuration::from_mins(10);
        let trust = Trust { writer: writer.parse().expect("an identifier"), expires };
        let only = Some(vec![binding.to_owned()]);
        Trigger { only, trust: Some(trust), ..Trigger::sweep(TriggerKind::Invoke) }
    }

    /// The schedule's trigger.
    pub fn sweeping(&self) -> Trigger {
        Trigger::sweep(TriggerKind::Schedule)
    }

    /// A run for an event that happens at this moment.
    pub fn event(&self, id: u16, about: SourceType, source: &str) -> Report {
        self.run(&self.trigger(id, about, source))
    }

    /// A run of the schedule.
    pub fn sweep(&self) -> Report {
        self.run(&self.sweeping())
    }

    /// A run, to its end.
    pub fn run(&self, trigger: &Trigger) -> Report {
        self.time.run(self.drive(trigger))
    }

    /// A run that is killed after a while, unless it ends before. Says how it ended.
    pub fn run_perhaps_killed(&self, trigger: &Trigger, after: Option<Duration>) -> String {
        let ended = match after {
            None => Some(self.run(trigger)),
            Some(after) => self.time.run(async {
                match select(pin!(self.drive(trigger)), pin!(self.time.sleep(after))).await {
                    Either::Left((report, _)) => Some(report),
                    Either::Right(_) => None,
                }
            }),
        };
        ended.map_or("killed".to_owned(), |report| {
            let ends = report.bindings.iter().map(|binding| binding.status.as_str());
            ends.collect::<Vec<_>>().join(", ")
        })
    }

    /// The group holds exactly the writer.
    pub fn is_right(&self, link: &Link) -> bool {
        let world = self.world();
        let writer = link.writer(&world).expect("a database has a writer").address;
        let present: Vec<_> =
            link.present(&world).into_iter().map(|(address, _)| address).collect();
        present == [writer]
    }

    /// No moment found the group without a present target.
    pub fn was_never_empty(&self, link: &Link) -> bool {
        link.was_never_empty(&self.world())
    }

    fn timestamp(&self) -> Timestamp {
        self.epoch + SignedDuration::try_from(self.time.now()).expect("in range")
    }

    async fn drive(&self, trigger: &Trigger) -> Report {
        let region = || self.region.clone();
        let ports = ReadPorts::new(region(), region(), region(), region());
        let memory = self.memory.borrow().clone();
        let run = Run::remembering(&self.config, trigger, self.timestamp(), LIMIT, &memory);
        let run = drive_to_end(run, &ports, Some(&self.region), &self.time, &mut ()).await;
        self.memory.replace(run.memory());
        run.report()
    }
}

/// How a binding ended.
pub fn status(report: &Report, name: &str) -> Status {
    report
        .bindings
        .iter()
        .find(|binding| binding.name == name)
        .expect("a binding of the scene")
        .status
}
