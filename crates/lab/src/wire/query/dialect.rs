//! The services of the endpoint: their versions, namespaces, formats and error codes.

use crate::world::{ApiError, Service};

/// A service's API: the form of its calls and answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Rds,
    Elbv2,
    Sns,
    Sts,
    Ec2,
    CloudWatch,
    Sqs,
    /// SQS with JSON, as the SDKs speak it.
    SqsJson,
    Lambda,
    Scheduler,
    Ssm,
    S3,
}

/// How answers are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// XML with a result element, of the query protocol.
    Query,
    /// XML without one, of the EC2 protocol.
    Ec2,
    Json,
    /// Objects as they are, and errors in XML.
    Object,
}

/// What tells the services apart.
struct Facts {
    service: Service,
    form: Form,
    /// The API's version, as botocore's service models have it; the `Version` of a call in a form.
    version: &'static str,
    /// The namespace of XML answers, as botocore's service models have it.
    namespace: &'static str,
    /// The code and the HTTP status of a call that comes too often.
    throttled: (&'static str, u16),
    /// The code of a call that the caller's policy does not allow.
    denied: &'static str,
    /// The codes of a call that lacks a parameter, and of a value that is not of its type.
    missing: &'static str,
    malformed: &'static str,
}

const VALIDATION: &str = "ValidationError";

/// botocore's models of each service and their lists of errors; for EC2 the AWS docs, "Error codes
/// for the Amazon EC2 API"; for SQS "Common errors" and its retired Query model.
const RDS: Facts = Facts {
    service: Service::Rds,
    form: Form::Query,
    version: "2014-10-31",
    namespace: "http://rds.amazonaws.com/doc/2014-10-31/",
    throttled: ("Throttling", 400),
    denied: "AccessDenied",
    missing: "MissingParameter",
    malformed: "InvalidParameterValue",
};
const ELBV2: Facts = Facts {
    service: Service::Elbv2,
    version: "2015-12-01",
    namespace: "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/",
    throttled: ("ThrottlingException", 400),
    missing: VALIDATION,
    malformed: VALIDATION,
    ..RDS
};
const SNS: Facts = Facts {
    service: Service::Sns,
    version: "2010-03-31",
    namespace: "http://sns.amazonaws.com/doc/2010-03-31/",
    missing: VALIDATION,
    malformed: "InvalidParameter",
    ..RDS
};
const STS: Facts = Facts {
    service: Service::Sts,
    version: "2011-06-15",
    namespace: "https://sts.amazonaws.com/doc/2011-06-15/",
    missing: VALIDATION,
    malformed: VALIDATION,
    ..RDS
};
const EC2: Facts = Facts {
    service: Service::Ec2,
    form: Form::Ec2,
    version: "2016-11-15",
    namespace: "http://ec2.amazonaws.com/doc/2016-11-15/",
    throttled: ("RequestLimitExceeded", 503),
    denied: "UnauthorizedOperation",
    ..RDS
};
const CLOUD_WATCH: Facts = Facts {
    service: Service::CloudWatch,
    version: "2010-08-01",
    namespace: "http://monitoring.amazonaws.com/doc/2010-08-01/",
    ..RDS
};
const SQS: Facts = Facts {
    service: Service::Sqs,
    version: "2012-11-05",
    namespace: "http://queue.amazonaws.com/doc/2012-11-05/",
    throttled: ("RequestThrottled", 403),
    ..RDS
};
const SQS_JSON: Facts =
    Facts { form: Form::Json, version: "", denied: "AccessDeniedException", ..SQS };
const LAMBDA: Facts = Facts {
    service: Service::Lambda,
    form: Form::Json,
    version: "",
    namespace: "",
    throttled: ("TooManyRequestsException", 429),
    denied: "AccessDeniedException",
    missing: "InvalidParameterValueException",
    malformed: "InvalidParameterValueException",
};
const SCHEDULER: Facts = Facts {
    service: Service::Scheduler,
    throttled: ("ThrottlingException", 429),
    missing: "ValidationException",
    malformed: "ValidationException",
    ..LAMBDA
};

const SSM: Facts =
    Facts { service: Service::Ssm, throttled: ("ThrottlingException", 400), ..SCHEDULER };
const S3: Facts = Facts {
    service: Service::S3,
    form: Form::Object,
    throttled: ("SlowDown", 503),
    denied: "AccessDenied",
    missing: "InvalidArgument",
    malformed: "InvalidArgument",
    ..LAMBDA
};

impl Dialect {
    /// All of them.
    const ALL: [Dialect; 12] = [
        Dialect::Rds,
        Dialect::Elbv2,
        Dialect::Sns,
        Dialect::Sts,
        Dialect::Ec2,
        Dialect::CloudWatch,
        Dialect::Sqs,
        Dialect::SqsJson,
        Dialect::Lambda,
        Dialect::Scheduler,
        Dialect::Ssm,
        Dialect::S3,
    ];

    /// The service whose calls in a form have this `Version`.
    pub(super) fn of_version(version: &str) -> Option<Dialect> {
        let mut all = Dialect::ALL.into_iter();
        all.find(|dialect| !version.is_empty() && dialect.facts().version == version)
    }

    /// The service of an IAM action's prefix.
    pub(super) fn of_prefix(prefix: &str) -> Option<Dialect> {
        Dialect::ALL.into_iter().find(|dialect| dialect.service().iam_prefix() == prefix)
    }

    fn facts(self) -> &'static Facts {
        match self {
            Dialect::Rds => &RDS,
            Dialect::Elbv2 => &ELBV2,
            Dialect::Sns => &SNS,
            Dialect::Sts => &STS,
            Dialect::Ec2 => &EC2,
            Dialect::CloudWatch => &CLOUD_WATCH,
            Dialect::Sqs => &SQS,
            Dialect::SqsJson => &SQS_JSON,
            Dialect::Lambda => &LAMBDA,
            Dialect::Scheduler => &SCHEDULER,
            Dialect::Ssm => &SSM,
            Dialect::S3 => &S3,
        }
    }

    pub(super) fn form(self) -> Form {
        self.facts().form
    }

    pub(super) fn namespace(self) -> &'static str {
        self.facts().namespace
    }

    pub(super) fn service(self) -> Service {
        self.facts().service
    }

    /// The refusal of a call that comes too often.
    pub(super) fn throttled(self) -> ApiError {
        let (code, status) = self.facts().throttled;
        ApiError::new(code, status, "Rate exceeded")
    }

    /// The refusal of a call that the caller's policy does not allow.
    pub(super) fn denied(self, principal: &str, action: &str, resource: &str) -> ApiError {
        let action = format!("{}:{action}", self.service().iam_prefix());
        let denied = ApiError::access_denied(principal, &action, resource);
        ApiError { code: self.facts().denied.into(), ..denied }
    }

    /// The refusal of an operation that the lab, or the service, does not have.
    pub(super) fn unknown_operation(self, action: &str) -> ApiError {
        no_such_operation(action, self.facts().version)
    }

    /// The refusal of a call that lacks a parameter (AWS docs: RDS "Common errors",
    /// MissingParameter; those that validate against their model name the member).
    pub(super) fn missing(self, name: &str) -> ApiError {
        let code = self.facts().missing;
        if code != VALIDATION {
            let message = format!("The request must contain the parameter {name}.");
            return ApiError::bad_request(code, message);
        }
        let message = format!(
            "1 validation error detected: Value null at '{}' failed to satisfy constraint: Member \
             must not be null",
            member_of(name)
        );
        ApiError::bad_request(code, message)
    }

    /// The refusal of a value that is not of its parameter's type.
    pub(super) fn malformed(self, name: &str, value: &str) -> ApiError {
        let message = format!("The value '{value}' of the parameter {name} is not valid");
        ApiError::bad_request(self.facts().malformed, message)
    }
}

/// The refusal of an action that no service of this version has. AWS's message ends before the
/// parenthesis.
pub(super) fn no_such_operation(action: &str, version: &str) -> ApiError {
    ApiError::bad_request(
        NO_SUCH_OPERATION,
        format!(
            "Could not find operation {action} for version {version} (the lab has no such \
             operation: what is in its Region is written in the file of `lab serve --world`)"
        ),
    )
}

/// The code of that refusal.
pub(super) const NO_SUCH_OPERATION: &str = "InvalidAction";

/// A parameter's name as a model's member: `TargetGroupArn` is `targetGroupArn`.
fn member_of(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}
