//! A child process that never outlives the lab.
//!
//! A shell runs between them: it passes on the signals that are written to its standard input, and
//! when that is closed, because the lab let go of the process or was itself killed, it sends the
//! last one. Nothing needs to be found by its name or by a file with an id in it, and no signal can
//! reach another user's process.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::programs::Account;

/// Takes the last signal as `$0`, and the command as its arguments.
const GUARD: &str = r#"
exec 3<&0 </dev/null
"$@" 3<&- &
child=$!
{
    while read -r signal; do kill -s "$signal" "$child"; done
    kill -s "$0" "$child"
} <&3 2>/dev/null &
watch=$!
exec 3<&-
wait "$child"
code=$?
kill "$watch" 2>/dev/null
exit "$code"
"#;

/// How often it is looked whether a process has ended.
const LOOK: Duration = Duration::from_millis(10);

/// A command to be run under guard.
pub(super) struct Guarded<'a> {
    /// The program, and its arguments.
    pub(super) command: Vec<&'a str>,
    /// The account, if not the current one.
    pub(super) account: Option<Account>,
    /// Where it runs.
    pub(super) directory: &'a Path,
    /// Where its output goes.
    pub(super) log: File,
    /// The signal that ends it when it is let go of.
    pub(super) last: &'static str,
}

/// The place of one process at a time. Copies are the same place.
#[derive(Clone, Default)]
pub(super) struct Slot(Arc<Mutex<Held>>);

#[derive(Default)]
struct Held {
    process: Option<Process>,
    closed: bool,
}

struct Process {
    guard: Child,
    signals: Option<ChildStdin>,
}

impl Slot {
    /// Starts a process; one that was here before is ended first.
    ///
    /// # Errors
    /// When it cannot be started, or the slot is closed.
    pub(super) fn start(&self, guarded: Guarded<'_>) -> io::Result<()> {
        let mut held = self.held();
        if held.closed {
            return Err(io::Error::other("the fleet is being dropped"));
        }
        held.process = None;
        held.process = Some(Process::start(guarded)?);
        Ok(())
    }

    /// Sends a signal, such as `HUP`.
    ///
    /// # Errors
    /// When nothing runs here.
    pub(super) fn signal(&self, signal: &str) -> io::Result<()> {
        let mut held = self.held();
        let process = held.process.as_mut().ok_or_else(nothing_runs)?;
        let signals = process.signals.as_mut().ok_or_else(nothing_runs)?;
        writeln!(signals, "{signal}")
    }

    /// Whether a process runs here.
    pub(super) fn is_running(&self) -> bool {
        matches!(self.status(), Ok(None))
    }

    /// Waits until the process ends by itself, and says how; `None` when it does not in time.
    pub(super) async fn ended(&self, patience: Duration) -> io::Result<Option<ExitStatus>> {
        let began = Instant::now();
        loop {
            let status = self.status()?;
            if status.is_some() || began.elapsed() > patience {
                return Ok(status);
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Ends the process, if one runs, by its last signal.
    pub(super) fn end(&self) {
        self.held().process = None;
    }

    /// Ends the process, and lets no other start.
    pub(super) fn close(&self) {
        let mut held = self.held();
        held.closed = true;
        held.process = None;
    }

    /// How the process has ended, if it has.
    fn status(&self) -> io::Result<Option<ExitStatus>> {
        let mut held = self.held();
        held.process.as_mut().ok_or_else(nothing_runs)?.guard.try_wait()
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Process {
    fn start(guarded: Guarded<'_>) -> io::Result<Process> {
        let mut shell = Command::new("/bin/sh");
        shell
            .args(["-c", GUARD, guarded.last])
            .args(guarded.command)
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .env("LC_ALL", "C")
            .current_dir(guarded.directory)
            .stdin(Stdio::piped())
            .stdout(guarded.log.try_clone()?)
            .stderr(guarded.log)
            // Ctrl-C at a terminal is for the lab, which ends its servers in its own order.
            .process_group(0);
        if let Some(account) = guarded.account {
            shell.uid(account.user).gid(account.group);
        }
        let mut guard = shell.spawn()?;
        let signals = guard.stdin.take();
        Ok(Process { guard, signals })
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.signals = None;
        // It may have ended by itself; either way there is nothing left to do about it.
        let _ = self.guard.wait();
    }
}

fn nothing_runs() -> io::Error {
    io::Error::other("nothing runs here")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sleeper(directory: &Path) -> Guarded<'_> {
        // Says which signal it got, and ends at the last one only. Its id it says when it can take
        // them.
        let script = "trap 'echo USR1 >>got' USR1; trap 'exit 7' TERM; echo $$ >id; while :; do \
            sleep 0.01; done";
        Guarded {
            command: vec!["/bin/sh", "-c", script],
            account: None,
            directory,
            log: File::create(directory.join("log")).expect("a new directory can be written to"),
            last: "TERM",
        }
    }

    async fn content(path: &Path) -> String {
        for _ in 0..1000 {
            match std::fs::read_to_string(path) {
                Ok(text) if text.ends_with('\n') => return text.trim().to_owned(),
                _ => tokio::time::sleep(LOOK).await,
            }
        }
        panic!("{} does not come", path.display())
    }

    #[tokio::test]
    async fn a_process_gets_signals_and_ends_when_it_is_let_go_of() {
        let home = tempfile::tempdir().expect("there is room for temporary files");
        let slot = Slot::default();
        slot.start(sleeper(home.path())).expect("a shell");
        let process = Path::new("/proc").join(content(&home.path().join("id")).await);
        assert!(process.exists() && slot.is_running());
        // Not HUP, which a shell under `nohup` cannot trap.
        slot.signal("USR1").expect("it runs");
        assert_eq!(content(&home.path().join("got")).await, "USR1");
        slot.end();
        assert!(!process.exists() && !slot.is_running());
    }

    #[tokio::test]
    async fn how_a_process_ended_is_known() {
        let home = tempfile::tempdir().expect("there is room for temporary files");
        let slot = Slot::default();
        slot.start(sleeper(home.path())).expect("a shell");
        content(&home.path().join("id")).await;
        slot.signal("TERM").expect("it runs");
        let ended = slot.ended(Duration::from_secs(20)).await.expect("it was there");
        assert_eq!(ended.and_then(|status| status.code()), Some(7));
    }

    #[test]
    fn a_closed_slot_starts_nothing() {
        let home = tempfile::tempdir().expect("there is room for temporary files");
        let slot = Slot::default();
        slot.close();
        assert!(slot.start(sleeper(home.path())).is_err());
    }
}
