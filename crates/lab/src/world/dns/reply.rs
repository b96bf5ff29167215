//! The address family of a DNS query, and its reply.

use std::net::IpAddr;
use std::time::Duration;

use crate::world::elbv2::IpFamily;

/// The family of addresses that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// A records.
    V4,
    /// AAAA records.
    V6,
    /// Any other type: the name may exist, its addresses do not matter.
    Other,
}

impl From<IpFamily> for Family {
    fn from(family: IpFamily) -> Family {
        match family {
            IpFamily::Ipv4 => Family::V4,
            IpFamily::Ipv6 => Family::V6,
        }
    }
}

/// What a resolver receives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Whether and how the question was answered.
    pub code: Code,
    /// The records, aliases before what they lead to.
    pub records: Vec<ResourceRecord>,
    /// Whether the answer is cut short over UDP, so that the resolver must come back over TCP.
    pub cut_over_udp: bool,
    /// How much later than usual it comes.
    pub delay: Duration,
}

/// Whether and how a question is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// The name exists; without an address among the records, it has none of the family.
    NoError,
    /// The name, or what it leads to, does not exist.
    NxDomain,
    /// The server failed.
    ServFail,
    /// Nothing is said.
    Silence,
}

/// One record of a reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResourceRecord {
    /// `owner` is another name for `target`.
    Alias {
        /// The name that was looked up.
        owner: String,
        /// The name it leads to.
        target: String,
    },
    /// `owner` has an address.
    Address {
        /// The name that was looked up.
        owner: String,
        address: IpAddr,
    },
}

impl Reply {
    /// The addresses of the reply.
    pub fn addresses(&self) -> Vec<IpAddr> {
        let address = |record: &ResourceRecord| match record {
            ResourceRecord::Address { address, .. } => Some(*address),
            ResourceRecord::Alias { .. } => None,
        };
        self.records.iter().filter_map(address).collect()
    }
}

impl Reply {
    pub(super) fn without_records(code: Code) -> Reply {
        Reply { code, records: Vec::new(), cut_over_udp: false, delay: Duration::ZERO }
    }

    pub(super) fn add_alias(&mut self, owner: &str, target: &str) {
        self.records
            .push(ResourceRecord::Alias { owner: owner.to_owned(), target: target.to_owned() });
    }

    pub(super) fn add_addresses(&mut self, owner: &str, addresses: &[IpAddr], family: Family) {
        let asked_for = addresses.iter().filter(|address| match family {
            Family::V4 => address.is_ipv4(),
            Family::V6 => address.is_ipv6(),
            Family::Other => false,
        });
        self.records.extend(
            asked_for.map(|address| ResourceRecord::Address {
                owner: owner.to_owned(),
                address: *address,
            }),
        );
    }
}
