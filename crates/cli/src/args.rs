//! The command line.

mod check;
pub(crate) mod doctor;
pub(crate) mod init;
mod lab;
pub(crate) mod record;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args as Arguments, Parser, Subcommand, ValueEnum};
use writerlink_aws::Settings;

use self::check::{CHECK, CHECK_EXAMPLES, COMPLETIONS_EXAMPLES};
pub(crate) use self::check::{CheckArgs, CheckFormat, CompletionsArgs, OneBindingArgs};
use self::doctor::{DOCTOR, DOCTOR_EXAMPLES, DoctorArgs};
use self::init::{INIT, INIT_EXAMPLES, InitArgs};
use self::lab::LAB_EXAMPLES;
pub(crate) use self::lab::*;
use self::record::{RECORD_EXAMPLES, RecordCommand};

/// Keeps a load balancer's target group pointed at the database behind an RDS endpoint.
#[derive(Debug, Parser)]
#[command(
    name = "writerlink",
    version,
    max_term_width = 100,
    after_help = EXAMPLES,
    long_about = "\
        Keeps a Network Load Balancer's target group pointed at the address behind an RDS \
        endpoint.\n\n\
        A Lambda function does that work. This program proposes a configuration for it, checks \
        one, examines and audits a real Region, shows recorded failovers, and shows the function \
        at work in an embedded region, which it serves to other programs too. It only reads: it \
        has no command that changes a target group of an AWS account.",
)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXAMPLES: &str = "\
Examples:
  writerlink demo                            Watch two failovers; no AWS account
  writerlink init --output writerlink.toml   Propose a configuration
  writerlink check writerlink.toml           Find mistakes in a configuration
  writerlink doctor --config writerlink.toml Find what will break, and what mends it
  writerlink audit --config writerlink.toml  Compare groups with databases
  writerlink record show recorder.log        Show recorded failovers
  writerlink lab serve                       Serve a region to any AWS client";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Play two failovers in an embedded region and show how the function follows them
    #[command(long_about = DEMO, after_help = DEMO_EXAMPLES)]
    Demo(DemoArgs),
    /// The function that `demo` starts; it works in the embedded region only
    #[command(hide = true)]
    Function,
    /// What `lab run` and `lab serve` start in the network namespace of another program
    #[command(hide = true)]
    Network(NetworkArgs),
    /// Propose a configuration for the databases and target groups of a Region
    #[command(long_about = INIT, after_help = INIT_EXAMPLES)]
    Init(InitArgs),
    /// Find every mistake in a configuration, without AWS
    #[command(long_about = CHECK, after_help = CHECK_EXAMPLES)]
    Check(CheckArgs),
    /// Examine the whole way from the consumer to the database, and change nothing
    #[command(long_about = DOCTOR, after_help = DOCTOR_EXAMPLES)]
    Doctor(DoctorArgs),
    /// Compare target groups with their databases, and change nothing
    #[command(long_about = AUDIT, after_help = AUDIT_EXAMPLES)]
    Audit(AuditArgs),
    /// Show what the recorder has recorded of failovers
    #[command(subcommand, after_help = RECORD_EXAMPLES)]
    Record(RecordCommand),
    /// Run the embedded region: serve it, play scenarios in it, or simulate histories
    #[command(subcommand, after_help = LAB_EXAMPLES)]
    Lab(LabCommand),
    /// Print the script by which a shell completes this command line
    #[command(after_help = COMPLETIONS_EXAMPLES)]
    Completions(CompletionsArgs),
}

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

const DEMO: &str = "\
Plays two failovers in an embedded region and shows how the function follows them.\n\n\
Two target groups point at an Aurora cluster and at a Multi-AZ instance. Both databases lose their \
writer. The function, the AWS SDK and the DNS resolver are the real ones. The region is simulated \
on loopback: its DNS lags and flaps, and events arrive before anything has moved. It is the \
scenario `two-failovers` of `writerlink lab run`, followed live, at five times the speed of \
AWS.\n\n\
The demo needs no AWS account, no network and no configuration, and takes about a minute. It \
exits with 0 if both groups end with exactly the writer in them, and with 1 otherwise.";

const DEMO_EXAMPLES: &str = "\
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

/// Which account and Region are read.
#[derive(Debug, Arguments)]
pub(crate) struct AccountArgs {
    /// The profile in the AWS configuration files, instead of AWS_PROFILE
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Option<String>,

    /// The Region, instead of AWS_REGION and the Region of the profile
    #[arg(long, value_name = "NAME")]
    pub(crate) region: Option<String>,
}

impl From<AccountArgs> for Settings {
    fn from(AccountArgs { profile, region }: AccountArgs) -> Self {
        Self { profile, region }
    }
}

#[derive(Debug, Arguments)]
pub(crate) struct AuditArgs {
    /// The configuration: the path of a TOML or JSON file, or the text itself [default: the value
    /// of WRITERLINK_CONFIG]
    #[arg(long, value_name = "PATH|TEXT")]
    pub(crate) config: Option<String>,

    #[command(flatten)]
    pub(crate) one: OneBindingArgs,

    #[command(flatten)]
    pub(crate) account: AccountArgs,

    /// Audit only this binding; can be given several times
    #[arg(long = "binding", value_name = "NAME")]
    pub(crate) bindings: Vec<String>,

    /// The format of the report
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = AuditFormat::Table)]
    pub(crate) output: AuditFormat,
}

const AUDIT: &str = "\
Compares target groups with their databases, and changes nothing.\n\n\
For each binding of the configuration, the audit shows which instance is the writer according to \
the RDS API and according to DNS, what the group's targets are, and what there is to do. It gets \
clients that read and none that write. It takes at most 30 seconds, or 90 with `discover`.\n\n\
The audit needs `rds:DescribeDBClusters`, `rds:DescribeDBInstances`, \
`elasticloadbalancing:DescribeTargetGroups` and `elasticloadbalancing:DescribeTargetHealth`. \
`discover`, custom endpoints and proxies need more: see docs/operations.md. It looks up DNS names \
from the machine on which it runs.";

const AUDIT_EXAMPLES: &str = "\
Exit codes:
  0  Every binding is in sync.
  1  The audit could not run: usage, credentials, or configuration (also that
     of a single audited binding).
  2  Drift: there is something to do. Or a finding reports something broken.
  3  The audit could not determine the state of every binding: keys disagree,
     or a call or a lookup failed. 3 outranks drift, because a report with gaps
     must not read as \"drift, and nothing else\".

Examples:
  writerlink audit --config writerlink.toml --region eu-west-1
  writerlink audit --profile production --binding orders-writer
  writerlink audit --source cluster/orders --target-group ARN \\
    --allow 10.20.4.0/24 --allow 10.20.5.0/24
  writerlink audit --output json |
    jq '.bindings[] | select(.status == \"drift\")'";

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum AuditFormat {
    /// A table for people
    Table,
    /// The same JSON report that the function returns
    Json,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Args::command().debug_assert();
    }
}
