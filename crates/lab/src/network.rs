//! A network namespace for a program, in which the lab's DNS server is the system's resolver.
//!
//! A C library and Go take their DNS server from `/etc/resolv.conf`, which cannot state a port, and
//! only root may listen on port 53 of this machine. So the program runs in a network namespace and
//! a mount namespace of its own (network_namespaces(7), mount_namespaces(7)). An ordinary user gets
//! them together with a user namespace. Nothing but the lab can be reached in there:
//!
//! ```text
//!                this machine │ the namespace
//! lab's servers ◀─── relay ◀──┼── unix socket ◀── relay ◀── program
//!  127.0.0.1:PORT             │            127.0.0.1:PORT, and :53
//! ```
//!
//! The relay in the namespace is this program once more, as the hidden command [`COMMAND`]. It also
//! puts the files in place that make the C library and Go ask it: `resolv.conf`, and an
//! `nsswitch.conf` that names no other resolver.

mod inside;
mod relay;

use std::env;
use std::ffi::OsStr;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::net::UnixListener;
use tokio::process::{Child, Command};
use tokio::task::JoinSet;

pub use inside::run_inside;

use crate::wire::Lab;

/// The command of this program that works inside the namespace.
pub const COMMAND: &str = "network";

/// What it prints once programs can be started.
const READY: &str = "ready\n";

/// How long it may take until then.
const PATIENCE: Duration = Duration::from_secs(10);

/// The name of the unix socket in the folder that both relays know.
const SOCKET: &str = "relay";

/// How this machine makes namespaces for programs.
#[derive(Clone, Debug)]
pub struct Networks {
    /// The program that has [`COMMAND`].
    program: PathBuf,
    user: UserNamespace,
}

/// Whether a user namespace comes with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum UserNamespace {
    /// Root needs none, and keeps every user of the machine without one.
    No,
    Yes,
}

/// A namespace. It ends when this is dropped, for programs that are started later; those that run
/// in it lose the lab.
pub struct Network {
    user: UserNamespace,
    process: Child,
    _relay: JoinSet<()>,
    _folder: TempDir,
}

impl Networks {
    /// Tries out whether this machine can make them. `program` is the one that has [`COMMAND`].
    ///
    /// # Errors
    ///
    /// Why it cannot, in words.
    pub async fn find(program: &Path) -> Result<Networks, String> {
        let mut reasons: Vec<String> = Vec::new();
        for user in [UserNamespace::No, UserNamespace::Yes] {
            let networks = Networks { program: program.to_owned(), user };
            // Any address: nothing is asked.
            match networks.start_for(SocketAddr::from(([127, 0, 0, 1], 5353)), &[]).await {
                Ok(_) => return Ok(networks),
                Err(error) => reasons.push(error.to_string()),
            }
        }
        reasons.dedup();
        Err(reasons.join("; with a user namespace: "))
    }

    /// Makes one in which the lab can be reached, and its DNS server is the system's.
    ///
    /// # Errors
    ///
    /// What the machine refuses.
    pub async fn start(&self, lab: &Lab) -> io::Result<Network> {
        self.start_for(lab.dns(), &lab.other_addresses()).await
    }

    async fn start_for(&self, dns: SocketAddr, others: &[SocketAddr]) -> io::Result<Network> {
        let folder = TempDir::new()?;
        let listener = UnixListener::bind(folder.path().join(SOCKET))?;
        let mut process = Command::new("unshare")
            .args(self.user.of_unshare())
            .args(["--net", "--mount", "--"])
            .args([self.program.as_os_str(), COMMAND.as_ref(), folder.path().as_os_str()])
            .args([dns].iter().chain(others).map(SocketAddr::to_string))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // Ctrl-C is for the program in it, which may still need the lab while it ends.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| io::Error::other(format!("unshare: {error}")))?;
        let mut relay = JoinSet::new();
        relay.spawn(relay::on_the_machine(listener, [&[dns], others].concat()));
        await_ready(&mut process).await?;
        Ok(Network { user: self.user, process, _relay: relay, _folder: folder })
    }
}

/// A command that runs a program with its arguments in a namespace, or in the machine's own
/// network. The program replaces every process on the way, so that a signal strikes the program
/// itself.
///
/// # Errors
///
/// When the namespace is gone, or so is the working directory.
pub fn command<S: AsRef<OsStr>>(network: Option<&Network>, words: &[S]) -> io::Result<Command> {
    let Some(network) = network else {
        let (program, arguments) = words.split_first().ok_or(ErrorKind::InvalidInput)?;
        let mut command = Command::new(program);
        command.args(arguments);
        return Ok(command);
    };
    let ended = || io::Error::other("the network namespace of the program is gone");
    let target = network.process.id().ok_or_else(ended)?.to_string();
    let mut command = Command::new("nsenter");
    command
        .args(["--target", &target, "--net", "--mount"])
        .args(network.user.of_nsenter())
        // Entering a mount namespace leaves the working directory.
        .args(["--", "sh", "-c", "cd -- \"$0\" && exec \"$@\""])
        .arg(env::current_dir()?)
        .args(words);
    Ok(command)
}

impl UserNamespace {
    fn of_unshare(self) -> &'static [&'static str] {
        match self {
            UserNamespace::No => &[],
            // The user stays who he is, and is allowed to mount and to bind port 53 in there.
            UserNamespace::Yes => &["--user", "--map-current-user", "--keep-caps"],
        }
    }

    fn of_nsenter(self) -> &'static [&'static str] {
        match self {
            UserNamespace::No => &[],
            UserNamespace::Yes => &["--user", "--preserve-credentials"],
        }
    }
}

/// Waits until programs can be started.
///
/// # Errors
///
/// What the processes on the way said, where they ended instead.
async fn await_ready(process: &mut Child) -> io::Result<()> {
    let (stdout, stderr) = (process.stdout.take(), process.stderr.take());
    let told = async {
        let (mut line, mut said) = (String::new(), String::new());
        if let Some(stdout) = stdout {
            BufReader::new(stdout).read_line(&mut line).await?;
        }
        if line == READY {
            return Ok(());
        }
        if let Some(mut stderr) = stderr {
            stderr.read_to_string(&mut said).await?;
        }
        Err(io::Error::other(said.split_whitespace().collect::<Vec<_>>().join(" ")))
    };
    match tokio::time::timeout(PATIENCE, told).await {
        Ok(told) => told,
        Err(_) => Err(io::Error::other(format!("not ready after {} s", PATIENCE.as_secs()))),
    }
}
