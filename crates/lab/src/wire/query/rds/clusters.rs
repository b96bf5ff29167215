//! The operations on DB clusters.

use super::{apply, describe_request, final_snapshot, network, tags};
use crate::wire::query::params::Params;
use crate::wire::query::xml::Xml;
use crate::world::rds::{Capacity, CreateDbCluster, DbCluster, Form, ModifyDbCluster};
use crate::world::vpc::Zone;
use crate::world::{ApiError, World};

const NAME: &str = "DBClusterIdentifier";

/// The entries of lists that callers take for granted, though nothing of the kind is modelled.
const NONE: [&str; 0] = [];

pub(super) fn create(world: &mut World, params: &Params, xml: &mut Xml) -> Result<(), ApiError> {
    let request = CreateDbCluster {
        identifier: params.required(NAME)?.to_owned(),
        engine: params.required("Engine")?.to_owned(),
        engine_version: params.owned("EngineVersion"),
        port: params.port("Port")?,
        subnet_group: params.owned("DBSubnetGroupName"),
        network: network(params)?,
        class: params.owned("DBClusterInstanceClass"),
        allocated_storage: params.parsed("AllocatedStorage")?,
        storage_type: params.owned("StorageType"),
        iops: params.parsed("Iops")?,
    };
    let tags = tags::read(params)?;
    let cluster = world.create_db_cluster(request)?.clone();
    world.add_rds_tags(&cluster.arn, tags)?;
    write_one(world, &cluster, xml);
    Ok(())
}

pub(super) fn describe(world: &World, params: &Params, xml: &mut Xml) -> Result<(), ApiError> {
    let page = world.describe_db_clusters(&describe_request(params, NAME)?)?;
    xml.list("DBClusters", "DBCluster", page.items, |xml, cluster| {
        write(world, cluster, xml);
    });
    xml.marker("Marker", page.marker);
    Ok(())
}

pub(super) fn modify(world: &mut World, params: &Params, xml: &mut Xml) -> Result<(), ApiError> {
    let request = ModifyDbCluster {
        identifier: params.required(NAME)?.to_owned(),
        new_identifier: params.owned("NewDBClusterIdentifier"),
        network: network(params)?,
        port: params.port("Port")?,
        apply: apply(params)?,
    };
    let cluster = world.modify_db_cluster(request)?.clone();
    write_one(world, &cluster, xml);
    Ok(())
}

pub(super) fn delete(world: &mut World, params: &Params, xml: &mut Xml) -> Result<(), ApiError> {
    let cluster = world.delete_db_cluster(params.required(NAME)?, &final_snapshot(params)?)?;
    write_one(world, &cluster, xml);
    Ok(())
}

pub(super) fn fail_over(world: &mut World, params: &Params, xml: &mut Xml) -> Result<(), ApiError> {
    let target = params.optional("TargetDBInstanceIdentifier");
    let cluster = world.failover_db_cluster(params.required(NAME)?, target)?.clone();
    write_one(world, &cluster, xml);
    Ok(())
}

pub(super) fn reboot(world: &mut World, params: &Params, xml: &mut Xml) -> Result<(), ApiError> {
    let cluster = world.reboot_db_cluster(params.required(NAME)?)?.clone();
    write_one(world, &cluster, xml);
    Ok(())
}

pub(super) fn start(world: &mut World, params: &Params, xml: &mut Xml) -> Result<(), ApiError> {
    let cluster = world.start_db_cluster(params.required(NAME)?)?.clone();
    write_one(world, &cluster, xml);
    Ok(())
}

pub(super) fn stop(world: &mut World, params: &Params, xml: &mut Xml) -> Result<(), ApiError> {
    let cluster = world.stop_db_cluster(params.required(NAME)?)?.clone();
    write_one(world, &cluster, xml);
    Ok(())
}

fn write_one(world: &World, cluster: &DbCluster, xml: &mut Xml) {
    xml.element("DBCluster", |xml| write(world, cluster, xml));
}

fn write(world: &World, cluster: &DbCluster, xml: &mut Xml) {
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
    .text("DBSubnetGroup", &cluster.subnet_group)
    .text("Status", cluster.status)
    .text("Endpoint", world.cluster_endpoint(&cluster.identifier))
    .text("ReaderEndpoint", world.reader_endpoint(&cluster.identifier))
    .texts("CustomEndpoints", "member", custom)
    .text("MultiAZ", members.len() > 1)
    .text("Engine", cluster.engine)
    .text("EngineVersion", &cluster.engine_version)
    .text("Port", cluster.port)
    .list("DBClusterMembers", "DBClusterMember", members, |xml, member| {
        xml.text("DBInstanceIdentifier", member.instance)
            .text("IsClusterWriter", member.is_cluster_writer)
            .text("DBClusterParameterGroupStatus", "in-sync")
            .text("PromotionTier", member.promotion_tier);
    })
    .texts("VpcSecurityGroups", "VpcSecurityGroupMembership", NONE)
    .texts("AssociatedRoles", "DBClusterRole", NONE);
    tags::write(world.rds.tags(&cluster.resource_id), xml);
    xml.text("ClusterCreateTime", world.timestamp_at(cluster.created))
        .text("DeletionProtection", false)
        .text("NetworkType", cluster.network);
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
    if let Form::ThreeNodes(nodes) = &cluster.form {
        xml.text("DBClusterInstanceClass", &nodes.class)
            .text("AllocatedStorage", nodes.allocated_storage)
            .text("StorageType", &nodes.storage_type)
            .text("Iops", nodes.iops)
            .text("PubliclyAccessible", false);
    }
}
