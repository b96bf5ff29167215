//! Aurora's custom endpoints: names that resolve to one of several chosen members.
//!
//! A custom endpoint has a type, and a list of members that belong or of members that do not (AWS
//! docs: "Considerations for custom endpoints in Amazon Aurora"; shapes and codes: botocore rds
//! 2014-10-31). With a list of those that belong, a new instance stays outside; without one it
//! joins by itself. A member that is stopped or restarts stays associated, and is not answered
//! until it is available again. An endpoint without any available member answers nothing here, of
//! which the documentation says nothing. Nor does it say what becomes of a list that names an
//! instance which is renamed or deleted: here it keeps the name, which matches no instance.
//!
//! RDS sends no events for custom endpoints.

mod change;
mod describe;

use std::collections::BTreeMap;
use std::fmt;

pub use change::{CreateDbClusterEndpoint, ModifyDbClusterEndpoint};
pub use describe::{DbClusterEndpoint, DescribeDbClusterEndpoints, EndpointKind};

use super::{ClusterKey, DbCluster, DbInstance, Rds, Serving, Status, refusal};
use crate::world::dns::{Move, Record};
use crate::world::{ApiError, World};

/// A custom endpoint's identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CustomEndpointKey(u32);

/// All custom endpoints of the region.
#[derive(Clone, Debug, Default)]
pub(super) struct CustomEndpoints {
    endpoints: BTreeMap<CustomEndpointKey, CustomEndpoint>,
}

/// A change of a custom endpoint that is due later.
#[derive(Clone, Debug)]
pub enum EndpointChange {
    /// A new or changed endpoint becomes available.
    Ready(CustomEndpointKey),
    /// An endpoint is gone.
    Gone(CustomEndpointKey),
}

#[derive(Clone, Debug)]
pub struct CustomEndpoint {
    /// Its identity.
    pub key: CustomEndpointKey,
    /// Its name, which no other cluster's endpoint has.
    pub identifier: String,
    pub arn: String,
    /// Its resource id, `cluster-endpoint-…`.
    pub resource_id: String,
    /// The cluster's identity.
    pub cluster: ClusterKey,
    /// The eligible members.
    pub kind: CustomKind,
    /// `StaticMembers`: the instances that belong, where any is named.
    pub static_members: Vec<String>,
    /// `ExcludedMembers`: the instances that do not.
    pub excluded_members: Vec<String>,
    /// Its status, as the RDS API shows it.
    pub status: Status,
}

/// The members that are eligible for a custom endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CustomKind {
    /// `READER`: "only DB instances that are read-only Aurora Replicas can be part" (AWS docs).
    Reader,
    /// `ANY`: the writer too.
    Any,
}

/// What becomes of a member that the static list of a `READER` endpoint names, and that is
/// promoted. The docs say both that only replicas can be part of one, and that it "might include a
/// DB instance that was an Aurora Replica and then was promoted to a primary instance"; nobody has
/// measured it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Promoted {
    /// The name lets go of it, as long as it is the writer.
    #[default]
    Leaves,
    /// The name goes on answering it.
    Stays,
}

impl CustomEndpoint {
    /// Whether its lists have an instance.
    fn lists(&self, instance: &DbInstance) -> bool {
        let is_in = |list: &[String]| list.contains(&instance.identifier);
        match self.static_members.is_empty() {
            true => !is_in(&self.excluded_members),
            false => is_in(&self.static_members),
        }
    }
}

impl fmt::Display for CustomKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            CustomKind::Reader => "READER",
            CustomKind::Any => "ANY",
        })
    }
}

impl Rds {
    /// The custom endpoint of that name, in any case.
    pub fn custom_endpoint(&self, name: &str) -> Option<&CustomEndpoint> {
        let mut endpoints = self.custom_endpoints.endpoints.values();
        endpoints.find(|endpoint| endpoint.identifier.eq_ignore_ascii_case(name))
    }

    /// A cluster's custom endpoints, in the order they were made.
    pub fn custom_endpoints_of(
        &self,
        cluster: &DbCluster,
    ) -> impl Iterator<Item = &CustomEndpoint> {
        let (key, endpoints) = (cluster.key, self.custom_endpoints.endpoints.values());
        endpoints.filter(move |endpoint| endpoint.cluster == key)
    }

    /// The instances that truly belong to a custom endpoint at this moment, available or not.
    pub fn members_of(&self, endpoint: &CustomEndpoint) -> Vec<&DbInstance> {
        let Some(cluster) = self.clusters.get(&endpoint.cluster) else {
            return Vec::new();
        };
        let stays = self.promoted_members == Promoted::Stays && !endpoint.static_members.is_empty();
        let has_role = |instance: &DbInstance| match endpoint.kind {
            CustomKind::Any => true,
            CustomKind::Reader => stays || cluster.writer != Some(instance.key),
        };
        let members = cluster.members.iter().filter_map(|key| self.instances.get(key));
        members.filter(|instance| endpoint.lists(instance) && has_role(instance)).collect()
    }

    fn find_custom_endpoint(&self, name: &str) -> Result<&CustomEndpoint, ApiError> {
        self.custom_endpoint(name).ok_or_else(|| refusal::custom_endpoint_not_found(name))
    }
}

impl World {
    /// The name in DNS of a custom endpoint, which does not hold its cluster's (AWS docs:
    /// "Considerations for custom endpoints").
    pub fn custom_endpoint_host(&self, endpoint: &str) -> String {
        self.endpoint(endpoint, &format!("cluster-custom-{}", super::endpoint::ACCOUNT_LABEL))
    }

    pub(super) fn apply_custom_endpoint(&mut self, change: EndpointChange) {
        match change {
            EndpointChange::Ready(endpoint) => self.custom_endpoint_ready(endpoint),
            EndpointChange::Gone(endpoint) => self.custom_endpoint_gone(endpoint),
        }
    }

    /// Points the names of a cluster's custom endpoints. One that is being made or changed waits
    /// for its own change.
    pub(super) fn point_custom_endpoints(&mut self, cluster: ClusterKey, how: Move) {
        let endpoints = self.rds.custom_endpoints.endpoints.values();
        let settled = endpoints
            .filter(|endpoint| endpoint.cluster == cluster && endpoint.status == Status::Available);
        let record = |endpoint: &CustomEndpoint| {
            let members = self.rds.members_of(endpoint).into_iter();
            let available = members.filter(|member| member.serving == Serving::Yes);
            let names = available.filter_map(|member| member.endpoint.clone()).collect();
            (self.custom_endpoint_host(&endpoint.identifier), Record::one_of(names))
        };
        let records: Vec<_> = settled.map(record).collect();
        for (name, record) in records {
            self.repoint(&name, record, how);
        }
    }

    /// The cluster of these endpoints is gone, and they with it; what AWS does with them is not
    /// documented.
    pub(super) fn forget_custom_endpoints(&mut self, cluster: ClusterKey) {
        let endpoints = self.rds.custom_endpoints.endpoints.values();
        let of_cluster = endpoints.filter(|endpoint| endpoint.cluster == cluster);
        let keys: Vec<_> = of_cluster.map(|endpoint| endpoint.key).collect();
        for key in keys {
            self.custom_endpoint_gone(key);
        }
    }
}

#[cfg(test)]
mod tests;
