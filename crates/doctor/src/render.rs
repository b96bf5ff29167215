//! Shows a report: as text for a terminal, as Markdown for a ticket, as one page of HTML.

pub mod explain;
pub mod html;
pub mod markdown;
pub mod terminal;

use crate::report::{Report, SeverityWord};

/// One line: how many findings there are of each severity.
pub fn summary(report: &Report) -> String {
    let counts = SeverityWord::ALL.iter().map(|severity| (severity, report.count(*severity)));
    let found = counts.filter(|(_, count)| *count > 0);
    let mut parts: Vec<String> = found.map(|(severity, count)| severity.many(count)).collect();
    let missed: usize = report.bindings.iter().map(|binding| binding.not_checked).sum();
    if missed > 0 {
        parts.push(format!("{missed} not checked"));
    }
    if parts.is_empty() {
        return "Nothing is wrong.".to_owned();
    }
    format!("{}.", parts.join(", "))
}

/// The bindings of a finding, where the report has more than one.
fn concerned(report: &Report, bindings: &[String]) -> Option<String> {
    match bindings.len() {
        _ if report.bindings.len() == 1 => None,
        all if all == report.bindings.len() => Some("all bindings".to_owned()),
        _ => Some(bindings.join(", ")),
    }
}

/// Whether a remedy is a command, and no sentence.
fn is_command(mend: &str) -> bool {
    ["aws ", "dig "].iter().any(|program| mend.starts_with(program))
}
