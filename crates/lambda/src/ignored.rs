//! A type for those parts of an event that the types of `aws_lambda_events` need not copy.

use serde::de::{Deserialize, Deserializer, IgnoredAny};
use serde::ser::{Serialize, Serializer};

/// Takes the place of a part that can be as large as the payload. The part is read from the payload
/// itself, so that it is not in memory twice.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct IgnoredPart;

impl<'de> Deserialize<'de> for IgnoredPart {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

/// The types of `aws_lambda_events` require it.
impl Serialize for IgnoredPart {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit()
    }
}
