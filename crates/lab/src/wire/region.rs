//! The world behind its lock, advanced to the current time, and the function that receives its
//! messages.

use std::sync::{Mutex, MutexGuard, PoisonError};

use hyper::body::Bytes;
use hyper::{HeaderMap, Method, Response};

use super::clock::Clock;
use super::function::Function;
use super::{Options, invoke, query};
use crate::world::World;

/// A world in real time. Whoever holds the world may lock the function, never the other way round.
pub(super) struct Region {
    world: Mutex<World>,
    function: Function,
    clock: Clock,
}

impl Region {
    pub(super) fn new(mut world: World, options: &Options) -> Region {
        let clock = Clock::start(world.now(), options.speed);
        world.runs_at(clock.speed());
        let arn = world.function_arn(&options.function);
        Region { function: Function::new(arn, options, clock), clock, world: Mutex::new(world) }
    }

    /// The world, brought up to the moment.
    pub(super) fn lock(&self) -> MutexGuard<'_, World> {
        // A test that panicked while it held the world says so itself; the servers go on for the
        // others.
        let mut world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        world.advance(self.clock.now());
        self.collect(&mut world);
        world
    }

    /// Works on the world, brought up to the moment.
    pub(super) fn with<T>(&self, work: impl FnOnce(&mut World) -> T) -> T {
        let mut world = self.lock();
        let result = work(&mut world);
        self.collect(&mut world);
        result
    }

    /// Queues the messages that have reached the function. Messages to other functions end here:
    /// they do not exist.
    pub(super) fn collect(&self, world: &mut World) {
        for delivery in world.sns.take_deliveries() {
            if self.function.is_called(&delivery.function) {
                self.function.enqueue(delivery.payload.to_string());
            }
        }
    }

    pub(super) fn function(&self) -> &Function {
        &self.function
    }
}

impl query::Region for Region {
    fn with<T>(&self, work: impl FnOnce(&mut World) -> T) -> T {
        Region::with(self, work)
    }

    async fn lambda(
        &self,
        method: Method,
        path: String,
        headers: HeaderMap,
        body: Bytes,
    ) -> Response<Bytes> {
        invoke::respond(self.function(), &method, &path, &headers, &body).await
    }
}
