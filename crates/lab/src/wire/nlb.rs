//! The load balancers' data plane: it carries TCP connections of real clients to the sockets that
//! stand in for targets.
//!
//! Every listener for TCP has one loopback address for each node of its load balancer, which is one
//! for each zone; listeners that come and go through the API are followed. The world decides which
//! target takes a flow and when a flow is cut ([`crate::world::elbv2::route`],
//! [`crate::world::elbv2::fate`]), in the world's own time. Targets have addresses of a VPC, where
//! nothing listens, so a target's flows go to the socket that [`Lab::place`](super::Lab::place)
//! gave it; one without a socket refuses. Health checks are not carried: whether one passes is what
//! the world says of the database ([`World::accepts_tcp`]), at the world's pace, and the caller
//! that places a socket makes both agree.
//!
//! Two things differ from AWS. A node of AWS passes a client's SYN on, so that `connect` fails if
//! the target refuses or there is none; here the client's system has connected before the node is
//! asked, and a refusal is a reset right after it. (At the load balancer's own name `connect` fails
//! too: `ports`.) And listeners for TLS and UDP have no address here.

mod carry;
mod ports;

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::TICK;
use super::region::Region;
use crate::world::World;
use crate::world::elbv2::{Fate, TargetKey};
use carry::{Flow, carry};
use ports::Ports;

/// A listener at one of its load balancer's nodes, on loopback.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct NlbListener {
    /// The load balancer's name.
    pub load_balancer: String,
    /// The listener's port, as the API has it.
    pub port: u16,
    /// The node's zone.
    pub zone: String,
    /// Where the node listens.
    pub address: SocketAddr,
}

/// The data plane of all load balancers.
pub(super) struct Nlb {
    region: Arc<Region>,
    most_flows: usize,
    nodes: Mutex<BTreeMap<Node, Open>>,
    ports: Mutex<Ports>,
    places: Mutex<BTreeMap<SocketAddr, SocketAddr>>,
    flows: Mutex<Flows>,
}

/// A listener at a node.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Node {
    /// The listener's ARN.
    listener: String,
    zone: String,
}

/// A node's listener that is open for as long as this lives.
struct Open {
    shown: NlbListener,
    _closes_when_dropped: oneshot::Sender<Infallible>,
}

/// The flows under way.
#[derive(Default)]
struct Flows {
    /// How many there were.
    opened: u64,
    carried: BTreeMap<u64, Carried>,
}

/// A flow that is carried for as long as this lives.
struct Carried {
    node: Node,
    target: TargetKey,
    _cut_when_dropped: oneshot::Sender<Infallible>,
}

impl Nlb {
    /// `unique` is a port at 127.0.0.1 that no other lab of this machine has at the same time.
    pub(super) fn new(region: Arc<Region>, most_flows: usize, unique: u16) -> Nlb {
        Nlb {
            region,
            most_flows,
            nodes: Mutex::default(),
            ports: Mutex::new(Ports::of(unique)),
            places: Mutex::default(),
            flows: Mutex::default(),
        }
    }

    /// The listeners that are open, by load balancer, port and zone.
    pub(super) fn listeners(&self) -> Vec<NlbListener> {
        let open: BTreeSet<_> = lock(&self.nodes).values().map(|open| open.shown.clone()).collect();
        open.into_iter().collect()
    }

    pub(super) fn place(&self, target: SocketAddr, socket: SocketAddr) {
        lock(&self.places).insert(target, socket);
    }

    /// Opens the listeners that the world has and closes those that it has no longer. What was
    /// opened accepts among the `acceptors`.
    pub(super) async fn follow(self: &Arc<Self>, acceptors: &mut JoinSet<()>) -> io::Result<()> {
        let wanted = self.region.with(|world| wanted(world));
        lock(&self.nodes).retain(|node, _| wanted.contains_key(node));
        for (node, (load_balancer, port)) in wanted {
            if lock(&self.nodes).contains_key(&node) {
                continue;
            }
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
            let shown = NlbListener {
                load_balancer,
                port,
                zone: node.zone.clone(),
                address: listener.local_addr()?,
            };
            let (closes, closed) = oneshot::channel();
            acceptors.spawn(accept(self.clone(), node.clone(), listener, closed));
            let open = Open { shown, _closes_when_dropped: closes };
            lock(&self.nodes).insert(node, open);
        }
        self.follow_ports(acceptors);
        Ok(())
    }

    /// Draws a target for a new flow, whose client is at `from`. None, if no target takes it or too
    /// many flows are under way.
    fn admit(self: &Arc<Self>, node: &Node, from: SocketAddr) -> Option<Flow> {
        let mut flows = lock(&self.flows);
        if flows.carried.len() >= self.most_flows {
            return None;
        }
        flows.opened += 1;
        let serial = flows.opened;
        let route = self.region.with(|world| world.route(&node.listener, &node.zone));
        let target = carry::draw(route.takers(), from, serial)?.clone();
        let socket = self.socket_of(&target);
        let (cuts, cut) = oneshot::channel();
        let carried = Carried { node: node.clone(), target, _cut_when_dropped: cuts };
        flows.carried.insert(serial, carried);
        Some(Flow { nlb: self.clone(), serial, socket, cut })
    }

    fn socket_of(&self, target: &TargetKey) -> Option<SocketAddr> {
        let address: IpAddr = target.id.parse().ok()?;
        lock(&self.places).get(&SocketAddr::new(address, target.port)).copied()
    }

    /// Cuts the flows that the world does not keep.
    fn cut(&self) {
        let mut flows = lock(&self.flows);
        if flows.carried.is_empty() {
            return;
        }
        self.region.with(|world| {
            flows.carried.retain(|_, flow| {
                world.fate(&flow.node.listener, &flow.node.zone, &flow.target) == Fate::Kept
            });
        });
    }

    fn forget(&self, serial: u64) {
        lock(&self.flows).carried.remove(&serial);
    }
}

/// Keeps up with the world until the future is dropped, and closes every listener and flow then.
pub(super) async fn serve(nlb: Arc<Nlb>, mut acceptors: JoinSet<()>) {
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        nlb.cut();
        // Out of descriptors or ports: the next tick tries again.
        let _ = nlb.follow(&mut acceptors).await;
        while acceptors.try_join_next().is_some() {}
    }
}

/// Accepts flows at a node until its listener is closed, and stays for those that are still under
/// way.
async fn accept(
    nlb: Arc<Nlb>,
    node: Node,
    listener: TcpListener,
    mut closed: oneshot::Receiver<Infallible>,
) {
    let mut flows = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = &mut closed => break,
        };
        match accepted {
            Ok((client, from)) => {
                flows.spawn(carry(nlb.admit(&node, from), client));
            }
            // Out of descriptors or a connection that was gone before it was accepted: others may
            // still come.
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
        while flows.try_join_next().is_some() {}
    }
    drop(listener);
    while flows.join_next().await.is_some() {}
}

/// The nodes of the world's listeners, each with its load balancer's name and its port.
fn wanted(world: &World) -> BTreeMap<Node, (String, u16)> {
    let mut wanted = BTreeMap::new();
    for balancer in world.elbv2.balancers() {
        let listeners =
            world.elbv2.listeners().filter(|listener| listener.balancer == balancer.arn);
        for listener in listeners {
            for node in &balancer.nodes {
                let node = Node { listener: listener.arn.clone(), zone: node.zone.clone() };
                wanted.insert(node, (balancer.name.clone(), listener.port));
            }
        }
    }
    wanted
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
