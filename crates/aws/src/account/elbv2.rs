//! Load balancers, listeners and target groups (ELBv2, API version 2015-12-01).

use std::net::IpAddr;

/// A load balancer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Balancer {
    pub arn: String,
    pub name: String,
    /// `network`, `application` or `gateway`.
    pub kind: String,
    /// `internal` or `internet-facing`.
    pub scheme: String,
    /// `active`, `provisioning`, `active_impaired` or `failed`.
    pub state: String,
    pub vpc: Option<String>,
    /// `ipv4` or `dualstack`.
    pub address_type: String,
    pub zones: Vec<BalancerZone>,
    pub security_groups: Vec<String>,
    /// Whether inbound rules apply to traffic through PrivateLink: `on` or `off`. AWS gives it for
    /// Network Load Balancers with security groups.
    pub enforce_on_private_link: Option<String>,
}

/// A zone of a load balancer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BalancerZone {
    /// The zone's name, such as `eu-west-1a`.
    pub zone: String,
    pub subnet: Option<String>,
}

/// A listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listener {
    pub arn: String,
    /// The ARN of its load balancer.
    pub load_balancer: String,
    /// 0 if it has none, as with a Gateway Load Balancer.
    pub port: u16,
    /// `TCP`, `TLS`, `UDP`, …; empty if it has none.
    pub protocol: String,
    /// Where it forwards to by default.
    pub forwards: Vec<Forward>,
}

/// A target group to which a listener forwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forward {
    /// The ARN of the target group.
    pub group: String,
    /// The group's weight; 1 if there is only one group and AWS names no weight.
    pub weight: u32,
}

/// A target group with its health check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupDetail {
    pub arn: String,
    pub name: String,
    /// `ip`, `instance`, `alb` or `lambda`.
    pub target_type: String,
    /// `TCP`, `TLS`, …; empty for a group of Lambda functions.
    pub protocol: String,
    pub port: Option<u16>,
    pub vpc: Option<String>,
    /// `ipv4` or `ipv6`.
    pub address_type: String,
    /// The ARNs of the load balancers whose listeners forward to it.
    pub load_balancers: Vec<String>,
    pub health_check: HealthCheck,
}

/// A target group's health check. Times are in seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HealthCheck {
    pub enabled: bool,
    /// `TCP`, `HTTP` or `HTTPS`.
    pub protocol: String,
    /// `traffic-port`, or a port's number.
    pub port: String,
    pub interval: u32,
    pub timeout: u32,
    pub healthy_threshold: u32,
    pub unhealthy_threshold: u32,
}

/// A target, and what the load balancer says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetSeen {
    pub address: IpAddr,
    pub port: u16,
    /// The zone that it was registered with, or `all`.
    pub zone: Option<String>,
    /// `healthy`, `unhealthy`, `initial`, `draining`, `unused`, …
    pub state: String,
    /// The code of the reason, such as `Target.Timeout`.
    pub reason: Option<String>,
    /// The reason in words.
    pub description: Option<String>,
    /// A zonal shift or another override, if one is in force.
    pub over: Option<Override>,
}

/// What keeps traffic away from a target whatever its health is (botocore elbv2 2015-12-01,
/// `AdministrativeOverride`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    /// `zonal_shift_active`, `zonal_shift_delegated_to_dns`, `no_override` or `unknown`.
    pub state: String,
    pub description: Option<String>,
}
