//! The planner's truth table: every combination of the inputs of a plan, compared with the
//! promises.
//!
//! The real planner plans each cell. The plan is compared with two statements that were written
//! from `docs/semantics.md`: [`expected`] gives the exact plan, and [`rules`] what no plan may
//! contain. Then [`sequel`] carries the plan out and plans again, until nothing is left to do.
//!
//! # Why a few tables represent the whole product
//!
//! The product of all axes has some 10¹⁴ cells. It is cut so that everything that a promise reads
//! together is walked together. The whole product is sampled too:
//!
//! - *Two addresses* are walked in every state, under everything that a run can have seen before.
//!   Every promise is about the one target that is wanted and the others, so two are enough for all
//!   but the number of the others.
//! - *Three addresses* are the fewest of which two can be removed: one of them initial, or one too
//!   many. What the run has seen is walked at its [extremes](values::extremes).
//! - *Foreign targets*, on another port or outside `allow`, are walked in every state with the
//!   wanted target, and all kinds together.
//! - *Reasons.* An unknown key has one of 44 reasons, which become the reason word of a hold and
//!   nothing else. So every pair of readings is walked over the states of each kind, in cells where
//!   [little](values::tempting) keeps the planner from writing.
//! - *Ports, VPCs and standbys* determine the name of a target and whether a database listens
//!   there. So they are walked together, over few states.
//! - *Ages* are compared with a bound. Every table has one age just below the bound and one at it.
//!   One table has other ages.
//! - *The whole product*, every axis at once, is sampled evenly, in case the planner combines
//!   inputs that no promise combines.
//!
//! A warm binding has a table of its own (`warm.rs`): the writer's target, the standby's, and what
//! the readings around the targets say of it.
//!
//! The numbers in the tests are the cells of each kind of plan. They are asserted so that no part
//! of the table is lost. With `--nocapture`, the tests print them.

mod axes;
mod cell;
mod evidence_cases;
mod expected;
mod readings;
mod rules;
mod sequel;
mod sets;
mod table;
mod values;
mod warm;
mod words;

use std::time::Duration;

use writerlink_core::evidence::{Evidence, MemberAt, Reading, Unknown};
use writerlink_core::plan::{EarlierRounds, KeyChange, TrustInDns, VoidTrust};
use writerlink_core::topology::Standby;

use axes::{Axes, product};
use readings::{member_at, reasons, row, three, two};
use table::{sample, walk};
use values::{CHIEF_STATES, NANO, PORT_DIFFERS, PORTS, STATES, STEADY, VPCS};
use values::{
    all_facts, each, earlier_rounds, everybody, groups, ip, other_port, outside, own, tempting,
};

#[test]
fn two_addresses_of_a_cluster_have_the_plan_of_the_table() {
    let cluster = Axes::cluster(&two());
    let totals = walk(&[Axes {
        targets: groups(&[own(1), own(2)], &STATES),
        earlier_rounds: earlier_rounds(cluster.settle),
        max_removals: vec![0, 1, 2],
        in_use: vec![true, false],
        ..cluster
    }]);
    totals.are(
        "2519424 cells: 82944 settled, 2164608 held, 223488 register, 24192 reread, 24192 \
         deregister",
    );
}

#[test]
fn two_addresses_of_an_instance_have_the_plan_of_the_table() {
    let totals = walk(&Axes::instances(&two()).map(|instance| Axes {
        targets: groups(&[own(1), own(2)], &STATES),
        earlier_rounds: earlier_rounds(instance.settle),
        max_removals: vec![0, 1, 2],
        in_use: vec![true, false],
        ..instance
    }));
    totals.are(
        "1679616 cells: 165888 settled, 1308672 held, 195840 register, 4608 reread, 4608 \
         deregister",
    );
}

#[test]
fn three_addresses_of_a_cluster_have_the_plan_of_the_table() {
    let totals = walk(&[Axes {
        targets: groups(&[own(1), own(2), own(3)], &STATES),
        max_removals: vec![1, 2],
        ..Axes::cluster(&three())
    }]);
    totals.are(
        "2239488 cells: 13824 settled, 1968192 held, 212112 register, 22680 reread, 22680 \
         deregister",
    );
}

#[test]
fn three_addresses_of_an_instance_have_the_plan_of_the_table() {
    let totals = walk(&Axes::instances(&three()).map(|instance| Axes {
        targets: groups(&[own(1), own(2), own(3)], &STATES),
        max_removals: vec![1, 2],
        ..instance
    }));
    totals.are(
        "1119744 cells: 27648 settled, 936000 held, 148032 register, 4032 reread, 4032 \
         deregister",
    );
}

#[test]
fn foreign_targets_have_the_plan_of_the_table() {
    let one = [other_port(1), outside()].map(|foreign| groups(&[own(1), foreign], &STATES));
    let two_beside_two = groups(&[own(1), own(2), other_port(1), outside()], &CHIEF_STATES);
    let totals = walk(&Axes::sources(&two()).map(|source| Axes {
        targets: [one.concat(), two_beside_two.clone()].concat(),
        earlier_rounds: tempting(source.settle),
        max_removals: vec![1, 3],
        exclusive: vec![false, true],
        port_differs: PORT_DIFFERS.into(),
        ..source
    }));
    totals.are(
        "3399840 cells: 178848 settled, 2277680 held, 835324 register, 31512 reread, 76476 \
         deregister",
    );
}

#[test]
fn every_reason_for_silence_has_the_plan_of_the_table_beside_every_reading_of_the_other_key() {
    let silent = reasons();
    let rows: Vec<usize> = silent.iter().map(|why| row(why).0).collect();
    assert_eq!(rows, (0..44).collect::<Vec<_>>());
    // The third and the fourth are members at each other's address: a host was replaced, or DNS
    // lags.
    let known = [member_at(1, 1), member_at(2, 2), member_at(1, 2), member_at(2, 1)];
    let readings: Vec<Reading> = known.into_iter().chain(silent.into_iter().map(Err)).collect();
    let totals = walk(&Axes::sources(&readings).map(|source| Axes {
        targets: groups(&[own(1), own(2)], &CHIEF_STATES),
        earlier_rounds: tempting(source.settle),
        ..source
    }));
    totals.are(
        "2160000 cells: 2592 settled, 2107304 held, 49092 register, 296 reread, 716 deregister",
    );
}

/// The RDS API cannot be read, and DNS names a member: after each kind of move, and just before and
/// at the settle time.
fn dns_alone() -> Axes {
    let calls = reasons().into_iter().filter(|why| matches!(why, Unknown::Call(_)));
    let evidence = calls.flat_map(|why| {
        [member_at(1, 1), member_at(2, 2)]
            .map(|dns| Evidence::Cluster { topology: Err(why.clone()), dns })
    });
    let axes = Axes::of("cluster/orders", Standby::Unknown, evidence.collect());
    let mut earlier_rounds = tempting(axes.settle);
    earlier_rounds.retain(|earlier| earlier.steady_for == STEADY);
    let ages = [Duration::ZERO, STEADY, axes.settle - NANO, axes.settle];
    let earlier_rounds = each(&earlier_rounds, ages, |earlier, age| earlier.steady_for = age);
    let moves = [KeyChange::None, KeyChange::Unexplained, KeyChange::AfterEvent];
    let earlier_rounds = each(&earlier_rounds, moves, |earlier, now| earlier.dns_move = now);
    Axes {
        targets: groups(&[own(1), own(2), outside()], &CHIEF_STATES),
        earlier_rounds,
        max_removals: vec![1, 4],
        ..axes
    }
}

#[test]
fn dns_alone_has_the_plan_of_the_table() {
    walk(&[dns_alone()])
        .are("1680000 cells: 0 settled, 1624000 held, 56000 register, 0 reread, 0 deregister");
}

/// A person vouches for DNS. The trust counts, just before the settle time and at it; or the RDS
/// API was read; or the trust does not count for another reason.
fn trust() -> [Axes; 3] {
    let agreed = [member_at(1, 1), member_at(2, 2)]
        .map(|named| Evidence::Cluster { topology: named.clone(), dns: named });
    let axes = || Axes {
        targets: groups(&[own(1), own(2)], &STATES),
        former: everybody(),
        ..Axes::of("cluster/orders", Standby::Unknown, agreed.to_vec())
    };
    let [counts, read] = [axes(), axes()];
    let mut earlier_rounds = tempting(counts.settle);
    earlier_rounds.retain(|earlier| earlier.steady_for == STEADY);
    let ages = [Duration::ZERO, counts.settle - NANO, counts.settle];
    let on_trust = each(&earlier_rounds, ages, |earlier, age| {
        (earlier.steady_for, earlier.trust) = (age, TrustInDns::Counts)
    });
    let mut alone = dns_alone();
    alone.earlier_rounds.retain(|earlier| earlier.topology_named == 2 && earlier.event);
    let void = |earlier_rounds: &[EarlierRounds], reasons: &[VoidTrust]| {
        let with = |earlier: &EarlierRounds, reason: &VoidTrust| EarlierRounds {
            trust: TrustInDns::Void(reason.clone()),
            ..earlier.clone()
        };
        product(earlier_rounds, reasons).map(|(earlier, reason)| with(earlier, reason)).collect()
    };
    let other = MemberAt { member: "orders-3".parse().expect("an identifier"), address: ip(3) };
    let reasons = [
        VoidTrust::RdsWasRead,
        VoidTrust::Expired,
        VoidTrust::NamesUnknown,
        VoidTrust::OtherWriter { writer: other.member.clone(), dns: other },
        VoidTrust::DnsUnknown(Unknown::NoWriter("orders".parse().expect("an identifier"))),
    ];
    [
        Axes {
            earlier_rounds: on_trust,
            max_removals: vec![0, 1],
            in_use: vec![true, false],
            ports: PORTS.into(),
            ..counts
        },
        Axes { earlier_rounds: void(&earlier_rounds, &reasons[..1]), ..read },
        Axes {
            evidence: alone.evidence[..4].to_vec(),
            earlier_rounds: void(&alone.earlier_rounds, &reasons),
            ports: PORTS.into(),
            ..axes()
        },
    ]
}

#[test]
fn a_persons_trust_in_dns_has_the_plan_of_the_table() {
    walk(&trust()).are(
        "1042632 cells: 6048 settled, 1007892 held, 22392 register, 2100 reread, 4200 deregister",
    );
}

#[test]
fn every_port_vpc_and_standby_has_the_plan_of_the_table() {
    let totals = walk(&Axes::sources(&two()).map(|source| Axes {
        targets: groups(&[own(1), other_port(1), own(2)], &["healthy", "draining"]),
        earlier_rounds: tempting(source.settle),
        facts: all_facts(),
        ports: PORTS.into(),
        port_differs: PORT_DIFFERS.into(),
        vpcs: VPCS[..2].into(),
        ..source
    }));
    totals.are(
        "3324240 cells: 186624 settled, 2050592 held, 1059040 register, 8448 reread, 19536 \
         deregister",
    );
}

#[test]
fn every_age_and_settle_time_has_the_plan_of_the_table() {
    let mut tables = Vec::new();
    for settle in [1, 10, 30, 180].map(Duration::from_secs) {
        let mut earlier_rounds = tempting(settle);
        earlier_rounds
            .retain(|earlier| earlier.steady_for == STEADY && earlier.agreed_for == settle);
        let ages = |bound| [Duration::ZERO, bound - NANO, bound, bound + NANO];
        let earlier_rounds =
            each(&earlier_rounds, ages(STEADY), |earlier, age| earlier.steady_for = age);
        let earlier_rounds =
            each(&earlier_rounds, ages(settle), |earlier, age| earlier.agreed_for = age);
        tables.extend(Axes::sources(&two()).map(|source| Axes {
            targets: groups(&[own(1), own(2)], &CHIEF_STATES),
            earlier_rounds: earlier_rounds.clone(),
            settle,
            ..source
        }));
    }
    walk(&tables).are(
        "504000 cells: 48384 settled, 336368 held, 106064 register, 5056 reread, 8128 deregister",
    );
}

#[test]
fn cells_from_all_over_the_whole_product_have_the_plan_of_the_table() {
    let readings = [three().as_slice(), &[member_at(1, 2)]].concat();
    let tables = Axes::sources(&readings).map(|source| Axes {
        targets: groups(&[own(1), own(2), own(3), other_port(1), outside()], &STATES),
        earlier_rounds: earlier_rounds(source.settle),
        max_removals: vec![0, 1, 2, 3, 4],
        exclusive: vec![false, true],
        in_use: vec![true, false],
        ports: PORTS.into(),
        port_differs: PORT_DIFFERS.into(),
        facts: all_facts(),
        vpcs: VPCS.into(),
        ..source
    });
    sample(&tables, 150_000)
        .are("450000 cells: 8322 settled, 352667 held, 87488 register, 721 reread, 802 deregister");
}
