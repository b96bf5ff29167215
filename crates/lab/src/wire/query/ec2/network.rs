//! Subnets, security groups, prefix lists and network ACLs.

use ipnet::IpNet;

use super::{named, page};
use crate::wire::query::params::Params;
use crate::wire::query::xml::Xml;
use crate::world::surroundings::security_group::{self, Peer, Rule, peer};
use crate::world::surroundings::subnet::{self, AclAction, AclEntry, SubnetSeen};
use crate::world::surroundings::{PrefixList, SecurityGroup};
use crate::world::vpc::VPC_ID;
use crate::world::{ApiError, World};

pub(super) fn subnets(world: &World, params: &Params, xml: &mut Xml) -> Result<(), ApiError> {
    let (ids, code) = (params.texts("SubnetId"), "InvalidSubnetID.NotFound");
    let all = named(subnet::subnets(world), &ids, |one| &one.id, code, "subnet ID")?;
    let (page, next) = page(
        params,
        all,
        |subnet| subnet.id.clone(),
        |subnet, filter| {
            Some(vec![match filter {
                "subnet-id" => subnet.id.clone(),
                "vpc-id" => VPC_ID.to_owned(),
                "availability-zone" => subnet.zone.name(&world.region),
                _ => return None,
            }])
        },
    )?;
    xml.list("subnetSet", "item", page, |xml, subnet| write_subnet(world, &subnet, xml));
    xml.marker("nextToken", next);
    Ok(())
}

fn write_subnet(world: &World, subnet: &SubnetSeen, xml: &mut Xml) {
    let arn = format!("arn:aws:ec2:{}:{}:subnet/{}", world.region, world.account, subnet.id);
    xml.text("subnetId", &subnet.id)
        .text("subnetArn", arn)
        .text("state", "available")
        .text("ownerId", &world.account)
        .text("vpcId", VPC_ID)
        .text("cidrBlock", subnet.network)
        .list("ipv6CidrBlockAssociationSet", "item", [&subnet.ipv6], |xml, network| {
            xml.text("ipv6CidrBlock", network).element("ipv6CidrBlockState", |xml| {
                xml.text("state", "associated");
            });
        })
        .text("availableIpAddressCount", subnet.available_addresses)
        .text("availabilityZone", subnet.zone.name(&world.region))
        .text("defaultForAz", false)
        .text("mapPublicIpOnLaunch", false);
}

pub(super) fn security_groups(
    world: &World,
    params: &Params,
    xml: &mut Xml,
) -> Result<(), ApiError> {
    let (ids, code) = (params.texts("GroupId"), "InvalidGroup.NotFound");
    let all = security_group::security_groups(world);
    let all: Vec<_> = all.into_iter().map(|group| (group.id(), group)).collect();
    let all = named(all, &ids, |(id, _)| id, code, "security group")?;
    let (page, next) = page(
        params,
        all,
        |(id, _)| id.clone(),
        |(id, group), filter| {
            Some(vec![match filter {
                "group-id" => id.clone(),
                "group-name" => group.name.clone(),
                "vpc-id" => VPC_ID.to_owned(),
                _ => return None,
            }])
        },
    )?;
    xml.list("securityGroupInfo", "item", page, |xml, (id, group)| {
        write_group(world, &id, &group, xml);
    });
    xml.marker("nextToken", next);
    Ok(())
}

fn write_group(world: &World, id: &str, group: &SecurityGroup, xml: &mut Xml) {
    xml.text("ownerId", &world.account)
        .text("groupId", id)
        .text("groupName", &group.name)
        .text("groupDescription", &group.name)
        .text("vpcId", VPC_ID)
        .list("ipPermissions", "item", &group.ingress, |xml, rule| write_rule(world, rule, xml))
        .list("ipPermissionsEgress", "item", &group.egress, |xml, rule| {
            write_rule(world, rule, xml);
        });
}

fn write_rule(world: &World, rule: &Rule, xml: &mut Xml) {
    let peers: Vec<Peer> = rule.peers.iter().map(|text| peer(world, text)).collect();
    let span = rule.span();
    xml.text("ipProtocol", rule.protocol())
        .maybe("fromPort", span.map(|(from, _)| from))
        .maybe("toPort", span.map(|(_, to)| to));
    let of_kind = |kind: fn(&Peer) -> Option<String>| peers.iter().filter_map(kind);
    let group = |peer: &Peer| match peer {
        Peer::Group(id) => Some(id.clone()),
        _ => None,
    };
    let v4 = |peer: &Peer| match peer {
        Peer::Network(network @ IpNet::V4(_)) => Some(network.to_string()),
        _ => None,
    };
    let v6 = |peer: &Peer| match peer {
        Peer::Network(network @ IpNet::V6(_)) => Some(network.to_string()),
        _ => None,
    };
    let list = |peer: &Peer| match peer {
        Peer::PrefixList(id) => Some(id.clone()),
        _ => None,
    };
    xml.list("groups", "item", of_kind(group), |xml, id| {
        xml.text("userId", &world.account).text("groupId", id);
    });
    for (set, name, kind) in [
        ("ipRanges", "cidrIp", v4 as fn(&Peer) -> Option<String>),
        ("ipv6Ranges", "cidrIpv6", v6),
        ("prefixListIds", "prefixListId", list),
    ] {
        xml.list(set, "item", of_kind(kind), |xml, value| {
            xml.text(name, value);
        });
    }
}

pub(super) fn prefix_list_entries(
    world: &World,
    params: &Params,
    xml: &mut Xml,
) -> Result<(), ApiError> {
    let id = params.required("PrefixListId")?;
    let found = world.surroundings.prefix_lists.iter().find(|list| list.id() == id);
    let Some(PrefixList { name, entries }) = found else {
        let message = format!("The prefix list ID '{id}' does not exist");
        return Err(ApiError::bad_request("InvalidPrefixListID.NotFound", message));
    };
    let entries = entries.iter().map(ToString::to_string).collect();
    let (page, next) = page(params, entries, String::clone, |_, _| None)?;
    xml.list("entrySet", "item", page, |xml, network| {
        xml.text("cidr", network).text("description", name);
    });
    xml.marker("nextToken", next);
    Ok(())
}

pub(super) fn acls(world: &World, params: &Params, xml: &mut Xml) -> Result<(), ApiError> {
    let (ids, code) = (params.texts("NetworkAclId"), "InvalidNetworkAclID.NotFound");
    let all = named(subnet::network_acls(world), &ids, |acl| &acl.id, code, "networkAcl ID")?;
    let (page, next) = page(
        params,
        all,
        |acl| acl.id.clone(),
        |acl, filter| match filter {
            "association.subnet-id" => Some(acl.subnets.clone()),
            "network-acl-id" => Some(vec![acl.id.clone()]),
            "vpc-id" => Some(vec![VPC_ID.to_owned()]),
            "default" => Some(vec![acl.is_default.to_string()]),
            _ => None,
        },
    )?;
    xml.list("networkAclSet", "item", page, |xml, acl| {
        xml.text("networkAclId", &acl.id)
            .text("vpcId", VPC_ID)
            .text("ownerId", &world.account)
            .text("default", acl.is_default)
            .list("associationSet", "item", &acl.subnets, |xml, subnet| {
                xml.text("networkAclAssociationId", subnet.replace("subnet", "aclassoc"))
                    .text("networkAclId", &acl.id)
                    .text("subnetId", subnet);
            })
            .list("entrySet", "item", &acl.entries, write_entry);
    });
    xml.marker("nextToken", next);
    Ok(())
}

fn write_entry(xml: &mut Xml, entry: &AclEntry) {
    let action = match entry.action {
        AclAction::Allow => "allow",
        AclAction::Deny => "deny",
    };
    xml.text("ruleNumber", entry.number)
        .text("protocol", entry.protocol.as_deref().unwrap_or("-1"))
        .text("ruleAction", action)
        .text("egress", entry.egress);
    match entry.network {
        IpNet::V4(network) => xml.text("cidrBlock", network),
        IpNet::V6(network) => xml.text("ipv6CidrBlock", network),
    };
    if let Some((from, to)) = entry.ports {
        xml.element("portRange", |xml| {
            xml.text("from", from).text("to", to);
        });
    }
}
