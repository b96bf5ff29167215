//! The operations DeleteDBProxy and DeleteDBProxyEndpoint.

use super::{DbProxy, DbProxyEndpoint, ProxyChange, ProxyEndpointKey, ProxyKey, refusal};
use crate::world::rds::Status;
use crate::world::{ApiError, World};

impl World {
    /// DeleteDBProxy: "RDS Proxy automatically deletes all the associated endpoints" (AWS docs:
    /// "Working with Amazon RDS Proxy endpoints"). Its nodes accept no more connections from then
    /// on, as a deleted database does; nobody has measured it.
    pub fn delete_db_proxy(&mut self, name: &str) -> Result<&DbProxy, ApiError> {
        let proxy = self.rds.find_proxy(name)?;
        if proxy.status == Status::Deleting {
            return Err(refusal::proxy_state(&proxy.name, proxy.status));
        }
        let key = proxy.key;
        if let Some(proxy) = self.rds.proxies.proxies.get_mut(&key) {
            proxy.status = Status::Deleting;
        }
        let endpoints = self.rds.proxies.endpoints.values_mut();
        for endpoint in endpoints.filter(|endpoint| endpoint.proxy == key) {
            endpoint.status = Status::Deleting;
        }
        self.proxy_change(self.pace.delete, ProxyChange::Gone(key));
        self.rds.find_proxy(name)
    }

    /// DeleteDBProxyEndpoint. The default endpoint cannot be deleted: it has no name to do it by.
    pub fn delete_db_proxy_endpoint(&mut self, name: &str) -> Result<&DbProxyEndpoint, ApiError> {
        let endpoint = self.rds.find_endpoint(name)?;
        if endpoint.status == Status::Deleting {
            return Err(ApiError::bad_request(
                "InvalidDBProxyEndpointStateFault",
                format!("DBProxyEndpoint {name} is already being deleted."),
            ));
        }
        let key = endpoint.key;
        if let Some(endpoint) = self.rds.proxies.endpoints.get_mut(&key) {
            endpoint.status = Status::Deleting;
        }
        self.proxy_change(self.pace.delete, ProxyChange::EndpointGone(key));
        self.rds.find_endpoint(name)
    }

    /// A proxy is gone, with all its endpoints and their names.
    pub(super) fn proxy_gone(&mut self, key: ProxyKey) {
        let endpoints: Vec<_> = self.rds.endpoints_of(key).map(|endpoint| endpoint.key).collect();
        for endpoint in endpoints {
            self.proxy_endpoint_gone(endpoint);
        }
        self.emit_proxy_event(key, 205, |name| format!("RDS deleted DB proxy {name}."));
        self.rds.proxies.proxies.remove(&key);
    }

    /// An endpoint is gone, with its name.
    pub(super) fn proxy_endpoint_gone(&mut self, key: ProxyEndpointKey) {
        let Some(endpoint) = self.rds.proxies.endpoints.remove(&key) else {
            return;
        };
        self.forget_name(&endpoint.host);
        if let Some(name) = &endpoint.name {
            self.emit_proxy_event(endpoint.proxy, 208, |proxy| {
                format!("RDS deleted endpoint {name} for DB proxy {proxy}.")
            });
        }
    }
}
