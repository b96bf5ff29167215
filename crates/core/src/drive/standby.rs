//! The readings that prove a standby's address, and that say whether a group may hold it.

use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};

use super::pages::collect;
use super::reads::{Reads, Tokens};
use crate::failure::{CallError, Failure};
use crate::ports::{Clock, StandbyRead, action};
use crate::standby::{BalancerRouting, Interface, Routing};
use crate::target::TargetGroupArn;

/// The longest that such a reading may take. A sweep holds the function for which the event of a
/// failover waits.
const LONGEST: Duration = Duration::from_secs(3);

/// The reading, or an error if it takes longer than [`LONGEST`].
pub(super) async fn soon<T>(
    call: &'static str,
    clock: &impl Clock,
    reading: impl Future<Output = Result<T, CallError>>,
) -> Result<T, CallError> {
    match select(pin!(reading), pin!(clock.sleep(LONGEST))).await {
        Either::Left((read, _)) => read,
        Either::Right(_) => {
            let detail = format!("no answer within {} s", LONGEST.as_secs());
            Err(CallError::new(call, Failure::Unreachable, detail))
        }
    }
}

/// Every network interface of RDS in a VPC.
pub(super) async fn interfaces(
    port: &impl StandbyRead,
    vpc: &str,
    reads: &Reads<'_, impl Clock>,
) -> Result<Vec<Interface>, CallError> {
    let mut all = collect(action::INTERFACES, reads, |marker| port.interfaces(vpc, marker)).await?;
    // In one order, so that two readings of the same interfaces are equal.
    all.sort();
    Ok(all)
}

/// How a group's traffic is routed. The group is described anew: which load balancers forward to it
/// may have changed.
pub(super) async fn routing(
    port: &impl StandbyRead,
    group: &TargetGroupArn,
    reads: &Reads<'_, impl Clock>,
) -> Result<Routing, CallError> {
    let due = Tokens::Due;
    let attributes =
        reads.read(action::GROUP_ATTRIBUTES, due, || port.group_attributes(group)).await?;
    let arns = reads.read(action::GROUPS, due, || port.balancers_of(group)).await?;
    let mut balancers = Vec::new();
    if !arns.is_empty() {
        let zones = reads.read(action::BALANCERS, due, || port.balancers(&arns)).await?;
        for arn in &arns {
            let call = action::BALANCER_ATTRIBUTES;
            let attributes = reads.read(call, due, || port.balancer_attributes(arn)).await?;
            // One that is not listed is in no zone, so that nothing is admitted.
            let zones = zones.get(arn).cloned().unwrap_or_default();
            balancers.push(BalancerRouting { zones, attributes });
        }
    }
    Ok(Routing { group: attributes, balancers })
}
