//! The command line.

mod check;
#[cfg(feature = "lab")]
mod demo;
pub(crate) mod doctor;
pub(crate) mod init;
#[cfg(feature = "lab")]
mod lab;
pub(crate) mod record;
#[cfg(not(feature = "lab"))]
mod without_lab;

use clap::{Args as Arguments, Parser, Subcommand, ValueEnum};
use writerlink_aws::Settings;

use self::check::{CHECK, CHECK_EXAMPLES, COMPLETIONS_EXAMPLES};
pub(crate) use self::check::{CheckArgs, CheckFormat, CompletionsArgs, OneBindingArgs};
#[cfg(feature = "lab")]
use self::demo::{DEMO, DEMO_EXAMPLES};
#[cfg(feature = "lab")]
pub(crate) use self::demo::{DemoArgs, DemoFormat, NetworkArgs};
use self::doctor::{DOCTOR, DOCTOR_EXAMPLES, DoctorArgs};
use self::init::{INIT, INIT_EXAMPLES, InitArgs};
#[cfg(feature = "lab")]
use self::lab::LAB_EXAMPLES;
#[cfg(feature = "lab")]
pub(crate) use self::lab::*;
use self::record::{RECORD_EXAMPLES, RecordCommand};
#[cfg(not(feature = "lab"))]
pub(crate) use self::without_lab::WithoutLabArgs;

/// Keeps a load balancer's target group pointed at the database behind an RDS endpoint.
#[derive(Debug, Parser)]
#[command(
    name = "writerlink",
    version = VERSION,
    max_term_width = 100,
    after_help = EXAMPLES,
    long_about = "\
        Keeps a Network Load Balancer's target group pointed at the address behind an RDS \
        endpoint.\n\n\
        A Lambda function does that work. This program proposes a configuration for it, checks \
        one, examines and audits a real Region, and shows recorded failovers. With the lab built \
        in, it also shows the function at work in an embedded region, and serves that to other \
        programs. It only reads: it has no command that changes a target group of an AWS account.",
)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The version, the commit and the target.
const VERSION: &str = concat!(
    env!("CARGO_PKG_VERSION"),
    " (",
    env!("WRITERLINK_COMMIT"),
    ", ",
    env!("WRITERLINK_TARGET"),
    ")"
);

/// The examples of every build, after those of `$first` and before those of `$last`.
macro_rules! examples {
    ($first:literal, $last:literal) => {
        concat!(
            "Examples:\n",
            $first,
            "  writerlink init --output writerlink.toml   Propose a configuration\n",
            "  writerlink check writerlink.toml           Find mistakes in a configuration\n",
            "  writerlink doctor --config writerlink.toml ",
            "Find what will break, and what mends it\n",
            "  writerlink audit --config writerlink.toml  Compare groups with databases\n",
            "  writerlink record show recorder.log        Show recorded failovers",
            $last
        )
    };
}

#[cfg(feature = "lab")]
const EXAMPLES: &str = examples!(
    "  writerlink demo                            Watch two failovers; no AWS account\n",
    "\n  writerlink lab serve                       Serve a region to any AWS client"
);
#[cfg(not(feature = "lab"))]
const EXAMPLES: &str = examples!("", "");

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    #[cfg(feature = "lab")]
    /// Play two failovers in an embedded region and show how the function follows them
    #[command(long_about = DEMO, after_help = DEMO_EXAMPLES)]
    Demo(DemoArgs),
    #[cfg(feature = "lab")]
    /// The function that `demo` starts; it works in the embedded region only
    #[command(hide = true)]
    Function,
    #[cfg(feature = "lab")]
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
    #[cfg(feature = "lab")]
    /// Run the embedded region: serve it, play scenarios in it, or simulate histories
    #[command(subcommand, after_help = LAB_EXAMPLES)]
    Lab(LabCommand),
    #[cfg(not(feature = "lab"))]
    /// Say where the demo is: this program was built without the lab
    Demo(WithoutLabArgs),
    #[cfg(not(feature = "lab"))]
    /// Say where the lab is: this program was built without it
    Lab(WithoutLabArgs),
    /// Print the script by which a shell completes this command line
    #[command(after_help = COMPLETIONS_EXAMPLES)]
    Completions(CompletionsArgs),
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
    /// The configuration: the path of a TOML or JSON file, the text itself, `ssm:NAME` or
    /// `s3://BUCKET/KEY` [default: the value of WRITERLINK_CONFIG]
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
