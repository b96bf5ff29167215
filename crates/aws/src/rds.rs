//! Reads the lists of the RDS API.

mod cluster;
mod custom_endpoint;
mod field;
mod instance;
mod proxy;

use aws_sdk_rds::{Client, types};
use writerlink_core::failure::CallError;
use writerlink_core::ports::{Filter, Page, Rds, action};
use writerlink_core::source::Identifier;
use writerlink_core::topology::{Cluster, CustomEndpoint, Instance, ListedProxyEndpoint, Proxy};

use crate::read::{listed, read};

/// The most that one page may hold (botocore rds 2014-10-31, `MaxRecords`).
const PAGE: i32 = 100;

/// The lists of RDS, a page at a time.
#[derive(Debug, Clone)]
pub struct RdsClient(Client);

impl RdsClient {
    pub(crate) fn new(rds: Client) -> Self {
        Self(rds)
    }
}

fn filters(filter: &Filter) -> Vec<types::Filter> {
    let (name, values) = match filter {
        Filter::Clusters(names) => ("db-cluster-id", names),
        Filter::Instances(names) => ("db-instance-id", names),
    };
    let values = values.iter().map(ToString::to_string).collect();
    vec![types::Filter::builder().name(name).set_values(Some(values)).build()]
}

impl Rds for RdsClient {
    async fn clusters(
        &self,
        filter: Option<&Filter>,
        marker: Option<String>,
    ) -> Result<Page<(Identifier, Cluster)>, CallError> {
        let request = self.0.describe_db_clusters().max_records(PAGE).set_marker(marker);
        let request = request.set_filters(filter.map(filters)).customize();
        let page = read(action::CLUSTERS, |watch| request.interceptor(watch).send()).await?;
        let list = listed(action::CLUSTERS, "DBClusters", page.db_clusters)?;
        Ok(Page { entries: list.iter().filter_map(cluster::convert).collect(), next: page.marker })
    }

    async fn instances(
        &self,
        filter: Option<&Filter>,
        marker: Option<String>,
    ) -> Result<Page<(Identifier, Instance)>, CallError> {
        let request = self.0.describe_db_instances().max_records(PAGE).set_marker(marker);
        let request = request.set_filters(filter.map(filters)).customize();
        let page = read(action::INSTANCES, |watch| request.interceptor(watch).send()).await?;
        let list = listed(action::INSTANCES, "DBInstances", page.db_instances)?;
        Ok(Page { entries: list.iter().filter_map(instance::convert).collect(), next: page.marker })
    }

    async fn custom_endpoints(
        &self,
        marker: Option<String>,
    ) -> Result<Page<(Identifier, CustomEndpoint)>, CallError> {
        let request =
            self.0.describe_db_cluster_endpoints().max_records(PAGE).set_marker(marker).customize();
        let page =
            read(action::CUSTOM_ENDPOINTS, |watch| request.interceptor(watch).send()).await?;
        let list =
            listed(action::CUSTOM_ENDPOINTS, "DBClusterEndpoints", page.db_cluster_endpoints)?;
        Ok(Page {
            entries: list.iter().filter_map(custom_endpoint::convert).collect(),
            next: page.marker,
        })
    }

    async fn proxies(
        &self,
        marker: Option<String>,
    ) -> Result<Page<(Identifier, Proxy)>, CallError> {
        let request = self.0.describe_db_proxies().max_records(PAGE).set_marker(marker).customize();
        let page = read(action::PROXIES, |watch| request.interceptor(watch).send()).await?;
        let list = listed(action::PROXIES, "DBProxies", page.db_proxies)?;
        Ok(Page { entries: list.iter().filter_map(proxy::convert).collect(), next: page.marker })
    }

    async fn proxy_endpoints(
        &self,
        marker: Option<String>,
    ) -> Result<Page<ListedProxyEndpoint>, CallError> {
        let request =
            self.0.describe_db_proxy_endpoints().max_records(PAGE).set_marker(marker).customize();
        let page = read(action::PROXY_ENDPOINTS, |watch| request.interceptor(watch).send()).await?;
        let list = listed(action::PROXY_ENDPOINTS, "DBProxyEndpoints", page.db_proxy_endpoints)?;
        Ok(Page {
            entries: list.iter().filter_map(proxy::convert_endpoint).collect(),
            next: page.marker,
        })
    }
}
