//! Writerlink's decision, and the words it is made in.
//!
//! A database that is published over `PrivateLink` stands behind a Network Load Balancer, whose
//! target group takes only addresses; and a database's address changes when it fails over. This
//! crate decides, from what can be seen, what a target group needs. It has no network, no clock, no
//! AWS SDK and no runtime: the world is handed in as values, and what is to be done comes out as
//! values.
//!
//! # From a trigger to a report
//!
//! ```text
//! payload → Trigger → Run → Effects → Observation → Plan → Effects → … → Report
//!           event     run   drive     evidence      plan                 report
//! ```
//!
//! 1. A [`Trigger`](event::Trigger) sets a [`Run`](run::Run) going: an RDS event, a schedule, a
//!    call by hand. An event says *look*; it never says what changed. It only chooses which
//!    [`Binding`](config::Binding) is watched closely, and for how long.
//! 2. For each binding the run reads two keys, without any cache: the *topology* (the RDS API names
//!    the writer, whose own name is resolved) and *DNS* (the endpoint's own name). What they say is
//!    [`Evidence`](evidence::Evidence): who the writer is and where, or why that is unknown.
//!    Unknown is never empty.
//! 3. It reads the group's [`Target`](target::Target)s. Evidence, targets and what the run's
//!    earlier looks add to them (its [`EvidenceHistory`](evidence::EvidenceHistory)) make an
//!    [`Observation`](plan::Observation).
//! 4. [`plan`](plan::plan()) decides: register on credible testimony, remove only on agreement,
//!    hold on anything else and say why.
//! 5. The run carries out one step, reads the group back, and plans again, until nothing is left to
//!    do or its time is over. Then it makes a [`Report`](report::Report) that claims only what was
//!    confirmed, with what was noticed beside the membership ([`Finding`](finding::Finding)).
//!
//! # Why it is safe
//!
//! - Registering an address is cheap and can be undone; deregistering is what causes outages. So an
//!   address is registered at the first credible sign, and another is removed only when both keys
//!   name the same writer before and after the targets were read.
//! - A group is never emptied: a removal names the others, and only while the agreed target is
//!   present and known to be registered.
//! - Draining counts as absent, so that a quick failback registers its target again.
//! - A run is a value: [`Run::step`](run::Run::step) takes what happened and returns what to do. It
//!   can be cloned and hashed, so every order of events can be walked through.
//! - [`drive`](drive::drive) performs the effects over the [`ports`]; given no writer, it cannot
//!   write.
//!
//! Where to begin reading: [`plan`](mod@plan), then [`evidence`], then [`run`].

pub mod config;
pub mod discover;
pub mod drive;
pub mod event;
pub mod evidence;
pub mod failure;
pub mod finding;
pub mod guard;
mod host_name;
mod mechanism;
pub mod note;
pub mod plan;
pub mod ports;
pub mod report;
pub mod run;
pub mod source;
pub mod target;
pub mod text;
pub mod topology;

#[cfg(test)]
mod explore;
