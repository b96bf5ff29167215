//! `writerlink lab serve`: serves the region on loopback.

mod beside;
mod ready;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use serde::Serialize;
use writerlink_lab::scenario::postgres::{DATABASE, PASSWORD, Programs, ROLE};
use writerlink_lab::scenario::{Authority, Databases, RunningDatabases, Task};
use writerlink_lab::wire::{Lab, NlbListener, Options};
use writerlink_lab::world::{Budgets, Pace};
use writerlink_lab::world_file::WorldFile;

use self::ready::ReadyFile;
use crate::args::{BudgetSize, DatabaseKind, ServeArgs};
use crate::command::network::networks;
use crate::exit::Exit;
use crate::interrupt::interrupted;
use crate::output;
use writerlink_lab::scene::{FUNCTION, Link, Scene, config};

/// The function's timeout, as `infra/reconciler.yaml` sets it.
const TIMEOUT: Duration = Duration::from_secs(240);

/// The first line on standard output.
#[derive(Debug, Serialize)]
struct Addresses {
    /// `AWS_ENDPOINT_URL`.
    aws_endpoint: String,
    dns: String,
    /// `AWS_LAMBDA_RUNTIME_API`.
    runtime_api: String,
    /// Where the load balancers listen. Behind groups with a binding are databases; a connection to
    /// any other target is refused.
    nlb_listeners: Vec<NlbListener>,
    region: String,
    /// The function that a topic must invoke so that the runtime API delivers its messages.
    function_arn: String,
}

/// Serves until Ctrl-C or SIGTERM, both of which end it with success, or until the command ends.
pub(crate) async fn serve(args: &ServeArgs) -> anyhow::Result<Exit> {
    // First, so that what an earlier region has left there is not taken for this one's.
    let mut ready = args.ready_file.as_deref().map(ReadyFile::prepare).transpose()?;
    let file = match &args.world {
        Some(path) => read_world(path)?,
        None => WorldFile::demo(),
    };
    if let Some(exit) = args.command.first().and_then(|program| beside::refuse(program)) {
        return Ok(exit);
    }
    let networks = match args.command.is_empty() || args.region.host_network {
        true => None,
        false => networks().await?,
    };
    let Scene { mut world, links } = file.scene(file.pace())?;
    world.budgets = args.region.budgets.map(budgets);
    let region = world.region.clone();
    let pause = until_dns_is_stable(&world.pace, args.speed);
    let options = Options {
        speed: args.speed,
        function: FUNCTION.to_owned(),
        timeout: TIMEOUT,
        ..Options::default()
    };
    let lab = Lab::start(world, options).await.context("no loopback port can be opened")?;
    let config = config(&links, lab.dns(), "");
    let databases = databases(args.region.databases)?;
    let mut running = tokio::select! {
        started = RunningDatabases::start(&lab, &links, &databases) => {
            started.context("the databases cannot be started")?
        }
        _ = interrupted() => return Ok(Exit::Success),
    };
    let written =
        args.write_config.as_deref().map(|path| write_config(path, &config)).transpose()?;
    let addresses = Addresses {
        aws_endpoint: lab.aws_endpoint(),
        dns: lab.dns().to_string(),
        runtime_api: lab.runtime_api(),
        nlb_listeners: lab.nlb_listeners(),
        region,
        function_arn: lab.function_arn(),
    };
    let line = serde_json::to_string(&addresses)?;
    let configuration = written.as_ref().map_or(config, |path| path.display().to_string());
    let home = tempfile::tempdir().context("a temporary folder cannot be created")?;
    if args.command.is_empty() {
        output::print(&line)?;
        output::note(&hints(&addresses, &configuration, &links, pause));
        if let Some(authority) = running.authority() {
            output::note(&psql_hints(&lab, &links, authority, home.path())?);
        }
    }
    if let Some(ready) = &mut ready {
        ready.write(&line)?;
    }
    let command = async {
        if args.command.is_empty() {
            interrupted().await;
            return Ok(Exit::Success);
        }
        let task = Task::new(&lab, &links, &configuration);
        beside::run(&args.command, &task, networks.as_ref(), &lab).await
    };
    let exit = tokio::select! {
        failed = running.follow(&lab, &links) => match failed.context("a database has failed")? {},
        exit = command => exit?,
    };
    drop(running);
    lab.shutdown().await;
    Ok(exit)
}

/// Writes the configuration, and gives its path in a form that holds in any folder.
fn write_config(path: &Path, config: &str) -> anyhow::Result<PathBuf> {
    let named = || format!("{}: the configuration cannot be written", path.display());
    fs::write(path, config).with_context(named)?;
    path.canonicalize().with_context(named)
}

/// How many seconds pass on the wall from the request of a failover of an Aurora cluster until DNS
/// answers the new writer for good.
fn until_dns_is_stable(pace: &Pace, speed: f64) -> u64 {
    let region = pace.promote + pace.dns_lag + pace.flap;
    (region.as_secs_f64() / speed).ceil() as u64 + 1
}

/// The world in a file.
fn read_world(path: &Path) -> anyhow::Result<WorldFile> {
    let text = fs::read_to_string(path)
        .with_context(|| format!("{}: the world cannot be read", path.display()))?;
    let world = WorldFile::read(&text, &path.display().to_string())?;
    if world.is_empty() {
        bail!(
            "{}: the world is empty: it needs a database or a host, such as a table `[[cluster]]`; \
             docs/lab.md has an example",
            path.display()
        );
    }
    Ok(world)
}

/// The budgets of API calls.
pub(super) fn budgets(size: BudgetSize) -> Budgets {
    match size {
        BudgetSize::Whole => Budgets::documented(),
        BudgetSize::Half => Budgets::beside_a_rival(),
    }
}

/// What runs behind the load balancers.
pub(super) fn databases(kind: DatabaseKind) -> anyhow::Result<Databases> {
    match kind {
        DatabaseKind::Line => Ok(Databases::Line),
        DatabaseKind::Postgresql => match Programs::find() {
            Ok(programs) => Ok(Databases::Postgresql(programs)),
            Err(missing) => bail!("{missing}"),
        },
    }
}

/// How a consumer connects and verifies the server's identity.
fn psql_hints(
    lab: &Lab,
    links: &[Link],
    authority: &Authority,
    home: &Path,
) -> anyhow::Result<String> {
    let root = home.join("root.pem");
    fs::write(&root, authority.root_pem()).context("the root certificate cannot be written")?;
    let mut text =
        "\nTo connect as a consumer, through the load balancer, under the endpoint's own name:\n\n"
            .to_owned();
    for link in links {
        let name = link.endpoint(&lab.world());
        lab.publish_privately(&name);
        let of_link = |listener: &NlbListener| listener.port == link.port;
        let Some(node) = lab.nlb_listeners().into_iter().find(of_link) else {
            continue;
        };
        text.push_str(&format!(
            "  psql 'host={name} hostaddr={} port={} dbname={DATABASE} user={ROLE} \
             password={PASSWORD} sslmode=verify-full sslrootcert={}'\n",
            node.address.ip(),
            node.address.port(),
            root.display()
        ));
    }
    text.push_str(&format!(
        "\nIn the consumer's VPC, a private hosted zone of that name resolves to it. The VPC's \
         DNS server is {}.\n",
        lab.consumer_dns()
    ));
    Ok(text)
}

/// How to use the region, ready to be pasted into another shell.
fn hints(addresses: &Addresses, configuration: &str, links: &[Link], pause: u64) -> String {
    let mut text = format!(
        "\
Serving until Ctrl-C. In another shell:

  export AWS_ENDPOINT_URL={endpoint} AWS_REGION={region} AWS_DEFAULT_REGION={region}
  export AWS_ACCESS_KEY_ID=lab AWS_SECRET_ACCESS_KEY=lab
  aws rds describe-db-clusters

A Lambda function (`bootstrap`, or any other program that speaks the runtime API) also needs the
variables below. Its timeout is {timeout} s, and its ARN is
{function}:

  export AWS_LAMBDA_RUNTIME_API={runtime} AWS_LAMBDA_FUNCTION_NAME={name}
  export AWS_LAMBDA_FUNCTION_MEMORY_SIZE=256 AWS_LAMBDA_FUNCTION_VERSION=1

In its configuration:

  [dns]
  servers = [\"{dns}\"]
",
        endpoint = addresses.aws_endpoint,
        region = addresses.region,
        runtime = addresses.runtime_api,
        function = addresses.function_arn,
        timeout = TIMEOUT.as_secs(),
        name = FUNCTION,
        dns = addresses.dns,
    );
    let mut clusters = links.iter().filter_map(|link| link.source.cluster());
    let Some(cluster) = clusters.next() else { return text };
    let program = std::env::current_exe()
        .map_or_else(|_| "writerlink".to_owned(), |path| path.display().to_string());
    let program = quoted(&program);
    text.push_str(&format!(
        "
To audit the groups, fail over, and audit again:

  export WRITERLINK_CONFIG={}
  {program} audit
  aws rds failover-db-cluster --db-cluster-identifier {cluster}
  sleep {pause}  # until DNS is stable; before that, `audit` exits with 0 or 3
  {program} audit
",
        quoted(configuration)
    ));
    text
}

/// A word of a shell.
pub(crate) fn quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:".contains(c);
    match text.chars().all(is_plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}
