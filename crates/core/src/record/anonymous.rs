//! A record without the names that its owner has chosen.

use super::Record;

impl Record {
    /// The same record, with the names of the binding and of the function replaced. `number` tells
    /// the records of one binding from those of another.
    pub fn anonymous(self, number: usize) -> Self {
        Self { binding: format!("binding-{number}"), function: "recorder".to_owned(), ..self }
    }
}
