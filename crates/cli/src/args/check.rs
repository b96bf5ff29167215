//! The arguments of `check` and `completions`, and of an audit without a configuration.

use clap::{Args as Arguments, ValueEnum};
use clap_complete::Shell;

#[derive(Debug, Arguments)]
pub(crate) struct CheckArgs {
    /// The files to check, `-` for standard input [default: the value of --config, or of
    /// WRITERLINK_CONFIG]
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<String>,

    /// The path of a file, the text of a configuration itself, `ssm:NAME` or `s3://BUCKET/KEY`
    #[arg(long, value_name = "PATH|TEXT", conflicts_with = "paths")]
    pub(crate) config: Option<String>,

    /// What the stack permits in the texts: the path of a file, or the text itself [default: none,
    /// and of `ssm:` and `s3:` the value of WRITERLINK_PERMIT]
    #[arg(long, value_name = "PATH|TEXT")]
    pub(crate) permit: Option<String>,

    /// Print the JSON Schema of a configuration, and check nothing
    #[arg(long, conflicts_with_all = ["paths", "config", "permit", "output"])]
    pub(crate) schema: bool,

    /// The format of the answer
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = CheckFormat::Text)]
    pub(crate) output: CheckFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CheckFormat {
    /// One block for each mistake, which begins with FILE:LINE:COLUMN
    Text,
    /// The same as JSON, as docs/configuration.md says
    Json,
}

pub(super) const CHECK: &str = "\
Checks configurations and prints every mistake in them: where it is, what was found, and what is \
allowed. The function and the audit say the same.\n\n\
It needs no AWS account, no Region and no network (but for a configuration in SSM or S3), so it \
does not know whether databases and target groups exist. The audit does. docs/configuration.md \
lists every key.";

pub(super) const CHECK_EXAMPLES: &str = "\
Exit codes:
  0  There is no mistake.
  1  There is one, also if only one binding cannot be used because of it; or
     a file cannot be read.

Examples:
  writerlink check writerlink.toml
  writerlink check --output json writerlink.toml | jq '.files[].mistakes[]'
  writerlink check --permit permit.toml bindings.toml
  terraform output -raw config | writerlink check -
  writerlink check --schema > writerlink.schema.json";

#[derive(Debug, Arguments)]
pub(crate) struct CompletionsArgs {
    /// The shell
    pub(crate) shell: Shell,
}

pub(super) const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  writerlink completions bash > ~/.local/share/bash-completion/completions/writerlink
  writerlink completions zsh > ~/.zfunc/_writerlink
  writerlink completions fish > ~/.config/fish/completions/writerlink.fish";

/// One binding, instead of a configuration.
#[derive(Debug, Arguments)]
#[group(id = "one", multiple = true, conflicts_with_all = ["config", "bindings"])]
pub(crate) struct OneBindingArgs {
    /// The source of a single binding, instead of a configuration: `cluster/orders`
    #[arg(long, value_name = "SOURCE", requires_all = ["target_group", "allow"])]
    pub(crate) source: Option<String>,

    /// The ARN of its target group
    #[arg(long, value_name = "ARN", requires = "source")]
    pub(crate) target_group: Option<String>,

    /// A network whose addresses may be registered; can be given several times
    #[arg(long, value_name = "CIDR", requires = "source")]
    pub(crate) allow: Vec<String>,

    /// The port of the targets [default: the database's own]
    #[arg(long, value_name = "NUMBER", requires = "source")]
    pub(crate) port: Option<u64>,

    /// The binding's name in the report [default: the source]
    #[arg(long, value_name = "NAME", requires = "source")]
    pub(crate) name: Option<String>,
}
