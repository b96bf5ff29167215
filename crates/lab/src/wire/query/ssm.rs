//! SSM's operation that reads a parameter (botocore ssm 2014-11-06).

use serde_json::json;

use super::params::Params;
use super::xml::Xml;
use crate::world::{ApiError, World};

/// Carries an operation out and writes its answer.
pub(super) fn carry_out(
    world: &World,
    action: &str,
    params: &Params,
    answer: &mut Xml,
) -> Result<(), ApiError> {
    if action != "GetParameter" {
        return Err(params.dialect().unknown_operation(action));
    }
    let asked = params.required("Name")?;
    let (name, selector) = match asked.split_once(':') {
        Some((name, selector)) => (name, Some(selector)),
        None => (asked, None),
    };
    let found = world.surroundings.parameters.iter().find(|one| one.name == name);
    let found = found.ok_or_else(|| ApiError::bad_request("ParameterNotFound", ""))?;
    if selector.is_some_and(|selector| selector != found.version.to_string()) {
        let message = format!(
            "Systems Manager could not find version {} of {name}. Verify the version \
             and try again.",
            selector.unwrap_or_default()
        );
        return Err(ApiError::bad_request("ParameterVersionNotFound", message));
    }
    let path = name.strip_prefix('/').unwrap_or(name);
    answer.raw(
        &json!({"Parameter": {
            "ARN": format!("arn:aws:ssm:{}:{}:parameter/{path}", world.region, world.account),
            "DataType": "text",
            "LastModifiedDate": world.timestamp().as_second(),
            "Name": name,
            "Selector": selector.map(|selector| format!(":{selector}")),
            "Type": "String",
            "Value": found.value,
            "Version": found.version,
        }})
        .to_string(),
    );
    Ok(())
}
