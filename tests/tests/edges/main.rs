//! The edges of the programs: what lies between them and AWS's servers, and what others' words
//! become in what people read.

mod hostile;
mod peer;
mod relay;
mod way_out;
