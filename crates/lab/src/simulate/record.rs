//! What one run has been told, as it was told it: what the judge goes by.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use writerlink_core::event::Trigger;
use writerlink_core::evidence::Answer;
use writerlink_core::source::Identifier;
use writerlink_core::target::{Target, TargetState};
use writerlink_core::topology::{HostName, Topology};

use super::setting::{Bound, is_allowed};
use super::step::Step;

/// One run.
pub(super) struct Record {
    pub(super) begun: Duration,
    /// When its time is over.
    pub(super) deadline: Duration,
    pub(super) trigger: Trigger,
    /// It was given little time.
    pub(super) is_hurried: bool,
    /// Others were alive while it was.
    pub(super) overlapped: bool,
    /// A write of a killed run landed while it was alive.
    pub(super) haunted: bool,
    /// Calls that have begun and not ended: which step, of which binding.
    pub(super) under_way: Vec<(u64, Step, Option<usize>)>,
    pub(super) has_asked: bool,
    /// Every reading of the topology, the last of them last.
    pub(super) topologies: Vec<Arc<Heard>>,
    pub(super) views: Vec<View>,
    pub(super) doom: Option<Doom>,
}

/// How a run is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doom {
    /// When it has been woken this often.
    AfterWakes(usize),
    /// In what it waits for at this moment.
    Now,
}

/// An answer of the RDS API, or that there was none.
pub(super) struct Heard {
    pub(super) began: Duration,
    /// What it said of each binding's database.
    said: Vec<Said>,
}

/// What the RDS API said of one database.
#[derive(Default)]
struct Said {
    /// The one instance that it calls the cluster's writer.
    writer: Option<Identifier>,
    /// That instance's own name.
    writer_name: Option<HostName>,
    /// The endpoint that is followed.
    endpoint: Option<HostName>,
}

/// What a run has been told of one binding, and what it did about it.
#[derive(Default)]
pub(super) struct View {
    look: Option<Look>,
    /// What the keys named in the look before.
    before: Option<Keys>,
    /// How often the keys have named something else.
    pub(super) changes: u32,
    /// The address that DNS has given in every look since a moment.
    pub(super) steady: Option<(IpAddr, Duration)>,
    pub(super) targets: Option<Reading>,
    /// Targets that were healthy in the last two readings.
    healthy: BTreeMap<SocketAddr, u8>,
    /// Targets whose registration was acknowledged, and that the run has not sent away since.
    acknowledged: BTreeSet<SocketAddr>,
    sent_away: BTreeSet<SocketAddr>,
    /// Something was not as it should be.
    pub(super) saw_wrong: bool,
    pub(super) writes: u32,
    /// A write was sent after the last reading of the targets.
    pub(super) wrote: bool,
    /// The reading of the targets that is under way lags behind.
    pub(super) lags: bool,
    /// Some reading of the targets has lagged behind.
    pub(super) saw_stale: bool,
}

/// One look at the keys.
struct Look {
    binding: usize,
    began: Duration,
    topology: Option<Arc<Heard>>,
    answers: BTreeMap<HostName, Option<Answer>>,
    last_answer: Duration,
    counted: bool,
}

/// What the keys name, where they name anything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Keys {
    /// By the RDS API; an instance has no such key.
    pub(super) topology: Option<IpAddr>,
    /// By the endpoint's own name.
    pub(super) dns: Option<IpAddr>,
}

/// A reading of a group's targets.
pub(super) struct Reading {
    pub(super) ended: Duration,
    pub(super) present: Vec<SocketAddr>,
}

impl Record {
    pub(super) fn new(begun: Duration, left: Duration, trigger: Trigger, bindings: usize) -> Record {
        Record {
            begun,
            deadline: begun + left,
            trigger,
            is_hurried: false,
            overlapped: false,
            haunted: false,
            under_way: Vec::new(),
            has_asked: false,
            topologies: Vec::new(),
            views: (0..bindings).map(|_| View::default()).collect(),
            doom: None,
        }
    }

    /// The steps that it is in.
    pub(super) fn steps(&self) -> Vec<Step> {
        if self.under_way.is_empty() {
            return vec![if self.has_asked { Step::Pause } else { Step::Begin }];
        }
        self.under_way.iter().map(|(_, step, _)| *step).collect()
    }

    pub(super) fn hear_topology(&mut self, bounds: &[Bound], began: Duration, topology: Option<&Topology>) {
        let said = |bound| topology.map(|topology| Said::of(bound, topology)).unwrap_or_default();
        self.topologies.push(Arc::new(Heard {
            began,
            said: bounds.iter().map(said).collect(),
        }));
    }

    /// Whether the RDS API has named the same writer of a cluster as at last before, a second or more earlier.
    pub(super) fn named_twice(&self, index: usize) -> bool {
        let Some(last) = self.topologies.last() else {
            return false;
        };
        let writer = &last.said[index].writer;
        let earlier = |heard: &Arc<Heard>| {
            heard.began + Duration::from_secs(1) <= last.began && heard.said[index].writer == *writer
        };
        writer.is_some() && self.topologies.iter().any(earlier)
    }
}

impl Said {
    fn of(bound: &Bound, topology: &Topology) -> Said {
        let id = &bound.link.database().parse().expect("an identifier");
        let name_of = |id: &Identifier| topology.instances.get(id)?.endpoint.clone();
        if !bound.is_cluster() {
            return Said {
                endpoint: name_of(id),
                ..Said::default()
            };
        }
        let Some(cluster) = topology.clusters.get(id) else {
            return Said::default();
        };
        let mut writers = cluster.members.iter().filter(|member| member.writer);
        let writer = match (writers.next(), writers.next()) {
            (Some(writer), None) => Some(writer.instance.clone()),
            _ => None,
        };
        Said {
            writer_name: writer.as_ref().and_then(name_of),
            writer,
            endpoint: cluster.endpoint.clone(),
        }
    }
}

impl View {
    /// The endpoint's own name is asked for, which begins a look on the last answer of the RDS API.
    pub(super) fn begin_look(&mut self, binding: usize, bound: &Bound, topology: Option<Arc<Heard>>, now: Duration) {
        self.count_look(bound);
        self.look = Some(Look {
            binding,
            began: now,
            topology,
            answers: BTreeMap::new(),
            last_answer: now,
            counted: false,
        });
    }

    pub(super) fn hear_name(&mut self, name: &HostName, answer: Option<&Answer>, now: Duration) {
        if let Some(look) = &mut self.look {
            look.answers.insert(name.clone(), answer.cloned());
            look.last_answer = now;
        }
    }

    pub(super) fn hear_targets(&mut self, bound: &Bound, targets: Option<&[Target]>, now: Duration) {
        self.count_look(bound);
        self.wrote = false;
        self.saw_stale |= std::mem::take(&mut self.lags);
        let Some(targets) = targets else {
            self.saw_wrong = true;
            return;
        };
        let present: Vec<_> = targets
            .iter()
            .filter(|target| target.is_present())
            .map(|target| target.address)
            .collect();
        let healthy = targets.iter().filter(|target| target.state == TargetState::Healthy);
        let seen = |address| (self.healthy.get(&address).copied().unwrap_or(0) + 1).min(2);
        self.healthy = healthy.map(|target| (target.address, seen(target.address))).collect();
        let mut removable = present.iter().filter(|target| bound.exclusive || bound.owns(**target));
        let only = match (removable.next(), removable.next()) {
            (Some(only), None) => Some(*only),
            _ => None,
        };
        // An exclusive binding may remove what is on another port too, and that is not the target that it wants.
        let wanted = self.keys().agreed(bound).map(|ip| SocketAddr::new(ip, bound.link.port));
        self.saw_wrong |= only.is_none() || wanted != only;
        self.targets = Some(Reading { ended: now, present });
    }

    /// Takes a look that is over into account.
    pub(super) fn count_look(&mut self, bound: &Bound) {
        if self.look.as_ref().is_none_or(|look| look.counted) {
            return;
        }
        let keys = self.keys();
        if self.before.as_ref().is_some_and(|before| *before != keys) {
            self.changes += 1;
            self.saw_wrong = true;
        }
        self.saw_wrong |= keys.agreed(bound).is_none();
        let at = self.look.as_ref().map_or(Duration::ZERO, |look| look.last_answer);
        self.steady = keys.dns.map(|address| match self.steady {
            Some((before, since)) if before == address => (address, since),
            _ => (address, at),
        });
        self.before = Some(keys);
        if let Some(look) = &mut self.look {
            look.counted = true;
        }
    }

    /// What the keys named in the last look.
    pub(super) fn keys(&self) -> Keys {
        self.look.as_ref().map(Look::keys).unwrap_or_default()
    }

    /// The instance that the RDS API called the cluster's writer in the last look.
    pub(super) fn named_writer(&self) -> Option<&Identifier> {
        let look = self.look.as_ref()?;
        look.topology.as_ref()?.said[look.binding].writer.as_ref()
    }

    /// When the keys of the last look were asked for: the RDS API and DNS.
    pub(super) fn asked_at(&self) -> Option<(Duration, Duration)> {
        let look = self.look.as_ref()?;
        Some((look.topology.as_ref()?.began, look.began))
    }

    /// A reading showed that more than one target is present: there is something to remove.
    pub(super) fn has_removal_in_sight(&self) -> bool {
        self.targets.as_ref().is_some_and(|reading| reading.present.len() > 1)
    }

    /// Whether the run knows that a target is registered: acknowledged, or seen healthy twice, and not sent away by it.
    pub(super) fn is_sure_of(&self, target: SocketAddr) -> bool {
        let seen = self.healthy.get(&target) == Some(&2) && !self.sent_away.contains(&target);
        self.acknowledged.contains(&target) || seen
    }

    pub(super) fn send(&mut self) {
        self.writes += 1;
        self.wrote = true;
    }

    pub(super) fn send_away(&mut self, targets: &[SocketAddr]) {
        self.sent_away.extend(targets);
        self.acknowledged.retain(|target| !targets.contains(target));
    }

    pub(super) fn acknowledge(&mut self, target: SocketAddr) {
        self.acknowledged.insert(target);
        self.sent_away.remove(&target);
    }
}

impl Look {
    /// The address of the one instance that the RDS API calls the cluster's writer, and the address that the endpoint's name
    /// gives.
    fn keys(&self) -> Keys {
        let said = self.topology.as_ref().map(|heard| &heard.said[self.binding]);
        Keys {
            topology: said.and_then(|said| self.address(said.writer_name.as_ref()?)),
            dns: said.and_then(|said| self.address(said.endpoint.as_ref()?)),
        }
    }

    /// The one address of a name, where it has one and that is allowed.
    fn address(&self, name: &HostName) -> Option<IpAddr> {
        match self.answers.get(name)?.as_ref()?.addresses.as_slice() {
            [address] if is_allowed(*address) => Some(*address),
            _ => None,
        }
    }
}

impl Keys {
    /// The address that every key of the binding names.
    pub(super) fn agreed(&self, bound: &Bound) -> Option<IpAddr> {
        let dns = self.dns?;
        (!bound.is_cluster() || self.topology == Some(dns)).then_some(dns)
    }
}
