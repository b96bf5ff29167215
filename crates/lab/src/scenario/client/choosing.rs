//! An application that chooses: it has a port for every member of a cluster, asks each in turn, and
//! keeps the first that takes writes.
//!
//! A failover moves roles and no addresses, so no target changes on its way. When the writer is
//! gone, its connection breaks or answers `read-only`; the pool drops it, and the next choice finds
//! whoever writes by then.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use super::line::LineSession;
use super::postgres::{PostgresDoor, PostgresSession};
use super::{Door, Failure, LineDoor};
use crate::scenario::recording::End;

/// A member of a cluster as the application knows it.
#[derive(Clone)]
pub(in crate::scenario) struct MemberPort {
    /// Its endpoint's name, which its certificate bears.
    pub(in crate::scenario) name: Arc<str>,
    /// Where the load balancer's nodes listen for it, one in each zone.
    pub(in crate::scenario) nodes: Vec<SocketAddr>,
}

/// Opens connections to whichever member writes.
#[derive(Clone)]
pub(in crate::scenario) struct ChoosingDoor<D> {
    pub(in crate::scenario) door: D,
    pub(in crate::scenario) members: Vec<MemberPort>,
    /// How long a member may take to answer. A member that is down may answer nothing at all.
    pub(in crate::scenario) timeout: Duration,
}

impl<D> ChoosingDoor<D> {
    /// The members by the nodes of one zone: that of this node of the first member.
    fn in_zone_of(&self, node: SocketAddr) -> Vec<(Arc<str>, SocketAddr)> {
        let first = self.members.first().into_iter().flat_map(|member| &member.nodes);
        let zone = first.into_iter().position(|at| *at == node).unwrap_or_default();
        let at = |member: &MemberPort| Some((member.name.clone(), *member.nodes.get(zone)?));
        self.members.iter().filter_map(at).collect()
    }
}

impl Door for ChoosingDoor<LineDoor> {
    type Session = LineSession;

    async fn open(&self, node: SocketAddr) -> Result<LineSession, Failure> {
        for (_, at) in self.in_zone_of(node) {
            let asked = timeout(self.timeout, async {
                let mut session = self.door.open(at).await?;
                let is_writer = session.is_writer().await?;
                Ok::<_, Failure>(is_writer.then_some(session))
            });
            if let Ok(Ok(Some(writer))) = asked.await {
                return Ok(writer);
            }
        }
        Err(Failure::of(End::Refused))
    }
}

impl Door for ChoosingDoor<PostgresDoor> {
    type Session = PostgresSession;

    async fn open(&self, node: SocketAddr) -> Result<PostgresSession, Failure> {
        self.door.choose(&self.in_zone_of(node), self.timeout).await
    }
}
