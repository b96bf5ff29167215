//! The operation RegisterDBProxyTargets: it puts a database behind a proxy.

use super::{DbProxy, Rds, refusal};
use crate::world::rds::{ClusterKey, InstanceKey, Status};
use crate::world::{ApiError, World};

/// The database behind a proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProxyTarget {
    /// A cluster: its writer, and its readers for endpoints that only read.
    Cluster(ClusterKey),
    Instance(InstanceKey),
}

impl World {
    /// RegisterDBProxyTargets: one instance or one cluster (AWS docs: "RDS Proxy concepts and
    /// terminology": a target group "is associated with" one of either). Which code a second one is
    /// refused with, where it is another, is not documented.
    pub fn register_db_proxy_targets(
        &mut self,
        proxy: &str,
        instances: &[String],
        clusters: &[String],
    ) -> Result<ProxyTarget, ApiError> {
        let found = self.rds.find_proxy(proxy)?;
        let target = match (instances, clusters) {
            ([instance], []) => ProxyTarget::Instance(self.rds.find_instance(instance)?.key),
            ([], [cluster]) => ProxyTarget::Cluster(self.rds.find_cluster(cluster)?.key),
            _ => {
                return Err(ApiError::invalid_parameter_combination(
                    "Exactly one DB instance or DB cluster must be specified.",
                ));
            }
        };
        if found.status != Status::Available {
            return Err(refusal::proxy_state(&found.name, found.status));
        }
        if found.target.is_some() {
            return Err(ApiError::bad_request(
                "DBProxyTargetAlreadyRegisteredFault",
                "The proxy is already associated with the specified RDS DB instance or Aurora DB \
                 cluster.",
            ));
        }
        let key = found.key;
        if let Some(proxy) = self.rds.proxies.proxies.get_mut(&key) {
            proxy.target = Some(target);
        }
        Ok(target)
    }
}

impl Rds {
    /// Whether a cluster with a reader is behind a proxy.
    pub(super) fn has_readers_behind(&self, proxy: &DbProxy) -> bool {
        let cluster = match proxy.target {
            Some(ProxyTarget::Cluster(cluster)) => self.clusters.get(&cluster),
            Some(ProxyTarget::Instance(_)) | None => None,
        };
        cluster.is_some_and(|cluster| self.readers(cluster).next().is_some())
    }
}
