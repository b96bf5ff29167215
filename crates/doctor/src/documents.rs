//! The documents on which the checks rest: AWS's, and for what Writerlink does by itself, its own.

use schemars::JsonSchema;
use serde::Serialize;

/// A page of documentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Document {
    pub title: &'static str,
    pub url: &'static str,
}

impl Document {
    /// Whether it is a page of AWS, and not one of this project beside docs/doctor.md.
    pub fn is_of_aws(&self) -> bool {
        self.url.starts_with("https://")
    }
}

/// What this project says of its own configuration.
pub(crate) const CONFIGURATION: Document =
    Document { title: "Writerlink: Configuration", url: "configuration.md" };

/// What this project says of its own metrics and topics.
pub(crate) const OPERATIONS: Document =
    Document { title: "Writerlink: Operations", url: "operations.md" };

macro_rules! documents {
    ($($name:ident = $title:literal, $url:literal;)*) => {
        $(pub(crate) const $name: Document = Document {
            title: $title,
            url: concat!("https://docs.aws.amazon.com/", $url),
        };)*
    };
}

documents! {
    HEALTH = "Health checks for Network Load Balancer target groups",
        "elasticloadbalancing/latest/network/target-group-health-checks.html";
    GROUP_ATTRIBUTES = "Edit target group attributes for your Network Load Balancer",
        "elasticloadbalancing/latest/network/edit-target-group-attributes.html";
    CROSS_ZONE = "Edit target group attributes for your Network Load Balancer, cross-zone",
        "elasticloadbalancing/latest/network/edit-target-group-attributes.html#target-group-cross-zone";
    GROUP_HEALTH = "Update the health settings of a target group",
        "elasticloadbalancing/latest/network/modify-target-group-health-settings.html";
    BALANCER_GROUPS = "Update the security groups for your Network Load Balancer",
        "elasticloadbalancing/latest/network/load-balancer-security-groups.html";
    TARGET_GROUPS = "Target groups for your Network Load Balancers",
        "elasticloadbalancing/latest/network/load-balancer-target-groups.html";
    TARGETS = "Register targets for your Network Load Balancer",
        "elasticloadbalancing/latest/network/target-group-register-targets.html";
    LISTENERS = "Listeners for your Network Load Balancers",
        "elasticloadbalancing/latest/network/load-balancer-listeners.html";
    BALANCERS = "Network Load Balancers",
        "elasticloadbalancing/latest/network/network-load-balancers.html";
    SERVICE = "Configure an endpoint service",
        "vpc/latest/privatelink/configure-endpoint-service.html";
    SECURITY_GROUPS = "Security group rules",
        "vpc/latest/userguide/security-group-rules.html";
    ACLS = "Control subnet traffic with network access control lists",
        "vpc/latest/userguide/vpc-network-acls.html";
    EVENTS = "Subscribing to Amazon RDS event notification",
        "AmazonRDS/latest/UserGuide/USER_Events.Subscribing.html";
    EVENT_CATEGORIES = "Amazon RDS event categories and event messages",
        "AmazonRDS/latest/UserGuide/USER_Events.Messages.html";
    TOPIC_PERMISSION = "Granting permissions to publish notifications to an Amazon SNS topic",
        "AmazonRDS/latest/UserGuide/USER_Events.GrantingPermissions.html";
    RDS_EVENTS = "Overview of events for Amazon RDS",
        "AmazonRDS/latest/UserGuide/USER_Events.overview.html";
    TOPIC_KEYS = "Managing Amazon SNS encryption keys and costs",
        "sns/latest/dg/sns-key-management.html";
    FILTERS = "Amazon SNS message filtering",
        "sns/latest/dg/sns-message-filtering.html";
    CONFIRMING = "Confirm an Amazon SNS subscription",
        "sns/latest/dg/SendMessageToHttp.confirm.html";
    INVOKE_PERMISSION = "Working with resource-based IAM policies in Lambda",
        "lambda/latest/dg/access-control-resource-based.html";
    CONCURRENCY = "Configuring reserved concurrency for a function",
        "lambda/latest/dg/configuration-concurrency.html";
    TIMEOUT = "Configure Lambda function timeout",
        "lambda/latest/dg/configuration-timeout.html";
    ASYNC = "Invoking a Lambda function asynchronously",
        "lambda/latest/dg/invocation-async.html";
    FUNCTION_IN_VPC = "Giving Lambda functions access to resources in an Amazon VPC",
        "lambda/latest/dg/configuration-vpc.html";
    FUNCTION_STATES = "Lambda function states",
        "lambda/latest/dg/functions-states.html";
    SCHEDULES = "Schedule types in EventBridge Scheduler",
        "scheduler/latest/UserGuide/schedule-types.html";
    ALARMS = "Using Amazon CloudWatch alarms",
        "AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html";
    PRIVATE_ZONES = "Considerations when working with a private hosted zone",
        "Route53/latest/DeveloperGuide/hosted-zone-private-considerations.html";
    MULTI_AZ = "Multi-AZ DB instance deployments for Amazon RDS",
        "AmazonRDS/latest/UserGuide/Concepts.MultiAZSingleStandby.html";
    AURORA_HA = "High availability for Amazon Aurora",
        "AmazonRDS/latest/AuroraUserGuide/Concepts.AuroraHighAvailability.html";
    CERTIFICATES = "Rotating your SSL/TLS certificate",
        "AmazonRDS/latest/UserGuide/UsingWithRDS.SSL-certificate-rotation.html";
    MAINTENANCE = "Maintaining a DB instance",
        "AmazonRDS/latest/UserGuide/USER_UpgradeDBInstance.Maintenance.html";
    STATUS = "Viewing Amazon RDS DB instance status",
        "AmazonRDS/latest/UserGuide/accessing-monitoring.html";
    IN_A_VPC = "Working with a DB instance in a VPC",
        "AmazonRDS/latest/UserGuide/USER_VPC.WorkingWithRDSInstanceinaVPC.html";
    IAM_TOKENS = "IAM database authentication for MariaDB, MySQL, and PostgreSQL",
        "AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.html";
    QUOTAS = "Quotas and constraints for Amazon RDS",
        "AmazonRDS/latest/UserGuide/CHAP_Limits.html";
}
