//! STS: who is calling (botocore sts 2011-06-15).

use super::params::Params;
use super::xml::Xml;
use crate::world::{ApiError, World};

/// Carries an operation out and writes the content of its result.
pub(super) fn carry_out(
    world: &World,
    action: &str,
    params: &Params,
    xml: &mut Xml,
) -> Result<(), ApiError> {
    if action != "GetCallerIdentity" {
        return Err(params.dialect().unknown_operation(action));
    }
    xml.text("Arn", caller(world))
        .text("UserId", "AROALAB0000000000000:lab")
        .text("Account", &world.account);
    Ok(())
}

/// The one identity that every caller of the lab has.
pub(super) fn caller(world: &World) -> String {
    format!("arn:aws:sts::{}:assumed-role/lab/lab", world.account)
}
