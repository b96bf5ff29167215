//! Endpoint services, who may connect, and the endpoints that do.

use super::{named, page};
use crate::wire::query::params::Params;
use crate::wire::query::xml::Xml;
use crate::world::surroundings::EndpointService;
use crate::world::surroundings::endpoint_service::Connection;
use crate::world::{ApiError, World};

const NOT_FOUND: &str = "InvalidVpcEndpointServiceId.NotFound";

/// The services, each with its id.
fn services(world: &World) -> Vec<(String, &EndpointService)> {
    let services = world.surroundings.endpoint_services.iter();
    services.map(|service| (service.id(), service)).collect()
}

pub(super) fn configurations(
    world: &World,
    params: &Params,
    xml: &mut Xml,
) -> Result<(), ApiError> {
    let ids = params.texts("ServiceId");
    let all = named(services(world), &ids, |(id, _)| id, NOT_FOUND, "VpcEndpointService Id")?;
    let (page, next) = page(
        params,
        all,
        |(id, _)| id.clone(),
        |(id, service), filter| {
            Some(vec![match filter {
                "service-id" => id.clone(),
                "service-name" => name(world, id),
                "service-state" => service.state.clone(),
                _ => return None,
            }])
        },
    )?;
    xml.list("serviceConfigurationSet", "item", page, |xml, (id, service)| {
        write(world, &id, service, xml);
    });
    xml.marker("nextToken", next);
    Ok(())
}

fn name(world: &World, id: &str) -> String {
    format!("com.amazonaws.vpce.{}.{id}", world.region)
}

fn write(world: &World, id: &str, service: &EndpointService, xml: &mut Xml) {
    let balancers = service.balancers(world).into_iter().map(|balancer| &balancer.arn);
    // AWS stores the service's own Region with the given ones (terraform-provider-aws, issue
    // 40667).
    let regions = service.regions.iter().filter(|region| **region != world.region);
    let regions = [&world.region].into_iter().chain(regions);
    xml.list("serviceType", "item", ["Interface"], |xml, kind| {
        xml.text("serviceType", kind);
    })
    .text("serviceId", id)
    .text("serviceName", name(world, id))
    .text("serviceState", &service.state)
    .texts("availabilityZoneSet", "item", service.zones(world))
    .text("acceptanceRequired", service.acceptance_required)
    .text("managesVpcEndpoints", false)
    .texts("networkLoadBalancerArnSet", "item", balancers)
    .texts("supportedIpAddressTypeSet", "item", &service.address_types)
    .texts("baseEndpointDnsNameSet", "item", [format!("{id}.{}.vpce.amazonaws.com", world.region)])
    .maybe("privateDnsName", service.private_dns_name.as_ref());
    if let Some(private) = &service.private_dns_name {
        let state = service.private_dns_name_state.as_deref().unwrap_or("verified");
        xml.element("privateDnsNameConfiguration", |xml| {
            xml.text("state", state).text("type", "TXT").text("name", format!("_{private}"));
        });
    }
    xml.list("supportedRegionSet", "item", regions, |xml, region| {
        xml.text("region", region).text("serviceState", &service.state);
    });
}

pub(super) fn permissions(world: &World, params: &Params, xml: &mut Xml) -> Result<(), ApiError> {
    let id = params.required("ServiceId")?.to_owned();
    let ids = std::slice::from_ref(&id);
    let found = named(services(world), ids, |(id, _)| id, NOT_FOUND, "VpcEndpointService Id")?;
    let principals = found.iter().flat_map(|(_, service)| service.principals.clone()).collect();
    let (page, next) = page(params, principals, String::clone, |principal, filter| {
        Some(vec![match filter {
            "principal" => principal.clone(),
            "principal-type" => kind(principal).to_owned(),
            _ => return None,
        }])
    })?;
    xml.list("allowedPrincipals", "item", page, |xml, principal| {
        xml.text("principalType", kind(&principal))
            .text("principal", &principal)
            .text("serviceId", &id);
    });
    xml.marker("nextToken", next);
    Ok(())
}

/// What kind of principal an ARN is of.
fn kind(principal: &str) -> &'static str {
    let of = |part: &str| principal.contains(part);
    match principal {
        "*" => "All",
        _ if of(":role/") => "Role",
        _ if of(":user/") => "User",
        _ => "Account",
    }
}

pub(super) fn connections(world: &World, params: &Params, xml: &mut Xml) -> Result<(), ApiError> {
    let of_service = |(id, service): (String, &'_ EndpointService)| {
        let connections = service.connections.iter();
        connections.map(|one| (id.clone(), service.clone(), one.clone())).collect::<Vec<_>>()
    };
    type Row = (String, EndpointService, Connection);
    let all: Vec<Row> = services(world).into_iter().flat_map(of_service).collect();
    let key = |(id, _, one): &Row| format!("{id} {}", one.endpoint);
    let (page, next) = page(params, all, key, |(id, _, one), filter| {
        Some(vec![match filter {
            "service-id" => id.clone(),
            "vpc-endpoint-id" => one.endpoint.clone(),
            "vpc-endpoint-owner" => one.owner.clone(),
            "vpc-endpoint-state" => one.state.as_str().to_owned(),
            _ => return None,
        }])
    })?;
    xml.list("vpcEndpointConnectionSet", "item", page, |xml, (id, service, one)| {
        let balancers = service.balancers(world).into_iter().map(|balancer| &balancer.arn);
        xml.text("serviceId", id)
            .text("vpcEndpointId", &one.endpoint)
            .text("vpcEndpointOwner", &one.owner)
            .text("vpcEndpointState", one.state.as_str())
            .text("creationTimestamp", world.timestamp_at(std::time::Duration::ZERO))
            .texts("networkLoadBalancerArnSet", "item", balancers)
            .text("ipAddressType", "ipv4")
            .text("vpcEndpointRegion", one.region.as_ref().unwrap_or(&world.region));
    });
    xml.marker("nextToken", next);
    Ok(())
}
