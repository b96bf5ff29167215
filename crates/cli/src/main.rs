//! `writerlink`: plays Writerlink against an embedded region, and audits a real Region.
//!
//! It only reads. No command changes a target group of an account: [`command::audit`] gets read
//! ports only, and [`command::demo`] and [`command::lab`] change only the region inside this
//! program. [`command::function`], which the demo starts, has the lab's made-up credentials and no
//! others. To re-sync by hand, invoke the function, which runs one invocation at a time.

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
        Ok(args) => command::run(args.command).await.unwrap_or_else(report_error).into(),
        Err(usage) => usage_or_help(&usage).into(),
    }
}

/// Prints why a command could not run, with the chain of causes. The causes can hold text from
/// elsewhere, so control characters are removed.
fn report_error(error: anyhow::Error) -> Exit {
    output::note(&format!("writerlink: {}", text::lines(&format!("{error:#}"))));
    Exit::CouldNotRun
}

/// Requested help and version exit with 0. Any other usage exits with 1, because 2, which is clap's
/// own code, means drift.
fn usage_or_help(answer: &clap::Error) -> Exit {
    // If it cannot be printed, the exit code still reports it.
    let _ = answer.print();
    if answer.use_stderr() { Exit::CouldNotRun } else { Exit::Success }
}
