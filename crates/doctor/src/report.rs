//! What the checks found.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use writerlink_core::config::{Binding, Config};
use writerlink_core::finding::Severity;
use writerlink_core::report::{BindingReport, Report as Audit};
use writerlink_core::text;

use crate::account::Account;
use crate::chain::{Chain, Stop};
use crate::check::{Check, Document, Found, Link, checks};
use crate::read::Gap;

/// The report of a doctor's look at an account.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Report {
    /// The number of the account, if it could be read.
    pub account: Option<String>,
    pub region: String,
    /// When the look began, in UTC.
    pub at: String,
    pub bindings: Vec<Examined>,
    /// What was found, the gravest first.
    pub findings: Vec<Finding>,
    /// What was not checked, and why.
    pub not_checked: Vec<NotChecked>,
    /// How many checks found nothing wrong, over all bindings.
    pub fine: usize,
}

/// A binding that was examined.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Examined {
    pub name: String,
    pub source: String,
    pub target_group: String,
    /// The gravest finding; absent without one.
    pub gravest: Option<SeverityWord>,
    /// How many checks have no answer.
    pub not_checked: usize,
}

impl Examined {
    /// In a few words. That nothing was found means nothing where not everything was checked.
    pub fn state(&self) -> String {
        let missed = (self.not_checked > 0).then(|| format!("{} not checked", self.not_checked));
        let found = self.gravest.map(|severity| severity.words().to_owned());
        let parts: Vec<String> = found.into_iter().chain(missed).collect();
        if parts.is_empty() { "nothing is wrong".to_owned() } else { parts.join(", ") }
    }
}

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SeverityWord {
    /// It may be intended, or it is for your information.
    Note,
    /// A failover takes longer than it has to.
    CostsYouSeconds,
    /// It works as long as nothing happens.
    WillBreakAtTheNextFailover,
    /// It does not work.
    Broken,
}

impl SeverityWord {
    /// All of them, the gravest first.
    pub const ALL: [Self; 4] =
        [Self::Broken, Self::WillBreakAtTheNextFailover, Self::CostsYouSeconds, Self::Note];

    /// Many findings of it.
    pub fn many(self, count: usize) -> String {
        match self {
            Self::Broken | Self::WillBreakAtTheNextFailover => format!("{count} {}", self.words()),
            Self::CostsYouSeconds if count == 1 => "1 costs you seconds".to_owned(),
            Self::CostsYouSeconds => format!("{count} cost you seconds"),
            Self::Note if count == 1 => "1 note".to_owned(),
            Self::Note => format!("{count} notes"),
        }
    }

    /// As a reader sees it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::CostsYouSeconds => "costs you seconds",
            Self::WillBreakAtTheNextFailover => "will break at the next failover",
            Self::Broken => "broken",
        }
    }
}

impl From<Severity> for SeverityWord {
    fn from(severity: Severity) -> Self {
        match severity {
            Severity::Note => Self::Note,
            Severity::CostsYouSeconds => Self::CostsYouSeconds,
            Severity::WillBreakAtTheNextFailover => Self::WillBreakAtTheNextFailover,
            Severity::Broken => Self::Broken,
        }
    }
}

/// Something that a check found, of one or several bindings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Finding {
    pub severity: SeverityWord,
    pub id: &'static str,
    pub link: Link,
    /// The bindings that it concerns.
    pub bindings: Vec<String>,
    /// What was found.
    pub found: String,
    /// Why it matters.
    pub why: &'static str,
    /// The commands that mend it, or what to do: one for each binding where they differ.
    pub mend: Vec<String>,
    /// The document on which the check rests.
    pub document: Option<Document>,
}

/// A check that has no answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct NotChecked {
    /// The checks, by their ids.
    pub ids: Vec<&'static str>,
    pub bindings: Vec<String>,
    #[serde(flatten)]
    pub gap: Gap,
}

impl Report {
    /// Whether some finding is at least this grave.
    pub fn has(&self, severity: SeverityWord) -> bool {
        self.findings.iter().any(|finding| finding.severity >= severity)
    }

    /// How many findings have this severity.
    pub fn count(&self, severity: SeverityWord) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }
}

/// Asks every check about every binding.
pub fn examine(
    account: &Account,
    config: &Config,
    bindings: &[&Binding],
    audit: Option<&Audit>,
) -> Report {
    let mut report = Report {
        account: account.number.as_ref().ok().cloned(),
        region: account.region.clone(),
        at: second(account.at),
        bindings: Vec::new(),
        findings: Vec::new(),
        not_checked: Vec::new(),
        fine: 0,
    };
    for binding in bindings {
        let of_it = audit.and_then(|audit| of(audit, &binding.name));
        report.ask(&Chain { account, config, binding, audit: of_it });
    }
    report.findings.sort_by(|a, b| (b.severity, a.id).cmp(&(a.severity, b.id)));
    report.not_checked.sort_by(|a, b| (&a.gap.call, &a.ids).cmp(&(&b.gap.call, &b.ids)));
    report
}

fn second(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn of<'a>(audit: &'a Audit, name: &str) -> Option<&'a BindingReport> {
    audit.bindings.iter().find(|report| report.name == name)
}

impl Report {
    fn ask(&mut self, chain: &Chain) {
        let name = &chain.binding.name;
        let (mut gravest, mut not_checked) = (None, 0);
        for check in checks() {
            match check.judge(chain) {
                Ok(found) if found.is_empty() => self.fine += 1,
                Ok(found) => {
                    for found in found {
                        gravest = gravest.max(Some(SeverityWord::from(found.severity)));
                        self.add(check, found, name);
                    }
                }
                Err(Stop::Moot) => {}
                Err(Stop::NotChecked(gap)) => {
                    not_checked += 1;
                    self.miss(check, &gap, name);
                }
            }
        }
        self.bindings.push(Examined {
            name: name.clone(),
            source: chain.binding.source.to_string(),
            target_group: chain.binding.target_group.to_string(),
            gravest,
            not_checked,
        });
    }

    /// The same finding of several bindings is told once.
    fn add(&mut self, check: &Check, found: Found, binding: &str) {
        let (says, severity) = (text::sentence(&found.says), found.severity.into());
        let mend = found.mend.filter(|mend| !mend.is_empty()).map(|mend| text::sentence(&mend));
        let same = self.findings.iter_mut().find(|finding| {
            finding.id == check.id && finding.found == says && finding.severity == severity
        });
        if let Some(same) = same {
            if !same.bindings.iter().any(|name| name == binding) {
                same.bindings.push(binding.to_owned());
            }
            same.mend.extend(mend.filter(|mend| !same.mend.contains(mend)));
            return;
        }
        self.findings.push(Finding {
            severity,
            id: check.id,
            link: check.link,
            bindings: vec![binding.to_owned()],
            found: says,
            why: check.why,
            mend: mend.into_iter().collect(),
            document: check.document,
        });
    }

    /// The same gap of several checks and bindings is told once.
    fn miss(&mut self, check: &Check, gap: &Gap, binding: &str) {
        let gap = gap.cleaned();
        let at = self.not_checked.iter().position(|missed| missed.gap == gap);
        let at = at.unwrap_or_else(|| {
            self.not_checked.push(NotChecked { ids: vec![], bindings: vec![], gap });
            self.not_checked.len() - 1
        });
        let missed = &mut self.not_checked[at];
        if !missed.ids.contains(&check.id) {
            missed.ids.push(check.id);
        }
        if !missed.bindings.iter().any(|name| name == binding) {
            missed.bindings.push(binding.to_owned());
        }
    }
}
