//! Texts for people: every hold is a sentence that names what was left alone.

use std::collections::BTreeSet;

use writerlink_core::evidence::Reading;
use writerlink_core::plan::{Hold, VoidTrust};

use crate::axes::Axes;
use crate::readings::{reasons, two};
use crate::table::decide;
use crate::values::{OTHER_PORT, STATES, groups, other_port, outside, own, tempting};
use crate::{dns_alone, trust};

#[test]
fn every_hold_says_what_was_left_alone() {
    let known = Axes::sources(&two()).map(|source| Axes {
        targets: [own(2), outside(), other_port(1)]
            .map(|other| groups(&[own(1), other], &STATES))
            .concat(),
        earlier_rounds: tempting(source.settle),
        max_removals: vec![0, 1],
        in_use: vec![true, false],
        facts: source.facts.iter().cloned().chain([None]).collect(),
        ports: vec![None, Some(OTHER_PORT)],
        ..source
    });
    let silent: Vec<Reading> = reasons().into_iter().map(Err).collect();
    let silent =
        Axes::instances(&silent).map(|source| Axes { targets: vec![Vec::new()], ..source });
    let mut words = BTreeSet::new();
    for axes in known.iter().chain(&silent).chain([&dns_alone()]).chain(&trust()) {
        axes.walk(
            |_| true,
            |cell| {
                for hold in decide(cell).holds {
                    let (sentence, about) = (hold.to_string(), subjects(&hold));
                    assert!(
                        about.iter().all(|about| sentence.contains(about)),
                        "{sentence:?} lacks one of {about:?}"
                    );
                    words.insert(hold.word());
                }
            },
        );
    }
    assert_eq!(words.len(), 55, "{words:?}");
}

/// What the sentence of a hold must name.
fn subjects(hold: &Hold) -> Vec<String> {
    match hold {
        Hold::Unknown(why) => vec![why.to_string()],
        Hold::KeysDisagree { topology, dns, .. } => {
            [topology, dns].map(|named| format!("{} at {}", named.member, named.address)).into()
        }
        Hold::DnsAloneWaits { dns, left } => {
            let left = format!("{} s", left.as_secs_f64().ceil());
            vec![format!("{} at {}", dns.member, dns.address), left]
        }
        Hold::TrustWaits { dns, steady, settle } => {
            let ages = format!("{} of {} s", steady.as_secs(), settle.as_secs());
            vec![format!("{} at {}", dns.member, dns.address), ages]
        }
        Hold::OnDnsAlone(dns) | Hold::OnTrust(dns) => {
            vec![format!("{} at {}", dns.member, dns.address)]
        }
        Hold::TrustVoid(VoidTrust::OtherWriter { dns, writer }) => {
            vec![format!("{} at {}, not {writer}", dns.member, dns.address)]
        }
        Hold::TrustVoid(VoidTrust::DnsUnknown(unknown)) => vec![unknown.to_string()],
        Hold::TrustVoid(_) => vec!["`trust`".to_owned()],
        Hold::Unsteady(left) | Hold::Settling(left) => {
            vec![format!("{} s", left.as_secs_f64().ceil())]
        }
        Hold::SeenBriefly(at)
        | Hold::Initial(at)
        | Hold::ZoneNotEnabled(at)
        | Hold::Foreign(at) => {
            vec![at.to_string()]
        }
        Hold::NotHealthy(at, state) => vec![at.to_string(), state.to_string()],
        Hold::TooManyRemovals { count, most } => {
            vec![count.to_string(), most.to_string(), "`max-removals`".to_owned()]
        }
        Hold::Rotates(_) | Hold::HalfPerRound | Hold::CachedForLong(_) => {
            unreachable!("only sets are held so")
        }
        Hold::NoPort => vec!["port".to_owned()],
        Hold::PortDiffers { written, reported } => vec![written.to_string(), reported.to_string()],
        Hold::FormerPort { target, port } => vec![target.to_string(), port.to_string()],
        Hold::GroupNotInUse => vec!["no load balancer".to_owned()],
        Hold::Standby(_) => unreachable!("no binding here is warm"),
    }
}
