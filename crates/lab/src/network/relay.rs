//! The two ends of the relay. Each connection and each DNS query over UDP is a connection of a unix
//! socket. It begins with the protocol and the port; of UDP, the query and then the answer follow,
//! each to the end of its direction.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream, UdpSocket, UnixListener, UnixStream};
use tokio::task::JoinSet;

const TCP: u8 = b't';
const UDP: u8 = b'u';

/// The port of a DNS server in `resolv.conf`.
const DNS_PORT: u16 = 53;

/// The longest datagram.
const LONGEST: usize = 65_535;

/// How long an answer over UDP is waited for. Every resolver has given up by then.
const PATIENCE: Duration = Duration::from_secs(30);

/// Connects what comes out of the namespace to these addresses, until the future is dropped.
pub(super) async fn on_the_machine(listener: UnixListener, addresses: Vec<SocketAddr>) {
    let addresses: Arc<[SocketAddr]> = addresses.into();
    let mut connections = JoinSet::new();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let addresses = addresses.clone();
                // A connection that fails ends, and so does its other end.
                connections.spawn(async move { drop(connect(stream, &addresses).await) });
            }
            // Out of descriptors: others may still come.
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
        while connections.try_join_next().is_some() {}
    }
}

async fn connect(mut stream: UnixStream, addresses: &[SocketAddr]) -> io::Result<()> {
    let (protocol, port) = (stream.read_u8().await?, stream.read_u16().await?);
    let Some(address) = addresses.iter().find(|address| address.port() == port) else {
        return Ok(());
    };
    if protocol == TCP {
        let mut lab = TcpStream::connect(address).await?;
        lab.set_nodelay(true)?;
        copy_bidirectional(&mut stream, &mut lab).await?;
        return Ok(());
    }
    let mut query = Vec::new();
    stream.read_to_end(&mut query).await?;
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    socket.connect(address).await?;
    socket.send(&query).await?;
    let mut answer = vec![0; LONGEST];
    let length = tokio::time::timeout(PATIENCE, socket.recv(&mut answer)).await??;
    stream.write_all(&answer[..length]).await
}

/// Listens in the namespace at the lab's addresses, and as a DNS server at port 53, until the value
/// is dropped.
pub(super) async fn in_the_namespace(
    socket: &Path,
    dns: SocketAddr,
    others: &[SocketAddr],
) -> io::Result<JoinSet<()>> {
    let mut relays = JoinSet::new();
    let server = SocketAddr::new(dns.ip(), DNS_PORT);
    for &address in [server, dns].iter().chain(others) {
        let port = if address == server { dns.port() } else { address.port() };
        relays.spawn(take_connections(TcpListener::bind(address).await?, socket.to_owned(), port));
        relays.spawn(take_queries(UdpSocket::bind(address).await?, socket.to_owned(), port));
    }
    Ok(relays)
}

async fn take_connections(listener: TcpListener, socket: PathBuf, port: u16) {
    let mut connections = JoinSet::new();
    loop {
        match listener.accept().await {
            Ok((mut stream, _)) => {
                let socket = socket.clone();
                connections.spawn(async move {
                    let _ = stream.set_nodelay(true);
                    if let Ok(mut relay) = open(&socket, TCP, port).await {
                        // However it ends, both of its ends are closed.
                        let _ = copy_bidirectional(&mut stream, &mut relay).await;
                    }
                });
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
        while connections.try_join_next().is_some() {}
    }
}

async fn take_queries(udp: UdpSocket, socket: PathBuf, port: u16) {
    let udp = Arc::new(udp);
    let mut queries = JoinSet::new();
    let mut datagram = vec![0; LONGEST];
    loop {
        if let Ok((length, asker)) = udp.recv_from(&mut datagram).await {
            let (udp, socket, query) = (udp.clone(), socket.clone(), datagram[..length].to_vec());
            queries.spawn(async move {
                // No answer is what a DNS server's silence looks like.
                if let Ok(answer) = ask(&socket, port, &query).await
                    && !answer.is_empty()
                {
                    let _ = udp.send_to(&answer, asker).await;
                }
            });
        }
        while queries.try_join_next().is_some() {}
    }
}

async fn ask(socket: &Path, port: u16, query: &[u8]) -> io::Result<Vec<u8>> {
    let mut relay = open(socket, UDP, port).await?;
    relay.write_all(query).await?;
    relay.shutdown().await?;
    let mut answer = Vec::new();
    relay.read_to_end(&mut answer).await?;
    Ok(answer)
}

async fn open(socket: &Path, protocol: u8, port: u16) -> io::Result<UnixStream> {
    let mut relay = UnixStream::connect(socket).await?;
    relay.write_u8(protocol).await?;
    relay.write_u16(port).await?;
    Ok(relay)
}
