//! The lanes of a timeline, from top to bottom: the script, the actual and the reported state, the
//! program's calls, the measured times, and the application's statements.

mod application;
mod evidence;
mod measured;
mod program;
mod script;
mod targets;

use super::axis::Axis;
use super::lane::Lane;
use super::palette::Palette;
use crate::scenario::recording::{LinkRecording, Recording};
use crate::scenario::verdict::LinkVerdict;

pub(super) use targets::class as target_class;

/// The height of a bar that has room for a label, in pixels.
const TALL: u32 = 18;
/// The base line of a label in it.
const BASE: u32 = 13;

/// All lanes of a link.
pub(super) fn all(
    axis: Axis,
    recording: &Recording,
    link: &LinkRecording,
    verdict: Option<&LinkVerdict>,
) -> Vec<Lane> {
    let palette = Palette::of(link);
    let groups = [
        vec![script::lane(axis, &recording.incidents)],
        evidence::lanes(axis, link, &palette),
        targets::lanes(axis, &link.targets, &palette),
        program::lanes(axis, recording, link, &palette),
        verdict.and_then(|verdict| measured::lane(axis, verdict)).into_iter().collect(),
        application::lanes(axis, "writes", &link.writes),
        application::lanes(axis, "reads", &link.reads),
    ];
    let mut lanes = Vec::new();
    for mut group in groups {
        if let Some(first) = group.first_mut() {
            first.leads = true;
        }
        lanes.append(&mut group);
    }
    lanes
}
