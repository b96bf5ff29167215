//! The readings of the topology, which all bindings of a run share.

use std::sync::Arc;
use std::time::Duration;

use super::phase::Purpose;
use super::{Effect, Reaction};
use crate::failure::CallError;
use crate::source::{Identifier, Source};
use crate::topology::{Databases, Named, Scope, Topology};

/// The RDS API is rate limited, so it is read for all bindings together, and at most this often.
pub(super) const GAP: Duration = Duration::from_secs(1);

/// The oldest reading that any round begins with.
pub(super) const OLDEST: Duration = Duration::from_secs(20);

/// A reading of the topology, as a binding run gets it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct TopologyReading {
    /// What the RDS API said.
    pub(super) result: Result<Arc<Topology>, CallError>,
    /// How the binding run came by it.
    pub(super) delivery: Delivery,
    /// How long ago it began, up to [`OLDEST`].
    age: Duration,
}

/// How a binding run came by a reading of the topology.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Delivery {
    /// The reading arrived while the binding run waited for one.
    Arrived,
    /// The reading had arrived before. The same binding run may have used it in its last round, so
    /// it is no second piece of evidence.
    FromCache,
    /// The same, and it began longer ago than [`GAP`]. It can show that nothing has changed;
    /// whatever is done takes a new one.
    Kept,
}

/// Which reading of the topology a binding run waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum AwaitedReading {
    /// To begin a round: a reading that began less than this long ago, or the next to arrive.
    Recent(Duration),
    /// To confirm, before a write, what was seen before the targets were read: a reading that
    /// begins after this. None has begun yet.
    NotBegun,
    /// The same, and that reading is under way.
    UnderWay,
}

impl AwaitedReading {
    /// Why the binding run waits for it.
    pub(super) fn purpose(self) -> Purpose {
        match self {
            Self::Recent(_) => Purpose::Look,
            Self::NotBegun | Self::UnderWay => Purpose::Confirm,
        }
    }

    /// Whether this reading is one that the binding run waits for.
    pub(super) fn is(self, reading: &TopologyReading) -> bool {
        match (self, reading.delivery) {
            (Self::Recent(_) | Self::UnderWay, Delivery::Arrived) => true,
            (Self::Recent(oldest), Delivery::FromCache | Delivery::Kept) => reading.age < oldest,
            (Self::UnderWay, Delivery::FromCache | Delivery::Kept) | (Self::NotBegun, _) => false,
        }
    }

    /// A reading begins.
    pub(super) fn reading_begins(&mut self) {
        if *self == Self::NotBegun {
            *self = Self::UnderWay;
        }
    }
}

/// In a Region with more databases than this, the lists have many pages. Then a run that needs a
/// few databases asks for those by name.
const LARGE: usize = 300;

/// The most databases that are asked for by name. AWS does not say how many values a filter takes.
const MOST_NAMED: usize = 20;

/// The latest reading, and whether one is under way.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct TopologyCache {
    scope: Scope,
    under_way: bool,
    /// What the latest reading asked for, the one under way included.
    asked: Databases,
    /// RDS did not list a database that was asked for by name. Only the whole list says what it is,
    /// or that it is not there.
    needs_all: bool,
    latest: Option<Result<Arc<Topology>, CallError>>,
    /// The last complete reading of the databases, of this run or of an earlier one of the process.
    known: Option<Arc<Topology>>,
    /// Since the last reading began; grows to [`OLDEST`] and stops there.
    since_begun: Duration,
}

impl TopologyCache {
    /// An empty cache of readings of these lists.
    pub(super) fn of(scope: Scope) -> Self {
        let asked = scope.databases.clone();
        Self {
            scope,
            under_way: false,
            asked,
            needs_all: false,
            latest: None,
            known: None,
            since_begun: Duration::ZERO,
        }
    }

    /// Takes over what an earlier run of the process read last.
    pub(super) fn remember(&mut self, known: Option<Arc<Topology>>) {
        self.known = known;
    }

    /// The last complete reading of the databases.
    pub(super) fn known(&self) -> Option<&Arc<Topology>> {
        self.known.as_ref()
    }

    /// Whether a reading calls the RDS API at all.
    pub(super) fn asks(&self) -> bool {
        self.scope != Scope::default()
    }

    /// Starts a reading. `wanted` are the databases that the run needs, unless it needs them all.
    pub(super) fn begin(&mut self, wanted: Option<Named>, reaction: &mut Reaction) {
        self.under_way = true;
        // From its beginning: what a page lists may have changed while the next was read.
        self.since_begun = Duration::ZERO;
        let wanted = wanted.filter(|wanted| self.asks_by_name(wanted));
        self.asked = wanted.map_or_else(|| self.scope.databases.clone(), Databases::Named);
        let scope = Scope { databases: self.asked.clone(), ..self.scope.clone() };
        reaction.effects.push(Effect::ReadTopology(scope));
    }

    fn asks_by_name(&self, wanted: &Named) -> bool {
        let is_large = |known: &Arc<Topology>| known.clusters.len() + known.instances.len() > LARGE;
        let count = wanted.clusters.len() + wanted.instances.len();
        self.scope.databases == Databases::All
            && !self.needs_all
            && self.known.as_ref().is_some_and(is_large)
            && (1..=MOST_NAMED).contains(&count)
    }

    /// Takes the reading that was under way, for those that wait for it. One that was asked for by
    /// name and lacks a name is followed by one of the whole lists, which they wait for instead.
    pub(super) fn arrive(
        &mut self,
        result: Result<Topology, CallError>,
        reaction: &mut Reaction,
    ) -> Option<TopologyReading> {
        self.under_way = false;
        let result = match (&self.asked, result) {
            (Databases::Named(named), Ok(read)) if read.lacks(named) => {
                self.needs_all = true;
                self.begin(None, reaction);
                return None;
            }
            (Databases::Named(named), Ok(read)) => Ok(match &self.known {
                Some(known) => Arc::new(known.updated(named, read)),
                None => Arc::new(read),
            }),
            (_, result) => result.map(Arc::new),
        };
        // A failure is kept too: the API is rate limited, so the next reading waits for the gap all
        // the same.
        self.latest = Some(result.clone());
        if let Ok(read) = &result
            && read.unread.is_none()
            && self.scope.databases == Databases::All
        {
            self.known = Some(read.clone());
        }
        Some(TopologyReading { result, delivery: Delivery::Arrived, age: self.since_begun })
    }

    /// The cluster of an instance, by the last complete reading.
    pub(super) fn cluster_of(&self, instance: &Identifier) -> Option<&Identifier> {
        self.known.as_ref()?.instances.get(instance)?.cluster.as_ref()
    }

    /// Whether the latest reading read this source's databases anew.
    pub(super) fn covers(&self, source: &Source) -> bool {
        match &self.asked {
            Databases::None | Databases::All => true,
            Databases::Named(named) => named.includes(source),
        }
    }

    /// Whether the latest reading asked for every database of the Region.
    pub(super) fn is_whole(&self) -> bool {
        self.asked == Databases::All
    }

    /// Lets time pass.
    pub(super) fn advance(&mut self, passed: Duration) {
        self.since_begun = self.since_begun.saturating_add(passed).min(OLDEST);
    }

    /// Whether no reading has arrived yet.
    pub(super) fn is_empty(&self) -> bool {
        self.latest.is_none()
    }

    /// The latest reading, if a round can begin with it.
    pub(super) fn recent(&self) -> Option<TopologyReading> {
        // `since_begun` is that of the reading under way, and says nothing of the latest.
        let result = self.latest.clone().filter(|_| !self.under_way)?;
        let delivery = match &result {
            _ if self.since_begun < GAP => Delivery::FromCache,
            Ok(_) if self.since_begun < OLDEST => Delivery::Kept,
            // A failure shows nothing.
            _ => return None,
        };
        Some(TopologyReading { result, delivery, age: self.since_begun })
    }

    /// Whether a new reading may begin.
    pub(super) fn is_ready(&self) -> bool {
        self.ready_in() == Some(Duration::ZERO)
    }

    /// When a new reading may begin; `None` while one is under way.
    pub(super) fn ready_in(&self) -> Option<Duration> {
        match (self.under_way, &self.latest) {
            (true, _) => None,
            // The first reading waits for no gap.
            (false, None) => Some(Duration::ZERO),
            (false, Some(_)) => Some(GAP.saturating_sub(self.since_begun)),
        }
    }
}
