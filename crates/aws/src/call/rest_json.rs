//! The REST JSON protocol: a path with its query string, and JSON.

use std::fmt::Display;

use aws_smithy_types::error::ErrorMetadata;
use serde_json::Value;

use super::metadata;
use super::operation::Operation;

/// The path of a call with its query string.
#[derive(Debug)]
pub(crate) struct Path {
    operation: Operation,
    text: String,
    separator: char,
}

impl Path {
    /// `template` is the path with `{}` in the place of `label`, as the API's reference writes it.
    pub(crate) fn of(operation: Operation, template: &str, label: &str) -> Self {
        let text = template.replace("{}", &urlencoding::encode(label));
        Self { operation, text, separator: '?' }
    }

    pub(crate) fn with(mut self, name: &str, value: impl Display) -> Self {
        let value = value.to_string();
        self.text.push(self.separator);
        self.text.push_str(name);
        self.text.push('=');
        self.text.push_str(&urlencoding::encode(&value));
        self.separator = '&';
        self
    }

    pub(crate) fn with_some(self, name: &str, value: Option<impl Display>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    pub(super) fn operation(&self) -> Operation {
        self.operation
    }

    pub(super) fn finish(self) -> String {
        self.text
    }
}

/// The error in an answer. Its code is in the header `x-amzn-errortype`, or else in the body as
/// `__type` or `code`, perhaps with a namespace before it and a URI after it (Smithy specification,
/// "AWS restJson1 protocol", operation error serialization).
pub(super) fn error(header: Option<&str>, body: &str) -> ErrorMetadata {
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    let text = |name: &str| body[name].as_str();
    let code = header.or_else(|| text("__type")).or_else(|| text("code"));
    let code = code.map(|code| code.split(':').next().unwrap_or_default());
    let code = code.and_then(|code| code.rsplit('#').next()).filter(|code| !code.is_empty());
    let message = text("message").or_else(|| text("Message")).or_else(|| text("errorMessage"));
    metadata(code.map(str::to_owned), message.map(str::to_owned))
}
