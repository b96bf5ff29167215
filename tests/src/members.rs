//! A link for every member of the scene's cluster `orders`, beside that of its writer.

use std::time::Duration;

use writerlink_lab::World;
use writerlink_lab::scene::{Link, Scene, publish};
use writerlink_lab::world::elbv2::{NewTargetGroup, TargetState};

/// The members, which are also the names of their bindings and of their load balancers.
pub const MEMBERS: [&str; 3] = ["orders-1", "orders-2", "orders-3"];

/// The databases' port.
const PORT: u16 = 5432;

/// How long ago all of it was made, so that targets are healthy.
const AGO: Duration = Duration::from_secs(600);

/// Adds the members' links, everything in them in sync.
///
/// # Panics
///
/// If the region refuses it.
pub fn add(scene: &mut Scene) {
    for member in MEMBERS {
        let source = format!("cluster/orders/instance/{member}");
        let source = source.parse().expect("a good source");
        let mut group = NewTargetGroup::tcp(member, PORT);
        // Each member is in one zone, and a client comes through the node of another.
        group.attributes.push(("load_balancing.cross_zone.enabled", "true".to_owned()));
        let link = publish(&mut scene.world, member, source, member, PORT, group);
        scene.links.push(link.expect("a good link"));
    }
    scene.world.pass(AGO);
    scene.world.sns.take_deliveries();
}

/// The members' links.
pub fn of(links: &[Link]) -> impl Iterator<Item = &Link> {
    links.iter().filter(|link| MEMBERS.contains(&link.name.as_str()))
}

/// How often somebody registered or deregistered a target of the members' groups.
pub fn changes(world: &World, links: &[Link]) -> usize {
    let timeline = world.elbv2.timeline().iter();
    let of_members = |group: &String| of(links).any(|link| link.group == *group);
    let is_change = |from: Option<TargetState>, to: Option<TargetState>| {
        from.is_none() || matches!(to, None | Some(TargetState::Draining))
    };
    let of_members = timeline.filter(|change| of_members(&change.group));
    of_members.filter(|change| is_change(change.from, change.to)).count()
}
