//! DB clusters.

use super::instances::{write_pending, write_security_groups};
use super::{describe_request, tags};
use crate::wire::query::params::Params;
use crate::wire::query::xml::Xml;
use crate::world::rds::{Capacity, DbCluster, Form};
use crate::world::surroundings::database::{facts, subnet_group};
use crate::world::surroundings::security_group;
use crate::world::vpc::Zone;
use crate::world::{ApiError, World};

const NAME: &str = "DBClusterIdentifier";

/// The class of a Multi-AZ DB cluster's nodes.
const CLASS: &str = "db.m6gd.large";

/// The entries of lists that callers take for granted, though nothing of the kind is modelled.
const NONE: [&str; 0] = [];

pub(super) fn describe(world: &World, params: &Params, xml: &mut Xml) -> Result<(), ApiError> {
    let page = world.rds.describe_db_clusters(&describe_request(params, NAME)?)?;
    xml.list("DBClusters", "DBCluster", page.items, |xml, cluster| {
        write(world, cluster, xml);
    });
    xml.marker("Marker", page.marker);
    Ok(())
}

pub(super) fn fail_over(world: &mut World, params: &Params, xml: &mut Xml) -> Result<(), ApiError> {
    let target = params.optional("TargetDBInstanceIdentifier");
    let cluster = world.failover_db_cluster(params.required(NAME)?, target)?.clone();
    xml.element("DBCluster", |xml| write(world, &cluster, xml));
    Ok(())
}

fn write(world: &World, cluster: &DbCluster, xml: &mut Xml) {
    let facts = facts(world, &cluster.resource_id);
    let members = world.rds.members(cluster);
    let custom = world.rds.custom_endpoints_of(cluster);
    let custom = custom.map(|endpoint| world.custom_endpoint_host(&endpoint.identifier));
    xml.texts(
        "AvailabilityZones",
        "AvailabilityZone",
        Zone::ALL.map(|zone| zone.name(&world.region)),
    )
    .text(NAME, &cluster.identifier)
    .text("DBClusterArn", world.cluster_arn(&cluster.identifier))
    .text("DbClusterResourceId", &cluster.resource_id)
    .text("DBSubnetGroup", subnet_group(world, &facts).name)
    .text("Status", cluster.status)
    .text("Endpoint", world.cluster_endpoint(&cluster.identifier))
    .text("ReaderEndpoint", world.reader_endpoint(&cluster.identifier))
    .texts("CustomEndpoints", "member", custom)
    .text("MultiAZ", members.len() > 1)
    .text("Engine", cluster.engine)
    .text("EngineVersion", cluster.engine.version())
    .text("Port", cluster.port)
    .list("DBClusterMembers", "DBClusterMember", members, |xml, member| {
        xml.text("DBInstanceIdentifier", member.instance)
            .text("IsClusterWriter", member.is_cluster_writer)
            .text("DBClusterParameterGroupStatus", "in-sync")
            .text("PromotionTier", member.promotion_tier);
    })
    .texts("AssociatedRoles", "DBClusterRole", NONE);
    write_security_groups(security_group::of_cluster(world, cluster), xml);
    write_pending(&facts, xml);
    tags::write(world.rds.tags(&cluster.resource_id), xml);
    xml.text("ClusterCreateTime", world.timestamp_at(cluster.created))
        .text("DeletionProtection", false)
        .text("NetworkType", cluster.network)
        .maybe("PreferredMaintenanceWindow", facts.maintenance_window.as_ref())
        .maybe("AutoMinorVersionUpgrade", facts.auto_minor_version_upgrade)
        .maybe("IAMDatabaseAuthenticationEnabled", facts.iam_authentication);
    match cluster.capacity {
        Capacity::Instances => xml.text("EngineMode", "provisioned"),
        Capacity::ServerlessV1 => xml.text("EngineMode", "serverless"),
        Capacity::Limitless => xml.text("ClusterScalabilityType", "limitless"),
        Capacity::OutsideVpc => xml.text("VPCNetworkingEnabled", false),
    };
    if let Some(global) = &cluster.global {
        let source = cluster.replication_source();
        xml.text("GlobalClusterIdentifier", &global.database)
            .maybe("ReplicationSourceIdentifier", source)
            .maybe("GlobalWriteForwardingStatus", source.map(|_| "disabled"));
    }
    if cluster.form == Form::ThreeNodes {
        xml.text("DBClusterInstanceClass", CLASS)
            .text("AllocatedStorage", 100)
            .text("StorageType", "io1")
            .text("Iops", 1000)
            .text("PubliclyAccessible", facts.publicly_accessible);
    }
}
