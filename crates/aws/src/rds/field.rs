//! What the entries of several lists have in common.

use aws_sdk_rds::types::Tag;
use writerlink_core::discover::PUBLISH;
use writerlink_core::source::Identifier;
use writerlink_core::topology::HostName;

pub(super) fn identifier(text: Option<&str>) -> Option<Identifier> {
    text?.parse().ok()
}

pub(super) fn host_name(text: Option<&str>) -> Option<HostName> {
    text?.parse().ok()
}

pub(super) fn port(number: Option<i32>) -> Option<u16> {
    u16::try_from(number?).ok().filter(|port| *port != 0)
}

/// The tag by which a database consents to being published. RDS lists a database's tags with it
/// (botocore rds 2014-10-31, `DBCluster.TagList` and `DBInstance.TagList`). Nobody has measured
/// whether it leaves them out for a caller that may not list tags; without the tag a database does
/// not consent.
pub(super) fn publish(tags: &[Tag]) -> Option<String> {
    let tag = tags.iter().find(|tag| tag.key() == Some(PUBLISH))?;
    Some(tag.value().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_tag_that_consents_is_kept() {
        let other = Tag::builder().key("team").value("orders").build();
        for (value, kept) in [(Some("link"), "link"), (None, "")] {
            let ours = Tag::builder().key("writerlink:publish").set_value(value.map(str::to_owned));
            assert_eq!(publish(&[other.clone(), ours.build()]).as_deref(), Some(kept));
        }
        assert_eq!(publish(&[other]), None);
    }
}
