//! The databases behind the load balancer: what stands on loopback for every host of the region's databases.
//!
//! A fleet follows the world. A host that accepts connections by the world ([`World::accepts_tcp`](crate::World::accepts_tcp)) has a
//! socket that does, and one that does not has none, and its sessions are ended. Of an Aurora cluster the instance that truly
//! writes takes writes, and the others accept connections and refuse them, as a demoted writer does once it has restarted.

use std::collections::BTreeSet;
use std::io;

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
