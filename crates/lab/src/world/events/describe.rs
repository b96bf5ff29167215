//! The operation DescribeEvents: the events of the last hour, or of another period.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{RdsEvent, SourceType};
use crate::world::paging::{Page, PageRequest};
use crate::world::{ApiError, World};

/// How long events are kept (botocore rds 2014-10-31: "events … for the past 14 days").
const KEPT: Duration = Duration::from_secs(14 * 24 * 3600);

/// How far back DescribeEvents looks by default (botocore rds 2014-10-31: "By default, RDS returns
/// events that were generated in the past hour").
const LAST_HOUR: Duration = Duration::from_secs(3600);

/// The parameters of DescribeEvents.
#[derive(Clone, Debug, Default)]
pub struct DescribeEvents {
    /// `SourceIdentifier`; needs a source type.
    pub source: Option<String>,
    pub source_type: Option<SourceType>,
    /// `StartTime`.
    pub start: Option<Timestamp>,
    /// `EndTime`.
    pub end: Option<Timestamp>,
    /// `Duration`: how many minutes back.
    pub minutes: Option<u32>,
    /// `EventCategories`; all, when none is given.
    pub categories: Vec<String>,
    /// Which page.
    pub page: PageRequest,
}

impl World {
    /// DescribeEvents, oldest first. The answer of the API has no event ids.
    pub fn describe_events(&self, request: &DescribeEvents) -> Result<Page<&RdsEvent>, ApiError> {
        if request.source.is_some() && request.source_type.is_none() {
            return Err(ApiError::invalid_parameter_combination(
                "Must specify SourceType with SourceIdentifier",
            ));
        }
        let (from, until) = self.span(request)?;
        let wanted = |(_, event): &(usize, &RdsEvent)| {
            let at = self.timestamp_at(event.at);
            from <= at && at <= until && request.concerns(event)
        };
        let events = self.events.history().enumerate().filter(wanted).collect();
        let page = request.page.of_rds(events, |(position, _)| format!("{position:08}"))?;
        Ok(Page {
            items: page.items.into_iter().map(|(_, event)| event).collect(),
            marker: page.marker,
        })
    }

    fn span(&self, request: &DescribeEvents) -> Result<(Timestamp, Timestamp), ApiError> {
        let now = self.timestamp();
        let back = request
            .minutes
            .map_or(LAST_HOUR, |minutes| Duration::from_secs(60 * u64::from(minutes)));
        let until = request.end.unwrap_or(now);
        let from = request.start.unwrap_or_else(|| before(until, back));
        if from > until {
            return Err(ApiError::invalid_parameter_combination(
                "The end time must be greater than the start time.",
            ));
        }
        Ok((from.max(before(now, KEPT)), until))
    }
}

impl DescribeEvents {
    fn concerns(&self, event: &RdsEvent) -> bool {
        self.source.as_ref().is_none_or(|source| source.eq_ignore_ascii_case(&event.source))
            && self.source_type.is_none_or(|source_type| source_type == event.source_type)
            && (self.categories.is_empty()
                || self.categories.iter().any(|category| category == event.category))
    }
}

fn before(moment: Timestamp, back: Duration) -> Timestamp {
    let back = SignedDuration::try_from(back).unwrap_or(SignedDuration::MAX);
    moment.checked_sub(back).unwrap_or(Timestamp::MIN)
}
