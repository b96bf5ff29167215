//! A target group and its targets, as ELBv2 reports them.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use serde::Serialize;

use crate::failure::bounded;
use crate::mechanism::Mechanism;

/// One target of a group. ELBv2 identifies a target by its address and port. The zone is kept so
/// that a deregistration names exactly what ELBv2 reported; it is never compared.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Target {
    /// Address and port.
    pub address: SocketAddr,
    /// The availability zone that ELBv2 reported, if it reported one.
    pub zone: Option<Zone>,
    /// Its health state.
    pub state: TargetState,
    /// Why it is in that state, if ELBv2 reported a reason.
    pub reason: Option<StateReason>,
}

/// Why ELBv2 says that a target is in its state (botocore elbv2 2015-12-01, `TargetHealth`).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StateReason {
    /// ELBv2's own code, such as `Target.FailedHealthChecks`.
    pub code: String,
    /// ELBv2's sentence, or an empty text if it gave none.
    pub description: String,
}

impl StateReason {
    /// A reason made of these texts, shortened and without control characters.
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
    /// Whether the target is registered and not draining. If a draining target counted as
    /// registered, a quick failback would leave the group without a target:
    ///
    /// 1. The writer moves from A to B. B is registered, A is deregistered and drains.
    /// 2. The writer moves back to A before the drain is over. A would count as registered, so it
    ///    would not be registered again, and B would be deregistered.
    /// 3. The drain of A ends. No target is left.
    ///
    /// A target in `unhealthy.draining` is still registered: it failed its health checks, its
    /// connections are terminated, and it returns when it passes them again (AWS docs: NLB target
    /// groups, "Connection termination for unhealthy targets").
    pub fn is_present(&self) -> bool {
        self.state != TargetState::Draining || !Mechanism::DrainingIsAbsent.is_on()
    }
}

/// The health states of ELBv2 (botocore elbv2 2015-12-01, `TargetHealthStateEnum`).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TargetState {
    /// Being registered, or its first health check is not complete.
    Initial,
    /// Receives traffic.
    Healthy,
    /// Fails its health checks.
    Unhealthy,
    /// Fails its health checks, and its connections are being terminated. It is still registered.
    UnhealthyDraining,
    /// Gets no traffic: the group has no listener, or the load balancer lacks the target's zone.
    Unused,
    /// Deregistered. Existing connections stay open until the deregistration delay is over.
    Draining,
    /// Health checks are not available.
    Unavailable,
    /// A state that ELBv2 did not have when this was written. It counts as present and not healthy.
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

/// A zone in ELBv2's notation: the name of an Availability Zone, or `all` for an address outside
/// the group's VPC (botocore elbv2 2015-12-01, `TargetDescription.AvailabilityZone`).
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
    /// `all` for an address outside the group's VPC. Without a zone, ELBv2 determines it.
    pub zone: Option<Zone>,
}

/// The address family of a group and of all its targets.
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

/// What the planner needs to know about a target group besides its targets.
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
    /// Whether a database's address can be a target of this group, or why not, with the remedy.
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

    /// The group's name, which is unique in its Region and account.
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
            && matches!(group.as_slice(), ["targetgroup", name, id]
                if !name.is_empty() && !id.is_empty())
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

/// A text that is not the ARN of a target group.
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
