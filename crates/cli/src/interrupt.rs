//! Ctrl-C, SIGTERM and a terminal that is closed.

use std::future::pending;

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::exit::Exit;

/// Waits until a signal asks the program to end, and returns the exit code for it.
///
/// It listens from the call on, not from the first poll, so that no signal in between is lost.
pub(crate) fn interrupted() -> impl Future<Output = Exit> {
    let hangup = if ignores_hangup() { None } else { signal(SignalKind::hangup()).ok() };
    let interrupt = signal(SignalKind::interrupt()).ok();
    let terminate = signal(SignalKind::terminate()).ok();
    async {
        tokio::select! {
            () = received(hangup) => Exit::HungUp,
            () = received(interrupt) => Exit::Interrupted,
            () = received(terminate) => Exit::Terminated,
        }
    }
}

/// Whether the program was started by `nohup`, so that a terminal that is closed does not end it.
fn ignores_hangup() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    // The first bit is signal 1, SIGHUP.
    mask.is_some_and(|mask| mask & 1 == 1)
}

/// If the program cannot listen for a signal, the signal keeps its default: it ends the program.
async fn received(signal: Option<Signal>) {
    match signal {
        Some(mut signal) => {
            signal.recv().await;
        }
        None => pending().await,
    }
}
