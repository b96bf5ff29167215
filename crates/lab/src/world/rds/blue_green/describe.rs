//! The operation DescribeBlueGreenDeployments.

use super::{Deployment, Pair};
use crate::world::ApiError;
use crate::world::paging::{Page, PageRequest};
use crate::world::rds::{Filter, Rds};

/// The parameters of DescribeBlueGreenDeployments.
#[derive(Clone, Debug, Default)]
pub struct DescribeDeployments {
    /// `BlueGreenDeploymentIdentifier`.
    pub identifier: Option<String>,
    pub filters: Vec<Filter>,
    /// Which page.
    pub page: PageRequest,
}

impl Rds {
    /// The switchover status of a pair (botocore rds 2014-10-31, SwitchoverDetail): its
    /// deployment's, unless one side is gone.
    pub fn pair_status(&self, deployment: &Deployment, pair: &Pair) -> String {
        if self.shown_name(pair.blue.database).is_none() {
            return "MISSING_SOURCE".to_owned();
        }
        if self.shown_name(pair.green.database).is_none() {
            return "MISSING_TARGET".to_owned();
        }
        deployment.status.to_string()
    }
}

impl Rds {
    /// DescribeBlueGreenDeployments, ordered by id. An id that does not exist is an error; a filter
    /// that matches nothing is not.
    pub fn describe_blue_green_deployments(
        &self,
        request: &DescribeDeployments,
    ) -> Result<Page<&Deployment>, ApiError> {
        let mut deployments = match &request.identifier {
            Some(identifier) => vec![self.find_deployment(identifier)?],
            None => self.deployments().collect(),
        };
        for filter in &request.filters {
            let field: fn(&Deployment) -> &str = match filter.name.as_str() {
                "blue-green-deployment-identifier" => |deployment| &deployment.identifier,
                "blue-green-deployment-name" => |deployment| &deployment.name,
                "source" => |deployment| deployment.pairs.first().map_or("", |pair| &pair.blue.arn),
                "target" => {
                    |deployment| deployment.pairs.first().map_or("", |pair| &pair.green.arn)
                }
                _ => {
                    return Err(ApiError::invalid_parameter_value(format!(
                        "Unrecognized filter name: {}",
                        filter.name
                    )));
                }
            };
            deployments
                .retain(|deployment| filter.values.iter().any(|value| value == field(deployment)));
        }
        deployments.sort_by(|one, other| one.identifier.cmp(&other.identifier));
        request.page.of_rds(deployments, |deployment| deployment.identifier.clone())
    }
}
