//! The built-in database: it stores numbered rows and says whether it is a writer or a reader.
//!
//! ```text
//! ready orders-1          as soon as a connection stands
//! write 17                ok orders-1  |  read-only orders-2
//! count                   rows 16 orders-2
//! role                    writer orders-1  |  reader orders-2
//! ```
//!
//! All hosts of a link share their rows, as Aurora's instances share their storage and a standby
//! has its primary's. A database that does not accept connections resets them, and one that stops
//! ends its sessions in the same way.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::{Fleet, Host, Role, hosts};
use crate::scene::Link;
use crate::wire::Lab;

/// The hosts of one link.
#[derive(Default)]
pub(in crate::scenario) struct LineFleet {
    rows: Rows,
    servers: BTreeMap<IpAddr, watch::Sender<Host>>,
    tasks: JoinSet<()>,
}

type Rows = Arc<Mutex<BTreeSet<u64>>>;

impl Fleet for LineFleet {
    async fn follow(&mut self, lab: &Lab, link: &Link) -> io::Result<()> {
        let hosts = hosts(&lab.world(), link);
        for (_, server) in self.servers.iter().filter(|(address, _)| !hosts.contains_key(address)) {
            server.send_if_modified(|gone| {
                std::mem::replace(&mut gone.role, Role::Down) != Role::Down
            });
        }
        for (address, host) in hosts {
            match self.servers.get(&address) {
                Some(server) => {
                    server.send_if_modified(|now| {
                        let changes = *now != host;
                        *now = host;
                        changes
                    });
                }
                None => {
                    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
                    lab.place(SocketAddr::new(address, link.port), listener.local_addr()?);
                    let (sender, host) = watch::channel(host);
                    self.tasks.spawn(serve(listener, host, self.rows.clone()));
                    self.servers.insert(address, sender);
                }
            }
        }
        Ok(())
    }

    async fn rows(&mut self, _: &Lab, _: &Link) -> io::Result<BTreeSet<u64>> {
        Ok(lock(&self.rows).clone())
    }
}

/// Serves a host until the future is dropped, and ends every session then.
async fn serve(listener: TcpListener, host: watch::Receiver<Host>, rows: Rows) {
    let mut sessions = JoinSet::new();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                sessions.spawn(converse(stream, host.clone(), rows.clone()));
            }
            // Out of descriptors, or a connection that was gone before it was accepted: others may
            // still come.
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
        while sessions.try_join_next().is_some() {}
    }
}

/// A session: it ends when its client does, or when the database stops.
async fn converse(mut stream: TcpStream, mut host: watch::Receiver<Host>, rows: Rows) {
    let stopped = {
        let mut host = host.clone();
        async move {
            // A sender that is gone stops the database too.
            let _ = host.wait_for(|host| host.role == Role::Down).await;
        }
    };
    let _ = stream.set_nodelay(true);
    let is_over = tokio::select! {
        biased;
        () = stopped => false,
        ended = talk(&mut stream, &mut host, &rows) => ended.is_ok(),
    };
    if !is_over {
        // What is stopped resets its connections.
        let _ = stream.set_zero_linger();
    }
}

async fn talk(
    stream: &mut TcpStream,
    host: &mut watch::Receiver<Host>,
    rows: &Rows,
) -> io::Result<()> {
    let (reading, mut writing) = stream.split();
    let greeting = format!("ready {}\n", host.borrow().name);
    writing.write_all(greeting.as_bytes()).await?;
    let mut lines = BufReader::new(reading).lines();
    while let Some(line) = lines.next_line().await? {
        let answer = answer(&line, &host.borrow(), &mut lock(rows));
        writing.write_all(answer.as_bytes()).await?;
    }
    Ok(())
}

fn answer(line: &str, host: &Host, rows: &mut BTreeSet<u64>) -> String {
    let name = &host.name;
    match line.split_once(' ') {
        None if line == "count" => format!("rows {} {name}\n", rows.len()),
        None if line == "role" && host.role == Role::Writer => format!("writer {name}\n"),
        None if line == "role" => format!("reader {name}\n"),
        Some(("write", row)) if host.role == Role::Writer => match row.parse() {
            Ok(row) => {
                rows.insert(row);
                format!("ok {name}\n")
            }
            Err(_) => format!("not a number: {row}\n"),
        },
        Some(("write", _)) => format!("read-only {name}\n"),
        _ => format!("not understood: {line}\n"),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(role: Role) -> Host {
        Host { name: "orders-1".to_owned(), role }
    }

    #[test]
    fn a_writer_takes_rows_and_a_reader_refuses_them_and_counts() {
        let mut rows = BTreeSet::new();
        assert_eq!(answer("write 17", &host(Role::Writer), &mut rows), "ok orders-1\n");
        assert_eq!(answer("write 18", &host(Role::Reader), &mut rows), "read-only orders-1\n");
        assert_eq!(answer("count", &host(Role::Reader), &mut rows), "rows 1 orders-1\n");
        assert_eq!(answer("role", &host(Role::Writer), &mut rows), "writer orders-1\n");
        assert_eq!(answer("role", &host(Role::Reader), &mut rows), "reader orders-1\n");
        assert_eq!(answer("write x", &host(Role::Writer), &mut rows), "not a number: x\n");
        assert_eq!(answer("drop", &host(Role::Writer), &mut rows), "not understood: drop\n");
    }

    #[tokio::test]
    async fn a_database_that_stops_ends_its_sessions_and_takes_no_others() {
        let listener =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("loopback has ports");
        let address = listener.local_addr().expect("it is bound");
        let (sender, receiver) = watch::channel(host(Role::Writer));
        let server = tokio::spawn(serve(listener, receiver, Rows::default()));
        let mut session = TcpStream::connect(address).await.expect("it accepts");
        let mut line = String::new();
        BufReader::new(&mut session).read_line(&mut line).await.expect("it greets");
        assert_eq!(line, "ready orders-1\n");
        sender.send_replace(host(Role::Down));
        let ended = BufReader::new(&mut session).read_line(&mut line).await;
        assert!(!matches!(ended, Ok(length) if length > 0), "{ended:?}");
        if let Ok(mut other) = TcpStream::connect(address).await {
            let refused = BufReader::new(&mut other).read_line(&mut line).await;
            assert!(!matches!(refused, Ok(length) if length > 0), "{refused:?}");
        }
        server.abort();
    }
}
