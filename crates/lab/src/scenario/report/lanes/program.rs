//! The lanes of the program under test: its API calls and its invocations.

use super::{BASE, TALL};
use crate::scenario::recording::{Call, Invocation, LinkRecording, Recording};
use crate::scenario::report::axis::{Axis, Place};
use crate::scenario::report::label::{Shelves, Text};
use crate::scenario::report::lane::{Bar, Lane, Mark};
use crate::scenario::report::palette::Palette;
use crate::scenario::report::words;

/// Labels of calls that find no row among so many are read in the table.
const ROWS: usize = 6;
/// More invocations than this go without labels, on low rows.
const FEW: usize = 24;
/// The width of a call's tick. Calls that are nearer to each other than this share one tick.
const TICK: u32 = 250;

pub(super) fn lanes(
    axis: Axis,
    recording: &Recording,
    link: &LinkRecording,
    palette: &Palette,
) -> Vec<Lane> {
    let concerns = |call: &&Call| call.link.as_ref().is_none_or(|name| *name == link.name);
    let (writes, reads): (Vec<&Call>, Vec<&Call>) =
        recording.calls.iter().filter(concerns).partition(|call| is_write(call));
    vec![
        changes(axis, &writes, palette),
        ticks(axis, &reads),
        invocations(axis, &recording.invocations, recording.seconds),
    ]
}

/// Whether a call changes something.
fn is_write(call: &Call) -> bool {
    !["Describe", "Get", "List"].iter().any(|verb| call.operation.starts_with(verb))
}

/// A mark and its words for each call that changes something; a hollow one for a call that was
/// refused or not answered.
fn changes(axis: Axis, calls: &[&Call], palette: &Palette) -> Lane {
    let mut lane = Lane::new("calls that write", 0);
    lane.note = words::count(calls.len());
    let mut shelves = Shelves::new(ROWS);
    for call in calls {
        let x = axis.at(call.at);
        let put = shelves.put(x, &said(call));
        let top = put.as_ref().map_or(ROWS - 1, |put| put.row) as u32 * TALL;
        let colour = call
            .targets
            .as_deref()
            .map_or("none".to_owned(), |targets| palette.class_of_text(targets));
        lane.marks.push(Mark {
            x,
            y: top + TALL / 2,
            shape: match call.operation.as_str() {
                "RegisterTargets" => "register",
                "DeregisterTargets" => "deregister",
                _ => "change",
            },
            class: if call.outcome == "ok" { colour } else { format!("{colour} hollow") },
            tip: tip(call),
        });
        lane.texts.extend(put.map(|put| Text {
            x,
            dx: put.dx,
            y: top + BASE,
            anchor: put.anchor,
            class: String::new(),
            text: put.text,
        }));
    }
    lane.height = shelves.rows().max(1) as u32 * TALL;
    lane
}

fn said(call: &Call) -> String {
    let verb = match call.operation.as_str() {
        "RegisterTargets" => "register",
        "DeregisterTargets" => "deregister",
        other => other,
    };
    let targets = call.targets.as_deref().map(|targets| format!(" {targets}")).unwrap_or_default();
    match call.outcome.as_str() {
        "ok" => format!("{verb}{targets}"),
        outcome => format!("{verb}{targets}: {outcome}"),
    }
}

fn tip(call: &Call) -> String {
    let targets = call.targets.as_deref().map(|targets| format!(" {targets}")).unwrap_or_default();
    format!("{}: {}{targets}, {}", words::seconds(call.at), call.operation, call.outcome)
}

/// A tick for each call that only reads; those that failed are below the line, so that the others
/// do not hide them.
fn ticks(axis: Axis, calls: &[&Call]) -> Lane {
    let mut lane = Lane::new("calls that read", TALL);
    lane.note = words::count(calls.len());
    for is_ok in [true, false] {
        let mut last: Option<(u32, usize)> = None;
        for call in calls.iter().filter(|call| (call.outcome == "ok") == is_ok) {
            let slot = axis.at(call.at).0.min(Place::END.0 - TICK) / TICK;
            match &mut last {
                Some((known, count)) if *known == slot => {
                    *count += 1;
                    if let Some(bar) = lane.bars.last_mut() {
                        bar.tip = format!("{}, and {} more", tip(call), *count - 1);
                    }
                }
                _ => {
                    last = Some((slot, 1));
                    lane.bars.push(Bar {
                        x: Place(slot * TICK),
                        width: Place(TICK),
                        y: if is_ok { 1 } else { TALL / 2 + 1 },
                        height: TALL / 2 - 1,
                        class: if is_ok { "read" } else { "bad" }.to_owned(),
                        tip: tip(call),
                    });
                }
            }
        }
    }
    lane
}

/// A line while an invocation waits, and a bar while it runs; beside each other where several do.
fn invocations(axis: Axis, invocations: &[Invocation], seconds: f64) -> Lane {
    let mut lane = Lane::new("invocations", 0);
    lane.note = words::count(invocations.len());
    let has_labels = invocations.len() <= FEW;
    let row_height = if has_labels { TALL } else { 6 };
    let mut shelves = Shelves::new(usize::MAX);
    for invocation in invocations {
        let taken = invocation.taken.unwrap_or(seconds);
        let ended = invocation.ended.unwrap_or(seconds);
        let what = match invocation.end.as_str() {
            "answered" => invocation.what.clone(),
            end => format!("{}: {end}", invocation.what),
        };
        let (from, to) = (axis.at(invocation.queued), axis.at(ended.max(taken)));
        let put = has_labels.then(|| shelves.beside(from, to, &what)).flatten();
        let row = match &put {
            Some(put) => put.row,
            None => shelves.bar(from, to).expect("there are as many rows as are needed"),
        };
        let top = row as u32 * row_height;
        let tip = format!(
            "{what}: queued at {}, {}",
            words::seconds(invocation.queued),
            progress(invocation)
        );
        if axis.span(invocation.queued, taken).1 > Place::LEAST {
            let line = (top + row_height / 2, 2);
            lane.bar(axis, (invocation.queued, taken), line, "waiting".to_owned(), tip.clone());
        }
        if invocation.taken.is_some() {
            let class = if invocation.end == "answered" { "running" } else { "running failed" };
            let bar = (top + 1, row_height - 2);
            lane.bar(axis, (taken, ended), bar, class.to_owned(), tip);
        }
        lane.texts.extend(put.map(|put| Text {
            x: if put.anchor == "start" { from } else { to },
            dx: put.dx,
            y: top + BASE,
            anchor: put.anchor,
            class: "haloed".to_owned(),
            text: put.text,
        }));
    }
    lane.height = shelves.rows().max(1) as u32 * row_height;
    lane
}

fn progress(invocation: &Invocation) -> String {
    match (invocation.taken, invocation.ended) {
        (None, _) => "never started".to_owned(),
        (Some(taken), None) => format!("started at {}, not ended", words::seconds(taken)),
        (Some(taken), Some(ended)) => {
            format!("started at {}, ended at {}", words::seconds(taken), words::seconds(ended))
        }
    }
}
