//! The decision table: the plan of each cell, as the promises have it.
//!
//! It says what `docs/semantics.md` says, and what the words of a plan are said to mean, and shares
//! no judgement with the planner. Where the two differ, one of them is wrong, and the prose says
//! which. Where the prose leaves a thing open, the table has it as the planner does, and a remark
//! says so.

use std::net::{IpAddr, SocketAddr};

use writerlink_core::plan::{Action, RegistrationProof, Step};
use writerlink_core::target::{Target, TargetState};

use crate::cell::{Cell, Follows, Keys};
use crate::values::STEADY;

/// A plan, with the words of its holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Expected {
    pub(crate) now: Option<Step>,
    pub(crate) later: Vec<Action>,
    pub(crate) holds: Vec<&'static str>,
}

/// What the table says of a cell in which every key names the same one.
enum Row {
    /// Nothing is to do.
    Settled,
    /// The agreed target is registered, be it for the first time or to make sure of it.
    Register,
    /// Even that waits, for time to pass.
    Unsteady,
    /// A removal is called for and waits for what passes.
    Waits(&'static str),
    /// Nothing is called for until somebody changes something.
    Stays(&'static str),
    /// Both keys are read again.
    Reread,
    /// The others are removed.
    Deregister,
}

/// The agreed target.
#[derive(Clone, Copy)]
enum Own {
    /// Not registered, or on its way out.
    Missing,
    /// Registered, and the load balancer sends it nothing.
    Unused,
    Initial,
    Healthy,
    /// Registered, in any other state.
    Ill,
}

/// What a removal would name.
#[derive(Clone, Copy)]
enum Others {
    None,
    Some,
    /// One of them is still being registered.
    SomeInitial,
    /// More than may be removed.
    TooMany,
}

pub(crate) fn expected(cell: &Cell<'_>) -> Expected {
    let stuck = cell.port().is_none() || cell.is_on_a_wrong_port();
    let mut expected = match (cell.keys(), cell.agreed(), cell.port()) {
        (Keys::Silent(_, why), ..) if stuck => return held(why),
        // Nothing is written, nor called for, before the port is right.
        (_, _, Some(_)) if stuck => return held("port-differs"),
        // Left open: of these two reasons this one is told, and no stranger, since none can be told
        // from the others.
        (Keys::Agree(_) | Keys::Differ(_), _, None) => return held("no-port"),
        (_, Some(agreed), _) => all_name(agreed, cell),
        (Keys::Silent(_, why), ..) => on_topology_alone(why, cell),
        (Keys::Agree(_) | Keys::Differ(_), ..) => on_topology_alone("keys-disagree", cell),
    };
    let own: Vec<IpAddr> = cell.agreed().map(|agreed| agreed.ip()).into_iter().collect();
    let former = cell.on_a_former_port(&own).count();
    if former > 0 {
        expected.holds.push("former-port");
    }
    if cell.strangers().count() > former {
        expected.holds.push("foreign-target");
    }
    expected
}

fn all_name(agreed: SocketAddr, cell: &Cell<'_>) -> Expected {
    let others: Vec<Target> = cell.others(agreed).cloned().collect();
    let (own, count) = (own(agreed, cell), count(&others, cell));
    let register = Action::Register(cell.registration(agreed));
    let removal =
        matches!(count, Others::Some | Others::SomeInitial).then(|| Action::Deregister(others));
    let mut expected = match row(own, count, cell) {
        Row::Settled => Expected::default(),
        Row::Register => Expected {
            now: Some(Step::Do(register)),
            later: removal.into_iter().collect(),
            ..<_>::default()
        },
        Row::Unsteady => Expected {
            later: [register].into_iter().chain(removal).collect(),
            ..held("dns-unsteady")
        },
        Row::Waits(why) => Expected { later: removal.into_iter().collect(), ..held(why) },
        Row::Stays(why) => held(why),
        Row::Reread => Expected {
            now: Some(Step::Reread),
            later: removal.into_iter().collect(),
            ..<_>::default()
        },
        Row::Deregister => Expected { now: removal.map(Step::Do), ..<_>::default() },
    };
    // Left open: what a registration has to wait for, or not, does not hide that the removal after
    // it will not be made.
    if let (Own::Missing, Others::TooMany) = (own, count) {
        expected.holds.push("too-many-removals");
    }
    expected
}

fn row(own: Own, others: Others, cell: &Cell<'_>) -> Row {
    use Follows::{Cluster, Refusing, Unknown};
    use Own::{Healthy, Ill, Initial, Missing, Unused};

    let earlier = &cell.seen.earlier;
    let lasting = earlier.agreed_for >= cell.timing.settle;
    match (cell.follows(), own, others) {
        // Missing: registered as soon as that is credible, whatever else is going on.
        (Cluster | Refusing, Missing, _) => Row::Register,
        (Unknown, Missing, _) if earlier.steady_for >= STEADY.min(cell.timing.settle) => {
            Row::Register
        }
        (Unknown, Missing, _) => Row::Unsteady,
        // There, and without traffic: nothing is removed in its favour. Left open: nor called for
        // later.
        (_, Unused, _) if cell.seen.group.in_use => Row::Stays("target-zone-not-enabled"),
        (_, Unused, _) => Row::Stays("group-not-in-use"),
        // There, alone.
        (_, _, Others::None) => Row::Settled,
        (_, _, Others::TooMany) => Row::Stays("too-many-removals"),
        // An instance has one key, so the load balancer's health check is its second witness.
        (Refusing | Unknown, Ill, _) => Row::Waits("target-not-healthy"),
        (Refusing | Unknown, Initial, _) => Row::Waits("target-initial"),
        (Refusing | Unknown, Healthy, Others::SomeInitial) => Row::Waits("target-initial"),
        (Refusing | Unknown, Healthy, Others::Some) if !lasting => Row::Waits("settling"),
        // A cluster's health proves nothing. Without a failover it is housekeeping, which has time.
        (Cluster, ..) if !lasting && !earlier.failover => Row::Waits("settling"),
        _ => match (earlier.registration_proof, earlier.reread) {
            (RegistrationProof::Unproven, _) => Row::Register,
            (RegistrationProof::HealthyBriefly, _) => Row::Waits("seen-briefly"),
            (RegistrationProof::Proven, false) => Row::Reread,
            (RegistrationProof::Proven, true) => Row::Deregister,
        },
    }
}

/// The keys do not agree, so nothing is removed. What topology names is registered where something
/// vouches for it.
fn on_topology_alone(why: &'static str, cell: &Cell<'_>) -> Expected {
    let earlier = &cell.seen.earlier;
    let vouched = earlier.event || cell.present().next().is_none();
    let wanted = cell.named_by_topology_alone().filter(|wanted| {
        vouched && earlier.topology_named >= 2 && cell.state_of(*wanted).is_none()
    });
    Expected {
        now: wanted.map(|wanted| Step::Do(Action::Register(cell.registration(wanted)))),
        ..held(why)
    }
}

fn own(agreed: SocketAddr, cell: &Cell<'_>) -> Own {
    match cell.state_of(agreed) {
        None | Some(TargetState::Draining) => Own::Missing,
        Some(TargetState::Unused) => Own::Unused,
        Some(TargetState::Initial) => Own::Initial,
        Some(TargetState::Healthy) => Own::Healthy,
        Some(
            TargetState::Unhealthy
            | TargetState::UnhealthyDraining
            | TargetState::Unavailable
            | TargetState::Other(_),
        ) => Own::Ill,
    }
}

fn count(others: &[Target], cell: &Cell<'_>) -> Others {
    match others {
        [] => Others::None,
        _ if others.len() > cell.binding.max_removals => Others::TooMany,
        _ if others.iter().any(|target| target.state == TargetState::Initial) => {
            Others::SomeInitial
        }
        _ => Others::Some,
    }
}

fn held(why: &'static str) -> Expected {
    Expected { holds: vec![why], ..Expected::default() }
}
