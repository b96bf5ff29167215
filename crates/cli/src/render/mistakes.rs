//! The mistakes of configurations as text: blocks that begin with FILE:LINE:COLUMN, and a summary.

use std::fmt::Write;

use writerlink_core::config::{Checked, Config, Mistake};
use writerlink_core::text::{clean, lines};

use crate::command::check::{CheckedText, Row, patterns};

/// A longer line is not shown with its mistake.
const LONGEST_LINE: usize = 100;

/// The blocks and the summaries of several texts.
pub(crate) fn of(texts: &[CheckedText]) -> String {
    let blocks: Vec<String> = texts.iter().map(one).collect();
    lines(&blocks.join("\n"))
}

fn one(text: &CheckedText) -> String {
    let Checked { config, mistakes, remarks } = match &text.found {
        Ok(checked) => checked,
        Err(error) => return format!("{error}\n"),
    };
    let mut out: String = mistakes.iter().map(|mistake| block(mistake, "", &text.text)).collect();
    out.extend(remarks.iter().map(|remark| block(remark, "remark: ", &text.text)));
    let _ = writeln!(out, "{}: {}", text.place, summary(config.as_ref(), mistakes.len()));
    if let Some(config) = config.as_ref().filter(|_| mistakes.is_empty()) {
        out.push_str(&rows(config));
    }
    out
}

/// A mistake or a remark, with the line that it is in.
fn block(mistake: &Mistake, kind: &str, text: &str) -> String {
    let says = format!("{}: {kind}{}", mistake.place, mistake.sentence());
    let line = text.lines().nth(mistake.place.line - 1).unwrap_or_default();
    if line.trim().is_empty() || line.chars().count() > LONGEST_LINE {
        return format!("{says}\n\n");
    }
    let number = mistake.place.line.to_string();
    let margin = " ".repeat(number.len());
    let pad = " ".repeat(mistake.place.column - 1);
    format!("{says}\n {number} | {}\n {margin} | {pad}^\n\n", clean(line))
}

fn summary(config: Option<&Config>, mistakes: usize) -> String {
    let all = |config: &Config| counted(config.bindings.len(), "binding");
    match (config, mistakes) {
        (Some(config), 0) => format!("no mistake, {}", all(config)),
        (Some(config), _) => format!(
            "{}; {} of {} can be used",
            counted(mistakes, "mistake"),
            config.usable().count(),
            all(config)
        ),
        (None, _) => format!("{}; it cannot be used", counted(mistakes, "mistake")),
    }
}

fn counted(number: usize, thing: &str) -> String {
    format!("{number} {thing}{}", if number == 1 { "" } else { "s" })
}

fn rows(config: &Config) -> String {
    let rows: Vec<Row> = config.usable().map(Row::of).collect();
    let width = |text: fn(&Row) -> &str| {
        rows.iter().map(|row| text(row).chars().count()).max().unwrap_or_default()
    };
    let (name, source) = (width(|row| &row.name), width(|row| &row.source));
    let mut out = String::new();
    for row in &rows {
        let _ = writeln!(
            out,
            "  {:name$}  {:source$} -> {}, {}",
            row.name, row.source, row.target_group, row.mode
        );
    }
    let patterns = patterns(config);
    if !patterns.is_empty() {
        let _ = writeln!(out, "  discover: {}", patterns.join(", "));
    }
    out
}
