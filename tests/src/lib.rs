//! Support code of the whole-system tests: the real programs, the lab with a Lambda function in it,
//! and clients and servers from other projects.

pub mod deployed_lab;
pub mod kinds;
pub mod members;
pub mod ministack;
pub mod moto;
pub mod node;
pub mod play;
pub mod programs;
pub mod python;
pub mod server;
pub mod skip;
