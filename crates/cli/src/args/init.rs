//! The arguments of `init`.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use clap::{Args as Arguments, ValueEnum};
use writerlink_core::source::{Identifier, Source};
use writerlink_doctor::propose::parameters::Own;

use super::AccountArgs;

#[derive(Debug, Arguments)]
pub(crate) struct InitArgs {
    #[command(flatten)]
    pub(crate) database: Database,

    /// Only this target group, by its ARN or its name
    #[arg(long, value_name = "ARN|NAME")]
    pub(crate) target_group: Option<String>,

    /// The port of the targets, instead of the database's own
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) port: Option<u16>,

    /// The name of the binding, instead of the target group's
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,

    /// Also a binding for each member of the cluster, with this listener port for the first and the
    /// next ones for the others
    #[arg(
        long,
        value_name = "FIRST",
        requires = "cluster",
        value_parser = clap::value_parser!(u16).range(1..)
    )]
    pub(crate) member_ports: Option<u16>,

    /// Print the parameters of a template or a Terraform module of infra/ instead
    #[arg(long, value_enum, value_name = "TOOL")]
    pub(crate) parameters: Option<Tool>,

    #[command(flatten)]
    pub(crate) own: OwnArgs,

    /// Whether the function may write
    #[arg(long, value_enum, value_name = "MODE", default_value_t = InitMode::Observe)]
    pub(crate) mode: InitMode,

    /// Write to this file, which must not exist, instead of standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    /// Ask this DNS server for the databases' names, instead of the system's; can be given several
    /// times. The configuration names it too
    #[arg(long = "dns-server", value_name = "ADDRESS[:PORT]", value_parser = server)]
    pub(crate) dns_servers: Vec<SocketAddr>,

    #[command(flatten)]
    pub(crate) account: AccountArgs,
}

/// The database. Without one, every database of the Region.
#[derive(Debug, Arguments)]
#[group(multiple = false)]
pub(crate) struct Database {
    /// Only the target groups of this cluster: of its writer, and of its readers
    #[arg(long, value_name = "ID")]
    cluster: Option<Identifier>,

    /// Only the target groups of this DB instance
    #[arg(long, value_name = "ID")]
    instance: Option<Identifier>,

    /// Only the target groups of this RDS Proxy
    #[arg(long, value_name = "NAME")]
    proxy: Option<Identifier>,
}

impl Database {
    /// What a binding of the database would follow.
    pub(crate) fn source(self) -> Option<Source> {
        let proxy = self.proxy.map(|name| Source::Proxy(name, None));
        let instance = self.instance.map(Source::Instance);
        self.cluster.map(Source::Cluster).or(instance).or(proxy)
    }
}

/// What only a person knows of the parameters of a template.
#[derive(Debug, Arguments)]
pub(crate) struct OwnArgs {
    /// With --parameters cloudformation: where you uploaded the function's code
    #[arg(long, value_name = "s3://BUCKET/KEY", requires = "parameters", value_parser = code)]
    code: Option<(String, String)>,

    /// With --parameters cloudformation: the ARN of someone who may create an endpoint, such as
    /// arn:aws:iam::444455556666:root; can be given several times
    #[arg(long = "allowed-principal", value_name = "ARN", requires = "parameters")]
    allowed_principals: Vec<String>,

    /// With --parameters cloudformation: who receives outcomes and alarms
    #[arg(long, value_name = "ADDRESS", requires = "parameters")]
    notify_email: Option<String>,
}

impl OwnArgs {
    pub(crate) fn is_empty(&self) -> bool {
        self.code.is_none() && self.allowed_principals.is_empty() && self.notify_email.is_none()
    }
}

impl From<OwnArgs> for Own {
    fn from(args: OwnArgs) -> Self {
        let OwnArgs { code, allowed_principals, notify_email } = args;
        Self { code, allowed_principals, notify_email }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Tool {
    /// A JSON file for `aws cloudformation deploy --parameter-overrides file://FILE`
    Cloudformation,
    /// A JSON file for `terraform apply -var-file=FILE`, whose name must end in `.tfvars.json`
    Terraform,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum InitMode {
    /// It reports what it would do
    Observe,
    /// It keeps the targets
    Manage,
}

fn code(text: &str) -> Result<(String, String), String> {
    let place = text.strip_prefix("s3://").and_then(|place| place.split_once('/'));
    place
        .filter(|(bucket, key)| !bucket.is_empty() && !key.is_empty())
        .map(|(bucket, key)| (bucket.to_owned(), key.to_owned()))
        .ok_or_else(|| "expected s3://BUCKET/KEY".to_owned())
}

fn server(text: &str) -> Result<SocketAddr, String> {
    let with_port = |_| text.parse().map(|address: IpAddr| SocketAddr::new(address, 53));
    text.parse()
        .or_else(with_port)
        .map_err(|_| "expected an address such as 10.20.0.2 or 10.20.0.2:53".to_owned())
}

pub(crate) const INIT: &str = "\
Proposes a configuration for the databases and target groups of a Region, and changes nothing.\n\n\
It compares the targets of each TCP group of the type ip with the addresses of the databases' \
names. A group whose targets are all of one source becomes a binding, in mode observe. Its `allow` \
is exactly the networks of the database's subnets. A group that needs a decision becomes a \
comment, with what was found. A group without targets, or with targets of no database, is listed \
and no more.\n\n\
What could not be read becomes a blank, such as `<allow-of-orders>`, which the function refuses; a \
comment names the permission. Its permissions are among those of `writerlink doctor \
--print-policy`, with `elasticloadbalancing:DescribeTags`. It looks up DNS names from the machine \
on which it runs.\n\n\
With --parameters the bindings become the parameters of infra/reconciler.yaml, or of the module \
infra/terraform/reconciler. A database without a target group gets those of infra/writerlink.yaml, \
or of infra/terraform/link, which make one. Standard error says the rest. What the account does \
not say, you add with --code, --allowed-principal and --notify-email.\n\n\
With --member-ports each member of the cluster also gets a binding, beside the writer's, for \
clients that take several hosts and choose the writer themselves. With --parameters in addition, \
the parameters are those of infra/members.yaml, or of infra/terraform/members, which add the \
members' groups and listeners to a link.";

pub(crate) const INIT_EXAMPLES: &str = "\
Exit codes:
  0  Everything was read, and no decision is left; also if there is nothing to
     propose.
  1  It could not run: usage, credentials, or no such database or group.
  3  There is a blank or an open decision, or something could not be read.
     What was found is printed all the same.

Examples:
  writerlink init --region eu-west-1 --output writerlink.toml
  writerlink init --cluster orders --target-group orders
  writerlink init --cluster orders --parameters cloudformation --output orders.json
  writerlink init --cluster orders --member-ports 5441
  writerlink init --parameters terraform --output link.tfvars.json";
