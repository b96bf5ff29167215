//! The times of several failovers, side by side.

use std::collections::BTreeMap;

use serde::Serialize;
use writerlink_core::config::StandbyMode;
use writerlink_core::record::{Figures, Lasted, Record, Seconds, SourceKind};

/// How the times differ from failover to failover, of each kind of failover for itself.
#[derive(Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub(crate) struct Comparison {
    pub(crate) groups: Vec<Group>,
}

/// The failovers of the same kind of source, with the same engine and standby.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct Group {
    pub(crate) source: SourceKind,
    pub(crate) engine: Option<String>,
    pub(crate) standby: StandbyMode,
    pub(crate) records: usize,
    /// Of each time, by its name, in the order in which they happen.
    pub(crate) times: Vec<Spread>,
}

/// The shortest, the median and the longest of some times, in seconds. A time that is not known to
/// within 15 seconds is left out.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Spread {
    pub(crate) name: &'static str,
    /// How many there are.
    pub(crate) count: usize,
    /// How many others are not known well enough.
    pub(crate) left_out: usize,
    /// None if all were left out.
    pub(crate) min: Option<f64>,
    pub(crate) median: Option<f64>,
    pub(crate) max: Option<f64>,
}

/// The times of a failover, each by its name, in the order in which they happen: those that are
/// metrics, and the one until the link answered again.
pub(crate) fn times(record: &Record) -> impl Iterator<Item = (&'static str, Option<Lasted>)> {
    // It begins where the time until the new target was healthy begins.
    let until_link = Figures { healthy: record.figures.link, ..record.figures };
    let to_link = Seconds::of(&record.cause, &until_link).failover_to_healthy;
    record.seconds.named().into_iter().chain([("FailoverToLink", to_link)])
}

impl Comparison {
    pub(crate) fn of(records: &[Record]) -> Self {
        let mut groups: BTreeMap<_, Vec<&Record>> = BTreeMap::new();
        for one in records {
            let is_instance = one.source == SourceKind::Instance;
            let is_warm = one.standby == StandbyMode::Warm;
            groups.entry((is_instance, &one.engine, is_warm)).or_default().push(one);
        }
        Self { groups: groups.into_values().map(|records| Group::of(&records)).collect() }
    }
}

impl Group {
    fn of(records: &[&Record]) -> Self {
        let mut times_of: Vec<(&'static str, Vec<Lasted>)> = Vec::new();
        for (index, (name, lasted)) in records.iter().flat_map(|one| times(one).enumerate()) {
            if index == times_of.len() {
                times_of.push((name, Vec::new()));
            }
            times_of[index].1.extend(lasted);
        }
        let spreads = times_of.into_iter().filter(|(_, times)| !times.is_empty());
        Self {
            source: records[0].source,
            engine: records[0].engine.clone(),
            standby: records[0].standby,
            records: records.len(),
            times: spreads.map(|(name, times)| Spread::of(name, &times)).collect(),
        }
    }
}

impl Spread {
    /// Of an even number the median is the mean of the two in the middle.
    fn of(name: &'static str, all: &[Lasted]) -> Self {
        let mut times: Vec<f64> = all.iter().filter_map(|lasted| lasted.measured()).collect();
        times.sort_by(f64::total_cmp);
        let count = times.len();
        let median = times.get(count / 2).zip(times.get(count.saturating_sub(1) / 2));
        let median = median.map(|(upper, lower)| f64::midpoint(*lower, *upper));
        let (min, max) = (times.first().copied(), times.last().copied());
        Self { name, count, left_out: all.len() - count, min, median, max }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::record::sample;

    #[test]
    fn the_median_is_in_the_middle_and_a_time_that_is_hardly_known_is_left_out() {
        let wide = Lasted { at_least: 1.0, at_most: Some(17.0) };
        for (times, median) in [
            (vec![3.0], Some(3.0)),
            (vec![9.0, 1.0], Some(5.0)),
            (vec![9.0, 1.0, 2.0], Some(2.0)),
            (vec![], None),
        ] {
            let mut all: Vec<Lasted> = times.iter().map(|time| Lasted::of(*time)).collect();
            all.push(wide);
            let spread = Spread::of("x", &all);
            assert_eq!((spread.median, spread.left_out), (median, 1), "{times:?}");
            assert_eq!(spread.count, times.len());
        }
    }

    #[test]
    fn only_failovers_of_the_same_kind_are_compared() {
        let one = sample::record("orders", 0.0);
        let link = Figures { link: one.figures.healthy, ..one.figures };
        let other = |change: fn(&mut Record)| {
            let mut other = one.clone();
            change(&mut other);
            other
        };
        let records = [
            Record { figures: link, ..one.clone() },
            other(|one| one.binding = "billing".to_owned()),
            other(|one| one.engine = None),
            other(|one| one.source = SourceKind::Instance),
            other(|one| one.standby = StandbyMode::Warm),
        ];
        let Comparison { groups } = Comparison::of(&records);
        let sizes: Vec<_> = groups.iter().map(|group| group.records).collect();
        assert_eq!(sizes, [1, 2, 1, 1]);
        let names: Vec<_> = groups[1].times.iter().map(|time| (time.name, time.count)).collect();
        let [healthy, to_link] = [("FailoverToHealthy", 2), ("FailoverToLink", 1)];
        assert_eq!(names[3..], [healthy, to_link]);
        let [.., healthy, to_link] = groups[1].times[..] else { panic!("{groups:?}") };
        assert_eq!(healthy.min, to_link.min);
    }
}
