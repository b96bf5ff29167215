//! Target groups and their attributes.

use super::{one_of, page};
use crate::wire::query::params::Params;
use crate::wire::query::xml::Xml;
use crate::world::elbv2::{Attributes, GroupSelection, TargetGroup};
use crate::world::vpc::VPC_ID;
use crate::world::{ApiError, World};

pub(super) fn describe(world: &World, params: &Params, xml: &mut Xml) -> Result<(), ApiError> {
    one_of(params, ["TargetGroupArns", "Names"])?;
    one_of(params, ["TargetGroupArns", "LoadBalancerArn"])?;
    one_of(params, ["Names", "LoadBalancerArn"])?;
    let groups = world.target_groups(&selection(params))?;
    let (groups, marker) = page(params, groups, |group| &group.arn)?;
    xml.list("TargetGroups", "member", groups, |xml, group| {
        write(world, group, xml);
    });
    xml.marker("NextMarker", marker);
    Ok(())
}

pub(super) fn attributes(world: &World, params: &Params, xml: &mut Xml) -> Result<(), ApiError> {
    write_attributes(world.target_group_attributes(params.required("TargetGroupArn")?)?, xml);
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

fn write(world: &World, group: &TargetGroup, xml: &mut Xml) {
    let check = &group.health_check;
    xml.text("TargetGroupArn", &group.arn)
        .text("TargetGroupName", &group.name)
        .text("Protocol", group.protocol)
        .text("Port", group.port)
        .text("VpcId", VPC_ID)
        .text("HealthCheckProtocol", check.protocol.as_str())
        .text("HealthCheckPort", check.port.map_or("traffic-port".to_owned(), |p| p.to_string()))
        .text("HealthCheckEnabled", true)
        .text("HealthCheckIntervalSeconds", check.interval)
        .text("HealthCheckTimeoutSeconds", check.timeout)
        .text("HealthyThresholdCount", check.healthy_threshold)
        .text("UnhealthyThresholdCount", check.unhealthy_threshold)
        .texts("LoadBalancerArns", "member", world.elbv2.balancers_of(&group.arn))
        .text("TargetType", group.target_type)
        .text("IpAddressType", group.family);
}
