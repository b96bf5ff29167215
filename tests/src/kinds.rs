//! A region with a link for every kind of source: the scene's writer of `orders` and instance
//! `billing`, the readers of `orders`, its custom endpoint `reports`, the proxy `front` and its
//! endpoint for readers, and a name outside RDS.

use std::net::IpAddr;
use std::time::Duration;

use writerlink_lab::World;
use writerlink_lab::scene::{self, Link, Scene};
use writerlink_lab::world::ApiError;
use writerlink_lab::world::elbv2::NewTargetGroup;
use writerlink_lab::world::rds::{CustomKind, EndpointRole, EngineFamily, NewCustomEndpoint};
use writerlink_lab::world::vpc::Zone;

/// The name that is not of RDS.
pub const HOST: &str = "db.corp.example";

/// The bindings of the sets, in the order in which [`add`] adds them, and their sources.
pub const SETS: [(&str, &str); 5] = [
    ("orders-readers", "cluster/orders/readers"),
    ("orders-reports", "cluster/orders/custom/reports"),
    ("front", "proxy/front"),
    ("front-readers", "proxy/front/front-ro"),
    ("corp", "dns/db.corp.example"),
];

/// How long ago all of it was made, so that targets are healthy.
const AGO: Duration = Duration::from_secs(600);

/// The machine of [`HOST`] in a zone.
pub fn machine(zone: u8, last: u8) -> IpAddr {
    IpAddr::from([10, 20, zone, last])
}

/// Adds the sets, everything in them available and in sync.
///
/// # Panics
///
/// If the region refuses it.
pub fn add(scene: &mut Scene) {
    make(&mut scene.world).expect("good names");
    for (name, source) in SETS {
        let link = publish(&mut scene.world, name, source).expect("a good link");
        scene.links.push(link);
    }
    scene.world.pass(AGO);
    scene.world.sns.take_deliveries();
}

fn make(world: &mut World) -> Result<(), ApiError> {
    world.add_custom_endpoint(NewCustomEndpoint {
        cluster: "orders",
        name: "reports",
        kind: CustomKind::Reader,
        members: &["orders-2", "orders-3"],
        excluded: &[],
    })?;
    world.add_proxy("front", EngineFamily::Postgresql, &Zone::ALL)?;
    world.add_proxy_endpoint("front", "front-ro", EndpointRole::ReadOnly)?;
    world.add_host(HOST, 5432, &[1, 2, 3].map(|zone| machine(zone, 210)));
    Ok(())
}

/// Puts a source behind a load balancer of its own, with all of its members as targets.
///
/// # Errors
///
/// When the region refuses what is asked of it.
///
/// # Panics
///
/// If there is no such source.
pub fn publish(world: &mut World, name: &str, source: &str) -> Result<Link, ApiError> {
    let (port, group) = (5432, NewTargetGroup::tcp(name, 5432));
    scene::publish(world, name, source.parse().expect("a good source"), name, port, group)
}
