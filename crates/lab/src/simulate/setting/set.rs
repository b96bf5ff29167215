//! A set behind a target group of its own, or one member of a cluster; one fifth of the settings
//! have one beside their writers.

use std::net::IpAddr;

use writerlink_core::source::{Fallback, Source};

use super::Bound;
use crate::dice::Dice;
use crate::scene::{Link, across_zones, publish};
use crate::world::elbv2::IpFamily;
use crate::world::rds::{CustomKind, Engine, EngineFamily, MultiAz, NewCustomEndpoint};
use crate::world::vpc::Zone;
use crate::world::{ApiError, World};

/// How many settings in a hundred have a set.
const PERCENT: usize = 20;

const ENGINE: Engine = Engine::AuroraPostgresql;

/// The cluster whose members are a set, or that is behind a proxy.
const CLUSTER: &str = "fleet";

const MEMBERS: [&str; 4] = ["fleet-1", "fleet-2", "fleet-3", "fleet-4"];

/// The readers that are added when the cluster is scaled out.
pub(in crate::simulate) const GUESTS: [&str; 2] = ["fleet-5", "fleet-6"];

/// Draws a set, or none.
pub(super) fn draw(
    world: &mut World,
    dice: &mut Dice,
    words: &mut Vec<String>,
) -> Result<Option<Bound>, ApiError> {
    if !dice.percent(PERCENT) {
        return Ok(None);
    }
    world.pace.create_instance = dice.seconds(20, 60);
    world.pace.delete = dice.seconds(10, 60);
    world.pace.proxy_drain = dice.seconds(20, 60);
    let instances = &MEMBERS[..2 + dice.below(3)];
    let members: Vec<_> = instances.iter().copied().zip(Zone::ALL.into_iter().cycle()).collect();
    let source = match dice.below(7) {
        0 | 1 => Source::Readers(CLUSTER.parse().expect("an identifier"), Fallback::Writer),
        2 => Source::Readers(CLUSTER.parse().expect("an identifier"), Fallback::None),
        3 => custom(),
        4 => Source::Proxy("pool".parse().expect("an identifier"), None),
        5 => Source::Member {
            cluster: CLUSTER.parse().expect("an identifier"),
            // A reader, until it is promoted.
            instance: "fleet-2".parse().expect("an identifier"),
        },
        _ => Source::Name("db.corp.example".parse().expect("a name")),
    };
    let mut instances = instances.to_vec();
    match &source {
        Source::Name(host) => {
            world.add_host(host.as_str(), ENGINE.port(), &machines(dice.below(1 << 16)));
            instances.clear();
        }
        _ => world.add_aurora(CLUSTER, ENGINE, &members)?,
    }
    match &source {
        Source::Proxy(proxy, _) => {
            world.add_proxy(proxy.as_str(), EngineFamily::Postgresql, &Zone::ALL)?;
            instances.clear();
        }
        Source::Custom { endpoint, .. } => {
            let lists = [["fleet-1", "fleet-2"], ["fleet-2", "fleet-3"]][dice.below(2)];
            let is_static = dice.percent(50);
            let kind = [CustomKind::Reader, CustomKind::Any][dice.below(2)];
            let named: Vec<&str> =
                instances.iter().copied().filter(|instance| lists.contains(instance)).collect();
            let (words_of, members, excluded): (_, &[&str], &[&str]) = match is_static {
                true => ("has", &named, &[]),
                false => ("excludes", &[], &named[..1]),
            };
            let list = [members, excluded].concat().join(", ");
            words.push(format!("the custom endpoint, {kind}, {words_of} {list}"));
            let (cluster, name) = (CLUSTER, endpoint.as_str());
            let new = NewCustomEndpoint { cluster, name, kind, members, excluded };
            world.add_custom_endpoint(new)?;
        }
        _ => {}
    }
    // What stands behind it does not depend on the fallback yet: there are readers.
    let written: Source = source.to_string().parse().expect("a source is read as it is written");
    let group = across_zones(&written, ENGINE.port(), IpFamily::Ipv4);
    let published = publish(world, "set", written, "link-set", ENGINE.port(), group)?;
    let fallback = match &source {
        Source::Readers(_, Fallback::None) => ", with no fallback",
        _ => "",
    };
    words.push(format!("the set is {source}{fallback}"));
    Ok(Some(Bound {
        link: Link { source, ..published },
        instances,
        engine: ENGINE,
        multi_az: MultiAz::No,
        managed: !dice.percent(4),
        exclusive: dice.percent(8),
        max_removals: if dice.percent(8) { 1 } else { 4 },
    }))
}

fn custom() -> Source {
    Source::Custom {
        cluster: CLUSTER.parse().expect("an identifier"),
        endpoint: "reports".parse().expect("an identifier"),
    }
}

/// One to three machines in as many zones, of those that a name may resolve to.
pub(in crate::simulate) fn machines(form: usize) -> Vec<IpAddr> {
    let zones = Zone::ALL.into_iter().take(1 + form % 3);
    let number =
        |zone: usize| 210 + u16::try_from((form / 3 + zone * (form / 64)) % 12).unwrap_or_default();
    zones.enumerate().map(|(at, zone)| zone.address_in(IpFamily::Ipv4, number(at))).collect()
}
