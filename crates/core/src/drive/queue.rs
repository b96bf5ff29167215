//! The effects that wait for their tokens, those of the first [`Class`] first, and in each class in
//! the order of their arrival.
//!
//! An effect takes its tokens when it begins, and never earlier. So a routine read that waits takes
//! nothing from an urgent one, and no client's time-out runs while an effect waits.

use std::collections::BTreeMap;
use std::time::Duration;

use super::pacer::{Class, Pacer};
use crate::ports::{BATCH, action};
use crate::run::{BindingIndex, Effect, PermitFor};
use crate::target::TargetGroupArn;

/// Something to do at once. Its tokens are taken.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Task {
    /// An effect of the run.
    Perform(Effect),
    /// The group descriptions that were wanted at one time.
    Describe(Class, Vec<(BindingIndex, TargetGroupArn)>),
}

/// The class in which an effect waits, and the call whose tokens it takes. `None` for an effect
/// that takes none, or whose many calls take their own.
fn needs(effect: &Effect) -> Option<(Class, &'static str)> {
    match effect {
        // It takes what the write needs, which then goes out at once.
        Effect::Permit(_, PermitFor::Register) => Some((Class::Register, action::REGISTER)),
        Effect::Permit(_, PermitFor::Deregister) => Some((Class::Deregister, action::DEREGISTER)),
        Effect::ReadGroup(_, _, priority) => Some(((*priority).into(), action::GROUPS)),
        Effect::ReadTargets(_, _, priority) => Some(((*priority).into(), action::TARGETS)),
        Effect::ReadTopology(_)
        | Effect::ReadTags
        | Effect::Resolve(..)
        | Effect::ReadInterfaces(_)
        | Effect::ReadRouting(..)
        | Effect::Register(..)
        | Effect::Deregister(..) => None,
    }
}

/// Effects that have not begun.
#[derive(Debug, Default)]
pub(super) struct Queue {
    free: Vec<Effect>,
    waiting: BTreeMap<(Class, u64), (&'static str, Effect)>,
    arrived: u64,
}

impl Queue {
    /// Adds an effect.
    pub(super) fn push(&mut self, effect: Effect) {
        match needs(&effect) {
            None => self.free.push(effect),
            Some((class, call)) => {
                self.waiting.insert((class, self.arrived), (call, effect));
                self.arrived += 1;
            }
        }
    }

    /// Takes out what can begin at this moment. If something is left, the second value says when to
    /// ask again.
    pub(super) fn begin(&mut self, pacer: &Pacer, now: Duration) -> (Vec<Task>, Option<Duration>) {
        let mut tasks: Vec<Task> = self.free.drain(..).map(Task::Perform).collect();
        let mut ask_again: Option<Duration> = None;
        for class in Class::ALL {
            while let Some((&place, &(call, _))) =
                self.waiting.range((class, 0)..=(class, u64::MAX)).next()
            {
                if let Err(wait) = pacer.take(call, class, now) {
                    ask_again = Some(ask_again.map_or(wait, |earlier| earlier.min(wait)));
                    break;
                }
                tasks.extend(self.take(place));
            }
        }
        (tasks, ask_again)
    }

    /// Takes out the effect at a place. A description takes along those that wait elsewhere.
    fn take(&mut self, place: (Class, u64)) -> Option<Task> {
        let (_, effect) = self.waiting.remove(&place)?;
        let Effect::ReadGroup(index, group, _) = effect else {
            return Some(Task::Perform(effect));
        };
        let mut batch = vec![(index, group)];
        self.waiting.retain(|_, (_, effect)| match effect {
            Effect::ReadGroup(index, group, _) if batch.len() < BATCH => {
                batch.push((*index, group.clone()));
                false
            }
            _ => true,
        });
        Some(Task::Describe(place.0, batch))
    }
}

#[cfg(test)]
mod tests;
