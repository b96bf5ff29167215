//! The values of the axes: addresses, states of targets, facts about a source, and earlier rounds.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use writerlink_core::config::PortDiffers;
use writerlink_core::evidence::Facts;
use writerlink_core::guard::Allow;
use writerlink_core::plan::{EarlierRounds, KeyChange, RegistrationProof, TrustInDns};
use writerlink_core::target::{Target, TargetState, Zone};
use writerlink_core::topology::Standby;

use crate::axes::product;

/// How long DNS must have given an address if clients could connect to a wrong target there.
pub(crate) const STEADY: Duration = Duration::from_secs(10);
pub(crate) const NANO: Duration = Duration::from_nanos(1);
pub(crate) const PORT: u16 = 5432;
pub(crate) const OTHER_PORT: u16 = 6432;

/// The allowed addresses of the whole table: 10.20.0.0/16.
pub(crate) fn allow() -> Allow {
    Allow::new(vec!["10.20.0.0/16".parse().expect("a network")]).expect("networks")
}

pub(crate) fn facts(port: Option<u16>, vpc: Option<&str>, standby: Standby) -> Facts {
    Facts { port, vpc: vpc.map(str::to_owned), standby }
}

/// The ports that a binding can have.
pub(crate) const PORTS: [Option<u16>; 3] = [None, Some(PORT), Some(OTHER_PORT)];

/// How a binding can take a port that RDS does not report.
pub(crate) const PORT_DIFFERS: [PortDiffers; 2] = [PortDiffers::Held, PortDiffers::Allowed];

/// What can be known about a VPC.
pub(crate) const VPCS: [Option<&str>; 3] = [None, Some("vpc-1"), Some("vpc-2")];

/// Everything that the RDS API can report about a source besides its writer, including that it was
/// not read.
pub(crate) fn all_facts() -> Vec<Option<Facts>> {
    let standbys = [Standby::RefusesTcp, Standby::Unknown];
    let read = product(&PORTS, &VPCS)
        .flat_map(|(port, vpc)| standbys.map(|standby| Some(facts(*port, *vpc, standby))));
    [None].into_iter().chain(read).collect()
}

/// The database's addresses.
pub(crate) fn ip(last: u8) -> IpAddr {
    IpAddr::from([10, 20, 0, last])
}

/// A database's address on its port.
pub(crate) fn own(last: u8) -> SocketAddr {
    SocketAddr::new(ip(last), PORT)
}

/// The same address on a port that is not the binding's.
pub(crate) fn other_port(last: u8) -> SocketAddr {
    SocketAddr::new(ip(last), OTHER_PORT)
}

/// An address outside the binding's `allow`, on the binding's port.
pub(crate) fn outside() -> SocketAddr {
    SocketAddr::new(IpAddr::from([10, 21, 0, 1]), PORT)
}

/// Every machine of the table.
pub(crate) fn everybody() -> BTreeSet<IpAddr> {
    (1..=4).map(ip).chain([outside().ip()]).collect()
}

/// Every state that a registered target can have, and one that ELBv2 does not have yet.
pub(crate) const STATES: [&str; 8] = [
    "initial",
    "healthy",
    "unhealthy",
    "unhealthy.draining",
    "unused",
    "draining",
    "unavailable",
    "tired",
];

/// One state of each kind that a removal depends on, except `unused`, which stops everything.
pub(crate) const CHIEF_STATES: [&str; 4] = ["initial", "healthy", "unhealthy", "draining"];

/// Every group over these addresses, each of them absent or in one of these states, in zones of
/// every kind.
pub(crate) fn groups(addresses: &[SocketAddr], states: &[&str]) -> Vec<Vec<Target>> {
    let zones = [None, Some(Zone("eu-west-1a".to_owned())), Some(Zone::all())];
    let mut groups = vec![Vec::new()];
    for (address, zone) in addresses.iter().zip(zones.iter().cycle()) {
        let target = |state: &&str| Target {
            address: *address,
            zone: zone.clone(),
            state: TargetState::from(*state),
            reason: None,
        };
        let choices: Vec<Option<Target>> =
            [None].into_iter().chain(states.iter().map(target).map(Some)).collect();
        let with_each = |group: &Vec<Target>| -> Vec<Vec<Target>> {
            choices.iter().map(|choice| group.iter().chain(choice).cloned().collect()).collect()
        };
        groups = groups.iter().flat_map(with_each).collect();
    }
    groups
}

/// Everything that earlier rounds can add, with each age just below its bound and at it.
pub(crate) fn earlier_rounds(settle: Duration) -> Vec<EarlierRounds> {
    let all = vec![EarlierRounds {
        event: false,
        topology_named: 0,
        steady_for: Duration::ZERO,
        agreed_for: Duration::ZERO,
        failover: false,
        former: BTreeSet::new(),
        key_change: KeyChange::None,
        dns_move: KeyChange::None,
        trust: TrustInDns::NotGiven,
        registration_proof: RegistrationProof::Unproven,
        recent: BTreeMap::new(),
        refused: BTreeSet::new(),
        removed_this_round: false,
        reread: false,
    }];
    let all = each(&all, [0, 1, 2], |earlier, named| earlier.topology_named = named);
    let all = each(&all, ASSURANCES, |earlier, registration_proof| {
        earlier.registration_proof = registration_proof
    });
    let all = each(&all, [STEADY - NANO, STEADY], |earlier, age| earlier.steady_for = age);
    let all = each(&all, [settle - NANO, settle], |earlier, age| earlier.agreed_for = age);
    let all = each(&all, [false, true], |earlier, event| earlier.event = event);
    let all = each(&all, [false, true], |earlier, failover| earlier.failover = failover);
    let all = each(&all, [KeyChange::None, KeyChange::AfterEvent], |earlier, now| {
        earlier.key_change = now
    });
    each(&all, [false, true], |earlier, reread| earlier.reread = reread)
}

/// Those of [`earlier_rounds`] in which the two ages change together, and in which the keys move if
/// there is an event: no promise combines these. Topology has named its writer as often as needed,
/// or once less.
pub(crate) fn extremes(settle: Duration) -> Vec<EarlierRounds> {
    let mut all = earlier_rounds(settle);
    all.retain(|earlier| {
        (earlier.steady_for == STEADY) == (earlier.agreed_for == settle)
            && earlier.event == (earlier.key_change == KeyChange::AfterEvent)
            && earlier.topology_named > 0
    });
    all
}

/// Those of [`earlier_rounds`] in which everything permits a write, and those in which one or two
/// things do not.
pub(crate) fn tempting(settle: Duration) -> Vec<EarlierRounds> {
    let mut all = earlier_rounds(settle);
    all.retain(|earlier| {
        let against = [
            !earlier.event,
            earlier.topology_named < 2,
            earlier.steady_for < STEADY,
            earlier.agreed_for < settle,
            !earlier.failover,
            earlier.registration_proof != RegistrationProof::Proven,
            !earlier.reread,
        ];
        against.iter().filter(|against| **against).count() <= 2
            && earlier.topology_named > 0
            && earlier.key_change == KeyChange::None
    });
    all
}

const ASSURANCES: [RegistrationProof; 3] =
    [RegistrationProof::Unproven, RegistrationProof::HealthyBriefly, RegistrationProof::Proven];

/// Each of these with each value.
pub(crate) fn each<T: Copy, const N: usize>(
    earlier_rounds: &[EarlierRounds],
    values: [T; N],
    set: impl Fn(&mut EarlierRounds, T),
) -> Vec<EarlierRounds> {
    let with = |earlier: &EarlierRounds, value| {
        let mut earlier = earlier.clone();
        set(&mut earlier, value);
        earlier
    };
    earlier_rounds.iter().flat_map(|earlier| values.map(|value| with(earlier, value))).collect()
}
