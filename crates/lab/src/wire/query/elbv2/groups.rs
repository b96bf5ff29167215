//! The operations on target groups and their attributes.

use super::page;
use crate::wire::query::params::Params;
use crate::wire::query::xml::Xml;
use crate::world::elbv2::{
    Attributes, GroupProtocol, GroupSelection, HealthCheckChange, IpFamily, NewTargetGroup,
    TargetGroup, TargetType,
};
use crate::world::{ApiError, World};

pub(super) fn create(world: &mut World, params: &Params, xml: &mut Xml) -> Result<(), ApiError> {
    let protocol: GroupProtocol =
        params.parsed("Protocol")?.ok_or_else(|| params.dialect().missing("Protocol"))?;
    let port = params.port("Port")?.ok_or_else(|| params.dialect().missing("Port"))?;
    let new = NewTargetGroup {
        name: params.required("Name")?.to_owned(),
        protocol,
        port,
        vpc: params.required("VpcId")?.to_owned(),
        target_type: params.parsed("TargetType")?.unwrap_or(TargetType::Instance),
        family: params.parsed("IpAddressType")?.unwrap_or(IpFamily::Ipv4),
        health_check: health_check(params)?,
        tags: params.pairs("Tags")?.into_iter().collect(),
    };
    let arn = world.create_target_group(new)?.arn.clone();
    write_one(world, &arn, xml);
    Ok(())
}

pub(super) fn describe(world: &World, params: &Params, xml: &mut Xml) -> Result<(), ApiError> {
    let groups = world.target_groups(&selection(params))?;
    let (groups, marker) = page(params, groups, |group| &group.arn)?;
    xml.list("TargetGroups", "member", groups, |xml, group| {
        write(world, group, xml);
    });
    xml.marker("NextMarker", marker);
    Ok(())
}

pub(super) fn modify(world: &mut World, params: &Params, xml: &mut Xml) -> Result<(), ApiError> {
    let arn = params.required("TargetGroupArn")?;
    world.modify_target_group(arn, &health_check(params)?)?;
    write_one(world, arn, xml);
    Ok(())
}

pub(super) fn attributes(world: &World, params: &Params, xml: &mut Xml) -> Result<(), ApiError> {
    write_attributes(world.target_group_attributes(params.required("TargetGroupArn")?)?, xml);
    Ok(())
}

pub(super) fn modify_attributes(
    world: &mut World,
    params: &Params,
    xml: &mut Xml,
) -> Result<(), ApiError> {
    let changes = params.pairs("Attributes")?;
    let attributes =
        world.modify_target_group_attributes(params.required("TargetGroupArn")?, &changes)?;
    write_attributes(attributes, xml);
    Ok(())
}

pub(super) fn write_attributes(attributes: &Attributes, xml: &mut Xml) {
    xml.list("Attributes", "member", attributes, |xml, (key, value)| {
        xml.text("Key", key).text("Value", value);
    });
}

fn selection(params: &Params) -> GroupSelection {
    let (arns, names) = (params.texts("TargetGroupArns"), params.texts("Names"));
    match params.owned("LoadBalancerArn") {
        Some(arn) => GroupSelection::LoadBalancer(arn),
        None if !arns.is_empty() => GroupSelection::Arns(arns),
        None if !names.is_empty() => GroupSelection::Names(names),
        None => GroupSelection::All,
    }
}

fn health_check(params: &Params) -> Result<HealthCheckChange, ApiError> {
    Ok(HealthCheckChange {
        protocol: params.owned("HealthCheckProtocol"),
        port: params.owned("HealthCheckPort"),
        path: params.owned("HealthCheckPath"),
        interval: params.parsed("HealthCheckIntervalSeconds")?,
        timeout: params.parsed("HealthCheckTimeoutSeconds")?,
        healthy_threshold: params.parsed("HealthyThresholdCount")?,
        unhealthy_threshold: params.parsed("UnhealthyThresholdCount")?,
    })
}

fn write_one(world: &World, arn: &str, xml: &mut Xml) {
    xml.list("TargetGroups", "member", world.elbv2.group(arn), |xml, group| {
        write(world, group, xml)
    });
}

fn write(world: &World, group: &TargetGroup, xml: &mut Xml) {
    let check = &group.health_check;
    xml.text("TargetGroupArn", &group.arn)
        .text("TargetGroupName", &group.name)
        .text("Protocol", group.protocol)
        .text("Port", group.port)
        .text("VpcId", &group.vpc)
        .text("HealthCheckProtocol", &check.protocol)
        .text("HealthCheckPort", &check.port)
        .text("HealthCheckEnabled", true)
        .text("HealthCheckIntervalSeconds", check.interval)
        .text("HealthCheckTimeoutSeconds", check.timeout)
        .text("HealthyThresholdCount", check.healthy_threshold)
        .text("UnhealthyThresholdCount", check.unhealthy_threshold)
        .maybe("HealthCheckPath", check.path.as_ref())
        .texts("LoadBalancerArns", "member", world.balancers_of(&group.arn))
        .text("TargetType", group.target_type)
        .text("IpAddressType", group.family);
}
