//! The decision table: the plan of each cell according to the promises.
//!
//! It is written from `docs/semantics.md` and from the documented meaning of the parts of a plan,
//! and shares no code with the planner. If the two differ, one of them is wrong, and the
//! documentation decides which. If the documentation leaves something open, the table follows the
//! planner, and a comment says so.

use std::net::{IpAddr, SocketAddr};

use writerlink_core::plan::{Action, KeyChange, RegistrationProof, Step, TrustInDns, VoidTrust};
use writerlink_core::target::{Target, TargetState};

use crate::cell::{Cell, Follows, Keys};
use crate::values::STEADY;

/// A plan, with the reason words of its holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Expected {
    pub(crate) now: Option<Step>,
    pub(crate) later: Vec<Action>,
    pub(crate) holds: Vec<&'static str>,
}

/// The decision for a cell in which every key names the same member.
enum Row {
    /// There is nothing to do.
    Settled,
    /// The agreed target is registered, for the first time or to prove its registration.
    Register,
    /// The registration waits until time has passed.
    Unsteady,
    /// A removal is needed, and waits for something that time brings.
    Waits(&'static str),
    /// Nothing is needed until a person changes something.
    Stays(&'static str),
    /// All keys are read again for a removal.
    Reread,
    /// The key is read again before the agreed target is registered.
    RereadFirst,
    /// The others are removed.
    Deregister,
}

/// The agreed target.
#[derive(Clone, Copy)]
enum Own {
    /// Not registered, or draining.
    Missing,
    /// Registered, but the load balancer sends it no traffic.
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
    let void_trust = void_trust(&cell.seen.earlier.trust);
    let alone =
        |why| Expected { holds: void_trust.into_iter().chain([why]).collect(), ..<_>::default() };
    let mut expected = match (cell.keys(), cell.agreed(), cell.port()) {
        (Keys::Silent(_, why), ..) if stuck => return alone(why),
        // Nothing is written or needed before the port is right.
        (_, _, Some(_)) if stuck => return alone("port-differs"),
        // Left open: of these two reasons, this one is reported. No foreign target is reported,
        // because none can be distinguished from the others.
        (Keys::Agree(_) | Keys::Differ(_), _, None) => return alone("no-port"),
        (_, Some(agreed), _) if cell.seen.earlier.trust == TrustInDns::Counts => {
            on_trust(agreed, cell)
        }
        (_, Some(agreed), _) => all_name(agreed, cell),
        (Keys::Silent(_, why), ..) => match cell.named_by_dns_alone() {
            Some(named) => on_dns_alone(why, named, cell),
            None => on_topology_alone(why, cell),
        },
        (Keys::Agree(_) | Keys::Differ(_), ..) => on_topology_alone("keys-disagree", cell),
    };
    let own: Vec<IpAddr> = cell.agreed().map(|agreed| agreed.ip()).into_iter().collect();
    let former = cell.on_a_former_port(&own).count();
    if former > 0 {
        expected.holds.push("former-port");
    }
    if cell.foreign_targets().count() > former {
        expected.holds.push("foreign-target");
    }
    expected.holds.extend(void_trust);
    expected
}

/// A person vouches for DNS. When DNS has stayed for the settle time, that is as good as the RDS
/// API's word. Before, nothing is done, and the plan lists what is called for.
fn on_trust(agreed: SocketAddr, cell: &Cell<'_>) -> Expected {
    let mut expected = all_name(agreed, cell);
    if cell.seen.earlier.steady_for >= cell.timing.settle {
        expected.holds.push("on-trust");
        return expected;
    }
    let others: Vec<Target> = cell.others(agreed).cloned().collect();
    let (own, count) = (own(agreed, cell), count(&others, cell));
    let register = matches!(own, Own::Missing).then(|| Action::Register(cell.registration(agreed)));
    let removal =
        matches!(count, Others::Some | Others::SomeInitial) && !matches!(own, Own::Unused);
    let removal = removal.then_some(Action::Deregister(others));
    // What only a person can end is reported all the same.
    let stays = ["target-zone-not-enabled", "group-not-in-use", "too-many-removals"];
    expected.holds.retain(|hold| stays.contains(hold));
    expected.holds.push("trust-waits");
    Expected { now: None, later: register.into_iter().chain(removal).collect(), ..expected }
}

/// The word for a person's trust in DNS that does not count.
fn void_trust(trust: &TrustInDns) -> Option<&'static str> {
    match trust {
        TrustInDns::NotGiven | TrustInDns::Counts => None,
        TrustInDns::Void(VoidTrust::RdsWasRead) => Some("trust-not-needed"),
        TrustInDns::Void(VoidTrust::Expired) => Some("trust-expired"),
        TrustInDns::Void(VoidTrust::NamesUnknown) => Some("trust-names-unknown"),
        TrustInDns::Void(VoidTrust::OtherWriter { .. }) => Some("trust-other-writer"),
        TrustInDns::Void(VoidTrust::DnsUnknown(_)) => Some("trust-dns-unknown"),
    }
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
        Row::RereadFirst => Expected {
            now: Some(Step::Reread),
            later: [register].into_iter().chain(removal).collect(),
            ..<_>::default()
        },
        Row::Deregister => Expected { now: removal.map(Step::Do), ..<_>::default() },
    };
    // Left open: whether or not a registration waits, the plan also reports that the removal after
    // it will not be made.
    if let (Own::Missing, Others::TooMany) = (own, count) {
        expected.holds.push("too-many-removals");
    }
    expected
}

fn row(own: Own, others: Others, cell: &Cell<'_>) -> Row {
    use Follows::{Cluster, Member, Refusing, Unknown};
    use Own::{Healthy, Ill, Initial, Missing, Unused};

    let earlier = &cell.seen.earlier;
    let lasting = earlier.agreed_for >= cell.timing.settle;
    match (cell.follows(), own, others) {
        // Missing: registered as soon as it is credible, whatever else happens.
        (Cluster | Refusing, Missing, _) => Row::Register,
        // A member has one key, so a second reading takes the place of a second key.
        (Member, Missing, _) if earlier.topology_named >= 2 => Row::Register,
        (Member, Missing, _) => Row::RereadFirst,
        (Unknown, Missing, _) if earlier.steady_for >= STEADY.min(cell.timing.settle) => {
            Row::Register
        }
        (Unknown, Missing, _) => Row::Unsteady,
        // Present, without traffic: nothing is removed in its favour. Left open: nor needed later.
        (_, Unused, _) if cell.seen.group.in_use => Row::Stays("target-zone-not-enabled"),
        (_, Unused, _) => Row::Stays("group-not-in-use"),
        // Present, and the only one.
        (_, _, Others::None) => Row::Settled,
        (_, _, Others::TooMany) => Row::Stays("too-many-removals"),
        // An instance has one key, so the load balancer's health check takes the place of the
        // second.
        (Refusing | Unknown, Ill, _) => Row::Waits("target-not-healthy"),
        (Refusing | Unknown, Initial, _) => Row::Waits("target-initial"),
        (Refusing | Unknown, Healthy, Others::SomeInitial) => Row::Waits("target-initial"),
        (Refusing | Unknown, Healthy, Others::Some) if !lasting => Row::Waits("settling"),
        // The health of a target proves nothing where another member is as healthy. Without a
        // failover, the removal is housekeeping, which has time.
        (Cluster | Member, ..) if !lasting && !earlier.failover => Row::Waits("settling"),
        _ => match (earlier.registration_proof, earlier.reread) {
            // Registered again, and no more readily than for the first time.
            (RegistrationProof::Unproven, _)
                if cell.follows() == Member && earlier.topology_named < 2 =>
            {
                Row::Reread
            }
            (RegistrationProof::Unproven, _) => Row::Register,
            (RegistrationProof::HealthyBriefly, _) => Row::Waits("seen-briefly"),
            (RegistrationProof::Proven, false) => Row::Reread,
            (RegistrationProof::Proven, true) => Row::Deregister,
        },
    }
}

/// The keys do not agree, so nothing is removed. The member that topology names is registered if
/// there is more evidence for it.
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

/// The RDS API cannot be read, so nothing is removed. The member that DNS names is registered if it
/// has moved there, if it has stayed for the settle time, and if an event had the binding watched.
fn on_dns_alone(why: &'static str, named: SocketAddr, cell: &Cell<'_>) -> Expected {
    let earlier = &cell.seen.earlier;
    let register = Action::Register(cell.registration(named));
    let mut expected = held(why);
    match (cell.state_of(named), earlier.dns_move) {
        (_, KeyChange::None) | (None, KeyChange::Unexplained) => {}
        (Some(_), KeyChange::Unexplained | KeyChange::AfterEvent) => {
            expected.holds.push("on-dns-alone");
        }
        (None, KeyChange::AfterEvent) if earlier.steady_for >= cell.timing.settle => {
            expected.now = Some(Step::Do(register));
        }
        (None, KeyChange::AfterEvent) => {
            expected.later.push(register);
            expected.holds.push("dns-alone-waits");
        }
    }
    expected
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
