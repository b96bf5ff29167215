//! Maps a moment to its place on a timeline, in percent of its width.

use serde::{Serialize, Serializer};

/// At most so many ticks.
const TICKS: f64 = 10.0;
/// The steps between ticks that people count in.
const STEPS: [f64; 12] = [1.0, 2.0, 5.0, 10.0, 15.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0];

/// A place across, or a width, in thousandths of a percent: whole numbers, so that what touches in
/// time touches on the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place(pub(super) u32);

impl Place {
    /// What lasted is drawn at least so wide, however short it was.
    pub(super) const LEAST: Place = Place(200);
    /// The right edge.
    pub(super) const END: Place = Place(100_000);

    /// How many pixels it is in a timeline of this width.
    pub(super) fn pixels(self, width: f64) -> f64 {
        f64::from(self.0) / f64::from(Place::END.0) * width
    }
}

impl Serialize for Place {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{}.{:03}%", self.0 / 1000, self.0 % 1000))
    }
}

/// The time axis that all lanes of a timeline share: from the scenario's beginning to its end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Axis {
    seconds: f64,
}

/// A labelled moment of the axis.
#[derive(Debug, Serialize)]
pub(super) struct Tick {
    x: Place,
    label: String,
    anchor: &'static str,
}

impl Axis {
    pub(super) fn of(seconds: f64) -> Axis {
        Axis { seconds: if seconds > 0.0 { seconds } else { 1.0 } }
    }

    /// How long it is.
    pub(super) fn seconds(self) -> f64 {
        self.seconds
    }

    /// The place of a moment. A moment outside of the axis is placed at its edge.
    pub(super) fn at(self, moment: f64) -> Place {
        let share = (moment / self.seconds).clamp(0.0, 1.0);
        Place((share * f64::from(Place::END.0)).round() as u32)
    }

    /// Where a span begins, and how wide it is.
    pub(super) fn span(self, from: f64, to: f64) -> (Place, Place) {
        let (left, right) = (self.at(from), self.at(to));
        (left, Place(right.0.saturating_sub(left.0)))
    }

    /// The ticks, at round seconds.
    pub(super) fn ticks(self) -> Vec<Tick> {
        let enough = |step: &f64| self.seconds / step <= TICKS;
        let step = STEPS.into_iter().find(enough).unwrap_or(self.seconds / TICKS);
        let count = (self.seconds / step).floor() as u32;
        (0..=count)
            .map(|index| {
                let moment = f64::from(index) * step;
                let x = self.at(moment);
                let anchor = match x {
                    Place(0) => "start",
                    Place::END => "end",
                    _ => "middle",
                };
                Tick { x, label: format!("{moment:.0}"), anchor }
            })
            .collect()
    }
}
