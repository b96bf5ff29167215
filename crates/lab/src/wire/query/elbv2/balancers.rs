//! The operations on load balancers, their attributes, and listeners.

use super::groups::write_attributes;
use super::page;
use crate::wire::query::params::Params;
use crate::wire::query::xml::Xml;
use crate::world::elbv2::{GroupProtocol, Listener, LoadBalancer, NewListener, NewLoadBalancer};
use crate::world::{ApiError, World};

pub(super) fn create(world: &mut World, params: &Params, xml: &mut Xml) -> Result<(), ApiError> {
    // AWS's own default is an application load balancer, which the lab does not have.
    let kind = params.optional("Type").unwrap_or("application");
    if kind != "network" {
        return Err(params.dialect().malformed("Type", kind));
    }
    let mapped =
        params.list("SubnetMappings").into_iter().filter_map(|mapping| mapping.owned("SubnetId"));
    let new = NewLoadBalancer {
        name: params.required("Name")?.to_owned(),
        subnets: params.texts("Subnets").into_iter().chain(mapped).collect(),
        scheme: params.owned("Scheme"),
        ip_address_type: params.owned("IpAddressType"),
        security_groups: params.texts("SecurityGroups"),
        tags: params.pairs("Tags")?.into_iter().collect(),
    };
    let balancer = world.create_load_balancer(new)?.clone();
    xml.list("LoadBalancers", "member", [&balancer], |xml, balancer| {
        write(world, balancer, xml);
    });
    Ok(())
}

pub(super) fn describe(world: &World, params: &Params, xml: &mut Xml) -> Result<(), ApiError> {
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

pub(super) fn modify_attributes(
    world: &mut World,
    params: &Params,
    xml: &mut Xml,
) -> Result<(), ApiError> {
    let changes = params.pairs("Attributes")?;
    let attributes =
        world.modify_load_balancer_attributes(params.required("LoadBalancerArn")?, &changes)?;
    write_attributes(attributes, xml);
    Ok(())
}

pub(super) fn create_listener(
    world: &mut World,
    params: &Params,
    xml: &mut Xml,
) -> Result<(), ApiError> {
    let protocol = params.parsed::<GroupProtocol>("Protocol")?;
    let new = NewListener {
        balancer: params.required("LoadBalancerArn")?.to_owned(),
        protocol: protocol.ok_or_else(|| params.dialect().missing("Protocol"))?,
        port: params.port("Port")?.ok_or_else(|| params.dialect().missing("Port"))?,
        target_group: forwarded_to(params)?,
        tags: params.pairs("Tags")?.into_iter().collect(),
    };
    let listener = world.create_listener(new)?;
    xml.list("Listeners", "member", [listener], |xml, listener| {
        write_listener(listener, xml);
    });
    Ok(())
}

pub(super) fn describe_listeners(
    world: &World,
    params: &Params,
    xml: &mut Xml,
) -> Result<(), ApiError> {
    let listeners =
        world.listeners(params.optional("LoadBalancerArn"), &params.texts("ListenerArns"))?;
    let (listeners, marker) = page(params, listeners, |listener| &listener.arn)?;
    xml.list("Listeners", "member", listeners, |xml, listener| {
        write_listener(listener, xml);
    });
    xml.marker("NextMarker", marker);
    Ok(())
}

/// The one group of a listener's one forward action, in its short form or as a ForwardConfig.
fn forwarded_to(params: &Params) -> Result<String, ApiError> {
    let actions = params.list("DefaultActions");
    let action = actions.first().ok_or_else(|| params.dialect().missing("DefaultActions"))?;
    let kind = action.required("Type")?;
    if kind != "forward" {
        return Err(params.dialect().malformed("DefaultActions.Type", kind));
    }
    let configured = action.list("ForwardConfig.TargetGroups");
    match configured.as_slice() {
        [one] if action.optional("TargetGroupArn").is_none() => {
            Ok(one.required("TargetGroupArn")?.to_owned())
        }
        _ => Ok(action.required("TargetGroupArn")?.to_owned()),
    }
}

fn write(world: &World, balancer: &LoadBalancer, xml: &mut Xml) {
    xml.text("LoadBalancerArn", &balancer.arn)
        .text("DNSName", &balancer.dns_name)
        .text("CanonicalHostedZoneId", "Z2IFOLAFXWLO4F")
        .text("CreatedTime", world.timestamp_at(balancer.created))
        .text("LoadBalancerName", &balancer.name)
        .text("Scheme", &balancer.scheme)
        .text("VpcId", &balancer.vpc)
        .element("State", |xml| {
            xml.text("Code", "active");
        })
        .text("Type", "network")
        .list("AvailabilityZones", "member", &balancer.nodes, |xml, node| {
            xml.text("ZoneName", &node.zone).text("SubnetId", &node.subnet);
        })
        .texts("SecurityGroups", "member", &balancer.security_groups)
        .text("IpAddressType", &balancer.ip_address_type);
}

fn write_listener(listener: &Listener, xml: &mut Xml) {
    xml.text("ListenerArn", &listener.arn)
        .text("LoadBalancerArn", &listener.balancer)
        .text("Port", listener.port)
        .text("Protocol", listener.protocol)
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
