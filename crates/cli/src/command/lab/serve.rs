//! `writerlink lab serve`: the region on loopback.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};
use jiff::Timestamp;
use serde::Serialize;
use writerlink_lab::World;
use writerlink_lab::scenario::postgres::{DATABASE, PASSWORD, Programs, ROLE};
use writerlink_lab::scenario::{Authority, Databases, RunningDatabases};
use writerlink_lab::wire::{Lab, NlbListener, Options};
use writerlink_lab::world::Pace;

use crate::args::{DatabaseKind, ServeArgs};
use crate::exit::Exit;
use crate::interrupt::interrupted;
use crate::output;
use writerlink_lab::scene::{FUNCTION, Link, Scene};

/// The function's timeout, as `infra/reconciler.yaml` sets it.
const TIMEOUT: Duration = Duration::from_secs(240);

/// The first line on standard output.
#[derive(Debug, Serialize)]
struct Addresses {
    /// `AWS_ENDPOINT_URL`.
    aws_endpoint: String,
    /// The DNS server.
    dns: String,
    /// `AWS_LAMBDA_RUNTIME_API`.
    runtime_api: String,
    /// Where the load balancers listen. Behind the demo's stand databases; any other target
    /// refuses.
    nlb_listeners: Vec<NlbListener>,
    /// The Region's name.
    region: String,
    /// Whom a topic must call so that the runtime API hands out its messages.
    function_arn: String,
}

/// Serves until Ctrl-C or SIGTERM, either of which is a good end.
pub(crate) async fn serve(args: &ServeArgs) -> anyhow::Result<Exit> {
    let scene = if args.demo_world { Some(Scene::new(Pace::real())?) } else { None };
    let world = match &scene {
        Some(scene) => scene.world.clone(),
        None => World::new(Timestamp::now()),
    };
    let region = world.region.clone();
    let options = Options {
        speed: args.speed,
        function: FUNCTION.to_owned(),
        timeout: TIMEOUT,
        ..Options::default()
    };
    let lab = Lab::start(world, options).await.context("no loopback port can be opened")?;
    let config = scene.as_ref().map(|scene| scene.config(lab.dns(), ""));
    let links = scene.map(|scene| scene.links).unwrap_or_default();
    let databases = databases(args.databases)?;
    let mut standing = RunningDatabases::start(&lab, &links, &databases)
        .await
        .context("the databases cannot be started")?;
    if let (Some(path), Some(config)) = (&args.write_config, &config) {
        fs::write(path, config)
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
    eprint!("{}", hints(&addresses, args, config.as_deref()));
    let home = tempfile::tempdir().context("there is no room for temporary files")?;
    if let Some(authority) = standing.authority() {
        eprint!("{}", psql_hints(&lab, &links, authority, home.path())?);
    }
    tokio::select! {
        failed = standing.follow(&lab, &links) => match failed.context("a database has failed")? {},
        _ = interrupted() => {}
    }
    drop(standing);
    lab.shutdown().await;
    Ok(Exit::Success)
}

/// What stands behind the load balancers.
pub(super) fn databases(kind: DatabaseKind) -> anyhow::Result<Databases> {
    match kind {
        DatabaseKind::Line => Ok(Databases::Line),
        DatabaseKind::Postgresql => match Programs::find() {
            Ok(programs) => Ok(Databases::Postgresql(programs)),
            Err(missing) => bail!("{missing}"),
        },
    }
}

/// How a consumer connects, and verifies whom it is connected to.
fn psql_hints(
    lab: &Lab,
    links: &[Link],
    authority: &Authority,
    home: &Path,
) -> anyhow::Result<String> {
    let root = home.join("root.pem");
    fs::write(&root, authority.root_pem()).context("the root certificate cannot be written")?;
    let mut text =
        "\nAs a consumer, through the load balancer, under the endpoint's own name:\n\n".to_owned();
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
        "\nA private hosted zone of that name in the consumer's VPC leads there: ask {} for it.\n",
        lab.consumer_dns()
    ));
    Ok(text)
}

/// How to use it, ready to be pasted into another shell.
fn hints(addresses: &Addresses, args: &ServeArgs, config: Option<&str>) -> String {
    let mut text = format!(
        "\
Serving until Ctrl-C. In another shell:

  export AWS_ENDPOINT_URL={endpoint} AWS_REGION={region} AWS_DEFAULT_REGION={region}
  export AWS_ACCESS_KEY_ID=lab AWS_SECRET_ACCESS_KEY=lab
  aws rds describe-db-clusters

A Lambda (`bootstrap`, or any other that speaks the runtime API) needs these besides. It is ended after {timeout} s, and it
is {function}:

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
    let Some(config) = config else { return text };
    text.push_str("\nTo audit the demo's groups, fail over, and audit again:\n\n");
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
  aws rds failover-db-cluster --db-cluster-identifier orders
  sleep 40 # the failover takes its time, and DNS goes back and forth after it: exit code 3 meanwhile
  {program} audit
"
    ));
    text
}
