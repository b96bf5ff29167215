//! Global databases.

use super::page_request;
use crate::wire::query::params::Params;
use crate::wire::query::xml::Xml;
use crate::world::rds::{DbCluster, GlobalMember, GlobalRole};
use crate::world::{ApiError, World};

const NAME: &str = "GlobalClusterIdentifier";

pub(super) fn describe(world: &World, params: &Params, xml: &mut Xml) -> Result<(), ApiError> {
    let page = world.rds.describe_global_clusters(params.optional(NAME), &page_request(params)?)?;
    xml.marker("Marker", page.marker);
    // The entries of this list are named so, and not GlobalCluster (botocore rds 2014-10-31,
    // GlobalClusterList).
    xml.list("GlobalClusters", "GlobalClusterMember", page.items, |xml, (cluster, member)| {
        write(world, cluster, member, xml);
    });
    Ok(())
}

fn write(world: &World, cluster: &DbCluster, member: &GlobalMember, xml: &mut Xml) {
    let (primary, secondary) = match &member.role {
        GlobalRole::Primary(secondary) => (&cluster.arn, secondary.as_ref()),
        GlobalRole::Secondary(primary) => (primary, Some(&cluster.arn)),
    };
    let members = [Some(primary), secondary];
    let name = &member.database;
    xml.text(NAME, name)
        .text("GlobalClusterArn", format!("arn:aws:rds::{}:global-cluster:{name}", world.account))
        .text("Status", "available")
        .text("Engine", cluster.engine)
        .text("EngineVersion", cluster.engine.version())
        .text("DeletionProtection", false)
        .list(
            "GlobalClusterMembers",
            "GlobalClusterMember",
            members.into_iter().flatten(),
            |xml, arn| {
                let is_writer = arn == primary;
                xml.text("DBClusterArn", arn)
                    .texts("Readers", "member", secondary.filter(|_| is_writer))
                    .text("IsWriter", is_writer)
                    .maybe("GlobalWriteForwardingStatus", (!is_writer).then_some("disabled"))
                    .text("SynchronizationStatus", "connected");
            },
        );
}
