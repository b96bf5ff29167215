//! RDS Proxy: nodes in subnets of the VPC, with names that do not move with a failover.
//!
//! A proxy has a default endpoint that reads and writes, and further ones (AWS docs: "Working with
//! Amazon RDS Proxy endpoints"; shapes and codes: botocore rds 2014-10-31). Each endpoint's name
//! answers addresses, one in each of its subnets.
//!
//! AWS replaces the nodes behind them at any time and sends no event for it. Nothing of this is
//! documented beyond a proxy's need of free addresses in its subnets (AWS docs: "Planning for IP
//! address capacity"): not when a node is replaced, not how long it serves after its name has let
//! go of it ([`Pace::proxy_drain`](crate::world::Pace)), and not whether an answer of DNS holds all
//! addresses. So each of them is something that a caller does to the world.
//!
//! A node accepts TCP as long as its endpoint is available, whatever becomes of the database: RDS
//! Proxy takes a client's connection itself and lets it wait for one of the database's (AWS docs:
//! "RDS Proxy concepts and terminology", and, of a reader endpoint without readers, "Working with
//! Amazon RDS Proxy endpoints": it answers with an error). The database behind a proxy is not
//! modelled.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Rds, RdsChange, Status, refusal};
use crate::world::dns::{Move, Record};
use crate::world::elbv2::IpFamily;
use crate::world::paging::{Page, PageRequest};
use crate::world::vpc::Zone;
use crate::world::{self, ApiError, World, ids};

/// The identity of a proxy's endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProxyEndpointKey(u32);

/// A proxy.
#[derive(Clone, Debug)]
pub struct DbProxy {
    pub name: String,
    /// Its ARN, which ends in an id and not in its name (AWS docs: DBProxy, DBProxyArn).
    pub arn: String,
    /// The protocol it speaks.
    pub family: EngineFamily,
    /// Its status, as the RDS API shows it.
    pub status: Status,
    /// When it was made.
    pub created: Duration,
}

/// An endpoint of a proxy.
#[derive(Clone, Debug)]
pub struct DbProxyEndpoint {
    /// The proxy's name.
    pub proxy: String,
    /// Its own name; the default endpoint has none.
    pub name: Option<String>,
    /// Its ARN, which ends in an id.
    pub arn: String,
    /// The name in DNS.
    pub host: String,
    /// What it is for.
    pub role: EndpointRole,
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EndpointRole {
    /// The writer.
    #[default]
    ReadWrite,
    /// The readers.
    ReadOnly,
}

/// The protocol of a proxy, and so of its databases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
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

    fn holds(&self, address: IpAddr) -> bool {
        self.nodes.values().chain(&self.leaving).any(|node| *node == address)
    }
}

impl Rds {
    /// The proxy of that name, in any case.
    pub fn proxy(&self, name: &str) -> Option<&DbProxy> {
        self.proxies.iter().find(|proxy| proxy.name.eq_ignore_ascii_case(name))
    }

    /// All proxies.
    pub fn proxies(&self) -> impl Iterator<Item = &DbProxy> {
        self.proxies.iter()
    }

    /// An endpoint of a proxy: that of a name, else the default one.
    pub fn proxy_endpoint(&self, proxy: &str, endpoint: Option<&str>) -> Option<&DbProxyEndpoint> {
        Some(&self.proxy_endpoints[&self.proxy_endpoint_key(proxy, endpoint)?])
    }

    fn proxy_endpoint_key(&self, proxy: &str, name: Option<&str>) -> Option<ProxyEndpointKey> {
        let is_it = |known: &DbProxyEndpoint| match (&known.name, name) {
            (None, None) => true,
            (Some(known), Some(name)) => known.eq_ignore_ascii_case(name),
            _ => false,
        };
        let mut endpoints = self.proxy_endpoints.iter();
        let found =
            endpoints.find(|(_, known)| known.proxy.eq_ignore_ascii_case(proxy) && is_it(known))?;
        Some(*found.0)
    }

    /// Whether a proxy's node accepts connections at this address, and on this port where one is
    /// given.
    pub(super) fn proxy_accepts_tcp(&self, address: IpAddr, port: Option<u16>) -> bool {
        self.proxy_endpoints.values().any(|endpoint| {
            let listens = |proxy: &DbProxy| port.is_none_or(|port| proxy.family.port() == port);
            endpoint.status == Status::Available
                && endpoint.holds(address)
                && self.proxy(&endpoint.proxy).is_some_and(listens)
        })
    }

    /// The addresses that proxies' nodes have.
    pub fn proxy_addresses(&self) -> impl Iterator<Item = IpAddr> {
        let endpoints = self.proxy_endpoints.values();
        endpoints.flat_map(|endpoint| endpoint.nodes.values().chain(&endpoint.leaving).copied())
    }

    /// The endpoints of a proxy, the default one among them.
    pub fn endpoints_of(&self, proxy: &DbProxy) -> impl Iterator<Item = &DbProxyEndpoint> {
        self.proxy_endpoints.values().filter(|endpoint| endpoint.proxy == proxy.name)
    }

    fn find_proxy(&self, name: &str) -> Result<&DbProxy, ApiError> {
        self.proxy(name).ok_or_else(|| refusal::proxy_not_found(name))
    }

    fn find_endpoint_of(
        &self,
        proxy: &str,
        endpoint: Option<&str>,
    ) -> Result<ProxyEndpointKey, ApiError> {
        self.find_proxy(proxy)?;
        let found = self.proxy_endpoint_key(proxy, endpoint);
        found.ok_or_else(|| refusal::proxy_endpoint_not_found(endpoint.unwrap_or("default")))
    }
}

impl Rds {
    /// A replaced node stops accepting connections.
    pub(super) fn proxy_node_gone(&mut self, key: ProxyEndpointKey, node: IpAddr) {
        if let Some(endpoint) = self.proxy_endpoints.get_mut(&key) {
            endpoint.leaving.retain(|leaving| *leaving != node);
        }
    }

    /// DescribeDBProxies, ordered by name. A name that does not exist is an error. Filters are "not
    /// currently supported" (botocore rds 2014-10-31), and passed over.
    pub fn describe_db_proxies(
        &self,
        name: Option<&str>,
        page: &PageRequest,
    ) -> Result<Page<&DbProxy>, ApiError> {
        let mut proxies: Vec<_> = match name {
            Some(name) => vec![self.find_proxy(name)?],
            None => self.proxies().collect(),
        };
        proxies.sort_by(|one, other| one.name.cmp(&other.name));
        page.of_rds(proxies, |proxy| proxy.name.clone())
    }

    /// DescribeDBProxyEndpoints, ordered by proxy and name: those of one proxy, or of all; of that
    /// name, or all. A proxy or an endpoint that does not exist is an error. The default endpoints
    /// are among them, as the field `IsDefault` has it.
    pub fn describe_db_proxy_endpoints(
        &self,
        proxy: Option<&str>,
        name: Option<&str>,
        page: &PageRequest,
    ) -> Result<Page<&DbProxyEndpoint>, ApiError> {
        let proxy = proxy.map(|name| self.find_proxy(name)).transpose()?;
        let asked = |endpoint: &&DbProxyEndpoint| {
            proxy.is_none_or(|proxy| endpoint.proxy == proxy.name)
                && name.is_none_or(|name| endpoint.shown_name().eq_ignore_ascii_case(name))
        };
        let mut found: Vec<_> = self.proxy_endpoints.values().filter(asked).collect();
        if let Some(name) = name.filter(|_| found.is_empty()) {
            return Err(refusal::proxy_endpoint_not_found(name));
        }
        let key =
            |endpoint: &&DbProxyEndpoint| format!("{}/{}", endpoint.proxy, endpoint.shown_name());
        found.sort_by_key(key);
        page.of_rds(found, key)
    }
}

impl World {
    /// A proxy with a node in each of these zones.
    ///
    /// # Errors
    ///
    /// When a zone has no address left.
    pub fn add_proxy(
        &mut self,
        name: &str,
        family: EngineFamily,
        zones: &[Zone],
    ) -> Result<(), ApiError> {
        let number = self.rds.next_number();
        self.rds.proxies.push(DbProxy {
            arn: self.proxy_arn("db-proxy:prx", number),
            name: name.to_owned(),
            family,
            status: Status::Available,
            created: self.now,
        });
        let host = self.proxy_host(name, "");
        self.insert_proxy_endpoint(name, None, host, EndpointRole::ReadWrite, zones)
    }

    /// A further endpoint of a proxy, in the zones of its default endpoint.
    ///
    /// # Errors
    ///
    /// When the proxy does not exist, or a zone has no address left.
    pub fn add_proxy_endpoint(
        &mut self,
        proxy: &str,
        name: &str,
        role: EndpointRole,
    ) -> Result<(), ApiError> {
        let default = self.rds.find_endpoint_of(proxy, None)?;
        let zones: Vec<Zone> = self.rds.proxy_endpoints[&default].zones().collect();
        let host = self.proxy_host(name, "endpoint.");
        self.insert_proxy_endpoint(proxy, Some(name), host, role, &zones)
    }

    fn insert_proxy_endpoint(
        &mut self,
        proxy: &str,
        name: Option<&str>,
        host: String,
        role: EndpointRole,
        zones: &[Zone],
    ) -> Result<(), ApiError> {
        let node = |zone: &Zone| Ok((*zone, self.rds.free_host(*zone)?.address_in(IpFamily::Ipv4)));
        let nodes = zones.iter().map(node).collect::<Result<_, ApiError>>()?;
        let number = self.rds.next_number();
        let key = ProxyEndpointKey(number);
        let endpoint = DbProxyEndpoint {
            arn: self.proxy_arn("db-proxy-endpoint:prx-endpoint", number),
            proxy: proxy.to_owned(),
            name: name.map(str::to_owned),
            host,
            role,
            status: Status::Available,
            created: self.now,
            nodes,
            leaving: Vec::new(),
            told_at_a_time: None,
        };
        self.rds.proxy_endpoints.insert(key, endpoint);
        self.point_proxy_endpoint(key);
        Ok(())
    }

    /// The node of an endpoint in a zone is replaced by one with another address, which is given
    /// back: the name answers it at once, and the old one accepts connections for a while yet.
    /// Without a name it is the default endpoint.
    ///
    /// # Errors
    ///
    /// When there is no such endpoint, it has no subnet in the zone, or the zone has no address
    /// left.
    pub fn move_proxy_address(
        &mut self,
        proxy: &str,
        endpoint: Option<&str>,
        zone: Zone,
    ) -> Result<IpAddr, ApiError> {
        let key = self.rds.find_endpoint_of(proxy, endpoint)?;
        let new = self.rds.free_host(zone)?.address_in(IpFamily::Ipv4);
        let found = self.rds.proxy_endpoints.get_mut(&key);
        let node = found.and_then(|found| Some((found.nodes.get_mut(&zone)?, &mut found.leaving)));
        let (node, leaving) = node.ok_or_else(|| {
            let message = format!("{proxy} has no subnet in zone {zone}.");
            ApiError::bad_request("InvalidSubnet", message)
        })?;
        let old = std::mem::replace(node, new);
        leaving.push(old);
        self.point_proxy_endpoint(key);
        let gone = RdsChange::ProxyNodeGone(key, old);
        self.after(self.pace.proxy_drain, world::WorldChange::Rds(gone));
        Ok(new)
    }

    /// From now on, an answer of DNS for an endpoint holds so many of its addresses, the next ones
    /// at each question; or all of them again.
    ///
    /// # Errors
    ///
    /// When there is no such endpoint.
    pub fn tell_proxy_addresses(
        &mut self,
        proxy: &str,
        endpoint: Option<&str>,
        at_a_time: Option<usize>,
    ) -> Result<(), ApiError> {
        let key = self.rds.find_endpoint_of(proxy, endpoint)?;
        if let Some(found) = self.rds.proxy_endpoints.get_mut(&key) {
            found.told_at_a_time = at_a_time;
        }
        self.point_proxy_endpoint(key);
        Ok(())
    }

    /// The name of a proxy's endpoint (AWS docs: DBProxyEndpoint; AWS CLI, examples of
    /// describe-db-proxies and describe-db-proxy-endpoints): `part` is what stands between the
    /// endpoint's name and the account's label.
    fn proxy_host(&self, name: &str, part: &str) -> String {
        self.endpoint(name, &format!("{part}proxy-{}", super::endpoint::ACCOUNT_LABEL))
    }

    fn proxy_arn(&self, kind: &str, number: u32) -> String {
        let id = ids::hex16(number.into());
        format!("arn:aws:rds:{}:{}:{kind}-0{id}", self.region, self.account)
    }

    fn point_proxy_endpoint(&mut self, key: ProxyEndpointKey) {
        let Some(endpoint) = self.rds.proxy_endpoints.get(&key) else {
            return;
        };
        let record = match endpoint.told_at_a_time {
            None => Record::Addresses(endpoint.addresses()),
            Some(at_a_time) => Record::SomeOf(endpoint.addresses(), at_a_time),
        };
        let host = endpoint.host.clone();
        self.repoint(&host, record, Move::AtOnce);
    }
}

#[cfg(test)]
mod tests;
