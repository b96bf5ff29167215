//! Who a source leads to, as the readings show it beside a binding's own rounds.
//!
//! A run reads the topology for all its bindings together. So it sees a failover also of a database
//! that no event of the run names, and looks at its binding. And a process that saw a failover, and
//! put the group right, need not watch for it again when a later event tells of it.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::evidence::{Evidence, is_up};
use crate::source::{Identifier, Source};
use crate::topology::{Cluster, Member, Topology};

/// The longest time between the last sight of the former writer and an event that tells of the
/// move. An Aurora failover takes less than a minute in all (AWS docs: "High availability for
/// Amazon Aurora"), and its completed event comes in the same minute.
const ONE_MOVE: SignedDuration = SignedDuration::from_secs(60);

/// Who a source leads to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Sighting {
    /// The writer of a cluster, and the cluster itself: another one can take its name.
    Writer(Option<Identifier>, Identifier),
    /// The members of a cluster: which of them writes, and which are up.
    Members(BTreeSet<(Identifier, bool, bool)>),
    /// The addresses that all keys agree on, where the topology does not say who it is.
    Addresses(BTreeSet<IpAddr>),
}

impl Sighting {
    /// What a reading of the topology shows by itself.
    pub(super) fn in_topology(source: &Source, topology: &Topology) -> Option<Self> {
        // Where an instance is, the topology does not say.
        if source.instance().is_some() {
            return None;
        }
        let cluster = topology.clusters.get(source.cluster()?)?;
        match source {
            Source::Cluster(_) => {
                let mut writers = cluster.members.iter().filter(|member| member.writer);
                match (writers.next(), writers.next()) {
                    (Some(writer), None) => {
                        Some(Self::Writer(cluster.resource_id.clone(), writer.instance.clone()))
                    }
                    // For a moment, RDS can name none or several. That is no move yet.
                    _ => None,
                }
            }
            _ => Some(Self::Members(members(cluster, topology))),
        }
    }

    /// What the keys of a binding show, where no reading of the topology does.
    pub(super) fn in_evidence(source: &Source, evidence: &Evidence) -> Option<Self> {
        let is_of_roles = source.cluster().is_some() && source.instance().is_none();
        evidence.agreed().filter(|_| !is_of_roles).map(Self::Addresses)
    }
}

fn members(cluster: &Cluster, topology: &Topology) -> BTreeSet<(Identifier, bool, bool)> {
    let member = |member: &Member| {
        let instance = topology.instances.get(&member.instance);
        let up = instance.is_none_or(|instance| is_up(&instance.status));
        (member.instance.clone(), member.writer, up)
    };
    cluster.members.iter().map(member).collect()
}

/// Whether RDS says that the source's cluster is failing over (AWS docs: "Viewing DB cluster
/// status"). A member keeps its address, so it is not concerned.
pub(super) fn is_failing_over(source: &Source, topology: &Topology) -> bool {
    let cluster = source.cluster().filter(|_| source.instance().is_none());
    let cluster = cluster.and_then(|id| topology.clusters.get(id));
    cluster.is_some_and(|cluster| cluster.status == "failing-over")
}

/// What has been seen of one source, and when.
#[derive(Debug, Clone, Default)]
pub(super) struct Sightings {
    /// The last sighting, and its time.
    pub(super) latest: Option<(Sighting, Timestamp)>,
    /// The last move that was seen.
    pub(super) moved: Option<Move>,
}

/// A move, by the last sight of what was before it and the first of what came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Move {
    after: Timestamp,
    by: Timestamp,
}

impl Sightings {
    /// Takes in a sighting.
    pub(super) fn see(&mut self, sighting: &Sighting, now: Timestamp) {
        if let Some((before, after)) = &self.latest
            && before != sighting
        {
            self.moved = Some(Move { after: *after, by: now });
        }
        self.latest = Some((sighting.clone(), now));
    }
}

impl Move {
    /// A move that was over by this time, of which no more is known.
    pub(super) fn at(time: Timestamp) -> Self {
        Self { after: time, by: time }
    }

    /// Whether an event tells of this move, and of none that is still to come.
    ///
    /// An event that *announces* a move tells of one that nobody has seen before it. Any other
    /// event may come after the move. Both tell of another move if the former writer was last seen
    /// long before the event. Of two moves within a minute, of which the second's announcement is
    /// lost, the second can be taken for the first: then the next sweep follows it.
    pub(super) fn is_told_by(&self, event: Timestamp, announces: bool) -> bool {
        let is_near = event.duration_since(self.after) <= ONE_MOVE;
        is_near && (!announces || self.by >= event)
    }
}

/// The time `passed` after `now`.
pub(super) fn later(now: Timestamp, passed: Duration) -> Timestamp {
    SignedDuration::try_from(passed)
        .ok()
        .and_then(|passed| now.checked_add(passed).ok())
        .unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).expect("in range")
    }

    #[test]
    fn an_event_tells_of_a_move_that_was_seen_about_its_time_and_not_of_one_to_come() {
        // Last seen with the former writer at 40 s, first with the new one at 50 s.
        let seen = Move { after: at(40), by: at(50) };
        for (event, announces, told) in [
            (45, true, true),
            (50, true, true),
            (51, true, false),
            (45, false, true),
            (70, false, true),
            (100, false, true),
            (101, false, false),
            (-500, false, true),
        ] {
            assert_eq!(seen.is_told_by(at(event), announces), told, "{event} {announces}");
        }
    }

    #[test]
    fn a_move_lies_between_the_last_sight_of_the_one_and_the_first_of_the_other() {
        let address = |last| Sighting::Addresses([IpAddr::from([10, 20, 0, last])].into());
        let mut sightings = Sightings::default();
        for (second, last) in [(0, 1), (10, 1), (20, 2), (30, 2)] {
            sightings.see(&address(last), at(second));
        }
        assert_eq!(sightings.moved, Some(Move { after: at(10), by: at(20) }));
    }
}
