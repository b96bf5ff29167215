//! What every plan keeps, in any cell: the promises of `docs/semantics.md` as predicates of one
//! plan.
//!
//! They are weaker than the decision table and independent of it: a mistake that the table shares
//! with the planner would still have to satisfy them. A predicate without a number states the
//! documented meaning of a part of a plan.

use writerlink_core::plan::{
    Action, Hold, KeyChange, Observation, Plan, RegistrationProof, Step, TrustInDns,
};
use writerlink_core::target::{Target, TargetState};

use crate::cell::{Cell, Follows};
use crate::values::STEADY;

/// A promise, and whether a plan keeps it.
type Rule = (&'static str, fn(&Cell<'_>, &Plan) -> bool);

pub(crate) const RULES: [Rule; 19] = [
    ("S1: a removal leaves the agreed target present", a_removal_leaves_the_agreed_target),
    (
        "S3: what is registered is named by a key and may be registered",
        a_registration_is_of_a_named_target,
    ),
    ("S3: what is registered is credible", a_registration_is_credible),
    ("S4: disagreement, or anything unknown, removes nothing", a_removal_needs_an_agreement),
    (
        "S5: a removal names all the others exactly as they were read, or none",
        a_removal_names_all_the_others,
    ),
    ("S5: more candidates than max-removals: none is removed", a_removal_is_bounded),
    ("S5: every foreign is reported", foreign_targets_are_reported),
    (
        "S9: a port that RDS does not report is written to only where the binding says that it is \
         meant",
        a_wrong_port_is_not_written_to,
    ),
    (
        "S9: a target at the writer's address on a port on which it does not listen is not in sync",
        a_former_port_is_not_in_sync,
    ),
    (
        "S7: a removal needs proof of registration and a second reading of the keys",
        a_removal_is_made_sure_of,
    ),
    ("S7: the keys are read again only for a removal that is due", a_rereading_is_for_a_removal),
    ("L2: what is right is left alone", what_is_right_is_left_alone),
    ("L3: what is present is registered only to make sure of it", a_registration_is_needed),
    (
        "an instance removes beside a healthy target, when the agreement has lasted",
        an_instance_removes_on_two_proofs,
    ),
    ("a cluster removes after a failover or when the agreement has lasted", a_cluster_is_patient),
    ("a target without traffic is held", a_target_without_traffic_is_held),
    ("what is called for later cannot be done at once", what_is_later_is_not_now),
    ("what is not done is explained", what_is_not_done_is_explained),
    ("every hold says what is so", every_hold_says_what_is_so),
];

fn a_removal_leaves_the_agreed_target(cell: &Cell<'_>, plan: &Plan) -> bool {
    let left = |removed: &[Target]| {
        cell.present().any(|t| Some(t.address) == cell.agreed() && !removed.contains(t))
    };
    removed_now(plan).is_none_or(left)
}

fn a_removal_needs_an_agreement(cell: &Cell<'_>, plan: &Plan) -> bool {
    cell.agreed().is_some() || (removals(plan).next().is_none() && plan.now != Some(Step::Reread))
}

fn a_registration_is_of_a_named_target(cell: &Cell<'_>, plan: &Plan) -> bool {
    let alone = cell.named_by_topology_alone().or(cell.named_by_dns_alone());
    let named = cell.agreed().or(alone);
    registrations(plan).all(|action| {
        named.is_some_and(|named| {
            cell.is_home(named) && *action == Action::Register(cell.registration(named))
        })
    })
}

fn a_registration_is_credible(cell: &Cell<'_>, plan: &Plan) -> bool {
    let earlier = &cell.seen.earlier;
    let credible = match (cell.agreed(), cell.follows()) {
        (Some(_), Follows::Cluster | Follows::Refusing) => !cell.waits_on_trust(),
        (Some(agreed), Follows::Unknown) => {
            earlier.steady_for >= STEADY.min(cell.timing.settle) || cell.state_of(agreed).is_some()
        }
        (None, _) if cell.named_by_dns_alone().is_some() => {
            earlier.dns_move == KeyChange::AfterEvent && earlier.steady_for >= cell.timing.settle
        }
        (None, _) => {
            earlier.topology_named >= 2 && (earlier.event || cell.present().next().is_none())
        }
    };
    credible || !matches!(plan.now, Some(Step::Do(Action::Register(_))))
}

fn an_instance_removes_on_two_proofs(cell: &Cell<'_>, plan: &Plan) -> bool {
    let vouched = |removed: &[Target]| {
        cell.agreed().and_then(|agreed| cell.state_of(agreed)) == Some(&TargetState::Healthy)
            && cell.seen.earlier.agreed_for >= cell.timing.settle
            && removed.iter().all(|target| target.state != TargetState::Initial)
    };
    cell.follows() == Follows::Cluster || removed_now(plan).is_none_or(vouched)
}

fn a_cluster_is_patient(cell: &Cell<'_>, plan: &Plan) -> bool {
    let earlier = &cell.seen.earlier;
    let due =
        !cell.waits_on_trust() && (earlier.failover || earlier.agreed_for >= cell.timing.settle);
    cell.follows() != Follows::Cluster || due || removed_now(plan).is_none()
}

fn a_removal_names_all_the_others(cell: &Cell<'_>, plan: &Plan) -> bool {
    removals(plan).all(|removed| {
        cell.agreed().is_some_and(|agreed| {
            cell.others(agreed).all(|other| removed.contains(other))
                && removed.len() == cell.others(agreed).count()
        })
    })
}

fn a_removal_is_bounded(cell: &Cell<'_>, plan: &Plan) -> bool {
    removals(plan).all(|removed| !removed.is_empty() && removed.len() <= cell.binding.max_removals)
}

fn foreign_targets_are_reported(cell: &Cell<'_>, plan: &Plan) -> bool {
    // Without a port, a foreign target cannot be distinguished.
    cell.port().is_none()
        || cell.is_on_a_wrong_port()
        || cell.foreign_targets().all(|target| is_reported(target, plan))
}

/// Whether a plan names a target that it leaves alone.
pub(crate) fn is_reported(left_alone: &Target, plan: &Plan) -> bool {
    plan.holds.iter().any(|hold| match hold {
        Hold::Foreign(address) | Hold::FormerPort { target: address, .. } => {
            *address == left_alone.address
        }
        _ => false,
    })
}

pub(crate) fn a_wrong_port_is_not_written_to(cell: &Cell<'_>, plan: &Plan) -> bool {
    !cell.is_on_a_wrong_port()
        || (plan.now.is_none() && plan.later.is_empty() && plan.weightiest().is_some())
}

fn a_former_port_is_not_in_sync(cell: &Cell<'_>, plan: &Plan) -> bool {
    let own: Vec<_> = cell.agreed().map(|agreed| agreed.ip()).into_iter().collect();
    cell.on_a_former_port(&own).next().is_none() || plan.weightiest().is_some()
}

fn a_removal_is_made_sure_of(cell: &Cell<'_>, plan: &Plan) -> bool {
    let earlier = &cell.seen.earlier;
    removed_now(plan).is_none()
        || (earlier.registration_proof == RegistrationProof::Proven && earlier.reread)
}

fn a_rereading_is_for_a_removal(cell: &Cell<'_>, plan: &Plan) -> bool {
    let earlier = &cell.seen.earlier;
    let due = removals(plan).next().is_some()
        && earlier.registration_proof == RegistrationProof::Proven
        && !earlier.reread;
    plan.now != Some(Step::Reread) || due
}

fn what_is_right_is_left_alone(cell: &Cell<'_>, plan: &Plan) -> bool {
    plan.is_clean() || !is_right(cell)
}

fn a_registration_is_needed(cell: &Cell<'_>, plan: &Plan) -> bool {
    let needed = |action: &Action| match action {
        Action::Register(registration) => {
            let unsure = cell.seen.earlier.registration_proof == RegistrationProof::Unproven;
            cell.state_of(registration.address).is_none()
                || (unsure
                    && cell.agreed() == Some(registration.address)
                    && removals(plan).next().is_some())
        }
        Action::Deregister(_) => false,
    };
    registrations(plan).all(needed)
}

fn a_target_without_traffic_is_held(cell: &Cell<'_>, plan: &Plan) -> bool {
    let unused =
        cell.agreed().and_then(|agreed| cell.state_of(agreed)) == Some(&TargetState::Unused);
    let said = |hold: &Hold| matches!(hold, Hold::ZoneNotEnabled(_) | Hold::GroupNotInUse);
    cell.is_on_a_wrong_port()
        || (plan.holds.iter().any(said) == unused && (!unused || plan.now.is_none()))
}

fn what_is_later_is_not_now(_: &Cell<'_>, plan: &Plan) -> bool {
    let times = |action| actions(plan).filter(|other| *other == action).count();
    plan.later.iter().all(|action| times(action) == 1)
}

fn what_is_not_done_is_explained(cell: &Cell<'_>, plan: &Plan) -> bool {
    plan.now.is_some() || is_right(cell) || plan.weightiest().is_some()
}

fn every_hold_says_what_is_so(cell: &Cell<'_>, plan: &Plan) -> bool {
    plan.holds.iter().all(|hold| is_so(cell, hold))
}

fn is_so(cell: &Cell<'_>, hold: &Hold) -> bool {
    let Observation { evidence, earlier, group, .. } = &cell.seen;
    match hold {
        Hold::Unknown(why) => {
            let keys = [evidence.topology(), evidence.dns()];
            keys.into_iter().flatten().any(|reading| reading.as_ref().err() == Some(why))
        }
        Hold::KeysDisagree { topology, dns, moving } => {
            let said = [Some(topology), Some(dns)];
            let keys = [evidence.topology(), evidence.dns()];
            said == keys.map(|reading| reading.and_then(|reading| reading.as_ref().ok()))
                && *moving == (earlier.key_change == KeyChange::AfterEvent)
        }
        Hold::DnsAloneWaits { dns, left } => {
            cell.named_by_dns_alone().map(|named| named.ip()) == Some(dns.address)
                && earlier.steady_for + *left == cell.timing.settle
        }
        Hold::OnDnsAlone(dns) => {
            let named = cell.named_by_dns_alone();
            named.is_some_and(|at| at.ip() == dns.address && cell.state_of(at).is_some())
        }
        Hold::TrustWaits { dns, steady, settle } => {
            let named = cell.agreed().map(|agreed| agreed.ip()) == Some(dns.address);
            named
                && cell.waits_on_trust()
                && (*steady, *settle) == (earlier.steady_for, cell.timing.settle)
        }
        Hold::OnTrust(dns) => {
            let named = cell.agreed().map(|agreed| agreed.ip()) == Some(dns.address);
            named && earlier.trust == TrustInDns::Counts && !cell.waits_on_trust()
        }
        Hold::TrustVoid(void) => earlier.trust == TrustInDns::Void(void.clone()),
        Hold::Rotates(_) | Hold::HalfPerRound | Hold::CachedForLong(_) => {
            unreachable!("only sets are held so")
        }
        Hold::NoPort => cell.port().is_none(),
        Hold::PortDiffers { written, reported } => {
            let said = seen_port(cell);
            cell.is_on_a_wrong_port()
                && cell.binding.port == Some(*written)
                && said == Some(*reported)
        }
        Hold::FormerPort { target, port } => {
            let is_own =
                cell.agreed().is_some_and(|agreed| agreed.ip() == target.ip() && agreed != *target);
            let is_there = cell.foreign_targets().any(|foreign| foreign.address == *target);
            is_own && is_there && seen_port(cell) == Some(*port) && target.port() != *port
        }
        Hold::Unsteady(left) => earlier.steady_for + *left == STEADY.min(cell.timing.settle),
        Hold::Settling(left) => earlier.agreed_for + *left == cell.timing.settle,
        Hold::SeenBriefly(at) => {
            Some(*at) == cell.agreed()
                && earlier.registration_proof == RegistrationProof::HealthyBriefly
        }
        Hold::Initial(at) => cell.state_of(*at) == Some(&TargetState::Initial),
        Hold::NotHealthy(at, state) => {
            Some(*at) == cell.agreed() && cell.state_of(*at) == Some(state)
        }
        Hold::ZoneNotEnabled(at) => Some(*at) == cell.agreed() && group.in_use,
        Hold::GroupNotInUse => !group.in_use,
        Hold::TooManyRemovals { count, most } => {
            let others = cell.agreed().map(|agreed| cell.others(agreed).count());
            others == Some(*count) && *most == cell.binding.max_removals
        }
        Hold::Foreign(at) => cell.foreign_targets().any(|foreign| foreign.address == *at),
        Hold::Standby(_) => unreachable!("no binding here is warm"),
    }
}

/// Every key names the one target of the binding that is present, and it gets traffic.
pub(crate) fn is_right(cell: &Cell<'_>) -> bool {
    cell.agreed().is_some_and(|agreed| {
        let state = cell.state_of(agreed);
        state.is_some_and(|state| *state != TargetState::Unused)
            && cell.others(agreed).next().is_none()
            && !cell.waits_on_trust()
            && !cell.is_on_a_wrong_port()
            && cell.on_a_former_port(&[agreed.ip()]).next().is_none()
    })
}

/// The port that RDS reports.
pub(crate) fn seen_port(cell: &Cell<'_>) -> Option<u16> {
    cell.seen.facts.as_ref()?.port
}

pub(crate) fn removed_now(plan: &Plan) -> Option<&[Target]> {
    match &plan.now {
        Some(Step::Do(Action::Deregister(targets))) => Some(targets),
        _ => None,
    }
}

pub(crate) fn removals(plan: &Plan) -> impl Iterator<Item = &[Target]> {
    actions(plan).filter_map(|action| match action {
        Action::Deregister(targets) => Some(targets.as_slice()),
        Action::Register(_) => None,
    })
}

pub(crate) fn registrations(plan: &Plan) -> impl Iterator<Item = &Action> {
    actions(plan).filter(|action| matches!(action, Action::Register(_)))
}

fn actions(plan: &Plan) -> impl Iterator<Item = &Action> {
    let now = plan.now.iter().filter_map(|step| match step {
        Step::Do(action) => Some(action),
        Step::Reread => None,
    });
    now.chain(&plan.later)
}
