//! Load balancers, listeners and target groups, as Elastic Load Balancing lists them.

use aws_sdk_elasticloadbalancingv2::types;
use writerlink_core::failure::CallError;
use writerlink_core::ports::action::{GROUPS, TARGETS};

use super::AccountReader;
use super::pages::{converted, every_page, need, text};
use crate::account::{
    Attributes, Balancer, BalancerZone, Forward, GroupDetail, HealthCheck, Listener, Override,
    TargetSeen,
};
use crate::read::{listed, read};

const GROUP_ATTRIBUTES: &str = "elasticloadbalancing:DescribeTargetGroupAttributes";
const BALANCERS: &str = "elasticloadbalancing:DescribeLoadBalancers";
const BALANCER_ATTRIBUTES: &str = "elasticloadbalancing:DescribeLoadBalancerAttributes";
const LISTENERS: &str = "elasticloadbalancing:DescribeListeners";
const LISTENER_ATTRIBUTES: &str = "elasticloadbalancing:DescribeListenerAttributes";

/// The most entries on a page (botocore elbv2 2015-12-01, `PageSize`).
const PAGE: i32 = 400;

/// The attributes that `$request` asks for.
macro_rules! attributes {
    ($call:ident, $request:expr, $convert:expr) => {{
        let request = $request.customize();
        let answer = read($call, |watch| request.interceptor(watch).send()).await?;
        let list = listed($call, "Attributes", answer.attributes)?;
        Ok(converted($call, "Attributes", &list, $convert)?.into_iter().collect())
    }};
}

impl AccountReader {
    /// Every target group of the Region (`elasticloadbalancing:DescribeTargetGroups`).
    ///
    /// # Errors
    /// When a page cannot be read.
    pub async fn groups(&self) -> Result<Vec<GroupDetail>, CallError> {
        let request = self.elbv2.describe_target_groups().page_size(PAGE);
        every_page!(GROUPS, request, set_marker, target_groups: "TargetGroups", next_marker, group)
    }

    /// The attributes of a target group (`elasticloadbalancing:DescribeTargetGroupAttributes`).
    ///
    /// # Errors
    /// When they cannot be read, or the ARN is of another Region.
    pub async fn group_attributes(&self, group: &str) -> Result<Attributes, CallError> {
        self.home.admits_arn(GROUP_ATTRIBUTES, group)?;
        let request = self.elbv2.describe_target_group_attributes().target_group_arn(group);
        attributes!(GROUP_ATTRIBUTES, request, |a: &types::TargetGroupAttribute| {
            attribute(a.key(), a.value())
        })
    }

    /// The targets of a target group of type `ip` (`elasticloadbalancing:DescribeTargetHealth`).
    ///
    /// # Errors
    /// When they cannot be read, one of them is no IP address, or the ARN is of another Region.
    pub async fn targets(&self, group: &str) -> Result<Vec<TargetSeen>, CallError> {
        self.home.admits_arn(TARGETS, group)?;
        let request = self.elbv2.describe_target_health().target_group_arn(group).customize();
        let answer = read(TARGETS, |watch| request.interceptor(watch).send()).await?;
        let element = "TargetHealthDescriptions";
        let list = listed(TARGETS, element, answer.target_health_descriptions)?;
        converted(TARGETS, element, &list, target)
    }

    /// Every load balancer of the Region (`elasticloadbalancing:DescribeLoadBalancers`).
    ///
    /// # Errors
    /// When a page cannot be read.
    pub async fn balancers(&self) -> Result<Vec<Balancer>, CallError> {
        let request = self.elbv2.describe_load_balancers().page_size(PAGE);
        every_page!(
            BALANCERS,
            request,
            set_marker,
            load_balancers: "LoadBalancers",
            next_marker,
            balancer
        )
    }

    /// The attributes of a load balancer (`elasticloadbalancing:DescribeLoadBalancerAttributes`).
    ///
    /// # Errors
    /// When they cannot be read, or the ARN is of another Region.
    pub async fn balancer_attributes(&self, balancer: &str) -> Result<Attributes, CallError> {
        self.home.admits_arn(BALANCER_ATTRIBUTES, balancer)?;
        let request = self.elbv2.describe_load_balancer_attributes().load_balancer_arn(balancer);
        attributes!(BALANCER_ATTRIBUTES, request, |a: &types::LoadBalancerAttribute| {
            attribute(a.key(), a.value())
        })
    }

    /// The listeners of a load balancer (`elasticloadbalancing:DescribeListeners`).
    ///
    /// # Errors
    /// When a page cannot be read, or the ARN is of another Region.
    pub async fn listeners(&self, balancer: &str) -> Result<Vec<Listener>, CallError> {
        self.home.admits_arn(LISTENERS, balancer)?;
        let request = self.elbv2.describe_listeners().load_balancer_arn(balancer).page_size(PAGE);
        every_page!(LISTENERS, request, set_marker, listeners: "Listeners", next_marker, listener)
    }

    /// The attributes of a listener (`elasticloadbalancing:DescribeListenerAttributes`).
    ///
    /// # Errors
    /// When they cannot be read, or the ARN is of another Region.
    pub async fn listener_attributes(&self, listener: &str) -> Result<Attributes, CallError> {
        self.home.admits_arn(LISTENER_ATTRIBUTES, listener)?;
        let request = self.elbv2.describe_listener_attributes().listener_arn(listener);
        attributes!(LISTENER_ATTRIBUTES, request, |a: &types::ListenerAttribute| {
            attribute(a.key(), a.value())
        })
    }
}

fn attribute(key: Option<&str>, value: Option<&str>) -> Result<(String, String), String> {
    Ok((text(key, "Key")?, value.unwrap_or_default().to_owned()))
}

fn group(listed: &types::TargetGroup) -> Result<GroupDetail, String> {
    let address_type = listed.ip_address_type().map(types::TargetGroupIpAddressTypeEnum::as_str);
    Ok(GroupDetail {
        arn: text(listed.target_group_arn(), "TargetGroupArn")?,
        name: text(listed.target_group_name(), "TargetGroupName")?,
        target_type: text(listed.target_type().map(types::TargetTypeEnum::as_str), "TargetType")?,
        protocol: protocol(listed.protocol()),
        port: listed.port().and_then(|port| u16::try_from(port).ok()),
        vpc: listed.vpc_id().map(str::to_owned),
        // "The default value is ipv4" (botocore elbv2 2015-12-01, TargetGroup.IpAddressType).
        address_type: address_type.unwrap_or("ipv4").to_owned(),
        load_balancers: listed.load_balancer_arns().to_vec(),
        health_check: HealthCheck {
            enabled: listed.health_check_enabled().unwrap_or_default(),
            protocol: protocol(listed.health_check_protocol()),
            port: listed.health_check_port().unwrap_or_default().to_owned(),
            interval: number(listed.health_check_interval_seconds()),
            timeout: number(listed.health_check_timeout_seconds()),
            healthy_threshold: number(listed.healthy_threshold_count()),
            unhealthy_threshold: number(listed.unhealthy_threshold_count()),
        },
    })
}

/// Empty if there is none, as for a group of Lambda functions.
fn protocol(protocol: Option<&types::ProtocolEnum>) -> String {
    protocol.map(types::ProtocolEnum::as_str).unwrap_or_default().to_owned()
}

fn number(number: Option<i32>) -> u32 {
    number.and_then(|number| u32::try_from(number).ok()).unwrap_or_default()
}

fn target(listed: &types::TargetHealthDescription) -> Result<TargetSeen, String> {
    let target = need(listed.target(), "Target")?;
    let id = need(target.id(), "Id")?;
    let health = need(listed.target_health(), "TargetHealth")?;
    let port = target.port().and_then(|port| u16::try_from(port).ok());
    Ok(TargetSeen {
        address: id.parse().map_err(|_| format!("is {id:?}, which is no IP address"))?,
        port: need(port, "Port")?,
        zone: target.availability_zone().map(str::to_owned),
        state: text(health.state().map(types::TargetHealthStateEnum::as_str), "State")?,
        reason: health.reason().map(|reason| reason.as_str().to_owned()),
        description: health.description().map(str::to_owned),
        over: listed.administrative_override().map(override_of).transpose()?,
    })
}

fn override_of(listed: &types::AdministrativeOverride) -> Result<Override, String> {
    let state = listed.state().map(types::TargetAdministrativeOverrideStateEnum::as_str);
    Ok(Override {
        state: text(state, "State")?,
        description: listed.description().map(str::to_owned),
    })
}

fn balancer(listed: &types::LoadBalancer) -> Result<Balancer, String> {
    let state = listed.state().and_then(types::LoadBalancerState::code);
    Ok(Balancer {
        arn: text(listed.load_balancer_arn(), "LoadBalancerArn")?,
        name: text(listed.load_balancer_name(), "LoadBalancerName")?,
        kind: text(listed.r#type().map(types::LoadBalancerTypeEnum::as_str), "Type")?,
        // A Gateway Load Balancer has no scheme.
        scheme: listed.scheme().map(|s| s.as_str().to_owned()).unwrap_or_default(),
        state: text(state.map(types::LoadBalancerStateEnum::as_str), "State")?,
        vpc: listed.vpc_id().map(str::to_owned),
        address_type: listed.ip_address_type().map_or("ipv4", |t| t.as_str()).to_owned(),
        zones: listed.availability_zones().iter().map(zone).collect::<Result<_, _>>()?,
        security_groups: listed.security_groups().to_vec(),
        enforce_on_private_link: listed
            .enforce_security_group_inbound_rules_on_private_link_traffic()
            .map(str::to_owned),
    })
}

fn zone(listed: &types::AvailabilityZone) -> Result<BalancerZone, String> {
    let zone = text(listed.zone_name(), "ZoneName")?;
    Ok(BalancerZone { zone, subnet: listed.subnet_id().map(str::to_owned) })
}

fn listener(listed: &types::Listener) -> Result<Listener, String> {
    // The listener of a Gateway Load Balancer has no port and no protocol.
    let port = listed.port().unwrap_or_default();
    Ok(Listener {
        arn: text(listed.listener_arn(), "ListenerArn")?,
        load_balancer: text(listed.load_balancer_arn(), "LoadBalancerArn")?,
        port: u16::try_from(port).map_err(|_| format!("has the port {port}"))?,
        protocol: protocol(listed.protocol()),
        forwards: listed.default_actions().iter().flat_map(forwards).collect(),
    })
}

/// Where an action forwards to. An action names its group twice where there is only one.
fn forwards(action: &types::Action) -> Vec<Forward> {
    let groups = action.forward_config().map(types::ForwardActionConfig::target_groups);
    let weighted = groups.unwrap_or_default().iter().filter_map(|group| {
        let weight = group.weight().and_then(|weight| u32::try_from(weight).ok()).unwrap_or(1);
        Some(Forward { group: group.target_group_arn()?.to_owned(), weight })
    });
    let weighted: Vec<Forward> = weighted.collect();
    match action.target_group_arn() {
        Some(group) if weighted.is_empty() => vec![Forward { group: group.to_owned(), weight: 1 }],
        _ => weighted,
    }
}
