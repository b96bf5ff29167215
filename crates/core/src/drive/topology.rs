//! The topology, put together from the lists of the RDS API.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::{join3, try_join, try_join3};

use super::pages::collect;
use super::reads::Reads;
use crate::failure::{CallError, Failure, Rejection};
use crate::ports::{Clock, Filter, Rds, action};
use crate::source::Identifier;
use crate::topology::{
    Cluster, CustomEndpoint, Databases, Instance, ListedProxyEndpoint, Named, Proxy, Scope,
    Topology,
};

/// Reads the lists of the Region, as [`read_topology`](super::read_topology) says.
pub(crate) async fn read_topology(
    rds: &impl Rds,
    scope: Scope,
    reads: &Reads<'_, impl Clock>,
) -> Result<Topology, CallError> {
    let (databases, custom_endpoints, proxies) = join3(
        async {
            match &scope.databases {
                Databases::None => Ok(Topology::default()),
                Databases::All => all_databases(rds, reads).await,
                Databases::Named(named) => named_databases(rds, named, reads).await,
            }
        },
        async {
            if scope.custom_endpoints {
                custom_endpoints(rds, reads).await
            } else {
                Ok(BTreeMap::new())
            }
        },
        async { if scope.proxies { proxies(rds, reads).await } else { Ok(BTreeMap::new()) } },
    )
    .await;
    let databases = match databases {
        // `unread` keeps the empty lists from passing for an account without databases.
        Err(error) if scope.proxies => Topology { unread: Some(error), ..Topology::default() },
        read => read?,
    };
    Ok(Topology { custom_endpoints, proxies, ..databases })
}

async fn all_databases(
    rds: &impl Rds,
    reads: &Reads<'_, impl Clock>,
) -> Result<Topology, CallError> {
    let (clusters, instances) =
        try_join(clusters(rds, None, reads), instances(rds, None, reads)).await?;
    Ok(of(clusters, instances))
}

async fn named_databases(
    rds: &impl Rds,
    named: &Named,
    reads: &Reads<'_, impl Clock>,
) -> Result<Topology, CallError> {
    let by_cluster = named_filter(&named.clusters, Filter::Clusters);
    let by_instance = named_filter(&named.instances, Filter::Instances);
    // A list of which nothing is wanted is not read: without a filter it would be the whole list.
    let read = try_join3(
        async {
            match &by_cluster {
                Some(filter) => clusters(rds, Some(filter), reads).await,
                None => Ok(Vec::new()),
            }
        },
        some_instances(rds, by_cluster.as_ref(), reads),
        some_instances(rds, by_instance.as_ref(), reads),
    );
    match read.await {
        Ok((clusters, mut instances, others)) => {
            instances.extend(others);
            Ok(of(clusters, instances))
        }
        // AWS does not say what a filter does with a name that does not exist.
        Err(error) if error.failure == Failure::Rejected(Rejection::NotFound) => {
            all_databases(rds, reads).await
        }
        Err(error) => Err(error),
    }
}

fn named_filter(
    names: &BTreeSet<Identifier>,
    by: fn(BTreeSet<Identifier>) -> Filter,
) -> Option<Filter> {
    (!names.is_empty()).then(|| by(names.clone()))
}

async fn some_instances(
    rds: &impl Rds,
    filter: Option<&Filter>,
    reads: &Reads<'_, impl Clock>,
) -> Result<Vec<(Identifier, Instance)>, CallError> {
    match filter {
        Some(_) => instances(rds, filter, reads).await,
        None => Ok(Vec::new()),
    }
}

async fn clusters(
    rds: &impl Rds,
    filter: Option<&Filter>,
    reads: &Reads<'_, impl Clock>,
) -> Result<Vec<(Identifier, Cluster)>, CallError> {
    collect(action::CLUSTERS, reads, |marker| rds.clusters(filter, marker)).await
}

async fn instances(
    rds: &impl Rds,
    filter: Option<&Filter>,
    reads: &Reads<'_, impl Clock>,
) -> Result<Vec<(Identifier, Instance)>, CallError> {
    collect(action::INSTANCES, reads, |marker| rds.instances(filter, marker)).await
}

fn of(clusters: Vec<(Identifier, Cluster)>, instances: Vec<(Identifier, Instance)>) -> Topology {
    Topology {
        clusters: clusters.into_iter().collect(),
        instances: instances.into_iter().collect(),
        ..Topology::default()
    }
}

async fn custom_endpoints(
    rds: &impl Rds,
    reads: &Reads<'_, impl Clock>,
) -> Result<BTreeMap<Identifier, CustomEndpoint>, CallError> {
    let listed =
        collect(action::CUSTOM_ENDPOINTS, reads, |marker| rds.custom_endpoints(marker)).await?;
    Ok(listed.into_iter().collect())
}

async fn proxies(
    rds: &impl Rds,
    reads: &Reads<'_, impl Clock>,
) -> Result<BTreeMap<Identifier, Proxy>, CallError> {
    let (proxies, endpoints) = try_join(
        collect(action::PROXIES, reads, |marker| rds.proxies(marker)),
        collect(action::PROXY_ENDPOINTS, reads, |marker| rds.proxy_endpoints(marker)),
    )
    .await?;
    Ok(with_endpoints(proxies, endpoints))
}

/// The proxies, each with its further endpoints. An endpoint whose proxy is not listed is left out.
fn with_endpoints(
    proxies: Vec<(Identifier, Proxy)>,
    endpoints: Vec<ListedProxyEndpoint>,
) -> BTreeMap<Identifier, Proxy> {
    let mut proxies: BTreeMap<_, _> = proxies.into_iter().collect();
    for listed in endpoints {
        if let Some(proxy) = proxies.get_mut(&listed.proxy) {
            proxy.endpoints.insert(listed.name, listed.endpoint);
        }
    }
    proxies
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topology::ProxyEndpoint;

    fn id(text: &str) -> Identifier {
        text.parse().expect(text)
    }

    fn endpoint(host: &str) -> ProxyEndpoint {
        ProxyEndpoint {
            status: "available".to_owned(),
            endpoint: Some(host.parse().expect("a name")),
            vpc: None,
        }
    }

    fn listed(proxy: &str, name: &str) -> ListedProxyEndpoint {
        ListedProxyEndpoint {
            proxy: id(proxy),
            name: id(name),
            endpoint: endpoint("further.example.com"),
        }
    }

    /// RDS lists the default endpoint with the others too, `IsDefault` (botocore rds 2014-10-31,
    /// `DBProxyEndpoint`). Nobody has measured under which name.
    #[test]
    fn the_default_endpoint_in_the_list_of_endpoints_takes_no_ones_place() {
        for name in ["default", "front"] {
            let front = Proxy {
                port: Some(3306),
                default: endpoint("front.example.com"),
                endpoints: BTreeMap::new(),
            };
            let proxies = with_endpoints(
                vec![(id("front"), front.clone())],
                vec![listed("front", name), listed("front", "read-only"), listed("gone", "lost")],
            );
            assert_eq!(proxies.len(), 1);
            let read = &proxies[&id("front")];
            assert_eq!(read.default, front.default, "{name}");
            assert_eq!(
                read.endpoints.keys().map(Identifier::as_str).collect::<Vec<_>>(),
                [name, "read-only"]
            );
        }
    }
}
