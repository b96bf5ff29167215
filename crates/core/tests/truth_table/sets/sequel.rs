//! Carries out a plan for a set, and checks that it ends with exactly the set.

use writerlink_core::plan::{Action, LONGEST_SETTLE, Plan, RegistrationProof, Step};
use writerlink_core::target::{Target, TargetState};

use super::rules::{has_no_former_port, is_right};
use super::stated::{listed, within_reach};
use super::{decide, listing};
use crate::cell::Cell;
use crate::values::STEADY;

/// The most steps that a cell needs. There are at most six targets: three to register, which waits
/// for two readings, one registration to prove, and three removals with a reading before each.
const MOST_STEPS: usize = 12;

/// Follows a plan to its end, and returns the number of steps.
pub(super) fn follow(cell: &Cell<'_>, plan: Plan) -> usize {
    let mut cell = cell.clone();
    let (mut plan, mut steps, mut idle) = (plan, 0, 0);
    // If time passes twice without a change, nothing will change any more.
    while idle < 2 {
        match plan.now.take() {
            Some(step) => {
                steps += 1;
                idle = 0;
                assert!(steps <= MOST_STEPS, "{step:?} is no end\n{cell}");
                apply(&mut cell, &step);
            }
            None => {
                idle += 1;
                begin_another_round(&mut cell);
            }
        }
        plan = decide(&cell);
    }
    let explained = needs_a_person(&cell);
    assert!(explained || is_right(&cell), "it does not come right\n{cell}\n{plan:?}");
    steps
}

fn apply(cell: &mut Cell<'_>, step: &Step) {
    let earlier = &mut cell.seen.earlier;
    earlier.reread = *step == Step::Reread;
    match step {
        Step::Reread => earlier.topology_named = (earlier.topology_named + 1).min(2),
        Step::Do(Action::Register(registration)) => {
            earlier.registration_proof = RegistrationProof::Proven;
            let targets = &mut cell.seen.targets;
            targets.retain(|target| target.address != registration.address);
            targets.push(Target {
                address: registration.address,
                zone: registration.zone.clone(),
                state: TargetState::Initial,
                reason: None,
            });
        }
        Step::Do(Action::Deregister(leaving)) => {
            earlier.removed_this_round = true;
            for target in cell.seen.targets.iter_mut().filter(|target| leaving.contains(target)) {
                target.state = TargetState::Draining;
            }
        }
    }
}

/// The key reports the same for long enough. Health does not change: a set does not wait for it.
fn begin_another_round(cell: &mut Cell<'_>) {
    let earlier = &mut cell.seen.earlier;
    earlier.topology_named = 2;
    earlier.steady_for = STEADY;
    earlier.agreed_for = cell.timing.settle;
    earlier.removed_this_round = false;
    earlier.reread = false;
    if earlier.registration_proof == RegistrationProof::HealthyBriefly {
        earlier.registration_proof = RegistrationProof::Proven;
    }
}

/// Whether the cell cannot become right until a person changes the load balancer, the limit, the
/// name or the database.
fn needs_a_person(cell: &Cell<'_>) -> bool {
    let Some((_, known, listed)) = listed(cell) else {
        return true;
    };
    let leaving = within_reach(cell).filter(|target| !listed.contains(&target.address));
    let unused = listed.iter().any(|at| cell.state_of(*at) == Some(&TargetState::Unused));
    known.gap.is_some()
        || cell.is_on_a_wrong_port()
        || !has_no_former_port(cell, &listed)
        || *known == listing(&[], None)
        || unused
        || leaving.count() > cell.binding.max_removals
        || cell.timing.settle > LONGEST_SETTLE
}
