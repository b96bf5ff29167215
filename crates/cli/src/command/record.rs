//! `writerlink record show`: shows records of failovers, and compares them.

mod comparison;
mod read;

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read};

use anyhow::{Context, bail};
use serde_json::json;
use writerlink_core::record::Record;

pub(crate) use self::comparison::{Comparison, Spread};
use self::read::Found;
use crate::args::record::{ShowArgs, ShowFormat};
use crate::exit::Exit;
use crate::output;
use crate::render::colour::Colour;
use crate::render::record;

/// Shows the records of all files, in the order of their time.
pub(crate) fn show(args: &ShowArgs) -> anyhow::Result<Exit> {
    let mut all = Found::default();
    for file in &args.files {
        all.add(read::records(&text(file)?, file)?);
    }
    let Found { mut records, skipped } = all;
    if records.is_empty() {
        bail!(
            "there is no record in {}: a record is a JSON object with `\"kind\":\"record\"`, alone \
             on a line or as the message of a log event",
            args.files.join(", ")
        );
    }
    records.sort_by_key(|record| (record.began, record.binding.clone()));
    if args.anonymous {
        records = anonymous(records);
    }
    let comparison = Comparison::of(&records);
    match args.output {
        ShowFormat::Text => {
            output::print(&record::text(&records, &comparison, Colour::of_stdout()))?;
        }
        ShowFormat::Json => output::print_json(&json!({
            "records": records, "comparison": comparison, "skipped": skipped,
        }))?,
        ShowFormat::Html => output::print(&record::page::html(&records, &comparison))?,
    }
    if skipped > 0 {
        output::note(&format!("writerlink: {skipped} other lines or events were left out"));
    }
    Ok(Exit::Success)
}

fn text(file: &str) -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    if file == "-" {
        io::stdin().read_to_end(&mut bytes).context("standard input cannot be read")?;
    } else {
        bytes = fs::read(file).with_context(|| format!("{file} cannot be read"))?;
    }
    String::from_utf8(bytes).map_err(|error| {
        let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = good.iter().filter(|byte| **byte == b'\n').count() + 1;
        anyhow::anyhow!("{file}:{line}: this is not UTF-8 text: save it as UTF-8")
    })
}

/// The records of one binding keep one name.
fn anonymous(records: Vec<Record>) -> Vec<Record> {
    let mut numbers = BTreeMap::new();
    let mut anonymous = Vec::new();
    for record in records {
        let next = numbers.len() + 1;
        let number = *numbers.entry(record.binding.clone()).or_insert(next);
        anonymous.push(record.anonymous(number));
    }
    anonymous
}
