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

mod describe;

use std::fmt;

use schemars::JsonSchema;
use serde::Deserialize;

pub use describe::{DbClusterEndpoint, DescribeDbClusterEndpoints, EndpointKind};

use super::{ClusterKey, DbCluster, DbInstance, Rds, Serving};
use crate::world::dns::{Move, Record};
use crate::world::{ApiError, World, ids};

#[derive(Clone, Debug)]
pub struct CustomEndpoint {
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
}

/// The members that are eligible for a custom endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
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

/// A custom endpoint that is to be added.
#[derive(Clone, Copy, Debug)]
pub struct NewCustomEndpoint<'a> {
    /// The cluster's name.
    pub cluster: &'a str,
    /// Its own name.
    pub name: &'a str,
    /// The eligible members.
    pub kind: CustomKind,
    /// See [`CustomEndpoint::static_members`]; of the two lists one at most names anybody.
    pub members: &'a [&'a str],
    /// See [`CustomEndpoint::excluded_members`].
    pub excluded: &'a [&'a str],
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
        self.custom_endpoints.iter().find(|known| known.identifier.eq_ignore_ascii_case(name))
    }

    /// A cluster's custom endpoints, in the order they were made.
    pub fn custom_endpoints_of(
        &self,
        cluster: &DbCluster,
    ) -> impl Iterator<Item = &CustomEndpoint> {
        let key = cluster.key;
        self.custom_endpoints.iter().filter(move |endpoint| endpoint.cluster == key)
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
}

impl World {
    /// Adds a custom endpoint to an Aurora cluster.
    ///
    /// # Errors
    ///
    /// When the cluster does not exist.
    pub fn add_custom_endpoint(&mut self, new: NewCustomEndpoint<'_>) -> Result<(), ApiError> {
        let cluster = self.rds.find_cluster(new.cluster)?.key;
        let number = self.rds.next_number();
        let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        self.rds.custom_endpoints.push(CustomEndpoint {
            identifier: new.name.to_owned(),
            arn: format!(
                "arn:aws:rds:{}:{}:cluster-endpoint:{}",
                self.region, self.account, new.name
            ),
            resource_id: ids::resource_id("cluster-endpoint", number.into()),
            cluster,
            kind: new.kind,
            static_members: list(new.members),
            excluded_members: list(new.excluded),
        });
        self.point_custom_endpoints(cluster, Move::AtOnce);
        Ok(())
    }

    /// The name in DNS of a custom endpoint, which does not hold its cluster's (AWS docs:
    /// "Considerations for custom endpoints").
    pub fn custom_endpoint_host(&self, endpoint: &str) -> String {
        self.endpoint(endpoint, &format!("cluster-custom-{}", super::endpoint::ACCOUNT_LABEL))
    }

    /// Points the names of a cluster's custom endpoints.
    pub(super) fn point_custom_endpoints(&mut self, cluster: ClusterKey, how: Move) {
        let endpoints = self.rds.custom_endpoints.iter();
        let record = |endpoint: &CustomEndpoint| {
            let members = self.rds.members_of(endpoint).into_iter();
            let available = members.filter(|member| member.serving == Serving::Yes);
            let names = available.filter_map(|member| member.endpoint.clone()).collect();
            (self.custom_endpoint_host(&endpoint.identifier), Record::one_of(names))
        };
        let of_cluster = endpoints.filter(|endpoint| endpoint.cluster == cluster);
        let records: Vec<_> = of_cluster.map(record).collect();
        for (name, record) in records {
            self.repoint(&name, record, how);
        }
    }
}

#[cfg(test)]
mod tests;
