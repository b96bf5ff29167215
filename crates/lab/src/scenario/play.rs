//! Plays a scenario in real time.
//!
//! The region, the databases and the application live in this process, on loopback; the program
//! under test is a process of its own. Once it has answered a first invocation, the scenario's time
//! begins.

use std::collections::BTreeSet;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tempfile::TempDir;
use tokio::time::{MissedTickBehavior, interval};
use writerlink_core::source::Source;

use super::assumptions::{Assumptions, FunctionSettings, RegionAssumptions};
use super::backend::{Backend, Databases, Line, Postgresql, TICK, follow, served, start};
use super::client::choosing::MemberPort;
use super::client::pool::{Manner, Pool, Record};
use super::client::{Door, Session};
use super::database::Fleet;
use super::handler::{Handler, Program};
use super::recording::{End, Incident, Recording};
use super::script::{Expectation, Scenario};
use super::setting::{Setting, member_port};
use super::stopwatch::Stopwatch;
use super::verdict::Verdict;
use super::watch::Watch;
use crate::fault::{Effect, Matcher};
use crate::network::Networks;
use crate::scene::{FUNCTION, Link};
use crate::wire::{Ending, Invoked, Kind, Lab, Options};
use crate::world::{ApiError, Budgets, Outcome};

/// How a scenario is played.
#[derive(Clone, Debug)]
pub struct Play {
    /// The program under test.
    pub program: Program,
    /// Seconds of the region in a second on the wall.
    pub speed: f64,
    /// What delays and flows are drawn from.
    pub seed: u64,
    /// What the databases are.
    pub databases: Databases,
    /// Whether the function is invoked every minute of the region, as by a schedule.
    pub sweeps: bool,
    /// The budgets of API calls that the region enforces, if any.
    pub budgets: Option<Budgets>,
    /// The settings of the program's function.
    pub function: FunctionSettings,
    /// What is assumed of AWS.
    pub assumptions: RegionAssumptions,
    /// The networks in which the lab's DNS server is the resolver of a program under test that is a
    /// command; without them it runs in the machine's own.
    pub networks: Option<Networks>,
}

impl Play {
    /// How a program is played unless someone asks for something else.
    pub fn of(program: Program) -> Play {
        Play {
            function: FunctionSettings::of(&program),
            program,
            speed: 5.0,
            seed: 1,
            databases: Databases::Line,
            sweeps: true,
            budgets: None,
            assumptions: RegionAssumptions::default(),
            networks: None,
        }
    }
}

/// Why a scenario could not be played.
#[derive(Debug, thiserror::Error)]
pub enum PlayError {
    /// The region refuses the script.
    #[error("the script of `{0}` cannot be played: {1}")]
    Script(String, ApiError),
    /// PostgreSQL cannot be used for the databases behind the link.
    #[error(
        "`{0}` can be played with the built-in databases only: PostgreSQL is started for the \
         members of one cluster or for one instance, not for proxies, other hosts, or databases \
         that take each other's names"
    )]
    BuiltInOnly(String),
    /// The program under test does not work.
    #[error("`{0}`: {1}")]
    Program(String, String),
    /// Something on this machine.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// How long the program may take until it has answered its first invocation.
const START: Duration = Duration::from_secs(60);

/// The schedule's period, in the region's time.
const SWEEP: f64 = 60.0;

/// How long everything must have been well for a scenario to end early, and how long after its last
/// step at the soonest.
const WELL_FOR: f64 = 30.0;
const COURSE: f64 = 60.0;

/// The number before that of the first row of the application that chooses.
const CHOSEN: u64 = 1 << 32;

/// How many ticks pass between two looks of a follower.
const TICKS_A_LOOK: u32 = 5;

/// Gets the recording as it grows, a few times a second.
pub type Follower<'a> = &'a mut (dyn FnMut(&Recording) + Send);

/// Plays a scenario.
///
/// # Errors
/// See [`PlayError`].
pub async fn play(scenario: &Scenario, play: &Play) -> Result<(Recording, Verdict), PlayError> {
    play_for(scenario, play, None).await
}

/// Plays a scenario, and shows it to a follower while it is played.
///
/// # Errors
/// See [`PlayError`].
pub async fn play_live(
    scenario: &Scenario,
    play: &Play,
    follower: Follower<'_>,
) -> Result<(Recording, Verdict), PlayError> {
    play_for(scenario, play, Some(follower)).await
}

async fn play_for(
    scenario: &Scenario,
    play: &Play,
    follower: Option<Follower<'_>>,
) -> Result<(Recording, Verdict), PlayError> {
    if matches!(play.databases, Databases::Postgresql(_)) && !scenario.has_servers_of_one_database()
    {
        return Err(PlayError::BuiltInOnly(scenario.name.clone()));
    }
    let refused = |error| PlayError::Script(scenario.name.clone(), error);
    let setting = Setting::new(scenario, play.seed, &play.assumptions, play.function.subscription)
        .map_err(refused)?;
    match &play.databases {
        Databases::Line => {
            ScenarioRun::set(scenario, play, setting, Line).await?.play(follower).await
        }
        Databases::Postgresql(programs) => {
            let backend = Postgresql::new(programs)?;
            ScenarioRun::set(scenario, play, setting, backend).await?.play(follower).await
        }
    }
}

/// A scenario that is being played.
struct ScenarioRun<'a, B: Backend> {
    scenario: &'a Scenario,
    play: &'a Play,
    lab: Lab,
    links: Vec<Link>,
    fleets: Vec<B::Fleet>,
    pools: Vec<Pool>,
    /// The application that chooses, if there is one.
    choosing: Option<Pool>,
    handler: Handler,
    watch: Watch,
    incidents: Vec<Incident>,
    /// Faults that are taken back at a moment.
    undo: Vec<(Duration, Vec<(Matcher, Effect)>)>,
    kill_at: Option<String>,
    _home: TempDir,
}

impl<'a, B: Backend> ScenarioRun<'a, B> {
    /// Starts everything, and lets the program answer a first invocation.
    async fn set(
        scenario: &'a Scenario,
        play: &'a Play,
        setting: Setting,
        backend: B,
    ) -> Result<Self, PlayError> {
        let Setting { mut world, links } = setting;
        world.budgets = play.budgets.clone();
        let wall = |seconds: f64| Duration::from_secs_f64(seconds / play.speed);
        let options = Options {
            speed: play.speed,
            function: FUNCTION.to_owned(),
            timeout: play.function.timeout_at(play.speed),
            retries: play.function.retries,
            busy: play.function.busy,
            seed: play.seed,
            sweep_every: play.sweeps.then(|| wall(SWEEP)),
            flows: 2000,
            environments: scenario.environments,
        };
        let lab = Lab::start(world, options).await?;
        let fleets = start(&backend, &lab, &links).await?;
        let home = TempDir::new()?;
        let config = config(&lab, if scenario.tagged { &[] } else { &links }, play.speed);
        let networks = play.networks.as_ref();
        let mut handler =
            Handler::start(&play.program, networks, &lab, &links, &config, home.path())
                .await
                .map_err(|error| broken(play, &error))?;
        await_first_answer(&lab, &mut handler, scenario.environments, play).await?;
        let manner = Manner {
            writers: if links.len() == 1 || scenario.member_ports { 4 } else { 1 },
            readers: 1,
            every: wall(0.5),
            // A machine that is busy with other scenarios is no outage.
            patience: wall(5.0).max(Duration::from_millis(500)),
            rows_after: 0,
        };
        let doors =
            links.iter().map(|link| backend.door(&lab, link)).collect::<io::Result<Vec<_>>>()?;
        for (door, link) in doors.iter().zip(&links) {
            await_database(door, &nodes(&lab, link)).await?;
        }
        handler.trust();
        await_phase(&lab, play.speed).await;
        let watch = Watch::begin(&mut lab.world(), &links);
        let stopwatch = Stopwatch::start(play.speed);
        let choosing = scenario.member_ports.then(|| {
            let members = member_ports(&lab, &links);
            let nodes = members.first().map(|first| first.nodes.clone()).unwrap_or_default();
            // Each member has its part of a statement's patience.
            let door = B::choice(doors[0].clone(), members, manner.patience / 4);
            Pool::start(
                &door,
                &nodes,
                Manner { readers: 0, rows_after: CHOSEN, ..manner },
                stopwatch,
            )
        });
        let pools = doors.iter().zip(&links);
        let pools = pools
            .map(|(door, link)| {
                let manner = match link.source {
                    Source::Member { .. } => manner.idle(),
                    _ if link.takes_writes() => manner,
                    _ => manner.reading(),
                };
                Pool::start(door, &nodes(&lab, link), manner, stopwatch)
            })
            .collect();
        Ok(ScenarioRun {
            scenario,
            play,
            lab,
            links,
            fleets,
            pools,
            choosing,
            handler,
            watch,
            incidents: Vec::new(),
            undo: Vec::new(),
            kill_at: None,
            _home: home,
        })
    }

    /// Plays to the end, and judges.
    async fn play(
        mut self,
        mut follower: Option<Follower<'_>>,
    ) -> Result<(Recording, Verdict), PlayError> {
        let mut steps = self.scenario.steps.iter().peekable();
        let last = self.scenario.steps.last().map_or(0.0, |step| step.at);
        let (mut well_since, mut looks) = (None, 0_u32);
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let now = self.watch.now(&self.lab.world());
            while let Some(step) = steps.next_if(|step| step.at <= now) {
                let done = step.act.carry_out(&mut self.lab.world(), &self.links);
                let done =
                    done.map_err(|error| PlayError::Script(self.scenario.name.clone(), error))?;
                self.kill_at = done.kill_at.or(self.kill_at.take());
                self.undo.extend(
                    done.undo.map(|(after, faults)| (self.lab.world().now() + after, faults)),
                );
                self.tell(done.what);
            }
            self.keep_up().await?;
            looks += 1;
            if let Some(follower) = follower.as_mut().filter(|_| looks % TICKS_A_LOOK == 0) {
                follower(&self.recording());
            }
            well_since = if self.is_well(now) { well_since.or(Some(now)) } else { None };
            let is_over = steps.peek().is_none()
                && self.scenario.expect != Expectation::Untouched
                && now >= last + COURSE
                && well_since.is_some_and(|since| now >= since + WELL_FOR);
            if is_over || now >= self.scenario.lasts {
                break;
            }
        }
        self.end().await
    }

    /// Brings everything to what the world says.
    async fn keep_up(&mut self) -> Result<(), PlayError> {
        follow(&mut self.fleets, &self.lab, &self.links).await?;
        let is_doomed = {
            let mut world = self.lab.world();
            self.watch.look(&mut world, &self.links);
            let now = world.now();
            for (_, faults) in self.undo.extract_if(.., |(when, _)| *when <= now) {
                faults.iter().for_each(|(on, effect)| world.faults.retract(on, effect));
            }
            let hangs = |call: &str| {
                world.calls.of(call).any(|call| call.outcome == Outcome::DroppedUnanswered)
            };
            self.kill_at.as_deref().is_some_and(hangs)
        };
        if is_doomed {
            let call = self.kill_at.take().unwrap_or_default();
            self.handler.kill().await;
            self.tell(format!("the program is killed while it calls {call}"));
        }
        for environment in self.lab.take_timed_out() {
            self.handler.stop(environment).await;
        }
        self.handler.revive().map_err(|error| broken(self.play, &error))
    }

    /// Whether every group holds exactly what belongs there, all of it healthy, and no application
    /// has met with a failure for a while.
    fn is_well(&self, now: f64) -> bool {
        let world = self.lab.world();
        let is_warm = self.scenario.expect == Expectation::Warm;
        let is_right = |link: &Link| {
            let present = link.present(&world);
            let members = link.members(&world);
            let is_healthy = |member: &SocketAddr| present.contains(&(*member, "healthy"));
            let standby = link.warm_standby(&world).filter(|_| is_warm);
            members.iter().all(is_healthy)
                && members.iter().copied().chain(standby).collect::<BTreeSet<_>>()
                    == present.iter().map(|(target, _)| *target).collect()
        };
        let is_served = |pool: &Pool| {
            pool.with(|record| {
                let statements =
                    if record.writes.is_empty() { &record.reads } else { &record.writes };
                let failed = statements.iter().rev().find(|one| one.end != End::Acknowledged);
                failed.is_none_or(|failed| failed.at + failed.took < now - WELL_FOR)
            })
        };
        self.links.iter().all(is_right) && self.pools.iter().chain(&self.choosing).all(is_served)
    }

    async fn end(mut self) -> Result<(Recording, Verdict), PlayError> {
        let mut recording = self.recording();
        for (link, pool) in recording.links.iter_mut().zip(std::mem::take(&mut self.pools)) {
            let Record { writes, reads, .. } = pool.stop().await;
            (link.writes, link.reads) = (writes, reads);
        }
        if let Some(pool) = self.choosing.take() {
            recording.links[0].choosing = pool.stop().await.writes;
        }
        self.handler.kill().await;
        let recorded = recording.links.iter_mut();
        let recorded = recorded.filter(|link| !link.without_application);
        for ((link, fleet), of) in recorded.zip(&mut self.fleets).zip(served(&self.links)) {
            let rows = fleet.rows(&self.lab, of).await?;
            let writes = link.writes.iter().chain(&link.choosing);
            let acknowledged = writes.filter(|write| write.end == End::Acknowledged);
            link.lost =
                acknowledged.map(|write| write.row).filter(|row| !rows.contains(row)).collect();
        }
        self.lab.shutdown().await;
        let verdict = Verdict::of(&recording, self.scenario.expect);
        Ok((recording, verdict))
    }

    /// What has happened so far.
    fn recording(&self) -> Recording {
        let invocations = self.watch.invocations(&self.lab);
        let world = self.lab.world();
        let links = self.links.iter().zip(&self.pools).enumerate().map(|(index, (link, pool))| {
            let mut seen = self.watch.recording(&world, index, link);
            pool.with(|record| {
                seen.writes.clone_from(&record.writes);
                seen.reads.clone_from(&record.reads);
            });
            if let Some(pool) = self.choosing.as_ref().filter(|_| index == 0) {
                pool.with(|record| seen.choosing.clone_from(&record.writes));
            }
            seen
        });
        Recording {
            scenario: self.scenario.name.clone(),
            title: self.scenario.title.clone(),
            handler: self.play.program.words(),
            speed: self.play.speed,
            seed: self.play.seed,
            databases: B::NAME.to_owned(),
            assumptions: Assumptions::of(&world, self.play.function, self.play.sweeps),
            seconds: self.watch.now(&world),
            incidents: self.incidents.clone(),
            links: links.collect(),
            calls: self.watch.calls(&world, &self.links),
            invocations,
        }
    }

    fn tell(&mut self, what: String) {
        if !what.is_empty() {
            let at = self.watch.now(&self.lab.world());
            self.incidents.push(Incident { at, what });
        }
    }
}

/// Waits until an application could count rows, so that no database that is slow to start passes
/// for an outage.
async fn await_database(door: &impl Door, nodes: &[SocketAddr]) -> Result<(), PlayError> {
    let began = std::time::Instant::now();
    loop {
        let opened = async { door.open(nodes[0]).await?.count().await };
        if let Ok(Ok(_)) = tokio::time::timeout(Duration::from_secs(10), opened).await {
            return Ok(());
        }
        if began.elapsed() > START {
            let words = format!(
                "no database answered through the load balancer within {} s",
                START.as_secs()
            );
            return Err(io::Error::other(words).into());
        }
        tokio::time::sleep(TICK).await;
    }
}

/// Waits for the moment at which every scenario begins: health checks and the schedule have a
/// phase, and how long the program took to start must not decide where in it the script falls.
async fn await_phase(lab: &Lab, speed: f64) {
    const PHASE: f64 = 10.0;
    let left = (PHASE - lab.world().now().as_secs_f64()).rem_euclid(SWEEP);
    tokio::time::sleep(Duration::from_secs_f64(left / speed)).await;
}

/// Invokes each environment once, and waits until all of them have answered.
async fn await_first_answer(
    lab: &Lab,
    handler: &mut Handler,
    environments: usize,
    play: &Play,
) -> Result<(), PlayError> {
    let mut asked = Vec::new();
    for _ in 0..environments {
        if let Ok(Invoked::Queued(id)) =
            lab.invoke(FUNCTION, r#"{"trigger":"sweep"}"#, Kind::Async).await
        {
            asked.push(id);
        }
    }
    let began = std::time::Instant::now();
    loop {
        let invocations = lab.invocations();
        let endings: Vec<&Ending> = invocations
            .iter()
            .filter(|one| asked.contains(&one.request_id))
            .filter_map(|one| one.ending.as_ref())
            .collect();
        if let Some(other) = endings.iter().find(|ending| !matches!(ending, Ending::Answered(_))) {
            let words = match other {
                Ending::TimedOut => format!(
                    "its first invocation took longer than its function's time-out of {} s; \
                     `--timeout` sets another{}",
                    play.function.timeout.as_secs(),
                    handler.last_words()
                ),
                _ => format!("its first invocation failed: {other:?}{}", handler.last_words()),
            };
            return Err(broken(play, &io::Error::other(words)));
        }
        if endings.len() == asked.len() {
            return Ok(());
        }
        handler.revive().map_err(|error| broken(play, &error))?;
        if began.elapsed() > START {
            let words = format!(
                "it did not answer an invocation within {} s{}",
                START.as_secs(),
                handler.last_words()
            );
            return Err(broken(play, &io::Error::other(words)));
        }
        tokio::time::sleep(TICK).await;
    }
}

fn broken(play: &Play, error: &io::Error) -> PlayError {
    PlayError::Program(play.program.words(), error.to_string())
}

/// Our configuration, with the timing in haste as the region is.
fn config(lab: &Lab, links: &[Link], speed: f64) -> String {
    let hasty = |seconds: f64| ((seconds / speed).round() as u64).max(1);
    let timing = format!(
        "\n[timing]\nsettle = {}\npatience-started = {}\npatience = {}\nsweep = {}\n",
        hasty(30.0),
        hasty(180.0),
        hasty(30.0),
        hasty(15.0)
    );
    // Nothing that is named: the tags say what there is.
    let discover =
        if links.is_empty() { "discover = [\"cluster/*\", \"instance/*\"]\n" } else { "" };
    format!("{discover}{}", crate::scene::config(links, lab.dns(), &timing))
}

/// The members that have a port of their own.
fn member_ports(lab: &Lab, links: &[Link]) -> Vec<MemberPort> {
    let of_member = |link: &&Link| matches!(link.source, Source::Member { .. });
    let members = links.iter().filter(of_member);
    members
        .map(|link| MemberPort {
            name: link.endpoint(&lab.world()).into(),
            nodes: nodes(lab, link),
        })
        .collect()
}

/// Where the link's load balancer listens, a node in each zone.
fn nodes(lab: &Lab, link: &Link) -> Vec<SocketAddr> {
    let member = link.source.instance().and_then(|id| member_port(id.as_str()));
    let port = member.unwrap_or(link.port);
    let of_link = |listener: &crate::wire::NlbListener| {
        listener.load_balancer == Link::balancer_of(&link.source) && listener.port == port
    };
    lab.nlb_listeners().into_iter().filter(of_link).map(|listener| listener.address).collect()
}
