//! A proxy's nodes: AWS replaces them at any time and sends no event for it.
//!
//! Nothing of this is documented beyond a proxy's need of free addresses in its subnets (AWS docs:
//! "Planning for IP address capacity"): not when a node is replaced, not how long it serves after
//! its name has let go of it ([`Pace::proxy_drain`](crate::world::Pace)), and not whether an answer
//! of DNS holds all addresses. So each of them is something that a caller does to the world.

use std::net::IpAddr;

use super::{DbProxyEndpoint, ProxyChange, ProxyEndpointKey, Rds, refusal};
use crate::world::dns::{Move, Record};
use crate::world::elbv2::IpFamily;
use crate::world::vpc::Zone;
use crate::world::{ApiError, World};

impl World {
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
        let key = self.find_endpoint_of(proxy, endpoint)?;
        let new = self.rds.free_host(zone)?.address_in(IpFamily::Ipv4);
        let node = self.endpoint_mut(key).and_then(|found| found.nodes.get_mut(&zone));
        let node = node.ok_or_else(|| {
            refusal::invalid_subnet(&format!("{proxy} has no subnet in zone {zone}."))
        })?;
        let old = std::mem::replace(node, new);
        if let Some(found) = self.endpoint_mut(key) {
            found.leaving.push(old);
        }
        self.point_proxy_endpoint(key);
        self.proxy_change(self.pace.proxy_drain, ProxyChange::NodeGone(key, old));
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
        let key = self.find_endpoint_of(proxy, endpoint)?;
        if let Some(found) = self.endpoint_mut(key) {
            found.told_at_a_time = at_a_time;
        }
        self.point_proxy_endpoint(key);
        Ok(())
    }

    /// The name of a proxy's endpoint (AWS docs: DBProxyEndpoint; AWS CLI, examples of
    /// describe-db-proxies and describe-db-proxy-endpoints): `part` is what stands between the
    /// endpoint's name and the account's label.
    pub(super) fn proxy_host(&self, name: &str, part: &str) -> String {
        self.endpoint(name, &format!("{part}proxy-{}", super::super::endpoint::ACCOUNT_LABEL))
    }

    pub(super) fn point_proxy_endpoint(&mut self, key: ProxyEndpointKey) {
        let Some(endpoint) = self.rds.proxies.endpoints.get(&key) else {
            return;
        };
        let record = match endpoint.told_at_a_time {
            None => Record::Addresses(endpoint.addresses()),
            Some(at_a_time) => Record::SomeOf(endpoint.addresses(), at_a_time),
        };
        let host = endpoint.host.clone();
        self.repoint(&host, record, Move::AtOnce);
    }

    /// A replaced node stops accepting connections.
    pub(super) fn proxy_node_gone(&mut self, key: ProxyEndpointKey, node: IpAddr) {
        if let Some(endpoint) = self.endpoint_mut(key) {
            endpoint.leaving.retain(|leaving| *leaving != node);
        }
    }

    fn find_endpoint_of(
        &self,
        proxy: &str,
        endpoint: Option<&str>,
    ) -> Result<ProxyEndpointKey, ApiError> {
        self.rds.find_proxy(proxy)?;
        let found = self.rds.proxy_endpoint(proxy, endpoint);
        let found = found
            .ok_or_else(|| refusal::proxy_endpoint_not_found(endpoint.unwrap_or("default")))?;
        Ok(found.key)
    }

    fn endpoint_mut(&mut self, key: ProxyEndpointKey) -> Option<&mut DbProxyEndpoint> {
        let Rds { proxies, .. } = &mut self.rds;
        proxies.endpoints.get_mut(&key)
    }
}
