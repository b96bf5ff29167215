//! A person's trust in DNS, during one run.

use std::time::Duration;

use crate::evidence::{Evidence, Unknown};
use crate::plan::{TrustInDns, VoidTrust};
use crate::source::Identifier;

/// A person's trust in DNS, as far as it has come in this run.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct RunTrust {
    /// The member that the person names.
    writer: Identifier,
    /// What is left of its time.
    left: Duration,
    /// The RDS API was read in this run. From then on it decides, and not the person.
    rds_was_read: bool,
}

impl RunTrust {
    pub(super) fn new(writer: Identifier, left: Duration) -> Self {
        Self { writer, left, rds_was_read: false }
    }

    /// Lets time pass.
    pub(super) fn advance(&mut self, passed: Duration) {
        self.left = self.left.saturating_sub(passed);
    }

    /// The RDS API was read, whatever it said.
    pub(super) fn reads_rds(&mut self) {
        self.rds_was_read = true;
    }

    /// What it comes to beside this evidence.
    pub(super) fn beside(&self, evidence: &Evidence) -> TrustInDns {
        TrustInDns::Void(match evidence {
            _ if self.rds_was_read => VoidTrust::RdsWasRead,
            _ if self.left.is_zero() => VoidTrust::Expired,
            Evidence::Cluster { topology: Err(Unknown::Call(_)), dns } => match dns {
                Ok(dns) if dns.member == self.writer => return TrustInDns::Counts,
                Ok(dns) => VoidTrust::OtherWriter { dns: dns.clone(), writer: self.writer.clone() },
                Err(Unknown::Call(_)) => VoidTrust::NamesUnknown,
                Err(unknown) => VoidTrust::DnsUnknown(unknown.clone()),
            },
            // Only a reading of the RDS API leads to other evidence of a cluster.
            _ => VoidTrust::RdsWasRead,
        })
    }
}
