//! A person's word that DNS is right about a cluster's writer.

use std::time::Duration;

use jiff::Timestamp;

use crate::source::Identifier;

/// The longest that a person's word may hold. It must outlast a run, and not the person's
/// attention.
pub const LONGEST_TRUST: Duration = Duration::from_secs(600);

/// A person's word that DNS is right about a cluster's writer, for the time in which the RDS API
/// cannot be read. It holds for the one binding that the trigger asks for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Trust {
    /// The member that the person names.
    pub writer: Identifier,
    /// When it ends.
    pub expires: Timestamp,
}

impl Trust {
    /// How much of it is left at `now`: nothing when it has expired, and never more than
    /// [`LONGEST_TRUST`].
    pub fn left(&self, now: Timestamp) -> Duration {
        let left = Duration::try_from(self.expires.duration_since(now)).unwrap_or_default();
        left.min(LONGEST_TRUST)
    }
}
