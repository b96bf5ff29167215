//! The operations on proxies and their endpoints.

use super::{describe_request, page_request};
use crate::wire::query::params::Params;
use crate::wire::query::xml::Xml;
use crate::world::rds::{
    CreateDbProxy, CreateDbProxyEndpoint, DbInstance, DbProxy, DbProxyEndpoint,
    DescribeDbProxyEndpoints, EndpointRole, ProxyTarget,
};
use crate::world::vpc::{VPC_ID, Zone};
use crate::world::{ApiError, World};

const NAME: &str = "DBProxyName";
const ENDPOINT: &str = "DBProxyEndpointName";

/// The entries of lists that callers take for granted, though nothing of the kind is modelled.
const NONE: [&str; 0] = [];

pub(super) fn create(world: &mut World, params: &Params, xml: &mut Xml) -> Result<(), ApiError> {
    let request = CreateDbProxy {
        name: params.required(NAME)?.to_owned(),
        family: params.required("EngineFamily")?.to_owned(),
        role_arn: params.required("RoleArn")?.to_owned(),
        subnets: params.required_texts("VpcSubnetIds")?,
        security_groups: params.texts("VpcSecurityGroupIds"),
    };
    let proxy = world.create_db_proxy(request)?.clone();
    xml.element("DBProxy", |xml| write(world, &proxy, xml));
    Ok(())
}

pub(super) fn describe(world: &World, params: &Params, xml: &mut Xml) -> Result<(), ApiError> {
    let page = world.describe_db_proxies(&describe_request(params, NAME)?)?;
    xml.list("DBProxies", "member", page.items, |xml, proxy| write(world, proxy, xml));
    xml.marker("Marker", page.marker);
    Ok(())
}

pub(super) fn delete(world: &mut World, params: &Params, xml: &mut Xml) -> Result<(), ApiError> {
    let proxy = world.delete_db_proxy(params.required(NAME)?)?.clone();
    xml.element("DBProxy", |xml| write(world, &proxy, xml));
    Ok(())
}

pub(super) fn register(world: &mut World, params: &Params, xml: &mut Xml) -> Result<(), ApiError> {
    let (instances, clusters) =
        (params.texts("DBInstanceIdentifiers"), params.texts("DBClusterIdentifiers"));
    let target = world.register_db_proxy_targets(params.required(NAME)?, &instances, &clusters)?;
    write_targets(world, target, xml);
    Ok(())
}

pub(super) fn create_endpoint(
    world: &mut World,
    params: &Params,
    xml: &mut Xml,
) -> Result<(), ApiError> {
    let request = CreateDbProxyEndpoint {
        proxy: params.required(NAME)?.to_owned(),
        name: params.required(ENDPOINT)?.to_owned(),
        subnets: params.required_texts("VpcSubnetIds")?,
        security_groups: params.texts("VpcSecurityGroupIds"),
        role: role(params)?,
    };
    let endpoint = world.create_db_proxy_endpoint(request)?.clone();
    xml.element("DBProxyEndpoint", |xml| write_endpoint(world, &endpoint, xml));
    Ok(())
}

pub(super) fn describe_endpoints(
    world: &World,
    params: &Params,
    xml: &mut Xml,
) -> Result<(), ApiError> {
    let page = world.describe_db_proxy_endpoints(&DescribeDbProxyEndpoints {
        proxy: params.owned(NAME),
        endpoint: params.owned(ENDPOINT),
        page: page_request(params)?,
    })?;
    xml.list("DBProxyEndpoints", "member", page.items, |xml, endpoint| {
        write_endpoint(world, endpoint, xml);
    });
    xml.marker("Marker", page.marker);
    Ok(())
}

pub(super) fn delete_endpoint(
    world: &mut World,
    params: &Params,
    xml: &mut Xml,
) -> Result<(), ApiError> {
    let endpoint = world.delete_db_proxy_endpoint(params.required(ENDPOINT)?)?.clone();
    xml.element("DBProxyEndpoint", |xml| write_endpoint(world, &endpoint, xml));
    Ok(())
}

fn role(params: &Params) -> Result<EndpointRole, ApiError> {
    match params.optional("TargetRole") {
        None => Ok(EndpointRole::default()),
        Some(asked) => [EndpointRole::ReadWrite, EndpointRole::ReadOnly]
            .into_iter()
            .find(|role| role.to_string() == asked)
            .ok_or_else(|| params.dialect().malformed("TargetRole", asked)),
    }
}

fn write(world: &World, proxy: &DbProxy, xml: &mut Xml) {
    let default = world.rds.proxy_endpoint(&proxy.name, None);
    xml.text(NAME, &proxy.name)
        .text("DBProxyArn", &proxy.arn)
        .text("Status", proxy.status)
        .text("EngineFamily", proxy.family)
        .text("VpcId", VPC_ID)
        .texts("VpcSecurityGroupIds", "member", &proxy.security_groups)
        .texts("VpcSubnetIds", "member", default.into_iter().flat_map(subnets))
        .texts("Auth", "member", NONE)
        .text("RoleArn", &proxy.role_arn)
        .maybe("Endpoint", default.map(|endpoint| &endpoint.host))
        .text("RequireTLS", false)
        .text("IdleClientTimeout", 1800)
        .text("DebugLogging", false)
        .text("CreatedDate", world.timestamp_at(proxy.created))
        .text("UpdatedDate", world.timestamp_at(proxy.created))
        .text("EndpointNetworkType", "IPV4")
        .text("TargetConnectionNetworkType", "IPV4");
}

fn write_endpoint(world: &World, endpoint: &DbProxyEndpoint, xml: &mut Xml) {
    let proxy = world.rds.proxy_of(endpoint);
    xml.text(ENDPOINT, endpoint.shown_name())
        .text("DBProxyEndpointArn", &endpoint.arn)
        .maybe(NAME, proxy.map(|proxy| &proxy.name))
        .text("Status", endpoint.status)
        .text("VpcId", VPC_ID)
        .texts("VpcSecurityGroupIds", "member", &endpoint.security_groups)
        .texts("VpcSubnetIds", "member", subnets(endpoint))
        .text("Endpoint", &endpoint.host)
        .text("CreatedDate", world.timestamp_at(endpoint.created))
        .text("TargetRole", endpoint.role)
        .text("IsDefault", endpoint.name.is_none())
        .text("EndpointNetworkType", "IPV4");
}

fn subnets(endpoint: &DbProxyEndpoint) -> impl Iterator<Item = String> {
    endpoint.zones().map(Zone::subnet_id)
}

/// A cluster is listed once for itself and once for each of its instances (AWS CLI, example of
/// register-db-proxy-targets).
fn write_targets(world: &World, target: ProxyTarget, xml: &mut Xml) {
    let cluster = match target {
        ProxyTarget::Cluster(key) => world.rds.clusters().find(|cluster| cluster.key == key),
        ProxyTarget::Instance(_) => None,
    };
    let is_behind = |instance: &&DbInstance| match target {
        ProxyTarget::Cluster(key) => instance.cluster == Some(key),
        ProxyTarget::Instance(key) => instance.key == key,
    };
    let of_cluster =
        cluster.map(|cluster| (cluster.identifier.as_str(), cluster.port, "TRACKED_CLUSTER", None));
    let instances = world.rds.instances().filter(is_behind).map(|instance| {
        let endpoint = instance.endpoint.as_ref();
        (instance.identifier.as_str(), instance.port, "RDS_INSTANCE", endpoint)
    });
    let targets = of_cluster.into_iter().chain(instances);
    xml.list("DBProxyTargets", "member", targets, |xml, (id, port, kind, endpoint)| {
        xml.maybe("Endpoint", endpoint)
            .text("RdsResourceId", id)
            .text("Port", port)
            .text("Type", kind)
            .element("TargetHealth", |xml| {
                xml.text("State", "REGISTERING");
            });
    });
}
