//! A target group and its targets, as ELBv2 has them.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use serde::Serialize;

use crate::failure::bounded;
use crate::mechanism::Mechanism;

/// One target of a group. ELBv2 knows a target by its address and port; the zone is carried along,
/// so that a deregistration names exactly what ELBv2 reported, and is never compared.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Target {
    /// Address and port.
    pub address: SocketAddr,
    /// The availability zone that ELBv2 reported, if it reported one.
    pub zone: Option<Zone>,
    /// Its health state.
    pub state: TargetState,
    /// Why it is in that state, if ELBv2 said.
    pub reason: Option<StateReason>,
}

/// Why ELBv2 says that a target is in its state (botocore elbv2 2015-12-01, `TargetHealth`).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StateReason {
    /// ELBv2's own code, such as `Target.FailedHealthChecks`.
    pub code: String,
    /// ELBv2's sentence; empty where it gave none.
    pub description: String,
}

impl StateReason {
    /// A reason of these texts, bounded and freed of control characters.
    pub fn new(code: &str, description: &str) -> Self {
        Self { code: bounded(code), description: bounded(description) }
    }
}

impl fmt::Display for StateReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.description.as_str() {
            "" => f.write_str(&self.code),
            description => write!(f, "{}: {description}", self.code),
        }
    }
}

impl Target {
    /// Whether the target is registered and not on its way out. A draining target is absent:
    /// counting it as registered is how a quick failback (A to B to A inside the drain) leaves a
    /// group without any target.
    ///
    /// One in `unhealthy.draining` is still registered: it failed its health checks, its
    /// connections are let go, and it comes back when it passes them again (AWS docs: NLB target
    /// groups, "Connection termination for unhealthy targets").
    pub fn is_present(&self) -> bool {
        self.state != TargetState::Draining || !Mechanism::DrainingIsAbsent.is_on()
    }
}

/// The health states of ELBv2 (botocore elbv2 2015-12-01, `TargetHealthStateEnum`).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TargetState {
    /// Being registered, or not through its first health check.
    Initial,
    /// Takes traffic.
    Healthy,
    /// Fails its health checks.
    Unhealthy,
    /// Fails its health checks, and its connections are being let go. It is still registered.
    UnhealthyDraining,
    /// Gets no traffic: the group has no listener, or the load balancer lacks the target's zone.
    Unused,
    /// Deregistered; existing connections go on until the deregistration delay is over.
    Draining,
    /// Health checks are not available.
    Unavailable,
    /// A state that ELBv2 did not have when this was written. It counts as present and as not
    /// healthy.
    Other(String),
}

impl TargetState {
    /// ELBv2's own word for the state.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Initial => "initial",
            Self::Healthy => "healthy",
            Self::Unhealthy => "unhealthy",
            Self::UnhealthyDraining => "unhealthy.draining",
            Self::Unused => "unused",
            Self::Draining => "draining",
            Self::Unavailable => "unavailable",
            Self::Other(word) => word,
        }
    }
}

impl From<&str> for TargetState {
    fn from(word: &str) -> Self {
        match word {
            "initial" => Self::Initial,
            "healthy" => Self::Healthy,
            "unhealthy" => Self::Unhealthy,
            "unhealthy.draining" => Self::UnhealthyDraining,
            "unused" => Self::Unused,
            "draining" => Self::Draining,
            "unavailable" => Self::Unavailable,
            other => Self::Other(bounded(other)),
        }
    }
}

impl fmt::Display for TargetState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A zone as ELBv2 takes it: the name of an availability zone, or `all` for an address outside the
/// group's VPC (botocore elbv2 2015-12-01, `TargetDescription.AvailabilityZone`).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Zone(pub String);

impl Zone {
    /// The zone of an address outside the group's VPC.
    pub fn all() -> Self {
        Self("all".to_owned())
    }
}

/// A target to be registered.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Registration {
    /// Address and port.
    pub address: SocketAddr,
    /// `all` for an address outside the group's VPC; otherwise ELBv2 finds the zone by itself.
    pub zone: Option<Zone>,
}

/// The address family of a group; every target of a group has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// `ipv4`: A records.
    V4,
    /// `ipv6`: AAAA records.
    V6,
}

impl Family {
    /// The family of an address.
    pub fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(_) => Self::V4,
            IpAddr::V6(_) => Self::V6,
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V4 => "IPv4",
            Self::V6 => "IPv6",
        })
    }
}

/// What the planner needs to know of a target group besides its targets.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TargetGroup {
    /// `ip`, `instance`, `lambda` or `alb`, in ELBv2's word.
    pub target_type: String,
    /// `TCP`, `TLS`, `UDP`, …, in ELBv2's word.
    pub protocol: String,
    /// The family of its targets.
    pub family: Family,
    /// Its VPC.
    pub vpc: Option<String>,
    /// Whether any load balancer forwards to it.
    pub in_use: bool,
}

impl TargetGroup {
    /// Whether a database can stand behind this group, or why it cannot, with the remedy.
    pub fn check(&self) -> Result<(), String> {
        if self.target_type != "ip" {
            return Err(format!(
                "its target type is `{}`, and an address can be registered only in a group of type \
                 `ip`: create the group anew with `--target-type ip`",
                self.target_type
            ));
        }
        if !matches!(self.protocol.as_str(), "TCP" | "TLS" | "TCP_UDP") {
            return Err(format!(
                "its protocol is `{}`, and a database needs TCP: create the group anew with \
                 `--protocol TCP`",
                self.protocol
            ));
        }
        Ok(())
    }
}

/// The ARN of a target group.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TargetGroupArn {
    text: String,
    region: String,
    account: String,
}

impl TargetGroupArn {
    /// The whole ARN.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The group's own name, which no other group of the Region and account has.
    pub fn name(&self) -> &str {
        self.text.split('/').nth(1).unwrap_or(&self.text)
    }

    /// The Region in it.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The account in it.
    pub fn account(&self) -> &str {
        &self.account
    }
}

impl fmt::Display for TargetGroupArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for TargetGroupArn {
    type Err = ArnError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse = || ArnError(text.chars().take(200).collect());
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let [arn, partition, service, region, account, resource] = parts.as_slice() else {
            return Err(refuse());
        };
        let group: Vec<&str> = resource.split('/').collect();
        let fits = *arn == "arn"
            && partition.starts_with("aws")
            && *service == "elasticloadbalancing"
            && !region.is_empty()
            && account.len() == 12
            && account.bytes().all(|b| b.is_ascii_digit())
            && matches!(group.as_slice(), ["targetgroup", name, id] if !name.is_empty() && !id.is_empty())
            && text.chars().all(|c| c.is_ascii_alphanumeric() || ":/-".contains(c));
        if !fits {
            return Err(refuse());
        }
        Ok(Self {
            text: text.to_owned(),
            region: (*region).to_owned(),
            account: (*account).to_owned(),
        })
    }
}

/// A text that is no ARN of a target group.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no ARN of a target group: it reads \
     `arn:aws:elasticloadbalancing:REGION:ACCOUNT:targetgroup/NAME/ID`, as `aws elbv2 \
     describe-target-groups` prints it"
)]
pub struct ArnError(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draining_target_is_absent_and_every_other_state_is_present() {
        for (word, present) in [
            ("initial", true),
            ("healthy", true),
            ("unhealthy", true),
            ("unhealthy.draining", true),
            ("unused", true),
            ("draining", false),
            ("unavailable", true),
            ("something-new", true),
        ] {
            let state = TargetState::from(word);
            assert_eq!(state.as_str(), word);
            let target = Target {
                address: "10.0.0.1:5432".parse().expect("address"),
                zone: None,
                state,
                reason: None,
            };
            assert_eq!(target.is_present(), present, "{word}");
        }
    }

    #[test]
    fn an_arn_of_anything_but_a_target_group_is_refused() {
        let good = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/orders/0123456789abcdef";
        let arn: TargetGroupArn = good.parse().expect(good);
        assert_eq!(
            (arn.name(), arn.region(), arn.account()),
            ("orders", "eu-west-1", "111122223333")
        );
        for bad in [
            "",
            "orders",
            "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/net/orders/0123456789abcdef",
            "arn:aws:elasticloadbalancing:eu-west-1:1111:targetgroup/orders/0123456789abcdef",
            "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/orders",
            "arn:aws:rds:eu-west-1:111122223333:db:orders",
        ] {
            assert!(bad.parse::<TargetGroupArn>().is_err(), "{bad}");
        }
    }
}
