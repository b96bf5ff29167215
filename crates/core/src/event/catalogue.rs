//! What each RDS event asks of a run: one entry per id.
//!
//! An event only says *look*. The table says how closely and for how long. It follows three rules:
//!
//! - An event **announces a move** if it says that an address or a role is about to move: a
//!   failover, an activation, a host that will be replaced. It comes seconds or minutes before DNS
//!   changes, and the binding is watched for as long as such a move takes.
//! - An event **during a move**, or during a downtime in which a move is usual, makes the run watch
//!   the binding while DNS alternates. Another event announces the move itself.
//! - Any other event, and any id that is not in the table, gets **one look**. Little is lost if
//!   that is wrong: a binding that the look finds wrong is watched from then on, and the next sweep
//!   finds a move that begins later.
//!
//! An event about a kind of resource that no binding follows is ignored, whatever its id.
//!
//! Ids, categories and meanings come from AWS's pages "Amazon RDS event categories and event
//! messages" and "Amazon RDS event categories and event messages for Aurora". `docs/events.md` is
//! generated from this table.

mod cluster;
mod deployment;
mod instance;
mod proxy;

use super::EventId;

/// What an event asks of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Meaning {
    /// A move is announced: watch the binding for `patience-started`.
    Announced,
    /// A move is or may be under way or over: watch the binding for `patience`.
    DuringMove,
    /// No move is known: look once, and watch only what that look finds wrong.
    Look,
    /// No binding is affected.
    Ignore,
}

/// An entry of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The event's id.
    pub id: EventId,
    /// The RDS source type, such as `db-cluster`.
    pub source: &'static str,
    /// The RDS category, as a subscription must name it.
    pub category: &'static str,
    /// What AWS says about the event, in our words.
    pub says: &'static str,
    /// The AWS page that says so.
    pub page: Page,
    /// What the event asks of a run.
    pub meaning: Meaning,
    /// The reason for the meaning.
    pub why: &'static str,
}

/// The user guides whose pages of event categories and messages list an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    /// The guide of RDS.
    Rds,
    /// The guide of Aurora.
    Aurora,
    /// Both guides.
    Both,
}

/// The entry of this id, if the table has one.
pub fn find(id: EventId) -> Option<Entry> {
    entries().find(|entry| entry.id == id)
}

/// All entries, by source type.
pub fn entries() -> impl Iterator<Item = Entry> {
    [
        ("db-cluster", cluster::GROUPS),
        ("db-instance", instance::GROUPS),
        ("blue-green-deployment", deployment::GROUPS),
        ("db-proxy", proxy::GROUPS),
    ]
    .into_iter()
    .flat_map(|(source, groups)| groups.iter().flat_map(move |group| group.entries(source)))
}

/// Events with the same meaning for the same reason.
struct Group {
    category: &'static str,
    page: Page,
    meaning: Meaning,
    why: &'static str,
    events: &'static [(u16, &'static str)],
}

impl Group {
    fn entries(&self, source: &'static str) -> impl Iterator<Item = Entry> {
        self.events.iter().map(move |&(id, says)| Entry {
            id: EventId(id),
            source,
            category: self.category,
            says,
            page: self.page,
            meaning: self.meaning,
            why: self.why,
        })
    }
}

#[cfg(test)]
mod page;
#[cfg(test)]
mod tests;
