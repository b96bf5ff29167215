//! A Multi-AZ instance's failover behind a group that holds its standby too, and behind one that
//! does not.
//!
//! Twice a second a pool makes a statement on each of its four connections, and another client
//! opens four new ones. What becomes of a statement is what the world says: which target a node
//! draws, whether the nodes keep the flow, and whether the database there takes writes. So the
//! figures hold what the load balancer's nodes learn late ([`Pace::health_lag`]), and the draws
//! come from the seed.

use std::time::Duration;

use super::lambda::{Lambda, PERIOD, Retry};
use super::process::{Fleet, Process};
use super::{Row, Scale, median, seconds};
use crate::dice::{Dice, Subject};
use crate::scenario::scenarios;
use crate::scenario::setting;
use crate::scene::{Link, Standby};
use crate::world::elbv2::{Fate, TargetKey};
use crate::world::{Pace, World};

/// The interval of health checks, in seconds, as `infra/` sets it for a warm binding.
const INTERVAL: u32 = 5;

/// How often there is a statement on each connection.
const TICK: Duration = Duration::from_millis(500);

/// The connections of the pool, and the new ones.
const CONNECTIONS: usize = 4;

/// When the failover begins: the standby has been a target for minutes by then.
const SETTLED: Duration = Duration::from_secs(600);

/// How long the client is served after it.
const AFTERWARDS: Duration = Duration::from_secs(400);

/// The lags of the rows, in seconds.
const LAGS: [(&str, u64); 4] =
    [("warm-lag-0", 0), ("warm-lag-10", 10), ("warm-lag-30", 30), ("warm-lag-60", 60)];

/// What the clients met with, from the failover on.
#[derive(Clone, Copy, Debug, Default)]
struct Met {
    /// From the moment at which the database serves again until the first statement that is
    /// acknowledged,
    first: Duration,
    /// until the pool's last one that is not,
    pool: Duration,
    /// and until the last one of all that is not.
    last: Duration,
    /// Connections that were refused.
    refused: u32,
    /// How long a database that is not the writer answered.
    wrong: Duration,
}

/// How a statement ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Acknowledged,
    Refused,
    /// A database answered that is not the writer.
    Wrong,
}

/// The clients: the pool's connections, each with its target, and as many new ones.
struct Client {
    listener: String,
    zones: Vec<String>,
    dice: Dice,
    connections: Vec<Option<TargetKey>>,
}

impl Client {
    fn new(world: &World, link: &Link, seed: u64) -> Client {
        let listener = world.elbv2.listeners().find(|one| one.target_group == link.group);
        let listener = listener.expect("the group has a listener");
        let balancer = world.elbv2.balancers().find(|one| one.arn == listener.balancer);
        let nodes = balancer.map(|balancer| &balancer.nodes).expect("it exists");
        Client {
            listener: listener.arn.clone(),
            zones: nodes.iter().map(|node| node.zone.clone()).collect(),
            dice: Dice::new(seed, Subject::Client),
            connections: vec![None; CONNECTIONS],
        }
    }

    /// One statement on each connection of the pool, and on each new one.
    fn act(&mut self, world: &World, link: &Link) -> [Vec<End>; 2] {
        let mut statements = |from: usize| {
            let indexes = from..from + CONNECTIONS;
            indexes.map(|index| self.statement(index, world, link)).collect()
        };
        [statements(0), statements(CONNECTIONS)]
    }

    fn statement(&mut self, index: usize, world: &World, link: &Link) -> End {
        let zone = self.zones[index % self.zones.len()].clone();
        let is_kept = |target: &TargetKey| world.fate(&self.listener, &zone, target) == Fate::Kept;
        let held = self.connections.get_mut(index).and_then(Option::take);
        let kept = held.filter(is_kept);
        let target = kept.or_else(|| {
            let route = world.route(&self.listener, &zone);
            let takers = route.takers();
            (!takers.is_empty()).then(|| self.dice.pick(takers).clone())
        });
        let Some(target) = target else { return End::Refused };
        let address = target.id.parse().expect("the group's targets are addresses");
        if !world.listens(address, target.port) {
            return End::Refused;
        }
        // A client that is answered by the wrong database opens another connection.
        let writer = link.writer(world).map(|writer| writer.address.ip());
        if writer != Some(address) || !world.rds.takes_writes(address) {
            return End::Wrong;
        }
        if let Some(connection) = self.connections.get_mut(index) {
            *connection = Some(target);
        }
        End::Acknowledged
    }
}

/// A process that follows a Multi-AZ instance, ten minutes later.
fn settled(standby: Standby, pace: Pace) -> (Process, Duration) {
    let process = Fleet::of_instance(standby, INTERVAL, pace).start();
    let began = process.now() + SETTLED;
    (process, began)
}

/// A failover, at this time after a sweep.
fn fail_over(standby: Standby, pace: &Pace, seed: u64) -> Option<Met> {
    let (process, settled) = settled(standby, pace.clone());
    let mut lambda = Lambda::seeded(&process, Retry::Backoff, process.now(), seed);
    let phase = Dice::new(seed, Subject::Queue).below(PERIOD.as_secs() as usize);
    let began = settled + Duration::from_secs(phase as u64);
    lambda.serve(began, |_| false);
    let link = &process.links[0];
    if standby == Standby::Warm {
        let world = process.world();
        let standby = link.warm_standby(&world)?;
        link.present(&world).into_iter().find(|(target, _)| *target == standby)?;
    }
    let mut client = Client::new(&process.world(), link, seed);
    client.act(&process.world(), link);
    process.world().lose_host(link.database()).expect("it has a standby");
    let serves = began + pace.promote_standby;
    met(&mut lambda, &mut client, serves, began + AFTERWARDS)
}

/// What the client meets with until a moment; none, if nothing is acknowledged by then.
fn met(
    lambda: &mut Lambda<'_>,
    client: &mut Client,
    serves: Duration,
    until: Duration,
) -> Option<Met> {
    let process = lambda.process;
    let (mut met, mut first) = (Met::default(), None);
    while process.now() < until {
        lambda.serve(process.now() + TICK, |_| false);
        let now = process.now();
        let [of_pool, of_new] = client.act(&process.world(), &process.links[0]);
        let is_bad = |end: &End| *end != End::Acknowledged;
        if of_pool.iter().any(is_bad) {
            met.pool = now.saturating_sub(serves);
        }
        let ends = [of_pool, of_new].concat();
        if ends.contains(&End::Acknowledged) && now >= serves {
            first.get_or_insert(now - serves);
        }
        if ends.iter().any(is_bad) {
            met.last = now.saturating_sub(serves);
        }
        met.refused += ends.iter().map(|end| u32::from(*end == End::Refused)).sum::<u32>();
        met.wrong += if ends.contains(&End::Wrong) { TICK } else { Duration::ZERO };
    }
    Some(Met { first: first?, ..met })
}

/// The median of each figure; none, where a seed has none.
fn medians(met: &[Option<Met>]) -> Option<Met> {
    let met: Vec<Met> = met.iter().copied().collect::<Option<_>>()?;
    let of = |figure: fn(&Met) -> Duration| {
        median(&met.iter().map(figure).collect::<Vec<_>>()).unwrap_or_default()
    };
    Some(Met {
        first: of(|one| one.first),
        pool: of(|one| one.pool),
        last: of(|one| one.last),
        refused: median(&met.iter().map(|one| one.refused).collect::<Vec<_>>())?,
        wrong: of(|one| one.wrong),
    })
}

fn told(met: Option<&Met>) -> String {
    met.map_or("not registered, or never served".to_owned(), |met| {
        format!(
            "first {}, pool {}, all {}; {} refused, wrong {}",
            seconds(met.first),
            seconds(met.pool),
            seconds(met.last),
            met.refused,
            seconds(met.wrong)
        )
    })
}

pub(super) fn failovers(scale: Scale) -> Vec<Row> {
    let scenario = scenarios().into_iter().find(|scenario| scenario.name == "multi-az-failover");
    let scenario = scenario.expect("it is built in");
    let seeds = scale.pick(9, 2);
    let play = |standby, lag| {
        let pace = |seed| {
            let health_lag = Duration::from_secs(lag);
            Pace { health_lag, ..setting::pace(&scenario, seed) }
        };
        let met: Vec<_> = (1..=seeds).map(|seed| fail_over(standby, &pace(seed), seed)).collect();
        medians(&met)
    };
    let row = |(name, lag): (&'static str, u64)| {
        let (warm, cold) = (play(Standby::Warm, lag), play(Standby::Cold, lag));
        let most = Duration::from_secs(u64::from(2 * INTERVAL) + lag + 2);
        Row {
            name,
            case: format!(
                "a Multi-AZ instance with `standby = \"warm\"` fails over, {seeds} seeds, nodes \
                 learn of health {lag} s late: from the moment at which the database serves again \
                 until the first statement is acknowledged, and until no more fails, in a pool \
                 and on new connections too"
            ),
            target: format!("all at most {}", seconds(most)),
            measured: told(warm.as_ref()),
            ok: warm.is_some_and(|warm| warm.last <= most && warm.wrong.is_zero()),
            counted: format!("cold: {}", told(cold.as_ref())),
        }
    };
    LAGS.into_iter().map(row).collect()
}

/// The longest that a sweep's interval, the settling and the balancer's own removal take together.
fn reuse_bound(pace: &Pace, settle: Duration) -> Duration {
    PERIOD + settle + pace.deregistration + Duration::from_secs(20)
}

/// The standby's address goes to another database.
pub(super) fn reused(scale: Scale) -> Vec<Row> {
    let seeds = scale.pick(9, 2);
    let pace = Pace::real();
    let mut settle = Duration::ZERO;
    let mut play = |seed| {
        let (process, settled) = settled(Standby::Warm, pace.clone());
        settle = process.config.timing.settle;
        let mut lambda = Lambda::seeded(&process, Retry::Backoff, process.now(), seed);
        let phase = Dice::new(seed, Subject::Queue).below(PERIOD.as_secs() as usize);
        let began = settled + Duration::from_secs(phase as u64);
        lambda.serve(began, |_| false);
        let link = &process.links[0];
        let registered = link.warm_standby(&process.world())?;
        let reused = process.world().reuse_standby(link.database(), "other").ok()?;
        if reused != registered.ip() {
            return None;
        }
        let mut client = Client::new(&process.world(), link, seed);
        client.act(&process.world(), link);
        let met = met(&mut lambda, &mut client, began, began + AFTERWARDS);
        let present = link.present(&process.world());
        met.filter(|_| present.iter().all(|(target, _)| target.ip() != reused))
    };
    let met = medians(&(1..=seeds).map(&mut play).collect::<Vec<_>>());
    let most = reuse_bound(&pace, settle);
    vec![Row {
        name: "warm-reused",
        case: format!(
            "the standby gets another host, and its address, which is a target, goes to another \
             database, {seeds} seeds: until the last statement that the wrong database answered"
        ),
        target: format!("at most {}", seconds(most)),
        measured: told(met.as_ref()),
        ok: met.is_some_and(|met| met.last <= most),
        counted: "`wrong` is what a client without `verify-full` meets with".to_owned(),
    }]
}
