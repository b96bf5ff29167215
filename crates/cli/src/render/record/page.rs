//! Records as one HTML page that needs nothing else: no script, no font, no request.

use writerlink_core::record::Record;

use super::steps::{Step, seconds, steps};
use super::{beginning, heading, in_words, left_out, numbers, remarks, span, title};
use crate::command::record::{Comparison, Group, times};

const STYLE: &str = "\
:root{color-scheme:light dark}
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem}
table{border-collapse:collapse;width:100%}
td,th{padding:.15rem .6rem;text-align:left;vertical-align:middle}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
td.bar{width:45%}
svg{display:block;width:100%;height:12px}
rect{fill:#2b7de9}
small{opacity:.75}";

/// The page.
pub(crate) fn html(records: &[Record], comparison: &Comparison) -> String {
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" \
         content=\"width=device-width\">\n<title>Failovers</title>\n<style>\n{STYLE}\n</style>\n\
         <h1>Failovers</h1>\n"
    );
    if records.len() > 1 {
        comparison.groups.iter().for_each(|group| page.push_str(&compared(group)));
    }
    records.iter().for_each(|record| page.push_str(&section(record)));
    page.push_str("</html>");
    page
}

fn compared(group: &Group) -> String {
    let mut table = format!(
        "<h2>{}</h2>\n<table>\n<tr><th>seconds<th class=\"n\">count<th class=\"n\">left out<th \
         class=\"n\">min<th class=\"n\">median<th class=\"n\">max\n",
        escaped(&heading(group))
    );
    for spread in &group.times {
        let [min, median, max] = numbers(spread);
        table.push_str(&format!(
            "<tr><td>{}<td class=\"n\">{}<td class=\"n\">{}<td class=\"n\">{min}<td \
             class=\"n\">{median}<td class=\"n\">{max}\n",
            spread.name, spread.count, spread.left_out
        ));
    }
    table.push_str("</table>\n");
    table.extend(left_out(group).map(|remark| format!("<p><small>{remark}</small>\n")));
    table
}

fn section(record: &Record) -> String {
    let mut section = format!(
        "<h2>{}</h2>\n<p>{}. <small>{}</small></p>\n<table>\n",
        escaped(&title(record)),
        escaped(in_words(record.end)),
        escaped(&beginning(record))
    );
    let steps = steps(record);
    let first = steps.iter().map(|step| step.after.unwrap_or(step.by)).fold(0.0, f64::min);
    let last = steps.iter().map(|step| step.by).fold(1.0, f64::max);
    for step in &steps {
        section.push_str(&row(step, first, last));
    }
    section.push_str("</table>\n<ul>\n");
    for (name, lasted) in times(record) {
        if let Some(lasted) = lasted {
            section.push_str(&format!("<li>{name}: {}\n", span(lasted)));
        }
    }
    for remark in remarks(record) {
        section.push_str(&format!("<li>{}\n", escaped(&remark)));
    }
    section + "</ul>\n"
}

/// A step: its two moments, a bar from the one to the other, and what it is.
fn row(Step { after, by, what }: &Step, first: f64, last: f64) -> String {
    let place = |at: f64| (at - first) / (last - first) * 1000.0;
    let from = place(after.unwrap_or(first));
    let width = (place(*by) - from).max(3.0);
    let after = after.map(seconds).unwrap_or_default();
    format!(
        "<tr><td class=\"n\">{after}<td class=\"n\">{}<td class=\"bar\"><svg viewBox=\"0 0 1000 \
         12\" preserveAspectRatio=\"none\"><rect x=\"{from:.1}\" width=\"{width:.1}\" \
         height=\"12\"/></svg><td>{}\n",
        seconds(*by),
        escaped(what)
    )
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
    out
}
