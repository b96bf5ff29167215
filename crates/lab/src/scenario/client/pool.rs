//! An application with a pool of connections through the link that writes numbered rows, and one
//! more connection that counts them.
//!
//! A connection is kept as long as it works. A statement that fails, for whatever reason, costs its
//! connection, and the next one opens another at the next node: what a pool does that tests
//! connections and treats `read-only` as a broken one. A pool that keeps a connection to a demoted
//! writer would be stuck for as long as that connection lives, and say nothing about the load
//! balancer.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::{Door, Failure, Session};
use crate::scenario::recording::{Attempt, End};
use crate::scenario::stopwatch::{Stopwatch, milliseconds};

/// How an application behaves, in real time.
#[derive(Clone, Copy, Debug)]
pub(in crate::scenario) struct Manner {
    /// Connections that write.
    pub(in crate::scenario) writers: usize,
    /// Connections that read.
    pub(in crate::scenario) readers: usize,
    /// How often each of the writers does, and of the readers where nobody writes.
    pub(in crate::scenario) every: Duration,
    /// How long a statement may take, its connection included.
    pub(in crate::scenario) patience: Duration,
    /// The number before that of the first row.
    pub(in crate::scenario) rows_after: u64,
}

impl Manner {
    /// No application.
    pub(in crate::scenario) fn idle(self) -> Manner {
        Manner { writers: 0, readers: 0, ..self }
    }

    /// The same application, if it only reads.
    pub(in crate::scenario) fn reading(self) -> Manner {
        Manner { writers: 0, readers: self.writers, ..self }
    }
}

/// An application that is running. Dropping it ends it.
pub(in crate::scenario) struct Pool {
    tasks: JoinSet<()>,
    record: Arc<Mutex<Record>>,
}

/// What an application met with.
#[derive(Clone, Debug, Default)]
pub(in crate::scenario) struct Record {
    pub(in crate::scenario) writes: Vec<Attempt>,
    pub(in crate::scenario) reads: Vec<Attempt>,
    rows: u64,
}

impl Pool {
    /// Starts an application that comes in at these nodes.
    pub(in crate::scenario) fn start(
        door: &impl Door,
        nodes: &[SocketAddr],
        manner: Manner,
        watch: Stopwatch,
    ) -> Pool {
        let record = Record { rows: manner.rows_after, ..Record::default() };
        let record = Arc::new(Mutex::new(record));
        let mut tasks = JoinSet::new();
        for first_node in 0..manner.writers {
            tasks.spawn(write(
                Connection::new(door, nodes, first_node, manner, watch),
                record.clone(),
            ));
        }
        for first_node in 0..manner.readers {
            tasks.spawn(read(
                Connection::new(door, nodes, first_node, manner, watch),
                record.clone(),
            ));
        }
        Pool { tasks, record }
    }

    /// What it has met with so far.
    pub(in crate::scenario) fn with<T>(&self, look: impl FnOnce(&Record) -> T) -> T {
        look(&self.record.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Ends it; statements under way are neither acknowledged nor recorded.
    pub(in crate::scenario) async fn stop(mut self) -> Record {
        self.tasks.shutdown().await;
        self.with(Record::clone)
    }
}

async fn write<D: Door>(mut connection: Connection<D>, record: Arc<Mutex<Record>>) {
    let mut ticks = ticks(connection.manner.every);
    loop {
        ticks.tick().await;
        let row = {
            let mut record = record.lock().unwrap_or_else(PoisonError::into_inner);
            record.rows += 1;
            record.rows
        };
        let attempt = connection
            .attempt(async |session| session.write(row).await.map(|by| (row, by)), row)
            .await;
        record.lock().unwrap_or_else(PoisonError::into_inner).writes.push(attempt);
    }
}

/// Beside writes reads are for comparison, and a quarter as many.
async fn read<D: Door>(mut connection: Connection<D>, record: Arc<Mutex<Record>>) {
    let often = if connection.manner.writers == 0 { 1 } else { 4 };
    let mut ticks = ticks(often * connection.manner.every);
    loop {
        ticks.tick().await;
        let attempt = connection.attempt(async |session| session.count().await, 0).await;
        record.lock().unwrap_or_else(PoisonError::into_inner).reads.push(attempt);
    }
}

fn ticks(every: Duration) -> tokio::time::Interval {
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// One connection of the pool: it is opened when it is needed.
struct Connection<D: Door> {
    door: D,
    nodes: Vec<SocketAddr>,
    next_node: usize,
    session: Option<D::Session>,
    manner: Manner,
    watch: Stopwatch,
}

impl<D: Door> Connection<D> {
    fn new(
        door: &D,
        nodes: &[SocketAddr],
        next_node: usize,
        manner: Manner,
        watch: Stopwatch,
    ) -> Self {
        Connection {
            door: door.clone(),
            nodes: nodes.to_vec(),
            next_node,
            session: None,
            manner,
            watch,
        }
    }

    /// Makes a statement, on a new connection if there is none.
    async fn attempt(
        &mut self,
        statement: impl AsyncFnOnce(&mut D::Session) -> Result<(u64, String), Failure>,
        row: u64,
    ) -> Attempt {
        let at = self.watch.seconds();
        let result = timeout(self.manner.patience, async {
            let mut session = match self.session.take() {
                Some(session) => session,
                None => {
                    let node = self.nodes[self.next_node % self.nodes.len()];
                    self.next_node += 1;
                    self.door.open(node).await?
                }
            };
            let said = statement(&mut session).await?;
            self.session = Some(session);
            Ok(said)
        });
        let result = result.await.unwrap_or_else(|_| Err(Failure::of(End::Hung)));
        let took = milliseconds(self.watch.seconds() - at);
        match result {
            Ok((row, by)) => Attempt { at, took, end: End::Acknowledged, by: Some(by), row },
            Err(Failure { end, by }) => Attempt { at, took, end, by, row },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A database that is what a test says: it writes, it does not, or it hangs.
    #[derive(Clone)]
    struct Scripted(Arc<Mutex<End>>);

    impl Door for Scripted {
        type Session = Scripted;

        async fn open(&self, _: SocketAddr) -> Result<Scripted, Failure> {
            match *self.0.lock().expect("no test panics with it") {
                End::Refused => Err(Failure::of(End::Refused)),
                _ => Ok(self.clone()),
            }
        }
    }

    impl Session for Scripted {
        async fn write(&mut self, _: u64) -> Result<String, Failure> {
            let end = *self.0.lock().expect("no test panics with it");
            match end {
                End::Acknowledged => Ok("it".to_owned()),
                End::Hung => std::future::pending().await,
                end => Err(Failure::of(end)),
            }
        }

        async fn count(&mut self) -> Result<(u64, String), Failure> {
            Ok((0, "it".to_owned()))
        }
    }

    #[tokio::test]
    async fn every_end_of_a_statement_is_recorded_and_rows_have_numbers_of_their_own() {
        let state = Arc::new(Mutex::new(End::Acknowledged));
        let manner = Manner {
            writers: 2,
            readers: 1,
            every: Duration::from_millis(2),
            patience: Duration::from_millis(30),
            rows_after: 0,
        };
        let node = SocketAddr::from(([127, 0, 0, 1], 1));
        let pool = Pool::start(&Scripted(state.clone()), &[node], manner, Stopwatch::start(1.0));
        for end in [End::Acknowledged, End::ReadOnly, End::Refused, End::Broken, End::Hung] {
            *state.lock().expect("no test panics with it") = end;
            while !pool.with(|record| record.writes.iter().any(|write| write.end == end)) {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
        let record = pool.stop().await;
        let mut rows: Vec<u64> = record.writes.iter().map(|write| write.row).collect();
        rows.sort_unstable();
        let count = rows.len();
        rows.dedup();
        assert_eq!(rows.len(), count, "no number stands twice");
        assert!(!record.reads.is_empty());
    }
}
