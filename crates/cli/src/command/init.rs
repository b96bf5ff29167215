//! `writerlink init`: proposes a configuration, or the parameters of `infra/`, for a Region.
//!
//! Nothing here can write to an account: the reader of the account has a closed list of calls, all
//! of which read.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, bail};
use writerlink_aws::{Clients, Settings};
use writerlink_core::config::{Config, Location, Mode};
use writerlink_core::failure::Failure;
use writerlink_core::text::clean;
use writerlink_doctor::propose::parameters::{self, Own};
use writerlink_doctor::propose::{Proposal, Request, propose, toml};
use writerlink_doctor::read::Gap;
use writerlink_doctor::survey;

use crate::args::init::{InitArgs, InitMode, Tool};
use crate::exit::Exit;
use crate::interrupt::interrupted;
use crate::output;

/// What to say of a configuration that is not complete.
const OPEN: &str = "the proposal is not complete: its comments say what was not read, and what is \
                    left to decide";

/// Reads the Region, prints the proposal, and returns the exit code.
pub(crate) async fn init(args: InitArgs) -> anyhow::Result<Exit> {
    if let Some(path) = args.output.as_deref().filter(|path| path.exists()) {
        bail!("`--output {}`: the file exists, and is not overwritten", path.display());
    }
    if args.parameters != Some(Tool::Cloudformation) && !args.own.is_empty() {
        bail!(
            "`--code`, `--allowed-principal` and `--notify-email` need `--parameters \
             cloudformation`: with Terraform, write them in your configuration"
        );
    }
    let settings = Settings::from(args.account);
    let request = Request {
        database: args.database.source(),
        group: args.target_group,
        port: args.port,
        name: args.name,
        mode: match args.mode {
            InitMode::Observe => Mode::Observe,
            InitMode::Manage => Mode::Manage,
        },
        member_ports: args.member_ports,
        dns_servers: args.dns_servers,
    };
    let proposal = tokio::select! {
        proposal = proposal(&settings, &request) => proposal?,
        exit = interrupted() => return Ok(exit),
    };
    let (text, notes, is_complete) = written(&proposal, args.parameters, &args.own.into())?;
    match &args.output {
        Some(path) => create(path, &text)?,
        None => output::print(&text)?,
    }
    for note in notes {
        output::note(&format!("writerlink: {}", clean(&note)));
    }
    Ok(if is_complete { Exit::Success } else { Exit::CouldNotTell })
}

async fn proposal(settings: &Settings, request: &Request) -> anyhow::Result<Proposal> {
    let clients = Clients::connect(settings).await?;
    let ports = clients.read_ports(&request.dns_servers)?;
    let reader = clients.account_reader();
    let caller = reader.identity().await;
    if let Err(error) = &caller
        && error.failure == Failure::Credentials
    {
        bail!("{error}. {}", error.remedy());
    }
    let number = caller.map(|caller| caller.account).map_err(Gap::from);
    let region =
        survey::region::read(number, clients.region(), &reader, &ports.dns, &ports.groups).await;
    Ok(propose(&region, request)?)
}

/// The text, what to say on standard error, and whether everything was found out.
fn written(
    proposal: &Proposal,
    tool: Option<Tool>,
    own: &Own,
) -> anyhow::Result<(String, Vec<String>, bool)> {
    let file = match tool {
        None => {
            let text = toml::configuration(proposal);
            let mut notes = refused(&text, proposal);
            let is_complete = proposal.is_complete() && notes.is_empty();
            if !is_complete {
                notes.push(OPEN.to_owned());
            }
            return Ok((text, notes, is_complete));
        }
        Some(Tool::Cloudformation) => parameters::cloudformation(proposal, own)?,
        Some(Tool::Terraform) => parameters::terraform(proposal),
    };
    let mut notes = vec![format!("these are parameters of infra/{}", file.of)];
    notes.extend(file.notes);
    Ok((serde_json::to_string_pretty(&file.content)?, notes, file.is_complete))
}

/// What the function would refuse of the configuration, as the function says it. That there is no
/// binding is no mistake of a proposal that found none.
fn refused(text: &str, proposal: &Proposal) -> Vec<String> {
    if proposal.bindings().next().is_none() {
        return Vec::new();
    }
    let place = Location::File("the proposal".into());
    Config::check(text, &place).mistakes.iter().map(ToString::to_string).collect()
}

fn create(path: &Path, text: &str) -> anyhow::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)
        .with_context(|| format!("`--output {}` cannot be created", path.display()))?;
    writeln!(file, "{}", text.trim_end())
        .with_context(|| format!("`--output {}` cannot be written", path.display()))
}
