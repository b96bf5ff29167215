//! Starts ministack, a third-party AWS emulator from PyPI, as a second check beside the lab.
//!
//! What it lacks of what matters here, in version 1.5.33: targets are kept by address alone, so a
//! second port of the same address is lost; a target is `healthy` from the start, never `initial`
//! or `draining`, and has no zone; addresses are not checked; groups have no address type; every
//! instance and cluster has one and the same endpoint name, which it gets at its start;
//! `FailoverDBCluster` moves `IsClusterWriter` and posts no event; `RebootDBInstance` moves
//! nothing; event subscriptions and custom endpoints do not exist. It has proxies and their
//! endpoints.

use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use crate::server::Server;
use crate::skip::Skip;

/// The account of everything in it.
pub const ACCOUNT: &str = "111122223333";
/// The Region of everything in it.
pub const REGION: &str = "eu-west-1";

/// A ministack of its own, on a loopback port, that goes with this value.
#[derive(Debug)]
pub struct Ministack {
    server: Server,
    _scratch: TempDir, // removed when the server has ended
}

impl Ministack {
    /// Starts one whose databases all have `endpoint_name` as their endpoint, and waits until it
    /// answers.
    ///
    /// # Errors
    ///
    /// What this machine lacks for it.
    ///
    /// # Panics
    ///
    /// If it is there and does not start.
    pub fn start(endpoint_name: &str) -> Result<Self, Skip> {
        let scratch = TempDir::new().expect("there is room for temporary files");
        let server = Server::start("/_ministack/health", |command, port| {
            command
                .args(["-m", "ministack"])
                .env("BIND_HOST", "127.0.0.1")
                .env("GATEWAY_PORT", port.to_string())
                .env("MINISTACK_HOST", endpoint_name)
                .env("MINISTACK_REGION", REGION)
                .env("MINISTACK_ACCOUNT_ID", ACCOUNT)
                // Functions get this as their address, and their code is unpacked there.
                .env("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{port}"))
                .env("TMPDIR", scratch.path())
                // Its listeners for SFTP and MQTT would be open to the network.
                .env("SFTP_ENABLED", "0")
                .env("IOT_MTLS_ENABLED", "0");
        })?;
        Ok(Self { server, _scratch: scratch })
    }

    /// Where its API is, for `AWS_ENDPOINT_URL` or an SDK's endpoint.
    pub fn endpoint(&self) -> String {
        self.server.endpoint()
    }

    /// Creates the cluster `orders`, the instance `billing` and a target group for each, as
    /// `tests/python/ministack_seed.py` says, and returns what that prints.
    ///
    /// # Panics
    ///
    /// If it fails.
    pub fn seed(&self) -> Value {
        self.server.run("ministack_seed.py", &[])
    }

    /// Creates the proxy `front`, and what else there is of sets, as `tests/python/proxy_seed.py`
    /// says, and returns what that prints.
    ///
    /// # Panics
    ///
    /// If it fails.
    pub fn seed_sets(&self) -> Value {
        self.server.run("proxy_seed.py", &[])
    }

    /// Deploys `infra/link.yaml` and `infra/reconciler.yaml` with this archive as the function's
    /// code and `dns` as its DNS server, as `tests/python/deployed.py` says, and returns what that
    /// prints.
    ///
    /// # Panics
    ///
    /// If it fails.
    pub fn deploy(&self, archive: &Path, dns: &str) -> Value {
        let archive = archive.to_str().expect("temporary files have plain names");
        self.server.run("deployed.py", &["deploy", archive, dns])
    }

    /// Posts to the topic what RDS would, and returns the `outcome` that the deployed function
    /// publishes then, the `targets` and the number of `failures`.
    ///
    /// # Panics
    ///
    /// If the function publishes nothing.
    pub fn publish(&self, topic: &str, message: &str) -> Value {
        self.server.run("deployed.py", &["publish", topic, message])
    }

    /// The writer of `orders`, and the targets of every group, as boto3 sees them: `members` and
    /// `targets`.
    ///
    /// # Panics
    ///
    /// If it was not seeded.
    pub fn state(&self) -> Value {
        self.server.run("emulator_state.py", &[])
    }

    /// Fails `orders` over through boto3, and returns the state afterwards.
    ///
    /// # Panics
    ///
    /// If it was not seeded.
    pub fn fail_over(&self) -> Value {
        self.server.run("emulator_state.py", &["fail-over"])
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpStream;

    use super::*;
    use crate::skip::available;

    #[test]
    fn ministack_starts_is_seeded_and_ends_with_its_value() {
        let Some(ministack) = available(Ministack::start("writer.db.test")) else {
            return;
        };
        let seeded = ministack.seed();
        assert_eq!(seeded["endpoints"]["orders"], "writer.db.test");
        assert_eq!(seeded["endpoints"]["billing"], "writer.db.test");
        assert_eq!(seeded["members"]["orders-1"], "writer");
        assert_eq!(seeded["members"]["orders-2"], "reader");
        for name in ["orders", "billing"] {
            let group = seeded["groups"][name].as_str().expect("a group has an ARN");
            assert!(group.starts_with(&format!(
                "arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:targetgroup/{name}/"
            )));
            assert_eq!(seeded["targets"][name], serde_json::json!(["10.20.2.9:5432"]));
        }

        let moved = ministack.fail_over();
        assert_eq!(
            moved["members"],
            serde_json::json!({"orders-1": "reader", "orders-2": "writer"})
        );
        assert_eq!(ministack.state(), moved, "looking changes nothing");

        let address = ministack.server.address();
        drop(ministack);
        TcpStream::connect(address).expect_err("nothing answers after it is dropped");
    }
}
