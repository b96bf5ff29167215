//! What happened so far. It is told as it happens.

use std::cell::RefCell;
use std::time::Duration;

use tokio::time::Instant;
use writerlink_core::note::{Note, NoteKind};
use writerlink_core::ports::Journal;

use crate::args::DemoForm;
use crate::output;
use crate::render::colour::Colour;
use crate::render::timeline::{Entry, Kind, line};
use writerlink_lab::scene::Link;

/// The entries so far, and how they are told.
pub(super) struct Story {
    began: Instant,
    form: DemoForm,
    colour: Colour,
    entries: RefCell<Vec<Entry>>,
}

impl Story {
    /// A story whose clock begins to run.
    pub(super) fn begin(form: DemoForm, colour: Colour) -> Self {
        Self { began: Instant::now(), form, colour, entries: RefCell::default() }
    }

    /// How long ago it began.
    pub(super) fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// Seconds since it began, to the hundredth: finer is noise of the machine.
    pub(super) fn seconds(&self) -> f64 {
        (self.elapsed().as_secs_f64() * 100.0).round() / 100.0
    }

    /// Tells of something that has just happened.
    ///
    /// Each run of the function hears the keys anew; that they still say the same is told once.
    pub(super) fn tell(&self, kind: Kind, database: Option<&str>, text: String) {
        if kind == Kind::Keys && self.last_heard(database).as_ref() == Some(&text) {
            return;
        }
        let entry =
            Entry { seconds: self.seconds(), kind, database: database.map(str::to_owned), text };
        if self.form == DemoForm::Text {
            // A reader that has gone away does not change how it ends.
            let _ = output::print(&line(&entry, self.colour));
        }
        self.entries.borrow_mut().push(entry);
    }

    fn last_heard(&self, database: Option<&str>) -> Option<String> {
        let entries = self.entries.borrow();
        let of_keys =
            |entry: &&Entry| entry.kind == Kind::Keys && entry.database.as_deref() == database;
        entries.iter().rfind(of_keys).map(|entry| entry.text.clone())
    }

    /// What was told, in order.
    pub(super) fn into_entries(self) -> Vec<Entry> {
        self.entries.into_inner()
    }
}

/// The function's decisions, as far as people care: what it heard and what it writes.
pub(super) struct Decisions<'a> {
    pub(super) story: &'a Story,
    pub(super) links: &'a [Link],
}

impl Journal for Decisions<'_> {
    fn note(&mut self, note: &Note) {
        let kind = match note.kind {
            NoteKind::Evidence => Kind::Keys,
            NoteKind::Register => Kind::Register,
            NoteKind::Deregister => Kind::Deregister,
            NoteKind::Rejected | NoteKind::Unconfirmed => Kind::Trouble,
            // The targets themselves show what was applied, and the end of the run shows how it
            // stands.
            NoteKind::Applied | NoteKind::Status => return,
        };
        let link = self.links.iter().find(|link| link.name == note.binding);
        let text = match kind {
            Kind::Register | Kind::Deregister => {
                let (_, target) = note.text.split_once(' ').unwrap_or_default();
                target.to_owned()
            }
            _ => note.text.clone(),
        };
        self.story.tell(kind, link.map(Link::database), text);
    }
}
