//! Ctrl-C and SIGTERM.

use std::future::pending;

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::exit::Exit;

/// Waits until the program is asked to end, and says how that is to be reported.
///
/// It listens from the call on, not from the first wait: a signal that comes between the two is
/// heard.
pub(crate) fn interrupted() -> impl Future<Output = Exit> {
    let interrupt = signal(SignalKind::interrupt()).ok();
    let terminate = signal(SignalKind::terminate()).ok();
    async {
        tokio::select! {
            () = heard(interrupt) => Exit::Interrupted,
            () = heard(terminate) => Exit::Terminated,
        }
    }
}

/// Where a signal cannot be listened for it does what it does by itself: it ends the program.
async fn heard(signal: Option<Signal>) {
    match signal {
        Some(mut signal) => {
            signal.recv().await;
        }
        None => pending().await,
    }
}
