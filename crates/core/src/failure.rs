//! How a call can fail, in the few kinds that matter to a decision. The adapters sort every error
//! into one of them.

use std::fmt;

pub use crate::text::bounded;

/// A call that gave no result.
#[derive(Debug, Clone, PartialEq, Eq, Hash, thiserror::Error)]
#[error("{call}: {failure}: {detail}")]
pub struct CallError {
    /// The call, written as the IAM action that permits it, such as
    /// `elasticloadbalancing:RegisterTargets`.
    pub call: &'static str,
    /// The kind of failure.
    pub failure: Failure,
    /// What the service or the network said, in its own words, shortened.
    pub detail: String,
}

impl CallError {
    /// An error of `call`. The detail is shortened, so that no answer can flood a log.
    pub fn new(call: &'static str, failure: Failure, detail: impl fmt::Display) -> Self {
        // Messages embed the detail in a sentence that has its own full stop.
        let detail = bounded(detail.to_string().trim_end_matches('.'));
        Self { call, failure, detail }
    }

    /// Whether the same call may succeed a moment later.
    pub(crate) fn is_retryable(&self) -> bool {
        matches!(
            self.failure,
            Failure::Throttled | Failure::Unreachable | Failure::Certificate | Failure::AnswerLost
        )
    }

    /// Whether a write that failed like this was certainly not made, for a reason that may pass:
    /// the service asked for fewer calls, or there was no connection to send it on.
    pub(crate) fn was_not_made(&self) -> bool {
        matches!(self.failure, Failure::Throttled | Failure::Unreachable | Failure::Certificate)
    }

    /// What the operator can do about it.
    pub fn remedy(&self) -> String {
        match self.failure {
            Failure::Rejected(Rejection::AccessDenied) => format!(
                "Allow `{}` in the policy of the role or user that runs this, and look for a \
                 service control policy, a permissions boundary or a VPC endpoint policy that \
                 denies it.",
                self.call
            ),
            Failure::Rejected(Rejection::NotFound) => {
                "Check the name in the configuration, and that it is of this Region and \
                 account."
                    .to_owned()
            }
            Failure::Rejected(Rejection::Invalid) => {
                "Check the binding's target group, its Region \
                and account, and `allow` against what AWS says."
                    .to_owned()
            }
            Failure::Rejected(Rejection::Quota) => {
                "Ask for a higher quota of targets for the group or the load balancer; nothing is \
                 removed to make room."
                    .to_owned()
            }
            Failure::Rejected(Rejection::Other) => "Look the code up in the API's \
                reference."
                .to_owned(),
            Failure::Credentials => {
                "Give credentials: a profile (`--profile`), the standard AWS variables, or the \
                 function's role."
                    .to_owned()
            }
            Failure::Throttled => {
                "Nothing was done, and the same call may succeed a moment later. If it is reported \
                 again and again, look in CloudTrail which client uses up the account's budget of \
                 calls to this API."
                    .to_owned()
            }
            Failure::Unreachable => {
                "Check the network path: in an isolated VPC the interface endpoints of RDS, \
                 Elastic Load Balancing and SNS, elsewhere AWS_ENDPOINT_URL and the Region; and \
                 HTTPS_PROXY and NO_PROXY where they are set."
                    .to_owned()
            }
            Failure::Certificate => {
                "Nothing was sent. If a proxy or a firewall opens TLS, or the endpoint has a \
                 certificate of your own authority, name its root certificate in AWS_CA_BUNDLE (a \
                 PEM file, used in place of the system's). Otherwise look whether the certificate \
                 has expired, whether this machine's clock is right, and where AWS_ENDPOINT_URL \
                 leads."
                    .to_owned()
            }
            Failure::AnswerLost => "The next round reads what came of it.".to_owned(),
        }
    }
}

/// The kinds of failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Failure {
    /// The service answered, and refused.
    Rejected(Rejection),
    /// The service asked for fewer calls. Nothing was done.
    Throttled,
    /// There are no credentials, or they are not valid any more. Nothing was asked.
    Credentials,
    /// The request never reached the service, or (reads only) no answer came.
    Unreachable,
    /// The server's certificate was refused: its issuer is unknown, it has expired, or it is for
    /// another name. Nothing was sent.
    Certificate,
    /// A write was sent and no usable answer came back. It may have taken effect, or may still do
    /// so.
    AnswerLost,
}

/// How a service refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rejection {
    /// The caller may not make this call.
    AccessDenied,
    /// The resource does not exist.
    NotFound,
    /// The request is invalid, such as an address that ELBv2 does not accept.
    Invalid,
    /// A quota is reached.
    Quota,
    /// Anything else.
    Other,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rejected(Rejection::AccessDenied) => "not permitted",
            Self::Rejected(Rejection::NotFound) => "not found",
            Self::Rejected(Rejection::Invalid) => "refused as invalid",
            Self::Rejected(Rejection::Quota) => "refused, a quota is used up",
            Self::Rejected(Rejection::Other) => "refused",
            Self::Throttled => "throttled",
            Self::Credentials => "no usable credentials",
            Self::Unreachable => "could not be reached, or gave no usable answer",
            Self::Certificate => "the server's certificate is not trusted",
            Self::AnswerLost => "the answer was lost",
        })
    }
}

impl Failure {
    /// The kebab-case word for reports and metrics.
    pub fn word(self) -> &'static str {
        match self {
            Self::Rejected(Rejection::AccessDenied) => "access-denied",
            Self::Rejected(Rejection::NotFound) => "not-found",
            Self::Rejected(Rejection::Invalid) => "refused-as-invalid",
            Self::Rejected(Rejection::Quota) => "quota-reached",
            Self::Rejected(Rejection::Other) => "refused",
            Self::Throttled => "throttled",
            Self::Credentials => "no-credentials",
            Self::Unreachable => "unreachable",
            Self::Certificate => "certificate-not-trusted",
            Self::AnswerLost => "answer-lost",
        }
    }
}

/// Why a lookup gave no addresses. None of these is an empty answer: a name that cannot be resolved
/// says nothing about where the database is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, thiserror::Error)]
pub enum LookupError {
    /// NXDOMAIN: the server says that the name does not exist.
    #[error("the name does not exist (NXDOMAIN)")]
    NxDomain,
    /// The name exists and has no address of this family.
    #[error("the name has no address of the target group's family")]
    NoAddress,
    /// SERVFAIL, REFUSED and the like, in the server's word.
    #[error("the server answered {0}")]
    Refused(String),
    /// No answer in time.
    #[error("no server answered in time")]
    Timeout,
    /// The servers could not be asked at all.
    #[error("the servers could not be asked: {0}")]
    Unreachable(String),
}

impl LookupError {
    /// The kebab-case word for reports and metrics.
    pub fn word(&self) -> &'static str {
        match self {
            Self::NxDomain => "dns-nxdomain",
            Self::NoAddress => "dns-no-address",
            Self::Refused(_) => "dns-refused",
            Self::Timeout => "dns-timeout",
            Self::Unreachable(_) => "dns-unreachable",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_denied_call_names_the_permission_to_add() {
        let error = CallError::new(
            "rds:DescribeDBClusters",
            Failure::Rejected(Rejection::AccessDenied),
            "User: x is not authorized",
        );
        assert!(error.remedy().contains("`rds:DescribeDBClusters`"));
    }
}
