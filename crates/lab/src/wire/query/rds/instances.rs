//! The operations on DB instances.

use super::{apply, describe_request, final_snapshot, network, tags};
use crate::wire::query::params::Params;
use crate::wire::query::xml::Xml;
use crate::world::rds::{CreateDbInstance, DbInstance, ModifyDbInstance, MultiAz, Pending, Reboot};
use crate::world::vpc::{VPC_ID, Zone};
use crate::world::{ApiError, World};

const NAME: &str = "DBInstanceIdentifier";

/// The entries of lists that callers take for granted, though nothing of the kind is modelled.
const NONE: [&str; 0] = [];

pub(super) fn create(world: &mut World, params: &Params, xml: &mut Xml) -> Result<(), ApiError> {
    let request = CreateDbInstance {
        identifier: params.required(NAME)?.to_owned(),
        class: params.required("DBInstanceClass")?.to_owned(),
        engine: params.required("Engine")?.to_owned(),
        engine_version: params.owned("EngineVersion"),
        cluster: params.owned("DBClusterIdentifier"),
        availability_zone: params.owned("AvailabilityZone"),
        multi_az: multi_az(params)?,
        port: params.port("Port")?,
        promotion_tier: params.parsed("PromotionTier")?,
        subnet_group: params.owned("DBSubnetGroupName"),
        network: network(params)?,
    };
    let tags = tags::read(params)?;
    let instance = world.create_db_instance(request)?.clone();
    world.add_rds_tags(&instance.arn, tags)?;
    write_one(world, &instance, xml);
    Ok(())
}

pub(super) fn describe(world: &World, params: &Params, xml: &mut Xml) -> Result<(), ApiError> {
    let page = world.describe_db_instances(&describe_request(params, NAME)?)?;
    xml.list("DBInstances", "DBInstance", page.items, |xml, instance| {
        write(world, instance, xml);
    });
    xml.marker("Marker", page.marker);
    Ok(())
}

pub(super) fn modify(world: &mut World, params: &Params, xml: &mut Xml) -> Result<(), ApiError> {
    let request = ModifyDbInstance {
        identifier: params.required(NAME)?.to_owned(),
        changes: Pending {
            identifier: params.owned("NewDBInstanceIdentifier"),
            class: params.owned("DBInstanceClass"),
            multi_az: multi_az(params)?,
            network: network(params)?,
        },
        promotion_tier: params.parsed("PromotionTier")?,
        port: params.port("DBPortNumber")?,
        apply: apply(params)?,
    };
    let instance = world.modify_db_instance(request)?.clone();
    write_one(world, &instance, xml);
    Ok(())
}

pub(super) fn delete(world: &mut World, params: &Params, xml: &mut Xml) -> Result<(), ApiError> {
    let instance = world.delete_db_instance(params.required(NAME)?, &final_snapshot(params)?)?;
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

pub(super) fn start(world: &mut World, params: &Params, xml: &mut Xml) -> Result<(), ApiError> {
    let instance = world.start_db_instance(params.required(NAME)?)?.clone();
    write_one(world, &instance, xml);
    Ok(())
}

pub(super) fn stop(world: &mut World, params: &Params, xml: &mut Xml) -> Result<(), ApiError> {
    let instance = world.stop_db_instance(params.required(NAME)?)?.clone();
    write_one(world, &instance, xml);
    Ok(())
}

fn multi_az(params: &Params) -> Result<Option<MultiAz>, ApiError> {
    let of = |yes| if yes { MultiAz::Yes } else { MultiAz::No };
    Ok(params.flag("MultiAZ")?.map(of))
}

fn write_one(world: &World, instance: &DbInstance, xml: &mut Xml) {
    xml.element("DBInstance", |xml| write(world, instance, xml));
}

fn write(world: &World, instance: &DbInstance, xml: &mut Xml) {
    let cluster = world.rds.cluster_of(instance);
    xml.text(NAME, &instance.identifier)
        .text("DBInstanceArn", world.instance_arn(&instance.identifier))
        .text("DbiResourceId", &instance.resource_id)
        .text("DBInstanceClass", &instance.class)
        .text("Engine", instance.engine)
        .text("EngineVersion", &instance.engine_version)
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
            write_subnet_group(world, &instance.subnet_group, xml);
        })
        .text("MultiAZ", instance.multi_az() == MultiAz::Yes)
        .text("PubliclyAccessible", false)
        .maybe("DBClusterIdentifier", cluster.map(|cluster| &cluster.identifier))
        .element("PendingModifiedValues", |xml| write_pending(instance, xml))
        .text("PromotionTier", instance.promotion_tier)
        .text("DbInstancePort", 0)
        .text("DeletionProtection", false)
        .text("NetworkType", instance.network);
}

fn write_subnet_group(world: &World, name: &str, xml: &mut Xml) {
    xml.text("DBSubnetGroupName", name)
        .text("DBSubnetGroupDescription", name)
        .text("VpcId", VPC_ID)
        .text("SubnetGroupStatus", "Complete")
        .texts(
            "SupportedNetworkTypes",
            "member",
            world.rds.network_types(name).iter().map(ToString::to_string),
        )
        .list("Subnets", "Subnet", Zone::ALL, |xml, zone| {
            xml.text("SubnetIdentifier", zone.subnet_id())
                .element("SubnetAvailabilityZone", |xml| {
                    xml.text("Name", zone.name(&world.region));
                })
                .text("SubnetStatus", "Active");
        });
}

fn write_pending(instance: &DbInstance, xml: &mut Xml) {
    let pending = &instance.pending;
    xml.maybe(NAME, pending.identifier.as_ref())
        .maybe("DBInstanceClass", pending.class.as_ref())
        .maybe("MultiAZ", pending.multi_az.map(|multi_az| multi_az == MultiAz::Yes));
}
