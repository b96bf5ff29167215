//! What the readings of one run amount to: how often a key has said the same, and for how long.

use std::net::IpAddr;
use std::time::Duration;

use crate::evidence::{Evidence, Verdict, Witness};
use crate::target::{Target, TargetState};

/// The memory of one binding's evidence during one run. All ages grow to a bound and stop there, so that equal
/// situations are equal values.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Testimony {
    latest: Option<Evidence>,
    /// Whom the topology named when it last named anyone.
    named: Option<Witness>,
    /// How many readings of the topology in a row named the same, 2 standing for more.
    topology_named: u8,
    topology_moved: bool,
    /// What DNS named when it last named anyone.
    dns_named: Option<Witness>,
    dns_moved: bool,
    steady: Option<(IpAddr, Duration)>,
    agreed: Option<(IpAddr, Duration)>,
}

impl Testimony {
    /// Takes in a look at every key. `fresh` says that the topology was read anew for it: a reading that is used
    /// twice is no second witness.
    pub fn record(&mut self, evidence: Evidence, fresh: bool) {
        match evidence.topology().and_then(|reading| reading.as_ref().ok()) {
            None => self.topology_named = 0,
            Some(named) => {
                let same = self.named.as_ref() == Some(named);
                self.topology_moved |= self.named.is_some() && !same;
                self.topology_named = if same && self.topology_named > 0 {
                    (self.topology_named + u8::from(fresh)).min(2)
                } else {
                    1
                };
                self.named = Some(named.clone());
            }
        }
        if let Ok(named) = evidence.dns() {
            self.dns_moved |= self.dns_named.as_ref().is_some_and(|before| before != named);
            self.dns_named = Some(named.clone());
        }
        let dns = evidence.dns().as_ref().ok().map(|witness| witness.address);
        self.steady = continued(self.steady, dns);
        // An instance's agreement begins when its target is seen healthy, in `see_targets`.
        let agreed = match evidence.verdict() {
            Verdict::Agree(witness) => Some(witness.address),
            Verdict::Disagree { .. } | Verdict::Unknown(_) => None,
        };
        self.agreed = match evidence {
            Evidence::Cluster { .. } => continued(self.agreed, agreed),
            Evidence::Instance { .. } => self.agreed.filter(|(address, _)| Some(*address) == agreed),
        };
        self.latest = Some(evidence);
    }

    /// Takes in a reading of the group's targets.
    ///
    /// An instance has one key only, so the load balancer's health check is its second witness: the agreement lasts
    /// as long as DNS named this address *and* its target was healthy. Without that, DNS going back to the old
    /// address for a few seconds after a failover would be enough to remove the new one.
    pub fn see_targets(&mut self, targets: &[Target]) {
        if let Some(Evidence::Instance {
            dns: Ok(Witness { address, .. }),
        }) = &self.latest
        {
            let healthy = targets
                .iter()
                .any(|t| t.address.ip() == *address && t.state == TargetState::Healthy);
            self.agreed = continued(self.agreed, healthy.then_some(*address));
        }
    }

    /// Lets time pass; no age grows beyond `most`.
    pub fn age(&mut self, passed: Duration, most: Duration) {
        for (_, age) in self.steady.iter_mut().chain(&mut self.agreed) {
            *age = age.saturating_add(passed).min(most);
        }
    }

    /// The last look.
    pub fn latest(&self) -> Option<&Evidence> {
        self.latest.as_ref()
    }

    /// How many readings of the topology in a row have named the same, 2 standing for more.
    pub fn topology_named(&self) -> u8 {
        self.topology_named
    }

    /// Whether the topology named another writer, or the writer at another address, earlier in this run.
    pub fn topology_moved(&self) -> bool {
        self.topology_moved
    }

    /// Whether a key that named one has named another in this run. Not knowing for a while is no move.
    pub fn wavered(&self) -> bool {
        self.topology_moved || self.dns_moved
    }

    /// For how long every DNS reading has given the present address.
    pub fn steady_for(&self) -> Duration {
        self.steady.map_or(Duration::ZERO, |(_, age)| age)
    }

    /// For how long the keys have agreed on the present address.
    pub fn agreed_for(&self) -> Duration {
        self.agreed.map_or(Duration::ZERO, |(_, age)| age)
    }
}

/// A series goes on while its address is said again; any other word, or none, ends it.
fn continued(series: Option<(IpAddr, Duration)>, now: Option<IpAddr>) -> Option<(IpAddr, Duration)> {
    let now = now?;
    Some(
        series
            .filter(|(address, _)| *address == now)
            .unwrap_or((now, Duration::ZERO)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::Unknown;

    const S: Duration = Duration::from_secs(1);

    fn witness(last: u8) -> Witness {
        Witness {
            member: "billing".parse().expect("id"),
            address: IpAddr::from([10, 20, 0, last]),
        }
    }

    fn instance(last: u8) -> Evidence {
        Evidence::Instance { dns: Ok(witness(last)) }
    }

    fn target(last: u8, state: &str) -> Target {
        Target {
            address: (witness(last).address, 3306).into(),
            zone: None,
            state: state.into(),
        }
    }

    #[test]
    fn dns_going_back_while_the_old_target_still_reads_healthy_is_no_lasting_agreement() {
        // Failover from A to B: B is registered, then DNS goes back to A for 12 s while A still reads healthy.
        let mut testimony = Testimony::default();
        let both = [target(1, "healthy"), target(2, "initial")];
        for (named, seconds) in [(1, 5), (2, 8), (1, 12), (2, 40)] {
            for _ in 0..seconds {
                testimony.record(instance(named), true);
                testimony.see_targets(&both);
                testimony.age(S, 30 * S);
                assert!(testimony.agreed_for() < 30 * S);
            }
        }
        assert_eq!(testimony.steady_for(), 30 * S, "DNS has been steady on B");
        assert_eq!(testimony.agreed_for(), Duration::ZERO, "but B has not been healthy");
    }

    #[test]
    fn a_reading_of_the_topology_that_is_used_twice_is_no_second_witness() {
        let cluster = |last| Evidence::Cluster {
            topology: Ok(witness(last)),
            dns: Ok(witness(1)),
        };
        let mut testimony = Testimony::default();
        for (last, fresh, named) in [(1, true, 1), (1, false, 1), (1, true, 2), (2, false, 1), (2, true, 2)] {
            testimony.record(cluster(last), fresh);
            assert_eq!(testimony.topology_named(), named, "{last} {fresh}");
        }
        assert!(testimony.topology_moved());
    }

    #[test]
    fn an_unknown_reading_ends_every_series() {
        let mut testimony = Testimony::default();
        let unknown = Unknown::NoWriter("billing".parse().expect("id"));
        testimony.record(
            Evidence::Cluster {
                topology: Ok(witness(1)),
                dns: Ok(witness(1)),
            },
            true,
        );
        testimony.age(10 * S, 30 * S);
        assert_eq!((testimony.steady_for(), testimony.agreed_for()), (10 * S, 10 * S));
        testimony.record(
            Evidence::Cluster {
                topology: Err(unknown.clone()),
                dns: Err(unknown),
            },
            true,
        );
        assert_eq!(
            (testimony.steady_for(), testimony.agreed_for()),
            (Duration::ZERO, Duration::ZERO)
        );
        assert!(!testimony.topology_moved(), "not knowing is no move");
    }
}
