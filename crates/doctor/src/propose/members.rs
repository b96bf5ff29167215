//! A listener port and a binding for each member of a cluster, beside the writer's: a client that
//! takes several hosts finds the writer by itself.
//!
//! A member that has a target group keeps it, and its port. The others get ports after the last,
//! so that a new member changes nothing for those that are there.

use std::collections::BTreeMap;

use writerlink_aws::account::{GroupDetail, Listener};
use writerlink_core::source::{Identifier, Source};
use writerlink_core::target::Family;

use super::entry::Maker;
use super::region::{can_follow, family};
use super::{Entry, Refused, Request, Value};
use crate::read::Gap;

/// How many listeners a load balancer has by AWS's default quota. A group without a tag is looked
/// for behind this many ports only, because one of readers can look the same.
const LISTENERS: u16 = 50;

/// The members of a cluster, each with the port of its listener: first those that have a target
/// group, in the order of their ports, then the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberPorts {
    /// The cluster.
    pub cluster: Identifier,
    pub places: Vec<Place>,
}

/// A member, and its place on the load balancer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub member: Identifier,
    /// The port of its listener.
    pub port: u16,
    /// Its target group, if it has one.
    group: Option<Found>,
    /// The ports before its own that other listeners have, in sentences.
    taken: Vec<String>,
}

/// A target group that is a member's.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Found {
    arn: String,
    /// The port of the listener that forwards to it.
    port: Option<u16>,
    /// Whether its tag says so. Otherwise its targets do.
    is_tagged: bool,
}

/// The members of a cluster, and the groups that they have.
pub(super) struct Members {
    cluster: Identifier,
    /// The first port for a member without a group.
    first: u16,
    /// The port of the writer's listener.
    writer: Option<u16>,
    /// In the order in which a person counts: `orders-2` before `orders-10`.
    members: Vec<(Identifier, Option<Found>)>,
}

impl Members {
    /// The members that ports were asked for; none if they were not, or if no member is known.
    pub(super) fn of(request: &Request, maker: &Maker) -> Result<Option<Self>, Refused> {
        let Some(first) = request.member_ports else { return Ok(None) };
        if request.name.is_some() || request.port.is_some() {
            return Err(Refused::ForOneBinding);
        }
        let Some(Source::Cluster(id)) = &request.database else { return Err(Refused::NoCluster) };
        let clusters = maker.account().databases.clusters.as_ref().ok();
        let Some(cluster) = clusters.and_then(|clusters| clusters.get(id.as_str())) else {
            return Ok(None);
        };
        let mut members: Vec<Identifier> =
            cluster.members.iter().filter_map(|member| member.instance.parse().ok()).collect();
        members.sort_by(|one, other| counted(one.as_str()).cmp(&counted(other.as_str())));
        let mut of = Self { cluster: id.clone(), first, writer: cluster.port, members: Vec::new() };
        for member in members {
            let group = of.group(&member, maker);
            of.members.push((member, group));
        }
        Ok(Some(of))
    }

    /// Whether the group is a member's.
    pub(super) fn have(&self, arn: &str) -> bool {
        self.members.iter().any(|(_, group)| group.as_ref().is_some_and(|own| own.arn == arn))
    }

    /// The group of a member: the one whose tag names it; else the one behind a port of members
    /// whose targets are all at its address.
    fn group(&self, member: &Identifier, maker: &Maker) -> Option<Found> {
        let source = self.source(member);
        let groups = maker.account().links.groups.iter().flat_map(|groups| groups.values());
        let found = groups.filter(|group| can_follow(group)).filter_map(|group| {
            let ports: Vec<u16> = listeners(group, maker).map(|listener| listener.port).collect();
            let port = ports.iter().min().copied();
            let arn = group.arn.clone();
            if let Some(tag) = maker.tag(group) {
                let is_own = tag.parse::<Source>().is_ok_and(|tagged| tagged == source);
                return is_own.then_some(Found { arn, port, is_tagged: true });
            }
            let is_of_members = |port: &u16| {
                (self.first..=self.first.saturating_add(LISTENERS - 1)).contains(port)
                    && Some(*port) != self.writer
            };
            let is_own = !ports.is_empty()
                && ports.iter().all(is_of_members)
                && maker.is_at(group, member.as_str());
            is_own.then_some(Found { arn, port, is_tagged: false })
        });
        found.min_by_key(|found| (!found.is_tagged, found.port.is_none(), found.port))
    }

    fn source(&self, member: &Identifier) -> Source {
        Source::Member { cluster: self.cluster.clone(), instance: member.clone() }
    }

    /// Gives each member without a listener a port that no other listener has on the load balancer
    /// of the writer, or on one of the members'.
    pub(super) fn places(
        self,
        maker: &Maker,
        balancer: Option<&str>,
    ) -> Result<MemberPorts, Refused> {
        let groups = maker.account().links.groups.as_ref().ok();
        let own = self.members.iter().filter_map(|(_, group)| groups?.get(&group.as_ref()?.arn));
        let own = own.flat_map(|group| group.load_balancers.iter().map(String::as_str));
        let balancers: Vec<&str> = balancer.into_iter().chain(own).collect();
        let taken: BTreeMap<u16, &Listener> = maker
            .listeners()
            .filter(|listener| balancers.contains(&&*listener.load_balancer))
            .map(|listener| (listener.port, listener))
            .collect();
        let (mut places, mut without) = (Vec::new(), Vec::new());
        for (member, group) in self.members {
            match group.as_ref().and_then(|group| group.port) {
                Some(port) => places.push(Place { member, port, group, taken: Vec::new() }),
                None => without.push((member, group)),
            }
        }
        places.sort_by_key(|place| place.port);
        let count = without.len();
        let beyond = || Refused::Beyond { first: self.first, count };
        let mut next = places.last().map_or(Some(self.first), |last| last.port.checked_add(1));
        for (member, group) in without {
            let mut passed = Vec::new();
            let port = loop {
                let port = next.ok_or_else(beyond)?.max(self.first);
                next = port.checked_add(1);
                if Some(port) == self.writer {
                    return Err(Refused::Writer { first: self.first, writer: port });
                }
                match taken.get(&port) {
                    Some(listener) => passed.push(maker.in_use(listener)),
                    None => break port,
                }
            };
            places.push(Place { member, port, group, taken: passed });
        }
        Ok(MemberPorts { cluster: self.cluster, places })
    }
}

/// The listeners that forward to the group.
fn listeners<'a>(
    group: &'a GroupDetail,
    maker: &Maker<'a>,
) -> impl Iterator<Item = &'a Listener> + use<'a> {
    maker
        .listeners()
        .filter(|listener| listener.forwards.iter().any(|forward| forward.group == group.arn))
}

impl MemberPorts {
    /// An entry for each member.
    pub(super) fn entries(&self, maker: &Maker) -> Vec<Entry> {
        self.places.iter().map(|place| self.entry(place, maker)).collect()
    }

    fn entry(&self, Place { member, port, group, taken }: &Place, maker: &Maker) -> Entry {
        let source = Source::Member { cluster: self.cluster.clone(), instance: member.clone() };
        let arn = group.as_ref().map(|group| group.arn.clone());
        let groups = maker.account().links.groups.as_ref().ok();
        let detail = arn.as_ref().and_then(|arn| groups?.get(arn));
        let mut comments = vec![format!(
            "{member} in any role, behind the listener port {port}: for clients that take several \
             hosts and choose the writer themselves (docs/sources.md)."
        )];
        comments.extend(group.as_ref().map(|group| {
            let how = match group.is_tagged {
                true => "its tag writerlink:source names this member",
                false => "all its targets are at this member's address",
            };
            let listener = match group.port {
                Some(_) => "",
                None => " No listener that was read forwards to it.",
            };
            format!("It has its target group already: {how}.{listener}")
        }));
        comments.extend(taken.iter().cloned());
        let group = Value::of_read("target-group", member.as_str(), arn.ok_or_else(missing));
        let family = detail.map_or(Family::V4, family);
        let binding = maker.binding(&source, member.to_string(), group, family);
        Entry { title: source.to_string(), comments, binding: Some(binding), is_open: false }
    }

    /// As the parameter `MemberPorts` of infra/members.yaml has them.
    pub(super) fn text(&self) -> String {
        let ports = self.places.iter().map(|place| format!("{}={}", place.member, place.port));
        ports.collect::<Vec<_>>().join(",")
    }
}

/// A name as a person orders it: each text in it, with the number that follows.
fn counted(name: &str) -> Vec<(&str, usize, &str)> {
    let mut parts = Vec::new();
    let mut rest = name;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let (text, after) = rest.split_at(digits);
        let end = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
        let (number, after) = after.split_at(end);
        let number = number.trim_start_matches('0');
        parts.push((text, number.len(), number));
        rest = after;
    }
    parts
}

fn missing() -> Gap {
    Gap::unread(
        "Its target group",
        "no group that was read has its tag writerlink:source, or its address behind a port of \
         members",
        "Make it with infra/members.yaml: `--parameters cloudformation` prints the parameters.",
    )
}
