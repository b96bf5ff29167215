//! The recording of one binding.

use std::time::Duration;

use jiff::SignedDuration;

use super::course::{Course, When};
use super::judge::{Courses, Group, Move, Named, addresses};
use super::{
    Cause, CauseKind, Channel, End, Kind, LinkEnd, Moment, Reads, Record, Seconds, SourceKind,
    VERSION,
};
use crate::config::StandbyMode;

/// For so long DNS must have given one address to count as steady. It goes back and forth for 20 to
/// 30 s after a failover (aws-mysql-jdbc issue 377).
const STEADY: SignedDuration = SignedDuration::from_secs(30);

/// A key that has named one address for so long, and then another, tells of a further failover.
const SETTLED: SignedDuration = SignedDuration::from_secs(60);

/// For so long after a change the recorder looks every second.
const CHANGING: SignedDuration = SignedDuration::from_secs(60);

/// For so long a recording that is complete goes on while the link fails.
const LINK: SignedDuration = SignedDuration::from_secs(60);

/// What was seen of one binding so far.
#[derive(Debug, Clone)]
pub(super) struct Recording {
    source: SourceKind,
    standby: StandbyMode,
    pub(super) cause: Cause,
    pub(super) engine: Option<String>,
    began: Moment,
    patience: Duration,
    changed: Moment,
    /// Since when everything but the link is as it should be.
    complete: Option<Moment>,
    courses: Courses,
}

/// The words of a record that the readings do not give.
#[derive(Debug, Clone)]
pub(super) struct Labels {
    pub(super) function: String,
    pub(super) region: String,
    pub(super) binding: String,
    /// Whether there is a connect probe.
    pub(super) probes: bool,
}

impl Recording {
    pub(super) fn begin(
        source: SourceKind,
        standby: StandbyMode,
        cause: Cause,
        began: Moment,
        patience: Duration,
    ) -> Self {
        let courses = Courses {
            topology: Course::of(Channel::Topology),
            dns: Course::of(Channel::Dns),
            targets: Course::of(Channel::Targets),
            link: Course::of(Channel::Link),
        };
        Self {
            source,
            standby,
            cause,
            engine: None,
            began,
            patience,
            changed: began,
            complete: None,
            courses,
        }
    }

    pub(super) fn topology(&mut self, read: Result<Named, &str>, when: When) {
        let is_change = take(&mut self.courses.topology, read, when);
        self.note(is_change, when);
    }

    pub(super) fn dns(&mut self, read: Result<Named, &str>, when: When) {
        let is_change = take(&mut self.courses.dns, read, when);
        self.note(is_change, when);
    }

    pub(super) fn targets(&mut self, read: Result<Group, &str>, when: When) {
        let is_change = take(&mut self.courses.targets, read, when);
        self.note(is_change, when);
    }

    pub(super) fn link(&mut self, read: Result<bool, &str>, when: When) {
        let is_change = take(&mut self.courses.link, read, when);
        self.note(is_change, when);
    }

    fn note(&mut self, is_change: bool, when: When) {
        if is_change {
            self.changed = self.changed.max(when.ended);
        }
    }

    /// Whether to look every second: in the first minute, and while something changes.
    pub(super) fn is_changing(&self, now: Moment) -> bool {
        now.0.duration_since(self.changed.0) < CHANGING
    }

    /// How the recording ends, if it does at this moment.
    pub(super) fn end(&mut self, now: Moment) -> Option<End> {
        let moved = self.courses.moved(self.source);
        let is_complete = moved.is_some_and(|moved| self.is_complete(moved, now));
        self.complete = is_complete.then(|| self.complete.unwrap_or(now));
        let waits_for_link = |since: &Moment| {
            self.link_end() == LinkEnd::Fails && now.0.duration_since(since.0) < LINK
        };
        if self.complete.is_some_and(|since| !waits_for_link(&since)) {
            return Some(End::Complete);
        }
        if self.further().is_some() {
            return Some(End::MovedAgain);
        }
        let waited = now.0.duration_since(self.began.0);
        let patience = SignedDuration::try_from(self.patience).unwrap_or_default();
        (moved.is_none() && waited >= patience).then(|| self.end_of_time())
    }

    /// How the recording ends when the time is over.
    pub(super) fn end_of_time(&self) -> End {
        let Courses { targets, .. } = &self.courses;
        let was_read = targets.reads > 0 && self.courses.key(self.source).reads > 0;
        match self.courses.moved(self.source) {
            Some(_) if self.complete.is_some() => End::Complete,
            Some(_) => End::TimeOver,
            None if was_read => End::NeverMoved,
            None => End::CouldNotTell,
        }
    }

    fn is_complete(&self, Move { old, new }: Move, now: Moment) -> bool {
        let is_steady = self.courses.dns.latest().is_some_and(|latest| {
            latest.value == Named::At(new) && now.0.duration_since(latest.first.ended.0) >= STEADY
        });
        let is_named =
            self.courses.key(self.source).latest().is_some_and(|one| one.value == Named::At(new));
        let group = self.courses.targets.latest().map(|latest| &latest.value);
        let is_right = group.is_some_and(|group| {
            let mut at_new = group.iter().filter(|(target, _)| target.ip() == new);
            // The old target is the new standby's.
            let stays = self.standby == StandbyMode::Warm;
            let is_old_gone = group.keys().all(|target| target.ip() != old);
            (is_old_gone || stays) && at_new.any(|(_, (state, _))| state == "healthy")
        });
        is_steady && is_named && is_right
    }

    /// What the probe saw last.
    fn link_end(&self) -> LinkEnd {
        let Courses { link, .. } = &self.courses;
        let failed = link.gaps().last().map(|gap| gap.to);
        match link.latest() {
            Some(latest) if failed.is_some_and(|failed| failed > latest.last.ended) => {
                LinkEnd::Unread
            }
            Some(latest) if latest.value => LinkEnd::Answers,
            Some(_) => LinkEnd::Fails,
            None => LinkEnd::Unread,
        }
    }

    /// The place in the key's course at which a further failover begins.
    fn further(&self) -> Option<usize> {
        let key = self.courses.key(self.source);
        addresses(key).collect::<Vec<_>>().windows(2).skip(1).find_map(|pair| {
            let ((at, _), (next, _)) = (pair[0], pair[1]);
            let stretches = key.stretches();
            let lasted = stretches[next].first.began.0.duration_since(stretches[at].first.ended.0);
            (lasted >= SETTLED).then_some(at)
        })
    }

    /// The recording of the further failover, if the end is that there was one.
    pub(super) fn next(&self, now: Moment) -> Option<Self> {
        let from = self.further()?;
        let cause = Cause {
            by: CauseKind::Seen,
            event: None,
            announces: false,
            rds: None,
            sns: None,
            received: now,
        };
        let Courses { topology, dns, targets, link } = &self.courses;
        let is_topology = std::ptr::eq(self.courses.key(self.source), topology);
        let courses = Courses {
            topology: if is_topology { topology.since(from) } else { topology.since_latest() },
            dns: if is_topology { dns.since_latest() } else { dns.since(from) },
            targets: targets.since_latest(),
            link: link.since_latest(),
        };
        Some(Self { cause, began: now, changed: now, complete: None, courses, ..self.clone() })
    }

    /// The record of what was seen.
    pub(super) fn record(&self, end: End, now: Moment, labels: &Labels) -> Record {
        let courses = match end {
            // What came after belongs to the next record.
            End::MovedAgain => &self.before_the_next(),
            _ => &self.courses,
        };
        let figures = courses.figures(self.source);
        let gaps = [
            courses.topology.gaps(),
            courses.dns.gaps(),
            courses.targets.gaps(),
            courses.link.gaps(),
        ];
        let mut gaps = gaps.concat();
        gaps.sort_by_key(|gap| gap.from);
        Record {
            kind: Kind::Record,
            version: VERSION,
            function: labels.function.clone(),
            region: labels.region.clone(),
            binding: labels.binding.clone(),
            source: self.source,
            standby: self.standby,
            engine: self.engine.clone(),
            cause: self.cause.clone(),
            began: self.began,
            ended: now,
            end,
            link_end: labels.probes.then(|| self.link_end()),
            seconds: Seconds::of(&self.cause, &figures),
            figures,
            dns_flaps: courses.flaps(self.source),
            states: courses.states(self.source),
            states_left_out: courses.states_left_out(self.source),
            reads: Reads {
                topology: courses.topology.reads,
                dns: courses.dns.reads,
                targets: courses.targets.reads,
                link: courses.link.reads,
                throttled: courses.topology.throttled + courses.targets.throttled,
            },
            gaps_left_out: courses.gaps_left_out(),
            gaps,
        }
    }

    fn before_the_next(&self) -> Courses {
        let mut courses = self.courses.clone();
        if let Some(from) = self.further() {
            let is_topology = std::ptr::eq(self.courses.key(self.source), &self.courses.topology);
            let key = if is_topology { &mut courses.topology } else { &mut courses.dns };
            key.keep(from + 1);
        }
        courses
    }
}

/// Takes a reading into a course. Says whether it gave something else than the last one.
fn take<T: PartialEq + Clone>(course: &mut Course<T>, read: Result<T, &str>, when: When) -> bool {
    match read {
        Ok(value) => course.read(value, when),
        Err(why) => {
            course.fail(why, when);
            false
        }
    }
}
