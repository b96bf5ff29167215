//! The times of several failovers, side by side.

use std::collections::BTreeMap;

use serde::Serialize;
use writerlink_core::record::{Lasted, Record};

/// Of each time, by its metric's name, how it differs from failover to failover. A time that is not
/// known to within 15 seconds does not count.
#[derive(Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub(crate) struct Comparison {
    pub(crate) times: BTreeMap<&'static str, Spread>,
}

/// The shortest, the median and the longest of some times, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Spread {
    /// How many there are.
    pub(crate) count: usize,
    pub(crate) min: f64,
    pub(crate) median: f64,
    pub(crate) max: f64,
}

impl Comparison {
    pub(crate) fn of(records: &[Record]) -> Self {
        let mut times: BTreeMap<&'static str, Vec<f64>> = BTreeMap::new();
        for (name, lasted) in records.iter().flat_map(|record| record.seconds.named()) {
            times.entry(name).or_default().extend(lasted.and_then(Lasted::measured));
        }
        let spread = |(name, times): (&'static str, Vec<f64>)| Some((name, Spread::of(times)?));
        Self { times: times.into_iter().filter_map(spread).collect() }
    }
}

impl Spread {
    /// None of no times. Of an even number the median is the mean of the two in the middle.
    fn of(mut times: Vec<f64>) -> Option<Self> {
        times.sort_by(f64::total_cmp);
        let (min, max) = (*times.first()?, *times.last()?);
        let upper = times.len() / 2;
        let lower = (times.len() - 1) / 2;
        let median = f64::midpoint(times[lower], times[upper]);
        Some(Self { count: times.len(), min, median, max })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        for (times, median) in [(vec![3.0], 3.0), (vec![9.0, 1.0], 5.0), (vec![9.0, 1.0, 2.0], 2.0)]
        {
            assert_eq!(Spread::of(times).map(|spread| spread.median), Some(median));
        }
        assert_eq!(Spread::of(Vec::new()), None);
    }
}
