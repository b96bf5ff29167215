//! DB subnet groups.

use super::page_request;
use crate::wire::query::params::Params;
use crate::wire::query::xml::Xml;
use crate::world::rds::Network;
use crate::world::surroundings::SubnetGroup;
use crate::world::surroundings::subnet::{subnet_groups, subnets};
use crate::world::vpc::VPC_ID;
use crate::world::{ApiError, World};

pub(super) fn describe(world: &World, params: &Params, xml: &mut Xml) -> Result<(), ApiError> {
    let mut groups = subnet_groups(world);
    if let Some(name) = params.optional("DBSubnetGroupName") {
        groups.retain(|group| group.name.eq_ignore_ascii_case(name));
        if groups.is_empty() {
            let message = format!("DB subnet group '{name}' does not exist.");
            return Err(ApiError::not_found("DBSubnetGroupNotFoundFault", message));
        }
    }
    let page = page_request(params)?.of_rds(groups, |group| group.name.clone())?;
    xml.list("DBSubnetGroups", "DBSubnetGroup", page.items, |xml, group| {
        write(world, &group, xml);
    });
    xml.marker("Marker", page.marker);
    Ok(())
}

/// A group, in a list or in an instance.
pub(super) fn write(world: &World, group: &SubnetGroup, xml: &mut Xml) {
    let subnets = subnets(world).into_iter().filter(|subnet| group.zones.contains(&subnet.zone));
    xml.text("DBSubnetGroupName", &group.name)
        .text("DBSubnetGroupDescription", &group.name)
        .text("VpcId", VPC_ID)
        .text("SubnetGroupStatus", "Complete")
        .texts("SupportedNetworkTypes", "member", [Network::Ipv4, Network::Dual])
        .list("Subnets", "Subnet", subnets, |xml, subnet| {
            xml.text("SubnetIdentifier", &subnet.id)
                .element("SubnetAvailabilityZone", |xml| {
                    xml.text("Name", subnet.zone.name(&world.region));
                })
                .text("SubnetStatus", "Active");
        });
}
