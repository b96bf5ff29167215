//! Beside another updater.

use std::collections::BTreeSet;

use super::function::only_observed;
use super::{Check, Judged, Link, note};
use crate::chain::{Chain, at, is_recorder, unqualified};
use crate::documents::TARGETS;

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "W600",
        title: "Nothing else changes the targets",
        link: Link::Adoption,
        why: "Two updaters of one group undo each other's work. Before Writerlink manages a group, \
              the other one must stop; until then `mode = \"observe\"` compares the two.",
        document: Some(TARGETS),
        judge: moving,
    },
    Check {
        id: "W601",
        title: "No other function listens to the same events",
        link: Link::Adoption,
        why: "A function that RDS's events start may be the updater that Writerlink replaces.",
        document: None,
        judge: others,
    },
    Check {
        id: "W602",
        title: "Somebody changes the targets",
        link: Link::Adoption,
        why: "In `observe` Writerlink writes nothing. Without another updater nothing moves the \
              target after a failover.",
        document: None,
        judge: nobody,
    },
];

fn moving(chain: &Chain) -> Judged {
    let set = |targets: &[writerlink_aws::account::TargetSeen]| {
        let present = targets.iter().filter(|target| target.state != "draining");
        present.map(|target| (target.address, target.port)).collect::<BTreeSet<_>>()
    };
    let before = set(chain.targets()?);
    let after = set(at(&chain.account.links.targets_later, chain.group_arn())?);
    if before == after {
        return Ok(Vec::new());
    }
    let list = |targets: BTreeSet<(std::net::IpAddr, u16)>| {
        let texts = targets.iter().map(|(address, port)| format!("{address} {port}"));
        texts.collect::<Vec<_>>().join(", ")
    };
    let says = format!(
        "the targets changed while this program looked: from {} to {}",
        list(before),
        list(after)
    );
    let command = "aws cloudtrail lookup-events --lookup-attributes \
                   AttributeKey=EventName,AttributeValue=RegisterTargets   # who did it";
    // During a failover it is Writerlink itself, and beside an observer it is the other updater.
    Ok(vec![note(says).mend(command)])
}

fn others(chain: &Chain) -> Judged {
    let followers = chain.followers()?;
    let routes = chain.routes(&followers)?;
    let recorders = chain.account.events.functions.iter().filter_map(|(arn, facts)| {
        let function = facts.function.as_ref().ok()?.as_ref()?;
        is_recorder(function).then_some(arn.as_str())
    });
    let followers = followers.iter().map(|follower| follower.arn);
    let ours: BTreeSet<&str> = followers.chain(recorders).collect();
    let mut others = BTreeSet::new();
    for route in &routes {
        let subscriptions = route.topic.subscriptions.as_deref().unwrap_or_default();
        let lambdas = subscriptions.iter().filter(|s| s.protocol == "lambda");
        let arns = lambdas.map(|subscription| unqualified(&subscription.endpoint));
        others.extend(arns.filter(|arn| !ours.contains(arn)));
    }
    let found = others.into_iter().map(|arn| {
        note(format!("{arn} is started by the same events")).mend(format!(
            "aws lambda get-policy --function-name {arn}   # and look whether its role may call \
             elasticloadbalancing:RegisterTargets"
        ))
    });
    Ok(found.collect())
}

fn nobody(chain: &Chain) -> Judged {
    let has_function = !chain.followers()?.is_empty();
    Ok((has_function && only_observed(chain)?)
        .then(|| {
            note("Writerlink only observes this group").mend(
                "When its reports are right for a week, stop the other updater and set `mode = \
                 \"manage\"` (docs/adopt.md).",
            )
        })
        .into_iter()
        .collect())
}
