//! The names and target groups that bindings have.

use std::collections::BTreeMap;

/// What no two bindings may share.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Thing {
    Name(String),
    Group(String),
}

/// The names and groups of earlier bindings, each with its owner.
#[derive(Default)]
pub(super) struct Taken(BTreeMap<Thing, String>);

impl Taken {
    pub(super) fn has_name(&self, name: &str) -> bool {
        self.0.contains_key(&Thing::Name(name.to_owned()))
    }

    /// Reserves a name that reports use for something else.
    pub(super) fn reserve(&mut self, name: &str) {
        self.0.insert(Thing::Name(name.to_owned()), "the report on `discover`".to_owned());
    }

    /// Claims a name or a group for the binding that has it on this line. Two bindings with one
    /// name could not be distinguished, and two bindings of one group would undo each other's work.
    /// A binding that is bad anyway takes nothing from another.
    pub(super) fn claim(&mut self, thing: Thing, line: usize, is_good: bool) -> Result<(), String> {
        if let Some(first) = self.0.get(&thing) {
            let kind = match thing {
                Thing::Name(_) => "name",
                Thing::Group(_) => "target group",
            };
            return Err(format!("{first} has the same {kind}: give each binding its own"));
        }
        if is_good {
            self.0.insert(thing, format!("the binding at line {line}"));
        }
        Ok(())
    }
}
