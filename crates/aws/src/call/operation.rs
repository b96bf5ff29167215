//! The closed list of calls. Each is a read, and no other name can be sent.

use writerlink_core::ports::action::INTERFACES;

/// A call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    CallerIdentity,
    Subnets,
    SecurityGroups,
    NetworkInterfaces,
    PrefixListEntries,
    NetworkAcls,
    EndpointServices,
    EndpointPermissions,
    EndpointConnections,
    Function,
    FunctionConcurrency,
    FunctionPolicy,
    EventInvokeConfig,
    SourceMappings,
    Schedules,
    Schedule,
    Alarms,
    MetricStatistics,
    QueueAttributes,
    Parameter,
    Object,
}

impl Operation {
    /// The IAM action that permits the call. After the colon it is the operation's name in the
    /// API, for each of these.
    pub(crate) fn action(self) -> &'static str {
        match self {
            Self::CallerIdentity => "sts:GetCallerIdentity",
            Self::Subnets => "ec2:DescribeSubnets",
            Self::SecurityGroups => "ec2:DescribeSecurityGroups",
            Self::NetworkInterfaces => INTERFACES,
            Self::PrefixListEntries => "ec2:GetManagedPrefixListEntries",
            Self::NetworkAcls => "ec2:DescribeNetworkAcls",
            Self::EndpointServices => "ec2:DescribeVpcEndpointServiceConfigurations",
            Self::EndpointPermissions => "ec2:DescribeVpcEndpointServicePermissions",
            Self::EndpointConnections => "ec2:DescribeVpcEndpointConnections",
            Self::Function => "lambda:GetFunctionConfiguration",
            Self::FunctionConcurrency => "lambda:GetFunctionConcurrency",
            Self::FunctionPolicy => "lambda:GetPolicy",
            Self::EventInvokeConfig => "lambda:GetFunctionEventInvokeConfig",
            Self::SourceMappings => "lambda:ListEventSourceMappings",
            Self::Schedules => "scheduler:ListSchedules",
            Self::Schedule => "scheduler:GetSchedule",
            Self::Alarms => "cloudwatch:DescribeAlarms",
            Self::MetricStatistics => "cloudwatch:GetMetricStatistics",
            Self::QueueAttributes => "sqs:GetQueueAttributes",
            Self::Parameter => "ssm:GetParameter",
            Self::Object => "s3:GetObject",
        }
    }

    pub(crate) fn name(self) -> &'static str {
        self.action().split_once(':').map_or("", |(_, name)| name)
    }

    pub(super) fn service(self) -> Service {
        match self.action().split_once(':').map(|(service, _)| service) {
            Some("ec2") => Service::Ec2,
            Some("lambda") => Service::Lambda,
            Some("scheduler") => Service::Scheduler,
            Some("cloudwatch") => Service::CloudWatch,
            Some("sqs") => Service::Sqs,
            Some("ssm") => Service::Ssm,
            Some("s3") => Service::S3,
            _ => Service::Sts,
        }
    }

    pub(super) fn protocol(self) -> Protocol {
        match self.service() {
            Service::Lambda | Service::Scheduler | Service::Ssm => Protocol::Json,
            Service::S3 => Protocol::Object,
            Service::Sts | Service::Ec2 | Service::CloudWatch | Service::Sqs => Protocol::Query,
        }
    }
}

/// How a service writes its answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    /// XML, in AWS's query protocol or in that of EC2.
    Query,
    /// JSON.
    Json,
    /// An object as it is, and errors in XML.
    Object,
}

/// A service that is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Service {
    Sts,
    Ec2,
    Lambda,
    Scheduler,
    CloudWatch,
    Sqs,
    Ssm,
    S3,
}

impl Service {
    /// The name in `AWS_ENDPOINT_URL_…` and in a profile's `services` (botocore, `serviceId`).
    pub(super) fn id(self) -> &'static str {
        match self {
            Self::Sts => "STS",
            Self::Ec2 => "EC2",
            Self::Lambda => "Lambda",
            Self::Scheduler => "Scheduler",
            Self::CloudWatch => "CloudWatch",
            Self::Sqs => "SQS",
            Self::Ssm => "SSM",
            Self::S3 => "S3",
        }
    }

    /// The name in a signature and in a host name (botocore, `endpointPrefix`).
    pub(super) fn signing_name(self) -> &'static str {
        match self {
            Self::Sts => "sts",
            Self::Ec2 => "ec2",
            Self::Lambda => "lambda",
            Self::Scheduler => "scheduler",
            Self::CloudWatch => "monitoring",
            Self::Sqs => "sqs",
            Self::Ssm => "ssm",
            Self::S3 => "s3",
        }
    }

    /// The version of the API that the names and shapes are of.
    pub(super) fn version(self) -> &'static str {
        match self {
            Self::Sts => "2011-06-15",
            Self::Ec2 => "2016-11-15",
            Self::Lambda => "2015-03-31",
            Self::Scheduler => "2021-06-30",
            Self::CloudWatch => "2010-08-01",
            Self::Sqs => "2012-11-05",
            Self::Ssm => "2014-11-06",
            Self::S3 => "2006-03-01",
        }
    }
}
