//! What every plan for a set keeps, in any cell. The rules are weaker than the table and
//! independent of it.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

use writerlink_core::evidence::{Evidence, Key};
use writerlink_core::plan::{
    Action, Hold, KeyChange, LONGEST_SETTLE, Plan, RegistrationProof, Step,
};
use writerlink_core::target::{Target, TargetState};
use writerlink_core::topology::Standby;

use super::stated::{half, listed, within_reach};
use crate::cell::Cell;
use crate::rules::{
    a_wrong_port_is_not_written_to, is_reported, registrations, removals, removed_now, seen_port,
};
use crate::values::STEADY;

/// A promise, and whether a plan keeps it.
type Rule = (&'static str, fn(&Cell<'_>, &Plan) -> bool);

pub(super) const RULES: [Rule; 14] = [
    (
        "S1: what leaves is not listed, and something listed that serves stays",
        what_leaves_is_not_listed_and_something_stays,
    ),
    ("S1: nothing leaves while something listed is missing", nothing_leaves_before_all_are_there),
    (
        "S3: only what is listed is registered, on the binding's port and inside its allow",
        only_what_is_listed_is_registered,
    ),
    (
        "S3: a member is added when the topology lists it twice, an address when the name is \
         steady or it costs nothing",
        what_is_added_is_credible,
    ),
    ("S4: a gap, or anything unknown, removes nothing", a_gap_removes_nothing),
    ("S5: more candidates than max-removals: none is removed", a_removal_is_bounded),
    ("S5: a foreign target is reported and stays", foreign_targets_stay),
    (
        "S9: a port that RDS does not report is written to only where the binding says that it is \
         meant",
        a_wrong_port_is_not_written_to,
    ),
    (
        "S7: a removal needs proof of registration and a second reading of the key",
        a_removal_is_made_sure_of,
    ),
    ("S8: at most half of what is present leaves, and once in a round", at_most_half_leaves),
    (
        "readers wait for no health and no time, the addresses of a name for the settle time",
        only_a_name_waits,
    ),
    ("L2: what is right is left alone", what_is_right_is_left_alone),
    ("what is not done is explained", what_is_not_done_is_explained),
    ("every hold says what is so", every_hold_says_what_is_so),
];

fn what_leaves_is_not_listed_and_something_stays(cell: &Cell<'_>, plan: &Plan) -> bool {
    let Some((_, _, listed)) = listed(cell) else {
        return removals(plan).next().is_none();
    };
    let serves =
        |target: &Target| listed.contains(&target.address) && target.state != TargetState::Unused;
    removals(plan).all(|leaving| leaving.iter().all(|target| !listed.contains(&target.address)))
        && removed_now(plan).is_none_or(|_| cell.present().any(serves))
}

fn nothing_leaves_before_all_are_there(cell: &Cell<'_>, plan: &Plan) -> bool {
    let all_there = || {
        listed(cell).is_some_and(|(_, _, all)| all.iter().all(|at| cell.state_of(*at).is_some()))
    };
    removed_now(plan).is_none() || all_there()
}

fn only_what_is_listed_is_registered(cell: &Cell<'_>, plan: &Plan) -> bool {
    let Some((_, _, listed)) = listed(cell) else {
        return registrations(plan).next().is_none();
    };
    registrations(plan).all(|action| match action {
        Action::Register(to) => {
            listed.contains(&to.address)
                && cell.is_home(to.address)
                && cell.registration(to.address) == *to
        }
        Action::Deregister(_) => false,
    })
}

fn what_is_added_is_credible(cell: &Cell<'_>, plan: &Plan) -> bool {
    // All nodes of a proxy are equal.
    let harmless =
        (cell.seen.facts.as_ref()).is_some_and(|facts| facts.standby != Standby::Unknown);
    let earlier = &cell.seen.earlier;
    let credible = listed(cell).is_some_and(|(key, _, _)| match key {
        Key::Topology => earlier.topology_named >= 2,
        Key::Dns if harmless => true,
        Key::Dns => earlier.steady_for >= STEADY.min(cell.timing.settle),
    });
    let added = |action: &Action| match action {
        Action::Register(to) => cell.state_of(to.address).is_none(),
        _ => false,
    };
    !matches!(&plan.now, Some(Step::Do(action)) if added(action)) || credible
}

fn a_gap_removes_nothing(cell: &Cell<'_>, plan: &Plan) -> bool {
    let whole = match &cell.seen.evidence {
        Evidence::Set { listing: Ok(listing), .. } => listing.gap.is_none(),
        _ => false,
    };
    whole || (removals(plan).next().is_none() && plan.now != Some(Step::Reread))
}

fn a_removal_is_bounded(cell: &Cell<'_>, plan: &Plan) -> bool {
    let all: usize = removals(plan).map(<[Target]>::len).sum();
    all <= cell.binding.max_removals
}

fn foreign_targets_stay(cell: &Cell<'_>, plan: &Plan) -> bool {
    cell.port().is_none()
        || cell.is_on_a_wrong_port()
        || cell.foreign_targets().all(|foreign| {
            is_reported(foreign, plan) && !removals(plan).any(|all| all.contains(foreign))
        })
}

fn a_removal_is_made_sure_of(cell: &Cell<'_>, plan: &Plan) -> bool {
    let earlier = &cell.seen.earlier;
    removed_now(plan).is_none()
        || (earlier.registration_proof == RegistrationProof::Proven && earlier.reread)
}

fn at_most_half_leaves(cell: &Cell<'_>, plan: &Plan) -> bool {
    removed_now(plan).is_none_or(|leaving| {
        let present = within_reach(cell).count();
        leaving.len() <= half(present)
            && leaving.len() < present
            && !cell.seen.earlier.removed_this_round
    })
}

fn only_a_name_waits(cell: &Cell<'_>, plan: &Plan) -> bool {
    let Some((key, _, _)) = listed(cell) else {
        return true;
    };
    let timed = |hold: &Hold| {
        matches!(
            hold,
            Hold::Settling(_)
                | Hold::Unsteady(_)
                | Hold::CachedForLong(_)
                | Hold::Initial(_)
                | Hold::NotHealthy(..)
        )
    };
    match key {
        Key::Topology => !plan.holds.iter().any(timed),
        Key::Dns => {
            removed_now(plan).is_none() || cell.seen.earlier.agreed_for >= cell.timing.settle
        }
    }
}

fn what_is_right_is_left_alone(cell: &Cell<'_>, plan: &Plan) -> bool {
    plan.is_clean() || !is_right(cell)
}

fn what_is_not_done_is_explained(cell: &Cell<'_>, plan: &Plan) -> bool {
    let is_empty = listed(cell).is_some_and(|(_, _, listed)| listed.is_empty());
    plan.now.is_some() || is_right(cell) || is_empty || plan.weightiest().is_some()
}

fn every_hold_says_what_is_so(cell: &Cell<'_>, plan: &Plan) -> bool {
    let (seen, settle) = (&cell.seen, cell.timing.settle);
    let all = listed(cell).map(|(_, _, all)| all).unwrap_or_default();
    let leaving = || within_reach(cell).filter(|target| !all.contains(&target.address)).count();
    plan.holds.iter().all(|hold| match hold {
        Hold::Unknown(why) => match &seen.evidence {
            Evidence::Set { listing: Ok(listing), .. } => listing.gap.as_ref() == Some(why),
            Evidence::Set { listing: Err(silence), .. } => silence == why,
            Evidence::Cluster { .. } | Evidence::Instance { .. } => false,
        },
        Hold::NoPort => cell.port().is_none(),
        Hold::PortDiffers { written, reported } => {
            cell.is_on_a_wrong_port()
                && cell.binding.port == Some(*written)
                && seen_port(cell) == Some(*reported)
        }
        Hold::FormerPort { target, port } => {
            let is_own = all.iter().any(|own| own.ip() == target.ip() && own != target);
            let is_there = cell.foreign_targets().any(|foreign| foreign.address == *target);
            is_own && is_there && seen_port(cell) == Some(*port) && target.port() != *port
        }
        Hold::Unsteady(left) => seen.earlier.steady_for + *left == STEADY.min(settle),
        Hold::Rotates(left) => {
            seen.earlier.key_change != KeyChange::None
                && seen.earlier.steady_for + *left == STEADY.min(settle)
        }
        Hold::Settling(left) => seen.earlier.agreed_for + *left == settle,
        Hold::CachedForLong(needed) => *needed == settle && settle > LONGEST_SETTLE,
        Hold::HalfPerRound => seen.earlier.removed_this_round,
        Hold::SeenBriefly(at) => {
            all.contains(at) && seen.earlier.registration_proof == RegistrationProof::HealthyBriefly
        }
        Hold::ZoneNotEnabled(at) => {
            cell.state_of(*at) == Some(&TargetState::Unused) && all.contains(at)
        }
        Hold::GroupNotInUse => !seen.group.in_use,
        Hold::TooManyRemovals { count, most } => {
            *count == leaving() && *most == cell.binding.max_removals
        }
        Hold::Foreign(at) => cell.foreign_targets().any(|foreign| foreign.address == *at),
        Hold::KeysDisagree { .. }
        | Hold::DnsAloneWaits { .. }
        | Hold::OnDnsAlone(_)
        | Hold::TrustWaits { .. }
        | Hold::OnTrust(_)
        | Hold::TrustVoid(_)
        | Hold::Initial(_)
        | Hold::Standby(_)
        | Hold::NotHealthy(..) => false,
    })
}

/// Exactly the set is present, known as a whole, and every target of it gets traffic.
pub(super) fn is_right(cell: &Cell<'_>) -> bool {
    listed(cell).is_some_and(|(_, listing, listed)| {
        let state = |address| cell.state_of(address);
        listing.gap.is_none()
            && !listed.is_empty()
            && listed.iter().all(|at| state(*at).is_some_and(|state| *state != TargetState::Unused))
            && within_reach(cell).all(|target| listed.contains(&target.address))
            && !cell.is_on_a_wrong_port()
            && has_no_former_port(cell, &listed)
    })
}

/// No target is at an address of the set on a port on which nothing listens.
pub(super) fn has_no_former_port(cell: &Cell<'_>, listed: &BTreeSet<SocketAddr>) -> bool {
    let own: Vec<IpAddr> = listed.iter().map(SocketAddr::ip).collect();
    cell.on_a_former_port(&own).next().is_none()
}
