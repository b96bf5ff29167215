//! The targets of the group.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

use writerlink_aws::account::TargetSeen;
use writerlink_core::report::Status;

use super::{Check, Judged, Link, broken, note, quoted, row, will_break};
use crate::chain::{Chain, Part, Stop};
use crate::documents::{BALANCERS, HEALTH, TARGET_GROUPS};
use crate::read::Gap;

pub(super) const CHECKS: &[Check] = &[
    row(
        Link::ToTheDatabase,
        "W100",
        "The target group holds what belongs in it",
        "This is what `writerlink audit` says. A group that holds another address sends clients \
         to the wrong database, or to none.",
        TARGET_GROUPS,
        membership,
    ),
    row(
        Link::ToTheDatabase,
        "W101",
        "The targets that belong in the group are healthy",
        "A load balancer sends new connections to healthy targets only, unless all of them are \
         unhealthy. Most often a security group does not admit the health checks.",
        HEALTH,
        health,
    ),
    row(
        Link::ToTheDatabase,
        "W102",
        "No zonal shift keeps traffic from the targets",
        "During a zonal shift a target in the zone that is shifted away gets no new connections, \
         while it is still registered.",
        BALANCERS,
        zonal_shift,
    ),
];

/// Reasons for which the audit could not look.
const UNREAD: &[&str] = &[
    "access-denied",
    "certificate-not-trusted",
    "no-credentials",
    "out-of-time",
    "throttled",
    "unreachable",
];

/// Reasons that other checks tell with their remedies: W113 and W200.
const ELSEWHERE: &[&str] = &["group-not-in-use", "target-zone-not-enabled"];

fn membership(chain: &Chain) -> Judged {
    let report = chain.audit.ok_or(Stop::Moot)?;
    let reason = report.reason.as_ref();
    if reason.is_some_and(|reason| ELSEWHERE.contains(&reason.code)) {
        return Ok(Vec::new());
    }
    let message = reason.map_or_else(|| report.planned.join("; "), |r| r.message.clone());
    let remedy = reason.and_then(|reason| reason.remedy.clone()).unwrap_or_default();
    if reason.is_some_and(|reason| UNREAD.contains(&reason.code)) {
        return Err(Stop::NotChecked(Gap::unread("audit", &message, &remedy)));
    }
    let found = match report.status {
        Status::Drift => broken(format!("there is something to do: {}", report.planned.join("; "))),
        Status::Failed => broken(message),
        Status::Held | Status::Unconfirmed if report.targets.is_empty() => broken(message),
        Status::Held | Status::Unconfirmed => will_break(message),
        Status::Settled | Status::Changed | Status::Waiting | Status::Idle | Status::Observed => {
            return Ok(Vec::new());
        }
    };
    if report.status != Status::Drift {
        return Ok(vec![found.mend(remedy)]);
    }
    let followers = chain.followers().unwrap_or_default();
    let function = followers.first().map_or("FUNCTION", |one| one.function.name.as_str());
    Ok(vec![found.mend(format!(
        "aws lambda invoke --function-name {} --cli-binary-format raw-in-base64-out --payload \
         '{{}}' /dev/stdout   # the next sweep of a function in `manage` does it by itself",
        quoted(function)
    ))])
}

/// The targets that hold an address of the source at present, as far as this is known.
fn serving<'a>(chain: &Chain<'a>) -> Part<Vec<&'a TargetSeen>> {
    let present = chain.targets()?.iter().filter(|target| target.state != "draining");
    let present: Vec<_> = present.collect();
    let Some(report) = chain.audit else { return Ok(present) };
    let wanted: BTreeSet<IpAddr> = wanted(report);
    let known = |target: &&&TargetSeen| wanted.is_empty() || wanted.contains(&target.address);
    Ok(present.iter().filter(known).copied().collect())
}

/// The addresses that DNS or the RDS API name.
fn wanted(report: &writerlink_core::report::BindingReport) -> BTreeSet<IpAddr> {
    use writerlink_core::report::KeyReport;
    let evidence = report.evidence.as_ref();
    let keys = evidence.into_iter().flat_map(|keys| [&keys.topology, &keys.dns]).flatten();
    keys.flat_map(|key| match key {
        KeyReport::Topology { address, .. } => vec![*address],
        KeyReport::Members { members, .. } => members.iter().map(|m| m.address).collect(),
        KeyReport::Dns { addresses, .. } => addresses.clone(),
        KeyReport::Unknown { .. } => Vec::new(),
    })
    .collect()
}

fn health(chain: &Chain) -> Judged {
    let targets = serving(chain)?;
    let unhealthy = |target: &TargetSeen| target.state.starts_with("unhealthy");
    let none_serves = !targets.is_empty() && !targets.iter().any(|t| t.state == "healthy");
    let found = targets.iter().filter_map(|target| {
        let reason = target.reason.as_deref().unwrap_or("no reason given");
        let words = target.description.as_deref().map(|words| format!(", {words}"));
        let says = format!(
            "{} is `{}`: {reason}{}",
            socket(target.address, target.port),
            target.state,
            words.unwrap_or_default()
        );
        let is_bad = unhealthy(target) || target.state == "unused";
        match target.state.as_str() {
            "healthy" => None,
            _ if is_bad && none_serves => Some(broken(says).mend(
                "Look at W110 to W200 of this report. If they found nothing, the database does \
                 not accept connections.",
            )),
            _ => Some(note(says)),
        }
    });
    Ok(found.collect())
}

fn zonal_shift(chain: &Chain) -> Judged {
    let targets = serving(chain)?;
    let shifted = |target: &&&TargetSeen| {
        target.over.as_ref().is_some_and(|over| over.state.starts_with("zonal_shift"))
    };
    let all = targets.iter().filter(shifted).count() == targets.len();
    let found = targets.iter().filter(shifted).map(|target| {
        let says = format!(
            "a zonal shift keeps new connections from {}",
            socket(target.address, target.port)
        );
        let found = if all { broken(says) } else { note(says) };
        found.mend(
            "aws arc-zonal-shift list-zonal-shifts --status ACTIVE   # then cancel-zonal-shift, or \
             fail the database over to another zone",
        )
    });
    Ok(found.collect())
}

pub(super) fn socket(address: IpAddr, port: u16) -> String {
    SocketAddr::new(address, port).to_string()
}
