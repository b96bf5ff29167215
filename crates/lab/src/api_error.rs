//! The errors with which the region's operations refuse a call.

use std::borrow::Cow;

/// A refusal, as an AWS client sees it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct ApiError {
    /// AWS's code, as botocore's service models list it.
    pub code: Cow<'static, str>,
    /// The HTTP status that goes with it.
    pub status: u16,
    /// The sentence for people.
    pub message: String,
}

impl ApiError {
    /// A refusal with its code, HTTP status and sentence.
    pub fn new(
        code: impl Into<Cow<'static, str>>,
        status: u16,
        message: impl Into<String>,
    ) -> ApiError {
        ApiError { code: code.into(), status, message: message.into() }
    }

    /// A request that is wrong in itself (HTTP 400).
    pub fn bad_request(code: &'static str, message: impl Into<String>) -> ApiError {
        ApiError::new(code, 400, message)
    }

    /// Something that does not exist, for the services that answer HTTP 404 (RDS, SNS).
    pub fn not_found(code: &'static str, message: impl Into<String>) -> ApiError {
        ApiError::new(code, 404, message)
    }

    /// A parameter whose value cannot be used.
    pub fn invalid_parameter_value(message: impl Into<String>) -> ApiError {
        ApiError::bad_request("InvalidParameterValue", message)
    }

    /// Parameters that cannot be used together.
    pub fn invalid_parameter_combination(message: impl Into<String>) -> ApiError {
        ApiError::bad_request("InvalidParameterCombination", message)
    }

    /// A failure of the service itself (HTTP 500).
    pub fn internal_failure() -> ApiError {
        ApiError::new(
            "InternalFailure",
            500,
            "The request processing has failed because of an unknown error, exception or failure.",
        )
    }

    /// A call that the caller's policy does not allow, in IAM's words.
    pub fn access_denied(principal: &str, action: &str, resource: &str) -> ApiError {
        ApiError::new(
            "AccessDenied",
            403,
            format!(
                "User: {principal} is not authorized to perform: {action} on resource: {resource} \
                 because no identity-based policy allows the {action} action"
            ),
        )
    }

    /// Whether the caller is at fault: the XML says `Sender` instead of `Receiver`.
    pub fn is_senders_fault(&self) -> bool {
        self.status < 500
    }
}
