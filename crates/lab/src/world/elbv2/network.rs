//! The subnets that decide in which zone an address is.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::world::vpc::Zone;

/// A VPC, as far as a load balancer looks at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vpc {
    /// Its subnets. ELBv2 compares addresses with these, not with the VPC's own ranges
    /// (measured by kubernetes-sigs/aws-load-balancer-controller, issue 3714).
    pub subnets: Vec<Subnet>,
}

/// A subnet of one zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subnet {
    /// `subnet-…`.
    pub id: String,
    /// `eu-west-1a`, …
    pub zone: String,
    /// Its IPv4 and IPv6 ranges.
    pub ranges: Vec<IpNet>,
}

impl Vpc {
    /// The databases' VPC: one subnet in each of its zones, dual-stack.
    pub fn databases(region: &str) -> Self {
        let subnet = |zone: Zone| Subnet {
            id: zone.subnet_id(),
            zone: zone.name(region),
            // As `Zone::address_in` gives addresses.
            ranges: (0..Zone::BLOCKS)
                .map(|block| zone.number() + block * Zone::BLOCKS_APART)
                .map(|block| net(&format!("10.20.{block}.0/24")))
                .chain([net(&format!("2001:db8:20:{}::/64", zone.number()))])
                .collect(),
        };
        Self { subnets: Zone::ALL.map(subnet).to_vec() }
    }

    /// The subnet that holds an address.
    pub fn subnet_of(&self, address: IpAddr) -> Option<&Subnet> {
        self.subnets
            .iter()
            .find(|subnet| subnet.ranges.iter().any(|range| range.contains(&address)))
    }
}

/// Whether a target outside the VPC may have this address (AWS docs, "Register targets": the
/// subnets of the VPC, 10.0.0.0/8, 100.64.0.0/10, 172.16.0.0/12 and 192.168.0.0/16).
pub(super) fn is_reachable_from_outside(address: IpAddr) -> bool {
    ["10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16"]
        .iter()
        .any(|range| net(range).contains(&address))
}

fn net(text: &str) -> IpNet {
    text.parse().expect("a range that is written in this file is well formed")
}
