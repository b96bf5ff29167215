//! A target: its key, its state with AWS's reason codes, and how a request names it.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// What tells two targets of a group apart: the same address on two ports is two targets.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TargetKey {
    /// An IP address or an instance id, as the group's type has it.
    pub id: String,
    /// The port that the target listens on.
    pub port: u16,
    /// The zone of its subnet, `all` for an address outside the VPC, nothing for an instance.
    pub zone: Option<String>,
}

impl fmt::Display for TargetKey {
    /// Its id and port; an IPv6 address in brackets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.id.parse() {
            Ok(address) => write!(f, "{}", SocketAddr::new(address, self.port)),
            Err(_) => write!(f, "{}:{}", self.id, self.port),
        }
    }
}

/// A target as a request names it: the port and the zone may be left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TargetRequest {
    /// An IP address or an instance id.
    pub id: String,
    /// The group's default port when absent.
    pub port: Option<u16>,
    /// Found by itself for an address inside the VPC, required outside of it.
    pub zone: Option<String>,
}

impl TargetRequest {
    /// A request for an address on a port, its zone left to AWS.
    pub fn new(id: &str, port: u16) -> Self {
        Self { id: id.to_owned(), port: Some(port), zone: None }
    }
}

/// The states of botocore elbv2 2015-12-01, `TargetHealthStateEnum`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TargetState {
    /// Being registered, or not checked yet.
    Initial,
    /// Passes its health checks.
    Healthy,
    /// Fails its health checks.
    Unhealthy,
    /// Fails them, and keeps its connections for a while.
    UnhealthyDraining,
    /// Reached by no load balancer.
    Unused,
    /// Deregistered, its connections being let go.
    Draining,
    /// Its health is not known.
    Unavailable,
}

impl TargetState {
    /// The word of the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Initial => "initial",
            Self::Healthy => "healthy",
            Self::Unhealthy => "unhealthy",
            Self::UnhealthyDraining => "unhealthy.draining",
            Self::Unused => "unused",
            Self::Draining => "draining",
            Self::Unavailable => "unavailable",
        }
    }

    /// Whether the target is registered. One that is draining is not; one in `unhealthy.draining`
    /// is, and comes back when it passes its health checks again (AWS docs: NLB target groups,
    /// "Connection termination for unhealthy targets").
    pub fn is_present(self) -> bool {
        self != Self::Draining
    }
}

/// The reasons of botocore elbv2 2015-12-01, `TargetHealthReasonEnum`, that the model brings about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// The data plane is being configured for the target.
    RegistrationInProgress,
    /// No health check has passed or failed often enough yet.
    InitialHealthChecking,
    /// An internal error of the load balancer.
    InternalError,
    /// Too many health checks failed in a row.
    FailedHealthChecks,
    /// A named target is not registered.
    NotRegistered,
    /// No listener forwards to the group.
    GroupNotInUse,
    /// The load balancer has no node in the target's zone.
    ZoneNotEnabled,
    /// The deregistration delay is running.
    DeregistrationInProgress,
}

impl Reason {
    /// The reason code of the API.
    pub fn code(self) -> &'static str {
        match self {
            Self::RegistrationInProgress => "Elb.RegistrationInProgress",
            Self::InitialHealthChecking => "Elb.InitialHealthChecking",
            Self::InternalError => "Elb.InternalError",
            Self::FailedHealthChecks => "Target.FailedHealthChecks",
            Self::NotRegistered => "Target.NotRegistered",
            Self::GroupNotInUse | Self::ZoneNotEnabled => "Target.NotInUse",
            Self::DeregistrationInProgress => "Target.DeregistrationInProgress",
        }
    }

    /// The sentence that AWS gives with it.
    pub fn description(self) -> &'static str {
        match self {
            Self::RegistrationInProgress => "Target registration is in progress",
            Self::InitialHealthChecking => "Initial health checks in progress",
            Self::InternalError => "Internal error",
            Self::FailedHealthChecks => "Health checks failed",
            Self::NotRegistered => "Target is not registered to the target group",
            Self::GroupNotInUse => {
                "Target group is not configured to receive traffic from the load balancer"
            }
            Self::ZoneNotEnabled => {
                "Target is in an Availability Zone that is not enabled for the load balancer"
            }
            Self::DeregistrationInProgress => "Target deregistration is in progress",
        }
    }
}

/// A registered or draining target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Its identity in the group.
    pub key: TargetKey,
    pub state: TargetState,
    /// The reason of that state; a healthy target has none.
    pub reason: Option<Reason>,
    /// When it entered that state.
    pub since: Duration,
    /// Counts its registrations and deregistrations, so that a change of an earlier one is
    /// recognised.
    pub(super) registration: u64,
    /// Health checks in a row that contradict the state.
    pub(super) contrary_checks: u32,
}

impl Target {
    /// The address behind an `ip` target.
    pub fn address(&self) -> Option<IpAddr> {
        self.key.id.parse().ok()
    }
}

/// One row of DescribeTargetHealth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetHealth {
    /// The target, or what was asked for.
    pub key: TargetKey,
    pub state: TargetState,
    /// Why; a healthy target has no reason.
    pub reason: Option<Reason>,
    /// Where its health checks go.
    pub health_check_port: u16,
}

/// A target's state changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transition {
    /// When, since the world began.
    pub at: Duration,
    /// The group's ARN.
    pub group: String,
    pub target: TargetKey,
    /// The state before; nothing when it has just been registered.
    pub from: Option<TargetState>,
    /// The state after; nothing when it is gone.
    pub to: Option<TargetState>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_written_with_brackets_where_a_port_follows_an_ipv6_address() {
        let words = |id: &str| {
            let (id, port, zone) = (id.to_owned(), 5432, None);
            TargetKey { id, port, zone }.to_string()
        };
        assert_eq!(words("10.20.1.7"), "10.20.1.7:5432");
        assert_eq!(words("2001:db8:20:1::7"), "[2001:db8:20:1::7]:5432");
        assert_eq!(words("i-0123456789abcdef0"), "i-0123456789abcdef0:5432");
    }
}
