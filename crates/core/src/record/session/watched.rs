//! One binding of a session: what is read of it, and what becomes of the readings.

use std::time::Duration;

use super::{FAST, SLOW, Wish};
use crate::config::Binding;
use crate::evidence::{Answers, Evidence, Reading, Unknown, questions, weigh};
use crate::failure::{CallError, LookupError};
use crate::record::course::When;
use crate::record::judge::{Group, Named};
use crate::record::link::Front;
use crate::record::recording::Recording;
use crate::record::{Cause, CauseKind, Moment, SourceKind};
use crate::source::{Identifier, Source};
use crate::target::{Family, Target};
use crate::topology::Topology;

/// A binding.
#[derive(Debug, Clone)]
pub(super) struct Watched {
    pub(super) binding: Binding,
    pub(super) source: SourceKind,
    /// Who the RDS API last named, and when.
    seen: Option<(Mark, When)>,
    /// What was seen of it, if it is watched closely.
    pub(super) recording: Option<Recording>,
    /// A reading of the topology that waits for the members' addresses.
    unplaced: Option<When>,
    answers: Option<Answers>,
    family: Option<Family>,
    front: Search,
    /// How many searches for the load balancer failed.
    failed_searches: u32,
    names: Turn,
    pub(super) targets: Turn,
    /// The search for the load balancer, and then the connections to it.
    pub(super) link: Turn,
}

/// The load balancer of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Search {
    Due,
    Found(Front),
    /// There is none that tells anything, or reading it failed too often.
    None,
}

/// The most searches for a load balancer that fail. What is denied is still denied after a while.
const MOST_SEARCHES: u32 = 20;

/// The writer as the RDS API names it, whatever its address: the cluster's or instance's resource
/// id, and the writing member.
type Mark = (Option<Identifier>, Option<(Identifier, Option<Identifier>)>);

/// When something is read.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Turn {
    pub(super) begun: Option<Moment>,
    pub(super) under_way: bool,
}

impl Watched {
    /// A binding, which is watched closely if there is a cause.
    pub(super) fn of(
        binding: &Binding,
        cause: Option<&Cause>,
        began: Moment,
        patience: Duration,
    ) -> Self {
        let source = match &binding.source {
            Source::Instance(_) => SourceKind::Instance,
            _ => SourceKind::Cluster,
        };
        let standby = binding.standby;
        Self {
            binding: binding.clone(),
            source,
            seen: None,
            recording: cause
                .map(|cause| Recording::begin(source, standby, cause.clone(), began, patience)),
            unplaced: None,
            answers: None,
            family: None,
            front: Search::Due,
            failed_searches: 0,
            names: Turn::default(),
            targets: Turn::default(),
            link: Turn::default(),
        }
    }

    pub(super) fn wishes(
        &mut self,
        index: usize,
        now: Moment,
        pace: Duration,
        known: Option<&Topology>,
        may_read: &mut impl FnMut() -> bool,
        wishes: &mut Vec<Wish>,
    ) {
        if self.targets.is_due(now, pace) && may_read() {
            self.targets.begin(now);
            wishes.push(Wish::Targets(index, self.binding.target_group.clone()));
        }
        // Which addresses to ask for, the targets say.
        if let (Some(known), Some(family)) = (known, self.family)
            && self.names.is_due(now, pace)
        {
            self.names.begin(now);
            wishes.push(Wish::Names(index, questions(&self.binding.source, known), family));
        }
    }

    /// A probe connects every second, once the load balancer is found.
    pub(super) fn link_wishes(&mut self, index: usize, now: Moment, wishes: &mut Vec<Wish>) {
        match &self.front {
            Search::Due if self.link.is_due(now, SLOW) => {
                self.link.begin(now);
                wishes.push(Wish::Front(index, self.binding.target_group.clone()));
            }
            Search::Found(front) if self.link.is_due(now, FAST) => {
                self.link.begin(now);
                let family = self.family.unwrap_or(Family::V4);
                wishes.push(Wish::Connect(index, front.clone(), family));
            }
            Search::Due | Search::Found(_) | Search::None => {}
        }
    }

    /// Takes a reading of the topology. If it shows that a binding moves that is not watched
    /// closely, it is from then on.
    pub(super) fn take_topology(&mut self, topology: &Topology, when: When, patience: Duration) {
        let mark = mark(&self.binding.source, topology);
        let before = mark.clone().and_then(|mark| self.seen.replace((mark, when)));
        if self.recording.is_none()
            && let (Some(mark), Some((former, last_seen))) = (mark, before)
            && former != mark
        {
            let cause = Cause {
                by: CauseKind::Seen,
                event: None,
                announces: false,
                rds: None,
                sns: None,
                received: when.ended,
            };
            let mut recording =
                Recording::begin(self.source, self.binding.standby, cause, when.ended, patience);
            if self.source == SourceKind::Cluster {
                recording.topology(Ok(Named::Elsewhere), last_seen);
            }
            self.recording = Some(recording);
        }
        if let Some(recording) = &mut self.recording {
            recording.engine = engine(&self.binding.source, topology).or(recording.engine.take());
            match self.source {
                // It says of no instance where it is.
                SourceKind::Instance => recording.topology(Ok(Named::Elsewhere), when),
                SourceKind::Cluster if self.answers.is_some() => self.place(topology, when),
                SourceKind::Cluster => self.unplaced = Some(when),
            }
        }
    }

    /// Says at which address the RDS API's writer is.
    fn place(&mut self, topology: &Topology, when: When) {
        let evidence = self.weighed(topology);
        if let (Some(recording), Some(Evidence::Cluster { topology, .. })) =
            (&mut self.recording, evidence)
        {
            recording.topology(named(&topology), when);
        }
    }

    pub(super) fn take_names(&mut self, answers: Answers, known: Option<&Topology>, when: When) {
        self.names.under_way = false;
        self.answers = Some(answers);
        let Some(known) = known else {
            return;
        };
        if let Some(read) = self.unplaced.take() {
            self.place(known, read);
        }
        let evidence = self.weighed(known);
        if let (Some(recording), Some(dns)) =
            (&mut self.recording, evidence.as_ref().and_then(Evidence::dns))
        {
            recording.dns(named(dns), when);
        }
    }

    fn weighed(&self, topology: &Topology) -> Option<Evidence> {
        let Binding { source, allow, .. } = &self.binding;
        let answers = self.answers.as_ref()?;
        Some(weigh(source, topology, answers, allow, self.family?))
    }

    /// Takes what was found of the load balancer. A search that failed is repeated.
    pub(super) fn take_front(&mut self, read: Result<Option<Front>, CallError>, when: When) {
        self.link.under_way = false;
        match read {
            Ok(Some(front)) => {
                // The first connection is due at once.
                (self.front, self.link) = (Search::Found(front), Turn::default());
            }
            Ok(None) => self.front = Search::None,
            Err(error) => {
                self.failed_searches += 1;
                if self.failed_searches == MOST_SEARCHES {
                    self.front = Search::None;
                }
                if let Some(recording) = &mut self.recording {
                    recording.link(Err(error.failure.word()), when);
                }
            }
        }
    }

    pub(super) fn take_targets(&mut self, read: Result<Vec<Target>, CallError>, when: When) {
        self.targets.under_way = false;
        let group = read.map_err(|error| error.failure.word()).map(|targets| {
            targets.into_iter().map(|target| {
                let reason = target.reason.map(|reason| reason.code);
                (target.address, (target.state.as_str().to_owned(), reason))
            })
        });
        let group = group.map(Iterator::collect::<Group>);
        // A group has one family. An empty one, or one that cannot be read, is taken for IPv4.
        let is_v6 =
            group.as_ref().is_ok_and(|group| group.keys().any(std::net::SocketAddr::is_ipv6));
        match (self.family, is_v6) {
            (_, true) => self.family = Some(Family::V6),
            (None, false) => self.family = Some(Family::V4),
            (Some(_), false) => {}
        }
        if let Some(recording) = &mut self.recording {
            recording.targets(group, when);
        }
    }
}

impl Turn {
    pub(super) fn is_due(&self, now: Moment, pace: Duration) -> bool {
        // A little early counts: a sleep of a second may be shorter by the clock's grain.
        let pace = pace.as_secs_f64() - 0.05;
        !self.under_way && self.begun.is_none_or(|begun| now.since(begun) >= pace)
    }

    pub(super) fn begin(&mut self, now: Moment) {
        *self = Self { begun: Some(now), under_way: true };
    }
}

/// Where a key says the writer is, or the word for why it could not be read.
fn named(reading: &Reading) -> Result<Named, &'static str> {
    match reading {
        Ok(member_at) => Ok(Named::At(member_at.address)),
        Err(Unknown::Call(error)) => Err(error.failure.word()),
        // An answer that there is no address is an answer.
        Err(Unknown::Lookup(_, LookupError::NxDomain | LookupError::NoAddress)) => {
            Ok(Named::Elsewhere)
        }
        Err(Unknown::Lookup(_, error)) => Err(error.word()),
        Err(_) => Ok(Named::Elsewhere),
    }
}

fn mark(source: &Source, topology: &Topology) -> Option<Mark> {
    let resource = |id: &Identifier| topology.instances.get(id)?.resource_id.clone();
    match source {
        Source::Cluster(id) => {
            let cluster = topology.clusters.get(id)?;
            let mut writers = cluster.members.iter().filter(|member| member.writer);
            // For a moment, RDS can name none or several. That is no move yet.
            let (Some(writer), None) = (writers.next(), writers.next()) else {
                return None;
            };
            let writer = writer.instance.clone();
            let resource_of_writer = resource(&writer);
            Some((cluster.resource_id.clone(), Some((writer, resource_of_writer))))
        }
        Source::Instance(id) => Some((topology.instances.get(id)?.resource_id.clone(), None)),
        _ => None,
    }
}

fn engine(source: &Source, topology: &Topology) -> Option<String> {
    match source {
        Source::Cluster(id) => Some(topology.clusters.get(id)?.engine.clone()),
        Source::Instance(id) => Some(topology.instances.get(id)?.engine.clone()),
        _ => None,
    }
}
