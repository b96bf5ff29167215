//! An HTTP server that answers each request as a test says.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use writerlink_aws::Clients;

pub(crate) const REGION: &str = "eu-west-1";
pub(crate) const GROUP: &str =
    "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/orders/0123456789abcdef";

/// What becomes of a request.
pub(crate) enum Reply {
    /// A whole answer.
    Answer(u16, String),
    /// A whole answer that has this header.
    Headed(u16, &'static str, String),
    /// Half an answer, then the end of the connection.
    Half(String),
    /// The end of the connection.
    Close,
    /// Nothing, ever.
    Silence,
    /// A beginning, and then spaces until the client hangs up.
    Endless(String),
}

/// A piece of an endless answer.
const MORE: usize = 1 << 16;

/// A success that carries `xml`.
pub(crate) fn ok(xml: impl Into<String>) -> Reply {
    Reply::Answer(200, xml.into())
}

/// An error in the shape of the AWS query protocol.
pub(crate) fn error(status: u16, code: &str, message: &str) -> Reply {
    let xml = format!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error><RequestId>r</RequestId></ErrorResponse>"
    );
    Reply::Answer(status, xml)
}

/// Everything that is left of `xml` when it ends after one of its tags, but for the whole of it. No
/// length tells of such an end where a proxy counted what it had, or the connection was simply
/// closed.
pub(crate) fn cut(xml: &str) -> impl Iterator<Item = String> {
    let ends = xml.match_indices('>').map(|(at, _)| at + 1).filter(|end| *end < xml.len());
    ends.map(|end| xml[..end].to_owned())
}

/// The server, and the heads and bodies of the requests that reached it.
pub(crate) struct AwsServer {
    pub(crate) endpoint: String,
    requests: Arc<Mutex<Vec<(String, String)>>>,
    connections: Arc<AtomicUsize>,
    endless: Arc<AtomicUsize>,
}

impl AwsServer {
    /// Serves until the runtime ends; `reply` is given the body of each request, or the first line
    /// of one without a body.
    pub(crate) async fn start(reply: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (connections, endless) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
        let (seen, counted, reply) =
            (Arc::clone(&requests), Arc::clone(&connections), Arc::new(reply));
        let written = Arc::clone(&endless);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(
                    stream,
                    Arc::clone(&seen),
                    Arc::clone(&written),
                    Arc::clone(&reply),
                ));
            }
        });
        Self { endpoint, requests, connections, endless }
    }

    pub(crate) fn clients(&self) -> Clients {
        Clients::at(&self.endpoint, REGION).unwrap()
    }

    pub(crate) fn requests(&self) -> Vec<String> {
        self.heads_and_bodies().into_iter().map(|(_, body)| body).collect()
    }

    pub(crate) fn heads_and_bodies(&self) -> Vec<(String, String)> {
        self.requests.lock().unwrap().clone()
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// How much of endless answers was written.
    pub(crate) fn endless(&self) -> usize {
        self.endless.load(Ordering::SeqCst)
    }
}

async fn serve<R: Fn(&str) -> Reply>(
    mut stream: TcpStream,
    seen: Arc<Mutex<Vec<(String, String)>>>,
    endless: Arc<AtomicUsize>,
    reply: Arc<R>,
) {
    while let Some((head, body)) = request(&mut stream).await {
        let line = head.lines().next().unwrap_or_default();
        let reply = reply(if body.is_empty() { line } else { &body });
        seen.lock().unwrap().push((head, body));
        match reply {
            Reply::Answer(status, xml) => {
                answer(&mut stream, status, "content-type: text/xml", &xml).await;
            }
            Reply::Headed(status, header, body) => {
                answer(&mut stream, status, header, &body).await;
            }
            Reply::Half(xml) => {
                let head = format!("HTTP/1.1 200 X\r\ncontent-length: {}\r\n\r\n", 2 * xml.len());
                stream.write_all((head + &xml).as_bytes()).await.unwrap();
                return;
            }
            Reply::Close => return,
            Reply::Silence => std::future::pending().await,
            Reply::Endless(xml) => {
                let head = "HTTP/1.1 200 X\r\ncontent-type: text/xml\r\ntransfer-encoding: \
                    chunked\r\n\r\n";
                let first = format!("{head}{:x}\r\n{xml}\r\n", xml.len());
                let more = format!("{:x}\r\n{}\r\n", MORE, " ".repeat(MORE));
                let mut written = stream.write_all(first.as_bytes()).await;
                while written.is_ok() {
                    endless.fetch_add(MORE, Ordering::SeqCst);
                    written = stream.write_all(more.as_bytes()).await;
                }
                return;
            }
        }
    }
}

async fn answer(stream: &mut TcpStream, status: u16, header: &str, body: &str) {
    let length = body.len();
    let head = format!("HTTP/1.1 {status} X\r\n{header}\r\ncontent-length: {length}\r\n\r\n");
    stream.write_all((head + body).as_bytes()).await.unwrap();
}

async fn request(stream: &mut TcpStream) -> Option<(String, String)> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.to_ascii_lowercase().lines().find_map(|line| {
                line.strip_prefix("content-length:")?.trim().parse::<usize>().ok()
            });
            if body.len() >= length.unwrap_or_default() {
                return Some((head.to_owned(), body.to_owned()));
            }
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}
