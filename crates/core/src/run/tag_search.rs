//! The search for bindings in the tags of target groups.
//!
//! An account may have many groups, so the search may take seconds. The bindings of the
//! configuration do not wait for it. The bindings that it finds join the same run: in a run of
//! their own, they would keep the function busy, and nothing would watch the bindings of the first.

use std::sync::Arc;

use super::{BindingRun, Entry};
use crate::config::{BadBinding, Config};
use crate::discover::{ENTRY, TaggedGroup, bindings};
use crate::event::Trigger;
use crate::failure::CallError;
use crate::note::{Note, NoteKind};

/// How far the search is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum TagSearch {
    /// The configuration asks for no search, or the trigger asks by name for bindings that are all
    /// in the configuration.
    Off,
    /// The tags are being read.
    UnderWay(Arc<TagQuery>),
    /// The bindings that were found are among the run's entries.
    Done,
    /// The tags could not be read. What they ask for is unknown, and nothing was done about it.
    Failed(CallError),
}

/// What to search for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct TagQuery {
    config: Config,
    only: Option<Vec<String>>,
}

impl TagSearch {
    /// The search that a trigger needs.
    pub(super) fn of(config: &Config, trigger: &Trigger) -> Self {
        let names = config.names();
        let only = trigger.only.as_ref();
        let may_find =
            only.is_none_or(|only| only.iter().any(|name| !names.contains(&name.as_str())));
        if config.discover.is_none() || !may_find {
            return Self::Off;
        }
        Self::UnderWay(Arc::new(TagQuery { config: config.clone(), only: trigger.only.clone() }))
    }

    /// Whether the run reads the tags.
    pub(super) fn is_on(&self) -> bool {
        !matches!(self, Self::Off)
    }

    /// Whether the tags are being read.
    pub(super) fn is_under_way(&self) -> bool {
        matches!(self, Self::UnderWay(_))
    }

    /// Whether the tags could not be read.
    pub(super) fn has_failed(&self) -> bool {
        matches!(self, Self::Failed(_))
    }

    /// Takes what the tags say. Returns the entries to add, and a note for the log.
    pub(super) fn end(
        &mut self,
        result: Result<Vec<TaggedGroup>, CallError>,
    ) -> (Vec<Entry>, Option<Note>) {
        let Self::UnderWay(query) = std::mem::replace(self, Self::Done) else {
            return (Vec::new(), None);
        };
        let (entries, text) = match result {
            Ok(groups) => {
                let entries = query.entries(&groups);
                let good = entries.iter().filter(|entry| matches!(entry, Entry::Good(_))).count();
                let text = format!(
                    "{} target groups carry tags: {good} bindings, {} refused",
                    groups.len(),
                    entries.len() - good
                );
                (entries, text)
            }
            Err(error) => {
                let text = error.to_string();
                *self = Self::Failed(error);
                (Vec::new(), text)
            }
        };
        let note = Note { binding: ENTRY.to_owned(), round: 0, kind: NoteKind::Status, text };
        (entries, Some(note))
    }
}

impl TagQuery {
    /// The bindings that the tags ask for, and those that the trigger names and nothing defines.
    fn entries(&self, groups: &[TaggedGroup]) -> Vec<Entry> {
        let only = self.only.as_deref();
        let asked =
            |entry: &Entry| only.is_none_or(|only| only.iter().any(|name| name == entry.name()));
        let found = bindings(&self.config, groups).into_iter().map(|found| match found {
            Ok((binding, group)) => {
                Entry::Good(Box::new(BindingRun::new(Arc::new(binding)).with_group(group)))
            }
            Err(bad) => Entry::Bad(Arc::new(bad)),
        });
        let mut entries: Vec<Entry> = found.filter(asked).collect();
        let names = self.config.names();
        for name in only.unwrap_or_default() {
            // Only the search can show that a name is mistyped. Such a name must not pass for a
            // binding in sync.
            if !names.contains(&name.as_str()) && !entries.iter().any(|entry| entry.name() == name)
            {
                entries.push(Entry::Bad(Arc::new(BadBinding {
                    name: name.clone(),
                    place: "the call".to_owned(),
                    fault: format!("no binding and no tagged target group has the name `{name}`"),
                })));
            }
        }
        entries
    }
}
