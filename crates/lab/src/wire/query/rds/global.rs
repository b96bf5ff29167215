//! The operations on global databases.

use super::page_request;
use crate::wire::query::params::Params;
use crate::wire::query::xml::Xml;
use crate::world::rds::{GlobalCluster, Shift};
use crate::world::{ApiError, World};

const NAME: &str = "GlobalClusterIdentifier";

pub(super) fn create(world: &mut World, params: &Params, xml: &mut Xml) -> Result<(), ApiError> {
    let source = params.required("SourceDBClusterIdentifier")?;
    let cluster = world.create_global_cluster(params.required(NAME)?, source)?;
    write_one(world, &cluster, xml);
    Ok(())
}

pub(super) fn describe(world: &World, params: &Params, xml: &mut Xml) -> Result<(), ApiError> {
    let page = world.describe_global_clusters(params.optional(NAME), &page_request(params)?)?;
    xml.marker("Marker", page.marker);
    // The entries of this list are named so, and not GlobalCluster (botocore rds 2014-10-31,
    // GlobalClusterList).
    xml.list("GlobalClusters", "GlobalClusterMember", page.items, |xml, cluster| {
        write(world, &cluster, xml);
    });
    Ok(())
}

pub(super) fn switch_over(
    world: &mut World,
    params: &Params,
    xml: &mut Xml,
) -> Result<(), ApiError> {
    shift(world, params, Shift::Switchover, xml)
}

/// Without `AllowDataLoss` it is a switchover (botocore rds 2014-10-31, FailoverGlobalCluster).
pub(super) fn fail_over(world: &mut World, params: &Params, xml: &mut Xml) -> Result<(), ApiError> {
    let how = match params.flag("AllowDataLoss")? {
        Some(true) => Shift::Failover,
        Some(false) | None => Shift::Switchover,
    };
    shift(world, params, how, xml)
}

fn shift(world: &mut World, params: &Params, how: Shift, xml: &mut Xml) -> Result<(), ApiError> {
    let target = params.required("TargetDbClusterIdentifier")?;
    let cluster = world.shift_global_cluster(params.required(NAME)?, target, how)?;
    write_one(world, &cluster, xml);
    Ok(())
}

fn write_one(world: &World, cluster: &GlobalCluster, xml: &mut Xml) {
    xml.element("GlobalCluster", |xml| write(world, cluster, xml));
}

fn write(world: &World, cluster: &GlobalCluster, xml: &mut Xml) {
    let members = [Some(&cluster.primary), cluster.secondary.as_ref()];
    xml.text(NAME, &cluster.identifier)
        .text(
            "GlobalClusterArn",
            format!("arn:aws:rds::{}:global-cluster:{}", world.account, cluster.identifier),
        )
        .text("Status", "available")
        .text("Engine", cluster.engine)
        .text("EngineVersion", &cluster.engine_version)
        .text("DeletionProtection", false)
        .list(
            "GlobalClusterMembers",
            "GlobalClusterMember",
            members.into_iter().flatten(),
            |xml, arn| {
                let is_writer = *arn == cluster.primary;
                let readers = cluster.secondary.iter().filter(|_| is_writer);
                xml.text("DBClusterArn", arn)
                    .texts("Readers", "member", readers)
                    .text("IsWriter", is_writer)
                    .maybe("GlobalWriteForwardingStatus", (!is_writer).then_some("disabled"))
                    .text("SynchronizationStatus", "connected");
            },
        );
}
