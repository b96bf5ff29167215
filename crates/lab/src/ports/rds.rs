//! The port of the RDS API.

use writerlink_core::failure::CallError;
use writerlink_core::ports::{Clock, Filter, Page, Rds, action};
use writerlink_core::source::Identifier;
use writerlink_core::topology::{Cluster, CustomEndpoint, Instance, ListedProxyEndpoint, Proxy};

use super::{InProcess, api_view};
use crate::world::World;

/// The most entries on a page, which core's adapter asks for.
const RDS_PAGE: usize = 100;

impl<C: Clock + Sync> Rds for InProcess<C> {
    async fn clusters(
        &self,
        filter: Option<&Filter>,
        marker: Option<String>,
    ) -> Result<Page<(Identifier, Cluster)>, CallError> {
        let list = |world: &World| {
            let mut clusters = api_view::clusters(world);
            clusters.retain(|id, _| filter.is_none_or(|filter| matches(filter, id, Some(id))));
            clusters
        };
        self.page(action::CLUSTERS, RDS_PAGE, marker, list).await
    }

    async fn instances(
        &self,
        filter: Option<&Filter>,
        marker: Option<String>,
    ) -> Result<Page<(Identifier, Instance)>, CallError> {
        let list = |world: &World| {
            let mut instances = api_view::instances(world);
            instances.retain(|id, instance| {
                filter.is_none_or(|filter| matches(filter, id, instance.cluster.as_ref()))
            });
            instances
        };
        self.page(action::INSTANCES, RDS_PAGE, marker, list).await
    }

    async fn custom_endpoints(
        &self,
        marker: Option<String>,
    ) -> Result<Page<(Identifier, CustomEndpoint)>, CallError> {
        self.page(action::CUSTOM_ENDPOINTS, RDS_PAGE, marker, api_view::custom_endpoints).await
    }

    async fn proxies(
        &self,
        marker: Option<String>,
    ) -> Result<Page<(Identifier, Proxy)>, CallError> {
        self.page(action::PROXIES, RDS_PAGE, marker, api_view::proxies).await
    }

    async fn proxy_endpoints(
        &self,
        marker: Option<String>,
    ) -> Result<Page<ListedProxyEndpoint>, CallError> {
        let page = self.page(action::PROXY_ENDPOINTS, RDS_PAGE, marker, api_view::proxy_endpoints);
        let Page { entries, next } = page.await?;
        Ok(Page { entries: entries.into_iter().map(|(_, listed)| listed).collect(), next })
    }
}

/// Whether a filter of RDS keeps an entry with this name, which is or belongs to this cluster.
fn matches(filter: &Filter, id: &Identifier, cluster: Option<&Identifier>) -> bool {
    match filter {
        Filter::Clusters(names) => cluster.is_some_and(|cluster| names.contains(cluster)),
        Filter::Instances(names) => names.contains(id),
    }
}
