//! Scenarios: a failover with faults injected, played in real time against any program that speaks
//! the Lambda runtime API, with databases behind the load balancer and an application that writes
//! through it.
//!
//! ```text
//! script ──► region (loopback) ──SNS, schedule──► program under test ──AWS API, DNS──► region
//!               │ ▲                                                                     │
//!      databases┘ └──load balancer's nodes◄── application: a pool that writes and reads │
//!               └────────────── what is true, what is shown, what is done ──► recording ┘ ──► verdict, report
//! ```
//!
//! A scenario is data ([`Scenario`]); the built-in ones are in `scenarios.toml`, and [`read`] takes
//! others of the same form. Playing one gives
//! a [`Recording`], which is all that the [`Verdict`] and the pictures are made of. The verdict
//! rests only on the region and the application: what the program says about itself does not count.

pub mod recording;
pub mod report;
pub mod script;
pub mod spread;
pub mod verdict;

mod act;
mod assumptions;
mod authority;
mod backend;
mod check;
mod client;
mod database;
pub(crate) mod handler;
mod play;
pub(crate) mod setting;
mod stopwatch;
mod task;
mod watch;

pub use assumptions::{Assumptions, FunctionSettings, RegionAssumptions, Subscription};
pub use authority::Authority;
pub use backend::{Databases, RunningDatabases};
pub use database::postgres;
pub use handler::Program;
pub use play::{Follower, Play, PlayError, play, play_live};
pub use recording::Recording;
pub use script::{Scenario, read, scenarios, schema};
pub use task::{Task, UnknownPlaceholder};
pub use verdict::Verdict;
pub use watch::Watch;
