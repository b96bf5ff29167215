//! The tags of all target groups.
//!
//! ELBv2 finds no group by its tags: all groups are listed, and then asked for their tags,
//! [`BATCH`] groups a call. That is 2 calls for one group, 3 for 40, 53 for 1,000.

use std::collections::BTreeMap;

use super::batches::ask;
use super::pages::collect;
use super::reads::{Reads, Tokens};
use crate::discover::{NAMESPACE, TaggedGroup};
use crate::failure::{CallError, Failure, Rejection};
use crate::ports::{BATCH, Clock, GroupTags, TargetGroupRead, action};
use crate::target::TargetGroupArn;

/// The groups that carry a tag of ours, in the order of their ARNs.
pub(super) async fn read_tagged_groups(
    port: &impl TargetGroupRead,
    reads: &Reads<'_, impl Clock>,
) -> Result<Vec<TaggedGroup>, CallError> {
    let listed = collect(action::GROUPS, reads, |marker| port.groups(marker));
    let mut groups: BTreeMap<_, _> = listed.await?.into_iter().collect();
    let arns: Vec<TargetGroupArn> = groups.keys().cloned().collect();
    let mut found = Vec::new();
    for batch in arns.chunks(BATCH) {
        for (_, tags) in ask(reads, action::TAGS, Tokens::Due, batch, |part| port.tags(part)).await
        {
            match tags {
                Ok(tags) => found.extend(tags.into_iter().filter_map(|group_tags| {
                    let (arn, tags) = ours(group_tags)?;
                    // Removed, so that tags that come twice give one group.
                    let (arn, group) = groups.remove_entry(&arn)?;
                    Some(TaggedGroup { arn, group, tags })
                })),
                // A group that was deleted since it was listed is left out.
                Err(error) if error.failure == Failure::Rejected(Rejection::NotFound) => {}
                Err(error) => return Err(error),
            }
        }
    }
    found.sort_by(|one, other| one.arn.cmp(&other.arn));
    Ok(found)
}

/// A group and those of its tags that are ours, if it has any.
fn ours((arn, mut tags): GroupTags) -> Option<GroupTags> {
    tags.retain(|key, _| key.starts_with(NAMESPACE));
    (!tags.is_empty()).then_some((arn, tags))
}
