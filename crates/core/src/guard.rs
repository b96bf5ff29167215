//! The address guard: which addresses may ever be registered.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use crate::target::Family;
use crate::text::bounded;

/// The networks of a binding. There is no default: publishing an address to other accounts needs
/// written consent. The best networks are the database's own subnets.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Allow(Vec<IpNet>);

impl Allow {
    /// Checks the networks: there is at least one, none is broader than /8 (IPv6 /32), none has
    /// host bits, and none overlaps a special range.
    pub fn new(networks: Vec<IpNet>) -> Result<Self, AllowError> {
        if networks.is_empty() {
            return Err(AllowError::Empty);
        }
        for network in &networks {
            let narrowest = if network.addr().is_ipv4() { 8 } else { 32 };
            if network.prefix_len() < narrowest {
                return Err(AllowError::TooBroad(*network, narrowest));
            }
            if network.trunc() != *network {
                return Err(AllowError::HostBits(*network));
            }
            if let Some((range, special)) =
                RANGES.iter().find(|(range, _)| range.contains(network) || network.contains(range))
            {
                return Err(AllowError::Special(*network, *range, *special));
            }
        }
        Ok(Self(networks))
    }

    /// Whether an address is in one of the networks.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }

    /// Checks whether an address may be registered in a group of this family.
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
    /// It can never be the address of a database: loopback, link-local and others.
    #[error("it is {0}")]
    Special(Special),
    /// The group accepts only the other family.
    #[error("the target group accepts only {0} addresses")]
    Family(Family),
    /// No network of the binding's `allow` contains it.
    #[error("it lies outside the binding's `allow`")]
    Outside,
}

/// The kinds of addresses that no database in a VPC has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Special {
    /// The machine itself.
    Loopback,
    /// The local link. In a VPC these are also the instance metadata, the DNS server and the
    /// credentials of a container.
    LinkLocal,
    /// A group of hosts.
    Multicast,
    /// No host.
    Unspecified,
    /// Every host of the link.
    Broadcast,
    /// An IPv4 address in IPv6 form, as sockets show it.
    Mapped,
    /// An IPv6 address that a router or a tunnel translates into the IPv4 address in it. An address
    /// that is refused as IPv4 must not pass in this form.
    Translated,
    /// Reserved by IANA, or for a protocol.
    Reserved,
    /// Amazon's own services in every VPC: instance metadata, DNS, time (AWS docs: "Instance
    /// metadata", "Amazon DNS server").
    Amazon,
}

/// The special ranges (IANA IPv4 and IPv6 Special-Purpose Address Registries; AWS docs for
/// fd00:ec2::/32). If two of them overlap, the narrower comes first.
///
/// The list does not contain the ranges that a VPC can have: private ranges, 100.64.0.0/10,
/// 198.18.0.0/15 (AWS docs: "VPC CIDR blocks") and unique local addresses other than Amazon's. Nor
/// does it contain the ranges for documentation, which are not routed.
const RANGES: [(IpNet, Special); 22] = [
    (v4([255, 255, 255, 255], 32), Special::Broadcast),
    (v4([0, 0, 0, 0], 8), Special::Unspecified),
    (v4([127, 0, 0, 0], 8), Special::Loopback),
    (v4([169, 254, 0, 0], 16), Special::LinkLocal),
    (v4([192, 0, 0, 0], 24), Special::Reserved),
    (v4([224, 0, 0, 0], 4), Special::Multicast),
    (v4([240, 0, 0, 0], 4), Special::Reserved),
    (v6([0, 0, 0, 0, 0, 0, 0, 0], 128), Special::Unspecified),
    (v6([0, 0, 0, 0, 0, 0, 0, 1], 128), Special::Loopback),
    // IPv4-compatible, IPv4-mapped, and IPv4-translated (RFC 4291 and RFC 2765).
    (v6([0, 0, 0, 0, 0, 0, 0, 0], 96), Special::Translated),
    (v6([0, 0, 0, 0, 0, 0xffff, 0, 0], 96), Special::Mapped),
    (v6([0, 0, 0, 0, 0xffff, 0, 0, 0], 96), Special::Translated),
    // NAT64, the well-known prefix and the local ones (RFC 6052 and RFC 8215).
    (v6([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96), Special::Translated),
    (v6([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48), Special::Translated),
    (v6([0x100, 0, 0, 0, 0, 0, 0, 0], 64), Special::Reserved),
    // Teredo (RFC 4380), inside the range of IETF protocols, and 6to4 (RFC 3056).
    (v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 32), Special::Translated),
    (v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23), Special::Reserved),
    (v6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16), Special::Translated),
    (v6([0xfd00, 0xec2, 0, 0, 0, 0, 0, 0], 32), Special::Amazon),
    (v6([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10), Special::LinkLocal),
    // Site-local addresses, which are deprecated (RFC 3879).
    (v6([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10), Special::Reserved),
    (v6([0xff00, 0, 0, 0, 0, 0, 0, 0], 8), Special::Multicast),
];

const fn v4([a, b, c, d]: [u8; 4], length: u8) -> IpNet {
    IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), length))
}

const fn v6([a, b, c, d, e, f, g, h]: [u16; 8], length: u8) -> IpNet {
    IpNet::V6(Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, d, e, f, g, h), length))
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
            Self::Translated => "an IPv6 address that represents an IPv4 address",
            Self::Reserved => "a reserved address",
            Self::Amazon => "an address of Amazon's own services",
        })
    }
}

/// Why an `allow` was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AllowError {
    /// There is no network, so no address could be registered.
    #[error(
        "`allow` is empty: name the subnets of the database, such as `allow = [\"10.20.0.0/16\"]`"
    )]
    Empty,
    /// A network that is broader than any VPC.
    #[error("`allow` holds {0}, which is broader than /{1}: name the subnets of the database")]
    TooBroad(IpNet, u8),
    /// An address with a prefix length. It is unclear whether the network or the address is meant.
    #[error(
        "`allow` holds {0}, which is an address of the network {network}: write `{network}`, or \
         `{address}` for this address alone",
        network = .0.trunc(),
        address = IpNet::from(.0.addr())
    )]
    HostBits(IpNet),
    /// A range in which no database can be.
    #[error("`allow` holds {0}, which overlaps {1} ({2}): name the subnets of the database")]
    Special(IpNet, IpNet, Special),
    /// Not a network.
    #[error("`allow` holds {written:?}, which is not a network: write {}", suggestion(.meant))]
    Syntax {
        /// The written text.
        written: String,
        /// The network that was probably meant.
        meant: Option<IpNet>,
    },
}

fn suggestion(meant: &Option<IpNet>) -> String {
    match meant {
        Some(meant) => format!("`{meant}` if that is meant"),
        None => "it like `10.20.0.0/16`".to_owned(),
    }
}

/// Parses a network as written in an `allow`. A number with a leading zero is refused, because some
/// programs read it as octal.
pub fn network(text: &str) -> Result<IpNet, AllowError> {
    let is_plain = |(address, length): (&str, &str)| {
        address.parse::<IpAddr>().is_ok() && (length == "0" || !length.starts_with('0'))
    };
    let plain = text.split_once('/').filter(|parts| is_plain(*parts));
    plain
        .and_then(|_| text.parse().ok())
        .ok_or_else(|| AllowError::Syntax { written: bounded(text), meant: meant(text) })
}

/// The network that an invalid text probably means: one with leading zeros, without a prefix
/// length, with a netmask, without its trailing zeros, or with spaces around it.
fn meant(text: &str) -> Option<IpNet> {
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address.trim(), Some(length.trim())),
        None => (text.trim(), None),
    };
    let address = address.parse().ok().or_else(|| dotted(address, length.is_some()))?;
    let network = match length {
        None => Some(IpNet::from(address)),
        Some(length) => match number(length) {
            Some(length) => IpNet::new(address, length).ok(),
            None => IpNet::with_netmask(address, length.parse().ok()?).ok(),
        },
    };
    network.map(|network| network.trunc())
}

fn dotted(text: &str, may_be_short: bool) -> Option<IpAddr> {
    let parts: Vec<u8> = text.split('.').map(number).collect::<Option<_>>()?;
    let mut octets = [0; 4];
    if parts.len() > octets.len() || (parts.len() < octets.len() && !may_be_short) {
        return None;
    }
    octets[..parts.len()].copy_from_slice(&parts);
    Some(octets.into())
}

fn number(text: &str) -> Option<u8> {
    text.parse().ok().filter(|_| text.bytes().all(|b| b.is_ascii_digit()))
}

fn special(address: IpAddr) -> Option<Special> {
    RANGES.iter().find_map(|(range, special)| range.contains(&address).then_some(*special))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allow(networks: &[&str]) -> Result<Allow, AllowError> {
        Allow::new(networks.iter().map(|n| n.parse().expect(n)).collect())
    }

    #[test]
    fn an_address_is_accepted_only_in_a_named_network_and_of_the_groups_family() {
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
            "240.0.0.1",
            "192.0.0.8",
        ] {
            assert!(
                matches!(allow.check(ip.parse().expect(ip), Family::V4), Err(Refusal::Special(_))),
                "{ip}"
            );
        }
        for ip in [
            "::1",
            "fe80::1",
            "ff02::1",
            "::",
            "::ffff:10.0.0.1",
            "::ffff:127.0.0.1",
            "::10.0.0.1",
            "::ffff:0:10.0.0.1",
            "64:ff9b::10.0.0.1",
            "64:ff9b::169.254.169.254",
            "64:ff9b:1::10.0.0.1",
            "2002:a9fe:a9fe::1",
            "2001:0:a00:1::1",
            "2001:20::1",
            "100::1",
            "fd00:ec2::254",
            "fec0::1",
        ] {
            assert!(
                matches!(allow.check(ip.parse().expect(ip), Family::V6), Err(Refusal::Special(_))),
                "{ip}"
            );
        }
    }

    #[test]
    fn an_address_that_a_vpc_can_have_is_not_special() {
        for ip in [
            "10.20.3.4",
            "100.64.0.7",
            "172.31.0.5",
            "192.168.0.5",
            "192.0.1.5",
            "198.19.0.5",
            "52.17.1.1",
            "fd00:ec3::7",
            "fd12::7",
            "2a05:d018::7",
            "2600:1f18::7",
        ] {
            assert_eq!(special(ip.parse().expect(ip)), None, "{ip}");
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
            "169.0.0.0/8",
            "224.0.0.0/8",
            "240.0.0.0/8",
            "fe80::/64",
            "::ffff:10.0.0.0/104",
            "::10.0.0.0/104",
            "64:ff9b::/96",
            "64:ff9b::/48",
            "64:ff9b:1::/64",
            "fd00:ec2::/32",
            "fd00:ec2::/64",
            "fd00:ec2::254/128",
            "2002:a00::/32",
        ] {
            assert!(matches!(allow(&[network]), Err(AllowError::Special(..))), "{network}");
        }
    }

    #[test]
    fn a_network_that_is_written_wrong_is_refused_with_the_one_that_was_probably_meant() {
        for (written, meant) in [
            ("10.20.3.4/16", "`10.20.0.0/16`"),
            ("10.20.3.4/16", "`10.20.3.4/32`"),
            ("fd12::7/48", "`fd12::/48`"),
            ("10.020.0.0/16", "`10.20.0.0/16`"),
            ("010.020.000.000/016", "`10.20.0.0/16`"),
            ("10.20.0.0/016", "`10.20.0.0/16`"),
            ("10.020.3.4/16", "`10.20.0.0/16`"),
            ("10.20.0.0/016", "`10.20.0.0/16`"),
            ("10.20.3.4", "`10.20.3.4/32`"),
            ("fd12::7", "`fd12::7/128`"),
            ("10.20/16", "`10.20.0.0/16`"),
            ("10.20.0.0/255.255.0.0", "`10.20.0.0/16`"),
            (" 10.20.0.0/16 ", "`10.20.0.0/16`"),
            ("10.20.0.0 / 16", "`10.20.0.0/16`"),
            ("10.20", "like `10.20.0.0/16`"),
            ("10.20.0.0/33", "like `10.20.0.0/16`"),
            ("10.20.300.0/16", "like `10.20.0.0/16`"),
            ("orders", "like `10.20.0.0/16`"),
            ("", "like `10.20.0.0/16`"),
        ] {
            let error = network(written)
                .and_then(|network| Allow::new(vec![network]))
                .expect_err(written)
                .to_string();
            assert!(error.contains(meant), "{written:?} gave {error:?}");
        }
    }
}
