//! The table for sets of equal members: the readers of a cluster, the members of a custom endpoint,
//! the addresses of a name.
//!
//! It is built like the other table: [`stated`](stated::stated) gives the plan of a cell,
//! [`RULES`](rules::RULES) what no plan may contain, and [`sequel`] carries plans out until nothing
//! is left to do. A set has one key, so its axes are different:
//!
//! - *The listing*: each of three addresses is listed or not, with or without a gap, or there is no
//!   listing at all, by either key.
//! - *Targets*: at these addresses, at an address of no member, on another port, and outside
//!   `allow`.
//! - *What the run has seen*: how often the topology listed the same, the two ages just below their
//!   bounds and at them, what is known of the registrations, whether some were removed in this
//!   round, and whether the key was read again. An event, a failover and a switchover make no
//!   difference for a set; the sample includes them.

mod rules;
mod sequel;
mod stated;

use std::collections::BTreeSet;
use std::time::Duration;

use writerlink_core::evidence::{Evidence, Key, Listing, Unknown};
use writerlink_core::failure::LookupError;
use writerlink_core::plan::{EarlierRounds, KeyChange, LONGEST_SETTLE, Plan, plan};
use writerlink_core::topology::Standby;

use crate::axes::Axes;
use crate::cell::Cell;
use crate::table::{Totals, sample_as, walk_as};
use crate::values::{CHIEF_STATES, NANO, PORT_DIFFERS, PORTS, STATES, STEADY, VPCS};
use crate::values::{
    all_facts, each, earlier_rounds, everybody, groups, ip, other_port, outside, own,
};
use rules::RULES;
use stated::stated;

#[test]
fn two_addresses_of_a_set_have_the_plan_of_the_table() {
    let totals = walk(&sets().map(|set| Axes {
        targets: groups(&[own(1), own(2)], &STATES),
        max_removals: vec![0, 1, 4],
        ..set
    }));
    totals.are(
        "1189728 cells: 85536 settled, 781632 held, 200928 register, 118608 reread, 3024 \
         deregister; 6 steps at most",
    );
}

#[test]
fn three_addresses_of_a_set_have_the_plan_of_the_table() {
    let states = [CHIEF_STATES.as_slice(), &["unused"]].concat();
    let totals = walk(&sets().map(|set| Axes {
        targets: groups(&[own(1), own(2), own(3)], &states),
        earlier_rounds: few(&set.earlier_rounds),
        max_removals: vec![1, 4],
        ..set
    }));
    totals.are(
        "705024 cells: 48576 settled, 497664 held, 111168 register, 42864 reread, 4752 deregister; \
         5 steps at most",
    );
}

#[test]
fn foreign_targets_and_leftovers_of_a_set_have_the_plan_of_the_table() {
    let all = [own(1), own(2), own(4), other_port(1), outside()];
    let totals = walk(&sets().map(|set| Axes {
        targets: groups(&all, &["healthy", "draining"]),
        earlier_rounds: few(&set.earlier_rounds).into_iter().filter(|seen| seen.reread).collect(),
        max_removals: vec![2, 9],
        exclusive: vec![false, true],
        port_differs: PORT_DIFFERS.into(),
        ..set
    }));
    totals.are(
        "1586304 cells: 111648 settled, 882600 held, 439272 register, 147060 reread, 5724 \
         deregister; 7 steps at most",
    );
}

#[test]
fn every_age_and_settle_time_of_a_set_has_the_plan_of_the_table() {
    let settles = [1, 10, 30].map(Duration::from_secs);
    let settles = settles.into_iter().chain([LONGEST_SETTLE, LONGEST_SETTLE + NANO]);
    let tables: Vec<Axes> = settles
        .flat_map(|settle| {
            let ages = |bound: Duration| [Duration::ZERO, bound - NANO, bound, bound + NANO];
            sets().map(|set| {
                let mut seen = few(&set.earlier_rounds);
                seen.retain(|seen| seen.steady_for == STEADY && seen.topology_named == 2);
                let seen = each(&seen, ages(STEADY), |seen, age| seen.steady_for = age);
                let seen = each(&seen, ages(settle), |seen, age| seen.agreed_for = age);
                Axes {
                    targets: groups(&[own(1), own(2)], &CHIEF_STATES),
                    earlier_rounds: seen,
                    settle,
                    ..set
                }
            })
        })
        .collect();
    walk(&tables).are(
        "816000 cells: 88320 settled, 386688 held, 336960 register, 2016 reread, 2016 deregister; \
         4 steps at most",
    );
}

#[test]
fn cells_from_all_over_the_whole_product_of_sets_have_the_plan_of_the_table() {
    let whole = sets().map(|set| {
        let seen = earlier_rounds(set.settle);
        let seen = each(&seen, [false, true], |seen, removed_this_round| {
            seen.removed_this_round = removed_this_round
        });
        Axes {
            targets: groups(&[own(1), own(2), own(3), other_port(1), outside()], &STATES),
            earlier_rounds: each(&seen, [false, true], |seen, known| {
                seen.former = if known { everybody() } else { BTreeSet::new() };
            }),
            max_removals: vec![0, 1, 2, 3, 4],
            exclusive: vec![false, true],
            in_use: vec![true, false],
            ports: PORTS.into(),
            port_differs: PORT_DIFFERS.into(),
            facts: all_facts(),
            vpcs: VPCS.into(),
            ..set
        }
    });
    sample_as(judge, &whole, 200_000).are(
        "400000 cells: 15072 settled, 294627 held, 60274 register, 28646 reread, 1381 deregister; \
         8 steps at most",
    );
}

/// A set by either key, with everything that a key can report about three addresses.
fn sets() -> [Axes; 2] {
    let silent =
        || Unknown::Lookup("orders-9.db.test".parse().expect("a name"), LookupError::NxDomain);
    [(Key::Topology, "cluster/orders/readers"), (Key::Dns, "dns/orders.db.test")].map(
        |(key, source)| {
            let rolls = (0..8_u8).flat_map(|listed| {
                let listed: Vec<u8> =
                    (1..=3).filter(|last| listed & 1 << (last - 1) != 0).collect();
                [None, Some(silent())].map(|gap| Ok(listing(&listed, gap)))
            });
            let evidence =
                rolls.chain([Err(silent())]).map(|listing| Evidence::Set { key, listing });
            let set = Axes::of(source, Standby::Unknown, evidence.collect());
            Axes { earlier_rounds: of_sets(set.settle), ..set }
        },
    )
}

fn listing(listed: &[u8], gap: Option<Unknown>) -> Listing {
    Listing { listed: listed.iter().map(|last| (ip(*last), None)).collect(), gap }
}

/// Everything that earlier rounds of a run can add and that matters for a set.
fn of_sets(settle: Duration) -> Vec<EarlierRounds> {
    let mut all = earlier_rounds(settle);
    all.retain(|seen| !seen.event && !seen.failover && seen.key_change == KeyChange::None);
    each(&all, [false, true], |seen, removed_this_round| {
        seen.removed_this_round = removed_this_round
    })
}

/// Those in which both ages are below their bounds or both at them, and the topology was read.
fn few(all: &[EarlierRounds]) -> Vec<EarlierRounds> {
    let bound = |age: fn(&EarlierRounds) -> Duration| all.iter().map(age).max();
    let (steady, agreed) = (bound(|seen| seen.steady_for), bound(|seen| seen.agreed_for));
    let together = |seen: &&EarlierRounds| {
        (Some(seen.steady_for) == steady) == (Some(seen.agreed_for) == agreed)
            && seen.topology_named > 0
    };
    all.iter().filter(together).cloned().collect()
}

fn walk(tables: &[Axes]) -> Totals {
    walk_as(judge, tables)
}

fn judge(cell: &Cell<'_>) -> (Plan, usize) {
    let plan = decide(cell);
    let steps = sequel::follow(cell, plan.clone());
    (plan, steps)
}

/// The plan of a cell. It must be the stated plan and keep every rule.
fn decide(cell: &Cell<'_>) -> Plan {
    let plan = plan(cell.binding, cell.timing, &cell.seen);
    let stated = stated(cell);
    assert!(stated.is(&plan), "the table has {stated:?}\nthe planner {plan:?}\n{cell}");
    for (rule, keeps) in RULES {
        assert!(keeps(cell, &plan), "{rule}\n{plan:?}\n{cell}");
    }
    plan
}
