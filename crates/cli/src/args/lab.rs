//! The arguments of `lab`.

use std::ffi::OsString;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args as Arguments, Subcommand, ValueEnum};

#[derive(Debug, Subcommand)]
pub(crate) enum LabCommand {
    /// Serve the region on loopback until Ctrl-C, or while a command runs
    #[command(long_about = SERVE, after_help = SERVE_EXAMPLES)]
    Serve(ServeArgs),
    /// Print the JSON Schema of the files that `serve --world` or `run --scenarios` takes
    #[command(after_help = SCHEMA_EXAMPLES)]
    Schema(SchemaArgs),
    /// Play scenarios in real time, with databases and an application, against the function or
    /// another program
    #[command(long_about = RUN, after_help = RUN_EXAMPLES)]
    Run(RunArgs),
    /// Play seeded histories in virtual time and check them against the promises
    #[command(long_about = SIMULATE, after_help = SIMULATE_EXAMPLES)]
    Simulate(SimulateArgs),
    /// Measure the engine against AWS's budgets of API calls, mostly in virtual time
    #[command(long_about = BENCH, after_help = BENCH_EXAMPLES)]
    Bench(BenchArgs),
}

const SCHEMA_EXAMPLES: &str = "\
Examples:
  writerlink lab schema > world.schema.json
  writerlink lab schema --scenarios > scenarios.schema.json";

#[derive(Debug, Arguments)]
pub(crate) struct SchemaArgs {
    /// Of the files that `run --scenarios` takes, instead of those of `serve --world`
    #[arg(long)]
    pub(crate) scenarios: bool,
}

pub(super) const LAB_EXAMPLES: &str = "\
Examples:
  writerlink lab serve --write-config /tmp/writerlink.toml
  writerlink lab serve --world world.toml
  writerlink lab run planned-failover
  writerlink lab simulate
  writerlink lab bench";

#[derive(Debug, Arguments)]
pub(crate) struct ServeArgs {
    /// How many seconds pass in the region during one real second
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0, value_parser = speed)]
    pub(crate) speed: f64,

    /// What is in the region at the beginning: a TOML file, as docs/lab.md says [default: the
    /// demo's databases, target groups and topic]
    #[arg(long, value_name = "FILE")]
    pub(crate) world: Option<PathBuf>,

    /// Write a configuration for the target groups that have a binding to this file
    #[arg(long, value_name = "PATH")]
    pub(crate) write_config: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) region: RegionArgs,

    /// Write the addresses to this file once the region serves, as the JSON of the first line; the
    /// file is removed at the end
    #[arg(long, value_name = "PATH")]
    pub(crate) ready_file: Option<PathBuf>,

    /// Run this command with the variables of the region set, and end with its exit code
    #[arg(last = true, value_name = "COMMAND")]
    pub(crate) command: Vec<OsString>,
}

/// What is the same for a region that is served and for one in which scenarios are played.
#[derive(Debug, Arguments)]
pub(crate) struct RegionArgs {
    /// What runs behind the target groups that have a binding; the load balancer forwards TCP to it
    #[arg(long, value_enum, value_name = "KIND", default_value_t = DatabaseKind::Line)]
    pub(crate) databases: DatabaseKind,

    /// Refuse API calls beyond a budget, as AWS does [default: no budget; without a value: whole]
    #[arg(
        long,
        value_enum,
        value_name = "SIZE",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "whole"
    )]
    pub(crate) budgets: Option<BudgetSize>,

    /// Run the command in this machine's own network: it can reach more than the lab, and asks this
    /// machine's resolver instead of the lab's DNS server
    #[arg(long)]
    pub(crate) host_network: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum BudgetSize {
    /// Elastic Load Balancing's documented budgets, and an invented one for RDS
    Whole,
    /// What a rival leaves that uses half of Elastic Load Balancing's budgets all the time
    Half,
}

const SERVE: &str = "\
Serves the embedded region on loopback until Ctrl-C, or while a command runs: the AWS Query API of \
RDS, Elastic Load Balancing, SNS and STS, Lambda's Invoke and runtime APIs for one function named \
`writerlink`, and a DNS server.\n\n\
The first line on standard output is JSON with the addresses. Instructions for using them follow \
on standard error. The region accepts any credentials, and it keeps nothing when it ends.\n\n\
With a command, standard output is the command's, and the instructions are left out. The addresses \
are in its environment: AWS_ENDPOINT_URL, AWS_REGION, credentials, AWS_LAMBDA_RUNTIME_API, \
WRITERLINK_CONFIG (the path of --write-config, else the configuration itself) and WRITERLINK_LAB, \
as for the programs of `lab run`. On Linux it runs in a network namespace in \
which the lab's DNS server is its resolver, where the system allows that.";

const SERVE_EXAMPLES: &str = "\
Exit codes:
  0  It was ended by Ctrl-C or SIGTERM.
  1  It could not serve.
  With a command, the code is the command's own; 128 and the number of the
  signal, if one ended it; 126 if it cannot be run, and 127 if it is not found.

Examples:
  writerlink lab serve --write-config /tmp/writerlink.toml
  writerlink lab serve -- aws rds describe-db-clusters
  writerlink lab serve -- getent hosts \\
    orders.cluster-c0ffee1234ab.eu-west-1.rds.amazonaws.com
  writerlink lab serve --world world.toml --speed 10 -- ./test.sh
  writerlink lab serve --ready-file /tmp/lab.json &";

#[derive(Debug, Arguments)]
pub(crate) struct RunArgs {
    /// The names of the scenarios to play
    #[arg(value_name = "SCENARIO", conflicts_with_all = ["all", "list"])]
    pub(crate) scenarios: Vec<String>,

    /// Play every scenario
    #[arg(long, conflicts_with = "list")]
    pub(crate) all: bool,

    /// List the scenarios, and play none
    #[arg(long)]
    pub(crate) list: bool,

    /// Scenarios of your own instead of the built-in ones: a TOML file, as docs/lab.md says
    #[arg(long = "scenarios", value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,

    /// The program under test: one program with its arguments, in the shell's quotes (`env -C
    /// FOLDER NAME=VALUE PROGRAM` for more); can be given several times. `bootstrap` is our
    /// function, from the directory of this program. {endpoint}, {target_group}, {port} and {dns}
    /// stand for the values of the first link [default: bootstrap]
    #[arg(long = "handler", value_name = "COMMAND")]
    pub(crate) handlers: Vec<String>,

    /// Invoke the program only for events, and not every minute too
    #[arg(long)]
    pub(crate) no_schedule: bool,

    /// How many seconds pass in the region during one real second
    #[arg(long, value_name = "FACTOR", default_value_t = 5.0, value_parser = playing_speed)]
    pub(crate) speed: f64,

    /// The seed of the random delays in the region
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub(crate) seed: u64,

    /// Play with each of these seeds (`1..9`, or `9` for the same), and print the median and the
    /// extremes of each figure. One run ranks nobody: chance decides much of it
    #[arg(long, value_name = "FROM..TO", value_parser = seeds, conflicts_with = "seed")]
    pub(crate) seeds: Option<RangeInclusive<u64>>,

    /// How nodes see the health of a target that is being removed; can be given several times. AWS
    /// does not say, and nobody has measured it
    #[arg(long, value_enum, value_name = "RULE", default_values_t = [Leaving::Frozen])]
    pub(crate) leaving: Vec<Leaving>,

    /// Set a delay of the region, such as `health-lag=30`; can be given several times. docs/lab.md
    /// lists them
    #[arg(long = "delay", value_name = "NAME=SECONDS")]
    pub(crate) delays: Vec<String>,

    /// Which events the function is invoked with [default: instances for `bootstrap`, as it is
    /// deployed; failover for other programs]
    #[arg(long, value_enum, value_name = "EVENTS")]
    pub(crate) subscription: Option<Events>,

    /// The time-out of the function, in seconds. Up to 30 s it is real time; a longer one is
    /// divided by the speed, but is at least 30 real seconds [default: 240 for `bootstrap`, as it
    /// is deployed; 3 for other programs, as Lambda has it]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u16).range(1..=900))]
    pub(crate) timeout: Option<u16>,

    /// How often Lambda tries an invocation again that ended in an error, 0 to 2 [default: 0 for
    /// `bootstrap`, as it is deployed; 2 for other programs, as Lambda has it]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u8).range(0..=2))]
    pub(crate) retries: Option<u8>,

    /// When Lambda tries an invocation again that found the function busy
    #[arg(long, value_enum, value_name = "RULE", default_value_t = Queue::Backoff)]
    pub(crate) queue: Queue,

    #[command(flatten)]
    pub(crate) region: RegionArgs,

    /// How many scenarios to play at the same time
    #[arg(
        long,
        value_name = "COUNT",
        default_value_t = 8,
        value_parser = clap::value_parser!(u16).range(1..=32)
    )]
    pub(crate) jobs: u16,

    /// The format of the verdicts [default: summary on a terminal, else json]
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(crate) output: Option<RunFormat>,

    /// Write a report of what happened, with timelines, to this HTML file
    #[arg(long, value_name = "PATH")]
    pub(crate) report: Option<PathBuf>,
}

/// How nodes see the health of a target that is being removed, until they hear of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Leaving {
    /// It stays what they knew at the removal
    Frozen,
    /// It is what its health checks find, which go on
    Live,
    /// It does not count as healthy: without another healthy target they fail open
    Ignored,
}

/// Which events the function is invoked with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Events {
    /// Those of failovers
    Failover,
    /// Also the shutdown, the restart and the new topology of the instances of a cluster that fails
    /// over
    Instances,
}

/// When Lambda tries an invocation again that found no free environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Queue {
    /// After pauses from 1 s to 5 min that double
    Backoff,
    /// As soon as the function is free
    AtOnce,
}

const RUN: &str = "\
Plays scenarios in the embedded region and reports how they ended. Each scenario is a failover or \
another change, often with a fault injected. Databases run behind the load balancer, and an \
application writes through it all the time.\n\n\
The program under test can be any program that speaks the Lambda runtime API. It gets its \
addresses in AWS_LAMBDA_RUNTIME_API and AWS_ENDPOINT_URL, and its task in WRITERLINK_CONFIG. \
WRITERLINK_LAB states the same task as JSON: the DNS server, and for each link its name, source, \
endpoint, port and target group. WRITERLINK_LAB_ENDPOINT, _TARGET_GROUP, _PORT and _DNS have the \
values of the first link; so have the placeholders of a command. The verdict comes from the region \
and the application. What the program reports about itself does not count.\n\n\
A program other than ours runs, on Linux, in a network namespace in which the lab's DNS server is \
its resolver, where the system allows that.\n\n\
By default, the region runs five times as fast as real time. The program under test does not: the \
faster the region, the slower the program looks.";

const RUN_EXAMPLES: &str = "\
Exit codes:
  0  Every scenario ended as it should.
  1  A scenario could not be played: usage, or a program that does not start.
     What could be played is reported all the same.
  2  A scenario ended differently.

Examples:
  writerlink lab run --list
  writerlink lab run planned-failover --report failover.html
  writerlink lab run lost-event \\
    --handler 'env NAME={endpoint} python3 -m awslambdaric app.handler' |
    jq .faults
  writerlink lab run --scenarios mine.toml --all
  writerlink lab run planned-failover --seeds 9 --leaving frozen --leaving live \\
    --output grid --handler bootstrap --handler tests/baseline/run";

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DatabaseKind {
    /// A small line protocol inside this program; each database says truthfully whether it is a
    /// writer or a reader
    Line,
    /// PostgreSQL, which must be installed: a primary with streaming standbys, and an application
    /// that verifies their certificates
    Postgresql,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RunFormat {
    /// JSON: one verdict, or a list of verdicts; of several seeds, `runs` and `verdicts`
    Json,
    /// A few lines for people about one run, and a table of several
    Summary,
    /// A table for people
    Grid,
    /// The table of docs/lab.md: seconds until right, seconds without an acknowledged write,
    /// seconds in which the group was empty, failed writes
    Markdown,
}

#[derive(Debug, Arguments)]
pub(crate) struct SimulateArgs {
    /// Play this seed and print everything that happens
    #[arg(long, value_name = "NUMBER", conflicts_with_all = ["seeds", "from", "most", "threads"])]
    pub(crate) seed: Option<u64>,

    /// Play this many seeds [default: 1000, unless --for is given]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) seeds: Option<u64>,

    /// The first seed
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    pub(crate) from: u64,

    /// Start no seed after this time, such as 180s or 8h
    #[arg(long = "for", value_name = "TIME", value_parser = time)]
    pub(crate) most: Option<Duration>,

    /// The number of threads [default: one per core]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) threads: Option<u16>,
}

const SIMULATE: &str = "\
Plays seeded histories of the real engine in the embedded region, in virtual time, and checks \
every history against the promises of docs/semantics.md.\n\n\
A seed determines the databases and groups, how fast everything moves, the failovers, and the \
faults that are injected: in messages, in the RDS API, DNS and the load balancer, in permissions, \
and in the function, which is killed, given a short deadline, or run twice at once. Then the \
faults stop, and everything must come right within the bound of L1. The same seed gives the same \
transcript, byte for byte.\n\n\
The simulation ends at the first broken promise and prints the command that replays it. Ctrl-C \
ends it and prints what was found so far. It exits with 0 if every promise was kept, and with 1 \
otherwise.";

const SIMULATE_EXAMPLES: &str = "\
Examples:
  writerlink lab simulate --seeds 10000
  writerlink lab simulate --from 1000000 --for 8h
  writerlink lab simulate --seed 42 | less";

#[derive(Debug, Arguments)]
pub(crate) struct BenchArgs {
    /// Measure only the rows whose name begins so; can be given several times
    #[arg(long = "row", value_name = "NAME")]
    pub(crate) rows: Vec<String>,

    /// List the names of the rows, and measure nothing
    #[arg(long, conflicts_with_all = ["rows", "small", "wire", "before"])]
    pub(crate) list: bool,

    /// Measure fewer bindings, moments and seeds, as the tests do
    #[arg(long)]
    pub(crate) small: bool,

    /// Measure the function as a program on loopback instead, in real time: some minutes
    #[arg(long, conflicts_with_all = ["rows", "small"])]
    pub(crate) wire: bool,

    /// Print the column `before` of the table in this file too
    #[arg(long, value_name = "PATH")]
    pub(crate) before: Option<PathBuf>,

    /// The format of the figures
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = BenchFormat::Table)]
    pub(crate) output: BenchFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum BenchFormat {
    /// The Markdown table of docs/benchmarks.md
    Table,
    /// JSON: a list of rows
    Json,
}

const BENCH: &str = "\
Measures the engine in an embedded region that refuses API calls beyond a budget, as AWS does: \
sweeps of up to 1,000 bindings, an event among them, fifty databases that fail over at once, and \
an AWS that throttles, is slow, or fails. A rival uses half of the budgets all the time.\n\n\
Each row of the table is a figure and the target that it is held against. Time is virtual: the \
figures are the same on every machine. docs/benchmarks.md says what the model assumes.";

const BENCH_EXAMPLES: &str = "\
Exit codes:
  0  Every figure is what it must be.
  1  Something could not be measured.
  2  A figure misses its target.

Examples:
  writerlink lab bench
  writerlink lab bench --row sweep --row storm
  writerlink lab bench --before docs/benchmarks.md > table.md
  writerlink lab bench --wire --output json | jq '.[] | select(.ok | not)'";

fn time(text: &str) -> Result<Duration, String> {
    let time: jiff::SignedDuration =
        text.parse().map_err(|_| "expected a time such as 180s, 3m or 8h".to_owned())?;
    Duration::try_from(time).map_err(|_| "expected a time that is not negative".to_owned())
}

/// The seeds from one to another, both included, or so many from 1 on.
fn seeds(text: &str) -> Result<RangeInclusive<u64>, String> {
    const MOST: u64 = 1000;
    let (from, to) = text.split_once("..").unwrap_or(("1", text));
    match (from.parse(), to.trim_start_matches('=').parse()) {
        (Ok(from), Ok(to)) if from <= to && to - from < MOST => Ok(from..=to),
        (Ok(from), Ok(to)) if from > to && text.contains("..") => {
            Err("the first seed must not be above the last".to_owned())
        }
        _ => Err(format!("expected seeds such as 1..9, or a number of them, at most {MOST}")),
    }
}

/// The speed of a scenario. Outside this range the function's own settings, which are whole
/// seconds, are refused or no longer fit the speed of the region.
fn playing_speed(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(speed) if (0.25..=30.0).contains(&speed) => Ok(speed),
        _ => Err("expected a number from 0.25 to 30".to_owned()),
    }
}

/// The speed of a region that is only served.
fn speed(text: &str) -> Result<f64, String> {
    const FASTEST: f64 = 1000.0;
    match text.parse() {
        Ok(speed) if speed > 0.0 && speed <= FASTEST => Ok(speed),
        _ => Err(format!("expected a number above 0, and at most {FASTEST}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_with_its_unit_and_not_negative() {
        assert_eq!(time("180s"), Ok(Duration::from_secs(180)));
        assert_eq!(time("1h 30m"), Ok(Duration::from_secs(5400)));
        for text in ["180", "-3s", "soon", ""] {
            assert!(time(text).is_err(), "{text}");
        }
    }

    #[test]
    fn seeds_are_a_range_or_a_number_of_them() {
        assert_eq!(seeds("9"), Ok(1..=9));
        assert_eq!(seeds("10..12"), Ok(10..=12));
        for text in ["0", "9..1", "..9", "1..", "1..1001", "many", "-3"] {
            assert!(seeds(text).is_err(), "{text}");
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
