//! The Region that the clients call.

use writerlink_core::failure::{CallError, Failure, Rejection};

/// The clients' own Region. An ARN of another Region is refused before any call, because in the
/// wrong Region the service would answer "not found" for something that exists.
#[derive(Debug, Clone)]
pub(crate) struct Home(String);

impl Home {
    pub(crate) fn new(region: impl Into<String>) -> Self {
        Self(region.into())
    }

    pub(crate) fn name(&self) -> &str {
        &self.0
    }

    /// Refuses `arn` unless it is of this Region.
    pub(crate) fn admits_arn(&self, call: &'static str, arn: &str) -> Result<(), CallError> {
        self.admits(call, arn, arn.split(':').nth(3).unwrap_or_default())
    }

    /// Refuses `arn`, which is in `region`, unless that is this Region.
    pub(crate) fn admits(
        &self,
        call: &'static str,
        arn: &str,
        region: &str,
    ) -> Result<(), CallError> {
        if region == self.0 {
            return Ok(());
        }
        let detail = format!("{arn} is in Region {region}, and the clients call {}", self.0);
        Err(CallError::new(call, Failure::Rejected(Rejection::Invalid), detail))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_of_another_region_is_refused_and_both_regions_are_named() {
        let home = Home::new("eu-west-1");
        assert_eq!(home.admits("a:B", "arn:x", "eu-west-1"), Ok(()));
        let error = home.admits("a:B", "arn:x", "us-east-1").expect_err("another Region");
        assert_eq!(error.failure, Failure::Rejected(Rejection::Invalid));
        assert!(
            error.detail.contains("us-east-1") && error.detail.contains("eu-west-1"),
            "{error}"
        );
    }
}
