//! The legend of a timeline: it explains only the colors, patterns and marks that the timeline has.

use serde::Serialize;

use super::lane::Lane;
use super::lanes::target_class;
use super::palette::Palette;
use crate::scenario::recording::LinkRecording;

/// An entry: how it is drawn, and what it means.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Entry {
    /// The classes of the bars that are drawn over each other.
    bars: Vec<String>,
    /// The shape of a mark, with its class.
    mark: Option<(String, String)>,
    text: String,
}

/// The legend of a timeline.
pub(super) fn of(link: &LinkRecording, lanes: &[Lane], has_outage: bool) -> Vec<Entry> {
    let palette = Palette::of(link);
    let mut legend: Vec<Entry> =
        palette.known().map(|(address, class)| bar(&[&class], &address)).collect();
    if drawn(lanes, "down") {
        legend.push(bar(&["down"], "accepts no connections"));
    }
    if drawn(lanes, "none") {
        legend.push(bar(&["none"], "no address, or another state"));
    }
    let mut states: Vec<&str> = Vec::new();
    for span in &link.targets {
        if !states.contains(&span.state.as_str()) {
            states.push(&span.state);
        }
    }
    legend.extend(states.into_iter().map(|state| bar(&[&target_class(state)], state)));
    for (shape, text) in
        [("register", "registration"), ("deregister", "removal"), ("change", "another write")]
    {
        if marked(lanes, shape, "") {
            legend.push(mark(shape, "ink", text));
        }
    }
    if marked(lanes, "", "hollow") {
        legend.push(mark("register", "ink hollow", "refused or not answered"));
    }
    for (class, text) in [
        ("waiting", "invocation waits"),
        ("running", "invocation runs"),
        ("running failed", "invocation did not answer"),
        ("bad", "failed"),
    ] {
        if drawn(lanes, class) {
            legend.push(bar(&[class], text));
        }
    }
    if has_outage {
        legend.push(bar(&["outage"], "no write acknowledged"));
    }
    legend
}

fn bar(classes: &[&str], text: &str) -> Entry {
    Entry {
        bars: classes.iter().map(|class| (*class).to_owned()).collect(),
        mark: None,
        text: text.to_owned(),
    }
}

fn mark(shape: &str, class: &str, text: &str) -> Entry {
    Entry {
        bars: Vec::new(),
        mark: Some((shape.to_owned(), class.to_owned())),
        text: text.to_owned(),
    }
}

fn drawn(lanes: &[Lane], class: &str) -> bool {
    let has_bar = |lane: &Lane| lane.bars.iter().any(|bar| bar.class == class);
    let has_columns =
        |lane: &Lane| lane.histogram.as_ref().is_some_and(|columns| columns.is(class));
    lanes.iter().any(|lane| has_bar(lane) || has_columns(lane))
}

fn marked(lanes: &[Lane], shape: &str, class: &str) -> bool {
    let mut marks = lanes.iter().flat_map(|lane| &lane.marks);
    marks.any(|mark| mark.shape.contains(shape) && mark.class.contains(class))
}
