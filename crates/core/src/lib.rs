//! The decision of Writerlink: what a target group needs, given what can be seen.
//!
//! A database that is published over `PrivateLink` stands behind a Network Load Balancer. The load
//! balancer's target group takes only addresses, and the address of a database changes when it
//! fails over. This crate decides what to register and what to deregister. It has no network, no
//! clock, no AWS SDK and no async runtime: what is seen comes in as values, and what to do comes
//! out as values.
//!
//! # From a trigger to a report
//!
//! ```text
//! payload → Trigger → Run ⇄ drive ⇄ RDS API, DNS, ELBv2
//!                      │
//!                      └ each round: evidence + targets → plan → one write → read back
//!                      │
//!                      └ Report
//! ```
//!
//! 1. A [`Trigger`](event::Trigger) starts a [`Run`](run::Run): an RDS event, a schedule, or a call
//!    by hand. An event says *look*. It only chooses which [`Binding`](config::Binding)s are
//!    watched closely, and for how long. It never says what changed.
//! 2. Each round of a binding begins with its two keys. *Topology*: the RDS API names the writer,
//!    and the writer's own name is resolved. *DNS*: the endpoint's own name is resolved. DNS is
//!    asked without a cache; the RDS API is read at most once a second, for all bindings together.
//!    Before a removal both are read anew. Together the keys are the
//!    [`Evidence`](evidence::Evidence): which member the writer is and its address, or why that is
//!    unknown. Unknown never counts as empty.
//! 3. The round reads the group's [`Target`](target::Target)s. Evidence, targets, and what the
//!    earlier rounds add to them are an [`Observation`](plan::Observation).
//! 4. [`plan`](plan::plan()) decides. It registers an address on credible evidence, removes one
//!    only on agreement, and otherwise holds and says why ([`Hold`](plan::Hold)).
//! 5. The round sends one write of the plan, reads the targets back, and plans again, until nothing
//!    is left to do that may be done.
//! 6. How the round ended says whether and when another one follows. The
//!    [`Report`](report::Report) at the end of the run claims only what was confirmed. It adds what
//!    was noticed besides the group's membership ([`Finding`](finding::Finding)).
//!
//! # Why it is safe
//!
//! - Registering an address is cheap and can be undone; deregistering can cause an outage. So an
//!   address is registered at the first credible sign. Another one is removed only when both keys
//!   name the same writer, both before and after the targets were read. (While the RDS API cannot
//!   be read, a person's word can take its place: [`Trust`](event::Trust).)
//! - A removal never empties a group: it names only other targets, and it is sent only while the
//!   agreed target is present and its registration is proven.
//! - A draining target counts as absent, so a quick failback registers it again.
//! - Every write is read back. A removal counts as done only when a reading no longer lists its
//!   target.
//! - A run is a value. [`Run::step`](run::Run::step) takes what happened and returns what to do
//!   next. A run can be cloned and hashed, so a test walks through every order of events
//!   (`explore/`).
//! - [`drive`](drive::drive) performs the effects over the [`ports`] and decides nothing about a
//!   target group. Without the port that writes, it cannot write.
//!
//! Where to begin reading: [`run`] (a run, and a round in `run/binding_run.rs`), then
//! [`evidence`], then [`plan`](mod@plan).

#![warn(missing_docs)]

pub mod config;
pub mod discover;
pub mod drive;
pub mod event;
pub mod evidence;
pub mod failure;
pub mod finding;
pub mod guard;
mod host_name;
mod keep_looking;
mod mechanism;
pub mod note;
pub mod plan;
pub mod ports;
pub mod report;
pub mod run;
pub mod source;
pub mod standby;
pub mod target;
pub mod text;
pub mod topology;

#[cfg(test)]
mod explore;
