//! Databases outside RDS: machines in the VPC, and the name of a private hosted zone that resolves
//! to some of them.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::World;
use super::dns::{Move, Record};

/// All such machines and names.
#[derive(Clone, Debug, Default)]
pub struct Hosts {
    /// The machines that run, and the port of each.
    machines: BTreeMap<IpAddr, u16>,
    names: BTreeMap<String, BTreeSet<IpAddr>>,
}

impl Hosts {
    /// The machines that a name should resolve to, whatever DNS says at the moment.
    pub fn behind(&self, name: &str) -> BTreeSet<IpAddr> {
        self.names.get(name).cloned().unwrap_or_default()
    }

    /// The machines that run.
    pub fn running(&self) -> impl Iterator<Item = IpAddr> {
        self.machines.keys().copied()
    }

    /// Whether a machine accepts connections at this address, and on this port where one is given.
    pub(super) fn accepts_tcp(&self, address: IpAddr, port: Option<u16>) -> bool {
        let listens = self.machines.get(&address);
        listens.is_some_and(|own| port.is_none_or(|port| port == *own))
    }
}

impl World {
    /// Machines that run and listen on this port, with a name that answers all of them.
    pub fn add_host(&mut self, name: &str, port: u16, addresses: &[IpAddr]) {
        self.hosts.machines.extend(addresses.iter().map(|address| (*address, port)));
        self.name_host(name, addresses, Move::AtOnce);
    }

    /// Makes the name resolve to these machines, of which new ones begin to run. Those that it
    /// stood for run on.
    pub fn move_host(&mut self, name: &str, port: u16, addresses: &[IpAddr], how: Move) {
        self.hosts.machines.extend(addresses.iter().map(|address| (*address, port)));
        self.name_host(name, addresses, how);
    }

    fn name_host(&mut self, name: &str, addresses: &[IpAddr], how: Move) {
        let addresses: BTreeSet<IpAddr> = addresses.iter().copied().collect();
        self.repoint(name, Record::Addresses(addresses.iter().copied().collect()), how);
        self.hosts.names.insert(name.to_owned(), addresses);
    }
}
