//! A part of the table: the product of its axes, walked as a whole or sampled.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use writerlink_core::config::{Binding, Consent, Mode, PortDiffers, StandbyMode, Timing};
use writerlink_core::evidence::{Evidence, Facts, Reading};
use writerlink_core::plan::{EarlierRounds, Observation, StandbySeen};
use writerlink_core::target::{Family, Target, TargetGroup};
use writerlink_core::topology::Standby;

use crate::cell::Cell;
use crate::values::{PORT, allow, everybody, extremes, facts};

/// A part of the table. Every combination of these values is a cell.
pub(crate) struct Axes {
    pub(crate) source: &'static str,
    pub(crate) settle: Duration,
    pub(crate) evidence: Vec<Evidence>,
    pub(crate) targets: Vec<Vec<Target>>,
    pub(crate) earlier_rounds: Vec<EarlierRounds>,
    /// The addresses of former members. In a cluster these are all addresses, so that a failover
    /// that was seen explains every target.
    pub(crate) former: BTreeSet<IpAddr>,
    pub(crate) max_removals: Vec<usize>,
    pub(crate) exclusive: Vec<bool>,
    pub(crate) in_use: Vec<bool>,
    pub(crate) facts: Vec<Option<Facts>>,
    pub(crate) ports: Vec<Option<u16>>,
    pub(crate) port_differs: Vec<PortDiffers>,
    pub(crate) vpcs: Vec<Option<&'static str>>,
}

impl Axes {
    /// A cluster, with each of these readings for each key.
    pub(crate) fn cluster(readings: &[Reading]) -> Self {
        let pairs = product(readings, readings);
        let evidence = pairs.map(|(topology, dns)| Evidence::Cluster {
            topology: topology.clone(),
            dns: dns.clone(),
        });
        let cluster = Self::of("cluster/orders", Standby::Unknown, evidence.collect());
        Self { former: everybody(), ..cluster }
    }

    /// An instance whose standby refuses TCP, and one whose standby is unknown.
    pub(crate) fn instances(readings: &[Reading]) -> [Self; 2] {
        [Standby::RefusesTcp, Standby::Unknown].map(|standby| {
            let evidence = readings.iter().map(|dns| Evidence::Instance { dns: dns.clone() });
            Self::of("instance/orders-1", standby, evidence.collect())
        })
    }

    /// Every kind of source.
    pub(crate) fn sources(readings: &[Reading]) -> [Self; 3] {
        let [refusing, unknown] = Self::instances(readings);
        [Self::cluster(readings), refusing, unknown]
    }

    /// Usual values. The table must add the targets.
    pub(crate) fn of(source: &'static str, standby: Standby, evidence: Vec<Evidence>) -> Self {
        let settle = Duration::from_secs(30);
        Self {
            source,
            settle,
            evidence,
            targets: Vec::new(),
            earlier_rounds: extremes(settle),
            former: BTreeSet::new(),
            max_removals: vec![4],
            exclusive: vec![false],
            in_use: vec![true],
            facts: vec![Some(facts(Some(PORT), Some("vpc-1"), standby))],
            ports: vec![None],
            port_differs: vec![PortDiffers::Held],
            vpcs: vec![Some("vpc-1")],
        }
    }

    /// Calls `look` with every cell whose number is wanted. Returns the number of all cells.
    pub(crate) fn walk(
        &self,
        wanted: impl Fn(usize) -> bool,
        mut look: impl FnMut(&Cell<'_>),
    ) -> usize {
        let mut number = 0;
        let timing = self.timing();
        let (bindings, groups) = (self.bindings(), self.groups());
        for (evidence, targets) in product(&self.evidence, &self.targets) {
            for (facts, group) in product(&self.facts, &groups) {
                let seen = Observation {
                    evidence: evidence.clone(),
                    facts: facts.clone(),
                    group: group.clone(),
                    targets: targets.clone(),
                    earlier: self.earlier_rounds[0].clone(),
                    standby: StandbySeen::default(),
                };
                let mut cell = Cell { binding: &bindings[0], timing: &timing, seen };
                for (binding, earlier) in product(&bindings, &self.earlier_rounds) {
                    number += 1;
                    if !wanted(number) {
                        continue;
                    }
                    cell.binding = binding;
                    cell.seen.earlier.clone_from(earlier);
                    cell.seen.earlier.former.extend(&self.former);
                    look(&cell);
                }
            }
        }
        number
    }

    /// Calls `look` with `count` cells, spread over a product that is too large to walk.
    pub(crate) fn sample(&self, count: usize, mut look: impl FnMut(&Cell<'_>)) {
        // A prime step reaches every digit of a mixed-radix number if it divides none of the
        // radices.
        const STEP: usize = 2_147_483_647;
        let timing = self.timing();
        let (bindings, groups) = (self.bindings(), self.groups());
        for place in 0..count {
            let mut number = place * STEP;
            let mut digit = |of: usize| {
                let digit = number % of;
                number /= of;
                digit
            };
            let mut cell = Cell {
                binding: &bindings[digit(bindings.len())],
                timing: &timing,
                seen: Observation {
                    evidence: self.evidence[digit(self.evidence.len())].clone(),
                    facts: self.facts[digit(self.facts.len())].clone(),
                    group: groups[digit(groups.len())].clone(),
                    targets: self.targets[digit(self.targets.len())].clone(),
                    earlier: self.earlier_rounds[digit(self.earlier_rounds.len())].clone(),
                    standby: StandbySeen::default(),
                },
            };
            cell.seen.earlier.former.extend(&self.former);
            look(&cell);
        }
    }

    fn timing(&self) -> Timing {
        Timing { settle: self.settle, ..Timing::default() }
    }

    fn bindings(&self) -> Vec<Binding> {
        let arn = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/orders/\
            0123456789abcdef";
        let kinds = product(&self.ports, &self.port_differs)
            .flat_map(|port| self.exclusive.iter().map(move |exclusive| (port, exclusive)))
            .flat_map(|kind| self.max_removals.iter().map(move |most| (kind, most)));
        kinds
            .map(|(((port, port_differs), exclusive), max_removals)| Binding {
                name: "orders-writer".to_owned(),
                source: self.source.parse().expect("a source"),
                target_group: arn.parse().expect("an ARN"),
                port: *port,
                port_differs: *port_differs,
                mode: Mode::Manage,
                exclusive: *exclusive,
                max_removals: *max_removals,
                outside_vpc: false,
                standby: StandbyMode::Cold,
                allow: allow(),
                consent: Consent::Written,
            })
            .collect()
    }

    fn groups(&self) -> Vec<TargetGroup> {
        product(&self.vpcs, &self.in_use)
            .map(|(vpc, in_use)| TargetGroup {
                target_type: "ip".to_owned(),
                protocol: "TCP".to_owned(),
                family: Family::V4,
                vpc: vpc.map(str::to_owned),
                in_use: *in_use,
            })
            .collect()
    }
}

pub(crate) fn product<'a, A, B>(a: &'a [A], b: &'a [B]) -> impl Iterator<Item = (&'a A, &'a B)> {
    a.iter().flat_map(move |a| b.iter().map(move |b| (a, b)))
}
