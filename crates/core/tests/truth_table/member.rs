//! The table for a member of a cluster, whatever its role.
//!
//! It has one key, so a second reading takes the place of a second key; and other members are as
//! healthy as it is, so health proves nothing. An event, and DNS alone, make no difference for it;
//! the sample includes them.

use writerlink_core::evidence::Reading;

use crate::axes::Axes;
use crate::readings::{member_at, reasons, three, two};
use crate::table::{sample, walk};
use crate::values::{CHIEF_STATES, PORT_DIFFERS, PORTS, STATES, VPCS};
use crate::values::{all_facts, earlier_rounds, groups, other_port, outside, own, tempting};

#[test]
fn two_addresses_of_a_member_have_the_plan_of_the_table() {
    let member = Axes::member(&two());
    let totals = walk(&[Axes {
        targets: groups(&[own(1), own(2)], &STATES),
        earlier_rounds: earlier_rounds(member.settle),
        max_removals: vec![0, 1, 2],
        in_use: vec![true, false],
        ..member
    }]);
    totals.are(
        "839808 cells: 82944 settled, 535680 held, 57600 register, 139392 reread, 24192 deregister",
    );
}

#[test]
fn three_addresses_and_foreign_targets_of_a_member_have_the_plan_of_the_table() {
    let foreign = [own(1), own(2), other_port(1), outside()];
    let totals = walk(&[
        Axes {
            targets: groups(&[own(1), own(2), own(3)], &STATES),
            max_removals: vec![1, 2],
            ..Axes::member(&three())
        },
        Axes {
            targets: groups(&foreign, &CHIEF_STATES),
            max_removals: vec![1, 3],
            exclusive: vec![false, true],
            port_differs: PORT_DIFFERS.into(),
            ..Axes::member(&two())
        },
    ]);
    totals.are(
        "1999872 cells: 130176 settled, 1127136 held, 304968 register, 371280 reread, 66312 \
         deregister",
    );
}

#[test]
fn every_reason_for_silence_about_a_member_has_the_plan_of_the_table() {
    let known = [member_at(1, 1), member_at(1, 2)];
    let readings: Vec<Reading> = known.into_iter().chain(reasons().into_iter().map(Err)).collect();
    let member = Axes::member(&readings);
    let totals = walk(&[Axes {
        targets: groups(&[own(1), own(2)], &CHIEF_STATES),
        earlier_rounds: tempting(member.settle),
        ..member
    }]);
    totals.are("42300 cells: 432 settled, 40644 held, 668 register, 286 reread, 270 deregister");
}

#[test]
fn cells_of_a_member_from_all_over_the_whole_product_have_the_plan_of_the_table() {
    let readings = [three().as_slice(), &[member_at(1, 2)]].concat();
    let member = Axes::member(&readings);
    let table = Axes {
        targets: groups(&[own(1), own(2), own(3), other_port(1), outside()], &STATES),
        earlier_rounds: earlier_rounds(member.settle),
        max_removals: vec![0, 1, 2, 3, 4],
        exclusive: vec![false, true],
        in_use: vec![true, false],
        ports: PORTS.into(),
        port_differs: PORT_DIFFERS.into(),
        facts: all_facts(),
        vpcs: VPCS.into(),
        ..member
    };
    sample(&[table], 150_000).are(
        "150000 cells: 3804 settled, 90074 held, 17230 register, 36767 reread, 2125 deregister",
    );
}
