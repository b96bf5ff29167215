//! A server of AWS's API with a certificate. Clients reach it directly or through an HTTP proxy,
//! which it also is.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, KeyUsagePurpose};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// An authority of a company.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub(crate) fn new() -> Self {
        let mut root = CertificateParams::default();
        root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        root.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let key = KeyPair::generate().expect("a key");
        Self(CertifiedIssuer::self_signed(root, key).expect("a root"))
    }

    /// The root as PEM.
    pub(crate) fn pem(&self) -> String {
        self.0.pem()
    }

    /// A server's side of TLS under these names.
    pub(crate) fn server(&self, names: &[&str]) -> Arc<ServerConfig> {
        self.server_until(names, 2099)
    }

    /// The same with a certificate that ends with this year.
    pub(crate) fn server_until(&self, names: &[&str], year: i32) -> Arc<ServerConfig> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).expect("good names");
        params.not_after = rcgen::date_time_ymd(year, 12, 31);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.0).expect("a certificate");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
            );
        Arc::new(config.expect("a certificate and its key"))
    }
}

/// The server, and the requests that it received.
pub(crate) struct Peer {
    pub(crate) address: SocketAddr,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Peer {
    /// Serves until the test ends. What begins with CONNECT is a tunnel to itself.
    pub(crate) fn start(tls: Arc<ServerConfig>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let heard = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&heard);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (tls, told) = (Arc::clone(&tls), Arc::clone(&told));
                std::thread::spawn(move || serve(stream, &tls, &told));
            }
        });
        Self { address, heard }
    }

    /// The first line of every request, that to a proxy among them.
    pub(crate) fn heard(&self) -> Vec<String> {
        self.heard.lock().expect("no panic").clone()
    }

    fn has_heard(&self, word: &str) -> bool {
        self.heard().iter().any(|line| line.contains(word))
    }

    /// Whether a request of AWS's API reached it.
    pub(crate) fn was_asked(&self) -> bool {
        self.has_heard("POST /")
    }

    /// Whether a tunnel to this host was asked for.
    pub(crate) fn was_connected_to(&self, host: &str) -> bool {
        self.has_heard(&format!("CONNECT {host}"))
    }
}

fn serve(mut stream: TcpStream, tls: &Arc<ServerConfig>, told: &Mutex<Vec<String>>) {
    let mut first = [0];
    if stream.peek(&mut first).is_err() {
        return;
    }
    const HANDSHAKE: u8 = 22;
    if first[0] != HANDSHAKE {
        let Some((head, _)) = request(&mut stream, told) else {
            return;
        };
        let is_tunnel = head.starts_with("CONNECT ");
        let answered = stream.write_all(match is_tunnel {
            true => b"HTTP/1.1 200 Connection established\r\n\r\n".as_slice(),
            false => b"HTTP/1.1 500 X\r\ncontent-length: 0\r\n\r\n",
        });
        if answered.is_err() || !is_tunnel {
            return;
        }
    }
    let connection = ServerConnection::new(Arc::clone(tls)).expect("a good configuration");
    let mut stream = StreamOwned::new(connection, stream);
    while let Some((head, body)) = request(&mut stream, told) {
        let answer = answer(&head, &body);
        let length = answer.len();
        let whole = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: text/xml\r\ncontent-length: {length}\r\n\r\n{answer}"
        );
        if stream.write_all(whole.as_bytes()).and_then(|()| stream.flush()).is_err() {
            return;
        }
    }
}

/// Head and body.
fn request(stream: &mut impl Read, told: &Mutex<Vec<String>>) -> Option<(String, String)> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length =
                |line: &str| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok();
            let length = head.to_ascii_lowercase().lines().find_map(length);
            if body.len() >= length.unwrap_or(0) {
                let line = head.lines().next().unwrap_or_default().to_owned();
                told.lock().expect("no panic").push(line);
                return Some((head.to_owned(), body.to_owned()));
            }
        }
        let mut part = [0; 4096];
        match stream.read(&mut part) {
            Ok(0) | Err(_) => return None,
            Ok(length) => bytes.extend_from_slice(&part[..length]),
        }
    }
}

/// A region in which there is a target group, and nothing else.
fn answer(head: &str, body: &str) -> String {
    let action = body.strip_prefix("Action=").and_then(|rest| rest.split('&').next());
    let Some(action) = action.filter(|_| head.starts_with("POST ")) else {
        return String::new();
    };
    let list = match action {
        "DescribeTargetGroups" => {
            "<TargetGroups><member><TargetGroupArn>arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/orders/0123456789abcdef</TargetGroupArn><Protocol>TCP</Protocol><TargetType>ip</TargetType></member></TargetGroups>"
        }
        "DescribeTargetHealth" => "<TargetHealthDescriptions/>",
        "DescribeDBClusters" => "<DBClusters/>",
        "DescribeDBInstances" => "<DBInstances/>",
        _ => "",
    };
    format!("<{action}Response><{action}Result>{list}</{action}Result></{action}Response>")
}
