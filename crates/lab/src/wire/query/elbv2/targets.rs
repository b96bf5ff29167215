//! The operations on targets and their health.

use crate::wire::query::params::Params;
use crate::wire::query::xml::{Pages, Xml};
use crate::world::elbv2::{Reason, TargetHealth, TargetRequest};
use crate::world::vpc::Zone;
use crate::world::{ApiError, World};

/// A zonal shift of the load balancer, in AWS's words (AWS docs: AdministrativeOverride).
const SHIFT: [(&str, &str); 3] = [
    ("State", "zonal_shift_active"),
    ("Reason", "AdministrativeOverride.ZonalShiftActive"),
    ("Description", "A zonal shift is active in the target's Availability Zone"),
];

pub(super) fn register(world: &mut World, params: &Params) -> Result<(), ApiError> {
    world.register_targets(params.required("TargetGroupArn")?, &required(params)?)
}

pub(super) fn deregister(world: &mut World, params: &Params) -> Result<(), ApiError> {
    world.deregister_targets(params.required("TargetGroupArn")?, &required(params)?)
}

pub(super) fn health(world: &World, params: &Params, xml: &mut Xml) -> Result<(), ApiError> {
    let group = params.required("TargetGroupArn")?;
    let health = match xml.pages() {
        Pages::Lagging => world.target_health_a_change_ago(group)?,
        Pages::Full | Pages::Empty | Pages::Thin => {
            world.target_health(group, &requests(params)?)?
        }
    };
    xml.list("TargetHealthDescriptions", "member", health, |xml, target| {
        write(&target, xml);
        write_override(world, group, &target, xml);
    });
    Ok(())
}

fn required(params: &Params) -> Result<Vec<TargetRequest>, ApiError> {
    let requests = requests(params)?;
    if requests.is_empty() { Err(params.dialect().missing("Targets")) } else { Ok(requests) }
}

fn requests(params: &Params) -> Result<Vec<TargetRequest>, ApiError> {
    let request = |member: Params| {
        Ok(TargetRequest {
            id: member.required("Id")?.to_owned(),
            port: member.port("Port")?,
            zone: member.owned("AvailabilityZone"),
        })
    };
    params.list("Targets").into_iter().map(request).collect()
}

fn write(target: &TargetHealth, xml: &mut Xml) {
    xml.element("Target", |xml| {
        xml.text("Id", &target.key.id)
            .text("Port", target.key.port)
            .maybe("AvailabilityZone", target.key.zone.as_ref());
    })
    .text("HealthCheckPort", target.health_check_port)
    .element("TargetHealth", |xml| {
        xml.text("State", target.state.as_str())
            .maybe("Reason", target.reason.map(Reason::code))
            .maybe("Description", target.reason.map(Reason::description));
    });
}

fn write_override(world: &World, group: &str, target: &TargetHealth, xml: &mut Xml) {
    let balancers = world.elbv2.balancers_of(group).into_iter();
    let names = balancers.filter_map(|arn| Some(arn.split('/').nth(2)?.to_owned()));
    let mut facts = names.filter_map(|name| world.surroundings.balancers.get(&name));
    let is_here = |zone: Zone| target.key.zone.as_ref() == Some(&zone.name(&world.region));
    if facts.any(|facts| facts.zonal_shift.is_some_and(is_here)) {
        xml.element("AdministrativeOverride", |xml| {
            for (name, value) in SHIFT {
                xml.text(name, value);
            }
        });
    }
}
