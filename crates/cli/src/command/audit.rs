//! `writerlink audit`: a dry run over read-only ports.
//!
//! Nothing here can write: the run is driven without a write port, and the clients are asked only
//! for read ports.

mod one;
pub(super) mod verdict;

use std::time::Duration;

use anyhow::bail;
use jiff::Timestamp;
use writerlink_aws::clock::MachineClock;
use writerlink_aws::{Clients, ReadPorts, Settings};
use writerlink_core::config::Config;
use writerlink_core::drive::drive;
use writerlink_core::event::{Trigger, TriggerKind};
use writerlink_core::ports::NoWriter;
use writerlink_core::report::Report;
use writerlink_core::run::Run;

use crate::args::{AuditArgs, AuditFormat};
use crate::configuration;
use crate::exit::Exit;
use crate::interrupt::interrupted;
use crate::output;
use crate::render::colour::Colour;
use crate::render::table;

/// The time limit of an audit.
const LIMIT: Duration = Duration::from_secs(30);

/// The time limit if tags must be read. The tags of 3,000 groups (AWS's default quota) take 28 s
/// with half of the account's budget of calls.
const LIMIT_WITH_TAGS: Duration = Duration::from_secs(90);

/// Audits, prints the report, and returns the exit code.
pub(crate) async fn audit(args: AuditArgs) -> anyhow::Result<Exit> {
    let settings = Settings::from(args.account);
    let config = match one::config(&args.one) {
        Some(config) => config?,
        None => configuration::load(args.config.as_deref(), &settings).await?,
    };
    check_names(&config, &args.bindings)?;
    let report = tokio::select! {
        report = async {
            let clients = Clients::connect(&settings).await?;
            let ports = clients.read_ports(&config.dns_servers)?.with_share(config.api_share);
            anyhow::Ok(look(&config, args.bindings, &ports).await)
        } => report?,
        exit = interrupted() => return Ok(exit),
    };
    let exit = verdict::of(&report);
    match args.output {
        AuditFormat::Json => output::print_json(&report)?,
        AuditFormat::Table => {
            let width = table::width_of_stdout();
            output::print(&table::audit(&report, Colour::of_stdout(), width))?;
        }
    }
    if let Some(message) = verdict::message(&report) {
        output::note(&format!("writerlink: {message}"));
    }
    Ok(exit)
}

/// Refuses an unknown name: a mistyped name must not look like a binding in sync. With discovery,
/// only the run can find out which names exist.
pub(super) fn check_names(config: &Config, asked: &[String]) -> anyhow::Result<()> {
    if config.discover.is_some() {
        return Ok(());
    }
    let known = config.names();
    match asked.iter().find(|name| !known.contains(&name.as_str())) {
        None => Ok(()),
        Some(name) => bail!(
            "`--binding {name}`: the configuration has no binding of that name; it has {}",
            known.join(", ")
        ),
    }
}

/// The report of a dry run.
pub(super) async fn look(config: &Config, only: Vec<String>, ports: &ReadPorts) -> Report {
    let trigger = Trigger {
        only: (!only.is_empty()).then_some(only),
        ..Trigger::dry_run(TriggerKind::Audit)
    };
    let limit = if config.discover.is_some() { LIMIT_WITH_TAGS } else { LIMIT };
    let run = Run::new(config, &trigger, Timestamp::now(), limit);
    let clock = MachineClock::start();
    drive(run, ports, None::<&NoWriter>, &clock, &mut ()).await
}
