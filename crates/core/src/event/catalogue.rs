//! What RDS's events mean to a run: one line an id.
//!
//! An event only says *look*; the table says how closely and for how long. It follows three rules:
//!
//! - An event **announces a move** when its own subject is that an address or a role is about to be
//!   another's: a failover, an activation, a host that will be replaced. It comes before DNS, by
//!   seconds or minutes, and is watched for as long as such a move takes.
//! - An event that comes **around a move**, or with a downtime in which a move is usual, is watched
//!   while DNS goes back and forth. The move itself has an event that announces it.
//! - Any other event is **looked at once**, and so is every id that the table does not have. Little
//!   is lost if that is wrong: a binding that the look finds wrong is watched from then on, and a
//!   move that begins later is found by the next sweep.
//!
//! An event of a kind that no binding follows is left alone, whatever its id.
//!
//! Ids, categories and meanings are those of AWS's pages "Amazon RDS event categories and event
//! messages" and "Amazon RDS event categories and event messages for Aurora". `docs/events.md` is
//! made from this table.

mod cluster;
mod deployment;
mod instance;
mod proxy;

use super::EventId;

/// What an event asks of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Meaning {
    /// A move is announced: the database is watched for `patience-started`.
    Announced,
    /// A move is under way or over, or may be: it is watched for `patience`.
    Around,
    /// Nothing is known to move: one look, and a watch only of what that finds wrong.
    Look,
    /// No binding can be concerned.
    Ignore,
}

/// A line of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The event's id.
    pub id: EventId,
    /// RDS's word for the kind of thing that it is about, such as `db-cluster`.
    pub source: &'static str,
    /// RDS's category, as a subscription is to name it.
    pub category: &'static str,
    /// What AWS says that it means.
    pub says: &'static str,
    /// Where AWS says so.
    pub page: Page,
    /// What it asks of a run.
    pub meaning: Meaning,
    /// Why.
    pub why: &'static str,
}

/// The user guide whose page of event categories and messages has an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    /// That of RDS.
    Rds,
    /// That of Aurora.
    Aurora,
    /// Both.
    Both,
}

/// The line of this id, if the table has it.
pub fn find(id: EventId) -> Option<Entry> {
    entries().find(|entry| entry.id == id)
}

/// All lines, by the kind of thing that they are about.
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

/// Events that ask the same of a run, for the same reason.
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
