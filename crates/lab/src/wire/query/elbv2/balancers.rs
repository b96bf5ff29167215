//! Load balancers, their attributes, and listeners.

use super::groups::write_attributes;
use super::{one_of, page};
use crate::wire::query::params::Params;
use crate::wire::query::xml::Xml;
use crate::world::elbv2::{IpFamily, Listener, LoadBalancer};
use crate::world::surroundings::security_group;
use crate::world::vpc::VPC_ID;
use crate::world::{ApiError, World};

pub(super) fn describe(world: &World, params: &Params, xml: &mut Xml) -> Result<(), ApiError> {
    one_of(params, ["LoadBalancerArns", "Names"])?;
    let balancers =
        world.load_balancers(&params.texts("LoadBalancerArns"), &params.texts("Names"))?;
    let (balancers, marker) = page(params, balancers, |balancer| &balancer.arn)?;
    xml.list("LoadBalancers", "member", balancers, |xml, balancer| {
        write(world, balancer, xml);
    });
    xml.marker("NextMarker", marker);
    Ok(())
}

pub(super) fn attributes(world: &World, params: &Params, xml: &mut Xml) -> Result<(), ApiError> {
    write_attributes(world.load_balancer_attributes(params.required("LoadBalancerArn")?)?, xml);
    Ok(())
}

pub(super) fn listener_attributes(
    world: &World,
    params: &Params,
    xml: &mut Xml,
) -> Result<(), ApiError> {
    write_attributes(world.listener_attributes(params.required("ListenerArn")?)?, xml);
    Ok(())
}

pub(super) fn describe_listeners(
    world: &World,
    params: &Params,
    xml: &mut Xml,
) -> Result<(), ApiError> {
    one_of(params, ["LoadBalancerArn", "ListenerArns"])?;
    let listeners =
        world.listeners(params.optional("LoadBalancerArn"), &params.texts("ListenerArns"))?;
    let (listeners, marker) = page(params, listeners, |listener| &listener.arn)?;
    xml.list("Listeners", "member", listeners, |xml, listener| {
        write_listener(listener, xml);
    });
    xml.marker("NextMarker", marker);
    Ok(())
}

fn write(world: &World, balancer: &LoadBalancer, xml: &mut Xml) {
    xml.text("LoadBalancerArn", &balancer.arn)
        .text("DNSName", &balancer.dns_name)
        .text("CanonicalHostedZoneId", "Z2IFOLAFXWLO4F")
        .text("CreatedTime", world.timestamp_at(balancer.created))
        .text("LoadBalancerName", &balancer.name)
        .text("Scheme", "internal")
        .text("VpcId", VPC_ID)
        .element("State", |xml| {
            xml.text("Code", "active");
        })
        .text("Type", "network")
        .list("AvailabilityZones", "member", &balancer.nodes, |xml, node| {
            xml.text("ZoneName", &node.zone).text("SubnetId", &node.subnet);
        })
        .text(
            "IpAddressType",
            match balancer.family {
                IpFamily::Ipv4 => "ipv4",
                IpFamily::Ipv6 => "dualstack",
            },
        );
    let groups = security_group::of_balancer(world, balancer);
    if groups.is_empty() {
        return;
    }
    let facts = world.surroundings.balancers.get(&balancer.name);
    let enforces = facts.is_some_and(|facts| facts.enforce_on_private_link);
    xml.texts("SecurityGroups", "member", groups).text(
        "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic",
        if enforces { "on" } else { "off" },
    );
}

fn write_listener(listener: &Listener, xml: &mut Xml) {
    xml.text("ListenerArn", &listener.arn)
        .text("LoadBalancerArn", &listener.balancer)
        .text("Port", listener.port)
        .text("Protocol", "TCP")
        .list("DefaultActions", "member", [&listener.target_group], |xml, group| {
            xml.text("Type", "forward").text("TargetGroupArn", group).element(
                "ForwardConfig",
                |xml| {
                    xml.list("TargetGroups", "member", [group], |xml, group| {
                        xml.text("TargetGroupArn", group);
                    });
                },
            );
        });
}
