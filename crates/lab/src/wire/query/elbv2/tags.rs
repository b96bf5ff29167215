//! The operations on ELBv2 tags.

use crate::wire::query::params::Params;
use crate::wire::query::xml::Xml;
use crate::world::{ApiError, World};

pub(super) fn add(world: &mut World, params: &Params) -> Result<(), ApiError> {
    let arns = params.required_texts("ResourceArns")?;
    world.elbv2.add_tags(&arns, &params.pairs("Tags")?.into_iter().collect())
}

pub(super) fn remove(world: &mut World, params: &Params) -> Result<(), ApiError> {
    let arns = params.required_texts("ResourceArns")?;
    world.elbv2.remove_tags(&arns, &params.required_texts("TagKeys")?)
}

pub(super) fn describe(world: &World, params: &Params, xml: &mut Xml) -> Result<(), ApiError> {
    let arns = params.required_texts("ResourceArns")?;
    let described = world.elbv2.tags_of(&arns)?;
    xml.list("TagDescriptions", "member", described, |xml, (arn, tags)| {
        xml.text("ResourceArn", arn);
        xml.list("Tags", "member", tags, |xml, (key, value)| {
            xml.text("Key", key).text("Value", value);
        });
    });
    Ok(())
}
