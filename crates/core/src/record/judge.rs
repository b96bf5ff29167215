//! What the courses of the readings show of a failover.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use super::course::Course;
use super::{Between, Figures, SourceKind, StateSeen};

/// Where a key says that the writer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    /// At this address.
    At(IpAddr),
    /// At none, at several, or at one that is not known: not at the new one.
    Elsewhere,
}

/// The state of a target: ELBv2's word, and its code for the reason.
pub(super) type State = (String, Option<String>);

/// A group's targets and their states.
pub(super) type Group = BTreeMap<SocketAddr, State>;

/// The courses of everything that is read of a binding.
#[derive(Debug, Clone)]
pub(super) struct Courses {
    pub(super) topology: Course<Named>,
    pub(super) dns: Course<Named>,
    pub(super) targets: Course<Group>,
    pub(super) link: Course<bool>,
}

/// From where to where a database moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Move {
    pub(super) old: IpAddr,
    pub(super) new: IpAddr,
}

const DRAINING: &str = "draining";
const HEALTHY: &str = "healthy";

/// The most states that a record has.
const MOST_STATES: usize = 100;

impl Courses {
    /// The key that says where the writer is: the RDS API for a cluster, DNS for an instance. If
    /// the RDS API could never be read, DNS takes its place.
    pub(super) fn key(&self, source: SourceKind) -> &Course<Named> {
        match source {
            SourceKind::Cluster if addresses(&self.topology).next().is_some() => &self.topology,
            _ => &self.dns,
        }
    }

    /// The move that was seen. A recorder that came late may have seen the old writer in one key,
    /// or in the group only.
    pub(super) fn moved(&self, source: SourceKind) -> Option<Move> {
        let key = self.key(source);
        let latest = last_address(key)?;
        let late = || self.leaving(latest).map(|old| Move { old, new: latest });
        moved_in(key).or_else(|| match last_address(&self.dns) {
            Some(dns) if dns != latest => Some(self.ahead(latest, dns)),
            // The RDS API was ahead, and DNS has followed it.
            Some(_) => moved_in(&self.dns).or_else(late),
            None => late(),
        })
    }

    /// Which way a database moves while the RDS API and DNS name different addresses from the start
    /// on: away from the one that the group has served, else to the one that the RDS API names.
    fn ahead(&self, topology: IpAddr, dns: IpAddr) -> Move {
        let has = |group: &Group, ip| group.keys().any(|target| target.ip() == ip);
        let first = self.targets.stretches().first().map(|one| &one.value);
        let was_at_topology = addresses(&self.dns).any(|(_, address)| address == topology)
            || first.is_some_and(|first| has(first, topology) && !has(first, dns));
        match was_at_topology {
            true => Move { old: topology, new: dns },
            false => Move { old: dns, new: topology },
        }
    }

    /// A target that is not the new one and that leaves, or that was there before the new one.
    fn leaving(&self, new: IpAddr) -> Option<IpAddr> {
        let first = &self.targets.stretches().first()?.value;
        let last = &self.targets.latest()?.value;
        let is_served = |group: &Group| {
            group.iter().any(|(target, (state, _))| target.ip() == new && state == HEALTHY)
        };
        let leaves = |(target, (state, _)): &(&SocketAddr, &State)| {
            let ends = last.get(*target).is_none_or(|(state, _)| state == DRAINING);
            target.ip() != new && (state == DRAINING || ends || !is_served(first))
        };
        first.iter().find(leaves).map(|(target, _)| target.ip())
    }

    /// When things happened.
    pub(super) fn figures(&self, source: SourceKind) -> Figures {
        let Some(Move { old, new }) = self.moved(source) else {
            return Figures::default();
        };
        let is_new = |named: &Named| *named == Named::At(new);
        let topology = match source {
            SourceKind::Cluster => self.topology.first(is_new),
            SourceKind::Instance => None,
        };
        let state = |group: &Group, ip: IpAddr| {
            group.iter().find(|(target, _)| target.ip() == ip).map(|(_, (state, _))| state.clone())
        };
        let is_gone = |group: &Group| state(group, old).is_none();
        let leaves = |group: &Group| state(group, old).is_none_or(|state| state == DRAINING);
        Figures {
            topology,
            dns: self.dns.first(is_new),
            dns_steady: self.dns.last(is_new),
            registered: self
                .targets
                .first(|group| state(group, new).is_some_and(|state| state != DRAINING)),
            healthy: self
                .targets
                .first(|group| state(group, new).is_some_and(|state| state == HEALTHY)),
            old_draining: self.targets.last(leaves),
            old_gone: self.targets.last(is_gone),
            link: self.answered(),
        }
    }

    /// When the link answered again after it had failed.
    fn answered(&self) -> Option<Between> {
        self.link.last(|answers| *answers).filter(|answered| answered.after.is_some())
    }

    /// How often DNS left the new address after it had given it.
    pub(super) fn flaps(&self, source: SourceKind) -> u32 {
        let Some(Move { new, .. }) = self.moved(source) else {
            return 0;
        };
        let pairs = self.dns.stretches().windows(2);
        let leaves = pairs.filter(|pair| pair[0].value == Named::At(new));
        u32::try_from(leaves.count()).unwrap_or(u32::MAX)
    }

    /// The first states of the targets, in the order in which they were seen.
    pub(super) fn states(&self, source: SourceKind) -> Vec<StateSeen> {
        let mut states = self.all_states(source);
        states.truncate(MOST_STATES);
        states
    }

    /// How many states there are beyond those.
    pub(super) fn states_left_out(&self, source: SourceKind) -> u32 {
        let more = self.all_states(source).len().saturating_sub(MOST_STATES);
        u32::try_from(more).unwrap_or(u32::MAX)
    }

    /// How many gaps were not kept.
    pub(super) fn gaps_left_out(&self) -> u32 {
        let Self { topology, dns, targets, link } = self;
        topology.gaps_left_out + dns.gaps_left_out + targets.gaps_left_out + link.gaps_left_out
    }

    fn all_states(&self, source: SourceKind) -> Vec<StateSeen> {
        let moved = self.moved(source);
        let mut others: Vec<SocketAddr> = Vec::new();
        let mut states = Vec::new();
        let mut before = Group::new();
        for (index, stretch) in self.targets.stretches().iter().enumerate() {
            let since = self.targets.begin_of(index);
            let gone = (String::from("gone"), None);
            let left = before.keys().filter(|target| !stretch.value.contains_key(target));
            let left = left.map(|target| (target, &gone));
            let changed =
                stretch.value.iter().filter(|(target, state)| before.get(*target) != Some(*state));
            for (target, (state, reason)) in changed.chain(left) {
                states.push(StateSeen {
                    target: name(*target, moved, &mut others),
                    state: state.clone(),
                    reason: reason.clone(),
                    since,
                });
            }
            before = stretch.value.clone();
        }
        states
    }
}

/// What a target is called in a record.
fn name(target: SocketAddr, moved: Option<Move>, others: &mut Vec<SocketAddr>) -> String {
    match moved {
        Some(moved) if target.ip() == moved.new => return "new".to_owned(),
        Some(moved) if target.ip() == moved.old => return "old".to_owned(),
        _ => {}
    }
    let number = others.iter().position(|one| *one == target).unwrap_or_else(|| {
        others.push(target);
        others.len() - 1
    });
    format!("other-{}", number + 1)
}

/// The addresses that a key gave, each with its place.
pub(super) fn addresses(course: &Course<Named>) -> impl Iterator<Item = (usize, IpAddr)> {
    course.stretches().iter().enumerate().filter_map(|(index, one)| match one.value {
        Named::At(address) => Some((index, address)),
        Named::Elsewhere => None,
    })
}

fn last_address(course: &Course<Named>) -> Option<IpAddr> {
    addresses(course).last().map(|(_, address)| address)
}

/// The move that one key shows. A key that has come back to where it was shows none: it went back
/// and forth, or a failover was given up.
fn moved_in(course: &Course<Named>) -> Option<Move> {
    let (_, first) = addresses(course).next()?;
    let new = last_address(course).filter(|new| *new != first)?;
    let (_, old) = addresses(course).filter(|(_, address)| *address != new).last()?;
    Some(Move { old, new })
}
