//! A person's word in the place of the RDS API's.

use std::fmt;

use crate::evidence::{MemberAt, Unknown};
use crate::keep_looking::KeepLooking;
use crate::plan::Weight;
use crate::source::Identifier;

/// What a person's trust in DNS comes to in one look.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum TrustInDns {
    /// Nobody gave it.
    NotGiven,
    /// It counts: the RDS API cannot be read, and DNS names the member that the person names. The
    /// evidence of the look has DNS's word in the place of the RDS API's.
    Counts,
    /// It was given, and does not count.
    Void(VoidTrust),
}

/// Why a person's trust in DNS does not count.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum VoidTrust {
    /// The RDS API could be read in this run, so it decides.
    RdsWasRead,
    /// Its time is over.
    Expired,
    /// The process knows no names of the cluster's members, so DNS was not asked.
    NamesUnknown,
    /// DNS names another member.
    OtherWriter {
        /// Whom DNS names.
        dns: MemberAt,
        /// Whom the person names.
        writer: Identifier,
    },
    /// DNS names nobody.
    DnsUnknown(Unknown),
}

impl VoidTrust {
    /// The reason code, how the binding ends, and how long to look again.
    pub(super) fn meaning(&self) -> (&'static str, Weight, KeepLooking) {
        use KeepLooking::{Stop, SweepTime, UntilFailover};
        match self {
            // Both keys decide, as they do without it.
            Self::RdsWasRead => ("trust-not-needed", Weight::Remark, UntilFailover),
            Self::Expired => ("trust-expired", Weight::Holds, Stop),
            Self::NamesUnknown => ("trust-names-unknown", Weight::Holds, SweepTime),
            Self::OtherWriter { .. } => ("trust-other-writer", Weight::Holds, SweepTime),
            Self::DnsUnknown(_) => ("trust-dns-unknown", Weight::Holds, SweepTime),
        }
    }

    /// What the operator can do, where there is something to do.
    pub(super) fn remedy(&self) -> Option<&'static str> {
        match self {
            Self::RdsWasRead | Self::DnsUnknown(_) => None,
            Self::Expired => Some(
                "Check again who the writer is, and invoke the function with a new `expires`, at \
                 most ten minutes ahead.",
            ),
            Self::NamesUnknown => Some(
                "Read RDS once more: the next run that can read it knows the names. Until then, \
                 change the group by hand (`aws elbv2 register-targets`, then \
                 `deregister-targets`).",
            ),
            Self::OtherWriter { .. } => Some(
                "Check by a connection who the writer is. After a failover DNS goes back and forth \
                 for half a minute.",
            ),
        }
    }
}

impl fmt::Display for VoidTrust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RdsWasRead => {
                f.write_str("RDS could be read in this run, so `trust` does not count")
            }
            Self::Expired => f.write_str(
                "RDS cannot be read, and `trust` has expired: DNS alone removes nothing",
            ),
            Self::NamesUnknown => f.write_str(
                "RDS cannot be read, and `trust` does not count: what this process last read from \
                 RDS, if anything, gives no names of the cluster's members to ask DNS for",
            ),
            Self::OtherWriter { dns, writer } => write!(
                f,
                "RDS cannot be read, and `trust` does not count: DNS names {} at {}, not {writer}",
                dns.member, dns.address
            ),
            Self::DnsUnknown(unknown) => {
                write!(f, "RDS cannot be read, and `trust` does not count: {unknown}")
            }
        }
    }
}
