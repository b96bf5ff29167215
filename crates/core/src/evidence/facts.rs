//! What the RDS API says of a source besides its members, or why there is nothing to follow.

use super::listed::{not_listed, unfit};
use crate::evidence::Unknown;
use crate::source::{Identifier, Source};
use crate::topology::{Cluster, CustomEndpoint, Proxy, ProxyEndpoint, Standby, Topology};

/// What the RDS API says of a source besides its members.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Facts {
    /// The port that the database listens on.
    pub port: Option<u16>,
    /// The VPC of its subnets.
    pub vpc: Option<String>,
    /// What its standby does with a connection.
    pub standby: Standby,
}

/// What the RDS API says of a source, or why there is nothing to follow. It says nothing of a name
/// that is not of RDS.
pub fn facts(source: &Source, topology: &Topology) -> Result<Facts, Unknown> {
    let not_listed = || not_listed(source, topology);
    if let (Some(error), false) =
        (&topology.unread, matches!(source, Source::Proxy(..) | Source::Name(_)))
    {
        return Err(Unknown::Call(error.clone()));
    }
    match source {
        Source::Cluster(id) => {
            let cluster = topology.clusters.get(id).ok_or_else(not_listed)?;
            let facts = of_cluster(source, cluster, topology)?;
            // While a replica is promoted, it may name a writer before it stops naming the cluster
            // that it replicates.
            if cluster.replicates && !cluster.members.iter().any(|member| member.writer) {
                return Err(Unknown::Secondary(id.clone()));
            }
            Ok(facts)
        }
        Source::Member { cluster: id, instance } => {
            let cluster = topology.clusters.get(id).ok_or_else(not_listed)?;
            let facts = of_cluster(source, cluster, topology)?;
            if !cluster.members.iter().any(|member| member.instance == *instance) {
                return Err(not_listed());
            }
            match topology.instances.get(instance) {
                Some(instance) if is_idle(&instance.status) => Err(idle(source, &instance.status)),
                Some(instance) => Ok(Facts {
                    port: instance.port.or(facts.port),
                    vpc: instance.vpc.clone().or(facts.vpc),
                    ..facts
                }),
                // It may be on a page that was lost. Then it has no name to ask for.
                None => Ok(facts),
            }
        }
        Source::Readers(id, _) => {
            of_cluster(source, topology.clusters.get(id).ok_or_else(not_listed)?, topology)
        }
        Source::Custom { cluster, endpoint } => {
            let custom = custom_endpoint(source, cluster, endpoint, topology)?;
            if is_idle(&custom.status) {
                return Err(idle(source, &custom.status));
            }
            let cluster = topology.clusters.get(cluster).ok_or_else(not_listed)?;
            of_cluster(source, cluster, topology)
        }
        Source::Instance(id) => {
            let instance = topology.instances.get(id).ok_or_else(not_listed)?;
            if let Some(unfit) = unfit(source, topology) {
                return Err(unfit);
            }
            if let Some(cluster) = &instance.cluster {
                return Err(Unknown::InstanceOfCluster {
                    instance: id.clone(),
                    cluster: cluster.clone(),
                });
            }
            if is_idle(&instance.status) {
                return Err(idle(source, &instance.status));
            }
            Ok(Facts { port: instance.port, vpc: instance.vpc.clone(), standby: instance.standby })
        }
        Source::Proxy(name, endpoint) => {
            let (proxy, endpoint) = proxy_endpoint(source, name, endpoint.as_ref(), topology)?;
            if is_idle(&endpoint.status) {
                return Err(idle(source, &endpoint.status));
            }
            Ok(Facts { port: proxy.port, vpc: endpoint.vpc.clone(), standby: Standby::Equal })
        }
        Source::Name(_) => Ok(Facts { port: None, vpc: None, standby: Standby::Unknown }),
    }
}

/// The custom endpoint that a source names.
pub(super) fn custom_endpoint<'a>(
    source: &Source,
    cluster: &Identifier,
    endpoint: &Identifier,
    topology: &'a Topology,
) -> Result<&'a CustomEndpoint, Unknown> {
    let listed =
        topology.custom_endpoints.as_ref().map_err(|error| Unknown::Call(error.clone()))?;
    let found = listed.get(endpoint).filter(|found| found.cluster == *cluster);
    found.ok_or_else(|| not_listed(source, topology))
}

/// The proxy that a source names, and its endpoint.
pub(super) fn proxy_endpoint<'a>(
    source: &Source,
    name: &Identifier,
    endpoint: Option<&Identifier>,
    topology: &'a Topology,
) -> Result<(&'a Proxy, &'a ProxyEndpoint), Unknown> {
    let proxies = topology.proxies.as_ref().map_err(|error| Unknown::Call(error.clone()))?;
    let found = proxies.get(name).and_then(|proxy| {
        let endpoint = match endpoint {
            None => &proxy.default,
            Some(endpoint) => proxy.endpoints.get(endpoint)?,
        };
        Some((proxy, endpoint))
    });
    found.ok_or_else(|| not_listed(source, topology))
}

/// What the RDS API says of a cluster.
fn of_cluster(source: &Source, cluster: &Cluster, topology: &Topology) -> Result<Facts, Unknown> {
    if let Some(unfit) = unfit(source, topology) {
        return Err(unfit);
    }
    if is_idle(&cluster.status) {
        return Err(idle(source, &cluster.status));
    }
    let mut members = cluster.members.iter();
    Ok(Facts {
        port: cluster.port,
        // RDS reports the VPC of an instance. Of a cluster it names the subnet group only (botocore
        // rds 2014-10-31, `DBCluster`).
        vpc: members.find_map(|m| topology.instances.get(&m.instance)?.vpc.clone()),
        // No rule for a cluster, for one of its members or for a set of them asks for it.
        standby: Standby::Unknown,
    })
}

/// There is nothing to follow while the source has this status.
fn idle(source: &Source, status: &str) -> Unknown {
    Unknown::Idle { source_: source.clone(), status: status.to_owned() }
}

/// Whether an instance takes connections, or will in a moment, so that it belongs in a set of
/// equals. An operator must repair an instance that is `failed` or in an `incompatible-` state (AWS
/// docs: "Viewing Amazon RDS DB instance status").
pub(crate) fn is_up(status: &str) -> bool {
    !is_idle(status)
        && !matches!(status, "failed" | "restore-error")
        && !status.starts_with("incompatible-")
}

/// States in which there is no endpoint to follow. Every other word (`upgrading`,
/// `storage-optimization`, `rebooting`, `failing-over`, …) is a database that is up, or will be in
/// a moment, and keeps its target (AWS docs: "Viewing Amazon RDS DB instance status"; `suspended`
/// is a proxy's: botocore rds 2014-10-31, `DBProxyStatus`).
pub(super) fn is_idle(status: &str) -> bool {
    let is_known = matches!(
        status,
        "creating" | "stopping" | "stopped" | "deleting" | "suspending" | "suspended"
    );
    // With and without the suffix `-recoverable`.
    is_known || status.starts_with("inaccessible-encryption-credentials")
}
