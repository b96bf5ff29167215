//! Blue/green deployments.

use super::{filters, page_request};
use crate::wire::query::params::Params;
use crate::wire::query::xml::Xml;
use crate::world::rds::{Deployment, DescribeDeployments};
use crate::world::{ApiError, World};

const NAME: &str = "BlueGreenDeploymentIdentifier";

pub(super) fn describe(world: &World, params: &Params, xml: &mut Xml) -> Result<(), ApiError> {
    let page = world.rds.describe_blue_green_deployments(&DescribeDeployments {
        identifier: params.owned(NAME),
        filters: filters(params)?,
        page: page_request(params)?,
    })?;
    xml.list("BlueGreenDeployments", "member", page.items, |xml, deployment| {
        write(world, deployment, xml);
    });
    xml.marker("Marker", page.marker);
    Ok(())
}

pub(super) fn switch_over(
    world: &mut World,
    params: &Params,
    xml: &mut Xml,
) -> Result<(), ApiError> {
    let deployment = world.switchover_blue_green_deployment(params.required(NAME)?)?.clone();
    xml.element("BlueGreenDeployment", |xml| write(world, &deployment, xml));
    Ok(())
}

fn write(world: &World, deployment: &Deployment, xml: &mut Xml) {
    let first = deployment.pairs.first();
    xml.text(NAME, &deployment.identifier)
        .text("BlueGreenDeploymentName", &deployment.name)
        .maybe("Source", first.map(|pair| &pair.blue.arn))
        .maybe("Target", first.map(|pair| &pair.green.arn))
        .list("SwitchoverDetails", "member", &deployment.pairs, |xml, pair| {
            xml.text("SourceMember", &pair.blue.arn)
                .text("TargetMember", &pair.green.arn)
                .text("Status", world.rds.pair_status(deployment, pair));
        })
        .list("Tasks", "member", ["CREATING_READ_REPLICA_OF_SOURCE"], |xml, name| {
            xml.text("Name", name).text("Status", "COMPLETED");
        })
        .text("Status", deployment.status)
        .text("CreateTime", world.timestamp_at(deployment.created))
        .list("TagList", "Tag", [(); 0], |_, ()| {});
}
