//! What has happened so far. Each entry is printed as it happens.

use std::cell::RefCell;
use std::time::Duration;

use tokio::time::Instant;
use writerlink_core::note::{Note, NoteKind};
use writerlink_core::ports::Journal;

use crate::args::DemoFormat;
use crate::output;
use crate::render::colour::Colour;
use crate::render::timeline::{Entry, Kind, line};
use writerlink_lab::scene::Link;

/// The entries so far, and how they are printed.
pub(super) struct Timeline {
    started: Instant,
    form: DemoFormat,
    colour: Colour,
    entries: RefCell<Vec<Entry>>,
}

impl Timeline {
    /// An empty timeline, whose clock starts.
    pub(super) fn start(form: DemoFormat, colour: Colour) -> Self {
        Self { started: Instant::now(), form, colour, entries: RefCell::default() }
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Seconds since the start, to the hundredth: more digits are noise of this machine.
    pub(super) fn seconds(&self) -> f64 {
        (self.elapsed().as_secs_f64() * 100.0).round() / 100.0
    }

    /// Records something that has just happened.
    ///
    /// Each run of the function reads the keys again. An unchanged answer is recorded once.
    pub(super) fn record(&self, kind: Kind, database: Option<&str>, text: String) {
        if kind == Kind::Keys && self.last_keys(database).as_ref() == Some(&text) {
            return;
        }
        let entry =
            Entry { seconds: self.seconds(), kind, database: database.map(str::to_owned), text };
        if self.form == DemoFormat::Text {
            // A closed standard output does not change how the demo ends.
            let _ = output::print(&line(&entry, self.colour));
        }
        self.entries.borrow_mut().push(entry);
    }

    fn last_keys(&self, database: Option<&str>) -> Option<String> {
        let entries = self.entries.borrow();
        let of_keys =
            |entry: &&Entry| entry.kind == Kind::Keys && entry.database.as_deref() == database;
        entries.iter().rfind(of_keys).map(|entry| entry.text.clone())
    }

    /// The entries by time.
    pub(super) fn into_entries(self) -> Vec<Entry> {
        self.entries.into_inner()
    }
}

/// Records the decisions of the function that matter to a viewer: what it read and what it writes.
pub(super) struct Decisions<'a> {
    pub(super) timeline: &'a Timeline,
    pub(super) links: &'a [Link],
}

impl Journal for Decisions<'_> {
    fn note(&mut self, note: &Note) {
        let kind = match note.kind {
            NoteKind::Evidence => Kind::Keys,
            NoteKind::Register => Kind::Register,
            NoteKind::Deregister => Kind::Deregister,
            NoteKind::Rejected | NoteKind::Unconfirmed => Kind::Fault,
            // The states of the targets show what was applied, and the end of the run shows the
            // status.
            NoteKind::Applied | NoteKind::Status | NoteKind::Trust => return,
        };
        let link = self.links.iter().find(|link| link.name == note.binding);
        let text = match kind {
            Kind::Register | Kind::Deregister => {
                let (_, target) = note.text.split_once(' ').unwrap_or_default();
                target.to_owned()
            }
            _ => note.text.clone(),
        };
        self.timeline.record(kind, link.map(Link::database), text);
    }
}
