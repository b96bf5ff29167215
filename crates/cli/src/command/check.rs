//! `writerlink check`: every mistake of a configuration; without AWS, unless it is there.

use std::io::{self, Read};

use anyhow::Context;
use serde::Serialize;
use serde_json::{Value, json};
use writerlink_aws::Settings;
use writerlink_core::config::{self, Checked, Config, Location, Mode, Permit};

use crate::args::{CheckArgs, CheckFormat};
use crate::configuration::{self, ConfigurationError};
use crate::exit::Exit;
use crate::output;
use crate::render::mistakes;

/// What a file, or another text, was found to be.
pub(crate) struct CheckedText {
    pub(crate) place: Location,
    pub(crate) text: String,
    /// What a check of the text found, or why there is no text.
    pub(crate) found: Result<Checked, ConfigurationError>,
}

impl CheckedText {
    pub(crate) fn is_good(&self) -> bool {
        self.found.as_ref().is_ok_and(|checked| checked.mistakes.is_empty())
    }
}

/// Checks, prints what it found, and returns the exit code.
pub(crate) async fn check(args: &CheckArgs) -> anyhow::Result<Exit> {
    if args.schema {
        output::print_json(&config::schema())?;
        return Ok(Exit::Success);
    }
    let permit = args.permit.as_deref().map(configuration::permit).transpose()?;
    let mut texts = Vec::new();
    if args.paths.is_empty() {
        let place = configuration::place(args.config.as_deref())?;
        let own = match &permit {
            Some(permit) => Some(permit.clone()),
            None => configuration::permit_of(&place)?,
        };
        texts.push(look(place, own.as_ref()).await);
    }
    for path in &args.paths {
        texts.push(of_path(path, permit.as_ref()).await?);
    }
    match args.output {
        CheckFormat::Json => output::print_json(&answer(&texts))?,
        CheckFormat::Text => output::print(&mistakes::of(&texts))?,
    }
    let is_good = texts.iter().all(CheckedText::is_good);
    Ok(if is_good { Exit::Success } else { Exit::CouldNotRun })
}

async fn of_path(path: &str, permit: Option<&Permit>) -> anyhow::Result<CheckedText> {
    if path != "-" {
        return Ok(look(Location::File(path.into()), permit).await);
    }
    let mut bytes = Vec::new();
    io::stdin().read_to_end(&mut bytes).context("standard input cannot be read")?;
    let place = Location::File("<stdin>".into());
    let text = place.decode(bytes).map_err(ConfigurationError::from);
    Ok(checked(place, text, permit))
}

async fn look(place: Location, permit: Option<&Permit>) -> CheckedText {
    let text = configuration::text(&place, &Settings::default()).await;
    checked(place, text, permit)
}

fn checked(
    place: Location,
    text: Result<String, ConfigurationError>,
    permit: Option<&Permit>,
) -> CheckedText {
    match text {
        Ok(text) => {
            let found = Ok(Config::check_within(&text, &place, permit));
            CheckedText { place, text, found }
        }
        Err(ConfigurationError::Refused(error)) => CheckedText {
            place,
            text: String::new(),
            found: Ok(Checked { config: None, mistakes: error.mistakes, remarks: Vec::new() }),
        },
        Err(error) => CheckedText { place, text: String::new(), found: Err(error) },
    }
}

/// The answer as JSON. docs/configuration.md states its names.
fn answer(texts: &[CheckedText]) -> Value {
    let is_good = texts.iter().all(CheckedText::is_good);
    json!({"ok": is_good, "files": texts.iter().map(file).collect::<Vec<_>>()})
}

fn file(text: &CheckedText) -> Value {
    let name = match &text.place {
        Location::File(path) => Some(path.display().to_string()),
        Location::Remote(place) => Some(place.clone()),
        Location::Inline(_) => None,
    };
    let (bindings, discover, mistakes, remarks) = match &text.found {
        Ok(Checked { config, mistakes, remarks }) => (
            config.iter().flat_map(Config::usable).map(Row::of).collect(),
            config.iter().flat_map(patterns).collect(),
            json!(mistakes),
            json!(remarks),
        ),
        Err(error) => {
            (Vec::new(), Vec::new(), json!([unreadable(name.as_deref(), error)]), json!([]))
        }
    };
    json!({
        "file": name, "ok": text.is_good(), "bindings": bindings, "discover": discover,
        "mistakes": mistakes, "remarks": remarks,
    })
}

/// A file without text has no line.
fn unreadable(file: Option<&str>, error: &ConfigurationError) -> Value {
    json!({
        "file": file, "line": null, "column": null, "key": null, "bindings": [],
        "message": error.to_string(), "did_you_mean": null,
    })
}

/// The patterns of `discover`.
pub(crate) fn patterns(config: &Config) -> Vec<String> {
    let patterns = config.discover.iter().flat_map(|discover| &discover.patterns);
    patterns.map(ToString::to_string).collect()
}

/// What a configuration says of a binding.
#[derive(Serialize)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) source: String,
    pub(crate) target_group: String,
    pub(crate) port: Option<u16>,
    pub(crate) mode: &'static str,
}

impl Row {
    pub(crate) fn of(binding: &config::Binding) -> Self {
        Self {
            name: binding.name.clone(),
            source: binding.source.to_string(),
            target_group: binding.target_group.to_string(),
            port: binding.port,
            mode: match binding.mode {
                Mode::Manage => "manage",
                Mode::Observe => "observe",
            },
        }
    }
}
