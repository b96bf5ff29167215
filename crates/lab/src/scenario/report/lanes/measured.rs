//! The lane of the times that the verdict measures, which start at the first evidence of the last
//! writer.

use super::{BASE, TALL};
use crate::scenario::report::axis::Axis;
use crate::scenario::report::label::{Shelves, Text};
use crate::scenario::report::lane::Lane;
use crate::scenario::report::words;
use crate::scenario::verdict::LinkVerdict;

/// From the evidence to the registration, and to when all was right for good; none where neither
/// came about.
pub(super) fn lane(axis: Axis, verdict: &LinkVerdict) -> Option<Lane> {
    let mut lane = Lane::new("since the evidence", 0);
    let mut shelves = Shelves::new(2);
    let evidence = verdict.evidence_at.unwrap_or(0.0);
    let measured = [("registered", verdict.registered_after), ("right", verdict.right_after)];
    for (name, after) in measured {
        let Some(after) = after else { continue };
        let text = format!("{name} after {}", words::seconds(after));
        let (from, to) = (axis.at(evidence), axis.at(evidence + after));
        let Some(put) = shelves.beside(from, to, &text) else {
            continue;
        };
        let top = put.row as u32 * TALL;
        let times = (evidence, evidence + after);
        lane.bar(axis, times, (top + 1, TALL - 2), "measured".to_owned(), text);
        lane.texts.push(Text {
            x: if put.anchor == "start" { from } else { to },
            dx: put.dx,
            y: top + BASE,
            anchor: put.anchor,
            class: String::new(),
            text: put.text,
        });
    }
    lane.height = shelves.rows() as u32 * TALL;
    (lane.height > 0).then_some(lane)
}
