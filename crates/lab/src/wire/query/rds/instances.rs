//! DB instances.

use super::{describe_request, tags};
use crate::wire::query::params::Params;
use crate::wire::query::xml::Xml;
use crate::world::rds::{DbInstance, MultiAz, Network, Reboot};
use crate::world::vpc::{SUBNET_GROUP, VPC_ID, Zone};
use crate::world::{ApiError, World};

const NAME: &str = "DBInstanceIdentifier";

/// The entries of lists that callers take for granted, though nothing of the kind is modelled.
const NONE: [&str; 0] = [];

pub(super) fn describe(world: &World, params: &Params, xml: &mut Xml) -> Result<(), ApiError> {
    let page = world.rds.describe_db_instances(&describe_request(params, NAME)?)?;
    xml.list("DBInstances", "DBInstance", page.items, |xml, instance| {
        write(world, instance, xml);
    });
    xml.marker("Marker", page.marker);
    Ok(())
}

/// Of a reader of an Aurora cluster.
pub(super) fn delete(world: &mut World, params: &Params, xml: &mut Xml) -> Result<(), ApiError> {
    let instance = world.remove_reader(params.required(NAME)?)?;
    write_one(world, &instance, xml);
    Ok(())
}

pub(super) fn reboot(world: &mut World, params: &Params, xml: &mut Xml) -> Result<(), ApiError> {
    let how = match params.flag("ForceFailover")? {
        Some(true) => Reboot::ToStandby,
        Some(false) | None => Reboot::InPlace,
    };
    let instance = world.reboot_db_instance(params.required(NAME)?, how)?.clone();
    write_one(world, &instance, xml);
    Ok(())
}

fn write_one(world: &World, instance: &DbInstance, xml: &mut Xml) {
    xml.element("DBInstance", |xml| write(world, instance, xml));
}

fn write(world: &World, instance: &DbInstance, xml: &mut Xml) {
    let cluster = world.rds.cluster_of(instance);
    xml.text(NAME, &instance.identifier)
        .text("DBInstanceArn", world.instance_arn(&instance.identifier))
        .text("DbiResourceId", &instance.resource_id)
        .text("DBInstanceClass", "db.r6g.large")
        .text("Engine", instance.engine)
        .text("EngineVersion", instance.engine.version())
        .text("DBInstanceStatus", instance.status);
    // Absent while the instance is being created, which has broken callers that take it for
    // granted.
    if let Some(address) = &instance.endpoint {
        xml.element("Endpoint", |xml| {
            xml.text("Address", address)
                .text("Port", instance.port)
                .text("HostedZoneId", "Z29XKXDKYMONMX");
        });
    }
    xml.texts("VpcSecurityGroups", "VpcSecurityGroupMembership", NONE).texts(
        "ReadReplicaDBInstanceIdentifiers",
        "ReadReplicaDBInstanceIdentifier",
        NONE,
    );
    tags::write(world.rds.tags(&instance.resource_id), xml);
    xml.text("InstanceCreateTime", world.timestamp_at(instance.created))
        .text("AvailabilityZone", instance.shown_zone.name(&world.region))
        .maybe(
            "SecondaryAvailabilityZone",
            instance.shown_standby_zone.map(|zone| zone.name(&world.region)),
        )
        .element("DBSubnetGroup", |xml| {
            write_subnet_group(world, xml);
        })
        .text("MultiAZ", instance.multi_az() == MultiAz::Yes)
        .text("PubliclyAccessible", false)
        .maybe("DBClusterIdentifier", cluster.map(|cluster| &cluster.identifier))
        .element("PendingModifiedValues", |_| ())
        .text("PromotionTier", instance.promotion_tier)
        .text("DbInstancePort", 0)
        .text("DeletionProtection", false)
        .text("NetworkType", instance.network);
}

fn write_subnet_group(world: &World, xml: &mut Xml) {
    xml.text("DBSubnetGroupName", SUBNET_GROUP)
        .text("DBSubnetGroupDescription", SUBNET_GROUP)
        .text("VpcId", VPC_ID)
        .text("SubnetGroupStatus", "Complete")
        .texts("SupportedNetworkTypes", "member", [Network::Ipv4, Network::Dual])
        .list("Subnets", "Subnet", Zone::ALL, |xml, zone| {
            xml.text("SubnetIdentifier", zone.subnet_id())
                .element("SubnetAvailabilityZone", |xml| {
                    xml.text("Name", zone.name(&world.region));
                })
                .text("SubnetStatus", "Active");
        });
}
