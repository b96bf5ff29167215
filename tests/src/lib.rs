//! What the whole-system tests stand on: the real programs, the lab with a Lambda in it, foreign
//! clients and servers.

pub mod deployed_lab;
pub mod kinds;
pub mod ministack;
pub mod moto;
pub mod play;
pub mod programs;
pub mod python;
pub mod server;
pub mod skip;
