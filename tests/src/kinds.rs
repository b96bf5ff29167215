//! A region with a link for every kind of source: the scene's writer of `orders` and instance
//! `billing`, the readers of `orders`, its custom endpoint `reports`, the proxy `front` and its
//! endpoint for readers, and a name outside RDS.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use writerlink_lab::World;
use writerlink_lab::scene::{Link, Scene};
use writerlink_lab::world::ApiError;
use writerlink_lab::world::elbv2::{
    GroupProtocol, IpFamily, NewListener, NewLoadBalancer, NewTargetGroup, Tags, TargetRequest,
};
use writerlink_lab::world::rds::{CreateDbClusterEndpoint, EndpointRole, EngineFamily};
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
    world.add_custom_endpoint(CreateDbClusterEndpoint {
        cluster: "orders".to_owned(),
        identifier: "reports".to_owned(),
        kind: "READER".to_owned(),
        static_members: vec!["orders-2".to_owned(), "orders-3".to_owned()],
        ..CreateDbClusterEndpoint::default()
    })?;
    world.add_proxy("front", EngineFamily::Postgresql, "orders", &Zone::ALL)?;
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
    let port = 5432;
    let balancer = world.create_load_balancer(NewLoadBalancer::internal(name))?.arn.clone();
    let group = world.create_target_group(NewTargetGroup::tcp(name, port))?.arn.clone();
    world.create_listener(NewListener {
        balancer,
        protocol: GroupProtocol::Tcp,
        port,
        target_group: group.clone(),
        tags: Tags::new(),
    })?;
    let link = Link {
        name: name.to_owned(),
        source: source.parse().expect("a good source"),
        group,
        port,
        family: IpFamily::Ipv4,
    };
    let target = |member: &SocketAddr| TargetRequest::new(&member.ip().to_string(), port);
    let targets: Vec<TargetRequest> = link.members(world).iter().map(target).collect();
    world.register_targets(&link.group, &targets)?;
    Ok(link)
}
