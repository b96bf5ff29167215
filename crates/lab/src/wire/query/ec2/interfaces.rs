//! Network interfaces.

use std::net::IpAddr;

use super::{named, page};
use crate::wire::query::params::Params;
use crate::wire::query::xml::Xml;
use crate::world::surroundings::Interface;
use crate::world::surroundings::interface::interfaces;
use crate::world::vpc::VPC_ID;
use crate::world::{ApiError, World};

pub(super) fn describe(world: &World, params: &Params, xml: &mut Xml) -> Result<(), ApiError> {
    let (ids, code) = (params.texts("NetworkInterfaceId"), "InvalidNetworkInterfaceID.NotFound");
    let all = named(interfaces(world), &ids, |one| &one.id, code, "networkInterface ID")?;
    let (page, next) = page(
        params,
        all,
        |one| one.id.clone(),
        |one, filter| {
            let (v4, v6) = families(one);
            Some(match filter {
                "network-interface-id" => vec![one.id.clone()],
                "vpc-id" => vec![VPC_ID.to_owned()],
                "subnet-id" => vec![one.zone.subnet_id()],
                "availability-zone" => vec![one.zone.name(&world.region)],
                "description" => vec![one.description.clone()],
                "requester-id" => one.requester.iter().cloned().collect(),
                "requester-managed" => vec![one.requester.is_some().to_string()],
                "status" => vec![one.status.clone()],
                "interface-type" => vec![one.kind.clone()],
                "group-id" => one.security_groups.clone(),
                "private-ip-address" | "addresses.private-ip-address" => v4,
                "ipv6-addresses.ipv6-address" => v6,
                _ => return None,
            })
        },
    )?;
    xml.list("networkInterfaceSet", "item", page, |xml, one| write(world, &one, xml));
    xml.marker("nextToken", next);
    Ok(())
}

/// The IPv4 addresses of an interface, and those of IPv6.
fn families(one: &Interface) -> (Vec<String>, Vec<String>) {
    let (v4, v6): (Vec<IpAddr>, Vec<IpAddr>) =
        one.addresses.iter().partition(|address| address.is_ipv4());
    let texts = |all: Vec<IpAddr>| all.iter().map(ToString::to_string).collect();
    (texts(v4), texts(v6))
}

fn write(world: &World, one: &Interface, xml: &mut Xml) {
    let (v4, v6) = families(one);
    xml.text("networkInterfaceId", &one.id)
        .text("subnetId", one.zone.subnet_id())
        .text("vpcId", VPC_ID)
        .text("availabilityZone", one.zone.name(&world.region))
        .text("description", &one.description)
        .text("ownerId", &world.account)
        .maybe("requesterId", one.requester.as_ref())
        .text("requesterManaged", one.requester.is_some())
        .text("status", &one.status)
        .text("interfaceType", &one.kind)
        .maybe("privateIpAddress", v4.first())
        .list("groupSet", "item", &one.security_groups, |xml, group| {
            xml.text("groupId", group);
        })
        .list("privateIpAddressesSet", "item", v4.iter().enumerate(), |xml, (index, address)| {
            xml.text("privateIpAddress", address).text("primary", index == 0);
        })
        .list("ipv6AddressesSet", "item", v6, |xml, address| {
            xml.text("ipv6Address", address);
        });
}
