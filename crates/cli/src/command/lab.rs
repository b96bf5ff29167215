//! `writerlink lab`: the embedded region. It is served to other programs, plays scenarios against
//! one of them, or simulates histories in virtual time.

pub(crate) mod bench;
pub(crate) mod run;
pub(crate) mod schema;
pub(crate) mod serve;
pub(crate) mod simulate;
