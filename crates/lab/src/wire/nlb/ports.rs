//! The listeners' own ports, at an address that each node has for itself, and the load balancers'
//! own names, which lead to these addresses.
//!
//! Here a client finds a load balancer as it does in AWS: it resolves the name that the API tells,
//! and connects to the listener's port. A connection is refused where a node of AWS, which passes a
//! client's SYN on, leads to no target that accepts: a port listens only while a target that would
//! take a flow accepts connections, by the world's word, and has a socket. AWS draws one target for
//! each flow; here it is enough that one of several accepts. The world is looked at every 20 ms.
//!
//! DNS gives a node's address only while all ports of its listeners could be had there. They cannot
//! be had on a system whose loopback interface has 127.0.0.1 alone, as macOS has it, while another
//! program listens on such a port on all addresses, and if the system reserves the port for root.
//!
//! Unlike in AWS, DNS gives the address of a node whatever the health of its targets, and no node
//! has an IPv6 address.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use tokio::net::TcpSocket;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::{Nlb, Node, accept, lock};
use crate::world::World;
use crate::world::dns::{Move, Record};
use crate::world::elbv2::TargetKey;

/// The ports of all load balancers' listeners.
pub(super) struct Ports {
    /// The second and the third number of all addresses.
    net: [u8; 2],
    /// The nodes' addresses, by the load balancer's own name and the zone.
    addresses: BTreeMap<(String, String), Ipv4Addr>,
    ports: BTreeMap<Node, Port>,
    /// What DNS was told of each name.
    published: BTreeMap<String, Vec<IpAddr>>,
}

/// A listener's port at a node's address.
enum Port {
    /// Bound, so that no other program has it, and not listening.
    Reserved(TcpSocket),
    /// Listening for as long as this lives.
    Listening { _closes_when_dropped: oneshot::Sender<Infallible> },
    /// It listened. Its socket is closed in a moment, and only then can the port be bound again.
    Closing,
}

/// What the world says of a listener at a node.
struct Wanted {
    /// The load balancer's own name.
    name: String,
    port: u16,
    /// Whether a target that would take a flow accepts connections, and has a socket.
    answers: bool,
}

/// The last number of the first node's address, and the most nodes that have one.
const FIRST: u8 = 10;
const MOST_NODES: usize = 200;

/// How many connections may wait to be accepted.
const BACKLOG: u32 = 128;

impl Ports {
    /// No ports yet. All addresses will be made of `unique`, a port at 127.0.0.1 that no other lab
    /// of this machine has at the same time.
    pub(super) fn of(unique: u16) -> Self {
        Self {
            net: unique.to_be_bytes(),
            addresses: BTreeMap::new(),
            ports: BTreeMap::new(),
            published: BTreeMap::new(),
        }
    }

    /// The address of a load balancer's node.
    fn address(&mut self, name: &str, zone: &str) -> Option<Ipv4Addr> {
        let next = self.addresses.len();
        let node = (name.to_owned(), zone.to_owned());
        if let Some(address) = self.addresses.get(&node) {
            return Some(*address);
        }
        let last = u8::try_from(next).ok().filter(|_| next < MOST_NODES)? + FIRST;
        let address = Ipv4Addr::new(127, self.net[0], self.net[1], last);
        self.addresses.insert(node, address);
        Some(address)
    }

    /// The addresses of each name's nodes at which all ports could be had.
    fn names(&self, wanted: &BTreeMap<Node, Wanted>) -> BTreeMap<String, Vec<IpAddr>> {
        let mut nodes = BTreeMap::new();
        for (node, Wanted { name, .. }) in wanted {
            let is_had = nodes.entry((name.clone(), node.zone.clone())).or_insert(true);
            *is_had &= self.ports.contains_key(node);
        }
        let mut names: BTreeMap<String, Vec<IpAddr>> = BTreeMap::new();
        for (node, is_had) in nodes {
            let address = self.addresses.get(&node).filter(|_| is_had);
            names.entry(node.0).or_default().extend(address.copied().map(IpAddr::V4));
        }
        names
    }
}

impl Nlb {
    /// Opens and closes the ports as the world has it, and tells DNS their addresses.
    pub(super) fn follow_ports(self: &Arc<Self>, acceptors: &mut JoinSet<()>) {
        let wanted = self.region.with(|world| self.wanted_ports(world));
        let mut all = lock(&self.ports);
        all.ports.retain(|node, _| wanted.contains_key(node));
        for (node, Wanted { name, port, answers }) in &wanted {
            let Some(address) = all.address(name, &node.zone) else {
                continue;
            };
            let address = SocketAddr::from((address, *port));
            let port = match all.ports.remove(node) {
                None => reserve(address),
                Some(Port::Closing) => reserve(address).or(Some(Port::Closing)),
                port => port,
            };
            let port = match port {
                Some(Port::Reserved(socket)) if *answers => self.listen(node, socket, acceptors),
                Some(Port::Listening { .. }) if !answers => Some(Port::Closing),
                port => port,
            };
            if let Some(port) = port {
                all.ports.insert(node.clone(), port);
            }
        }
        let names = all.names(&wanted);
        if names != all.published {
            self.region.with(|world| publish(world, &all.published, &names));
            all.published = names;
        }
    }

    /// The listeners of the world at their nodes.
    fn wanted_ports(&self, world: &World) -> BTreeMap<Node, Wanted> {
        let accepts = |target: &TargetKey| {
            let address: Option<IpAddr> = target.id.parse().ok();
            address.is_some_and(|address| world.listens(address, target.port))
                && self.socket_of(target).is_some()
        };
        let mut wanted = BTreeMap::new();
        for balancer in world.elbv2.balancers() {
            let listeners =
                world.elbv2.listeners().filter(|listener| listener.balancer == balancer.arn);
            for listener in listeners {
                for node in &balancer.nodes {
                    let answers =
                        world.route(&listener.arn, &node.zone).takers().iter().any(accepts);
                    let node = Node { listener: listener.arn.clone(), zone: node.zone.clone() };
                    let name = balancer.dns_name.clone();
                    wanted.insert(node, Wanted { name, port: listener.port, answers });
                }
            }
        }
        wanted
    }

    /// Lets a port listen. None, if another program listens on it on all addresses since.
    fn listen(
        self: &Arc<Self>,
        node: &Node,
        socket: TcpSocket,
        acceptors: &mut JoinSet<()>,
    ) -> Option<Port> {
        let listener = socket.listen(BACKLOG).ok()?;
        let (closes, closed) = oneshot::channel();
        acceptors.spawn(accept(self.clone(), node.clone(), listener, closed));
        Some(Port::Listening { _closes_when_dropped: closes })
    }
}

/// Binds a port without listening on it. None, if it cannot be had.
fn reserve(address: SocketAddr) -> Option<Port> {
    let socket = TcpSocket::new_v4().ok()?;
    // Connections of a former listener may still be there.
    socket.set_reuseaddr(true).ok()?;
    socket.bind(address).ok()?;
    Some(Port::Reserved(socket))
}

/// Makes the names resolve to these addresses, and those that are gone to nothing.
fn publish(
    world: &mut World,
    before: &BTreeMap<String, Vec<IpAddr>>,
    names: &BTreeMap<String, Vec<IpAddr>>,
) {
    for name in before.keys().filter(|name| !names.contains_key(*name)) {
        world.repoint(name, Record::Absent, Move::AtOnce);
    }
    for (name, addresses) in names {
        world.repoint(name, Record::Addresses(addresses.clone()), Move::AtOnce);
    }
}
