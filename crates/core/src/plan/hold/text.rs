//! A hold in sentences: what was found and left alone, and what the operator can do about it.

use std::fmt;
use std::time::Duration;

use super::{Hold, StandbyRemark};
use crate::evidence::Unknown;
use crate::standby::{Missing, Proof};
use crate::topology::Form;

impl fmt::Display for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(unknown) => write!(f, "{unknown}"),
            Self::KeysDisagree { topology, dns, .. } => write!(
                f,
                "RDS names {} at {} and DNS names {} at {}: nothing is removed until they agree",
                topology.member, topology.address, dns.member, dns.address
            ),
            Self::DnsAloneWaits { dns, left } => write!(
                f,
                "RDS cannot be read, and DNS names {} at {} as the writer: it must go on to do so \
                 for {} more before that target is registered on DNS alone",
                dns.member,
                dns.address,
                seconds(*left)
            ),
            Self::OnDnsAlone(dns) => write!(
                f,
                "{} at {} is a target on DNS alone, because RDS cannot be read: the others stay, \
                 and a run that can read RDS again and finds it the writer removes them",
                dns.member, dns.address
            ),
            Self::TrustWaits { dns, steady, settle } => write!(
                f,
                "RDS cannot be read, and DNS has named {} at {}, which `writer` names too, for {} \
                 of {} s: nothing is done on `trust` before it has done so for all of them",
                dns.member,
                dns.address,
                steady.as_secs(),
                settle.as_secs_f64().ceil()
            ),
            Self::OnTrust(dns) => write!(
                f,
                "RDS cannot be read: {} at {} was taken for the writer because DNS and the call's \
                 `trust` name it",
                dns.member, dns.address
            ),
            Self::TrustVoid(void) => write!(f, "{void}"),
            Self::NoPort => {
                f.write_str("neither the binding nor RDS says which port the database listens on")
            }
            Self::PortDiffers { written, reported } => write!(
                f,
                "the binding says port {written} and RDS says that the database listens on \
                 {reported}: nothing is written"
            ),
            Self::FormerPort { target, port } => write!(
                f,
                "{target} is the database's own address, on a port that RDS does not report (it \
                 reports {port}): unless the database listens there too, the target reaches \
                 nothing, and it was left alone"
            ),
            Self::Unsteady(left) => write!(
                f,
                "DNS must give the same answer for {} more before anything is registered",
                seconds(*left)
            ),
            Self::Rotates(left) => write!(
                f,
                "the name keeps giving different addresses, and one answer must last for {} more \
                 before anything is registered",
                seconds(*left)
            ),
            Self::Settling(left) => write!(
                f,
                "the agreement must last for {} more before anything is removed",
                seconds(*left)
            ),
            Self::SeenBriefly(address) => {
                write!(f, "{address} has not been read as healthy for long enough to rely on it")
            }
            Self::Initial(address) => {
                write!(f, "{address} is still being registered by the load balancer (`initial`)")
            }
            Self::NotHealthy(address, state) => write!(
                f,
                "{address} is the agreed address, and its target is `{state}`: nothing else is \
                 removed"
            ),
            Self::ZoneNotEnabled(address) => write!(
                f,
                "{address} is registered and gets no traffic (`unused`): its zone is not enabled \
                 on the load balancer"
            ),
            Self::GroupNotInUse => {
                f.write_str("no load balancer forwards to the target group (`unused`)")
            }
            Self::HalfPerRound => f.write_str(
                "half of the targets were removed in this round: the next round may remove more",
            ),
            Self::CachedForLong(needed) => write!(
                f,
                "caches may keep the name's answers for so long that an address must be absent \
                 from them for {} before it is removed: no run can wait for that, and nothing is \
                 removed",
                seconds(*needed)
            ),
            Self::TooManyRemovals { count, most } => write!(
                f,
                "{count} targets would be removed and `max-removals` is {most}: nothing is removed"
            ),
            Self::Standby(remark) => write!(f, "{remark}"),
            Self::Foreign(address) => write!(
                f,
                "{address} is on another port or outside the binding's `allow`, and was left alone"
            ),
        }
    }
}

impl Hold {
    /// What the operator can do, where there is something to do.
    pub fn remedy(&self) -> Option<String> {
        let text = match self {
            Self::Unknown(Unknown::Call(error)) => return Some(error.remedy()),
            Self::Unknown(Unknown::SourceNotFound(_)) => {
                "Check the source's name, the Region and the account. After a rename, write the \
                 new name."
            }
            Self::Unknown(Unknown::Lookup(..)) => {
                "Check that the configured DNS servers answer for the name from where this runs."
            }
            Self::Unknown(Unknown::NoSharedFamily { .. }) => {
                "Modify the database to dual-stack (`--network-type DUAL`; its subnets need IPv6 \
                 ranges), or follow it with a target group of the IP address type ipv4. Nothing is \
                 written meanwhile."
            }
            Self::Unknown(Unknown::Guarded(..)) => {
                "If this is the database, widen the binding's `allow` to its subnets. A public \
                 address means that the name was resolved outside the VPC."
            }
            Self::Unknown(Unknown::Misnamed(wrong_name)) => {
                return Some(format!("Change the binding's `source` to `{}`.", wrong_name.write));
            }
            Self::Unknown(Unknown::OtherEngine { .. }) => {
                "Change the binding's `source` to the endpoint's name, and write its `port`. It is \
                 then followed by DNS alone, without events."
            }
            Self::Unknown(Unknown::NoInstances { form: Form::Instances, .. }) => {
                "Create an instance in the cluster, or follow another one. The next sweep finds it."
            }
            Self::Unknown(Unknown::NoInstances { .. }) => {
                "Change the binding's `source` to the endpoint's name, and write its `port`. It is \
                 then followed by DNS alone, without events."
            }
            Self::Unknown(Unknown::OutsideVpc(_)) => {
                "Follow a cluster whose instances are in a VPC: this one can be reached only \
                 through its internet access gateway."
            }
            Self::PortDiffers { written, reported } => {
                return Some(format!(
                    "Write `port = {reported}`, or leave `port` out. If the database listens on \
                     {written} too, and is to be published there, write `port-differs = \
                     \"allowed\"`. Nothing is written meanwhile."
                ));
            }
            Self::FormerPort { target, port } => {
                return Some(format!(
                    "Deregister {target} by hand, or set `exclusive = true`; check that the \
                     listener and the group's health check do not name port {} either. If the \
                     database listens on that port as well as on {port}, write `port-differs = \
                     \"allowed\"`.",
                    target.port()
                ));
            }
            Self::TrustVoid(void) => return void.remedy().map(str::to_owned),
            Self::Standby(remark) => return Some(remark.remedy()),
            Self::NoPort => "Write `port` in the binding.",
            Self::NotHealthy(..) => {
                "Check the database's security group and the group's health check. Nothing is \
                 removed until the agreed target is healthy."
            }
            Self::ZoneNotEnabled(_) => {
                "Enable the target's zone on the load balancer, or turn on cross-zone load \
                 balancing and check the zone mapping."
            }
            Self::GroupNotInUse => "Let a listener forward to the group.",
            Self::TooManyRemovals { .. } => {
                "Look at the group's targets. If they are all stale, raise `max-removals` for one \
                 run."
            }
            Self::Rotates(_) => {
                "Give the name stable answers, or follow the database behind it by another source."
            }
            Self::CachedForLong(_) => {
                "Lower the name's time to live to 90 s or less, or deregister by hand the targets \
                 that it no longer gives."
            }
            Self::Foreign(_) => {
                "If no other system owns the target, deregister it by hand, or set `exclusive = \
                 true`."
            }
            Self::KeysDisagree { moving: false, .. } => {
                "Compare `aws rds describe-db-clusters` with `dig` on the endpoint: a private zone \
                 that shadows the name, or a stale resolver, makes them differ."
            }
            // Most of these pass by themselves, or their sentence says what to look for.
            Self::Unknown(_)
            | Self::KeysDisagree { .. }
            | Self::DnsAloneWaits { .. }
            | Self::OnDnsAlone(_)
            | Self::TrustWaits { .. }
            | Self::OnTrust(_)
            | Self::Unsteady(_)
            | Self::Settling(_)
            | Self::SeenBriefly(_)
            | Self::HalfPerRound
            | Self::Initial(_) => return None,
        };
        Some(text.to_owned())
    }
}

impl fmt::Display for StandbyRemark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const COLD: &str = "only the writer's address is registered";
        match self {
            Self::NotFound(proof)
            | Self::Ambiguous(proof)
            | Self::Unproven(proof)
            | Self::Refused(proof) => write!(f, "{proof}: no standby is added"),
            Self::TakesConnections(address) => write!(
                f,
                "{address} has taken connections beside the writer, as no standby does: {COLD}"
            ),
            Self::NotAllowed(address) => write!(
                f,
                "the standby is at {address}, which is outside the binding's `allow`: {COLD}"
            ),
            Self::Unsafe(found) => {
                f.write_str("the group cannot hold a standby: ")?;
                for (index, why) in found.iter().enumerate() {
                    write!(f, "{}{why}", if index == 0 { "" } else { "; " })?;
                }
                Ok(())
            }
        }
    }
}

impl StandbyRemark {
    fn remedy(&self) -> String {
        match self {
            Self::Unproven(Proof::Unproven(error)) => return error.remedy(),
            Self::NotFound(Proof::NotFound(Missing::Writer(_))) => {
                "Compare the instance's subnets, zones and security groups with `aws ec2 \
                 describe-network-interfaces --filters \
                 Name=description,Values=RDSNetworkInterface`. While RDS changes one of them, this \
                 passes."
            }
            Self::NotFound(_) => {
                "While RDS builds or replaces the standby, this passes. If it stays, write \
                 `standby = \"cold\"`, and tell the project what `aws ec2 \
                 describe-network-interfaces` shows."
            }
            Self::Ambiguous(_) => "Give the instance a security group that no other instance has.",
            Self::Refused(_) | Self::TakesConnections(_) => {
                "Write `standby = \"cold\"` if this is to stay."
            }
            Self::NotAllowed(_) => "Add the standby's subnet to the binding's `allow`.",
            Self::Unsafe(_) => "Set the attributes that the sentence names.",
            Self::Unproven(_) => "The next sweep reads them again.",
        }
        .to_owned()
    }
}

fn seconds(duration: Duration) -> String {
    // Rounded up, because "0 s more" would read as if nothing were missing.
    format!("{} s", duration.as_secs_f64().ceil())
}
