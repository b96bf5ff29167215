//! An embedded AWS region: one world model, and loopback servers on it.
//!
//! The region is a plain value. A [`World`] holds databases, load balancers, topics and names; it
//! has no clock of its own, no sockets and no threads. Time is a [`Duration`](std::time::Duration)
//! since the world began, and [`World::advance`] carries out, in order, everything that falls due
//! on the way: a promotion, a DNS answer that moves, an event that is delivered late. The same
//! calls in the same order give the same world, to the byte.
//!
//! - [`world`] is the region: what is true ([`world::rds`]), what the load balancer believes
//!   ([`world::elbv2`]), what a resolver would answer ([`world::dns`]), and which events are sent
//!   ([`world::events`], [`world::sns`]). Truth, the RDS API and DNS are three different things and
//!   move at three different moments; [`world::pace`] names each delay and its source.
//! - [`world_file`] reads a world from a file.
//! - [`fault`] lists what may go wrong on the way: throttling, denied calls, lost answers, names
//!   that do not resolve.
//! - [`bench`](mod@bench) measures the engine on it in virtual time, with AWS's budgets enforced.
//! - [`wire`] puts the region on loopback in real time: the AWS Query API, an authoritative DNS
//!   server, and the Lambda runtime API, so that any AWS client, any resolver and any Lambda
//!   function can use it.
//! - [`network`] gives a program a network namespace in which the DNS server is the system's
//!   resolver.

pub mod api_error;
pub mod bench;
mod dice;
mod dns_name;
pub mod fault;
pub mod network;
pub mod ports;
mod retry;
pub mod scenario;
pub mod scene;
pub mod simulate;
pub mod virtual_time;
pub mod wire;
pub mod world;
pub mod world_file;

mod place;

pub use place::FileError;
pub use world::World;
