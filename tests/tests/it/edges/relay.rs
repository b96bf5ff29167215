//! A relay in front of the lab's API that replaces text in its answers.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A text of an answer: the operation, and the element that contains it.
pub(crate) type Leaf = (String, String);

/// What the relay changes.
#[derive(Debug, Clone)]
pub(crate) enum TextChange {
    /// Nothing.
    Nothing,
    /// This text, wherever it is, to another one.
    Text(Leaf, String),
    /// The answers of this operation, to errors whose code and message have this text.
    Refusal(String, String),
}

/// The relay, the texts that went through it, and the requests.
pub(crate) struct Relay {
    pub(crate) endpoint: String,
    seen: Arc<Mutex<BTreeSet<Leaf>>>,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Relay {
    /// Relays to `upstream` until the runtime ends.
    pub(crate) async fn to(upstream: &str, change: TextChange) -> Self {
        let upstream = upstream.trim_start_matches("http://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
        let seen = Arc::new(Mutex::new(BTreeSet::new()));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (leaves, heard) = (Arc::clone(&seen), Arc::clone(&requests));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (upstream, change) = (upstream.clone(), change.clone());
                tokio::spawn(serve(
                    stream,
                    upstream,
                    change,
                    Arc::clone(&leaves),
                    Arc::clone(&heard),
                ));
            }
        });
        Self { endpoint, seen, requests }
    }

    /// Every text of every answer so far.
    pub(crate) fn seen(&self) -> BTreeSet<Leaf> {
        self.seen.lock().expect("no panic").clone()
    }

    /// The bodies of the requests of an operation.
    pub(crate) fn requests(&self, operation: &str) -> Vec<String> {
        let requests = self.requests.lock().expect("no panic");
        let begin = format!("Action={operation}&");
        requests.iter().filter(|body| body.starts_with(&begin)).cloned().collect()
    }
}

async fn serve(
    mut client: TcpStream,
    upstream: String,
    change: TextChange,
    seen: Arc<Mutex<BTreeSet<Leaf>>>,
    heard: Arc<Mutex<Vec<String>>>,
) {
    while let Some((head, body)) = message(&mut client).await {
        heard.lock().expect("no panic").push(body.clone());
        let operation = body
            .strip_prefix("Action=")
            .and_then(|rest| rest.split('&').next())
            .unwrap_or_default()
            .to_owned();
        let mut server = TcpStream::connect(&upstream).await.expect("the lab listens");
        let request = format!("{head}\r\n\r\n{body}");
        server.write_all(request.as_bytes()).await.expect("the lab reads");
        let Some((head, xml)) = message(&mut server).await else {
            return;
        };
        let leaves = leaves(&xml);
        seen.lock()
            .expect("no panic")
            .extend(leaves.iter().map(|name| (operation.clone(), (*name).to_owned())));
        let status = head.lines().next().unwrap_or_default().to_owned();
        let (status, xml) = match &change {
            TextChange::Nothing => (status, xml),
            TextChange::Text((of, element), text) if *of == operation => {
                (status, replaced(&xml, element, text))
            }
            TextChange::Text(..) => (status, xml),
            TextChange::Refusal(of, text) if *of == operation => (
                "HTTP/1.1 400 Bad Request".to_owned(),
                format!(
                    "<ErrorResponse><Error><Type>Sender</Type><Code>{text}</Code><Message>{text}</Message></Error><RequestId>r</RequestId></ErrorResponse>"
                ),
            ),
            TextChange::Refusal(..) => (status, xml),
        };
        let whole = format!(
            "{status}\r\ncontent-type: text/xml\r\ncontent-length: {}\r\n\r\n{xml}",
            xml.len()
        );
        if client.write_all(whole.as_bytes()).await.is_err() {
            return;
        }
    }
}

/// The elements that hold text and no other element.
fn leaves(xml: &str) -> Vec<&str> {
    xml.split('<')
        .filter_map(|part| part.split_once('>'))
        .zip(xml.split('<').skip(2))
        .filter_map(|((name, text), next)| {
            let is_leaf = !name.starts_with('/')
                && !text.is_empty()
                && next.strip_prefix('/')?.starts_with(name);
            is_leaf.then_some(name)
        })
        .collect()
}

fn replaced(xml: &str, element: &str, text: &str) -> String {
    let (begin, end) = (format!("<{element}>"), format!("</{element}>"));
    let mut out = String::new();
    let mut rest = xml;
    while let Some((before, after)) = rest.split_once(&begin) {
        out.push_str(before);
        out.push_str(&begin);
        match after.split_once(&end) {
            Some((old, after)) if !old.contains('<') => {
                out.push_str(text);
                out.push_str(&end);
                rest = after;
            }
            _ => rest = after,
        }
    }
    out + rest
}

/// Head and body, as far as `content-length` says.
async fn message(stream: &mut TcpStream) -> Option<(String, String)> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length =
                |line: &str| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok();
            let length = head.to_ascii_lowercase().lines().find_map(length);
            if body.len() >= length.unwrap_or(0) {
                return Some((head.to_owned(), body.to_owned()));
            }
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}
