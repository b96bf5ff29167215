//! `writerlink record show`: shows records of failovers, and compares them.

mod comparison;
mod csv;
mod distinct;
mod read;

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read};

use anyhow::{Context, anyhow, bail};
use serde_json::json;
use writerlink_core::record::Record;
use writerlink_core::text::sentence;

pub(crate) use self::comparison::{Comparison, Group, Spread, times};
use self::distinct::distinct;
use self::read::{Broken, Found};
use crate::args::record::{ShowArgs, ShowFormat};
use crate::exit::Exit;
use crate::output;
use crate::render::colour::Colour;
use crate::render::record;

/// Shows the records of all files, in the order of their time, and lists the files that it cannot
/// read and the records that it cannot show.
pub(crate) fn show(args: &ShowArgs) -> anyhow::Result<Exit> {
    let (mut all, mut empty, mut unread) = (Found::default(), Vec::new(), Vec::new());
    for file in &args.files {
        match text(file) {
            Ok(text) => {
                let found = read::records(&text, file);
                if found.len() == 0 {
                    empty.push(file.as_str());
                }
                all.add(found);
            }
            Err(error) => unread.push(format!("{error:#}")),
        }
    }
    if all.len() == 0 {
        unread.iter().for_each(|why| note(why));
        if empty.is_empty() {
            return Ok(Exit::CouldNotRun);
        }
        bail!(
            "there is no record in {}: a record is a JSON object with `\"kind\":\"record\"`, in a \
             line or in the message of a log event; a query of Logs Insights must have the field \
             @message",
            empty.join(", ")
        );
    }
    let Found { records, broken, skipped } = all;
    let mut records = distinct(records);
    records.sort_by_key(|record| (record.began, record.binding.clone()));
    if args.anonymous {
        records = anonymous(records);
    }
    if !records.is_empty() {
        let left_out = LeftOut { skipped, broken: broken.len(), unread: unread.len() };
        print(&records, &left_out, args.output)?;
    }
    for why in &unread {
        note(why);
    }
    for file in empty {
        note(&format!("{file} has no record"));
    }
    if skipped > 0 {
        note(&format!("{skipped} other lines or events were left out"));
    }
    for Broken { place, why } in &broken {
        match args.anonymous {
            true => note(&format!("{place}: this is no good record; without --anonymous: why")),
            false => note(&format!("{place}: {why}")),
        }
    }
    let is_whole = broken.is_empty() && unread.is_empty();
    Ok(if is_whole { Exit::Success } else { Exit::CouldNotRun })
}

/// How many things are not shown.
struct LeftOut {
    skipped: usize,
    broken: usize,
    /// Files.
    unread: usize,
}

fn print(records: &[Record], left_out: &LeftOut, format: ShowFormat) -> anyhow::Result<()> {
    let comparison = Comparison::of(records);
    match format {
        ShowFormat::Text => output::print(&record::text(records, &comparison, Colour::of_stdout())),
        ShowFormat::Json => output::print_json(&json!({
            "records": records, "comparison": comparison, "skipped": left_out.skipped,
            "broken": left_out.broken, "unread": left_out.unread,
        })),
        ShowFormat::Html => output::print(&record::page::html(records, &comparison)),
    }
}

fn note(text: &str) {
    output::note(&format!("writerlink: {}", sentence(text)));
}

/// The first bytes of a gzip file (RFC 1952), as an export of CloudWatch Logs to S3 has them.
const GZIP: [u8; 2] = [0x1f, 0x8b];

fn text(file: &str) -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    if file == "-" {
        io::stdin().read_to_end(&mut bytes).context("standard input cannot be read")?;
    } else {
        bytes = fs::read(file).map_err(|error| {
            anyhow!(
                "{file} cannot be read: {error}: name a file that is there and that you may read"
            )
        })?;
    }
    if bytes.starts_with(&GZIP) {
        bail!("{file} is compressed with gzip: gunzip it first");
    }
    String::from_utf8(bytes).map_err(|error| {
        let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = good.iter().filter(|byte| **byte == b'\n').count() + 1;
        anyhow!("{file}:{line}: this is not UTF-8 text: save it as UTF-8")
    })
}

/// The records of one binding keep one name. Two functions, or Regions, can each have a binding of
/// the same name.
fn anonymous(records: Vec<Record>) -> Vec<Record> {
    let mut numbers = BTreeMap::new();
    let mut anonymous = Vec::new();
    for record in records {
        let next = numbers.len() + 1;
        let Record { function, region, binding, .. } = &record;
        let names = [function, region, binding].map(String::clone);
        let number = *numbers.entry(names).or_insert(next);
        anonymous.push(record.anonymous(number));
    }
    anonymous
}
