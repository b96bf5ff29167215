//! The arguments of `record`.

use clap::{Args as Arguments, Subcommand, ValueEnum};

#[derive(Debug, Subcommand)]
pub(crate) enum RecordCommand {
    /// Show records of failovers, and compare them
    #[command(long_about = SHOW, after_help = SHOW_EXAMPLES)]
    Show(ShowArgs),
}

#[derive(Debug, Arguments)]
pub(crate) struct ShowArgs {
    /// The files with records, `-` for standard input
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<String>,

    /// Replace names, and every word that is not one of RDS, ELBv2 or the recorder
    #[arg(long)]
    pub(crate) anonymous: bool,

    /// The format of the output
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = ShowFormat::Text)]
    pub(crate) output: ShowFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ShowFormat {
    /// A timeline of each failover, and a comparison
    Text,
    /// The records and the comparison as JSON
    Json,
    /// The same as one HTML page that needs nothing else
    Html,
}

const SHOW: &str = "\
Shows what the recorder has recorded: a timeline of each failover. Of several it also shows the \
shortest, the median and the longest EventLag, EvidenceToRegistered, RegisteredToHealthy, \
FailoverToHealthy and FailoverToLink, of each kind of source, engine and standby for itself. A \
time that is not known to within 15 s is left out and counted.\n\n\
A file can be a log of the recorder, an export of CloudWatch Logs (gunzip it first), the JSON of \
`aws logs filter-log-events` or `aws logs get-query-results`, the CSV of Logs Insights with the \
field @message, or an answer of the recorder. What is no record is left out and counted, a broken \
record is listed with its line, and one that is there twice counts once.\n\n\
With --anonymous the Region and the times remain. docs/recorder.md says what is in a record.";

const SHOW_EXAMPLES: &str = "\
Exit codes:
  0  Records were shown.
  1  A file cannot be read, there is no record, or one is broken. Good ones are shown beside it.

Examples:
  writerlink record show recorder.log
  aws logs filter-log-events --log-group-name /aws/lambda/recorder \\
    --filter-pattern '{ $.kind = \"record\" }' | writerlink record show -
  writerlink record show --output html *.json > failovers.html
  writerlink record show --anonymous --output json recorder.log";

pub(super) const RECORD_EXAMPLES: &str = "\
Examples:
  writerlink record show recorder.log
  writerlink record show --output html *.json > failovers.html";
