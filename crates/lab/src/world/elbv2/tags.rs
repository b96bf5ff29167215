//! Tags on load balancers, listeners and target groups.

use std::collections::BTreeMap;

use super::refusal::{balancer_not_found, group_not_found, invalid, listener_not_found};
use crate::world::ApiError;
use crate::world::elbv2::Elbv2;

/// Tags by key.
pub type Tags = BTreeMap<String, String>;

/// ARNs that one DescribeTags may name (AWS docs, DescribeTags; botocore elbv2 2015-12-01).
const ARNS_PER_CALL: usize = 20;

/// Tags that a resource may have (AWS docs, "Tags for your Network Load Balancer").
const TAGS_PER_RESOURCE: usize = 50;

/// The refusal for a resource that is not there, after what its ARN says it is.
fn unknown(arn: &str) -> ApiError {
    if arn.contains(":targetgroup/") {
        group_not_found()
    } else if arn.contains(":loadbalancer/") {
        balancer_not_found()
    } else if arn.contains(":listener/") {
        listener_not_found()
    } else {
        invalid(format!("'{arn}' is not a valid load balancer, target group or listener ARN"))
    }
}

impl Elbv2 {
    /// AddTags: to all of the resources or to none; a key that is there is overwritten.
    pub fn add_tags(&mut self, arns: &[String], tags: &Tags) -> Result<(), ApiError> {
        for arn in arns {
            let known = self.tags.get(arn).ok_or_else(|| unknown(arn))?;
            let added = tags.keys().filter(|key| !known.contains_key(*key)).count();
            if known.len() + added > TAGS_PER_RESOURCE {
                return Err(ApiError::bad_request(
                    "TooManyTags",
                    format!("Too many tags for '{arn}'"),
                ));
            }
        }
        for arn in arns {
            self.tags.entry(arn.clone()).or_default().extend(tags.clone());
        }
        Ok(())
    }

    /// RemoveTags: from all of the resources or from none; a key that is not there is no error.
    pub fn remove_tags(&mut self, arns: &[String], keys: &[String]) -> Result<(), ApiError> {
        if let Some(arn) = arns.iter().find(|arn| !self.tags.contains_key(*arn)) {
            return Err(unknown(arn));
        }
        for arn in arns {
            self.tags.entry(arn.clone()).or_default().retain(|key, _| !keys.contains(key));
        }
        Ok(())
    }

    /// DescribeTags, of at most 20 resources.
    pub fn tags_of<'a>(&'a self, arns: &'a [String]) -> Result<Vec<(&'a str, &'a Tags)>, ApiError> {
        if arns.len() > ARNS_PER_CALL {
            return Err(invalid(format!(
                "The number of resource ARNs cannot be greater than '{ARNS_PER_CALL}'"
            )));
        }
        let tagged =
            |arn: &'a String| Ok((arn.as_str(), self.tags.get(arn).ok_or_else(|| unknown(arn))?));
        arns.iter().map(tagged).collect()
    }
}
