//! Reads the tags of all target groups.
//!
//! ELBv2 finds no group by its tags: they are listed, and asked for their tags 20 at a time
//! (botocore elbv2 2015-12-01, `DescribeTagsInput`). That is 2 calls for one group, 3 for 40, 53
//! for 1,000, at a [pace](crate::pace) that leaves most of the account's budget to others.

use std::collections::BTreeMap;

use aws_sdk_elasticloadbalancingv2::Client;
use aws_sdk_elasticloadbalancingv2::types;
use writerlink_core::discover::{NAMESPACE, TaggedGroup};
use writerlink_core::failure::{CallError, Failure, Rejection};
use writerlink_core::target::{TargetGroup, TargetGroupArn};

use crate::elbv2::{GROUPS, group_of};
use crate::error::read_error;
use crate::pace::Pace;
use crate::pages::{all, listed as listed_in};
use crate::watch::Watch;

const TAGS: &str = "elasticloadbalancing:DescribeTags";

/// The most groups on a page (botocore elbv2 2015-12-01, `PageSize`).
const PAGE: i32 = 400;

/// The most resources that one call takes.
const BATCH: usize = 20;

type Groups = BTreeMap<TargetGroupArn, Result<TargetGroup, CallError>>;

/// The groups that carry a tag of ours, in the order of their ARNs.
pub(crate) async fn tagged(elbv2: &Client, pace: &Pace) -> Result<Vec<TaggedGroup>, CallError> {
    let mut groups = listed(elbv2, pace).await?;
    let arns: Vec<TargetGroupArn> = groups.keys().cloned().collect();
    let mut batches: Vec<&[TargetGroupArn]> = arns.chunks(BATCH).rev().collect();
    let mut found = Vec::new();
    while let Some(batch) = batches.pop() {
        pace.turn().await;
        match described(elbv2, batch).await {
            Ok(tagged) => found.extend(tagged.into_iter().filter_map(|(arn, tags)| {
                let (arn, group) = groups.remove_entry(&arn)?;
                Some(TaggedGroup { arn, group, tags })
            })),
            // One group that was deleted since it was listed refuses the whole batch. It is looked
            // for by halves.
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

/// Every group of the Region. What could not be named in a configuration is left out, so that it
/// never hides the rest.
async fn listed(elbv2: &Client, pace: &Pace) -> Result<Groups, CallError> {
    let groups = all(GROUPS, async |marker| {
        pace.turn().await;
        let watch = Watch::expecting("DescribeTargetGroupsResponse");
        let request = elbv2.describe_target_groups().page_size(PAGE).set_marker(marker);
        let sent = request.customize().interceptor(watch.clone()).send().await;
        let page = sent.map_err(|error| read_error(GROUPS, &error, watch.sent()))?;
        Ok((listed_in(GROUPS, "TargetGroups", page.target_groups)?, page.next_marker))
    })
    .await?;
    let named = groups.iter().filter_map(|group| {
        let arn = group.target_group_arn()?.parse().ok()?;
        Some((arn, group_of(group)))
    });
    Ok(named.collect())
}

/// The tags of ours that these groups carry, where they carry any.
async fn described(
    elbv2: &Client,
    arns: &[TargetGroupArn],
) -> Result<Vec<(TargetGroupArn, BTreeMap<String, String>)>, CallError> {
    let watch = Watch::expecting("DescribeTagsResponse");
    let answer = elbv2
        .describe_tags()
        .set_resource_arns(Some(arns.iter().map(ToString::to_string).collect()))
        .customize()
        .interceptor(watch.clone())
        .send()
        .await
        .map_err(|error| read_error(TAGS, &error, watch.sent()))?;
    let described = listed_in(TAGS, "TagDescriptions", answer.tag_descriptions)?;
    let ours = described.iter().filter_map(|description| {
        let tags: BTreeMap<String, String> = description.tags().iter().filter_map(ours).collect();
        let arn = description.resource_arn()?.parse().ok()?;
        Some((arn, tags)).filter(|(_, tags)| !tags.is_empty())
    });
    Ok(ours.collect())
}

/// A tag without a value is one with an empty value.
fn ours(tag: &types::Tag) -> Option<(String, String)> {
    let key = tag.key().filter(|key| key.starts_with(NAMESPACE))?;
    Some((key.to_owned(), tag.value().unwrap_or_default().to_owned()))
}
