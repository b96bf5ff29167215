//! `writerlink lab serve`: the region on loopback.

use std::fs;
use std::time::Duration;

use anyhow::Context;
use jiff::Timestamp;
use serde::Serialize;
use writerlink_lab::World;
use writerlink_lab::wire::{Lab, NlbListener, Options};
use writerlink_lab::world::Pace;

use crate::args::ServeArgs;
use crate::exit::Exit;
use crate::interrupt::interrupted;
use crate::output;
use writerlink_lab::scene::{FUNCTION, Scene};

/// The function's timeout, as `infra/template.yaml` sets it.
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
    /// Where the load balancers listen. No socket stands for a target in this process, so that every flow is refused.
    nlb_listeners: Vec<NlbListener>,
    /// The Region's name.
    region: String,
    /// Whom a topic must call so that the runtime API hands out its messages.
    function_arn: String,
}

/// Serves until Ctrl-C or SIGTERM, either of which is a good end.
pub(crate) async fn serve(args: &ServeArgs) -> anyhow::Result<Exit> {
    let scene = if args.demo_world {
        Some(Scene::new(Pace::real())?)
    } else {
        None
    };
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
    let lab = Lab::start(world, options)
        .await
        .context("no loopback port can be opened")?;
    let config = scene.map(|scene| scene.config(lab.dns(), ""));
    if let (Some(path), Some(config)) = (&args.write_config, &config) {
        fs::write(path, config).with_context(|| format!("{}: the configuration cannot be written", path.display()))?;
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
    interrupted().await;
    lab.shutdown().await;
    Ok(Exit::Success)
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
    let program = std::env::current_exe().map_or_else(|_| "writerlink".to_owned(), |path| path.display().to_string());
    text.push_str(&format!(
        "  {program} audit
  aws rds failover-db-cluster --db-cluster-identifier orders
  sleep 40 # the failover takes its time, and DNS goes back and forth after it: exit code 3 meanwhile
  {program} audit
"
    ));
    text
}
