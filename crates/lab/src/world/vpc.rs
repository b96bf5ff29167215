//! The one VPC of the region: its network, its zones and their subnets.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net};
use schemars::JsonSchema;
use serde::Deserialize;

/// The VPC's id.
pub const VPC_ID: &str = "vpc-0a1b2c3d";

/// The VPC's network, as text: the third byte of an address is its zone's number, of hosts from 256
/// on that and a multiple of `Zone::BLOCKS_APART`.
pub const VPC_CIDR: &str = "10.20.0.0/16";

/// The VPC's IPv6 network, as text: a /56, as AWS gives them (AWS docs: "VPC CIDR blocks"), of the
/// range for documentation (RFC 3849). The fourth group of an address is its zone's number.
pub const VPC_IPV6_CIDR: &str = "2001:db8:20::/56";

/// The subnet group that databases are in.
pub const SUBNET_GROUP: &str = "default";

/// An availability zone of the region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Zone {
    /// The first zone, such as eu-west-1a.
    A,
    /// The second zone.
    B,
    /// The third zone.
    C,
}

impl Zone {
    /// All zones, in order.
    pub const ALL: [Zone; 3] = [Zone::A, Zone::B, Zone::C];

    /// How many /24 networks a zone's subnet has: 980 databases find an address in it.
    pub(crate) const BLOCKS: u8 = 4;

    /// By how much the third bytes of two neighbouring networks of a subnet differ.
    pub(crate) const BLOCKS_APART: u8 = 16;

    /// The zone's number, from 1: the third byte of its IPv4 addresses, and the fourth group of its
    /// IPv6 addresses.
    pub fn number(self) -> u8 {
        match self {
            Zone::A => 1,
            Zone::B => 2,
            Zone::C => 3,
        }
    }

    /// The zone's name in a region.
    pub fn name(self, region: &str) -> String {
        format!("{region}{self}")
    }

    /// The zone of that name in a region.
    pub fn named(name: &str, region: &str) -> Option<Zone> {
        Zone::ALL.into_iter().find(|zone| zone.name(region) == name)
    }

    /// The zone whose subnet holds an address of the VPC.
    pub fn of_address(address: IpAddr) -> Option<Zone> {
        let number = match address {
            IpAddr::V4(address) => match address.octets() {
                [10, 20, block, _] if block / Zone::BLOCKS_APART < Zone::BLOCKS => {
                    u16::from(block % Zone::BLOCKS_APART)
                }
                _ => return None,
            },
            IpAddr::V6(address) => match address.segments() {
                [0x2001, 0xdb8, 0x20, number, ..] => number,
                _ => return None,
            },
        };
        Zone::ALL.into_iter().find(|zone| u16::from(zone.number()) == number)
    }

    /// The next zone, the first after the last.
    pub fn next(self) -> Zone {
        match self {
            Zone::A => Zone::B,
            Zone::B => Zone::C,
            Zone::C => Zone::A,
        }
    }

    /// The IPv4 network of the zone's subnet: of its hosts up to 255. What a fleet has beyond them
    /// is in none.
    pub(crate) fn network(self) -> IpNet {
        let network = Ipv4Addr::new(10, 20, self.number(), 0);
        IpNet::V4(Ipv4Net::new_assert(network, 24))
    }

    /// The id of the zone's subnet.
    pub fn subnet_id(self) -> String {
        format!("subnet-0a1b2c3d{}", self.number())
    }

    /// The IPv4 address of a host of this zone.
    pub fn address(self, host: u16) -> IpAddr {
        self.address_in(IpFamily::Ipv4, host)
    }

    /// The address of a host of this zone in a family.
    pub fn address_in(self, family: IpFamily, host: u16) -> IpAddr {
        let [block, last] = host.to_be_bytes();
        match family {
            IpFamily::Ipv4 => {
                Ipv4Addr::new(10, 20, self.number() + block * Zone::BLOCKS_APART, last).into()
            }
            IpFamily::Ipv6 => {
                Ipv6Addr::new(0x2001, 0xdb8, 0x20, self.number().into(), 0, 0, 0, host).into()
            }
        }
    }
}

/// A family of addresses: of a target group, a load balancer or a host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum IpFamily {
    /// IPv4 addresses only.
    #[default]
    Ipv4,
    /// IPv6 addresses only.
    Ipv6,
}

impl IpFamily {
    /// Both.
    pub const ALL: [IpFamily; 2] = [IpFamily::Ipv4, IpFamily::Ipv6];

    /// The family of an address.
    pub fn of(address: IpAddr) -> IpFamily {
        match address {
            IpAddr::V4(_) => IpFamily::Ipv4,
            IpAddr::V6(_) => IpFamily::Ipv6,
        }
    }
}

impl fmt::Display for Zone {
    /// The zone's letter.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Zone::A => "a",
            Zone::B => "b",
            Zone::C => "c",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_belongs_to_the_zone_that_gave_it() {
        for zone in Zone::ALL {
            for family in [IpFamily::Ipv4, IpFamily::Ipv6] {
                for host in [9, 256 + 10, 3 * 256 + 254] {
                    assert_eq!(Zone::of_address(zone.address_in(family, host)), Some(zone));
                }
            }
        }
        assert_eq!(Zone::of_address(IpAddr::from([0x2001, 0xdb8, 0x21, 1, 0, 0, 0, 9])), None);
        assert_eq!(Zone::of_address(IpAddr::from([10, 21, 1, 9])), None);
        assert_eq!(Zone::of_address(IpAddr::from([10, 20, 4, 9])), None);
    }

    #[test]
    fn a_zone_is_found_by_its_name_in_its_region_only() {
        assert_eq!(Zone::named("eu-west-1b", "eu-west-1"), Some(Zone::B));
        assert_eq!(Zone::named("us-east-1b", "eu-west-1"), None);
    }
}
