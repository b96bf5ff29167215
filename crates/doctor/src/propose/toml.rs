//! Writes a proposal as a configuration.

use toml::Value as Text;
use writerlink_core::config::Mode;
use writerlink_core::text::clean;

use super::entry::told;
use super::{Allowed, Entry, Proposal, Proposed, Value};
use crate::read::Gap;
use crate::render::terminal::wrapped;

/// The widest line of a comment.
const WIDTH: usize = 100;

/// The configuration, with what was found as comments. A binding that needs a decision is a comment
/// too. Text from AWS stands in quotes as TOML escapes it, or cleaned on a comment's line.
pub fn configuration(proposal: &Proposal) -> String {
    let account = proposal.account.as_deref().unwrap_or("(number not read)");
    let mut out = comment(&format!(
        "Proposed by `writerlink init` for account {account} in {}. Read each binding before you \
         use it; in mode observe the function writes nothing.",
        proposal.region
    ));
    out.extend(unread(proposal).iter().map(|gap| comment(gap)));
    out.push('\n');
    out.push_str(&comment("The topic for outcomes, never the one to which RDS publishes:"));
    out.push_str("# notify-topic = \"<notify-topic>\"\n");
    if !proposal.dns_servers.is_empty() {
        let servers = proposal.dns_servers.iter().map(|server| quoted(&server.to_string()));
        let servers = servers.collect::<Vec<_>>().join(", ");
        out.push_str(&format!("\n[dns]\nservers = [{servers}]\n"));
    }
    if proposal.entries.is_empty() {
        let none = match proposal.gaps.is_empty() {
            true => "There is no TCP target group of type ip, so there is nothing to propose.",
            false => "There is nothing to propose; what was not read stands above.",
        };
        out.push_str(&format!("\n{}", comment(none)));
    }
    out.extend(proposal.entries.iter().map(entry));
    out
}

fn entry(entry: &Entry) -> String {
    let mut out = format!("\n{}", comment(&format!("{}:", entry.title)));
    out.extend(entry.comments.iter().map(|sentence| comment(sentence)));
    let Some(binding) = &entry.binding else { return out };
    for (name, gap) in binding.blanks() {
        out.push_str(&comment(&format!("{name} is blank. {}", told(gap))));
    }
    let lines = table(binding);
    let prefix = if binding.is_doubtful { "# " } else { "" };
    out.extend(lines.lines().map(|line| format!("{prefix}{line}\n")));
    out
}

fn table(binding: &Proposed) -> String {
    let group = match &binding.target_group {
        Value::Known(arn) => arn,
        Value::Blank { name, .. } => name,
    };
    let mut out = format!(
        "[[binding]]\nname = {}\nsource = {}\ntarget-group = {}\nmode = \"{}\"\n",
        quoted(&binding.name),
        quoted(&binding.source.to_string()),
        quoted(group),
        mode(binding.mode),
    );
    out.extend(binding.port.map(|port| format!("port = {port}\n")));
    match &binding.allow {
        Value::Known(networks) => {
            let lines: String = networks.iter().map(allowed).collect();
            out.push_str(&format!("allow = [\n{lines}]\n"));
        }
        Value::Blank { name, .. } => out.push_str(&format!("allow = [{}]\n", quoted(name))),
    }
    out
}

fn allowed(allowed: &Allowed) -> String {
    let subnets = clean(&allowed.subnets.join(", "));
    format!("    {}, # {subnets}\n", quoted(&allowed.network.to_string()))
}

/// The mode as a configuration has it.
pub(super) fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Manage => "manage",
        Mode::Observe => "observe",
    }
}

fn quoted(text: &str) -> String {
    Text::String(text.to_owned()).to_string()
}

fn comment(sentence: &str) -> String {
    let lines = wrapped(&clean(sentence), WIDTH - 2);
    lines.into_iter().map(|line| format!("# {line}\n")).collect()
}

/// What was not read, in sentences. Of one kind of call, such as a DNS lookup, a few stand for all.
fn unread(proposal: &Proposal) -> Vec<String> {
    const FEW: usize = 3;
    let kinds = proposal.gaps.chunk_by(|one, other| one.call == other.call);
    let of_kind = |gaps: &[Gap]| {
        let shown = gaps.iter().take(FEW).map(|gap| format!("Not read: {}", told(gap)));
        let more = gaps.len().saturating_sub(FEW);
        let rest = (more > 0).then(|| format!("Not read: {more} more of {}.", gaps[0].call));
        shown.chain(rest).collect::<Vec<_>>()
    };
    kinds.flat_map(of_kind).collect()
}

/// What the comments of the configuration say, for a person who sees only a file of parameters.
pub(super) fn notes(proposal: &Proposal) -> Vec<String> {
    let of_entry = |entry: &Entry| {
        let is_there = entry.binding.as_ref().is_some_and(|binding| !binding.is_doubtful);
        let left_out = if is_there { "" } else { " (left out)" };
        format!("{}{left_out}: {}", entry.title, entry.comments.join(" "))
    };
    let notes = unread(proposal).into_iter().chain(proposal.entries.iter().map(of_entry));
    notes.map(|note| clean(&note)).collect()
}
