//! How the region changes when a fault begins, and how that is undone.

mod calls;
mod databases;
pub(super) mod groups;
pub(super) mod messages;
pub(super) mod moves;
mod names;
pub(super) mod sets;
pub(super) mod standbys;

use std::time::Duration;

pub(super) use self::calls::Api;
pub(super) use self::databases::Writers;
pub(super) use self::messages::FORGED_ADDRESS;
pub(super) use self::names::{Lie, is_a_lie};

use super::setting::Bound;
use super::step::RunStep;
use crate::world::{ApiError, World};

/// What was drawn for an incident.
#[derive(Clone, Debug)]
pub(super) struct Drawn {
    pub(super) when: When,
    /// For how long; nothing, where it happens at one moment.
    pub(super) lasts: Duration,
    /// Which of several forms it takes.
    pub(super) form: usize,
}

/// When it happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// At this moment.
    At(Duration),
    /// When a run takes this step, from this moment on.
    In(RunStep, Duration),
}

/// Where it happens.
pub(super) struct Site<'a> {
    pub(super) world: &'a mut World,
    /// The binding that it concerns.
    pub(super) bound: &'a Bound,
    /// All bindings.
    pub(super) bounds: &'a [Bound],
    /// The ARN of the topic that tells of the databases.
    pub(super) topic: &'a str,
    /// What the fault is called.
    pub(super) words: &'static str,
}

/// How the region changed.
#[derive(Default)]
pub(super) struct Begun {
    /// In words, for the transcript.
    pub(super) words: String,
    /// How it is undone.
    pub(super) undo: Option<Undo>,
    /// The name whose DNS answers it changes.
    pub(super) name: Option<String>,
    /// The message that it strikes is still to come.
    pub(super) awaits_message: bool,
    /// Until when databases move because of it.
    pub(super) moves_until: Option<Duration>,
}

/// How it is undone. If the region refuses, for example while a database is still being renamed,
/// the caller tries again.
type Act = Box<dyn Fn(&mut World, &Bound) -> Result<(), ApiError> + Send>;

/// How it is undone.
pub(super) struct Undo {
    pub(super) act: Act,
    /// For how long databases move after it is undone.
    pub(super) moves_for: Duration,
}

impl Drawn {
    /// A number below `sides` of what was drawn, apart from the form's parity.
    fn small(&self, sides: u32) -> u32 {
        u32::try_from(self.form / 16).unwrap_or_default() % sides
    }

    /// One of these.
    fn pick<T: Copy>(&self, of: &[T]) -> T {
        of[self.form % of.len()]
    }
}

impl Begun {
    pub(super) fn of(words: String) -> Begun {
        Begun { words, ..Begun::default() }
    }

    /// The same, and it is undone so.
    fn undone(
        self,
        act: impl Fn(&mut World, &Bound) -> Result<(), ApiError> + Send + 'static,
    ) -> Begun {
        Begun { undo: Some(Undo { act: Box::new(act), moves_for: Duration::ZERO }), ..self }
    }

    /// The same, and databases move for this long after it is undone.
    fn moving_again_for(mut self, moves_for: Duration) -> Begun {
        if let Some(undo) = &mut self.undo {
            undo.moves_for = moves_for;
        }
        self
    }

    /// The same, and databases move until then because of it.
    fn moving_until(self, moment: Duration) -> Begun {
        Begun { moves_until: Some(moment), ..self }
    }
}
