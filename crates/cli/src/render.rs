//! Output for people: tables, lines and colour.

pub(crate) mod colour;
pub(crate) mod grid;
pub(crate) mod mistakes;
pub(crate) mod moments;
pub(crate) mod record;
#[cfg(test)]
pub(crate) mod sample;
pub(crate) mod summary;
pub(crate) mod table;
