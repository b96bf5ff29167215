//! The endpoints of DB clusters.

use super::{filters, page_request};
use crate::wire::query::params::Params;
use crate::wire::query::xml::Xml;
use crate::world::rds::{DbClusterEndpoint, DescribeDbClusterEndpoints};
use crate::world::{ApiError, World};

const NAME: &str = "DBClusterEndpointIdentifier";
const CLUSTER: &str = "DBClusterIdentifier";

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
