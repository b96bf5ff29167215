//! The program as scripts and people meet it: its help, its refusals, its exit codes.
#![allow(clippy::unwrap_used)]

mod audit;
mod check;
mod demo;
mod init;
mod lab;
pub(crate) mod program;
mod record;
mod scenarios;
mod simulate;
mod usage;
