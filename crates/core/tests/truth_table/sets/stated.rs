//! The plan of each cell according to the promises for sets. It shares no code with the planner.
//!
//! If `docs/semantics.md` leaves something open, the table follows the planner, and a comment says
//! so.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

use writerlink_core::evidence::{Evidence, Key, Listing};
use writerlink_core::plan::{
    Action, Hold, KeyChange, LONGEST_SETTLE, Plan, RegistrationProof, Step,
};
use writerlink_core::target::{Target, TargetState};
use writerlink_core::topology::Standby;

use crate::cell::Cell;
use crate::readings::row;
use crate::values::STEADY;

/// A plan, in a form of its own.
#[derive(Debug, Default)]
pub(super) struct Stated {
    /// The targets to register, in order.
    registers: Vec<Action>,
    /// The targets to remove.
    removes: Vec<Target>,
    now: Now,
    holds: BTreeSet<&'static str>,
}

/// The part of the plan that may be done now.
#[derive(Debug, Default)]
enum Now {
    #[default]
    Nothing,
    Reread,
    /// The first registration.
    Registers,
    /// One of these present targets again, because no registration is proven.
    MakesSure(Vec<Action>),
    /// This number of removals.
    Removes(usize),
}

/// What the key of a set reports, on the binding's port.
pub(super) fn listed<'c>(cell: &'c Cell<'_>) -> Option<(Key, &'c Listing, BTreeSet<SocketAddr>)> {
    let Evidence::Set { key, listing: Ok(listing) } = &cell.seen.evidence else {
        return None;
    };
    let port = cell.port()?;
    let addresses = listing.listed.keys().map(|ip| SocketAddr::new(*ip, port));
    Some((*key, listing, addresses.collect()))
}

/// The present targets that the binding may remove if they are not wanted.
pub(super) fn within_reach<'c>(cell: &'c Cell<'_>) -> impl Iterator<Item = &'c Target> {
    cell.present().filter(|target| cell.binding.exclusive || cell.is_home(target.address))
}

pub(super) fn stated(cell: &Cell<'_>) -> Stated {
    if cell.port().is_none() {
        return held(why_silent(cell).unwrap_or("no-port"));
    }
    if cell.is_on_a_wrong_port() {
        return held(why_silent(cell).unwrap_or("port-differs"));
    }
    let whole = listed(cell).filter(|_| why_silent(cell).is_none());
    let own: Vec<IpAddr> =
        whole.iter().flat_map(|(_, _, listed)| listed.iter().map(SocketAddr::ip)).collect();
    let former = cell.on_a_former_port(&own).count();
    let foreign_targets = (cell.foreign_targets().count() > former).then_some("foreign-target");
    let former = (former > 0).then_some("former-port");
    let mut stated = match (why_silent(cell), listed(cell)) {
        (Some(why), Some((key, _, listed))) => with_a_gap(why, key, &listed, cell),
        (Some(why), None) => held(why),
        (None, Some((key, _, listed))) => as_a_whole(key, &listed, cell),
        (None, None) => unreachable!("there is a port, and the key says something"),
    };
    stated.holds.extend(foreign_targets);
    stated.holds.extend(former);
    stated
}

fn why_silent(cell: &Cell<'_>) -> Option<&'static str> {
    match &cell.seen.evidence {
        Evidence::Set { listing: Err(why), .. } => Some(row(why).1),
        Evidence::Set { listing: Ok(listing), .. } => listing.gap.as_ref().map(|gap| row(gap).1),
        _ => unreachable!("only sets are in this table"),
    }
}

/// With a gap, members that the listing omits are unknown. Members that two readings of the
/// topology list still belong to the set.
fn with_a_gap(
    why: &'static str,
    key: Key,
    listed: &BTreeSet<SocketAddr>,
    cell: &Cell<'_>,
) -> Stated {
    let registers = missing(listed, cell);
    if key == Key::Dns || registers.is_empty() {
        return held(why);
    }
    Stated {
        registers,
        now: if cell.seen.earlier.topology_named < 2 { Now::Nothing } else { Now::Registers },
        ..held(why)
    }
}

fn as_a_whole(key: Key, listed: &BTreeSet<SocketAddr>, cell: &Cell<'_>) -> Stated {
    let earlier = &cell.seen.earlier;
    let registers = missing(listed, cell);
    let unused = |address: &&SocketAddr| cell.state_of(**address) == Some(&TargetState::Unused);
    let silent = listed.iter().filter(unused).count();
    let serving: Vec<&SocketAddr> = listed
        .iter()
        .filter(|address| cell.state_of(**address).is_some() && !unused(address))
        .collect();
    let mut stated = Stated::default();
    if silent > 0 {
        let in_use = cell.seen.group.in_use;
        stated.holds.insert(if in_use { "target-zone-not-enabled" } else { "group-not-in-use" });
        // Left open: nothing is needed later either.
        if silent == listed.len() {
            return stated;
        }
    }
    let leaving: Vec<&Target> =
        within_reach(cell).filter(|t| !listed.contains(&t.address)).collect();
    if leaving.len() > cell.binding.max_removals {
        stated.holds.insert("too-many-removals");
    } else {
        stated.removes = leaving.into_iter().cloned().collect();
    }
    let twice = earlier.topology_named >= 2;
    // An extra address does no harm if it cannot give a client a wrong connection.
    let harmless =
        (cell.seen.facts.as_ref()).is_some_and(|facts| facts.standby != Standby::Unknown);
    let steady = harmless || earlier.steady_for >= STEADY.min(cell.timing.settle);
    stated.now = match key {
        Key::Topology if !registers.is_empty() && !twice => Now::Reread,
        Key::Dns if !registers.is_empty() && !steady => {
            let rotates = earlier.key_change != KeyChange::None;
            stated.holds.insert(if rotates { "dns-rotates" } else { "dns-unsteady" });
            Now::Nothing
        }
        _ if !registers.is_empty() => Now::Registers,
        // No key can give an empty listing. The planner does nothing with one, and reports nothing.
        _ if stated.removes.is_empty() || listed.is_empty() => {
            stated.removes.clear();
            Now::Nothing
        }
        _ => match waits(key, cell) {
            Some(why) => {
                stated.holds.insert(why);
                Now::Nothing
            }
            None if earlier.registration_proof == RegistrationProof::Unproven
                && key == Key::Topology
                && !twice =>
            {
                Now::Reread
            }
            None if earlier.registration_proof == RegistrationProof::Unproven => {
                Now::MakesSure(again(&serving, cell))
            }
            None if !earlier.reread => Now::Reread,
            None => Now::Removes(stated.removes.len().min(half(within_reach(cell).count()))),
        },
    };
    stated.registers = registers;
    stated
}

/// What a removal of other targets waits for if every listed member is present.
fn waits(key: Key, cell: &Cell<'_>) -> Option<&'static str> {
    let earlier = &cell.seen.earlier;
    match key {
        _ if earlier.removed_this_round => Some("half-a-round"),
        Key::Dns if cell.timing.settle > LONGEST_SETTLE => Some("cached-for-long"),
        Key::Dns if earlier.agreed_for < cell.timing.settle => Some("settling"),
        _ if earlier.registration_proof == RegistrationProof::HealthyBriefly => {
            Some("seen-briefly")
        }
        Key::Topology | Key::Dns => None,
    }
}

fn missing(listed: &BTreeSet<SocketAddr>, cell: &Cell<'_>) -> Vec<Action> {
    let missing = listed.iter().filter(|address| cell.state_of(**address).is_none());
    missing.map(|address| Action::Register(cell.registration(*address))).collect()
}

fn again(serving: &[&SocketAddr], cell: &Cell<'_>) -> Vec<Action> {
    let again = |address: &&SocketAddr| Action::Register(cell.registration(**address));
    serving.iter().map(again).collect()
}

/// Half, rounded up.
pub(super) fn half(count: usize) -> usize {
    count - count / 2
}

fn held(why: &'static str) -> Stated {
    Stated { holds: [why].into(), ..Stated::default() }
}

impl Stated {
    /// Whether a plan does the same. The order of the removed targets does not matter.
    pub(super) fn is(&self, plan: &Plan) -> bool {
        let words: BTreeSet<&str> = plan.holds.iter().map(Hold::word).collect();
        let (mut later, mut leaving) = (Vec::new(), Vec::new());
        for action in &plan.later {
            match action {
                Action::Register(_) => later.push(action),
                Action::Deregister(targets) => leaving.push(targets),
            }
        }
        let registers = self.registers.iter();
        let (same, leave_now, first) = match (&self.now, &plan.now) {
            (Now::Nothing, None) | (Now::Reread, Some(Step::Reread)) => (true, [].as_slice(), 0),
            (Now::Registers, Some(Step::Do(action))) => {
                (self.registers.first() == Some(action), [].as_slice(), 1)
            }
            (Now::MakesSure(any), Some(Step::Do(action))) => {
                (any.contains(action), [].as_slice(), 0)
            }
            (Now::Removes(count), Some(Step::Do(Action::Deregister(targets)))) => {
                (targets.len() == *count, targets.as_slice(), 0)
            }
            _ => return false,
        };
        let all: Vec<&Target> = leave_now.iter().chain(leaving.iter().copied().flatten()).collect();
        same && words == self.holds
            && registers.skip(first).eq(later)
            && leaving.len() <= 1
            && leaving.iter().all(|targets| !targets.is_empty())
            && all.len() == self.removes.len()
            && self.removes.iter().all(|target| all.contains(&target))
    }
}
