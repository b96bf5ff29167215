//! What a plan leaves alone, in words for machines and sentences for people.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use crate::evidence::{MemberAt, Unknown};
use crate::target::TargetState;
use crate::topology::Form;

/// Something that was left alone.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Hold {
    /// A key says nothing.
    Unknown(Unknown),
    /// The keys name different ones.
    KeysDisagree {
        /// What the RDS API says.
        topology: MemberAt,
        /// What DNS says.
        dns: MemberAt,
        /// The keys have changed in this run, so that this may pass.
        moving: bool,
    },
    /// Neither the binding nor RDS says which port.
    NoPort,
    /// The binding says another port than RDS.
    PortDiffers {
        /// What the binding says.
        written: u16,
        /// What RDS says.
        reported: u16,
    },
    /// DNS has not given one address for long enough.
    Unsteady(Duration),
    /// A name gives other addresses again and again, none of its answers for long enough.
    Rotates(Duration),
    /// The agreement has not lasted for long enough.
    Settling(Duration),
    /// The agreed target has not been read as healthy for long enough.
    SeenBriefly(SocketAddr),
    /// A target is still being registered.
    Initial(SocketAddr),
    /// The agreed target is not healthy, so nothing else is removed.
    NotHealthy(SocketAddr, TargetState),
    /// The agreed target gets no traffic: the load balancer lacks its zone.
    ZoneNotEnabled(SocketAddr),
    /// No load balancer forwards to the group.
    GroupNotInUse,
    /// Half of a set was removed in this round.
    HalfPerRound,
    /// The name's answers may be cached for so long that no run can wait until an address is gone
    /// from them for good.
    CachedForLong(Duration),
    /// More targets would be removed than the binding allows.
    TooManyRemovals {
        /// How many would be.
        count: usize,
        /// How many may be.
        most: usize,
    },
    /// A target that is not this binding's: another port, or outside its `allow`.
    Foreign(SocketAddr),
    /// A target at the database's own address, on a port that RDS does not report.
    FormerPort {
        /// The target.
        target: SocketAddr,
        /// The port that RDS reports.
        port: u16,
    },
}

/// What a hold means for how the binding ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Weight {
    /// It is only reported.
    Remark,
    /// It passes by itself.
    Waits,
    /// There is nothing to follow.
    Idles,
    /// Somebody should look.
    Holds,
}

impl Hold {
    /// What it means for how the binding ends.
    pub fn weight(&self) -> Weight {
        match self {
            Self::Foreign(_) => Weight::Remark,
            Self::Unsteady(_)
            | Self::Settling(_)
            | Self::SeenBriefly(_)
            | Self::Initial(_)
            | Self::HalfPerRound => Weight::Waits,
            Self::KeysDisagree { moving: true, .. } => Weight::Waits,
            Self::Unknown(Unknown::Idle { .. } | Unknown::Secondary(_) | Unknown::NoReader(_)) => {
                Weight::Idles
            }
            Self::Unknown(_)
            | Self::KeysDisagree { moving: false, .. }
            | Self::NoPort
            | Self::PortDiffers { .. }
            | Self::FormerPort { .. }
            | Self::NotHealthy(..)
            | Self::ZoneNotEnabled(_)
            | Self::GroupNotInUse
            | Self::Rotates(_)
            | Self::CachedForLong(_)
            | Self::TooManyRemovals { .. } => Weight::Holds,
        }
    }

    /// Whether a removal waits behind it that needs more time than a sweep has.
    pub fn is_pending_removal(&self) -> bool {
        matches!(
            self,
            Self::Unsteady(_)
                | Self::Rotates(_)
                | Self::Settling(_)
                | Self::SeenBriefly(_)
                | Self::Initial(_)
                | Self::HalfPerRound
        )
    }

    /// Whether nothing can be done before somebody changes the configuration, the database or a
    /// permission.
    pub fn is_hopeless(&self) -> bool {
        match self {
            Self::Unknown(Unknown::InstanceOfCluster { .. } | Unknown::NoSharedFamily { .. }) => {
                true
            }
            Self::Unknown(Unknown::Call(error)) => !error.is_retryable(),
            _ => false,
        }
    }

    /// Whether another look in a moment would find the same.
    pub fn is_lasting(&self) -> bool {
        // A list of which a page was lost lacks a source that is there, so an event goes on being
        // watched.
        let missing = matches!(
            self,
            Self::Unknown(
                Unknown::SourceNotFound(_)
                    | Unknown::Misnamed(_)
                    | Unknown::OtherEngine { .. }
                    | Unknown::NoInstances { .. }
                    | Unknown::OutsideVpc(_)
            )
        );
        let others = [Self::NoPort, Self::GroupNotInUse].contains(self);
        missing
            || others
            || self.is_hopeless()
            || matches!(
                self,
                Self::ZoneNotEnabled(_)
                    | Self::CachedForLong(_)
                    | Self::TooManyRemovals { .. }
                    | Self::PortDiffers { .. }
            )
    }

    /// The kebab-case word for reports and metrics.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Unknown(unknown) => unknown.word(),
            Self::KeysDisagree { .. } => "keys-disagree",
            Self::NoPort => "no-port",
            Self::PortDiffers { .. } => "port-differs",
            Self::FormerPort { .. } => "former-port",
            Self::Unsteady(_) => "dns-unsteady",
            Self::Rotates(_) => "dns-rotates",
            Self::Settling(_) => "settling",
            Self::SeenBriefly(_) => "seen-briefly",
            Self::Initial(_) => "target-initial",
            Self::NotHealthy(..) => "target-not-healthy",
            Self::ZoneNotEnabled(_) => "target-zone-not-enabled",
            Self::GroupNotInUse => "group-not-in-use",
            Self::TooManyRemovals { .. } => "too-many-removals",
            Self::HalfPerRound => "half-a-round",
            Self::CachedForLong(_) => "cached-for-long",
            Self::Foreign(_) => "foreign-target",
        }
    }

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
                "Follow a cluster that has its instances in a VPC: this one can be reached through \
                 its internet access gateway only."
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
                    "Deregister {target} by hand, or set `exclusive = true`; see that the listener \
                     and the group's health check do not name port {} either. If the database \
                     listens there beside {port}, write `port-differs = \"allowed\"`.",
                    target.port()
                ));
            }
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
                "Give the name answers that stay the same, or follow what is behind it by another \
                 source."
            }
            Self::CachedForLong(_) => {
                "Lower the name's time to live to 90 s or less, or deregister the targets that it \
                 gives no longer by hand."
            }
            Self::Foreign(_) => {
                "If no other system owns it, deregister it by hand, or set `exclusive = true`."
            }
            Self::KeysDisagree { moving: false, .. } => {
                "Compare `aws rds describe-db-clusters` with `dig` on the endpoint: a shadowing \
                 private zone or a stale resolver keeps them apart."
            }
            Self::Unknown(_)
            | Self::KeysDisagree { .. }
            | Self::Unsteady(_)
            | Self::Settling(_)
            | Self::SeenBriefly(_)
            | Self::HalfPerRound
            | Self::Initial(_) => return None,
        };
        Some(text.to_owned())
    }
}

impl fmt::Display for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(unknown) => write!(f, "{unknown}"),
            Self::KeysDisagree { topology, dns, .. } => write!(
                f,
                "RDS names {} at {} and DNS names {} at {}: nothing is removed until they agree",
                topology.member, topology.address, dns.member, dns.address
            ),
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
                 reports {port}): it serves nobody unless the database listens there too, and it \
                 was left alone"
            ),
            Self::Unsteady(left) => write!(
                f,
                "DNS must give the same answer for {} more before anything is registered",
                seconds(*left)
            ),
            Self::Rotates(left) => write!(
                f,
                "the name gives other addresses again and again, and one answer would have to stay \
                 for {} more before anything is registered",
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
                "{address} is where the name points, and its target is `{state}`: nothing else is \
                 removed"
            ),
            Self::ZoneNotEnabled(address) => write!(
                f,
                "{address} is registered and gets no traffic (`unused`): the load balancer lacks \
                 its zone"
            ),
            Self::GroupNotInUse => {
                f.write_str("no load balancer forwards to the target group (`unused`)")
            }
            Self::HalfPerRound => f.write_str(
                "half of the targets left in this round: the next may leave in the next",
            ),
            Self::CachedForLong(needed) => write!(
                f,
                "the name's answers may be cached for so long that an address would have to be \
                 gone from them for {}, and no run can wait for that: nothing is removed",
                seconds(*needed)
            ),
            Self::TooManyRemovals { count, most } => {
                write!(f, "{count} targets would be removed and `max-removals` is {most}: none is")
            }
            Self::Foreign(address) => write!(
                f,
                "{address} is on another port or outside the binding's `allow`, and was left alone"
            ),
        }
    }
}

fn seconds(duration: Duration) -> String {
    format!("{} s", duration.as_secs_f64().ceil())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::Family;
    use crate::topology::Network;

    #[test]
    fn a_family_that_is_not_shared_is_held_and_not_watched_and_names_both_ways_out() {
        let hold = Hold::Unknown(Unknown::NoSharedFamily {
            instance: "orders-1".parse().expect("id"),
            network: Network::Ipv4,
            family: Family::V6,
        });
        assert_eq!((hold.weight(), hold.word()), (Weight::Holds, "no-shared-family"));
        assert!(hold.is_hopeless() && hold.is_lasting());
        let remedy = hold.remedy().expect("there is something to do");
        assert!(remedy.contains("--network-type DUAL") && remedy.contains("ipv4"), "{remedy}");
    }
}
