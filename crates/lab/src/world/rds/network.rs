//! Dual-stack databases, whose names also resolve to IPv6 addresses.
//!
//! `NetworkType` is `IPV4` or `DUAL`; there is no database without IPv4 (AWS docs: "Working with a
//! DB instance in a VPC", "Dual-stack mode"; botocore rds 2014-10-31). The IPv6 addresses are
//! global ones of the VPC's range, and private by routing. One thing is simpler than what users met
//! with: one of them saw an `IPV4` instance in dual-stack subnets whose name answered an IPv6
//! address at which it did not listen (cloudposse/terraform-aws-rds, issue 166); here it answers
//! none.

use std::fmt;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::world::elbv2::IpFamily;

/// The families of a database's addresses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Network {
    /// IPv4 alone.
    #[default]
    Ipv4,
    /// Both.
    Dual,
}

impl Network {
    /// Whether there are addresses of this family.
    pub fn has(self, family: IpFamily) -> bool {
        self == Network::Dual || family == IpFamily::Ipv4
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Network::Ipv4 => "IPV4",
            Network::Dual => "DUAL",
        })
    }
}
