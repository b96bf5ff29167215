//! The databases behind the load balancer: a server on loopback for every host of the region's
//! databases.
//!
//! A fleet follows the world. A host that accepts connections by the world
//! ([`World::accepts_tcp`](crate::World::accepts_tcp)) has a socket that does, and one that does
//! not has none, and its sessions are ended. Of an Aurora cluster the instance that truly writes
//! takes writes, and the others accept connections and refuse them, as a demoted writer does once
//! it has restarted.

pub mod postgres;

mod line;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::IpAddr;

pub(super) use line::LineFleet;

use writerlink_core::source::Source;

use crate::World;
use crate::scene::Link;
use crate::wire::Lab;
use crate::world::rds::DbInstance;

/// The servers that represent the databases of one link.
///
/// Whatever it started ends with it, at the latest when it is dropped.
pub(super) trait Fleet: Send {
    /// Brings every server to what the world says at this moment, and gives each host's target its
    /// socket ([`Lab::place`]). Called every 20 ms, and never twice at once; what takes longer goes
    /// on by itself.
    fn follow(&mut self, lab: &Lab, link: &Link) -> impl Future<Output = io::Result<()>> + Send;

    /// The rows that the link's database holds, asked of its true writer once nothing writes any
    /// more.
    fn rows(
        &mut self,
        lab: &Lab,
        link: &Link,
    ) -> impl Future<Output = io::Result<BTreeSet<u64>>> + Send;
}

/// What a host of a database is at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Host {
    /// The instance's name.
    name: String,
    role: Role,
}

/// What a host does with connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// It takes writes.
    Writer,
    /// It accepts connections and refuses writes.
    Reader,
    /// It accepts none.
    Down,
}

/// The hosts of a link's database by their addresses of its group's family, standbys included, and
/// what each is at this moment.
fn hosts(world: &World, link: &Link) -> BTreeMap<IpAddr, Host> {
    if let Source::Proxy(..) | Source::Name(_) = link.source {
        return nodes(world, link);
    }
    let writer = link.writing(world).and_then(|writer| writer.address_in(link.family));
    let role = |address| match (world.accepts_tcp(address), writer == Some(address)) {
        (false, _) => Role::Down,
        (true, true) => Role::Writer,
        (true, false) => Role::Reader,
    };
    // What a blue/green deployment copies, and what it leaves behind, has the database's name and
    // more (AWS docs: "Overview of Amazon RDS Blue/Green Deployments"); so has a database that
    // takes or loses the name in a scenario.
    let is_ours = |identifier: &str| {
        let more = identifier.strip_prefix(link.database());
        more.is_some_and(|more| {
            more.is_empty()
                || ["-green-", "-old", "-next"].iter().any(|known| more.starts_with(known))
        })
    };
    let is_ours = |instance: &&DbInstance| match link.source.cluster() {
        Some(_) => {
            world.rds.cluster_of(instance).is_some_and(|cluster| is_ours(&cluster.identifier))
        }
        None => is_ours(&instance.identifier),
    };
    let addresses = world.rds.instances().filter(is_ours).flat_map(|instance| {
        let addresses =
            [instance.address_in(link.family), instance.standby_address_in(link.family)];
        addresses.into_iter().flatten().map(|address| (address, instance.identifier.clone()))
    });
    addresses.map(|(address, name)| (address, Host { name, role: role(address) })).collect()
}

/// The nodes of a proxy, or the machines behind a name: those that are behind it, and former ones
/// that still run.
fn nodes(world: &World, link: &Link) -> BTreeMap<IpAddr, Host> {
    let behind: BTreeSet<IpAddr> = link.members(world).into_iter().map(|node| node.ip()).collect();
    let others = world.rds.proxy_addresses().chain(world.hosts.running());
    let nodes: BTreeSet<IpAddr> = others.chain(behind).collect();
    let host = |address: IpAddr| Host {
        name: address.to_string(),
        role: match (world.accepts_tcp(address), link.takes_writes()) {
            (false, _) => Role::Down,
            (true, true) => Role::Writer,
            (true, false) => Role::Reader,
        },
    };
    nodes.into_iter().map(|address| (address, host(address))).collect()
}
