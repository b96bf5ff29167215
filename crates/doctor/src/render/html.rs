//! One self-contained page of HTML.

use super::{concerned, is_command, summary};
use crate::report::{Finding, NotChecked, Report, SeverityWord};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// The whole report. The page loads nothing.
pub fn report(report: &Report) -> String {
    let account = escaped(report.account.as_deref().unwrap_or("unknown"));
    let head = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\">\n<title>Writerlink doctor: {}</title>\n\
         <style>\n{STYLE}</style>\n",
        escaped(&summary(report))
    );
    let findings: String = report.findings.iter().map(|found| one(report, found)).collect();
    let missed: String = report.not_checked.iter().map(|missed| gap(report, missed)).collect();
    format!(
        "{head}<header>\n<h1>Writerlink doctor</h1>\n<p>Account {account}, {}, {}</p>\n</header>\n\
         <main>\n{}{}{}<section id=\"findings\">\n{findings}{missed}</section>\n\
         <p class=\"fine\">{} checks found nothing wrong.</p>\n</main>\n<script>\n{SCRIPT}</script>\n\
         </html>\n",
        escaped(&report.region),
        escaped(&report.at),
        counts(report),
        bindings(report),
        FILTER,
        report.fine
    )
}

const FILTER: &str = "<p class=\"filter\"><label>Show only what contains <input id=\"filter\" \
    type=\"search\" placeholder=\"a name, an id, a word\"></label></p>\n";

/// A tile for each severity. A click shows its findings only.
fn counts(report: &Report) -> String {
    let tile = |class: &str, count: usize, words: &str| {
        format!(
            "<button class=\"tile {class}\" data-kind=\"{class}\" aria-pressed=\"false\"><b>{count}\
             </b> {words}</button>\n"
        )
    };
    let missed: usize = report.bindings.iter().map(|binding| binding.not_checked).sum();
    let tiles = SeverityWord::ALL.iter().map(|severity| {
        let words = if *severity == SeverityWord::Note { "notes" } else { severity.words() };
        tile(class(*severity), report.count(*severity), words)
    });
    let tiles: String = tiles.chain([tile("missed", missed, "not checked")]).collect();
    format!("<div class=\"tiles\">\n{tiles}</div>\n")
}

fn class(severity: SeverityWord) -> &'static str {
    match severity {
        SeverityWord::Note => "note",
        SeverityWord::CostsYouSeconds => "costs",
        SeverityWord::WillBreakAtTheNextFailover => "will-break",
        SeverityWord::Broken => "broken",
    }
}

fn bindings(report: &Report) -> String {
    let rows = report.bindings.iter().map(|binding| {
        let class = match binding.gravest {
            Some(severity) => class(severity),
            None if binding.not_checked > 0 => "missed",
            None => "fine",
        };
        let words = binding.state();
        format!(
            "<tr><th scope=\"row\">{}</th><td>{}</td><td><span class=\"badge {class}\">{words}\
             </span></td></tr>\n",
            escaped(&binding.name),
            escaped(&binding.source)
        )
    });
    let rows: String = rows.collect();
    format!("<table>\n<tbody>\n{rows}</tbody>\n</table>\n")
}

fn one(report: &Report, finding: &Finding) -> String {
    let class = class(finding.severity);
    let whom = concerned(report, &finding.bindings);
    let whom = whom.map(|names| format!("<p class=\"whom\">{}</p>\n", escaped(&names)));
    let document = finding.document.map(|document| match document.is_of_aws() {
        true => format!(" <a href=\"{}\">{}</a>", escaped(document.url), escaped(document.title)),
        false => format!(" ({})", escaped(document.title)),
    });
    format!(
        "<article class=\"{class}\" data-kind=\"{class}\">\n<h2><span class=\"badge {class}\">{}\
         </span> <code>{}</code> {}</h2>\n{}<p>{}{}</p>\n{}</article>\n",
        finding.severity.words(),
        finding.id,
        coded(&finding.found),
        whom.unwrap_or_default(),
        coded(finding.why),
        document.unwrap_or_default(),
        finding.mend.iter().map(|one| mend(one)).collect::<String>()
    )
}

fn mend(mend: &str) -> String {
    match is_command(mend) {
        true => format!("<pre><code>{}</code></pre>\n", escaped(mend)),
        false => format!("<p>{}</p>\n", coded(mend)),
    }
}

fn gap(report: &Report, missed: &NotChecked) -> String {
    let whom = concerned(report, &missed.bindings);
    let whom = whom.map(|names| format!("<p class=\"whom\">{}</p>\n", escaped(&names)));
    format!(
        "<article class=\"missed\" data-kind=\"missed\">\n<h2><span class=\"badge missed\">not \
         checked</span> <code>{}</code> {}</h2>\n{}<p>{}</p>\n<p>{}</p>\n</article>\n",
        escaped(&missed.gap.call),
        missed.ids.join(", "),
        whom.unwrap_or_default(),
        coded(&missed.gap.why),
        coded(&missed.gap.remedy)
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Escaped, with what stands in backticks as code.
fn coded(text: &str) -> String {
    let parts: Vec<String> = text.split('`').map(escaped).collect();
    let is_paired = parts.len() % 2 == 1;
    let mut out = String::new();
    for (number, part) in parts.iter().enumerate() {
        match number % 2 {
            1 if is_paired => out.push_str(&format!("<code>{part}</code>")),
            _ => out.push_str(part),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{coded, escaped};

    #[test]
    fn text_from_elsewhere_is_never_markup() {
        assert_eq!(escaped("<a href=\"x\">&"), "&lt;a href=&quot;x&quot;&gt;&amp;");
        assert_eq!(coded("`a<b` is"), "<code>a&lt;b</code> is");
        assert_eq!(coded("one ` alone"), "one  alone");
    }
}
