//! Finds records in what people have of a log.
//!
//! A text is searched for JSON objects: each `{` from which one can be read begins one. A record
//! can be anywhere in an object, also in a text in it: that is how logs and topics carry it. What
//! remains of a text and says that it is a record is a broken one.

use serde::Deserialize;
use serde_json::{Deserializer, Value};
use writerlink_core::record::{Record, VERSION};
use writerlink_core::text::bounded;

use super::csv;

/// What was found in a text.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) records: Vec<Record>,
    /// What says that it is a record and cannot be shown.
    pub(super) broken: Vec<Broken>,
    /// How many lines or events had neither.
    pub(super) skipped: usize,
}

/// A record that cannot be shown.
#[derive(Debug, PartialEq)]
pub(super) struct Broken {
    /// The file and the line.
    pub(super) place: String,
    /// Why. It can quote the file.
    pub(super) why: String,
}

impl Found {
    pub(super) fn add(&mut self, other: Self) {
        self.records.extend(other.records);
        self.broken.extend(other.broken);
        self.skipped += other.skipped;
    }

    /// How many records there are, good or broken.
    pub(super) fn len(&self) -> usize {
        self.records.len() + self.broken.len()
    }

    fn refuse(&mut self, place: String, why: String) {
        // One line can have several pieces of one record.
        if self.broken.last().is_none_or(|last| last.place != place) {
            self.broken.push(Broken { place, why });
        }
    }
}

/// The records in the text of a file.
pub(super) fn records(text: &str, file: &str) -> Found {
    let mut found = Found::default();
    let text = text.trim_start_matches('\u{feff}');
    if !csv::is_csv(text) {
        found.skipped = search_text(text, &Place::new(file, 1, text), &mut found);
        return found;
    }
    for row in csv::rows(text) {
        let before = found.len();
        for (line, field) in &row {
            search_text(field, &Place::new(file, *line, field), &mut found);
        }
        let is_head = row.iter().any(|(_, field)| field.trim_end() == "@message");
        found.skipped += usize::from(found.len() == before && !is_head);
    }
    found
}

/// Where a text is.
enum Place<'a> {
    /// It is in a file. It begins on this line, and its lines end at these places.
    Lines { file: &'a str, first: usize, ends: Vec<usize> },
    /// It is a part of something at this place.
    Within(&'a str),
}

impl<'a> Place<'a> {
    fn new(file: &'a str, first: usize, text: &str) -> Self {
        Self::Lines { file, first, ends: text.match_indices('\n').map(|(end, _)| end).collect() }
    }

    fn of(&self, at: usize) -> String {
        match self {
            Self::Lines { file, first, ends } => {
                format!("{file}:{}", first + ends.partition_point(|end| *end < at))
            }
            Self::Within(place) => (*place).to_owned(),
        }
    }
}

/// Searches a text. Returns how many of its objects and of its other lines have no record.
fn search_text(text: &str, place: &Place<'_>, found: &mut Found) -> usize {
    let mut rest = Rest { text, place, from: 0, cut: 0, skipped: 0 };
    let (mut skipped, mut at) = (0, 0);
    while let Some(open) = text[at..].find('{').map(|open| at + open) {
        let mut values = Deserializer::from_str(&text[open..]).into_iter::<Value>();
        match values.next() {
            Some(Ok(value)) => {
                rest.end(open, true, found);
                let without = search_events(&value, &place.of(open), found);
                skipped += if open < rest.cut { 0 } else { without };
                at = open + values.byte_offset();
                rest.from = at;
            }
            Some(Err(error)) if error.line() > 1 && open >= rest.cut => {
                rest.end(open, true, found);
                rest.from = open;
                let lines = text[open..].split_inclusive('\n').take(error.line() - 1);
                rest.cut = open + lines.map(str::len).sum::<usize>() + error.column();
                at = open + 1;
            }
            _ => at = open + 1,
        }
    }
    rest.end(text.len(), false, found);
    skipped + rest.skipped
}

/// What lies between the objects of a text.
struct Rest<'a> {
    text: &'a str,
    place: &'a Place<'a>,
    from: usize,
    /// Where reading ended of an object that spans lines and is not whole. Its lines do not count.
    cut: usize,
    skipped: usize,
}

impl Rest<'_> {
    /// Looks through it up to this place. It can share its first line with the object before it,
    /// and its last one with the object that follows.
    fn end(&mut self, to: usize, is_followed: bool, found: &mut Found) {
        let mut at = self.from;
        let mut lines = self.text[self.from..to].split('\n').peekable();
        while let Some(line) = lines.next() {
            let is_shared = (at > 0 && at == self.from) || (is_followed && lines.peek().is_none());
            let is_blank = line.chars().all(|c| c.is_whitespace() || "[]{},".contains(c));
            if let Some(part) = part_of_a_record(line) {
                let why = "this line has a part of a record, which is not whole JSON";
                let whole = self.text[at + part..].lines().next().unwrap_or_default();
                found.refuse(self.place.of(at + part), format!("{why}: {}", bounded(whole)));
            } else if !is_shared && !is_blank && at >= self.cut {
                self.skipped += 1;
            }
            at += line.len() + 1;
        }
    }
}

/// Where a text has `"kind":"record"`, in whatever way it is quoted.
fn part_of_a_record(text: &str) -> Option<usize> {
    fn quoted(text: &str) -> Option<&str> {
        let text = text.trim_start_matches('\\').strip_prefix('"')?;
        Some(text.trim_start_matches('"'))
    }
    let is_kind = |text: &str| {
        let value = quoted(text)?.trim_start().strip_prefix(':')?;
        let after = quoted(value.trim_start())?.strip_prefix("record")?;
        (after.is_empty() || after.starts_with(['"', '\\'])).then_some(())
    };
    let places = text.match_indices("kind").map(|(at, _)| at);
    places
        .filter(|at| text[..*at].ends_with('"'))
        .find(|at| is_kind(&text[at + "kind".len()..]).is_some())
}

/// Searches an object. Returns how many of its events have no record; it is one itself if it has no
/// list of them.
fn search_events(value: &Value, place: &str, found: &mut Found) -> usize {
    let lists = ["events", "results", "records"];
    let list = lists.iter().find_map(|key| value.get(key)?.as_array());
    let Some(list) = list.filter(|_| !is_record(value)) else {
        return without(found, |found| search(value, place, found));
    };
    let entries = list.iter().zip(1..).map(|(one, number)| {
        let place = format!("{place}: entry {number}");
        without(found, |found| search(one, &place, found))
    });
    entries.sum()
}

/// 1 if this finds no record, good or broken.
fn without(found: &mut Found, search: impl FnOnce(&mut Found)) -> usize {
    let before = found.len();
    search(found);
    usize::from(found.len() == before)
}

fn search(value: &Value, place: &str, found: &mut Found) {
    match value {
        _ if is_record(value) => match read(value) {
            Ok(record) => found.records.push(record),
            Err(why) => found.refuse(place.to_owned(), why),
        },
        Value::Object(fields) => fields.values().for_each(|inner| search(inner, place, found)),
        Value::Array(list) => list.iter().for_each(|inner| search(inner, place, found)),
        Value::String(text) if text.contains("record") => {
            search_text(text, &Place::Within(place), found);
        }
        _ => {}
    }
}

/// Whether it is a record of ours, which has a version. Others have records too.
fn is_record(value: &Value) -> bool {
    value.get("kind").and_then(Value::as_str) == Some("record") && value.get("version").is_some()
}

fn read(value: &Value) -> Result<Record, String> {
    let known = u64::from(VERSION);
    match value["version"].as_u64() {
        Some(version) if version > known => {
            return Err(format!(
                "this record has version {version}, and this program knows {known}: use a later \
                 release"
            ));
        }
        Some(1..) => {}
        _ => return Err("this record is broken: its version is not a number from 1 on".to_owned()),
    }
    let broken = |why: String| format!("this record is broken: {}", bounded(&why));
    let record = Record::deserialize(value).map_err(|error| broken(error.to_string()))?;
    record.check().map_err(|error| broken(error.to_string()))?;
    Ok(record.bounded())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::command::record::distinct::distinct;
    use crate::render::record::sample;

    /// The record, on one line and on several.
    fn texts() -> (Record, String, String) {
        let record = sample::record("orders", 0.0);
        let line = serde_json::to_string(&record).expect("JSON");
        let pretty = serde_json::to_string_pretty(&record).expect("JSON");
        (record, line, pretty)
    }

    fn nested(value: Value, deep: usize) -> Value {
        (0..deep).fold(value, |value, _| json!({ "in": value }))
    }

    #[test]
    fn a_record_is_found_in_every_form_in_which_people_have_it() {
        let (record, line, pretty) = texts();
        let metric = "{\"_aws\":{},\"EventLag\":1}";
        let csv = format!(
            "@timestamp,binding,@message\n2026-12-01 00:00:00.000,,START\n\
             2026-12-01 00:00:00.000,orders,\"{}\n\"\n",
            line.replace('"', "\"\"")
        );
        for (name, text, skipped) in [
            ("a log", format!("START\n{line}\n{metric}\n\nEND\n"), 3),
            ("a log with times", format!("2026-12-01T00:00:00Z [1]abc {line}\n"), 0),
            ("a log with braces", format!("[INFO] {{req}} {line} {{}}\n{{req}} END\n"), 2),
            ("a file from Windows", format!("\u{feff}{line}\r\n"), 0),
            ("a pretty record", pretty.clone(), 0),
            ("two pretty records", format!("{pretty}\n{pretty}\n"), 0),
            ("two on a line", format!("{line}{line}"), 0),
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
            ("an export of Logs Insights", csv, 1),
            ("an answer", json!({"recorded": true, "records": [record]}).to_string(), 0),
            ("a notification", json!({"Type": "Notification", "Message": pretty}).to_string(), 0),
            ("a message with a prefix", json!({"message": format!("x {line}")}).to_string(), 0),
            ("a deep one", nested(json!(record), 100).to_string(), 0),
            ("a very deep one", nested(json!(record), 1000).to_string(), 0),
            ("someone else's", format!("{{\"kind\":\"record\",\"topic\":\"x\"}}\n{line}"), 1),
            ("twice", format!("{line}\n{line}\n"), 0),
        ] {
            let found = records(&text, "f");
            assert_eq!(found.broken, [], "{name}");
            let records = distinct(found.records);
            assert_eq!(
                (records.as_slice(), found.skipped),
                (&[record.clone()][..], skipped),
                "{name}"
            );
        }
    }

    #[test]
    fn a_broken_record_is_listed_with_its_line_and_the_good_ones_are_found() {
        let (record, line, pretty) = texts();
        let cut = &line[..line.find("Elb.Reg").expect("it has it")];
        let part = "this line has a part of a record";
        let wrong_type = line.replace("\"eu-west-1\"", "7");
        let with = |from: &str, to: &str| {
            assert!(line.contains(from), "{from}");
            line.replace(from, to)
        };
        let no_name = with("\"binding\":\"orders\",", "");
        let doubled = cut.replace('"', "\"\"");
        for (name, text, place, says) in [
            ("no name", format!("x\n{no_name}"), "f:2", "missing field `binding`"),
            ("cut", format!("x\n\n{cut}"), "f:3", part),
            ("cut pretty", pretty[..pretty.len() / 2].to_owned(), "f:2", part),
            ("with spaces", cut.replace("\":\"", "\" : \""), "f:1", part),
            ("in a message", json!({"message": cut}).to_string(), "f:1", part),
            ("in a list", json!({"events": ["x", cut]}).to_string(), "f:1: entry 2", part),
            (
                "a cut list",
                json!({"events": [line, line]}).to_string()[..line.len() * 2].to_owned(),
                "f:1",
                part,
            ),
            ("in CSV", format!("@message\n\"{doubled}"), "f:2", part),
            (
                "a later version",
                with("\"version\":1", "\"version\":9"),
                "f:1",
                "use a later release",
            ),
            (
                "of a later form",
                with("\"version\":1", "\"version\":2").replace("complete", "x"),
                "f:1",
                "use a later",
            ),
            ("version 0", with("\"version\":1", "\"version\":0"), "f:1", "its version"),
            (
                "an unknown end",
                with("\"end\":\"complete\"", "\"end\":\"well\""),
                "f:1",
                "unknown variant `well`",
            ),
            (
                "another time",
                with("\"at_least\":10.1", "\"at_least\":-1"),
                "f:1",
                "its EventLag is not",
            ),
            (
                "a wrong type",
                json!({"events": [{"message": "x"}, {"message": wrong_type}]}).to_string(),
                "f:1: entry 2",
                "integer `7`",
            ),
        ] {
            for good in ["", line.as_str()] {
                let found = records(&format!("{text}\n{good}"), "f");
                let [broken] = &found.broken[..] else { panic!("{name}: {found:#?}") };
                assert_eq!(broken.place, place, "{name}");
                assert!(broken.why.contains(says), "{name}: {}", broken.why);
                // A quoted field of CSV goes on.
                if !good.is_empty() && name != "in CSV" {
                    assert_eq!(found.records, std::slice::from_ref(&record), "{name}");
                }
            }
        }
    }

    #[test]
    fn no_character_of_a_file_reaches_a_terminal_but_letters() {
        let (_, line, _) = texts();
        let hostile = "\\u001b[31m\\u202e\\u009b\\n";
        for name in ["orders", "aurora-postgresql", "eu-west-1", "old", "initial"] {
            let text = line.replace(&format!("\"{name}\""), &format!("\"{hostile}\""));
            let found = records(&text, "f");
            let shown = serde_json::to_string(&found.records[0]).expect("JSON");
            assert!(shown.contains('\u{fffd}') && !shown.contains("\\"), "{name}: {shown}");
            assert!(!shown.chars().any(writerlink_core::text::is_unprintable), "{name}: {shown}");
        }
    }
}
