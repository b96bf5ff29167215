//! Carries one flow between the client and the target's socket until either side ends it or the
//! load balancer cuts it.

use std::convert::Infallible;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::copy_bidirectional_with_sizes;
use tokio::net::TcpStream;
use tokio::sync::oneshot;

use super::Nlb;
use crate::world::elbv2::TargetKey;

/// Bytes that wait in each direction.
const BUFFER: usize = 16 * 1024;

/// A flow that was given a target; it is under way for as long as this lives.
pub(super) struct Flow {
    pub(super) nlb: Arc<Nlb>,
    pub(super) serial: u64,
    /// The socket of its target, if it has one.
    pub(super) socket: Option<SocketAddr>,
    pub(super) cut: oneshot::Receiver<Infallible>,
}

impl Drop for Flow {
    fn drop(&mut self) {
        self.nlb.forget(self.serial);
    }
}

/// Draws a target by a hash of the flow, as a node does (AWS docs, "What is a Network Load
/// Balancer?": protocol, addresses, ports and the TCP sequence number). The flow's serial number
/// stands for the sequence number, which makes two connections from one port differ.
pub(super) fn draw(takers: &[TargetKey], from: SocketAddr, serial: u64) -> Option<&TargetKey> {
    let mut hasher = DefaultHasher::new();
    (from, serial).hash(&mut hasher);
    let index = hasher.finish() % takers.len().max(1) as u64;
    takers.get(index as usize)
}

/// Carries a flow to its end. Without one, or where nothing listens for its target, the client is
/// refused.
pub(super) async fn carry(flow: Option<Flow>, mut client: TcpStream) {
    let Some(mut flow) = flow else {
        return reset(&client);
    };
    let Some(mut server) = connect(flow.socket).await else {
        return reset(&client);
    };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let ended_well = tokio::select! {
        biased;
        _ = &mut flow.cut => false,
        copied = copy_bidirectional_with_sizes(&mut client, &mut server, BUFFER, BUFFER) => {
            copied.is_ok()
        }
    };
    // A node passes a reset on like everything else, and it resets the flows that it cuts.
    if !ended_well {
        reset(&client);
        reset(&server);
    }
}

async fn connect(socket: Option<SocketAddr>) -> Option<TcpStream> {
    TcpStream::connect(socket?).await.ok()
}

/// Makes the closing of a connection a reset.
pub(super) fn reset(stream: &TcpStream) {
    // A connection that is gone already needs none.
    let _ = stream.set_zero_linger();
}
