//! What a key can report: a writer, or each of the reasons for an unknown.

use std::net::IpAddr;

use writerlink_core::evidence::{Listed, MemberAt, Reading, Unknown, WrongName};
use writerlink_core::failure::{CallError, Failure, LookupError, Rejection};
use writerlink_core::guard::{Refusal, Special};
use writerlink_core::target::Family;
use writerlink_core::topology::{Form, Network};

/// A member at an address. The two have the same number until a host is replaced.
pub(crate) fn member_at(member: u8, address: u8) -> Reading {
    Ok(MemberAt {
        member: format!("orders-{member}").parse().expect("an identifier"),
        address: crate::values::ip(address),
    })
}

/// Two writers, and no answer.
pub(crate) fn two() -> [Reading; 3] {
    [member_at(1, 1), member_at(2, 2), silence()]
}

/// Three writers, and no answer.
pub(crate) fn three() -> [Reading; 4] {
    [member_at(1, 1), member_at(2, 2), member_at(3, 3), silence()]
}

/// One of the reasons for an unknown, for tables in which the reason makes no difference.
fn silence() -> Reading {
    let name = "orders.db.test".parse().expect("a name");
    Err(Unknown::Lookup(name, LookupError::NxDomain))
}

/// Every reason.
pub(crate) fn reasons() -> Vec<Unknown> {
    let name = || "orders.db.test".parse().expect("a name");
    let id = || "orders".parse().expect("an identifier");
    let source = || "cluster/orders".parse().expect("a source");
    let call =
        |failure| Unknown::Call(CallError::new("rds:DescribeDBClusters", failure, "it failed"));
    let lookup = |error| Unknown::Lookup(name(), error);
    let stray = || IpAddr::from([10, 20, 0, 77]);
    let guarded = |refusal| Unknown::Guarded(name(), IpAddr::from([127, 0, 0, 1]), refusal);
    let special = |special| guarded(Refusal::Special(special));
    vec![
        call(Failure::Rejected(Rejection::AccessDenied)),
        call(Failure::Rejected(Rejection::NotFound)),
        call(Failure::Rejected(Rejection::Invalid)),
        call(Failure::Rejected(Rejection::Quota)),
        call(Failure::Rejected(Rejection::Other)),
        call(Failure::Throttled),
        call(Failure::Credentials),
        call(Failure::Unreachable),
        call(Failure::AnswerLost),
        Unknown::SourceNotFound(source()),
        Unknown::InstanceOfCluster { instance: id(), cluster: id() },
        Unknown::Idle {
            source_: "cluster/orders".parse().expect("a source"),
            status: "stopped".to_owned(),
        },
        Unknown::NoWriter(id()),
        Unknown::SeveralWriters(id()),
        Unknown::NoEndpoint(id()),
        lookup(LookupError::NxDomain),
        lookup(LookupError::NoAddress),
        lookup(LookupError::Refused("SERVFAIL".to_owned())),
        lookup(LookupError::Timeout),
        lookup(LookupError::Unreachable("no route".to_owned())),
        Unknown::SeveralAddresses(name()),
        Unknown::NotAMember(name(), stray()),
        Unknown::SharedAddress(name(), stray()),
        special(Special::Loopback),
        special(Special::LinkLocal),
        special(Special::Multicast),
        special(Special::Unspecified),
        special(Special::Broadcast),
        special(Special::Mapped),
        guarded(Refusal::Family(Family::V4)),
        guarded(Refusal::Family(Family::V6)),
        guarded(Refusal::Outside),
        Unknown::Secondary(id()),
        Unknown::NoReader("cluster/orders/readers".parse().expect("a source")),
        Unknown::NoSharedFamily { instance: id(), network: Network::Ipv4, family: Family::V6 },
        call(Failure::Certificate),
        special(Special::Translated),
        special(Special::Reserved),
        special(Special::Amazon),
        Unknown::Misnamed(Box::new(WrongName {
            asked: source(),
            name: id(),
            listed: Listed::Instance(None),
            write: "instance/orders".parse().expect("a source"),
        })),
        Unknown::OtherEngine {
            source_: source(),
            engine: "docdb".to_owned(),
            endpoint: Some(name()),
        },
        Unknown::NoInstances { cluster: id(), form: Form::Limitless, endpoint: None },
        Unknown::OutsideVpc(id()),
        Unknown::NoAlias(name()),
        Unknown::MemberNotListed { cluster: id(), instance: id(), members: vec![id()] },
    ]
}

/// The position of a reason in [`reasons`], and its reason word. The match has no catch-all arm: a
/// new reason of the type does not compile here until the table has it.
pub(crate) fn row(why: &Unknown) -> (usize, &'static str) {
    match why {
        Unknown::Call(error) => match error.failure {
            Failure::Rejected(Rejection::AccessDenied) => (0, "access-denied"),
            Failure::Rejected(Rejection::NotFound) => (1, "not-found"),
            Failure::Rejected(Rejection::Invalid) => (2, "refused-as-invalid"),
            Failure::Rejected(Rejection::Quota) => (3, "quota-reached"),
            Failure::Rejected(Rejection::Other) => (4, "refused"),
            Failure::Throttled => (5, "throttled"),
            Failure::Credentials => (6, "no-credentials"),
            Failure::Unreachable => (7, "unreachable"),
            Failure::AnswerLost => (8, "answer-lost"),
            Failure::Certificate => (35, "certificate-not-trusted"),
        },
        Unknown::SourceNotFound(_) => (9, "source-not-found"),
        Unknown::InstanceOfCluster { .. } => (10, "instance-of-cluster"),
        Unknown::Idle { .. } => (11, "source-idle"),
        Unknown::NoWriter(_) => (12, "no-writer"),
        Unknown::SeveralWriters(_) => (13, "several-writers"),
        Unknown::NoEndpoint(_) => (14, "no-endpoint"),
        Unknown::Lookup(_, LookupError::NxDomain) => (15, "dns-nxdomain"),
        Unknown::Lookup(_, LookupError::NoAddress) => (16, "dns-no-address"),
        Unknown::Lookup(_, LookupError::Refused(_)) => (17, "dns-refused"),
        Unknown::Lookup(_, LookupError::Timeout) => (18, "dns-timeout"),
        Unknown::Lookup(_, LookupError::Unreachable(_)) => (19, "dns-unreachable"),
        Unknown::SeveralAddresses(_) => (20, "several-addresses"),
        Unknown::NotAMember(..) => (21, "not-a-member"),
        Unknown::SharedAddress(..) => (22, "shared-address"),
        Unknown::Guarded(_, _, refusal) => match refusal {
            Refusal::Special(Special::Loopback) => (23, "address-refused"),
            Refusal::Special(Special::LinkLocal) => (24, "address-refused"),
            Refusal::Special(Special::Multicast) => (25, "address-refused"),
            Refusal::Special(Special::Unspecified) => (26, "address-refused"),
            Refusal::Special(Special::Broadcast) => (27, "address-refused"),
            Refusal::Special(Special::Mapped) => (28, "address-refused"),
            Refusal::Special(Special::Translated) => (36, "address-refused"),
            Refusal::Special(Special::Reserved) => (37, "address-refused"),
            Refusal::Special(Special::Amazon) => (38, "address-refused"),
            Refusal::Family(Family::V4) => (29, "address-refused"),
            Refusal::Family(Family::V6) => (30, "address-refused"),
            Refusal::Outside => (31, "address-refused"),
        },
        Unknown::Secondary(_) => (32, "global-secondary"),
        Unknown::NoReader(_) => (33, "no-reader"),
        Unknown::NoSharedFamily { .. } => (34, "no-shared-family"),
        Unknown::Misnamed(_) => (39, "misnamed"),
        Unknown::OtherEngine { .. } => (40, "other-engine"),
        Unknown::NoInstances { .. } => (41, "no-instances"),
        Unknown::OutsideVpc(_) => (42, "no-vpc-networking"),
        Unknown::NoAlias(_) => (43, "no-alias"),
        Unknown::MemberNotListed { .. } => (44, "member-not-listed"),
    }
}
