//! RDS's refusals, with the API's codes (botocore rds 2014-10-31) and words.

use super::{ClusterKey, DbCluster, DbInstance, InstanceKey, Rds, Status};
use crate::world::ApiError;

/// No cluster has that name.
pub(super) fn cluster_not_found(name: &str) -> ApiError {
    ApiError::not_found("DBClusterNotFoundFault", format!("DBCluster {name} not found."))
}

/// No instance has that name.
pub(super) fn instance_not_found(name: &str) -> ApiError {
    ApiError::not_found("DBInstanceNotFound", format!("DBInstance {name} not found."))
}

/// A cluster of that name exists.
pub(super) fn cluster_exists() -> ApiError {
    ApiError::bad_request("DBClusterAlreadyExistsFault", "DB Cluster already exists")
}

/// An instance of that name exists.
pub(super) fn instance_exists() -> ApiError {
    ApiError::bad_request("DBInstanceAlreadyExists", "DB instance already exists")
}

/// The cluster is not in a state for this.
pub(super) fn cluster_state(message: impl Into<String>) -> ApiError {
    ApiError::bad_request("InvalidDBClusterStateFault", message)
}

/// The instance is not in a state for this.
pub(super) fn instance_state(message: impl Into<String>) -> ApiError {
    ApiError::bad_request("InvalidDBInstanceState", message)
}

/// No proxy has that name.
pub(super) fn proxy_not_found(name: &str) -> ApiError {
    ApiError::not_found("DBProxyNotFoundFault", format!("DBProxy {name} not found."))
}

/// No endpoint of a proxy has that name.
pub(super) fn proxy_endpoint_not_found(name: &str) -> ApiError {
    ApiError::not_found(
        "DBProxyEndpointNotFoundFault",
        format!("DBProxyEndpoint {name} not found."),
    )
}

/// No blue/green deployment has that id.
pub(super) fn deployment_not_found(identifier: &str) -> ApiError {
    ApiError::not_found(
        "BlueGreenDeploymentNotFoundFault",
        format!("Blue/green deployment {identifier} not found."),
    )
}

/// The blue/green deployment is not in a state for this.
pub(super) fn deployment_state(message: impl Into<String>) -> ApiError {
    ApiError::bad_request("InvalidBlueGreenDeploymentStateFault", message)
}

/// The cluster cannot have a blue/green deployment.
pub(super) fn cluster_not_supported() -> ApiError {
    ApiError::bad_request(
        "SourceClusterNotSupportedFault",
        "The source DB cluster isn't supported for a blue/green deployment.",
    )
}

/// The instance cannot have a blue/green deployment.
pub(super) fn instance_not_supported() -> ApiError {
    ApiError::bad_request(
        "SourceDatabaseNotSupportedFault",
        "The source DB instance isn't supported for a blue/green deployment.",
    )
}

impl Rds {
    /// The cluster of that name or ARN, or RDS's refusal.
    pub(super) fn find_cluster(&self, name: &str) -> Result<&DbCluster, ApiError> {
        self.cluster(name).ok_or_else(|| cluster_not_found(name))
    }

    /// The instance of that name or ARN, or RDS's refusal.
    pub(super) fn find_instance(&self, name: &str) -> Result<&DbInstance, ApiError> {
        self.instance(name).ok_or_else(|| instance_not_found(name))
    }

    /// The cluster of that name or ARN, to be changed.
    pub(super) fn cluster_mut(&mut self, name: &str) -> Result<&mut DbCluster, ApiError> {
        let key = self.find_cluster(name)?.key;
        self.clusters.get_mut(&key).ok_or_else(|| cluster_not_found(name))
    }

    /// The instance of that name or ARN, to be changed.
    pub(super) fn instance_mut(&mut self, name: &str) -> Result<&mut DbInstance, ApiError> {
        let key = self.find_instance(name)?.key;
        self.instances.get_mut(&key).ok_or_else(|| instance_not_found(name))
    }

    /// The cluster of that name, if it is available.
    pub(super) fn available_cluster(&self, name: &str) -> Result<ClusterKey, ApiError> {
        let cluster = self.find_cluster(name)?;
        match cluster.status {
            Status::Available => Ok(cluster.key),
            _ => Err(cluster_state(format!(
                "DbCluster {} is not in available state.",
                cluster.identifier
            ))),
        }
    }

    /// The instance of that name, if it is available.
    pub(super) fn available_instance(&self, name: &str) -> Result<InstanceKey, ApiError> {
        let instance = self.find_instance(name)?;
        match instance.status {
            Status::Available => Ok(instance.key),
            _ => Err(instance_state(format!(
                "Instance {} is not in available state.",
                instance.identifier
            ))),
        }
    }
}
