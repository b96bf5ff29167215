//! What a run has done, and its report.

use std::hash::{Hash, Hasher};
use std::net::{IpAddr, SocketAddr};

use super::condition::{called, cut_short};
use super::search::Search;
use super::{Entry, Run};
use crate::discover::ENTRY;
use crate::evidence::{Evidence, Key, Roll, Unknown, Witness};
use crate::plan::Action;
use crate::report::{BindingReport, EvidenceReport, KeyReport, MemberReport, Reason, Report, Status};
use crate::source::Identifier;
use crate::target::Target;

/// What the report tells and the run never decides on. Two runs that differ in it only are the same run, so it takes
/// no part in comparing and hashing them.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally {
    pub(super) rounds: u32,
    pub(super) registered: Vec<String>,
    /// What a reading has shown to be gone after its removal was acknowledged.
    pub(super) deregistered: Vec<String>,
    /// Targets whose removal was acknowledged, and which no reading has shown gone yet.
    sent_away: Vec<SocketAddr>,
}

impl Tally {
    /// A write was acknowledged, or a reading showed that it was done. A removal counts when
    /// [`see`](Self::see) shows it.
    pub(super) fn applied(&mut self, action: &Action) {
        match action {
            Action::Register(registration) => {
                self.sent_away.retain(|address| *address != registration.address);
                self.registered.push(registration.address.to_string());
            }
            Action::Deregister(targets) => self.sent_away.extend(targets.iter().map(|target| target.address)),
        }
    }

    /// A reading of the targets.
    pub(super) fn see(&mut self, targets: &[Target]) {
        let is_present = |address: &SocketAddr| targets.iter().any(|t| t.is_present() && t.address == *address);
        let (left, gone): (Vec<_>, Vec<_>) = std::mem::take(&mut self.sent_away).into_iter().partition(is_present);
        self.deregistered.extend(gone.iter().map(ToString::to_string));
        self.sent_away = left;
    }

    pub(super) fn has_written(&self) -> bool {
        !self.registered.is_empty() || !self.deregistered.is_empty()
    }
}

impl PartialEq for Tally {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Tally {}

impl Hash for Tally {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

pub(super) fn report(run: &Run) -> Report {
    let bindings: Vec<BindingReport> = run
        .entries
        .iter()
        .map(|entry| match entry {
            Entry::Good(pursuit) => pursuit.report(run.sweeps, run.intent),
            Entry::Bad(bad) => {
                let reason = Reason {
                    code: "bad-configuration",
                    message: bad.to_string(),
                    remedy: None,
                };
                never_looked_at(&bad.name, (Status::Failed, Some(reason)), run.sweeps)
            }
        })
        .chain(search(&run.search))
        .collect();
    Report {
        ok: bindings
            .iter()
            .all(|binding| binding.status.is_ok() || !binding.answered_for),
        trigger: (*run.trigger).clone(),
        unmatched: run.unmatched,
        sweep: run.sweeps,
        helpless: !bindings.is_empty() && !run.read_something,
        bindings,
    }
    .cleaned()
}

/// How the search for tags ended, where it did not end well. It is answered for by every run: whom an event concerns is
/// not known without it.
fn search(search: &Search) -> Option<BindingReport> {
    let end = match search {
        Search::Off | Search::Done => return None,
        Search::UnderWay(_) => cut_short(),
        Search::Failed(error) => (
            Status::Failed,
            Some(Reason {
                message: format!(
                    "the tags of the target groups could not be read, and nothing that they ask for was looked at: {error}"
                ),
                ..called(error)
            }),
        ),
    };
    Some(never_looked_at(ENTRY, end, true))
}

fn never_looked_at(name: &str, (status, reason): (Status, Option<Reason>), answered_for: bool) -> BindingReport {
    BindingReport {
        name: name.to_owned(),
        status,
        reason,
        rounds: 0,
        evidence: None,
        targets: Vec::new(),
        registered: Vec::new(),
        deregistered: Vec::new(),
        planned: Vec::new(),
        notes: Vec::new(),
        findings: Vec::new(),
        answered_for,
        binding: None,
    }
}

impl From<&Evidence> for EvidenceReport {
    fn from(evidence: &Evidence) -> Self {
        let (topology, dns) = match evidence {
            // A name that was not asked is no fault of DNS.
            Evidence::Cluster {
                topology,
                dns: Err(unknown),
            } if unknown.comes_from_rds() => (Some(said(topology, by_topology)), Some(not_asked(unknown))),
            Evidence::Instance { dns: Err(unknown) }
            | Evidence::Set {
                key: Key::Dns,
                roll: Err(unknown),
            } if unknown.comes_from_rds() => (Some(says_nothing(unknown)), Some(not_asked(unknown))),
            Evidence::Cluster { topology, dns } => (Some(said(topology, by_topology)), Some(said(dns, by_dns))),
            Evidence::Instance { dns } => (None, Some(said(dns, by_dns))),
            Evidence::Set {
                key: Key::Topology,
                roll,
            } => (Some(said(roll, members)), None),
            Evidence::Set { key: Key::Dns, roll } => (None, Some(said(roll, addresses))),
        };
        Self { topology, dns }
    }
}

fn said<T>(reading: &Result<T, Unknown>, tell: impl Fn(&T) -> KeyReport) -> KeyReport {
    match reading {
        Ok(known) => tell(known),
        Err(unknown) => says_nothing(unknown),
    }
}

fn says_nothing(unknown: &Unknown) -> KeyReport {
    KeyReport::Unknown {
        unknown: unknown.word(),
        message: unknown.to_string(),
    }
}

fn not_asked(unknown: &Unknown) -> KeyReport {
    let because = match unknown {
        Unknown::Call(_) => "the endpoint's name could not be read from RDS".to_owned(),
        _ => format!("RDS says that there is nothing to ask for ({})", unknown.word()),
    };
    KeyReport::Unknown {
        unknown: "not-asked",
        message: format!("was not asked, because {because}"),
    }
}

fn by_topology(witness: &Witness) -> KeyReport {
    KeyReport::Topology {
        instance: witness.member.clone(),
        address: witness.address,
    }
}

fn by_dns(witness: &Witness) -> KeyReport {
    KeyReport::Dns {
        instance: Some(witness.member.clone()),
        addresses: vec![witness.address],
    }
}

fn members(roll: &Roll) -> KeyReport {
    let member = |(address, instance): (&IpAddr, &Option<Identifier>)| {
        Some(MemberReport {
            instance: instance.clone()?,
            address: *address,
        })
    };
    KeyReport::Members {
        members: roll.listed.iter().filter_map(member).collect(),
        missing: roll.gap.as_ref().map(ToString::to_string),
    }
}

fn addresses(roll: &Roll) -> KeyReport {
    KeyReport::Dns {
        instance: None,
        addresses: roll.listed.keys().copied().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topology_that_names_the_writer_is_told_also_where_no_name_could_be_asked() {
        let writer: Identifier = "orders-1".parse().expect("an id");
        let evidence = Evidence::Cluster {
            topology: Ok(Witness {
                member: writer.clone(),
                address: IpAddr::from([10, 20, 0, 1]),
            }),
            dns: Err(Unknown::NoEndpoint("orders".parse().expect("an id"))),
        };
        let EvidenceReport { topology, dns } = (&evidence).into();
        assert!(matches!(topology, Some(KeyReport::Topology { instance, .. }) if instance == writer));
        assert!(matches!(
            dns,
            Some(KeyReport::Unknown {
                unknown: "not-asked",
                ..
            })
        ));
        assert!(
            evidence.to_string().starts_with("topology: orders-1 at 10.20.0.1"),
            "{evidence}"
        );
    }
}
