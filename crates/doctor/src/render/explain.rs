//! Explains one check.

use super::terminal::wrapped;
use crate::check::Check;

/// What a check asks, why, and what it rests on.
pub fn explain(check: &Check, width: usize) -> String {
    let mut out = format!("{}  {}\n\n", check.id, check.title);
    for line in wrapped(check.why, width.max(30)) {
        out.push_str(&line);
        out.push('\n');
    }
    match &check.document {
        Some(document) => {
            out.push_str(&format!("\nAWS: \"{}\"\n{}\n", document.title, document.url));
        }
        None => out.push_str("\nNo document says it, so what this check finds is a note.\n"),
    }
    out
}

/// A line for each check.
pub fn list() -> String {
    let mut out = String::new();
    let mut link = None;
    for check in crate::check::checks() {
        if link.replace(check.link) != Some(check.link) {
            out.push_str(&format!("\n{}\n", check.link.title()));
        }
        out.push_str(&format!("  {}  {}\n", check.id, check.title));
    }
    out.trim_start().to_owned()
}

/// The checks as a Markdown table, for the documentation.
pub fn table() -> String {
    let mut out = String::from("| | holds if nothing is found | rests on |\n|---|---|---|\n");
    for check in crate::check::checks() {
        let document = match &check.document {
            Some(document) => format!("[{}]({})", document.title, document.url),
            None => "nothing: a note".to_owned(),
        };
        out.push_str(&format!("| `{}` | {} | {document} |\n", check.id, check.title));
    }
    out
}
