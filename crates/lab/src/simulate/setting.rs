//! The region that a seed begins with, and the function in it.

pub(super) mod set;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use writerlink_core::config::{Config, Location};
use writerlink_core::source::Source;
use writerlink_core::topology::HostName;

use super::dice::Dice;
use crate::scene::{AGO, Link, allow, publish_in, tell_of_failovers};
use crate::world::elbv2::{IpFamily, NewLoadBalancer, TargetRequest};
use crate::world::rds::{Engine, Layout, MultiAz, Naming, Network};
use crate::world::vpc::Zone;
use crate::world::{ApiError, Pace, World};

/// When every region begins, so that a seed's transcript is the same on every day.
const EPOCH: i64 = 1_767_225_600;

/// A region, the bindings in it, and how the function is run.
pub(super) struct Setting {
    pub(super) world: World,
    pub(super) config: Config,
    /// The set of equals comes last, where there is one.
    pub(super) bounds: Vec<Bound>,
    pub(super) topic: String,
    pub(super) epoch: Timestamp,
    pub(super) service: Service,
    /// What was drawn, in words.
    pub(super) words: Vec<String>,
}

/// How the function is run.
#[derive(Clone, Copy)]
pub(super) struct Service {
    /// The function's timeout.
    pub(super) time_out: Duration,
    /// How many invocations may run at once: 1, where that is reserved.
    pub(super) at_once: usize,
    /// By how much the function's clock is ahead of the one that stamps events.
    pub(super) skew: SignedDuration,
    /// When the first sweep is due.
    pub(super) first_sweep: Duration,
}

/// A binding of the configuration, and the database behind it.
pub(super) struct Bound {
    pub(super) link: Link,
    /// The instances of a cluster; the instance itself where it stands alone; none where the RDS API does not say who.
    pub(super) instances: Vec<&'static str>,
    pub(super) engine: Engine,
    pub(super) multi_az: MultiAz,
    /// Whether its group may be written to.
    pub(super) managed: bool,
    pub(super) exclusive: bool,
    pub(super) max_removals: usize,
}

/// A database that a setting can have.
struct Kind {
    binding: &'static str,
    source: &'static str,
    engine: Engine,
    instances: &'static [&'static str],
    multi_az: MultiAz,
    /// How many settings in a hundred have it.
    percent: usize,
}

const KINDS: [Kind; 6] = [
    Kind {
        binding: "orders-writer",
        source: "cluster/orders",
        engine: Engine::AuroraPostgresql,
        instances: &["orders-1", "orders-2", "orders-3"],
        multi_az: MultiAz::No,
        percent: 100,
    },
    Kind {
        binding: "billing",
        source: "instance/billing",
        engine: Engine::Mysql,
        instances: &["billing"],
        multi_az: MultiAz::Yes,
        percent: 100,
    },
    Kind {
        binding: "ledger-writer",
        source: "cluster/ledger",
        engine: Engine::AuroraMysql,
        instances: &["ledger-1", "ledger-2"],
        multi_az: MultiAz::No,
        percent: 25,
    },
    Kind {
        binding: "stock",
        source: "instance/stock",
        engine: Engine::Postgres,
        instances: &["stock"],
        multi_az: MultiAz::Yes,
        percent: 25,
    },
    // Its standby may accept connections.
    Kind {
        binding: "reports",
        source: "instance/reports",
        engine: Engine::SqlserverEe,
        instances: &["reports"],
        multi_az: MultiAz::Yes,
        percent: 15,
    },
    // It has no standby: another address is another host.
    Kind {
        binding: "archive",
        source: "instance/archive",
        engine: Engine::Mariadb,
        instances: &["archive"],
        multi_az: MultiAz::No,
        percent: 15,
    },
];

/// A Multi-AZ DB cluster. Its dice are its own, so that a setting without it is what it would be if there were none.
const MULTI_AZ_CLUSTER: Kind = Kind {
    binding: "payments-writer",
    source: "cluster/payments",
    engine: Engine::Postgres,
    instances: &["payments-instance-1", "payments-instance-2", "payments-instance-3"],
    multi_az: MultiAz::No,
    percent: 20,
};

/// Dual-stack databases behind ipv6 groups, one of which some settings have. Their dice are their own too.
const DUAL_STACK: [Kind; 2] = [
    Kind {
        binding: "parcels-writer",
        source: "cluster/parcels",
        engine: Engine::AuroraPostgresql,
        instances: &["parcels-1", "parcels-2"],
        multi_az: MultiAz::No,
        percent: 5,
    },
    Kind {
        binding: "parcels",
        source: "instance/parcels",
        engine: Engine::Postgres,
        instances: &["parcels"],
        multi_az: MultiAz::Yes,
        percent: 5,
    },
];

/// The dice of databases that have their own.
pub(super) struct Own {
    pub(super) multi_az_cluster: Dice,
    pub(super) dual_stack: Dice,
    pub(super) set: Dice,
}

impl Setting {
    /// Draws a setting.
    pub(super) fn draw(dice: &mut Dice, own: &mut Own) -> Result<Setting, ApiError> {
        let epoch = Timestamp::from_second(EPOCH).expect("a moment of this century");
        let mut words = Vec::new();
        let mut world = World::new(epoch).with_pace(pace(dice));
        let mut bounds = Vec::new();
        for kind in &KINDS {
            if dice.percent(kind.percent) {
                bounds.push(kind.build(&mut world, dice, IpFamily::Ipv4)?);
            }
        }
        let multi_az_cluster = multi_az_cluster(&mut world, &mut own.multi_az_cluster, &mut words)?;
        let dual_stack = dual_stack(&mut world, &mut own.dual_stack, &mut words)?;
        let set = set::draw(&mut world, &mut own.set, &mut words)?;
        let topic = tell_of_failovers(&mut world)?;
        world.pass(AGO);
        // The subscriptions' hello messages were answered long ago.
        world.sns.take_deliveries();
        for bound in &bounds {
            words.extend(bound.disturb(&mut world, dice)?);
        }
        for (bound, dice) in [
            (multi_az_cluster, &mut own.multi_az_cluster),
            (dual_stack, &mut own.dual_stack),
            (set, &mut own.set),
        ] {
            if let Some(bound) = bound {
                words.extend(bound.disturb(&mut world, dice)?);
                bounds.push(bound);
            }
        }
        let config = config(&bounds, dice, &mut words);
        let service = Service::draw(dice, world.now(), &mut words);
        Ok(Setting {
            world,
            config,
            bounds,
            topic,
            epoch,
            service,
            words,
        })
    }

    /// The set of equals, where there is one.
    pub(super) fn set(&self) -> Option<usize> {
        self.bounds.iter().position(Bound::is_set)
    }

    /// Whose database each name belongs to, by the number of the binding.
    pub(super) fn names(&self) -> BTreeMap<HostName, usize> {
        let own = self.bounds.iter().enumerate().flat_map(|(index, bound)| {
            let names = bound.names(&self.world);
            names.into_iter().map(move |name| (name, index))
        });
        own.filter_map(|(name, index)| Some((name.parse().ok()?, index)))
            .collect()
    }
}

impl Bound {
    /// Whether a cluster's writer is followed, which has two keys.
    pub(super) fn is_cluster(&self) -> bool {
        self.link.source.is_cluster()
    }

    /// Whether its instances are members of a cluster.
    pub(super) fn has_cluster(&self) -> bool {
        self.link.source.cluster().is_some()
    }

    /// Whether a set of equals is followed, and no writer.
    pub(super) fn is_set(&self) -> bool {
        !matches!(self.link.source, Source::Cluster(_) | Source::Instance(_))
    }

    /// Where those are that truly belong behind the link: the writer, or all of a set.
    pub(super) fn truth(&self, world: &World) -> BTreeSet<SocketAddr> {
        self.link.members(world)
    }

    /// Whether an address may ever be registered in the group.
    pub(super) fn allows(&self, address: IpAddr) -> bool {
        is_allowed(address) && IpFamily::of(address) == self.link.family
    }

    /// Whether a target is one that this binding may remove without `exclusive`.
    pub(super) fn owns(&self, target: SocketAddr) -> bool {
        target.port() == self.link.port && is_allowed(target.ip())
    }

    fn names(&self, world: &World) -> Vec<String> {
        let guests: &[&str] = match &self.link.source {
            Source::Readers(..) | Source::Custom { .. } => &set::GUESTS,
            _ => &[],
        };
        let members = self.instances.iter().chain(guests);
        let members = members.map(|instance| world.instance_endpoint(instance));
        members.chain([self.link.endpoint(world)]).collect()
    }

    /// Perhaps leaves the group as nobody would want it: empty, with one too many, with the wrong one.
    fn disturb(&self, world: &mut World, dice: &mut Dice) -> Result<Option<String>, ApiError> {
        let one = |target: SocketAddr| TargetRequest::new(&target.ip().to_string(), target.port());
        let members: Vec<_> = self.truth(world).into_iter().map(one).collect();
        let other = SocketAddr::new(Zone::B.address_in(self.link.family, 240), self.link.port);
        let (begins, add, take) = match dice.below(25) {
            0 => ("empty", false, true),
            1 => ("with one too many", true, false),
            2 => ("with the wrong one", true, true),
            _ => return Ok(None),
        };
        if add {
            world.register_targets(&self.link.group, &[one(other)])?;
        }
        if take {
            world.deregister_targets(&self.link.group, &members)?;
        }
        Ok(Some(format!("the group of {} begins {begins}", self.link.name)))
    }
}

impl Kind {
    /// Makes it, dual-stack where its group is of IPv6.
    fn build(&self, world: &mut World, dice: &mut Dice, family: IpFamily) -> Result<Bound, ApiError> {
        let name = self.source.split('/').next_back().unwrap_or(self.source);
        let is_cluster = self.source.starts_with("cluster/");
        let network = match family {
            IpFamily::Ipv4 => Network::Ipv4,
            IpFamily::Ipv6 => Network::Dual,
        };
        if is_cluster && self.engine.layout() == Layout::Instance {
            world.add_multi_az_cluster(name, self.engine)?;
        } else if is_cluster {
            let zones = Zone::ALL.into_iter().cycle();
            let members: Vec<_> = self.instances.iter().copied().zip(zones).collect();
            world.add_aurora_of(name, self.engine, &members, network)?;
        } else {
            world.add_instance_of(name, self.multi_az, self.engine, network)?;
        }
        // One load balancer each, so that two may listen on the same port.
        let balancer = world
            .create_load_balancer(NewLoadBalancer::internal_for(&format!("link-{name}"), family))?
            .arn
            .clone();
        Ok(Bound {
            link: publish_in(world, &balancer, self.binding, self.source, self.engine.port(), family)?,
            instances: self.instances.to_vec(),
            engine: self.engine,
            multi_az: self.multi_az,
            managed: !dice.percent(4),
            exclusive: dice.percent(8),
            max_removals: if dice.percent(8) { 1 } else { 4 },
        })
    }
}

impl Service {
    fn draw(dice: &mut Dice, now: Duration, words: &mut Vec<String>) -> Service {
        let at_once = if dice.percent(15) { 2 } else { 1 };
        let skew = if dice.percent(15) {
            let seconds = i64::try_from(dice.below(241)).unwrap_or_default() - 120;
            SignedDuration::from_secs(seconds)
        } else {
            SignedDuration::ZERO
        };
        if at_once > 1 {
            words.push(format!("{at_once} invocations may run at once"));
        }
        if !skew.is_zero() {
            words.push(format!("the function's clock is ahead by {} s", skew.as_secs()));
        }
        Service {
            time_out: Duration::from_secs(*dice.pick(&[60, 240, 240, 240])),
            at_once,
            skew,
            first_sweep: now + dice.seconds(0, 60),
        }
    }
}

/// Whether an address lies in the configuration's `allow`, which is the databases' VPC.
pub(super) fn is_allowed(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.octets().starts_with(&[10, 20]),
        IpAddr::V6(address) => address.octets().starts_with(&[0x20, 0x01, 0x0d, 0xb8, 0, 0x20, 0]),
    }
}

/// How long everything takes, within what AWS documents and users have measured; see [`Pace`].
fn pace(dice: &mut Dice) -> Pace {
    Pace {
        promote: dice.seconds(3, 20),
        promote_standby: dice.seconds(20, 60),
        topology_lag: dice.seconds(0, 15),
        dns_lag: dice.seconds(0, 15),
        flap: dice.seconds(0, 30),
        flap_period: dice.seconds(1, 6),
        event_lag: dice.seconds(1, 40),
        registration: dice.seconds(60, 120),
        rename: dice.seconds(20, 60),
        ..Pace::real()
    }
}

/// Perhaps a Multi-AZ DB cluster, as fast and under such a name as is drawn.
fn multi_az_cluster(world: &mut World, dice: &mut Dice, words: &mut Vec<String>) -> Result<Option<Bound>, ApiError> {
    if !dice.percent(MULTI_AZ_CLUSTER.percent) {
        return Ok(None);
    }
    world.pace.promote_multi_az_cluster = dice.seconds(10, 35);
    if dice.percent(50) {
        world.rds.multi_az_cluster_names = Naming::Address;
        words.push("the name of payments answers an address and no alias".to_owned());
    }
    MULTI_AZ_CLUSTER.build(world, dice, IpFamily::Ipv4).map(Some)
}

/// Perhaps a dual-stack database behind an ipv6 group.
fn dual_stack(world: &mut World, dice: &mut Dice, words: &mut Vec<String>) -> Result<Option<Bound>, ApiError> {
    let kind = dice.pick(&DUAL_STACK);
    if !dice.percent(kind.percent) {
        return Ok(None);
    }
    words.push(format!("the group of {} takes IPv6", kind.binding));
    kind.build(world, dice, IpFamily::Ipv6).map(Some)
}

fn config(bounds: &[Bound], dice: &mut Dice, words: &mut Vec<String>) -> Config {
    let mut text = allow(bounds.iter().map(|bound| &bound.link));
    if dice.percent(25) {
        let (settle, sweep) = (dice.pick(&[5, 15, 45]), dice.pick(&[5, 15, 25]));
        words.push(format!("settle = {settle}, sweep = {sweep}"));
        let _ = write!(text, "\n[timing]\nsettle = {settle}\nsweep = {sweep}\n");
    }
    for bound in bounds {
        text.push_str(&bound.link.config());
        let _ = writeln!(text, "max-removals = {}", bound.max_removals);
        if !bound.managed {
            text.push_str("mode = \"observe\"\n");
            words.push(format!("{} is only observed", bound.link.name));
        }
        if bound.exclusive {
            text.push_str("exclusive = true\n");
            words.push(format!("{} is exclusive", bound.link.name));
        }
    }
    Config::parse(&text, &Location::Inline(text.clone())).expect("a good configuration")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::dice::Subject;

    #[test]
    fn some_settings_have_a_group_that_takes_ipv6_and_know_its_writer_there() {
        let mut kinds = [0, 0];
        for seed in 0..400 {
            let dice = |subject| Dice::new(seed, subject);
            let mut own = Own {
                multi_az_cluster: dice(Subject::MultiAzCluster),
                dual_stack: dice(Subject::DualStack),
                set: dice(Subject::Set),
            };
            let setting = Setting::draw(&mut dice(Subject::Setting), &mut own).expect("a good setting");
            for bound in setting
                .bounds
                .iter()
                .filter(|bound| bound.link.family == IpFamily::Ipv6)
            {
                kinds[usize::from(bound.is_cluster())] += 1;
                let writer = bound.truth(&setting.world).pop_first().expect("it has a writer");
                assert!(writer.is_ipv6() && bound.allows(writer.ip()) && bound.owns(writer));
                assert!(
                    bound
                        .link
                        .present(&setting.world)
                        .iter()
                        .all(|(target, _)| target.is_ipv6())
                );
            }
        }
        assert!(kinds.iter().all(|count| (4..20).contains(count)), "{kinds:?}");
    }
}
