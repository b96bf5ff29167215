//! ministack, an AWS emulator from PyPI that others wrote, as a second referee beside the lab.
//!
//! What it lacks of what matters here, in version 1.5.33: targets are kept by address alone, so a second port of the
//! same address is lost; a target is `healthy` from the start, never `initial` or `draining`, and has no zone;
//! addresses are not checked; groups have no address type; every instance and cluster has one and the same
//! endpoint name, which is told to it; `FailoverDBCluster` moves `IsClusterWriter` and posts no event;
//! `RebootDBInstance` moves nothing; event subscriptions do not exist.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::python::{python, tests_dir};
use crate::skip::Skip;

/// The account of everything in it.
pub const ACCOUNT: &str = "111122223333";
/// The Region of everything in it.
pub const REGION: &str = "eu-west-1";

const PATIENCE: Duration = Duration::from_secs(60);

/// A ministack of its own, on a loopback port, that goes with this value.
#[derive(Debug)]
pub struct Ministack {
    child: Child,
    port: u16,
    python: PathBuf,
    home: TempDir,
}

impl Ministack {
    /// Starts one whose databases all have `endpoint_name` as their endpoint, and waits until it answers.
    ///
    /// # Errors
    ///
    /// What this machine lacks for it.
    ///
    /// # Panics
    ///
    /// If it is there and does not start.
    pub fn start(endpoint_name: &str) -> Result<Self, Skip> {
        let python = python()?;
        // A port that is free when it is chosen can be taken a moment later; the second one hardly ever is.
        for attempt in 1.. {
            let mut started = Self::spawn(&python, endpoint_name);
            match started.wait() {
                Ok(()) => return Ok(started),
                Err(why) if attempt == 3 => {
                    panic!("ministack does not start: {why}\n{}", started.log())
                }
                Err(_) => {}
            }
        }
        unreachable!("the third attempt returns or panics")
    }

    /// Where its API is, for `AWS_ENDPOINT_URL` or an SDK's endpoint.
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Creates the cluster `orders`, the instance `billing` and a target group for each, as
    /// `tests/python/ministack_seed.py` says, and returns what that prints.
    ///
    /// # Panics
    ///
    /// If it fails.
    pub fn seed(&self) -> Value {
        self.run("ministack_seed.py", &[])
    }

    /// Who writes to `orders`, and the targets of every group, as boto3 sees them: `members` and `targets`.
    ///
    /// # Panics
    ///
    /// If it was not seeded.
    pub fn state(&self) -> Value {
        self.run("ministack_state.py", &[])
    }

    /// Fails `orders` over through boto3, and returns the state afterwards.
    ///
    /// # Panics
    ///
    /// If it was not seeded.
    pub fn fail_over(&self) -> Value {
        self.run("ministack_state.py", &["fail-over"])
    }

    /// Runs a script of `tests/python/` with this endpoint and `arguments`, and returns the JSON that it prints.
    fn run(&self, script: &str, arguments: &[&str]) -> Value {
        let output = Command::new(&self.python)
            .arg(tests_dir().join("python").join(script))
            .arg(self.endpoint())
            .args(arguments)
            .env("PYTHONDONTWRITEBYTECODE", "1") // the scripts lie in the source
            .output()
            .expect("the environment has an interpreter");
        assert!(
            output.status.success(),
            "{script}: {}\n{}",
            String::from_utf8_lossy(&output.stderr),
            self.log()
        );
        serde_json::from_slice(&output.stdout).expect("the script prints JSON")
    }

    fn spawn(python: &PathBuf, endpoint_name: &str) -> Self {
        let port = free_port();
        let home = TempDir::new().expect("there is room for temporary files");
        let log = File::create(home.path().join("log")).expect("a new directory can be written to");
        let child = Command::new(python)
            .args(["-m", "ministack"])
            .current_dir(home.path())
            .env("BIND_HOST", "127.0.0.1")
            .env("GATEWAY_PORT", port.to_string())
            .env("MINISTACK_HOST", endpoint_name)
            .env("MINISTACK_REGION", REGION)
            .env("MINISTACK_ACCOUNT_ID", ACCOUNT)
            // Its listeners for SFTP and MQTT would be open to the network.
            .env("SFTP_ENABLED", "0")
            .env("IOT_MTLS_ENABLED", "0")
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a file has a second handle"))
            .stderr(log)
            .spawn()
            .expect("the environment has an interpreter");
        Self {
            child,
            port,
            python: python.clone(),
            home,
        }
    }

    fn wait(&mut self) -> Result<(), String> {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if let Some(status) = self.child.try_wait().map_err(|error| error.to_string())? {
                return Err(format!("it ended with {status}"));
            }
            if self.answers().unwrap_or(false) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Err(format!("it did not answer within {PATIENCE:?}"))
    }

    /// Whether its health page is there.
    fn answers(&self) -> io::Result<bool> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1))?;
        stream.set_read_timeout(Some(Duration::from_secs(2)))?;
        stream.write_all(b"GET /_ministack/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut status = [0; 12];
        stream.read_exact(&mut status)?;
        Ok(&status == b"HTTP/1.1 200")
    }

    fn log(&self) -> String {
        fs::read_to_string(self.home.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Ministack {
    fn drop(&mut self) {
        // It may have ended by itself; either way there is nothing left to do about it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a free port");
    listener.local_addr().expect("a bound socket has an address").port()
}

#[cfg(test)]
mod tests {
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

        let port = ministack.port;
        drop(ministack);
        TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect_err("nothing answers after it is dropped");
    }
}
