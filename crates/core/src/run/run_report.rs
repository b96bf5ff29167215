//! The report of a run, and the counts that it takes from the rounds.

use std::hash::{Hash, Hasher};
use std::net::{IpAddr, SocketAddr};

use super::round_outcome::{called, cut_short};
use super::sighting::Sightings;
use super::tag_search::TagSearch;
use super::wrong_time::WrongTime;
use super::{BindingRun, Entry, Run};
use crate::discover::ENTRY;
use crate::evidence::{Evidence, Key, Listing, MemberAt, Unknown};
use crate::plan::Action;
use crate::report::{
    BindingReport, EvidenceReport, KeyReport, MemberReport, Reason, Report, Status,
};
use crate::source::Identifier;
use crate::target::Target;

/// What the report counts and no decision depends on. Two runs that differ only in it are the same
/// run, so it takes no part in comparing and hashing them.
#[derive(Debug, Clone, Default)]
pub(super) struct RunTotals {
    /// How many rounds have begun.
    pub(super) rounds: u32,
    /// The registrations that ELBv2 acknowledged, or that a reading showed.
    pub(super) registered: Vec<String>,
    /// The removals that ELBv2 acknowledged and that a reading showed.
    pub(super) deregistered: Vec<String>,
    /// How many writes in a row were throttled or could not be sent.
    pub(super) not_made: u32,
    /// The targets whose removal was acknowledged and that no reading has shown absent yet.
    removals_sent: Vec<SocketAddr>,
    /// What was done because a person vouches for DNS, if anything was.
    pub(super) on_trust: Option<String>,
    /// What the log says last of a person's trust in DNS.
    pub(super) trust_told: Option<String>,
    /// What was seen of the source, for later runs of the process.
    pub(super) sightings: Sightings,
    /// For how long the group of a binding that only observes was wrong.
    pub(super) wrong_time: WrongTime,
}

impl RunTotals {
    /// A write was acknowledged, or a reading showed that it was done. A removal counts when
    /// [`see`](Self::see) shows it.
    pub(super) fn applied(&mut self, action: &Action) {
        match action {
            Action::Register(registration) => {
                // Once it is registered again, no reading can show the removal any more.
                self.removals_sent.retain(|address| *address != registration.address);
                self.registered.push(registration.address.to_string());
            }
            Action::Deregister(targets) => {
                self.removals_sent.extend(targets.iter().map(|target| target.address))
            }
        }
    }

    /// Takes in a reading of the targets.
    pub(super) fn see(&mut self, targets: &[Target]) {
        let is_present =
            |address: &SocketAddr| targets.iter().any(|t| t.is_present() && t.address == *address);
        let (left, gone): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.removals_sent).into_iter().partition(is_present);
        self.deregistered.extend(gone.iter().map(ToString::to_string));
        self.removals_sent = left;
    }

    /// Whether something was written and confirmed.
    pub(super) fn has_written(&self) -> bool {
        !self.registered.is_empty() || !self.deregistered.is_empty()
    }
}

impl PartialEq for RunTotals {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for RunTotals {}

impl Hash for RunTotals {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

/// What the run found and did.
pub(super) fn report(run: &Run) -> Report {
    let bindings: Vec<BindingReport> = run
        .entries
        .iter()
        .filter(|entry| run.answers_for(entry))
        .map(|entry| match entry {
            Entry::Good(binding_run) => binding_run.report(run.sweeps, run.intent),
            Entry::Bad(bad) => {
                let reason =
                    Reason { code: "bad-configuration", message: bad.to_string(), remedy: None };
                never_looked_at(&bad.name, (Status::Failed, Some(reason)), run.sweeps)
            }
        })
        .chain(search(&run.tag_search))
        .collect();
    let mut trigger = (*run.trigger).clone();
    if let Some(trust) = &mut trigger.trust {
        trust.used = run.binding_runs().any(BindingRun::used_trust);
    }
    Report {
        ok: bindings.iter().all(|binding| binding.status.is_ok() || !binding.answered_for),
        trigger,
        unmatched: run.unmatched,
        postponed: run.postponed(),
        sweep: run.sweeps,
        // A run that concerns no binding had nothing to read.
        nothing_readable: !bindings.is_empty() && !run.read_something,
        bindings,
    }
    .cleaned()
}

/// How the search for tags ended, where it did not end well. Every run answers for it: without the
/// tags no run knows which bindings an event concerns.
fn search(search: &TagSearch) -> Option<BindingReport> {
    let end = match search {
        TagSearch::Off | TagSearch::Done => return None,
        TagSearch::UnderWay(_) => cut_short(),
        TagSearch::Failed(error) => (
            Status::Failed,
            Some(Reason {
                message: format!(
                    "the tags of the target groups could not be read, so no binding that they ask \
                     for was looked at: {error}"
                ),
                ..called(error)
            }),
        ),
    };
    Some(never_looked_at(ENTRY, end, true))
}

/// The entry of a binding that had no round.
fn never_looked_at(
    name: &str,
    (status, reason): (Status, Option<Reason>),
    answered_for: bool,
) -> BindingReport {
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
        standby: None,
        seconds_wrong: None,
        notes: Vec::new(),
        findings: Vec::new(),
        answered_for,
        binding: None,
    }
}

impl From<&Evidence> for EvidenceReport {
    fn from(evidence: &Evidence) -> Self {
        let (topology, dns) = match evidence {
            // DNS is not to blame for a name that was not asked.
            Evidence::Cluster { topology, dns: Err(unknown) } if unknown.comes_from_rds() => {
                (Some(said(topology, by_topology)), Some(not_asked(unknown)))
            }
            Evidence::Instance { dns: Err(unknown) }
            | Evidence::Set { key: Key::Dns, listing: Err(unknown) }
                if unknown.comes_from_rds() =>
            {
                (Some(says_nothing(unknown)), Some(not_asked(unknown)))
            }
            Evidence::Cluster { topology, dns } => {
                (Some(said(topology, by_topology)), Some(said(dns, by_dns)))
            }
            Evidence::Instance { dns } => (None, Some(said(dns, by_dns))),
            Evidence::Member { topology } => (Some(said(topology, by_topology)), None),
            Evidence::Set { key: Key::Topology, listing } => (Some(said(listing, members)), None),
            Evidence::Set { key: Key::Dns, listing } => (None, Some(said(listing, addresses))),
        };
        Self { topology, dns }
    }
}

fn said<T>(reading: &Result<T, Unknown>, report: impl Fn(&T) -> KeyReport) -> KeyReport {
    match reading {
        Ok(known) => report(known),
        Err(unknown) => says_nothing(unknown),
    }
}

fn says_nothing(unknown: &Unknown) -> KeyReport {
    KeyReport::Unknown { unknown: unknown.word(), message: unknown.to_string() }
}

fn not_asked(unknown: &Unknown) -> KeyReport {
    let because = match unknown {
        Unknown::Call(_) => "the endpoint's name could not be read from RDS".to_owned(),
        _ => format!("RDS gives no name to ask for ({})", unknown.word()),
    };
    KeyReport::Unknown {
        unknown: "not-asked",
        message: format!("was not asked, because {because}"),
    }
}

fn by_topology(member_at: &MemberAt) -> KeyReport {
    KeyReport::Topology { instance: member_at.member.clone(), address: member_at.address }
}

fn by_dns(member_at: &MemberAt) -> KeyReport {
    KeyReport::Dns { instance: Some(member_at.member.clone()), addresses: vec![member_at.address] }
}

fn members(listing: &Listing) -> KeyReport {
    let member = |(address, instance): (&IpAddr, &Option<Identifier>)| {
        Some(MemberReport { instance: instance.clone()?, address: *address })
    };
    KeyReport::Members {
        members: listing.listed.iter().filter_map(member).collect(),
        missing: listing.gap.as_ref().map(ToString::to_string),
    }
}

fn addresses(listing: &Listing) -> KeyReport {
    KeyReport::Dns { instance: None, addresses: listing.listed.keys().copied().collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topology_that_names_the_writer_is_reported_also_where_no_name_could_be_asked() {
        let writer: Identifier = "orders-1".parse().expect("an id");
        let evidence = Evidence::Cluster {
            topology: Ok(MemberAt {
                member: writer.clone(),
                address: IpAddr::from([10, 20, 0, 1]),
            }),
            dns: Err(Unknown::NoEndpoint("orders".parse().expect("an id"))),
        };
        let EvidenceReport { topology, dns } = (&evidence).into();
        assert!(
            matches!(topology, Some(KeyReport::Topology { instance, .. }) if instance == writer)
        );
        assert!(matches!(dns, Some(KeyReport::Unknown { unknown: "not-asked", .. })));
        assert!(evidence.to_string().starts_with("topology: orders-1 at 10.20.0.1"), "{evidence}");
    }
}
