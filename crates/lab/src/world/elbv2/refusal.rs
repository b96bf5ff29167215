//! ELBv2's refusals, in AWS's words.

use crate::world::ApiError;

/// The refusal for a group that is not there (HTTP 400; botocore elbv2 2015-12-01,
/// TargetGroupNotFoundException).
pub(super) fn group_not_found() -> ApiError {
    ApiError::bad_request("TargetGroupNotFound", "One or more target groups not found")
}

/// A request that is wrong in itself.
pub(super) fn invalid(message: String) -> ApiError {
    ApiError::bad_request("ValidationError", message)
}

/// Refuses what cannot be an ARN of this Region and account, in AWS's words
/// (hashicorp/terraform-provider-aws, issue 4552).
pub(super) fn check_arn(arn: &str, prefix: &str, what: &str) -> Result<(), ApiError> {
    if arn.starts_with(prefix) {
        return Ok(());
    }
    Err(invalid(format!("'{arn}' is not a valid {what} ARN")))
}

/// The refusal for a load balancer that is not there (botocore elbv2 2015-12-01,
/// LoadBalancerNotFoundException).
pub(super) fn balancer_not_found() -> ApiError {
    ApiError::bad_request("LoadBalancerNotFound", "One or more load balancers not found")
}

/// The same, naming it.
pub(super) fn balancer_not_found_as(arn: &str) -> ApiError {
    ApiError::bad_request("LoadBalancerNotFound", format!("Load balancer '{arn}' not found"))
}

/// The refusal for a listener that is not there (botocore elbv2 2015-12-01,
/// ListenerNotFoundException).
pub(super) fn listener_not_found() -> ApiError {
    ApiError::bad_request("ListenerNotFound", "One or more listeners not found")
}
