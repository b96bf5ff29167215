//! Readings as core's driver makes them: every page, and again after a failure that may pass.

use std::time::Duration;

use tokio::time::Instant;
use writerlink_aws::ReadPorts;
use writerlink_aws::clock::MachineClock;
use writerlink_core::discover::TaggedGroup;
use writerlink_core::drive::{read_topology, retry};
use writerlink_core::failure::CallError;
use writerlink_core::ports::{Clock, Rds, TargetGroupRead};
use writerlink_core::target::{Target, TargetGroupArn};
use writerlink_core::topology::{Scope, Topology};

pub(crate) async fn topology_of(rds: &impl Rds, scope: Scope) -> Result<Topology, CallError> {
    read_topology(rds, scope, &MachineClock::start()).await
}

/// The same where a call fails each time, with pauses that are a twentieth as long.
pub(crate) async fn topology_of_hurried(
    rds: &impl Rds,
    scope: Scope,
) -> Result<Topology, CallError> {
    read_topology(rds, scope, &Hurried(Instant::now())).await
}

/// A clock on which a second takes 50 ms.
struct Hurried(Instant);

impl Clock for Hurried {
    fn now(&self) -> Duration {
        self.0.elapsed() * 20
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration / 20).await;
    }
}

pub(crate) async fn targets_of(
    groups: &impl TargetGroupRead,
    group: &TargetGroupArn,
) -> Result<Vec<Target>, CallError> {
    retry(&MachineClock::start(), || groups.targets(group)).await
}

pub(crate) async fn tagged_groups_of(ports: &ReadPorts) -> Result<Vec<TaggedGroup>, CallError> {
    ports.tagged_groups(&MachineClock::start()).await
}

pub(crate) async fn tagged_groups_of_hurried(
    ports: &ReadPorts,
) -> Result<Vec<TaggedGroup>, CallError> {
    ports.tagged_groups(&Hurried(Instant::now())).await
}
