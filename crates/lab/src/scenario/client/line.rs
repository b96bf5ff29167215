//! How the application connects to the built-in database (`database/line.rs`).

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use super::{Door, Failure, Session};
use crate::scenario::recording::End;

/// Opens connections to the built-in database.
#[derive(Clone, Copy, Default)]
pub(in crate::scenario) struct LineDoor;

/// A connection to it.
pub(in crate::scenario) struct LineSession {
    stream: BufReader<TcpStream>,
}

impl Door for LineDoor {
    type Session = LineSession;

    async fn open(&self, node: SocketAddr) -> Result<LineSession, Failure> {
        let refused = |_| Failure::of(End::Refused);
        let stream = TcpStream::connect(node).await.map_err(refused)?;
        let _ = stream.set_nodelay(true);
        let mut session = LineSession { stream: BufReader::new(stream) };
        // A node has accepted before it knows of a target: only the database's greeting makes a
        // connection.
        session.hear().await.map_err(refused)?;
        Ok(session)
    }
}

impl Session for LineSession {
    async fn write(&mut self, row: u64) -> Result<String, Failure> {
        let answer = self.ask(&format!("write {row}\n")).await?;
        match answer.split_once(' ') {
            Some(("ok", name)) => Ok(name.to_owned()),
            Some(("read-only", name)) => {
                Err(Failure { end: End::ReadOnly, by: Some(name.to_owned()) })
            }
            _ => Err(Failure::of(End::Broken)),
        }
    }

    async fn count(&mut self) -> Result<(u64, String), Failure> {
        let answer = self.ask("count\n").await?;
        let mut words = answer.split(' ');
        match (words.next(), words.next().and_then(|rows| rows.parse().ok()), words.next()) {
            (Some("rows"), Some(rows), Some(name)) => Ok((rows, name.to_owned())),
            _ => Err(Failure::of(End::Broken)),
        }
    }
}

impl LineSession {
    /// Whether the database at the other end takes writes.
    pub(super) async fn is_writer(&mut self) -> Result<bool, Failure> {
        Ok(self.ask("role\n").await?.starts_with("writer "))
    }

    async fn ask(&mut self, question: &str) -> Result<String, Failure> {
        let sent = self.stream.get_mut().write_all(question.as_bytes()).await;
        let answer = match sent {
            Ok(()) => self.hear().await,
            Err(error) => Err(error),
        };
        answer.map_err(|_| Failure::of(End::Broken))
    }

    async fn hear(&mut self) -> io::Result<String> {
        let mut line = String::new();
        let length = self.stream.read_line(&mut line).await?;
        if length == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(line.trim_end().to_owned())
    }
}
