//! The timeline of a link: its lanes below each other on one axis, with the outage shaded in all of
//! them.

use serde::Serialize;

use super::axis::{Axis, Place, Tick};
use super::label::{Shelves, Text};
use super::lane::Lane;
use super::legend::{self, Entry};
use super::{lanes, outage, words};
use crate::scenario::recording::{LinkRecording, Recording};
use crate::scenario::verdict::LinkVerdict;

/// Above the lanes, where the outage has its label.
const HEAD: u32 = 20;
/// Between two lanes, and between two groups of lanes.
const GAP: u32 = 4;
const GROUP_GAP: u32 = 15;
/// Below the lanes, where the axis has its labels.
const FOOT: u32 = 34;

/// A timeline, ready to be drawn.
#[derive(Debug, Serialize)]
pub(super) struct Timeline {
    /// A description of the picture for screen readers.
    pub(super) summary: String,
    pub(super) height: u32,
    /// Where the lanes begin and end.
    pub(super) head: u32,
    pub(super) floor: u32,
    pub(super) lanes: Vec<Lane>,
    pub(super) ticks: Vec<Tick>,
    /// The moments of the script, which are drawn through all lanes.
    pub(super) moments: Vec<Place>,
    pub(super) outage: Option<Shade>,
    pub(super) legend: Vec<Entry>,
}

/// The outage.
#[derive(Debug, Serialize)]
pub(super) struct Shade {
    pub(super) x: Place,
    pub(super) width: Place,
    pub(super) right: Place,
    pub(super) label: Option<Text>,
    pub(super) tip: String,
}

impl Timeline {
    pub(super) fn of(
        recording: &Recording,
        link: &LinkRecording,
        verdict: Option<&LinkVerdict>,
    ) -> Timeline {
        let axis = Axis::of(recording.seconds);
        let mut lanes = lanes::all(axis, recording, link, verdict);
        let floor = stack(&mut lanes);
        let outage = outage::outage(&link.writes, recording.seconds);
        Timeline {
            summary: summary(link, outage),
            height: floor + FOOT,
            head: HEAD,
            floor,
            ticks: axis.ticks(),
            moments: recording.incidents.iter().map(|incident| axis.at(incident.at)).collect(),
            legend: legend::of(link, &lanes, outage.is_some()),
            outage: outage.map(|times| shade(axis, times)),
            lanes,
        }
    }
}

/// Gives the lanes their places, and says where the last one ends.
fn stack(lanes: &mut [Lane]) -> u32 {
    let mut top = HEAD;
    for (index, lane) in lanes.iter_mut().enumerate() {
        top += match (index, lane.leads) {
            (0, _) => GAP,
            (_, true) => GROUP_GAP,
            (_, false) => GAP,
        };
        lane.top = top;
        top += lane.height;
    }
    top + GAP
}

fn shade(axis: Axis, (from, to): (f64, f64)) -> Shade {
    let (x, width) = axis.span(from, to);
    let right = axis.at(to);
    let text = format!("no write acknowledged for {}", words::seconds(to - from));
    let put = Shelves::new(1).beside(x, right, &text);
    Shade {
        x,
        width,
        right,
        label: put.map(|put| Text {
            x: if put.anchor == "start" { x } else { right },
            dx: put.dx,
            y: HEAD - 6,
            anchor: put.anchor,
            class: "strong".to_owned(),
            text: put.text,
        }),
        tip: format!("{text}: {} to {}", words::seconds(from), words::seconds(to)),
    }
}

fn summary(link: &LinkRecording, outage: Option<(f64, f64)>) -> String {
    let mut text = format!("Timeline of {}.", link.name);
    for pair in link.wanted.windows(2).filter(|pair| pair[0].what != pair[1].what) {
        let at = words::seconds(pair[1].from);
        text.push_str(&format!(
            " The writer changes from {} to {} at {at}.",
            pair[0].what, pair[1].what
        ));
    }
    match outage {
        Some((from, to)) => text.push_str(&format!(
            " No write is acknowledged for {}, from {} on.",
            words::seconds(to - from),
            words::seconds(from)
        )),
        None => text.push_str(" There is no outage."),
    }
    text
}
