//! The address guard: what may ever be registered.

use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;

use crate::target::Family;

/// The networks of a binding. There is no default: publishing an address to other accounts is consented to in
/// writing, best as the database's own subnets.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Allow(Vec<IpNet>);

impl Allow {
    /// Checks the networks: at least one, none broader than /8 (IPv6 /32), none in a special range.
    pub fn new(networks: Vec<IpNet>) -> Result<Self, AllowError> {
        if networks.is_empty() {
            return Err(AllowError::Empty);
        }
        for network in &networks {
            let narrowest = if network.addr().is_ipv4() { 8 } else { 32 };
            if network.prefix_len() < narrowest {
                return Err(AllowError::TooBroad(*network, narrowest));
            }
            if let Some(special) = special(network.network()).or_else(|| special(network.broadcast())) {
                return Err(AllowError::Special(*network, special));
            }
        }
        Ok(Self(networks))
    }

    /// Whether an address lies in one of the networks.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }

    /// Whether an address may be registered in a group of this family, or why not.
    pub fn check(&self, address: IpAddr, family: Family) -> Result<(), Refusal> {
        if let Some(special) = special(address) {
            return Err(Refusal::Special(special));
        }
        if Family::of(address) != family {
            return Err(Refusal::Family(family));
        }
        if !self.contains(address) {
            return Err(Refusal::Outside);
        }
        Ok(())
    }
}

/// Why an address may not be registered.
#[derive(Debug, Clone, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Refusal {
    /// It can never be a database: loopback, link-local, …
    #[error("it is {0}")]
    Special(Special),
    /// The group takes the other family.
    #[error("the target group takes {0} addresses only")]
    Family(Family),
    /// No network of the binding's `allow` contains it.
    #[error("it lies outside the binding's `allow`")]
    Outside,
}

/// Ranges in which no database of a VPC can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Special {
    /// 127.0.0.0/8, ::1
    Loopback,
    /// 169.254.0.0/16, fe80::/10
    LinkLocal,
    /// 224.0.0.0/4, ff00::/8
    Multicast,
    /// 0.0.0.0/8, ::
    Unspecified,
    /// 255.255.255.255
    Broadcast,
    /// ::ffff:0:0/96, IPv4 in an IPv6 coat
    Mapped,
}

impl fmt::Display for Special {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Loopback => "a loopback address",
            Self::LinkLocal => "a link-local address",
            Self::Multicast => "a multicast address",
            Self::Unspecified => "an unspecified address",
            Self::Broadcast => "the broadcast address",
            Self::Mapped => "an IPv4-mapped IPv6 address",
        })
    }
}

/// Why an `allow` was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AllowError {
    /// Nothing is allowed anywhere.
    #[error("`allow` is empty: name the subnets of the database, such as `allow = [\"10.20.0.0/16\"]`")]
    Empty,
    /// Broader than any VPC.
    #[error("`allow` holds {0}, which is broader than /{1}: name the subnets of the database")]
    TooBroad(IpNet, u8),
    /// Not a range in which a database can be.
    #[error("`allow` holds {0}, which reaches {1}: name the subnets of the database")]
    Special(IpNet, Special),
}

fn special(address: IpAddr) -> Option<Special> {
    let link_local = match address {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    };
    match address {
        IpAddr::V6(v6) if v6.to_ipv4_mapped().is_some() => Some(Special::Mapped),
        IpAddr::V4(v4) if v4.is_broadcast() => Some(Special::Broadcast),
        IpAddr::V4(v4) if v4.octets()[0] == 0 => Some(Special::Unspecified),
        _ if address.is_unspecified() => Some(Special::Unspecified),
        _ if address.is_loopback() => Some(Special::Loopback),
        _ if link_local => Some(Special::LinkLocal),
        _ if address.is_multicast() => Some(Special::Multicast),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allow(networks: &[&str]) -> Result<Allow, AllowError> {
        Allow::new(networks.iter().map(|n| n.parse().expect(n)).collect())
    }

    #[test]
    fn an_address_is_taken_only_inside_a_named_network_and_of_the_groups_family() {
        let allow = allow(&["10.20.0.0/16", "fd12::/48"]).expect("allow");
        let check = |ip: &str, family| allow.check(ip.parse().expect(ip), family);
        assert_eq!(check("10.20.3.4", Family::V4), Ok(()));
        assert_eq!(check("fd12::7", Family::V6), Ok(()));
        assert_eq!(check("10.20.3.4", Family::V6), Err(Refusal::Family(Family::V6)));
        assert_eq!(check("10.21.0.1", Family::V4), Err(Refusal::Outside));
        assert_eq!(check("52.17.1.1", Family::V4), Err(Refusal::Outside));
        assert_eq!(check("fd12::7", Family::V4), Err(Refusal::Family(Family::V4)));
        assert_eq!(check("2a05:d018::1", Family::V6), Err(Refusal::Outside));
    }

    #[test]
    fn special_addresses_are_refused_whatever_the_networks_say() {
        let allow = allow(&["10.0.0.0/8"]).expect("allow");
        for ip in [
            "127.0.0.1",
            "169.254.169.253",
            "224.0.0.1",
            "0.0.0.0",
            "0.1.2.3",
            "255.255.255.255",
        ] {
            assert!(
                matches!(allow.check(ip.parse().expect(ip), Family::V4), Err(Refusal::Special(_))),
                "{ip}"
            );
        }
        for ip in ["::1", "fe80::1", "ff02::1", "::", "::ffff:10.0.0.1", "::ffff:127.0.0.1"] {
            assert!(
                matches!(allow.check(ip.parse().expect(ip), Family::V6), Err(Refusal::Special(_))),
                "{ip}"
            );
        }
    }

    #[test]
    fn an_allow_that_protects_nothing_is_refused() {
        assert_eq!(allow(&[]), Err(AllowError::Empty));
        for network in ["0.0.0.0/0", "10.0.0.0/7", "fd00::/8", "2001:db8::/31", "::/0"] {
            assert!(matches!(allow(&[network]), Err(AllowError::TooBroad(..))), "{network}");
        }
        for network in [
            "127.0.0.0/8",
            "169.254.0.0/16",
            "224.0.0.0/8",
            "fe80::/64",
            "::ffff:10.0.0.0/104",
        ] {
            assert!(matches!(allow(&[network]), Err(AllowError::Special(..))), "{network}");
        }
    }
}
