//! The lanes of the true writer, the RDS API and DNS, with a color for each address.

use std::borrow::Cow;

use super::{BASE, TALL};
use crate::scenario::recording::{LinkRecording, Span};
use crate::scenario::report::axis::Axis;
use crate::scenario::report::label::Text;
use crate::scenario::report::lane::Lane;
use crate::scenario::report::palette::{Palette, addresses};
use crate::scenario::report::words;

pub(super) fn lanes(axis: Axis, link: &LinkRecording, palette: &Palette) -> Vec<Lane> {
    vec![
        truth(axis, link, palette),
        said(axis, "RDS API says", &link.topology, palette),
        said(axis, "DNS says", &link.dns, palette),
    ]
}

/// The true writer, hatched while it accepts no connection.
fn truth(axis: Axis, link: &LinkRecording, palette: &Palette) -> Lane {
    let mut lane = Lane::new("true writer", TALL);
    for writer in merged(&link.wanted) {
        for serving in merged(&link.serving) {
            let (from, to) = (writer.from.max(serving.from), writer.to.min(serving.to));
            if from >= to {
                continue;
            }
            let is_down = serving.what == "down";
            let what = if is_down {
                Cow::Owned(format!("{}, accepts no connections", without_port(&writer.what)))
            } else {
                without_port(&writer.what)
            };
            address_bar(&mut lane, axis, (from, to), &writer.what, &what, palette, is_down);
        }
    }
    lane.short_last();
    lane
}

fn said(axis: Axis, label: &str, spans: &[Span], palette: &Palette) -> Lane {
    let mut lane = Lane::new(label, TALL);
    for span in merged(spans) {
        let what = match span.what.as_str() {
            "-" => Cow::Borrowed("no writer or several"),
            what => without_port(what),
        };
        address_bar(&mut lane, axis, (span.from, span.to), &span.what, &what, palette, false);
    }
    lane.short_last();
    lane
}

/// One bar, divided down into as many colours as there are addresses.
fn address_bar(
    lane: &mut Lane,
    axis: Axis,
    times: (f64, f64),
    named: &str,
    what: &str,
    palette: &Palette,
    is_down: bool,
) {
    let tip = format!("{what}: {} to {}", words::seconds(times.0), words::seconds(times.1));
    let mut classes: Vec<_> =
        addresses(named).iter().map(|address| palette.class(address)).collect();
    if classes.is_empty() {
        classes.push("none".to_owned());
    }
    let parts = classes.len() as u32;
    for (part, class) in (0..).zip(&classes) {
        let (top, bottom) = (TALL * part / parts, TALL * (part + 1) / parts);
        let class = if is_down { format!("{class} faded") } else { class.clone() };
        lane.bar(axis, times, (top, bottom - top), class, tip.clone());
    }
    if is_down {
        lane.bar(axis, times, (0, TALL), "down".to_owned(), tip);
    }
    let (x, width) = axis.span(times.0, times.1);
    let on = match &classes[..] {
        [class] if !is_down => format!("on-{class}"),
        _ => "haloed".to_owned(),
    };
    lane.texts.extend(Text::inside(x, width, BASE, what, &on));
}

/// The spans, with neighbours that say the same made one.
fn merged(spans: &[Span]) -> Vec<Span> {
    let mut merged: Vec<Span> = Vec::new();
    for span in spans {
        match merged.last_mut() {
            Some(last) if last.what == span.what && last.to >= span.from => last.to = span.to,
            _ => merged.push(span.clone()),
        }
    }
    merged
}

/// An address's text without its port, and any other text as it is.
fn without_port(text: &str) -> Cow<'_, str> {
    match addresses(text)[..] {
        [address] => Cow::Owned(address.to_string()),
        _ => Cow::Borrowed(text),
    }
}
