//! Tests of the whole system: the real programs and adapters against the lab, against servers on
//! loopback that answer what a test wants, and against clients and servers of other projects.
//!
//! They are one program, because each would link the AWS SDK for itself.

mod account;
mod adapters;
mod audit;
mod bad_input;
mod baseline;
mod bench;
mod bootstrap;
mod call_faults;
mod cli;
// Systems other than Linux have no loopback address but 127.0.0.1.
#[cfg(target_os = "linux")]
mod connect_probe;
mod data_plane;
mod discovery;
mod discovery_at_random;
mod docs;
mod doctor;
mod drivers;
mod edges;
mod events;
mod findings_and_ports;
mod foreign;
mod moto;
mod outside;
mod payloads;
mod peers;
mod postgresql;
mod recorder;
mod scenarios;
mod schema;
mod settings;
mod simulation;
mod sources;
mod strangers;
mod surroundings;
mod virtual_time;
