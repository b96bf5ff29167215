//! `writerlink`: plays Writerlink against an embedded region, and audits a real one.
//!
//! It reads. No command changes a target group of an account: [`command::audit`] is given readers
//! only, and what
//! [`command::demo`] and [`command::lab`] change is the region inside this program. A re-sync by
//! hand is an invocation of the function, where it waits its turn behind every other run.

mod args;
mod command;
mod configuration;
mod exit;
mod interrupt;
mod output;
mod render;

use std::process::ExitCode;

use clap::Parser;
use writerlink_core::text;

use crate::args::Args;
use crate::exit::Exit;

#[tokio::main]
async fn main() -> ExitCode {
    match Args::try_parse() {
        Ok(args) => command::run(args.command).await.unwrap_or_else(told).into(),
        Err(usage) => usage_or_help(&usage).into(),
    }
}

/// What kept a command from running is told once, with its chain of causes, in which others' words
/// can be.
fn told(error: anyhow::Error) -> Exit {
    eprintln!("writerlink: {}", text::lines(&format!("{error:#}")));
    Exit::CouldNotRun
}

/// Help and version that were asked for are no error. The rest is: with 1, since an audit's 2 means
/// drift.
fn usage_or_help(answer: &clap::Error) -> Exit {
    // Without a place to print to, the exit code still says it.
    let _ = answer.print();
    if answer.use_stderr() { Exit::CouldNotRun } else { Exit::Success }
}
