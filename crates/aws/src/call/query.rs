//! The query protocols: AWS query, and that of EC2, which differs in how it names lists and errors.

use std::fmt::{Display, Write};

use aws_smithy_types::error::ErrorMetadata;

use super::metadata;
use super::operation::{Operation, Service};
use super::xml::Element;

/// The parameters of a call, which are written in the order in which they are given.
#[derive(Debug)]
pub(crate) struct Form {
    operation: Operation,
    text: String,
}

impl Form {
    pub(crate) fn of(operation: Operation) -> Self {
        let version = operation.service().version();
        Self { operation, text: format!("Action={}&Version={version}", operation.name()) }
    }

    pub(crate) fn with(mut self, name: impl Display, value: impl Display) -> Self {
        let value = value.to_string();
        // Writing to a String cannot fail.
        let _ = write!(self.text, "&{name}={}", urlencoding::encode(&value));
        self
    }

    pub(crate) fn with_some(self, name: &str, value: Option<impl Display>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// `name.1`, `name.2` and so on.
    pub(crate) fn with_list<T: Display>(self, name: &str, values: &[T]) -> Self {
        let numbered = values.iter().zip(1..);
        numbered.fold(self, |form, (value, number)| form.with(format!("{name}.{number}"), value))
    }

    /// The only filter of an EC2 call.
    pub(crate) fn with_filter<T: Display>(self, name: &str, values: &[T]) -> Self {
        self.with("Filter.1.Name", name).with_list("Filter.1.Value", values)
    }

    /// Filters of an EC2 call, of which each takes one value.
    pub(crate) fn with_filters(self, filters: &[(&str, &str)]) -> Self {
        filters.iter().zip(1..).fold(self, |form, ((name, value), number)| {
            let form = form.with(format!("Filter.{number}.Name"), name);
            form.with(format!("Filter.{number}.Value.1"), value)
        })
    }

    pub(super) fn operation(&self) -> Operation {
        self.operation
    }

    pub(super) fn finish(self) -> String {
        self.text
    }
}

/// The element of an answer that holds its members: the answer itself with EC2, and its `…Result`
/// with the others.
pub(super) fn result(operation: Operation, body: &str) -> Result<Element, String> {
    let name = operation.name();
    let answer = Element::parse(body)?;
    if !answer.is(&format!("{name}Response")) {
        return Err(format!("it is no `{name}Response`"));
    }
    if operation.service() == Service::Ec2 {
        return Ok(answer);
    }
    let result = format!("{name}Result");
    answer.into_child(&result).ok_or_else(|| format!("it has no `{result}`"))
}

/// The error in an answer: `<ErrorResponse><Error>`, with EC2 `<Response><Errors><Error>`, and with
/// S3 `<Error>`. Text that holds none, such as a proxy's page, gives an error without a code.
pub(super) fn error(body: &str) -> ErrorMetadata {
    let answer = Element::parse(body).unwrap_or_default();
    let error = match answer.is("Error") {
        true => Some(&answer),
        false => answer.child("Errors").unwrap_or(&answer).child("Error"),
    };
    let text = |name| error.and_then(|error| error.text(name));
    metadata(text("Code"), text("Message"))
}
