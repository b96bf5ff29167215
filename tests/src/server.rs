//! Runs a third-party server as a child process on a loopback port.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::python::{python, tests_dir};
use crate::skip::Skip;

const PATIENCE: Duration = Duration::from_secs(60);

/// A server of its own, on a loopback port, that goes with this value.
#[derive(Debug)]
pub struct Server {
    child: Child,
    port: u16,
    python: PathBuf,
    home: TempDir,
}

impl Server {
    /// Starts a server in Python and waits until its page `health` is there. `serve` says how: the
    /// interpreter's arguments and environment for a port.
    ///
    /// # Errors
    ///
    /// What this machine lacks for it.
    ///
    /// # Panics
    ///
    /// If it is there and does not start.
    pub fn start(health: &str, serve: impl Fn(&mut Command, u16)) -> Result<Self, Skip> {
        let python = python()?;
        // A port that is free when it is chosen can be taken a moment later; the second one hardly
        // ever is.
        for attempt in 1.. {
            let mut started = Self::spawn(&python, &serve);
            match started.wait(health) {
                Ok(()) => return Ok(started),
                Err(why) if attempt == 3 => {
                    panic!("the server does not start: {why}\n{}", started.log())
                }
                Err(_) => {}
            }
        }
        unreachable!("the third attempt returns or panics")
    }

    /// Where it is, for `AWS_ENDPOINT_URL` or an SDK's endpoint.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address())
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.port))
    }

    /// Runs a script of `tests/python/` with the server's endpoint and `arguments`, and returns the
    /// JSON that it prints.
    ///
    /// # Panics
    ///
    /// If it fails.
    pub fn run(&self, script: &str, arguments: &[&str]) -> Value {
        let output = command(&self.python)
            .arg(tests_dir().join("python").join(script))
            .arg(self.endpoint())
            .args(arguments)
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

    fn spawn(python: &Path, serve: impl Fn(&mut Command, u16)) -> Self {
        let port = free_port();
        let home = TempDir::new().expect("there is room for temporary files");
        let log = File::create(home.path().join("log")).expect("a new directory can be written to");
        let mut command = command(python);
        serve(&mut command, port);
        let child = command
            .current_dir(home.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a file has a second handle"))
            .stderr(log)
            .spawn()
            .expect("the environment has an interpreter");
        Self { child, port, python: python.to_owned(), home }
    }

    fn wait(&mut self, health: &str) -> Result<(), String> {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if let Some(status) = self.child.try_wait().map_err(|error| error.to_string())? {
                return Err(format!("it ended with {status}"));
            }
            if self.answers(health).unwrap_or(false) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Err(format!("it did not answer within {PATIENCE:?}"))
    }

    /// Whether its health page is there.
    fn answers(&self, health: &str) -> io::Result<bool> {
        let mut stream = TcpStream::connect_timeout(&self.address(), Duration::from_secs(1))?;
        stream.set_read_timeout(Some(Duration::from_secs(2)))?;
        let request =
            format!("GET {health} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes())?;
        let mut status = [0; 12];
        stream.read_exact(&mut status)?;
        Ok(&status == b"HTTP/1.1 200")
    }

    fn log(&self) -> String {
        fs::read_to_string(self.home.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; either way there is nothing left to do about it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The interpreter, which keeps what it has compiled in its environment and never beside the
/// source, where the scripts are.
fn command(python: &Path) -> Command {
    let environment = python.ancestors().nth(2).expect("it is bin/python of an environment");
    let mut command = Command::new(python);
    command
        .env_remove("PYTHONDONTWRITEBYTECODE")
        .env("PYTHONPYCACHEPREFIX", environment.join("compiled"));
    command
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a free port");
    listener.local_addr().expect("a bound socket has an address").port()
}
