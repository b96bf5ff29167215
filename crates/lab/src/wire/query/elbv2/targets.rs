//! The operations on targets and their health.

use crate::wire::query::params::Params;
use crate::wire::query::xml::{Pages, Xml};
use crate::world::elbv2::{Reason, TargetHealth, TargetRequest};
use crate::world::{ApiError, World};

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
    xml.list("TargetHealthDescriptions", "member", health, |xml, target| write(&target, xml));
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
