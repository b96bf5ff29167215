//! The connect probe: whether the link itself answers.

use std::net::SocketAddr;

use crate::failure::CallError;
use crate::host_name::HostName;
use crate::target::TargetGroupArn;

/// Where the load balancer that forwards to a group listens for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Front {
    /// The load balancer's own name.
    pub name: HostName,
    /// The listener's port.
    pub port: u16,
}

/// Connects to load balancers. It sends nothing, and logs in nowhere.
pub trait LinkProbe {
    /// The TCP listener that forwards to a group; none if no load balancer has one. With a TLS
    /// listener the load balancer itself accepts every connection, so that says nothing.
    fn front(
        &self,
        group: &TargetGroupArn,
    ) -> impl Future<Output = Result<Option<Front>, CallError>> + Send;

    /// Whether a TCP connection to this address is accepted within a second.
    fn connects(&self, address: SocketAddr) -> impl Future<Output = bool> + Send;
}

/// A probe of which no value exists: a recorder without one names this type.
#[derive(Debug)]
pub enum NoProbe {}

impl LinkProbe for NoProbe {
    async fn front(&self, _: &TargetGroupArn) -> Result<Option<Front>, CallError> {
        match *self {}
    }

    async fn connects(&self, _: SocketAddr) -> bool {
        match *self {}
    }
}
