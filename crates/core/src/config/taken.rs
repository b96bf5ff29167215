//! The names and target groups that bindings have.

use std::collections::BTreeMap;

/// The names and groups of earlier bindings, each with its owner.
#[derive(Default)]
pub(super) struct Taken(BTreeMap<String, String>);

impl Taken {
    pub(super) fn has_name(&self, name: &str) -> bool {
        self.0.contains_key(&format!("the name `{name}`"))
    }

    /// Reserves a name that reports use for something else.
    pub(super) fn reserve(&mut self, name: &str) {
        self.0.insert(format!("the name `{name}`"), "the report on `discover`".to_owned());
    }

    /// Claims a name or a group for a binding. Two bindings with one name could not be
    /// distinguished, and two bindings of one group would undo each other's work. A binding that is
    /// bad anyway takes nothing from another.
    pub(super) fn claim(
        &mut self,
        thing: &str,
        binding: &str,
        is_good: bool,
    ) -> Result<(), String> {
        if let Some(first) = self.0.get(thing) {
            return Err(format!("{first} has {thing} already: give each binding its own"));
        }
        if is_good {
            self.0.insert(thing.to_owned(), format!("another binding (`{binding}`)"));
        }
        Ok(())
    }
}
