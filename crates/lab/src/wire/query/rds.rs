//! RDS's operations (botocore rds 2014-10-31).

mod clusters;
mod deployments;
mod endpoints;
mod events;
mod global;
mod instances;
mod proxies;
mod tags;

use super::params::Params;
use super::xml::Xml;
use crate::world::paging::PageRequest;
use crate::world::rds::{Apply, DescribeRequest, Filter, FinalSnapshot, Network};
use crate::world::{ApiError, World};

/// Carries an operation out and writes the content of its result.
pub(super) fn carry_out(
    world: &mut World,
    action: &str,
    params: &Params,
    xml: &mut Xml,
) -> Result<(), ApiError> {
    match action {
        "CreateDBCluster" => clusters::create(world, params, xml),
        "DescribeDBClusters" => clusters::describe(world, params, xml),
        "ModifyDBCluster" => clusters::modify(world, params, xml),
        "DeleteDBCluster" => clusters::delete(world, params, xml),
        "FailoverDBCluster" => clusters::fail_over(world, params, xml),
        "RebootDBCluster" => clusters::reboot(world, params, xml),
        "StartDBCluster" => clusters::start(world, params, xml),
        "StopDBCluster" => clusters::stop(world, params, xml),
        "CreateDBClusterEndpoint" => endpoints::create(world, params, xml),
        "DescribeDBClusterEndpoints" => endpoints::describe(world, params, xml),
        "ModifyDBClusterEndpoint" => endpoints::modify(world, params, xml),
        "DeleteDBClusterEndpoint" => endpoints::delete(world, params, xml),
        "CreateDBInstance" => instances::create(world, params, xml),
        "DescribeDBInstances" => instances::describe(world, params, xml),
        "ModifyDBInstance" => instances::modify(world, params, xml),
        "DeleteDBInstance" => instances::delete(world, params, xml),
        "RebootDBInstance" => instances::reboot(world, params, xml),
        "StartDBInstance" => instances::start(world, params, xml),
        "StopDBInstance" => instances::stop(world, params, xml),
        "CreateDBProxy" => proxies::create(world, params, xml),
        "DescribeDBProxies" => proxies::describe(world, params, xml),
        "DeleteDBProxy" => proxies::delete(world, params, xml),
        "RegisterDBProxyTargets" => proxies::register(world, params, xml),
        "CreateDBProxyEndpoint" => proxies::create_endpoint(world, params, xml),
        "DescribeDBProxyEndpoints" => proxies::describe_endpoints(world, params, xml),
        "DeleteDBProxyEndpoint" => proxies::delete_endpoint(world, params, xml),
        "CreateBlueGreenDeployment" => deployments::create(world, params, xml),
        "DescribeBlueGreenDeployments" => deployments::describe(world, params, xml),
        "SwitchoverBlueGreenDeployment" => deployments::switch_over(world, params, xml),
        "DeleteBlueGreenDeployment" => deployments::delete(world, params, xml),
        "CreateGlobalCluster" => global::create(world, params, xml),
        "DescribeGlobalClusters" => global::describe(world, params, xml),
        "SwitchoverGlobalCluster" => global::switch_over(world, params, xml),
        "FailoverGlobalCluster" => global::fail_over(world, params, xml),
        "CreateEventSubscription" => events::create_subscription(world, params, xml),
        "DescribeEventSubscriptions" => events::describe_subscriptions(world, params, xml),
        "ModifyEventSubscription" => events::modify_subscription(world, params, xml),
        "DeleteEventSubscription" => events::delete_subscription(world, params, xml),
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
    Ok(PageRequest { max_records: params.parsed("MaxRecords")?, marker: params.owned("Marker") })
}

fn apply(params: &Params) -> Result<Apply, ApiError> {
    let of = |immediately| {
        if immediately { Apply::Immediately } else { Apply::InMaintenanceWindow }
    };
    Ok(params.flag("ApplyImmediately")?.map_or(Apply::default(), of))
}

fn network(params: &Params) -> Result<Option<Network>, ApiError> {
    params.optional("NetworkType").map(Network::named).transpose()
}

fn final_snapshot(params: &Params) -> Result<FinalSnapshot, ApiError> {
    Ok(match (params.flag("SkipFinalSnapshot")?, params.owned("FinalDBSnapshotIdentifier")) {
        (Some(true), _) => FinalSnapshot::Skip,
        (_, Some(name)) => FinalSnapshot::Named(name),
        (_, None) => FinalSnapshot::Unsaid,
    })
}
