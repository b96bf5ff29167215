//! DNS names. A file of their own, because a [`Source`](crate::source::Source) can be one and the
//! [`topology`](crate::topology) holds many.

use std::fmt;
use std::str::FromStr;

/// A DNS name: lower case, no dot at the end.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HostName(String);

impl HostName {
    /// The name as text, without a dot at the end.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for HostName {
    type Err = HostNameError;

    /// Takes names of letters, digits, hyphens and underscores, at most 253 characters, labels of 1
    /// to 63 (RFC 1035; the underscore because DNS in the wild has it).
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
        let label = |label: &str| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        };
        if name.len() <= 253 && name.split('.').all(label) {
            Ok(Self(name))
        } else {
            Err(HostNameError(text.chars().take(80).collect()))
        }
    }
}

/// A text that is not a DNS name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a DNS name")]
pub struct HostNameError(String);
