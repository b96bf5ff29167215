//! `writerlink lab`: the embedded region, served to other programs or played through in virtual time.

pub(crate) mod serve;
pub(crate) mod simulate;
