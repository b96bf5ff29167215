//! What a round notices besides the group's membership. Each finding has a code, a severity and a
//! remedy.
//!
//! The status of a binding says whether the group holds the targets that belong in it. A group
//! can hold exactly those, and its clients can still not connect. A finding says so; it changes no
//! status and no plan.

use std::net::SocketAddr;

use serde::Serialize;

use crate::plan::{Hold, Plan, StandbyRemark};
use crate::source::Source;
use crate::target::{Target, TargetState};

/// Something that was noticed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// One of the documented kebab-case words (docs/operations.md).
    pub code: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// What was found.
    pub message: String,
    /// What to check first.
    pub remedy: String,
}

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// It may be intended.
    Note,
    /// A failover takes longer than it has to.
    CostsYouSeconds,
    /// It works as long as nothing happens.
    WillBreakAtTheNextFailover,
    /// It does not work.
    Broken,
}

impl Severity {
    /// The word in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::CostsYouSeconds => "costs-you-seconds",
            Self::WillBreakAtTheNextFailover => "will-break-at-the-next-failover",
            Self::Broken => "broken",
        }
    }
}

/// The findings about a group's targets and the plan for them.
pub fn findings(source: &Source, targets: &[Target], plan: &Plan) -> Vec<Finding> {
    let former = plan.holds.iter().filter(|hold| matches!(hold, Hold::FormerPort { .. }));
    let former = former.map(|hold| Finding {
        code: hold.word(),
        severity: Severity::Broken,
        message: hold.to_string(),
        remedy: hold.remedy().unwrap_or_default(),
    });
    let standby = plan.holds.iter().filter_map(|hold| match hold {
        Hold::Standby(remark) => Some(Finding {
            code: remark.word(),
            severity: match remark {
                // Nothing can be done about it but to choose.
                StandbyRemark::Refused(_) | StandbyRemark::TakesConnections(_) => Severity::Note,
                _ => Severity::CostsYouSeconds,
            },
            message: hold.to_string(),
            remedy: hold.remedy().unwrap_or_default(),
        }),
        _ => None,
    });
    health(source, targets, plan).into_iter().chain(former).chain(standby).collect()
}

/// The findings about the health of the targets that belong in the group.
fn health(source: &Source, targets: &[Target], plan: &Plan) -> Vec<Finding> {
    let wanted = plan.wanted.iter();
    let at =
        |address: &SocketAddr| targets.iter().find(|t| t.is_present() && t.address == *address);
    let present: Vec<&Target> = wanted.filter_map(at).collect();
    let is_unhealthy = |target: &&Target| {
        matches!(target.state, TargetState::Unhealthy | TargetState::UnhealthyDraining)
    };
    let unclear =
        |target: &&Target| matches!(target.state, TargetState::Unavailable | TargetState::Other(_));
    let nobody_serves = present.iter().all(is_unhealthy);
    let (code, who) = match source {
        Source::Cluster(_) | Source::Instance(_) => ("writer-unhealthy", "is the writer"),
        Source::Readers(..) | Source::Custom { .. } | Source::Proxy(..) | Source::Name(_) => {
            ("member-unhealthy", "belongs to the set")
        }
    };
    let unhealthy = present.iter().copied().filter(is_unhealthy).map(|target| Finding {
        code,
        // The healthy members of a set go on serving.
        severity: if nobody_serves { Severity::Broken } else { Severity::Note },
        message: format!(
            "{} {who}, and the load balancer's health checks of it fail: {}",
            target.address,
            state(target)
        ),
        remedy: CHECK_FIRST.to_owned(),
    });
    let unclear = present.iter().copied().filter(unclear).map(|target| Finding {
        code: "health-unknown",
        severity: Severity::Note,
        message: format!(
            "{} {who}, and the load balancer does not say whether it can be reached: {}",
            target.address,
            state(target)
        ),
        remedy:
            "Once, this needs no action. If it stays, connect through the load balancer to test it."
                .to_owned(),
    });
    unhealthy.chain(unclear).collect()
}

const CHECK_FIRST: &str = "Check first whether the database's security group admits the load \
    balancer's security group (or, without one, its subnets) on this port; then the group's health \
    check, network ACLs, and whether the database accepts connections.";

/// The state, with ELBv2's reason as it gave it.
fn state(target: &Target) -> String {
    match &target.reason {
        Some(reason) => format!("`{}`, {reason}", target.state),
        None => format!("`{}`", target.state),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::StateReason;

    fn target(last: u8, state: &str) -> Target {
        Target {
            address: SocketAddr::from(([10, 20, 0, last], 5432)),
            zone: None,
            state: state.into(),
            reason: Some(StateReason::new("Target.Timeout", "Request timed out")),
        }
    }

    /// The codes and severities of a source of which the first `wanted` of these targets are
    /// wanted.
    fn found(source: &str, wanted: usize, states: &[&str]) -> Vec<(&'static str, Severity)> {
        let targets: Vec<Target> =
            (1..).zip(states).map(|(last, state)| target(last, state)).collect();
        let plan = Plan {
            wanted: targets[..wanted].iter().map(|target| target.address).collect(),
            ..Plan::default()
        };
        let findings = findings(&source.parse().expect("a source"), &targets, &plan);
        findings.iter().map(|finding| (finding.code, finding.severity)).collect()
    }

    #[test]
    fn a_wanted_target_whose_health_checks_fail_is_broken_and_one_that_nobody_wants_is_nothing() {
        let broken = [("writer-unhealthy", Severity::Broken)];
        for (states, says) in [
            (&["unhealthy"][..], &broken[..]),
            (&["unhealthy.draining", "healthy"], &broken),
            (&["healthy", "unhealthy"], &[]),
            (&["initial"], &[]),
            (&["unused"], &[]),
            (&["draining"], &[]),
            (&["unavailable"], &[("health-unknown", Severity::Note)]),
            (&["tired"], &[("health-unknown", Severity::Note)]),
        ] {
            for source in ["cluster/orders", "instance/billing"] {
                assert_eq!(found(source, 1, states), says, "{source} {states:?}");
            }
        }
        assert_eq!(found("cluster/orders", 0, &["unhealthy"]), [], "the keys name nobody together");
    }

    #[test]
    fn a_set_is_broken_when_none_of_it_passes() {
        let one = |severity| ("member-unhealthy", severity);
        for source in ["cluster/orders/readers", "proxy/front", "dns/db.example.com"] {
            assert_eq!(
                found(source, 2, &["healthy", "unhealthy"]),
                [one(Severity::Note)],
                "{source}"
            );
            assert_eq!(found(source, 2, &["unhealthy"; 2]), [one(Severity::Broken); 2], "{source}");
            assert_eq!(found(source, 1, &["unhealthy"]), [one(Severity::Broken)], "{source}");
        }
    }

    #[test]
    fn the_reason_of_elbv2_stands_in_the_message_as_it_is() {
        let targets = [target(1, "unhealthy")];
        let plan = Plan { wanted: [targets[0].address].into(), ..Plan::default() };
        let found = findings(&"cluster/orders".parse().expect("a source"), &targets, &plan);
        let says = "10.20.0.1:5432 is the writer, and the load balancer's health checks of it \
            fail: `unhealthy`, Target.Timeout: Request timed out";
        assert_eq!(found[0].message, says);
        assert!(found[0].remedy.contains("security group"));
    }
}
