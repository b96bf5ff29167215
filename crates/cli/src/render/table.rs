//! The report of an audit: a table, and the details of each binding below it.

use std::collections::BTreeSet;
use std::io::{self, IsTerminal};
use std::net::SocketAddr;

use comfy_table::{Cell, CellAlignment, Color, ContentArrangement, Table, presets};
use writerlink_core::config::Binding;
use writerlink_core::finding::Severity;
use writerlink_core::report::{
    BindingReport, EvidenceReport, KeyReport, MemberReport, Report, Status, TargetReport,
};

use super::colour::{Colour, Tone};

/// The width if standard output is not a terminal.
const WIDTH: u16 = 100;

/// How wide a table on standard output may be.
pub(crate) fn width_of_stdout() -> u16 {
    const NARROWEST: u16 = 60;
    let terminal = io::stdout().is_terminal().then(|| Table::new().width());
    terminal.flatten().unwrap_or(WIDTH).max(NARROWEST)
}

pub(crate) fn audit(report: &Report, colour: Colour, width: u16) -> String {
    let mut parts = vec![bindings(report, colour, width)];
    let with_details = report.bindings.iter().filter(|binding| has_details(binding));
    parts.extend(with_details.map(|binding| details(binding, colour, width)));
    parts.push(summary(report));
    parts.join("\n\n")
}

fn bindings(report: &Report, colour: Colour, width: u16) -> String {
    let mut table = plain_table(colour, width);
    table.set_header(["BINDING", "SOURCE -> GROUP", "STATUS", "EVIDENCE", "TARGETS"]);
    for binding in &report.bindings {
        table.add_row([
            Cell::new(&binding.name),
            Cell::new(binding.binding.as_deref().map_or_else(|| "-".to_owned(), route)),
            status(binding),
            Cell::new(binding.evidence.as_ref().map_or_else(|| "-".to_owned(), evidence)),
            Cell::new(targets(&binding.targets)),
        ]);
    }
    trimmed(&table)
}

/// The status, and the codes of the broken findings.
fn status(binding: &BindingReport) -> Cell {
    let broken = binding.findings.iter().filter(|finding| finding.severity == Severity::Broken);
    // Several members of a set can have the same finding.
    let codes: BTreeSet<&str> = broken.map(|finding| finding.code).collect();
    let codes: String = codes.iter().map(|code| format!("\n{code}")).collect();
    let text = format!("{}{codes}", binding.status.as_str());
    let colour = if binding.is_broken() { Color::Red } else { tint(binding.status) };
    Cell::new(text).fg(colour)
}

/// The source and the name of the target group.
fn route(binding: &Binding) -> String {
    format!("{}\n-> {}", binding.source, binding.target_group.name())
}

/// The writer or the members, with their addresses, and which keys report them.
fn evidence(evidence: &EvidenceReport) -> String {
    match (evidence.topology.as_ref().map(key), evidence.dns.as_ref().map(key)) {
        (Some(topology), Some(dns)) if topology == dns => format!("{dns}\n(topology and dns)"),
        (Some(topology), Some(dns)) => format!("topology: {topology}\ndns: {dns}"),
        (Some(topology), None) => format!("{topology}\n(topology)"),
        (None, Some(dns)) => format!("{dns}\n(dns)"),
        (None, None) => String::new(),
    }
}

fn key(key: &KeyReport) -> String {
    match key {
        KeyReport::Topology { instance, address } => format!("{instance} at {address}"),
        KeyReport::Dns { instance, addresses } => {
            let addresses: Vec<String> = addresses.iter().map(ToString::to_string).collect();
            match instance {
                Some(instance) => format!("{instance} at {}", addresses.join(", ")),
                None => addresses.join("\n"),
            }
        }
        KeyReport::Members { members, missing } => {
            let at = |member: &MemberReport| format!("{} at {}", member.instance, member.address);
            let missing = missing.iter().map(|_| "and more (unknown)".to_owned());
            members.iter().map(at).chain(missing).collect::<Vec<_>>().join("\n")
        }
        KeyReport::Unknown { unknown, .. } => format!("unknown ({unknown})"),
    }
}

fn targets(targets: &[TargetReport]) -> String {
    if targets.is_empty() {
        return "-".to_owned();
    }
    let one = |target: &TargetReport| {
        format!("{} {}", SocketAddr::new(target.id, target.port), target.state)
    };
    targets.iter().map(one).collect::<Vec<_>>().join("\n")
}

fn has_details(binding: &BindingReport) -> bool {
    binding.reason.is_some()
        || !binding.planned.is_empty()
        || !binding.notes.is_empty()
        || !binding.findings.is_empty()
}

/// What was found, what there is to do, and what was left alone, as labelled lines.
fn details(binding: &BindingReport, colour: Colour, width: u16) -> String {
    let mut table = plain_table(colour, width);
    let mut line = |label: &str, text: &str| {
        table.add_row([Cell::new(label).set_alignment(CellAlignment::Right), Cell::new(text)]);
    };
    if let Some(reason) = &binding.reason {
        line("found", &reason.message);
    }
    for action in &binding.planned {
        line("to do", action);
    }
    for note in &binding.notes {
        line("note", note);
    }
    if let Some(remedy) = binding.reason.as_ref().and_then(|r| r.remedy.as_ref()) {
        line("remedy", remedy);
    }
    for finding in binding.findings.iter().filter(|finding| !is_the_reason(finding.code, binding)) {
        let (code, severity) = (finding.code, finding.severity.as_str());
        line("finding", &format!("{code} ({severity}): {}", finding.message));
        line("check", &finding.remedy);
    }
    let code =
        binding.reason.as_ref().map(|reason| format!(" ({})", reason.code)).unwrap_or_default();
    let end = colour.paint(tone(binding.status), binding.status.as_str());
    let broken = if binding.is_broken() {
        format!(", {}", colour.paint(Tone::Bad, "and broken"))
    } else {
        String::new()
    };
    format!("{}: {end}{code}{broken}\n{}", binding.name, trimmed(&table))
}

/// Whether the reason of the status already states this finding.
fn is_the_reason(code: &str, binding: &BindingReport) -> bool {
    binding.reason.as_ref().is_some_and(|reason| reason.code == code)
}

/// The number of bindings in each status, the best status first.
fn summary(report: &Report) -> String {
    const ORDER: [Status; 9] = [
        Status::Settled,
        Status::Changed,
        Status::Waiting,
        Status::Idle,
        Status::Observed,
        Status::Drift,
        Status::Held,
        Status::Failed,
        Status::Unconfirmed,
    ];
    let count = |status: &Status| {
        let count = report.bindings.iter().filter(|binding| binding.status == *status).count();
        (count > 0).then(|| format!("{count} {}", status.as_str()))
    };
    let ends: Vec<String> = ORDER.iter().filter_map(count).collect();
    let bindings = match report.bindings.len() {
        1 => "1 binding".to_owned(),
        several => format!("{several} bindings"),
    };
    format!("{bindings}: {}. Nothing was written.", ends.join(", "))
}

pub(super) fn plain_table(colour: Colour, width: u16) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(width);
    match colour {
        Colour::Off => table.force_no_tty(),
        Colour::On => table.enforce_styling(),
    };
    table
}

pub(super) fn trimmed(table: &Table) -> String {
    table.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

fn tone(status: Status) -> Tone {
    match status {
        Status::Settled | Status::Changed | Status::Idle => Tone::Good,
        Status::Waiting | Status::Observed | Status::Drift => Tone::Warning,
        Status::Held | Status::Failed | Status::Unconfirmed => Tone::Bad,
    }
}

fn tint(status: Status) -> Color {
    match tone(status) {
        Tone::Good => Color::DarkGreen,
        Tone::Warning => Color::DarkYellow,
        Tone::Bad => Color::Red,
        Tone::Act | Tone::Faint | Tone::Plain => Color::Reset,
    }
}

#[cfg(test)]
mod tests;
