//! Starts the program under test as Lambda starts an execution environment, and restarts it when it
//! ends.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::process::{Child, Command};

use super::task::{self, Task, UnknownPlaceholder};
use crate::network::{Network, Networks};
use crate::scene::Link;
use crate::wire::Lab;

/// A program that speaks the Lambda runtime API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Program {
    /// A program of its own, without arguments: `bootstrap`.
    File(PathBuf),
    /// A command for the shell, as it was given.
    Command(String),
}

/// The environments of a program.
pub(crate) struct Handler {
    program: Program,
    task: Task,
    /// Where it runs, if not in the machine's own network.
    network: Option<Network>,
    environments: Vec<Environment>,
    /// It has worked once: whatever ends it from then on is its own affair, and judged.
    is_trusted: bool,
    log: PathBuf,
}

struct Environment {
    runtime_api: String,
    process: Child,
    started: Instant,
    /// How often in a row it has ended soon after its start.
    failures: u32,
}

/// One that ends sooner than this after its start has not done anything.
const SOON: Duration = Duration::from_secs(2);

/// How often in a row it may do so.
const PATIENCE: u32 = 3;

impl Handler {
    /// Starts the program once for each runtime API; what it says goes into a file in `home`. Our
    /// own function is given the DNS server in its configuration, and needs no network of its own.
    pub(crate) async fn start(
        program: &Program,
        networks: Option<&Networks>,
        lab: &Lab,
        links: &[Link],
        config: &str,
        home: &Path,
    ) -> io::Result<Handler> {
        let task = Task::new(lab, links, config);
        let (program, network) = match (program, networks) {
            (Program::File(_), _) => (program.clone(), None),
            (Program::Command(command), None) => (Program::Command(task.fill(command)), None),
            (Program::Command(command), Some(networks)) => {
                (Program::Command(task.fill(command)), Some(networks.start(lab).await?))
            }
        };
        let log = home.join("handler.log");
        let environments = Vec::new();
        let mut handler = Handler { program, task, network, environments, is_trusted: false, log };
        for runtime_api in lab.runtime_apis() {
            let process = handler.spawn(&runtime_api)?;
            let started = Instant::now();
            handler.environments.push(Environment { runtime_api, process, started, failures: 0 });
        }
        Ok(handler)
    }

    /// Starts those anew that have ended, as Lambda does at the next invocation.
    ///
    /// # Errors
    /// When the program cannot be started, or keeps ending at once, with its last output.
    pub(super) fn revive(&mut self) -> io::Result<()> {
        for index in 0..self.environments.len() {
            let environment = &mut self.environments[index];
            let Some(status) = environment.process.try_wait()? else {
                continue;
            };
            if environment.started.elapsed() < SOON {
                environment.failures += 1;
            } else {
                environment.failures = 0;
            }
            if environment.failures >= PATIENCE && !self.is_trusted {
                let words = last_words(&self.log);
                return Err(io::Error::other(format!("it keeps ending with {status}{words}")));
            }
            let runtime_api = environment.runtime_api.clone();
            let process = self.spawn(&runtime_api)?;
            let environment = &mut self.environments[index];
            (environment.process, environment.started) = (process, Instant::now());
        }
        Ok(())
    }

    /// It has worked: from now on it is started anew however often it ends.
    pub(super) fn trust(&mut self) {
        self.is_trusted = true;
    }

    /// Kills every environment, in the middle of whatever it does.
    pub(super) async fn kill(&mut self) {
        for index in 0..self.environments.len() {
            self.stop(index).await;
        }
    }

    /// Kills one of them, as Lambda does when its invocation takes too long.
    pub(super) async fn stop(&mut self, index: usize) {
        let Some(environment) = self.environments.get_mut(index) else { return };
        environment.kill_all();
        // It may have ended by itself.
        let _ = environment.process.kill().await;
        // It has not failed to start.
        environment.failures = 0;
    }

    /// What it has said last, in words for an error; nothing if it said nothing.
    pub(super) fn last_words(&self) -> String {
        last_words(&self.log)
    }

    fn spawn(&self, runtime_api: &str) -> io::Result<Child> {
        let log = File::options().create(true).append(true).open(&self.log)?;
        let mut command = self.program.command(self.network.as_ref())?;
        self.task.tell(&mut command);
        command
            .env("AWS_LAMBDA_RUNTIME_API", runtime_api)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            // A group of its own, so that a kill also strikes what it has started.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
    }
}

impl Environment {
    /// Kills the program and everything that it has started.
    fn kill_all(&mut self) {
        if let Some(pid) = self.process.id() {
            let script = format!("kill -s KILL -- -{pid}");
            // All of it may have ended by itself.
            let _ = std::process::Command::new("sh")
                .args(["-c", &script])
                .stderr(Stdio::null())
                .status();
        }
    }
}

impl Drop for Environment {
    fn drop(&mut self) {
        self.kill_all();
    }
}

impl Program {
    /// A command for the shell. `{endpoint}` and the other placeholders in it are replaced once the
    /// lab serves.
    ///
    /// # Errors
    /// A placeholder that does not exist.
    pub fn of_command(command: &str) -> Result<Program, UnknownPlaceholder> {
        task::check(command)?;
        Ok(Program::Command(command.to_owned()))
    }

    /// How it was given.
    pub fn words(&self) -> String {
        match self {
            Program::File(path) => path.file_name().map_or_else(
                || path.display().to_string(),
                |name| name.to_string_lossy().into_owned(),
            ),
            Program::Command(command) => command.clone(),
        }
    }

    fn command(&self, network: Option<&Network>) -> io::Result<Command> {
        let command = match self {
            Program::File(path) => return Ok(Command::new(path)),
            Program::Command(command) => command,
        };
        // The shell gives way to the program, so that a kill strikes the program.
        let shell = ["sh", "-c", &format!("exec {command}")];
        crate::network::command(network, &shell)
    }
}

fn last_words(log: &Path) -> String {
    const LINES: usize = 8;
    let said = fs::read(log).unwrap_or_default();
    let said = String::from_utf8_lossy(&said);
    let lines: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty()).collect();
    let last = &lines[lines.len().saturating_sub(LINES)..];
    if last.is_empty() {
        return String::new();
    }
    format!("; its last output:\n  {}", last.join("\n  "))
}
