//! Which targets a group had, and when.

use crate::scenario::recording::LinkRecording;

/// The targets that were present in a group for a time, in order of their names.
#[derive(Debug, PartialEq)]
pub(super) struct Group {
    pub(super) from: f64,
    pub(super) to: f64,
    pub(super) present: Vec<String>,
}

impl Group {
    /// A group's course, without a gap.
    pub(super) fn course(link: &LinkRecording, end: f64) -> Vec<Group> {
        let mut moments: Vec<f64> =
            link.targets.iter().flat_map(|span| [span.from, span.to]).chain([0.0, end]).collect();
        moments.sort_by(f64::total_cmp);
        moments.dedup();
        let mut course: Vec<Group> = Vec::new();
        for pair in moments.windows(2) {
            let (from, to) = (pair[0], pair[1]);
            let covers = link.targets.iter().filter(|span| span.from <= from && to <= span.to);
            let is_present = |state: &str| !matches!(state, "draining" | "unhealthy.draining");
            let mut present: Vec<String> = covers
                .filter(|span| is_present(&span.state))
                .map(|span| span.target.clone())
                .collect();
            present.sort();
            match course.last_mut() {
                Some(last) if last.present == present => last.to = to,
                _ => course.push(Group { from, to, present }),
            }
        }
        course
    }
}
