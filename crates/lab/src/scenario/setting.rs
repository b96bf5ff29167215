//! Builds the region in which a scenario starts.

use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};
use writerlink_core::source::Source;

use super::assumptions::{RegionAssumptions, Subscription};
use super::script::{Act, Region, Scenario};
use crate::dice::{Dice, Subject};
use crate::scene::{
    AGO, Link, Standby, across_zones, publish_behind, tag, tell_of_failovers, tell_of_more,
};
use crate::world::elbv2::{DELAY, HealthCheck, IpFamily, NewTargetGroup, TERMINATE_DEREGISTERED};
use crate::world::events::SourceType;
use crate::world::rds::{
    CustomKind, Engine, EngineFamily, MultiAz, Naming, Network, NewCustomEndpoint,
};
use crate::world::vpc::Zone;
use crate::world::{ApiError, Pace, World};

/// A region and the databases behind groups in it, everything available, healthy and right.
pub(super) struct Setting {
    pub(super) world: World,
    pub(super) links: Vec<Link>,
}

impl Setting {
    /// The region of a scenario; a seed draws how its delays differ from the usual ones, by a fifth
    /// at most, and whether DNS is ahead of the RDS API. Those that the scenario or the assumptions
    /// state are as stated.
    pub(super) fn new(
        scenario: &Scenario,
        seed: u64,
        assumptions: &RegionAssumptions,
        subscription: Subscription,
    ) -> Result<Setting, ApiError> {
        let ago = SignedDuration::try_from(AGO).expect("ten minutes are in range");
        let began = Timestamp::now().saturating_sub(ago).expect("ten minutes are no calendar unit");
        let mut pace = drawn(seed);
        order_the_keys(&mut pace, seed);
        scenario.pace.apply(&mut pace);
        assumptions.delays.apply(&mut pace);
        let mut world = World::new(began).with_pace(pace);
        world.elbv2.leaving_health = assumptions.leaving_health;
        world.rds.failover_tells_of_instances = true;
        let mut links = match scenario.databases {
            Region::Aurora => {
                world.add_aurora("orders", Engine::AuroraPostgresql, &MEMBERS)?;
                vec![publish_as(&mut world, scenario, "orders-writer", "cluster/orders")?]
            }
            Region::GlobalPrimary => {
                world.add_aurora("orders", Engine::AuroraPostgresql, &MEMBERS)?;
                world.rds.make_global_primary("orders", "orders-everywhere")?;
                vec![publish_as(&mut world, scenario, "orders-writer", "cluster/orders")?]
            }
            Region::TwoClusters => {
                let next = [("orders-next-1", Zone::C), ("orders-next-2", Zone::B)];
                world.add_aurora("orders", Engine::AuroraPostgresql, &MEMBERS)?;
                world.add_aurora("orders-next", Engine::AuroraPostgresql, &next)?;
                vec![publish_as(&mut world, scenario, "orders-writer", "cluster/orders")?]
            }
            Region::DualStack => vec![add_dual_stack(&mut world, scenario)?],
            Region::MultiAz => {
                world.add_instance("billing", MultiAz::Yes, Engine::Postgres)?;
                vec![publish_as(&mut world, scenario, "billing", "instance/billing")?]
            }
            Region::AuroraAndMultiAz => {
                world.add_aurora("orders", Engine::AuroraPostgresql, &MEMBERS)?;
                world.add_instance("billing", MultiAz::Yes, Engine::Postgres)?;
                vec![
                    publish_as(&mut world, scenario, "orders-writer", "cluster/orders")?,
                    publish_as(&mut world, scenario, "billing", "instance/billing")?,
                ]
            }
            Region::MultiAzCluster => vec![add_nodes(&mut world, scenario, Naming::Alias)?],
            Region::MultiAzClusterByAddress => {
                vec![add_nodes(&mut world, scenario, Naming::Address)?]
            }
            Region::Twenty => (1..=20)
                .map(|number| add_twin(&mut world, scenario, number))
                .collect::<Result<_, _>>()?,
        };
        if scenario.member_ports {
            let members = add_member_ports(&mut world, scenario, &links[0])?;
            links.extend(members);
        }
        let topic = tell_of_failovers(&mut world)?;
        tell_of_more(&mut world, &topic);
        if subscription == Subscription::Instances {
            let instances = Some(SourceType::DbInstance);
            let categories = ["availability", "notification"];
            world.add_event_subscription("more-of-db-instance", &topic, instances, &categories);
        }
        world.pass(AGO);
        if scenario.steps.iter().any(|step| matches!(step.act, Act::SwitchOver(_))) {
            for link in &links {
                world.add_blue_green(link.database())?;
            }
        }
        if scenario.tagged {
            links.iter().try_for_each(|link| tag(&mut world, link))?;
        }
        // The subscriptions' hello messages were answered long ago.
        world.sns.take_deliveries();
        Ok(Setting { world, links })
    }
}

/// The members of a cluster, of which the first writes.
const MEMBERS: [(&str, Zone); 3] =
    [("orders-1", Zone::A), ("orders-2", Zone::B), ("orders-3", Zone::C)];

/// Publishes what the scenario says, made first where it is not a database's own; else the usual
/// source.
fn publish_as(
    world: &mut World,
    scenario: &Scenario,
    name: &str,
    usual: &str,
) -> Result<Link, ApiError> {
    let Some(source) = &scenario.source else {
        return publish(world, scenario, name, usual);
    };
    match source.parse().expect("the settings' sources are well-formed") {
        Source::Proxy(proxy, _) => {
            world.add_proxy(proxy.as_str(), EngineFamily::Postgresql, &Zone::ALL)?
        }
        Source::Name(host) => {
            let machines = [1, 2, 3].map(|zone| IpAddr::from([10, 20, zone, 210]));
            world.add_host(host.as_str(), PORT, &machines);
        }
        Source::Custom { cluster, endpoint } => world.add_custom_endpoint(NewCustomEndpoint {
            cluster: cluster.as_str(),
            name: endpoint.as_str(),
            kind: CustomKind::Reader,
            members: &["orders-2", "orders-3"],
            excluded: &[],
        })?,
        Source::Cluster(_) | Source::Member { .. } | Source::Readers(..) | Source::Instance(_) => {}
    }
    publish(world, scenario, "set", source)
}

/// The listener port of a member: 5441 for the first.
pub(super) fn member_port(instance: &str) -> Option<u16> {
    let place = MEMBERS.iter().position(|(name, _)| *name == instance)?;
    Some(5441 + u16::try_from(place).ok()?)
}

/// A group and a listener for each member of the cluster, on the load balancer of its writer.
fn add_member_ports(
    world: &mut World,
    scenario: &Scenario,
    writer: &Link,
) -> Result<Vec<Link>, ApiError> {
    let name = Link::balancer_of(&writer.source);
    let balancer = world.load_balancers(&[], &[name])?.first().map(|one| one.arn.clone());
    let balancer = balancer.expect("the writer is published");
    let publish = |(instance, _): (&str, Zone)| {
        let source = format!("cluster/{}/instance/{instance}", writer.database());
        let source: Source = source.parse().expect("the settings' sources are well-formed");
        let name = instance.to_owned();
        let group = NewTargetGroup { name, ..group_of(scenario, &source, IpFamily::Ipv4) };
        let listener = member_port(instance).expect("it is a member");
        publish_behind(world, instance, source, &balancer, listener, PORT, group)
    };
    MEMBERS.into_iter().map(publish).collect()
}

/// A Multi-AZ DB cluster.
fn add_nodes(world: &mut World, scenario: &Scenario, names: Naming) -> Result<Link, ApiError> {
    world.rds.multi_az_cluster_names = names;
    world.add_multi_az_cluster("ledger", Engine::Postgres)?;
    publish(world, scenario, "ledger-writer", "cluster/ledger")
}

/// A dual-stack cluster behind an ipv6 group.
fn add_dual_stack(world: &mut World, scenario: &Scenario) -> Result<Link, ApiError> {
    let members = [("parcels-1", Zone::A), ("parcels-2", Zone::B)];
    world.add_aurora_of("parcels", Engine::AuroraPostgresql, &members, Network::Dual)?;
    publish_in(world, scenario, "parcels-writer", "cluster/parcels", IpFamily::Ipv6)
}

/// A cluster of two whose writer is in zone a.
fn add_twin(world: &mut World, scenario: &Scenario, number: u8) -> Result<Link, ApiError> {
    let name = format!("db-{number:02}");
    let (writer, reader) = (format!("{name}-1"), format!("{name}-2"));
    world.add_aurora(&name, Engine::AuroraPostgresql, &[(&writer, Zone::A), (&reader, Zone::B)])?;
    publish(world, scenario, &name, &format!("cluster/{name}"))
}

/// The port of every database.
const PORT: u16 = 5432;

/// Puts a database behind a load balancer of its own, set up as a link should be: cross-zone on, so
/// that one target serves the nodes of every zone; a short deregistration delay that ends its
/// connections; a health check every 10 s.
fn publish(
    world: &mut World,
    scenario: &Scenario,
    name: &str,
    source: &str,
) -> Result<Link, ApiError> {
    publish_in(world, scenario, name, source, IpFamily::Ipv4)
}

/// The same, with a group of a family.
fn publish_in(
    world: &mut World,
    scenario: &Scenario,
    name: &str,
    source: &str,
    family: IpFamily,
) -> Result<Link, ApiError> {
    let source: Source = source.parse().expect("the settings' sources are well-formed");
    let database = Link::balancer_of(&source);
    let group = group_of(scenario, &source, family);
    let link = crate::scene::publish(world, name, source, &database, PORT, group)?;
    Ok(Link { standby: scenario.standby, ..link })
}

/// A group as a link should have it.
fn group_of(scenario: &Scenario, source: &Source, family: IpFamily) -> NewTargetGroup {
    let mut group = across_zones(source, scenario.group_port.unwrap_or(PORT), family);
    // As the templates have it.
    let interval = if scenario.standby == Standby::Warm { 5 } else { 10 };
    group.health_check = HealthCheck { interval, healthy_threshold: 2, ..HealthCheck::default() };
    group.attributes.push((DELAY, scenario.drain.to_string()));
    group.attributes.push((TERMINATE_DEREGISTERED, "true".to_owned()));
    group
}

/// The delays of a scenario, as a seed draws them.
pub(crate) fn pace(scenario: &Scenario, seed: u64) -> Pace {
    let mut pace = drawn(seed);
    scenario.pace.apply(&mut pace);
    pace
}

/// Lets DNS show a new writer before the RDS API with every other seed: nobody has measured which
/// of them is ahead, and who follows one of the two gains by it.
fn order_the_keys(pace: &mut Pace, seed: u64) {
    let mut lags = [pace.topology_lag, pace.dns_lag];
    lags.sort();
    [pace.topology_lag, pace.dns_lag] = match seed % 2 {
        0 => [lags[1], lags[0]],
        _ => lags,
    };
}

fn drawn(seed: u64) -> Pace {
    let mut dice = Dice::new(seed, Subject::Setting);
    let mut pace = Pace::real();
    let drawn = [
        &mut pace.promote,
        &mut pace.promote_standby,
        &mut pace.topology_lag,
        &mut pace.dns_lag,
        &mut pace.flap,
        &mut pace.completed,
        &mut pace.completed_standby,
        &mut pace.event_lag,
        &mut pace.registration,
        &mut pace.deregistration,
        &mut pace.promote_multi_az_cluster,
        &mut pace.completed_multi_az_cluster,
    ];
    for delay in drawn {
        *delay = delay.mul_f64(0.8 + dice.below(401) as f64 / 1000.0);
    }
    pace
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use writerlink_core::config::{Config, Location};

    use super::super::script::scenarios;
    use super::*;
    use crate::world::pace::Delays;

    fn setting(scenario: &Scenario, seed: u64, assumptions: &RegionAssumptions) -> Setting {
        Setting::new(scenario, seed, assumptions, Subscription::Failover).expect("a good setting")
    }

    #[test]
    fn every_scenario_begins_right_and_healthy() {
        for scenario in scenarios() {
            let setting = setting(&scenario, 1, &RegionAssumptions::default());
            for link in &setting.links {
                let present: BTreeSet<_> = link.present(&setting.world).into_iter().collect();
                let members = link.members(&setting.world).into_iter();
                let healthy: BTreeSet<_> = members.map(|member| (member, "healthy")).collect();
                assert!(!healthy.is_empty(), "{}: somebody is behind the link", scenario.name);
                assert_eq!(present, healthy, "{}: {}", scenario.name, link.name);
            }
        }
    }

    #[test]
    fn every_scenario_has_a_good_configuration() {
        let dns = "127.0.0.1:5353".parse().expect("an address");
        for scenario in scenarios() {
            let links = setting(&scenario, 1, &RegionAssumptions::default()).links;
            let text = crate::scene::config(&links, dns, "");
            let config = Config::parse(&text, &Location::Inline(text.clone())).expect("good");
            assert_eq!(config.usable().count(), links.len(), "{}: {text}", scenario.name);
        }
    }

    #[test]
    fn a_function_hears_of_a_failovers_instances_if_its_subscription_says_so() {
        for (subscription, heard) in [(Subscription::Failover, 2), (Subscription::Instances, 5)] {
            let assumptions = RegionAssumptions::default();
            let setting = Setting::new(&scenarios()[0], 1, &assumptions, subscription);
            let mut world = setting.expect("a good setting").world;
            world.failover_db_cluster("orders", None).expect("it fails over");
            world.pass(std::time::Duration::from_secs(120));
            assert_eq!(world.sns.take_deliveries().len(), heard, "{subscription:?}");
        }
    }

    #[test]
    fn dns_is_ahead_of_the_rds_api_with_every_other_seed_unless_the_delays_are_stated() {
        let scenario = &scenarios()[0];
        let stated = Delays::read(&["topology-lag=200"]).expect("a delay");
        let stated = RegionAssumptions { delays: stated, ..RegionAssumptions::default() };
        for seed in 1..=20 {
            let is_ahead = |assumptions: &RegionAssumptions| {
                let world = setting(scenario, seed, assumptions).world;
                world.pace.dns_lag < world.pace.topology_lag
            };
            assert_eq!(is_ahead(&RegionAssumptions::default()), seed % 2 == 0, "seed {seed}");
            assert!(is_ahead(&stated), "seed {seed}");
        }
    }

    #[test]
    fn a_seed_draws_the_same_delays_again_and_another_seed_others() {
        let scenario = &scenarios()[0];
        assert_eq!(pace(scenario, 7), pace(scenario, 7));
        assert_ne!(pace(scenario, 7), pace(scenario, 8));
    }
}
