//! The databases behind the load balancer: what stands on loopback for every host of the region's databases.
//!
//! A fleet follows the world. A host that accepts connections by the world ([`World::accepts_tcp`](crate::World::accepts_tcp)) has a
//! socket that does, and one that does not has none, and its sessions are ended. Of an Aurora cluster the instance that truly
//! writes takes writes, and the others accept connections and refuse them, as a demoted writer does once it has restarted.

pub mod postgres;

mod line;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::IpAddr;

pub(super) use line::LineFleet;

use crate::World;
use crate::scene::Link;
use crate::wire::Lab;

/// Servers that stand for the databases of one link.
///
/// Whatever it started ends with it, at the latest when it is dropped.
pub(super) trait Fleet: Send {
    /// Brings every server to what the world says at this moment, and gives each host's target its socket
    /// ([`Lab::place`]). Called every 20 ms, and never twice at once; what takes longer goes on by itself.
    fn follow(&mut self, lab: &Lab, link: &Link) -> impl Future<Output = io::Result<()>> + Send;

    /// The rows that the link's database holds, asked of its true writer once nothing writes any more.
    fn rows(&mut self, lab: &Lab, link: &Link) -> impl Future<Output = io::Result<BTreeSet<u64>>> + Send;
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

/// The hosts of a link's database, standbys included, and what each is at this moment.
fn hosts(world: &World, link: &Link) -> BTreeMap<IpAddr, Host> {
    let writer = link.writer(world).map(|writer| writer.address.ip());
    let role = |address| match (world.accepts_tcp(address), writer == Some(address)) {
        (false, _) => Role::Down,
        (true, true) => Role::Writer,
        (true, false) => Role::Reader,
    };
    let is_ours = |instance: &&crate::world::rds::DbInstance| match link.source.cluster() {
        Some(id) => {
            let cluster = world.rds.cluster_of(instance);
            cluster.is_some_and(|cluster| cluster.identifier == id.as_str())
        }
        None => instance.identifier == link.database(),
    };
    let addresses = world.rds.instances().filter(is_ours).flat_map(|instance| {
        let addresses = [Some(instance.address()), instance.standby_address()];
        addresses
            .into_iter()
            .flatten()
            .map(|address| (address, instance.identifier.clone()))
    });
    addresses
        .map(|(address, name)| {
            (
                address,
                Host {
                    name,
                    role: role(address),
                },
            )
        })
        .collect()
}
