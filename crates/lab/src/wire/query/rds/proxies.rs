//! Proxies and their endpoints.

use super::page_request;
use crate::wire::query::params::Params;
use crate::wire::query::xml::Xml;
use crate::world::rds::{DbProxy, DbProxyEndpoint};
use crate::world::surroundings::security_group;
use crate::world::vpc::{VPC_ID, Zone};
use crate::world::{ApiError, World};

const NAME: &str = "DBProxyName";
const ENDPOINT: &str = "DBProxyEndpointName";

/// The entries of lists that callers take for granted, though nothing of the kind is modelled.
const NONE: [&str; 0] = [];

pub(super) fn describe(world: &World, params: &Params, xml: &mut Xml) -> Result<(), ApiError> {
    let page = world.rds.describe_db_proxies(params.optional(NAME), &page_request(params)?)?;
    xml.list("DBProxies", "member", page.items, |xml, proxy| write(world, proxy, xml));
    xml.marker("Marker", page.marker);
    Ok(())
}

pub(super) fn describe_endpoints(
    world: &World,
    params: &Params,
    xml: &mut Xml,
) -> Result<(), ApiError> {
    let (proxy, name) = (params.optional(NAME), params.optional(ENDPOINT));
    let page = world.rds.describe_db_proxy_endpoints(proxy, name, &page_request(params)?)?;
    xml.list("DBProxyEndpoints", "member", page.items, |xml, endpoint| {
        write_endpoint(world, endpoint, xml);
    });
    xml.marker("Marker", page.marker);
    Ok(())
}

fn write(world: &World, proxy: &DbProxy, xml: &mut Xml) {
    let default = world.rds.proxy_endpoint(&proxy.name, None);
    let role = format!("arn:aws:iam::{}:role/{}", world.account, proxy.name);
    xml.text(NAME, &proxy.name)
        .text("DBProxyArn", &proxy.arn)
        .text("Status", proxy.status)
        .text("EngineFamily", proxy.family)
        .text("VpcId", VPC_ID)
        .texts("VpcSecurityGroupIds", "member", security_group::of_proxy(world, &proxy.name))
        .texts("VpcSubnetIds", "member", default.into_iter().flat_map(subnets))
        .texts("Auth", "member", NONE)
        .text("RoleArn", role)
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
    xml.text(ENDPOINT, endpoint.shown_name())
        .text("DBProxyEndpointArn", &endpoint.arn)
        .text(NAME, &endpoint.proxy)
        .text("Status", endpoint.status)
        .text("VpcId", VPC_ID)
        .texts("VpcSecurityGroupIds", "member", security_group::of_proxy(world, &endpoint.proxy))
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
