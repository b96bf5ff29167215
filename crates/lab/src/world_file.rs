//! A world as a file: what is in the region at the beginning, in TOML.
//!
//! [`WorldFile::read`] reads one, and [`WorldFile::scene`] builds it. [`schema`] describes the form
//! for editors, and `docs/lab.md` for people. The words of values are those of AWS's APIs, such as
//! `aurora-postgresql` or `READER`.

mod build;
mod check;
mod databases;
mod surround;
mod surroundings_check;

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use writerlink_core::source::Source;

pub use databases::{
    BlueGreen, Cluster, CustomEndpoint, Host, Instance, Member, Proxy, ProxyEndpoint,
};

use crate::place::FileError;
use crate::scene::Standby;
use crate::world::Pace;
use crate::world::elbv2::{
    GroupProtocol, HealthCheck, HealthCheckProtocol, IpFamily, LeavingHealth, TargetType,
};
use crate::world::events::{SourceType, SubscriptionStatus};
use crate::world::pace::{Delays, Seconds};
use crate::world::surroundings::topic::Subscriber;
use crate::world::surroundings::{
    Alarm, EndpointService, Function, Maintenance, Metric, NetworkAcl, NetworkInterface, Object,
    Parameter, PrefixList, Queue, Schedule, SecurityGroup, Subnet, SubnetGroup,
};
use crate::world::vpc::Zone;

/// The demo's world.
const DEMO: &str = include_str!("world_file/demo.toml");

/// What is in the region at the beginning. All of it was made ten minutes ago, so that targets are
/// healthy and subscriptions are active.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct WorldFile {
    /// How long everything takes.
    pub pace: Speed,
    /// Delays that differ from the pace's.
    pub delays: Delays,
    /// How load balancers' nodes see the health of a target that was deregistered, until they hear
    /// of it.
    pub leaving_health: LeavingHealth,
    /// Aurora, Neptune, DocumentDB and Multi-AZ DB clusters.
    pub cluster: Vec<Cluster>,
    /// DB instances that belong to no cluster.
    pub instance: Vec<Instance>,
    /// RDS Proxies.
    pub proxy: Vec<Proxy>,
    /// Names outside RDS.
    pub host: Vec<Host>,
    /// Blue/green deployments that can be switched over.
    pub blue_green: Vec<BlueGreen>,
    /// Network Load Balancers.
    pub load_balancer: Vec<LoadBalancer>,
    /// Target groups, with their listeners and targets.
    pub target_group: Vec<TargetGroup>,
    /// SNS topics.
    pub topic: Vec<Topic>,
    /// RDS event subscriptions.
    pub subscription: Vec<Subscription>,
    pub security_group: Vec<SecurityGroup>,
    /// Managed prefix lists.
    pub prefix_list: Vec<PrefixList>,
    /// Network interfaces of others, and those that are missing.
    pub network_interface: Vec<NetworkInterface>,
    pub subnet: Vec<Subnet>,
    /// DB subnet groups.
    pub subnet_group: Vec<SubnetGroup>,
    pub network_acl: Vec<NetworkAcl>,
    /// Endpoint services of PrivateLink.
    pub endpoint_service: Vec<EndpointService>,
    /// Lambda functions.
    pub function: Vec<Function>,
    /// Schedules of EventBridge Scheduler.
    pub schedule: Vec<Schedule>,
    /// CloudWatch alarms.
    pub alarm: Vec<Alarm>,
    /// Values of CloudWatch metrics.
    pub metric: Vec<Metric>,
    /// SQS queues.
    pub queue: Vec<Queue>,
    /// Parameters of SSM.
    pub parameter: Vec<Parameter>,
    /// Objects of S3.
    pub object: Vec<Object>,
    /// Pending maintenance of databases.
    pub maintenance: Vec<Maintenance>,
    /// Quotas of RDS, by name, such as `EventSubscriptions`.
    pub quotas: BTreeMap<String, u32>,
    /// The IAM actions of calls that are always denied, such as `ec2:DescribeSubnets`.
    pub denied: Vec<String>,
}

/// How long everything takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Speed {
    /// As long as in AWS, as documented or as others measured it.
    #[default]
    Real,
    /// The same in seconds, for demonstrations.
    Brisk,
}

/// An internal Network Load Balancer.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct LoadBalancer {
    pub name: Text<ShortName>,
    /// The zones of its nodes.
    #[serde(default = "every_zone")]
    pub zones: Vec<Zone>,
    /// `ipv6`: it is dual-stack, and takes groups of either family.
    #[serde(default)]
    pub family: IpFamily,
    /// The names or ids of its security groups; one of its own, when not given.
    pub security_groups: Option<Vec<String>>,
    /// Whether inbound rules apply to traffic through PrivateLink.
    #[serde(default)]
    pub enforce_on_private_link: bool,
    /// The zone that a zonal shift keeps traffic away from.
    pub zonal_shift: Option<Zone>,
    /// Attributes that differ from those of a new one, by AWS's names.
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
}

/// A target group.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct TargetGroup {
    pub name: Text<ShortName>,
    pub port: u16,
    #[serde(default)]
    pub protocol: GroupProtocol,
    #[serde(default)]
    pub target_type: TargetType,
    #[serde(default)]
    pub family: IpFamily,
    /// The listeners that forward to it.
    #[serde(default)]
    pub listeners: Vec<Listener>,
    /// What stands behind it, as in our configuration. Its members are the targets, if no others
    /// are given.
    pub source: Option<Text<Source>>,
    /// The name of a binding of that source, for `--write-config`.
    pub binding: Option<String>,
    /// Whether the standby of an `instance/` source is a target too, as in our configuration.
    #[serde(default)]
    pub standby: Standby,
    /// The targets at the beginning.
    pub targets: Option<Vec<Text<SocketAddr>>>,
    /// Whether the load balancer's nodes send connections to other zones.
    #[serde(default)]
    pub cross_zone: bool,
    /// How long a deregistered target drains; 30 seconds, when not given.
    pub deregistration_delay: Option<Seconds>,
    #[serde(default)]
    pub health_check: Checks,
    /// Whether health checks do not reach the targets.
    #[serde(default)]
    pub health_checks_blocked: bool,
    /// Attributes that differ from those of `infra/link.yaml`, by AWS's names.
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
}

/// A listener of a load balancer.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(
    rename_all = "kebab-case",
    deny_unknown_fields,
    expecting = "a table such as `{ load-balancer = \"link\", port = 5432 }`"
)]
pub struct Listener {
    pub load_balancer: Text<ShortName>,
    pub port: u16,
    /// Attributes that differ from those of a new one, by AWS's names.
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
}

/// How targets are checked. The defaults are those of `infra/link.yaml`.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(
    default,
    rename_all = "kebab-case",
    deny_unknown_fields,
    expecting = "a table such as `{ interval = 30 }`"
)]
pub struct Checks {
    pub protocol: HealthCheckProtocol,
    /// The port that is checked; each target's own, when not given.
    pub port: Option<u16>,
    /// Seconds between checks, 5 to 300.
    pub interval: u32,
    /// Seconds until a check has failed, 2 to 120.
    pub timeout: u32,
    /// Passed checks in a row that make an unhealthy target healthy, 2 to 10.
    pub healthy_threshold: u32,
    /// Failed checks in a row that make a target unhealthy, 2 to 10.
    pub unhealthy_threshold: u32,
}

impl Checks {
    /// AWS's defaults of a TCP group.
    pub(crate) fn of_aws() -> Self {
        let HealthCheck {
            protocol,
            port,
            interval,
            timeout,
            healthy_threshold,
            unhealthy_threshold,
        } = HealthCheck::default();
        Checks { protocol, port, interval, timeout, healthy_threshold, unhealthy_threshold }
    }
}

impl Default for Checks {
    fn default() -> Self {
        let protocol = HealthCheckProtocol::Tcp;
        let (healthy_threshold, unhealthy_threshold) = (2, 2);
        let (interval, timeout) = (10, 4);
        Checks { protocol, port: None, interval, timeout, healthy_threshold, unhealthy_threshold }
    }
}

/// An SNS topic.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Topic {
    pub name: Text<ShortName>,
    /// The names of the Lambda functions that it invokes; the lab runs `writerlink`.
    #[serde(default)]
    pub functions: Vec<Text<ShortName>>,
    /// Its other subscribers.
    #[serde(default)]
    pub subscribers: Vec<Subscriber>,
    /// `rds` (RDS may publish), `alarms` (CloudWatch may), `owner` (the account may, as in a new
    /// topic of AWS), or a policy as JSON; `rds` for a topic of event subscriptions and `alarms`
    /// for any other, when not given.
    pub policy: Option<String>,
    /// The ARN of the KMS key that encrypts it.
    pub kms_key: Option<String>,
}

/// An RDS event subscription.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Subscription {
    pub name: Text<ShortName>,
    pub topic: Text<ShortName>,
    /// What kind of things it follows; all, when not given.
    pub source_type: Option<SourceType>,
    /// Which categories of events it follows, such as `failover`; all, when none is given.
    #[serde(default)]
    pub categories: Vec<String>,
    /// Which databases it follows, by name; all of its type, when none is given.
    #[serde(default)]
    pub source_ids: Vec<String>,
    #[serde(default = "yes")]
    pub enabled: bool,
    /// `active`, when not given.
    pub status: Option<SubscriptionStatus>,
}

fn yes() -> bool {
    true
}

fn every_zone() -> Vec<Zone> {
    Zone::ALL.to_vec()
}

impl WorldFile {
    /// The demo's world.
    ///
    /// # Panics
    ///
    /// Never: a test reads it.
    pub fn demo() -> WorldFile {
        WorldFile::read(DEMO, "demo.toml").expect("the demo's world is well-formed")
    }

    /// Reads a file of this name.
    ///
    /// # Errors
    ///
    /// The place of the first mistake, what was found there, and what is allowed.
    pub fn read(text: &str, file: &str) -> Result<WorldFile, FileError> {
        let read: WorldFile =
            toml::from_str(text).map_err(|error| FileError::of_toml(text, file, &error))?;
        read.check().map_err(|mistake| FileError::of(text, file, &mistake))?;
        Ok(read)
    }

    /// Whether nothing in it has an address.
    pub fn is_empty(&self) -> bool {
        self.cluster.is_empty()
            && self.instance.is_empty()
            && self.proxy.is_empty()
            && self.host.is_empty()
    }

    /// How long everything takes in it.
    pub fn pace(&self) -> Pace {
        let mut pace = match self.pace {
            Speed::Real => Pace::real(),
            Speed::Brisk => Pace::brisk(),
        };
        self.delays.apply(&mut pace);
        pace
    }
}

/// The JSON Schema of a world's file.
pub fn schema() -> Schema {
    schemars::schema_for!(WorldFile)
}

/// A value that is written as a text.
#[derive(Clone, Debug, PartialEq)]
pub struct Text<T>(pub T);

impl<'de, T: FromStr<Err: fmt::Display>> Deserialize<'de> for Text<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map(Text).map_err(D::Error::custom)
    }
}

impl<T> JsonSchema for Text<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        String::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        String::json_schema(generator)
    }
}

impl<T: fmt::Display> fmt::Display for Text<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A name of a load balancer, a target group, a topic, a function or a subscription, in the form
/// that is the narrowest of theirs (botocore elbv2 2015-12-01, CreateTargetGroup).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ShortName(String);

impl FromStr for ShortName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let is_plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let is_short = (1..=32).contains(&text.len());
        if is_plain && is_short && !text.starts_with('-') && !text.ends_with('-') {
            return Ok(ShortName(text.to_owned()));
        }
        Err(format!(
            "`{text}` is no name: write 1 to 32 letters, digits and hyphens, with no hyphen at \
             either end"
        ))
    }
}

impl fmt::Display for ShortName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests;
