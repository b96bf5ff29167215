//! The application's lanes: one for each way in which statements ended, with each statement at the
//! moment when it ended.

use crate::scenario::recording::{Attempt, End};
use crate::scenario::report::axis::Axis;
use crate::scenario::report::histogram::{self, Histogram};
use crate::scenario::report::lane::Lane;
use crate::scenario::report::words;

const ENDS: [(End, &str, &str); 5] = [
    (End::Acknowledged, "acknowledged", "good"),
    (End::ReadOnly, "read-only", "bad"),
    (End::Refused, "refused", "bad"),
    (End::Broken, "broken", "bad"),
    (End::Hung, "hung", "bad"),
];

/// The rows of the writes, or of the reads. What succeeds has a row even if nothing did; what
/// fails, only if something did.
pub(super) fn lanes(axis: Axis, statements: &str, attempts: &[Attempt]) -> Vec<Lane> {
    let columns = histogram::columns(attempts.len());
    let mut lanes = Vec::new();
    for (end, name, class) in ENDS {
        let moments: Vec<f64> =
            attempts.iter().filter(|it| it.end == end).map(|it| it.at + it.took).collect();
        if attempts.is_empty() || (moments.is_empty() && end != End::Acknowledged) {
            continue;
        }
        let height = if end == End::Acknowledged { 22 } else { 14 };
        let mut lane = Lane::new(format!("{statements} {name}"), height);
        lane.note = words::count(moments.len());
        let counts = histogram::counts(axis, columns, moments.iter().copied());
        let tip = format!("{} {statements} {name}", lane.note);
        lane.histogram = Some(Histogram::of(&counts, height, class, tip));
        lanes.push(lane);
    }
    lanes
}
