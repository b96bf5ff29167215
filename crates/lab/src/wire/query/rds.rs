//! RDS's operations (botocore rds 2014-10-31).

mod account;
mod clusters;
mod deployments;
mod endpoints;
mod events;
mod global;
mod instances;
mod proxies;
mod subnet_groups;
mod tags;

use super::params::Params;
use super::xml::Xml;
use crate::world::paging::PageRequest;
use crate::world::rds::{DescribeRequest, Filter};
use crate::world::{ApiError, World};

/// Carries an operation out and writes the content of its result.
pub(super) fn carry_out(
    world: &mut World,
    action: &str,
    params: &Params,
    xml: &mut Xml,
) -> Result<(), ApiError> {
    match action {
        "DescribeDBClusters" => clusters::describe(world, params, xml),
        "FailoverDBCluster" => clusters::fail_over(world, params, xml),
        "DescribeDBClusterEndpoints" => endpoints::describe(world, params, xml),
        "DescribeDBInstances" => instances::describe(world, params, xml),
        "DeleteDBInstance" => instances::delete(world, params, xml),
        "RebootDBInstance" => instances::reboot(world, params, xml),
        "DescribeDBProxies" => proxies::describe(world, params, xml),
        "DescribeDBProxyEndpoints" => proxies::describe_endpoints(world, params, xml),
        "DescribeBlueGreenDeployments" => deployments::describe(world, params, xml),
        "SwitchoverBlueGreenDeployment" => deployments::switch_over(world, params, xml),
        "DescribeGlobalClusters" => global::describe(world, params, xml),
        "DescribeEventSubscriptions" => events::describe_subscriptions(world, params, xml),
        "DescribeDBSubnetGroups" => subnet_groups::describe(world, params, xml),
        "DescribeAccountAttributes" => account::attributes(world, xml),
        "DescribePendingMaintenanceActions" => account::maintenance(world, params, xml),
        "DescribeEvents" => events::describe(world, params, xml),
        "DescribeEventCategories" => events::categories(params, xml),
        "AddTagsToResource" => tags::add(world, params),
        "RemoveTagsFromResource" => tags::remove(world, params),
        "ListTagsForResource" => tags::list(world, params, xml),
        _ => Err(params.dialect().unknown_operation(action)),
    }
}

/// The parameters that all of RDS's Describe operations have.
fn describe_request(params: &Params, identifier: &str) -> Result<DescribeRequest, ApiError> {
    Ok(DescribeRequest {
        identifier: params.owned(identifier),
        filters: filters(params)?,
        page: page_request(params)?,
    })
}

fn filters(params: &Params) -> Result<Vec<Filter>, ApiError> {
    let filter = |filter: Params| {
        Ok(Filter {
            name: filter.required("Name")?.to_owned(),
            values: filter.required_texts("Values")?,
        })
    };
    params.list("Filters").into_iter().map(filter).collect()
}

fn page_request(params: &Params) -> Result<PageRequest, ApiError> {
    Ok(PageRequest { max_records: params.parsed("MaxRecords")?, marker: params.marker("Marker")? })
}
