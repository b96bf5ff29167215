//! Core's ports onto AWS and DNS: RDS, Elastic Load Balancing and SNS through the AWS SDK, names
//! through hickory-resolver. Nothing is decided here: answers become core's values, errors become
//! core's kinds.
//!
//! | port of core | here | calls |
//! |---|---|---|
//! | `Rds` | [`rds::RdsClient`] | `rds:DescribeDBClusters`, `rds:DescribeDBInstances` |
//! | `TargetGroupRead` | [`elbv2::ElbReadClient`] | `elasticloadbalancing:DescribeTargetGroups`, `…:DescribeTargetHealth` |
//! | `TargetGroupWrite` | [`writer::ElbWriteClient`] | `elasticloadbalancing:RegisterTargets`, `…:DeregisterTargets` |
//! | `Resolver` | [`dns::DnsResolver`] | A and AAAA, asked anew each time |
//! | (none) | [`sns::Notifier`] | `sns:Publish` |
//!
//! [`Clients`] builds them all on one HTTPS client. A program that must not write asks it for
//! [`read_ports`](Clients::read_ports) and nothing else.
//!
//! Four rules hold throughout:
//!
//! - **A failed read is an error, never an empty answer.** A page that repeats, a target without a
//!   port, an XML that does not parse: each says so. Only what cannot concern a binding (a Neptune
//!   cluster, say) is left out.
//! - **A write goes out once.** The SDK's retries are off for it and it ends within core's
//!   `LONGEST_WRITE`. What came of it is sorted by one question: can the request have left this
//!   machine? See [`error`].
//! - **Nothing that a server sends is read without an end.** A list has at most 100 pages and an
//!   answer at most 8 MiB ([`http`]); a body that is longer is cut off while it arrives.
//! - **DNS is read without memory.** No cache, no hosts file, no search list, no connection kept.

mod clients;
pub mod clock;
mod credentials;
pub mod dns;
pub mod elbv2;
pub mod error;
mod home;
pub mod http;
mod pace;
mod pages;
mod profile;
pub mod rds;
pub mod sns;
mod tags;
mod watch;
pub mod writer;

pub use clients::{Clients, ConnectError, ReadPorts, Settings};
