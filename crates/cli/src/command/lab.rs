//! `writerlink lab`: the embedded region, served to other programs, played against one of them, or
//! played through in virtual time.

pub(crate) mod run;
pub(crate) mod serve;
pub(crate) mod simulate;
