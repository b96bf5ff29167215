//! Finds an application's outage: the longest time without an acknowledged write.

use crate::scenario::recording::{Attempt, End};

/// A pause this long is an outage even if no write failed in it, in seconds: one that took so long
/// was waited for.
const FELT: f64 = 1.0;

/// The longest time in which no write was acknowledged: between two acknowledgements, or after the
/// beginning, or before the end. Nothing where there were no writes, or where it is only the pause
/// between two that the application makes anyway.
pub(super) fn outage(writes: &[Attempt], seconds: f64) -> Option<(f64, f64)> {
    let ended = |write: &Attempt| write.at + write.took;
    let acknowledged = writes.iter().filter(|write| write.end == End::Acknowledged);
    let mut moments: Vec<f64> = [0.0, seconds].into_iter().chain(acknowledged.map(ended)).collect();
    moments.sort_by(f64::total_cmp);
    let longest = moments
        .windows(2)
        .map(|pair| (pair[0], pair[1]))
        .max_by(|a, b| (a.1 - a.0).total_cmp(&(b.1 - b.0)))?;
    let failed = |write: &&Attempt| {
        write.end != End::Acknowledged && write.at < longest.1 && ended(write) > longest.0
    };
    let felt = longest.1 - longest.0 >= FELT || writes.iter().find(failed).is_some();
    (felt && !writes.is_empty()).then_some(longest)
}
