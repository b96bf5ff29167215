//! Describes moves in sentences.

use std::fmt;

use super::{Invocation, Kind, MOST_PLACES, Moment, Move, NOBODY, Outcome, write_of};
use crate::explore::world::{Group, Listing, Place, Slot};
use crate::run::{Effect, PermitFor};

impl Move {
    /// Describes this move, given the moment before it.
    pub(in crate::explore) fn describe(self, kind: Kind, before: &Moment) -> String {
        let run = |index: usize| format!("run {}", before.runs[index].number + 1);
        match self {
            Self::FailsOver(to) => format!("the database fails over to {to}"),
            Self::Joins(place) => format!("{place} joins the readers"),
            Self::Leaves(place) => format!("{place} leaves the readers"),
            Self::Says(key, said) => format!("{key} now {}", says(kind, said)),
            Self::Heals(place) => format!("{place} is healthy"),
            Self::Sickens(place) => format!("{place} is unhealthy"),
            Self::Drains(place) => format!("{place} has drained"),
            Self::NameLies => {
                format!("the writer's own name now gives {NOBODY}, where nobody listens")
            }
            Self::NameHeals => "every name tells the truth again".to_owned(),
            Self::Waits(long) => format!("{} s pass", long.as_secs_f32()),
            Self::Begins(Invocation::Sweep) => format!("run {} begins, a sweep", before.begun + 1),
            Self::Begins(Invocation::Event) => {
                format!("run {} begins, for an event", before.begun + 1)
            }
            Self::Begins(Invocation::Trust(writer, lasts)) => format!(
                "run {} begins, for a person who says that DNS is right to name {writer}, for {} s",
                before.begun + 1,
                lasts.as_secs_f32()
            ),
            Self::TimePasses(index) => {
                format!("{} sleeps {} s", run(index), before.sleeps_for(index).as_secs_f32())
            }
            Self::Killed { run: index, late } => {
                let late = if late { ", and its write is still on the way" } else { "" };
                format!("{} is killed{late}", run(index))
            }
            Self::LateWriteLands => format!(
                "the write of the killed run lands: {}",
                before.world.late_write.map(|write| write.to_string()).unwrap_or_default()
            ),
            Self::LostWriteLands => format!(
                "the write whose answer was lost lands: {}",
                before.world.under_way.map(|(write, _)| write.to_string()).unwrap_or_default()
            ),
            Self::Answered(index, outcome) => {
                let effect = before.asks(index).expect("it waits");
                let (run, call) = (run(index), call(effect));
                match outcome {
                    Outcome::Named(Some(said)) => format!("{run}: {call} {}", says(kind, said)),
                    Outcome::Named(None) if kind == Kind::Readers => {
                        format!("{run}: {call} names no writer")
                    }
                    Outcome::Named(None) => format!("{run}: {call} names nobody"),
                    Outcome::Silent(place) => {
                        format!("{run}: {call} knows all names but that of {place}")
                    }
                    Outcome::Read if matches!(effect, Effect::ReadTargets(..)) => {
                        format!("{run}: {call} are {}", Shown(before.world.group))
                    }
                    Outcome::Stale => {
                        format!("{run}: {call} are {}, which is stale", Shown(before.world.before))
                    }
                    Outcome::Read => format!("{run}: {call} read"),
                    Outcome::Done => format!("{run}: {call}"),
                    Outcome::Failed => format!("{run}: {call} fails"),
                    Outcome::Refused => format!("{run}: {call} is refused"),
                    Outcome::DoneLater => format!("{run}: {call}, after a second"),
                    Outcome::LostUnderWay => {
                        format!("{run}: {call}, still under way, and the answer is lost")
                    }
                    Outcome::LostBefore => {
                        format!("{run}: {call}, not done, and the answer is lost")
                    }
                    Outcome::LostAfter => format!("{run}: {call}, done, and the answer is lost"),
                }
            }
        }
    }
}

fn says(kind: Kind, said: Listing) -> String {
    match kind {
        Kind::Cluster | Kind::Instance(_) => format!("names {}", said.writer),
        Kind::Readers => format!("lists {}", kind.wants(said)),
    }
}

fn call(effect: &Effect) -> String {
    match effect {
        Effect::ReadTopology(_) => "the topology".to_owned(),
        Effect::ReadTags => "the tags".to_owned(),
        Effect::ReadGroup(..) => "the group".to_owned(),
        Effect::ReadInterfaces(_) => "the interfaces".to_owned(),
        Effect::ReadRouting(..) => "the routing".to_owned(),
        Effect::ReadTargets(..) => "the targets".to_owned(),
        Effect::Resolve(..) => "DNS".to_owned(),
        Effect::Permit(_, PermitFor::Register) => "a permit to register".to_owned(),
        Effect::Permit(_, PermitFor::Deregister) => "a permit to deregister".to_owned(),
        Effect::Register(..) | Effect::Deregister(..) => {
            write_of(effect).map(|w| w.to_string()).unwrap_or_default()
        }
    }
}

/// Displays a group in a trace.
pub(in crate::explore) struct Shown(pub(in crate::explore) Group);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let slot = |place: Place| {
            let word = match self.0.slot(place) {
                Slot::Absent => return None,
                Slot::Draining => "draining",
                Slot::Initial => "initial",
                Slot::Healthy => "healthy",
                Slot::Unhealthy => "unhealthy",
            };
            Some(format!("{place} {word}"))
        };
        let slots: Vec<String> = Place::all(MOST_PLACES).filter_map(slot).collect();
        f.write_str(if slots.is_empty() { "none" } else { "" })?;
        f.write_str(&slots.join(", "))
    }
}
