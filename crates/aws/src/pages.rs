//! The pages of a list.

use std::collections::BTreeSet;

use writerlink_core::failure::{CallError, Failure};

/// Turns the pages of a list, and stops at a server that turns them in a circle.
pub(crate) struct Pages {
    call: &'static str,
    next: Option<Option<String>>,
    seen: BTreeSet<String>,
}

impl Pages {
    pub(crate) fn of(call: &'static str) -> Self {
        Self {
            call,
            next: Some(None),
            seen: BTreeSet::new(),
        }
    }

    /// The marker to ask with: `None` inside for the first page, `None` outside after the last.
    pub(crate) fn next(&mut self) -> Option<Option<String>> {
        self.next.take()
    }

    pub(crate) fn turn(&mut self, marker: Option<String>) -> Result<(), CallError> {
        let Some(marker) = marker.filter(|marker| !marker.is_empty()) else {
            return Ok(());
        };
        if !self.seen.insert(marker.clone()) {
            let detail = format!("the pages go round in a circle: marker {marker:?} was given twice");
            return Err(CallError::new(self.call, Failure::Unreachable, detail));
        }
        self.next = Some(Some(marker));
        Ok(())
    }
}
