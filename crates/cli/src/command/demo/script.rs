//! The failovers of the demo, and when they happen.

use std::collections::VecDeque;
use std::time::Duration;

use writerlink_lab::World;
use writerlink_lab::fault::DeliveryFault;
use writerlink_lab::world::{ApiError, Pace};

/// If the demo takes longer, it has failed.
pub(super) const LIMIT: Duration = Duration::from_secs(27);

pub(super) const SWEEP_EVERY: Duration = Duration::from_secs(4);

/// The settle time in [`TIMING`].
pub(super) const SETTLE_SECONDS: u64 = 2;

/// The function's timing, shortened like the region's.
pub(super) const TIMING: &str =
    "\n[timing]\nsettle = 2\npatience-started = 8\npatience = 4\nsweep = 3\n";

/// When the cluster loses its writer.
const ORDERS: Duration = Duration::from_millis(500);

/// When the instance loses its host: the function is still busy with the cluster.
const BILLING: Duration = Duration::from_millis(1500);

/// A failure that the script causes in the region at a fixed time.
pub(super) struct ScriptedFailure {
    pub(super) at: Duration,
    pub(super) database: &'static str,
    pub(super) text: &'static str,
    pub(super) apply: fn(&mut World) -> Result<(), ApiError>,
}

/// All failures, by time.
pub(super) fn failures() -> VecDeque<ScriptedFailure> {
    let orders = ScriptedFailure {
        at: ORDERS,
        database: "orders",
        text: "the writer's host is lost",
        apply: |world| {
            world.faults.add_delivery(DeliveryFault::Duplicate(1));
            world.lose_writer("orders")
        },
    };
    let billing = ScriptedFailure {
        at: BILLING,
        database: "billing",
        text: "the instance's host is lost",
        apply: |world| world.lose_host("billing"),
    };
    VecDeque::from([orders, billing])
}

/// When DNS has stopped changing.
pub(super) fn calm_after(pace: &Pace) -> Duration {
    let cluster = ORDERS + pace.promote;
    let instance = BILLING + pace.promote_standby;
    cluster.max(instance) + pace.dns_lag + pace.flap
}

/// The announcement of what will go wrong.
pub(super) fn faults(pace: &Pace) -> String {
    format!(
        "\
DNS returns the new address {:.1} s after a promotion,
then alternates between the old and the new address for {:.1} s. The events that announce a failover
arrive before anything has moved, and one of them arrives twice.",
        pace.dns_lag.as_secs_f64(),
        pace.flap.as_secs_f64(),
    )
}
