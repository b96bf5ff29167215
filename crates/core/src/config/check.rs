//! A check of a whole text: every mistake in it, and the configuration if it can be used.

use super::elsewhere;
use super::keys::Table;
use super::tree::{self, Recovered, Syntax};
use super::walk::{Finding, Scope, Walk};
use super::written::Reader;
use super::{Checked, Config, ConfigError, Location, Mistake, Permit, Place, without_mark};
use crate::text::sentence;

pub(super) fn check(text: &str, location: &Location, permit: Option<&Permit>) -> Checked {
    let text = without_mark(text);
    let syntax = Syntax::of(text);
    let read = tree::read(text);
    let mut reader = Reader::new(Walk { syntax, findings: Vec::new() }, text);
    reader.walk.table(Table::Top, &read.entries, 0, &Scope::Whole);
    let config = reader.config(&read.entries).filter(|_| read.is_valid);
    let outside = permit.map(|permit| permit.outside(&read.entries)).unwrap_or_default();
    let config = config.filter(|_| outside.is_empty());
    let config = config.map(|config| match permit {
        Some(permit) => permit.completed(config),
        None => config,
    });
    reader.walk.findings.extend(outside);
    let usable = |config: &Config| config.discover.is_some() || config.usable().count() > 0;
    let names = names(&read);
    let remarks = config.as_ref().map(|config| elsewhere::remarks(&read.entries, &config.bindings));
    let mut findings = all(reader.walk.findings, read);
    if findings.is_empty() && !config.as_ref().is_some_and(usable) {
        findings.push(no_binding(syntax));
    }
    findings.sort_by_key(|finding| finding.at);
    let told: Vec<(Scope, Mistake)> = findings
        .into_iter()
        .map(|finding| (finding.scope.clone(), mistake(finding, location, text, &names)))
        .collect();
    let remarks = remarks.unwrap_or_default().into_iter();
    Checked {
        remarks: remarks.map(|finding| mistake(finding, location, text, &names)).collect(),
        config: config.filter(usable).map(|config| with_faults(config, &told)),
        mistakes: told.into_iter().map(|(_, mistake)| mistake).collect(),
    }
}

impl Checked {
    pub(super) fn result(self) -> Result<Config, ConfigError> {
        self.config.ok_or(ConfigError { mistakes: self.mistakes })
    }
}

/// The findings of the walk with the faults of syntax. Of a tree that may lack keys, only what is
/// written there is told.
pub(super) fn all(mut findings: Vec<Finding>, read: Recovered) -> Vec<Finding> {
    let has_syntax = !read.faults.is_empty() || findings.iter().any(|finding| finding.is_syntax);
    if !read.is_whole && has_syntax {
        findings.retain(|finding| finding.is_syntax);
    }
    findings.extend(read.faults.into_iter().map(|fault| Finding {
        at: fault.at,
        key: None,
        scope: Scope::Whole,
        says: fault.says,
        meant: None,
        is_syntax: true,
    }));
    findings
}

fn no_binding(syntax: Syntax) -> Finding {
    let one = match syntax {
        Syntax::Toml => "`[[binding]]`",
        Syntax::Json => "object in `\"binding\": […]`",
    };
    Finding {
        at: 0,
        key: Some("binding".to_owned()),
        scope: Scope::Whole,
        says: format!(
            "there is no usable binding: write at least one {one} with `name`, `source`, \
             `target-group` and `allow`"
        ),
        meant: None,
        is_syntax: false,
    }
}

/// The names of the bindings as they are written, and the position of one without a name.
fn names(read: &Recovered) -> Vec<String> {
    let items = tree::entry(&read.entries, "binding").and_then(|written| written.node.list());
    let name = |(index, item): (usize, &tree::Node)| {
        let name = item.table().and_then(|entries| tree::entry(entries, "name"));
        let name = name.and_then(|written| written.node.text()).filter(|name| !name.is_empty());
        name.map(str::to_owned).unwrap_or_else(|| format!("binding-{}", index + 1))
    };
    items.unwrap_or_default().iter().enumerate().map(name).collect()
}

pub(super) fn mistake(
    finding: Finding,
    location: &Location,
    text: &str,
    names: &[String],
) -> Mistake {
    let includes = |(index, _): &(usize, &String)| finding.scope.includes(*index);
    Mistake {
        place: Place::of(location, text, finding.at),
        key: finding.key,
        bindings: names.iter().enumerate().filter(includes).map(|(_, n)| n.clone()).collect(),
        message: sentence(&finding.says),
        did_you_mean: finding.meant,
    }
}

/// Gives each bad binding its first mistake, followed by the others.
fn with_faults(mut config: Config, told: &[(Scope, Mistake)]) -> Config {
    for (index, binding) in config.bindings.iter_mut().enumerate() {
        let Err(bad) = binding else { continue };
        let mut own = told.iter().filter(|(scope, _)| scope.includes(index)).map(|(_, m)| m);
        let Some(first) = own.next() else { continue };
        bad.place = first.place.to_string();
        let others: String = own.map(|other| format!("; also {other}")).collect();
        bad.fault = sentence(&format!("{}{others}", first.sentence()));
    }
    config
}
