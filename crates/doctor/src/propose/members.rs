//! A listener port and a binding for each member of a cluster, beside the writer's: a client that
//! takes several hosts finds the writer by itself.

use std::collections::BTreeMap;

use writerlink_aws::account::GroupDetail;
use writerlink_core::source::{Identifier, Source};
use writerlink_core::target::Family;

use super::entry::Maker;
use super::region::can_follow;
use super::{Entry, Refused, Request, Value};
use crate::account::Account;
use crate::read::Gap;

/// The members of a cluster, in the order of their names, each with the port of its listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberPorts {
    /// The cluster.
    pub cluster: Identifier,
    /// The instances and their ports.
    pub ports: Vec<(Identifier, u16)>,
}

impl MemberPorts {
    /// The ports that were asked for; none if they were not, or if no member is known.
    pub(super) fn of(request: &Request, account: &Account) -> Result<Option<Self>, Refused> {
        let Some(first) = request.member_ports else { return Ok(None) };
        let Some(Source::Cluster(id)) = &request.database else { return Err(Refused::NoCluster) };
        let clusters = account.databases.clusters.as_ref().ok();
        let Some(cluster) = clusters.and_then(|clusters| clusters.get(id.as_str())) else {
            return Ok(None);
        };
        let mut members: Vec<Identifier> =
            cluster.members.iter().filter_map(|member| member.instance.parse().ok()).collect();
        members.sort();
        let count = members.len();
        let refused = |writer| Refused::Ports { first, count, writer };
        let own = request.port.or(cluster.port);
        let ports: Option<Vec<u16>> = (0..count)
            .map(|place| first.checked_add(u16::try_from(place).ok()?))
            .map(|port| port.filter(|port| Some(*port) != own))
            .collect();
        let ports = ports.ok_or_else(|| refused(own.unwrap_or_default()))?;
        let ports = members.into_iter().zip(ports).collect();
        Ok(Some(Self { cluster: id.clone(), ports }))
    }

    /// The groups that are the members' already, by ARN: a listener on a member's port forwards to
    /// one, and its targets are of the cluster.
    pub(super) fn groups(&self, maker: &Maker) -> BTreeMap<String, Identifier> {
        let links = &maker.account().links;
        let listeners = links.listeners.values().flatten().flatten();
        let groups = links.groups.as_ref().ok();
        let cluster = Source::Cluster(self.cluster.clone());
        let is_of_cluster = |arn: &str| {
            let group: Option<&GroupDetail> = groups.and_then(|groups| groups.get(arn));
            group.is_some_and(|group| can_follow(group) && maker.holds(group, &cluster))
        };
        let of_port = |port: u16| self.ports.iter().find(|(_, own)| *own == port);
        listeners
            .filter_map(|listener| Some((listener, &of_port(listener.port)?.0)))
            .flat_map(|(listener, member)| {
                listener.forwards.iter().map(move |forward| (&forward.group, member))
            })
            .filter(|(arn, _)| is_of_cluster(arn))
            .map(|(arn, member)| (arn.clone(), member.clone()))
            .collect()
    }

    /// An entry for each member.
    pub(super) fn entries(
        &self,
        maker: &Maker,
        groups: &BTreeMap<String, Identifier>,
    ) -> Vec<Entry> {
        let entry = |(member, port): &(Identifier, u16)| {
            let source = Source::Member { cluster: self.cluster.clone(), instance: member.clone() };
            let known = groups.iter().find(|(_, own)| *own == member).map(|(arn, _)| arn.clone());
            let group = Value::of_read("target-group", member.as_str(), known.ok_or_else(missing));
            let binding = maker.binding(&source, member.to_string(), group, Family::V4);
            Entry {
                title: source.to_string(),
                comments: vec![format!(
                    "{member} in any role, behind the listener port {port}: for clients that take \
                     several hosts and choose the writer themselves (docs/sources.md)."
                )],
                binding: Some(binding),
                is_open: false,
            }
        };
        self.ports.iter().map(entry).collect()
    }

    /// As the parameter `MemberPorts` of infra/members.yaml has them.
    pub(super) fn text(&self) -> String {
        let ports = self.ports.iter().map(|(member, port)| format!("{member}={port}"));
        ports.collect::<Vec<_>>().join(",")
    }
}

fn missing() -> Gap {
    Gap::unread(
        "Its target group",
        "no listener on its port forwards to a group of the cluster",
        "Make it with infra/members.yaml: `--parameters cloudformation` prints the parameters.",
    )
}
