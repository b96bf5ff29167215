//! The arguments of `demo`, and of the commands that it and the lab start.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args as Arguments, ValueEnum};

#[derive(Debug, Arguments)]
pub(crate) struct NetworkArgs {
    /// The folder with the unix socket of the relay
    pub(crate) folder: PathBuf,

    /// The address of the lab's DNS server
    pub(crate) dns: SocketAddr,

    /// The lab's other addresses
    pub(crate) others: Vec<SocketAddr>,
}

#[derive(Debug, Arguments)]
pub(crate) struct DemoArgs {
    /// The format of the output
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = DemoFormat::Text)]
    pub(crate) output: DemoFormat,
}

pub(super) const DEMO: &str = "\
Plays two failovers in an embedded region and shows how the function follows them.\n\n\
Two target groups point at an Aurora cluster and at a Multi-AZ instance. Both databases lose their \
writer. The function, the AWS SDK and the DNS resolver are the real ones. The region is simulated \
on loopback: its DNS lags and flaps, and events arrive before anything has moved. It is the \
scenario `two-failovers` of `writerlink lab run`, followed live, at five times the speed of \
AWS.\n\n\
The demo needs no AWS account, no network and no configuration, and takes about a minute. It \
exits with 0 if both groups end with exactly the writer in them, and with 1 otherwise.";

pub(super) const DEMO_EXAMPLES: &str = "\
Examples:
  writerlink demo
  writerlink demo --output json | jq .ok";

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DemoFormat {
    /// Lines for people, as things happen
    Text,
    /// One JSON value at the end
    Json,
}
