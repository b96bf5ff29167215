//! The operations on RDS tags.

use crate::wire::query::params::Params;
use crate::wire::query::xml::Xml;
use crate::world::elbv2::Tags;
use crate::world::{ApiError, World};

const ARN: &str = "ResourceName";

pub(super) fn add(world: &mut World, params: &Params) -> Result<(), ApiError> {
    world.rds.add_tags(params.required(ARN)?, read(params)?)
}

pub(super) fn remove(world: &mut World, params: &Params) -> Result<(), ApiError> {
    world.rds.remove_tags(params.required(ARN)?, &params.required_texts("TagKeys")?)
}

pub(super) fn list(world: &World, params: &Params, xml: &mut Xml) -> Result<(), ApiError> {
    write(world.rds.tags_of(params.required(ARN)?)?.iter(), xml);
    Ok(())
}

/// The tags in a request.
pub(super) fn read(params: &Params) -> Result<Tags, ApiError> {
    Ok(params.pairs("Tags")?.into_iter().collect())
}

/// Tags in an answer.
pub(super) fn write<'a>(tags: impl Iterator<Item = (&'a String, &'a String)>, xml: &mut Xml) {
    xml.element("TagList", |xml| {
        for (key, value) in tags {
            xml.element("Tag", |xml| {
                xml.text("Key", key).text("Value", value);
            });
        }
    });
}
