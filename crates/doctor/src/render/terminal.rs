//! Text for a terminal.

use super::{concerned, is_command, summary};
use crate::report::{Examined, Finding, NotChecked, Report, SeverityWord};

/// Paints a text for a severity; without colours it gives the text back.
pub type Paint<'a> = &'a dyn Fn(SeverityWord, &str) -> String;

/// The whole report, at most `width` columns wide where words allow it.
pub fn report(report: &Report, width: usize, paint: Paint) -> String {
    let mut out = String::new();
    let account = report.account.as_deref().unwrap_or("unknown");
    out.push_str(&format!("account {account}, {}, {}\n\n", report.region, report.at));
    let widest = |of: fn(&Examined) -> &str| {
        report.bindings.iter().map(|binding| of(binding).chars().count()).max().unwrap_or_default()
    };
    let (names, sources) = (widest(|binding| &binding.name), widest(|binding| &binding.source));
    for binding in &report.bindings {
        let state = binding.state();
        let painted = match binding.gravest {
            Some(severity) => paint(severity, &state),
            None => state,
        };
        let (name, source) = (&binding.name, &binding.source);
        out.push_str(&format!("{name:<names$}  {source:<sources$}  {painted}\n"));
    }
    for severity in SeverityWord::ALL {
        let of_it = report.findings.iter().filter(|finding| finding.severity == severity);
        let of_it: Vec<&Finding> = of_it.collect();
        if !of_it.is_empty() {
            out.push_str(&format!("\n{}\n", paint(severity, &severity.words().to_uppercase())));
        }
        for finding in of_it {
            out.push_str(&one(report, finding, width));
        }
    }
    if !report.not_checked.is_empty() {
        out.push_str("\nNOT CHECKED\n");
    }
    for missed in &report.not_checked {
        out.push_str(&missed_one(report, missed, width));
    }
    let fine = report.fine;
    let over = match report.bindings.len() {
        1 => String::new(),
        many => format!(", over {many} bindings"),
    };
    out.push_str(&format!("\n{} {fine} checks found nothing wrong{over}.\n", summary(report)));
    out
}

/// A note needs no reason; what is graver has one.
fn one(report: &Report, finding: &Finding, width: usize) -> String {
    let whom = concerned(report, &finding.bindings).map(|names| format!(" ({names})"));
    let head = format!("{}{}", finding.found, whom.unwrap_or_default());
    let mut out = labelled(finding.id, &head, width);
    if finding.severity > SeverityWord::Note {
        out.push_str(&labelled("", finding.why, width));
        if let Some(document) = &finding.document {
            out.push_str(&labelled("", &format!("See \"{}\".", document.title), width));
        }
    }
    for mend in &finding.mend {
        // A command is never broken, so that it can be copied.
        match is_command(mend) {
            true => out.push_str(&format!("        $ {mend}\n")),
            false => out.push_str(&labelled("", mend, width)),
        }
    }
    out
}

fn missed_one(report: &Report, missed: &NotChecked, width: usize) -> String {
    let whom = concerned(report, &missed.bindings).map(|names| format!(" ({names})"));
    let head = format!("{}: {}{}", missed.gap.call, missed.gap.why, whom.unwrap_or_default());
    let mut out = labelled("", &head, width);
    out.push_str(&labelled("", &format!("Not checked: {}.", missed.ids.join(", ")), width));
    if !missed.gap.remedy.is_empty() {
        out.push_str(&labelled("", &missed.gap.remedy, width));
    }
    out
}

/// A text with a label in front of its first line.
fn labelled(label: &str, text: &str, width: usize) -> String {
    let room = width.saturating_sub(8).max(30);
    let lines = wrapped(text, room);
    let lines = lines.iter().enumerate().map(|(number, line)| {
        let label = if number == 0 { label } else { "" };
        format!("  {label:<4}  {line}\n")
    });
    lines.collect()
}

/// The text in lines of at most `room` characters, broken at spaces.
pub(crate) fn wrapped(text: &str, room: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(last) if last.is_empty() => last.push_str(word),
            Some(last) if last.chars().count() + 1 + word.chars().count() <= room => {
                last.push(' ');
                last.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
