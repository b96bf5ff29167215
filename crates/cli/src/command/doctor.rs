//! `writerlink doctor`: reads the whole chain of each binding, and judges it.
//!
//! Nothing here can write: the audit is driven without a write port, and the reader of the account
//! has a closed list of calls, all of which read.

use std::sync::Arc;

use anyhow::{Context, bail};
use serde_json::{Value, json};
use writerlink_aws::{Clients, Settings};
use writerlink_core::config::{Binding, Config};
use writerlink_core::report::Report as Audit;
use writerlink_doctor::report::{Report, SeverityWord};
use writerlink_doctor::survey::survey;
use writerlink_doctor::{check, examine, render};

use super::audit;
use crate::args::doctor::{Ask, DoctorArgs, DoctorFormat};
use crate::configuration;
use crate::exit::Exit;
use crate::interrupt::interrupted;
use crate::output;
use crate::render::colour::{Colour, Tone};
use crate::render::table::width_of_stdout;

/// Every permission of this project, stated once.
const POLICY: &str = include_str!("../../../../infra/policy.json");

/// Examines, prints the report, and returns the exit code.
pub(crate) async fn doctor(args: DoctorArgs) -> anyhow::Result<Exit> {
    if let Some(answer) = answer(&args.ask)? {
        output::print(&answer)?;
        return Ok(Exit::Success);
    }
    let settings = Settings::from(args.account);
    let config = configuration::load(args.config.as_deref(), &settings).await?;
    audit::check_names(&config, &args.bindings)?;
    let (audited, report) = tokio::select! {
        both = async {
            let clients = Clients::connect(&settings).await?;
            let ports = clients.read_ports(&config.dns_servers)?.with_share(config.api_share);
            check_regions(&config, &args.bindings, clients.region())?;
            let audited = audit::look(&config, args.bindings, &ports).await;
            let bindings: Vec<Arc<Binding>> =
                audited.bindings.iter().filter_map(|report| report.binding.clone()).collect();
            let bindings: Vec<&Binding> = bindings.iter().map(AsRef::as_ref).collect();
            let topic = config.notify_topic.as_deref();
            let reader = clients.account_reader();
            let account = survey(&bindings, topic, clients.region(), &reader, &ports.dns).await;
            let report = examine(&account, &config, &bindings, Some(&audited));
            anyhow::Ok((audited, report))
        } => both?,
        exit = interrupted() => return Ok(exit),
    };
    show(&report, args.output)?;
    let bad: Vec<_> = config.bindings.iter().filter_map(|binding| binding.as_ref().err()).collect();
    for bad in &bad {
        output::note(&format!("writerlink: not examined: {bad}"));
    }
    if let Some(message) = audit::verdict::message(&audited).filter(|_| bad.is_empty()) {
        output::note(&format!("writerlink: {message}"));
    }
    Ok(exit(&report, &audited))
}

/// Refuses a Region in which the target groups are not: nothing there would be as it should.
fn check_regions(config: &Config, only: &[String], region: &str) -> anyhow::Result<()> {
    let chosen = config.usable().filter(|one| only.is_empty() || only.contains(&one.name));
    for binding in chosen {
        let own = binding.target_group.region();
        if own != region {
            bail!(
                "the target group of `{}` is in {own}, and this would look at {region}: give \
                 `--region {own}`, and `--binding` if others are elsewhere",
                binding.name
            );
        }
    }
    Ok(())
}

/// The answer to a question that needs no account.
fn answer(ask: &Ask) -> anyhow::Result<Option<String>> {
    let width = width_of_stdout().into();
    if !ask.explain.is_empty() {
        let explained = ask.explain.iter().map(|id| match check::find(id.trim()) {
            Some(check) => Ok(render::explain::explain(check, width)),
            None => bail!("`--explain {id}`: there is no such check; `--checks` lists them"),
        });
        return Ok(Some(explained.collect::<anyhow::Result<Vec<_>>>()?.join("\n")));
    }
    if ask.checks {
        return Ok(Some(render::explain::list()));
    }
    if ask.print_policy {
        return Ok(Some(policy()?));
    }
    if ask.schema {
        let schema = schemars::schema_for!(Report);
        return Ok(Some(serde_json::to_string_pretty(&schema)?));
    }
    Ok(None)
}

/// The statements of an audit, which the doctor runs, and its own.
fn policy() -> anyhow::Result<String> {
    let stated: Value = serde_json::from_str(POLICY).context("infra/policy.json")?;
    let part = |name| stated.get(name).and_then(Value::as_array).context("infra/policy.json");
    let statements = [part("Audit")?.as_slice(), part("Doctor")?.as_slice()].concat();
    let policy = json!({"Version": "2012-10-17", "Statement": statements});
    Ok(serde_json::to_string_pretty(&policy)?)
}

fn show(report: &Report, format: DoctorFormat) -> anyhow::Result<()> {
    match format {
        DoctorFormat::Json => output::print_json(report),
        DoctorFormat::Markdown => output::print(&render::markdown::report(report)),
        DoctorFormat::Html => output::print(&render::html::report(report)),
        DoctorFormat::Text => {
            let colour = Colour::of_stdout();
            let paint = |severity, text: &str| colour.paint(tone(severity), text);
            output::print(&render::terminal::report(report, width_of_stdout().into(), &paint))
        }
    }
}

fn tone(severity: SeverityWord) -> Tone {
    match severity {
        SeverityWord::Broken => Tone::Bad,
        SeverityWord::WillBreakAtTheNextFailover | SeverityWord::CostsYouSeconds => Tone::Warning,
        SeverityWord::Note => Tone::Faint,
    }
}

/// A configuration that cannot be used outranks everything, as for an audit. A gap outranks only
/// what costs seconds: what is known to be broken is reason enough to act.
fn exit(report: &Report, audited: &Audit) -> Exit {
    if audit::verdict::of(audited) == Exit::CouldNotRun {
        Exit::CouldNotRun
    } else if report.has(SeverityWord::WillBreakAtTheNextFailover) {
        Exit::Drift
    } else if !report.not_checked.is_empty() {
        Exit::CouldNotTell
    } else {
        Exit::Success
    }
}
