//! Sorts every SDK error into core's kinds, once.
//!
//! For a read the question is what the service said; no usable answer is [`Failure::Unreachable`].
//! For a write the first question is whether the request can have left this machine:
//!
//! | what happened | read | write |
//! |---|---|---|
//! | the service answered with a code | by the code | by the code |
//! | no credentials, unusable ones, or none in time | `Credentials` | `Credentials` |
//! | no connection was made, because the server's certificate was refused | `Certificate` | `Certificate` |
//! | no connection was made, for another reason | `Unreachable` | `Unreachable` |
//! | a time-out, a reset, a 5xx, an answer that does not parse | `Unreachable` | `AnswerLost` |

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use hyper_util::client::legacy::Error as ConnectionError;
use writerlink_core::failure::{CallError, Failure, Rejection};

use crate::http::certificate_fault;

/// Sorts the error of a call that changes nothing.
pub(crate) fn read_error<E>(
    call: &'static str,
    error: &SdkError<E, HttpResponse>,
    sent: Sent,
) -> CallError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let failure = match fate(error, sent) {
        Fate::Known(failure) => failure,
        Fate::NeverSent(failure) => failure,
        Fate::Silence => Failure::Unreachable,
    };
    CallError::new(call, failure, detail(error))
}

/// Sorts the error of a call that changes something.
pub(crate) fn write_error<E>(
    call: &'static str,
    error: &SdkError<E, HttpResponse>,
    sent: Sent,
) -> CallError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let failure = match fate(error, sent) {
        Fate::Known(failure) => failure,
        Fate::NeverSent(failure) => failure,
        Fate::Silence => Failure::AnswerLost,
    };
    CallError::new(call, failure, detail(error))
}

/// Whether a request can have left this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sent {
    /// The request was never given to the HTTP client.
    No,
    /// It was; nobody knows how far it came.
    Perhaps,
}

/// What the error says about the request.
#[derive(Debug, PartialEq, Eq)]
enum Fate {
    /// The service refused it, or there were no credentials to sign it with. Nothing was done.
    Known(Failure),
    /// It did not leave this machine, for this reason.
    NeverSent(Failure),
    /// It may have left this machine, and no answer came that could be understood.
    Silence,
}

fn fate<E>(error: &SdkError<E, HttpResponse>, sent: Sent) -> Fate
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match error {
        SdkError::ServiceError(answer) => sort(answer.err().code(), answer.raw().status().as_u16())
            .map_or(Fate::Silence, Fate::Known),
        // A request is signed before it is sent, in whichever error the SDK wraps the cause.
        _ if find::<CredentialsError>(error).is_some() => Fate::Known(Failure::Credentials),
        // Before a request goes out, the credentials are all that it waits for.
        SdkError::TimeoutError(_) if sent == Sent::No => Fate::Known(Failure::Credentials),
        _ if sent == Sent::No && waited_for_credentials(error) => Fate::Known(Failure::Credentials),
        _ if sent == Sent::No => Fate::NeverSent(Failure::Unreachable),
        // The watch counts a request as sent when the HTTP client takes it, which is before there
        // is a connection.
        SdkError::DispatchFailure(_)
            if find::<ConnectionError>(error).is_some_and(ConnectionError::is_connect) =>
        {
            Fate::NeverSent(match certificate_fault(error) {
                Some(_) => Failure::Certificate,
                None => Failure::Unreachable,
            })
        }
        _ => Fate::Silence,
    }
}

/// The kind of a service's error code, or `None` where the answer leaves open what was done. Codes:
/// botocore elbv2 2015-12-01, rds 2014-10-31 and sns 2010-03-31 and the services of `call`, and the
/// common errors in each API's reference.
fn sort(code: Option<&str>, status: u16) -> Option<Failure> {
    match code.unwrap_or_default() {
        "ExpiredToken"
        | "ExpiredTokenException"
        | "InvalidClientTokenId"
        | "SignatureDoesNotMatch"
        | "InvalidSignatureException"
        | "IncompleteSignature"
        | "UnrecognizedClientException"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException"
        | "InvalidAccessKeyId"
        | "AuthFailure"
        | "RequestExpired" => Some(Failure::Credentials),
        "Throttling"
        | "ThrottlingException"
        | "Throttled"
        | "ThrottledException"
        | "RequestThrottled"
        | "RequestThrottledException"
        | "RequestLimitExceeded"
        | "TooManyRequests"
        | "TooManyRequestsException"
        | "SlowDown"
        | "BandwidthLimitExceeded"
        | "EC2ThrottledException"
        | "KMSThrottling" => Some(Failure::Throttled),
        "AccessDenied"
        | "AccessDeniedException"
        | "UnauthorizedOperation"
        | "AuthorizationError"
        | "NotAuthorized"
        | "OptInRequired"
        | "OperationNotPermitted"
        | "KMSAccessDenied" => Some(Failure::Rejected(Rejection::AccessDenied)),
        "TargetGroupNotFound"
        | "LoadBalancerNotFound"
        | "DBClusterNotFoundFault"
        | "DBInstanceNotFound"
        | "DBInstanceNotFoundFault"
        | "DBClusterEndpointNotFoundFault"
        | "DBProxyNotFoundFault"
        | "DBProxyEndpointNotFoundFault"
        | "ListenerNotFound"
        | "NotFound"
        | "NotFoundException"
        | "NoSuchBucket"
        | "NoSuchKey"
        | "ParameterNotFound"
        | "ParameterVersionNotFound"
        | "ResourceNotFoundException"
        | "QueueDoesNotExist"
        | "AWS.SimpleQueueService.NonExistentQueue" => Some(Failure::Rejected(Rejection::NotFound)),
        // EC2 names the kind of thing in its code, such as `InvalidGroup.NotFound` and
        // `InvalidSubnetID.Malformed` (AWS docs: EC2 "Error codes for the Amazon EC2 API").
        code if code.ends_with(".NotFound") => Some(Failure::Rejected(Rejection::NotFound)),
        code if code.ends_with(".Malformed") => Some(Failure::Rejected(Rejection::Invalid)),
        "InvalidTarget"
        | "ValidationError"
        | "ValidationException"
        | "InvalidParameter"
        | "InvalidParameterValue"
        | "InvalidParameterValueException"
        | "InvalidParameterCombination"
        | "MissingParameter"
        | "InvalidConfigurationRequest" => Some(Failure::Rejected(Rejection::Invalid)),
        // S3 answers so for a bucket of another Region, with 301 or 307.
        "PermanentRedirect" | "TemporaryRedirect" => Some(Failure::Rejected(Rejection::Other)),
        "TooManyTargets" | "TooManyRegistrationsForTargetId" => {
            Some(Failure::Rejected(Rejection::Quota))
        }
        // The service may have done what was asked before it failed.
        "InternalFailure"
        | "InternalError"
        | "ServiceUnavailable"
        | "HealthUnavailable"
        | "RequestTimeout"
        | "RequestTimeoutException" => None,
        code => match status {
            403 => Some(Failure::Rejected(Rejection::AccessDenied)),
            429 => Some(Failure::Throttled),
            // An answer without a code is not from AWS, but from a proxy, a captive portal or some
            // other server.
            400..=499 if !code.is_empty() => Some(Failure::Rejected(Rejection::Other)),
            _ => None,
        },
    }
}

/// The service's own words, or else the last links of the chain of causes.
fn detail<E>(error: &SdkError<E, HttpResponse>) -> String
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let SdkError::ServiceError(answer) = error else {
        return last_links(error);
    };
    let status = answer.raw().status().as_u16();
    match (answer.err().code(), answer.err().message()) {
        (Some(code), Some(message)) => format!("{code}: {message}"),
        (Some(code), None) => code.to_owned(),
        (None, _) => format!("status {status} without an error code: {}", last_links(error)),
    }
}

/// What is wrong with the server's certificate, or else the last two links of the chain of causes,
/// the first line of each. The innermost link alone can be as short as "timed out", and the outer
/// links are the SDK's and say nothing specific.
pub(crate) fn last_links(error: &(dyn Error + 'static)) -> String {
    if let Some(fault) = certificate_fault(error) {
        return fault;
    }
    let links: Vec<String> = chain(error).map(first_line).collect();
    match links.as_slice() {
        // Some errors repeat their cause in their own text.
        [.., outer, inner] if !outer.contains(inner.as_str()) => format!("{outer}: {inner}"),
        [.., outer, _] => outer.clone(),
        [only] => only.clone(),
        [] => String::new(),
    }
}

/// The first line of an error. The lines after it are the SDK's list of every credentials provider
/// that it tried. The SDK's error for an endpoint that is not a URL holds the whole request.
fn first_line(error: &(dyn Error + 'static)) -> String {
    let text = error.to_string();
    let line = text.lines().next().unwrap_or_default().trim_end_matches(" Attempted:");
    line.split(" to request `Request {").next().unwrap_or_default().to_owned()
}

fn find<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    chain(error).find_map(|link| link.downcast_ref())
}

/// Whether the SDK gave up waiting for credentials, which it does after 5 s. The type of that error
/// is private (`aws-smithy-runtime`, `client/identity/cache/lazy.rs`).
fn waited_for_credentials(error: &(dyn Error + 'static)) -> bool {
    chain(error).any(|link| link.to_string().starts_with("identity resolver timed out"))
}

fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&link| link.source())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_sorted_whatever_the_status() {
        let said = |no| Some(Failure::Rejected(no));
        for (code, status, sorted) in [
            ("AccessDenied", 403, said(Rejection::AccessDenied)),
            ("AccessDeniedException", 400, said(Rejection::AccessDenied)),
            ("UnauthorizedOperation", 403, said(Rejection::AccessDenied)),
            ("AuthorizationError", 403, said(Rejection::AccessDenied)),
            ("TargetGroupNotFound", 400, said(Rejection::NotFound)),
            ("DBClusterNotFoundFault", 404, said(Rejection::NotFound)),
            ("DBClusterEndpointNotFoundFault", 400, said(Rejection::NotFound)),
            ("DBProxyNotFoundFault", 404, said(Rejection::NotFound)),
            ("DBProxyEndpointNotFoundFault", 404, said(Rejection::NotFound)),
            ("InvalidGroup.NotFound", 400, said(Rejection::NotFound)),
            ("InvalidSubnetID.NotFound", 400, said(Rejection::NotFound)),
            ("InvalidSubnetID.Malformed", 400, said(Rejection::Invalid)),
            ("ResourceNotFoundException", 404, said(Rejection::NotFound)),
            ("ParameterNotFound", 400, said(Rejection::NotFound)),
            ("NoSuchKey", 404, said(Rejection::NotFound)),
            ("PermanentRedirect", 301, said(Rejection::Other)),
            ("AuthorizationHeaderMalformed", 400, said(Rejection::Other)),
            ("AWS.SimpleQueueService.NonExistentQueue", 400, said(Rejection::NotFound)),
            ("AuthFailure", 401, Some(Failure::Credentials)),
            ("InvalidTarget", 400, said(Rejection::Invalid)),
            ("ValidationError", 400, said(Rejection::Invalid)),
            ("TooManyTargets", 400, said(Rejection::Quota)),
            ("TooManyRegistrationsForTargetId", 400, said(Rejection::Quota)),
            ("ExpiredToken", 403, Some(Failure::Credentials)),
            ("InvalidClientTokenId", 403, Some(Failure::Credentials)),
            ("SignatureDoesNotMatch", 403, Some(Failure::Credentials)),
            ("UnrecognizedClientException", 400, Some(Failure::Credentials)),
            ("MissingAuthenticationToken", 403, Some(Failure::Credentials)),
            ("Throttling", 400, Some(Failure::Throttled)),
            ("ThrottlingException", 400, Some(Failure::Throttled)),
            ("RequestLimitExceeded", 503, Some(Failure::Throttled)),
            ("SlowDown", 503, Some(Failure::Throttled)),
            ("SomethingNew", 400, said(Rejection::Other)),
            ("SomethingNew", 403, said(Rejection::AccessDenied)),
            ("InternalFailure", 500, None),
            ("ServiceUnavailable", 503, None),
            ("HealthUnavailable", 500, None),
            ("SomethingNew", 502, None),
        ] {
            assert_eq!(sort(Some(code), status), sorted, "{code} {status}");
        }
    }

    #[test]
    fn without_a_code_only_403_and_429_are_an_answer() {
        assert_eq!(sort(None, 403), Some(Failure::Rejected(Rejection::AccessDenied)));
        assert_eq!(sort(None, 429), Some(Failure::Throttled));
        for status in [200, 301, 400, 404, 500, 502, 503] {
            assert_eq!(sort(None, status), None, "{status}");
        }
    }
}
