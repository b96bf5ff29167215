//! Whether an event is a reason to record, and which bindings are watched for it.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{Cause, CauseKind, Figures, Moment};
use crate::config::Binding;
use crate::event::catalogue::{self, Meaning};
use crate::event::{Event, SourceType};
use crate::source::Source;

/// An event as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// What it says.
    pub event: Event,
    /// When SNS took it, if it came through SNS.
    pub sns: Option<Timestamp>,
}

/// What made the recorder look at a binding, by the binding's name.
pub type Causes = BTreeMap<String, Cause>;

/// A reason to record.
#[derive(Debug, Clone, PartialEq)]
pub struct Occasion {
    /// The bindings to watch closely from the start.
    pub named: Causes,
    /// How long to wait for a first sign of a failover.
    pub patience: Duration,
}

/// Why nothing is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Nothing {
    /// There is no event, as in a sweep.
    #[error("there is no event in the payload; only an event of a failover starts a recording")]
    NoEvent,
    /// No event is one of a failover or a switchover.
    #[error("no event is one of a failover or of a switchover")]
    OtherEvent,
    /// No binding that could be recorded follows the database.
    #[error("no binding follows the writer of a cluster or an instance that the events are about")]
    NoBinding,
    /// The events are too old: most of the failover is over. This process recorded none that they
    /// tell of.
    #[error(
        "the events are older than {} minutes, which is too old to record; the failover may be \
         unrecorded",
        OLDEST.as_secs() / 60
    )]
    TooOld,
    /// The failover was recorded.
    #[error("this failover was recorded")]
    Recorded,
}

impl Nothing {
    /// The kebab-case word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoEvent => "no-event",
            Self::OtherEvent => "other-event",
            Self::NoBinding => "no-binding",
            Self::TooOld => "too-old",
            Self::Recorded => "recorded",
        }
    }
}

/// Of an older event, most of the failover is over.
const OLDEST: Duration = Duration::from_secs(600);

/// How long to wait for a failover that an event announces. An Aurora cluster without a replica can
/// take ten minutes (AWS docs: "High availability for Amazon Aurora").
const ANNOUNCED: Duration = Duration::from_secs(840);

/// How long to wait after an event that comes during a failover, or after one: DNS "may take a few
/// minutes" (AWS docs: RDS-EVENT-0015).
const DURING: Duration = Duration::from_secs(180);

/// An event of a blue/green deployment names no database. Up to this many bindings are watched
/// closely for it; more are watched through the RDS API until it shows that one moves.
const FEW: usize = 10;

impl Occasion {
    /// What these events are a reason for.
    ///
    /// # Errors
    /// Why they are a reason for nothing.
    pub fn of(
        bindings: &[Binding],
        told: &[Told],
        recorded: &Recorded,
        received: Timestamp,
    ) -> Result<Self, Nothing> {
        if told.is_empty() {
            return Err(Nothing::NoEvent);
        }
        let mut told: Vec<&Told> = told.iter().filter(|told| is_failover(&told.event)).collect();
        if told.is_empty() {
            return Err(Nothing::OtherEvent);
        }
        // The first event of a failover tells most.
        told.sort_by_key(|told| told.time().unwrap_or(received));
        let (mut named, mut patience, mut nothing) = (Causes::new(), None, Nothing::NoBinding);
        for told in told {
            let concerned = bindings.iter().filter(|binding| concerns(&told.event, binding));
            let concerned: Vec<&Binding> = concerned.collect();
            for binding in &concerned {
                if recorded.tells(&binding.name, told) {
                    // What may be unrecorded is told first.
                    if nothing != Nothing::TooOld {
                        nothing = Nothing::Recorded;
                    }
                    continue;
                }
                if told.age(received) > OLDEST {
                    nothing = Nothing::TooOld;
                    continue;
                }
                patience = patience.max(Some(told.patience()));
                if concerned.len() <= FEW {
                    let cause = || told.cause(received);
                    named.entry(binding.name.clone()).or_insert_with(cause);
                }
            }
        }
        patience.map(|patience| Self { named, patience }).ok_or(nothing)
    }

    /// A person's call for these bindings.
    pub fn by_hand(bindings: &[String], received: Timestamp) -> Self {
        let cause = Cause {
            by: CauseKind::Hand,
            event: None,
            announces: false,
            rds: None,
            sns: None,
            received: Moment(received),
        };
        let named = bindings.iter().map(|name| (name.clone(), cause.clone())).collect();
        Self { named, patience: ANNOUNCED }
    }
}

/// Whether an event is of a failover, or of a switchover of a blue/green deployment. One without an
/// id may be: EventBridge can leave it out.
fn is_failover(event: &Event) -> bool {
    let Some(id) = event.id else {
        return event.meaning() == Meaning::DuringMove;
    };
    catalogue::find(id).is_some_and(|entry| match entry.category {
        "failover" | "global-failover" => true,
        "notification" => entry.source == "blue-green-deployment" && entry.meaning != Meaning::Look,
        _ => false,
    })
}

/// Whether an event may be about what a binding follows, and the binding can be recorded.
fn concerns(event: &Event, binding: &Binding) -> bool {
    let is_named = |id| event.source.as_ref().is_none_or(|source| source == id);
    match (event.about, &binding.source) {
        (SourceType::Cluster, Source::Cluster(id)) => is_named(id),
        (SourceType::Instance, Source::Instance(id)) => is_named(id),
        (SourceType::Deployment, source) => can_be_recorded(source),
        _ => false,
    }
}

/// Whether a source has one writer, whose failover can be recorded.
pub fn can_be_recorded(source: &Source) -> bool {
    matches!(source, Source::Cluster(_) | Source::Instance(_))
}

impl Told {
    /// When it happened, or else when SNS took it.
    fn time(&self) -> Option<Timestamp> {
        self.event.time.or(self.sns)
    }

    fn age(&self, received: Timestamp) -> Duration {
        let age = self.time().map(|time| received.duration_since(time));
        age.and_then(|age| Duration::try_from(age).ok()).unwrap_or_default()
    }

    fn announces(&self) -> bool {
        self.event.meaning() == Meaning::Announced
    }

    fn patience(&self) -> Duration {
        if self.announces() { ANNOUNCED } else { DURING }
    }

    fn cause(&self, received: Timestamp) -> Cause {
        Cause {
            by: CauseKind::Event,
            event: self.event.id.map(|id| id.to_string()),
            announces: self.announces(),
            rds: self.event.time.map(Moment),
            sns: self.sns.map(Moment),
            received: Moment(received),
        }
    }
}

/// The failovers that this process has recorded: the last of them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Recorded(VecDeque<Failover>);

/// A failover that was recorded.
#[derive(Debug, Clone, PartialEq)]
struct Failover {
    binding: String,
    /// When the first evidence had been read.
    evidence: Timestamp,
    /// When the recording ended.
    ended: Timestamp,
}

/// How many failovers are remembered.
const REMEMBERED: usize = 100;

/// How long before the first evidence an event can happen that tells of the same failover. An
/// announcement comes minutes before it where a cluster has no replica.
const BEFORE: SignedDuration = SignedDuration::from_secs(600);

impl Recorded {
    /// Remembers a recording, if it saw a failover.
    pub(super) fn remember(&mut self, binding: &str, figures: &Figures, ended: Moment) {
        let Some(evidence) = figures.evidence() else {
            return;
        };
        if self.0.len() == REMEMBERED {
            self.0.pop_front();
        }
        let (evidence, ended) = (evidence.by.0, ended.0);
        self.0.push_back(Failover { binding: binding.to_owned(), evidence, ended });
    }

    /// How many failovers are remembered.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether an event tells of a failover of this binding that was recorded, and of none that is
    /// still to come. One that announces a failover tells of one whose evidence came after it.
    fn tells(&self, binding: &str, told: &Told) -> bool {
        let Some(time) = told.time() else {
            return false;
        };
        self.0.iter().filter(|failover| failover.binding == binding).any(|failover| {
            let is_near = failover.evidence.duration_since(time) <= BEFORE;
            let end = if told.announces() { failover.evidence } else { failover.ended };
            is_near && time <= end
        })
    }
}
