//! Output for people: tables, lines and colour.

pub(crate) mod colour;
#[cfg(feature = "lab")]
pub(crate) mod grid;
pub(crate) mod mistakes;
#[cfg(feature = "lab")]
pub(crate) mod moments;
pub(crate) mod record;
#[cfg(test)]
pub(crate) mod sample;
#[cfg(feature = "lab")]
pub(crate) mod summary;
pub(crate) mod table;
