//! RDS Proxy: nodes in subnets of the VPC, with names that do not move with a failover.
//!
//! A proxy has a default endpoint that reads and writes, and further ones that one creates (AWS
//! docs: "Working with Amazon RDS Proxy endpoints"; shapes, codes and required parameters: botocore
//! rds 2014-10-31). Each endpoint's name answers addresses, one in each of its subnets. AWS
//! replaces the nodes behind them without an event: see `nodes`.
//!
//! A node accepts TCP as long as its endpoint is available, whatever becomes of the database: RDS
//! Proxy takes a client's connection itself and lets it wait for one of the database's (AWS docs:
//! "RDS Proxy concepts and terminology", and, of a reader endpoint without readers, "Working with
//! Amazon RDS Proxy endpoints": it answers with an error). Not modelled: how clients are
//! authenticated, security groups, network types other than IPv4, proxies in other VPCs, a change
//! of a proxy or of an endpoint.

mod create;
mod delete;
mod describe;
mod nodes;
mod targets;

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

pub use create::{CreateDbProxy, CreateDbProxyEndpoint};
pub use describe::DescribeDbProxyEndpoints;
pub use targets::ProxyTarget;

use super::{Rds, Status, refusal};
use crate::world::vpc::Zone;
use crate::world::{ApiError, World};

/// A proxy's identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProxyKey(u32);

/// The identity of a proxy's endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProxyEndpointKey(u32);

/// All proxies of the region.
#[derive(Clone, Debug, Default)]
pub(super) struct Proxies {
    proxies: BTreeMap<ProxyKey, DbProxy>,
    endpoints: BTreeMap<ProxyEndpointKey, DbProxyEndpoint>,
}

/// A change of a proxy that is due later.
#[derive(Clone, Debug)]
pub enum ProxyChange {
    /// A new proxy becomes available, with its default endpoint.
    Ready(ProxyKey),
    /// A new endpoint becomes available.
    EndpointReady(ProxyEndpointKey),
    /// A replaced node stops accepting connections.
    NodeGone(ProxyEndpointKey, IpAddr),
    /// A proxy is gone, with all its endpoints.
    Gone(ProxyKey),
    /// An endpoint is gone.
    EndpointGone(ProxyEndpointKey),
}

/// A proxy.
#[derive(Clone, Debug)]
pub struct DbProxy {
    /// Its identity.
    pub key: ProxyKey,
    pub name: String,
    /// Its ARN, which ends in an id and not in its name (AWS docs: DBProxy, DBProxyArn).
    pub arn: String,
    /// The protocol it speaks.
    pub family: EngineFamily,
    /// The role that it takes to read secrets.
    pub role_arn: String,
    pub security_groups: Vec<String>,
    /// Its status, as the RDS API shows it.
    pub status: Status,
    /// The database behind it.
    pub target: Option<ProxyTarget>,
    /// When it was made.
    pub created: Duration,
}

/// An endpoint of a proxy.
#[derive(Clone, Debug)]
pub struct DbProxyEndpoint {
    /// Its identity.
    pub key: ProxyEndpointKey,
    /// The proxy's identity.
    pub proxy: ProxyKey,
    /// Its own name; the default endpoint has none.
    pub name: Option<String>,
    /// Its ARN, which ends in an id.
    pub arn: String,
    /// The name in DNS.
    pub host: String,
    /// What it is for.
    pub role: EndpointRole,
    pub security_groups: Vec<String>,
    /// Its status, as the RDS API shows it.
    pub status: Status,
    /// When it was made.
    pub created: Duration,
    /// The nodes that its name resolves to, one in each of its subnets.
    nodes: BTreeMap<Zone, IpAddr>,
    /// Nodes that were replaced and still accept connections.
    leaving: Vec<IpAddr>,
    /// How many addresses an answer of DNS holds at most; all of them, when none is said.
    told_at_a_time: Option<usize>,
}

/// What a proxy's endpoint is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EndpointRole {
    /// The writer: `READ_WRITE`.
    #[default]
    ReadWrite,
    /// The readers: `READ_ONLY`.
    ReadOnly,
}

/// The protocol of a proxy, and so of its databases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EngineFamily {
    /// MySQL and MariaDB.
    Mysql,
    Postgresql,
    Sqlserver,
}

impl EngineFamily {
    /// The port its proxies listen on, always the engine's own (AWS docs: "Connecting to a database
    /// through RDS Proxy").
    pub fn port(self) -> u16 {
        match self {
            EngineFamily::Mysql => 3306,
            EngineFamily::Postgresql => 5432,
            EngineFamily::Sqlserver => 1433,
        }
    }

    fn named(name: &str) -> Result<EngineFamily, ApiError> {
        [EngineFamily::Mysql, EngineFamily::Postgresql, EngineFamily::Sqlserver]
            .into_iter()
            .find(|family| family.to_string() == name)
            .ok_or_else(|| {
                ApiError::invalid_parameter_value(format!("Invalid engine family: {name}"))
            })
    }
}

impl fmt::Display for EngineFamily {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            EngineFamily::Mysql => "MYSQL",
            EngineFamily::Postgresql => "POSTGRESQL",
            EngineFamily::Sqlserver => "SQLSERVER",
        })
    }
}

impl fmt::Display for EndpointRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            EndpointRole::ReadWrite => "READ_WRITE",
            EndpointRole::ReadOnly => "READ_ONLY",
        })
    }
}

impl DbProxyEndpoint {
    /// The name that the RDS API shows. The docs give the default endpoint's in logs, `default`;
    /// whether the API shows the same, nobody has measured.
    pub fn shown_name(&self) -> &str {
        self.name.as_deref().unwrap_or("default")
    }

    /// The zones of its subnets.
    pub fn zones(&self) -> impl Iterator<Item = Zone> {
        self.nodes.keys().copied()
    }

    /// The addresses that its name resolves to, by zone.
    pub fn addresses(&self) -> Vec<IpAddr> {
        self.nodes.values().copied().collect()
    }

    fn accepts_tcp(&self, address: IpAddr) -> bool {
        self.status == Status::Available && self.holds(address)
    }

    fn holds(&self, address: IpAddr) -> bool {
        self.nodes.values().chain(&self.leaving).any(|node| *node == address)
    }
}

impl Rds {
    /// The proxy of that name, in any case.
    pub fn proxy(&self, name: &str) -> Option<&DbProxy> {
        let mut proxies = self.proxies.proxies.values();
        proxies.find(|proxy| proxy.name.eq_ignore_ascii_case(name))
    }

    /// All proxies.
    pub fn proxies(&self) -> impl Iterator<Item = &DbProxy> {
        self.proxies.proxies.values()
    }

    /// An endpoint of a proxy: that of a name, else the default one.
    pub fn proxy_endpoint(&self, proxy: &str, endpoint: Option<&str>) -> Option<&DbProxyEndpoint> {
        let proxy = self.proxy(proxy)?.key;
        self.endpoints_of(proxy).find(|known| match (&known.name, endpoint) {
            (None, None) => true,
            (Some(name), Some(endpoint)) => name.eq_ignore_ascii_case(endpoint),
            _ => false,
        })
    }

    /// The proxy that an endpoint belongs to.
    pub fn proxy_of(&self, endpoint: &DbProxyEndpoint) -> Option<&DbProxy> {
        self.proxies.proxies.get(&endpoint.proxy)
    }

    /// Whether a proxy's node accepts connections at this address, and on this port where one is
    /// given.
    pub(super) fn proxy_accepts_tcp(&self, address: IpAddr, port: Option<u16>) -> bool {
        self.proxies.endpoints.values().any(|endpoint| {
            let listens = |proxy: &DbProxy| port.is_none_or(|port| proxy.family.port() == port);
            endpoint.accepts_tcp(address) && self.proxy_of(endpoint).is_some_and(listens)
        })
    }

    /// The addresses that proxies' nodes have.
    pub fn proxy_addresses(&self) -> impl Iterator<Item = IpAddr> {
        let endpoints = self.proxies.endpoints.values();
        endpoints.flat_map(|endpoint| endpoint.nodes.values().chain(&endpoint.leaving).copied())
    }

    /// The endpoints of a proxy, the default one among them.
    pub fn endpoints_of(&self, proxy: ProxyKey) -> impl Iterator<Item = &DbProxyEndpoint> {
        let endpoints = self.proxies.endpoints.values();
        endpoints.filter(move |endpoint| endpoint.proxy == proxy)
    }

    fn find_proxy(&self, name: &str) -> Result<&DbProxy, ApiError> {
        self.proxy(name).ok_or_else(|| refusal::proxy_not_found(name))
    }

    /// An endpoint that was created, by its name, which no other endpoint of the region has.
    fn find_endpoint(&self, name: &str) -> Result<&DbProxyEndpoint, ApiError> {
        let mut endpoints = self.proxies.endpoints.values();
        let has_name = |endpoint: &&DbProxyEndpoint| {
            let own = endpoint.name.as_ref();
            own.is_some_and(|own| own.eq_ignore_ascii_case(name))
        };
        endpoints.find(has_name).ok_or_else(|| refusal::proxy_endpoint_not_found(name))
    }
}

impl World {
    pub(super) fn apply_proxy(&mut self, change: ProxyChange) {
        match change {
            ProxyChange::Ready(proxy) => self.proxy_ready(proxy),
            ProxyChange::EndpointReady(endpoint) => self.proxy_endpoint_ready(endpoint),
            ProxyChange::NodeGone(endpoint, node) => self.proxy_node_gone(endpoint, node),
            ProxyChange::Gone(proxy) => self.proxy_gone(proxy),
            ProxyChange::EndpointGone(endpoint) => self.proxy_endpoint_gone(endpoint),
        }
    }

    fn proxy_change(&mut self, delay: Duration, change: ProxyChange) {
        self.after(delay, crate::world::WorldChange::Rds(super::RdsChange::Proxy(change)));
    }

    fn emit_proxy_event(&mut self, proxy: ProxyKey, id: u16, message: impl FnOnce(&str) -> String) {
        if let Some(proxy) = self.rds.proxies.proxies.get(&proxy) {
            let name = proxy.name.clone();
            self.emit(crate::world::events::SourceType::DbProxy, &name, id, &message(&name));
        }
    }
}

#[cfg(test)]
mod tests;
