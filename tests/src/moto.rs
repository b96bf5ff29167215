//! Starts moto, another third-party AWS emulator from PyPI, with realistic endpoint names and
//! refusals in AWS's words.
//!
//! What it lacks of what matters here, in version 5.2.5: nothing answers for its endpoint names,
//! which are made up; targets are kept by address alone, so a second port of the same address
//! replaces the first; a target is `healthy` from the start, never `initial`, `draining` or
//! `unused`, and has no zone; addresses are not checked, and public ones are taken too; a
//! deregistration that names an unknown target is refused, where AWS takes it, when the known ones
//! before it have been removed; `DescribeDBClusters` has one page, however long;
//! `FailoverDBCluster` moves `IsClusterWriter` at once and posts no event; `RebootDBInstance` moves
//! nothing; event subscriptions are kept and never used; proxies have no endpoints but their own,
//! and custom endpoints do not exist; a function's dead-letter queue is forgotten, the state of a
//! subnet's IPv6 network is no word, and there is no `DescribeVpcEndpointConnections`.

use serde_json::Value;

use crate::server::Server;
use crate::skip::Skip;

/// The Region of everything in it.
pub const REGION: &str = "eu-west-1";

/// A moto of its own, on a loopback port, that goes with this value.
#[derive(Debug)]
pub struct Moto(Server);

impl Moto {
    /// Starts one, and waits until it answers.
    ///
    /// # Errors
    ///
    /// What this machine lacks for it.
    ///
    /// # Panics
    ///
    /// If it is there and does not start.
    pub fn start() -> Result<Self, Skip> {
        let server = Server::start("/moto-api/", |command, port| {
            command.args(["-m", "moto.server", "-H", "127.0.0.1", "-p", &port.to_string()]);
        })?;
        Ok(Self(server))
    }

    /// Where its API is, for `AWS_ENDPOINT_URL` or an SDK's endpoint.
    pub fn endpoint(&self) -> String {
        self.0.endpoint()
    }

    /// Creates the cluster `orders`, the instance `billing`, a target group for each and `crowd`
    /// other instances, as `tests/python/moto_seed.py` says, and returns what that prints.
    ///
    /// # Panics
    ///
    /// If it fails.
    pub fn seed(&self, crowd: usize) -> Value {
        self.0.run("moto_seed.py", &[&crowd.to_string()])
    }

    /// Creates the proxy `front`, and what else there is of sets, as `tests/python/proxy_seed.py`
    /// says, and returns what that prints.
    ///
    /// # Panics
    ///
    /// If it fails.
    pub fn seed_sets(&self) -> Value {
        self.0.run("proxy_seed.py", &[])
    }

    /// Creates what `doctor` reads of an account, as `tests/python/account_seed.py` says, and
    /// returns what boto3 reads of it.
    ///
    /// # Panics
    ///
    /// If it fails.
    pub fn seed_account(&self) -> Value {
        self.0.run("account_seed.py", &[])
    }

    /// The targets of a group, as boto3 sees them.
    ///
    /// # Panics
    ///
    /// If it was not seeded.
    pub fn targets(&self, group: &str) -> Value {
        self.0.run("emulator_state.py", &[])["targets"][group].take()
    }

    /// Fails `orders` over through boto3.
    ///
    /// # Panics
    ///
    /// If it was not seeded.
    pub fn fail_over(&self) {
        self.0.run("emulator_state.py", &["fail-over"]);
    }

    /// The messages that were published and not taken out yet.
    ///
    /// # Panics
    ///
    /// If it was not seeded.
    pub fn inbox(&self) -> Value {
        self.0.run("moto_inbox.py", &[])
    }
}
