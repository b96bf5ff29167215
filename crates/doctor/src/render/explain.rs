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
        Some(document) if document.is_of_aws() => {
            out.push_str(&format!("\nAWS: \"{}\"\n{}\n", document.title, document.url));
        }
        Some(document) => out.push_str(&format!("\n{}, docs/{}\n", document.title, document.url)),
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

#[cfg(test)]
mod tests {
    use std::fs;

    use super::table;

    const BEGIN: &str = "<!-- checks -->\n";
    const END: &str = "<!-- end of checks -->";

    #[test]
    fn the_page_of_the_doctor_has_every_check() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/doctor.md");
        let page = fs::read_to_string(path).expect("docs/doctor.md");
        let (head, rest) = page.split_once(BEGIN).expect("the beginning of the table");
        let (_, tail) = rest.split_once(END).expect("the end of the table");
        let wanted = format!("{head}{BEGIN}{}{END}{tail}", table());
        if std::env::var_os("WRITERLINK_WRITE_DOCS").is_some() {
            fs::write(path, &wanted).expect("docs/doctor.md can be written");
        }
        assert!(page == wanted, "run this test with WRITERLINK_WRITE_DOCS=1, and look");
    }
}
