//! One recording session: the bindings that are watched, what to read next, and when it is over.
//!
//! Some bindings are watched closely: those that an event names, and those that the RDS API shows
//! to move meanwhile. All others that can be recorded are watched through the same readings of the
//! RDS API, which cost nothing more.

mod watched;

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use self::watched::{Turn, Watched};
use super::course::When;
use super::link::Front;
use super::occasion::can_be_recorded;
use super::recording::Labels;
use super::{CauseKind, End, Moment, Occasion, Record, Recorded};
use crate::config::Binding;
use crate::evidence::Answers;
use crate::failure::{CallError, LookupError};
use crate::host_name::HostName;
use crate::source::Source;
use crate::target::{Family, Target, TargetGroupArn};
use crate::topology::{Databases, Named as NamedDatabases, Scope, Topology};

/// The longest session. Lambda ends a function after 15 minutes (AWS docs: "Lambda quotas").
const LONGEST: Duration = Duration::from_secs(840);

/// How often is looked while something changes, and at other times.
const FAST: Duration = Duration::from_secs(1);
const SLOW: Duration = Duration::from_secs(5);

/// In a Region with more databases than this, lists have many pages. Then the databases that are
/// watched closely are asked for by name, and the whole lists are read this often.
const LARGE: usize = 300;
const WHOLE: Duration = Duration::from_secs(60);

/// The most databases that are asked for by name. AWS does not say how many values a filter takes.
const MOST_NAMED: usize = 20;

/// What a session is given.
#[derive(Debug, Clone)]
pub struct Limits {
    /// The function's name, for the records.
    pub function: String,
    /// The Region, for the records.
    pub region: String,
    /// The time that is left.
    pub left: Duration,
    /// Whether to connect to the links.
    pub probes: bool,
}

/// A session.
#[derive(Debug, Clone)]
pub struct Session {
    watched: Vec<Watched>,
    began: Moment,
    end: Moment,
    /// Until then it waits for a first sign, if no binding is watched closely.
    quiet: Moment,
    limits: Limits,
    patience: Duration,
    topology: Turn,
    known: Option<Arc<Topology>>,
    /// When the whole lists were read last.
    whole: Option<Moment>,
    asked: Databases,
    recorded: Recorded,
    records: Vec<Record>,
}

/// A read that is to begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wish {
    Topology(Scope),
    Names(usize, Vec<HostName>, Family),
    Targets(usize, TargetGroupArn),
    Front(usize, TargetGroupArn),
    Connect(usize, Front, Family),
}

/// What a read gave.
#[derive(Debug, Clone)]
pub(super) enum Came {
    Topology(Result<Topology, CallError>),
    Names(usize, Answers),
    Targets(usize, Result<Vec<Target>, CallError>),
    Front(usize, Result<Option<Front>, CallError>),
    /// Whether any of the load balancer's addresses accepted a connection.
    Connected(usize, Result<bool, LookupError>),
}

impl Session {
    /// A session that begins at this moment. `recorded` is what the process remembers.
    pub fn begin(
        bindings: &[Binding],
        occasion: &Occasion,
        recorded: Recorded,
        limits: Limits,
        now: Timestamp,
    ) -> Self {
        let began = Moment(now);
        let watched = |binding: &Binding| {
            Watched::of(binding, occasion.named.get(&binding.name), began, occasion.patience)
        };
        let longest = LONGEST.min(limits.left);
        Self {
            watched: bindings
                .iter()
                .filter(|binding| can_be_recorded(&binding.source))
                .map(watched)
                .collect(),
            began,
            end: later(began, longest),
            quiet: later(began, occasion.patience.min(longest)),
            limits,
            patience: occasion.patience,
            topology: Turn::default(),
            known: None,
            whole: None,
            asked: Databases::All,
            recorded,
            records: Vec::new(),
        }
    }

    /// The bindings that are watched closely.
    pub fn close(&self) -> impl Iterator<Item = &str> {
        let close = self.watched.iter().filter(|watched| watched.recording.is_some());
        close.map(|watched| watched.binding.name.as_str())
    }

    /// The failovers that the process has recorded.
    pub fn recorded(&self) -> &Recorded {
        &self.recorded
    }

    /// The records that are finished and were not taken yet.
    pub fn take_records(&mut self) -> Vec<Record> {
        std::mem::take(&mut self.records)
    }

    /// Whether nothing is left to watch.
    pub(super) fn is_over(&self, now: Moment) -> bool {
        let was_close = self.watched.iter().any(|watched| watched.targets.begun.is_some());
        let is_waiting = !was_close && now < self.quiet;
        now >= self.end || (self.close().next().is_none() && !is_waiting)
    }

    /// How long to wait before the next read can be due.
    pub(super) fn sleeps_for(&self, now: Moment) -> Duration {
        let left = self.end.0.duration_since(now.0);
        FAST.min(Duration::try_from(left).unwrap_or_default()).max(Duration::from_millis(1))
    }

    /// What to read at this moment. `may_read` says whether there is a token for one more reading
    /// of targets. Those that were read the longest ago come first.
    pub(super) fn wishes(&mut self, now: Moment, mut may_read: impl FnMut() -> bool) -> Vec<Wish> {
        let mut wishes = Vec::new();
        let pace = self.pace(now);
        if self.topology.is_due(now, pace) {
            self.topology.begin(now);
            self.asked = self.databases(now);
            let databases = self.asked.clone();
            wishes.push(Wish::Topology(Scope { databases, ..Scope::default() }));
        }
        let mut order: Vec<usize> = (0..self.watched.len()).collect();
        order.sort_by_key(|index| self.watched[*index].targets.begun);
        let known = self.known.clone();
        for index in order {
            let watched = &mut self.watched[index];
            if let Some(recording) = &watched.recording {
                let pace = if recording.is_changing(now) { FAST } else { SLOW };
                watched.wishes(index, now, pace, known.as_deref(), &mut may_read, &mut wishes);
                if self.limits.probes {
                    watched.link_wishes(index, now, &mut wishes);
                }
            }
        }
        wishes
    }

    /// How often the topology is read.
    fn pace(&self, now: Moment) -> Duration {
        let mut close = self.watched.iter().filter_map(|watched| watched.recording.as_ref());
        let is_first_minute = now.since(self.began) < 60.0;
        if is_first_minute || close.any(|one| one.is_changing(now)) { FAST } else { SLOW }
    }

    /// Which databases to ask for.
    fn databases(&self, now: Moment) -> Databases {
        let is_large = self
            .known
            .as_ref()
            .is_some_and(|known| known.clusters.len() + known.instances.len() > LARGE);
        let is_whole_due = self.whole.is_none_or(|whole| now.since(whole) >= WHOLE.as_secs_f64());
        let mut named = NamedDatabases::default();
        let close = self.watched.iter().filter(|watched| watched.recording.is_some());
        close.for_each(|watched| named.add(&watched.binding.source));
        let count = named.clusters.len() + named.instances.len();
        match is_large && !is_whole_due && (1..=MOST_NAMED).contains(&count) {
            true => Databases::Named(named),
            false => Databases::All,
        }
    }

    /// Takes what a read gave.
    pub(super) fn take(&mut self, came: Came, when: When) {
        match came {
            Came::Topology(read) => self.take_topology(read, when),
            Came::Names(index, answers) => {
                let known = self.known.clone();
                self.watched[index].take_names(answers, known.as_deref(), when);
            }
            Came::Targets(index, read) => self.watched[index].take_targets(read, when),
            Came::Front(index, read) => self.watched[index].take_front(read, when),
            Came::Connected(index, read) => {
                let watched = &mut self.watched[index];
                watched.link.under_way = false;
                if let Some(recording) = &mut watched.recording {
                    recording.link(read.as_ref().copied().map_err(LookupError::word), when);
                }
            }
        }
        self.finish(when.ended);
    }

    fn take_topology(&mut self, read: Result<Topology, CallError>, when: When) {
        self.topology.under_way = false;
        let read = match (&self.asked, &self.known, read) {
            (Databases::Named(named), Some(known), Ok(read)) => Ok(known.updated(named, read)),
            (_, _, Ok(read)) => {
                self.whole = Some(when.ended);
                Ok(read)
            }
            (_, _, Err(error)) => Err(error.failure.word()),
        };
        let asked = self.asked.clone();
        let is_read = |source: &Source| match &asked {
            Databases::Named(named) => named.includes(source),
            _ => true,
        };
        match read {
            Ok(topology) => {
                let topology = Arc::new(topology);
                self.known = Some(topology.clone());
                let (patience, all) = (self.patience, self.watched.iter_mut());
                for watched in all.filter(|watched| is_read(&watched.binding.source)) {
                    watched.take_topology(&topology, when, patience);
                }
            }
            Err(why) => {
                for watched in &mut self.watched {
                    if let Some(recording) = &mut watched.recording {
                        recording.topology(Err(why), when);
                    }
                }
            }
        }
    }

    /// Ends the recordings that are over.
    fn finish(&mut self, now: Moment) {
        for index in 0..self.watched.len() {
            let ended = self.watched[index].recording.as_mut().and_then(|one| one.end(now));
            if let Some(end) = ended {
                self.end_one(index, end, now);
            }
        }
    }

    /// Ends all recordings, because the time is over.
    pub(super) fn end_all(&mut self, now: Moment) {
        self.finish(now);
        for index in 0..self.watched.len() {
            if let Some(recording) = &self.watched[index].recording {
                let end = recording.end_of_time();
                self.end_one(index, end, now);
            }
        }
    }

    fn end_one(&mut self, index: usize, end: End, now: Moment) {
        let labels = Labels {
            function: self.limits.function.clone(),
            region: self.limits.region.clone(),
            binding: self.watched[index].binding.name.clone(),
            probes: self.limits.probes,
        };
        let watched = &mut self.watched[index];
        let Some(recording) = watched.recording.take() else {
            return;
        };
        if end == End::MovedAgain {
            watched.recording = recording.next(now);
        }
        // Nobody asked about a binding that only seemed to move.
        if end == End::NeverMoved && recording.cause.by == CauseKind::Seen {
            return;
        }
        let record = recording.record(end, now, &labels);
        self.recorded.remember(&record.binding, &record.figures, now);
        self.records.push(record);
    }
}

fn later(moment: Moment, passed: Duration) -> Moment {
    let passed = SignedDuration::try_from(passed).unwrap_or(SignedDuration::MAX);
    Moment(moment.0.checked_add(passed).unwrap_or(Timestamp::MAX))
}
