//! The operations DescribeDBProxies and DescribeDBProxyEndpoints.

use super::{DbProxy, DbProxyEndpoint};
use crate::world::paging::{Page, PageRequest};
use crate::world::rds::DescribeRequest;
use crate::world::{ApiError, World};

/// The parameters of DescribeDBProxyEndpoints.
#[derive(Clone, Debug, Default)]
pub struct DescribeDbProxyEndpoints {
    /// `DBProxyName`.
    pub proxy: Option<String>,
    /// `DBProxyEndpointName`.
    pub endpoint: Option<String>,
    /// Which page.
    pub page: PageRequest,
}

impl World {
    /// DescribeDBProxies, ordered by name. A name that does not exist is an error. Filters are "not
    /// currently supported" (botocore rds 2014-10-31), and passed over.
    pub fn describe_db_proxies(
        &self,
        request: &DescribeRequest,
    ) -> Result<Page<&DbProxy>, ApiError> {
        let mut proxies: Vec<_> = match &request.identifier {
            Some(name) => vec![self.rds.find_proxy(name)?],
            None => self.rds.proxies.proxies.values().collect(),
        };
        proxies.sort_by(|one, other| one.name.cmp(&other.name));
        request.page.of_rds(proxies, |proxy| proxy.name.clone())
    }

    /// DescribeDBProxyEndpoints, ordered by proxy and name: those of one proxy, or of all; of that
    /// name, or all. A proxy or an endpoint that does not exist is an error. The default endpoints
    /// are among them, as the field `IsDefault` has it.
    pub fn describe_db_proxy_endpoints(
        &self,
        request: &DescribeDbProxyEndpoints,
    ) -> Result<Page<&DbProxyEndpoint>, ApiError> {
        let proxy = request.proxy.as_deref().map(|name| self.rds.find_proxy(name));
        let proxy = proxy.transpose()?.map(|proxy| proxy.key);
        let asked = |endpoint: &&DbProxyEndpoint| proxy.is_none_or(|proxy| endpoint.proxy == proxy);
        let mut endpoints: Vec<_> = self.rds.proxies.endpoints.values().filter(asked).collect();
        if let Some(name) = &request.endpoint {
            endpoints.retain(|endpoint| endpoint.shown_name().eq_ignore_ascii_case(name));
            if endpoints.is_empty() {
                return Err(super::refusal::proxy_endpoint_not_found(name));
            }
        }
        let key = |endpoint: &&DbProxyEndpoint| {
            let proxy = self.rds.proxy_of(endpoint).map_or("", |proxy| &proxy.name);
            format!("{proxy}/{}", endpoint.shown_name())
        };
        endpoints.sort_by_key(key);
        request.page.of_rds(endpoints, key)
    }
}
