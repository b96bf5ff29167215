//! The operations on custom endpoints of DB clusters.

use super::{filters, page_request};
use crate::wire::query::params::Params;
use crate::wire::query::xml::Xml;
use crate::world::rds::{
    CreateDbClusterEndpoint, CustomEndpoint, DbClusterEndpoint, DescribeDbClusterEndpoints,
    EndpointKind, ModifyDbClusterEndpoint,
};
use crate::world::{ApiError, World};

const NAME: &str = "DBClusterEndpointIdentifier";
const CLUSTER: &str = "DBClusterIdentifier";

pub(super) fn create(world: &mut World, params: &Params, xml: &mut Xml) -> Result<(), ApiError> {
    let request = CreateDbClusterEndpoint {
        cluster: params.required(CLUSTER)?.to_owned(),
        identifier: params.required(NAME)?.to_owned(),
        kind: params.required("EndpointType")?.to_owned(),
        static_members: params.texts("StaticMembers"),
        excluded_members: params.texts("ExcludedMembers"),
    };
    let endpoint = world.create_db_cluster_endpoint(request)?.clone();
    write_custom(world, &endpoint, xml);
    Ok(())
}

pub(super) fn describe(world: &World, params: &Params, xml: &mut Xml) -> Result<(), ApiError> {
    let page = world.describe_db_cluster_endpoints(&DescribeDbClusterEndpoints {
        cluster: params.owned(CLUSTER),
        endpoint: params.owned(NAME),
        filters: filters(params)?,
        page: page_request(params)?,
    })?;
    // The model gives the members of this list the list's own name.
    xml.list("DBClusterEndpoints", "DBClusterEndpointList", page.items, |xml, endpoint| {
        write(&endpoint, xml);
    });
    xml.marker("Marker", page.marker);
    Ok(())
}

pub(super) fn modify(world: &mut World, params: &Params, xml: &mut Xml) -> Result<(), ApiError> {
    let request = ModifyDbClusterEndpoint {
        identifier: params.required(NAME)?.to_owned(),
        kind: params.owned("EndpointType"),
        static_members: params.texts("StaticMembers"),
        excluded_members: params.texts("ExcludedMembers"),
    };
    let endpoint = world.modify_db_cluster_endpoint(request)?.clone();
    write_custom(world, &endpoint, xml);
    Ok(())
}

pub(super) fn delete(world: &mut World, params: &Params, xml: &mut Xml) -> Result<(), ApiError> {
    let endpoint = world.delete_db_cluster_endpoint(params.required(NAME)?)?.clone();
    write_custom(world, &endpoint, xml);
    Ok(())
}

/// The answer to a change is an endpoint's fields themselves, without an element around them.
fn write_custom(world: &World, endpoint: &CustomEndpoint, xml: &mut Xml) {
    let cluster = world.rds.clusters().find(|cluster| cluster.key == endpoint.cluster);
    if let Some(cluster) = cluster {
        let shown = DbClusterEndpoint {
            cluster,
            host: world.custom_endpoint_host(&endpoint.identifier),
            status: endpoint.status,
            kind: EndpointKind::Custom(endpoint),
        };
        write(&shown, xml);
    }
}

fn write(endpoint: &DbClusterEndpoint<'_>, xml: &mut Xml) {
    let custom = endpoint.custom();
    xml.maybe(NAME, custom.map(|custom| &custom.identifier))
        .text(CLUSTER, &endpoint.cluster.identifier)
        .maybe("DBClusterEndpointResourceIdentifier", custom.map(|custom| &custom.resource_id))
        .text("Endpoint", &endpoint.host)
        .text("Status", endpoint.status)
        .text("EndpointType", endpoint.kind.name());
    if let Some(custom) = custom {
        xml.text("CustomEndpointType", custom.kind)
            .texts("StaticMembers", "member", &custom.static_members)
            .texts("ExcludedMembers", "member", &custom.excluded_members)
            .text("DBClusterEndpointArn", &custom.arn);
    }
}
