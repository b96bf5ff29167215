//! The lanes of the group's targets: one for each target, colored by its state.

use super::{BASE, TALL};
use crate::scenario::recording::TargetSpan;
use crate::scenario::report::axis::Axis;
use crate::scenario::report::label::Text;
use crate::scenario::report::lane::Lane;
use crate::scenario::report::palette::Palette;
use crate::scenario::report::words;

pub(super) fn lanes(axis: Axis, spans: &[TargetSpan], palette: &Palette) -> Vec<Lane> {
    let mut lanes: Vec<Lane> = Vec::new();
    for span in spans {
        let index = match lanes.iter().position(|lane| lane.label == span.target) {
            Some(index) => index,
            None => {
                lanes.push(Lane {
                    swatch: Some(palette.class_of_text(&span.target)),
                    ..Lane::new(&span.target, TALL)
                });
                lanes.len() - 1
            }
        };
        draw(&mut lanes[index], axis, span);
    }
    if lanes.is_empty() {
        lanes.push(Lane::new("no target", TALL));
    }
    lanes.iter_mut().for_each(Lane::short_last);
    lanes
}

fn draw(lane: &mut Lane, axis: Axis, span: &TargetSpan) {
    let class = class(&span.state);
    let (from, to) = (words::seconds(span.from), words::seconds(span.to));
    let tip = format!("{} {}: {from} to {to}", span.target, span.state);
    lane.bar(axis, (span.from, span.to), (0, TALL), class.clone(), tip);
    let (x, width) = axis.span(span.from, span.to);
    let label = Text::inside(x, width, BASE, &span.state, &format!("on-{class}"));
    lane.texts.extend(label);
}

/// The class of a state's colour and pattern.
pub(in crate::scenario::report) fn class(state: &str) -> String {
    match state {
        "initial" | "healthy" | "unhealthy" | "draining" => state.to_owned(),
        "unhealthy.draining" => "unhealthy".to_owned(),
        _ => "none".to_owned(),
    }
}
