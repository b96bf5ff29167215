//! What a plan leaves alone and why.
//!
//! [`Hold::meaning`] is one table: each hold's reason code, how the binding ends, and how long the
//! run keeps looking. A new hold is a variant, a row there, and its sentences in `hold/text.rs`.

mod text;

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::VoidTrust;
use crate::evidence::{MemberAt, Unknown};
use crate::keep_looking::KeepLooking;
use crate::standby::{Proof, Unsafe};
use crate::target::TargetState;

/// Something that was left alone.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Hold {
    /// A key says nothing.
    Unknown(Unknown),
    /// The keys name different writers.
    KeysDisagree {
        /// What the RDS API says.
        topology: MemberAt,
        /// What DNS says.
        dns: MemberAt,
        /// The keys have changed in this run after an event, so this may pass.
        moving: bool,
    },
    /// RDS cannot be read, and DNS has not named this member for long enough to register it.
    DnsAloneWaits {
        /// Whom DNS names.
        dns: MemberAt,
        /// How long it must go on to do so.
        left: Duration,
    },
    /// RDS cannot be read, and this member, which DNS names, has a target.
    OnDnsAlone(MemberAt),
    /// RDS cannot be read, a person vouches for DNS, and DNS has not stayed for long enough.
    TrustWaits {
        /// Whom both name.
        dns: MemberAt,
        /// How long DNS has done so.
        steady: Duration,
        /// How long it must.
        settle: Duration,
    },
    /// RDS cannot be read, and DNS's word was taken because a person vouches for it.
    OnTrust(MemberAt),
    /// A person's trust in DNS does not count.
    TrustVoid(VoidTrust),
    /// Neither the binding nor RDS says which port the database listens on.
    NoPort,
    /// The binding says another port than the one that RDS reports.
    PortDiffers {
        /// What the binding says.
        written: u16,
        /// What RDS says.
        reported: u16,
    },
    /// DNS has not given the same answer for long enough to register what it gives.
    Unsteady(Duration),
    /// A name keeps giving different addresses, none of them for long enough to register them.
    Rotates(Duration),
    /// The agreement has not lasted for long enough to remove anything.
    Settling(Duration),
    /// Readings have not shown the agreed target healthy for long enough to remove another.
    SeenBriefly(SocketAddr),
    /// The load balancer is still registering a target.
    Initial(SocketAddr),
    /// The agreed target is not healthy, so nothing else is removed.
    NotHealthy(SocketAddr, TargetState),
    /// The agreed target gets no traffic: its zone is not enabled on the load balancer.
    ZoneNotEnabled(SocketAddr),
    /// No load balancer forwards to the group.
    GroupNotInUse,
    /// Half of a set was removed in this round, which is the most for one round.
    HalfPerRound,
    /// Caches may keep the name's answers for so long that no run can wait until an address is gone
    /// from all of them.
    CachedForLong(Duration),
    /// More targets would be removed than the binding allows.
    TooManyRemovals {
        /// How many would be.
        count: usize,
        /// How many may be.
        most: usize,
    },
    /// A target that does not belong to this binding: it is on another port, or outside its
    /// `allow`.
    Foreign(SocketAddr),
    /// The binding is warm, and the standby's address is not registered.
    Standby(StandbyRemark),
    /// A target at the database's own address, on a port that RDS does not report.
    FormerPort {
        /// The target.
        target: SocketAddr,
        /// The port that RDS reports.
        port: u16,
    },
}

/// Why a warm binding's standby is not registered.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum StandbyRemark {
    /// No interface is the standby's.
    NotFound(Proof),
    /// Several interfaces may be.
    Ambiguous(Proof),
    /// What proves it could not be read.
    Unproven(Proof),
    /// The instance cannot have a warm standby.
    Refused(Proof),
    /// The proven address has taken connections beside the writer.
    TakesConnections(IpAddr),
    /// The proven address is outside the binding's `allow`.
    NotAllowed(IpAddr),
    /// The group cannot hold a target that refuses TCP without harm.
    Unsafe(BTreeSet<Unsafe>),
}

impl StandbyRemark {
    /// The kebab-case word for reports and metrics.
    pub fn word(&self) -> &'static str {
        match self {
            Self::NotFound(_) => "standby-not-found",
            Self::Ambiguous(_) => "standby-ambiguous",
            Self::Unproven(_) => "standby-unproven",
            Self::Refused(_) | Self::TakesConnections(_) | Self::NotAllowed(_) => "standby-refused",
            Self::Unsafe(_) => "standby-unsafe",
        }
    }
}

/// How much a hold weighs in how the binding ends; a plan's heaviest hold decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Weight {
    /// It is reported, and decides nothing.
    Remark,
    /// It passes by itself: the binding is `waiting`.
    Waits,
    /// There is nothing to follow: the binding is `idle`.
    Idles,
    /// An operator should look: the binding is `held`, which is not ok.
    Holds,
}

/// What a hold means: one row of the table in [`Hold::meaning`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HoldMeaning {
    /// The kebab-case reason code.
    pub(crate) word: &'static str,
    /// How the binding ends.
    pub(crate) weight: Weight,
    /// How long to look again for it to pass, in a run that may write.
    pub(crate) look: KeepLooking,
}

impl Hold {
    /// The table of holds: everything that a run asks of one but its sentences (`hold/text.rs`).
    pub(crate) fn meaning(&self) -> HoldMeaning {
        use KeepLooking::{DnsAloneTime, RemovalTime, SweepTime, UntilEventEnds, UntilFailover};
        use Weight::{Holds, Remark, Waits};
        let row = |word, weight, look| HoldMeaning { word, weight, look };
        match self {
            Self::Unknown(unknown) => unknown_meaning(unknown),
            // While a failover goes on, the keys change at different moments.
            Self::KeysDisagree { moving: true, .. } => row("keys-disagree", Waits, SweepTime),
            // If no event explains it, a private zone or a stale resolver may be the cause.
            Self::KeysDisagree { moving: false, .. } => row("keys-disagree", Holds, SweepTime),
            // Beside the reason why RDS cannot be read, which decides how the binding ends.
            Self::DnsAloneWaits { .. } => row("dns-alone-waits", Remark, DnsAloneTime),
            Self::OnDnsAlone(_) => row("on-dns-alone", Remark, UntilFailover),
            // Not `Waits`: nobody looks again for it when the run is over.
            Self::TrustWaits { .. } => row("trust-waits", Holds, DnsAloneTime),
            Self::OnTrust(_) => row("on-trust", Remark, UntilFailover),
            Self::TrustVoid(void) => {
                let (word, weight, look) = void.meaning();
                row(word, weight, look)
            }
            // Only a change of the configuration or of the load balancer ends these.
            Self::NoPort => row("no-port", Holds, UntilEventEnds),
            Self::PortDiffers { .. } => row("port-differs", Holds, UntilEventEnds),
            Self::ZoneNotEnabled(_) => row("target-zone-not-enabled", Holds, UntilEventEnds),
            Self::GroupNotInUse => row("group-not-in-use", Holds, UntilEventEnds),
            Self::TooManyRemovals { .. } => row("too-many-removals", Holds, UntilEventEnds),
            Self::CachedForLong(_) => row("cached-for-long", Holds, UntilEventEnds),
            // Time ends these.
            Self::Unsteady(_) => row("dns-unsteady", Waits, RemovalTime),
            Self::Settling(_) => row("settling", Waits, RemovalTime),
            Self::SeenBriefly(_) => row("seen-briefly", Waits, RemovalTime),
            Self::Initial(_) => row("target-initial", Waits, RemovalTime),
            Self::HalfPerRound => row("half-a-round", Waits, RemovalTime),
            // Time ends it only if the name stops rotating, so an operator should look too.
            Self::Rotates(_) => row("dns-rotates", Holds, RemovalTime),
            // Nothing says when this passes, if it does. So it gets no more than a sweep's time.
            Self::NotHealthy(..) => row("target-not-healthy", Holds, SweepTime),
            // These keep nothing else from being done, and only an operator can end them.
            Self::FormerPort { .. } => row("former-port", Holds, UntilFailover),
            Self::Foreign(_) => row("foreign-target", Remark, UntilFailover),
            // The writer is followed all the same.
            Self::Standby(remark) => row(remark.word(), Remark, UntilFailover),
        }
    }

    /// How much it weighs in how the binding ends.
    pub fn weight(&self) -> Weight {
        self.meaning().weight
    }

    /// The kebab-case word for reports and metrics.
    pub fn word(&self) -> &'static str {
        self.meaning().word
    }
}

/// The rows of the holds that are there because a key says nothing.
fn unknown_meaning(unknown: &Unknown) -> HoldMeaning {
    use KeepLooking::{Stop, SweepTime, UntilEventEnds, UntilFailover};
    let (weight, look) = match unknown {
        // There is nothing to follow for the time being, and nothing is wrong.
        Unknown::Idle { .. } | Unknown::Secondary(_) | Unknown::NoReader(_) => {
            (Weight::Idles, UntilFailover)
        }
        // Only a change of the configuration, the database or a permission ends these.
        Unknown::InstanceOfCluster { .. } | Unknown::NoSharedFamily { .. } => (Weight::Holds, Stop),
        Unknown::Call(error) if !error.is_retryable() => (Weight::Holds, Stop),
        // The same, but a list of which a page was lost lacks a source that exists. So the binding
        // is watched for as long as its event has patience.
        Unknown::SourceNotFound(_)
        | Unknown::Misnamed(_)
        | Unknown::OtherEngine { .. }
        | Unknown::NoInstances { .. }
        | Unknown::OutsideVpc(_) => (Weight::Holds, UntilEventEnds),
        // The next reading may say more.
        Unknown::Call(_)
        | Unknown::NoWriter(_)
        | Unknown::SeveralWriters(_)
        | Unknown::NoEndpoint(_)
        | Unknown::Lookup(..)
        | Unknown::SeveralAddresses(_)
        | Unknown::NotAMember(..)
        | Unknown::NoAlias(_)
        | Unknown::SharedAddress(..)
        | Unknown::Guarded(..) => (Weight::Holds, SweepTime),
    };
    HoldMeaning { word: unknown.word(), weight, look }
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
        assert_eq!(hold.meaning().look, KeepLooking::Stop);
        let remedy = hold.remedy().expect("there is something to do");
        assert!(remedy.contains("--network-type DUAL") && remedy.contains("ipv4"), "{remedy}");
    }
}
