//! The operation DescribeDBClusterEndpoints: custom endpoints, and those that every cluster has.

use super::CustomEndpoint;
use crate::world::paging::{Page, PageRequest};
use crate::world::rds::{DbCluster, Filter, Status};
use crate::world::{ApiError, World};

/// The parameters of DescribeDBClusterEndpoints.
#[derive(Clone, Debug, Default)]
pub struct DescribeDbClusterEndpoints {
    /// `DBClusterIdentifier`.
    pub cluster: Option<String>,
    /// `DBClusterEndpointIdentifier`.
    pub endpoint: Option<String>,
    pub filters: Vec<Filter>,
    /// Which page.
    pub page: PageRequest,
}

/// An endpoint of a cluster, as DescribeDBClusterEndpoints shows it.
#[derive(Clone, Debug)]
pub struct DbClusterEndpoint<'a> {
    pub cluster: &'a DbCluster,
    /// The name in DNS.
    pub host: String,
    pub status: Status,
    /// What it is.
    pub kind: EndpointKind<'a>,
}

/// What an endpoint of a cluster is.
#[derive(Clone, Copy, Debug)]
pub enum EndpointKind<'a> {
    /// The one that follows the writer: `WRITER`.
    Writer,
    /// The one that answers a reader: `READER`.
    Reader,
    /// A custom one: `CUSTOM`.
    Custom(&'a CustomEndpoint),
}

impl EndpointKind<'_> {
    /// The API's word.
    pub fn name(self) -> &'static str {
        match self {
            EndpointKind::Writer => "WRITER",
            EndpointKind::Reader => "READER",
            EndpointKind::Custom(_) => "CUSTOM",
        }
    }
}

impl DbClusterEndpoint<'_> {
    /// The custom endpoint, where it is one. The others have no identifier (AWS CLI, example of
    /// describe-db-cluster-endpoints).
    pub fn custom(&self) -> Option<&CustomEndpoint> {
        match self.kind {
            EndpointKind::Writer | EndpointKind::Reader => None,
            EndpointKind::Custom(endpoint) => Some(endpoint),
        }
    }

    /// Whether it passes a filter (botocore rds 2014-10-31, Filters: values in lower case).
    fn passes(&self, filter: &Filter) -> Result<bool, ApiError> {
        let has = |text: &str| filter.values.iter().any(|value| value.eq_ignore_ascii_case(text));
        Ok(match filter.name.as_str() {
            "db-cluster-endpoint-type" => has(self.kind.name()),
            "db-cluster-endpoint-custom-type" => {
                self.custom().is_some_and(|custom| has(&custom.kind.to_string()))
            }
            "db-cluster-endpoint-id" => self.custom().is_some_and(|custom| has(&custom.identifier)),
            "db-cluster-endpoint-status" => has(&self.status.to_string()),
            name => {
                return Err(ApiError::invalid_parameter_value(format!(
                    "Unrecognized filter name: {name}"
                )));
            }
        })
    }
}

impl World {
    /// DescribeDBClusterEndpoints, of one Aurora cluster or of all. A cluster that does not exist
    /// is an error; an endpoint that does not is none: DBClusterNotFoundFault is the operation's
    /// only one (botocore rds 2014-10-31).
    pub fn describe_db_cluster_endpoints(
        &self,
        request: &DescribeDbClusterEndpoints,
    ) -> Result<Page<DbClusterEndpoint<'_>>, ApiError> {
        let clusters: Vec<_> = match &request.cluster {
            Some(name) => vec![self.rds.find_cluster(name)?],
            None => self.rds.clusters().collect(),
        };
        let aurora = clusters.into_iter().filter(|cluster| cluster.engine.is_aurora());
        let mut endpoints: Vec<_> =
            aurora.flat_map(|cluster| self.endpoints_of_cluster(cluster)).collect();
        if let Some(name) = &request.endpoint {
            let is_it = |custom: &CustomEndpoint| custom.identifier.eq_ignore_ascii_case(name);
            endpoints.retain(|endpoint| endpoint.custom().is_some_and(is_it));
        }
        for filter in &request.filters {
            let passed: Vec<bool> =
                endpoints.iter().map(|it| it.passes(filter)).collect::<Result<_, _>>()?;
            let mut passed = passed.into_iter();
            endpoints.retain(|_| passed.next().unwrap_or(false));
        }
        let key = |endpoint: &DbClusterEndpoint<'_>| {
            let place = match endpoint.kind {
                EndpointKind::Writer => "1",
                EndpointKind::Reader => "2",
                EndpointKind::Custom(custom) => &custom.identifier,
            };
            format!("{}/{place}", endpoint.cluster.identifier)
        };
        endpoints.sort_by_key(key);
        request.page.of_rds(endpoints, key)
    }

    fn endpoints_of_cluster<'a>(&'a self, cluster: &'a DbCluster) -> Vec<DbClusterEndpoint<'a>> {
        let status = match cluster.status {
            Status::Deleting => cluster.status,
            _ => Status::Available,
        };
        let built_in = |host, kind| DbClusterEndpoint { cluster, host, status, kind };
        let custom = self.rds.custom_endpoints_of(cluster).map(|endpoint| DbClusterEndpoint {
            cluster,
            host: self.custom_endpoint_host(&endpoint.identifier),
            status: Status::Available,
            kind: EndpointKind::Custom(endpoint),
        });
        let mut all = vec![
            built_in(self.cluster_endpoint(&cluster.identifier), EndpointKind::Writer),
            built_in(self.reader_endpoint(&cluster.identifier), EndpointKind::Reader),
        ];
        all.extend(custom);
        all
    }
}
