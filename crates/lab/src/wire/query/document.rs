//! The documents around results and errors, in the form of each protocol.

use serde_json::json;

use super::Dialect;
use super::dialect::Form;
use super::xml::Xml;
use crate::world::ApiError;

/// The document of a call that was carried out, around the content of its result.
pub(super) fn result_document(
    dialect: Dialect,
    action: &str,
    result: &str,
    request_id: &str,
) -> String {
    let mut xml = Xml::default();
    match dialect.form() {
        Form::Json | Form::Object => return result.to_owned(),
        Form::Ec2 => {
            xml.text("requestId", request_id).raw(result);
        }
        Form::Query => {
            xml.element(&format!("{action}Result"), |xml| {
                xml.raw(result);
            })
            .element("ResponseMetadata", |xml| {
                xml.text("RequestId", request_id);
            });
        }
    }
    let (namespace, content) = (dialect.namespace(), xml.into_string());
    format!(r#"<{action}Response xmlns="{namespace}">{content}</{action}Response>"#)
}

/// The document of a refusal.
pub(super) fn error_document(dialect: Dialect, refusal: &ApiError, request_id: &str) -> String {
    let mut xml = Xml::default();
    match dialect.form() {
        Form::Json => {
            let ApiError { code, message, .. } = refusal;
            return json!({"__type": code, "message": message, "Message": message}).to_string();
        }
        Form::Object => {
            xml.element("Error", |xml| {
                xml.text("Code", &refusal.code)
                    .text("Message", &refusal.message)
                    .text("RequestId", request_id);
            });
            return xml.into_string();
        }
        Form::Ec2 => {
            xml.element("Response", |xml| {
                xml.list("Errors", "Error", [refusal], |xml, refusal| {
                    xml.text("Code", &refusal.code).text("Message", &refusal.message);
                })
                .text("RequestID", request_id);
            });
            return xml.into_string();
        }
        Form::Query => {
            xml.element("Error", |xml| {
                xml.text("Type", if refusal.is_senders_fault() { "Sender" } else { "Receiver" })
                    .text("Code", &refusal.code)
                    .text("Message", &refusal.message);
            })
            .text("RequestId", request_id);
        }
    }
    let (namespace, content) = (dialect.namespace(), xml.into_string());
    format!(r#"<ErrorResponse xmlns="{namespace}">{content}</ErrorResponse>"#)
}
