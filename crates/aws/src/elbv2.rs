//! Reads target groups.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use aws_sdk_elasticloadbalancingv2::Client;
use aws_sdk_elasticloadbalancingv2::types::{
    self, Tag, TargetGroupIpAddressTypeEnum, TargetHealth, TargetHealthDescription,
};
use writerlink_core::failure::{CallError, Failure, Rejection};
use writerlink_core::ports::action::{GROUPS, TAGS, TARGETS};
use writerlink_core::ports::{GroupTags, ListedGroup, Page, TargetGroupRead};
use writerlink_core::target::{
    Family, StateReason, Target, TargetGroup, TargetGroupArn, TargetState, Zone,
};

use crate::home::Home;
use crate::read::{listed, read};

/// The most groups on a page (botocore elbv2 2015-12-01, `PageSize`).
const PAGE: i32 = 400;

/// Reads target groups, their targets and their tags.
#[derive(Debug, Clone)]
pub struct ElbReadClient {
    elbv2: Client,
    home: Home,
}

impl ElbReadClient {
    pub(crate) fn new(elbv2: Client, home: Home) -> Self {
        Self { elbv2, home }
    }
}

impl TargetGroupRead for ElbReadClient {
    async fn describe(&self, groups: &[TargetGroupArn]) -> Result<Vec<ListedGroup>, CallError> {
        // A group of another Region fails alone, and not the call for the others.
        let mut listed_groups = Vec::new();
        let mut asked = Vec::new();
        for group in groups {
            match self.home.admits(GROUPS, group.as_str(), group.region()) {
                Ok(()) => asked.push(group.to_string()),
                Err(error) => listed_groups.push((group.clone(), Err(error))),
            }
        }
        // Without an ARN the call would list every group of the Region.
        if asked.is_empty() {
            return Ok(listed_groups);
        }
        let request =
            self.elbv2.describe_target_groups().set_target_group_arns(Some(asked)).customize();
        let answer = read(GROUPS, |watch| request.interceptor(watch).send()).await?;
        let groups = listed(GROUPS, "TargetGroups", answer.target_groups)?;
        listed_groups.extend(groups.iter().filter_map(listed_group));
        Ok(listed_groups)
    }

    async fn targets(&self, group: &TargetGroupArn) -> Result<Vec<Target>, CallError> {
        self.home.admits(TARGETS, group.as_str(), group.region())?;
        let request =
            self.elbv2.describe_target_health().target_group_arn(group.as_str()).customize();
        let answer = read(TARGETS, |watch| request.interceptor(watch).send()).await?;
        let described =
            listed(TARGETS, "TargetHealthDescriptions", answer.target_health_descriptions)?;
        let mut targets: Vec<Target> = described.iter().map(target_of).collect::<Result<_, _>>()?;
        // In one order, so that two readings of the same targets are equal.
        targets.sort();
        Ok(targets)
    }

    async fn groups(&self, marker: Option<String>) -> Result<Page<ListedGroup>, CallError> {
        let request =
            self.elbv2.describe_target_groups().page_size(PAGE).set_marker(marker).customize();
        let page = read(GROUPS, |watch| request.interceptor(watch).send()).await?;
        let groups = listed(GROUPS, "TargetGroups", page.target_groups)?;
        let entries = groups.iter().filter_map(listed_group).collect();
        Ok(Page { entries, next: page.next_marker })
    }

    async fn tags(&self, groups: &[TargetGroupArn]) -> Result<Vec<GroupTags>, CallError> {
        // `home` need not admit these: `groups` listed them in its own Region.
        let arns = groups.iter().map(ToString::to_string).collect();
        let request = self.elbv2.describe_tags().set_resource_arns(Some(arns)).customize();
        let answer = read(TAGS, |watch| request.interceptor(watch).send()).await?;
        let described = listed(TAGS, "TagDescriptions", answer.tag_descriptions)?;
        let tags = described.iter().filter_map(|description| {
            let arn = description.resource_arn()?.parse().ok()?;
            Some((arn, tags_of(description.tags())))
        });
        Ok(tags.collect())
    }
}

/// A tag without a value counts as one with an empty value.
fn tags_of(tags: &[Tag]) -> BTreeMap<String, String> {
    let text =
        |tag: &Tag| Some((tag.key()?.to_owned(), tag.value().unwrap_or_default().to_owned()));
    tags.iter().filter_map(text).collect()
}

fn listed_group(group: &types::TargetGroup) -> Option<ListedGroup> {
    Some((group.target_group_arn()?.parse().ok()?, group_of(group)))
}

fn group_of(group: &types::TargetGroup) -> Result<TargetGroup, CallError> {
    let unclear = |what: &str| unclear(GROUPS, what);
    let target_type = group.target_type().ok_or_else(|| unclear("a group without TargetType"))?;
    let family = match group.ip_address_type() {
        // "The default value is ipv4" (botocore elbv2 2015-12-01, TargetGroup.IpAddressType).
        None | Some(TargetGroupIpAddressTypeEnum::Ipv4) => Family::V4,
        Some(TargetGroupIpAddressTypeEnum::Ipv6) => Family::V6,
        Some(other) => {
            return Err(unclear(&format!("a group of IP address type {:?}", other.as_str())));
        }
    };
    Ok(TargetGroup {
        target_type: target_type.as_str().to_owned(),
        // Absent for a group of Lambda functions.
        protocol: group.protocol().map(|p| p.as_str().to_owned()).unwrap_or_default(),
        family,
        vpc: group.vpc_id().map(str::to_owned),
        in_use: !group.load_balancer_arns().is_empty(),
    })
}

/// One target. A target that cannot be read fails the whole answer: if it were left out, the group
/// would look emptier than it is.
fn target_of(description: &TargetHealthDescription) -> Result<Target, CallError> {
    let unclear = |what: &str| unclear(TARGETS, what);
    let target = description.target().ok_or_else(|| unclear("a target without a description"))?;
    let id = target.id().ok_or_else(|| unclear("a target without an id"))?;
    let ip: IpAddr =
        id.parse().map_err(|_| unclear(&format!("target {id:?}, which is no IP address")))?;
    let port = target.port().and_then(|port| u16::try_from(port).ok());
    let port = port.ok_or_else(|| unclear(&format!("target {id} without a port")))?;
    let health = description.target_health();
    let state = health.and_then(|health| health.state());
    let state =
        state.ok_or_else(|| unclear(&format!("target {id}:{port} without a health state")))?;
    Ok(Target {
        address: SocketAddr::new(ip, port),
        zone: target.availability_zone().map(|zone| Zone(zone.to_owned())),
        state: TargetState::from(state.as_str()),
        reason: health.and_then(reason_of),
    })
}

fn reason_of(health: &TargetHealth) -> Option<StateReason> {
    let code = health.reason()?;
    Some(StateReason::new(code.as_str(), health.description().unwrap_or_default()))
}

fn unclear(call: &'static str, what: &str) -> CallError {
    CallError::new(call, Failure::Rejected(Rejection::Other), format!("the answer holds {what}"))
}

#[cfg(test)]
mod tests {
    use aws_sdk_elasticloadbalancingv2::types::{
        ProtocolEnum, TargetDescription, TargetHealthReasonEnum, TargetHealthStateEnum,
        TargetTypeEnum,
    };

    use super::*;

    fn description(
        id: &str,
        port: Option<i32>,
        zone: Option<&str>,
        state: &str,
    ) -> TargetHealthDescription {
        let target = TargetDescription::builder()
            .id(id)
            .set_port(port)
            .set_availability_zone(zone.map(str::to_owned))
            .build();
        let health = TargetHealth::builder().state(TargetHealthStateEnum::from(state)).build();
        TargetHealthDescription::builder().target(target).target_health(health).build()
    }

    #[test]
    fn a_target_keeps_its_port_zone_and_state() {
        let target = target_of(&description(
            "10.0.0.7",
            Some(5432),
            Some("eu-west-1a"),
            "unhealthy.draining",
        ));
        let wanted = Target {
            address: "10.0.0.7:5432".parse().expect("address"),
            zone: Some(Zone("eu-west-1a".to_owned())),
            state: TargetState::UnhealthyDraining,
            reason: None,
        };
        assert_eq!(target, Ok(wanted));
        let v6 = target_of(&description("fd12::7", Some(3306), None, "healthy")).expect("IPv6");
        assert_eq!(v6.address.to_string(), "[fd12::7]:3306");
    }

    #[test]
    fn the_reason_of_a_state_is_kept_raw_and_freed_of_what_a_terminal_obeys() {
        let ill = |reason: TargetHealthReasonEnum| {
            let health = TargetHealth::builder()
                .state(TargetHealthStateEnum::Unhealthy)
                .reason(reason)
                .description("Health checks \u{1b}[31mfailed");
            let listed = description("10.0.0.7", Some(5432), None, "unhealthy");
            let target = listed.target().cloned();
            let listed =
                TargetHealthDescription::builder().set_target(target).target_health(health.build());
            target_of(&listed.build()).expect("target").reason.expect("a reason")
        };
        assert_eq!(ill(TargetHealthReasonEnum::Timeout).code, "Target.Timeout");
        let new = ill(TargetHealthReasonEnum::from("Target.Tired"));
        assert_eq!(new.to_string(), "Target.Tired: Health checks \u{fffd}[31mfailed");
    }

    #[test]
    fn a_state_that_is_not_known_is_kept_as_its_word() {
        let target =
            target_of(&description("10.0.0.7", Some(5432), None, "resting")).expect("target");
        assert_eq!(target.state, TargetState::Other("resting".to_owned()));
    }

    #[test]
    fn a_target_that_cannot_be_read_fails_the_answer_by_name() {
        for (description, named) in [
            (description("i-0abc", Some(5432), None, "healthy"), "i-0abc"),
            (description("10.0.0.7", None, None, "healthy"), "10.0.0.7 without a port"),
            (description("10.0.0.7", Some(70_000), None, "healthy"), "without a port"),
            (TargetHealthDescription::builder().build(), "without a description"),
        ] {
            let error = target_of(&description).expect_err(named);
            assert!(error.detail.contains(named), "{error}");
        }
    }

    #[test]
    fn a_group_is_of_ipv4_unless_it_says_otherwise_and_in_use_when_a_load_balancer_forwards_to_it()
    {
        let group = types::TargetGroup::builder()
            .target_type(TargetTypeEnum::Ip)
            .protocol(ProtocolEnum::Tcp);
        let plain = group_of(&group.clone().build()).expect("group");
        assert_eq!(
            (plain.family, plain.in_use, plain.protocol.as_str()),
            (Family::V4, false, "TCP")
        );
        let other = group
            .clone()
            .ip_address_type(TargetGroupIpAddressTypeEnum::Ipv6)
            .load_balancer_arns("arn");
        let other = group_of(&other.build()).expect("group");
        assert_eq!((other.family, other.in_use), (Family::V6, true));
        let odd = group.ip_address_type(TargetGroupIpAddressTypeEnum::from("ipv9")).build();
        assert!(group_of(&odd).expect_err("ipv9").detail.contains("ipv9"));
    }
}
