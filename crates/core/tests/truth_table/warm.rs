//! A warm binding: every combination of what is seen of the writer's target, of the standby's, and
//! of the interfaces before and after the targets were read.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use writerlink_core::config::{Binding, Config, Location, Timing};
use writerlink_core::evidence::{Evidence, Facts, MemberAt, Unknown};
use writerlink_core::failure::{CallError, Failure, LookupError};
use writerlink_core::plan::{
    Action, KeyChange, Observation, Plan, RegistrationProof, StandbySeen, Step, plan,
};
use writerlink_core::standby::{Missing, Proof, StandbyReading, Unsafe};
use writerlink_core::target::{Family, Target, TargetGroup, TargetState};
use writerlink_core::topology::Standby;

use crate::axes::product;
use crate::values::{STEADY, earlier_rounds};

const SETTLE: Duration = Duration::from_secs(30);

fn ip(last: u8) -> IpAddr {
    IpAddr::from([10, 20, 0, last])
}

fn at(last: u8) -> SocketAddr {
    SocketAddr::new(ip(last), 5432)
}

fn binding() -> Binding {
    let text = r#"{"allow": ["10.20.0.0/16"], "binding": [{"name": "billing", "standby": "warm",
        "source": "instance/billing", "port": 5432, "target-group":
        "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/billing/0123456789abcdef"
        }]}"#;
    let config = Config::parse(text, &Location::Inline(text.to_owned())).expect("a good one");
    config.usable().next().expect("a binding").clone()
}

/// What a reading of the interfaces says of the second address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Says {
    Nothing,
    Proven,
    /// Another address is proven.
    Another,
    Gone,
    Unclear,
    Unread,
}

const SAYS: [Says; 6] =
    [Says::Nothing, Says::Proven, Says::Another, Says::Gone, Says::Unclear, Says::Unread];

impl Says {
    fn reading(self) -> Option<Arc<StandbyReading>> {
        let error = || CallError::new("ec2:DescribeNetworkInterfaces", Failure::Throttled, "x");
        let missing = || Proof::NotFound(Missing::Other);
        let (proof, held): (_, &[u8]) = match self {
            Self::Nothing => return None,
            Self::Proven => (Proof::Proven(ip(2)), &[1, 2]),
            Self::Another => (Proof::Proven(ip(3)), &[1, 2, 3]),
            Self::Gone => (missing(), &[1]),
            Self::Unclear => (missing(), &[1, 2, 3]),
            Self::Unread => (Proof::Unproven(error()), &[]),
        };
        let held = held.iter().map(|last| ip(*last)).collect();
        let others = BTreeSet::new();
        Some(Arc::new(StandbyReading { writer: ip(1), proof, held, others }))
    }

    fn contradicts(self) -> bool {
        matches!(self, Self::Another | Self::Gone)
    }

    fn is_complete(self) -> bool {
        !matches!(self, Self::Nothing | Self::Unread)
    }
}

fn target(last: u8, state: Option<&str>) -> Option<Target> {
    let state = TargetState::from(state?);
    Some(Target { address: at(last), zone: None, state, reason: None })
}

const STATES: [Option<&str>; 6] = [
    None,
    Some("initial"),
    Some("healthy"),
    Some("unhealthy"),
    Some("unhealthy.draining"),
    Some("draining"),
];

fn removes_now(plan: &Plan) -> Vec<SocketAddr> {
    match &plan.now {
        Some(Step::Do(Action::Deregister(targets))) => targets.iter().map(|t| t.address).collect(),
        _ => Vec::new(),
    }
}

fn registers_now(plan: &Plan) -> Option<SocketAddr> {
    match &plan.now {
        Some(Step::Do(Action::Register(registration))) => Some(registration.address),
        _ => None,
    }
}

/// Compares every plan with the promises: exactly when the second address is removed, exactly when
/// it is added, and that nothing else is.
#[test]
fn a_standby_is_added_and_removed_exactly_when_the_promises_say_so() {
    let binding = binding();
    let timing = Timing { settle: SETTLE, ..Timing::default() };
    let mut earlier = earlier_rounds(SETTLE);
    earlier.retain(|e| {
        let is_quiet = !e.event && !e.failover && e.key_change == KeyChange::None;
        is_quiet && e.topology_named == 0 && e.steady_for >= STEADY
    });
    let named = MemberAt { member: "billing".parse().expect("id"), address: ip(1) };
    let unknown = Unknown::Lookup("billing.db.test".parse().expect("a name"), LookupError::Timeout);
    let safe: [Option<Result<BTreeSet<Unsafe>, CallError>>; 3] =
        [None, Some(Ok(BTreeSet::new())), Some(Ok([Unsafe::CrossZone].into()))];
    let (mut cells, mut removed, mut added) = (0, 0, 0);
    for (dns, (writer, second)) in product(&[Ok(named), Err(unknown)], &pairs()) {
        for (sides, (safety, seen_before)) in product(&pairs_of(&SAYS), &before(&safe)) {
            for (beside, earlier) in product(&[None, Some(SETTLE)], &earlier) {
                let (before, after) = sides;
                let targets = [target(1, *writer), target(2, *second)];
                let observation = Observation {
                    evidence: Evidence::Instance { dns: dns.clone() },
                    facts: Some(Facts {
                        port: Some(5432),
                        vpc: Some("vpc-1".to_owned()),
                        standby: Standby::RefusesTcp,
                    }),
                    group: TargetGroup {
                        target_type: "ip".to_owned(),
                        protocol: "TCP".to_owned(),
                        family: Family::V4,
                        vpc: Some("vpc-1".to_owned()),
                        in_use: true,
                    },
                    targets: targets.into_iter().flatten().collect(),
                    earlier: earlier.clone(),
                    standby: StandbySeen {
                        before: before.reading(),
                        after: after.reading(),
                        safety: safety.clone(),
                        seen_before: *seen_before,
                        beside: beside
                            .map(|age| (at(2), age))
                            .into_iter()
                            .collect::<BTreeMap<_, _>>(),
                        barred: None,
                    },
                };
                let plan = plan(&binding, &timing, &observation);
                cells += 1;
                let serves = dns.is_ok() && *writer == Some("healthy");
                let is_present = !matches!(second, None | Some("draining"));
                let is_not =
                    |says: &Says| says.contradicts() || (beside.is_some() && says.is_complete());
                let leaves = serves
                    && is_present
                    && *second != Some("initial")
                    && is_not(before)
                    && is_not(after)
                    && earlier.agreed_for >= SETTLE
                    && earlier.registration_proof == RegistrationProof::Proven
                    && earlier.reread;
                let gone = if leaves { vec![at(2)] } else { Vec::new() };
                assert_eq!(removes_now(&plan), gone, "{observation:?}");
                let comes = serves
                    && !is_present
                    && *after == Says::Proven
                    && *safety == Some(Ok(BTreeSet::new()))
                    && *seen_before == Some(ip(2))
                    && earlier.reread;
                assert_eq!(registers_now(&plan) == Some(at(2)), comes, "{observation:?}");
                // The third address only as the second would be.
                let third = *after == Says::Another && *seen_before == Some(ip(3));
                let third = third && serves && earlier.reread && *safety == Some(Ok([].into()));
                let other = registers_now(&plan).filter(|a| *a != at(1) && *a != at(2));
                assert!(other.is_none_or(|a| a == at(3) && third), "{observation:?}");
                (removed, added) = (removed + usize::from(leaves), added + usize::from(comes));
            }
        }
    }
    println!("{cells} cells, {removed} removals, {added} additions");
    assert!(removed > 100 && added > 100, "{removed} {added}");
}

type States = (Option<&'static str>, Option<&'static str>);

fn pairs() -> Vec<States> {
    pairs_of(&STATES)
}

fn pairs_of<T: Copy>(all: &[T]) -> Vec<(T, T)> {
    all.iter().flat_map(|one| all.iter().map(move |other| (*one, *other))).collect()
}

type Safety = Option<Result<BTreeSet<Unsafe>, CallError>>;

fn before(safe: &[Safety]) -> Vec<(Safety, Option<IpAddr>)> {
    let with = |safety: &Safety| [None, Some(ip(2)), Some(ip(3))].map(|ip| (safety.clone(), ip));
    safe.iter().flat_map(with).collect()
}
