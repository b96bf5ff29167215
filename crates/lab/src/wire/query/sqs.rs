//! SQS's operations (botocore sqs 2012-11-05; the query form is that of its retired model, and of
//! the AWS docs, "Making Query API requests").

use std::collections::BTreeMap;

use serde_json::json;

use super::dialect::Form;
use super::params::Params;
use super::xml::Xml;
use crate::world::surroundings::queue;
use crate::world::{ApiError, World};

/// Carries an operation out and writes the content of its result.
pub(super) fn carry_out(
    world: &World,
    action: &str,
    params: &Params,
    xml: &mut Xml,
) -> Result<(), ApiError> {
    if action != "GetQueueAttributes" {
        return Err(params.dialect().unknown_operation(action));
    }
    let url = params.required("QueueUrl")?;
    let is_json = params.dialect().form() == Form::Json;
    let mut attributes = queue::attributes(world, url.rsplit('/').next().unwrap_or(url))
        .ok_or_else(|| not_found(is_json))?;
    let wanted = [params.texts("AttributeName"), params.texts("AttributeNames")].concat();
    let all = wanted.iter().any(|name| name == "All");
    attributes.retain(|name, _| all || wanted.contains(name));
    match is_json {
        true => {
            xml.raw(&json!({"Attributes": attributes}).to_string());
        }
        false => write(&attributes, xml),
    }
    Ok(())
}

fn write(attributes: &BTreeMap<String, String>, xml: &mut Xml) {
    for (name, value) in attributes {
        xml.element("Attribute", |xml| {
            xml.text("Name", name).text("Value", value);
        });
    }
}

fn not_found(is_json: bool) -> ApiError {
    let code = match is_json {
        true => "com.amazonaws.sqs#QueueDoesNotExist",
        false => "AWS.SimpleQueueService.NonExistentQueue",
    };
    ApiError::bad_request(code, "The specified queue does not exist.")
}
