//! Ctrl-C and SIGTERM.

use std::future::pending;

use tokio::signal::unix::{SignalKind, signal};

use crate::exit::Exit;

/// Waits until the program is asked to end, and says how that is to be reported.
pub(crate) async fn interrupted() -> Exit {
    tokio::select! {
        () = heard(SignalKind::interrupt()) => Exit::Interrupted,
        () = heard(SignalKind::terminate()) => Exit::Terminated,
    }
}

/// Where a signal cannot be listened for it does what it does by itself: it ends the program.
async fn heard(kind: SignalKind) {
    match signal(kind) {
        Ok(mut signal) => {
            signal.recv().await;
        }
        Err(_) => pending().await,
    }
}
