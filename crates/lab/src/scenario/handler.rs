//! Starts the program under test as Lambda starts an execution environment, and restarts it when it
//! ends.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::process::{Child, Command};

use crate::scene::{FUNCTION, Link};
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
    variables: Vec<(&'static str, String)>,
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
    /// Starts the program once for each runtime API; what it says goes into a file in `home`.
    pub(crate) fn start(
        program: &Program,
        lab: &Lab,
        links: &[Link],
        config: &str,
        runtime_apis: &[String],
        home: &Path,
    ) -> io::Result<Handler> {
        let log = home.join("handler.log");
        let variables = variables(lab, links, config);
        let start = |runtime_api: &String| {
            Ok(Environment {
                runtime_api: runtime_api.clone(),
                process: spawn(program, &variables, runtime_api, &log)?,
                started: Instant::now(),
                failures: 0,
            })
        };
        let environments = runtime_apis.iter().map(start).collect::<io::Result<_>>()?;
        Ok(Handler { program: program.clone(), variables, environments, is_trusted: false, log })
    }

    /// Starts those anew that have ended, as Lambda does at the next invocation.
    ///
    /// # Errors
    /// When the program cannot be started, or keeps ending at once, with its last output.
    pub(super) fn revive(&mut self) -> io::Result<()> {
        for environment in &mut self.environments {
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
            environment.process =
                spawn(&self.program, &self.variables, &environment.runtime_api, &self.log)?;
            environment.started = Instant::now();
        }
        Ok(())
    }

    /// It has worked: from now on it is started anew however often it ends.
    pub(super) fn trust(&mut self) {
        self.is_trusted = true;
    }

    /// Kills every environment, in the middle of whatever it does.
    pub(super) async fn kill(&mut self) {
        for environment in &mut self.environments {
            // It may have ended by itself.
            let _ = environment.process.kill().await;
            // It has not failed to start.
            environment.failures = 0;
        }
    }

    /// What it has said last, in words for an error; nothing if it said nothing.
    pub(super) fn last_words(&self) -> String {
        last_words(&self.log)
    }
}

impl Program {
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

    fn command(&self) -> Command {
        match self {
            Program::File(path) => Command::new(path),
            Program::Command(command) => {
                let mut shell = Command::new("sh");
                // The shell gives way to the program, so that a kill strikes the program.
                shell.args(["-c", &format!("exec {command}")]);
                shell
            }
        }
    }
}

fn spawn(
    program: &Program,
    variables: &[(&str, String)],
    runtime_api: &str,
    log: &Path,
) -> io::Result<Child> {
    let log = File::options().create(true).append(true).open(log)?;
    let mut command = program.command();
    // Nothing of the machine's own AWS settings, or a call could reach a real account; and no proxy
    // on the way to loopback.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy().to_ascii_lowercase();
        if text.starts_with("aws_") || text.ends_with("_proxy") {
            command.env_remove(name);
        }
    }
    command
        .envs(variables.iter().map(|(name, value)| (name, value)))
        .env("AWS_LAMBDA_RUNTIME_API", runtime_api)
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .kill_on_drop(true)
        .spawn()
}

/// The environment variables of every program: where AWS is, its function's settings, our
/// configuration, and the same for others.
fn variables(lab: &Lab, links: &[Link], config: &str) -> Vec<(&'static str, String)> {
    let region = lab.world().region.clone();
    let told: Vec<_> = links
        .iter()
        .map(|link| {
            json!({
                "name": link.name,
                "source": link.source.to_string(),
                "endpoint": link.endpoint(&lab.world()),
                "port": link.port,
                "target_group": link.group,
            })
        })
        .collect();
    vec![
        ("AWS_ENDPOINT_URL", lab.aws_endpoint()),
        ("AWS_ACCESS_KEY_ID", "lab".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "lab".to_owned()),
        ("AWS_REGION", region.clone()),
        ("AWS_DEFAULT_REGION", region),
        ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
        ("AWS_LAMBDA_FUNCTION_NAME", FUNCTION.to_owned()),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned()),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256".to_owned()),
        ("WRITERLINK_CONFIG", config.to_owned()),
        ("WRITERLINK_LAB", json!({"dns": lab.dns().to_string(), "links": told}).to_string()),
    ]
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
