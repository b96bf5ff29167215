//! The world that this module's tests use: an Aurora cluster of three behind a load balancer in all
//! zones.

use std::time::Duration;

use super::{NewTargetGroup, Reason, TargetKey, TargetRequest, TargetState};
use crate::world::World;
use crate::world::rds::Engine;
use crate::world::vpc::Zone;

/// A world, its group's ARN and its writer's address.
pub(super) struct Fixture {
    pub(super) world: World,
    pub(super) group: String,
    pub(super) balancer: String,
    pub(super) writer: String,
}

impl Fixture {
    /// With a listener that forwards to the group.
    pub(super) fn in_use() -> Fixture {
        let mut fixture = Fixture::without_listener();
        fixture.listen();
        fixture
    }

    pub(super) fn without_listener() -> Fixture {
        let mut world = World::new(jiff::Timestamp::UNIX_EPOCH);
        let members = [("orders-1", Zone::A), ("orders-2", Zone::B), ("orders-3", Zone::C)];
        world.add_aurora("orders", Engine::AuroraPostgresql, &members).expect("a good cluster");
        let writer =
            world.rds.writer_address("orders").expect("a new cluster has a writer").to_string();
        let group = world.add_target_group(NewTargetGroup::tcp("orders", 5432));
        let balancer = world.add_load_balancer("link");
        Fixture { world, group, balancer, writer }
    }

    pub(super) fn listen(&mut self) -> String {
        self.world.add_listener(&self.balancer, 5432, &self.group)
    }

    pub(super) fn register(&mut self, id: &str) {
        self.world
            .register_targets(&self.group, &[TargetRequest::new(id, 5432)])
            .expect("a good target");
    }

    pub(super) fn deregister(&mut self, id: &str) {
        self.world
            .deregister_targets(&self.group, &[TargetRequest::new(id, 5432)])
            .expect("a good target");
    }

    /// The only target of the group.
    pub(super) fn only(&self) -> (TargetState, Option<Reason>) {
        let health = self.world.target_health(&self.group, &[]).expect("the group exists");
        let [one] = health.as_slice() else { panic!("{} targets", health.len()) };
        (one.state, one.reason)
    }

    pub(super) fn keys(&self) -> Vec<TargetKey> {
        let health = self.world.target_health(&self.group, &[]).expect("the group exists");
        health.into_iter().map(|target| target.key).collect()
    }

    pub(super) fn pass(&mut self, seconds: u64) {
        self.world.pass(Duration::from_secs(seconds));
    }
}
