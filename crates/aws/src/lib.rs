//! Core's ports on AWS and DNS: RDS, Elastic Load Balancing and SNS through the AWS SDK, names
//! through hickory-resolver. This crate decides nothing: an answer becomes a value of core's, an
//! error one of core's kinds.
//!
//! | port of core | here | calls |
//! |---|---|---|
//! | `Rds` | `RdsClient` | `rds:DescribeDBClusters`, `…:DescribeDBInstances`, `…:DescribeDBClusterEndpoints`, `…:DescribeDBProxies`, `…:DescribeDBProxyEndpoints` |
//! | `TargetGroupRead` | `ElbReadClient` | `elasticloadbalancing:DescribeTargetGroups`, `…:DescribeTargetHealth`, `…:DescribeTags` |
//! | `TargetGroupWrite` | [`writer::ElbWriteClient`] | `elasticloadbalancing:RegisterTargets`, `…:DeregisterTargets` |
//! | `Resolver` | [`dns::DnsResolver`] | A and AAAA, without a cache |
//! | `LinkProbe` | [`link::TcpProbe`] | `elasticloadbalancing:DescribeTargetGroups`, `…:DescribeListeners`, `…:DescribeLoadBalancers`, and TCP to the load balancer |
//! | (none) | [`sns::Notifier`] | `sns:Publish` |
//! | (none) | [`remote::RemoteReader`] | `ssm:GetParameter`, `s3:GetObject`, of the closed list |
//! | (none) | [`account::AccountReader`] | reads of RDS, ELBv2 and SNS, and of other services those of the closed list in `call/operation.rs` |
//!
//! [`Clients`] builds them all on one HTTPS client. A program that must not write asks it only for
//! [`read_ports`](Clients::read_ports).
//!
//! Five rules hold everywhere:
//!
//! - **A failed read is an error, never an empty answer.** A target without a port, XML that does
//!   not parse and an answer without its list each have an error that says so. Only an entry that
//!   no configuration can name is left out.
//! - **A read of a port is one attempt at one call.** The SDK's retries are off. Core's driver
//!   decides which pages are read and which reads are tried again. A lookup asks its servers in two
//!   rounds ([`dns`]). `AccountReader` serves a person who waits: it reads every page, and the SDK
//!   makes up to three attempts. A deregistration is one call for each 100 targets (`writer.rs`).
//! - **A write goes out once.** It ends within core's `LONGEST_WRITE`, and its error is sorted by
//!   whether the request can have left this machine (`error.rs`).
//! - **Nothing that a server sends is read without a bound.** An answer has at most 8 MiB
//!   ([`http`]). A longer body is cut off while it arrives.
//! - **DNS is asked without memory.** No cache, no hosts file, no search list, no connection kept.

pub mod account;
mod call;
mod clients;
pub mod clock;
mod credentials;
pub mod dns;
mod elbv2;
mod error;
mod home;
pub mod http;
pub mod link;
mod profile;
mod rds;
mod read;
pub mod remote;
pub mod sns;
pub mod standby;
mod watch;
pub mod writer;

pub use clients::{Clients, ConnectError, ReadPorts, Settings};
