//! The region in which a history starts, and the function in it, drawn from a seed.

mod kind;
mod moved;
pub(super) mod set;
mod warm;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use writerlink_core::config::{Config, Location};
use writerlink_core::source::Source;
use writerlink_core::topology::HostName;

use self::kind::{DUAL_STACK, Database, KINDS, MULTI_AZ_CLUSTER};
pub(super) use self::moved::Moved;
use crate::dice::Dice;
use crate::scene::{AGO, Link, Standby, allow, tell_of_failovers};
use crate::world::elbv2::{IpFamily, TargetRequest};
use crate::world::rds::{DbInstance, Engine, MultiAz, Naming};
use crate::world::surroundings::security_group;
use crate::world::vpc::Zone;
use crate::world::{ApiError, Pace, World};

/// When every region begins, so that a seed's transcript is the same on every day.
const EPOCH: i64 = 1_767_225_600;

/// How often the schedule invokes the function, as `infra/reconciler.yaml` has it.
pub(super) const SWEEP: Duration = Duration::from_secs(60);

/// A region, the bindings in it, and how the function is run.
pub(super) struct Setting {
    pub(super) world: World,
    pub(super) config: Config,
    /// The set of equals, or the member, comes last, where there is one.
    pub(super) bounds: Vec<Bound>,
    pub(super) moved: Option<Moved>,
    /// The binding with a warm standby.
    pub(super) warm: Option<usize>,
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
    /// The instances of a cluster, or the single instance; none if the RDS API does not name them.
    pub(super) instances: Vec<&'static str>,
    pub(super) engine: Engine,
    pub(super) multi_az: MultiAz,
    /// Whether its group may be written to.
    pub(super) managed: bool,
    pub(super) exclusive: bool,
    pub(super) max_removals: usize,
}

/// The dice of databases that have their own.
pub(super) struct Own {
    pub(super) multi_az_cluster: Dice,
    pub(super) dual_stack: Dice,
    pub(super) set: Dice,
    pub(super) moves: Dice,
    pub(super) warm: Dice,
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
        let moved = Moved::draw(&mut world, &bounds, &topic, &mut own.moves, &mut words)?;
        let warm = warm::draw(&mut world, &mut bounds, &mut own.warm, &mut words)?;
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
        Ok(Setting { world, config, bounds, moved, warm, topic, epoch, service, words })
    }

    /// The set of equals, where there is one.
    pub(super) fn set(&self) -> Option<usize> {
        self.bounds.iter().position(Bound::is_set)
    }

    /// The number of the binding to whose database each name belongs.
    pub(super) fn names(&self) -> BTreeMap<HostName, usize> {
        let own = self.bounds.iter().enumerate().flat_map(|(index, bound)| {
            let names = bound.names(&self.world);
            names.into_iter().map(move |name| (name, index))
        });
        own.filter_map(|(name, index)| Some((name.parse().ok()?, index))).collect()
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

    /// Whether a set of equals is followed, or a member that need not be the writer: a set of one.
    pub(super) fn is_set(&self) -> bool {
        !matches!(self.link.source, Source::Cluster(_) | Source::Instance(_))
    }

    /// Whether the standby is to be a target too.
    pub(super) fn is_warm(&self) -> bool {
        self.link.standby == Standby::Warm
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

    /// Whether another instance has its instance's security groups, so that nothing can be said of
    /// addresses that may be its standby's.
    pub(super) fn has_neighbour(&self, world: &World) -> bool {
        let Some(own) = self.link.instance(world) else { return false };
        let groups = security_group::of_instance(world, own);
        let shares = |other: &DbInstance| security_group::of_instance(world, other) == groups;
        world.rds.instances().any(|other| other.key != own.key && shares(other))
    }

    /// The writer and the standby of a warm binding, where the group has both and the writer is
    /// healthy.
    pub(super) fn both(&self, world: &World) -> Option<BTreeSet<SocketAddr>> {
        let writer = self.link.writer(world)?.address;
        let standby = self.link.warm_standby(world)?;
        let present = self.link.present(world);
        let has_standby = present.iter().any(|(target, _)| *target == standby);
        let is_healthy = present.contains(&(writer, "healthy"));
        (has_standby && is_healthy).then(|| [writer, standby].into())
    }

    /// Whether a target stands at the database's own address on a port on which it does not listen,
    /// and is left alone.
    pub(super) fn has_former_port(&self, world: &World) -> bool {
        let is_own =
            |target: SocketAddr| self.truth(world).iter().any(|own| own.ip() == target.ip());
        let mut present = self.link.present(world).into_iter();
        let told = self.link.source.is_database() && !self.exclusive;
        told && present.any(|(target, _)| target.port() != self.link.port && is_own(target))
    }

    fn names(&self, world: &World) -> Vec<String> {
        let guests: &[&str] = match &self.link.source {
            Source::Member { .. } | Source::Readers(..) | Source::Custom { .. } => &set::GUESTS,
            _ => &[],
        };
        let members = self.instances.iter().chain(guests);
        let members = members.map(|instance| world.instance_endpoint(instance));
        members.chain([self.link.endpoint(world)]).collect()
    }

    /// Makes its database once more, which was deleted.
    pub(super) fn make_again(&self, world: &mut World) -> Result<(), ApiError> {
        let database = Database {
            is_cluster: self.is_cluster(),
            engine: self.engine,
            instances: &self.instances,
            multi_az: self.multi_az,
            family: self.link.family,
        };
        database.make(world, self.link.database())
    }

    /// Whether the RDS API has a database of the name that is followed, as far as it tells the
    /// truth.
    pub(super) fn is_named(&self, world: &World) -> bool {
        match self.link.source.cluster() {
            Some(id) => world.rds.cluster(id.as_str()).is_some(),
            None => world.rds.instance(self.link.database()).is_some(),
        }
    }

    /// Where its hosts are at this moment, whatever each is called since a deployment or a rename:
    /// names that begin alike.
    pub(super) fn homes(&self, world: &World) -> impl Iterator<Item = SocketAddr> {
        let is_own = |name: &str| self.instances.iter().any(|own| name.starts_with(own));
        let family = self.link.family;
        world
            .rds
            .instances()
            .filter(move |instance| is_own(&instance.identifier))
            .flat_map(move |instance| {
                [instance.address_in(family), instance.standby_address_in(family)]
            })
            .flatten()
            .map(|ip| SocketAddr::new(ip, self.link.port))
    }

    /// Leaves some groups in a wrong state: empty, with one target too many, or with the wrong
    /// target.
    fn disturb(&self, world: &mut World, dice: &mut Dice) -> Result<Option<String>, ApiError> {
        let one = |target: SocketAddr| TargetRequest::new(&target.ip().to_string(), target.port());
        let members: Vec<_> = self.truth(world).into_iter().map(one).collect();
        let other = SocketAddr::new(Zone::B.address_in(self.link.family, 240), self.link.port);
        let (begins, add, take) = match dice.below(25) {
            0 => ("empty", false, true),
            1 => ("with one target too many", true, false),
            2 => ("with the wrong target", true, true),
            _ => return Ok(None),
        };
        if add {
            world.register_targets(&self.link.group, &[one(other)])?;
        }
        if take {
            world.deregister_targets(&self.link.group, &members)?;
        }
        Ok(Some(format!("the group of {} starts {begins}", self.link.name)))
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
            // The shortest leaves time for a write after the longest settle time.
            time_out: Duration::from_secs(*dice.pick(&[75, 240, 240, 240])),
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
fn multi_az_cluster(
    world: &mut World,
    dice: &mut Dice,
    words: &mut Vec<String>,
) -> Result<Option<Bound>, ApiError> {
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
fn dual_stack(
    world: &mut World,
    dice: &mut Dice,
    words: &mut Vec<String>,
) -> Result<Option<Bound>, ApiError> {
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
    use crate::dice::Subject;

    fn drawn(seed: u64) -> Setting {
        let dice = |subject| Dice::new(seed, subject);
        let mut own = Own {
            multi_az_cluster: dice(Subject::MultiAzCluster),
            dual_stack: dice(Subject::DualStack),
            set: dice(Subject::Set),
            moves: dice(Subject::Moves),
            warm: dice(Subject::Warm),
        };
        Setting::draw(&mut dice(Subject::Setting), &mut own).expect("a good setting")
    }

    #[test]
    fn every_kind_of_database_is_in_some_settings_and_somebody_is_behind_each_group() {
        let mut kinds = BTreeMap::new();
        for setting in (0..400).map(drawn) {
            for bound in &setting.bounds {
                let (link, truth) = (&bound.link, bound.truth(&setting.world));
                assert!(truth.iter().all(|at| bound.allows(at.ip()) && bound.owns(*at)));
                assert!(!truth.is_empty(), "{}", link.source);
                *kinds.entry(format!("{:?} {:?}", link.source, link.family)).or_insert(0) += 1;
            }
            if let Some(moved) = &setting.moved {
                *kinds.entry(format!("moved, global: {}", moved.is_global)).or_insert(0) += 1;
            }
        }
        // What `KINDS` has, two dual-stack databases, the Multi-AZ cluster, five sets and a member,
        // two moves.
        assert_eq!(kinds.len(), KINDS.len() + 2 + 1 + 6 + 2, "{kinds:?}");
        assert!(kinds.values().all(|count| *count > 3), "{kinds:?}");
    }
}
