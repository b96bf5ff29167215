//! The adapters against servers on loopback that answer what a test wants: what goes over the wire,
//! and into which kind of core's each failure is sorted.
#![allow(clippy::unwrap_used)]

pub(crate) mod aws_server;
mod dns_server;
mod driver;
mod lists;
mod lookups;
mod reads;
mod tags;
mod writes;
