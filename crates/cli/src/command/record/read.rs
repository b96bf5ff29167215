//! Finds records in what people have of a log.
//!
//! A text is one JSON value, or lines of which each is a JSON value or a log line with one in it. A
//! record can be anywhere in a value, also as JSON inside a text: that is how logs and topics carry
//! it.

use anyhow::bail;
use serde::Deserialize;
use serde_json::Value;
use writerlink_core::record::{Record, VERSION};
use writerlink_core::text::bounded;

/// Records, each once, and how many lines or events had none.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) records: Vec<Record>,
    pub(super) skipped: usize,
}

/// The deepest nesting that is searched.
const DEEPEST: usize = 16;

impl Found {
    pub(super) fn add(&mut self, other: Self) {
        for record in other.records {
            // A record is in the log, in the notification and in the answer.
            if !self.records.contains(&record) {
                self.records.push(record);
            }
        }
        self.skipped += other.skipped;
    }
}

/// The records in a text.
///
/// # Errors
/// If something says that it is a record and is none: the file and the line.
pub(super) fn records(text: &str, file: &str) -> anyhow::Result<Found> {
    let mut found = Found::default();
    let text = text.trim_start_matches('\u{feff}');
    if let Ok(value) = serde_json::from_str::<Value>(text) {
        found.add(of_document(&value, file)?);
        return Ok(found);
    }
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        found.add(of_line(line, &format!("{file}:{}", index + 1))?);
    }
    Ok(found)
}

/// The records of a document. Its events are counted one by one.
fn of_document(value: &Value, file: &str) -> anyhow::Result<Found> {
    let lists = ["events", "results", "records"];
    let list = value.as_array().or_else(|| lists.iter().find_map(|key| value.get(key)?.as_array()));
    let Some(list) = list.filter(|_| !is_record(value)) else {
        return of_value(value, file);
    };
    let mut found = Found::default();
    for (index, one) in list.iter().enumerate() {
        found.add(of_value(one, &format!("{file}: entry {}", index + 1))?);
    }
    Ok(found)
}

fn of_line(line: &str, place: &str) -> anyhow::Result<Found> {
    if let Ok(value) = serde_json::from_str::<Value>(line) {
        return of_value(&value, place);
    }
    // `aws logs tail` and exports put a time before the message.
    let inner = line.find('{').zip(line.rfind('}')).and_then(|(from, to)| line.get(from..=to));
    match inner.map(serde_json::from_str::<Value>) {
        Some(Ok(value)) => of_value(&value, place),
        _ if line.contains("\"kind\":\"record\"") => {
            bail!("{place}: this line has a part of a record, which is not JSON: {}", bounded(line))
        }
        _ => Ok(Found { records: Vec::new(), skipped: 1 }),
    }
}

/// The records anywhere in one value, which counts as left out if it has none.
fn of_value(value: &Value, place: &str) -> anyhow::Result<Found> {
    let mut found = Found::default();
    search(value, place, DEEPEST, &mut found)?;
    found.skipped = usize::from(found.records.is_empty());
    Ok(found)
}

fn search(value: &Value, place: &str, deepest: usize, found: &mut Found) -> anyhow::Result<()> {
    if deepest == 0 {
        return Ok(());
    }
    match value {
        _ if is_record(value) => {
            let record = read(value, place)?;
            found.add(Found { records: vec![record], skipped: 0 });
        }
        Value::Object(fields) => {
            for inner in fields.values() {
                search(inner, place, deepest - 1, found)?;
            }
        }
        Value::Array(list) => {
            for inner in list {
                search(inner, place, deepest - 1, found)?;
            }
        }
        Value::String(text) if text.contains("\"record\"") => {
            if let Ok(inner) = serde_json::from_str(text) {
                search(&inner, place, deepest - 1, found)?;
            }
        }
        _ => {}
    }
    Ok(())
}

fn is_record(value: &Value) -> bool {
    value.get("kind").and_then(Value::as_str) == Some("record")
}

fn read(value: &Value, place: &str) -> anyhow::Result<Record> {
    match Record::deserialize(value) {
        Ok(record) if record.version <= VERSION => Ok(record),
        Ok(record) => bail!(
            "{place}: this record has version {}, and this program knows {VERSION}: use a later \
             release",
            record.version
        ),
        Err(error) => bail!("{place}: this record is broken: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::render::record::sample;

    #[test]
    fn a_record_is_found_in_every_form_in_which_people_have_it() {
        let record = sample::record("orders", 0.0);
        let line = serde_json::to_string(&record).expect("JSON");
        let pretty = serde_json::to_string_pretty(&record).expect("JSON");
        let metric = "{\"_aws\":{},\"EventLag\":1}";
        for (name, text, skipped) in [
            ("a log", format!("START\n{line}\n{metric}\n\nEND\n"), 3),
            ("a log with times", format!("2026-12-01T00:00:00Z [1]abc {line}\n"), 0),
            ("a file from Windows", format!("\u{feff}{line}\r\n"), 0),
            ("a pretty record", pretty.clone(), 0),
            (
                "filter-log-events",
                json!({"events": [{"message": metric}, {"message": format!("{line}\n")}]})
                    .to_string(),
                1,
            ),
            (
                "get-query-results",
                json!({"results": [[{"field": "@message", "value": line}]]}).to_string(),
                0,
            ),
            ("an answer", json!({"recorded": true, "records": [record]}).to_string(), 0),
            ("a notification", json!({"Type": "Notification", "Message": pretty}).to_string(), 0),
            ("twice", format!("{line}\n{line}\n"), 0),
        ] {
            let found = records(&text, "f").expect(name);
            assert_eq!(
                (found.records.as_slice(), found.skipped),
                (&[record.clone()][..], skipped),
                "{name}"
            );
        }
    }

    #[test]
    fn a_broken_record_is_refused_with_its_line() {
        let line = serde_json::to_string(&sample::record("orders", 0.0)).expect("JSON");
        let without_name = line.replace("\"binding\":\"orders\",", "");
        let unknown_end = line.replace("\"end\":\"complete\"", "\"end\":\"well\"");
        let wrong_type = line.replace("\"eu-west-1\"", "7");
        let events = json!({"events": [{"message": "x"}, {"message": wrong_type}]});
        for (text, says) in [
            (format!("x\n{without_name}"), "f:2: this record is broken: missing field `binding`"),
            (format!("x\n\n{}", &line[..200]), "f:3: this line has a part of a record"),
            (line.replace("\"version\":1", "\"version\":9"), "use a later release"),
            (unknown_end, "f: this record is broken: unknown variant `well`"),
            (events.to_string(), "f: entry 2: this record is broken: invalid type: integer `7`"),
        ] {
            let error = records(&text, "f").expect_err("it is broken").to_string();
            assert!(error.contains(says), "{error}");
        }
    }
}
