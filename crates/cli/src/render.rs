//! Output for people: tables, timelines and colour.

pub(crate) mod colour;
pub(crate) mod grid;
#[cfg(test)]
pub(crate) mod sample;
pub(crate) mod table;
pub(crate) mod timeline;
