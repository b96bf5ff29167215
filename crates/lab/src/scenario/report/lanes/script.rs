//! The lane of the script: a mark and a sentence for each incident.

use super::{BASE, TALL};
use crate::scenario::recording::Incident;
use crate::scenario::report::axis::Axis;
use crate::scenario::report::label::{Shelves, Text};
use crate::scenario::report::lane::{Lane, Mark};
use crate::scenario::report::words;

/// Sentences that find no row among so many are read in the table.
const ROWS: usize = 8;

pub(super) fn lane(axis: Axis, incidents: &[Incident]) -> Lane {
    let mut lane = Lane::new("what the script did", 0);
    lane.note = words::count(incidents.len());
    let mut shelves = Shelves::new(ROWS);
    for incident in incidents {
        let x = axis.at(incident.at);
        let put = shelves.put(x, &incident.what);
        let top = put.as_ref().map_or(ROWS - 1, |put| put.row) as u32 * TALL;
        lane.marks.push(Mark {
            x,
            y: top + TALL / 2,
            shape: "incident",
            class: "ink".to_owned(),
            tip: format!("{}: {}", words::seconds(incident.at), incident.what),
        });
        lane.texts.extend(put.map(|put| Text {
            x,
            dx: put.dx,
            y: top + BASE,
            anchor: put.anchor,
            class: "strong".to_owned(),
            text: put.text,
        }));
    }
    lane.height = shelves.rows().max(1) as u32 * TALL;
    lane
}
