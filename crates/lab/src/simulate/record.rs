//! The record of one run: every answer that it received, as it received it. The judge decides by
//! it.

mod listing;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use writerlink_core::event::Trigger;
use writerlink_core::evidence::Answer;
use writerlink_core::failure::Failure;
use writerlink_core::source::Identifier;
use writerlink_core::target::{Target, TargetState};
use writerlink_core::topology::{HostName, Topology};

use self::listing::Listing;
use super::setting::{Bound, is_allowed};
use super::step::RunStep;

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
    pub(super) saw_late_write: bool,
    /// Calls that have begun and not ended: which step, of which binding.
    pub(super) under_way: Vec<(u64, RunStep, Option<usize>)>,
    pub(super) has_asked: bool,
    /// The reading of the topology that goes on, and when it began.
    pub(super) reading: Option<(Call, Duration)>,
    /// Every reading of the topology, the last of them last.
    pub(super) topologies: Vec<Arc<Heard>>,
    /// The endpoint of each binding, by the last topology that an earlier run of the process read.
    remembered: Vec<Option<HostName>>,
    /// The RDS API has throttled a call of the run.
    pub(super) rds_has_throttled: bool,
    /// The readings of the network interfaces: when each began, and whether it was answered.
    pub(super) interfaces: Vec<(Duration, bool)>,
    pub(super) views: Vec<View>,
    pub(super) kill_point: Option<KillPoint>,
}

/// A call that has begun.
pub(super) struct Call {
    pub(super) run: u64,
    pub(super) number: u64,
    pub(super) step: RunStep,
    /// The binding of a read that may be sent a second time while the first goes on.
    pub(super) sent_again: Option<usize>,
}

/// How a run is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KillPoint {
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
    /// It could not be read. Then the endpoint is the one that it named before.
    is_unread: bool,
    /// The one instance that it calls the cluster's writer.
    writer: Option<Identifier>,
    /// That instance's own name.
    writer_name: Option<HostName>,
    /// The endpoint that is followed.
    endpoint: Option<HostName>,
    /// The names of a set's members; none if the answer does not say.
    listing: Option<Listing>,
}

/// What a run read about one binding, and what it wrote.
#[derive(Default)]
pub(super) struct View {
    look: Option<Look>,
    /// What the keys named in the look before.
    before: Option<Keys>,
    /// Of a set, since when every look has listed each address.
    pub(super) listed: BTreeMap<IpAddr, Since>,
    /// Of a set: when a look last listed each address, or else the first look that could have.
    unlisted: BTreeMap<IpAddr, Duration>,
    first_look: Option<Duration>,
    /// What the look before the last one listed.
    earlier: Option<BTreeSet<IpAddr>>,
    /// How many looks have begun since a removal was last sent, if one was.
    looks_since_removal: Option<u32>,
    /// How often the keys have named something else.
    pub(super) changes: u32,
    /// The address that DNS has given in every look since a moment.
    pub(super) steady: Option<(IpAddr, Duration)>,
    pub(super) targets: Option<Reading>,
    /// Targets that were healthy in the last two readings.
    healthy: BTreeMap<SocketAddr, u8>,
    /// Targets whose registration was acknowledged and that the run has not deregistered since.
    acknowledged: BTreeSet<SocketAddr>,
    sent_away: BTreeSet<SocketAddr>,
    /// Something was not as it should be.
    pub(super) saw_wrong: bool,
    pub(super) writes: u32,
    /// The writes among them that were not made, or whose answers were lost.
    pub(super) unanswered: u32,
    /// A write was sent after the last reading of the targets.
    pub(super) wrote: bool,
    /// The reading of the targets that is under way lags behind.
    pub(super) lags: bool,
    /// Some reading of the targets has lagged behind.
    pub(super) saw_stale: bool,
}

/// Since when an address has been listed.
#[derive(Clone, Copy)]
pub(super) struct Since {
    /// By which answer of the RDS API first.
    pub(super) topology: Duration,
    /// When the answer arrived.
    pub(super) heard: Duration,
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
    /// All that the one key of a set lists, whether there are more or not.
    pub(super) listed: BTreeSet<IpAddr>,
    /// Whether that is the whole set.
    pub(super) is_whole: bool,
}

/// A reading of a group's targets.
pub(super) struct Reading {
    pub(super) ended: Duration,
    pub(super) present: Vec<SocketAddr>,
}

impl Record {
    pub(super) fn new(
        begun: Duration,
        left: Duration,
        trigger: Trigger,
        bindings: usize,
    ) -> Record {
        Record {
            begun,
            deadline: begun + left,
            trigger,
            is_hurried: false,
            overlapped: false,
            saw_late_write: false,
            under_way: Vec::new(),
            has_asked: false,
            reading: None,
            topologies: Vec::new(),
            remembered: vec![None; bindings],
            rds_has_throttled: false,
            interfaces: Vec::new(),
            views: (0..bindings).map(|_| View::default()).collect(),
            kill_point: None,
        }
    }

    /// The steps that it is in.
    pub(super) fn steps(&self) -> Vec<RunStep> {
        if self.under_way.is_empty() {
            return vec![if self.has_asked { RunStep::Pause } else { RunStep::Begin }];
        }
        self.under_way.iter().map(|(_, step, _)| *step).collect()
    }

    /// What an earlier run of the process heard of the names.
    pub(super) fn remember(&mut self, bounds: &[Bound], topology: &Topology) {
        let endpoint = |bound| Said::of(bound, topology).endpoint;
        self.remembered = bounds.iter().map(endpoint).collect();
    }

    pub(super) fn hear_topology(
        &mut self,
        bounds: &[Bound],
        began: Duration,
        topology: Option<&Topology>,
    ) {
        let before = self.topologies.last().cloned();
        let said = |(index, bound): (usize, &Bound)| match topology {
            // Clusters and instances can be unread while the other lists are read.
            Some(topology) if topology.unread.is_none() || !bound.is_cluster() => {
                Said::of(bound, topology)
            }
            _ => Said {
                is_unread: true,
                endpoint: match &before {
                    Some(heard) => heard.said[index].endpoint.clone(),
                    None => self.remembered[index].clone(),
                },
                listing: Listing::of(&bound.link.source, &Topology::default()),
                ..Said::default()
            },
        };
        let said = bounds.iter().enumerate().map(said).collect();
        self.topologies.push(Arc::new(Heard { began, said }));
    }

    /// Whether the RDS API had named the same writer of a cluster a second or more before it did so
    /// for the last look. A reading that waits after a throttled call counts from the beginning of
    /// its wait, which is not seen here; so then any earlier reading will do. What it has said to
    /// others since, while that look's names were asked, is not of it.
    pub(super) fn named_twice(&self, index: usize) -> bool {
        let look = self.views[index].look.as_ref();
        let Some(last) = look.and_then(|look| look.topology.as_ref()) else {
            return false;
        };
        let apart = if self.rds_has_throttled { Duration::ZERO } else { Duration::from_secs(1) };
        let writer = &last.said[index].writer;
        let earlier = |heard: &Arc<Heard>| {
            heard.began + apart <= last.began
                && heard.began < last.began
                && heard.said[index].writer == *writer
        };
        writer.is_some() && self.topologies.iter().any(earlier)
    }
}

impl Said {
    fn of(bound: &Bound, topology: &Topology) -> Said {
        if bound.is_set() {
            return Said { listing: Listing::of(&bound.link.source, topology), ..Said::default() };
        }
        let id = &bound.link.database().parse().expect("an identifier");
        let name_of = |id: &Identifier| topology.instances.get(id)?.endpoint.clone();
        if !bound.is_cluster() {
            return Said { endpoint: name_of(id), ..Said::default() };
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
            ..Said::default()
        }
    }
}

impl View {
    /// A name is asked for, which begins a look on the last answer of the RDS API: all names of a
    /// look are asked for at one moment.
    pub(super) fn begin_look(
        &mut self,
        binding: usize,
        bound: &Bound,
        topology: Option<Arc<Heard>>,
        now: Duration,
    ) {
        if self.look.as_ref().is_some_and(|look| look.began == now) {
            return;
        }
        self.count_look(bound);
        self.looks_since_removal = self.looks_since_removal.map(|looks| looks + 1);
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

    pub(super) fn hear_targets(
        &mut self,
        bound: &Bound,
        targets: Option<&[Target]>,
        now: Duration,
    ) {
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
        let removable = present.iter().filter(|target| bound.exclusive || bound.owns(**target));
        // An exclusive binding may remove what is on another port too, and that is not the target
        // that it wants.
        let wanted = self.keys().agreed(bound);
        self.saw_wrong |= wanted != Some(removable.copied().collect());
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
        let topology = self.asked_at().map_or(Duration::ZERO, |(topology, _)| topology);
        let since = |address: &IpAddr| {
            let before = self.listed.get(address).copied();
            (*address, before.unwrap_or(Since { topology, heard: at }))
        };
        self.listed = keys.listed.iter().map(since).collect();
        self.unlisted.extend(keys.listed.iter().map(|address| (*address, at)));
        self.first_look.get_or_insert(at);
        self.earlier =
            self.before.replace(keys).filter(|keys| keys.is_whole).map(|keys| keys.listed);
        if let Some(look) = &mut self.look {
            look.counted = true;
        }
    }

    /// What the keys named in the last look.
    pub(super) fn keys(&self) -> Keys {
        self.look.as_ref().map(Look::keys).unwrap_or_default()
    }

    /// Whether the RDS API could not be read for the last look.
    pub(super) fn is_without_topology(&self) -> bool {
        let heard =
            |look: &Look| look.topology.as_ref().map(|heard| heard.said[look.binding].is_unread);
        self.look.as_ref().and_then(heard).unwrap_or_default()
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

    /// A reading showed that more targets are present than are wanted: there is something to
    /// remove.
    pub(super) fn has_removal_in_sight(&self) -> bool {
        let wanted = self.keys().listed.len().max(1);
        let reading = self.targets.as_ref();
        reading.is_some_and(|reading| reading.present.len() > wanted)
    }

    /// Whether the run knows that a target is registered: acknowledged, or seen healthy twice, and
    /// not sent away by it.
    pub(super) fn is_sure_of(&self, target: SocketAddr) -> bool {
        let seen = self.healthy.get(&target) == Some(&2) && !self.sent_away.contains(&target);
        self.acknowledged.contains(&target) || seen
    }

    pub(super) fn send(&mut self) {
        self.writes += 1;
        self.wrote = true;
    }

    /// A write failed. One that was not made, or whose answer was lost, may be sent again for as
    /// long as the run lasts.
    pub(super) fn write_failed(&mut self, failure: Failure) {
        self.unanswered += u32::from(!matches!(failure, Failure::Rejected(_)));
    }

    /// Since when no look has listed an address of a set.
    pub(super) fn unlisted_since(&self, address: IpAddr) -> Option<Duration> {
        self.unlisted.get(&address).copied().or(self.first_look)
    }

    /// Whether the last two looks have listed all of a set, and not this address.
    pub(super) fn is_unlisted_twice(&self, address: IpAddr) -> bool {
        let lack = |listed: Option<&BTreeSet<IpAddr>>| {
            listed.is_some_and(|listed| !listed.contains(&address))
        };
        let last = self.before.as_ref().filter(|keys| keys.is_whole);
        lack(last.map(|keys| &keys.listed)) && lack(self.earlier.as_ref())
    }

    /// Whether the keys have been asked for twice since the last removal, which a set has to wait
    /// for.
    pub(super) fn has_looked_twice_since_removal(&self) -> bool {
        self.looks_since_removal.is_none_or(|looks| looks >= 2)
    }

    /// How many addresses it has to do with: those that are listed, and those that are present.
    pub(super) fn size(&self) -> u32 {
        let present = self.targets.iter().flat_map(|reading| &reading.present).map(SocketAddr::ip);
        let known: BTreeSet<_> = present.chain(self.unlisted.keys().copied()).collect();
        u32::try_from(known.len()).unwrap_or(u32::MAX)
    }

    pub(super) fn send_away(&mut self, targets: &[SocketAddr]) {
        self.looks_since_removal = Some(0);
        self.sent_away.extend(targets);
        self.acknowledged.retain(|target| !targets.contains(target));
    }

    pub(super) fn acknowledge(&mut self, target: SocketAddr) {
        self.acknowledged.insert(target);
        self.sent_away.remove(&target);
    }
}

impl Look {
    /// The address of the one instance that the RDS API calls the cluster's writer, and the address
    /// that the endpoint's name gives.
    fn keys(&self) -> Keys {
        let Some(said) = self.topology.as_ref().map(|heard| &heard.said[self.binding]) else {
            return Keys::default();
        };
        let (listed, is_whole) =
            said.listing.as_ref().map_or_else(Default::default, |listing| self.listed(listing));
        Keys {
            topology: said.writer_name.as_ref().and_then(|name| self.address(name)),
            dns: said.endpoint.as_ref().and_then(|name| self.address(name)),
            listed,
            is_whole,
        }
    }

    /// The addresses of a set, and whether these are all of them.
    fn listed(&self, listing: &Listing) -> (BTreeSet<IpAddr>, bool) {
        let mut listed = BTreeSet::new();
        let mut is_whole = listing.is_whole;
        for name in &listing.names {
            let answer = self.answers.get(name).and_then(Option::as_ref);
            match answer.map(|answer| answer.addresses.as_slice()) {
                Some(addresses @ [_, ..])
                    if (addresses.len() == 1 || listing.is_of_one_name)
                        && addresses.iter().all(|at| is_allowed(*at)) =>
                {
                    listed.extend(addresses);
                }
                _ => is_whole = false,
            }
        }
        let is_whole = is_whole && !listed.is_empty();
        (listed, is_whole)
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
    /// Where every key of the binding says that it is: one target for a writer, several for a set.
    pub(super) fn agreed(&self, bound: &Bound) -> Option<BTreeSet<SocketAddr>> {
        let target = |ip: &IpAddr| SocketAddr::new(*ip, bound.link.port);
        if bound.is_set() {
            return self.is_whole.then(|| self.listed.iter().map(target).collect());
        }
        let dns = self.dns?;
        (!bound.is_cluster() || self.topology == Some(dns)).then(|| [target(&dns)].into())
    }
}
