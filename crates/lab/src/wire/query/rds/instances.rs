//! DB instances.

use super::{describe_request, subnet_groups, tags};
use crate::wire::query::params::Params;
use crate::wire::query::xml::Xml;
use crate::world::rds::{DbInstance, MultiAz, Reboot};
use crate::world::surroundings::database::{AUTHORITY, facts, subnet_group};
use crate::world::surroundings::{DatabaseFacts, security_group};
use crate::world::{ApiError, World};

const NAME: &str = "DBInstanceIdentifier";

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
    let facts = facts(world, &instance.resource_id);
    write_security_groups(security_group::of_instance(world, instance), xml);
    xml.texts(
        "ReadReplicaDBInstanceIdentifiers",
        "ReadReplicaDBInstanceIdentifier",
        replicas(world, &instance.identifier),
    )
    .maybe("ReadReplicaSourceDBInstanceIdentifier", facts.replica_of.as_ref());
    write_pending(&facts, xml);
    tags::write(world.rds.tags(&instance.resource_id), xml);
    xml.text("InstanceCreateTime", world.timestamp_at(instance.created))
        .text("AvailabilityZone", instance.shown_zone.name(&world.region))
        .maybe(
            "SecondaryAvailabilityZone",
            instance.shown_standby_zone.map(|zone| zone.name(&world.region)),
        )
        .element("DBSubnetGroup", |xml| {
            subnet_groups::write(world, &subnet_group(world, &facts), xml);
        })
        .text("MultiAZ", instance.multi_az() == MultiAz::Yes)
        .text("PubliclyAccessible", facts.publicly_accessible)
        .maybe("DBClusterIdentifier", cluster.map(|cluster| &cluster.identifier))
        .text("PromotionTier", instance.promotion_tier)
        .text("DbInstancePort", 0)
        .text("DeletionProtection", false)
        .text("NetworkType", instance.network)
        .maybe("PreferredMaintenanceWindow", facts.maintenance_window.as_ref())
        .maybe("AutoMinorVersionUpgrade", facts.auto_minor_version_upgrade)
        .maybe("IAMDatabaseAuthenticationEnabled", facts.iam_authentication)
        .text("CACertificateIdentifier", AUTHORITY)
        .element("CertificateDetails", |xml| {
            xml.text("CAIdentifier", AUTHORITY).maybe("ValidTill", facts.certificate_valid_till);
        });
}

/// The instances that replicate one.
fn replicas<'w>(world: &'w World, source: &'w str) -> impl Iterator<Item = &'w str> {
    let replicates = move |instance: &&DbInstance| {
        let facts = world.surroundings.databases.get(&instance.resource_id);
        facts.is_some_and(|facts| facts.replica_of.as_deref() == Some(source))
    };
    world.rds.instances().filter(replicates).map(|instance| instance.identifier.as_str())
}

pub(super) fn write_security_groups(groups: Vec<String>, xml: &mut Xml) {
    xml.list("VpcSecurityGroups", "VpcSecurityGroupMembership", groups, |xml, group| {
        xml.text("VpcSecurityGroupId", group).text("Status", "active");
    });
}

pub(super) fn write_pending(facts: &DatabaseFacts, xml: &mut Xml) {
    xml.element("PendingModifiedValues", |xml| {
        for (name, value) in &facts.pending {
            xml.text(name, value);
        }
    });
}
