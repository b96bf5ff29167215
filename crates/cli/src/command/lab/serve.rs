//! `writerlink lab serve`: serves the region on loopback; and the form of its worlds.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};
use serde::Serialize;
use writerlink_lab::scenario::postgres::{DATABASE, PASSWORD, Programs, ROLE};
use writerlink_lab::scenario::{Authority, Databases, RunningDatabases};
use writerlink_lab::wire::{Lab, NlbListener, Options};
use writerlink_lab::world::Budgets;
use writerlink_lab::world_file::{self, WorldFile};

use crate::args::{BudgetSize, DatabaseKind, ServeArgs};
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

/// Serves until Ctrl-C or SIGTERM. Both end it with success.
pub(crate) async fn serve(args: &ServeArgs) -> anyhow::Result<Exit> {
    let file = match &args.world {
        Some(path) => read_world(path)?,
        None => WorldFile::demo(),
    };
    let Scene { mut world, links } = file.scene(file.pace())?;
    world.budgets = args.budgets.map(budgets);
    let region = world.region.clone();
    let options = Options {
        speed: args.speed,
        function: FUNCTION.to_owned(),
        timeout: TIMEOUT,
        ..Options::default()
    };
    let lab = Lab::start(world, options).await.context("no loopback port can be opened")?;
    let config = config(&links, lab.dns(), "");
    let databases = databases(args.databases)?;
    let mut running = RunningDatabases::start(&lab, &links, &databases)
        .await
        .context("the databases cannot be started")?;
    if let Some(path) = &args.write_config {
        fs::write(path, &config)
            .with_context(|| format!("{}: the configuration cannot be written", path.display()))?;
    }
    let addresses = Addresses {
        aws_endpoint: lab.aws_endpoint(),
        dns: lab.dns().to_string(),
        runtime_api: lab.runtime_api(),
        nlb_listeners: lab.nlb_listeners(),
        region,
        function_arn: lab.function_arn(),
    };
    output::print(&serde_json::to_string(&addresses)?)?;
    eprint!("{}", hints(&addresses, args, &config, &links));
    let home = tempfile::tempdir().context("a temporary folder cannot be created")?;
    if let Some(authority) = running.authority() {
        eprint!("{}", psql_hints(&lab, &links, authority, home.path())?);
    }
    tokio::select! {
        failed = running.follow(&lab, &links) => match failed.context("a database has failed")? {},
        _ = interrupted() => {}
    }
    drop(running);
    lab.shutdown().await;
    Ok(Exit::Success)
}

/// Prints the JSON Schema of a world's file.
pub(crate) fn schema() -> anyhow::Result<Exit> {
    output::print_json(&world_file::schema())?;
    Ok(Exit::Success)
}

/// The world in a file.
fn read_world(path: &Path) -> anyhow::Result<WorldFile> {
    let text = fs::read_to_string(path)
        .with_context(|| format!("{}: the world cannot be read", path.display()))?;
    Ok(WorldFile::read(&text, &path.display().to_string())?)
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
fn hints(addresses: &Addresses, args: &ServeArgs, config: &str, links: &[Link]) -> String {
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
    text.push_str("\nTo audit the groups, fail over, and audit again:\n\n");
    match &args.write_config {
        Some(path) => {
            text.push_str(&format!("  export WRITERLINK_CONFIG='{}'\n", path.display()));
        }
        None => text.push_str(&format!("  export WRITERLINK_CONFIG='{config}'\n")),
    }
    let program = std::env::current_exe()
        .map_or_else(|_| "writerlink".to_owned(), |path| path.display().to_string());
    text.push_str(&format!(
        "  {program} audit
  aws rds failover-db-cluster --db-cluster-identifier {cluster}
  sleep 60  # at the demo world's pace, until DNS is stable; before that, `audit` exits with 0 or 3
  {program} audit
"
    ));
    text
}
