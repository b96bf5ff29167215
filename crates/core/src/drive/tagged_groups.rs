//! The tags of all target groups.
//!
//! ELBv2 finds no group by its tags: all groups are listed, and then asked for their tags,
//! [`TAG_BATCH`] groups a call. That is 2 calls for one group, 3 for 40, 53 for 1,000, at a
//! [pace](super::pace) that leaves most of the account's budget to other programs.

use std::collections::BTreeMap;

use super::pace::Pace;
use super::pages::collect;
use super::retry::retry;
use crate::discover::{NAMESPACE, TaggedGroup};
use crate::failure::{CallError, Failure, Rejection};
use crate::ports::{Clock, GroupTags, TAG_BATCH, TargetGroupRead, action};
use crate::target::TargetGroupArn;

/// The groups that carry a tag of ours, in the order of their ARNs.
pub(super) async fn read_tagged_groups(
    ports: &impl TargetGroupRead,
    pace: &Pace,
    clock: &impl Clock,
) -> Result<Vec<TaggedGroup>, CallError> {
    let listed = collect(action::GROUPS, clock, async |marker| {
        pace.turn(clock).await;
        ports.groups(marker).await
    });
    let mut groups: BTreeMap<_, _> = listed.await?.into_iter().collect();
    let arns: Vec<TargetGroupArn> = groups.keys().cloned().collect();
    // A stack, whose top is the next batch: a batch that is halved goes on where it was.
    let mut batches: Vec<&[TargetGroupArn]> = arns.chunks(TAG_BATCH).rev().collect();
    let mut found = Vec::new();
    while let Some(batch) = batches.pop() {
        let tags = retry(clock, async || {
            pace.turn(clock).await;
            ports.tags(batch).await
        });
        match tags.await {
            Ok(tags) => found.extend(tags.into_iter().filter_map(|group_tags| {
                let (arn, tags) = ours(group_tags)?;
                // Removed, so that tags that come twice give one group.
                let (arn, group) = groups.remove_entry(&arn)?;
                Some(TaggedGroup { arn, group, tags })
            })),
            // One group that was deleted since it was listed makes ELBv2 refuse the whole batch.
            // Halving the batch finds that group, which is then left out.
            Err(error) if error.failure == Failure::Rejected(Rejection::NotFound) => {
                if batch.len() > 1 {
                    let (first, second) = batch.split_at(batch.len() / 2);
                    batches.extend([second, first]);
                }
            }
            Err(error) => return Err(error),
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
