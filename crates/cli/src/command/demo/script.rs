//! What is to happen, and when.

use std::collections::VecDeque;
use std::time::Duration;

use writerlink_lab::World;
use writerlink_lab::fault::DeliveryFault;
use writerlink_lab::world::{ApiError, Pace};

/// The longest that the play may last before it counts as failed.
pub(super) const LIMIT: Duration = Duration::from_secs(27);

/// How often a sweep is due.
pub(super) const SWEEP_EVERY: Duration = Duration::from_secs(4);

/// The function's times, shortened as the region's are.
pub(super) const TIMING: &str =
    "\n[timing]\nsettle = 2\npatience-started = 8\npatience = 4\nsweep = 3\n";

/// When the cluster loses its writer.
const ORDERS: Duration = Duration::from_millis(500);

/// When the instance loses its host: while the function is busy with the cluster.
const BILLING: Duration = Duration::from_millis(1500);

/// Something that is done to the region at a moment of the play.
pub(super) struct Cue {
    pub(super) at: Duration,
    pub(super) database: &'static str,
    pub(super) text: &'static str,
    pub(super) happen: fn(&mut World) -> Result<(), ApiError>,
}

/// All of them, in order.
pub(super) fn cues() -> VecDeque<Cue> {
    let orders = Cue {
        at: ORDERS,
        database: "orders",
        text: "the writer's host is lost",
        happen: |world| {
            world.faults.add_delivery(DeliveryFault::Duplicate(1));
            world.lose_writer("orders")
        },
    };
    let billing = Cue {
        at: BILLING,
        database: "billing",
        text: "the instance's host is lost",
        happen: |world| world.lose_host("billing"),
    };
    VecDeque::from([orders, billing])
}

/// When the names have come to rest.
pub(super) fn calm_after(pace: &Pace) -> Duration {
    let cluster = ORDERS + pace.promote;
    let instance = BILLING + pace.promote_standby;
    cluster.max(instance) + pace.dns_lag + pace.flap
}

/// What will go wrong, said beforehand.
pub(super) fn faults(pace: &Pace) -> String {
    format!(
        "\
DNS gives the new address {:.1} s after a promotion, then goes back and forth for {:.1} s. The events that
announce a failover come before anything has moved, and one of them comes twice.",
        pace.dns_lag.as_secs_f64(),
        pace.flap.as_secs_f64(),
    )
}
