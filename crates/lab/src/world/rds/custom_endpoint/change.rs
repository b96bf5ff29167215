//! The operations CreateDBClusterEndpoint, ModifyDBClusterEndpoint and DeleteDBClusterEndpoint.

use super::{CustomEndpoint, CustomEndpointKey, CustomKind, EndpointChange};
use crate::world::dns::Move;
use crate::world::rds::{ClusterKey, DbCluster, Rds, Status, refusal};
use crate::world::{self, ApiError, World, ids};

/// The most custom endpoints of a cluster (AWS docs: "Custom endpoints for Amazon Aurora": "up to
/// five").
const MOST: usize = 5;

/// The parameters of CreateDBClusterEndpoint that the model knows.
#[derive(Clone, Debug, Default)]
pub struct CreateDbClusterEndpoint {
    /// `DBClusterIdentifier`.
    pub cluster: String,
    /// `DBClusterEndpointIdentifier`.
    pub identifier: String,
    /// `EndpointType`, in any case.
    pub kind: String,
    pub static_members: Vec<String>,
    pub excluded_members: Vec<String>,
}

/// The parameters of ModifyDBClusterEndpoint that the model knows; what is not given stays.
#[derive(Clone, Debug, Default)]
pub struct ModifyDbClusterEndpoint {
    /// `DBClusterEndpointIdentifier`.
    pub identifier: String,
    /// `EndpointType`, in any case.
    pub kind: Option<String>,
    /// `StaticMembers`: the whole list, which takes the place of either.
    pub static_members: Vec<String>,
    /// `ExcludedMembers`: the whole list, which takes the place of either.
    pub excluded_members: Vec<String>,
}

impl World {
    /// A custom endpoint that is already available.
    ///
    /// # Errors
    ///
    /// As CreateDBClusterEndpoint refuses.
    pub fn add_custom_endpoint(
        &mut self,
        request: CreateDbClusterEndpoint,
    ) -> Result<(), ApiError> {
        let key = self.create_db_cluster_endpoint(request)?.key;
        self.custom_endpoint_ready(key);
        Ok(())
    }

    /// CreateDBClusterEndpoint: the endpoint is `creating`, then `available` and in DNS. "This
    /// action applies only to Aurora DB clusters" (botocore rds 2014-10-31).
    pub fn create_db_cluster_endpoint(
        &mut self,
        request: CreateDbClusterEndpoint,
    ) -> Result<&CustomEndpoint, ApiError> {
        let identifier = refusal::identifier("DBClusterEndpointIdentifier", &request.identifier)?;
        let kind = kind_named(&request.kind)?;
        let cluster = self.rds.find_cluster(&request.cluster)?;
        if !cluster.engine.is_aurora() {
            return Err(refusal::cluster_state(format!(
                "DbCluster {} is not an Aurora cluster and has no custom endpoints.",
                cluster.identifier
            )));
        }
        let lists =
            self.rds.checked_lists(cluster, request.static_members, request.excluded_members)?;
        let cluster = self.rds.available_cluster(&request.cluster)?;
        if self.rds.custom_endpoint(&identifier).is_some() {
            return Err(ApiError::bad_request(
                "DBClusterEndpointAlreadyExistsFault",
                "DB Cluster Endpoint already exists",
            ));
        }
        let endpoints = self.rds.custom_endpoints.endpoints.values();
        if endpoints.filter(|endpoint| endpoint.cluster == cluster).count() >= MOST {
            return Err(ApiError::new(
                "DBClusterEndpointQuotaExceededFault",
                403,
                "The cluster already has the maximum number of custom endpoints.",
            ));
        }
        self.insert_custom_endpoint(&identifier, cluster, kind, lists);
        self.rds.find_custom_endpoint(&identifier)
    }

    fn insert_custom_endpoint(
        &mut self,
        identifier: &str,
        cluster: ClusterKey,
        kind: CustomKind,
        lists: Lists,
    ) {
        let number = self.rds.next_number();
        let key = CustomEndpointKey(number);
        let endpoint = CustomEndpoint {
            key,
            identifier: identifier.to_owned(),
            arn: format!(
                "arn:aws:rds:{}:{}:cluster-endpoint:{identifier}",
                self.region, self.account
            ),
            resource_id: ids::resource_id("cluster-endpoint", number.into()),
            cluster,
            kind,
            static_members: lists.of_members,
            excluded_members: lists.of_excluded,
            status: Status::Creating,
        };
        self.rds.custom_endpoints.endpoints.insert(key, endpoint);
        self.custom_endpoint_change(self.pace.change_endpoint, EndpointChange::Ready(key));
    }

    /// ModifyDBClusterEndpoint: the API shows the new lists at once, with the status `modifying`
    /// (AWS CLI, example of modify-db-cluster-endpoint); DNS follows when the endpoint is available
    /// again.
    pub fn modify_db_cluster_endpoint(
        &mut self,
        request: ModifyDbClusterEndpoint,
    ) -> Result<&CustomEndpoint, ApiError> {
        let kind = request.kind.as_deref().map(kind_named).transpose()?;
        let (key, cluster) = self.rds.settled_endpoint(&request.identifier)?;
        let lists =
            self.rds.checked_lists(cluster, request.static_members, request.excluded_members)?;
        if let Some(endpoint) = self.rds.custom_endpoints.endpoints.get_mut(&key) {
            endpoint.kind = kind.unwrap_or(endpoint.kind);
            endpoint.status = Status::Modifying;
            if lists.any() {
                endpoint.static_members = lists.of_members;
                endpoint.excluded_members = lists.of_excluded;
            }
        }
        self.custom_endpoint_change(self.pace.change_endpoint, EndpointChange::Ready(key));
        self.rds.find_custom_endpoint(&request.identifier)
    }

    pub fn delete_db_cluster_endpoint(
        &mut self,
        identifier: &str,
    ) -> Result<&CustomEndpoint, ApiError> {
        let (key, _) = self.rds.settled_endpoint(identifier)?;
        if let Some(endpoint) = self.rds.custom_endpoints.endpoints.get_mut(&key) {
            endpoint.status = Status::Deleting;
        }
        self.custom_endpoint_change(self.pace.delete, EndpointChange::Gone(key));
        self.rds.find_custom_endpoint(identifier)
    }

    /// A new or changed endpoint is available. Called again, from the schedule after
    /// `add_custom_endpoint`, it changes nothing.
    pub(super) fn custom_endpoint_ready(&mut self, key: CustomEndpointKey) {
        let Some(endpoint) = self.rds.custom_endpoints.endpoints.get_mut(&key) else {
            return;
        };
        if matches!(endpoint.status, Status::Creating | Status::Modifying) {
            endpoint.status = Status::Available;
            let cluster = endpoint.cluster;
            self.point_custom_endpoints(cluster, Move::AtOnce);
        }
    }

    /// An endpoint is gone, with its name.
    pub(super) fn custom_endpoint_gone(&mut self, key: CustomEndpointKey) {
        if let Some(endpoint) = self.rds.custom_endpoints.endpoints.remove(&key) {
            self.forget_name(&self.custom_endpoint_host(&endpoint.identifier));
        }
    }

    fn custom_endpoint_change(&mut self, delay: std::time::Duration, change: EndpointChange) {
        self.after(delay, world::WorldChange::Rds(world::rds::RdsChange::CustomEndpoint(change)));
    }
}

/// The two lists of a custom endpoint, of which one at most names anybody.
struct Lists {
    of_members: Vec<String>,
    of_excluded: Vec<String>,
}

impl Lists {
    fn any(&self) -> bool {
        !self.of_members.is_empty() || !self.of_excluded.is_empty()
    }
}

impl Rds {
    /// An endpoint that can be changed, and its cluster.
    fn settled_endpoint(
        &self,
        identifier: &str,
    ) -> Result<(CustomEndpointKey, &DbCluster), ApiError> {
        let endpoint = self.find_custom_endpoint(identifier)?;
        if endpoint.status != Status::Available {
            return Err(ApiError::bad_request(
                "InvalidDBClusterEndpointStateFault",
                format!("DB Cluster Endpoint {identifier} is in status {}.", endpoint.status),
            ));
        }
        let cluster = self.clusters.get(&endpoint.cluster);
        let cluster = cluster.ok_or_else(|| refusal::custom_endpoint_not_found(identifier))?;
        Ok((endpoint.key, cluster))
    }

    /// "Each custom endpoint can contain only one of these list types" (AWS docs), and an instance
    /// of the cluster only.
    fn checked_lists(
        &self,
        cluster: &DbCluster,
        members: Vec<String>,
        excluded: Vec<String>,
    ) -> Result<Lists, ApiError> {
        if !members.is_empty() && !excluded.is_empty() {
            return Err(ApiError::invalid_parameter_combination(
                "StaticMembers and ExcludedMembers cannot be specified together.",
            ));
        }
        let checked = |name: String| {
            let instance = self.find_instance(&name)?;
            match instance.cluster == Some(cluster.key) {
                true => Ok(instance.identifier.clone()),
                false => Err(ApiError::invalid_parameter_value(format!(
                    "DB instance {name} is not a member of DbCluster {}.",
                    cluster.identifier
                ))),
            }
        };
        Ok(Lists {
            of_members: members.into_iter().map(checked).collect::<Result<_, _>>()?,
            of_excluded: excluded.into_iter().map(checked).collect::<Result<_, _>>()?,
        })
    }
}

/// The type of that name. `WRITER` was for clusters of several writers, which Aurora no longer has.
fn kind_named(name: &str) -> Result<CustomKind, ApiError> {
    let kinds = [CustomKind::Reader, CustomKind::Any];
    let found = kinds.into_iter().find(|kind| kind.to_string().eq_ignore_ascii_case(name));
    found.ok_or_else(|| ApiError::invalid_parameter_value(format!("Invalid endpoint type: {name}")))
}
