//! Reads the whole chain of a binding, from the consumer's endpoint to the database, and judges
//! every link of it. Nothing here can write.
//!
//! 1. [`survey`] reads an account once and gives an [`Account`]: plain values, each of which was
//!    read, or has the reason why it was not ([`Gap`]).
//! 2. A [`Chain`](chain::Chain) is one binding's way through that account: its database, target
//!    group, load balancers, endpoint services, and the functions that follow it.
//! 3. Each row of [`CHECKS`] is one question about a chain: an id, why it matters, the document on
//!    which it rests, and a pure function that answers it.
//! 4. [`examine`] asks them all and gives a [`Report`], which [`render`] shows.
//!
//! [`propose`] goes the other way: from a Region to the bindings that it suggests.
//!
//! What could not be read is *not checked*, with the permission that is missing. It is never fine.

pub mod account;
pub mod chain;
pub mod check;
mod documents;
#[cfg(test)]
mod fixture;
mod network;
#[cfg(test)]
mod plants;
mod policy;
pub mod propose;
pub mod read;
pub mod render;
pub mod report;
pub mod survey;

pub use account::Account;
pub use check::{CHECKS, Check};
pub use read::{Gap, Read};
pub use report::{Report, examine};
