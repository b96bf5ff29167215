//! A world of one cluster and one group, and a loop that plays a run in it. Every call takes 20 ms.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use super::*;
use crate::config::Location;
use crate::discover::TaggedGroup;
use crate::event::{Message, TriggerKind, Trust};
use crate::evidence::Answer;
use crate::failure::CallError;
use crate::source::Identifier;
use crate::target::{Family, Target, TargetGroup};
use crate::topology::{
    Cluster, Databases, Form, HostName, Instance, Member, Named, Standby, Topology,
};

const CALL: Duration = Duration::from_millis(20);
const TIME: &str = "2026-01-01 00:00:00.000";

/// How a write is answered.
#[derive(Debug, Clone, Copy)]
pub(super) enum Reply {
    Done,
    Fail(Failure),
    LostBefore,
    LostAfter,
}

/// Half of all calls fail, at random.
#[derive(Debug)]
pub(super) struct Storm(pub(super) u64);

impl Storm {
    /// A number below `below`: an LCG (Knuth's MMIX) of which the upper bits are used.
    fn draw(&mut self, below: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }

    /// Whether each of `attempts` at one call fails.
    fn fails(&mut self, attempts: u32) -> bool {
        (0..attempts).filter(|_| self.draw(2) == 0).count() == attempts as usize
    }

    /// How a write fails, if it does: throttled (429), or with a 503 or a reset before or after it
    /// was done.
    fn reply(&mut self) -> Option<Reply> {
        self.fails(1).then(|| match self.draw(3) {
            0 => Reply::Fail(Failure::Throttled),
            1 => Reply::LostBefore,
            _ => Reply::LostAfter,
        })
    }
}

/// Three members at 10.20.0.1 to .3, and what can be seen of them.
#[derive(Debug, Default)]
pub(super) struct World {
    now: Duration,
    /// Whom the RDS API calls the writer.
    pub(super) writer: u8,
    /// What the cluster's name resolves to.
    pub(super) dns: Vec<u8>,
    pub(super) lookup_error: Option<LookupError>,
    /// A member whose own name gives the address of another number.
    pub(super) false_name: Option<(u8, u8)>,
    /// Removals are acknowledged and have no effect.
    pub(super) stays: bool,
    /// Somebody else's target is in the group, on the same port.
    pub(super) foreign: bool,
    /// The cluster's name is an alias of nothing.
    pub(super) without_aliases: bool,
    pub(super) topology_failure: Option<Failure>,
    /// How much longer than usual the first reading of the topology takes.
    pub(super) topology_takes: Duration,
    pub(super) targets: BTreeMap<u8, String>,
    /// How old the targets are that a reading shows.
    pub(super) reads_lag: Duration,
    /// What the targets have been, from when on.
    past: Vec<(Duration, BTreeMap<u8, String>)>,
    /// Whether the targets can be read.
    pub(super) targets_failure: Option<Failure>,
    /// Answers to the next writes; then all are acknowledged.
    pub(super) replies: Vec<Reply>,
    /// Half of all calls fail.
    pub(super) storm: Option<Storm>,
    /// How long a permit for a write is waited for.
    pub(super) permits_take: Duration,
    /// How much longer than usual a write takes.
    pub(super) writes_take: Duration,
    /// Something that happens once, right after the next write.
    pub(super) after_write: Option<fn(&mut World)>,
    /// The tags of the groups, or that they cannot be read.
    pub(super) tags: Vec<TaggedGroup>,
    pub(super) tags_failure: Option<Failure>,
    pub(super) tags_take: Duration,
    /// How much longer than usual each reading of targets takes.
    pub(super) targets_take: Duration,
    /// The first binding of which that is so.
    pub(super) slow_from: usize,
    /// Which member the RDS API and DNS call the writer of another cluster, `stock`, if there is
    /// one, and its status.
    pub(super) stock: Option<(u8, &'static str)>,
    /// How many other instances the Region has.
    pub(super) crowd: usize,
    /// The cluster has another name by now.
    pub(super) renamed: bool,
    /// The bindings whose targets were read, in order.
    pub(super) read: Vec<usize>,
    /// The database's consent.
    pub(super) publish: Option<String>,
    pub(super) log: Vec<(Duration, String)>,
    pub(super) never_empty: bool,
    /// Whom the keys named at each look, with `None` where the targets were read.
    looks: Vec<Option<(u8, Vec<u8>)>>,
}

/// What RDS lists of these databases.
fn listed(mut topology: Topology, databases: &Databases) -> Topology {
    if let Databases::Named(named) = databases {
        let Named { clusters, instances } = named;
        topology.clusters.retain(|id, _| clusters.contains(id));
        topology.instances.retain(|id, instance| {
            let is_of = |cluster: &Identifier| clusters.contains(cluster);
            instances.contains(id) || instance.cluster.as_ref().is_some_and(is_of)
        });
    }
    topology
}

impl World {
    pub(super) fn set(&mut self, last: u8, state: &str) {
        self.targets.insert(last, state.to_owned());
    }

    pub(super) fn present(&self) -> Vec<u8> {
        self.targets
            .iter()
            .filter(|(_, state)| *state != "draining")
            .map(|(last, _)| *last)
            .collect()
    }

    pub(super) fn writes(&self) -> Vec<String> {
        let is_write = |what: &str| what.starts_with("register") || what.starts_with("deregister");
        self.log.iter().map(|(_, what)| what.clone()).filter(|what| is_write(what)).collect()
    }

    pub(super) fn calls_after(&self, call: &str) -> Vec<&str> {
        self.log
            .iter()
            .map(|(_, what)| what.as_str())
            .skip_while(|what| *what != call)
            .skip(1)
            .collect()
    }

    pub(super) fn log_times(&self, call: &str) -> Vec<Duration> {
        self.log.iter().filter(|(_, what)| what == call).map(|(at, _)| *at).collect()
    }

    fn answer(&mut self, effect: Effect) -> Input {
        if let Some(error) = self.storm.as_mut().and_then(|storm| fails(storm, &effect)) {
            self.say("fails");
            return match effect {
                Effect::ReadTopology(_) => Input::Topology(Err(error)),
                Effect::ReadGroup(index, _, _) => Input::Group(index, Err(error)),
                Effect::ReadTargets(index, _, _) => Input::Targets(index, Err(error)),
                _ => unreachable!("no other call fails here"),
            };
        }
        match effect {
            Effect::ReadTopology(scope) => {
                self.say(match &scope.databases {
                    Databases::Named(_) => "topology by name",
                    Databases::None | Databases::All => "topology",
                });
                Input::Topology(match self.topology_failure {
                    Some(failure) => Err(CallError::new("rds:DescribeDBClusters", failure, "x")),
                    None => Ok(listed(self.topology(), &scope.databases)),
                })
            }
            Effect::ReadTags => {
                self.say("tags");
                Input::Tags(match self.tags_failure {
                    Some(failure) => {
                        Err(CallError::new("elasticloadbalancing:DescribeTags", failure, "x"))
                    }
                    None => Ok(self.tags.clone()),
                })
            }
            Effect::ReadGroup(index, _, _) => {
                self.say("group");
                Input::Group(
                    index,
                    Ok(TargetGroup {
                        target_type: "ip".to_owned(),
                        protocol: "TCP".to_owned(),
                        family: Family::V4,
                        vpc: None,
                        in_use: true,
                    }),
                )
            }
            Effect::ReadTargets(index, _, _) => {
                self.say("targets");
                self.read.push(index);
                self.looks.push(None);
                let target = |(last, state): (&u8, &String)| Target {
                    address: address(*last),
                    zone: None,
                    state: state.as_str().into(),
                    reason: None,
                };
                if let Some(failure) = self.targets_failure {
                    let call = "elasticloadbalancing:DescribeTargetHealth";
                    return Input::Targets(index, Err(CallError::new(call, failure, "x")));
                }
                let shown = self.now.saturating_sub(self.reads_lag);
                let past = self
                    .past
                    .iter()
                    .rev()
                    .find(|(from, _)| !self.reads_lag.is_zero() && *from <= shown);
                let targets = past.map_or(&self.targets, |(_, targets)| targets);
                let foreign = Target {
                    address: "192.0.2.1:5432".parse().expect("an address"),
                    zone: None,
                    state: "healthy".into(),
                    reason: None,
                };
                let shown = targets.iter().map(target).chain(self.foreign.then_some(foreign));
                Input::Targets(index, Ok(shown.collect()))
            }
            Effect::Resolve(index, names, _) => {
                self.say("names");
                self.looks.push(Some((self.writer, self.dns.clone())));
                Input::Answers(
                    index,
                    names.into_iter().map(|name| (name.clone(), self.lookup(&name))).collect(),
                )
            }
            Effect::ReadInterfaces(_) | Effect::ReadRouting(..) => {
                unreachable!("no binding is warm")
            }
            Effect::Permit(index, _) => Input::Permitted(index),
            Effect::Register(index, _, registration) => {
                let last = last(registration.address.ip());
                self.write(index, format!("register .{last}"), |world| {
                    world
                        .targets
                        .entry(last)
                        .and_modify(|s| {
                            if s == "draining" {
                                *s = "initial".to_owned()
                            }
                        })
                        .or_insert_with(|| "initial".to_owned());
                })
            }
            Effect::Deregister(index, _, targets) => {
                self.check_agreement();
                let lasts: Vec<u8> =
                    targets.iter().map(|target| last(target.address.ip())).collect();
                let what = lasts
                    .iter()
                    .map(|last| format!("deregister .{last}"))
                    .collect::<Vec<_>>()
                    .join(" ");
                self.write(index, what, |world| {
                    if !world.stays {
                        lasts.iter().for_each(|last| world.set(*last, "draining"))
                    }
                })
            }
        }
    }

    /// A removal is sent only if both keys named the same one before and after the targets were
    /// last read.
    fn check_agreement(&self) {
        let read = self
            .looks
            .iter()
            .rposition(Option::is_none)
            .expect("a removal follows a reading of the targets");
        let before = self.looks[..read].iter().rev().flatten().next();
        let after = self.looks[read..].iter().rev().flatten().next();
        assert!(after.is_some(), "the keys were not read again: {:?}", self.log);
        assert_eq!(before, after, "the keys changed around the reading: {:?}", self.log);
        assert!(
            after.is_some_and(|(writer, dns)| *dns == [*writer]),
            "they do not agree: {:?}",
            self.log
        );
    }

    fn write(&mut self, index: usize, what: String, act: impl FnOnce(&mut Self)) -> Input {
        self.say(&what);
        let reply = (!self.replies.is_empty()).then(|| self.replies.remove(0));
        let reply = reply.or_else(|| self.storm.as_mut()?.reply());
        let error =
            |failure| Err(CallError::new("elasticloadbalancing:RegisterTargets", failure, "x"));
        let result = match reply {
            Some(Reply::Fail(failure)) => error(failure),
            Some(Reply::LostBefore) => error(Failure::AnswerLost),
            Some(Reply::LostAfter) => {
                act(self);
                error(Failure::AnswerLost)
            }
            None | Some(Reply::Done) => {
                act(self);
                Ok(())
            }
        };
        self.past.push((self.now, self.targets.clone()));
        self.never_empty &= !self.present().is_empty();
        if let Some(after) = self.after_write.take() {
            after(self);
        }
        Input::Written(index, result)
    }

    fn topology(&self) -> Topology {
        let id = |of: &str, last: u8| format!("{of}-{last}").parse::<Identifier>().expect("id");
        let instance = |of: &str, last: u8| Instance {
            engine: "postgres".to_owned(),
            resource_id: None,
            status: "available".to_owned(),
            publish: None,
            endpoint: Some(name(&format!("{of}-{last}"))),
            port: Some(5432),
            cluster: Some(of.parse().expect("id")),
            vpc: None,
            standby: Standby::Unknown,
            network: None,
            placement: Default::default(),
        };
        let cluster = |of: &str, writer: u8, status: &str| Cluster {
            engine: "aurora-postgresql".to_owned(),
            resource_id: None,
            form: Form::Instances,
            status: status.to_owned(),
            publish: self.publish.clone(),
            endpoint: Some(name(of)),
            port: Some(5432),
            members: (1..=3)
                .map(|last| Member { instance: id(of, last), writer: last == writer })
                .collect(),
            replicates: false,
        };
        let stock = self.stock.map(|(writer, status)| ("stock", writer, status));
        let all = [("orders", self.writer, "available")].into_iter().chain(stock);
        let mut topology = Topology::default();
        for number in 0..self.crowd {
            let id = format!("crowd-{number}").parse().expect("id");
            topology.instances.insert(id, Instance { cluster: None, ..instance("crowd", 1) });
        }
        for (of, writer, status) in all {
            let members = (1..=3).map(|last| (id(of, last), instance(of, last)));
            topology.instances.extend(members);
            topology.clusters.insert(of.parse().expect("id"), cluster(of, writer, status));
        }
        if self.renamed {
            topology.clusters.clear();
        }
        topology
    }

    fn lookup(&self, asked: &HostName) -> Result<Answer, LookupError> {
        if let Some(error) = &self.lookup_error {
            return Err(error.clone());
        }
        let label = asked.as_str().strip_suffix(".db.test").expect("a name of this world");
        let (of, own) = label.split_once('-').map_or((label, None), |(of, own)| (of, Some(own)));
        let dns = match (of, self.stock) {
            ("stock", Some((writer, _))) => vec![writer],
            _ => self.dns.clone(),
        };
        let lasts = own.map_or(dns, |last| vec![last.parse().expect("number")]);
        let aliases = if own.is_none() && lasts.len() == 1 && !self.without_aliases {
            vec![name(&format!("{of}-{}", lasts[0]))]
        } else {
            Vec::new()
        };
        Ok(Answer {
            aliases,
            addresses: lasts.iter().map(|last| address(self.resolves_to(*last)).ip()).collect(),
            ttl: Duration::from_secs(5),
        })
    }

    fn resolves_to(&self, last: u8) -> u8 {
        self.false_name
            .filter(|(member, _)| *member == last)
            .map_or(last, |(_, false_last)| false_last)
    }

    fn say(&mut self, what: &str) {
        self.log.push((self.now, what.to_owned()));
    }
}

/// Whether a reading fails in a storm. The driver makes each of its calls six times, and a reading
/// of the topology has two.
fn fails(storm: &mut Storm, effect: &Effect) -> Option<CallError> {
    let calls = match effect {
        Effect::ReadTopology(_) => 2,
        Effect::ReadGroup(..) | Effect::ReadTargets(..) => 1,
        _ => 0,
    };
    let failed = (0..calls).filter(|_| storm.fails(6)).count();
    (failed > 0).then(|| CallError::new("a:Read", Failure::Unreachable, "x"))
}

/// Something that happens in the world.
type ScheduledChange = Box<dyn FnOnce(&mut World)>;

/// A run and the world that it plays in.
pub(super) struct RunFixture {
    pub(super) run: Run,
    pub(super) world: World,
    pub(super) now: Duration,
    script: Vec<(Duration, ScheduledChange)>,
    trigger: Trigger,
    observing: bool,
}

impl RunFixture {
    pub(super) fn sweep() -> Self {
        Self::with(Trigger::sweep(TriggerKind::Schedule), false, Duration::from_secs(240))
    }

    pub(super) fn dry_run() -> Self {
        Self::with(Trigger::dry_run(TriggerKind::Invoke), false, Duration::from_secs(240))
    }

    pub(super) fn event(id: &str) -> Self {
        Self::of(id, "db-cluster", "orders")
    }

    pub(super) fn with_config(self, text: &str) -> Self {
        Self::configured(self.trigger, Duration::from_secs(240), Duration::ZERO, text, false)
    }

    pub(super) fn event_of(about: &str, source: &str) -> Self {
        Self::of("RDS-EVENT-0071", about, source)
    }

    /// A person, who vouches for DNS for so long: this member is the writer.
    pub(super) fn trusting(writer: &str, lasts: Duration) -> Self {
        Self::with(Self::trust(writer, lasts), false, Duration::from_secs(240))
    }

    /// The same, in a dry run.
    pub(super) fn trusting_in_a_dry_run(writer: &str, lasts: Duration) -> Self {
        let trigger = Trigger { intent: Intent::Plan, ..Self::trust(writer, lasts) };
        Self::with(trigger, false, Duration::from_secs(240))
    }

    fn trust(writer: &str, lasts: Duration) -> Trigger {
        let begun: Timestamp = "2026-01-01T00:00:00Z".parse().expect("time");
        let lasts = jiff::SignedDuration::try_from(lasts).expect("in range");
        let trust = Trust { writer: writer.parse().expect("id"), expires: begun + lasts };
        let only = Some(vec!["orders".to_owned()]);
        Trigger { only, trust: Some(trust), ..Trigger::sweep(TriggerKind::Invoke) }
    }

    /// An event that does not say which database it is about.
    pub(super) fn unnamed(id: &str) -> Self {
        Self::of(id, "db-cluster", "not a name")
    }

    pub(super) fn of(id: &str, about: &str, source: &str) -> Self {
        let body = format!(
            r#"{{"Event Source": "{about}", "Event Time": "{TIME}",
                "Source ID": "{source}", "Event ID": "http://x#{id}"}}"#
        );
        let Ok(Message::Event(event)) = Message::read(&body) else { panic!("no event") };
        let trigger = Trigger { events: vec![event], ..Trigger::sweep(TriggerKind::Sns) };
        Self::with(trigger, false, Duration::from_secs(240))
    }

    fn with(trigger: Trigger, observing: bool, left: Duration) -> Self {
        Self::begun(trigger, observing, left, Duration::ZERO)
    }

    fn begun(trigger: Trigger, observing: bool, left: Duration, late: Duration) -> Self {
        let mode = if observing { "observe" } else { "manage" };
        Self::configured(
            trigger,
            left,
            late,
            &format!(
                "allow = [\"10.20.0.0/16\"]\n[[binding]]\nname = \"orders\"\nsource = \
                 \"cluster/orders\"\nmode = \"{mode}\"\ntarget-group = \
                 \"arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/orders/0123456789abcdef\"\n"
            ),
            observing,
        )
    }

    /// The run of another configuration.
    pub(super) fn configured(
        trigger: Trigger,
        left: Duration,
        late: Duration,
        text: &str,
        observing: bool,
    ) -> Self {
        let config = Config::parse(text, &Location::Inline(String::new())).expect("config");
        let event: Timestamp = "2026-01-01T00:00:00Z".parse().expect("time");
        let now = event + jiff::SignedDuration::try_from(late).expect("in range");
        let run = Run::new(&config, &trigger, now, left);
        let mut world = World { writer: 1, dns: vec![1], never_empty: true, ..World::default() };
        world.set(1, "healthy");
        Self { run, world, now: Duration::ZERO, script: Vec::new(), trigger, observing }
    }

    pub(super) fn observing(self) -> Self {
        Self::with(self.trigger, true, Duration::from_secs(240))
    }

    pub(super) fn with_time(self, left: Duration) -> Self {
        Self::with(self.trigger, self.observing, left)
    }

    /// The same run, begun so long after its event.
    pub(super) fn late(self, by: Duration) -> Self {
        Self::begun(self.trigger, false, Duration::from_secs(240), by)
    }

    /// The next run of the same process in the same world, for an event or a sweep `later`. The
    /// event happened when the world began.
    pub(super) fn then(&mut self, id: Option<&str>, text: &str, later: Duration) {
        self.then_at(id, Duration::ZERO, text, later);
    }

    /// The same, for an event that happened at this time of the world.
    pub(super) fn then_at(&mut self, id: Option<&str>, at: Duration, text: &str, later: Duration) {
        self.now += later;
        let config = Config::parse(text, &Location::Inline(String::new())).expect("config");
        let begun: Timestamp = "2026-01-01T00:00:00Z".parse().expect("time");
        let trigger = match id {
            Some(id) => {
                let mut trigger = Self::of(id, "db-cluster", "orders").trigger;
                let at = jiff::SignedDuration::try_from(at).expect("in range");
                trigger.events[0].time = Some(begun + at);
                trigger
            }
            None => Trigger::sweep(TriggerKind::Schedule),
        };
        let now = begun + jiff::SignedDuration::try_from(self.now).expect("in range");
        let left = Duration::from_secs(240);
        self.run = Run::remembering(&config, &trigger, now, left, &self.run.memory());
        self.world.log.clear();
        self.world.read.clear();
    }

    /// An earlier run of the process has read the topology as it is now.
    pub(super) fn knows_the_topology(&mut self) {
        self.run = self.run.clone().knowing(Some(Arc::new(self.world.topology())));
    }

    pub(super) fn at(&mut self, when: Duration, change: impl FnOnce(&mut World) + 'static) {
        self.script.push((when, Box::new(change)));
        self.script.sort_by_key(|(when, _)| *when);
    }

    /// Plays the run to its end.
    pub(super) fn play(&mut self) -> Report {
        let mut under_way: Vec<(Duration, Effect)> = Vec::new();
        let mut input = Input::Start;
        let mut passed = Duration::ZERO;
        let mut steps = 0;
        self.world.past.push((Duration::ZERO, self.world.targets.clone()));
        while !self.run.is_over() {
            steps += 1;
            assert!(steps < 100_000, "the run does not end");
            let reaction = self.run.step(passed, input);
            for effect in reaction.effects {
                let takes = match effect {
                    Effect::ReadTopology(_) => {
                        CALL + std::mem::take(&mut self.world.topology_takes)
                    }
                    Effect::ReadTags => CALL + self.world.tags_take,
                    Effect::Permit(..) => self.world.permits_take,
                    Effect::Register(..) | Effect::Deregister(..) => CALL + self.world.writes_take,
                    Effect::ReadTargets(index, ..) if index >= self.world.slow_from => {
                        CALL + self.world.targets_take
                    }
                    _ => CALL,
                };
                under_way.push((self.now + takes, effect));
            }
            if self.run.is_over() {
                break;
            }
            let wake = self.now + self.run.sleeps_for();
            let first = under_way
                .iter()
                .enumerate()
                .min_by_key(|(index, (at, _))| (*at, *index))
                .map(|(index, _)| index);
            let next = match first {
                Some(index) if under_way[index].0 <= wake => Some(under_way.remove(index)),
                _ => None,
            };
            let then = next.as_ref().map_or(wake, |(at, _)| *at);
            while self.script.first().is_some_and(|(when, _)| *when <= then) {
                let (_, change) = self.script.remove(0);
                change(&mut self.world);
            }
            passed = then - self.now;
            self.now = then;
            self.world.now = then;
            input = next.map_or(Input::Tick, |(_, effect)| self.world.answer(effect));
        }
        self.run.report()
    }
}

fn address(last: u8) -> SocketAddr {
    SocketAddr::from(([10, 20, 0, last], 5432))
}

fn last(address: IpAddr) -> u8 {
    match address {
        IpAddr::V4(v4) => v4.octets()[3],
        IpAddr::V6(_) => 0,
    }
}

fn name(label: &str) -> HostName {
    format!("{label}.db.test").parse().expect("name")
}
