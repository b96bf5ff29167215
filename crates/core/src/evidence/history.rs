//! What the readings of one run amount to: how often a key has said the same, and for how long.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;

use crate::evidence::{Evidence, Key};
use crate::source::Identifier;

/// Who is named and where: one for a writer, several for a set.
type Named = BTreeMap<IpAddr, Option<Identifier>>;

/// The same addresses, said again and again, and for how long.
type Series = Option<(BTreeSet<IpAddr>, Duration)>;

/// The memory of one binding's evidence during one run. All ages grow to a bound and stop there, so
/// that equal situations are equal values.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct EvidenceHistory {
    latest: Option<Evidence>,
    /// Whom the topology named when it last named anyone.
    named: Option<Named>,
    /// Whom it named when it last named all there are.
    whole: Option<Named>,
    /// How many readings of the topology in a row named the same; 2 means two or more.
    topology_named: u8,
    topology_moved: bool,
    /// What DNS named when it last named anyone.
    dns_named: Option<Named>,
    dns_moved: bool,
    steady: Series,
    agreed: Series,
    /// How long ago an answer last gave each address of a name that stands for a set.
    recent: BTreeMap<IpAddr, Duration>,
}

impl EvidenceHistory {
    /// Takes in a look at every key. `fresh` says that the topology was read anew for it: a reading
    /// that is used twice counts once.
    pub fn record(&mut self, evidence: Evidence, fresh: bool) {
        match evidence.by_topology() {
            None => self.topology_named = 0,
            Some(named) => {
                let same = self.named.as_ref() == Some(&named);
                // A gap is no move: a member that is not listed may still be there.
                if !evidence.has_gap() {
                    self.topology_moved |=
                        self.whole.as_ref().is_some_and(|before| *before != named);
                    self.whole = Some(named.clone());
                }
                // A reading that named no one ended the series, so the count starts again, even for
                // the same names.
                self.topology_named = if same && self.topology_named > 0 {
                    (self.topology_named + u8::from(fresh)).min(2)
                } else {
                    1
                };
                self.named = Some(named);
            }
        }
        let by_dns = evidence.by_dns();
        self.steady = continued(
            self.steady.take(),
            by_dns.as_ref().map(|named| named.keys().copied().collect()),
        );
        if let Some(named) = by_dns {
            self.dns_moved |= self.dns_named.as_ref().is_some_and(|before| *before != named);
            self.dns_named = Some(named);
        }
        self.agreed = match &evidence {
            // What counts is that the name answers: which of its addresses an answer lacks is no
            // sign of their end.
            Evidence::Set { key: Key::Dns, listing } => {
                let listed = listing.iter().flat_map(|listing| listing.listed.keys());
                self.recent.extend(listed.map(|address| (*address, Duration::ZERO)));
                continued(self.agreed.take(), listing.as_ref().ok().map(|_| BTreeSet::new()))
            }
            _ => continued(self.agreed.take(), evidence.agreed()),
        };
        self.latest = Some(evidence);
    }

    /// Lets time pass; no age grows beyond `most`.
    pub fn age(&mut self, passed: Duration, most: Duration) {
        for (_, age) in self.steady.iter_mut().chain(&mut self.agreed) {
            *age = age.saturating_add(passed).min(most);
        }
        for age in self.recent.values_mut() {
            *age = age.saturating_add(passed);
        }
        self.recent.retain(|_, age| *age < most);
    }

    /// How long ago an answer last gave each address of a name that stands for a set, up to the
    /// longest age.
    pub fn recent(&self) -> &BTreeMap<IpAddr, Duration> {
        &self.recent
    }

    /// The last look.
    pub fn latest(&self) -> Option<&Evidence> {
        self.latest.as_ref()
    }

    /// How many readings of the topology in a row have named the same; 2 means two or more.
    pub fn topology_named(&self) -> u8 {
        self.topology_named
    }

    /// Whether the topology named others, or the same at other addresses, earlier in this run.
    pub(crate) fn topology_moved(&self) -> bool {
        self.topology_moved
    }

    /// Whether a key that named one has named another in this run. Not knowing for a while is no
    /// move.
    pub fn answer_changed(&self) -> bool {
        self.topology_moved || self.dns_moved
    }

    /// Whether DNS named another, or the same at another address, earlier in this run.
    pub(crate) fn dns_moved(&self) -> bool {
        self.dns_moved
    }

    /// For how long every DNS reading has given the present addresses.
    pub fn steady_for(&self) -> Duration {
        self.steady.as_ref().map_or(Duration::ZERO, |(_, age)| *age)
    }

    /// For how long the keys have agreed on the present addresses, or a name that stands for a set
    /// has answered.
    pub fn agreed_for(&self) -> Duration {
        self.agreed.as_ref().map_or(Duration::ZERO, |(_, age)| *age)
    }
}

/// A series goes on while its addresses are said again; any other word, or none, ends it.
fn continued(series: Series, now: Option<BTreeSet<IpAddr>>) -> Series {
    let now = now?;
    Some(series.filter(|(addresses, _)| *addresses == now).unwrap_or((now, Duration::ZERO)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::{Listing, MemberAt, Unknown};

    const S: Duration = Duration::from_secs(1);

    fn member_at(last: u8) -> MemberAt {
        MemberAt {
            member: "billing".parse().expect("id"),
            address: IpAddr::from([10, 20, 0, last]),
        }
    }

    fn instance(last: u8) -> Evidence {
        Evidence::Instance { dns: Ok(member_at(last)) }
    }

    #[test]
    fn a_name_that_goes_back_begins_every_series_anew() {
        // Failover from A to B: DNS names B, goes back to A for 12 s, and then stays with B.
        let mut history = EvidenceHistory::default();
        for (named, seconds, agreed) in [(1, 5, 5), (2, 8, 8), (1, 12, 12), (2, 40, 30)] {
            for _ in 0..seconds {
                history.record(instance(named), true);
                history.age(S, 30 * S);
            }
            assert_eq!(history.agreed_for(), agreed * S);
        }
    }

    #[test]
    fn a_reading_of_the_topology_that_is_used_twice_is_no_second_witness() {
        let cluster =
            |last| Evidence::Cluster { topology: Ok(member_at(last)), dns: Ok(member_at(1)) };
        let mut history = EvidenceHistory::default();
        for (last, fresh, named) in
            [(1, true, 1), (1, false, 1), (1, true, 2), (2, false, 1), (2, true, 2)]
        {
            history.record(cluster(last), fresh);
            assert_eq!(history.topology_named(), named, "{last} {fresh}");
        }
        assert!(history.topology_moved());
    }

    #[test]
    fn an_unknown_reading_ends_every_series() {
        let mut history = EvidenceHistory::default();
        let unknown = Unknown::NoWriter("billing".parse().expect("id"));
        history
            .record(Evidence::Cluster { topology: Ok(member_at(1)), dns: Ok(member_at(1)) }, true);
        history.age(10 * S, 30 * S);
        assert_eq!((history.steady_for(), history.agreed_for()), (10 * S, 10 * S));
        history
            .record(Evidence::Cluster { topology: Err(unknown.clone()), dns: Err(unknown) }, true);
        assert_eq!((history.steady_for(), history.agreed_for()), (Duration::ZERO, Duration::ZERO));
        assert!(!history.topology_moved(), "not knowing is no move");
    }

    fn name(lasts: &[u8]) -> Evidence {
        let listed = lasts.iter().map(|last| (member_at(*last).address, None)).collect();
        Evidence::Set { key: Key::Dns, listing: Ok(Listing { listed, gap: None }) }
    }

    #[test]
    fn a_name_whose_answers_hold_a_part_has_answered_all_the_while_and_given_all_of_it() {
        let mut history = EvidenceHistory::default();
        for lasts in [[1, 2], [2, 3], [1, 3], [1, 2]] {
            history.record(name(&lasts), true);
            history.age(10 * S, 30 * S);
        }
        assert_eq!(history.agreed_for(), 30 * S);
        let given = [1, 2, 3].map(|last| member_at(last).address);
        let recent =
            |history: &EvidenceHistory| history.recent().keys().copied().collect::<Vec<_>>();
        assert_eq!(recent(&history), given);
        for _ in 0..2 {
            history.record(name(&[1, 2]), true);
            history.age(10 * S, 30 * S);
        }
        assert_eq!(recent(&history), given[..2], "3 has been gone for too long");
    }

    #[test]
    fn a_gap_is_no_move() {
        let listing = |lasts: &[u8], gap: bool| Evidence::Set {
            key: Key::Topology,
            listing: Ok(Listing {
                listed: lasts.iter().map(|last| (member_at(*last).address, None)).collect(),
                gap: gap.then(|| Unknown::NoWriter("billing".parse().expect("id"))),
            }),
        };
        let mut history = EvidenceHistory::default();
        for (lasts, gap) in [(&[1, 2][..], false), (&[1], true), (&[1, 2], false)] {
            history.record(listing(lasts, gap), true);
            assert!(!history.topology_moved());
        }
        history.record(listing(&[1, 3], false), true);
        assert!(history.topology_moved());
    }
}
