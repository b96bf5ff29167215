//! Markdown for a ticket.

use super::{concerned, is_command, summary};
use crate::report::{Finding, Report, SeverityWord};

/// The whole report.
pub fn report(report: &Report) -> String {
    let account = report.account.as_deref().unwrap_or("unknown");
    let mut out = format!(
        "# Writerlink doctor\n\nAccount {account}, {}, {}. {}\n",
        report.region,
        report.at,
        summary(report)
    );
    out.push('\n');
    for binding in &report.bindings {
        let (name, source) = (plain(&binding.name), plain(&binding.source));
        out.push_str(&format!("- {name} ({source}): {}\n", binding.state()));
    }
    for severity in SeverityWord::ALL {
        let of_it = report.findings.iter().filter(|finding| finding.severity == severity);
        let of_it: Vec<&Finding> = of_it.collect();
        if !of_it.is_empty() {
            let words = severity.words();
            out.push_str(&format!("\n## {}{}\n\n", words[..1].to_uppercase(), &words[1..]));
        }
        for finding in of_it {
            out.push_str(&one(report, finding));
        }
    }
    if !report.not_checked.is_empty() {
        out.push_str("\n## Not checked\n\n");
    }
    for missed in &report.not_checked {
        out.push_str(&format!(
            "- `{}`: {} ({}). {}\n",
            missed.gap.call,
            plain(&missed.gap.why),
            missed.ids.join(", "),
            plain(&missed.gap.remedy)
        ));
    }
    out
}

fn one(report: &Report, finding: &Finding) -> String {
    let whom = concerned(report, &finding.bindings).map(|names| format!(" ({})", plain(&names)));
    let mut out =
        format!("- **{}** {}{}\n", finding.id, plain(&finding.found), whom.unwrap_or_default());
    if finding.severity > SeverityWord::Note {
        out.push_str(&format!("  {}", plain(finding.why)));
        if let Some(document) = &finding.document {
            match document.is_of_aws() {
                true => out.push_str(&format!(" [{}]({})", document.title, document.url)),
                false => out.push_str(&format!(" ({})", document.title)),
            }
        }
        out.push('\n');
    }
    for mend in &finding.mend {
        match is_command(mend) {
            true => out.push_str(&format!("  ```sh\n  {}\n  ```\n", mend.replace("```", "'''"))),
            false => out.push_str(&format!("  {}\n", plain(mend))),
        }
    }
    out
}

/// Text in which nothing is markup but code in backticks.
fn plain(text: &str) -> String {
    let is_paired = text.matches('`').count().is_multiple_of(2);
    let mut is_code = false;
    let mut out = String::new();
    for c in text.chars() {
        is_code ^= c == '`' && is_paired;
        let is_markup = matches!(c, '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '\\');
        if (is_markup && !is_code) || (c == '`' && !is_paired) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn text_from_elsewhere_is_never_markup() {
        for (text, shown) in [
            ("`a_b` is *c*", "`a_b` is \\*c\\*"),
            ("one ` and <b>", "one \\` and \\<b\\>"),
            ("[x](y)", "\\[x\\](y)"),
        ] {
            assert_eq!(plain(text), shown);
        }
    }
}
