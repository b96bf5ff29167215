//! The application's side: how it opens a connection through the link, and how a statement can end.

pub(super) mod choosing;
mod line;
pub(super) mod pool;
pub(super) mod postgres;

use std::net::SocketAddr;

pub(super) use line::LineDoor;

use super::recording::End;

/// How an application opens connections.
pub(super) trait Door: Clone + Send + Sync + 'static {
    /// An open connection.
    type Session: Session;

    /// Opens a connection at a node of the load balancer.
    ///
    /// # Errors
    /// [`Failure`], with [`End::Refused`] where no connection was to be had. It need not end by
    /// itself: the caller has a time-out.
    fn open(&self, node: SocketAddr)
    -> impl Future<Output = Result<Self::Session, Failure>> + Send;
}

/// An open connection to a database. After a failure it is not used any more.
pub(super) trait Session: Send + 'static {
    /// Writes a row, and says which instance acknowledged it.
    fn write(&mut self, row: u64) -> impl Future<Output = Result<String, Failure>> + Send;

    /// Counts the rows, and says which instance counted.
    fn count(&mut self) -> impl Future<Output = Result<(u64, String), Failure>> + Send;
}

/// A statement that was not acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    /// How it ended.
    pub(super) end: End,
    /// Which instance said so, where one did.
    pub(super) by: Option<String>,
}

impl Failure {
    pub(super) fn of(end: End) -> Failure {
        Failure { end, by: None }
    }
}
