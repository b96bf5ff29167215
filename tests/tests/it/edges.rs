//! Tests the edges of the programs: the connection to AWS's servers, and what becomes of foreign
//! text in what people read.

mod hostile;
mod peer;
mod relay;
mod way_out;
