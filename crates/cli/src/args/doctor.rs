//! The arguments of `doctor`.

use clap::{Args as Arguments, ValueEnum};

use super::AccountArgs;

#[derive(Debug, Arguments)]
pub(crate) struct DoctorArgs {
    /// The configuration: the path of a TOML or JSON file, the text itself, `ssm:NAME` or
    /// `s3://BUCKET/KEY` [default: the value of WRITERLINK_CONFIG]
    #[arg(long, value_name = "PATH|TEXT")]
    pub(crate) config: Option<String>,

    #[command(flatten)]
    pub(crate) account: AccountArgs,

    /// Examine only this binding; can be given several times
    #[arg(long = "binding", value_name = "NAME")]
    pub(crate) bindings: Vec<String>,

    /// The format of the report
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = DoctorFormat::Text)]
    pub(crate) output: DoctorFormat,

    #[command(flatten)]
    pub(crate) ask: Ask,
}

/// Questions that need no account. Only one can be asked.
#[derive(Debug, Arguments)]
#[group(multiple = false)]
pub(crate) struct Ask {
    /// Explain checks, such as W210 or W210,W222, and read nothing
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub(crate) explain: Vec<String>,

    /// List every check, and read nothing
    #[arg(long)]
    pub(crate) checks: bool,

    /// Print the IAM policy that lets every check be answered, and read nothing
    #[arg(long)]
    pub(crate) print_policy: bool,

    /// Print the JSON Schema of `--output json`, and read nothing
    #[arg(long)]
    pub(crate) schema: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DoctorFormat {
    /// Lines for people
    Text,
    /// JSON, as `--schema` describes it
    Json,
    /// Markdown for a ticket
    Markdown,
    /// One self-contained page
    Html,
}

pub(crate) const DOCTOR: &str = "\
Examines the whole way from the consumer to the database, and changes nothing.\n\n\
For each binding of the configuration it reads the database, the target group, the load balancer, \
the endpoint service, security groups and network ACLs, the names, the event subscriptions, the \
topic, the function, its schedule and alarms. It tells what is broken, what will break at the next \
failover, what costs seconds, and the command that mends it. What the credentials may not read is \
\"not checked\", with the missing permission.\n\n\
It runs an audit first, which takes at most 30 seconds, or 90 with `discover`. Its permissions are \
those of `--print-policy`.";

pub(crate) const DOCTOR_EXAMPLES: &str = "\
Exit codes:
  0  Nothing is broken, and nothing will break at the next failover.
  1  The doctor could not run: usage, credentials, or configuration (also that
     of a single binding).
  2  Something is broken, or will break at the next failover.
  3  Neither, as far as could be read; something was not checked.

Examples:
  writerlink doctor --config writerlink.toml --region eu-west-1
  writerlink doctor --output html > doctor.html
  writerlink doctor --explain W210
  writerlink doctor --output json |
    jq '.findings[] | select(.severity == \"broken\")'";
