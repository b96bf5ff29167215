//! The command that runs beside the region.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io::{self, IsTerminal};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

use anyhow::Context;
use tokio::process::{Child, Command};
use writerlink_lab::network::{self, Networks};
use writerlink_lab::scenario::Task;
use writerlink_lab::wire::Lab;

use crate::exit::Exit;
use crate::interrupt::interrupted;
use crate::output;

/// As a shell reports a program that is not there, or that is no program.
const NOT_FOUND: Exit = Exit::OfCommand(127);
const NOT_EXECUTABLE: Exit = Exit::OfCommand(126);

/// Says why a program cannot be run, if so.
pub(super) fn refuse(program: &OsStr) -> Option<Exit> {
    let name = program.display();
    let Some(path) = found(program) else {
        output::note(&format!(
            "writerlink: `{name}` is not found: name a program in PATH, or give its path"
        ));
        return Some(NOT_FOUND);
    };
    if is_executable(&path) {
        return None;
    }
    output::note(&format!(
        "writerlink: `{name}` cannot be run: it is no file that may be executed"
    ));
    Some(NOT_EXECUTABLE)
}

/// Where a program is. As a shell does, it prefers a file in PATH that may be executed.
fn found(program: &OsStr) -> Option<PathBuf> {
    if Path::new(program).components().count() > 1 || program.as_encoded_bytes().contains(&b'/') {
        return Some(PathBuf::from(program)).filter(|path| path.exists());
    }
    let path = env::var_os("PATH")?;
    let mut files = env::split_paths(&path).map(|folder| folder.join(program));
    files.find(|file| is_executable(file))
}

fn is_executable(path: &Path) -> bool {
    path.metadata().is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

/// Runs a command until it ends, and passes on a signal to end.
pub(super) async fn run(
    words: &[OsString],
    task: &Task,
    networks: Option<&Networks>,
    lab: &Lab,
) -> anyhow::Result<Exit> {
    let network = match networks {
        Some(networks) => {
            Some(networks.start(lab).await.context("the network namespace of the command")?)
        }
        None => None,
    };
    let mut command = network::command(network.as_ref(), words)?;
    task.tell(&mut command);
    let first = interrupted();
    let mut child = match command.kill_on_drop(true).spawn() {
        Ok(child) => child,
        Err(error) => {
            // It was found, so that what is missing is its interpreter.
            let is_missing = error.kind() == io::ErrorKind::NotFound;
            let (exit, why) = match is_missing {
                true => (NOT_FOUND, "the interpreter that its first line names is missing".into()),
                false => (NOT_EXECUTABLE, error.to_string()),
            };
            output::note(&format!("writerlink: `{}` cannot be run: {why}", words[0].display()));
            return Ok(exit);
        }
    };
    tokio::select! {
        status = child.wait() => return Ok(exit(status?)),
        signal = first => end(&child, signal).await,
    }
    let again = interrupted();
    // However long it needs to clean up; a second signal ends this program, and so the command.
    tokio::select! {
        status = child.wait() => Ok(exit(status?)),
        signal = again => Ok(signal),
    }
}

/// Passes a signal on. On a terminal, Ctrl-C has reached the command already, and some programs
/// take a second one for impatience.
async fn end(child: &Child, signal: Exit) {
    let name = match signal {
        Exit::Interrupted if io::stdin().is_terminal() || io::stderr().is_terminal() => return,
        Exit::Interrupted => "INT",
        Exit::HungUp => "HUP",
        _ => "TERM",
    };
    let Some(pid) = child.id() else { return };
    let script = format!("kill -{name} {pid}");
    // It may have ended by itself.
    let _ = Command::new("sh").args(["-c", &script]).status().await;
}

fn exit(status: ExitStatus) -> Exit {
    let code = status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or_default());
    Exit::OfCommand(u8::try_from(code).unwrap_or(u8::MAX))
}
