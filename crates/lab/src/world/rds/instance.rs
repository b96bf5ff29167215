//! A DB instance: one database server, or one with a standby.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use super::shown::Listed;
use super::{ClusterKey, Engine, Network};
use crate::world::elbv2::IpFamily;
use crate::world::vpc::Zone;

/// An instance's identity, which a rename does not change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstanceKey(pub(super) u32);

#[derive(Clone, Debug)]
pub struct DbInstance {
    /// Its identity.
    pub key: InstanceKey,
    /// Its name, as the RDS API shows it.
    pub identifier: String,
    /// The name that truly leads to it: another one for a moment, while a blue/green switchover
    /// renames it.
    pub(super) name: String,
    pub arn: String,
    /// Its resource id, `db-…`.
    pub resource_id: String,
    /// What runs on it.
    pub engine: Engine,
    /// The port it listens on.
    pub port: u16,
    /// Its status, as the RDS API shows it.
    pub status: Status,
    /// The cluster it is a member of.
    pub cluster: Option<ClusterKey>,
    /// Its promotion tier in a cluster: 0 is promoted first.
    pub promotion_tier: u8,
    /// The families of its addresses.
    pub network: Network,
    /// When it was made.
    pub created: Duration,
    /// Its endpoint's name; none while it is being created.
    pub endpoint: Option<String>,
    /// The zone that the RDS API shows, which lags behind a failover.
    pub shown_zone: Zone,
    /// The standby's zone that the RDS API shows.
    pub shown_standby_zone: Option<Zone>,
    /// The host that serves.
    pub(super) host: Host,
    /// The standby host, in another zone.
    pub(super) standby: Option<Host>,
    /// Whether the standby accepts connections although its engine's does not.
    pub(super) standby_listens: bool,
    /// Whether the database accepts connections.
    pub(super) serving: Serving,
    /// Whether it would take writes, if it were the writer.
    pub(super) writes: Writes,
    /// Whether the RDS API lists it.
    pub listed: Listed,
}

impl DbInstance {
    /// Whether it has a standby in another zone.
    pub fn multi_az(&self) -> MultiAz {
        if self.standby.is_some() { MultiAz::Yes } else { MultiAz::No }
    }

    /// The IPv4 address it truly serves at.
    pub fn address(&self) -> IpAddr {
        self.host.address_in(IpFamily::Ipv4)
    }

    /// The address it truly serves at, if it has one of this family.
    pub fn address_in(&self, family: IpFamily) -> Option<IpAddr> {
        self.network.has(family).then(|| self.host.address_in(family))
    }

    /// Every address it truly serves at.
    pub fn addresses(&self) -> Vec<IpAddr> {
        let of_family = |family| self.address_in(family);
        IpFamily::ALL.into_iter().filter_map(of_family).collect()
    }

    /// The standby's IPv4 address.
    pub fn standby_address(&self) -> Option<IpAddr> {
        self.standby_address_in(IpFamily::Ipv4)
    }

    /// The standby's address, if there is one of this family.
    pub fn standby_address_in(&self, family: IpFamily) -> Option<IpAddr> {
        let standby = self.standby.filter(|_| self.network.has(family));
        standby.map(|host| host.address_in(family))
    }

    /// Every address of the standby; none without one.
    pub fn standby_addresses(&self) -> Vec<IpAddr> {
        let of_family = |family| self.standby_address_in(family);
        IpFamily::ALL.into_iter().filter_map(of_family).collect()
    }

    fn standby_accepts_tcp(&self) -> bool {
        self.standby_listens || self.engine.standby_accepts_tcp()
    }

    /// Whether a connection to this address would be accepted by this instance.
    pub(super) fn accepts_tcp(&self, address: IpAddr) -> bool {
        let serves = self.serving == Serving::Yes;
        let family = IpFamily::of(address);
        let is_host = self.address_in(family) == Some(address);
        let is_standby = self.standby_address_in(family) == Some(address);
        serves && (is_host || (is_standby && self.standby_accepts_tcp()))
    }
}

/// Whether an instance has a standby in another zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MultiAz {
    /// It has.
    Yes,
    /// It has not.
    No,
}

/// Whether a database accepts connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Serving {
    Yes,
    No,
}

/// Whether a database may take writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Writes {
    Allowed,
    Refused,
}

/// A machine that a database runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Host {
    pub(super) zone: Zone,
    /// Its number in the zone, which both of its addresses end in.
    pub(super) number: u16,
}

impl Host {
    /// The host of an IPv4 address of a subnet.
    pub(super) fn at(address: IpAddr) -> Option<Host> {
        let IpAddr::V4(octets) = address else {
            return None;
        };
        let [.., block, last] = octets.octets();
        let number = u16::from(block / Zone::BLOCKS_APART) * 256 + u16::from(last);
        Some(Host { zone: Zone::of_address(address)?, number })
    }

    pub(super) fn address_in(self, family: IpFamily) -> IpAddr {
        self.zone.address_in(family, self.number)
    }
}

/// The status of an instance or a cluster (AWS docs: "Viewing DB instance status").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It is being made.
    Creating,
    /// It serves.
    Available,
    /// It is being changed.
    Modifying,
    /// It is given another name.
    Renaming,
    /// It restarts.
    Rebooting,
    /// A cluster's writer is being replaced.
    FailingOver,
    /// It is being deleted.
    Deleting,
    /// It serves, while AWS reorganises its storage.
    StorageOptimization,
    /// Its engine gets another version.
    Upgrading,
}

impl Status {
    /// Whether an instance in this state accepts no connections and will not soon.
    pub fn is_out_of_service(self) -> bool {
        matches!(self, Status::Creating | Status::Deleting)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Status::Creating => "creating",
            Status::Available => "available",
            Status::Modifying => "modifying",
            Status::Renaming => "renaming",
            Status::Rebooting => "rebooting",
            Status::FailingOver => "failing-over",
            Status::Deleting => "deleting",
            Status::StorageOptimization => "storage-optimization",
            Status::Upgrading => "upgrading",
        })
    }
}
