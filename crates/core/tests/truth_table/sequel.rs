//! Carries out a plan, and checks that no later plan undoes it.
//!
//! A step of a plan is applied to its cell as the load balancer and the run would do it, and the
//! resulting cell is planned again. The steps must go forward (register, read the keys again,
//! deregister), and the previous plan must have announced each of them, so that no sequence can go
//! in a circle. At the end there is nothing to do, or a hold explains why. Then time passes, and
//! cells that only waited for time become right.

use std::net::SocketAddr;

use writerlink_core::plan::{Action, Hold, Plan, RegistrationProof, Step, Weight};
use writerlink_core::target::{Registration, Target, TargetState};

use crate::cell::{Cell, Follows};
use crate::rules::is_right;
use crate::table::decide;
use crate::values::STEADY;

/// What registering a present target does to its state. AWS's documentation does not say.
#[derive(Clone, Copy)]
enum Again {
    /// The state stays the same.
    Keeps,
    /// The state starts again at `initial`.
    Resets,
}

/// Follows a plan to its end, and past it when time has passed.
pub(crate) fn follow(cell: &Cell<'_>, plan: Plan) {
    let makes_sure = match &plan.now {
        Some(Step::Do(Action::Register(to))) => cell.state_of(to.address).is_some(),
        _ => false,
    };
    if makes_sure {
        come_right(cell, plan.clone(), Again::Resets);
    }
    come_right(cell, plan, Again::Keeps);
}

fn come_right(cell: &Cell<'_>, plan: Plan, again: Again) {
    if plan.now.is_none() && !waits(&plan) {
        return is_right_or_explained(cell, &plan);
    }
    let mut cell = cell.clone();
    let mut plan = carry_out(&mut cell, plan, again);
    // Twice: once for a registration that waits for DNS to be stable, once for the target to become
    // healthy.
    for _ in 0..2 {
        if waits(&plan) {
            let_time_pass(&mut cell);
            let next = decide(&cell);
            plan = carry_out(&mut cell, next, again);
        }
    }
    is_right_or_explained(&cell, &plan);
}

fn waits(plan: &Plan) -> bool {
    // Time ends this one too, within the run.
    let on_trust = |hold: &Hold| matches!(hold, Hold::TrustWaits { .. });
    plan.holds.iter().any(|hold| hold.weight() == Weight::Waits || on_trust(hold))
}

fn is_right_or_explained(cell: &Cell<'_>, plan: &Plan) {
    let explained = cell.agreed().is_none_or(|agreed| needs_a_person(cell, agreed));
    assert!(explained || is_right(cell), "it does not come right\n{cell}\n{plan:?}");
}

/// Carries out steps until none may be taken.
fn carry_out(cell: &mut Cell<'_>, mut plan: Plan, again: Again) -> Plan {
    let mut done = 0;
    while let Some(step) = plan.now.take() {
        let place = place(cell, &step);
        assert!(place > done, "{step:?} goes back\n{cell}");
        done = place;
        apply(cell, &step, again);
        let next = decide(cell);
        let called_for = match &next.now {
            // What the first plan could not tell yet: a member must be named twice before its
            // target is registered once more.
            Some(Step::Do(Action::Register(to))) if cell.state_of(to.address).is_some() => true,
            Some(Step::Do(action)) => plan.later.contains(action),
            Some(Step::Reread) => plan.later == next.later,
            None => next.later.iter().all(|action| plan.later.contains(action)),
        };
        assert!(
            called_for,
            "after {step:?}, which was to be followed by {:?}, comes {next:?}\n{cell}",
            plan.later
        );
        plan = next;
    }
    plan
}

fn place(cell: &Cell<'_>, step: &Step) -> u8 {
    match step {
        Step::Reread
            if cell.follows() == Follows::Member && cell.seen.earlier.topology_named < 2 =>
        {
            // Each of two readings.
            1 + cell.seen.earlier.topology_named
        }
        Step::Do(Action::Register(_)) => 3,
        Step::Reread => 4,
        Step::Do(Action::Deregister(_)) => 5,
    }
}

fn apply(cell: &mut Cell<'_>, step: &Step, again: Again) {
    cell.seen.earlier.reread = *step == Step::Reread;
    match step {
        Step::Reread => {
            cell.seen.earlier.topology_named = (cell.seen.earlier.topology_named + 1).min(2);
        }
        Step::Do(Action::Register(registration)) => {
            register(&mut cell.seen.targets, registration, again);
            if cell.agreed() == Some(registration.address) {
                cell.seen.earlier.registration_proof = RegistrationProof::Proven;
            }
        }
        Step::Do(Action::Deregister(removed)) => {
            for target in cell.seen.targets.iter_mut().filter(|target| removed.contains(target)) {
                target.state = TargetState::Draining;
            }
        }
    }
}

fn register(targets: &mut Vec<Target>, registration: &Registration, again: Again) {
    let Registration { address, zone } = registration.clone();
    match (again, targets.iter_mut().find(|target| target.address == address)) {
        (_, None) => {
            targets.push(Target { address, zone, state: TargetState::Initial, reason: None })
        }
        (Again::Keeps, Some(target)) if target.state != TargetState::Draining => {}
        (_, Some(target)) => target.state = TargetState::Initial,
    }
}

/// Health checks pass, and the keys keep reporting the same.
fn let_time_pass(cell: &mut Cell<'_>) {
    for target in &mut cell.seen.targets {
        if target.state == TargetState::Initial {
            target.state = TargetState::Healthy;
        }
    }
    let earlier = &mut cell.seen.earlier;
    earlier.steady_for = cell.timing.settle.max(STEADY);
    earlier.agreed_for = cell.timing.settle;
    if earlier.registration_proof == RegistrationProof::HealthyBriefly {
        earlier.registration_proof = RegistrationProof::Proven;
    }
}

/// Whether the cell cannot become right until a person changes the load balancer, the limit or the
/// database.
fn needs_a_person(cell: &Cell<'_>, agreed: SocketAddr) -> bool {
    let too_many = cell.others(agreed).count() > cell.binding.max_removals;
    if cell.is_on_a_wrong_port() || cell.on_a_former_port(&[agreed.ip()]).next().is_some() {
        return true;
    }
    match cell.state_of(agreed) {
        None => false,
        Some(TargetState::Unused) => true,
        Some(TargetState::Healthy) => too_many,
        Some(_) => too_many || !matches!(cell.follows(), Follows::Cluster | Follows::Member),
    }
}
