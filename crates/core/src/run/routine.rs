//! The looks that a run makes because their turn has come, and not because an event or a finding
//! asks for them.

use std::collections::VecDeque;
use std::time::Duration;

use jiff::Timestamp;

use super::BindingIndex;
use super::sweep_order::{order, sure_looks};
use crate::event::{Intent, Trigger, TriggerKind};

/// How long a sweep holds the function for looks whose turn has come. One run goes on at a time, so
/// an event waits for the sweep that is under way.
const SWEEP: Duration = Duration::from_secs(20);

/// No look begins in the last part of that: those that are under way take it.
const LAST_LOOKS: Duration = Duration::from_secs(4);

/// What is left at least for the bindings that tags ask for, when the tags have been read: so every
/// sweep gets on.
const AFTER_TAGS: Duration = Duration::from_secs(4);

/// How many of these looks are under way at a time. They begin in batches, because one call
/// describes the groups of a whole batch.
const BATCH: usize = 20;

/// The looks whose turn comes in this run.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct RoutineLooks {
    /// What is left of the time in which they may begin; `None` where the run's own time is the
    /// bound: a person, a stack and an audit wait for all of them.
    left: Option<Duration>,
    /// The minute of the clock in which the run began.
    minute: i64,
    /// The bindings that wait for their turn, in order.
    waiting: VecDeque<BindingIndex>,
}

impl RoutineLooks {
    /// The looks of a run for this trigger; none are lined up yet.
    pub(super) fn of(trigger: &Trigger, now: Timestamp) -> Self {
        let is_awaited = trigger.intent == Intent::Plan
            || matches!(
                trigger.kind,
                TriggerKind::Invoke | TriggerKind::Audit | TriggerKind::CustomResource
            );
        Self {
            left: (!is_awaited).then(|| SWEEP.saturating_sub(LAST_LOOKS)),
            minute: now.as_second().div_euclid(60),
            waiting: VecDeque::new(),
        }
    }

    /// An event concerns every binding, so the looks are as long as the run.
    pub(super) fn take_all_the_time(&mut self) {
        self.left = None;
    }

    /// Lines up the bindings that have not been looked at, of this many in all.
    pub(super) fn line_up(
        &mut self,
        bindings: usize,
        reads_tags: bool,
        is_due: impl Fn(&BindingIndex) -> bool,
    ) {
        // Whoever waits for all of them gets them in the order of the configuration.
        let most = if self.is_bounded() { sure_looks(bindings, reads_tags) } else { bindings };
        self.waiting = order(self.minute, bindings, most).filter(is_due).collect();
    }

    /// The tags have been read, which may have taken all of the time.
    pub(super) fn tags_are_read(&mut self) {
        self.left = self.left.map(|left| left.max(AFTER_TAGS));
    }

    /// Lets time pass.
    pub(super) fn advance(&mut self, passed: Duration) {
        self.left = self.left.map(|left| left.saturating_sub(passed));
    }

    /// The bindings that begin, while so many of these looks are under way.
    pub(super) fn next_batch(&mut self, under_way: usize) -> Vec<BindingIndex> {
        // Half a batch at a time, so that one slow look does not keep the others waiting.
        if self.is_over() || under_way > BATCH / 2 {
            return Vec::new();
        }
        let count = self.waiting.len().min(BATCH - under_way);
        self.waiting.drain(..count).collect()
    }

    /// Whether no look begins any more.
    pub(super) fn is_over(&self) -> bool {
        self.waiting.is_empty() || self.left == Some(Duration::ZERO)
    }

    /// What is left of the time in which they may begin, where it is bounded.
    pub(super) fn left(&self) -> Option<Duration> {
        self.left
    }

    /// Whether the next sweep goes on with what is left, so that the report need not answer for it.
    pub(super) fn is_bounded(&self) -> bool {
        self.left.is_some()
    }

    /// The bindings that still wait for their turn.
    pub(super) fn waiting(&self) -> impl Iterator<Item = BindingIndex> {
        self.waiting.iter().copied()
    }
}
