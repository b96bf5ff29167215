//! How long to keep looking, against the same rules written a second time: as predicates on a hold
//! instead of a table, and in another order.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::*;
use crate::evidence::{Listed, MemberAt, Unknown, WrongName};
use crate::failure::{Failure, LookupError, Rejection};
use crate::guard::{Refusal, Special};
use crate::plan::{StandbyRemark, Step, VoidTrust};
use crate::source::{Identifier, Source};
use crate::target::{Family, Registration, TargetState};
use crate::topology::{Form, HostName, Network};

fn id(text: &str) -> Identifier {
    text.parse().expect("an identifier")
}

fn target(last: u8) -> SocketAddr {
    SocketAddr::from(([10, 20, 0, last], 5432))
}

fn every_unknown() -> Vec<Unknown> {
    let source: Source = "cluster/orders".parse().expect("a source");
    let host: HostName = "orders.example.com".parse().expect("a name");
    let address = IpAddr::from([10, 20, 0, 1]);
    let failures = [
        Failure::Rejected(Rejection::AccessDenied),
        Failure::Rejected(Rejection::NotFound),
        Failure::Rejected(Rejection::Invalid),
        Failure::Rejected(Rejection::Quota),
        Failure::Rejected(Rejection::Other),
        Failure::Throttled,
        Failure::Credentials,
        Failure::Unreachable,
        Failure::Certificate,
        Failure::AnswerLost,
    ];
    let calls = failures
        .map(|failure| Unknown::Call(CallError::new("rds:DescribeDBClusters", failure, "x")));
    let no_instances = [Form::Instances, Form::ServerlessV1, Form::Limitless, Form::OutsideVpc]
        .map(|form| Unknown::NoInstances { cluster: id("orders"), form, endpoint: None });
    let lookups = [
        LookupError::NxDomain,
        LookupError::NoAddress,
        LookupError::Refused("SERVFAIL".to_owned()),
        LookupError::Timeout,
        LookupError::Unreachable("x".to_owned()),
    ]
    .map(|error| Unknown::Lookup(host.clone(), error));
    let wrong_name = WrongName {
        asked: source.clone(),
        name: id("orders"),
        listed: Listed::Proxy,
        write: Source::Proxy(id("orders"), None),
    };
    let others = [
        Unknown::SourceNotFound(source.clone()),
        Unknown::Misnamed(Box::new(wrong_name)),
        Unknown::OtherEngine {
            source_: source.clone(),
            engine: "docdb".to_owned(),
            endpoint: None,
        },
        Unknown::OutsideVpc(id("orders")),
        Unknown::MemberNotListed {
            cluster: id("orders"),
            instance: id("orders-9"),
            members: vec![id("orders-1")],
        },
        Unknown::InstanceOfCluster { instance: id("orders-1"), cluster: id("orders") },
        Unknown::Idle { source_: source.clone(), status: "stopped".to_owned() },
        Unknown::Secondary(id("orders")),
        Unknown::NoReader(source),
        Unknown::NoWriter(id("orders")),
        Unknown::SeveralWriters(id("orders")),
        Unknown::NoEndpoint(id("orders")),
        Unknown::NoSharedFamily {
            instance: id("orders-1"),
            network: Network::Ipv4,
            family: Family::V6,
        },
        Unknown::SeveralAddresses(host.clone()),
        Unknown::NotAMember(host.clone(), address),
        Unknown::NoAlias(host.clone()),
        Unknown::SharedAddress(host.clone(), address),
        Unknown::Guarded(host, address, Refusal::Special(Special::Loopback)),
    ];
    calls.into_iter().chain(no_instances).chain(lookups).chain(others).collect()
}

fn every_hold() -> Vec<Hold> {
    let at = |name, last| MemberAt { member: id(name), address: target(last).ip() };
    let disagree =
        |moving| Hold::KeysDisagree { topology: at("orders-1", 1), dns: at("orders-2", 2), moving };
    let second = Duration::from_secs(1);
    let others = [
        disagree(true),
        disagree(false),
        Hold::DnsAloneWaits { dns: at("orders-2", 2), left: second },
        Hold::OnDnsAlone(at("orders-2", 2)),
        Hold::TrustWaits { dns: at("orders-2", 2), steady: second, settle: second * 30 },
        Hold::OnTrust(at("orders-2", 2)),
        Hold::TrustVoid(VoidTrust::RdsWasRead),
        Hold::TrustVoid(VoidTrust::Expired),
        Hold::TrustVoid(VoidTrust::NamesUnknown),
        Hold::TrustVoid(VoidTrust::OtherWriter { dns: at("orders-2", 2), writer: id("orders-1") }),
        Hold::TrustVoid(VoidTrust::DnsUnknown(Unknown::NoWriter(id("orders")))),
        Hold::NoPort,
        Hold::PortDiffers { written: 1, reported: 2 },
        Hold::Unsteady(second),
        Hold::Rotates(second),
        Hold::Settling(second),
        Hold::SeenBriefly(target(1)),
        Hold::Initial(target(1)),
        Hold::NotHealthy(target(1), TargetState::Unhealthy),
        Hold::ZoneNotEnabled(target(1)),
        Hold::GroupNotInUse,
        Hold::HalfPerRound,
        Hold::CachedForLong(second),
        Hold::TooManyRemovals { count: 5, most: 4 },
        Hold::Foreign(target(1)),
        Hold::Standby(StandbyRemark::NotAllowed(target(1).ip())),
        Hold::FormerPort { target: target(1), port: 2 },
    ];
    every_unknown().into_iter().map(Hold::Unknown).chain(others).collect()
}

/// The rules a second time.
mod predicates {
    use super::*;

    pub(super) fn weight(hold: &Hold) -> Weight {
        match hold {
            Hold::Foreign(_)
            | Hold::Standby(_)
            | Hold::DnsAloneWaits { .. }
            | Hold::OnDnsAlone(_)
            | Hold::OnTrust(_)
            | Hold::TrustVoid(VoidTrust::RdsWasRead) => Weight::Remark,
            Hold::Unsteady(_)
            | Hold::Settling(_)
            | Hold::SeenBriefly(_)
            | Hold::Initial(_)
            | Hold::HalfPerRound => Weight::Waits,
            Hold::KeysDisagree { moving: true, .. } => Weight::Waits,
            Hold::Unknown(Unknown::Idle { .. } | Unknown::Secondary(_) | Unknown::NoReader(_)) => {
                Weight::Idles
            }
            Hold::Unknown(_)
            | Hold::KeysDisagree { moving: false, .. }
            | Hold::TrustWaits { .. }
            | Hold::TrustVoid(_)
            | Hold::NoPort
            | Hold::PortDiffers { .. }
            | Hold::FormerPort { .. }
            | Hold::NotHealthy(..)
            | Hold::ZoneNotEnabled(_)
            | Hold::GroupNotInUse
            | Hold::Rotates(_)
            | Hold::CachedForLong(_)
            | Hold::TooManyRemovals { .. } => Weight::Holds,
        }
    }

    fn is_pending_removal(hold: &Hold) -> bool {
        matches!(
            hold,
            Hold::Unsteady(_)
                | Hold::Rotates(_)
                | Hold::Settling(_)
                | Hold::SeenBriefly(_)
                | Hold::Initial(_)
                | Hold::HalfPerRound
        )
    }

    fn may_stay(hold: &Hold) -> bool {
        matches!(hold, Hold::DnsAloneWaits { .. } | Hold::TrustWaits { .. })
    }

    fn is_hopeless(hold: &Hold) -> bool {
        match hold {
            Hold::Unknown(Unknown::InstanceOfCluster { .. } | Unknown::NoSharedFamily { .. }) => {
                true
            }
            Hold::Unknown(Unknown::Call(error)) => !error.is_retryable(),
            Hold::TrustVoid(void) => *void == VoidTrust::Expired,
            _ => false,
        }
    }

    fn is_lasting(hold: &Hold) -> bool {
        let missing = matches!(
            hold,
            Hold::Unknown(
                Unknown::SourceNotFound(_)
                    | Unknown::MemberNotListed { .. }
                    | Unknown::Misnamed(_)
                    | Unknown::OtherEngine { .. }
                    | Unknown::NoInstances { .. }
                    | Unknown::OutsideVpc(_)
            )
        );
        let others = [Hold::NoPort, Hold::GroupNotInUse].contains(hold);
        missing
            || others
            || is_hopeless(hold)
            || matches!(
                hold,
                Hold::ZoneNotEnabled(_)
                    | Hold::CachedForLong(_)
                    | Hold::TooManyRemovals { .. }
                    | Hold::PortDiffers { .. }
            )
    }

    pub(super) fn planned_look(plan: &Plan, may_write: bool) -> KeepLooking {
        if may_write && plan.now.is_some() {
            return KeepLooking::ReadBackTime;
        }
        match plan.weightiest() {
            None if may_write && !plan.is_clean() => KeepLooking::SweepTime,
            None => KeepLooking::UntilFailover,
            Some(hold) if weight(hold) == Weight::Idles => KeepLooking::UntilFailover,
            Some(hold) if weight(hold) == Weight::Waits && !may_write => KeepLooking::UntilFailover,
            Some(_) if may_write && plan.holds.iter().any(may_stay) => KeepLooking::DnsAloneTime,
            Some(_) if may_write && plan.holds.iter().any(is_pending_removal) => {
                KeepLooking::RemovalTime
            }
            Some(_) if may_write && plan.will_register() => KeepLooking::RemovalTime,
            Some(Hold::FormerPort { .. }) => KeepLooking::UntilFailover,
            Some(hold) if is_hopeless(hold) => KeepLooking::Stop,
            Some(hold) if is_lasting(hold) => KeepLooking::UntilEventEnds,
            Some(_) => KeepLooking::SweepTime,
        }
    }
}

#[test]
fn the_table_of_holds_says_what_the_predicates_say() {
    let register = || Action::Register(Registration { address: target(9), zone: None });
    let deregister = || Action::Deregister(Vec::new());
    let holds = every_hold();
    let of_two =
        holds.iter().flat_map(|one| holds.iter().map(|two| vec![one.clone(), two.clone()]));
    let of_one = holds.iter().map(|hold| vec![hold.clone()]);
    let mut compared = 0;
    for holds in of_one.chain(of_two).chain([Vec::new()]) {
        for hold in &holds {
            assert_eq!(hold.weight(), predicates::weight(hold), "{hold:?}");
        }
        let nows = [None, Some(Step::Reread), Some(Step::Do(register()))];
        let laters = [vec![], vec![register()], vec![deregister()]];
        for (now, later) in nows.iter().flat_map(|now| laters.iter().map(move |later| (now, later)))
        {
            for may_write in [true, false] {
                let (now, later) = (now.clone(), later.clone());
                let plan = Plan { now, later, holds: holds.clone(), ..Plan::default() };
                let expected = predicates::planned_look(&plan, may_write);
                let look = RoundOutcome::Planned(plan.clone()).keep_looking(may_write);
                assert_eq!(look, expected, "{plan:?} {may_write}");
                compared += 1;
            }
        }
    }
    assert!(compared > 10_000, "{compared}");
}

/// Nothing is `wanted` while the keys disagree, and a warm binding's standby never is.
#[test]
fn only_an_address_that_is_wanted_makes_a_group_wrong_by_its_absence() {
    let registration = Registration { address: target(9), zone: None };
    for (wanted, is_wrong) in [(Some(9), true), (Some(1), false), (None, false)] {
        let plan = Plan {
            wanted: wanted.map(target).into_iter().collect(),
            now: Some(Step::Do(Action::Register(registration.clone()))),
            ..Plan::default()
        };
        let outcome = RoundOutcome::Planned(plan);
        assert_eq!(outcome.end(Intent::Reconcile, Mode::Observe, false).0, Status::Observed);
        assert_eq!(outcome.is_observed_wrong(), is_wrong, "{wanted:?}");
    }
}
