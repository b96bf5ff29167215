//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args as Arguments, Parser, Subcommand, ValueEnum};

/// Keeps a load balancer's target group pointed at the database behind an RDS endpoint.
#[derive(Debug, Parser)]
#[command(
    name = "writerlink",
    version,
    max_term_width = 100,
    after_help = EXAMPLES,
    long_about = "Keeps a Network Load Balancer's target group pointed at the address behind an \
        RDS endpoint.\n\n\
        The work is done by a Lambda function. This program shows it at work in an embedded region, serves that \
        region to other programs, and audits a real one. It only reads: it has no command that changes a target \
        group of an AWS account.",
)]
pub(crate) struct Args {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXAMPLES: &str = "\
Examples:
  writerlink demo                            Watch two failovers; needs no AWS account
  writerlink audit --config writerlink.toml  Compare target groups with their databases
  writerlink lab serve --demo-world          A region on loopback, for any AWS client";

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Play two failovers in an embedded region and watch them being followed
    #[command(long_about = DEMO, after_help = DEMO_EXAMPLES)]
    Demo(DemoArgs),
    /// Compare target groups with their databases, and change nothing
    #[command(long_about = AUDIT, after_help = AUDIT_EXAMPLES)]
    Audit(AuditArgs),
    /// The embedded region: served to other programs, or played through
    #[command(subcommand, after_help = LAB_EXAMPLES)]
    Lab(LabCommand),
}

/// `writerlink demo`
#[derive(Debug, Arguments)]
pub(crate) struct DemoArgs {
    /// How the story is told
    #[arg(long, value_enum, value_name = "FORM", default_value_t = DemoForm::Text)]
    pub(crate) output: DemoForm,
}

const DEMO: &str = "Plays two failovers in an embedded region and shows how they are followed.\n\n\
An Aurora cluster and a Multi-AZ MySQL instance stand behind two target groups; both lose their writer. The \
function, the AWS SDK and the DNS resolver are the real ones; the region, on loopback, is not: its DNS lags \
and flaps, an event is duplicated, and events come before anything has moved. Everything takes seconds that \
takes minutes in AWS.\n\n\
Needs no AWS account, no network and no configuration. Takes less than 30 seconds. Exits 0 if both groups \
end with exactly the writer in them, else 1.";

const DEMO_EXAMPLES: &str = "\
Examples:
  writerlink demo
  writerlink demo --output json | jq .ok";

/// How the demo tells its story.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DemoForm {
    /// Lines for people, as things happen
    Text,
    /// One JSON value at the end
    Json,
}

/// `writerlink audit`
#[derive(Debug, Arguments)]
pub(crate) struct AuditArgs {
    /// A TOML or JSON file, or the text itself
    #[arg(long, env = "WRITERLINK_CONFIG", hide_env_values = true, value_name = "PATH|TEXT")]
    pub(crate) config: Option<String>,

    /// The profile of the AWS configuration files, in place of AWS_PROFILE
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Option<String>,

    /// The Region, in place of AWS_REGION and the profile's
    #[arg(long, value_name = "NAME")]
    pub(crate) region: Option<String>,

    /// Only this binding; can be given several times
    #[arg(long = "binding", value_name = "NAME")]
    pub(crate) bindings: Vec<String>,

    /// How the report is printed
    #[arg(long, value_enum, value_name = "FORM", default_value_t = AuditForm::Table)]
    pub(crate) output: AuditForm,
}

const AUDIT: &str = "Compares target groups with their databases, and changes nothing.\n\n\
For each binding of the configuration: which instance is the writer, by the RDS API and by DNS, what the \
group's targets are, and what there is to do. It is given what reads and nothing that writes. It takes at \
most 30 seconds.\n\n\
It needs `rds:DescribeDBClusters`, `rds:DescribeDBInstances`, `elasticloadbalancing:DescribeTargetGroups` and \
`elasticloadbalancing:DescribeTargetHealth`, and asks DNS from where it runs.";

const AUDIT_EXAMPLES: &str = "\
Exit codes:
  0  every binding is in sync
  1  it could not run: usage, configuration (of a binding asked for, too), credentials
  2  drift: there is something to do; or a finding says that something is broken
  3  it could not tell of every binding: keys disagree, a call or a lookup failed. Wins over drift,
     because a report with holes must not read as `drift, and nothing else`

Examples:
  writerlink audit --config writerlink.toml --region eu-west-1
  writerlink audit --profile production --binding orders-writer
  writerlink audit --output json | jq '.bindings[] | select(.status == \"drift\")'";

/// How an audit prints its report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum AuditForm {
    /// A table for people
    Table,
    /// The report as the function answers it
    Json,
}

/// `writerlink lab`
#[derive(Debug, Subcommand)]
pub(crate) enum LabCommand {
    /// Serve the region on loopback until Ctrl-C
    #[command(long_about = SERVE, after_help = SERVE_EXAMPLES)]
    Serve(ServeArgs),
    /// Play scenarios in real time, with databases and an application, against the function or any
    /// other
    #[command(long_about = RUN, after_help = RUN_EXAMPLES)]
    Run(RunArgs),
    /// Play seeded histories in virtual time and hold them against the promises
    #[command(long_about = SIMULATE, after_help = SIMULATE_EXAMPLES)]
    Simulate(SimulateArgs),
}

const LAB_EXAMPLES: &str = "\
Examples:
  writerlink lab serve
  writerlink lab serve --demo-world --write-config /tmp/writerlink.toml
  writerlink lab run planned-failover
  writerlink lab simulate";

/// `writerlink lab serve`
#[derive(Debug, Arguments)]
pub(crate) struct ServeArgs {
    /// Seconds of the region that pass in one second
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0, value_parser = speed)]
    pub(crate) speed: f64,

    /// Begin with the demo's databases, target groups and topic instead of an empty region
    #[arg(long)]
    pub(crate) demo_world: bool,

    /// What stands behind the demo's load balancer, which then carries TCP to it
    #[arg(long, value_enum, value_name = "KIND", default_value_t = DatabaseKind::Line, requires = "demo_world")]
    pub(crate) databases: DatabaseKind,

    /// Write a configuration for the demo's groups to this file
    #[arg(long, value_name = "PATH", requires = "demo_world")]
    pub(crate) write_config: Option<PathBuf>,
}

const SERVE: &str = "Serves the embedded region on loopback until Ctrl-C: the AWS Query API of \
    RDS, Elastic Load \
Balancing, SNS and STS, Lambda's Invoke and runtime APIs for one function named `writerlink`, and a DNS \
server.\n\n\
The first line on standard output is JSON with the addresses; how to use them follows on standard error. Any \
credentials are taken, and everything is forgotten at the end.";

const SERVE_EXAMPLES: &str = "\
Examples:
  writerlink lab serve | head -1 | jq -r .aws_endpoint
  writerlink lab serve --demo-world --write-config /tmp/writerlink.toml
  writerlink lab serve --demo-world --databases postgresql
  writerlink lab serve --speed 10";

/// `writerlink lab run`
#[derive(Debug, Arguments)]
pub(crate) struct RunArgs {
    /// The scenarios' names
    #[arg(value_name = "SCENARIO", conflicts_with_all = ["all", "list"])]
    pub(crate) scenarios: Vec<String>,

    /// Play every scenario
    #[arg(long, conflicts_with = "list")]
    pub(crate) all: bool,

    /// Name the scenarios, and play none
    #[arg(long)]
    pub(crate) list: bool,

    /// The program under test: a command for the shell; can be given several times. `bootstrap` is
    /// our function, beside this program [default: bootstrap]
    #[arg(long = "handler", value_name = "COMMAND")]
    pub(crate) handlers: Vec<String>,

    /// Invoke it for events only, and not every minute too
    #[arg(long)]
    pub(crate) no_schedule: bool,

    /// Seconds of the region that pass in one second
    #[arg(long, value_name = "FACTOR", default_value_t = 5.0, value_parser = playing_speed)]
    pub(crate) speed: f64,

    /// What the region's delays are drawn from
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub(crate) seed: u64,

    /// What stands behind the load balancer
    #[arg(long, value_enum, value_name = "KIND", default_value_t = DatabaseKind::Line)]
    pub(crate) databases: DatabaseKind,

    /// How many are played at the same time
    #[arg(long, value_name = "COUNT", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=32))]
    pub(crate) jobs: u16,

    /// How the verdicts are printed
    #[arg(long, value_enum, value_name = "FORM", default_value_t = RunForm::Json)]
    pub(crate) output: RunForm,

    /// Write what happened, with timelines, into this HTML file
    #[arg(long, value_name = "PATH")]
    pub(crate) report: Option<PathBuf>,
}

const RUN: &str = "Plays scenarios in the embedded region and says how they ended: a failover with \
    a trouble around it, with databases \
behind the load balancer and an application that writes through it all the time.\n\n\
The program under test can be any that speaks the Lambda runtime API. It finds its addresses in AWS_LAMBDA_RUNTIME_API and \
AWS_ENDPOINT_URL, what it is to do in WRITERLINK_CONFIG, and the same in WRITERLINK_LAB as JSON: the DNS server, and for each link its \
name, source, endpoint, port and target group. The verdict is the region's and the application's; what the program says of itself \
counts for nothing.\n\n\
The region goes five times as fast as the clock on the wall, the program under test does not: the faster, the slower it looks.";

const RUN_EXAMPLES: &str = "\
Exit codes:
  0  every scenario ended as it should
  1  it could not be played: usage, or a program that does not start
  2  a scenario ended otherwise

Examples:
  writerlink lab run --list
  writerlink lab run planned-failover --report failover.html
  writerlink lab run lost-event --handler 'python3 -m awslambdaric app.handler' | jq .faults
  writerlink lab run --all --handler bootstrap --handler tests/baseline/run --output grid";

/// What stands behind the load balancer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DatabaseKind {
    /// A few lines of this program, which are honest about being a writer or a reader
    Line,
    /// PostgreSQL: a primary with streaming standbys, and an application that verifies their
    /// certificates; must be installed
    Postgresql,
}

/// How verdicts are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RunForm {
    /// JSON: a verdict, or a list of them
    Json,
    /// A table for people
    Grid,
}

/// `writerlink lab simulate`
#[derive(Debug, Arguments)]
pub(crate) struct SimulateArgs {
    /// Play this seed and tell all that happens
    #[arg(long, value_name = "NUMBER", conflicts_with_all = ["seeds", "from", "most", "threads"])]
    pub(crate) seed: Option<u64>,

    /// Play this many seeds [default: 1000, without --for]
    #[arg(long, value_name = "COUNT")]
    pub(crate) seeds: Option<u64>,

    /// The first of them
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    pub(crate) from: u64,

    /// Begin no seed after this time, such as 180s or 8h
    #[arg(long = "for", value_name = "TIME", value_parser = time)]
    pub(crate) most: Option<Duration>,

    /// Threads to play on [default: one a core]
    #[arg(long, value_name = "COUNT")]
    pub(crate) threads: Option<usize>,
}

const SIMULATE: &str = "Plays seeded histories of the real engine in the embedded region, in \
    virtual time, and holds \
every one against the promises of docs/semantics.md.\n\n\
A seed draws the databases and groups, how fast everything moves, failovers, and troubles around them: of messages, of the \
RDS API, DNS and the load balancer, of permissions, and of the function, which is killed, hurried or run twice at \
once. Then the troubles stop, and everything must come right within the bound of L1. The same seed tells the same \
story, to the byte.\n\n\
Ends at the first promise that is broken, with the command that tells its story. Ctrl-C ends it with what was found so \
far. Exits 0 if every promise was kept, else 1.";

const SIMULATE_EXAMPLES: &str = "\
Examples:
  writerlink lab simulate --seeds 10000
  writerlink lab simulate --from 1000000 --for 8h
  writerlink lab simulate --seed 42 | less";

/// A time as people write it.
fn time(text: &str) -> Result<Duration, String> {
    let time: jiff::SignedDuration =
        text.parse().map_err(|_| "a time such as 180s, 3m or 8h".to_owned())?;
    Duration::try_from(time).map_err(|_| "a time that is not negative".to_owned())
}

/// A factor by which a scenario can be played: beyond it the function's own settings, whole
/// seconds, no longer keep up, or are refused.
fn playing_speed(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(speed) if (0.25..=30.0).contains(&speed) => Ok(speed),
        _ => Err("a number from 0.25 to 30".to_owned()),
    }
}

/// A factor by which time can pass.
fn speed(text: &str) -> Result<f64, String> {
    const FASTEST: f64 = 1000.0;
    match text.parse() {
        Ok(speed) if speed > 0.0 && speed <= FASTEST => Ok(speed),
        _ => Err(format!("a number above 0, and at most {FASTEST}")),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Args::command().debug_assert();
    }

    #[test]
    fn a_time_is_written_with_its_unit_and_not_negative() {
        assert_eq!(time("180s"), Ok(Duration::from_secs(180)));
        assert_eq!(time("1h 30m"), Ok(Duration::from_secs(5400)));
        for text in ["180", "-3s", "soon", ""] {
            assert!(time(text).is_err(), "{text}");
        }
    }

    #[test]
    fn time_goes_forward_and_not_infinitely_fast() {
        assert_eq!(speed("0.5"), Ok(0.5));
        for text in ["0", "-1", "inf", "NaN", "1001", "fast", ""] {
            assert!(speed(text).is_err(), "{text}");
        }
    }
}
