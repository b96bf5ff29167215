//! What a proposal rests on: plain values, read by [`read`](crate::survey::region::read).

use std::collections::BTreeMap;

use writerlink_aws::account::GroupDetail;
use writerlink_core::target::Family;

use crate::account::{Account, ById, Resolved};
use crate::read::Read;

/// What was read of a whole Region.
#[derive(Debug, Clone)]
pub struct Region {
    /// Its databases, target groups, load balancers, and the subnets of the databases.
    pub account: Account,
    /// What the databases' names resolved to.
    pub names: Names,
    /// By the ARN of a target group, its tag `writerlink:source`, if it has one.
    pub tagged: Read<BTreeMap<String, String>>,
}

/// What the databases' names resolved to, in each family that a target group has.
#[derive(Debug, Clone, Default)]
pub struct Names {
    pub v4: ById<Resolved>,
    pub v6: ById<Resolved>,
}

impl Names {
    pub(crate) fn of(&self, family: Family) -> &ById<Resolved> {
        match family {
            Family::V4 => &self.v4,
            Family::V6 => &self.v6,
        }
    }
}

/// Whether a binding can be of such a group: the function registers addresses, for TCP.
pub(crate) fn can_follow(group: &GroupDetail) -> bool {
    group.target_type == "ip" && group.protocol == "TCP"
}

/// The family of the group's addresses.
pub(crate) fn family(group: &GroupDetail) -> Family {
    if group.address_type == "ipv6" { Family::V6 } else { Family::V4 }
}
