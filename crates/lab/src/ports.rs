//! Core's ports on the world, without a wire: what the simulation runs on.
//!
//! Time comes from a [`Clock`], as it does for the run; with
//! [`VirtualTime`](crate::virtual_time::VirtualTime) an hour takes milliseconds. Faults strike here
//! as they do on the wire, in core's own words for what they come to.
//!
//! A write that was sent lands by itself, whether its caller still waits for the answer or was
//! killed meanwhile: ELBv2's writes cannot be taken back.

mod api_view;
mod groups;
mod rds;
mod reads;
mod resolver;
mod standby;
mod writes;

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use writerlink_core::failure::{CallError, Failure, Rejection};
use writerlink_core::ports::Clock;

pub use self::writes::{Deed, Write};

use self::writes::Sent;
use crate::fault::Effect;
use crate::world::{ApiError, Service, World};

/// How long a call takes that nothing goes wrong with.
const CALL: Duration = Duration::from_millis(20);

/// All of core's ports on one world.
#[derive(Clone)]
pub struct InProcess<C> {
    shared: Arc<Mutex<Shared>>,
    clock: C,
    caller: u64,
    observer: Option<Arc<dyn Observer>>,
}

/// Hears what the world makes of the calls.
pub trait Observer: Send + Sync {
    /// A fault strikes a call of this operation on this resource.
    fn struck(&self, caller: u64, operation: &str, resource: &str, effect: &Effect);

    /// A write takes effect at this moment, or is refused: the world before it, and after it.
    fn landed(
        &self,
        caller: u64,
        write: &Write,
        before: &Present,
        world: &World,
        result: &Result<(), ApiError>,
    );
}

/// The targets of a group that are not on their way out.
pub type Present = Vec<(SocketAddr, &'static str)>;

struct Shared {
    world: World,
    on_the_way: BTreeMap<(Duration, u64), Sent>,
    /// What came of writes that have landed, until their callers ask.
    answers: BTreeMap<u64, Result<(), ApiError>>,
    sent: u64,
}

/// The world behind its lock, brought up to the moment.
pub struct Guard<'a>(MutexGuard<'a, Shared>);

impl Deref for Guard<'_> {
    type Target = World;

    fn deref(&self) -> &World {
        &self.0.world
    }
}

impl DerefMut for Guard<'_> {
    fn deref_mut(&mut self) -> &mut World {
        &mut self.0.world
    }
}

impl<C: fmt::Debug> fmt::Debug for InProcess<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InProcess")
            .field("clock", &self.clock)
            .field("caller", &self.caller)
            .finish_non_exhaustive()
    }
}

impl<C: Clock + Sync> InProcess<C> {
    /// Ports on a world whose time is the clock's.
    pub fn new(world: World, clock: C) -> Self {
        Self {
            shared: Arc::new(Mutex::new(Shared {
                world,
                on_the_way: BTreeMap::new(),
                answers: BTreeMap::new(),
                sent: 0,
            })),
            clock,
            caller: 0,
            observer: None,
        }
    }

    /// The same ports for one caller, whom the observer is to know by this number.
    pub fn observed(&self, caller: u64, observer: Arc<dyn Observer>) -> Self
    where
        C: Clone,
    {
        Self { caller, observer: Some(observer), ..self.clone() }
    }

    /// The world at this moment.
    pub fn world(&self) -> Guard<'_> {
        Guard(self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        shared.advance(self.clock.now());
        shared
    }

    /// Whether the budgets have tokens for a call at this moment, which it takes.
    fn admits(&self, name: &'static str) -> bool {
        let (prefix, operation) = name.split_once(':').unwrap_or(("", name));
        let of_prefix = |service: &Service| service.iam_prefix() == prefix;
        let service = [Service::Rds, Service::Ec2].into_iter().find(of_prefix);
        let service = service.unwrap_or(Service::Elbv2);
        self.lock().world.admits(service, operation)
    }

    /// The fault that strikes a call at this moment.
    fn fault(&self, shared: &mut Shared, name: &'static str, resource: &str) -> Option<Effect> {
        let operation = name.rsplit(':').next().unwrap_or(name);
        let effect = shared.world.faults.take(operation, resource)?;
        if let Some(observer) = &self.observer {
            observer.struck(self.caller, operation, resource, &effect);
        }
        Some(effect)
    }
}

/// The targets of a group that are not on their way out, each with its state.
pub fn present(world: &World, group: &str) -> Present {
    let targets = world.elbv2.present(group).into_iter();
    targets
        .filter_map(|target| {
            Some((SocketAddr::new(target.address()?, target.key.port), target.state.as_str()))
        })
        .collect()
}

fn refused(name: &'static str, error: &ApiError) -> CallError {
    let failure = match error.code.as_ref() {
        "ExpiredToken" => Failure::Credentials,
        "TargetGroupNotFound" => Failure::Rejected(Rejection::NotFound),
        "InvalidTarget" | "ValidationError" => Failure::Rejected(Rejection::Invalid),
        "TooManyTargets" => Failure::Rejected(Rejection::Quota),
        "AccessDenied" => Failure::Rejected(Rejection::AccessDenied),
        _ => Failure::Rejected(Rejection::Other),
    };
    CallError::new(name, failure, &error.message)
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use futures_util::future::{join_all, select};
    use writerlink_core::drive::read_topology;
    use writerlink_core::ports::{TargetGroupRead, TargetGroupWrite};
    use writerlink_core::target::{Registration, TargetGroupArn};
    use writerlink_core::topology::Scope;

    use super::*;
    use crate::fault::Fault;
    use crate::scene::Scene;
    use crate::virtual_time::VirtualTime;
    use crate::world::{Budgets, Pace};

    const SECOND: Duration = Duration::from_secs(1);

    /// The scene's region, a group in it, and another address for it.
    fn region() -> (VirtualTime, InProcess<VirtualTime>, TargetGroupArn, Registration) {
        let scene = Scene::new(Pace::real()).expect("a good scene");
        let group = scene.links[0].group.parse().expect("an ARN");
        let target =
            Registration { address: "10.20.2.99:5432".parse().expect("an address"), zone: None };
        let time = VirtualTime::default();
        time.run(time.sleep(scene.world.now()));
        let region = InProcess::new(scene.world, time.clone());
        (time, region, group, target)
    }

    fn targets(region: &InProcess<VirtualTime>, group: &TargetGroupArn) -> usize {
        present(&region.world(), group.as_str()).len()
    }

    #[test]
    fn what_a_killed_caller_has_sent_lands_after_it() {
        let (time, region, group, target) = region();
        let killed = async {
            let write = pin!(region.register(&group, &target));
            let death = pin!(time.sleep(Duration::from_millis(1)));
            select(write, death).await;
        };
        time.run(killed);
        assert_eq!(targets(&region, &group), 1);
        time.run(time.sleep(SECOND));
        assert_eq!(targets(&region, &group), 2);
    }

    #[test]
    fn a_late_write_is_lost_to_its_caller_and_lands_when_it_is_due() {
        let (time, region, group, target) = region();
        let late = Fault::on("RegisterTargets", Effect::Late(2 * SECOND)).times(1);
        region.world().faults.add(late);
        let answer = time.run(region.register(&group, &target));
        assert_eq!(answer.map_err(|error| error.failure), Err(Failure::AnswerLost));
        time.run(time.sleep(SECOND));
        assert_eq!(targets(&region, &group), 1);
        time.run(time.sleep(SECOND));
        assert_eq!(targets(&region, &group), 2);
    }

    #[test]
    fn a_call_over_the_budget_is_throttled_and_does_nothing() {
        let (time, region, group, target) = region();
        region.world().budgets = Some(Budgets::documented());
        let failure = |error: CallError| error.failure;
        // At one moment: in virtual time a second brings tokens back.
        let reads = time.run(join_all((0..41).map(|_| region.targets(&group))));
        assert_eq!(reads.iter().filter(|read| read.is_err()).count(), 1);
        let write = time.run(region.register(&group, &target)).map_err(failure);
        assert_eq!(write, Err(Failure::Throttled));
        time.run(time.sleep(SECOND));
        assert_eq!(targets(&region, &group), 1);
        assert_eq!(time.run(region.register(&group, &target)), Ok(()));
    }

    #[test]
    fn a_lost_page_of_the_clusters_leaves_the_instances_alone() {
        let (time, region, ..) = region();
        let lost = Fault::on("DescribeDBClusters", Effect::EmptyPage).times(1);
        region.world().faults.add(lost);
        let topology =
            time.run(read_topology(&region, Scope::DATABASES, &time)).expect("it is answered");
        assert_eq!((topology.clusters.len(), topology.instances.len()), (0, 4));
    }
}
