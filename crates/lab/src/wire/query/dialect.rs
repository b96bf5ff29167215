//! The four services of the endpoint: their versions, namespaces and error formats.

use crate::world::{ApiError, Service};

/// A service of the Query API, identified by the `Version` of the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    Rds,
    Elbv2,
    Sns,
    Sts,
}

impl Dialect {
    pub(super) fn of_version(version: &str) -> Option<Dialect> {
        [Dialect::Rds, Dialect::Elbv2, Dialect::Sns, Dialect::Sts]
            .into_iter()
            .find(|dialect| dialect.version() == version)
    }

    /// The API's version, as botocore's service models have it.
    pub(super) fn version(self) -> &'static str {
        match self {
            Dialect::Rds => "2014-10-31",
            Dialect::Elbv2 => "2015-12-01",
            Dialect::Sns => "2010-03-31",
            Dialect::Sts => "2011-06-15",
        }
    }

    /// The namespace of its answers, as botocore's service models have it.
    pub(super) fn namespace(self) -> &'static str {
        match self {
            Dialect::Rds => "http://rds.amazonaws.com/doc/2014-10-31/",
            Dialect::Elbv2 => "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/",
            Dialect::Sns => "http://sns.amazonaws.com/doc/2010-03-31/",
            Dialect::Sts => "https://sts.amazonaws.com/doc/2011-06-15/",
        }
    }

    pub(super) fn service(self) -> Service {
        match self {
            Dialect::Rds => Service::Rds,
            Dialect::Elbv2 => Service::Elbv2,
            Dialect::Sns => Service::Sns,
            Dialect::Sts => Service::Sts,
        }
    }

    /// The refusal of a call that comes too often.
    pub(super) fn throttled(self) -> ApiError {
        let code = match self {
            Dialect::Elbv2 => "ThrottlingException",
            Dialect::Rds | Dialect::Sns | Dialect::Sts => "Throttling",
        };
        ApiError::bad_request(code, "Rate exceeded")
    }

    /// The refusal of an operation that the lab, or the service, does not have.
    pub(super) fn unknown_operation(self, action: &str) -> ApiError {
        no_such_operation(action, self.version())
    }

    /// The refusal of a call that lacks a parameter (AWS docs: RDS "Common errors",
    /// MissingParameter; the others validate against their model and name the member).
    pub(super) fn missing(self, name: &str) -> ApiError {
        match self {
            Dialect::Rds => ApiError::bad_request(
                "MissingParameter",
                format!("The request must contain the parameter {name}."),
            ),
            Dialect::Elbv2 | Dialect::Sns | Dialect::Sts => ApiError::bad_request(
                "ValidationError",
                format!(
                    "1 validation error detected: Value null at '{}' failed to satisfy constraint: \
                     Member must not be null",
                    member_of(name)
                ),
            ),
        }
    }

    /// The refusal of a value that is not of its parameter's type.
    pub(super) fn malformed(self, name: &str, value: &str) -> ApiError {
        let code = match self {
            Dialect::Rds => "InvalidParameterValue",
            Dialect::Sns => "InvalidParameter",
            Dialect::Elbv2 | Dialect::Sts => "ValidationError",
        };
        ApiError::bad_request(
            code,
            format!("The value '{value}' of the parameter {name} is not valid"),
        )
    }
}

/// The refusal of an action that no service of this version has. AWS's message ends before the
/// parenthesis.
pub(super) fn no_such_operation(action: &str, version: &str) -> ApiError {
    ApiError::bad_request(
        "InvalidAction",
        format!(
            "Could not find operation {action} for version {version} (the lab has no such \
             operation: what is in its Region is written in the file of `lab serve --world`)"
        ),
    )
}

/// A parameter's name as a model's member: `TargetGroupArn` is `targetGroupArn`.
fn member_of(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}
