//! The port that reads target groups.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use writerlink_core::failure::{CallError, Failure, Rejection};
use writerlink_core::ports::{Clock, GroupTags, ListedGroup, Page, TargetGroupRead, action};
use writerlink_core::target::{Family, StateReason, Target, TargetGroup, TargetGroupArn, Zone};

use super::InProcess;
use super::reads::every_other;
use crate::world::World;
use crate::world::elbv2::{self, GroupProtocol, GroupSelection, IpFamily, TargetType};
use crate::world::vpc::VPC_ID;

/// The most target groups on a page, which core's adapter asks for.
const GROUPS_PAGE: usize = 400;

impl<C: Clock + Sync> TargetGroupRead for InProcess<C> {
    async fn describe(&self, arns: &[TargetGroupArn]) -> Result<Vec<ListedGroup>, CallError> {
        let selection = GroupSelection::Arns(arns.iter().map(ToString::to_string).collect());
        let told = |world: &World| Ok(listed(world, world.target_groups(&selection)?).collect());
        // As on the wire, the first group that a call names is its resource.
        let resource = arns.first().map_or("", TargetGroupArn::as_str);
        self.read(action::GROUPS, resource, told, told, every_other).await
    }

    async fn targets(&self, arn: &TargetGroupArn) -> Result<Vec<Target>, CallError> {
        let name = action::TARGETS;
        let told = |world: &World| world.target_health(arn.as_str(), &[]);
        let lagging = |world: &World| world.target_health_a_change_ago(arn.as_str());
        let rows = self.read(name, arn.as_str(), told, lagging, |_| {}).await?;
        rows.iter()
            .map(|row| {
                let ip = row.key.id.parse().map_err(|_| {
                    CallError::new(
                        name,
                        Failure::Rejected(Rejection::Other),
                        format!("the target {:?} is no address", row.key.id),
                    )
                })?;
                Ok(Target {
                    address: SocketAddr::new(ip, row.key.port),
                    zone: row.key.zone.clone().map(Zone),
                    state: row.state.as_str().into(),
                    reason: (row.reason)
                        .map(|reason| StateReason::new(reason.code(), reason.description())),
                })
            })
            .collect()
    }

    async fn groups(&self, marker: Option<String>) -> Result<Page<ListedGroup>, CallError> {
        self.page(action::GROUPS, GROUPS_PAGE, marker, groups).await
    }

    async fn tags(&self, groups: &[TargetGroupArn]) -> Result<Vec<GroupTags>, CallError> {
        let arns: Vec<String> = groups.iter().map(ToString::to_string).collect();
        let tags = |world: &World| {
            let tags = world.elbv2.tags_of(&arns)?.into_iter();
            Ok(tags.filter_map(|(arn, tags)| group_tags(arn, tags)).collect())
        };
        self.read(action::TAGS, "", tags, tags, every_other).await
    }
}

/// All groups of the Region.
fn groups(world: &World) -> BTreeMap<TargetGroupArn, Result<TargetGroup, CallError>> {
    let groups = world.target_groups(&GroupSelection::All).unwrap_or_default();
    listed(world, groups).collect()
}

fn listed<'a>(
    world: &'a World,
    groups: Vec<&'a elbv2::TargetGroup>,
) -> impl Iterator<Item = ListedGroup> + 'a {
    let described =
        |group: &elbv2::TargetGroup| Some((group.arn.parse().ok()?, Ok(described(world, group))));
    groups.into_iter().filter_map(described)
}

fn group_tags(arn: &str, tags: &elbv2::Tags) -> Option<GroupTags> {
    let tags = tags.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
    Some((arn.parse().ok()?, tags))
}

fn described(world: &World, group: &elbv2::TargetGroup) -> TargetGroup {
    TargetGroup {
        target_type: match group.target_type {
            TargetType::Ip => "ip".to_owned(),
            TargetType::Instance => "instance".to_owned(),
        },
        protocol: match group.protocol {
            GroupProtocol::Tcp => "TCP",
            GroupProtocol::Tls => "TLS",
            GroupProtocol::Udp => "UDP",
            GroupProtocol::TcpUdp => "TCP_UDP",
            GroupProtocol::Http => "HTTP",
        }
        .to_owned(),
        family: match group.family {
            IpFamily::Ipv4 => Family::V4,
            IpFamily::Ipv6 => Family::V6,
        },
        vpc: Some(VPC_ID.to_owned()),
        in_use: !world.elbv2.balancers_of(&group.arn).is_empty(),
    }
}
