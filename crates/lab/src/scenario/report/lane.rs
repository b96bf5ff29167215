//! The parts of a timeline's lane. Vertical positions are in pixels from the lane's top.

use serde::Serialize;

use super::axis::{Axis, Place};
use super::histogram::Histogram;
use super::label::Text;

/// A row of a timeline, with its name at the left.
#[derive(Debug, Default, Serialize)]
pub(super) struct Lane {
    pub(super) label: String,
    /// A figure beside the name.
    pub(super) note: String,
    /// The class of the colour beside the name.
    pub(super) swatch: Option<String>,
    /// Whether it is the first of those that belong together.
    pub(super) leads: bool,
    /// From the timeline's top; given by the timeline.
    pub(super) top: u32,
    pub(super) height: u32,
    pub(super) bars: Vec<Bar>,
    pub(super) marks: Vec<Mark>,
    pub(super) texts: Vec<Text>,
    pub(super) histogram: Option<Histogram>,
}

/// Something that lasted.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Bar {
    pub(super) x: Place,
    pub(super) width: Place,
    pub(super) y: u32,
    pub(super) height: u32,
    pub(super) class: String,
    pub(super) tip: String,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Mark {
    pub(super) x: Place,
    /// Its middle.
    pub(super) y: u32,
    pub(super) shape: &'static str,
    pub(super) class: String,
    pub(super) tip: String,
}

impl Lane {
    pub(super) fn new(label: impl Into<String>, height: u32) -> Lane {
        Lane { label: label.into(), height, ..Lane::default() }
    }

    /// Draws a bar; a tip is what one reads when pointing at it.
    pub(super) fn bar(
        &mut self,
        axis: Axis,
        times: (f64, f64),
        down: (u32, u32),
        class: String,
        tip: String,
    ) {
        let (x, width) = axis.span(times.0, times.1);
        self.bars.push(Bar {
            x: Place(x.0.min(Place::END.0 - Place::LEAST.0)),
            width: width.max(Place::LEAST),
            y: down.0,
            height: down.1,
            class,
            tip,
        });
    }

    /// Draws what was short after what was long, so that nothing covers it.
    pub(super) fn short_last(&mut self) {
        self.bars.sort_by_key(|bar| bar.width == Place::LEAST);
    }
}
